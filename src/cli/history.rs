//! `lanchat history`: what was said, found and exported, also while the chat is running.

use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::failure::tell;
use super::quotes::Quotes;
use super::settings::Settings;
use super::{Failure, clock, duration, html, output};
use crate::chat::{Millis, RoomName};
use crate::history::{Query, Reader};

/// Print or search what was said
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lanchat history --since 2h\n  lanchat history --search \"lunch noon\" --from bob\n  \
    lanchat history --export html > chat.html\n\n\
    Words of a search can stand anywhere in a line, the last one may be only begun, and \"two words\" in quotes stand together."
)]
pub(super) struct History {
    /// Only lines with all of these words
    #[arg(long, value_name = "WORDS")]
    search: Option<String>,
    /// Only lines of this room: of the open and the locked one of this name
    #[arg(long, value_name = "NAME")]
    room: Option<RoomName>,
    /// Only of the locked one; what was read there is kept readable, so no passphrase is needed
    #[arg(long, requires = "room")]
    lock: bool,
    /// Only lines of this person: a nickname, nick~3f9a, or an id
    #[arg(long, value_name = "NICK")]
    from: Option<String>,
    /// Only what was said since this long ago, such as 2h or 30d
    #[arg(long, value_name = "TIME", value_parser = duration::parse_ago)]
    since: Option<Duration>,
    /// Only the newest N of these lines
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// The form of the output [default: text, or json with --json]
    #[arg(long, value_name = "FORM")]
    export: Option<Form>,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One line each, as --plain prints them, with the day
    Text,
    /// One object a line, as `lanchat tail --json` prints them
    Json,
    /// A page for a browser, in one file
    Html,
}

/// The profile's history, if there is one.
pub(super) fn reader(settings: &Settings) -> Result<Option<Reader>, Failure> {
    Ok(Reader::open(&settings.history_path())?)
}

/// The time that was so long before `now`.
pub(super) fn before(now: Millis, ago: Duration) -> Millis {
    now.saturating_sub(Millis::try_from(ago.as_millis()).unwrap_or(Millis::MAX))
}

impl History {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        let form = self.export.unwrap_or(if settings.json { Form::Json } else { Form::Text });
        let reader = reader(settings)?;
        if reader.is_none() {
            tell("nothing has been kept yet; what is said while lanchat runs will be");
        }
        let query = Query {
            until: None,
            words: self.search,
            room: self.room.map(|room| if self.lock { room.to_locked() } else { room }.to_string()),
            place: None,
            from: self.from,
            since: self.since.map(|ago| before(clock::now(), ago)),
            limit: self.limit,
        };
        let mut out = BufWriter::new(io::stdout().lock());
        if form == Form::Html {
            out.write_all(html::HEAD.as_bytes())?;
        }
        let mut quotes = Quotes::default();
        let written = reader.map(|reader| {
            reader.each(&query, |line| {
                let text = match form {
                    Form::Html => html::line(&line, quotes.of(&line).as_ref()),
                    Form::Text | Form::Json => output::past(line, &mut quotes, form == Form::Json),
                };
                match out.write_all(text.as_bytes()) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(error) => ControlFlow::Break(error),
                }
            })
        });
        if let Some(error) = written.transpose()?.flatten() {
            return Err(error.into());
        }
        if form == Form::Html {
            out.write_all(html::TAIL.as_bytes())?;
        }
        Ok(out.flush()?)
    }
}

//! `lanchat tail`: what is heard, for scripts.

use std::collections::HashSet;
use std::time::Duration;

use clap::Args;

use super::enough::Enough;
use super::output::Output;
use super::passphrase::Lock;
use super::record::Record;
use super::settings::Settings;
use super::signals::{self, Signals};
use super::start::{self, Running};
use super::{Failure, clock, duration, history};
use crate::chat::{Event, Line, LineId, Millis, RoomName};
use crate::history::Query;
use crate::session::Update;

/// Print what is heard, without taking part
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lanchat tail\n  lanchat tail --json | jq 'select(.type == \"line\") | .text'\n  \
    lanchat tail --room lunch --room lobby\n  lanchat tail --count 1 --timeout 30s    wait for one message; exit code 3 if none comes"
)]
pub(super) struct Tail {
    /// End after this many messages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    /// End after this time; with --count, too few messages by then are a failure (exit code 3)
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    timeout: Option<Duration>,
    /// Only lines of this room, which can be given several times [default: the lobby]
    #[arg(long, value_name = "NAME")]
    room: Vec<RoomName>,
    #[command(flatten)]
    lock: Lock,
    /// Begin with what was said since this long ago, as far as the profile's history has it
    #[arg(long, value_name = "TIME", value_parser = duration::parse_ago)]
    since: Option<Duration>,
}

/// How long it takes after the start until everybody's lines are heard: their keys have to come first.
const HEARING: Duration = Duration::from_secs(1);

impl Tail {
    pub(super) fn run(mut self, settings: &Settings) -> Result<(), Failure> {
        let first = self.room.first().copied().unwrap_or(RoomName::LOBBY);
        let passphrase = self.lock.passphrase(first)?;
        start::block_on(async {
            let mut signals = Signals::new()?;
            let mut running = start::observe(settings)?;
            for room in &mut self.room {
                *room = running.session.enter(*room, passphrase.clone()).await?;
            }
            let output = Output::start(settings.json);
            let (result, patience) = tokio::select! {
                result = self.print(&mut running, settings, &output) => (result, None),
                () = output.closed() => (Ok(()), None),
                () = signals.next() => (Ok(()), Some(signals::PATIENCE)),
            };
            running.leave().await;
            output.finish(patience).await?;
            result
        })
    }

    async fn print(
        &self,
        running: &mut Running,
        settings: &Settings,
        output: &Output,
    ) -> Result<(), Failure> {
        let enough = Enough::new(self.count);
        let started = clock::now();
        let all = async {
            let mut shown = HashSet::new();
            if self.since.is_some() {
                // What is heard meanwhile waits; then the history has what was said before we could hear.
                tokio::time::sleep(self.timeout.map_or(HEARING, |limit| HEARING.min(limit / 2))).await;
            }
            for line in self.past(settings, started)? {
                shown.extend(line.id);
                output.past(line).await;
                if enough.one_more() {
                    return Ok(());
                }
            }
            while let Some(update) = running.updates.recv().await {
                if self.elsewhere(&update) || is_line(&update, |id| shown.contains(&id)) {
                    continue;
                }
                let Some(record) = Record::of(update, clock::now()) else { continue };
                output.record(&record).await;
                if record.is_line() && enough.one_more() {
                    return Ok(());
                }
            }
            Err(Running::ended())
        };
        enough.within(self.timeout, "messages were heard", all).await
    }

    /// What the history has. A line without an id that came after `started` is heard by this command itself.
    fn past(&self, settings: &Settings, started: Millis) -> Result<Vec<Line>, Failure> {
        let Some(ago) = self.since else { return Ok(Vec::new()) };
        let query = Query { since: Some(history::before(started, ago)), ..Query::default() };
        let Some(reader) = history::reader(settings)? else { return Ok(Vec::new()) };
        let mut past = reader.all(&query)?;
        past.retain(|line| (line.id.is_some() || line.received_at < started) && self.of(line));
        Ok(past)
    }

    /// Whether a line is of a room that was asked for. Private lines are of none.
    fn of(&self, line: &Line) -> bool {
        let lobby = [RoomName::LOBBY];
        let rooms = if self.room.is_empty() { lobby.as_slice() } else { &self.room };
        rooms.iter().any(|room| room.to_safe() == line.room) && (self.room.is_empty() || !line.private)
    }

    /// Whether an update is a line of another room.
    fn elsewhere(&self, update: &Update) -> bool {
        matches!(update, Update::Event(Event::Line(line)) if !self.of(line))
    }
}

/// Whether an update is a line of which this holds.
fn is_line(update: &Update, holds: impl FnOnce(LineId) -> bool) -> bool {
    matches!(update, Update::Event(Event::Line(Line { id: Some(id), .. })) if holds(*id))
}

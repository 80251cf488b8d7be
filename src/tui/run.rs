//! Starting and ending: the model is made, the loop shows it, what must be kept is kept, the session says goodbye.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use super::courier::{Courier, Transfers};
use super::keep::Keep;
use super::keymap::Keymap;
use super::look::Look;
use super::model::{Level, Model, Prefs};
use super::outbox;
use super::show::{self, Inputs, Show};
use super::update::{Fresh, update};
use crate::chat::{Nick, PeerId};
use crate::history::History;
use crate::profile::Profile;
use crate::session::{Session, Update};
use crate::text::SafeText;

/// How long the goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// What the screen must be told.
#[derive(Debug)]
pub struct Options {
    /// The nickname that the session goes by.
    pub nick: Nick,
    /// Whether to use colours: not with `NO_COLOR` set, nor with `--no-color`.
    pub color: bool,
    /// What to tell first.
    pub notices: Vec<SafeText>,
    /// Who was met in earlier runs, under which nickname: one can write to them.
    pub known: Vec<(PeerId, SafeText)>,
    /// The theme: a name, or `auto`.
    pub theme: String,
    /// Where the user's own themes are.
    pub themes: Option<PathBuf>,
    /// The settings that count from the start on, as the file of settings has them: name and value.
    pub started: Vec<(String, String)>,
    /// What was said before, and where it is noted how far the user has read.
    pub history: Option<History>,
    /// The desk for files, if any can be sent and received.
    pub transfers: Option<Transfers>,
    /// Where drafts and sent messages are kept; none to keep nothing.
    pub profile: Option<Profile>,
    /// The directory for the report of a crash.
    pub reports: PathBuf,
    /// What the user has set.
    pub prefs: Prefs,
    /// What each key does.
    pub keymap: Keymap,
    /// Reads the settings again.
    pub reload: Reload,
}

/// A way to read the settings again. An error is one line for the user.
#[derive(Clone)]
pub struct Reload(pub Arc<dyn Fn() -> Result<Fresh, String>>);

impl fmt::Debug for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reload")
    }
}

/// Why the chat ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The terminal cannot be used.
    #[error("cannot use this terminal: {0}; --plain needs none")]
    Terminal(#[from] io::Error),
    /// The session is over, though nobody left.
    #[error("the session has ended unexpectedly; start lanchat again")]
    Ended,
    /// A part of the program has failed; the report was told already.
    #[error("the chat has ended because a part of it failed; start lanchat again")]
    Crashed,
}

/// Shows the chat until its user leaves, by key, command or signal. Takes the terminal and puts it back; the session
/// has said goodbye when this returns, or a second has passed.
///
/// # Errors
/// When the terminal cannot be read or written, or the session ends.
pub async fn run(
    session: Session,
    updates: UnboundedReceiver<Update>,
    options: Options,
) -> Result<(), Error> {
    let (effects, asked) = unbounded_channel();
    let (answer, answers) = unbounded_channel();
    let courier = Courier::start(session.clone(), options.transfers, answer.clone());
    let outbox = outbox::run(session.clone(), courier, options.history, asked, answer);
    let outbox = tokio::spawn(outbox);
    let mut model = Model::new(session.me(), &options.nick);
    show::tell_time(&mut model);
    model.away.until = model.now;
    (model.prefs, model.keymap) = (options.prefs, options.keymap);
    model.started = options.started;
    let (keep, written) = Keep::read(options.profile, &mut model);
    for msg in written {
        update(&mut model, msg);
    }
    model.met.extend(options.known);
    for notice in &options.notices {
        model.notice(Level::Info, notice.as_str());
    }
    let (look, trouble) = Look::new(options.color, options.themes, &options.theme);
    model.themes = look.names().into_iter().filter(|name| name != super::theme::AUTO).collect();
    if let Some(error) = trouble {
        model.notice(Level::Error, SafeText::line(&error).as_str());
    }
    let ask = |effect| {
        let _ = effects.send(effect); // the outbox lives as long as this
    };
    let inputs = Inputs { updates, answers };
    let (result, keep) =
        match Show::new(&mut model, look, inputs, keep, options.reload, &options.reports, ask) {
            Ok(mut show) => {
                let result = show.run().await;
                (result, show.end())
            }
            Err(failed) => {
                let (error, keep) = *failed;
                (Err(error.into()), keep)
            }
        };
    drop(effects);
    let _ = timeout(GOODBYE, async {
        let _ = outbox.await; // what was typed last goes out before the goodbye
        session.leave().await;
    })
    .await;
    keep.finish(&model).await;
    result
}

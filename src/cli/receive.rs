//! `lanchat receive`: files from peers.

use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use clap::Args;
use serde_json::json;
use tokio::sync::mpsc;

use super::failure::tell;
use super::pipe::any_address;
use super::progress::Progress;
use super::settings::Settings;
use super::signals::Signals;
use super::start::{self, Running};
use super::{Failure, clock, plain, trust};
use crate::chat::{Millis, PeerId};
use crate::pipe::Allow;
use crate::text::SafeText;
use crate::transfer::{
    Desk, DeskSettings, Happening, Receive as Receiving, TransferId, What, bytes, pipe_of, tidy,
};

/// Receive files, asking before each
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lanchat receive\n  lanchat receive --from alice --yes --count 1\n  \
    lanchat receive --dir /srv/inbox --yes\n\n\
    With --yes, files of peers met before are taken; one who is new has to be named with --from, by\n\
    the id that `lanchat identity` shows there unless it is in the chat. Nothing is written over, and nothing outside the folder.\n\
    What has come in part is kept as NAME.part for seven days, and goes on from there when its sender sends it again.")]
pub(super) struct Receive {
    /// Where files are kept [default: the user's folder for downloads]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Only take files of this peer: nick, nick~3f9a or id; can be repeated
    #[arg(long, value_name = "PEER")]
    from: Vec<String>,
    /// End after this many files
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// The folder for what is received, if nothing else is said.
pub(super) fn downloads() -> PathBuf {
    let dirs = directories::UserDirs::new();
    let folder =
        dirs.as_ref().map(|d| d.download_dir().map_or_else(|| d.home_dir().join("Downloads"), PathBuf::from));
    folder.unwrap_or_else(|| PathBuf::from("."))
}

/// Whether files can be put there: better known before somebody sends one. Makes the folder.
fn usable(folder: &Path) -> Result<(), Failure> {
    let wanted = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    let tried = std::fs::create_dir_all(folder).and_then(|()| Ok(rustix::fs::access(folder, wanted)?));
    tried.map_err(|e| {
        Failure::Failed(format!(
            "cannot write to {}: {e}; choose another folder with --dir",
            folder.display()
        ))
    })
}

/// Deletes what has come in part and was given up. How many that were.
pub(super) fn tidied(folder: &Path) -> usize {
    let now = UNIX_EPOCH + Duration::from_millis(clock::now());
    tidy(folder, now).unwrap_or_else(|error| {
        tracing::debug!(%error, "transfer: the folder was not tidied");
        0
    })
}

/// How files are received by these settings, into this folder.
pub(super) fn receiving(settings: &Settings, folder: PathBuf) -> Result<DeskSettings, Failure> {
    let identity = settings.profile.identity()?;
    let known = Allow::Only(trust::known(settings, &identity)?);
    let receive = Receiving { bind: any_address(settings), folder, from: Allow::Everybody, known };
    Ok(DeskSettings { identity, receive: Some(receive) })
}

/// How often it is told that too much is offered, in milliseconds.
const EXCESS: Millis = 60_000;

/// A file that was offered or is on its way.
#[derive(Debug)]
struct Incoming {
    id: TransferId,
    from: String,
    peer: PeerId,
    name: SafeText,
    size: u64,
    progress: Progress,
}

/// What is going on.
struct Inbox<'a> {
    options: &'a Receive,
    desk: &'a Desk,
    running: &'a Running,
    settings: &'a Settings,
    incoming: Vec<Incoming>,
    /// Offers that wait for the user; the first one is asked about.
    asking: VecDeque<TransferId>,
    received: u32,
    /// When it was last told that too much is offered.
    excess: Option<Millis>,
}

impl Receive {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        if !self.yes && !io::stdin().is_terminal() {
            return Err(Failure::Usage(
                "nobody is there to be asked; give --yes, and --from PEER for a peer that is new".to_owned(),
            ));
        }
        let folder = self.dir.clone().unwrap_or_else(downloads);
        usable(&folder)?;
        match tidied(&folder) {
            0 => {}
            n => tell(&format!("deleted {n} that came in part only and did not go on for seven days")),
        }
        start::block_on(async {
            let mut signals = Signals::new()?;
            let mut running = start::speak(settings, false)?;
            if running.is_guest() {
                running.leave().await;
                return Err(Failure::Failed(
                    "a lanchat with this profile is running and takes the files; accept them there, or give --profile NAME"
                        .to_owned(),
                ));
            }
            let (desk, mut news) = Desk::open(receiving(settings, folder.clone())?)?;
            let _offer = offer(&running, &desk);
            tell(&format!("waiting for files into {}; Ctrl+C ends", folder.display()));
            let mut lines = if self.yes { mpsc::channel(1).1 } else { plain::lines() };
            let (nobody, nothing) = mpsc::unbounded_channel();
            drop(nobody);
            let mut updates = std::mem::replace(&mut running.updates, nothing);
            let mut inbox = Inbox {
                options: &self,
                desk: &desk,
                running: &running,
                settings,
                incoming: Vec::new(),
                asking: VecDeque::new(),
                received: 0,
                excess: None,
            };
            let result = loop {
                tokio::select! {
                    happening = news.recv() => match happening {
                        Some(happening) => if let Err(error) = inbox.take(happening).await {
                            break Err(error);
                        },
                        None => break Err(Running::ended()),
                    },
                    Some(Ok(line)) = lines.recv() => inbox.answered(&line),
                    update = updates.recv() => if update.is_none() {
                        break Err(Running::ended());
                    },
                    () = signals.next() => break inbox.interrupted(),
                }
                if self.count.is_some_and(|count| inbox.received >= count) {
                    break Ok(());
                }
            };
            running.leave().await;
            result
        })
    }
}

/// Lets others find where files are received.
pub(super) fn offer(running: &Running, desk: &Desk) -> Option<crate::mailslot::connect::Offer> {
    let pipe = pipe_of(running.session.me())?;
    Some(running.session.offer_pipe(pipe.as_str(), desk.port()?))
}

impl Inbox<'_> {
    async fn take(&mut self, happening: Happening) -> Result<(), Failure> {
        let id = happening.id;
        match happening.what {
            What::Offered { from, known, again, name, size } => {
                let peer = PeerId::of_key(&from);
                let people = self.running.session.who().await;
                if people.iter().any(|p| p.id == peer && p.ignored) {
                    self.desk.answer(id, false);
                    return Ok(());
                }
                let called = people.iter().find(|p| p.id == peer).map(|p| p.name.to_string());
                let called = called.or_else(|| trust::name_of(self.settings, peer));
                let nobody_known = called.is_none();
                let called = called.unwrap_or_else(|| format!("somebody never met before ({peer})"));
                let named = self.is_named(&from).await;
                let incoming = Incoming { id, from: called, peer, name, size, progress: Progress::default() };
                if !again && (!named || self.options.yes) {
                    let taken = named && (known || !self.options.from.is_empty());
                    if !taken {
                        let why = if !named {
                            ", whom --from does not name"
                        } else if nobody_known {
                            "" // which has just been said
                        } else {
                            ", who was not met before"
                        };
                        let file = &incoming.name;
                        tell(&format!("refused {file} of {}{why}; --from {peer} takes it", incoming.from));
                        self.desk.refuse_stranger(id);
                        return Ok(()); // nothing more is to be told of it
                    }
                    self.desk.answer(id, true);
                } else if !again {
                    self.asking.push_back(id);
                }
                self.incoming.push(incoming);
                if self.asking.len() == 1 {
                    self.ask();
                }
            }
            What::Excess { .. } => {
                let now = clock::now();
                if self.excess.is_none_or(|told| now.saturating_sub(told) >= EXCESS) {
                    self.excess = Some(now);
                    tell("too many files are offered: for a minute, more of them are declined unseen");
                }
            }
            What::Asked => {}
            What::Progress { done, size } => {
                if let Some(incoming) = self.incoming.iter_mut().find(|i| i.id == id) {
                    incoming.progress.show(&incoming.name, done, size);
                }
            }
            What::Done(path) => {
                let Some(mut incoming) = self.over(id) else { return Ok(()) };
                incoming.progress.clear();
                self.received += 1;
                let path = path.unwrap_or_default().display().to_string();
                let line = if self.settings.json {
                    json!({ "type": "received", "path": path, "size": incoming.size,
                        "peer": incoming.peer.to_string(), "from": incoming.from })
                    .to_string()
                } else {
                    path
                };
                writeln!(io::stdout(), "{line}")?;
            }
            What::Failed { error, .. } => {
                let Some(mut incoming) = self.over(id) else { return Ok(()) };
                incoming.progress.clear();
                tell(&format!("{} of {}: {error}", incoming.name, incoming.from));
            }
        }
        Ok(())
    }

    /// Whether files of the owner of this key are taken at all.
    async fn is_named(&self, key: &[u8; 32]) -> bool {
        for name in &self.options.from {
            if let Ok(id) = name.parse::<PeerId>() {
                // An id is nothing else, whatever anybody goes by.
                if id == PeerId::of_key(key) {
                    return true;
                }
                continue;
            }
            if let Ok(peer) = self.running.session.find(name).await
                && self.running.session.public_key(peer.id).await.as_ref() == Some(key)
            {
                return true;
            }
            // Who sends by a command need not be in the chat: then it goes by whom that name was kept for.
            if trust::key(self.settings, name).is_ok_and(|kept| kept.to_bytes() == *key) {
                return true;
            }
        }
        self.options.from.is_empty()
    }

    fn over(&mut self, id: TransferId) -> Option<Incoming> {
        let first = self.asking.front() == Some(&id);
        self.asking.retain(|waiting| *waiting != id);
        if first {
            self.ask();
        }
        let place = self.incoming.iter().position(|i| i.id == id)?;
        Some(self.incoming.remove(place))
    }

    /// How it ends by a signal: well, unless a file is on its way.
    fn interrupted(&self) -> Result<(), Failure> {
        if self.incoming.iter().all(|incoming| self.asking.contains(&incoming.id)) {
            return Ok(());
        }
        let text = "interrupted while a file came; it goes on from there when it is sent again";
        Err(Failure::Failed(text.to_owned()))
    }

    /// Asks about the first offer that waits.
    fn ask(&self) {
        let first = self.asking.front().and_then(|id| self.incoming.iter().find(|i| i.id == *id));
        if let Some(Incoming { from, name, size, .. }) = first {
            tell(&format!("{from} offers {name} ({}); take it? y or n, then Enter", bytes(*size)));
        }
    }

    fn answered(&mut self, line: &str) {
        let yes = match line.trim().to_lowercase().as_str() {
            "y" | "yes" => true,
            "n" | "no" => false,
            _ => return self.ask(),
        };
        if let Some(id) = self.asking.pop_front() {
            self.desk.answer(id, yes);
            self.ask();
        }
    }
}

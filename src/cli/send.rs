//! `lanchat send`: files to a peer.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep};

use super::failure::tell;
use super::progress::Progress;
use super::settings::Settings;
use super::signals::Signals;
use super::start::{self, Running};
use super::{Failure, roster};
use crate::chat::{Peer, PublicKey};
use crate::mailslot::connect::LocateError;
use crate::text::SafeText;
use crate::transfer::{Desk, DeskSettings, Happening, TransferError, What, bytes, pipe_of};

/// How long a broken connection is tried again without anything having moved.
const AGAIN: Duration = Duration::from_secs(60);
/// Pause before it is.
const PAUSE: Duration = Duration::from_millis(500);

/// Send files to a peer, who is asked first
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lanchat send bob report.pdf\n  lanchat send bob~3f9a *.jpg\n\n\
    The other side needs a chat on the screen, or `lanchat receive`. What breaks off goes on where it stopped.")]
pub(super) struct Send {
    /// A nickname, nick~3f9a where two share one, or an id
    #[arg(value_name = "PEER")]
    peer: String,
    /// The files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

impl Send {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        for file in &self.files {
            let unreadable = |e| {
                Failure::Failed(format!(
                    "cannot read {}: {e}; check its name, and that you may read it",
                    file.display()
                ))
            };
            if !std::fs::metadata(file).map_err(unreadable)?.is_file() {
                return Err(TransferError::NotAFile(file.clone()).into()); // a fifo would wait for its writer
            }
            std::fs::File::open(file).map_err(unreadable)?;
        }
        start::block_on(async {
            let mut signals = Signals::new()?;
            let identity = settings.profile.identity()?;
            let mut running = start::observe(settings)?;
            let (desk, mut news) = Desk::open(DeskSettings { identity, receive: None })?;
            let sent = tokio::select! {
                sent = self.send(&mut running, &desk, &mut news, settings.json) => sent,
                () = signals.next() => Err(Failure::Failed("interrupted; send it again to go on where it stopped".to_owned())),
            };
            running.leave().await;
            sent
        })
    }

    async fn send(
        &self,
        running: &mut Running,
        desk: &Desk,
        news: &mut UnboundedReceiver<Happening>,
        json: bool,
    ) -> Result<(), Failure> {
        let peer = roster::find(running, &self.peer).await?;
        for file in &self.files {
            let size = one(running, &peer, desk, news, file).await?;
            let line = if json {
                json!({ "type": "sent", "file": file.display().to_string(), "size": size,
                    "peer": peer.id.to_string(), "to": peer.name.as_str() })
                .to_string()
            } else {
                format!(
                    "{} ({}) is at {}",
                    SafeText::line(&file.display().to_string()),
                    bytes(size),
                    peer.name
                )
            };
            writeln!(io::stdout(), "{line}")?;
        }
        Ok(())
    }
}

/// Sends one file, across breaks, and returns its size.
async fn one(
    running: &Running,
    peer: &Peer,
    desk: &Desk,
    news: &mut UnboundedReceiver<Happening>,
    file: &Path,
) -> Result<u64, Failure> {
    let name = SafeText::line(&file.file_name().unwrap_or_default().to_string_lossy());
    let mut progress = Progress::default();
    let (mut moved, mut most, mut length) = (Instant::now(), 0, 0);
    let (mut connected, mut told) = (false, false);
    loop {
        let (address, key) = match locate(running, peer).await {
            Err(Failure::Nobody(_)) if connected && moved.elapsed() < AGAIN => {
                sleep(PAUSE).await;
                continue;
            }
            found => found?,
        };
        let id = desk.send(address, key, file);
        let failure = loop {
            match news.recv().await {
                Some(Happening { id: of, what }) if of == id => match what {
                    What::Asked => {
                        if !std::mem::replace(&mut connected, true) {
                            tell(&format!("{} is asked whether to take {name}", peer.name));
                        }
                    }
                    What::Progress { done, size } => {
                        length = size;
                        if done > most {
                            (most, moved) = (done, Instant::now());
                        }
                        progress.show(&name, done, size);
                    }
                    What::Done(_) => {
                        progress.clear();
                        return Ok(length);
                    }
                    What::Failed { error, again, silent } => break (error, again, silent),
                    What::Offered { .. } | What::Excess { .. } => {}
                },
                Some(_) => {}
                None => return Err(Running::ended()),
            }
        };
        progress.clear();
        let (error, again, silent) = failure;
        if !(again && connected && moved.elapsed() < AGAIN) {
            return Err(if silent { Failure::Nobody(error) } else { Failure::Failed(error) });
        }
        if !std::mem::replace(&mut told, true) {
            tell("the connection broke; trying again");
        }
        sleep(PAUSE).await;
    }
}

/// Where a peer receives files, and its key.
async fn locate(running: &Running, peer: &Peer) -> Result<(SocketAddr, PublicKey), Failure> {
    let gone = || Failure::Nobody(format!("{} has just left; `lanchat who` lists who is here", peer.name));
    let key = running.session.public_key(peer.id).await.and_then(|key| PublicKey::from_bytes(&key));
    let (key, pipe) = key.zip(pipe_of(peer.id)).ok_or_else(gone)?;
    let found = running.session.locate_pipe(peer, pipe.as_str()).await;
    found.map(|address| (address, key)).map_err(|e| match e {
        LocateError::Nobody { .. } => Failure::Nobody(format!(
            "{} takes no files; it needs a newer lanchat on a screen, or `lanchat receive`",
            peer.name
        )),
        error => Failure::Nobody(error.to_string()),
    })
}

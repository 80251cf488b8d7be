//! The way of files: what the screen asks of the desk, and what the desk tells.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use super::update::{Effect, Msg, News};
use crate::chat::{Peer, PublicKey};
use crate::session::Session;
use crate::text::SafeText;
use crate::transfer::{Desk, Happening, TransferError, pipe_of};

/// The desk, with what it tells.
pub type Transfers = (Desk, UnboundedReceiver<Happening>);

/// Does what is asked about files.
#[derive(Debug)]
pub(super) struct Courier {
    desk: Option<Arc<Desk>>,
    session: Session,
    answers: UnboundedSender<Msg>,
}

impl Courier {
    pub(super) fn start(
        session: Session,
        transfers: Option<Transfers>,
        answers: UnboundedSender<Msg>,
    ) -> Self {
        let (desk, news) = transfers.unzip();
        if let Some(mut news) = news {
            let answers = answers.clone();
            tokio::spawn(async move {
                while let Some(happening) = news.recv().await {
                    if answers.send(Msg::File(News::Happened(happening))).is_err() {
                        break; // the screen is gone
                    }
                }
            });
        }
        Self { desk: desk.map(Arc::new), session, answers }
    }

    /// Starts to do it; what comes of it is told later.
    pub(super) fn obey(&self, effect: Effect) {
        let Some(desk) = &self.desk else {
            let error = "no files can be sent or received: as a guest, or for the reason told at the start"
                .to_owned();
            let _ = self.answers.send(Msg::File(News::NotSent { error })); // or the screen is gone
            return;
        };
        match effect {
            Effect::SendFile { to, path } => {
                let (desk, session, answers) = (Arc::clone(desk), self.session.clone(), self.answers.clone());
                tokio::spawn(async move {
                    let news = match send(&desk, &session, &to, &path).await {
                        Ok(news) => news,
                        Err(error) => News::NotSent { error },
                    };
                    let _ = answers.send(Msg::File(news)); // or the screen is gone
                });
            }
            Effect::AnswerFile { id, accept } => desk.answer(id, accept),
            Effect::CancelFile { id } => desk.cancel(id),
            _ => {}
        }
    }
}

async fn send(desk: &Desk, session: &Session, to: &Peer, path: &Path) -> Result<News, String> {
    let gone = || format!("{} has just left; /who lists who is here", to.name);
    let path = at_home(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    can_be_sent(&path).map_err(|error| error.to_string())?;
    let key = session.public_key(to.id).await.and_then(|key| PublicKey::from_bytes(&key));
    let (key, pipe) = key.zip(pipe_of(to.id)).ok_or_else(gone)?;
    let found = session.locate_pipe(to, pipe.as_str()).await;
    let address =
        found.map_err(|_| format!("{} takes no files; a newer lanchat does, ask for that", to.name))?;
    // No pause from here until the news is on its way: what the desk tells of it must come after it.
    let id = desk.send(address, key, &path);
    Ok(News::Began { id, to: to.id, name: SafeText::line(&name) })
}

/// What cannot be sent must not be offered first.
fn can_be_sent(path: &Path) -> Result<(), TransferError> {
    let unreadable = |cause| TransferError::Unreadable { path: path.to_owned(), cause };
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(TransferError::NotAFile(path.to_owned())); // a fifo would wait for its writer
    }
    std::fs::File::open(path).map(drop).map_err(unreadable)
}

/// `~/` is the user's home, as in a shell.
fn at_home(path: &Path) -> PathBuf {
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_can_be_read_are_offered() {
        let home = tempfile::tempdir().unwrap();
        let [file, fifo, none] = ["file", "fifo", "none"].map(|name| home.path().join(name));
        std::fs::write(&file, "x").unwrap();
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRUSR).unwrap();
        let told = |path: &Path| can_be_sent(path).map_err(|e| e.to_string()).err().unwrap_or_default();
        assert_eq!(told(&file), "");
        for path in [home.path(), &fifo] {
            assert!(told(path).ends_with("is not a file; pack it first, as with tar"), "{}", told(path));
        }
        assert!(told(&none).starts_with("cannot read "), "{}", told(&none));
    }
}

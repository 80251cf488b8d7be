//! The receiving side of one file.

use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::TransferError;
use super::folder::{Folder, Found, Part};
use super::hashed::hash_of;
use super::wire::{Message, Offer, Reason};
use crate::pipe::Pipe;

/// How long the same file may still be held by an earlier connection whose break has not been noticed.
const RELEASE: Duration = Duration::from_secs(15);
/// Pause between two looks at whether it is released.
const LOOK: Duration = Duration::from_millis(50);

/// Receives the file that was offered and accepted. `progress` is told how many bytes are here.
pub(super) async fn receive(
    pipe: &mut Pipe,
    offer: &Offer,
    path: &Path,
    progress: impl FnMut(u64) + Send,
) -> Result<PathBuf, TransferError> {
    let unwritable = |cause| TransferError::Unwritable { path: path.to_owned(), cause };
    let taken = take(pipe, offer, path, progress).await;
    let result = match taken {
        Ok((folder, part)) => {
            let kept = keep(folder, part).await.map_err(unwritable);
            if kept.is_ok() {
                tell(pipe, &Message::Done).await?;
                let _ = pipe.finish().await; // it is here, whatever becomes of the sender
            }
            kept
        }
        Err(error) => Err(error),
    };
    if let Err(error) = &result {
        let reason = match error {
            TransferError::Unwritable { cause, .. } if is_full(cause) => Reason::NoRoom,
            TransferError::Unwritable { .. } => Reason::Unwritable,
            TransferError::Damaged => Reason::Damaged,
            _ => return result,
        };
        let _ = tell(pipe, &Message::Failed(reason)).await; // it may be gone as well
        let _ = pipe.finish().await;
    }
    result
}

/// Forgets what has come of a file that is not wanted any more.
pub(super) fn forget(from: &[u8; 32], offer: &Offer, path: &Path) {
    let found = Folder::open(path).and_then(|folder| match folder.part(from, offer)? {
        Found::Part(part) => folder.discard(&part),
        Found::Busy => Ok(()),
    });
    if let Err(error) = found {
        tracing::debug!(%error, "transfer: what has come was not removed");
    }
}

async fn tell(pipe: &mut Pipe, message: &Message<'_>) -> Result<(), TransferError> {
    pipe.write(&message.emit()).await.map_err(TransferError::of_pipe)
}

/// Takes the data in, up to its end and the proof that it is whole.
async fn take(
    pipe: &mut Pipe,
    offer: &Offer,
    path: &Path,
    progress: impl FnMut(u64),
) -> Result<(Folder, Part), TransferError> {
    let unwritable = |cause| TransferError::Unwritable { path: path.to_owned(), cause };
    let from = pipe.peer().ok_or(TransferError::Protocol)?.to_bytes();
    let folder = Folder::open(path).map_err(unwritable)?;
    let mut part = part(&folder, &from, offer).await.map_err(unwritable)?;
    let filled = fill(pipe, offer, path, &folder, &mut part, progress).await;
    if filled.is_err() && part.file.metadata().is_ok_and(|m| m.len() == 0) {
        let _ = folder.discard(&part); // there is nothing to go on from
    }
    filled.map(|()| (folder, part))
}

/// Takes the data into the part.
async fn fill(
    pipe: &mut Pipe,
    offer: &Offer,
    path: &Path,
    folder: &Folder,
    part: &mut Part,
    mut progress: impl FnMut(u64),
) -> Result<(), TransferError> {
    let unwritable = |cause| TransferError::Unwritable { path: path.to_owned(), cause };
    let have = part.have.min(offer.size);
    let mut hasher = hash_of(&mut part.file, have).await.map_err(unwritable)?.unwrap_or_default();
    let hash = *hasher.finalize().as_bytes();
    tell(pipe, &Message::Accept { offset: have, hash }).await?;
    let mut message = Vec::new();
    let mut at = None;
    loop {
        pipe.read_into(&mut message).await.map_err(TransferError::of_pipe)?;
        match (Message::parse(&message), at) {
            (Some(Message::Start(start)), None) if start == have || start == 0 => {
                if start == 0 {
                    hasher = blake3::Hasher::new();
                }
                part.file.set_len(start).map_err(unwritable)?;
                part.file.seek(SeekFrom::Start(start)).map_err(unwritable)?;
                at = Some(start);
                progress(start);
            }
            (Some(Message::Data(data)), Some(before)) => {
                let now = before + u64::try_from(data.len()).unwrap_or(u64::MAX - before);
                if now > offer.size {
                    return Err(TransferError::Protocol);
                }
                part.file.write_all(data).map_err(unwritable)?;
                hasher.update(data);
                at = Some(now);
                progress(now);
            }
            (Some(Message::End(hash)), Some(now)) => {
                if now == offer.size && hash == *hasher.finalize().as_bytes() {
                    return Ok(());
                }
                folder.discard(part).map_err(unwritable)?;
                return Err(TransferError::Damaged);
            }
            (Some(Message::Cancel), _) => {
                folder.discard(part).map_err(unwritable)?;
                return Err(TransferError::CancelledThere);
            }
            _ => return Err(TransferError::Protocol),
        }
    }
}

async fn part(folder: &Folder, from: &[u8; 32], offer: &Offer) -> io::Result<Part> {
    let end = Instant::now() + RELEASE;
    loop {
        match folder.part(from, offer)? {
            Found::Part(part) => return Ok(part),
            Found::Busy if Instant::now() < end => sleep(LOOK).await,
            Found::Busy => {
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, "it is being received already"));
            }
        }
    }
}

/// Makes sure that the file outlives a power cut, then gives it its name. Off the thread that moves other files.
async fn keep(folder: Folder, part: Part) -> io::Result<PathBuf> {
    let kept = tokio::task::spawn_blocking(move || {
        part.file.sync_data()?;
        folder.keep(&part)
    });
    kept.await.unwrap_or_else(|_| Err(io::Error::other("it was interrupted")))
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

//! The sending side of one file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::TransferError;
use super::hashed::hash_of;
use super::wire::{DATA, Message, Offer, Reason};
use crate::pipe::{Pipe, Reader, Writer};

/// Bytes of the file in one message.
const PIECE: usize = 256 << 10;
/// A receiver that takes nothing for so long is gone.
const STALL: Duration = Duration::from_secs(30);
/// How long the message that is being written may still take when this side wants an end.
const LAST: Duration = Duration::from_secs(1);
/// How long a user may take to answer an offer; the receiver gives up a little earlier.
pub(super) const DECISION: Duration = Duration::from_secs(300);

/// A file to be sent.
#[derive(Debug)]
pub(super) struct Outgoing {
    path: PathBuf,
    file: File,
    /// When it was last changed, as exactly as the system tells.
    written: Option<SystemTime>,
    pub(super) offer: Offer,
}

impl Outgoing {
    pub(super) fn open(path: &Path) -> Result<Self, TransferError> {
        let unreadable = |cause| TransferError::Unreadable { path: path.to_owned(), cause };
        // Opening a fifo must not wait for its writer.
        let nonblock = nix::fcntl::OFlag::O_NONBLOCK.bits();
        let file = std::fs::OpenOptions::new().read(true).custom_flags(nonblock).open(path);
        let file = file.map_err(unreadable)?;
        let meta = file.metadata().map_err(unreadable)?;
        let Some(name) = path.file_name().filter(|_| meta.is_file()) else {
            return Err(TransferError::NotAFile(path.to_owned()));
        };
        let written = meta.modified().ok();
        let since = written.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        let modified = u64::try_from(since.as_millis()).unwrap_or(0);
        let offer = Offer { size: meta.len(), modified, name: name.to_string_lossy().into_owned() };
        Ok(Self { path: path.to_owned(), file, written, offer })
    }

    /// Whether it is what was offered no more. What was read of it may then be of two versions.
    fn is_changed(&self) -> io::Result<bool> {
        let meta = self.file.metadata()?;
        Ok(meta.len() != self.offer.size || meta.modified().ok() != self.written)
    }

    fn unreadable(&self, cause: io::Error) -> TransferError {
        TransferError::Unreadable { path: self.path.clone(), cause }
    }
}

/// Offers the file and sends it if it is wanted. `progress` is told how many bytes the receiver has been sent, at first
/// how many it has already. `end` is this side's wish to end it.
pub(super) async fn send(
    pipe: Pipe,
    mut out: Outgoing,
    mut end: oneshot::Receiver<()>,
    progress: impl FnMut(u64) + Send,
) -> Result<(), TransferError> {
    let (mut reader, mut writer) = pipe.split();
    tell(&mut writer, &Message::Offer(out.offer.clone())).await?;
    let answer = tokio::select! {
        biased;
        _ = &mut end => {
            let _ = tell(&mut writer, &Message::Cancel).await; // it may be gone
            return Err(TransferError::Cancelled);
        }
        answer = timeout(DECISION + STALL, reader.read()) => answer,
    };
    let answer =
        answer.map_err(|_| TransferError::Refused(Reason::NoAnswer))?.map_err(TransferError::of_pipe)?;
    let (offset, hash) = match Message::parse(&answer) {
        Some(Message::Accept { offset, hash }) if offset <= out.offer.size => (offset, hash),
        other => return Err(ended(other.as_ref())),
    };
    let mut sent = None;
    let mut answer = Vec::new();
    // Between two messages the other side can be told; in the middle of one that takes nothing it cannot.
    let stop = AtomicBool::new(false);
    let ended_here = async {
        let _ = end.await;
        stop.store(true, Ordering::Relaxed);
        sleep(LAST).await;
    };
    tokio::select! {
        biased;
        result = stream(&mut writer, &mut out, (offset, hash), &stop, progress) => sent = Some(result),
        () = ended_here => sent = Some(Err(TransferError::Cancelled)),
        read = reader.read_into(&mut answer) => read.map_err(TransferError::of_pipe)?,
    }
    match sent {
        None => Err(ended(Message::parse(&answer).as_ref())),
        Some(Ok(())) => done(&mut reader).await,
        Some(Err(error)) => {
            if !error.may_pass() {
                let _ = timeout(LAST, tell(&mut writer, &Message::Cancel)).await; // it may be gone as well
                return Err(error);
            }
            // Why it broke may have been said before.
            match timeout(Duration::from_secs(1), done(&mut reader)).await {
                Ok(Err(why)) => Err(why),
                _ => Err(error),
            }
        }
    }
}

async fn tell(writer: &mut Writer, message: &Message<'_>) -> Result<(), TransferError> {
    writer.write(&message.emit()).await.map_err(TransferError::of_pipe)
}

async fn stream(
    writer: &mut Writer,
    out: &mut Outgoing,
    (offset, hash): (u64, [u8; 32]),
    stop: &AtomicBool,
    mut progress: impl FnMut(u64),
) -> Result<(), TransferError> {
    let prefix = hash_of(&mut out.file, offset).await.map_err(|e| out.unreadable(e))?;
    let (mut at, mut hasher) = match prefix {
        Some(hasher) if *hasher.finalize().as_bytes() == hash => (offset, hasher),
        _ => (0, blake3::Hasher::new()),
    };
    out.file.seek(SeekFrom::Start(at)).map_err(|e| out.unreadable(e))?;
    tell(writer, &Message::Start(at)).await?;
    progress(at);
    let mut piece = vec![DATA; 1 + PIECE];
    while at < out.offer.size {
        if stop.load(Ordering::Relaxed) {
            return Err(TransferError::Cancelled);
        }
        let left = usize::try_from(out.offer.size - at).unwrap_or(PIECE).min(PIECE);
        let room = piece.get_mut(1..=left).unwrap_or_default();
        let got = match out.file.read(room) {
            Ok(0) => return Err(TransferError::Changed(out.path.clone())),
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(out.unreadable(error)),
        };
        let data = piece.get(..=got).unwrap_or_default();
        hasher.update(data.get(1..).unwrap_or_default());
        let written = timeout(STALL, writer.write(data)).await;
        written.map_err(|_| TransferError::Broken)?.map_err(TransferError::of_pipe)?;
        at += u64::try_from(got).unwrap_or(0);
        progress(at);
    }
    if out.is_changed().map_err(|e| out.unreadable(e))? {
        return Err(TransferError::Changed(out.path.clone()));
    }
    tell(writer, &Message::End(*hasher.finalize().as_bytes())).await
}

async fn done(reader: &mut Reader) -> Result<(), TransferError> {
    let answer = reader.read().await.map_err(TransferError::of_pipe)?;
    match Message::parse(&answer) {
        Some(Message::Done) => Ok(()),
        other => Err(ended(other.as_ref())),
    }
}

/// What a message means that ends a transfer.
pub(super) fn ended(message: Option<&Message<'_>>) -> TransferError {
    match message {
        Some(Message::Decline(reason) | Message::Failed(reason)) => TransferError::Refused(*reason),
        Some(Message::Cancel) => TransferError::CancelledThere,
        _ => TransferError::Protocol,
    }
}

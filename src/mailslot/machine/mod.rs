//! Mailslots that all programs of one user on this machine can reach, without a daemon (\[MS-MAIL\] 3.2, on Unix).
//!
//! A slot is three files in [`runtime_dir`]: a datagram socket to which every message is written as one datagram, a
//! socket that tells what waits, and a file that its server keeps locked. What the system's socket cannot take waits with
//! the writer: a server reads from it only while its queue has room, so nothing that was accepted is ever dropped.

mod claim;
mod door;
mod list;
mod packet;
mod watch;
mod writer;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::{Deserialize, Serialize};

use super::path::SlotName;
use crate::local::{LocalError, file_name, runtime_dir};

pub(super) use door::{Door, Flow};
pub use list::{Listed, list};
pub(super) use watch::Watch;
pub(super) use writer::Writer;

/// The files of one slot.
#[derive(Debug, Clone)]
struct Files {
    /// Where messages are sent.
    socket: PathBuf,
    /// Who connects to it is told what waits.
    ask: PathBuf,
    /// Locked by the server as long as it lives; what it says is a [`Card`].
    lock: PathBuf,
}

/// Ends the name of the locked file, which no socket's name does.
const LOCK: &str = ".lock";

impl Files {
    fn of(name: &SlotName) -> Result<Self, LocalError> {
        let dir = runtime_dir("mailslot")?;
        let file = file_name(name.as_str());
        Ok(Self {
            ask: dir.join(format!("{file}.ask")),
            lock: dir.join(format!("{file}{LOCK}")),
            socket: dir.join(file),
        })
    }
}

/// What a server fixes when it creates the slot.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Card {
    name: String,
    pid: u32,
    /// Most bytes of one message.
    limit: usize,
}

/// What a server tells of its slot.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Report {
    max_message: Option<usize>,
    next: Option<usize>,
    waiting: usize,
    /// Milliseconds; none: for ever.
    read_timeout: Option<u64>,
    dropped: u64,
    /// Whether messages wait with their writers for want of room.
    full: bool,
}

/// Waits until one of these is ready, or `limit` is over, or a signal came.
pub(super) fn wait(fds: &mut [PollFd<'_>], limit: Option<Duration>) -> io::Result<()> {
    let limit =
        limit.map(|limit| Timespec::try_from(limit).unwrap_or(Timespec { tv_sec: i64::MAX, tv_nsec: 0 }));
    match poll(fds, limit.as_ref()) {
        Ok(_) => Ok(()),
        Err(rustix::io::Errno::INTR) => {
            fds.iter_mut().for_each(PollFd::clear_revents);
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether something is to be read there, or it has ended.
pub(super) fn ready(fd: &PollFd<'_>) -> bool {
    !fd.revents().is_empty()
}

/// To be told when there is something to read.
pub(super) fn readable(fd: &impl std::os::fd::AsFd) -> PollFd<'_> {
    PollFd::new(fd, PollFlags::IN)
}

//! The writer's side: a socket connected to the server's.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use tokio::time::Instant;

use super::list::{LONG, ask, card};
use super::packet::Outgoing;
use super::{Files, wait};
use crate::mailslot::Info;
use crate::mailslot::error::{InfoError, WriteError};
use crate::mailslot::path::SlotName;

/// How long a server has to take what fills its socket, before it is asked whether its slot is full.
const GRACE: Duration = Duration::from_millis(15);

/// Writes to one server's slot. When the server ends, so does this: another server of the name needs another writer.
#[derive(Debug)]
pub(in crate::mailslot) struct Writer {
    socket: UnixDatagram,
    files: Files,
    /// Most bytes of one message.
    limit: usize,
}

impl Writer {
    /// Finds the server of a slot.
    pub(in crate::mailslot) fn open(name: &SlotName) -> Result<Self, WriteError> {
        let files = Files::of(name).map_err(|error| WriteError::Machine(io::Error::other(error)))?;
        let socket = UnixDatagram::unbound().map_err(WriteError::Machine)?;
        socket.set_nonblocking(true).map_err(WriteError::Machine)?;
        let missing = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                WriteError::NoSlot(name.to_string())
            }
            _ => WriteError::Machine(error),
        };
        socket.connect(&files.socket).map_err(missing)?;
        let limit = card(&files.lock).ok_or_else(|| WriteError::NoSlot(name.to_string()))?.limit;
        Ok(Self { socket, files, limit })
    }

    /// Writes one message. Where the server is behind, waits for it, but no longer than `patience`.
    pub(in crate::mailslot) fn write(&self, data: &[u8], patience: Duration) -> Result<(), WriteError> {
        if data.len() > self.limit {
            return Err(WriteError::Refused { bytes: data.len() });
        }
        let mut outgoing = Outgoing::new(data).map_err(WriteError::Machine)?;
        let mut started = None;
        loop {
            let Err(error) = outgoing.send(&self.socket) else { return Ok(()) };
            match Errno::from_io_error(&error) {
                Some(Errno::INTR) => continue,
                Some(Errno::AGAIN | Errno::NOBUFS | Errno::TOOMANYREFS) => {}
                Some(
                    Errno::CONNREFUSED | Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN | Errno::DESTADDRREQ,
                ) => {
                    return Err(WriteError::Gone);
                }
                _ => return Err(WriteError::Machine(error)),
            }
            let now = now();
            let left = patience.saturating_sub(now - *started.get_or_insert(now));
            if left.is_zero() || (left + GRACE <= patience && self.is_full()) {
                return Err(WriteError::Full);
            }
            let mut room = [PollFd::new(&self.socket, PollFlags::OUT)];
            wait(&mut room, Some(left.min(GRACE))).map_err(WriteError::Machine)?;
        }
    }

    fn is_full(&self) -> bool {
        ask(&self.files.ask, GRACE).is_ok_and(|report| report.full)
    }

    /// What waits in the slot.
    pub(in crate::mailslot) fn info(&self) -> Result<Info, InfoError> {
        Ok(ask(&self.files.ask, LONG).map_err(|_| InfoError::Gone)?.info())
    }
}

#[allow(clippy::disallowed_methods, reason = "how long a writer waits is no matter of the protocol")]
fn now() -> Instant {
    Instant::now()
}

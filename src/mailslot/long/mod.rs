//! Messages over 424 bytes to one machine. Windows once carried them over a session ("class 1", \[MS-MAIL\] 2.1) and no
//! longer does; here a TCP connection carries them, found by [`connect`](super::connect).

mod frame;
mod reader;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

pub use frame::{Head, Verdict};

use super::client::{Client, MAX_WRITE, To};
use super::connect::{Kind, LocateError};
use super::error::WriteError;
use super::path::{SlotName, SlotPath};
use super::resolver::Owner;
use super::service::Service;
use crate::netbios::Name;

/// Most bytes of a message to one machine.
pub const MAX_LONG: usize = 64_000;

/// How long a connection may take to stand.
const CONNECTING: Duration = Duration::from_secs(3);
/// How long one message may take on a connection, at either end.
const CARRYING: Duration = Duration::from_secs(10);

impl Client {
    /// Writes one message as [`Client::write`] does, but looks for the computer first, and carries what is over
    /// [`MAX_WRITE`] bytes, up to [`MAX_LONG`], over a connection if the path names one computer. Then the program that
    /// reads the slot must accept long messages ([`Mailslots::accept_long`](super::Mailslots::accept_long)), and success
    /// means that the message waits to be read there.
    ///
    /// # Errors
    /// As [`Client::write`] and [`Client::resolve`]; and when no program on that computer reads long messages from this
    /// slot, or the slot has no room.
    pub async fn send(&self, data: &[u8]) -> Result<(), WriteError> {
        let service = &self.service.inner;
        let To::Path(SlotPath::Remote { name, slot }) = &self.to else { return self.write(data) };
        self.resolve().await?;
        let here = || *name == service.host && service.slots.contains(slot.as_str());
        if data.len() <= MAX_WRITE || service.is_several(*name) || here() {
            return self.write(data);
        }
        service.carry(*name, slot, data).await
    }
}

impl Service {
    /// Whether a name stands for several computers, as far as is known.
    fn is_several(&self, name: Name) -> bool {
        let owner = self.memory().resolver.owner(Instant::now(), &name);
        name == self.workgroup || owner == Some(Owner::Group)
    }

    /// Sends a message over a connection of its own.
    async fn carry(&self, host: Name, slot: &SlotName, data: &[u8]) -> Result<(), WriteError> {
        let too_long = WriteError::TooLong { bytes: data.len(), limit: MAX_LONG };
        let Some(length) = u16::try_from(data.len()).ok().filter(|_| data.len() <= MAX_LONG) else {
            return Err(too_long);
        };
        let nobody = || WriteError::NoReader { host, slot: slot.to_string() };
        let found = self.locate(host, Kind::Mailslot, slot.as_str()).await;
        let to = found.map_err(|error| match error {
            LocateError::Unknown(name) => WriteError::Unknown(name),
            LocateError::Network(error) => WriteError::Network(error),
            LocateError::Nobody { .. } | LocateError::Name(_) => nobody(),
        })?;
        let slot_len = u8::try_from(slot.as_str().len()).map_err(|_| nobody())?;
        let mut bytes = Vec::with_capacity(Head::LEN + usize::from(slot_len) + data.len());
        Head { source: self.host, slot: slot_len, data: length }.emit(&mut bytes);
        bytes.extend_from_slice(slot.as_str().as_bytes());
        bytes.extend_from_slice(data);
        match exchange(to, &bytes).await.map_err(|error| failed(host, error))? {
            Some(Verdict::Taken) => {
                self.tally.sent.add(1);
                Ok(())
            }
            Some(Verdict::Full) => Err(WriteError::Full),
            Some(Verdict::TooLong) => Err(WriteError::Refused { bytes: data.len() }),
            Some(Verdict::NoSlot) | None => Err(nobody()),
        }
    }
}

/// What a failed exchange means. Who has too many connections closes the next one without a word.
fn failed(host: Name, error: io::Error) -> WriteError {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    match error.kind() {
        BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof => WriteError::Busy(host),
        _ => WriteError::Network(error),
    }
}

/// Sends one message and reads what is said to it.
async fn exchange(to: SocketAddr, bytes: &[u8]) -> io::Result<Option<Verdict>> {
    let mut stream = timeout(CONNECTING, TcpStream::connect(to)).await??;
    let talk = async {
        stream.write_all(bytes).await?;
        Ok(Verdict::from_code(stream.read_u8().await?))
    };
    timeout(CARRYING, talk).await?
}

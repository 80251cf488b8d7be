//! The writing end (Win32 `CreateFile`, `WriteFile`).

use std::time::Duration;

use super::service::Background;
use crate::mailslot::machine::Writer;
use crate::mailslot::{self, Info, InfoError, OpenError, SlotName, SlotPath, WriteError};

/// How long a write waits for a server on this machine that is behind.
const PATIENCE: Duration = Duration::from_millis(250);

/// Writes to one mailslot. Any number of clients may have it open.
#[derive(Debug)]
pub struct Client(Inner);

#[derive(Debug)]
enum Inner {
    Machine(Writer),
    Service(mailslot::Client, Background),
}

impl Client {
    /// Opens a mailslot of one of this user's programs on this machine.
    ///
    /// # Errors
    /// When there is none of this name. A path to other machines needs [`Mailslots::open`](super::Mailslots::open).
    pub fn open(path: &str) -> Result<Self, OpenError> {
        match path.parse()? {
            SlotPath::Local(name) => Self::local(&name),
            SlotPath::Broadcast(_) | SlotPath::Remote { .. } => Err(OpenError::NoNetwork),
        }
    }

    pub(super) fn local(name: &SlotName) -> Result<Self, OpenError> {
        match Writer::open(name) {
            Ok(writer) => Ok(Self(Inner::Machine(writer))),
            Err(WriteError::NoSlot(name)) => Err(OpenError::NoSlot(name)),
            Err(WriteError::Machine(error)) => Err(OpenError::Machine(error)),
            Err(error) => Err(OpenError::Machine(std::io::Error::other(error))),
        }
    }

    pub(super) fn of(client: mailslot::Client, background: Background) -> Self {
        Self(Inner::Service(client, background))
    }

    /// Writes one message, 0 bytes or more. That it succeeds does not mean that anybody reads it.
    ///
    /// On this machine, a server that is behind gets 250 ms. On the network, a name that is not known is looked for,
    /// which takes at most 750 ms.
    ///
    /// # Errors
    /// [`WriteError::Gone`] when the server has ended, even if another one has its name; [`WriteError::Full`] and
    /// [`WriteError::Refused`] when it does not take the message; on the network as [`mailslot::Client::write`].
    pub fn write(&self, data: &[u8]) -> Result<(), WriteError> {
        match &self.0 {
            Inner::Machine(writer) => writer.write(data, PATIENCE),
            Inner::Service(client, background) => {
                background.block_on(client.resolve())?;
                client.write(data)
            }
        }
    }

    /// What waits in the slot (Win32 `GetMailslotInfo` on a client's handle, as Windows 8 and later allow it).
    ///
    /// # Errors
    /// When the server does not answer, or is on another machine.
    pub fn info(&self) -> Result<Info, InfoError> {
        match &self.0 {
            Inner::Machine(writer) => writer.info(),
            Inner::Service(..) => Err(InfoError::Elsewhere),
        }
    }

    /// Closes it, as dropping it does.
    pub fn close(self) {
        drop(self);
    }
}

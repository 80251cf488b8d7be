//! The reading end (Win32 `CreateMailslot`, `ReadFile`, `GetMailslotInfo`, `SetMailslotInfo`).

use super::alone::Alone;
use super::service::Background;
use crate::mailslot::server::{copy, up_to};
use crate::mailslot::{
    self, CreateError, Info, Message, Options, ReadError, ReadTimeout, SlotName, SlotPath,
};

/// A mailslot that this program reads, as [`mailslot::Server`], but every read waits. Dropping it frees the name and what
/// has not been read.
#[derive(Debug)]
pub struct Server(Inner);

#[derive(Debug)]
enum Inner {
    Alone(Alone),
    Service(mailslot::Server, Background),
}

impl Server {
    /// Creates a mailslot that every program of this user on this machine can write to. [`Options::scope`] is of no
    /// meaning: who wants it for this program alone has better queues.
    ///
    /// # Errors
    /// When the path is not of the form `\\.\mailslot\…`, the slot exists, or the user has no directory for it.
    pub fn create(path: &str, options: Options) -> Result<Self, CreateError> {
        let SlotPath::Local(name) = path.parse()? else { return Err(CreateError::NotLocal) };
        Ok(Self(Inner::Alone(Alone::create(name, options)?)))
    }

    pub(super) fn of(server: mailslot::Server, background: Background) -> Self {
        Self(Inner::Service(server, background))
    }

    /// The slot's name.
    pub fn path(&self) -> &SlotName {
        match &self.0 {
            Inner::Alone(alone) => &alone.name,
            Inner::Service(server, _) => server.path(),
        }
    }

    /// Reads the next message, waiting as long as the read timeout says.
    pub fn read(&mut self) -> Result<Message, ReadError> {
        match &mut self.0 {
            Inner::Alone(alone) => alone.next(up_to(usize::MAX)),
            Inner::Service(server, background) => background.block_on(server.read()),
        }
    }

    /// Reads the next message into `buffer`, waiting as long as the read timeout says, and returns its size in bytes.
    ///
    /// # Errors
    /// [`ReadError::TooSmall`] when the buffer is smaller than the message, which stays; and as [`Server::read`].
    pub fn read_into(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        match &mut self.0 {
            Inner::Alone(alone) => alone.next(up_to(buffer.len())).map(|message| copy(&message, buffer)),
            Inner::Service(server, background) => background.block_on(server.read_into(buffer)),
        }
    }

    /// What waits, and the settings.
    pub fn info(&self) -> Info {
        match &self.0 {
            Inner::Alone(alone) => alone.info(),
            Inner::Service(server, _) => server.info(),
        }
    }

    /// Sets how long the next reads wait.
    pub fn set_read_timeout(&mut self, timeout: ReadTimeout) {
        match &mut self.0 {
            Inner::Alone(alone) => alone.set_read_timeout(timeout),
            Inner::Service(server, _) => server.set_read_timeout(timeout),
        }
    }

    /// Frees the name and what has not been read, as dropping it does.
    pub fn close(self) {
        drop(self);
    }
}

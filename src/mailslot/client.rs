//! The writing end of a mailslot (Win32 `CreateFile`, `WriteFile`; \[MS-MAIL\] 3.1.4).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Mailslots;
use super::error::WriteError;
use super::machine::Writer;
use super::path::{SlotName, SlotPath};
use super::slots::Delivery;
use crate::netbios::Name;

/// Most bytes of one write to the network: what Windows lets its programs send.
pub const MAX_WRITE: usize = 424;

/// How long a write waits for a server on this machine that is behind.
const PATIENCE: Duration = Duration::from_millis(50);

/// Writes to one mailslot, wherever it is. Opening it contacted nobody.
#[derive(Debug, Clone)]
pub struct Client {
    pub(super) to: To,
    pub(super) service: Mailslots,
    /// The way to another program of this user that has the slot, once it was needed.
    writer: Arc<Mutex<Option<Writer>>>,
}

#[derive(Debug, Clone)]
pub(super) enum To {
    Path(SlotPath),
    Address { address: SocketAddr, host: Name, slot: SlotName },
}

impl Client {
    pub(super) fn new(to: To, service: Mailslots) -> Self {
        Self { to, service, writer: Arc::default() }
    }

    /// Writes one message, 0 bytes or more, at once. (Samba drops one of 0 bytes.) That it succeeds does not mean that
    /// anybody reads it. `\\.\…` is the slot of this program or of another one of this user, whichever has it at the
    /// time; if that one is behind, it gets 50 ms.
    ///
    /// A name in place of `.` and `*` is one's own workgroup, or a computer that has been heard of lately, or what
    /// [`Client::resolve`] has found; it is never waited for here.
    ///
    /// # Errors
    /// Over [`MAX_WRITE`] bytes to the network, an unknown name, a local slot that does not exist or has no room, or no
    /// interface that works.
    pub fn write(&self, data: &[u8]) -> Result<(), WriteError> {
        let service = &self.service.inner;
        let within_limit = || match data.len() {
            ..=MAX_WRITE => Ok(()),
            bytes => Err(WriteError::TooLong { bytes, limit: MAX_WRITE }),
        };
        match &self.to {
            To::Path(SlotPath::Local(slot)) => match service.deliver_here(slot, data) {
                Delivery::Done => Ok(()),
                Delivery::Full => Err(WriteError::Full),
                Delivery::TooLong => Err(WriteError::Refused { bytes: data.len() }),
                Delivery::NoSlot => self.write_to_other(slot, data),
            },
            To::Path(SlotPath::Broadcast(slot)) => {
                within_limit()?;
                service.send_to_group(service.workgroup, slot, data)
            }
            To::Path(SlotPath::Remote { name, slot }) => {
                within_limit()?;
                service.send_to_name(*name, slot, data)
            }
            To::Address { address, host, slot } => {
                within_limit()?;
                service.send_to_peer(*address, *host, slot, data)
            }
        }
    }

    /// As [`Client::write`] to a computer or user by name, but carried to the whole segment, where only who has the name
    /// takes it. For a name that nobody answers for: programs that do not answer for their names hear it too. Any other
    /// path is written to as ever.
    ///
    /// # Errors
    /// As [`Client::write`], but never that the name is unknown.
    pub fn shout(&self, data: &[u8]) -> Result<(), WriteError> {
        match &self.to {
            To::Path(SlotPath::Remote { name, slot }) if data.len() <= MAX_WRITE => {
                self.service.inner.shout(*name, slot, data)
            }
            _ => self.write(data),
        }
    }

    /// Writes to the slot of another program of this user. Looks for it again when that one has ended.
    fn write_to_other(&self, slot: &SlotName, data: &[u8]) -> Result<(), WriteError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        match writer.as_ref().map(|writer| writer.write(data, PATIENCE)) {
            None | Some(Err(WriteError::Gone)) => *writer = None,
            Some(written) => return written,
        }
        writer.insert(Writer::open(slot)?).write(data, PATIENCE)
    }

    /// Finds out who has the name in the path, if that is not known, by asking the network; at most 750 ms. Then
    /// [`Client::write`] knows it for some minutes. Windows does this within the write.
    ///
    /// # Errors
    /// [`WriteError::Unknown`] when nobody answers.
    pub async fn resolve(&self) -> Result<(), WriteError> {
        match &self.to {
            To::Path(SlotPath::Remote { name, .. }) => self.service.inner.resolve(*name).await,
            To::Path(_) | To::Address { .. } => Ok(()),
        }
    }
}

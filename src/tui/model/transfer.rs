//! Files on their way, and those that wait for somebody's decision.

use crate::chat::PeerId;
use crate::text::SafeText;
use crate::transfer::TransferId;

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Which.
    pub id: TransferId,
    /// From or to whom.
    pub peer: PeerId,
    /// Their name as shown.
    pub with: SafeText,
    /// The file's name.
    pub name: SafeText,
    /// Its size in bytes, once known.
    pub size: u64,
    /// It goes from here to the peer.
    pub outgoing: bool,
    /// How far it is.
    pub stage: Stage,
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its receiver has to decide.
    Offered,
    /// So many bytes are there.
    Moving(u64),
}

/// All of them, the oldest first.
#[derive(Debug, Default)]
pub struct Transfers(Vec<Transfer>);

impl Transfers {
    /// All of them.
    pub fn list(&self) -> &[Transfer] {
        &self.0
    }

    /// Adds one.
    pub fn add(&mut self, transfer: Transfer) {
        self.0.push(transfer);
    }

    /// The one with this id.
    pub fn get_mut(&mut self, id: TransferId) -> Option<&mut Transfer> {
        self.0.iter_mut().find(|t| t.id == id)
    }

    /// Removes one that is over.
    pub fn remove(&mut self, id: TransferId) -> Option<Transfer> {
        let place = self.0.iter().position(|t| t.id == id)?;
        Some(self.0.remove(place))
    }

    /// The oldest offer of somebody else that waits for an answer, of `peer` if that is given.
    pub fn offered(&self, peer: Option<PeerId>) -> Option<&Transfer> {
        self.0.iter().find(|t| !t.outgoing && t.stage == Stage::Offered && peer.is_none_or(|p| p == t.peer))
    }

    /// The newest that can be cancelled, with `peer` if that is given.
    pub fn newest(&self, peer: Option<PeerId>) -> Option<&Transfer> {
        self.0.iter().rev().find(|t| peer.is_none_or(|p| p == t.peer))
    }
}

//! Files on their way, and those that wait for somebody's decision.

use super::Model;
use super::entry::{EntryId, Level};
use crate::chat::{Millis, PeerId};
use crate::text::SafeText;
use crate::transfer::TransferId;

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Which.
    pub id: TransferId,
    /// From or to whom.
    pub peer: PeerId,
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
pub struct Transfers {
    all: Vec<Transfer>,
    /// The notice that counts offers which were declined unseen, when the first of them came, and how many there were.
    excess: Option<(EntryId, Millis, usize)>,
}

impl Transfers {
    /// All of them.
    pub fn list(&self) -> &[Transfer] {
        &self.all
    }

    /// Adds one.
    pub fn add(&mut self, transfer: Transfer) {
        self.all.push(transfer);
    }

    /// The one with this id.
    pub fn get_mut(&mut self, id: TransferId) -> Option<&mut Transfer> {
        self.all.iter_mut().find(|t| t.id == id)
    }

    /// Removes one that is over.
    pub fn remove(&mut self, id: TransferId) -> Option<Transfer> {
        let place = self.all.iter().position(|t| t.id == id)?;
        Some(self.all.remove(place))
    }

    /// The oldest offer of somebody else that waits for an answer, of `peer` if that is given.
    pub fn offered(&self, peer: Option<PeerId>) -> Option<&Transfer> {
        self.all.iter().find(|t| !t.outgoing && t.stage == Stage::Offered && peer.is_none_or(|p| p == t.peer))
    }

    /// The newest that can be cancelled, with `peer` if that is given.
    pub fn newest(&self, peer: Option<PeerId>) -> Option<&Transfer> {
        self.all.iter().rev().find(|t| peer.is_none_or(|p| p == t.peer))
    }
}

/// How long declined offers are counted in the same notice.
const TOGETHER: Millis = 60_000;

impl Model {
    /// The name of somebody with files, as it is now: names change and are taken over by others, keys are not. One who is
    /// not here and whose name somebody here has is told apart.
    pub fn file_peer(&self, peer: PeerId) -> SafeText {
        match (self.people.get(peer), self.met.get(&peer)) {
            (Some(here), _) => here.name.clone(),
            (None, Some(met)) if self.people.list().iter().all(|other| other.name != *met) => met.clone(),
            (None, Some(met)) => SafeText::line(&format!("{met}~{}", peer.short())),
            (None, None) => SafeText::line(&peer.to_string()),
        }
    }

    /// An offer was declined because too many come: one notice a minute counts all of them.
    pub fn count_excess(&mut self, name: &SafeText) {
        let lately = |(_, since, _): &(_, Millis, _)| self.now.saturating_sub(*since) < TOGETHER;
        let before = self.transfers.excess.filter(lately);
        let (since, count) = before.map_or((self.now, 1), |(_, since, count)| (since, count + 1));
        let offers =
            if count == 1 { "1 more offer was".to_owned() } else { format!("{count} more offers were") };
        let text = SafeText::line(&format!(
            "{offers} declined unseen: too many files a minute, the last from {name}; /ignore NICK declines all of one"
        ));
        let shown = before.is_some_and(|(entry, ..)| self.log.set_notice(entry, &text));
        let entry = match before {
            Some((entry, ..)) if shown => entry,
            _ => {
                let entry = self.log.next_id();
                self.notice(Level::Info, text.as_str());
                entry
            }
        };
        self.transfers.excess = Some((entry, since, count));
    }
}

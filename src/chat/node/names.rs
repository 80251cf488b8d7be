//! Nicknames are labels: who was first keeps the plain one, namesakes are shown with a suffix (docs/PROTOCOL.md,
//! "Nicknames").

use super::super::event::Event;
use super::super::frame::{Frame, PROBE, UNLISTED, YIELD};
use super::super::id::PeerId;
use super::super::nick::Nick;
use super::{Node, Now};

/// Milliseconds of an hour: how long one outcome of the tie-break holds.
const HOUR: u64 = 3_600_000;

impl Node {
    /// Works out the shown names of all who have this nickname and tells the user of those that changed.
    pub(super) fn rename_all(&mut self, skeleton: &str) {
        self.rename_all_but(skeleton, None);
    }

    /// As [`Node::rename_all`], for a caller that reports on one of them itself.
    pub(super) fn rename_all_but(&mut self, skeleton: &str, but: Option<PeerId>) {
        let mine = self.listed_as(skeleton) && !self.yielding;
        for id in self.roster.name(skeleton, mine) {
            if let Some(entry) = self.roster.get(id).filter(|e| e.listed() && Some(id) != but) {
                self.events.push_back(Event::Changed(entry.view(id)));
            }
        }
    }

    /// Whether this node is listed under a nickname that readers would take for this one.
    fn listed_as(&self, skeleton: &str) -> bool {
        !self.config.observer && &*self.config.nick.skeleton() == skeleton
    }

    /// A peer claims a nickname. Gives ours way where the peer had it first, or wins the tie-break.
    pub(super) fn contest(&mut self, now: Now, frame: &Frame<'_>, nick: &Nick) {
        let skeleton = nick.skeleton();
        if self.yielding || frame.flags & (YIELD | UNLISTED) != 0 || !self.listed_as(&skeleton) {
            return;
        }
        let (they_probe, we_probe) = (frame.flags & PROBE != 0, self.presence.probing(now.mono));
        let lost = match (they_probe, we_probe) {
            (true, false) => false,
            (false, true) => true,
            _ => tie_break(now, &skeleton, frame.sender) < tie_break(now, &skeleton, self.id()),
        };
        if lost {
            self.set_yielding(true, Some(frame.sender), &skeleton);
        }
        // Either way one of the two must learn of the other.
        self.presence.answer(now.mono, self.roster.live(), &mut self.rng);
    }

    /// Takes the plain nickname back when nobody else goes by it any more.
    pub(super) fn settle_own_name(&mut self, now: Now) {
        if !self.yielding {
            return;
        }
        let skeleton = self.config.nick.skeleton();
        let mine = tie_break(now, &skeleton, self.id());
        let free = self.roster.namesakes(&skeleton).into_iter().all(|id| {
            self.roster
                .get(id)
                .is_none_or(|e| !e.listed() || (e.yields && mine < tie_break(now, &skeleton, id)))
        });
        if free {
            self.set_yielding(false, None, &skeleton);
            self.presence.answer_always(now.mono, &mut self.rng);
        }
    }

    fn set_yielding(&mut self, yielding: bool, with: Option<PeerId>, skeleton: &str) {
        self.yielding = yielding;
        self.rename_all(skeleton);
        self.events.push_back(Event::OwnName { name: self.own_name(), with });
    }
}

/// The lower hash wins. The hour is in it so that a key cannot be made once to win for ever.
fn tie_break(now: Now, skeleton: &str, id: PeerId) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("lanchat 2026-11 nickname tie-break");
    hasher.update(&(now.wall / HOUR).to_be_bytes());
    hasher.update(&id.0);
    hasher.update(skeleton.as_bytes());
    *hasher.finalize().as_bytes()
}

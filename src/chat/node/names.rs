//! Nicknames are labels: who was first keeps the plain one, namesakes are shown with a suffix (docs/PROTOCOL.md,
//! "Nicknames").

use super::super::event::{Event, Millis};
use super::super::frame::{Frame, PROBE, UNLISTED, YIELD};
use super::super::id::PeerId;
use super::super::limits::CONTEST;
use super::super::nick::Nick;
use super::{Node, Now};
use crate::text::SafeText;

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
        for id in self.name_all(skeleton, mine) {
            if let Some(entry) = self.roster.get(id).filter(|e| e.listed() && Some(id) != but) {
                self.events.push_back(Event::Changed(entry.view(id)));
            }
        }
    }

    /// Gives all with this nickname the names to show, and returns whose has changed. The best claim gets the plain one,
    /// whatever anybody says: verified, known from before, here first.
    fn name_all(&mut self, skeleton: &str, mine: bool) -> Vec<PeerId> {
        let ids = self.roster.namesakes(skeleton);
        let same_as_mine = self.listed_as(skeleton);
        let claim = |id: &PeerId| {
            let entry = self.roster.get(*id).filter(|e| e.listed())?;
            let since = entry.claims_nick().map_or(Millis::MAX, |claim| claim.since);
            let standing = self.acquaintances.standing(*id, &entry.nick, Some(since));
            let like_mine = entry.doubts.like_own && !same_as_mine;
            let plain = entry.doubts.other.is_none() && !entry.doubts.mixed && !like_mine;
            let holds = plain && (!entry.yields || standing.is_known());
            holds.then_some((standing, std::cmp::Reverse(entry.order)))
        };
        let holder = ids.iter().filter(|_| !mine).filter_map(|id| Some((claim(id)?, *id))).max();
        let holder = holder.map(|(_, id)| id);
        let mut crowd: Vec<PeerId> =
            ids.iter().chain(self.acquaintances.with_look(skeleton)).copied().collect();
        crowd.push(self.id());
        crowd.sort_unstable();
        crowd.dedup();
        let mut changed = Vec::new();
        for id in ids {
            // Of all the others, those beside it share most of its digits.
            let at = crowd.binary_search(&id).unwrap_or_else(|at| at);
            let beside = [at.checked_sub(1).and_then(|at| crowd.get(at)), crowd.get(at + 1)];
            let Some(entry) = self.roster.get_mut(id) else { continue };
            let doubts = &entry.doubts;
            let apart = mine || holder.is_some() || entry.yields || doubts.mixed || doubts.like_own;
            let name = if holder == Some(id) || !apart && doubts.other.is_none() {
                entry.nick.as_safe().clone()
            } else {
                let like = doubts.other.as_ref().map(|other| other.id);
                suffixed(&entry.nick, &id.suffix(beside.into_iter().flatten().copied().chain(like)))
            };
            if name != entry.name {
                entry.name = name;
                changed.push(id);
            }
        }
        changed
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
        let first = || {
            let tie = tie_break(now, &skeleton, frame.sender) < tie_break(now, &skeleton, self.id());
            frame.epoch < self.config.epoch || frame.epoch == self.config.epoch && tie
        };
        let lost = match (they_probe, we_probe) {
            (true, false) => false,
            (false, true) => true,
            // Whoever has had its name for long has it: else a key could be made that takes it away.
            _ => now.mono < self.named + CONTEST && first(),
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

/// The nickname with the suffix that tells it from its namesakes.
pub(super) fn suffixed(nick: &Nick, digits: &str) -> SafeText {
    SafeText::line(&format!("{nick}~{digits}"))
}

/// The lower hash wins. The hour is in it so that a key cannot be made once to win for ever.
fn tie_break(now: Now, skeleton: &str, id: PeerId) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("lanchat 2026-11 nickname tie-break");
    hasher.update(&(now.wall / HOUR).to_be_bytes());
    hasher.update(&id.0);
    hasher.update(skeleton.as_bytes());
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(wall: u64) -> Now {
        Now { mono: Duration::from_secs(9), wall }
    }

    /// Worked out by another implementation of BLAKE3 (its Python package).
    #[test]
    fn a_known_answer_of_the_tie_break() {
        let hash = tie_break(at(1_800_000_000_000), "alice", PeerId([0xa1; 8]));
        let expected = "5df4c6749d0d831884cf3efb1fb1c4096f18dfd4e6cccead1c1b2956b94daa1f";
        assert_eq!(*crate::profile::hex(&hash), expected);
    }

    #[test]
    fn a_key_that_is_ground_to_win_does_not_win_for_long() {
        let alice = PeerId([0xa1; 8]);
        let wins = |n: u32, hour: u64| {
            let id = PeerId([[0xee; 4], n.to_be_bytes()].concat().try_into().unwrap());
            tie_break(at(hour * HOUR), "alice", id) < tie_break(at(hour * HOUR), "alice", alice)
        };
        // Of ten thousand keys the one that wins longest from this hour on.
        let longest =
            (0..10_000).map(|n| (500_000..500_400).take_while(|hour| wins(n, *hour)).count()).max().unwrap();
        assert!((1..200).contains(&longest), "{longest} hours");
        let best =
            (0..10_000).max_by_key(|n| (500_000..500_100).filter(|hour| wins(*n, *hour)).count()).unwrap();
        let later = (600_000..600_100).filter(|hour| wins(best, *hour)).count();
        assert!((20..80).contains(&later), "the same key wins {later} of a hundred hours later");
    }
}

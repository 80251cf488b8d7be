//! The lines that are held to be sent again, in this run and from earlier ones.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::datagram::{Datagram, RoomRef};
use super::super::id::LineId;
use super::super::room::RoomName;
use super::super::store::{CARD, Held, Run};
use super::{Node, Now};

impl Node {
    /// Keeps a datagram of a line so that it can be sent again.
    pub(super) fn hold(&mut self, now: Now, run: Run, seq: u32, data: &[u8]) {
        if !self.talk() {
            self.trickle.begin(now.mono, &mut self.rng); // until now there was nothing to tell
        }
        self.store.insert(run, seq, data);
    }

    /// These datagrams have been shown: the driver may keep them. What still waits for an earlier one is not kept, or a
    /// restart would take it for shown.
    pub(super) fn keep(&mut self, run: Run, seqs: std::ops::Range<u32>) {
        // With the first line of a run that is kept goes its author's card, or a restarted holder could prove nothing.
        let first = self.store.span(run).is_none_or(|held| held.start >= seqs.start);
        let card = self.roster.get(run.0).filter(|_| self.cards.insert(run) || first);
        if let Some(data) = card.map(|entry| entry.card.clone()) {
            self.held.push_back(Held { sender: run.0, epoch: run.1, seq: CARD, data });
        }
        for seq in seqs {
            if let Some(data) = self.store.get(run, seq) {
                self.held.push_back(Held { sender: run.0, epoch: run.1, seq, data: data.into() });
            }
        }
    }

    /// Takes over the lines that an earlier run of this program has kept: they are not shown again, and can be repaired.
    /// Call it before the first datagram.
    pub fn restore(&mut self, held: impl IntoIterator<Item = Held>) {
        let mut runs: BTreeMap<Run, Vec<u32>> = BTreeMap::new();
        for Held { sender, epoch, seq, data } in held {
            if seq == CARD {
                self.cards.insert((sender, epoch));
                self.know(Now { mono: Duration::ZERO, wall: 0 }, &data);
                self.roster.settle(sender);
                continue;
            }
            runs.entry((sender, epoch)).or_default().push(seq);
            self.store.insert((sender, epoch), seq, &data);
        }
        for (run, mut seqs) in runs {
            seqs.sort_unstable();
            // Which rooms they were shown in is not kept: what is shown again is known by its id.
            for seq in &seqs {
                self.note_restored(run, *seq);
            }
            if let Some(feed) = self.feeds.follow(run, 1).then(|| self.feeds.get_mut(run)).flatten() {
                feed.resume(&seqs);
            }
        }
    }

    /// A datagram of a line that an earlier run has kept: what it tells of its room.
    fn note_restored(&mut self, run: Run, seq: u32) {
        let id = LineId { sender: run.0, epoch: run.1, seq };
        let Some(datagram) = self.store.get(run, seq).and_then(Datagram::parse) else { return };
        let (of, (index, _)) = (datagram.room(), datagram.part());
        let now = self.started;
        if index > 0 {
            return;
        }
        // Of locked rooms nothing can be read yet: their keys are not kept.
        if matches!(of, RoomRef::Sealed(_)) {
            self.rooms.withhold(id, of);
        } else if let Some((meta, text)) = self.held_line(now, id) {
            self.note_room(now, run.0, &meta, &text);
            if of != RoomRef::Open(RoomName::LOBBY.tag()) {
                self.rooms.withhold(id, of);
            }
        }
    }

    /// Datagrams of lines that this node holds for others, and of how many runs something is wanted or about to be sent.
    pub fn holding(&self) -> (usize, usize) {
        (self.store.len(), self.repair.pending())
    }

    /// The next datagram that is newly held, to be kept for [`Node::restore`].
    pub fn poll_held(&mut self) -> Option<Held> {
        self.held.pop_front()
    }
}

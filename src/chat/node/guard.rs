//! The order of checks: what every datagram must pass before it costs anything (docs/PROTOCOL.md, "Order of checks").

use std::net::IpAddr;

use super::super::event::LeaveReason;
use super::super::id::PeerId;
use super::super::store::Run;
use super::{Node, Now, Source, Way};

impl Node {
    /// Whether a datagram from there may cost something. Everything that comes without a signature pays with this; what is
    /// verified gets it back by [`Node::genuine`].
    pub(super) fn admits(&mut self, now: Now, from: &Source) -> bool {
        self.admits_from(now, from.address.ip())
    }

    pub(super) fn admits_from(&mut self, now: Now, from: IpAddr) -> bool {
        self.budget.admits(now.mono, from, &mut self.rng)
    }

    /// What was admitted is verified, and of somebody who was known before.
    pub(super) fn genuine(&mut self, now: Now, from: IpAddr) {
        self.budget.genuine(now.mono, from, &mut self.rng);
    }

    /// A line's datagram is verified. False: its author has said too much.
    pub(super) fn may_speak(&mut self, now: Now, from: &Source, author: PeerId, way: Way) -> bool {
        if way == Way::Pulled {
            self.budget.asked(now.mono, from.address.ip(), &mut self.rng);
            return true;
        }
        self.genuine(now, from.address.ip());
        self.budget.speaks(now.mono, author, &mut self.rng)
    }

    /// Whether these bytes are held: then they are genuine, without another look at the signature.
    pub(super) fn is_held(&self, run: Run, seq: u32, data: &[u8]) -> bool {
        self.store.get(run, seq) == Some(data)
    }

    /// Makes room for a newcomer: forgets a peer that has only shown that it exists, and what was noted of it.
    pub(super) fn forget(&mut self, peer: PeerId) {
        let Some(entry) = self.roster.get(peer) else { return };
        let run = (peer, entry.epoch);
        if entry.state.is_some() {
            self.gone(peer, LeaveReason::Timeout);
        }
        self.roster.remove(peer);
        self.drop_run(run);
        self.strangers.take(peer);
    }

    /// Follows a run no longer.
    pub(super) fn drop_run(&mut self, run: Run) {
        self.feeds.forget(run);
        self.repair.satisfied(run);
        self.catchup.done(run);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::checks::Checks;
    use super::super::super::event::Kind;
    use super::super::super::limits::ADDRESS_RATE;
    use super::super::super::outbox::Slot;
    use super::super::samples::{at, from, node};
    use super::*;

    #[test]
    fn of_a_flood_of_forgeries_few_signatures_are_checked_and_honest_lines_all() {
        let checks = Checks::shared();
        let (mut alice, mut bob) = (node(1, Checks::default()), node(2, checks.clone()));
        alice.handle_timeout(at(250));
        while let Some(beacon) = alice.poll_transmit() {
            bob.handle_datagram(at(251), &from(1), beacon.slot, &beacon.data);
        }
        let mut heard = 0;
        for n in 0..20_000_u32 {
            let now = at(1000 + u64::from(n) / 20);
            alice.handle_timeout(now);
            if n % 2_000 == 0 {
                alice.say(now, Kind::Say, "honest").unwrap();
            }
            while let Some(out) = alice.poll_transmit() {
                if out.slot == Slot::Lobby {
                    // What mallory sends at the same time: the same with another number and another signature.
                    for forgery in 0..2_000_u32 {
                        let mut forged = out.data.clone();
                        let end = forged.len();
                        forged[end - 78..end - 74].copy_from_slice(&(1_000 + n + forgery).to_be_bytes());
                        forged[end - 1] ^= 1;
                        bob.handle_datagram(now, &from(66), Slot::Lobby, &forged);
                    }
                }
                bob.handle_datagram(now, &from(1), out.slot, &out.data);
            }
            while let Some(event) = bob.poll_event() {
                heard += u32::from(matches!(event, super::super::super::event::Event::Line(_)));
            }
        }
        assert_eq!(heard, 10, "every honest line");
        let bound = usize::try_from(ADDRESS_RATE.burst + ADDRESS_RATE.per_second).unwrap() + 40;
        assert!((100..=bound).contains(&checks.count()), "{} of 20 000 forgeries", checks.count());
    }

    /// What all tables take when they are full, counted generously: docs/SECURITY.md promises less than 128 MB.
    #[test]
    fn full_tables_stay_within_the_memory_that_is_promised() {
        use super::super::super::limits::{
            ADDRESSES, MAX_HELD, MAX_HELD_BYTES, MAX_KEPT, MAX_KEPT_BYTES, MAX_LINKS, MAX_PEERS, MAX_RUNS,
            MAX_SEEN_OF_ONE, MAX_SEEN_SENDERS, MAX_STRANGERS, MAX_WAITING, SENDERS,
        };
        const NODE: usize = 64; // what a map adds to each of its entries
        let entry = size_of::<super::super::super::roster::Entry>() + 400 + 256 + 3 * 80 + 2 * NODE;
        let feed = size_of::<super::super::super::feed::Feed<super::super::LineMeta>>() + 4 * NODE;
        let waiting = 400 + size_of::<super::super::LineMeta>() + 2 * NODE;
        let tables = MAX_PEERS * entry
            + MAX_RUNS * feed
            + (MAX_WAITING + MAX_STRANGERS) * waiting
            + MAX_HELD_BYTES
            + 2 * MAX_KEPT_BYTES + MAX_KEPT * 8 * NODE // the text and its parts
            + MAX_LINKS * 8192 // three sessions and a handshake
            + MAX_SEEN_SENDERS * MAX_SEEN_OF_ONE * 16
            + MAX_HELD * 2 * NODE
            + (ADDRESSES + SENDERS) * 3 * NODE;
        assert!(tables < 100 << 20, "{} MB", tables >> 20);
    }

    #[test]
    fn what_waits_in_the_feeds_of_many_senders_is_bounded() {
        use super::super::super::feed::Piece;
        use super::super::super::feeds::Feeds;
        use super::super::super::hlc::Stamp;
        use super::super::super::limits::MAX_WAITING;
        let mut feeds = Feeds::default();
        let meta = super::super::LineMeta {
            kind: Kind::Say,
            room: super::super::RoomRef::Open([0; 4]),
            opened: None,
            changes: false,
            about: None,
            stamp: Stamp(1),
            address: from(1).address,
            received_at: 1,
        };
        let runs: Vec<Run> =
            (0..500_u16).map(|n| (PeerId([n.to_be_bytes(); 4].concat().try_into().unwrap()), 1)).collect();
        for first in (1..800_u32).step_by(2) {
            for run in &runs {
                feeds.follow(*run, 1);
                let piece =
                    Piece { first, index: 0, count: 2, body: "half a line".into(), meta: meta.clone() };
                feeds.get_mut(*run).unwrap().insert(at(0).mono, piece);
                feeds.note_waiting();
            }
        }
        let waiting: usize = runs.iter().map(|run| feeds.get(*run).unwrap().buffered()).sum();
        assert!((1..=MAX_WAITING).contains(&waiting), "{waiting} of 200 000");
    }
}

//! Datagrams on their way out: urgent ones at once, lines at a pace that receivers can bear.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use super::id::PeerId;
use super::limits::{BURST, PACE};
use super::room::RoomName;
use crate::text::SafeText;

/// The slots of the chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slot {
    /// `\MAILSLOT\chat`: lines of the lobby.
    Lobby,
    /// `\MAILSLOT\chat\rooms\<name>`: lines of an open room.
    Room(RoomName),
    /// `\MAILSLOT\chat\sealed`: lines of locked rooms.
    Sealed,
    /// `\MAILSLOT\chat\sync`: beacons and all that keeps the segment in step.
    Sync,
    /// `\MAILSLOT\chat\to\<peer>`: the reply slot of one peer.
    Reply(PeerId),
}

/// Where a datagram goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// To all on the segment: `\\*\`.
    Segment,
    /// To one machine: `\\HOST\`, at the address and port of a peer's reply slot.
    Peer {
        /// UDP address of its reply slot.
        address: SocketAddr,
        /// Its NetBIOS computer name as it gave it.
        host: SafeText,
    },
}

/// One mailslot write to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmit {
    /// To whom.
    pub to: Destination,
    /// To which of their mailslots.
    pub slot: Slot,
    /// The data, at most [`MAX_DATA`](super::limits::MAX_DATA) bytes.
    pub data: Vec<u8>,
    /// For lines: the number of this datagram among this node's own.
    pub(super) seq: Option<u32>,
}

/// The queue. Tokens fill up at one for each [`PACE`], to [`BURST`] at most.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    urgent: VecDeque<Transmit>,
    paced: VecDeque<Transmit>,
    /// Until when the tokens spent so far last.
    spent: Duration,
    now: Duration,
}

impl Outbox {
    /// Sends what nobody should wait for.
    pub(super) fn urgent(&mut self, to: Destination, slot: Slot, data: Vec<u8>) {
        self.urgent.push_back(Transmit { to, slot, data, seq: None });
    }

    /// Queues what may come in masses.
    pub(super) fn paced(&mut self, to: Destination, slot: Slot, data: Vec<u8>, seq: Option<u32>) {
        self.paced.push_back(Transmit { to, slot, data, seq });
    }

    /// Tells the time, on which the pace depends.
    pub(super) fn advance(&mut self, now: Duration) {
        self.now = self.now.max(now);
    }

    pub(super) fn next(&mut self) -> Option<Transmit> {
        if let Some(transmit) = self.urgent.pop_front() {
            return Some(transmit);
        }
        if self.deadline().is_none_or(|at| at > self.now) {
            return None;
        }
        self.spent = self.spent.max(self.now) + PACE;
        self.paced.pop_front()
    }

    /// When the next paced datagram may go.
    pub(super) fn deadline(&self) -> Option<Duration> {
        (!self.paced.is_empty()).then(|| (self.spent + PACE).saturating_sub(PACE * BURST))
    }

    /// Datagrams that wait for their turn.
    pub(super) fn backlog(&self) -> usize {
        self.paced.len()
    }

    /// The number of the first own datagram that has not gone out.
    pub(super) fn first_waiting(&self) -> Option<u32> {
        self.paced.iter().find_map(|t| t.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_the_rest_at_a_pace() {
        let mut out = Outbox::default();
        let start = Duration::from_secs(10);
        out.advance(start);
        for n in 0..200 {
            out.paced(Destination::Segment, Slot::Lobby, vec![], Some(n));
        }
        let mut at_once = 0;
        while out.next().is_some() {
            at_once += 1;
        }
        assert_eq!(at_once, BURST);
        let mut sent = at_once;
        while let Some(at) = out.deadline() {
            out.advance(at);
            assert!(out.next().is_some());
            sent += 1;
        }
        assert_eq!(sent, 200);
        assert_eq!(out.now, start + PACE * (200 - BURST));
    }
}

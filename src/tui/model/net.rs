//! What is known of the network beyond its interfaces: round trips, lines, traffic.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::chat::PeerId;
use crate::session::Report;

/// Round trips kept of each peer.
const KEPT: usize = 64;
/// Peers about whom anything is kept.
const PEERS: usize = 2000;

/// The pings of one peer.
#[derive(Debug, Default, Clone)]
pub struct Pings {
    /// The last round trips, oldest first.
    pub rtts: VecDeque<Duration>,
    /// Answered.
    pub answered: u32,
    /// Not answered in time.
    pub lost: u32,
}

impl Pings {
    /// Share of pings lost, in percent; none before the first.
    pub fn loss(&self) -> Option<u32> {
        let all = self.answered + self.lost;
        (all > 0).then(|| self.lost * 100 / all)
    }
}

/// What has been measured.
#[derive(Debug, Default)]
pub struct Net {
    /// What the session told last; none before the view was opened.
    pub report: Option<Report>,
    pings: HashMap<PeerId, Pings>,
    lines: HashMap<PeerId, u64>,
    /// By how many milliseconds the clock of each was ahead when it spoke last.
    ahead: HashMap<PeerId, i64>,
    /// Who was pinged last.
    last: Option<PeerId>,
}

impl Net {
    /// A ping of `peer` came back after `rtt`, or was lost.
    pub fn pong(&mut self, peer: PeerId, rtt: Option<Duration>) {
        if self.pings.len() >= PEERS && !self.pings.contains_key(&peer) {
            return;
        }
        let pings = self.pings.entry(peer).or_default();
        match rtt {
            None => pings.lost += 1,
            Some(rtt) => {
                pings.answered += 1;
                pings.rtts.push_back(rtt);
                if pings.rtts.len() > KEPT {
                    pings.rtts.pop_front();
                }
            }
        }
    }

    /// `peer` said a line just now, by a clock that was `ahead` of this one by so many milliseconds.
    pub fn spoke(&mut self, peer: PeerId, ahead: i64) {
        if self.lines.len() < PEERS || self.lines.contains_key(&peer) {
            *self.lines.entry(peer).or_default() += 1;
            self.ahead.insert(peer, ahead);
        }
    }

    /// By how many milliseconds the clock of `peer` is ahead of this one's, as its last line told.
    pub fn ahead(&self, peer: PeerId) -> Option<i64> {
        self.ahead.get(&peer).copied()
    }

    /// Lines heard of `peer` in this run.
    pub fn lines(&self, peer: PeerId) -> u64 {
        self.lines.get(&peer).copied().unwrap_or(0)
    }

    /// The pings of `peer`.
    pub fn pings(&self, peer: PeerId) -> Option<&Pings> {
        self.pings.get(&peer)
    }

    /// Whose turn it is to be pinged: the one after the last, in the order of `peers`.
    pub fn turn(&mut self, peers: &[PeerId]) -> Option<PeerId> {
        let last = self.last.and_then(|last| peers.iter().position(|id| *id == last));
        let next = last.map_or(0, |at| (at + 1) % peers.len().max(1));
        self.last = peers.get(next).copied();
        self.last
    }

    /// How many of the round trips kept took less than each of [`Net::BOUNDS`] and no less than the one before; last,
    /// those that took longer than all.
    pub fn histogram(&self) -> [u32; Self::BOUNDS.len() + 1] {
        let mut counts = [0; Self::BOUNDS.len() + 1];
        for rtt in self.pings.values().flat_map(|p| &p.rtts) {
            let at = Self::BOUNDS.iter().position(|bound| rtt.as_micros() < *bound);
            if let Some(count) = counts.get_mut(at.unwrap_or(Self::BOUNDS.len())) {
                *count += 1;
            }
        }
        counts
    }

    /// Upper bounds of the histogram, in microseconds.
    pub const BOUNDS: [u128; 11] =
        [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 500_000];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_turn_and_its_figures() {
        let mut net = Net::default();
        let [a, b] = [PeerId([1; 8]), PeerId([2; 8])];
        assert_eq!([net.turn(&[a, b]), net.turn(&[a, b]), net.turn(&[a, b])], [Some(a), Some(b), Some(a)]);
        assert_eq!((net.turn(&[b]), net.turn(&[])), (Some(b), None));
        for micros in [50, 150, 150, 900_000] {
            net.pong(a, Some(Duration::from_micros(micros)));
        }
        net.pong(a, None);
        assert_eq!(net.pings(a).and_then(Pings::loss), Some(20));
        assert_eq!(net.histogram(), [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        net.spoke(b, 0);
        assert_eq!((net.lines(a), net.lines(b)), (0, 1));
    }
}

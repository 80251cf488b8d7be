//! [`Report`]: what the network view shows of this node, and the traffic of the last minutes.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use super::state::Network;
use crate::chat::Mended;
use crate::mailslot::Counters;
use crate::neighbours::Neighbour;

/// Seconds of traffic kept.
const SECONDS: u64 = 240;

/// What this node knows of its own traffic.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The network and the datagrams counted.
    pub network: Network,
    /// The networks of the interfaces in use: name, own address, length of the prefix in bits.
    pub subnets: Vec<(String, IpAddr, u8)>,
    /// Datagrams sent and received in each of the last seconds, oldest first; the last one goes on.
    pub traffic: Vec<(u32, u32)>,
    /// The computers that have announced themselves, by name.
    pub neighbours: Vec<Neighbour>,
    /// Repairs asked for and sent.
    pub mended: Mended,
    /// Datagrams of lines held for others.
    pub held: usize,
    /// Runs of lines of which something is missing here.
    pub wanted: usize,
    /// Share of first broadcasts that do not arrive here, in percent.
    pub loss: u8,
}

impl Report {
    /// The interface in whose network `address` is.
    pub fn interface_of(&self, address: IpAddr) -> Option<&str> {
        let inside = |own: &IpAddr, prefix: u8| match (own, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differ = own.to_bits() ^ other.to_bits();
                differ.checked_shr(u32::from(32 - prefix.min(32))).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differ = own.to_bits() ^ other.to_bits();
                differ.checked_shr(u32::from(128 - prefix.min(128))).unwrap_or(0) == 0
            }
            _ => false,
        };
        let mut found = self.subnets.iter().filter(|(_, own, prefix)| inside(own, *prefix));
        let first = found.next()?;
        // Link-local addresses are alike on all interfaces.
        let ambiguous = first.1.is_ipv6() && found.any(|(name, ..)| *name != first.0);
        (!ambiguous).then_some(first.0.as_str())
    }
}

/// Datagrams by second. It is told the totals whenever something has happened, and needs no timer.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    seconds: VecDeque<(u32, u32)>,
    /// Number of the last second.
    now: u64,
    sent: u64,
    received: u64,
}

impl Traffic {
    /// At `mono` so many datagrams have been counted.
    pub(super) fn note(&mut self, mono: Duration, counters: &Counters) {
        let second = mono.as_secs();
        let passed = if self.seconds.is_empty() { 1 } else { second.saturating_sub(self.now) };
        for _ in 0..passed.min(SECONDS) {
            self.seconds.push_back((0, 0));
        }
        while self.seconds.len() as u64 > SECONDS {
            self.seconds.pop_front();
        }
        self.now = self.now.max(second);
        let received = counters.received + counters.duplicates;
        let grown = |now: u64, before: u64| u32::try_from(now.saturating_sub(before)).unwrap_or(u32::MAX);
        if let Some((out, into)) = self.seconds.back_mut() {
            *out = out.saturating_add(grown(counters.sent, self.sent));
            *into = into.saturating_add(grown(received, self.received));
        }
        (self.sent, self.received) = (counters.sent, received);
    }

    /// Sent and received in each second, oldest first.
    pub(super) fn seconds(&self) -> Vec<(u32, u32)> {
        self.seconds.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_is_counted_by_second() {
        let mut traffic = Traffic::default();
        let mut at = |ms, sent, received| {
            traffic.note(Duration::from_millis(ms), &Counters { sent, received, ..Counters::default() });
            traffic.seconds()
        };
        at(5000, 2, 1);
        assert_eq!(at(5900, 3, 1), [(3, 1)]);
        assert_eq!(at(8000, 3, 9), [(3, 1), (0, 0), (0, 0), (0, 8)]);
        assert_eq!(at(999_000, 4, 9).len(), 240);
    }

    #[test]
    fn an_address_is_behind_the_interface_of_its_network() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let mut report = Report {
            subnets: vec![("e0".into(), ip("10.1.0.5"), 16), ("e1".into(), ip("fe80::1"), 64)],
            ..Report::default()
        };
        assert_eq!(report.interface_of(ip("10.1.77.1")), Some("e0"));
        assert_eq!(report.interface_of(ip("10.2.0.1")), None);
        assert_eq!(report.interface_of(ip("fe80::9")), Some("e1"));
        report.subnets.push(("e2".into(), ip("fe80::2"), 64));
        assert_eq!(report.interface_of(ip("fe80::9")), None);
    }
}

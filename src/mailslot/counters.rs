//! Datagrams counted since the start.

use std::sync::atomic::{AtomicU64, Ordering};

/// Datagrams since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Sent; one broadcast by two interfaces is two.
    pub sent: u64,
    /// Put into a mailslot; this program's own, which come back to it, are not counted.
    pub received: u64,
    /// Heard again, such as through two interfaces.
    pub duplicates: u64,
    /// No whole mailslot write, or for another group, machine or slot, or by an interface not in use.
    pub rejected: u64,
    /// Handed to the other programs on this machine.
    pub relayed: u64,
    /// Thrown away by the system for want of room, or by a full mailslot, or too long for it.
    pub dropped: u64,
}

#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) sent: Count,
    pub(super) received: Count,
    pub(super) duplicates: Count,
    pub(super) rejected: Count,
    pub(super) relayed: Count,
    pub(super) dropped: Count,
}

#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Tally {
    pub(super) fn read(&self) -> Counters {
        Counters {
            sent: self.sent.get(),
            received: self.received.get(),
            duplicates: self.duplicates.get(),
            rejected: self.rejected.get(),
            relayed: self.relayed.get(),
            dropped: self.dropped.get(),
        }
    }
}

//! The signed datagrams of lines that this node holds, so that it can send them again for those who missed them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Range;

use super::id::PeerId;
use super::limits::{MAX_HELD, MAX_HELD_BYTES};

/// One signed datagram of a line, exactly as it was sent to the chat slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its author.
    pub sender: PeerId,
    /// The author's epoch.
    pub epoch: u32,
    /// Its number among the author's, from 1. 0: not of a line but the author's card, a frame by which its key is known.
    pub seq: u32,
    /// The bytes.
    pub data: Box<[u8]>,
}

/// The number under which an author's card is kept.
pub(super) const CARD: u32 = 0;

/// A run of an author: what numbers count within.
pub(super) type Run = (PeerId, u32);

/// The held datagrams, the oldest to come forgotten first.
#[derive(Debug, Default)]
pub(super) struct Store {
    runs: HashMap<Run, BTreeMap<u32, Box<[u8]>>>,
    order: VecDeque<(Run, u32)>,
    /// How many runs of each author there are.
    authors: HashMap<PeerId, usize>,
    bytes: usize,
}

impl Store {
    /// Keeps a datagram. False where it is held already.
    pub(super) fn insert(&mut self, run: Run, seq: u32, data: &[u8]) -> bool {
        let lines = self.runs.entry(run).or_default();
        if lines.contains_key(&seq) {
            return false;
        }
        if lines.is_empty() {
            *self.authors.entry(run.0).or_default() += 1;
        }
        lines.insert(seq, data.into());
        self.order.push_back((run, seq));
        self.bytes += data.len();
        while self.order.len() > MAX_HELD || self.bytes > MAX_HELD_BYTES {
            let Some((run, seq)) = self.order.pop_front() else { break };
            let Some(lines) = self.runs.get_mut(&run) else { continue };
            self.bytes -= lines.remove(&seq).map_or(0, |data| data.len());
            if lines.is_empty() {
                self.runs.remove(&run);
                if let Some(runs) = self.authors.get_mut(&run.0) {
                    *runs -= 1;
                    if *runs == 0 {
                        self.authors.remove(&run.0);
                    }
                }
            }
        }
        true
    }

    pub(super) fn get(&self, run: Run, seq: u32) -> Option<&[u8]> {
        self.runs.get(&run)?.get(&seq).map(AsRef::as_ref)
    }

    /// Numbers within `range` that are held.
    pub(super) fn within(&self, run: Run, range: Range<u32>) -> impl Iterator<Item = u32> {
        let lines = self.runs.get(&run).filter(|_| !range.is_empty());
        lines.into_iter().flat_map(move |lines| lines.range(range.clone()).map(|(seq, _)| *seq))
    }

    /// The lowest number that is held of a run, and one more than the highest.
    pub(super) fn span(&self, run: Run) -> Option<Range<u32>> {
        let lines = self.runs.get(&run)?;
        let (first, last) = (*lines.keys().next()?, *lines.keys().next_back()?);
        Some(first..last.saturating_add(1))
    }

    /// Whether anything of this author is held.
    pub(super) fn holds(&self, author: PeerId) -> bool {
        self.authors.contains_key(&author)
    }

    /// How many datagrams are held.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_each_once_and_forgets_the_oldest() {
        let mut store = Store::default();
        let run = (PeerId([1; 8]), 7);
        assert!(store.insert(run, 5, b"five"));
        assert!(!store.insert(run, 5, b"five"));
        assert_eq!(store.get(run, 5), Some(b"five".as_slice()));
        for seq in 6..u32::try_from(MAX_HELD).unwrap() + 10 {
            store.insert(run, seq, b"x");
        }
        assert_eq!((store.get(run, 5), store.len()), (None, MAX_HELD));
        let last = u32::try_from(MAX_HELD).unwrap() + 10;
        assert_eq!(store.span(run), Some(10..last));
        assert_eq!(store.within(run, 0..12).collect::<Vec<_>>(), [10, 11]);
        let big = vec![0; MAX_HELD_BYTES];
        store.insert((PeerId([2; 8]), 1), 1, &big);
        assert_eq!(store.len(), 1);
    }
}

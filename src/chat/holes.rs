//! A bounded set of numbers kept as ranges: which datagrams of a sender are missing.

use std::collections::BTreeMap;
use std::ops::Range;

use super::limits::MAX_HOLES;

/// Disjoint, non-empty ranges, by start. Beyond [`MAX_HOLES`] the lowest are forgotten.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Holes {
    ranges: BTreeMap<u32, u32>,
}

impl Holes {
    /// Adds numbers above all that are in the set.
    pub(super) fn push(&mut self, range: Range<u32>) {
        if range.is_empty() {
            return;
        }
        match self.ranges.last_entry() {
            Some(mut last) if *last.get() == range.start => {
                last.insert(range.end);
            }
            _ => {
                self.ranges.insert(range.start, range.end);
            }
        }
        self.bound();
    }

    fn bound(&mut self) {
        while self.ranges.len() > MAX_HOLES {
            self.ranges.pop_first();
        }
    }

    /// Adds numbers below all that are in the set. False where it is full.
    pub(super) fn push_front(&mut self, range: Range<u32>) -> bool {
        if range.is_empty() || self.ranges.len() >= MAX_HOLES {
            return range.is_empty();
        }
        let end = self.ranges.remove(&range.end).unwrap_or(range.end);
        self.ranges.insert(range.start, end);
        true
    }

    pub(super) fn contains(&self, n: u32) -> bool {
        self.ranges.range(..=n).next_back().is_some_and(|(_, end)| n < *end)
    }

    /// The ranges, lowest first.
    pub(super) fn ranges(&self) -> impl Iterator<Item = Range<u32>> {
        self.ranges.iter().map(|(start, end)| *start..*end)
    }

    /// Takes all numbers below `end` out, and returns them.
    pub(super) fn take_below(&mut self, end: u32) -> Self {
        let above = self.ranges.split_off(&end);
        let mut below = Self { ranges: std::mem::replace(&mut self.ranges, above) };
        if let Some(mut last) = below.ranges.last_entry().filter(|last| *last.get() > end) {
            self.ranges.insert(end, last.insert(end));
        }
        below
    }

    /// Adds numbers of which none is in the set.
    pub(super) fn absorb(&mut self, other: Self) {
        self.ranges.extend(other.ranges);
        self.bound();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Takes one number out.
    pub(super) fn remove(&mut self, n: u32) {
        let Some((&start, &end)) = self.ranges.range(..=n).next_back().filter(|(_, end)| n < **end) else {
            return;
        };
        self.ranges.remove(&start);
        if start < n {
            self.ranges.insert(start, n);
        }
        if n + 1 < end {
            self.ranges.insert(n + 1, end);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn behaves_as_a_set(steps in proptest::collection::vec((0..3_u32, 1..5_u32), 1..60), removals in proptest::collection::vec(0..200_u32, 0..100), below in 0..200_u32) {
            let (mut holes, mut set, mut at) = (Holes::default(), BTreeSet::new(), 0);
            for (skip, len) in steps {
                holes.push(at + skip..at + skip + len);
                set.extend(at + skip..at + skip + len);
                at += skip + len;
            }
            for n in removals {
                holes.remove(n);
                set.remove(&n);
            }
            for n in 0..300 {
                prop_assert_eq!(holes.contains(n), set.contains(&n));
            }
            let taken = holes.take_below(below);
            for n in 0..300 {
                prop_assert_eq!(holes.contains(n), n >= below && set.contains(&n));
                prop_assert_eq!(taken.contains(n), n < below && set.contains(&n));
            }
            holes.absorb(taken);
            for n in 0..300 {
                prop_assert_eq!(holes.contains(n), set.contains(&n));
            }
        }
    }

    #[test]
    fn is_bounded() {
        let mut holes = Holes::default();
        for n in 0..10_000 {
            holes.push(3 * n..3 * n + 1);
        }
        assert_eq!(holes.ranges.len(), MAX_HOLES);
        assert!(holes.contains(3 * 9_999) && !holes.contains(0));
    }
}

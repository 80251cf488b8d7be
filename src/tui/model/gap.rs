//! What a gap in the log stands for: the numbers of an author's datagrams that have not come.

use std::ops::Range;

use crate::chat::PeerId;

/// Datagrams of one run of an author that are missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    run: (PeerId, u32),
    /// Rising, none empty.
    numbers: Vec<Range<u32>>,
    /// Lines that they make at most.
    lines: u32,
}

impl Missing {
    /// These numbers are missing, which make at most so many lines.
    pub fn of(run: (PeerId, u32), numbers: Range<u32>, lines: u32) -> Self {
        Self { run, numbers: vec![numbers], lines }
    }

    /// How many lines are missing, at most: of how many datagrams a line was that has not come, nobody knows.
    pub fn count(&self) -> u32 {
        let left = self.numbers.iter().map(|range| range.end.saturating_sub(range.start));
        self.lines.min(left.fold(0, u32::saturating_add))
    }

    /// Whether datagram `seq` of `run` is one of them.
    pub(super) fn has(&self, run: (PeerId, u32), seq: u32) -> bool {
        self.run == run && self.numbers.iter().any(|range| range.contains(&seq))
    }

    /// Whether any before `seq` is missing.
    pub(super) fn begins_before(&self, seq: u32) -> bool {
        self.numbers.first().is_some_and(|range| range.start < seq)
    }

    /// These have come.
    pub(super) fn fill(&mut self, come: &Range<u32>) {
        let rest = |range: &Range<u32>| {
            [range.start..range.end.min(come.start), range.start.max(come.end)..range.end]
        };
        self.numbers = self.numbers.iter().flat_map(rest).filter(|range| !range.is_empty()).collect();
    }
}

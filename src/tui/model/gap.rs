//! What a gap in the log stands for: the numbers of an author's datagrams that have not come.

use std::ops::Range;

use crate::chat::{LineId, PeerId};

/// Gaps that one row may tell of: filling looks through all of them.
const TOLD: usize = 256;

/// Datagrams of one author that are missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(Vec<Gap>);

/// Those that were told at once, of one run of the author.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Gap {
    run: (PeerId, u32),
    /// Rising, none empty.
    numbers: Vec<Range<u32>>,
    /// Lines that they make at most.
    lines: u32,
}

impl Missing {
    /// These numbers are missing, which make at most so many lines.
    pub fn of(run: (PeerId, u32), numbers: Range<u32>, lines: u32) -> Self {
        Self(vec![Gap { run, numbers: vec![numbers], lines }])
    }

    /// How many lines are missing, at most: of how many datagrams a line was that has not come, nobody knows.
    pub fn count(&self) -> u32 {
        self.0.iter().map(Gap::count).fold(0, u32::saturating_add)
    }

    /// Whose they are.
    pub(super) fn author(&self) -> Option<PeerId> {
        self.0.first().map(|gap| gap.run.0)
    }

    /// Takes in what else is missing of the same author. False where it is too much for one row.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        let fits = self.0.len() + other.0.len() <= TOLD;
        if fits {
            self.0.extend_from_slice(&other.0);
        }
        fits
    }

    /// Whether datagram `seq` of `run` is one of them.
    pub(super) fn has(&self, run: (PeerId, u32), seq: u32) -> bool {
        self.0.iter().any(|gap| gap.run == run && gap.numbers.iter().any(|range| range.contains(&seq)))
    }

    /// Whether any before datagram `seq` of `run` is missing.
    pub(super) fn begins_before(&self, run: (PeerId, u32), seq: u32) -> bool {
        let before =
            |gap: &Gap| (gap.run.1, gap.numbers.first().map(|range| range.start)) < (run.1, Some(seq));
        self.0.iter().any(before)
    }

    /// Whether all of them come before the line `id` of the same author.
    pub(super) fn is_before(&self, id: LineId) -> bool {
        self.0.iter().all(|gap| {
            let end = gap.numbers.last().map_or(0, |range| range.end);
            let (author, epoch) = gap.run;
            author == id.sender && (epoch < id.epoch || epoch == id.epoch && end <= id.seq)
        })
    }

    /// These have come.
    pub(super) fn fill(&mut self, run: (PeerId, u32), come: &Range<u32>) {
        for gap in self.0.iter_mut().filter(|gap| gap.run == run) {
            gap.fill(come);
        }
        self.0.retain(|gap| gap.count() > 0);
    }
}

impl Gap {
    fn count(&self) -> u32 {
        let left = self.numbers.iter().map(|range| range.end.saturating_sub(range.start));
        self.lines.min(left.fold(0, u32::saturating_add))
    }

    fn fill(&mut self, come: &Range<u32>) {
        let rest = |range: &Range<u32>| {
            [range.start..range.end.min(come.start), range.start.max(come.end)..range.end]
        };
        self.numbers = self.numbers.iter().flat_map(rest).filter(|range| !range.is_empty()).collect();
    }
}

//! Where it is told that lines are missing, and what becomes of that when they come.

use std::ops::Range;

use super::super::entry::{Entry, EntryId, What};
use super::super::gap::Missing;
use super::super::time::Stamp;
use super::Log;
use crate::chat::limits::LATE;
use crate::chat::{LineId, PeerId};
use crate::text::SafeText;

/// How far back the place of a late line is looked for, in entries.
const LATE_SEARCH: usize = 2000;

impl Log {
    /// Adds that lines are missing: between what their author said before and after them in the last seconds, else at the end;
    /// to the gap of that author which stands there already, if there is one. So a bad link makes no page of gaps.
    pub fn add_gap(&mut self, at: Stamp, from: SafeText, missing: Missing) {
        let mut place = self.entries.len();
        for (n, entry) in self.entries.iter_mut().enumerate().rev() {
            if matches!(entry.what(), What::Day | What::New) || at.since(entry.at) > LATE / 1000 {
                break;
            }
            match entry.line().and_then(|line| line.id) {
                Some(id) if missing.is_before(id) => place = n,
                Some(id) if missing.author() == Some(id.sender) => {
                    place = n + 1;
                    break;
                }
                _ => {}
            }
            if let What::Gap { missing: gap, .. } = entry.what()
                && gap.author() == missing.author()
                && let What::Gap { missing: gap, .. } = entry.what_mut()
                && gap.join(&missing)
            {
                return;
            }
        }
        self.gaps += 1;
        let what = What::Gap { from, missing };
        match self.get(place).map(|next| next.at) {
            Some(at) => self.put(place, at, what), // times rise from row to row
            None => self.push(at, what),
        };
    }

    /// A line of `id` goes to `place`: what was told as missing before it, and stands below, goes there, too. The place of the
    /// line then.
    pub(super) fn raise_gaps(&mut self, place: usize, id: LineId) -> usize {
        let below = |e: &Entry| matches!(e.what(), What::Gap { missing, .. } if missing.is_before(id));
        let mut line = place;
        for at in place..self.entries.len() {
            let time = self.entries.get(line).map(|next| next.at);
            if self.entries.get(at).is_some_and(below)
                && let Some(mut gap) = self.entries.remove(at)
            {
                gap.at = time.map_or(gap.at, |time| time.min(gap.at));
                self.entries.insert(line, gap);
                line += 1;
            }
        }
        line
    }

    /// Datagrams with these numbers have come: where a gap was told, less is missing, or nothing. Then its entry goes, and
    /// it is returned, with the one above it.
    pub fn fill(&mut self, run: (PeerId, u32), numbers: &Range<u32>) -> Vec<(EntryId, Option<EntryId>)> {
        let mut gone = Vec::new();
        // A line of several datagrams may have been told in two gaps.
        for seq in numbers.clone() {
            let Some((at, gap)) = self.gap_with(run, seq) else { continue };
            let mut missing = gap.clone();
            missing.fill(run, numbers);
            if missing.count() == 0 {
                self.gaps -= 1;
                let above = at.checked_sub(1).and_then(|at| self.get(at)).map(|e| e.id);
                gone.extend(self.entries.remove(at).map(|gap| (gap.id, above)));
            } else if let Some(What::Gap { missing: gap, .. }) = self.entries.get_mut(at).map(Entry::what_mut)
            {
                *gap = missing;
            }
        }
        gone
    }

    /// Whether a line is one of those that were told as missing.
    pub fn has_gap(&self, id: LineId) -> bool {
        self.gap_with((id.sender, id.epoch), id.seq).is_some()
    }

    /// The gap that was told of datagram `seq`, and where it stands.
    fn gap_with(&self, run: (PeerId, u32), seq: u32) -> Option<(usize, &Missing)> {
        let gaps = self.entries.iter().enumerate().rev().filter_map(|(at, e)| match e.what() {
            What::Gap { missing, .. } => Some((at, missing)),
            _ => None,
        });
        gaps.take(self.gaps).find(|(_, gap)| gap.has(run, seq))
    }

    /// Where a late line belongs: at the gap that was told of it, or else beside its author's other lines.
    pub(super) fn late_place(&self, id: LineId) -> Option<usize> {
        let run = (id.sender, id.epoch);
        let gap = self.gap_with(run, id.seq);
        if let Some((at, _)) = gap.filter(|(_, gap)| !gap.begins_before(run, id.seq)) {
            return Some(at);
        }
        let order = |l: LineId| (l.epoch, l.seq);
        let author = |e: &Entry| e.line().and_then(|l| l.id).filter(|l| l.sender == id.sender);
        let oldest = self.entries.len().saturating_sub(LATE_SEARCH);
        let recent = || (oldest..self.entries.len()).rev().filter_map(|at| Some((at, self.entries.get(at)?)));
        let before = recent().find(|(_, e)| author(e).is_some_and(|l| order(l) < order(id)));
        let after = recent().rfind(|(_, e)| author(e).is_some_and(|l| order(l) > order(id)));
        // Behind the rest of its gap, and what of that has come already; but above what its author said later.
        let before = before.map(|(at, _)| at).max(gap.map(|(at, _)| at)).map(|at| at + 1);
        let after = after.map(|(at, _)| at);
        before.map(|at| after.map_or(at, |after| at.min(after))).or(after)
    }
}

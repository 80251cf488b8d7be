//! The feeds of all runs: which lines of whom are here, and which are missing.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::feed::Feed;
use super::id::PeerId;
use super::limits::MAX_RUNS;
use super::node::LineMeta;
use super::store::Run;

/// Feeds by run.
#[derive(Debug, Default)]
pub(super) struct Feeds {
    runs: HashMap<Run, Feed<LineMeta>>,
    /// The latest epoch of each sender.
    latest: HashMap<PeerId, u32>,
    /// Runs that wait for something.
    blocked: BTreeSet<Run>,
    /// Runs in which something may have been said: on a large segment few of all.
    spoken: BTreeSet<Run>,
}

impl Feeds {
    pub(super) fn get(&self, run: Run) -> Option<&Feed<LineMeta>> {
        self.runs.get(&run)
    }

    pub(super) fn get_mut(&mut self, run: Run) -> Option<&mut Feed<LineMeta>> {
        let feed = self.runs.get_mut(&run)?;
        self.spoken.insert(run);
        Some(feed)
    }

    /// The latest epoch of a sender of which lines are known, 0 for none.
    pub(super) fn latest(&self, sender: PeerId) -> u32 {
        self.latest.get(&sender).copied().unwrap_or(0)
    }

    /// Begins to follow a run, from number `next` on. False where the table is full.
    pub(super) fn follow(&mut self, run: Run, next: u32) -> bool {
        if self.runs.len() >= MAX_RUNS && !self.runs.contains_key(&run) {
            return false;
        }
        self.runs.entry(run).or_insert_with(|| Feed::new(next));
        if next > 1 {
            self.spoken.insert(run);
        }
        let latest = self.latest.entry(run.0).or_default();
        *latest = run.1.max(*latest);
        true
    }

    /// Follows a run whose numbers go from `start` to `end` by now, and wants at most the last `depth` of these.
    pub(super) fn follow_back(&mut self, run: Run, start: u32, end: u32, depth: u32) {
        if let Some(feed) = self.follow(run, end).then(|| self.get_mut(run)).flatten() {
            feed.look_back(start.max(feed.top().max(end).saturating_sub(depth)));
        }
    }

    /// Notes whether a feed waits for something.
    pub(super) fn settle(&mut self, run: Run) {
        if self.runs.get(&run).is_some_and(|feed| feed.deadline().is_some()) {
            self.blocked.insert(run);
        } else {
            self.blocked.remove(&run);
        }
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.blocked.iter().filter_map(|run| self.runs.get(run)?.deadline()).min()
    }

    /// Runs whose gaps have been waited for long enough.
    pub(super) fn overdue(&self, now: Duration) -> Vec<Run> {
        let due = |run: &&Run| self.runs.get(*run).and_then(Feed::deadline).is_some_and(|at| at <= now);
        self.blocked.iter().filter(due).copied().collect()
    }

    /// Runs of which something is held, sorted, with the first number that is missing.
    pub(super) fn whole(&self) -> Vec<(Run, u32)> {
        self.said().map(|(run, feed)| (run, feed.whole_below())).filter(|(_, next)| *next > 1).collect()
    }

    /// Runs of which something was said, sorted, with one more than the highest number known.
    pub(super) fn tops(&self) -> Vec<(Run, u32)> {
        self.said().map(|(run, feed)| (run, feed.top())).filter(|(_, top)| *top > 1).collect()
    }

    /// How many datagrams are missing of all runs.
    pub(super) fn missing(&self) -> u32 {
        self.said().fold(0, |sum, (_, feed)| sum.saturating_add(feed.missing_count()))
    }

    /// The feeds in which something may have been said, sorted.
    fn said(&self) -> impl Iterator<Item = (Run, &Feed<LineMeta>)> {
        self.spoken.iter().filter_map(|run| Some((*run, self.runs.get(run)?)))
    }
}

//! The feeds of all runs: which lines of whom are here, and which are missing.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

use super::feed::Feed;
use super::id::PeerId;
use super::limits::{MAX_HEARSAY, MAX_RUNS, MAX_WAITING};
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
    /// Runs of which nothing has come: others tell of them.
    hearsay: Vec<Run>,
    /// At most so many datagrams wait for others in all feeds.
    waiting: usize,
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
            self.make_room();
            if self.runs.len() >= MAX_RUNS {
                return false;
            }
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
    ///
    /// Only others tell of it. Returns a run that nothing but word of others is known of, and that is one too many.
    pub(super) fn follow_back(
        &mut self,
        run: Run,
        start: u32,
        end: u32,
        depth: u32,
        rng: &mut StdRng,
    ) -> Option<Run> {
        let mut over = None;
        if !self.runs.contains_key(&run) {
            if self.hearsay.len() >= MAX_HEARSAY {
                let victim = rng.random_range(0..self.hearsay.len());
                over = Some(self.hearsay.swap_remove(victim));
            }
            self.hearsay.push(run);
        }
        if let Some(feed) = self.follow(run, end).then(|| self.get_mut(run)).flatten() {
            feed.look_back(start.max(feed.top().max(end).saturating_sub(depth)));
        }
        over
    }

    /// The author itself has shown, by its signature, that there is this run.
    pub(super) fn attest(&mut self, run: Run) {
        if let Some(feed) = self.runs.get_mut(&run).filter(|feed| !feed.attested) {
            feed.attested = true;
            self.hearsay.retain(|other| *other != run);
        }
    }

    /// Whether nothing has come of a run but word of others.
    pub(super) fn is_hearsay(&self, run: Run) -> bool {
        self.runs.get(&run).is_some_and(|feed| !feed.attested)
    }

    /// Follows a run no longer.
    pub(super) fn forget(&mut self, run: Run) {
        self.runs.remove(&run);
        self.blocked.remove(&run);
        self.spoken.remove(&run);
        self.hearsay.retain(|other| *other != run);
        if self.latest(run.0) == run.1 {
            self.latest.remove(&run.0);
        }
    }

    /// A datagram came to a feed, where it may wait for others. When too many wait in all, those feeds that hold most forget
    /// theirs: one sender's bound does not bound a thousand.
    pub(super) fn note_waiting(&mut self) {
        self.waiting += 1;
        if self.waiting <= MAX_WAITING {
            return;
        }
        let sizes = self.runs.iter().map(|(run, feed)| (feed.buffered(), *run)).filter(|(size, _)| *size > 0);
        let mut sizes: Vec<(usize, Run)> = sizes.collect();
        sizes.sort_unstable();
        self.waiting = sizes.iter().map(|(size, _)| size).sum();
        while self.waiting > MAX_WAITING / 4 * 3
            && let Some((size, run)) = sizes.pop()
        {
            self.waiting -= size;
            if let Some(feed) = self.runs.get_mut(&run) {
                feed.shed();
            }
            self.settle(run);
        }
    }

    /// Makes room for one more run: forgets one of which nothing is missing and which is not its author's latest.
    fn make_room(&mut self) {
        let old = |run: &&Run| self.latest(run.0) > run.1;
        let victim = self.runs.keys().find(old).copied();
        if let Some(run) = victim {
            self.forget(run);
        }
    }

    /// Runs of which something from before this node came was given up.
    pub(super) fn given_up(&self) -> Vec<Run> {
        self.said().filter(|(_, feed)| feed.gave_up()).map(|(run, _)| run).collect()
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

    /// The feeds in which something may have been said, sorted. What only others tell of is not passed on: forged word would
    /// go round for ever.
    fn said(&self) -> impl Iterator<Item = (Run, &Feed<LineMeta>)> {
        let feeds = self.spoken.iter().filter_map(|run| Some((*run, self.runs.get(run)?)));
        feeds.filter(|(_, feed)| feed.attested)
    }
}

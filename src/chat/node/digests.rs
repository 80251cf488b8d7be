//! What everybody knows, compared: digests told and heard, and who holds what.

use std::time::Duration;

use super::super::digest::hash;
use super::super::id::PeerId;
use super::super::limits::MAX_HELD;
use super::super::mend_frame::{Entry, MAX_ENTRIES, Mend};
use super::super::outbox::{Destination, Slot};
use super::super::store::Run;
use super::{Node, Now};

/// A line that was said this long ago should have arrived everywhere.
const SETTLED: Duration = Duration::from_secs(2);

/// Pause between two times at which what was given up is asked for again: the first one, and the longest.
const HOPE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(3600));

/// When what was given up was asked for again, and when it may be next.
#[derive(Debug, Default)]
pub(super) struct Hopes {
    last: Duration,
    next: Duration,
    pause: Duration,
}

impl Node {
    /// A hash over all that is held without a gap: equal for two nodes that hold the same.
    pub(super) fn holds(&self) -> [u8; 8] {
        hash(&self.with_mine(self.feeds.whole()))
    }

    /// A hash over what is known of everybody's lines, as this node's digests tell it: equal for two that know the same.
    pub fn digest(&self) -> [u8; 8] {
        hash(&self.tops())
    }

    /// Who of those here holds all own lines, as their beacons have shown, and who has not shown it yet. None while nothing
    /// was said. It costs no datagram: beacons tell it anyway, so it may lag by one interval.
    pub fn heard_by(&self) -> Option<(Vec<PeerId>, Vec<PeerId>)> {
        self.heard_before(self.next_seq)
    }

    /// The same for the own lines before number `next`.
    pub fn heard_before(&self, next: u32) -> Option<(Vec<PeerId>, Vec<PeerId>)> {
        let next = next.min(self.next_seq);
        let mut here: Vec<_> = self.roster.listed().map(|(id, e)| (id, e.holds >= next)).collect();
        here.sort_unstable();
        let ids = |holds: bool| here.iter().filter(|(_, h)| *h == holds).map(|(id, _)| *id).collect();
        (self.next_seq > 1).then(|| (ids(true), ids(false)))
    }

    /// What is known of all runs, one's own included: sorted.
    pub(super) fn tops(&self) -> Vec<(Run, u32)> {
        self.with_mine(self.feeds.tops())
    }

    fn with_mine(&self, mut tops: Vec<(Run, u32)>) -> Vec<(Run, u32)> {
        if self.next_seq > 1 {
            let mine = (self.my_run(), self.next_seq);
            let at = tops.binary_search(&mine).unwrap_or_else(|at| at);
            tops.insert(at, mine);
        }
        tops
    }

    pub(super) fn hear_digest(&mut self, now: Now, by: PeerId, theirs: [u8; 8], entries: &[Entry]) {
        let tops = self.tops();
        self.trickle.heard();
        let mine = self.my_run();
        for entry in entries.iter().filter(|e| e.run != mine) {
            if !self.catchup.rests(now.mono, entry.run) {
                self.meet_run(entry);
            }
            if self.pulls(now, entry.run) {
                self.begin_pull(now, entry.run, Some(by));
            } else {
                self.look_for(now, entry.run, Duration::ZERO);
            }
        }
        if hash(&tops) == theirs {
            return;
        }
        // What differs may be on its way; a digest that shows less than is known here, or more, will be told soon.
        let known =
            |run: &Run| tops.binary_search_by_key(run, |(run, _)| *run).ok().and_then(|at| tops.get(at));
        let differs = |e: &&Entry| known(&e.run).is_none_or(|(_, top)| *top != e.span.end);
        // Numbers that nobody could show: who has it from their author goes on telling of them, others have stopped.
        let vain = entries.iter().any(|e| differs(&e))
            && entries.iter().filter(differs).all(|e| self.catchup.rests(now.mono, e.run));
        let settled = now.mono.saturating_sub(self.trickle.spoken) > SETTLED;
        if vain {
            return;
        }
        if settled
            || entries.iter().any(|e| differs(&e) && known(&e.run).is_none_or(|(_, top)| *top < e.span.end))
        {
            self.trickle.inconsistent(now.mono, &mut self.rng);
        }
        for entry in entries.iter().filter(|e| e.run != mine) {
            self.claimed(now, entry.run, entry.span.end);
            let group = self.live();
            self.repair.hope(now.mono, entry.run, group, &mut self.rng);
        }
    }

    /// A beacon of a peer, which may hold what this node has given up: because it has just come (`back`), or because its
    /// `holds` differs. Where that is in vain, the next time is later each time.
    pub(super) fn hope(&mut self, now: Now, peer: PeerId, holds: Option<[u8; 8]>, back: bool) {
        let (past, asked) = (self.feeds.given_up(), self.repair.given_up());
        if past.is_empty() && asked.is_empty() {
            if self.repair.pending() == 0 && self.catchup.deadline().is_none() {
                self.hopes = Hopes::default(); // nothing is missing any more
            }
            return;
        }
        if back {
            self.hopes.pause = HOPE.0;
            self.hopes.next = self.hopes.next.min(self.hopes.last + HOPE.0);
        }
        let differs = !past.is_empty() || holds.is_none_or(|theirs| theirs != self.holds());
        if now.mono < self.hopes.next || !(back || differs) {
            return;
        }
        let pause = self.hopes.pause.max(HOPE.0);
        self.hopes = Hopes { last: now.mono, next: now.mono + pause, pause: (pause * 2).min(HOPE.1) };
        for run in past {
            if let Some(feed) = self.feeds.get_mut(run) {
                feed.hope();
                self.begin_pull(now, run, Some(peer));
            }
        }
        let group = self.live();
        for run in asked {
            self.repair.hope(now.mono, run, group, &mut self.rng);
        }
    }

    /// A run of an author whom we missed, or with lines from before we came.
    fn meet_run(&mut self, entry: &Entry) {
        // An author who has started after this node has said nothing before it came. Clocks differ, and epochs with them; but
        // one who was here has surely started later than then, if its epoch is higher.
        let again = self.roster.get(entry.run.0).is_some_and(|e| e.epoch > 0 && entry.run.1 > e.epoch);
        let depth = if again || entry.run.1 > self.config.epoch {
            u32::try_from(MAX_HELD).unwrap_or(u32::MAX)
        } else {
            self.config.depth
        };
        let (start, end) = (entry.span.start, entry.span.end);
        // What was heard of it already, and waits for its author's key, is wanted in any case.
        let depth = self.first_waiting(entry.run).map_or(depth, |first| depth.max(end.saturating_sub(first)));
        if let Some(run) = self.feeds.follow_back(entry.run, start, end, depth, &mut self.rng) {
            self.drop_run(run);
        }
    }

    /// Whether there is anything to tell a digest of.
    pub(super) fn talk(&self) -> bool {
        self.store.len() > 0
    }

    pub(super) fn send_digest(&mut self) {
        let tops = self.tops();
        let all = tops.len();
        // On a segment with many authors each digest tells of the next few.
        let from = if all > MAX_ENTRIES { self.page % all } else { 0 };
        self.page = self.page.wrapping_add(MAX_ENTRIES);
        let oldest = |run: Run| self.store.span(run).map(|span| span.start);
        let entries = tops.iter().cycle().skip(from).take(all.min(MAX_ENTRIES)).map(|(run, top)| {
            let start = oldest(*run).unwrap_or(*top).min(top.saturating_sub(1));
            Entry { run: *run, span: start..*top }
        });
        let data = Mend::Digest { by: self.id(), hash: hash(&tops), entries: entries.collect() }.emit();
        self.outbox.urgent(Destination::Segment, Slot::Sync, data);
    }
}

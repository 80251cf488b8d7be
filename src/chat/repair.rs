//! Who asks for what is missing, who sends it again, and when: NACK-oriented repair with suppression (RFC 5401, RFC 5740).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

use super::backoff::wait;
use super::limits::{
    MAX_REPAIRS, NAK_HOLD, NAK_PUT_OFF, NAK_TRIES, NAK_WAIT, REPAIR_AFTER, REPAIR_BUDGET, REPAIR_HOLD,
    REPAIR_WAIT,
};
use super::store::Run;
use super::time::earliest;

/// A datagram.
pub(super) type Number = (Run, u32);

/// Asking for the missing datagrams of one run.
#[derive(Debug, Clone, Copy)]
struct Want {
    at: Duration,
    /// When this node has asked last, or has noticed that something is missing.
    since: Duration,
    tries: u32,
}

/// The timers of repair.
#[derive(Debug, Default)]
pub(super) struct Repair {
    wants: BTreeMap<Run, Want>,
    due: BTreeSet<(Duration, Number)>,
    scheduled: HashMap<Number, Duration>,
    /// What was sent again lately, until when it need not be.
    recent: HashMap<Number, Duration>,
    /// Repairs heard in the second that began then, and in the one before.
    heard: (Duration, u32, u32),
}

impl Repair {
    /// How much all waits stretch, because the segment is busy with repairs. NAKs and repairs alike: stretching repairs
    /// alone would multiply NAKs.
    fn stretch(&self) -> u32 {
        (self.heard.1.max(self.heard.2) / REPAIR_BUDGET).clamp(1, 10)
    }

    /// Something of `run` is missing: it will be asked for after `delay` and a random wait, unless it comes before.
    pub(super) fn want(&mut self, now: Duration, run: Run, delay: Duration, group: usize, rng: &mut StdRng) {
        let stretch = self.stretch();
        self.wants.entry(run).or_insert_with(|| {
            let at = now + delay + wait(NAK_WAIT * stretch, group, rng);
            Want { at, since: now + delay, tries: 0 }
        });
    }

    /// A new sign that somebody holds it: once more, if it was given up.
    pub(super) fn hope(&mut self, now: Duration, run: Run, group: usize, rng: &mut StdRng) {
        if let Some(want) = self.wants.get_mut(&run).filter(|w| w.tries >= NAK_TRIES) {
            *want = Want { at: now + wait(NAK_WAIT, group, rng), since: now, tries: NAK_TRIES - HOPES };
        }
    }

    /// Runs of which something was asked for in vain.
    pub(super) fn given_up(&self) -> Vec<Run> {
        self.wants.iter().filter(|(_, want)| want.tries >= NAK_TRIES).map(|(run, _)| *run).collect()
    }

    /// Something of `run` was sent again: asking for it is not in vain.
    pub(super) fn answered(&mut self, run: Run) {
        if let Some(want) = self.wants.get_mut(&run).filter(|want| want.tries < NAK_TRIES) {
            want.tries = 0;
        }
    }

    /// Nothing of `run` is missing any more.
    pub(super) fn satisfied(&mut self, run: Run) {
        self.wants.remove(&run);
    }

    /// Another node asks for the same: that serves us, too.
    pub(super) fn asked(&mut self, now: Duration, run: Run, group: usize, rng: &mut StdRng) {
        let stretch = self.stretch();
        if let Some(want) = self.wants.get_mut(&run) {
            let hold = hold(want.tries) * stretch + wait(NAK_WAIT * stretch, group, rng);
            want.at = want.at.max((now + hold).min(want.since + NAK_PUT_OFF));
        }
    }

    /// The runs to ask for now, with those that are nearly due.
    pub(super) fn asking(&mut self, now: Duration, group: usize, rng: &mut StdRng) -> Vec<Run> {
        if self.wants.values().all(|w| w.at > now || w.tries >= NAK_TRIES) {
            return Vec::new();
        }
        let (soon, stretch) = (now + Duration::from_millis(20), self.stretch());
        let mut runs = Vec::new();
        for (run, want) in self.wants.iter_mut().filter(|(_, w)| w.at <= soon && w.tries < NAK_TRIES) {
            want.at = now + hold(want.tries) * stretch + wait(NAK_WAIT * stretch, group, rng);
            (want.tries, want.since) = (want.tries + 1, now);
            runs.push(*run);
        }
        runs
    }

    /// Whether a datagram may be scheduled: it is not yet, and was not sent again just now.
    pub(super) fn takes(&self, now: Duration, number: Number) -> bool {
        let held_down = self.recent.get(&number).is_some_and(|until| *until > now);
        !held_down && !self.scheduled.contains_key(&number)
    }

    /// How many more may be scheduled.
    pub(super) fn room(&self) -> usize {
        MAX_REPAIRS.saturating_sub(self.scheduled.len())
    }

    /// Somebody misses a datagram that is held here.
    pub(super) fn schedule(
        &mut self,
        now: Duration,
        number: Number,
        own: bool,
        group: usize,
        rng: &mut StdRng,
    ) {
        if !self.takes(now, number) || self.room() == 0 {
            return;
        }
        let after = if own {
            Duration::from_micros(rng.random_range(0..5000))
        } else {
            (REPAIR_AFTER + wait(REPAIR_WAIT, group, rng)) * self.stretch()
        };
        self.scheduled.insert(number, now + after);
        self.due.insert((now + after, number));
    }

    /// A datagram was sent again, by whomever.
    pub(super) fn repaired(&mut self, now: Duration, number: Number) {
        if let Some(at) = self.scheduled.remove(&number) {
            self.due.remove(&(at, number));
        }
        if self.recent.len() >= 4 * MAX_REPAIRS {
            self.recent.retain(|_, until| *until > now);
        }
        if self.recent.len() < 4 * MAX_REPAIRS {
            self.recent.insert(number, now + REPAIR_HOLD);
        }
    }

    /// A repair was heard: counts for the budget.
    pub(super) fn count(&mut self, now: Duration) {
        let second = Duration::from_secs(1);
        if now >= self.heard.0 + second {
            let before = if now < self.heard.0 + 2 * second { self.heard.1 } else { 0 };
            self.heard = (now, 0, before);
        }
        self.heard.1 += 1;
    }

    /// The next datagram that is to be sent again now.
    pub(super) fn sending(&mut self, now: Duration) -> Option<Number> {
        let (_, number) = *self.due.first().filter(|(at, _)| *at <= now)?;
        self.repaired(now, number);
        Some(number)
    }

    /// What is wanted or scheduled.
    pub(super) fn pending(&self) -> usize {
        self.wants.len() + self.scheduled.len()
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        let wants = self.wants.values().filter(|w| w.tries < NAK_TRIES).map(|w| w.at).min();
        earliest(wants, self.due.first().map(|(at, _)| *at))
    }
}

/// How often something is asked for on a new sign of it.
const HOPES: u32 = 1;

fn hold(tries: u32) -> Duration {
    NAK_HOLD * (1 << tries.min(2))
}

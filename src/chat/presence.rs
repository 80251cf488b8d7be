//! When this node announces itself: at its start, regularly, and when somebody has not heard of it.
//!
//! The regular beacon follows RFC 3550 section 6.3: the interval grows with the segment, is randomised, and is
//! reconsidered when its timer expires.

use std::collections::VecDeque;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

use super::limits::{ANNOUNCE, ANSWER_SPACING, BEACON_BUDGET, BEACON_MIN, NICK_PROBE, SMALL_SEGMENT};
use super::time::earliest;

/// Mean time between the beacons of one node, with `live` nodes on the segment.
pub(super) fn interval(live: usize) -> Duration {
    let share = Duration::from_secs(1) * u32::try_from(live).unwrap_or(u32::MAX) / BEACON_BUDGET;
    share.max(BEACON_MIN)
}

#[derive(Debug)]
pub(super) struct Presence {
    /// Moments of the announcements still to come.
    announce: VecDeque<Duration>,
    probe_until: Duration,
    last: Duration,
    factor: f64,
    /// When the next regular beacon is due; none for a node that is not listed.
    regular: Option<Duration>,
    answer: Option<Duration>,
}

/// A beacon is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Due {
    /// As one of the announcements after a start.
    pub(super) solicit: bool,
}

impl Presence {
    pub(super) fn new(now: Duration, observer: bool, rng: &mut StdRng) -> Self {
        let mut this = Self {
            announce: VecDeque::new(),
            probe_until: now,
            last: now,
            factor: factor(rng),
            regular: (!observer).then_some(now),
            answer: None,
        };
        this.start(now);
        this
    }

    /// Announces the node as if it had just started.
    pub(super) fn start(&mut self, now: Duration) {
        self.announce = ANNOUNCE.iter().map(|after| now + *after).collect();
        self.probe(now);
    }

    /// Announces a new nickname.
    pub(super) fn probe(&mut self, now: Duration) {
        self.probe_until = now + NICK_PROBE;
        for after in ANNOUNCE.iter().take_while(|after| **after <= NICK_PROBE) {
            if !self.announce.contains(&(now + *after)) {
                self.announce.push_back(now + *after);
            }
        }
        self.announce.make_contiguous().sort_unstable();
    }

    pub(super) fn probing(&self, now: Duration) -> bool {
        now < self.probe_until
    }

    /// Whether the node has only just started.
    pub(super) fn young(&self) -> bool {
        !self.announce.is_empty()
    }

    /// Somebody should hear of this node soon. On a large segment only some of those who could answer do.
    pub(super) fn answer(&mut self, now: Duration, live: usize, rng: &mut StdRng) {
        if live <= SMALL_SEGMENT || rng.random_range(0..live) < SMALL_SEGMENT / 2 {
            self.answer_always(now, rng);
        }
    }

    /// Somebody asked for this node's beacon and no other's.
    pub(super) fn answer_always(&mut self, now: Duration, rng: &mut StdRng) {
        let soon = now + Duration::from_millis(rng.random_range(5..60));
        self.answer = earliest(self.answer, Some(soon.max(self.last + ANSWER_SPACING)));
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        earliest(earliest(self.announce.front().copied(), self.answer), self.regular)
    }

    /// Whether a beacon must be sent now. Call it until it returns none.
    pub(super) fn due(&mut self, now: Duration, live: usize, rng: &mut StdRng) -> Option<Due> {
        let solicit = self.announce.front().is_some_and(|at| *at <= now);
        if solicit {
            self.announce.pop_front();
            if live > SMALL_SEGMENT {
                self.announce.truncate(2); // a large segment needs no haste, and hears us anyway
            }
        }
        if !solicit && self.answer.is_none_or(|at| at > now) {
            self.regular.filter(|at| *at <= now)?;
            let reconsidered = self.last + interval(live).mul_f64(self.factor);
            if reconsidered > now {
                self.regular = Some(reconsidered);
                return None;
            }
        }
        self.sent(now, live, rng);
        Some(Due { solicit })
    }

    fn sent(&mut self, now: Duration, live: usize, rng: &mut StdRng) {
        self.last = now;
        self.answer = None;
        self.factor = factor(rng);
        self.regular = self.regular.map(|_| now + interval(live).mul_f64(self.factor));
    }
}

fn factor(rng: &mut StdRng) -> f64 {
    rng.random_range(0.5..1.5)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn announces_itself_then_keeps_the_interval() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut presence = Presence::new(Duration::ZERO, false, &mut rng);
        let mut sent = Vec::new();
        while sent.len() < 40 {
            let now = presence.deadline().unwrap();
            if let Some(due) = presence.due(now, 3, &mut rng) {
                sent.push((now, due.solicit));
            }
        }
        assert_eq!(sent[0], (Duration::ZERO, true));
        assert_eq!(sent.iter().filter(|(_, solicit)| *solicit).count(), ANNOUNCE.len());
        let regular: Vec<Duration> = sent.iter().filter(|(_, s)| !s).map(|(at, _)| *at).collect();
        for pair in regular.windows(2) {
            let gap = pair[1].saturating_sub(pair[0]);
            assert!(gap >= BEACON_MIN / 2 && gap <= BEACON_MIN * 3 / 2, "{gap:?}");
        }
    }

    #[test]
    fn the_interval_grows_with_the_segment() {
        assert_eq!(interval(1), BEACON_MIN);
        assert_eq!(interval(1000), Duration::from_secs(50));
    }
}

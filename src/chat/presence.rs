//! When this node announces itself: at its start, regularly, and when somebody has not heard of it.
//!
//! The regular beacon follows RFC 3550 section 6.3: the interval grows with the segment, is randomised, and is
//! reconsidered when its timer expires. But whoever has just started does not know yet how large the segment is. So a node
//! listens first, and all beacons but answers to who-is wait while the segment is crowded with others'.

use std::collections::VecDeque;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

use super::limits::{
    ANNOUNCE, ANSWER_SPACING, BEACON_BUDGET, BEACON_MIN, GATE_ANNOUNCE, GATE_ANSWER, GATE_FROM, GATE_REGULAR,
    GATE_WAIT, LISTEN, NICK_PROBE, SMALL_SEGMENT,
};
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
    /// When it started.
    since: Duration,
    /// Nothing was announced since then.
    fresh: bool,
    probe_until: Duration,
    last: Duration,
    factor: f64,
    /// When the next regular beacon is due; none for a node that is not listed.
    regular: Option<Duration>,
    /// When somebody should hear of this node, who will hear of it sooner or later anyway.
    answer: Option<Duration>,
    /// When this very node's beacon, for which somebody has asked, is due.
    asked: Option<Duration>,
    /// When the latest beacons of others were heard.
    heard: VecDeque<Duration>,
    /// Mean wait before the next look whether the segment is still crowded.
    wait: Duration,
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
            since: now,
            fresh: true,
            probe_until: now,
            last: now,
            factor: factor(rng),
            regular: (!observer).then_some(now),
            answer: None,
            asked: None,
            heard: VecDeque::new(),
            wait: GATE_WAIT.0,
        };
        this.start(now, rng);
        this
    }

    /// Announces the node as if it had just started.
    pub(super) fn start(&mut self, now: Duration, rng: &mut StdRng) {
        let listed = self.regular.is_some();
        let begin = if listed { now + rng.random_range(LISTEN.0..LISTEN.1) } else { now };
        self.announce = ANNOUNCE.iter().map(|after| begin + *after).collect();
        self.regular = listed.then_some(begin);
        (self.since, self.fresh) = (now, true);
        self.heard.clear();
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
        self.fresh || now < self.probe_until
    }

    /// Whether the node has only just started.
    pub(super) fn young(&self) -> bool {
        !self.announce.is_empty()
    }

    /// Another's beacon was heard.
    pub(super) fn heard(&mut self, now: Duration) {
        self.heard.push_back(now);
        if self.heard.len() > GATE_ANNOUNCE {
            self.heard.pop_front();
        }
    }

    /// Somebody should hear of this node soon. On a large segment only some of those who could answer do.
    pub(super) fn answer(&mut self, now: Duration, live: usize, rng: &mut StdRng) {
        if self.fresh {
            return; // the first announcement will do
        }
        if live <= SMALL_SEGMENT || rng.random_range(0..live) < SMALL_SEGMENT / 2 {
            self.answer = earliest(self.answer, Some(self.soon(now, rng)));
        }
    }

    /// Somebody asked for this node's beacon and no other's.
    pub(super) fn answer_always(&mut self, now: Duration, rng: &mut StdRng) {
        self.asked = earliest(self.asked, Some(self.soon(now, rng)));
    }

    fn soon(&self, now: Duration, rng: &mut StdRng) -> Duration {
        let soon = now + Duration::from_millis(rng.random_range(5..60));
        if self.fresh { soon } else { soon.max(self.last + ANSWER_SPACING) }
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        [self.answer, self.asked, self.regular].into_iter().fold(self.announce.front().copied(), earliest)
    }

    /// Whether a beacon must be sent now. Call it until it returns none.
    pub(super) fn due(&mut self, now: Duration, live: usize, rng: &mut StdRng) -> Option<Due> {
        let due = |at: Option<Duration>| at.is_some_and(|at| at <= now);
        if due(self.announce.front().copied()) {
            if self.crowded(now, live, GATE_ANNOUNCE) {
                self.announce.clear(); // one is enough here: a large segment needs no haste
                let later = self.later(now, rng);
                self.announce.push_back(later);
            } else {
                self.announce.pop_front();
                if live > SMALL_SEGMENT {
                    self.announce.truncate(2);
                }
                if self.fresh {
                    (self.fresh, self.probe_until) = (false, now + NICK_PROBE);
                }
                return Some(self.sent(now, live, true, rng));
            }
        }
        if due(self.asked) {
            return Some(self.sent(now, live, false, rng));
        }
        if due(self.answer) {
            if !self.crowded(now, live, GATE_ANSWER) {
                return Some(self.sent(now, live, false, rng));
            }
            self.answer = Some(self.later(now, rng));
        }
        if due(self.regular) {
            let reconsidered = self.last + interval(live).mul_f64(self.factor);
            if reconsidered > now {
                self.regular = Some(reconsidered);
            } else if self.crowded(now, live, GATE_REGULAR) {
                self.regular = Some(self.later(now, rng));
            } else {
                return Some(self.sent(now, live, false, rng));
            }
        }
        None
    }

    /// Whether `gate` beacons a second were heard in the last second, or since this node listens, on a segment where that
    /// is much.
    fn crowded(&self, now: Duration, live: usize, gate: usize) -> bool {
        let second = Duration::from_secs(1);
        let listened = now.saturating_sub(self.since).min(second);
        let share = usize::try_from(listened.as_millis()).unwrap_or(1000) * gate / 1000;
        let before = self.heard.len().checked_sub(share.max(1)).and_then(|at| self.heard.get(at));
        live > GATE_FROM && before.is_some_and(|at| *at + second > now)
    }

    /// When to look again, ever later.
    fn later(&mut self, now: Duration, rng: &mut StdRng) -> Duration {
        let wait = self.wait.mul_f64(factor(rng));
        self.wait = (self.wait * 2).min(GATE_WAIT.1);
        now + wait
    }

    fn sent(&mut self, now: Duration, live: usize, solicit: bool, rng: &mut StdRng) -> Due {
        self.last = now;
        (self.answer, self.asked, self.wait) = (None, None, GATE_WAIT.0);
        self.factor = factor(rng);
        self.regular = self.regular.map(|_| now + interval(live).mul_f64(self.factor));
        Due { solicit }
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
        assert!(sent[0].0 >= LISTEN.0 && sent[0].0 < LISTEN.1 && sent[0].1, "it listens first");
        assert_eq!(sent.iter().filter(|(_, solicit)| *solicit).count(), ANNOUNCE.len());
        let regular: Vec<Duration> = sent.iter().filter(|(_, s)| !s).map(|(at, _)| *at).collect();
        for pair in regular.windows(2) {
            let gap = pair[1].saturating_sub(pair[0]);
            assert!(gap >= BEACON_MIN / 2 && gap <= BEACON_MIN * 3 / 2, "{gap:?}");
        }
    }

    #[test]
    fn on_a_crowded_segment_only_who_is_is_answered_at_once() {
        let mut rng = StdRng::seed_from_u64(2);
        let mut presence = Presence::new(Duration::ZERO, false, &mut rng);
        let (mut sent, second) = (Vec::new(), Duration::from_secs(1));
        for ms in 0..20_000 {
            let now = Duration::from_millis(ms);
            if ms % 20 == 0 && ms < 10_000 {
                presence.heard(now); // 50 a second
            }
            if now == second * 5 {
                presence.answer_always(now, &mut rng);
            }
            while presence.due(now, 100, &mut rng).is_some() {
                sent.push(now);
            }
        }
        assert!(sent[0] >= second * 5 && sent[0] < second * 5 + Duration::from_millis(60), "{sent:?}");
        assert!(sent[1] >= second * 10, "{sent:?}");
        // A command does not wait, and a small segment is never crowded.
        let mut command = Presence::new(Duration::ZERO, true, &mut rng);
        assert!(command.due(Duration::ZERO, 100, &mut rng).is_some_and(|due| due.solicit));
        for _ in 0..100 {
            command.heard(second);
        }
        assert!(command.due(second, GATE_FROM, &mut rng).is_some());
    }

    #[test]
    fn the_interval_grows_with_the_segment() {
        assert_eq!(interval(1), BEACON_MIN);
        assert_eq!(interval(1000), Duration::from_secs(50));
    }
}

//! When a computer announces itself (\[MS-BRWS\] 3.2.5, 3.3.6): often at first, then seldom, and soon after it is asked.

use std::time::Duration;

/// Minutes from each announcement to the next; the last one stays.
const MINUTES: [u64; 6] = [1, 1, 2, 4, 8, 12];

/// Decides when to announce. Knows no clock: `now` is the time since any fixed moment.
#[derive(Debug, Clone)]
pub struct Announcer {
    sent: usize,
    next: Duration,
    asked: Option<Duration>,
}

impl Announcer {
    /// Longest time to answer a request; the answer comes after a random part of it, so that not all answer at once.
    pub const ANSWER: Duration = Duration::from_secs(30);

    /// Announces first at `now`.
    pub fn new(now: Duration) -> Self {
        Self { sent: 0, next: now, asked: None }
    }

    /// Somebody wants all to announce themselves; `delay` is the random part of [`Announcer::ANSWER`] to wait. One
    /// answer serves all who ask before it.
    pub fn asked(&mut self, now: Duration, delay: Duration) {
        self.asked.get_or_insert(now + delay.min(Self::ANSWER));
    }

    /// When to announce next.
    pub fn poll_timeout(&self) -> Duration {
        self.asked.map_or(self.next, |asked| asked.min(self.next))
    }

    /// Whether to announce now. Then tells how long it is at most until the next announcement, which goes into this one.
    pub fn poll(&mut self, now: Duration) -> Option<Duration> {
        if now < self.poll_timeout() {
            return None;
        }
        self.asked = None;
        let minutes = |sent: usize| MINUTES.get(sent.min(MINUTES.len() - 1)).copied().unwrap_or(12);
        if now >= self.next {
            let period = Duration::from_secs(60 * minutes(self.sent));
            self.sent = self.sent.saturating_add(1);
            self.next = now + period;
            return Some(period);
        }
        Some(Duration::from_secs(60 * minutes(self.sent.saturating_sub(1))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(n: u64) -> Duration {
        Duration::from_secs(60 * n)
    }

    #[test]
    fn announces_after_1_1_2_4_8_and_then_each_12_minutes() {
        let mut announcer = Announcer::new(minutes(5));
        let mut at = Vec::new();
        let mut now = minutes(5);
        while at.len() < 9 {
            assert_eq!(announcer.poll(now.saturating_sub(Duration::from_millis(1))), None);
            let period = announcer.poll(now).unwrap();
            assert_eq!(announcer.poll(now), None, "once");
            at.push((now.as_secs() / 60 - 5, period.as_secs() / 60));
            now = announcer.poll_timeout();
        }
        let due = [(0, 1), (1, 1), (2, 2), (4, 4), (8, 8), (16, 12), (28, 12), (40, 12), (52, 12)];
        assert_eq!(at, due);
    }

    #[test]
    fn answers_requests_once_within_30_seconds_and_keeps_its_schedule() {
        let mut announcer = Announcer::new(Duration::ZERO);
        assert_eq!(announcer.poll(Duration::ZERO), Some(minutes(1)));
        let second = Duration::from_secs(1);
        announcer.asked(second, 20 * second);
        announcer.asked(2 * second, second); // does not bring the answer forward: no flood by asking
        announcer.asked(3 * second, minutes(100));
        assert_eq!(announcer.poll_timeout(), 21 * second);
        assert_eq!(announcer.poll(20 * second), None);
        assert_eq!(announcer.poll(21 * second), Some(minutes(1)));
        assert_eq!(announcer.poll_timeout(), minutes(1), "as planned before");
        announcer.asked(22 * second, minutes(100));
        assert_eq!(announcer.poll_timeout(), 52 * second, "never later than 30 seconds");
        assert_eq!(announcer.poll(minutes(2)), Some(minutes(1)), "one announcement is both");
        assert_eq!(announcer.poll_timeout(), minutes(3));
    }
}

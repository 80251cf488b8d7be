//! When this node tells which rooms it is in and whether it is away: at once when that changes, then ever more seldom.

use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

use super::limits::{SMALL_SEGMENT, STATUS};
use super::presence::interval;
use super::time::earliest;
use crate::text::SafeText;

#[derive(Debug, Default)]
pub(super) struct Status {
    /// The user is away, and perhaps why.
    pub(super) away: Option<SafeText>,
    /// When it is told next.
    next: Option<Duration>,
    pause: Duration,
}

impl Status {
    /// There is something new to tell.
    pub(super) fn changed(&mut self, now: Duration) {
        (self.next, self.pause) = (Some(now), Duration::ZERO);
    }

    /// Somebody has come who has not heard it. On a large segment it waits for the next time.
    pub(super) fn newcomer(&mut self, now: Duration, live: usize, rng: &mut StdRng) {
        if self.next.is_some() && live <= SMALL_SEGMENT {
            let soon = now + STATUS.0.mul_f64(rng.random_range(0.1..1.0));
            (self.next, self.pause) = (earliest(self.next, Some(soon)), Duration::ZERO);
        }
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.next
    }

    /// Whether it must be told now. That there is nothing (`empty`) is told for a while.
    pub(super) fn due(&mut self, now: Duration, live: usize, empty: bool, rng: &mut StdRng) -> bool {
        if self.next.is_none_or(|at| at > now) {
            return false;
        }
        let crowd = interval(live);
        let first = if live <= SMALL_SEGMENT { STATUS.0 } else { crowd };
        let most = STATUS.1.max(crowd * 8);
        self.pause = (self.pause * 2).clamp(first, most);
        let over = empty && self.pause >= most / 2;
        self.next = (!over).then(|| now + self.pause.mul_f64(rng.random_range(0.7..1.3)));
        true
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn times(live: usize, empty: bool, end: u64) -> usize {
        let (mut status, mut rng) = (Status::default(), StdRng::seed_from_u64(1));
        let (mut now, mut told) = (Duration::from_secs(5), 0);
        status.changed(now);
        while let Some(at) = status.deadline().filter(|at| *at < Duration::from_secs(end)) {
            now = now.max(at);
            told += usize::from(status.due(now, live, empty, &mut rng));
        }
        told
    }

    #[test]
    fn told_at_once_and_ever_more_seldom() {
        assert!((4..=6).contains(&times(3, false, 15)), "{}", times(3, false, 15));
        assert!((26..=45).contains(&times(3, false, 1000)), "{}", times(3, false, 1000));
        assert!(times(1000, false, 1000) < 8, "{}", times(1000, false, 1000));
        assert!((5..9).contains(&times(3, true, 100_000)), "then it is told no more");
    }
}

//! How often something may be done that others can cause.

use std::time::Duration;

use tokio::time::Instant;

/// So many times at once, and as many again each second.
#[derive(Debug)]
pub(super) struct Allowance {
    per_second: u32,
    left: u32,
    since: Instant,
}

impl Allowance {
    pub(super) fn new(per_second: u32) -> Self {
        Self { per_second, left: per_second, since: Instant::now() }
    }

    /// Whether it may be done now; then it counts as done.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.since) >= Duration::from_secs(1) {
            (self.since, self.left) = (now, self.per_second);
        }
        let may = self.left > 0;
        self.left -= u32::from(may);
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_spent_and_comes_back_each_second() {
        let (mut allowance, start) = (Allowance::new(3), Instant::now());
        let mut at = |ms| allowance.take(start + Duration::from_millis(ms));
        assert_eq!([at(0), at(0), at(500), at(999)], [true, true, true, false]);
        assert_eq!([at(1000), at(1000), at(1000), at(1000)], [true, true, true, false]);
        assert_eq!([at(9000), at(9000), at(9000), at(9000)], [true, true, true, false]);
    }
}

//! How often something may be done that others can cause.

use std::collections::HashMap;
use std::net::IpAddr;
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

    /// Whether the second that is counted is over.
    fn is_over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= Duration::from_secs(1)
    }

    /// Whether it may be done now; then it counts as done.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        if self.is_over(now) {
            (self.since, self.left) = (now, self.per_second);
        }
        let may = self.left > 0;
        self.left -= u32::from(may);
        may
    }
}

/// The same, and so many of them at most because of one address: so nobody can use up all of them alone.
#[derive(Debug)]
pub(super) struct Shared {
    all: Allowance,
    of_one: u32,
    /// What each address has had in this second; it has no more entries than all may have.
    taken: HashMap<IpAddr, u32>,
}

impl Shared {
    pub(super) fn new(per_second: u32, of_one: u32) -> Self {
        Self { all: Allowance::new(per_second), of_one, taken: HashMap::new() }
    }

    /// Whether it may be done now because of `from`; then it counts as done.
    pub(super) fn take(&mut self, now: Instant, from: IpAddr) -> bool {
        if self.all.is_over(now) {
            self.taken.clear();
        }
        let had = self.taken.get(&from).copied().unwrap_or_default();
        let may = had < self.of_one && self.all.take(now);
        if may {
            self.taken.insert(from, had + 1);
        }
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

    #[tokio::test(start_paused = true)]
    async fn nobody_uses_all_of_it_up() {
        let (mut shared, start) = (Shared::new(10, 4), Instant::now());
        let [eve, bob] = [1, 2].map(|n| IpAddr::from([10, 0, 0, n]));
        assert_eq!((0..100).filter(|_| shared.take(start, eve)).count(), 4);
        assert_eq!((0..100).filter(|_| shared.take(start, bob)).count(), 4);
        let many = (0..100).filter(|n| shared.take(start, [10, 0, 1, *n].into())).count();
        assert_eq!((many, shared.taken.len()), (2, 4), "all together no more than there are");
        assert!(shared.take(start + Duration::from_secs(1), eve));
    }
}

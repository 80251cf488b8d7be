//! Random waits that let a large group elect the few who speak: RFC 5401 section 3.2.4.

use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

/// A wait of at most `longest`, from the truncated exponential distribution for a group of `group` nodes: long for
/// nearly all, short for a few, whose answer keeps the others quiet.
pub(super) fn wait(longest: Duration, group: usize, rng: &mut StdRng) -> Duration {
    let group = f64::from(u32::try_from(group.max(2)).unwrap_or(u32::MAX));
    let lambda = group.ln() + 1.0;
    let longest = longest.as_secs_f64();
    if longest <= 0.0 {
        return Duration::ZERO;
    }
    let scale = lambda.exp() - 1.0;
    let low = lambda / (longest * scale);
    let x = rng.random_range(low..low + lambda / longest);
    let wait = longest / lambda * (x * scale * (longest / lambda)).ln();
    Duration::from_secs_f64(wait.clamp(0.0, longest))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn few_of_many_are_early() {
        let mut rng = StdRng::seed_from_u64(1);
        let longest = Duration::from_millis(200);
        for group in [2, 10, 1000] {
            let waits: Vec<_> = (0..10_000).map(|_| wait(longest, group, &mut rng)).collect();
            assert!(waits.iter().all(|w| *w <= longest));
            let early = waits.iter().filter(|w| **w < longest / 4).count();
            let share = 10_000 / group.max(2);
            assert!(early > 0 && early < share.max(30) * 3 * 2, "{early} of 10000 in a group of {group}");
        }
    }
}

//! Digests: what this node knows of everybody's lines, told by the Trickle rule (RFC 6206).
//!
//! They find what heartbeats miss: tails, whole authors, and the other side of a partition that has healed.

use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

use super::limits::{TRICKLE, TRICKLE_ENOUGH, TRICKLE_SILENT};
use super::store::Run;

/// Eight bytes of BLAKE3 over the runs and their next numbers, sorted.
pub(super) fn hash(tops: &[(Run, u32)]) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    for ((sender, epoch), top) in tops {
        hasher.update(&sender.0);
        hasher.update(&epoch.to_be_bytes());
        hasher.update(&top.to_be_bytes());
    }
    let mut short = [0; 8];
    hasher.finalize_xof().fill(&mut short);
    short
}

/// The Trickle timer.
#[derive(Debug)]
pub(super) struct Trickle {
    interval: Duration,
    ends: Duration,
    /// When to tell, within the interval; none once that is past.
    tell: Option<Duration>,
    equal: u32,
    /// When a line was last heard or said.
    pub(super) spoken: Duration,
}

impl Trickle {
    pub(super) fn new(now: Duration, rng: &mut StdRng) -> Self {
        let mut this = Self { interval: TRICKLE.0, ends: now, tell: None, equal: 0, spoken: now };
        this.begin(now, rng);
        this
    }

    /// Begins an interval.
    pub(super) fn begin(&mut self, now: Duration, rng: &mut StdRng) {
        self.ends = now + self.interval;
        self.tell = Some(now + self.interval.mul_f64(rng.random_range(0.5..1.0)));
        self.equal = 0;
    }

    /// Somebody has told; one's own digest is less needed.
    pub(super) fn heard(&mut self) {
        self.equal += 1;
    }

    /// Somebody knows something else: it must come out soon what.
    pub(super) fn inconsistent(&mut self, now: Duration, rng: &mut StdRng) {
        if self.interval > TRICKLE.0 {
            self.interval = TRICKLE.0;
            self.begin(now, rng);
        }
    }

    pub(super) fn deadline(&self) -> Duration {
        self.tell.unwrap_or(self.ends)
    }

    /// Whether to tell now.
    pub(super) fn timeout(&mut self, now: Duration, rng: &mut StdRng) -> bool {
        if self.tell.is_some_and(|at| at <= now) {
            self.tell = None;
            return self.equal < TRICKLE_ENOUGH;
        }
        if self.ends <= now {
            let silent = now.saturating_sub(self.spoken) > 4 * TRICKLE_SILENT;
            self.interval = (self.interval * 2).min(if silent { TRICKLE_SILENT } else { TRICKLE.1 });
            self.begin(now, rng);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn equal_digests_grow_rare_and_unequal_ones_do_not() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut told = |disturbed: bool| {
            let mut trickle = Trickle::new(Duration::ZERO, &mut rng);
            let mut told = 0;
            while trickle.deadline() < Duration::from_secs(64) {
                let now = trickle.deadline();
                if disturbed {
                    trickle.inconsistent(now, &mut rng);
                }
                told += u32::from(trickle.timeout(now, &mut rng));
            }
            told
        };
        let calm = told(false);
        assert!((8..=12).contains(&calm), "{calm}");
        assert!(told(true) > 2 * calm);
        let mut trickle = Trickle::new(Duration::ZERO, &mut rng);
        trickle.heard();
        trickle.heard();
        let at = trickle.deadline();
        assert!(!trickle.timeout(at, &mut rng), "two others have told it");
    }

    /// Worked out by another implementation of BLAKE3 (its Python package).
    #[test]
    fn a_known_answer_of_the_hash() {
        let run = |n: u8| (crate::chat::PeerId([n; 8]), 1_799_999_999 + u32::from(n));
        let tops = [(run(1), 7), (run(2), 1)];
        assert_eq!(hash(&tops), 0xf9a6_f698_1a01_a9e0_u64.to_be_bytes());
        assert_ne!(hash(&[(run(1), 7), (run(2), 2)]), hash(&tops));
    }
}

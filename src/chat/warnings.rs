//! Which warnings about stolen names are told in full, so that whoever steals a thousand cannot drown the one that matters.
//!
//! Each key is told of once a run. The first thief of a name is told of in full, of a verified one the first three; beyond
//! [`WARNINGS`] a minute those of names that are not verified, and all further ones, are counted and told together.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::id::PeerId;
use super::limits::{MAX_WARNED, WARNINGS, WARNINGS_OF_VERIFIED, WARNINGS_TIME};

/// What was told.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    thieves: BTreeSet<PeerId>,
    /// How many of them were told of in full, by victim.
    victims: BTreeMap<PeerId, u32>,
    /// When the last few were.
    lately: VecDeque<Duration>,
    /// Counted since the last sum was told.
    counted: u32,
    /// When that was.
    summed: Option<Duration>,
}

impl Warnings {
    /// `thief` goes by the name of `victim`: whether to tell of it in full. What is not is counted.
    pub(super) fn tell(&mut self, now: Duration, thief: PeerId, victim: PeerId, verified: bool) -> bool {
        if self.thieves.contains(&thief) {
            return false;
        }
        while self.lately.front().is_some_and(|at| *at + WARNINGS_TIME <= now) {
            self.lately.pop_front();
        }
        let told = self.victims.get(&victim).copied().unwrap_or(0);
        let full = if verified {
            told < WARNINGS_OF_VERIFIED // the user has verified few: these are bounded by that
        } else {
            told == 0 && self.lately.len() < WARNINGS && self.victims.len() < MAX_WARNED
        };
        if full || self.thieves.len() < MAX_WARNED {
            self.thieves.insert(thief); // those beyond are counted again when they come back
        }
        if full {
            self.victims.insert(victim, told + 1);
            if !verified {
                self.lately.push_back(now);
            }
            return true;
        }
        self.counted = self.counted.saturating_add(1);
        if self.summed.is_none() {
            self.summed = Some(now); // the first sum comes when more can have gathered
        }
        false
    }

    /// A key is trusted no more, or forgotten: what is known of it is told again.
    pub(super) fn forget(&mut self, peer: PeerId) {
        self.thieves.remove(&peer);
        self.victims.remove(&peer);
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.summed.filter(|_| self.counted > 0).map(|at| at + WARNINGS_TIME)
    }

    /// How many were counted, when it is time to tell.
    pub(super) fn sum(&mut self, now: Duration) -> Option<u32> {
        self.deadline().filter(|at| *at <= now)?;
        self.summed = Some(now);
        Some(std::mem::take(&mut self.counted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u32) -> PeerId {
        let mut id = [0; 8];
        id[..4].copy_from_slice(&n.to_be_bytes());
        PeerId(id)
    }

    #[test]
    fn a_thousand_thieves_are_one_warning_and_a_number() {
        let (mut warnings, second) = (Warnings::default(), Duration::from_secs(1));
        let told = (1..=1000).filter(|n| warnings.tell(second, id(*n), id(0), false)).count();
        assert_eq!((told, warnings.sum(second)), (1, None));
        assert_eq!(warnings.deadline(), Some(second + WARNINGS_TIME));
        assert_eq!(warnings.sum(second + WARNINGS_TIME), Some(999));
        assert_eq!((warnings.deadline(), warnings.sum(3600 * second)), (None, None));
        assert!(!warnings.tell(3600 * second, id(1), id(0), false), "once a run");
    }

    #[test]
    fn thefts_of_many_names_do_not_hide_that_of_a_verified_one() {
        let (mut warnings, now) = (Warnings::default(), Duration::from_secs(1));
        let told = (1..=1000).filter(|n| warnings.tell(now, id(*n), id(10_000 + n), false)).count();
        assert_eq!(told, WARNINGS);
        (2001..=9000).for_each(|n| assert!(!warnings.tell(now, id(n), id(n), false)));
        let told = (9001..=9010).filter(|n| warnings.tell(now, id(*n), id(9_999), true)).count();
        assert_eq!(told, usize::try_from(WARNINGS_OF_VERIFIED).unwrap());
        assert!(
            warnings.tell(now + WARNINGS_TIME, id(20_000), id(30_000), false),
            "later there is room again"
        );
        assert!(warnings.thieves.len() <= 2 * MAX_WARNED);
        warnings.forget(id(20_000));
        assert!(warnings.tell(now + WARNINGS_TIME, id(20_000), id(30_001), false));
    }
}

//! How many offers may come to the user: a few a minute of one key, and of all strangers together. The rest is declined, so that
//! nobody fills a screen with the names of files. What the user accepts costs nothing.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

/// A minute.
const WINDOW: Duration = Duration::from_secs(60);
/// Offers of one who is known within [`WINDOW`].
const OF_KNOWN: usize = 12;
/// Offers of one stranger.
const OF_STRANGER: usize = 4;
/// Offers of all strangers, who can have as many keys as they like.
const OF_STRANGERS: usize = 8;

/// What was offered lately and not accepted.
#[derive(Debug, Default)]
pub(super) struct Budget {
    keys: HashMap<[u8; 32], Vec<Instant>>,
    strangers: Vec<Instant>,
}

impl Budget {
    /// An offer comes: whether it may be told to the user.
    pub(super) fn enter(&mut self, key: [u8; 32], known: bool, now: Instant) -> bool {
        let lately = |at: &Instant| now.saturating_duration_since(*at) < WINDOW;
        self.strangers.retain(lately);
        self.keys.retain(|_, offers| {
            offers.retain(lately);
            !offers.is_empty()
        });
        let most = if known { OF_KNOWN } else { OF_STRANGER };
        let of_key = self.keys.get(&key).map_or(0, Vec::len);
        if of_key >= most || !known && self.strangers.len() >= OF_STRANGERS {
            return false;
        }
        self.keys.entry(key).or_default().push(now);
        if !known {
            self.strangers.push(now);
        }
        true
    }

    /// One of the offers of this key was accepted.
    pub(super) fn accepted(&mut self, key: [u8; 32], known: bool) {
        let offer = self.keys.get_mut(&key).and_then(Vec::pop);
        if !known
            && let Some(at) = offer
            && let Some(place) = self.strangers.iter().position(|other| *other == at)
        {
            self.strangers.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_a_minute_of_each_key_and_of_all_strangers() {
        let (mut budget, start) = (Budget::default(), Instant::now());
        let many = |budget: &mut Budget, key, known, now| {
            (0..40).filter(|_| budget.enter([key; 32], known, now)).count()
        };
        assert_eq!(many(&mut budget, 1, false, start), OF_STRANGER);
        assert_eq!(many(&mut budget, 2, false, start), OF_STRANGER);
        assert_eq!(many(&mut budget, 3, false, start), 0, "a new key is no new budget");
        assert_eq!(many(&mut budget, 4, true, start), OF_KNOWN, "and takes nothing from who is known");
        budget.accepted([1; 32], false);
        assert_eq!(many(&mut budget, 3, false, start), 1, "what is accepted costs nothing");
        assert_eq!(many(&mut budget, 2, false, start + WINDOW), OF_STRANGER);
        assert_eq!(budget.keys.len(), 1, "what is old is forgotten");
    }
}

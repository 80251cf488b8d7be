//! Vouching: the key of an author who is not there himself is told by another who has met him, so that his lines can be
//! checked. His card is signed by him, so whoever passes it on adds nothing and can change nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use super::id::PeerId;
use super::limits::{MAX_VOUCHED, STRANGER_HOLD, VOUCH_HOLD, VOUCH_SILENT};

/// The authors whose cards are asked for, or were told lately.
#[derive(Debug, Default)]
pub(super) struct Vouch {
    /// When their cards are to be sent; none where they have been.
    authors: BTreeMap<PeerId, Card>,
    /// Authors who seem to be here and were asked for their beacon: when for the first time. They have not answered.
    silent: BTreeMap<PeerId, Duration>,
}

#[derive(Debug, Clone, Copy)]
enum Card {
    Due(Duration),
    /// Not again before this moment.
    Told(Duration),
}

impl Vouch {
    /// Somebody asks for the card of `author`, which is here: it will be told at `at`, unless another is faster.
    pub(super) fn asked(&mut self, now: Duration, author: PeerId, at: Duration) {
        self.authors.retain(|_, card| !matches!(card, Card::Told(until) if *until <= now));
        if self.authors.len() < MAX_VOUCHED {
            self.authors.entry(author).or_insert(Card::Due(at));
        }
    }

    /// Somebody asks for the beacon of `author`, which seems to be here: whether it has not answered for long, so that it
    /// may have died as it spoke.
    pub(super) fn is_silent(&mut self, now: Duration, author: PeerId) -> bool {
        self.silent.retain(|_, asked| now < *asked + STRANGER_HOLD);
        if self.silent.len() >= MAX_VOUCHED && !self.silent.contains_key(&author) {
            return false;
        }
        now >= *self.silent.entry(author).or_insert(now) + VOUCH_SILENT
    }

    /// The author itself or another has told.
    pub(super) fn told(&mut self, now: Duration, author: PeerId) {
        self.silent.remove(&author);
        if let Some(card) = self.authors.get_mut(&author) {
            *card = Card::Told(now + VOUCH_HOLD);
        }
    }

    /// Whether the card of `author` will be told.
    pub(super) fn expects(&self, author: PeerId) -> bool {
        matches!(self.authors.get(&author), Some(Card::Due(_)))
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        let due = |card: &Card| if let Card::Due(at) = card { Some(*at) } else { None };
        self.authors.values().filter_map(due).min()
    }

    /// The next author whose card is due.
    pub(super) fn due(&mut self, now: Duration) -> Option<PeerId> {
        let due = |card: &Card| matches!(card, Card::Due(at) if *at <= now);
        let author = *self.authors.iter().find(|(_, card)| due(card))?.0;
        self.told(now, author);
        Some(author)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_card_answers_all_who_ask() {
        let (bob, ms) = (PeerId([2; 8]), Duration::from_millis);
        let mut vouch = Vouch::default();
        vouch.asked(ms(0), bob, ms(300));
        vouch.asked(ms(10), bob, ms(250));
        assert_eq!((vouch.deadline(), vouch.due(ms(299))), (Some(ms(300)), None));
        assert_eq!(vouch.due(ms(300)), Some(bob));
        vouch.asked(ms(400), bob, ms(500));
        assert_eq!(vouch.deadline(), None, "it was told just now");
        let later = ms(300) + VOUCH_HOLD;
        vouch.asked(later, bob, later);
        vouch.told(later, bob);
        assert_eq!(vouch.due(later), None, "another was faster");
        for n in 0..100 {
            vouch.asked(later, PeerId([n; 8]), later);
        }
        assert_eq!(std::iter::from_fn(|| vouch.due(later)).count(), MAX_VOUCHED - 1, "bounded");
    }
}

//! Who is typing, and whether the user is away.

use super::place::Place;
use crate::chat::{Millis, PeerId, limits};

/// How long the notice that somebody is typing is shown.
const SHOWN: Millis = {
    let shown = limits::TYPING_SHOWN.as_millis();
    assert!(shown < 60_000);
    #[allow(clippy::cast_possible_truncation, reason = "checked above")]
    let shown = shown as Millis;
    shown
};
/// Most notices remembered.
const MOST: usize = 256;

/// By what the user is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwayBy {
    /// The user has said so.
    Hand,
    /// No key was pressed for long.
    Idleness,
}

/// Who is typing where, and until when that is worth showing.
#[derive(Debug, Default)]
pub struct Typing(Vec<(PeerId, Place, Millis)>);

impl Typing {
    /// A peer is typing.
    pub fn heard(&mut self, peer: PeerId, place: Place, now: Millis) {
        self.ended(peer);
        if self.0.len() < MOST {
            self.0.push((peer, place, now + SHOWN));
        }
    }

    /// A line of the peer came, or it has left.
    pub fn ended(&mut self, peer: PeerId) {
        self.0.retain(|(other, ..)| *other != peer);
    }

    /// Forgets notices that are too old.
    pub fn forget(&mut self, now: Millis) {
        self.0.retain(|(.., until)| *until > now);
    }

    /// Who is typing in a place, who began first first.
    pub fn within(&self, place: Place) -> impl Iterator<Item = PeerId> {
        self.0.iter().filter(move |(_, other, _)| *other == place).map(|(peer, ..)| *peer)
    }

    /// Whether a peer is typing, and where.
    pub fn is(&self, peer: PeerId, place: Place) -> bool {
        self.within(place).any(|other| other == peer)
    }

    /// When the next notice is too old.
    pub fn next(&self) -> Option<Millis> {
        self.0.iter().map(|(.., until)| *until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_end_by_themselves_or_with_a_line() {
        let (alice, bob) = (PeerId([1; 8]), PeerId([2; 8]));
        let mut typing = Typing::default();
        typing.heard(alice, Place::LOBBY, 1000);
        typing.heard(bob, Place::Peer(bob), 2000);
        assert!(typing.is(alice, Place::LOBBY) && !typing.is(bob, Place::LOBBY));
        assert_eq!(typing.next(), Some(1000 + SHOWN));
        typing.forget(1000 + SHOWN);
        assert!(!typing.is(alice, Place::LOBBY) && typing.is(bob, Place::Peer(bob)));
        typing.ended(bob);
        assert_eq!(typing.next(), None);
        for n in 0..=u16::MAX {
            let [a, b] = n.to_be_bytes();
            typing.heard(PeerId([a, b, 0, 0, 0, 0, 0, 0]), Place::LOBBY, 5);
        }
        assert_eq!(typing.within(Place::LOBBY).count(), MOST);
    }
}

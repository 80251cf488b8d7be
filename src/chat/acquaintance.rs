//! Whom earlier runs have met: key, nickname, whether the words were compared, and since when it goes by that name.

use std::collections::HashMap;

use super::event::Millis;
use super::id::PeerId;
use super::name_index::NameIndex;
use super::nick::Nick;

/// A peer that was met before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acquaintance {
    /// Its Ed25519 public key.
    pub public: [u8; 32],
    /// The nickname that it used last.
    pub nick: Nick,
    /// The user has compared its words.
    pub verified: bool,
    /// When it was first met under that nickname.
    pub since: Millis,
    /// The nickname that it used before that one, and since when: whoever goes back to its name has it for as long as before.
    pub former: Option<(Nick, Millis)>,
}

#[derive(Debug)]
struct Known {
    about: Acquaintance,
    claim: Claim,
    /// That to the nickname before.
    former: Claim,
}

/// What the claim of a peer to a nickname is made of, besides its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// An earlier run knows it by this nickname, and whether it is verified.
    Known,
    /// An earlier run knows that it went by this nickname before.
    Former,
    /// It has taken this nickname in this run.
    New,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Acquaintances {
    known: HashMap<PeerId, Known>,
    names: NameIndex,
}

/// How good a claim to a nickname is. The greater goes before the lesser; whoever has none of an earlier run has as little
/// as anybody else who came at that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Standing {
    verified: bool,
    known: bool,
    since: std::cmp::Reverse<Millis>,
}

impl Standing {
    /// It was known under this nickname before this run.
    pub(super) fn is_known(self) -> bool {
        self.known
    }
}

impl Acquaintances {
    pub(super) fn new(known: Vec<Acquaintance>) -> Self {
        let mut all = Self::default();
        for about in known {
            all.insert(about);
        }
        all
    }

    /// Notes one, in the place of what was known of it.
    pub(super) fn insert(&mut self, about: Acquaintance) {
        let id = PeerId::of_key(&about.public);
        self.remove(id);
        self.names.insert(id, &about.nick);
        self.known.insert(id, Known { about, claim: Claim::Known, former: Claim::Former });
    }

    pub(super) fn remove(&mut self, id: PeerId) {
        if let Some(old) = self.known.remove(&id) {
            self.names.remove(id, &old.about.nick);
        }
    }

    pub(super) fn get(&self, id: PeerId) -> Option<&Acquaintance> {
        self.known.get(&id).map(|known| &known.about)
    }

    /// Those with this skeleton or look.
    pub(super) fn with_look(&self, look: &str) -> &[PeerId] {
        self.names.with_look(look)
    }

    /// It goes by this nickname now.
    pub(super) fn named(&mut self, id: PeerId, nick: &Nick, now: Millis) {
        let Some(known) = self.known.get_mut(&id).filter(|k| k.about.nick != *nick) else { return };
        let old = std::mem::replace(&mut known.about.nick, nick.clone());
        if !old.resembles(nick) {
            let back = known.about.former.take().filter(|(former, _)| former.resembles(nick));
            let (since, claim) = back.map_or((now, Claim::New), |(_, since)| (since, known.former));
            known.about.former = Some((old.clone(), std::mem::replace(&mut known.about.since, since)));
            known.former = std::mem::replace(&mut known.claim, claim);
        }
        self.names.remove(id, &old);
        self.names.insert(id, nick);
    }

    /// Those whose nickname readers could take for this one.
    pub(super) fn resembling(&self, nick: &Nick) -> Vec<PeerId> {
        self.names.resembling(nick)
    }

    /// How good the claim of a peer to its nickname is, which it has had since `since` in this run.
    pub(super) fn standing(&self, id: PeerId, since: Millis) -> Standing {
        match self.known.get(&id) {
            Some(Known { about, claim: claim @ (Claim::Known | Claim::Former), .. }) => Standing {
                verified: about.verified && *claim == Claim::Known,
                known: true,
                since: std::cmp::Reverse(about.since),
            },
            _ => Standing { verified: false, known: false, since: std::cmp::Reverse(since) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(byte: u8, nick: &str, verified: bool, since: Millis) -> Acquaintance {
        Acquaintance { public: [byte; 32], nick: nick.parse().unwrap(), verified, since, former: None }
    }

    #[test]
    fn verified_goes_before_known_and_known_before_new_and_the_earlier_before_the_later() {
        let id = |byte| PeerId::of_key(&[byte; 32]);
        let all = Acquaintances::new(vec![
            about(1, "bob", false, 10),
            about(2, "bob", false, 20),
            about(3, "b0b", true, 90),
        ]);
        let standing = |byte, since| all.standing(id(byte), since);
        assert!(standing(3, 0) > standing(1, 0) && standing(1, 0) > standing(2, 0));
        assert!(standing(2, 0) > standing(4, 5) && standing(4, 5) > standing(5, 6));
        let mut found = all.resembling(&"BOB".parse().unwrap());
        found.sort_unstable();
        let mut three = [id(1), id(2), id(3)];
        three.sort_unstable();
        assert_eq!(found, three);
    }

    #[test]
    fn whoever_takes_another_name_has_no_claim_to_it_from_before() {
        let id = |byte| PeerId::of_key(&[byte; 32]);
        let mut all = Acquaintances::new(vec![about(1, "mallory", true, 10), about(2, "bob", false, 20)]);
        let bob: Nick = "bob".parse().unwrap();
        all.named(id(1), &bob, 500);
        assert!(all.standing(id(2), 0) > all.standing(id(1), 0));
        assert_eq!(all.resembling(&bob).len(), 2);
        all.named(id(2), &"Bob".parse().unwrap(), 600);
        assert_eq!(all.get(id(2)).unwrap().since, 20, "case is no other name");
        all.remove(id(2));
        assert_eq!(all.resembling(&bob), [id(1)]);
    }

    #[test]
    fn whoever_goes_back_to_a_name_has_it_for_as_long_as_before() {
        let id = |byte| PeerId::of_key(&[byte; 32]);
        let nick = |text: &str| text.parse::<Nick>().unwrap();
        // The thief is known, too, and since before the owner comes back; and it goes by another name for a while itself.
        let mut all = Acquaintances::new(vec![about(1, "bob", true, 10), about(2, "bob", false, 20)]);
        all.named(id(1), &nick("robert"), 500);
        assert!(all.standing(id(2), 0) > all.standing(id(1), 0));
        all.named(id(2), &nick("eve"), 510);
        all.named(id(2), &nick("bob"), 520);
        assert_eq!(all.get(id(2)).unwrap().since, 20);
        all.named(id(1), &nick("bob"), 600);
        assert!(all.standing(id(1), 0) > all.standing(id(2), 0));
        assert!(all.standing(id(1), 0).verified && all.get(id(1)).unwrap().since == 10);
        // The same where there was a restart in between; but a name of before is not what was verified.
        let bob = Acquaintance { former: Some((nick("bob"), 10)), ..about(1, "robert", true, 400) };
        let mut all = Acquaintances::new(vec![bob, about(2, "bob", false, 20), about(3, "bob", true, 30)]);
        all.named(id(1), &nick("bob"), 600);
        let [bob, thief, friend] = [1, 2, 3].map(|byte| all.standing(id(byte), 0));
        assert!(friend > bob && bob > thief);
    }
}

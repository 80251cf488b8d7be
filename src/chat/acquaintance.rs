//! Whom earlier runs have met: key, nicknames since when, and under which of them the words were compared.

use std::collections::HashMap;

use super::event::Millis;
use super::id::PeerId;
use super::name_index::NameIndex;
use super::nick::Nick;

/// A nickname that a peer goes by or went by, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The nickname. Others hold the same claim as long as they are the same but for case and look.
    pub nick: Nick,
    /// When the peer was first met under it.
    pub since: Millis,
}

impl Claim {
    /// Most of one peer that are remembered: whoever goes back to its name has it for as long as before.
    pub const MOST: usize = 8;

    /// The one of `claims` that is to this nickname.
    pub fn to<'a>(claims: &'a [Self], nick: &Nick) -> Option<&'a Self> {
        claims.iter().filter(|claim| claim.nick.is_same_as(nick)).min_by_key(|claim| claim.since)
    }
}

/// A peer that was met before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acquaintance {
    /// Its Ed25519 public key.
    pub public: [u8; 32],
    /// The nickname that it used last.
    pub nick: Nick,
    /// The user has compared its words, when it went by this nickname.
    pub verified: Option<Nick>,
    /// To its nickname, and to those before.
    pub claims: Vec<Claim>,
}

impl Acquaintance {
    /// One who was met under this nickname only, since then, and is not verified.
    pub fn new(public: [u8; 32], nick: Nick, since: Millis) -> Self {
        Self { public, nick: nick.clone(), verified: None, claims: vec![Claim { nick, since }] }
    }
}

#[derive(Debug)]
struct Known {
    about: Acquaintance,
    /// When it has taken its nickname in this run.
    named: Millis,
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

    /// Its words were compared under this nickname.
    pub(super) fn is_verified(self) -> bool {
        self.verified
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
        self.known.insert(id, Known { about, named: Millis::MAX });
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

    /// It goes by this nickname now. What it has a claim to is not changed by that.
    pub(super) fn named(&mut self, id: PeerId, nick: &Nick, now: Millis) {
        let Some(known) = self.known.get_mut(&id).filter(|k| k.about.nick != *nick) else { return };
        let old = std::mem::replace(&mut known.about.nick, nick.clone());
        if !old.is_same_as(nick) {
            known.named = now;
        }
        self.names.remove(id, &old);
        self.names.insert(id, nick);
    }

    /// Those whose nickname readers could take for this one.
    pub(super) fn resembling(&self, nick: &Nick) -> Vec<PeerId> {
        self.names.resembling(nick)
    }

    /// How good the claim of a peer to a nickname is that it goes by; in this run since `since`, where that is known.
    pub(super) fn standing(&self, id: PeerId, nick: &Nick, since: Option<Millis>) -> Standing {
        let known = self.known.get(&id);
        let claim = known.and_then(|k| Claim::to(&k.about.claims, nick));
        let verified = known.and_then(|k| k.about.verified.as_ref()).is_some_and(|v| v.is_same_as(nick));
        let named = since.or(known.map(|k| k.named)).unwrap_or(Millis::MAX);
        let since = std::cmp::Reverse(claim.map_or(named, |claim| claim.since));
        Standing { verified, known: claim.is_some(), since }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nick(text: &str) -> Nick {
        text.parse().unwrap()
    }

    fn id(byte: u8) -> PeerId {
        PeerId::of_key(&[byte; 32])
    }

    fn about(byte: u8, name: &str, verified: bool, since: Millis) -> Acquaintance {
        let verified = verified.then(|| nick(name));
        Acquaintance { verified, ..Acquaintance::new([byte; 32], nick(name), since) }
    }

    #[test]
    fn verified_goes_before_known_and_known_before_new_and_the_earlier_before_the_later() {
        let all = Acquaintances::new(vec![
            about(1, "bob", false, 10),
            about(2, "bob", false, 20),
            about(3, "b0b", true, 90),
        ]);
        let standing = |byte, since| all.standing(id(byte), &nick("bob"), Some(since));
        assert!(standing(3, 0) > standing(1, 0) && standing(1, 0) > standing(2, 0));
        assert!(standing(2, 0) > standing(4, 5) && standing(4, 5) > standing(5, 6));
        let mut found = all.resembling(&nick("BOB"));
        found.sort_unstable();
        let mut three = [id(1), id(2), id(3)];
        three.sort_unstable();
        assert_eq!(found, three);
    }

    #[test]
    fn whoever_takes_another_name_has_no_claim_to_it_from_before() {
        let mut all = Acquaintances::new(vec![about(1, "mallory", true, 10), about(2, "bob", false, 20)]);
        let bob = nick("bob");
        all.named(id(1), &bob, 500);
        assert!(all.standing(id(2), &bob, Some(0)) > all.standing(id(1), &bob, Some(0)));
        assert!(!all.standing(id(1), &bob, None).is_verified(), "that was mallory");
        assert!(all.standing(id(3), &bob, Some(400)) > all.standing(id(1), &bob, None), "here before");
        assert_eq!(all.resembling(&bob).len(), 2);
        assert!(all.standing(id(2), &nick("Bob"), None).is_known(), "case is no other name");
        all.remove(id(2));
        assert_eq!(all.resembling(&bob), [id(1)]);
    }

    #[test]
    fn no_claim_is_carried_on_by_way_of_a_name_that_resembles_both() {
        let mut all = Acquaintances::new(vec![about(1, "lan", true, 10), about(2, "ian", false, 20)]);
        all.named(id(1), &nick("Ian"), 500);
        let [thief, ian] = [1, 2].map(|byte| all.standing(id(byte), &nick("Ian"), Some(0)));
        assert!(ian > thief && !thief.is_known() && !thief.is_verified());
        all.named(id(1), &nick("ian"), 510);
        assert!(!all.standing(id(1), &nick("ian"), None).is_known(), "not in two steps either");
    }

    #[test]
    fn whoever_goes_back_to_a_name_has_it_for_as_long_as_before() {
        // The thief is known, too; and it goes by another name for a while itself.
        let mut all = Acquaintances::new(vec![about(1, "bob", true, 10), about(2, "bob", false, 20)]);
        let bob = |all: &Acquaintances, byte| all.standing(id(byte), &nick("bob"), None);
        for other in ["robert", "rob", "bobby", "bob"] {
            all.named(id(1), &nick(other), 500);
        }
        all.named(id(2), &nick("eve"), 510);
        all.named(id(2), &nick("bob"), 520);
        assert!(bob(&all, 1) > bob(&all, 2) && bob(&all, 2).is_known() && bob(&all, 1).is_verified());
        // The same where there was a restart in between; but a name of before is not what was verified.
        let mut robert = about(1, "robert", true, 400);
        robert.claims.insert(0, Claim { nick: nick("bob"), since: 10 });
        let mut all = Acquaintances::new(vec![robert, about(2, "bob", false, 20), about(3, "bob", true, 30)]);
        all.named(id(1), &nick("bob"), 600);
        assert!(bob(&all, 3) > bob(&all, 1) && bob(&all, 1) > bob(&all, 2));
    }
}

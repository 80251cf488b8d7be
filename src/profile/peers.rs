//! The peers met so far, as known hosts in SSH: which key used which nickname, and whose words were compared.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::hex::{hex, unhex};
use super::{ProfileError, file};
use crate::chat::{Acquaintance, Claim, Millis, Nick, PeerId};
use crate::text::SafeText;

/// Most peers kept. Beyond it the one not met for longest goes first, unverified ones before verified ones.
const MAX_PEERS: usize = 16_384;
/// Most of them that were met within one hour only and are not verified. Beyond it the oldest of these goes, so that whoever
/// invents peers pushes out no acquaintance.
const MAX_PASSERS: usize = 1024;
/// Who was met again this long after the first time is no passer-by: milliseconds.
const PASSING: Millis = 3_600_000;

/// One peer that was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPeer {
    /// Its Ed25519 public key.
    pub public: [u8; 32],
    /// The nickname it used last.
    pub nick: Nick,
    /// The user has compared its words, when it went by this nickname.
    pub verified: Option<Nick>,
    /// Its nicknames since when: the latest and those before, in the order in which they were met.
    pub claims: Vec<Claim>,
    /// When it was met for the first time.
    pub first_met: Millis,
    /// When it was met last.
    pub last_met: Millis,
}

impl KnownPeer {
    fn passes(&self) -> bool {
        self.verified.is_none() && self.last_met.saturating_sub(self.first_met) < PASSING
    }

    /// Since when it uses its nickname.
    pub fn nick_since(&self) -> Millis {
        Claim::to(&self.claims, &self.nick).map_or(self.last_met, |claim| claim.since)
    }

    /// The user has compared its words under the nickname that it goes by.
    pub fn is_verified(&self) -> bool {
        self.verified.as_ref().is_some_and(|verified| verified.is_same_as(&self.nick))
    }

    /// How good its claim to its nickname is.
    fn claim(&self) -> (bool, Reverse<Millis>) {
        (self.is_verified(), Reverse(self.nick_since()))
    }

    /// Goes by this nickname. Whoever takes a name later has less claim to it, unless it goes back to one of before.
    fn call(&mut self, nick: &Nick, now: Millis) {
        self.nick = nick.clone();
        if Claim::to(&self.claims, nick).is_some() {
            return;
        }
        if self.claims.len() >= Claim::MOST {
            // Not the oldest: it is the name that others know it by. Nor the verified one.
            let verified = |c: &Claim| self.verified.as_ref().is_some_and(|v| c.nick.is_same_as(v));
            let newest = self.claims.iter().rposition(|claim| !verified(claim));
            newest.map(|at| self.claims.remove(at));
        }
        self.claims.push(Claim { nick: nick.clone(), since: now });
    }
}

/// All of them, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownPeers(BTreeMap<PeerId, KnownPeer>);

/// A peer in the file.
#[derive(Serialize, Deserialize)]
struct Entry {
    id: String,
    public_key: String,
    nick: String,
    verified: bool,
    /// Missing in older files: since the first meeting.
    #[serde(default)]
    nick_since: Option<Millis>,
    /// Missing where it is verified under the nickname that it uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verified_nick: Option<String>,
    /// Only where there are others than the nickname that it uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    claims: Vec<Called>,
    /// In older files, instead.
    #[serde(default, skip_serializing)]
    former_nick: Option<String>,
    #[serde(default, skip_serializing)]
    former_since: Option<Millis>,
    first_met: Millis,
    last_met: Millis,
}

/// A nickname in the file.
#[derive(Serialize, Deserialize)]
struct Called {
    nick: String,
    since: Millis,
}

impl KnownPeers {
    /// Every peer, by id.
    pub fn iter(&self) -> impl Iterator<Item = (PeerId, &KnownPeer)> {
        self.0.iter().map(|(id, peer)| (*id, peer))
    }

    /// Notes that the owner of `public` was met at `now` under `nick`.
    pub fn met(&mut self, public: [u8; 32], nick: &Nick, now: Millis) {
        let new = KnownPeer {
            public,
            nick: nick.clone(),
            verified: None,
            claims: Vec::new(),
            first_met: now,
            last_met: now,
        };
        let peer = self.0.entry(PeerId::of_key(&public)).or_insert(new);
        peer.call(nick, now);
        peer.last_met = peer.last_met.max(now);
        let passers = self.0.iter().filter(|(_, p)| p.passes());
        if self.0.len() > MAX_PASSERS && passers.clone().count() > MAX_PASSERS {
            let oldest = passers.min_by_key(|(_, p)| p.last_met).map(|(id, _)| *id);
            oldest.and_then(|id| self.0.remove(&id));
        }
        if self.0.len() > MAX_PEERS {
            let oldest =
                self.0.iter().min_by_key(|(_, p)| (p.verified.is_some(), p.last_met)).map(|(id, _)| *id);
            oldest.and_then(|id| self.0.remove(&id));
        }
    }

    /// Notes that a known peer is here again.
    pub fn seen(&mut self, id: PeerId, nick: &Nick, now: Millis) {
        if let Some(public) = self.0.get(&id).map(|p| p.public) {
            self.met(public, nick, now);
        }
    }

    /// Notes that the user has compared the words of a peer.
    pub fn verify(&mut self, id: PeerId) {
        self.trust(id, true);
    }

    /// Notes whether the words of a peer are known to be right.
    pub fn trust(&mut self, id: PeerId, verified: bool) {
        if let Some(peer) = self.0.get_mut(&id) {
            peer.verified = verified.then(|| peer.nick.clone());
        }
    }

    /// What a session must know of them.
    pub fn acquaintances(&self) -> Vec<Acquaintance> {
        let known = |p: &KnownPeer| Acquaintance {
            public: p.public,
            nick: p.nick.clone(),
            verified: p.verified.clone(),
            claims: p.claims.clone(),
        };
        self.0.values().map(known).collect()
    }

    /// Keys of all but those who go by a nickname to which another has a better claim.
    pub fn undoubted(&self) -> Vec<[u8; 32]> {
        let mut best = HashMap::new();
        for peer in self.0.values() {
            for look in peer.nick.looks() {
                let known = best.entry(look).or_insert_with(|| peer.claim());
                *known = peer.claim().max(*known);
            }
        }
        let holds = |p: &&KnownPeer| {
            p.is_verified()
                || p.nick.looks().iter().all(|look| best.get(look).is_none_or(|best| *best <= p.claim()))
        };
        self.0.values().filter(holds).map(|p| p.public).collect()
    }

    /// Each with the name to show while it is not here: who goes by a nickname to which another has a better claim is shown apart.
    pub fn names(&self) -> Vec<(PeerId, SafeText)> {
        let mut alike: HashMap<_, Vec<PeerId>> = HashMap::new();
        for (id, peer) in self.iter() {
            peer.nick.looks().into_iter().for_each(|look| alike.entry(look).or_default().push(id));
        }
        let plain: HashSet<[u8; 32]> = self.undoubted().into_iter().collect();
        let name = |(id, peer): (PeerId, &KnownPeer)| {
            if plain.contains(&peer.public) && !peer.nick.is_mixed() {
                return (id, peer.nick.as_safe().clone());
            }
            let looks = peer.nick.looks();
            let others = looks.iter().filter_map(|look| alike.get(look)).flatten().copied();
            (id, SafeText::line(&format!("{}~{}", peer.nick, id.suffix(others.filter(|other| *other != id)))))
        };
        self.iter().map(name).collect()
    }

    /// Who goes by a nickname to which another has a better claim: verified, or met earlier under it.
    pub fn rival(&self, id: PeerId) -> Option<(PeerId, &KnownPeer)> {
        let peer = self.0.get(&id).filter(|p| !p.is_verified())?;
        let better = |other: &KnownPeer| other.claim() > peer.claim();
        let rivals =
            self.iter().filter(|(other, p)| *other != id && p.nick.resembles(&peer.nick) && better(p));
        rivals.max_by_key(|(_, p)| p.claim())
    }

    /// Forgets a peer: when met again it is new.
    pub fn forget(&mut self, id: PeerId) {
        self.0.remove(&id);
    }

    /// The peer with this id.
    pub fn get(&self, id: PeerId) -> Option<&KnownPeer> {
        self.0.get(&id)
    }

    /// The peers that a user can mean by `nick`, `nick~3f9a` with four or more digits, or an id; case does not matter.
    pub fn find(&self, name: &str) -> Vec<(PeerId, &KnownPeer)> {
        // An id is nothing else, whatever anybody goes by.
        if let Ok(id) = name.parse::<PeerId>() {
            return self.get(id).map(|peer| (id, peer)).into_iter().collect();
        }
        let lower = name.to_lowercase();
        let means = |id: PeerId, peer: &KnownPeer| {
            let nick = peer.nick.as_str().to_lowercase();
            let parts = lower.rsplit_once('~').filter(|(name, _)| *name == nick);
            nick == lower || parts.is_some_and(|(_, digits)| id.begins_with(digits))
        };
        self.iter().filter(|(id, peer)| means(*id, peer)).collect()
    }

    pub(super) fn load(path: &Path) -> Result<Self, ProfileError> {
        let Some((text, _)) = file::read(path)? else { return Ok(Self::default()) };
        let entries: Option<Vec<Entry>> = serde_json::from_str(&text).ok();
        let peers = entries.and_then(|all| all.iter().map(Entry::peer).collect::<Option<BTreeMap<_, _>>>());
        peers.map(Self).ok_or_else(|| ProfileError::Damaged {
            path: path.to_owned(),
            what: "it holds no list of known peers",
            cure: "put back a copy of it, or move it away to meet everybody anew",
        })
    }

    pub(super) fn save(&self, path: &Path) -> Result<(), ProfileError> {
        let entries: Vec<_> = self.iter().map(|(id, peer)| Entry::new(id, peer)).collect();
        let mut text =
            serde_json::to_string_pretty(&entries).map_err(|e| ProfileError::write(path, e.into()))?;
        text.push('\n');
        file::replace(path, text.as_bytes())
    }
}

impl Entry {
    fn new(id: PeerId, peer: &KnownPeer) -> Self {
        let (since, verified) = (peer.nick_since(), peer.verified.as_ref());
        let only = peer.claims.iter().all(|claim| claim.nick == peer.nick && claim.since == since);
        let claims = peer.claims.iter().filter(|_| !only);
        Self {
            id: id.to_string(),
            public_key: hex(&peer.public).to_string(),
            nick: peer.nick.to_string(),
            verified: verified.is_some(),
            nick_since: Some(since),
            verified_nick: verified.filter(|nick| **nick != peer.nick).map(Nick::to_string),
            claims: claims.map(|c| Called { nick: c.nick.to_string(), since: c.since }).collect(),
            former_nick: None,
            former_since: None,
            first_met: peer.first_met,
            last_met: peer.last_met,
        }
    }

    /// The peer, none if the entry cannot be one.
    fn peer(&self) -> Option<(PeerId, KnownPeer)> {
        let public = *unhex(&self.public_key)?;
        let id = PeerId::of_key(&public);
        let nick = Nick::heard(&self.nick); // also when an older version allowed more
        let Self { verified, first_met, last_met, .. } = *self;
        let verified =
            verified.then(|| self.verified_nick.as_deref().map_or_else(|| nick.clone(), Nick::heard));
        let former = self.former_nick.as_deref().zip(self.former_since);
        let latest = (&*self.nick, self.nick_since.unwrap_or(first_met));
        let all = self.claims.iter().map(|c| (&*c.nick, c.since)).chain(former).chain([latest]);
        let mut claims: Vec<Claim> = Vec::new();
        for (text, since) in all {
            let nick = Nick::heard(text);
            // What is another name now that some characters are left out was never claimed.
            if nick.as_str() == text && Claim::to(&claims, &nick).is_none() {
                claims.push(Claim { nick, since });
            }
        }
        let mut peer = KnownPeer { public, nick: nick.clone(), verified, claims, first_met, last_met };
        peer.call(&nick, last_met);
        (id.to_string() == self.id).then_some((id, peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nick(text: &str) -> Nick {
        text.parse().unwrap()
    }

    #[test]
    fn file_round_trip() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("peers.json");
        let mut peers = KnownPeers::default();
        peers.met([1; 32], &nick("bob"), 10);
        peers.met([2; 32], &nick("日本"), 20);
        peers.verify(PeerId::of_key(&[2; 32]));
        peers.seen(PeerId::of_key(&[1; 32]), &nick("robert"), 30);
        peers.seen(PeerId([9; 8]), &nick("nobody"), 30);
        peers.save(&path).unwrap();
        assert_eq!(KnownPeers::load(&path).unwrap(), peers);
        insta::assert_snapshot!(std::fs::read_to_string(&path).unwrap());
    }

    #[test]
    fn found_by_every_form_of_a_name() {
        let mut peers = KnownPeers::default();
        peers.met([1; 32], &nick("bob"), 10);
        peers.met([2; 32], &nick("Bob"), 10);
        let id = PeerId::of_key(&[2; 32]);
        assert_eq!(peers.find("BOB").len(), 2);
        assert_eq!(peers.find(&format!("bob~{}", id.short())).len(), 1);
        assert_eq!(peers.find(&id.to_string()).first().unwrap().0, id);
        peers.forget(id);
        assert!(peers.find(&id.to_string()).is_empty());
    }

    #[test]
    fn bounded_and_verified_peers_stay() {
        let mut peers = KnownPeers::default();
        let key = |n: u32| {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&n.to_le_bytes());
            key
        };
        peers.met(key(0), &nick("old"), 0);
        peers.verify(PeerId::of_key(&key(0)));
        for n in 1..=17_000 {
            peers.met(key(n), &nick("x"), u64::from(n));
            peers.met(key(n), &nick("x"), u64::from(n) + PASSING);
        }
        assert_eq!(peers.iter().count(), MAX_PEERS);
        assert_eq!(peers.find("old").len(), 1);
        let before = peers.find("x").len();
        for n in 0..5_000 {
            peers.met(key(1_000_000 + n), &nick("invented"), PASSING * 2 + u64::from(n));
        }
        assert_eq!(peers.find("invented").len(), 1024);
        assert_eq!(
            peers.find("x").len(),
            before - 1024,
            "acquaintances make room for these, and for no more"
        );
        assert!(peers.find(&PeerId::of_key(&key(1)).to_string()).is_empty());
    }

    #[test]
    fn whoever_takes_a_name_later_or_is_not_verified_has_the_lesser_claim() {
        let id = |byte: u8| PeerId::of_key(&[byte; 32]);
        let mut peers = KnownPeers::default();
        peers.met([1; 32], &nick("mallory"), 10);
        peers.met([2; 32], &nick("bob"), 20);
        peers.seen(id(1), &nick("B0b"), 30);
        let rival = |peers: &KnownPeers, byte| peers.rival(id(byte)).map(|(id, _)| id);
        assert_eq!((rival(&peers, 1), rival(&peers, 2)), (Some(id(2)), None));
        assert_eq!(peers.undoubted(), [[2; 32]]);
        let names = |peers: &KnownPeers| peers.names().into_iter().collect::<BTreeMap<_, _>>();
        let told = names(&peers);
        assert_eq!(
            (told[&id(1)].as_str(), told[&id(2)].as_str()),
            (&*format!("B0b~{}", id(1).short()), "bob")
        );
        peers.verify(id(1));
        let told = names(&peers);
        assert_eq!(
            (told[&id(1)].as_str(), told[&id(2)].as_str()),
            ("B0b", &*format!("bob~{}", id(2).short()))
        );
        assert_eq!((rival(&peers, 1), rival(&peers, 2)), (None, Some(id(1))));
        peers.verify(id(2));
        assert_eq!((rival(&peers, 1), rival(&peers, 2)), (None, None));
        assert_eq!(peers.undoubted().len(), 2);
    }

    #[test]
    fn whoever_goes_back_to_a_name_has_it_for_as_long_as_before() {
        let id = |byte: u8| PeerId::of_key(&[byte; 32]);
        let mut peers = KnownPeers::default();
        peers.met([1; 32], &nick("bob"), 10);
        peers.met([2; 32], &nick("bob"), 20);
        peers.seen(id(1), &nick("robert"), 30);
        assert_eq!(peers.undoubted().len(), 2);
        peers.seen(id(1), &nick("robert"), 35);
        peers.seen(id(1), &nick("Bob"), 40);
        assert_eq!(peers.undoubted(), [[1; 32]]);
        peers.seen(id(1), &nick("robert"), 50);
        let robert = peers.iter().find(|(peer, _)| *peer == id(1)).unwrap().1;
        assert_eq!((robert.nick_since(), Claim::to(&robert.claims, &nick("bob")).unwrap().since), (30, 10));
        for n in 0..20 {
            peers.seen(id(1), &nick(&format!("name{n}x")), 60);
        }
        assert_eq!(peers.get(id(1)).unwrap().claims.len(), Claim::MOST);
        peers.seen(id(1), &nick("bob"), 70);
        assert_eq!((peers.undoubted(), peers.get(id(1)).unwrap().nick_since()), (vec![[1; 32]], 10));
    }

    #[test]
    fn verified_is_a_nickname_and_no_claim_goes_by_way_of_one_that_resembles_two() {
        let id = |byte: u8| PeerId::of_key(&[byte; 32]);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("peers.json");
        let mut peers = KnownPeers::default();
        peers.met([1; 32], &nick("lan"), 10);
        peers.met([2; 32], &nick("ian"), 20);
        peers.verify(id(1));
        peers.seen(id(1), &nick("Ian"), 30);
        for _ in 0..2 {
            let thief = peers.get(id(1)).unwrap();
            assert_eq!((thief.nick_since(), thief.is_verified()), (30, false));
            assert_eq!(peers.undoubted(), [[2; 32]]);
            assert_eq!(peers.rival(id(1)).map(|(id, _)| id), Some(id(2)));
            peers.save(&path).unwrap();
            peers = KnownPeers::load(&path).unwrap();
        }
        peers.seen(id(1), &nick("lan"), 40);
        assert!(peers.get(id(1)).unwrap().is_verified());
        peers.verify(id(2));
        peers.seen(id(1), &nick("Ian"), 50);
        peers.verify(id(1));
        assert_eq!(peers.undoubted().len(), 2, "the user has decided on both");
    }

    #[test]
    fn an_id_means_its_owner_also_where_a_nickname_is_spelled_like_one() {
        let (bob, thief) = (PeerId::of_key(&[2; 32]), PeerId::of_key(&[1; 32]));
        let mut peers = KnownPeers::default();
        peers.met([1; 32], &Nick::heard(&bob.to_string()), 10);
        assert!(peers.find(&bob.to_string()).is_empty());
        peers.met([2; 32], &nick("bob"), 20);
        assert_eq!(peers.find(&bob.to_string()).iter().map(|(id, _)| *id).collect::<Vec<_>>(), [bob]);
        assert_eq!(peers.find(&thief.to_string().to_uppercase())[0].0, thief);
    }

    #[test]
    fn files_of_older_versions() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("peers.json");
        let mut peers = KnownPeers::default();
        peers.met([1; 32], &nick("bob"), 10);
        peers.met([2; 32], &nick("bob"), 20);
        peers.met([1; 32], &nick("robert"), 50);
        peers.save(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let (before, claims) = text.split_once("\"claims\"").unwrap();
        let (_, after) = claims.split_once("],").unwrap();
        let old = format!("{before}\"former_nick\": \"bob\", \"former_since\": 10,{after}");
        std::fs::write(&path, old).unwrap();
        assert_eq!(KnownPeers::load(&path).unwrap(), peers);
        // What such a version took for another name has no claim to what is left of it.
        let mut peers = KnownPeers::default();
        peers.met([1; 32], &nick("mallory"), 5);
        peers.met([2; 32], &nick("bob"), 20);
        peers.met([1; 32], &nick("mallory"), 30);
        peers.save(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("mallory", "✓bob")).unwrap();
        let loaded = KnownPeers::load(&path).unwrap();
        assert_eq!((loaded.find("bob").len(), loaded.undoubted()), (2, vec![[2; 32]]));
    }

    #[test]
    fn damage_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("peers.json");
        for bad in ["", "{", r#"[{"id":"00"}]"#] {
            std::fs::write(&path, bad).unwrap();
            assert!(matches!(KnownPeers::load(&path), Err(ProfileError::Damaged { .. })), "{bad}");
        }
    }
}

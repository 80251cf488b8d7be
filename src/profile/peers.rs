//! The peers met so far, as known hosts in SSH: which key used which nickname, and whose words were compared.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::hex::{hex, unhex};
use super::{ProfileError, file};
use crate::chat::{Millis, Nick, PeerId};

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
    /// The user has compared its words.
    pub verified: bool,
    /// When it was met for the first time.
    pub first_met: Millis,
    /// When it was met last.
    pub last_met: Millis,
}

impl KnownPeer {
    fn passes(&self) -> bool {
        !self.verified && self.last_met.saturating_sub(self.first_met) < PASSING
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
    first_met: Millis,
    last_met: Millis,
}

impl KnownPeers {
    /// Every peer, by id.
    pub fn iter(&self) -> impl Iterator<Item = (PeerId, &KnownPeer)> {
        self.0.iter().map(|(id, peer)| (*id, peer))
    }

    /// Notes that the owner of `public` was met at `now` under `nick`.
    pub fn met(&mut self, public: [u8; 32], nick: &Nick, now: Millis) {
        let new = KnownPeer { public, nick: nick.clone(), verified: false, first_met: now, last_met: now };
        let peer = self.0.entry(PeerId::of_key(&public)).or_insert(new);
        peer.nick = nick.clone();
        peer.last_met = peer.last_met.max(now);
        let passers = self.0.iter().filter(|(_, p)| p.passes());
        if self.0.len() > MAX_PASSERS && passers.clone().count() > MAX_PASSERS {
            let oldest = passers.min_by_key(|(_, p)| p.last_met).map(|(id, _)| *id);
            oldest.and_then(|id| self.0.remove(&id));
        }
        if self.0.len() > MAX_PEERS {
            let oldest = self.0.iter().min_by_key(|(_, p)| (p.verified, p.last_met)).map(|(id, _)| *id);
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
        if let Some(peer) = self.0.get_mut(&id) {
            peer.verified = true;
        }
    }

    /// Forgets a peer: when met again it is new.
    pub fn forget(&mut self, id: PeerId) {
        self.0.remove(&id);
    }

    /// The peers that a user can mean by `nick`, `nick~3f9a` or an id; case does not matter.
    pub fn find(&self, name: &str) -> Vec<(PeerId, &KnownPeer)> {
        let lower = name.to_lowercase();
        let means = |id: PeerId, peer: &KnownPeer| {
            let nick = peer.nick.as_str().to_lowercase();
            id.to_string() == lower || nick == lower || format!("{nick}~{}", id.short()) == lower
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
        Self {
            id: id.to_string(),
            public_key: hex(&peer.public).to_string(),
            nick: peer.nick.to_string(),
            verified: peer.verified,
            first_met: peer.first_met,
            last_met: peer.last_met,
        }
    }

    /// The peer, none if the entry cannot be one.
    fn peer(&self) -> Option<(PeerId, KnownPeer)> {
        let public = *unhex(&self.public_key)?;
        let id = PeerId::of_key(&public);
        let nick = Nick::from_login(&self.nick); // also when an older version allowed more
        let Self { verified, first_met, last_met, .. } = *self;
        (id.to_string() == self.id).then_some((id, KnownPeer { public, nick, verified, first_met, last_met }))
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
    fn damage_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("peers.json");
        for bad in ["", "{", r#"[{"id":"00"}]"#] {
            std::fs::write(&path, bad).unwrap();
            assert!(matches!(KnownPeers::load(&path), Err(ProfileError::Damaged { .. })), "{bad}");
        }
    }
}

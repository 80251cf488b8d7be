//! Who is here: the peers that were heard, under which names, and since when they are silent.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::direct::Incoming;
use super::event::{Millis, Peer, PeerState, Trust};
use super::id::PeerId;
use super::identity::PublicKey;
use super::limits::{BEACON_MIN, GONE_AFTER, MAX_PEERS, QUIET_AFTER};
use super::nick::Nick;
use super::seal::PairKey;
use super::time::earliest;
use super::words::words;
use crate::text::SafeText;

/// What is known of a peer.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: PublicKey,
    pub(super) nick: Nick,
    /// The name to show.
    pub(super) name: SafeText,
    pub(super) host: SafeText,
    pub(super) version: SafeText,
    /// Address and port of its reply slot.
    pub(super) address: SocketAddr,
    pub(super) address_seen: Duration,
    /// Frames that came from other addresses since one came from this.
    pub(super) elsewhere: u32,
    pub(super) epoch: u32,
    /// Highest count of a frame in this epoch.
    pub(super) count: u32,
    pub(super) interval: Duration,
    pub(super) last_heard: Duration,
    /// It shows its nickname with the suffix of its own accord.
    pub(super) yields: bool,
    pub(super) unlisted: bool,
    /// Here or quiet; none when it has left.
    pub(super) state: Option<PeerState>,
    /// The epoch in which it said goodbye.
    pub(super) goodbye: u32,
    /// When it is asked for a sign of life, and how often it was.
    pub(super) inquiry: (Duration, u32),
    pub(super) trust: Trust,
    pub(super) rtt: Option<Duration>,
    pub(super) since: Millis,
    pub(super) arrived: bool,
    /// Rises with every peer that is met: who was here first.
    pub(super) order: u64,
    pub(super) pair: Option<PairKey>,
    pub(super) incoming: Incoming,
    /// It holds this node's own lines below this number, as its beacon showed.
    pub(super) holds: u32,
    /// Its latest signed frame, to be passed on so that its lines can be checked when it has left.
    pub(super) card: Box<[u8]>,
    /// The address where it has got a challenge: it is there.
    pub(super) proved: Option<SocketAddr>,
    /// What it has to answer before it is served.
    pub(super) challenge: Option<Challenge>,
    /// When it may next be served with what it missed.
    pub(super) served: Duration,
}

/// Sent to an address that a peer says it has: only who is there can send it back.
#[derive(Debug)]
pub(super) struct Challenge {
    pub(super) nonce: [u8; 8],
    pub(super) address: SocketAddr,
    /// What it has asked for meanwhile.
    pub(super) question: Box<[u8]>,
}

impl Entry {
    pub(super) fn listed(&self) -> bool {
        self.state.is_some() && !self.unlisted
    }

    pub(super) fn view(&self, id: PeerId) -> Peer {
        Peer {
            id,
            nick: self.nick.clone(),
            name: self.name.clone(),
            host: self.host.clone(),
            address: self.address.ip(),
            state: self.state.unwrap_or(PeerState::Quiet),
            version: self.version.clone(),
            trust: self.trust,
            words: words(&self.key.to_bytes()),
            rtt: self.rtt,
            since: self.since,
            arrived: self.arrived,
        }
    }

    /// When its silence next means something.
    fn deadline(&self, floor: Duration) -> Option<Duration> {
        let interval = self.interval.max(floor);
        match self.state? {
            PeerState::Here => Some(self.last_heard + interval * QUIET_AFTER),
            PeerState::Quiet => Some(self.inquiry.0.min(self.last_heard + interval * GONE_AFTER)),
        }
    }
}

/// All peers.
#[derive(Debug, Default)]
pub(super) struct Roster {
    peers: HashMap<PeerId, Entry>,
    by_name: HashMap<Arc<str>, Vec<PeerId>>,
    live: usize,
    met: u64,
    /// No peer's silence means anything before this.
    sweep: Option<Duration>,
    /// The mean interval between beacons as the segment's size is known here. Who knew less of it when it told its own
    /// may keep silent for longer than that.
    pub(super) floor: Duration,
}

impl Roster {
    pub(super) fn get(&self, id: PeerId) -> Option<&Entry> {
        self.peers.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: PeerId) -> Option<&mut Entry> {
        self.peers.get_mut(&id)
    }

    /// Nodes on the segment that beacon: the listed peers and this one.
    pub(super) fn live(&self) -> usize {
        self.live + 1
    }

    pub(super) fn listed(&self) -> impl Iterator<Item = (PeerId, &Entry)> {
        self.peers.iter().filter(|(_, e)| e.listed()).map(|(id, e)| (*id, e))
    }

    /// First four bytes of the ids of those heard in this epoch of theirs.
    pub(super) fn heard(&self) -> Vec<u8> {
        let mut ids: Vec<PeerId> = self.listed().map(|(id, _)| id).collect();
        ids.sort_unstable();
        ids.iter().flat_map(|id| id.0.into_iter().take(4)).collect()
    }

    /// Notes a peer. When the table is full, one that has left makes room; otherwise it is not noted.
    pub(super) fn insert(&mut self, id: PeerId, mut entry: Entry) -> bool {
        if self.peers.len() >= MAX_PEERS {
            let silent =
                self.peers.iter().filter(|(_, e)| e.state.is_none()).min_by_key(|(_, e)| e.last_heard);
            let Some(victim) = silent.map(|(id, _)| *id) else { return false };
            if let Some(old) = self.peers.remove(&victim) {
                self.unname(victim, &old.nick.skeleton());
            }
        }
        self.met += 1;
        entry.order = self.met;
        self.by_name.entry(entry.nick.skeleton()).or_default().push(id);
        self.live += usize::from(entry.listed());
        self.touch(entry.deadline(self.floor));
        self.peers.insert(id, entry);
        true
    }

    /// Changes whether a peer is here.
    pub(super) fn set_state(&mut self, id: PeerId, state: Option<PeerState>, unlisted: bool) {
        let Some(entry) = self.peers.get_mut(&id) else { return };
        let before = entry.listed();
        (entry.state, entry.unlisted) = (state, unlisted);
        let (after, deadline) = (entry.listed(), entry.deadline(self.floor));
        self.live = self.live + usize::from(after) - usize::from(before);
        self.touch(deadline);
    }

    pub(super) fn rename(&mut self, id: PeerId, nick: Nick) {
        let Some(entry) = self.peers.get_mut(&id) else { return };
        let old = std::mem::replace(&mut entry.nick, nick);
        let new = entry.nick.skeleton();
        self.unname(id, &old.skeleton());
        self.by_name.entry(new).or_default().push(id);
    }

    fn unname(&mut self, id: PeerId, skeleton: &str) {
        if let Some(ids) = self.by_name.get_mut(skeleton) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_name.remove(skeleton);
            }
        }
    }

    /// Everybody whose nickname readers would take for this one, who came first first.
    pub(super) fn namesakes(&self, skeleton: &str) -> Vec<PeerId> {
        let mut ids = self.by_name.get(skeleton).cloned().unwrap_or_default();
        ids.sort_by_key(|id| self.peers.get(id).map(|e| e.order));
        ids
    }

    /// Works out the names to show for all with this nickname, and returns whose has changed.
    pub(super) fn name(&mut self, skeleton: &str, mine: bool) -> Vec<PeerId> {
        let ids = self.namesakes(skeleton);
        let plain = |e: &Entry| e.listed() && !e.yields;
        let holder = ids.iter().find(|id| !mine && self.peers.get(id).is_some_and(plain)).copied();
        let mut changed = Vec::new();
        for id in ids {
            let Some(entry) = self.peers.get_mut(&id) else { continue };
            let contested = mine || holder.is_some();
            let name = if holder == Some(id) || !(contested || entry.yields) {
                entry.nick.as_safe().clone()
            } else {
                suffixed(&entry.nick, id)
            };
            if name != entry.name {
                entry.name = name;
                changed.push(id);
            }
        }
        changed
    }

    fn touch(&mut self, deadline: Option<Duration>) {
        self.sweep = earliest(self.sweep, deadline);
    }

    /// When [`Roster::silent`] has something to do.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.sweep
    }

    /// The peers whose silence means something now.
    pub(super) fn silent(&mut self, now: Duration) -> Vec<PeerId> {
        if self.sweep.is_none_or(|at| at > now) {
            return Vec::new();
        }
        self.sweep = None;
        // The larger the segment, the later silence may be noticed: nobody looks through thousands each millisecond.
        let soonest = now + self.floor.saturating_sub(BEACON_MIN) / 64;
        let mut due = Vec::new();
        for (id, entry) in &self.peers {
            match entry.deadline(self.floor) {
                Some(at) if at <= now => due.push(*id),
                at => self.sweep = earliest(self.sweep, at.map(|at| at.max(soonest))),
            }
        }
        due.sort_unstable();
        due
    }

    /// Looks at a peer's silence again, after it was dealt with.
    pub(super) fn resume(&mut self, id: PeerId) {
        let deadline = self.peers.get(&id).and_then(|e| e.deadline(self.floor));
        self.touch(deadline);
    }

    /// After a suspend nobody's silence counts.
    pub(super) fn forgive(&mut self, now: Duration) {
        for entry in self.peers.values_mut().filter(|e| e.state.is_some()) {
            entry.last_heard = now;
        }
    }
}

/// The nickname with the suffix that tells it from its namesakes.
pub(super) fn suffixed(nick: &Nick, id: PeerId) -> SafeText {
    SafeText::line(&format!("{nick}~{}", id.short()))
}

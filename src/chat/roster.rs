//! Who is here: the peers that were heard, under which names, and since when they are silent.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

use super::acquaintance::Claim;
use super::doubts::Doubts;
use super::envelope::RoomTag;
use super::event::{Millis, Peer, PeerState, Trust};
use super::id::PeerId;
use super::identity::PublicKey;
use super::limits::{
    BEACON_MIN, GONE_AFTER, MAX_HALVES, MAX_NEWCOMERS, MAX_PEERS, QUIET_AFTER, SETTLED_AFTER,
};
use super::locked::Proof;
use super::name_index::NameIndex;
use super::nick::Nick;
use super::private::incoming::Incoming;
use super::room::RoomName;
use super::seal::PairKey;
use super::time::earliest;
use super::words::words;
use crate::text::SafeText;

/// What is known of a peer.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they have nothing to do with each other")]
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
    /// Private lines to it are sealed in a session, as its latest beacon says.
    pub(super) sessions: bool,
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
    /// The rooms that it is in: open ones, and locked ones whose key this node has, too.
    pub(super) rooms: Vec<RoomName>,
    /// The locked rooms that it says it is in, each with what proves that.
    pub(super) claims: Vec<(RoomTag, Proof)>,
    /// It is away, and perhaps why.
    pub(super) away: Option<SafeText>,
    /// The user wants to hear nothing of it.
    pub(super) ignored: bool,
    /// When it was last heard to be typing.
    pub(super) typing: Option<Duration>,
    /// How far its clock is behind this node's, as its latest beacon showed; 0 where it is ahead.
    pub(super) lag: Millis,
    /// When it was met, as long as it has only shown that it exists. None when it has settled: it was known before, has spoken,
    /// proved its address, or stayed.
    pub(super) newcomer: Option<Duration>,
    /// Epoch and number of its latest question that this node has taken.
    pub(super) question: (u32, u32),
    /// The nickname that it is listed under, and since when in this run; none as long as it was not.
    pub(super) claimed: Option<Claim>,
    /// What speaks against its name.
    pub(super) doubts: Doubts,
}

/// Sent to an address that a peer says it has: only who is there can send it back.
#[derive(Debug)]
pub(super) struct Challenge {
    pub(super) nonce: [u8; 8],
    pub(super) address: SocketAddr,
    /// How far its clock seems to be behind, if it is there.
    pub(super) lag: Millis,
    /// What it has asked for meanwhile.
    pub(super) question: Box<[u8]>,
}

impl Entry {
    pub(super) fn listed(&self) -> bool {
        self.state.is_some() && !self.unlisted
    }

    /// What it is listed under, if it goes by that nickname still.
    pub(super) fn claims_nick(&self) -> Option<&Claim> {
        self.claimed.as_ref().filter(|claim| claim.nick.is_same_as(&self.nick))
    }

    /// How far to believe that it is who it says.
    pub(super) fn shown_trust(&self) -> Trust {
        if self.doubts.other.is_some() { Trust::Doubtful } else { self.trust }
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
            trust: self.shown_trust(),
            words: words(&self.key.to_bytes()),
            rtt: self.rtt,
            since: self.since,
            arrived: self.arrived,
            rooms: self.rooms.clone(),
            away: self.away.clone(),
            ignored: self.ignored,
            doubts: self.doubts.clone(),
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
    by_name: NameIndex,
    live: usize,
    /// Those who have not settled.
    newcomers: Vec<PeerId>,
    /// Those of whom parts of a private line wait for others.
    halves: VecDeque<PeerId>,
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

    /// Who must be forgotten before another peer, who is `known` from earlier runs or not, can be noted. None where there is
    /// room, or where nobody may be forgotten.
    pub(super) fn crowded(&self, known: bool, rng: &mut StdRng) -> Option<PeerId> {
        let full = self.peers.len() >= MAX_PEERS;
        if !self.newcomers.is_empty() && (full || !known && self.newcomers.len() >= MAX_NEWCOMERS) {
            // A random one, so that nobody can choose; rather one that has left, if a few tries find one.
            let gone = |id: &&PeerId| self.peers.get(id).is_none_or(|e| e.state.is_none());
            let mut random = || self.newcomers.get(rng.random_range(0..self.newcomers.len()));
            let any = random();
            return (0..8).filter_map(|_| random()).find(gone).or(any).copied();
        }
        let silent = |(_, e): &(&PeerId, &Entry)| e.state.is_none() && e.trust == Trust::New;
        let victim = || self.peers.iter().filter(silent).min_by_key(|(_, e)| e.last_heard).map(|(id, _)| *id);
        full.then(victim).flatten()
    }

    /// Parts of a private line of `id` may wait for others. When those of too many peers do, one forgets them: rather who was
    /// never met before.
    pub(super) fn note_half(&mut self, id: PeerId) {
        let waits = |id: &PeerId| self.peers.get(id).is_some_and(|e| e.incoming.waits());
        if !waits(&id) || self.halves.contains(&id) {
            return;
        }
        self.halves.retain(waits);
        self.halves.push_back(id);
        if self.halves.len() > MAX_HALVES {
            let new = |id: &PeerId| self.peers.get(id).is_some_and(|e| e.trust == Trust::New);
            let victim = self.halves.iter().position(new).unwrap_or(0);
            if let Some(entry) = self.halves.remove(victim).and_then(|id| self.peers.get_mut(&id)) {
                entry.incoming.shed();
            }
        }
    }

    /// Forgets a peer.
    pub(super) fn remove(&mut self, id: PeerId) {
        let Some(old) = self.peers.remove(&id) else { return };
        self.live -= usize::from(old.listed());
        self.newcomers.retain(|other| *other != id);
        self.by_name.remove(id, &old.nick);
    }

    /// A peer has shown more than that it exists: no newcomer takes its place.
    pub(super) fn settle(&mut self, id: PeerId) {
        if self.peers.get_mut(&id).is_some_and(|e| e.newcomer.take().is_some()) {
            self.newcomers.retain(|other| *other != id);
        }
    }

    /// The same, where it has been heard for long enough.
    pub(super) fn settle_in_time(&mut self, id: PeerId, now: Duration) {
        if self.peers.get(&id).and_then(|e| e.newcomer).is_some_and(|met| now >= met + SETTLED_AFTER) {
            self.settle(id);
        }
    }

    /// Notes a peer. When the table is full, it is not noted.
    pub(super) fn insert(&mut self, id: PeerId, mut entry: Entry) -> bool {
        if self.peers.len() >= MAX_PEERS {
            return false;
        }
        self.met += 1;
        if entry.newcomer.is_some() {
            self.newcomers.push(id);
        }
        entry.order = self.met;
        self.by_name.insert(id, &entry.nick);
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

    /// Gives a peer another nickname. It comes last of all who have it.
    pub(super) fn rename(&mut self, id: PeerId, nick: Nick) {
        let Some(entry) = self.peers.get_mut(&id) else { return };
        let old = std::mem::replace(&mut entry.nick, nick);
        if !old.is_same_as(&entry.nick) {
            self.met += 1;
            entry.order = self.met;
        }
        self.by_name.remove(id, &old);
        self.by_name.insert(id, &entry.nick);
    }

    /// Everybody whose nickname is the same, who came first first.
    pub(super) fn namesakes(&self, skeleton: &str) -> Vec<PeerId> {
        let called = |id: &PeerId| self.peers.get(id).is_some_and(|e| *e.nick.skeleton() == *skeleton);
        let mut ids: Vec<PeerId> = self.by_name.with_look(skeleton).iter().copied().filter(called).collect();
        ids.sort_by_key(|id| self.peers.get(id).map(|e| e.order));
        ids
    }

    /// Since when a peer is listed under this nickname.
    pub(super) fn since(&self, id: PeerId, nick: &Nick) -> Option<Millis> {
        let claim = self.peers.get(&id)?.claimed.as_ref()?;
        claim.nick.is_same_as(nick).then_some(claim.since)
    }

    /// Everybody whose nickname readers could take for this one.
    pub(super) fn resembling(&self, nick: &Nick) -> Vec<PeerId> {
        self.by_name.resembling(nick)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Identity;

    fn entry(n: u16) -> (PeerId, Entry) {
        let mut secret = [7; 32];
        secret[..2].copy_from_slice(&n.to_be_bytes());
        let identity = Identity::from_secret(&secret);
        let nick: Nick = "bob".parse().unwrap();
        let entry = Entry {
            key: PublicKey::from_bytes(&identity.public()).unwrap(),
            name: nick.as_safe().clone(),
            nick,
            host: SafeText::default(),
            version: SafeText::default(),
            address: ([10, 0, 0, 1], 1).into(),
            address_seen: Duration::ZERO,
            elsewhere: 0,
            epoch: 1,
            count: 0,
            interval: BEACON_MIN,
            last_heard: Duration::ZERO,
            yields: false,
            unlisted: false,
            sessions: false,
            state: None,
            goodbye: 0,
            inquiry: (Duration::ZERO, 0),
            trust: Trust::New,
            rtt: None,
            since: 0,
            arrived: false,
            order: 0,
            pair: None,
            incoming: Incoming::default(),
            holds: 0,
            card: Box::default(),
            proved: None,
            challenge: None,
            served: Duration::ZERO,
            rooms: Vec::new(),
            claims: Vec::new(),
            away: None,
            ignored: false,
            typing: None,
            lag: 0,
            newcomer: None,
            question: (0, 0),
            claimed: None,
            doubts: Doubts::default(),
        };
        (identity.id(), entry)
    }

    #[test]
    fn halves_of_private_lines_are_bounded_and_those_of_friends_stay() {
        let mut roster = Roster::default();
        let mut ids = Vec::new();
        for n in 0..300 {
            let (id, mut entry) = entry(n);
            entry.trust = if n == 0 { Trust::Known } else { Trust::New };
            assert!(roster.insert(id, entry));
            roster.get_mut(id).unwrap().incoming.insert(1, (1, 1), (0, 255), "one of many");
            roster.note_half(id);
            ids.push(id);
        }
        let waits = |id: &PeerId| roster.get(*id).unwrap().incoming.waits();
        assert_eq!(ids.iter().filter(|id| waits(id)).count(), MAX_HALVES);
        assert!(waits(&ids[0]));
    }
}

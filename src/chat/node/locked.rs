//! Locked rooms: joining with a key, who else is in them, and saying when nobody is.

use super::super::datagram::RoomRef;
use super::super::error::JoinError;
use super::super::event::{Event, Kind};
use super::super::id::PeerId;
use super::super::limits::MAX_CLOCK_AHEAD;
use super::super::locked::{ContentKind, LockNews, Proof, RoomKey};
use super::super::room::RoomName;
use super::super::wording;
use super::{LineMeta, Node, Now};
use crate::text::SafeText;

impl Node {
    /// Joins the locked room of this name and key, or, where it was joined with another key, that one instead. What is held of it
    /// is shown first. The key is kept in memory when the room is left, so that [`Node::join`] opens it again.
    pub fn join_locked(&mut self, now: Now, room: RoomName, key: RoomKey) -> Result<(), JoinError> {
        self.clock(now);
        let room = room.to_locked();
        if room.to_open().is_lobby() {
            return Err(JoinError::Lobby);
        }
        let rooms = &self.rooms;
        if !self.locked.note(room, |room| rooms.in_it(room)) {
            return Err(JoinError::TooMany);
        }
        let new = self.rooms.join(room)?;
        let other = self.locked.unlock(now.mono, room, key);
        if new || other {
            self.meet_members(now);
            self.status.changed(now.mono);
            self.tell_status(now);
            self.show_held(now, room);
        }
        Ok(())
    }

    /// Notes a locked room of an earlier run, whose passphrase the user has to give again, and says so.
    pub fn expect_locked(&mut self, room: RoomName) {
        let room = room.to_locked();
        let rooms = &self.rooms;
        if self.locked.note(room, |room| rooms.in_it(room)) && self.locked.key(room).is_none() {
            self.events.push_back(Event::Lock { room, news: LockNews::Wanted });
        }
    }

    /// Gives a locked room another passphrase: the others in it are told that it has changed, not to what. From now on this node is
    /// in the room of the new one.
    pub fn change_lock(&mut self, now: Now, room: RoomName, key: RoomKey) -> Result<(), JoinError> {
        self.clock(now);
        let room = room.to_locked();
        let told = self.say_sealed(now, room, ContentKind::NewPassphrase, "", None);
        told.map_err(|_| JoinError::Locked(room))?;
        self.join_locked(now, room, key)
    }

    /// Joins a locked room whose key is known.
    pub(super) fn join_again(&mut self, now: Now, room: RoomName) -> Result<(), JoinError> {
        if self.locked.key(room).is_none() {
            return Err(JoinError::Locked(room));
        }
        if self.rooms.join(room)? {
            self.status.changed(now.mono);
            self.tell_status(now);
            self.show_held(now, room);
        }
        Ok(())
    }

    /// How the datagrams of a room name it. None for a locked room whose key is not known.
    pub(super) fn room_ref(&self, room: RoomName) -> Option<RoomRef> {
        if room.is_locked() {
            return self.locked.key(room).map(|key| RoomRef::Sealed(key.tag()));
        }
        Some(RoomRef::Open(room.tag()))
    }

    /// What a line of a locked room, which could be opened, changes.
    pub(super) fn note_locked(
        &mut self,
        now: Now,
        author: PeerId,
        name: RoomName,
        meta: &LineMeta,
        text: &str,
    ) {
        if author != self.id() {
            self.locked.company(name);
        }
        let Some(own) = self.locked.get_mut(name) else { return };
        let sane = meta.stamp.millis() <= now.wall + MAX_CLOCK_AHEAD;
        let topic = wording::parse_topic(text).filter(|_| meta.kind == Kind::Topic && sane);
        if let Some((_, topic)) = topic.filter(|_| own.topic_by < Some((meta.stamp, author))) {
            (own.topic, own.topic_by) = (topic, Some((meta.stamp, author)));
        }
        own.last = own.last.max(Some(meta.stamp.clamped(now.wall).millis()));
    }

    /// What a line of a locked room says besides its text.
    pub(super) fn tell_changed(&mut self, meta: &LineMeta, by: &SafeText) {
        if let Some(room) = meta.opened.filter(|_| meta.changes) {
            self.events.push_back(Event::Lock { room, news: LockNews::Changed { by: by.clone() } });
        }
    }

    /// The locked rooms of this node that a peer has shown to be in, as it last told.
    pub(super) fn shared_with(&mut self, now: Now, peer: PeerId) -> Vec<RoomName> {
        let Some(entry) = self.roster.get(peer) else { return Vec::new() };
        let member = |(tag, proof): &([u8; 4], Proof)| {
            let mut keys = self.locked.tagged(*tag);
            keys.find(|(_, key)| key.proves(peer, entry.epoch, *proof)).map(|(name, _)| name)
        };
        let all: Vec<Option<RoomName>> = entry.claims.iter().map(member).collect();
        if all.contains(&None) {
            self.locked.foreign(now.mono);
        }
        let shared: Vec<RoomName> = all.into_iter().flatten().collect();
        for name in &shared {
            self.locked.company(*name);
        }
        shared
    }

    /// What this node tells of the locked rooms that it is in.
    pub(super) fn lock_claims(&self) -> Vec<([u8; 4], Proof)> {
        let key = |room: &RoomName| self.locked.key(*room);
        let keys = self.rooms.joined().filter_map(key);
        keys.map(|key| (key.tag(), key.proof(self.id(), self.config.epoch))).collect()
    }

    /// A key has come or changed: who is in its room is seen anew.
    fn meet_members(&mut self, now: Now) {
        let ids: Vec<PeerId> =
            self.roster.listed().filter(|(_, e)| !e.claims.is_empty()).map(|(id, _)| id).collect();
        for id in ids {
            let shared = self.shared_with(now, id);
            let Some(entry) = self.roster.get_mut(id) else { continue };
            let mut rooms: Vec<RoomName> =
                entry.rooms.iter().filter(|room| !room.is_locked()).copied().collect();
            rooms.extend(shared);
            rooms.sort_unstable();
            if rooms != entry.rooms {
                entry.rooms = rooms;
                self.events.push_back(Event::Changed(entry.view(id)));
            }
        }
    }

    /// Says of which locked rooms nobody else has the passphrase.
    pub(super) fn doubt_locks(&mut self, now: Now) {
        for room in self.locked.alone(now.mono) {
            if self.rooms.in_it(room) {
                self.events.push_back(Event::Lock { room, news: LockNews::Alone });
            }
        }
    }
}

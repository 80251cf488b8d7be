//! What a node tells of itself besides being there: rooms, being away, typing. And whom its user does not want to hear.

use std::net::IpAddr;

use super::super::datagram::RoomRef;
use super::super::direct::Content;
use super::super::envelope::{RoomTag, cut};
use super::super::event::{Event, PeerState};
use super::super::frame::{self, Body, Frame, Status};
use super::super::id::PeerId;
use super::super::limits::{MAX_AWAY, SMALL_SEGMENT, TYPING_EVERY, TYPING_LEAST};
use super::super::outbox::{Destination, Slot};
use super::super::room::RoomName;
use super::{Node, Now};
use crate::text::SafeText;

impl Node {
    /// Tells others that the user is away, with a text of at most [`MAX_AWAY`] bytes, or back.
    pub fn set_away(&mut self, now: Now, away: Option<&str>) {
        self.clock(now);
        let start = |text: &str| cut(text, MAX_AWAY).first().copied().unwrap_or_default().to_owned();
        let away = away.map(|text| SafeText::line(&start(SafeText::line(text).as_str())));
        if away != self.status.away {
            self.status.away = away;
            self.status.changed(now.mono);
            self.tell_status(now);
        }
    }

    /// Whether the user is away, as others are told.
    pub fn away(&self) -> Option<&SafeText> {
        self.status.away.as_ref()
    }

    /// Sends what others should know of rooms and absence, where it is due.
    pub(super) fn tell_status(&mut self, now: Now) {
        let empty = self.status.away.is_none() && self.rooms.joined().next().is_none();
        let live = self.live();
        if self.left || !self.status.due(now.mono, live, empty, &mut self.rng) {
            return;
        }
        let rooms: Vec<RoomName> = self.rooms.joined().copied().collect();
        let away = self.status.away.clone();
        let status = Status {
            rooms: rooms.iter().filter(|room| !room.is_locked()).map(RoomName::as_str).collect(),
            locked: self.lock_claims(),
            away: away.as_ref().map(SafeText::as_str),
        };
        self.send_frame(Body::Status(status));
    }

    fn send_frame(&mut self, body: Body<'_>) {
        self.frames += 1;
        let frame = Frame { flags: 0, sender: self.id(), epoch: self.config.epoch, count: self.frames, body };
        let data = frame.emit(&self.identity);
        self.outbox.urgent(Destination::Segment, Slot::Sync, data);
    }

    /// Tells the others in a room that the user is typing there. Call it as often as keys come: it is sent once in
    /// [`TYPING_EVERY`], and not in the lobby of a large segment.
    pub fn typing(&mut self, now: Now, room: RoomName) {
        self.clock(now);
        let crowd = room.is_lobby() && self.live() > SMALL_SEGMENT;
        let Some(RoomRef::Open(tag) | RoomRef::Sealed(tag)) = self.room_ref(room) else { return };
        if self.rooms.in_it(room) && !crowd && self.may_type(now) {
            self.send_frame(Body::Typing(tag));
        }
    }

    /// As [`Node::typing`], of a private line.
    pub fn typing_to(&mut self, now: Now, peer: PeerId) {
        self.clock(now);
        if self.roster.get(peer).is_some_and(|e| e.state.is_some()) && self.may_type(now) {
            self.send_sealed(peer, Content::Typing { id: 0 });
        }
    }

    fn may_type(&mut self, now: Now) -> bool {
        let may = !self.left && self.typed.is_none_or(|at| now.mono >= at + TYPING_EVERY);
        if may {
            self.typed = Some(now.mono);
        }
        may
    }

    /// A frame of a peer that is known, other than beacon and goodbye: whether it is new and its sender's own.
    fn is_news(&mut self, now: Now, payer: IpAddr, frame: &Frame<'_>, data: &[u8]) -> bool {
        let Some(entry) = self.roster.get(frame.sender) else { return false };
        let (new, key) = (frame.epoch == entry.epoch && frame.count > entry.count, entry.key.clone());
        if !new || !self.admits_from(now, payer) || !frame::verify(data, &key, &self.config.checks) {
            return false;
        }
        self.genuine(now, payer);
        self.note_loss(frame);
        if let Some(entry) = self.roster.get_mut(frame.sender) {
            entry.count = frame.count;
        }
        self.alive(now, (frame.sender, frame.epoch), false);
        true
    }

    /// A peer tells which rooms it is in, and whether it is away.
    pub(super) fn hear_status(
        &mut self,
        now: Now,
        payer: IpAddr,
        frame: &Frame<'_>,
        status: &Status<'_>,
        data: &[u8],
    ) {
        if !self.is_news(now, payer, frame, data) {
            return;
        }
        if let Some(entry) = self.roster.get_mut(frame.sender) {
            entry.claims.clone_from(&status.locked);
        }
        let shared = self.shared_with(now, frame.sender);
        let mut rooms: Vec<RoomName> = status.rooms.iter().filter_map(|name| name.parse().ok()).collect();
        rooms.extend(shared);
        rooms.sort_unstable();
        rooms.dedup();
        let Some(entry) = self.roster.get_mut(frame.sender) else { return };
        let away = status.away.map(SafeText::line);
        if entry.rooms != rooms || entry.away != away {
            for room in rooms.iter().filter(|room| !room.is_locked()) {
                self.rooms.learn(*room);
            }
            (entry.rooms, entry.away) = (rooms, away);
            if entry.listed() {
                self.events.push_back(Event::Changed(entry.view(frame.sender)));
            }
        }
    }

    /// A peer is typing in a room. Who says so too often is not listened to, lest each costs a signature check.
    pub(super) fn hear_typing(
        &mut self,
        now: Now,
        payer: IpAddr,
        frame: &Frame<'_>,
        tag: RoomTag,
        data: &[u8],
    ) {
        // Of a locked room only who has shown to be in it: its tag can be seen by everybody.
        let within = self.roster.get(frame.sender).map(|entry| entry.rooms.as_slice()).unwrap_or_default();
        let locked = self.locked.tagged(tag).map(|(name, _)| name).find(|name| within.contains(name));
        let known = locked.or_else(|| self.rooms.name(tag)).filter(|room| self.rooms.in_it(*room));
        let Some(room) = known.filter(|_| !self.ignored.contains(&frame.sender)) else { return };
        if self.types_again(now, frame.sender) && self.is_news(now, payer, frame, data) {
            self.is_typing(now, frame.sender, Some(room));
        }
    }

    /// A peer is typing a private line.
    pub(super) fn hear_typing_here(&mut self, now: Now, peer: PeerId) {
        if self.types_again(now, peer) && !self.ignored.contains(&peer) {
            self.is_typing(now, peer, None);
        }
    }

    fn types_again(&self, now: Now, peer: PeerId) -> bool {
        let last = self.roster.get(peer).and_then(|entry| entry.typing);
        last.is_none_or(|at| now.mono >= at + TYPING_LEAST)
    }

    fn is_typing(&mut self, now: Now, peer: PeerId, room: Option<RoomName>) {
        let Some(entry) = self.roster.get_mut(peer) else { return };
        entry.typing = Some(now.mono);
        if entry.state == Some(PeerState::Here) && !entry.unlisted {
            self.events.push_back(Event::Typing { peer, name: entry.name.clone(), room });
        }
    }

    /// From now on nothing that this peer says is shown, or it is again. Its lines are held for others all the same.
    pub fn ignore(&mut self, peer: PeerId, on: bool) {
        let changed = if on { self.ignored.insert(peer) } else { self.ignored.remove(&peer) };
        if let Some(entry) = self.roster.get_mut(peer).filter(|_| changed) {
            entry.ignored = on;
            if entry.listed() {
                self.events.push_back(Event::Changed(entry.view(peer)));
            }
        }
    }

    /// Whom the user does not want to hear.
    pub fn ignored(&self) -> Vec<PeerId> {
        let mut ids: Vec<PeerId> = self.ignored.iter().copied().collect();
        ids.sort_unstable();
        ids
    }
}

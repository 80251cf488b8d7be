//! What the user wants: to say something, to another or to all, under another name, to leave.

use std::net::Ipv4Addr;

use super::super::datagram::RoomRef;
use super::super::envelope::{Part, cut, prefix, room_for_text};
use super::super::error::SayError;
use super::super::event::{Event, Kind, Line, Millis, PingId, Trust};
use super::super::hlc::Stamp;
use super::super::id::{LineId, PeerId};
use super::super::limits::{GOODBYES, MAX_PARTS, MAX_PING, MAX_REACTION, MAX_TOPIC};
use super::super::locked::ContentKind;
use super::super::nick::Nick;
use super::super::outbox::{Destination, Slot};
use super::super::room::RoomName;
use super::super::wording;
use super::rooms::{Author, Complete};
use super::{LineMeta, Node, Now};
use crate::text::SafeText;

/// A line that is answered or reacted to, as the user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Which.
    pub line: LineId,
    /// Its author as shown.
    pub from: SafeText,
    /// What it says; its beginning is quoted.
    pub text: SafeText,
}

impl Answered {
    fn quote(&self) -> SafeText {
        wording::quote(self.from.as_str(), self.text.as_str())
    }
}

impl Node {
    /// Says a line in the lobby: speech or an action.
    pub fn say(&mut self, now: Now, kind: Kind, text: &str) -> Result<LineId, SayError> {
        self.say_in(now, RoomName::LOBBY, kind, text, None)
    }

    /// Says a line in a room that this node is in: speech or an action, perhaps in answer to another line.
    pub fn say_in(
        &mut self,
        now: Now,
        room: RoomName,
        kind: Kind,
        text: &str,
        about: Option<&Answered>,
    ) -> Result<LineId, SayError> {
        let text = sayable(text)?;
        let written = match about {
            Some(about) => wording::reply(&about.quote(), text.as_str()),
            None => text.into_string(),
        };
        self.broadcast(now, room, kind, &written, about.map(|about| about.line))
    }

    /// Says what a room is about, in at most [`MAX_TOPIC`] bytes.
    pub fn set_topic(&mut self, now: Now, room: RoomName, topic: &str) -> Result<LineId, SayError> {
        let topic = SafeText::line(topic.trim());
        if topic.as_str().len() > MAX_TOPIC {
            return Err(SayError::TooMuch { what: "a topic", limit: MAX_TOPIC });
        }
        if room.is_locked() {
            return self.broadcast(now, room, Kind::Topic, topic.as_str(), None);
        }
        self.broadcast(now, room, Kind::Topic, &wording::topic(room, &topic), None)
    }

    /// Reacts to a line with one grapheme; the same a second time takes it back.
    pub fn react(
        &mut self,
        now: Now,
        room: RoomName,
        grapheme: &str,
        to: &Answered,
    ) -> Result<LineId, SayError> {
        let grapheme = wording::one_grapheme(grapheme).ok_or(SayError::Reaction(MAX_REACTION))?;
        let written = wording::reaction(grapheme.as_str(), &to.quote());
        self.broadcast(now, room, Kind::Reaction, &written, Some(to.line))
    }

    fn broadcast(
        &mut self,
        now: Now,
        room: RoomName,
        kind: Kind,
        text: &str,
        about: Option<LineId>,
    ) -> Result<LineId, SayError> {
        self.clock(now);
        if room.is_locked() {
            return self.say_sealed(now, room, ContentKind::Line(kind), text, about);
        }
        if !self.rooms.in_it(room) {
            return Err(SayError::NotIn(room));
        }
        self.introduce(now);
        let prefix = prefix(kind, self.config.nick.as_str());
        let text = SafeText::clean(text);
        let pieces = cut(text.as_str(), room_for_text(prefix.len(), about.is_some()));
        let count = u8::try_from(pieces.len()).map_err(|_| too_long(&text, &pieces))?;
        let slot = if room.is_lobby() { Slot::Lobby } else { Slot::Room(room) };
        let stamp = self.hlc.tick(now.wall);
        let first = LineId { sender: self.id(), epoch: self.config.epoch, seq: self.next_seq };
        for (piece, index) in pieces.iter().zip(0..count) {
            let id = LineId { seq: self.next_seq, ..first };
            let text = &format!("{prefix}{piece}");
            let part = Part { text, kind, about, room: room.tag(), id, index, count, stamp };
            let data = part.emit(&self.identity);
            self.hold(now, self.my_run(), id.seq, &data);
            self.outbox.paced(Destination::Segment, slot, data, Some(id.seq));
            self.next_seq += 1;
        }
        let meta = LineMeta {
            kind,
            room: RoomRef::Open(room.tag()),
            opened: None,
            changes: false,
            stamp,
            about,
            address: (Ipv4Addr::UNSPECIFIED, 0).into(),
            received_at: now.wall,
        };
        self.show_own(now, first, room, &meta, text.as_str());
        Ok(first)
    }

    /// An own line has been queued: it is kept, told of, and shown.
    pub(super) fn show_own(&mut self, now: Now, first: LineId, room: RoomName, meta: &LineMeta, text: &str) {
        self.keep(self.my_run(), first.seq..self.next_seq);
        self.said(now, first.seq);
        self.note_room(now, first.sender, meta, text);
        let author = Author {
            from: self.own_name(),
            host: SafeText::line(&self.config.host.text()),
            trust: Trust::Verified,
            own: true,
        };
        let line = Complete { id: first, room, meta, text, late: false };
        self.events.push_back(Event::Line(line.shown(now, &author)));
    }

    pub(super) fn own_line(&self, wall: Millis, kind: Kind, text: SafeText, stamp: Stamp) -> Line {
        Line {
            id: None,
            room: RoomName::LOBBY.to_safe(),
            kind,
            from: self.own_name(),
            peer: Some(self.id()),
            host: SafeText::line(&self.config.host.text()),
            address: None,
            text,
            sent_at: stamp.millis(),
            received_at: wall,
            trust: Trust::Verified,
            private: false,
            to: None,
            late: false,
            own: true,
            about: None,
        }
    }

    /// Takes another nickname.
    pub fn set_nick(&mut self, now: Now, nick: Nick) {
        self.clock(now);
        if nick == self.config.nick {
            return;
        }
        let old = std::mem::replace(&mut self.config.nick, nick);
        self.yielding = false;
        self.presence.probe(now.mono);
        self.named = now.mono;
        self.look_again(now, &old, None);
        self.look_again(now, &self.config.nick.clone(), None);
        self.settle_own_name(now);
        self.announce(now);
    }

    /// The name under which others see this node.
    pub fn own_name(&self) -> SafeText {
        if self.yielding {
            super::names::suffixed(&self.config.nick, &self.id().short())
        } else {
            self.config.nick.as_safe().clone()
        }
    }

    /// Sends a ping with `size` extra bytes, at most [`MAX_PING`]. None where the peer is not here.
    pub fn ping(&mut self, now: Now, peer: PeerId, size: usize) -> Option<PingId> {
        self.clock(now);
        self.roster.get(peer).filter(|entry| entry.state.is_some())?;
        let id = self.pings.ping(now.mono, peer);
        self.send_ping(peer, id, size.min(MAX_PING));
        Some(id)
    }

    /// Says goodbye once; the driver calls this [`GOODBYES`](super::super::limits::GOODBYES) times, a little apart.
    pub fn leave(&mut self, now: Now) {
        self.clock(now);
        if !self.config.observer || self.next_seq > 1 {
            self.left = true;
            self.send_about_me(now, 0, true);
        }
    }

    /// Copies of a goodbye that are to be sent.
    pub const GOODBYES: u32 = GOODBYES;
}

/// What does not fit, and how much of it would: less than what the parts hold where characters are long.
pub(super) fn too_long(text: &SafeText, pieces: &[&str]) -> SayError {
    let limit = pieces.iter().take(MAX_PARTS).map(|piece| piece.len()).sum();
    SayError::TooLong { bytes: text.as_str().len(), limit }
}

pub(super) fn sayable(text: &str) -> Result<SafeText, SayError> {
    let clean = SafeText::clean(text.trim_end_matches(['\r', '\n']));
    if clean.as_str().trim().is_empty() { Err(SayError::Empty) } else { Ok(clean) }
}

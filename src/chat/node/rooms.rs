//! Open rooms: joining, leaving, listing them, and the lines that were held for who joins later.

use super::super::datagram::{Datagram, RoomRef};
use super::super::error::JoinError;
use super::super::event::{About, Event, Kind, Line, Trust};
use super::super::id::{LineId, PeerId};
use super::super::limits::MAX_CLOCK_AHEAD;
use super::super::locked::Own;
use super::super::room::{Room, RoomName};
use super::super::wording;
use super::{LineMeta, Node, Now};
use crate::text::SafeText;

/// How the author of a line is shown.
#[derive(Debug, Clone)]
pub(super) struct Author {
    pub(super) from: SafeText,
    pub(super) host: SafeText,
    pub(super) trust: Trust,
    pub(super) own: bool,
}

/// A line of a room that is complete.
#[derive(Debug, Clone, Copy)]
pub(super) struct Complete<'a> {
    pub(super) id: LineId,
    pub(super) room: RoomName,
    pub(super) meta: &'a LineMeta,
    /// As its author wrote it for all programs.
    pub(super) text: &'a str,
    pub(super) late: bool,
}

impl Complete<'_> {
    /// The line as it is shown.
    pub(super) fn shown(self, now: Now, author: &Author) -> Line {
        let (mut kind, mut quote, mut text) = (self.meta.kind, "", SafeText::clean(self.text));
        let whole = text.clone();
        match kind {
            Kind::Say | Kind::Action if self.meta.about.is_some() => {
                let answer;
                (quote, answer) = wording::parse_reply(whole.as_str());
                text = SafeText::clean(answer);
            }
            Kind::Topic => match wording::parse_topic(whole.as_str()) {
                Some((_, topic)) => text = topic,
                None => kind = Kind::Action,
            },
            Kind::Reaction => {
                match wording::parse_reaction(whole.as_str()).filter(|_| self.meta.about.is_some()) {
                    Some((grapheme, about)) => (text, quote) = (grapheme, about),
                    None => kind = Kind::Action,
                }
            }
            Kind::Say | Kind::Action => {}
        }
        Line {
            id: Some(self.id),
            room: self.room.to_safe(),
            kind,
            from: author.from.clone(),
            peer: Some(self.id.sender),
            host: author.host.clone(),
            address: Some(self.meta.address.ip()).filter(|ip| !ip.is_unspecified()),
            text,
            sent_at: self.meta.stamp.clamped(now.wall).millis(),
            received_at: self.meta.received_at,
            trust: author.trust,
            private: false,
            to: None,
            late: self.late,
            own: author.own,
            about: self.meta.about.map(|line| About { line, quote: SafeText::line(quote) }),
        }
    }
}

impl Node {
    /// Joins a room: its lines are shown from now on, those that are held first. Others are told.
    pub fn join(&mut self, now: Now, room: RoomName) -> Result<(), JoinError> {
        self.clock(now);
        if room.is_locked() {
            return self.join_again(now, room);
        }
        if self.rooms.join(room)? {
            self.status.changed(now.mono);
            self.tell_status(now);
            self.show_held(now, room);
        }
        Ok(())
    }

    /// Leaves a room: its lines are held but not shown. The lobby cannot be left.
    pub fn part(&mut self, now: Now, room: RoomName) {
        self.clock(now);
        self.locked.forget_wanted(room);
        if self.rooms.part(room) {
            self.status.changed(now.mono);
            self.tell_status(now);
        }
    }

    /// The rooms that this node is in, the lobby not counted, and the locked ones that it would be in if it had their
    /// passphrases.
    pub fn joined(&self) -> Vec<RoomName> {
        let wanted = self.locked.all().filter(|own| own.key.is_none()).map(|own| own.name);
        self.rooms.joined().copied().chain(wanted).collect()
    }

    /// The open rooms that were seen and the locked rooms of this node: the lobby first, then by name.
    pub fn rooms(&self) -> Vec<Room> {
        let here: Vec<(PeerId, &[RoomName])> =
            self.roster.listed().map(|(id, entry)| (id, entry.rooms.as_slice())).collect();
        let members = |name: RoomName| {
            let within = here.iter().filter(|(_, rooms)| name.is_lobby() || rooms.contains(&name));
            let mut members: Vec<PeerId> = within.map(|(id, _)| *id).collect();
            members.sort_unstable();
            members
        };
        let open = |(known, unshown): (&super::super::rooms::Known, usize)| Room {
            name: known.name,
            topic: known.topic.clone(),
            topic_by: known.topic_by.map(|(_, peer)| peer),
            members: members(known.name),
            joined: self.rooms.in_it(known.name),
            unshown,
            last: known.last,
        };
        let locked = |own: &Own| Room {
            name: own.name,
            topic: own.topic.clone(),
            topic_by: own.topic_by.map(|(_, peer)| peer),
            members: members(own.name),
            joined: self.rooms.in_it(own.name),
            unshown: self.room_ref(own.name).map_or(0, |of| self.rooms.unshown(of)),
            last: own.last,
        };
        let mut rooms: Vec<Room> = self.rooms.all().map(open).chain(self.locked.all().map(locked)).collect();
        let unheard = |room: &&mut Room| room.topic_by.is_some_and(|by| self.ignored.contains(&by));
        for room in rooms.iter_mut().filter(unheard) {
            (room.topic, room.topic_by) = (SafeText::default(), None);
        }
        rooms.sort_unstable_by_key(|room| (!room.name.is_lobby(), room.name));
        rooms
    }

    /// What a line that is complete changes about its room, and the room, where its name is known.
    pub(super) fn note_room(
        &mut self,
        now: Now,
        author: PeerId,
        meta: &LineMeta,
        text: &str,
    ) -> Option<RoomName> {
        let tag = match (meta.room, meta.opened) {
            (RoomRef::Open(tag), _) => tag,
            (RoomRef::Sealed(_), Some(name)) => {
                self.note_locked(now, author, name, meta, text);
                return Some(name);
            }
            (RoomRef::Sealed(_), None) => return None,
        };
        let sane = meta.stamp.millis() <= now.wall + MAX_CLOCK_AHEAD;
        let topic =
            wording::parse_topic(text).filter(|(room, _)| meta.kind == Kind::Topic && room.tag() == tag);
        if let Some((room, topic)) = topic.filter(|_| sane) {
            self.rooms.topic(room, topic, (meta.stamp, author));
        }
        self.rooms.spoken(tag, meta.stamp.clamped(now.wall).millis());
        self.rooms.name(tag)
    }

    /// How the author of a line is shown, if it is known.
    pub(super) fn shown_author(&self, peer: PeerId) -> Option<Author> {
        let own = peer == self.id();
        match self.roster.get(peer) {
            Some(entry) => Some(Author {
                from: entry.name.clone(),
                host: entry.host.clone(),
                trust: entry.shown_trust(),
                own,
            }),
            None if own => Some(Author {
                from: self.own_name(),
                host: SafeText::line(&self.config.host.text()),
                trust: Trust::Verified,
                own,
            }),
            None => None,
        }
    }

    /// Shows what is held of a room and was not shown so far, in the order of the clocks.
    pub(super) fn show_held(&mut self, now: Now, room: RoomName) {
        let mut lines = Vec::new();
        let Some(of) = self.room_ref(room) else { return };
        for id in self.rooms.take(of) {
            if self.ignored.contains(&id.sender) {
                continue;
            }
            let Some(author) = self.shown_author(id.sender) else {
                self.rooms.withhold(id, of); // its key may become known
                continue;
            };
            if let Some((meta, text)) = self.held_line(now, id) {
                if meta.opened.is_some() {
                    self.note_room(now, id.sender, &meta, &text); // it could not be read before
                }
                let line = Complete { id, room, meta: &meta, text: &text, late: true };
                lines.push((line.shown(now, &author), meta));
            }
        }
        lines.sort_by_key(|(line, _)| (line.sent_at, line.id));
        for (line, meta) in lines {
            let (own, from) = (line.own, line.from.clone());
            self.events.push_back(Event::Line(line));
            if !own {
                self.tell_changed(&meta, &from);
            }
        }
    }

    /// A line put together from the datagrams that are held of it, if all are.
    pub(super) fn held_line(&self, now: Now, id: LineId) -> Option<(LineMeta, String)> {
        let run = (id.sender, id.epoch);
        let (mut text, mut meta, mut count) = (String::new(), None, 1);
        let address = self.roster.get(id.sender).map(|entry| entry.address);
        for index in 0..u32::from(u8::MAX) {
            if index >= count {
                break;
            }
            let datagram = Datagram::parse(self.store.get(run, id.seq.checked_add(index)?)?)?;
            let (at, parts) = datagram.part();
            if u32::from(at) != index {
                return None;
            }
            count = u32::from(parts);
            let address = address.unwrap_or_else(|| (std::net::Ipv4Addr::UNSPECIFIED, 0).into());
            let (read, body) = self.read(now, &datagram, address);
            text.push_str(&body);
            meta.get_or_insert(read);
        }
        Self::whole(count, meta?, text)
    }
}

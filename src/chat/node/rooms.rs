//! Open rooms: joining, leaving, listing them, and the lines that were held for who joins later.

use super::super::envelope::{Parsed, Part};
use super::super::error::JoinError;
use super::super::event::{About, Event, Kind, Line, Trust};
use super::super::id::{LineId, PeerId};
use super::super::limits::MAX_CLOCK_AHEAD;
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
        if self.rooms.part(room) {
            self.status.changed(now.mono);
            self.tell_status(now);
        }
    }

    /// The rooms that this node is in, the lobby not counted.
    pub fn joined(&self) -> Vec<RoomName> {
        self.rooms.joined().copied().collect()
    }

    /// The open rooms that were seen: the lobby first, then by name.
    pub fn rooms(&self) -> Vec<Room> {
        let here: Vec<(PeerId, &[RoomName])> =
            self.roster.listed().map(|(id, entry)| (id, entry.rooms.as_slice())).collect();
        let list = |(known, unshown): (&super::super::rooms::Known, usize)| {
            let lobby = known.name.is_lobby();
            let within = here.iter().filter(|(_, rooms)| lobby || rooms.contains(&known.name));
            let mut members: Vec<PeerId> = within.map(|(id, _)| *id).collect();
            members.sort_unstable();
            Room {
                name: known.name,
                topic: known.topic.clone(),
                topic_by: known.topic_by.map(|(_, peer)| peer),
                members,
                joined: self.rooms.in_it(known.name),
                unshown,
                last: known.last,
            }
        };
        let mut rooms: Vec<Room> = self.rooms.all().map(list).collect();
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
        let sane = meta.stamp.millis() <= now.wall + MAX_CLOCK_AHEAD;
        let topic = wording::parse_topic(text)
            .filter(|(room, _)| meta.kind == Kind::Topic && room.tag() == meta.room);
        if let Some((room, topic)) = topic.filter(|_| sane) {
            self.rooms.topic(room, topic, (meta.stamp, author));
        }
        self.rooms.spoken(meta.room, meta.stamp.clamped(now.wall).millis());
        self.rooms.name(meta.room)
    }

    /// How the author of a line is shown, if it is known.
    pub(super) fn shown_author(&self, peer: PeerId) -> Option<Author> {
        let own = peer == self.id();
        match self.roster.get(peer) {
            Some(entry) => {
                Some(Author { from: entry.name.clone(), host: entry.host.clone(), trust: entry.trust, own })
            }
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
    fn show_held(&mut self, now: Now, room: RoomName) {
        let mut lines = Vec::new();
        for id in self.rooms.take(room.tag()) {
            if self.ignored.contains(&id.sender) {
                continue;
            }
            let Some(author) = self.shown_author(id.sender) else {
                self.rooms.withhold(id, room.tag()); // its key may become known
                continue;
            };
            if let Some((meta, text)) = self.held_line(now, id) {
                let line = Complete { id, room, meta: &meta, text: &text, late: true };
                lines.push(line.shown(now, &author));
            }
        }
        lines.sort_by_key(|line| (line.sent_at, line.id));
        self.events.extend(lines.into_iter().map(Event::Line));
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
            let Parsed::Signed(part) = Part::parse(self.store.get(run, id.seq.checked_add(index)?)?) else {
                return None;
            };
            if u32::from(part.index) != index {
                return None;
            }
            count = u32::from(part.count);
            text.push_str(part.body());
            meta.get_or_insert(LineMeta {
                kind: part.kind,
                room: part.room,
                stamp: part.stamp,
                about: part.about,
                address: address.unwrap_or_else(|| (std::net::Ipv4Addr::UNSPECIFIED, 0).into()),
                received_at: now.wall,
            });
        }
        Some((meta?, text))
    }
}

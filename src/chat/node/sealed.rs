//! Lines of locked rooms: sealing what is said, and opening what comes.

use std::net::SocketAddr;

use super::super::datagram::{Datagram, RoomRef};
use super::super::envelope::{MAGIC, cut};
use super::super::error::SayError;
use super::super::event::Kind;
use super::super::hlc::Stamp;
use super::super::id::LineId;
use super::super::locked::{Content, ContentKind, Header, Sealed, text_room};
use super::super::outbox::{Destination, Slot};
use super::super::room::RoomName;
use super::super::wording;
use super::{LineMeta, Node, Now, Source, Way};
use crate::text::SafeText;

/// Stands before the text of each part that could be opened, as long as the line waits for others: a line that came before its
/// room's key is opened again when it is shown.
const OPENED: char = '\u{1}';
/// How the others see that the passphrase was changed.
const CHANGED: &str = "changed the passphrase of this room";

impl Node {
    /// Says something in a locked room.
    pub(super) fn say_sealed(
        &mut self,
        now: Now,
        room: RoomName,
        kind: ContentKind,
        text: &str,
        about: Option<LineId>,
    ) -> Result<LineId, SayError> {
        let key = self.locked.key(room).filter(|_| self.rooms.in_it(room));
        let tag = key.ok_or(SayError::NotIn(room))?.tag();
        self.introduce(now);
        let text = SafeText::clean(text);
        let pieces = cut(text.as_str(), text_room(about.is_some()));
        let count = u8::try_from(pieces.len()).map_err(|_| super::say::too_long(&text, &pieces))?;
        let stamp = self.hlc.tick(now.wall);
        let first = LineId { sender: self.id(), epoch: self.config.epoch, seq: self.next_seq };
        for (piece, index) in pieces.iter().zip(0..count) {
            let id = LineId { seq: self.next_seq, ..first };
            let content = Content { kind, about, stamp, text: piece }.emit();
            let header = Header { room: tag, id, index, count };
            let key = self.locked.key(room).ok_or(SayError::NotIn(room))?;
            let data = header.seal(key, &self.identity, &content).ok_or(SayError::NotIn(room))?;
            self.hold(now, self.my_run(), id.seq, &data);
            self.outbox.paced(Destination::Segment, Slot::Sealed, data, Some(id.seq));
            self.next_seq += 1;
        }
        let mut meta =
            LineMeta::unread(now, RoomRef::Sealed(tag), (std::net::Ipv4Addr::UNSPECIFIED, 0).into());
        (meta.about, meta.stamp) = (about, stamp);
        meta.reads(room, kind);
        let text = meta.worded(text.into_string());
        self.show_own(now, first, room, &meta, &text);
        Ok(first)
    }

    /// A message to the slot of the locked rooms.
    pub(super) fn hear_sealed_line(&mut self, now: Now, from: &Source, data: &[u8]) {
        match Sealed::parse(data) {
            Some(sealed) if (sealed.header.id.sender, sealed.header.id.epoch) == self.my_run() => {}
            Some(sealed) => {
                self.hear_signed_line(now, from, &Datagram::Sealed(sealed), data, Way::First);
            }
            None if data.starts_with(&MAGIC) && data.get(2).is_some_and(|version| *version > 1) => {
                self.tell_newer(from);
            }
            None => {}
        }
    }

    /// What this node can read of a datagram: what its line is, and the text of this part.
    pub(super) fn read(&self, now: Now, datagram: &Datagram<'_>, address: SocketAddr) -> (LineMeta, String) {
        let mut meta = LineMeta::unread(now, datagram.room(), address);
        let sealed = match datagram {
            Datagram::Open(part) => {
                (meta.kind, meta.stamp, meta.about) = (part.kind, part.stamp, part.about);
                return (meta, part.body().to_owned());
            }
            Datagram::Sealed(sealed) => sealed,
        };
        let Some((name, bytes)) = self.locked.open(sealed) else { return (meta, String::new()) };
        let content = Content::parse(&bytes).filter(|content| !content.text.contains(OPENED));
        let Some(content) = content else { return (meta, String::new()) };
        (meta.stamp, meta.about) = (content.stamp, content.about);
        meta.reads(name, content.kind);
        (meta, format!("{OPENED}{}", content.text))
    }

    /// A line that is complete, as [`Node::read`] has found its parts, in words. None where it is of a locked room that cannot be
    /// opened.
    pub(super) fn unsealed(
        &self,
        now: Now,
        id: LineId,
        parts: u32,
        meta: LineMeta,
        text: String,
    ) -> Option<(LineMeta, String)> {
        let of = meta.room;
        match Self::whole(parts, meta, text) {
            None if matches!(of, RoomRef::Sealed(_)) => self.held_line(now, id), // its key may have come meanwhile
            whole => whole,
        }
    }

    /// A line of so many parts in words, if all of them could be read.
    pub(super) fn whole(parts: u32, meta: LineMeta, text: String) -> Option<(LineMeta, String)> {
        if matches!(meta.room, RoomRef::Open(_)) {
            return Some((meta, text));
        }
        let opened = u32::try_from(text.matches(OPENED).count());
        let whole = meta.opened.is_some() && opened == Ok(parts);
        whole.then(|| {
            let text = meta.worded(text.replace(OPENED, ""));
            (meta, text)
        })
    }
}

impl LineMeta {
    /// Of a line of which nothing could be read yet.
    fn unread(now: Now, room: RoomRef, address: SocketAddr) -> Self {
        Self {
            kind: Kind::Say,
            room,
            opened: None,
            changes: false,
            stamp: Stamp(0),
            about: None,
            address,
            received_at: now.wall,
        }
    }

    /// It could be opened: it is of this room.
    fn reads(&mut self, room: RoomName, kind: ContentKind) {
        self.opened = Some(room);
        (self.kind, self.changes) = match kind {
            ContentKind::Line(kind) => (kind, false),
            ContentKind::NewPassphrase => (Kind::Action, true),
        };
    }

    /// The text of a line of a locked room as an open room's would be.
    fn worded(&self, text: String) -> String {
        match (self.opened, self.kind) {
            _ if self.changes => CHANGED.to_owned(), // no words of the author's: these are ours
            (Some(room), Kind::Topic) => wording::topic(room.to_open(), &SafeText::line(&text)),
            _ => text,
        }
    }
}

//! What others say. Cheap checks come first, the signature last.

use super::super::envelope::{self, Part, room_tag};
use super::super::event::{Event, Kind, Line, Trust};
use super::super::feed::{Delivery, Feed, Piece};
use super::super::id::{LineId, PeerId};
use super::say::LOBBY;
use super::{LineMeta, Node, Now, Source};
use crate::text::SafeText;

impl Node {
    pub(super) fn hear_line(&mut self, now: Now, from: &Source, data: &[u8]) {
        match Part::parse(data) {
            envelope::Parsed::Signed(part) if part.id.sender == self.id() => {}
            envelope::Parsed::Signed(part) if self.roster.get(part.id.sender).is_some() => {
                self.hear_part(now, from, &part, data);
            }
            envelope::Parsed::Signed(part) => self.strangers.push(now.mono, part.id.sender, *from, data),
            envelope::Parsed::Plain(text) => self.hear_plain(now, from, text),
            envelope::Parsed::Newer if !self.told_newer => {
                self.told_newer = true;
                let text = format!(
                    "{} uses a newer lanchat whose lines this version cannot read: update it",
                    from.name.text()
                );
                self.events.push_back(Event::Notice(SafeText::line(&text)));
            }
            envelope::Parsed::Newer => {}
        }
    }

    /// A line of an author whose key is known.
    fn hear_part(&mut self, now: Now, from: &Source, part: &Part<'_>, data: &[u8]) {
        let Some(entry) = self.roster.get_mut(part.id.sender) else { return };
        let newer = part.id.epoch > entry.feed.epoch;
        if part.id.epoch < entry.feed.epoch || (!newer && entry.feed.has(part.first(), part.index)) {
            return;
        }
        if !envelope::verify(data, &entry.key) {
            return;
        }
        if newer {
            entry.feed = Feed::new(part.id.epoch, 1); // it has started again while we listened
        }
        let meta = LineMeta {
            kind: part.kind,
            room: part.room,
            stamp: part.stamp,
            address: from.address,
            received_at: now.wall,
        };
        let piece = Piece {
            first: part.first(),
            index: part.index,
            count: part.count,
            body: part.body().to_owned(),
            meta,
        };
        let deliveries = entry.feed.insert(now.mono, piece);
        self.hlc.heard(part.stamp, now.wall);
        self.alive(now, part.id.sender, part.id.epoch);
        self.deliver(part.id.sender, now, deliveries);
    }

    /// Shows what a feed gives, and notes whether it waits for more.
    pub(super) fn deliver(&mut self, peer: PeerId, now: Now, deliveries: Vec<Delivery<LineMeta>>) {
        let Some(entry) = self.roster.get(peer) else { return };
        for delivery in deliveries {
            match delivery {
                Delivery::Gap(count) => {
                    self.events.push_back(Event::Gap { peer, from: entry.name.clone(), count });
                }
                Delivery::Line { meta, .. } if meta.room != room_tag(LOBBY) => {}
                Delivery::Line { first, text, meta, late } => self.events.push_back(Event::Line(Line {
                    id: Some(LineId { sender: peer, epoch: entry.feed.epoch, seq: first }),
                    room: SafeText::line(LOBBY),
                    kind: meta.kind,
                    from: entry.name.clone(),
                    peer: Some(peer),
                    host: entry.host.clone(),
                    address: Some(meta.address.ip()),
                    text: SafeText::clean(&text),
                    sent_at: meta.stamp.clamped(now.wall).millis(),
                    received_at: meta.received_at,
                    trust: entry.trust,
                    private: false,
                    to: None,
                    late,
                    own: false,
                })),
            }
        }
        if entry.feed.deadline().is_some() {
            self.blocked.insert(peer);
        } else {
            self.blocked.remove(&peer);
        }
    }

    /// Text without a trailer that anybody's key fits: what programs of other times send.
    pub(super) fn hear_plain(&mut self, now: Now, from: &Source, text: &[u8]) {
        let text = match std::str::from_utf8(text) {
            Ok(text) => text.into(),
            Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(text).0,
        };
        let text = SafeText::clean(text.trim_end());
        if text.as_str().trim().is_empty() {
            return;
        }
        let host = SafeText::line(&from.name.text());
        self.events.push_back(Event::Line(Line {
            id: None,
            room: SafeText::line(LOBBY),
            kind: Kind::Say,
            from: host.clone(),
            peer: None,
            host,
            address: Some(from.address.ip()),
            text,
            sent_at: now.wall,
            received_at: now.wall,
            trust: Trust::Unsigned,
            private: false,
            to: None,
            late: false,
            own: false,
        }));
    }
}

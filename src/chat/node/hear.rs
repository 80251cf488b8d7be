//! What others say. Cheap checks come first, the signature last.

use std::net::{Ipv4Addr, SocketAddr};

use rand::RngExt;

use super::super::backoff::wait;
use super::super::datagram::Datagram;
use super::super::envelope::{self, Part};
use super::super::event::{Event, Kind, Line, Trust};
use super::super::feed::{Delivery, Piece};
use super::super::hlc::Stamp;
use super::super::id::{LineId, PeerId};
use super::super::identity::PublicKey;
use super::super::limits::{LATE, NAK_WAIT};
use super::super::room::RoomName;
use super::super::store::Run;
use super::doubt::said_just_now;
use super::rooms::Complete;
use super::{LineMeta, Node, Now, Source, Way};
use crate::text::SafeText;

impl Node {
    /// A message to the slot of a room.
    pub(super) fn hear_line(&mut self, now: Now, from: &Source, room: RoomName, data: &[u8]) {
        match Part::parse(data) {
            envelope::Parsed::Signed(part) if (part.id.sender, part.id.epoch) == self.my_run() => {}
            envelope::Parsed::Signed(part) => {
                self.hear_signed_line(now, from, &Datagram::Open(part), data, Way::First);
                // What is held was verified: nobody else can invent rooms.
                let run = (part.id.sender, part.id.epoch);
                if part.room == room.tag() && self.is_held(run, part.id.seq, data) {
                    self.rooms.learn(room);
                }
            }
            envelope::Parsed::Plain(text) => self.hear_plain(now, from, room, text),
            envelope::Parsed::Newer => self.tell_newer(from),
        }
    }

    /// Says once that there are lines of a later version.
    pub(super) fn tell_newer(&mut self, from: &Source) {
        if !std::mem::replace(&mut self.told_newer, true) {
            let text = format!(
                "{} uses a newer lanchat whose lines this version cannot read: update it",
                from.name.text()
            );
            self.events.push_back(Event::Notice(SafeText::line(&text)));
        }
    }

    /// A signed datagram of a line: new, or known already.
    pub(super) fn hear_signed_line(
        &mut self,
        now: Now,
        from: &Source,
        datagram: &Datagram<'_>,
        data: &[u8],
        way: Way,
    ) {
        let (id, first, (index, count)) = (datagram.id(), datagram.first(), datagram.part());
        let run = (id.sender, id.epoch);
        let Some((key, last_address)) = self.author(run.0) else {
            // A repair may be of long ago: of interest where a digest has told what is.
            let wanted = !matches!(way, Way::Again | Way::Pulled) || self.feeds.get(run).is_some();
            if wanted && self.admits(now, from) && self.budget.stranger(now.mono) {
                self.catchup.came(now.mono, (run, id.seq));
                if self.strangers.full() {
                    self.strangers.forget_one(self.rng.random_range(0..usize::MAX));
                }
                let wait = wait(NAK_WAIT, self.live(), &mut self.rng);
                self.strangers.push(now.mono, run.0, (*from, way), data, wait);
            }
            return;
        };
        let followed = self.feeds.get(run).map(|feed| feed.has(first, index));
        let newest = run.1 > self.feeds.latest(run.0) && run.0 != self.id();
        if followed == Some(true) {
            self.catchup.came(now.mono, (run, id.seq));
            if self.is_held(run, id.seq, data) {
                self.sent_again(now, run, id.seq, way);
            }
            return;
        }
        if (followed.is_none() && !newest)
            || (way != Way::Pulled && self.budget.is_silenced(now.mono, run.0))
            || !self.admits(now, from)
            || !datagram.verify(data, &key, &self.config.checks)
            || !self.may_speak(now, from, run.0, way)
        {
            return;
        }
        self.catchup.came(now.mono, (run, id.seq));
        if followed.is_none() {
            self.feeds.follow(run, 1); // it has started again while we listened
        }
        self.hold(now, run, id.seq, data);
        let address = if way == Way::First { from.address } else { last_address };
        let (meta, body) = self.read(now, datagram, address);
        let stamp = meta.stamp;
        let piece = Piece { first, index, count, body, meta };
        let Some(feed) = self.feeds.get_mut(run) else { return };
        let deliveries = feed.insert(now.mono, piece);
        self.feeds.attest(run);
        self.feeds.note_waiting();
        self.roster.settle(run.0);
        self.hlc.heard(stamp, now.wall);
        self.trickle.spoken = now.mono;
        match way {
            Way::First => {
                self.loss.note(1, 0);
                self.alive(now, run, said_just_now(now, stamp));
            }
            Way::Copy | Way::Again | Way::Pulled => {
                let lag = self.roster.get(run.0).map_or(0, |entry| entry.lag);
                if stamp.millis().saturating_add(lag) >= self.started.wall {
                    // What was said before this node came was not lost on the way here.
                    self.loss.note(0, 1);
                }
            }
        }
        self.sent_again(now, run, id.seq, way);
        self.deliver(run, now, deliveries);
        self.look_for(now, run, self.copies_left());
    }

    /// A datagram of a line, surely genuine, was heard: it need not be sent again so soon.
    fn sent_again(&mut self, now: Now, run: Run, seq: u32, way: Way) {
        self.repair.repaired(now.mono, (run, seq));
        if matches!(way, Way::Again | Way::Pulled) {
            self.repair.count(now.mono);
            self.repair.answered(run);
        }
    }

    /// The key of an author and where it was heard last, where it is known. Lines of one's own earlier runs may come
    /// back, too: who was killed may not have kept them.
    fn author(&self, author: PeerId) -> Option<(PublicKey, SocketAddr)> {
        if author == self.id() {
            let key = PublicKey::from_bytes(&self.identity.public())?;
            return Some((key, (Ipv4Addr::UNSPECIFIED, 0).into()));
        }
        self.roster.get(author).map(|entry| (entry.key.clone(), entry.address))
    }

    /// What waited for the key of `author`, which is known now.
    pub(super) fn hear_waiting(&mut self, now: Now, author: PeerId) {
        for waiting in self.strangers.take(author) {
            if let Some(datagram) = Datagram::parse(&waiting.data) {
                self.hear_signed_line(now, &waiting.from, &datagram, &waiting.data, waiting.way);
            }
        }
    }

    /// Shows what a feed gives, and notes whether it waits for more.
    pub(super) fn deliver(&mut self, run: Run, now: Now, deliveries: Vec<Delivery<LineMeta>>) {
        let (peer, epoch) = run;
        for delivery in &deliveries {
            if let Delivery::Line { first, parts, .. } = delivery {
                self.keep(run, *first..first.saturating_add(*parts));
            }
        }
        self.judge_speaker(now, peer);
        let Some(author) = self.shown_author(peer) else { return };
        let ignored = self.ignored.contains(&peer);
        let lag = self.roster.get(peer).map_or(0, |entry| entry.lag);
        let is_late = |stamp: Stamp| stamp.millis().saturating_add(lag).saturating_add(LATE) < now.wall;
        for delivery in deliveries {
            match delivery {
                Delivery::Gap(..) if ignored => {}
                Delivery::Gap(count, numbers) => {
                    let from = author.from.clone();
                    self.events.push_back(Event::Gap { peer, from, count, epoch, numbers });
                }
                Delivery::Line { first, text, meta, late, parts } => {
                    let id = LineId { sender: peer, epoch, seq: first };
                    let of = meta.room;
                    let Some((meta, text)) = self.unsealed(now, id, parts, meta, text) else {
                        self.rooms.withhold(id, of);
                        self.locked.foreign(now.mono);
                        self.filled(id, parts, late);
                        continue;
                    };
                    let room = self.note_room(now, peer, &meta, &text);
                    match room.filter(|room| self.rooms.in_it(*room)) {
                        _ if ignored => {}
                        Some(room) => {
                            let late = late || is_late(meta.stamp);
                            let line = Complete { id, room, meta: &meta, text: &text, late };
                            self.events.push_back(Event::Line(line.shown(now, &author)));
                            self.tell_changed(&meta, &author.from);
                        }
                        None => self.rooms.withhold(id, meta.room),
                    }
                    self.filled(id, parts, late);
                }
            }
        }
        self.feeds.settle(run);
    }

    /// A line has come; where it is `late`, it may have been told as missing.
    fn filled(&mut self, id: LineId, parts: u32, late: bool) {
        if late {
            let numbers = id.seq..id.seq.saturating_add(parts);
            self.events.push_back(Event::Filled { peer: id.sender, epoch: id.epoch, numbers });
        }
    }

    /// Text without a trailer that anybody's key fits: what programs of other times send.
    pub(super) fn hear_plain(&mut self, now: Now, from: &Source, room: RoomName, text: &[u8]) {
        if !self.rooms.in_it(room) {
            return;
        }
        let text = match std::str::from_utf8(text) {
            Ok(text) => text.into(),
            Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(text).0,
        };
        let text = SafeText::clean(text.trim_end());
        let empty = text.as_str().trim().is_empty();
        if empty || !self.budget.plain(now.mono, from.address.ip(), &mut self.rng) {
            return;
        }
        let host = SafeText::line(&from.name.text());
        self.events.push_back(Event::Line(Line {
            id: None,
            room: room.to_safe(),
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
            about: None,
        }));
    }
}

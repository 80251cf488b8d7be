//! The reply slots: private lines, acknowledgements, pings.

use std::time::Duration;

use rand::RngExt;

use super::super::direct::{Content, Overdue};
use super::super::event::{DirectState, Event, Kind, Line, PingId};
use super::super::hlc::Stamp;
use super::super::id::PeerId;
use super::super::outbox::{Destination, Slot};
use super::super::room::RoomName;
use super::super::seal::{self, PairKey};
use super::{Node, Now, Source};
use crate::text::SafeText;

impl Node {
    pub(super) fn hear_sealed(&mut self, now: Now, from: &Source, data: &[u8]) {
        match seal::parse(data) {
            seal::Parsed::Sealed(frame) if frame.reader == self.id() && frame.sender != self.id() => {
                if !self.admits(now, from) {
                    return;
                }
                if self.roster.get(frame.sender).is_none() {
                    return self.answer_unreadable(now, from, frame.sender);
                }
                let Some(content) = self.pair_key(frame.sender).and_then(|key| key.open(&frame)) else {
                    return;
                };
                self.genuine(now, from.address.ip());
                let Some((epoch, to_epoch, content)) = Content::parse(&content) else { return };
                if to_epoch == self.config.epoch
                    && self.roster.get(frame.sender).is_some_and(|e| epoch >= e.epoch)
                {
                    self.hear_content(now, from, frame.sender, epoch, content);
                }
            }
            seal::Parsed::Unreadable { by, from: me }
                if me == self.id() && by != me && self.admits(now, from) =>
            {
                self.presence.answer_always(now.mono, &mut self.rng);
            }
            _ => self.hear_pulled(now, from, data),
        }
    }

    /// Tells the sender that its key is not known here: smaller than what it answers, ten times a second at most.
    fn answer_unreadable(&mut self, now: Now, from: &Source, sender: PeerId) {
        if now.mono >= self.unreadable {
            self.unreadable = now.mono + Duration::from_millis(100);
            let to = Destination::Peer { address: from.address, host: SafeText::line(&from.name.text()) };
            self.outbox.urgent(to, Slot::Reply(sender), seal::unreadable(self.id(), sender));
        }
    }

    fn hear_content(&mut self, now: Now, from: &Source, peer: PeerId, epoch: u32, content: Content<'_>) {
        self.alive(now, peer, epoch);
        self.roster.settle(peer);
        match content {
            Content::Line { id, index, count, kind, stamp, text } => {
                self.hlc.heard(stamp, now.wall);
                let Some(entry) = self.roster.get_mut(peer) else { return };
                if let Some(text) = entry.incoming.insert(epoch, id, index, count, text) {
                    let line = Line {
                        id: None,
                        room: RoomName::LOBBY.to_safe(),
                        kind,
                        from: entry.name.clone(),
                        peer: Some(peer),
                        host: entry.host.clone(),
                        address: Some(from.address.ip()),
                        text: SafeText::clean(&text),
                        sent_at: stamp.clamped(now.wall).millis(),
                        received_at: now.wall,
                        trust: entry.trust,
                        private: true,
                        to: Some(self.identity.id()),
                        late: false,
                        own: false,
                        about: None,
                    };
                    if !self.ignored.contains(&peer) {
                        self.events.push_back(Event::Line(line));
                    }
                }
                self.roster.note_half(peer);
                self.send_sealed(peer, Content::Ack { id, index });
            }
            Content::Ack { id, index } => {
                if let Some(id) = self.direct.acked(now.mono, peer, id, index) {
                    self.events.push_back(Event::Direct { id, to: peer, state: DirectState::Delivered });
                    self.retry(now);
                }
            }
            Content::Typing { .. } => self.hear_typing_here(now, peer),
            Content::Roster { id, after } => {
                if self.is_new_question(peer, epoch, id) {
                    self.serve_roster(now, peer, after);
                }
            }
            Content::Pull { id, question } => {
                if self.is_new_question(peer, epoch, id) {
                    self.serve(now, peer, question);
                }
            }
            Content::Ping { id, padding } => self.send_sealed(peer, Content::Pong { id, padding }),
            Content::Pong { id, padding } => {
                self.hear_proof(now, peer, padding);
                if let Some(rtt) = self.direct.ponged(now.mono, peer, id) {
                    if let Some(entry) = self.roster.get_mut(peer) {
                        // Smoothed as in RFC 6298.
                        entry.rtt = Some(entry.rtt.map_or(rtt, |old| (old * 7 + rtt) / 8));
                    }
                    self.events.push_back(Event::Pong { id: PingId(id), peer, rtt: Some(rtt) });
                }
            }
        }
    }

    /// Whether a question was not asked before: a recorded one must not bring its answer again.
    fn is_new_question(&mut self, peer: PeerId, epoch: u32, id: u32) -> bool {
        let Some(entry) = self.roster.get_mut(peer) else { return false };
        let new = (epoch, id) > entry.question;
        if new {
            entry.question = (epoch, id);
        }
        new
    }

    /// Sends again what was not acknowledged, and gives up what nobody will acknowledge.
    pub(super) fn retry(&mut self, now: Now) {
        for overdue in self.direct.timeout(now.mono) {
            match overdue {
                Overdue::Send(peer) => self.send_direct(peer),
                Overdue::Failed(to, id) => {
                    self.events.push_back(Event::Direct { id, to, state: DirectState::Failed });
                }
                Overdue::Lost(peer, id) => self.events.push_back(Event::Pong { id, peer, rtt: None }),
            }
        }
    }

    fn send_direct(&mut self, peer: PeerId) {
        let Some(line) = self.direct.current(peer) else { return };
        let count = u8::try_from(line.parts.len()).unwrap_or(u8::MAX);
        let (id, kind, stamp): (u32, Kind, Stamp) = (line.id.0, line.kind, line.stamp);
        let parts: Vec<(u8, String)> =
            (0..count).zip(&line.parts).filter_map(|(index, part)| Some((index, part.clone()?))).collect();
        for (index, text) in parts {
            self.send_sealed(peer, Content::Line { id, index, count, kind, stamp, text: &text });
        }
    }

    pub(super) fn send_ping(&mut self, peer: PeerId, id: PingId, size: usize) {
        self.send_sealed(peer, Content::Ping { id: id.0, padding: &vec![b'.'; size] });
    }

    /// Sends to a peer's reply slot what only the peer can read.
    pub(super) fn send_sealed(&mut self, peer: PeerId, content: Content<'_>) {
        let Some(key) = self.pair_key(peer) else { return };
        let Some(entry) = self.roster.get(peer) else { return };
        let to = Destination::Peer { address: entry.address, host: entry.host.clone() };
        let content_bytes = content.emit(self.config.epoch, entry.epoch);
        let Some(data) = key.seal(self.id(), peer, self.rng.random(), &content_bytes) else { return };
        match content {
            Content::Line { .. } => self.outbox.paced(to, Slot::Reply(peer), data, None),
            _ => self.outbox.urgent(to, Slot::Reply(peer), data),
        }
    }

    /// The key shared with a peer, worked out once.
    fn pair_key(&mut self, peer: PeerId) -> Option<PairKey> {
        let entry = self.roster.get_mut(peer)?;
        Some(entry.pair.get_or_insert_with(|| PairKey::new(&self.identity, &entry.key)).clone())
    }
}

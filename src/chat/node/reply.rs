//! The reply slots: what comes to this node's, and sealing for those of others.

use std::time::Duration;

use rand::RngExt;

use super::super::direct::Content;
use super::super::event::{Event, PingId};
use super::super::id::PeerId;
use super::super::outbox::{Destination, Slot};
use super::super::private::session;
use super::super::seal::{self, PairKey};
use super::private::PrivatePart;
use super::{Node, Now, Source};
use crate::text::SafeText;

impl Node {
    pub(super) fn hear_sealed(&mut self, now: Now, from: &Source, data: &[u8]) {
        if let Some(frame) = session::Frame::parse(data) {
            return self.hear_session(now, from, &frame);
        }
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
                    self.hear_content(now, from, (frame.sender, epoch), content, false);
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
    pub(super) fn answer_unreadable(&mut self, now: Now, from: &Source, sender: PeerId) {
        if now.mono >= self.unreadable {
            self.unreadable = now.mono + Duration::from_millis(100);
            let to = Destination::Peer { address: from.address, host: SafeText::line(&from.name.text()) };
            self.outbox.urgent(to, Slot::Reply(sender), seal::unreadable(self.id(), sender));
        }
    }

    /// What a peer has sealed for this node: in a session (`secret`) or by the keys of both.
    pub(super) fn hear_content(
        &mut self,
        now: Now,
        from: &Source,
        (peer, epoch): (PeerId, u32),
        content: Content<'_>,
        secret: bool,
    ) {
        // It is for this run of ours; but who is asked whether it is there must answer that.
        let asked = self.roster.get(peer).is_some_and(|e| e.state.is_none() && e.challenge.is_some());
        self.alive(now, (peer, epoch), !asked);
        self.roster.settle(peer);
        match content {
            Content::Line { id, index, count, kind, stamp, text } => {
                let part = PrivatePart { line: (epoch, id), part: (index, count), kind, stamp, text };
                self.hear_private(now, from, peer, epoch, &part, (false, secret));
            }
            Content::Kept { id, origin, index, count, kind, stamp, text } => {
                let part = PrivatePart { line: (origin, id), part: (index, count), kind, stamp, text };
                self.hear_private(now, from, peer, epoch, &part, (true, secret));
            }
            Content::Ack { id, index } => self.hear_ack(now, peer, (self.config.epoch, id), index),
            Content::KeptAck { id, origin, index } => self.hear_ack(now, peer, (origin, id), index),
            Content::Open { id, message } => self.hear_opening(now, peer, epoch, (id, message)),
            Content::Answer { id, message } => self.hear_answer(now, peer, (id, message)),
            Content::Confirm { .. } => {}
            Content::Lost { session, .. } => self.hear_lost(now, peer, session),
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
                if self.hear_proof(now, peer, padding) {
                    self.alive(now, (peer, epoch), true);
                }
                if let Some(rtt) = self.pings.ponged(now.mono, peer, id) {
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

    pub(super) fn send_ping(&mut self, peer: PeerId, id: PingId, size: usize) {
        self.send_sealed(peer, Content::Ping { id: id.0, padding: &vec![b'.'; size] });
    }

    /// Sends to a peer's reply slot what only the peer can read.
    pub(super) fn send_sealed(&mut self, peer: PeerId, content: Content<'_>) {
        let Some(key) = self.pair_key(peer) else { return };
        let Some(entry) = self.roster.get(peer) else { return };
        let content_bytes = content.emit(self.config.epoch, entry.epoch);
        let Some(data) = key.seal(self.id(), peer, self.rng.random(), &content_bytes) else { return };
        self.post(peer, data, matches!(content, Content::Line { .. } | Content::Kept { .. }));
    }

    /// Puts a frame on its way to a peer's reply slot.
    pub(super) fn post(&mut self, peer: PeerId, data: Vec<u8>, paced: bool) {
        let Some(entry) = self.roster.get(peer) else { return };
        let to = Destination::Peer { address: entry.address, host: entry.host.clone() };
        if paced {
            self.outbox.paced(to, Slot::Reply(peer), data, None);
        } else {
            self.outbox.urgent(to, Slot::Reply(peer), data);
        }
    }

    /// The key shared with a peer, worked out once.
    fn pair_key(&mut self, peer: PeerId) -> Option<PairKey> {
        let entry = self.roster.get_mut(peer)?;
        Some(entry.pair.get_or_insert_with(|| PairKey::new(&self.identity, &entry.key)).clone())
    }
}

//! Private lines, both ends: kept until the reader has them, and shown once.

use super::super::direct::{Content, LINE_HEADER};
use super::super::envelope::cut;
use super::super::error::SayError;
use super::super::event::{DirectState, Event, Kind, Line};
use super::super::hlc::Stamp;
use super::super::id::{LineId, PeerId};
use super::super::limits::{MAX_DATA, MAX_PARTS};
use super::super::private::KeptLine;
use super::super::private::incoming::Piece;
use super::super::private::queue::{NOTHING, Overdue, PRIVATE};
use super::super::room::RoomName;
use super::super::seal::OVERHEAD;
use super::say::{sayable, too_long};
use super::{Node, Now, Source};
use crate::text::SafeText;

/// Longest part of a private line in bytes.
const MAX_PART: usize = MAX_DATA - OVERHEAD - LINE_HEADER;

/// What the driver is to note, so that the next run of this identity can go on: see [`Node::restore_private`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeping {
    /// This line waits for its reader.
    Waits(KeptLine),
    /// It waits no more: it was delivered, withdrawn, or given up.
    Over {
        /// Which.
        id: LineId,
        /// Its reader.
        to: PeerId,
    },
    /// This private line of another was shown, and must not be shown again.
    Shown(LineId),
}

/// A part of a private line as it came.
#[derive(Debug)]
pub(super) struct PrivatePart<'a> {
    /// Epoch in which it was said, and number.
    pub(super) line: (u32, u32),
    /// Which part of how many.
    pub(super) part: (u8, u8),
    pub(super) kind: Kind,
    pub(super) stamp: Stamp,
    pub(super) text: &'a str,
}

impl Node {
    /// Says something to one reader. Whoever is not here gets it later.
    pub fn direct(&mut self, now: Now, to: PeerId, kind: Kind, text: &str) -> Result<LineId, SayError> {
        self.clock(now);
        let text = sayable(text)?;
        let here = self.roster.get(to).is_some_and(super::super::roster::Entry::listed);
        // A command cannot wait, and nobody meets itself.
        if self.config.observer && !here || to == self.id() {
            return Err(SayError::NotHere(to));
        }
        let pieces = cut(text.as_str(), MAX_PART);
        if pieces.len() > MAX_PARTS {
            return Err(too_long(&text, &pieces));
        }
        let parts = pieces.into_iter().map(str::to_owned).collect();
        let stamp = self.hlc.tick(now.wall);
        let id = LineId { sender: self.id(), epoch: self.config.epoch, seq: self.queue.number() };
        let kept = KeptLine { id, to, kind, stamp: stamp.0, text: text.clone() };
        self.queue.push(now.mono, kept.clone(), parts, here).map_err(|_| SayError::Busy)?;
        let line = self.own_line(now.wall, kind, text, stamp);
        self.events.push_back(Event::Line(Line { id: Some(id), private: true, to: Some(to), ..line }));
        self.keeping.push_back(Keeping::Waits(kept));
        self.tell_fate(id, to, DirectState::Sent);
        if here {
            self.retry(now);
        } else {
            self.reader_left(to);
        }
        Ok(id)
    }

    /// Takes over what an earlier run of this identity has noted: lines that wait for their readers, and lines of others
    /// that were shown. Call it before the first datagram.
    pub fn restore_private(
        &mut self,
        now: Now,
        waiting: impl IntoIterator<Item = KeptLine>,
        shown: impl IntoIterator<Item = LineId>,
    ) {
        let mut waiting: Vec<KeptLine> = waiting.into_iter().collect();
        waiting.sort_by_key(|line| (line.to, line.id));
        let run = (self.id(), self.config.epoch);
        for line in waiting.into_iter().filter(|line| line.id.sender == run.0 && line.id.epoch < run.1) {
            let (id, to) = (line.id, line.to);
            let parts = cut(line.text.as_str(), MAX_PART).into_iter().map(str::to_owned).collect();
            self.queue.restore(now.mono, line, parts);
            self.tell_fate(id, to, DirectState::Kept);
        }
        for id in shown {
            self.seen.insert(id);
        }
        self.give_up_old(now);
    }

    /// The private lines that wait for their readers, by reader, oldest first.
    pub fn kept(&self) -> Vec<KeptLine> {
        self.queue.list().cloned().collect()
    }

    /// Drops what waits for a reader; returns how many lines that were. The one that was on its way may have arrived.
    pub fn withdraw(&mut self, now: Now, reader: PeerId) -> usize {
        let gone = self.queue.withdraw(now.mono, reader);
        for id in &gone {
            self.over(*id, reader, DirectState::Withdrawn);
        }
        gone.len()
    }

    /// The next thing to be noted for [`Node::restore_private`].
    pub fn poll_keeping(&mut self) -> Option<Keeping> {
        self.keeping.pop_front()
    }

    fn tell_fate(&mut self, line: LineId, to: PeerId, state: DirectState) {
        let name =
            self.roster.get(to).map_or_else(|| SafeText::line(&to.short()), |entry| entry.name.clone());
        self.events.push_back(Event::Direct { line, to, name, state });
    }

    fn over(&mut self, id: LineId, to: PeerId, state: DirectState) {
        self.keeping.push_back(Keeping::Over { id, to });
        self.tell_fate(id, to, state);
    }

    /// A reader is here, perhaps after it has started `anew`: what waits for it goes out.
    pub(super) fn reader_here(&mut self, now: Now, peer: PeerId, anew: bool) {
        if self.roster.get(peer).is_some_and(super::super::roster::Entry::listed) {
            self.queue.arrived(now.mono, peer, anew);
            self.retry(now);
        }
    }

    /// A reader is gone: what is said to it is kept, and the keys of sessions with it are forgotten.
    pub(super) fn reader_left(&mut self, peer: PeerId) {
        self.links.forget(peer);
        for id in self.queue.left(peer) {
            self.tell_fate(id, peer, DirectState::Kept);
        }
    }

    /// Sends again what was not acknowledged, and gives up what is too old.
    pub(super) fn retry(&mut self, now: Now) {
        for overdue in self.queue.timeout(now.mono) {
            match overdue {
                Overdue::Send(peer) => self.send_direct(now, peer),
                Overdue::Kept(to, id) => self.tell_fate(id, to, DirectState::Kept),
            }
        }
        for (peer, id) in self.pings.timeout(now.mono) {
            self.events.push_back(Event::Pong { id, peer, rtt: None });
        }
        self.give_up_old(now);
        self.links.expire(now.mono);
    }

    fn give_up_old(&mut self, now: Now) {
        for (to, id) in self.queue.expire(now.mono, now.wall) {
            self.over(id, to, DirectState::Failed);
        }
    }

    /// Sends what is missing of the first line for a peer: in a session, if the peer has ever said that it can.
    fn send_direct(&mut self, now: Now, peer: PeerId) {
        let Some(entry) = self.roster.get(peer) else { return };
        let (sessions, epoch) = (entry.sessions, self.config.epoch);
        let stands = sessions && self.come_to_session(now, peer);
        if sessions && !stands {
            return; // it goes out when the session stands
        }
        let Some(outgoing) = self.queue.current_mut(peer) else { return };
        if !sessions && outgoing.line.id.epoch != epoch {
            return; // the peer's version does not know such lines
        }
        outgoing.bare |= !sessions;
        let kept = sessions && (outgoing.late || outgoing.line.id.epoch != epoch);
        let (LineId { seq: id, epoch: origin, .. }, kind) = (outgoing.line.id, outgoing.line.kind);
        let (stamp, count) =
            (Stamp(outgoing.line.stamp), u8::try_from(outgoing.parts.len()).unwrap_or(u8::MAX));
        let missing = (0..count).zip(&outgoing.parts).filter(|(_, (_, has))| !has);
        let parts: Vec<(u8, String)> = missing.map(|(index, (text, _))| (index, text.clone())).collect();
        for (index, text) in &parts {
            let index = *index;
            let content = if kept {
                Content::Kept { id, origin, index, count, kind, stamp, text }
            } else {
                Content::Line { id, index, count, kind, stamp, text }
            };
            self.send_by(now, peer, content, sessions);
        }
    }

    pub(super) fn hear_ack(&mut self, now: Now, peer: PeerId, (epoch, seq): (u32, u32), index: u8) {
        let id = LineId { sender: self.id(), epoch, seq };
        if let Some(line) = self.queue.acked(now.mono, peer, id, index) {
            self.over(id, peer, DirectState::Delivered { session: !line.bare });
            self.retry(now);
        }
    }

    /// A part of a private line. `kept`: it was not delivered when it was said; `secret`: sealed in a session.
    pub(super) fn hear_private(
        &mut self,
        now: Now,
        from: &Source,
        peer: PeerId,
        epoch: u32,
        part: &PrivatePart<'_>,
        (kept, secret): (bool, bool),
    ) {
        // A command shows nothing, so it takes nothing.
        if self.config.observer || !self.budget.speaks(now.mono, peer, &mut self.rng) {
            return;
        }
        self.hlc.heard(part.stamp, now.wall);
        self.judge_speaker(now, peer);
        let ((origin, seq), (mut index, _)) = (part.line, part.part);
        let id = LineId { sender: peer, epoch: origin, seq: seq | PRIVATE };
        if !self.seen.has(id) {
            let Some(entry) = self.roster.get_mut(peer) else { return };
            match entry.incoming.insert(epoch, part.line, part.part, part.text) {
                Piece::Old => return,
                Piece::Part => {}
                Piece::Torn => index = NOTHING,
                Piece::Whole(text) => self.show_private(now, from, (id, kept, secret), part, &text),
            }
            self.roster.note_half(peer);
        }
        let ack =
            if kept { Content::KeptAck { id: seq, origin, index } } else { Content::Ack { id: seq, index } };
        self.send_by(now, peer, ack, secret);
    }

    fn show_private(
        &mut self,
        now: Now,
        from: &Source,
        (id, late, secret): (LineId, bool, bool),
        part: &PrivatePart<'_>,
        text: &str,
    ) {
        self.seen.insert(id);
        self.keeping.push_back(Keeping::Shown(id));
        let Some(entry) = self.roster.get(id.sender).filter(|_| !self.ignored.contains(&id.sender)) else {
            return;
        };
        self.events.push_back(Event::Line(Line {
            id: Some(id),
            room: RoomName::LOBBY.to_safe(),
            kind: part.kind,
            from: entry.name.clone(),
            peer: Some(id.sender),
            host: entry.host.clone(),
            address: Some(from.address.ip()),
            text: SafeText::clean(text),
            sent_at: part.stamp.clamped(now.wall).millis(),
            received_at: now.wall,
            trust: entry.shown_trust(),
            private: true,
            to: Some(self.identity.id()),
            late,
            own: false,
            about: None,
        }));
        if secret {
            self.events.push_back(Event::Secret(id));
        }
    }
}

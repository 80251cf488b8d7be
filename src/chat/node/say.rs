//! What the user wants: to say something, to another or to all, under another name, to leave.

use super::super::direct::LINE_HEADER;
use super::super::envelope::{Part, cut, prefix, room_for_text, room_tag};
use super::super::error::SayError;
use super::super::event::{DirectId, Event, Kind, Line, Millis, PingId, Trust};
use super::super::hlc::Stamp;
use super::super::id::{LineId, PeerId};
use super::super::limits::{GOODBYES, MAX_DATA, MAX_PARTS, MAX_PING};
use super::super::nick::Nick;
use super::super::outbox::{Destination, Slot};
use super::super::roster::suffixed;
use super::super::seal::OVERHEAD;
use super::{Node, Now};
use crate::text::SafeText;

/// The room that everybody is in.
pub(super) const LOBBY: &str = "lobby";

impl Node {
    /// Says a line in the lobby.
    pub fn say(&mut self, now: Now, kind: Kind, text: &str) -> Result<LineId, SayError> {
        self.clock(now);
        let text = sayable(text)?;
        self.introduce(now);
        let prefix = prefix(kind, self.config.nick.as_str());
        let pieces = cut(text.as_str(), room_for_text(prefix.len()));
        let count = u8::try_from(pieces.len()).map_err(|_| too_long(&text, &pieces))?;
        let stamp = self.hlc.tick(now.wall);
        let first = LineId { sender: self.id(), epoch: self.config.epoch, seq: self.next_seq };
        for (piece, index) in pieces.iter().zip(0..count) {
            let id = LineId { seq: self.next_seq, ..first };
            let text = &format!("{prefix}{piece}");
            let part = Part { text, kind, flags: 0, room: room_tag(LOBBY), id, index, count, stamp };
            let data = part.emit(&self.identity);
            self.hold(now, self.my_run(), id.seq, &data);
            self.outbox.paced(Destination::Segment, Slot::Lobby, data, Some(id.seq));
            self.next_seq += 1;
        }
        self.keep(self.my_run(), first.seq..self.next_seq);
        self.said(now, first.seq);
        let line = self.own_line(now.wall, kind, text, stamp);
        self.events.push_back(Event::Line(Line { id: Some(first), ..line }));
        Ok(first)
    }

    /// Sends a private line.
    pub fn direct(&mut self, now: Now, to: PeerId, kind: Kind, text: &str) -> Result<DirectId, SayError> {
        self.clock(now);
        let text = sayable(text)?;
        if self.roster.get(to).is_none_or(|entry| entry.state.is_none()) {
            return Err(SayError::NotHere(to));
        }
        let max = MAX_DATA - OVERHEAD - LINE_HEADER;
        let pieces = cut(text.as_str(), max);
        if pieces.len() > MAX_PARTS {
            return Err(too_long(&text, &pieces));
        }
        let parts = pieces.into_iter().map(str::to_owned).collect();
        let stamp = self.hlc.tick(now.wall);
        let id = self.direct.push(now.mono, to, kind, stamp, parts).ok_or(SayError::Busy)?;
        let line = self.own_line(now.wall, kind, text, stamp);
        self.events.push_back(Event::Line(Line { private: true, to: Some(to), ..line }));
        self.retry(now);
        Ok(id)
    }

    fn own_line(&self, wall: Millis, kind: Kind, text: SafeText, stamp: Stamp) -> Line {
        Line {
            id: None,
            room: SafeText::line(LOBBY),
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
        self.rename_all(&old.skeleton());
        self.rename_all(&self.config.nick.skeleton());
        self.settle_own_name(now);
        self.announce(now);
    }

    /// The name under which others see this node.
    pub fn own_name(&self) -> SafeText {
        if self.yielding {
            suffixed(&self.config.nick, self.id())
        } else {
            self.config.nick.as_safe().clone()
        }
    }

    /// Sends a ping with `size` extra bytes, at most [`MAX_PING`]. None where the peer is not here.
    pub fn ping(&mut self, now: Now, peer: PeerId, size: usize) -> Option<PingId> {
        self.clock(now);
        self.roster.get(peer).filter(|entry| entry.state.is_some())?;
        let id = self.direct.ping(now.mono, peer);
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
fn too_long(text: &SafeText, pieces: &[&str]) -> SayError {
    let limit = pieces.iter().take(MAX_PARTS).map(|piece| piece.len()).sum();
    SayError::TooLong { bytes: text.as_str().len(), limit }
}

fn sayable(text: &str) -> Result<SafeText, SayError> {
    let clean = SafeText::clean(text.trim_end_matches(['\r', '\n']));
    if clean.as_str().trim().is_empty() { Err(SayError::Empty) } else { Ok(clean) }
}

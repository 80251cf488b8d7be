//! What goes through the reply slots, as bytes and back (docs/PROTOCOL.md, "The reply slot"), and pings that wait.

use std::collections::BTreeMap;
use std::time::Duration;

use super::bytes::Reader;
use super::event::{Kind, PingId};
use super::hlc::Stamp;
use super::id::PeerId;
use super::limits::PING_LOST;

/// The content of a sealed frame. Each also carries the epochs of both ends, so that nothing can be played back to a
/// later run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content<'a> {
    Line {
        id: u32,
        index: u8,
        count: u8,
        kind: Kind,
        stamp: Stamp,
        text: &'a str,
    },
    Ack {
        id: u32,
        index: u8,
    },
    Ping {
        id: u32,
        padding: &'a [u8],
    },
    Pong {
        id: u32,
        padding: &'a [u8],
    },
    /// A NAK for one reader: please send these to me alone.
    Pull {
        id: u32,
        question: &'a [u8],
    },
    /// A line to you is being typed.
    Typing {
        id: u32,
    },
    /// Please tell me who is here, of those with a higher id.
    Roster {
        id: u32,
        after: PeerId,
    },
    /// As `Line`, of a line that was not delivered when it was said; in the epoch `origin`.
    Kept {
        id: u32,
        origin: u32,
        index: u8,
        count: u8,
        kind: Kind,
        stamp: Stamp,
        text: &'a str,
    },
    /// As `Ack`, of such a line.
    KeptAck {
        id: u32,
        origin: u32,
        index: u8,
    },
    /// The first message of the handshake for a session.
    Open {
        id: u32,
        message: &'a [u8],
    },
    /// The second, with the number of the first.
    Answer {
        id: u32,
        message: &'a [u8],
    },
    /// In a session: it stands.
    Confirm {
        id: u32,
    },
    /// No session of this name is known here.
    Lost {
        id: u32,
        session: [u8; 4],
    },
}

/// Bytes before the text of a private line, at most.
pub(super) const LINE_HEADER: usize = 1 + 4 + 4 + 4 + 4 + 3 + 8;

impl<'a> Content<'a> {
    pub(super) fn emit(&self, epoch: u32, to_epoch: u32) -> Vec<u8> {
        let mut out = Vec::with_capacity(400);
        let (code, id) = match self {
            Self::Line { id, .. } => (1, id),
            Self::Ack { id, .. } => (2, id),
            Self::Ping { id, .. } => (3, id),
            Self::Pong { id, .. } => (4, id),
            Self::Pull { id, .. } => (5, id),
            Self::Roster { id, .. } => (6, id),
            Self::Typing { id } => (7, id),
            Self::Kept { id, .. } => (8, id),
            Self::KeptAck { id, .. } => (9, id),
            Self::Open { id, .. } => (10, id),
            Self::Answer { id, .. } => (11, id),
            Self::Confirm { id } => (12, id),
            Self::Lost { id, .. } => (13, id),
        };
        out.push(code);
        for n in [epoch, to_epoch, *id] {
            out.extend_from_slice(&n.to_be_bytes());
        }
        if let Self::Kept { origin, .. } | Self::KeptAck { origin, .. } = self {
            out.extend_from_slice(&origin.to_be_bytes());
        }
        match self {
            Self::Line { index, count, kind, stamp, text, .. }
            | Self::Kept { index, count, kind, stamp, text, .. } => {
                out.extend_from_slice(&[*index, *count, u8::from(*kind == Kind::Action)]);
                out.extend_from_slice(&stamp.0.to_be_bytes());
                out.extend_from_slice(text.as_bytes());
            }
            Self::Ack { index, .. } | Self::KeptAck { index, .. } => out.push(*index),
            Self::Roster { after, .. } => out.extend_from_slice(&after.0),
            Self::Lost { session, .. } => out.extend_from_slice(session),
            Self::Typing { .. } | Self::Confirm { .. } => {}
            Self::Open { message: rest, .. }
            | Self::Answer { message: rest, .. }
            | Self::Ping { padding: rest, .. }
            | Self::Pong { padding: rest, .. }
            | Self::Pull { question: rest, .. } => out.extend_from_slice(rest),
        }
        out
    }

    /// The content with the epochs of its sender and its reader.
    pub(super) fn parse(data: &'a [u8]) -> Option<(u32, u32, Self)> {
        let mut r = Reader(data);
        let code = r.u8()?;
        let (epoch, to_epoch, id) = (r.u32()?, r.u32()?, r.u32()?);
        let content = match code {
            1 => {
                let (index, count) = (r.u8()?, r.u8()?);
                let kind = if r.u8()? == 1 { Kind::Action } else { Kind::Say };
                let stamp = Stamp(r.u64()?);
                let text = std::str::from_utf8(r.0).ok()?;
                (index < count).then_some(Self::Line { id, index, count, kind, stamp, text })?
            }
            2 => Self::Ack { id, index: r.u8()? },
            3 => Self::Ping { id, padding: r.0 },
            4 => Self::Pong { id, padding: r.0 },
            5 => Self::Pull { id, question: r.0 },
            6 => Self::Roster { id, after: PeerId(r.array()?) },
            7 => Self::Typing { id },
            8 => {
                let origin = r.u32()?;
                let (index, count) = (r.u8()?, r.u8()?);
                let kind = if r.u8()? == 1 { Kind::Action } else { Kind::Say };
                let stamp = Stamp(r.u64()?);
                let text = std::str::from_utf8(r.0).ok()?;
                let line = Self::Kept { id, origin, index, count, kind, stamp, text };
                (index < count && origin <= epoch).then_some(line)?
            }
            9 => Self::KeptAck { id, origin: r.u32()?, index: r.u8()? },
            10 => Self::Open { id, message: r.0 },
            11 => Self::Answer { id, message: r.0 },
            12 => Self::Confirm { id },
            13 => Self::Lost { id, session: r.array()? },
            _ => return None,
        };
        Some((epoch, to_epoch, content))
    }
}

/// Pings that wait for an answer.
#[derive(Debug, Default)]
pub(super) struct Pings {
    sent: BTreeMap<u32, (PeerId, Duration)>,
    last: u32,
}

impl Pings {
    /// Notes a ping.
    pub(super) fn ping(&mut self, now: Duration, to: PeerId) -> PingId {
        self.last += 1;
        self.sent.insert(self.last, (to, now));
        PingId(self.last)
    }

    /// A ping has come back: its round trip.
    pub(super) fn ponged(&mut self, now: Duration, by: PeerId, id: u32) -> Option<Duration> {
        let (peer, sent) = *self.sent.get(&id)?;
        (peer == by).then(|| self.sent.remove(&id))?;
        Some(now.saturating_sub(sent))
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.sent.values().map(|(_, sent)| *sent + PING_LOST).min()
    }

    /// Those that nobody will answer any more.
    pub(super) fn timeout(&mut self, now: Duration) -> Vec<(PeerId, PingId)> {
        let late = self.sent.iter().filter(|(_, (_, sent))| *sent + PING_LOST <= now);
        let lost: Vec<(PeerId, PingId)> = late.map(|(id, (peer, _))| (*peer, PingId(*id))).collect();
        self.sent.retain(|_, (_, sent)| *sent + PING_LOST > now);
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_come_back_as_they_went() {
        for content in [
            Content::Line { id: 7, index: 0, count: 2, kind: Kind::Action, stamp: Stamp(5), text: "waves" },
            Content::Ack { id: 7, index: 1 },
            Content::Ping { id: 8, padding: b"xx" },
            Content::Pong { id: 8, padding: b"" },
            Content::Pull { id: 0, question: b"these" },
            Content::Roster { id: 0, after: PeerId([7; 8]) },
            Content::Kept {
                id: 7,
                origin: 2,
                index: 0,
                count: 2,
                kind: Kind::Say,
                stamp: Stamp(5),
                text: "late",
            },
            Content::KeptAck { id: 7, origin: 2, index: 1 },
            Content::Open { id: 1, message: b"e" },
            Content::Answer { id: 1, message: b"e" },
            Content::Confirm { id: 0 },
            Content::Lost { id: 0, session: [1, 2, 3, 4] },
        ] {
            let data = content.emit(3, 4);
            assert_eq!(Content::parse(&data), Some((3, 4, content)));
            for n in 0..13 {
                assert_eq!(Content::parse(&data[..n]), None);
            }
        }
    }

    #[test]
    fn pings_come_back_once_or_are_lost() {
        let (mut pings, bob) = (Pings::default(), PeerId([2; 8]));
        let now = Duration::from_secs(5);
        let (a, b) = (pings.ping(now, bob), pings.ping(now, bob));
        assert_eq!(pings.ponged(now + PING_LOST / 2, PeerId([3; 8]), a.0), None);
        assert_eq!(pings.ponged(now + PING_LOST / 2, bob, a.0), Some(PING_LOST / 2));
        assert_eq!(pings.ponged(now + PING_LOST / 2, bob, a.0), None);
        assert_eq!((pings.deadline(), pings.timeout(now)), (Some(now + PING_LOST), vec![]));
        assert_eq!(pings.timeout(now + PING_LOST), [(bob, b)]);
        assert_eq!(pings.deadline(), None);
    }
}

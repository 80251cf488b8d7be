//! Private lines and pings: what goes through the reply slots (docs/PROTOCOL.md, "The reply slot").
//!
//! To one reader, one line at a time: the next goes out when the reader has the one before, so their order is kept.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::bytes::Reader;
use super::event::{DirectId, Kind, PingId};
use super::hlc::Stamp;
use super::id::PeerId;
use super::limits::{DIRECT_GIVE_UP, DIRECT_RETRY, DIRECT_RETRY_MAX, MAX_DIRECT, PING_LOST};
use super::time::earliest;

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
}

/// Bytes before the text of a private line.
pub(super) const LINE_HEADER: usize = 1 + 4 + 4 + 4 + 3 + 8;

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
        };
        out.push(code);
        for n in [epoch, to_epoch, *id] {
            out.extend_from_slice(&n.to_be_bytes());
        }
        match self {
            Self::Line { index, count, kind, stamp, text, .. } => {
                out.extend_from_slice(&[*index, *count, u8::from(*kind == Kind::Action)]);
                out.extend_from_slice(&stamp.0.to_be_bytes());
                out.extend_from_slice(text.as_bytes());
            }
            Self::Ack { index, .. } => out.push(*index),
            Self::Roster { after, .. } => out.extend_from_slice(&after.0),
            Self::Typing { .. } => {}
            Self::Ping { padding: rest, .. }
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
            _ => return None,
        };
        Some((epoch, to_epoch, content))
    }
}

/// A private line on its way.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) id: DirectId,
    pub(super) kind: Kind,
    pub(super) stamp: Stamp,
    /// The parts, each until it is acknowledged.
    pub(super) parts: Vec<Option<String>>,
    give_up: Duration,
    delay: Duration,
    next_try: Duration,
}

/// Private lines and pings that wait for an answer.
#[derive(Debug, Default)]
pub(super) struct Direct {
    queues: BTreeMap<PeerId, VecDeque<Outgoing>>,
    pings: BTreeMap<u32, (PeerId, Duration)>,
    last: u32,
    waiting: usize,
}

/// What [`Direct::timeout`] found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    /// The first line for this peer must be sent (again).
    Send(PeerId),
    Failed(PeerId, DirectId),
    Lost(PeerId, PingId),
}

impl Direct {
    /// Queues a line. None where too many wait.
    pub(super) fn push(
        &mut self,
        now: Duration,
        to: PeerId,
        kind: Kind,
        stamp: Stamp,
        parts: Vec<String>,
    ) -> Option<DirectId> {
        if self.waiting >= MAX_DIRECT {
            return None;
        }
        let id = DirectId(self.fresh());
        let parts = parts.into_iter().map(Some).collect();
        let (give_up, delay, next_try) = (now + DIRECT_GIVE_UP, DIRECT_RETRY, now);
        let queue = self.queues.entry(to).or_default();
        queue.push_back(Outgoing { id, kind, stamp, parts, give_up, delay, next_try });
        self.waiting += 1;
        Some(id)
    }

    /// Notes a ping.
    pub(super) fn ping(&mut self, now: Duration, to: PeerId) -> PingId {
        let id = self.fresh();
        self.pings.insert(id, (to, now));
        PingId(id)
    }

    fn fresh(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    /// The line that is on its way to a peer.
    pub(super) fn current(&self, to: PeerId) -> Option<&Outgoing> {
        self.queues.get(&to)?.front()
    }

    /// A part has arrived. Tells of the line that is complete by that.
    pub(super) fn acked(&mut self, now: Duration, by: PeerId, id: u32, index: u8) -> Option<DirectId> {
        let line = self.queues.get_mut(&by)?.front_mut().filter(|line| line.id.0 == id)?;
        *line.parts.get_mut(usize::from(index))? = None;
        let complete = line.parts.iter().all(Option::is_none);
        complete.then(|| self.pop(now, by)).flatten()
    }

    fn pop(&mut self, now: Duration, to: PeerId) -> Option<DirectId> {
        let queue = self.queues.get_mut(&to)?;
        let done = queue.pop_front()?;
        self.waiting -= 1;
        match queue.front_mut() {
            Some(next) => (next.next_try, next.give_up) = (now, now + DIRECT_GIVE_UP),
            None => {
                self.queues.remove(&to);
            }
        }
        Some(done.id)
    }

    /// A ping has come back: its round trip.
    pub(super) fn ponged(&mut self, now: Duration, by: PeerId, id: u32) -> Option<Duration> {
        let (peer, sent) = *self.pings.get(&id)?;
        (peer == by).then(|| self.pings.remove(&id))?;
        Some(now.saturating_sub(sent))
    }

    /// Private lines that wait for an answer.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        let lines = self.queues.values().filter_map(|q| q.front()).map(|line| line.next_try).min();
        let pings = self.pings.values().map(|(_, sent)| *sent + PING_LOST).min();
        earliest(lines, pings)
    }

    /// What is due now.
    pub(super) fn timeout(&mut self, now: Duration) -> Vec<Overdue> {
        let mut out = Vec::new();
        let due: Vec<PeerId> = self
            .queues
            .iter()
            .filter(|(_, q)| q.front().is_some_and(|l| l.next_try <= now))
            .map(|(id, _)| *id)
            .collect();
        for peer in due {
            let Some(line) = self.queues.get_mut(&peer).and_then(VecDeque::front_mut) else { continue };
            if line.give_up <= now {
                out.extend(self.pop(now, peer).map(|id| Overdue::Failed(peer, id)));
                continue;
            }
            line.next_try = (now + line.delay).min(line.give_up);
            line.delay = (line.delay * 2).min(DIRECT_RETRY_MAX);
            out.push(Overdue::Send(peer));
        }
        let lost: Vec<u32> =
            self.pings.iter().filter(|(_, (_, sent))| *sent + PING_LOST <= now).map(|(id, _)| *id).collect();
        for id in lost {
            out.extend(self.pings.remove(&id).map(|(peer, _)| Overdue::Lost(peer, PingId(id))));
        }
        out
    }
}

/// The private lines of one sender as they arrive: parts put together, none shown twice.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    epoch: u32,
    /// The highest line that is complete: the sender sends one after the other.
    done: u32,
    id: u32,
    parts: Vec<Option<String>>,
}

impl Incoming {
    /// Whether parts of a line wait for others.
    pub(super) fn waits(&self) -> bool {
        self.parts.iter().any(Option::is_some)
    }

    /// Forgets the parts that wait.
    pub(super) fn shed(&mut self) {
        self.parts.clear();
    }

    /// Takes a part in, and returns the text of a line that it completes.
    pub(super) fn insert(&mut self, epoch: u32, id: u32, index: u8, count: u8, text: &str) -> Option<String> {
        if epoch > self.epoch {
            *self = Self { epoch, ..Self::default() };
        }
        if epoch < self.epoch || id <= self.done {
            return None;
        }
        if id != self.id || self.parts.len() != usize::from(count) {
            if id < self.id {
                return None;
            }
            (self.id, self.parts) = (id, vec![None; usize::from(count)]);
        }
        *self.parts.get_mut(usize::from(index))? = Some(text.to_owned());
        if self.parts.iter().any(Option::is_none) {
            return None;
        }
        self.done = id;
        Some(std::mem::take(&mut self.parts).into_iter().flatten().collect())
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
        ] {
            let data = content.emit(3, 4);
            assert_eq!(Content::parse(&data), Some((3, 4, content)));
            for n in 0..13 {
                assert_eq!(Content::parse(&data[..n]), None);
            }
        }
    }

    #[test]
    fn lines_go_one_after_the_other_and_are_given_up() {
        let (mut direct, bob) = (Direct::default(), PeerId([2; 8]));
        let now = Duration::from_secs(5);
        let a = direct.push(now, bob, Kind::Say, Stamp(1), vec!["x".into(), "y".into()]).unwrap();
        let b = direct.push(now, bob, Kind::Say, Stamp(2), vec!["z".into()]).unwrap();
        assert_eq!(direct.timeout(now), [Overdue::Send(bob)]);
        assert_eq!(direct.timeout(now), []);
        assert_eq!(direct.acked(now, bob, a.0, 1), None);
        assert_eq!(direct.acked(now, PeerId([3; 8]), a.0, 0), None);
        assert_eq!(direct.acked(now, bob, a.0, 0), Some(a));
        let mut tries = 0;
        loop {
            let at = direct.deadline().unwrap();
            match direct.timeout(at).as_slice() {
                [Overdue::Send(_)] => tries += 1,
                [Overdue::Failed(_, id)] => break assert_eq!((*id, at), (b, now + DIRECT_GIVE_UP)),
                other => panic!("{other:?}"),
            }
        }
        assert!(tries > 5, "{tries}");
        assert_eq!((direct.waiting(), direct.deadline()), (0, None));
    }

    #[test]
    fn nothing_is_shown_twice() {
        let mut incoming = Incoming::default();
        assert_eq!(incoming.insert(1, 4, 1, 2, "b"), None);
        assert_eq!(incoming.insert(1, 4, 0, 2, "a").as_deref(), Some("ab"));
        assert_eq!(incoming.insert(1, 4, 0, 2, "a"), None);
        assert_eq!(incoming.insert(1, 3, 0, 1, "old"), None);
        assert_eq!(incoming.insert(2, 1, 0, 1, "new run").as_deref(), Some("new run"));
        assert_eq!(incoming.insert(1, 9, 0, 1, "of an old run"), None);
    }
}

//! What waits for whom. To one reader, one line at a time: the next goes out when the reader has the one before, so their
//! order is kept.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::super::event::{Kind, Millis};
use super::super::hlc::Stamp;
use super::super::id::{LineId, PeerId};
use super::super::limits::{
    DIRECT_RETRY, DIRECT_RETRY_KEPT, DIRECT_RETRY_MAX, KEPT_AFTER, MAX_KEPT, MAX_KEPT_AGE, MAX_KEPT_BYTES,
    MAX_KEPT_OF_ONE, MAX_KEPT_OF_ONE_BYTES,
};
use super::super::time::earliest;
use crate::text::SafeText;

/// The highest bit of a private line's number: so its id is never that of a line that all can read.
pub(crate) const PRIVATE: u32 = 1 << 31;
/// How often it is looked for lines that are too old.
const SWEEP: Duration = Duration::from_secs(60);
/// In an acknowledgement, instead of a part: the reader has no part of the line any more.
pub(crate) const NOTHING: u8 = u8::MAX;

/// A private line of this identity that its reader does not have yet: what the driver keeps for
/// [`Node::restore_private`](crate::chat::Node::restore_private).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptLine {
    /// Which: it stays the same over restarts.
    pub id: LineId,
    /// For whom.
    pub to: PeerId,
    /// Speech or action.
    pub kind: Kind,
    /// The hybrid logical clock when it was said: 48 bits milliseconds since 1970, 16 bits counter.
    pub stamp: u64,
    /// What it says.
    pub text: SafeText,
}

impl KeptLine {
    /// When it was said.
    pub fn said(&self) -> Millis {
        Stamp(self.stamp).millis()
    }
}

/// A private line on its way.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) line: KeptLine,
    /// The parts, each with whether the reader has it.
    pub(crate) parts: Vec<(String, bool)>,
    /// It was not delivered when it was said, and the user knows.
    pub(crate) late: bool,
    /// It was sent outside of sessions.
    pub(crate) bare: bool,
    /// When it was queued in this run.
    since: Duration,
    delay: Duration,
    next_try: Duration,
}

impl Outgoing {
    /// Whether it was sent for long without an acknowledgement.
    pub(crate) fn tried_in_vain(&self, now: Duration) -> bool {
        self.delay >= DIRECT_RETRY_MAX * 2 && self.since + KEPT_AFTER <= now
    }

    fn again(&mut self, now: Duration) {
        (self.delay, self.next_try) = (DIRECT_RETRY, now);
    }
}

#[derive(Debug, Default)]
struct Waiting {
    lines: VecDeque<Outgoing>,
    bytes: usize,
}

/// All private lines of this node that wait.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    readers: BTreeMap<PeerId, Waiting>,
    /// Those of them who are here.
    here: BTreeSet<PeerId>,
    lines: usize,
    bytes: usize,
    last: u32,
    /// When it is next looked for lines that are too old.
    sweep: Duration,
}

/// What [`Queue::timeout`] found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Overdue {
    /// The first line for this peer must be sent (again).
    Send(PeerId),
    /// It was not delivered at once, so the user should know that it waits.
    Kept(PeerId, LineId),
}

/// Too much waits.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Queue {
    /// The number of the next line.
    pub(crate) fn number(&self) -> u32 {
        PRIVATE | (self.last + 1)
    }

    /// Queues a line in `parts`, the last of those for its reader, who is `here` or not.
    pub(crate) fn push(
        &mut self,
        now: Duration,
        line: KeptLine,
        parts: Vec<String>,
        here: bool,
    ) -> Result<(), Full> {
        let bytes = line.text.as_str().len();
        let waiting = self.readers.entry(line.to).or_default();
        let crowded = waiting.lines.len() >= MAX_KEPT_OF_ONE || waiting.bytes + bytes > MAX_KEPT_OF_ONE_BYTES;
        if crowded || self.lines >= MAX_KEPT || self.bytes + bytes > MAX_KEPT_BYTES {
            if waiting.lines.is_empty() {
                self.readers.remove(&line.to);
            }
            return Err(Full);
        }
        self.last += u32::from(line.id.seq == PRIVATE | (self.last + 1));
        let parts = parts.into_iter().map(|part| (part, false)).collect();
        (self.lines, self.bytes, waiting.bytes) = (self.lines + 1, self.bytes + bytes, waiting.bytes + bytes);
        if here {
            self.here.insert(line.to);
        }
        waiting.lines.push_back(Outgoing {
            line,
            parts,
            late: false,
            bare: false,
            since: now,
            delay: DIRECT_RETRY,
            next_try: now,
        });
        Ok(())
    }

    /// The same for a line of an earlier run.
    pub(crate) fn restore(&mut self, now: Duration, line: KeptLine, parts: Vec<String>) {
        let to = line.to;
        if self.push(now, line, parts, false).is_ok()
            && let Some(last) = self.readers.get_mut(&to).and_then(|waiting| waiting.lines.back_mut())
        {
            last.late = true;
        }
    }

    /// A reader is here. `anew`: it has started again, and has no part of any line.
    pub(crate) fn arrived(&mut self, now: Duration, reader: PeerId, anew: bool) {
        let Some(waiting) = self.readers.get_mut(&reader) else { return };
        self.here.insert(reader);
        let Some(line) = waiting.lines.front_mut() else { return };
        line.again(now);
        if anew {
            line.parts.iter_mut().for_each(|(_, has)| *has = false);
        }
    }

    /// A reader is gone. Tells of the lines that are kept now.
    pub(crate) fn left(&mut self, reader: PeerId) -> Vec<LineId> {
        self.here.remove(&reader);
        let waiting = self.readers.get_mut(&reader).map(|waiting| waiting.lines.iter_mut());
        let fresh = waiting.into_iter().flatten().filter(|line| !line.late);
        let told = fresh.map(|line| {
            line.late = true;
            line.line.id
        });
        told.collect()
    }

    /// The same, to be changed.
    pub(crate) fn current_mut(&mut self, to: PeerId) -> Option<&mut Outgoing> {
        self.readers.get_mut(&to)?.lines.front_mut()
    }

    /// The line that is on its way to a peer.
    pub(crate) fn current(&self, to: PeerId) -> Option<&Outgoing> {
        self.readers.get(&to)?.lines.front()
    }

    /// A part has arrived, or nothing of the line is there any more. Returns the line that is complete by that.
    pub(crate) fn acked(&mut self, now: Duration, by: PeerId, id: LineId, part: u8) -> Option<Outgoing> {
        let line = self.readers.get_mut(&by)?.lines.front_mut().filter(|line| line.line.id == id)?;
        if part == NOTHING {
            line.parts.iter_mut().for_each(|(_, has)| *has = false);
            return None; // they go again when that is due
        }
        line.parts.get_mut(usize::from(part))?.1 = true;
        let complete = line.parts.iter().all(|(_, has)| *has);
        complete.then(|| self.pop(now, by)).flatten()
    }

    fn pop(&mut self, now: Duration, reader: PeerId) -> Option<Outgoing> {
        let waiting = self.readers.get_mut(&reader)?;
        let done = waiting.lines.pop_front()?;
        let bytes = done.line.text.as_str().len();
        (self.lines, self.bytes, waiting.bytes) = (self.lines - 1, self.bytes - bytes, waiting.bytes - bytes);
        if let Some(next) = waiting.lines.front_mut() {
            next.again(now);
        } else {
            self.readers.remove(&reader);
            self.here.remove(&reader);
        }
        Some(done)
    }

    /// Drops what waits for a reader and tells what that was.
    pub(crate) fn withdraw(&mut self, now: Duration, reader: PeerId) -> Vec<LineId> {
        std::iter::from_fn(|| self.pop(now, reader)).map(|line| line.line.id).collect()
    }

    /// Drops what was said too long ago and tells what that was.
    pub(crate) fn expire(&mut self, now: Duration, wall: Millis) -> Vec<(PeerId, LineId)> {
        let old = |line: &Outgoing| line.line.said().saturating_add(MAX_KEPT_AGE) <= wall;
        let mut gone = Vec::new();
        if self.lines == 0 || now < self.sweep {
            return gone;
        }
        self.sweep = now + SWEEP;
        let readers: Vec<PeerId> = self.readers.keys().copied().collect();
        for reader in readers {
            while self.current(reader).is_some_and(old) {
                gone.extend(self.pop(now, reader).map(|line| (reader, line.line.id)));
            }
        }
        gone
    }

    /// Lines that are on their way to somebody who is here, and not late yet.
    pub(crate) fn fresh(&self) -> usize {
        let lines = self.here.iter().filter_map(|id| self.readers.get(id)).flat_map(|w| &w.lines);
        lines.filter(|line| !line.late).count()
    }

    /// All that waits, by reader.
    pub(crate) fn list(&self) -> impl Iterator<Item = &KeptLine> {
        self.readers.values().flat_map(|waiting| waiting.lines.iter().map(|line| &line.line))
    }

    fn active(&self) -> impl Iterator<Item = &VecDeque<Outgoing>> {
        self.here.iter().filter_map(|id| self.readers.get(id)).map(|waiting| &waiting.lines)
    }

    pub(crate) fn deadline(&self) -> Option<Duration> {
        let tries = self.active().filter_map(|lines| lines.front()).map(|line| line.next_try).min();
        let kept =
            self.active().flatten().filter(|line| !line.late).map(|line| line.since + KEPT_AFTER).min();
        earliest(tries, kept)
    }

    /// What is due now.
    pub(crate) fn timeout(&mut self, now: Duration) -> Vec<Overdue> {
        let mut due = Vec::new();
        for id in self.here.iter().copied() {
            let Some(lines) = self.readers.get_mut(&id).map(|waiting| &mut waiting.lines) else { continue };
            for line in lines.iter_mut().filter(|line| !line.late && line.since + KEPT_AFTER <= now) {
                line.late = true;
                due.push(Overdue::Kept(id, line.line.id));
            }
            let Some(line) = lines.front_mut().filter(|line| line.next_try <= now) else { continue };
            let most = if line.since + KEPT_AFTER * 4 <= now { DIRECT_RETRY_KEPT } else { DIRECT_RETRY_MAX };
            line.next_try = now + line.delay;
            line.delay = (line.delay * 2).min(most);
            due.push(Overdue::Send(id));
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOB: PeerId = PeerId([2; 8]);
    const NOW: Duration = Duration::from_secs(5);

    fn line(queue: &Queue, text: &str) -> KeptLine {
        let id = LineId { sender: PeerId([1; 8]), epoch: 7, seq: queue.number() };
        KeptLine { id, to: BOB, kind: Kind::Say, stamp: 1 << 30, text: SafeText::line(text) }
    }

    fn push(queue: &mut Queue, parts: &[&str]) -> LineId {
        let line = line(queue, &parts.concat());
        let id = line.id;
        queue.push(NOW, line, parts.iter().map(|&part| part.to_owned()).collect(), false).unwrap();
        id
    }

    fn acked(queue: &mut Queue, by: PeerId, id: LineId, part: u8) -> Option<LineId> {
        queue.acked(NOW, by, id, part).map(|line| line.line.id)
    }

    #[test]
    fn lines_go_one_after_the_other_and_are_kept() {
        let mut queue = Queue::default();
        let (a, b) = (push(&mut queue, &["x", "y"]), push(&mut queue, &["z"]));
        assert!(a < b);
        assert_eq!((queue.timeout(NOW), queue.deadline()), (vec![], None), "nobody is here");
        queue.arrived(NOW, BOB, true);
        assert_eq!(queue.timeout(NOW), [Overdue::Send(BOB)]);
        assert_eq!(queue.timeout(NOW), []);
        assert_eq!(acked(&mut queue, BOB, a, 1), None);
        assert_eq!(acked(&mut queue, PeerId([3; 8]), a, 0), None);
        assert_eq!(acked(&mut queue, BOB, LineId { epoch: 6, ..a }, 0), None, "of another run");
        assert_eq!(acked(&mut queue, BOB, a, NOTHING), None);
        assert_eq!(acked(&mut queue, BOB, a, 0), None, "the other part must go again");
        assert_eq!(acked(&mut queue, BOB, a, 1), Some(a));
        let (mut tries, mut kept, mut at) = (0, Vec::new(), NOW);
        while at < NOW + Duration::from_secs(100) {
            at = queue.deadline().unwrap();
            for due in queue.timeout(at) {
                match due {
                    Overdue::Send(_) => tries += 1,
                    Overdue::Kept(_, id) => kept.push((id, at)),
                }
            }
        }
        assert_eq!(kept, [(b, NOW + KEPT_AFTER)], "told once");
        assert!((15..40).contains(&tries), "{tries}");
        assert_eq!(queue.left(BOB), [], "it was told already");
        assert_eq!(queue.deadline(), None);
        assert_eq!(queue.withdraw(NOW, BOB), [b]);
        assert_eq!((queue.lines, queue.bytes, queue.list().count()), (0, 0, 0));
    }

    #[test]
    fn what_waits_is_bounded_in_number_in_bytes_and_in_age() {
        let mut queue = Queue::default();
        let long = "x".repeat(MAX_KEPT_OF_ONE_BYTES / 2);
        push(&mut queue, &[&long]);
        push(&mut queue, &[&long]);
        let one_more = line(&queue, "x");
        assert_eq!(queue.push(NOW, one_more, vec!["x".into()], false), Err(Full));
        queue.withdraw(NOW, BOB);
        for _ in 0..MAX_KEPT_OF_ONE {
            push(&mut queue, &["x"]);
        }
        let one_more = line(&queue, "x");
        assert_eq!(queue.push(NOW, one_more, vec!["x".into()], false), Err(Full));
        let said = (1 << 30) >> 16;
        assert_eq!(queue.expire(NOW, said + MAX_KEPT_AGE - 1), []);
        assert_eq!(queue.expire(NOW + SWEEP, said + MAX_KEPT_AGE).len(), MAX_KEPT_OF_ONE);
        for reader in 0..=u8::MAX {
            for n in 0..MAX_KEPT_OF_ONE {
                let line = KeptLine { to: PeerId([reader; 8]), ..line(&queue, "x") };
                let full = usize::from(reader) * MAX_KEPT_OF_ONE + n >= MAX_KEPT;
                assert_eq!(queue.push(NOW, line, vec!["x".into()], false).is_err(), full);
            }
        }
    }
}

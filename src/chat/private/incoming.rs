//! The private lines of others as they arrive: parts put together, none shown twice.

use std::collections::{HashMap, VecDeque};

use super::super::id::{LineId, PeerId};
use super::super::limits::{MAX_SEEN_OF_ONE, MAX_SEEN_SENDERS};

/// The private lines of one sender as they arrive.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    /// The sender's run that sends.
    epoch: u32,
    /// The line whose parts are put together: epoch in which it was said, and number.
    line: (u32, u32),
    parts: Vec<Option<String>>,
    /// Parts of it were forgotten, though the sender was told that they are here.
    shed: bool,
}

/// What a part leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// It is of an older line than the one that is sent now: the sender waits for no answer.
    Old,
    /// Others are missing.
    Part,
    /// Others are missing that the sender believes to be here.
    Torn,
    /// This is the whole text.
    Whole(String),
}

impl Incoming {
    /// Whether parts of a line wait for others.
    pub(crate) fn waits(&self) -> bool {
        self.parts.iter().any(Option::is_some)
    }

    /// Forgets the parts that wait.
    pub(crate) fn shed(&mut self) {
        self.shed = self.waits();
        self.parts.clear();
    }

    /// Takes in a part of a line that was not shown yet. `epoch` is that of the run that sends it.
    pub(crate) fn insert(
        &mut self,
        epoch: u32,
        line: (u32, u32),
        (index, count): (u8, u8),
        text: &str,
    ) -> Piece {
        if epoch > self.epoch {
            *self = Self { epoch, ..Self::default() }; // it sends everything again
        }
        if epoch < self.epoch || line < self.line {
            return Piece::Old;
        }
        if line != self.line {
            self.shed = false;
        }
        if line != self.line || self.parts.len() != usize::from(count) {
            (self.line, self.parts) = (line, vec![None; usize::from(count)]);
        }
        let torn = std::mem::take(&mut self.shed);
        match self.parts.get_mut(usize::from(index)) {
            Some(part) => *part = Some(text.to_owned()),
            None => return Piece::Old,
        }
        if self.parts.iter().any(Option::is_none) {
            return if torn { Piece::Torn } else { Piece::Part };
        }
        Piece::Whole(std::mem::take(&mut self.parts).into_iter().flatten().collect())
    }
}

/// Which private lines were shown, in this run and in earlier ones: the last of each sender.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    senders: HashMap<PeerId, VecDeque<(u32, u32)>>,
    /// Whose line was shown last is last.
    recent: VecDeque<PeerId>,
}

impl Seen {
    pub(crate) fn has(&self, id: LineId) -> bool {
        self.senders.get(&id.sender).is_some_and(|lines| lines.contains(&(id.epoch, id.seq)))
    }

    /// Notes a line. Returns whether it was not noted before.
    pub(crate) fn insert(&mut self, id: LineId) -> bool {
        let lines = self.senders.entry(id.sender).or_default();
        if lines.contains(&(id.epoch, id.seq)) {
            return false;
        }
        lines.push_back((id.epoch, id.seq));
        if lines.len() > MAX_SEEN_OF_ONE {
            lines.pop_front();
        }
        if self.recent.back() != Some(&id.sender) {
            self.recent.retain(|sender| *sender != id.sender);
            self.recent.push_back(id.sender);
        }
        if self.senders.len() > MAX_SEEN_SENDERS
            && let Some(oldest) = self.recent.pop_front()
        {
            self.senders.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_put_together_whoever_has_restarted() {
        let mut incoming = Incoming::default();
        assert_eq!(incoming.insert(1, (1, 4), (1, 2), "b"), Piece::Part);
        assert_eq!(incoming.insert(1, (1, 3), (0, 1), "old"), Piece::Old);
        assert_eq!(incoming.insert(1, (1, 4), (0, 2), "a"), Piece::Whole("ab".into()));
        assert_eq!(incoming.insert(1, (1, 5), (0, 2), "half"), Piece::Part);
        assert_eq!(incoming.insert(2, (1, 5), (1, 2), "b"), Piece::Part, "the new run sends all of it");
        assert_eq!(incoming.insert(1, (1, 9), (0, 1), "of an old run"), Piece::Old);
        assert_eq!(incoming.insert(2, (1, 5), (0, 2), "a"), Piece::Whole("ab".into()));
        assert_eq!(incoming.insert(2, (2, 1), (0, 1), "next"), Piece::Whole("next".into()));
        assert_eq!(incoming.insert(2, (2, 2), (3, 2), "no such part"), Piece::Old);
    }

    #[test]
    fn what_was_forgotten_is_asked_for_again() {
        let mut incoming = Incoming::default();
        incoming.insert(1, (1, 4), (0, 3), "a");
        incoming.shed();
        assert_eq!(incoming.insert(1, (1, 4), (1, 3), "b"), Piece::Torn);
        assert_eq!(incoming.insert(1, (1, 4), (2, 3), "c"), Piece::Part);
        assert_eq!(incoming.insert(1, (1, 4), (0, 3), "a"), Piece::Whole("abc".into()));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_last_stay() {
        let sender = |n: u32| PeerId([n.to_be_bytes(); 2].concat().try_into().unwrap());
        let id = |by, seq| LineId { sender: sender(by), epoch: 1, seq };
        let mut seen = Seen::default();
        let most = u32::try_from(MAX_SEEN_OF_ONE).unwrap();
        for seq in (0..2 * most).rev() {
            assert!(seen.insert(id(0, seq)));
            assert!(!seen.insert(id(0, seq)));
        }
        assert!(seen.has(id(0, 0)) && seen.has(id(0, most - 1)) && !seen.has(id(0, most)));
        let senders = u32::try_from(MAX_SEEN_SENDERS).unwrap();
        (1..=senders).for_each(|by| assert!(seen.insert(id(by, 7))));
        assert!(!seen.has(id(0, 0)) && seen.has(id(1, 7)) && seen.has(id(senders, 7)));
        assert_eq!((seen.senders.len(), seen.recent.len()), (MAX_SEEN_SENDERS, MAX_SEEN_SENDERS));
    }
}

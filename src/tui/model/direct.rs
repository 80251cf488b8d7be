//! Which entry of the log shows which private line, so that it can tell what became of it.
//!
//! The session answers a private line with a [`DirectId`] and, on another way, with the line itself. Both come in the
//! order in which the lines were sent, and either can come first, even after the line's fate.

use std::collections::VecDeque;

use super::entry::EntryId;
use crate::chat::{DirectId, DirectState};

/// Lines remembered; a fate known later than that is not shown.
const KEPT: usize = 256;

/// Private lines on their way.
#[derive(Debug, Default)]
pub struct Directs {
    /// Entries whose id is not known yet.
    entries: VecDeque<EntryId>,
    /// Ids whose entry is not there yet.
    ids: VecDeque<DirectId>,
    pairs: VecDeque<(DirectId, EntryId)>,
    /// Fates that came before the pair.
    fates: VecDeque<(DirectId, DirectState)>,
}

impl Directs {
    /// An own private line was added to the log.
    pub fn shown(&mut self, entry: EntryId) -> Option<(EntryId, DirectState)> {
        keep(&mut self.entries, entry);
        self.pair()
    }

    /// The session took a private line.
    pub fn sent(&mut self, id: DirectId) -> Option<(EntryId, DirectState)> {
        keep(&mut self.ids, id);
        self.pair()
    }

    /// The fate of a line is known.
    pub fn fate(&mut self, id: DirectId, state: DirectState) -> Option<(EntryId, DirectState)> {
        let known = self.pairs.iter().position(|(known, _)| *known == id);
        if let Some((_, entry)) = known.and_then(|at| self.pairs.remove(at)) {
            return Some((entry, state));
        }
        keep(&mut self.fates, (id, state));
        None
    }

    /// Each returns the entry to be marked, and how, if that has become known.
    fn pair(&mut self) -> Option<(EntryId, DirectState)> {
        if self.entries.is_empty() || self.ids.is_empty() {
            return None;
        }
        let (entry, id) = (self.entries.pop_front()?, self.ids.pop_front()?);
        let early = self.fates.iter().position(|(known, _)| *known == id);
        if let Some((_, state)) = early.and_then(|at| self.fates.remove(at)) {
            return Some((entry, state));
        }
        keep(&mut self.pairs, (id, entry));
        None
    }
}

fn keep<T>(queue: &mut VecDeque<T>, item: T) {
    queue.push_back(item);
    if queue.len() > KEPT {
        queue.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_entry_in_whatever_order_the_news_comes() {
        let [a, b, c] = [1, 2, 3].map(EntryId);
        let [first, second, third] = [10, 11, 12].map(DirectId);
        let mut d = Directs::default();
        assert_eq!(d.shown(a), None);
        assert_eq!(d.sent(first), None);
        assert_eq!(d.fate(first, DirectState::Delivered), Some((a, DirectState::Delivered)));
        assert_eq!(d.sent(second), None);
        assert_eq!(d.fate(second, DirectState::Failed), None);
        assert_eq!(d.sent(third), None);
        assert_eq!(d.shown(b), Some((b, DirectState::Failed)));
        assert_eq!(d.shown(c), None);
        assert_eq!(d.fate(third, DirectState::Delivered), Some((c, DirectState::Delivered)));
    }
}

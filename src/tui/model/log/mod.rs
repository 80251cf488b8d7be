//! The log: entries in the order in which they are read, bounded.

mod gaps;
mod order;
mod quotes;

use std::cell::Cell;
use std::collections::{HashSet, VecDeque};

use super::entry::{Entry, EntryId, Level, What};
use super::presence::{Change, Presence};
use super::time::Stamp;
use crate::chat::{DirectState, Line, LineId, PeerId, Trust};
use crate::text::SafeText;

/// Entries kept; the oldest go first.
pub(super) const KEPT: usize = 100_000;
/// How far from the last entry looked for the next is looked for first.
const NEAR: usize = 64;
/// Minutes within which one change of who is here follows another to be told in the same row.
const TOGETHER: i64 = 30;

/// What was said and told.
#[derive(Debug, Default)]
pub struct Log {
    entries: VecDeque<Entry>,
    /// The lines among them, by which a line that comes again is known.
    lines: HashSet<LineId>,
    /// Lines that are quoted and are not among them.
    open: HashSet<LineId>,
    next: u64,
    /// How many gaps there are among them.
    gaps: usize,
    /// Where the last entry looked for was.
    hint: Cell<usize>,
}

impl Log {
    /// An empty log whose entries are numbered from `first` on.
    pub(super) fn numbered(first: u64) -> Self {
        Self { next: first, ..Self::default() }
    }

    /// Shows which reactions a line has got, if it is here.
    pub fn set_reactions(&mut self, id: LineId, reactions: SafeText) {
        if !self.lines.contains(&id) {
            return;
        }
        let entry = self.entries.iter_mut().rev().find(|e| e.line().is_some_and(|line| line.id == Some(id)));
        if let Some(entry) = entry {
            entry.set_reactions(reactions);
        }
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry at `index`, oldest first.
    pub fn get(&self, index: usize) -> Option<&Entry> {
        self.entries.get(index)
    }

    /// All entries, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Where entry `id` stands now.
    pub fn position(&self, id: EntryId) -> Option<usize> {
        let from = self.hint.get().saturating_sub(NEAR);
        let near = (from..from + 2 * NEAR).find(|at| self.entries.get(*at).is_some_and(|e| e.id == id));
        let found = near.or_else(|| self.entries.iter().rposition(|e| e.id == id))?;
        self.hint.set(found);
        Some(found)
    }

    /// The mark before what is new.
    pub fn mark(&self) -> Option<EntryId> {
        self.entries.iter().rev().find(|e| *e.what() == What::New).map(|e| e.id)
    }

    /// Puts the mark at the end: what comes now has not been seen. The mark before goes, unless it is `kept`.
    pub fn move_mark(&mut self, now: Stamp, kept: Option<EntryId>) {
        let old = self.mark().filter(|id| Some(*id) != kept).and_then(|id| self.position(id));
        if let Some(at) = old {
            self.entries.remove(at);
        }
        self.push(now, What::New);
    }

    /// The entry that shows `line`, or one just like it where it has no id.
    pub fn find_line(&self, line: &Line) -> Option<EntryId> {
        let same = |other: &Line| match (line.id, other.id) {
            (Some(a), Some(b)) => a == b,
            (None, None) => {
                (line.received_at, &line.from, &line.text) == (other.received_at, &other.from, &other.text)
            }
            _ => false,
        };
        self.entries.iter().find(|e| e.line().is_some_and(same)).map(|e| e.id)
    }

    /// The id that the next entry gets: every entry there is has a lower one.
    pub fn next_id(&self) -> EntryId {
        EntryId(self.next)
    }

    /// Forgets all entries.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.lines.clear();
        self.open.clear();
        self.gaps = 0;
    }

    /// Whether a line is there already.
    pub fn shows(&self, id: LineId) -> bool {
        self.lines.contains(&id)
    }

    /// Inserts an entry, within the bound of all.
    fn put(&mut self, place: usize, at: Stamp, what: What) -> EntryId {
        let id = self.next_id();
        self.insert(place, at, what);
        self.bound();
        id
    }

    /// Inserts an entry and gives the place after it.
    fn insert(&mut self, place: usize, at: Stamp, what: What) -> usize {
        let id = self.take_id();
        let entry = self.entry(id, at, what);
        let line = entry.line_id();
        self.entries.insert(place, entry);
        if let Some(line) = line {
            self.quote(line);
        }
        place + 1
    }

    /// Adds what the program tells.
    pub fn add_notice(&mut self, at: Stamp, level: Level, text: SafeText) {
        self.push(at, What::Notice(level, text));
    }

    /// Changes what a notice tells, if it is here.
    pub fn set_notice(&mut self, id: EntryId, text: &SafeText) -> bool {
        let entry = self.position(id).and_then(|at| self.entries.get_mut(at));
        let Some(What::Notice(_, told)) = entry.map(Entry::what_mut) else { return false };
        told.clone_from(text);
        true
    }

    /// Adds that somebody came or went: into the last entry if that tells the same and is not old, else as a new one.
    /// The time that is shown is that of the last change.
    pub fn add_presence(&mut self, at: Stamp, peer: PeerId, name: SafeText, change: Change) {
        self.with_presence(at, |presence| presence.add(peer, name, change));
    }

    /// Tells that a peer goes by another name, in the same way.
    pub fn add_rename(&mut self, at: Stamp, peer: PeerId, old: SafeText, new: SafeText) {
        self.with_presence(at, |presence| presence.rename(peer, old, new));
    }

    fn with_presence(&mut self, at: Stamp, add: impl FnOnce(&mut Presence)) {
        let near = |last: &&mut Entry| last.at.day() == at.day() && at.minute() - last.at.minute() < TOGETHER;
        if let Some(last) = self.entries.back_mut().filter(near)
            && matches!(last.what(), What::Presence(presence) if !presence.is_full())
        {
            last.at = last.at.max(at);
            if let What::Presence(presence) = last.what_mut() {
                add(presence);
            }
            return;
        }
        let mut presence = Presence::default();
        add(&mut presence);
        self.push(at, What::Presence(presence));
    }

    /// The name that a reader of own private lines has now: an old one may be another's by now.
    pub fn set_reader(&mut self, peer: PeerId, name: &SafeText) {
        for entry in &mut self.entries {
            if entry.line().is_some_and(|line| line.own && line.private && line.to == Some(peer))
                && let What::Line { to, .. } = entry.what_mut()
            {
                *to = Some(name.clone());
            }
        }
    }

    /// How far to believe a peer is known now: also what it has said before, with the same key.
    pub fn set_trust(&mut self, peer: PeerId, trust: Trust) {
        for entry in &mut self.entries {
            if entry.line().is_some_and(|line| line.peer == Some(peer) && line.trust != trust && !line.own)
                && let What::Line { line, .. } = entry.what_mut()
            {
                line.trust = trust;
            }
        }
    }

    /// Marks what became of a private line.
    pub fn set_fate(&mut self, id: LineId, state: DirectState) {
        let entry = self.entries.iter_mut().rev().find(|e| e.line().is_some_and(|line| line.id == Some(id)));
        if let Some(What::Line { fate, .. }) = entry.map(Entry::what_mut) {
            *fate = Some(state);
        }
    }

    fn take_id(&mut self) -> EntryId {
        let id = self.next_id();
        self.next += 1;
        id
    }

    fn push(&mut self, at: Stamp, what: What) -> EntryId {
        if self.entries.back().is_some_and(|last| last.at.day() < at.day()) {
            self.push_entry(at, What::Day);
        }
        let id = self.push_entry(at, what);
        self.bound();
        id
    }

    fn push_entry(&mut self, at: Stamp, what: What) -> EntryId {
        let id = self.take_id();
        let entry = self.entry(id, at, what);
        let line = entry.line_id();
        self.entries.push_back(entry);
        if let Some(line) = line {
            self.quote(line);
        }
        id
    }

    fn bound(&mut self) {
        while self.entries.len() > KEPT {
            let oldest = self.entries.pop_front();
            self.gaps -= usize::from(oldest.as_ref().is_some_and(|e| matches!(e.what(), What::Gap { .. })));
            if let Some(id) = oldest.and_then(|e| e.line().and_then(|l| l.id)) {
                self.lines.remove(&id);
            }
        }
    }
}

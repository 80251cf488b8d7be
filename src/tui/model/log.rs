//! The log: entries in the order in which they are read, bounded.

use std::cell::Cell;
use std::collections::{HashSet, VecDeque};
use std::ops::Range;

use super::entry::{Entry, EntryId, Level, What};
use super::gap::Missing;
use super::presence::{Change, Presence};
use super::time::Stamp;
use crate::chat::limits::LATE;
use crate::chat::{DirectState, Line, LineId, PeerId, Trust};
use crate::history::said_at;
use crate::text::SafeText;

/// Entries kept; the oldest go first.
pub(super) const KEPT: usize = 100_000;
/// How far from the last entry looked for the next is looked for first.
const NEAR: usize = 64;
/// Minutes within which one change of who is here follows another to be told in the same row.
const TOGETHER: i64 = 30;
/// How far back the place of a late line is looked for, in entries.
const LATE_SEARCH: usize = 2000;

/// What was said and told.
#[derive(Debug, Default)]
pub struct Log {
    entries: VecDeque<Entry>,
    /// The lines among them, by which a line that comes again is known.
    lines: HashSet<LineId>,
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
        self.gaps = 0;
    }

    /// Whether a line is there already.
    pub fn shows(&self, id: LineId) -> bool {
        self.lines.contains(&id)
    }

    /// Adds a line: among those of the last seconds, or, when it is late, where its author's other lines leave its place. None
    /// when it is there already.
    pub fn add_line(&mut self, at: Stamp, line: Line, to: Option<SafeText>) -> Option<EntryId> {
        if line.id.is_some_and(|id| !self.lines.insert(id)) {
            return None;
        }
        let place = line.id.filter(|_| line.late).and_then(|id| self.late_place(id));
        let what = What::Line { line: Box::new(line), to, fate: None };
        Some(match place {
            Some(place) => self.put(place, at, what),
            None => self.push_in_order(at, what),
        })
    }

    /// Adds a line that came in time. Lines of the last seconds stand in the order of the clock that all share, whichever came
    /// first: so all see the same, and no answer stands above what it answers.
    fn push_in_order(&mut self, at: Stamp, what: What) -> EntryId {
        let What::Line { line, .. } = &what else { return self.push(at, what) };
        let mut place = self.entries.len();
        for (n, entry) in self.entries.iter().enumerate().rev() {
            match entry.what() {
                What::Day | What::New => break,
                What::Line { line: other, .. } => {
                    if other.sent_at <= line.sent_at || other.received_at + LATE < line.received_at {
                        break;
                    }
                    place = n;
                }
                _ => {} // it stands above what was told meanwhile, if it stands above a line
            }
        }
        if place == self.entries.len() || line.id.is_none() {
            return self.push(at, what);
        }
        let at = self.get(place).map_or(at, |next| next.at); // times rise from row to row
        self.put(place, at, what)
    }

    /// Inserts an entry, within the bound of all.
    fn put(&mut self, place: usize, at: Stamp, what: What) -> EntryId {
        let id = self.next_id();
        self.insert(place, at, what);
        self.bound();
        id
    }

    /// Adds a line that was said before this run began: where its time belongs, but below a mark. With `mark`, it is the
    /// first one that the user missed. None when it is there already.
    pub fn add_missed(&mut self, at: Stamp, line: Line, to: Option<SafeText>, mark: bool) -> Option<EntryId> {
        if line.id.is_some_and(|id| !self.lines.insert(id)) {
            return None;
        }
        let later = |e: &&Entry| match e.what() {
            What::New => false,
            What::Day => e.at.day() > at.day(),
            What::Line { line: other, .. } if e.at == at => said_at(other) > said_at(&line),
            _ => e.at > at,
        };
        let mut place = self.entries.len() - self.entries.iter().rev().take_while(later).count();
        let day = |place: Option<usize>| place.and_then(|p| self.get(p)).map(|e| e.at.day());
        let (before, after) = (day(place.checked_sub(1)), day(Some(place)));
        if before.or(after).is_some_and(|day| day != at.day()) {
            place = self.insert(place, at, What::Day);
        }
        if mark {
            place = self.insert(place, at, What::New);
        }
        place = self.insert(place, at, What::Line { line: Box::new(line), to, fate: None });
        let id = self.get(place - 1).map(|e| e.id);
        let next = self.get(place).filter(|e| e.at.day() > at.day() && *e.what() != What::Day);
        if let Some(next) = next.map(|e| e.at) {
            self.insert(place, next, What::Day);
        }
        self.bound();
        id
    }

    /// Inserts an entry and gives the place after it.
    fn insert(&mut self, place: usize, at: Stamp, what: What) -> usize {
        let id = self.take_id();
        self.entries.insert(place, Entry::new(id, at, what));
        place + 1
    }

    /// Puts the past, oldest first, before everything else; `new` is the first line of it that was not read yet.
    pub fn prepend(&mut self, now: Stamp, past: Vec<(Stamp, Line, Option<SafeText>)>, new: Option<usize>) {
        let mut present = std::mem::take(&mut self.entries);
        let mut new = new;
        for (n, (at, mut line, to)) in past.into_iter().enumerate() {
            line.late &= line.private; // it stands where it belongs
            if line.id.is_some_and(|id| !self.lines.insert(id)) {
                continue; // heard again already
            }
            if self.entries.is_empty() && at.day() < now.day() {
                self.push_entry(at, What::Day);
            }
            if new.is_some_and(|new| n >= new) {
                new = None;
                self.push(at, What::New);
            }
            self.push(at, What::Line { line: Box::new(line), to, fate: None });
        }
        // Where the two meet there is one line for the day, and only if another begins.
        let last = self.entries.back().map(|e| e.at.day());
        if last.is_some()
            && present.front().is_some_and(|e| *e.what() == What::Day && Some(e.at.day()) == last)
        {
            present.pop_front();
        }
        let next = present.front().filter(|e| *e.what() != What::Day && last.is_some_and(|d| d < e.at.day()));
        if let Some(next) = next.map(|e| e.at) {
            self.push_entry(next, What::Day);
        }
        self.entries.append(&mut present);
        self.bound();
    }

    /// Adds that lines are missing: below what their author said last, if that was within the last seconds, else at the end;
    /// to the gap of that author which stands there already, if there is one. So a bad link makes no page of gaps.
    pub fn add_gap(&mut self, at: Stamp, from: SafeText, missing: Missing) {
        let mut place = self.entries.len();
        for (n, entry) in self.entries.iter_mut().enumerate().rev() {
            let said = entry.line().and_then(|line| line.peer);
            if matches!(entry.what(), What::Day | What::New) || at.since(entry.at) > LATE / 1000 {
                break;
            }
            if said.is_some() && said == missing.author() {
                place = n + 1;
                break;
            }
            if let What::Gap { missing: gap, .. } = entry.what()
                && gap.author() == missing.author()
                && let What::Gap { missing: gap, .. } = entry.what_mut()
                && gap.join(&missing)
            {
                return;
            }
        }
        self.gaps += 1;
        let what = What::Gap { from, missing };
        match self.get(place).map(|next| next.at) {
            Some(at) => self.put(place, at, what), // times rise from row to row
            None => self.push(at, what),
        };
    }

    /// Datagrams with these numbers have come: where a gap was told, less is missing, or nothing. Then its entry goes, and
    /// it is returned, with the one above it.
    pub fn fill(&mut self, run: (PeerId, u32), numbers: &Range<u32>) -> Vec<(EntryId, Option<EntryId>)> {
        let mut gone = Vec::new();
        // A line of several datagrams may have been told in two gaps.
        for seq in numbers.clone() {
            let Some((at, gap)) = self.gap_with(run, seq) else { continue };
            let mut missing = gap.clone();
            missing.fill(run, numbers);
            if missing.count() == 0 {
                self.gaps -= 1;
                let above = at.checked_sub(1).and_then(|at| self.get(at)).map(|e| e.id);
                gone.extend(self.entries.remove(at).map(|gap| (gap.id, above)));
            } else if let Some(What::Gap { missing: gap, .. }) = self.entries.get_mut(at).map(Entry::what_mut)
            {
                *gap = missing;
            }
        }
        gone
    }

    /// Adds what the program tells.
    pub fn add_notice(&mut self, at: Stamp, level: Level, text: SafeText) {
        self.push(at, What::Notice(level, text));
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
        self.entries.push_back(Entry::new(id, at, what));
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

    /// Whether a line is one of those that were told as missing.
    pub fn has_gap(&self, id: LineId) -> bool {
        self.gap_with((id.sender, id.epoch), id.seq).is_some()
    }

    /// The gap that was told of datagram `seq`, and where it stands.
    fn gap_with(&self, run: (PeerId, u32), seq: u32) -> Option<(usize, &Missing)> {
        let gaps = self.entries.iter().enumerate().rev().filter_map(|(at, e)| match e.what() {
            What::Gap { missing, .. } => Some((at, missing)),
            _ => None,
        });
        gaps.take(self.gaps).find(|(_, gap)| gap.has(run, seq))
    }

    /// Where a late line belongs: at the gap that was told of it, or else beside its author's other lines.
    fn late_place(&self, id: LineId) -> Option<usize> {
        let run = (id.sender, id.epoch);
        let gap = self.gap_with(run, id.seq);
        if let Some((at, _)) = gap.filter(|(_, gap)| !gap.begins_before(run, id.seq)) {
            return Some(at);
        }
        let order = |l: LineId| (l.epoch, l.seq);
        let author = |e: &Entry| e.line().and_then(|l| l.id).filter(|l| l.sender == id.sender);
        let oldest = self.entries.len().saturating_sub(LATE_SEARCH);
        let recent = || (oldest..self.entries.len()).rev().filter_map(|at| Some((at, self.entries.get(at)?)));
        let before = recent().find(|(_, e)| author(e).is_some_and(|l| order(l) < order(id)));
        let after = recent().rfind(|(_, e)| author(e).is_some_and(|l| order(l) > order(id)));
        // Behind the rest of its gap, and what of that has come already.
        let before = before.map(|(at, _)| at).max(gap.map(|(at, _)| at));
        before.map(|at| at + 1).or(after.map(|(at, _)| at))
    }
}

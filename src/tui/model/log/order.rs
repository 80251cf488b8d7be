//! Where a line stands: in the order of the clock that all share.

use super::super::entry::{Entry, EntryId, What};
use super::super::time::Stamp;
use super::Log;
use crate::chat::Line;
use crate::chat::limits::LATE;
use crate::history::{said_at, stamped_at};
use crate::text::SafeText;

impl Log {
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
                    let near = other.received_at.abs_diff(line.received_at) <= LATE; // a clock can be set back
                    if stamped_at(other) <= stamped_at(line) || !near {
                        break;
                    }
                    place = n;
                }
                _ => {} // it stands above what was told meanwhile, if it stands above a line
            }
        }
        let Some(id) = line.id.filter(|_| place < self.entries.len()) else { return self.push(at, what) };
        let place = self.raise_gaps(place, id);
        let at = self.get(place).map_or(at, |next| next.at); // times rise from row to row
        self.put(place, at, what)
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

    /// Puts the past, oldest first, before everything else; `new` is the first line of it that was not read yet.
    pub fn prepend(&mut self, now: Stamp, past: Vec<(Stamp, Line, Option<SafeText>)>, new: Option<usize>) {
        let mut present = std::mem::take(&mut self.entries);
        let open = std::mem::take(&mut self.open); // whoever quotes these is not among the entries for the moment
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
        self.open.extend(open);
        self.quote_all();
        self.bound();
    }
}

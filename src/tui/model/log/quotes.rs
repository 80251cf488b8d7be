//! What the answers in the log quote: the line itself where it is here, so that nobody can put words into another's mouth.

use super::super::entry::{Entry, EntryId, What};
use super::super::time::Stamp;
use super::{KEPT, Log};
use crate::chat::{LineId, quotation};
use crate::text::SafeText;

impl Log {
    /// An entry, with what it quotes.
    pub(super) fn entry(&mut self, id: EntryId, at: Stamp, what: What) -> Entry {
        let mut entry = Entry::new(id, at, what);
        if let Some(about) = entry.answers() {
            match self.quoted(about) {
                Some(quoted) => entry.set_quoted(quoted),
                None if self.open.len() < KEPT => {
                    self.open.insert(about);
                }
                None => {} // it stays what its author claims
            }
        }
        entry
    }

    /// A line has come: answers that came before it quote it now.
    pub(super) fn quote(&mut self, line: LineId) {
        if !self.open.remove(&line) {
            return;
        }
        let Some(quoted) = self.quoted(line) else { return };
        for entry in self.entries.iter_mut().filter(|entry| entry.answers() == Some(line)) {
            entry.set_quoted(quoted.clone());
        }
    }

    /// Looks for all that is quoted and was not here yet.
    pub(super) fn quote_all(&mut self) {
        let here: Vec<LineId> = self.open.intersection(&self.lines).copied().collect();
        for line in here {
            self.quote(line);
        }
    }

    fn quoted(&self, id: LineId) -> Option<SafeText> {
        if !self.lines.contains(&id) {
            return None;
        }
        let mut lines = self.entries.iter().rev().filter_map(Entry::line);
        let line = lines.find(|line| line.id == Some(id))?;
        Some(SafeText::line(&format!("{}: \"{}\"", line.from, quotation(line.text.as_str()))))
    }
}

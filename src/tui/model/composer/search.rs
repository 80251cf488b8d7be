//! Search among the messages sent before, while it is typed: readline's Ctrl+R.

use unicode_segmentation::UnicodeSegmentation;

use super::Composer;
use crate::text::SafeText;

/// A search that goes on.
#[derive(Debug)]
pub(super) struct Search {
    wanted: String,
    /// Which message is shown.
    at: Option<usize>,
    missed: bool,
    /// What was written before, and where the cursor stood.
    before: (String, usize),
}

impl Search {
    /// What was written before it.
    pub(super) fn before(&self) -> &str {
        &self.before.0
    }
}

impl Composer {
    /// Begins a search; what is written comes back if it is given up.
    pub fn search_start(&mut self) {
        self.calm();
        let before = (self.text.clone(), self.cursor);
        self.search = Some(Search { wanted: String::new(), at: None, missed: false, before });
    }

    /// What is searched for, and whether nothing (more) was found; none while nothing is searched for.
    pub fn searched(&self) -> Option<(&str, bool)> {
        self.search.as_ref().map(|s| (s.wanted.as_str(), s.missed))
    }

    /// Searches for this, too. The message shown stays if it holds it.
    pub fn search_type(&mut self, text: &str) {
        let Some(search) = &mut self.search else { return };
        search.wanted.push_str(SafeText::line(text).as_str());
        let from = search.at.map_or(self.history.sent().len(), |at| at + 1);
        self.look(from, true, false);
    }

    /// Takes the last grapheme of what is searched for back.
    pub fn search_shorten(&mut self) {
        let Some(search) = &mut self.search else { return };
        let last = search.wanted.grapheme_indices(true).next_back().map_or(0, |(at, _)| at);
        search.wanted.truncate(last);
        search.at = None;
        self.look(self.history.sent().len(), true, false);
    }

    /// Goes to the next older message that is meant, or a newer one.
    pub fn search_again(&mut self, older: bool) {
        let Some(search) = &self.search else { return };
        let end = if older { self.history.sent().len() } else { return self.look_newer(search.at) };
        self.look(search.at.unwrap_or(end), true, true);
    }

    fn look_newer(&mut self, at: Option<usize>) {
        if let Some(at) = at {
            self.look(at, false, true);
        }
    }

    fn look(&mut self, from: usize, older: bool, other: bool) {
        let Some(search) = &mut self.search else { return };
        let not = search.at.filter(|_| other).and_then(|at| self.history.sent().get(at)).map(String::as_str);
        let found = self.history.find(&search.wanted, from, older, not);
        let found = found.filter(|_| !search.wanted.is_empty());
        search.missed = found.is_none() && !search.wanted.is_empty();
        if found.is_some() || search.wanted.is_empty() {
            search.at = found;
        }
        let (text, cursor) = match search.at.and_then(|at| self.history.sent().get(at)) {
            Some(text) => (text.clone(), text.len()),
            None => search.before.clone(),
        };
        self.replace_all(&text);
        self.cursor = cursor;
    }

    /// Ends the search and keeps what it has found; undo brings back what was written.
    pub fn search_take(&mut self) {
        let Some(search) = self.search.take() else { return };
        let (text, cursor) = search.before;
        if let Some(at) = search.at {
            self.undo.before(&text, cursor, false);
            self.history.show(at, &text);
        }
    }

    /// Ends the search; what was written is there again.
    pub fn search_cancel(&mut self) {
        let Some(search) = self.search.take() else { return };
        self.replace_all(&search.before.0);
        self.cursor = search.before.1;
    }
}

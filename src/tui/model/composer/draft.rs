//! What is being written in a place that is not shown: each place has its own, with what can be taken back there.

use super::Composer;
use super::history::Browsed;
use super::undo::Undo;

/// What is being written in one place.
#[derive(Debug, Default)]
pub struct Draft {
    text: String,
    cursor: usize,
    undo: Undo,
    browsed: Browsed,
}

impl Draft {
    /// A text that an earlier run has kept.
    pub fn of(text: String) -> Self {
        Self { cursor: text.len(), text, ..Self::default() }
    }

    /// Whether nothing is being written.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.browsed.draft().is_empty()
    }
}

impl Composer {
    /// Takes up what was being written in another place, and gives what was being written in this one.
    pub fn change(&mut self, other: Draft) -> Draft {
        self.search_cancel();
        self.calm();
        let Draft { text, cursor, mut undo, mut browsed } = other;
        self.undo.stop();
        std::mem::swap(&mut self.undo, &mut undo);
        self.history.swap(&mut browsed);
        let draft = Draft { text: self.text.clone(), cursor: self.cursor, undo, browsed };
        self.replace_all(&text);
        self.cursor = cursor;
        draft
    }

    /// What to keep of what is being written here: no message of the past that is only looked at.
    pub fn kept(&self) -> &str {
        let text = self.search.as_ref().map_or(self.text.as_str(), |search| search.before());
        self.history.kept(self.history.browsed(), text)
    }

    /// The same of a place that is not shown.
    pub fn kept_of<'a>(&'a self, draft: &'a Draft) -> &'a str {
        self.history.kept(&draft.browsed, &draft.text)
    }
}

//! The composer: a multi-line editor that never parts a grapheme (UAX #29), with a kill ring, undo and input history.
//!
//! What it holds is safe to show at every moment: it goes through [`SafeText`] as it is typed or pasted, so what is seen
//! is what is sent.

mod draft;
mod edit;
mod history;
mod kill;
mod motion;
mod search;
mod undo;

use std::cell::RefCell;
use std::rc::Rc;

pub use draft::Draft;
pub use edit::Edit;

use self::history::History;
use self::kill::Kills;
use self::search::Search;
use self::undo::Undo;
use crate::text::SafeText;
use crate::tui::text::{Row, width, wrap};

/// Most rows shown; a longer message scrolls.
pub const MAX_ROWS: usize = 6;

/// What is being written.
#[derive(Debug, Default)]
pub struct Composer {
    text: String,
    /// Byte offset, always on a grapheme boundary.
    cursor: usize,
    /// Column that vertical motion aims at, kept while it goes on.
    goal: Option<usize>,
    /// Columns of a row, as last drawn.
    width: usize,
    undo: Undo,
    kills: Kills,
    history: History,
    search: Option<Search>,
    /// Counts changes of the text.
    revision: u64,
    wrapped: RefCell<Option<Rc<[Row]>>>,
}

impl Composer {
    /// What is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the cursor stands, as a byte offset.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Lines, counted by line breaks; at least 1.
    pub fn lines(&self) -> usize {
        self.text.bytes().filter(|b| *b == b'\n').count() + 1
    }

    /// Tells how wide a row is, in columns.
    pub fn set_width(&mut self, width: usize) {
        if self.width != width {
            self.width = width;
            self.wrapped.replace(None);
        }
    }

    /// The rows, wrapped to the width.
    pub fn rows(&self) -> Rc<[Row]> {
        let mut wrapped = self.wrapped.borrow_mut();
        Rc::clone(wrapped.get_or_insert_with(|| wrap(&self.text, self.width).into()))
    }

    /// Row (an index into [`Composer::rows`]) and column of the cursor. The column can be the width itself: one cell
    /// has to be left for the cursor.
    pub fn cursor_place(&self) -> (usize, usize) {
        let rows = self.rows();
        let row = rows.iter().rposition(|r| r.start <= self.cursor).unwrap_or(0);
        let start = rows.get(row).map_or(0, |r| r.start);
        let column = width::columns(self.text.get(start..self.cursor).unwrap_or_default());
        (row, column.min(self.width))
    }

    /// Inserts text as it comes from the keyboard or the clipboard. Line breaks of every kind become `\n`.
    pub fn insert(&mut self, raw: &str) {
        let typed = raw.chars().nth(1).is_none();
        self.undo.before(&self.text, self.cursor, typed && !raw.starts_with(char::is_whitespace));
        self.calm();
        self.insert_cleaned(raw);
    }

    /// Replaces the bytes `from..cursor`, for completion. `from` has to be a character boundary.
    pub fn replace_before(&mut self, from: usize, with: &str) {
        self.undo.before(&self.text, self.cursor, false);
        self.calm();
        self.splice(from, self.cursor, with);
    }

    /// Empties the composer; undo brings the text back.
    pub fn clear(&mut self) {
        self.set("");
        self.history.rest(); // the newest message is the first one before what is written next
    }

    /// Puts `text` there instead of what is written; undo brings that back.
    pub fn set(&mut self, text: &str) {
        self.undo.before(&self.text, self.cursor, false);
        self.calm();
        self.replace_all(text);
    }

    /// Changes whenever the text may have changed.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// What was sent before, newest last.
    pub fn sent(&self) -> &[String] {
        self.history.sent()
    }

    /// What was sent in an earlier run goes before what was sent in this one.
    pub fn prepend_sent(&mut self, earlier: &[String]) {
        self.history.prepend(earlier);
    }

    /// Takes what is written, to be sent, and keeps it in the history.
    pub fn take(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        self.history.push(&text);
        self.undo = Undo::default();
        self.calm();
        self.replace_all("");
        text
    }

    /// Ends whatever depends on the last edit: a run of kills, a yank, a column aimed at.
    fn calm(&mut self) {
        self.goal = None;
        self.kills.rest();
    }

    fn replace_all(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        self.cursor = self.text.len();
        self.revision += 1;
        self.wrapped.replace(None);
    }

    /// Replaces the bytes `from..to` and puts the cursor after what is new.
    fn splice(&mut self, from: usize, to: usize, with: &str) {
        if self.text.get(from..to).is_none() {
            return;
        }
        self.text.replace_range(from..to, with);
        self.cursor = motion::boundary_at_or_after(&self.text, from + with.len());
        self.revision += 1;
        self.wrapped.replace(None);
    }

    /// Inserts cleaned text. The grapheme before the cursor is cleaned with it, because terminals send what belongs to
    /// one grapheme (a letter and its accent, the parts of an emoji) as one key after the other.
    fn insert_cleaned(&mut self, raw: &str) {
        let from = match motion::before(&self.text, self.cursor) {
            at if self.text.get(at..self.cursor) == Some("\n") => self.cursor,
            at => at,
        };
        let joined = format!("{}{raw}", self.text.get(from..self.cursor).unwrap_or_default());
        // What joins, joins what is typed next: it stays as it is until then.
        let done = joined.trim_end_matches(joins_the_next);
        let joiners = joined.get(done.len()..).unwrap_or_default();
        let joiners = if done.is_empty() { "" } else { joiners };
        let clean = format!("{}{joiners}", SafeText::clean(done));
        self.splice(from, self.cursor, &clean);
    }
}

fn joins_the_next(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{e0020}'..='\u{e007e}')
}

#[cfg(test)]
mod tests;

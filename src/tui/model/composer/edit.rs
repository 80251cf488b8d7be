//! What the keys do inside the composer: readline's set, on graphemes and rows.

use super::{Composer, motion};
use crate::tui::text::width;

/// One editing step that a key can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edit {
    /// One grapheme left.
    Left,
    /// One grapheme right.
    Right,
    /// To the start of the word before.
    WordLeft,
    /// To the end of the next word.
    WordRight,
    /// To the start of the line.
    LineStart,
    /// To the end of the line.
    LineEnd,
    /// To the start of the message.
    Start,
    /// To the end of the message.
    Finish,
    /// One row up, or to an older message on the first row. Does nothing where nothing is written.
    Up,
    /// One row down, or to a newer message on the last row. Does nothing where nothing is written.
    Down,
    /// To an older message.
    Older,
    /// To a newer message, and after the newest to what was being written.
    Newer,
    /// Insert a line break.
    Newline,
    /// Delete the grapheme before the cursor.
    Backspace,
    /// Delete the grapheme after the cursor.
    Delete,
    /// Cut back to the start of a word.
    KillWordLeft,
    /// Cut to the end of a word.
    KillWordRight,
    /// Cut back to white space.
    KillToSpace,
    /// Cut to the start of the line.
    KillToStart,
    /// Cut to the end of the line, or the line break at its end.
    KillToEnd,
    /// Insert what was cut last.
    Yank,
    /// Replace what was just yanked by what was cut before it.
    YankOlder,
    /// Swap the graphemes around the cursor.
    Transpose,
    /// Write the next word with a capital letter.
    Capitalize,
    /// Take the last change back.
    Undo,
}

impl Composer {
    /// Does one editing step.
    pub fn edit(&mut self, edit: Edit) {
        let (text, at) = (self.text.as_str(), self.cursor);
        match edit {
            Edit::Left => self.go(motion::before(text, at)),
            Edit::Right => self.go(motion::after(text, at)),
            Edit::WordLeft => self.go(motion::word_before(text, at)),
            Edit::WordRight => self.go(motion::word_after(text, at)),
            Edit::LineStart => self.go(motion::line_start(text, at)),
            Edit::LineEnd => self.go(motion::line_end(text, at)),
            Edit::Start => self.go(0),
            Edit::Finish => self.go(text.len()),
            Edit::Up | Edit::Down if text.is_empty() => self.calm(),
            Edit::Up => self.vertical(true),
            Edit::Down => self.vertical(false),
            Edit::Older => self.recall(true),
            Edit::Newer => self.recall(false),
            Edit::Newline => self.insert("\n"),
            Edit::Backspace => self.delete(motion::before(text, at), at),
            Edit::Delete => self.delete(at, motion::after(text, at)),
            Edit::KillWordLeft => self.kill(motion::word_before(text, at), at),
            Edit::KillWordRight => self.kill(at, motion::word_after(text, at)),
            Edit::KillToSpace => self.kill(motion::run_before(text, at, motion::is_ink), at),
            Edit::KillToStart => self.kill(motion::line_start(text, at), at),
            Edit::KillToEnd => match motion::line_end(text, at) {
                end if end == at => self.kill(at, motion::after(text, at)),
                end => self.kill(at, end),
            },
            Edit::Yank => self.yank(),
            Edit::YankOlder => self.yank_older(),
            Edit::Transpose => self.transpose(),
            Edit::Capitalize => self.capitalize(),
            Edit::Undo => {
                self.calm();
                if let Some((text, cursor)) = self.undo.back() {
                    self.replace_all(&text);
                    self.cursor = cursor;
                }
            }
        }
    }

    fn go(&mut self, to: usize) {
        self.calm();
        self.undo.stop();
        self.cursor = to;
    }

    fn delete(&mut self, from: usize, to: usize) {
        self.calm();
        if from < to {
            self.undo.before(&self.text, self.cursor, false);
            self.splice(from, to, "");
        }
    }

    fn kill(&mut self, from: usize, to: usize) {
        self.goal = None;
        if from < to {
            self.undo.before(&self.text, self.cursor, false);
            self.kills.push(self.text.get(from..to).unwrap_or_default(), from < self.cursor);
            self.splice(from, to, "");
        }
    }

    fn yank(&mut self) {
        self.calm();
        if let Some(cut) = self.kills.newest() {
            self.undo.before(&self.text, self.cursor, false);
            let from = self.cursor;
            self.insert_cleaned(&cut);
            self.kills.yanked(from, self.cursor);
        }
    }

    fn yank_older(&mut self) {
        if let Some((from, to, cut)) = self.kills.older() {
            self.undo.before(&self.text, self.cursor, false);
            self.splice(from, to, &cut);
            self.kills.yanked(from, self.cursor);
        }
    }

    fn transpose(&mut self) {
        self.calm();
        let text = &self.text;
        // At the end of a line the two graphemes before the cursor are meant, as in readline.
        let middle = match motion::line_end(text, self.cursor) {
            end if end == self.cursor => motion::before(text, self.cursor),
            _ => self.cursor,
        };
        let (from, to) = (motion::before(text, middle), motion::after(text, middle));
        if from < motion::line_start(text, self.cursor) || from == middle {
            return;
        }
        let (Some(first), Some(second)) = (text.get(from..middle), text.get(middle..to)) else { return };
        let swapped = format!("{second}{first}");
        self.undo.before(&self.text, self.cursor, false);
        self.splice(from, to, &swapped);
    }

    /// Upper case for the first letter of the next word, lower case for the rest; the cursor goes behind it.
    fn capitalize(&mut self) {
        self.calm();
        let end = motion::word_after(&self.text, self.cursor);
        let Some(word) = self.text.get(self.cursor..end).filter(|word| !word.is_empty()) else { return };
        let start = word.find(char::is_alphanumeric).unwrap_or(0);
        let (skipped, word) = word.split_at(start);
        let mut letters = word.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        let changed: String =
            skipped.chars().chain(first).chain(letters.as_str().to_lowercase().chars()).collect();
        self.undo.before(&self.text, self.cursor, false);
        self.splice(self.cursor, end, &changed);
    }

    /// Shows an older message, or a newer one.
    fn recall(&mut self, older: bool) {
        self.calm();
        self.undo.stop();
        let found =
            if older { self.history.older(&self.text).cloned() } else { self.history.newer().cloned() };
        if let Some(text) = found {
            self.undo.before(&self.text, self.cursor, false);
            self.replace_all(&text);
        }
    }

    fn vertical(&mut self, up: bool) {
        let (row, column) = self.cursor_place();
        let target = if up { row.checked_sub(1) } else { Some(row + 1) };
        let rows = self.rows();
        self.kills.rest();
        self.undo.stop();
        let Some(row) = target.and_then(|row| rows.get(row)) else { return self.recall(up) };
        let goal = *self.goal.get_or_insert(column);
        let at = row.start + width::clip(row.of(&self.text), goal).len();
        // The end of a row that goes on without a space is the start of the next one.
        let wraps = row.end == row.next && row.next != self.text.len();
        self.cursor =
            if at == row.end && wraps && at > row.start { motion::before(&self.text, at) } else { at };
    }
}

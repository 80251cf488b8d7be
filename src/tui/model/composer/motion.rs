//! Places in a text that a cursor may stand on: grapheme boundaries, words, line ends.

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// The grapheme boundary before `at`.
pub(super) fn before(text: &str, at: usize) -> usize {
    let found = GraphemeCursor::new(at, text.len(), true).prev_boundary(text, 0);
    found.ok().flatten().unwrap_or(0)
}

/// The grapheme boundary after `at`.
pub(super) fn after(text: &str, at: usize) -> usize {
    let found = GraphemeCursor::new(at, text.len(), true).next_boundary(text, 0);
    found.ok().flatten().unwrap_or(text.len())
}

/// `at`, or the next grapheme boundary where `at` is none.
pub(super) fn boundary_at_or_after(text: &str, at: usize) -> usize {
    let mut cursor = GraphemeCursor::new(at, text.len(), true);
    if cursor.is_boundary(text, 0).unwrap_or(true) { at } else { after(text, at) }
}

/// Start of the line that `at` is in.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |found| found + 1)
}

/// End of the line that `at` is in, before its line break.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |found| at + found)
}

/// Whether a grapheme belongs to a word.
fn is_word(grapheme: &str) -> bool {
    grapheme.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// Whether a grapheme is anything but space.
pub(super) fn is_ink(grapheme: &str) -> bool {
    !grapheme.chars().all(char::is_whitespace)
}

/// Start of the word before `at`.
pub(super) fn word_before(text: &str, at: usize) -> usize {
    run_before(text, at, is_word)
}

/// Start of the run of `wanted` graphemes before `at`, others between skipped.
pub(super) fn run_before(text: &str, at: usize, wanted: fn(&str) -> bool) -> usize {
    let (mut place, mut inside) = (at, false);
    for (start, g) in text.get(..at).unwrap_or_default().grapheme_indices(true).rev() {
        if wanted(g) {
            inside = true;
        } else if inside {
            break;
        }
        place = start;
    }
    place
}

/// End of the word after `at`.
pub(super) fn word_after(text: &str, at: usize) -> usize {
    let (mut place, mut inside) = (at, false);
    for (start, g) in text.get(at..).unwrap_or_default().grapheme_indices(true) {
        if is_word(g) {
            inside = true;
        } else if inside {
            break;
        }
        place = at + start + g.len();
    }
    place
}

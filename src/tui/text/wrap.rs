//! The wrapper: breaks text into rows of a width, at spaces and between wide characters, long words by cells.
//!
//! It answers with places in the text, not with new strings: the log shows them, the composer finds its cursor by them.
//! A small part of UAX #14: ideographs may be parted, but not from closing or after opening punctuation.

use unicode_segmentation::UnicodeSegmentation;

use super::width;

/// One row, as byte offsets: `start..end` is shown, `end..next` (spaces at a break, or the line break) is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// First byte shown.
    pub start: usize,
    /// One past the last byte shown.
    pub end: usize,
    /// First byte of the following row.
    pub next: usize,
}

impl Row {
    /// The text of this row of `text`, from which it was made.
    pub fn of<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// Breaks `text` at `\n` and into rows of at most `width` columns (at least 1). There is always a row. A grapheme wider
/// than `width` stands alone on its row.
pub fn wrap(text: &str, width: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut base = 0;
    for line in text.split('\n') {
        wrap_line(line, base, width.max(1), &mut rows);
        base += line.len() + 1;
        if let Some(last) = rows.last_mut() {
            last.next = base.min(text.len());
        }
    }
    rows
}

fn wrap_line(line: &str, base: usize, width: usize, rows: &mut Vec<Row>) {
    let mut push = |start: usize, end: usize, next: usize| {
        // Only spaces can hang over the edge; they are not shown there.
        let text = line.get(start..end).unwrap_or_default();
        let shown = if text.ends_with(' ') { width::clip(text, width).len() } else { text.len() };
        rows.push(Row { start: base + start, end: base + start + shown, next: base + next });
    };
    let (mut start, mut used) = (0, 0);
    let mut place: Option<(usize, usize)> = None; // of the last possible break: where the row ends, where the next starts
    let mut spaces: Option<usize> = None; // start of the run of spaces before the current grapheme
    let mut before = "";
    for (at, g) in line.grapheme_indices(true) {
        let cells = width::grapheme(g);
        if g == " " {
            place = Some((*spaces.get_or_insert(at), at + 1));
        } else {
            if spaces.take().is_none() && parts(before, g) {
                place = Some((at, at));
            }
            while used + cells > width && at > start {
                let (end, next) = place.take().filter(|(end, _)| *end > start).unwrap_or((at, at));
                push(start, end, next);
                start = next;
                used = width::columns(line.get(start..at).unwrap_or_default());
            }
        }
        used += cells;
        before = g;
    }
    push(start, line.len(), line.len());
}

/// Whether a row may end between two graphemes that are not spaces.
fn parts(before: &str, after: &str) -> bool {
    const CLOSING: &str = "、。，．！？：；）」』】〉》〕］｝’”…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ";
    const OPENING: &str = "（「『【〈《〔［｛‘“";
    let is_wide = |g: &str| !g.is_ascii() && width::grapheme(g) >= 2;
    (is_wide(before) || is_wide(after))
        && !before.is_empty()
        && !after.chars().any(|c| CLOSING.contains(c) || c.is_ascii_punctuation())
        && !before.chars().any(|c| OPENING.contains(c) || "([{<\"'".contains(c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::SafeText;

    fn rows(text: &str, width: usize) -> Vec<&str> {
        wrap(text, width).iter().map(|r| r.of(text)).collect()
    }

    #[test]
    fn breaks_at_spaces_then_by_cells() {
        assert_eq!(rows("", 5), [""]);
        assert_eq!(rows("hello world", 5), ["hello", "world"]);
        assert_eq!(rows("hello   world", 5), ["hello", "world"]);
        assert_eq!(rows("a b c d", 3), ["a b", "c d"]);
        assert_eq!(rows("see https://example.org", 10), ["see", "https://ex", "ample.org"]);
        assert_eq!(rows("  code", 4), ["  co", "de"]);
        assert_eq!(rows("a\n\nb\n", 9), ["a", "", "b", ""]);
        assert_eq!(rows("ab   ", 3), ["ab "]);
        assert_eq!(rows("     x", 3), ["   ", "x"]);
    }

    #[test]
    fn breaks_between_wide_characters_and_keeps_graphemes_whole() {
        assert_eq!(rows("日本語です。", 6), ["日本語", "です。"]);
        assert_eq!(rows("日本語。", 6), ["日本", "語。"]);
        assert_eq!(rows("👨‍👩‍👧👨‍👩‍👧", 3), ["👨‍👩‍👧", "👨‍👩‍👧"]);
        assert_eq!(rows("日", 1), ["日"]);
        assert_eq!(rows("e\u{301}e\u{301}", 1), ["e\u{301}", "e\u{301}"]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_the_width_kept(text in "([a-d日👍é ]|\\PC|\n){0,60}", width in 2_usize..20) {
            let text = SafeText::clean(&text);
            let text = text.as_str();
            let mut place = 0;
            for row in wrap(text, width) {
                prop_assert_eq!(row.start, place);
                let hidden = text.get(row.end..row.next).unwrap();
                prop_assert!(hidden.chars().all(|c| c == ' ' || c == '\n'), "{:?} is hidden", hidden);
                let shown = row.of(text);
                prop_assert!(!shown.contains('\n'));
                prop_assert!(width::columns(shown) <= width || shown.graphemes(true).count() == 1);
                place = row.next;
            }
            prop_assert_eq!(place, text.len());
        }
    }
}

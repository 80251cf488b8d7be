//! Columns that text takes on a terminal (UAX #11), measured by grapheme exactly as the screen library lays cells out.
//!
//! Measuring a whole string differs from the sum of its graphemes (ligatures of Arabic, for one), and cursor and wrap
//! would drift from what is drawn.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns of one grapheme: 0, 1 or 2, rarely more.
pub fn grapheme(grapheme: &str) -> usize {
    if grapheme.len() == 1 {
        return 1;
    }
    // Half-width sound marks extend the grapheme, yet terminals give each a cell of its own.
    let sound_marks = grapheme.chars().filter(|c| matches!(c, '\u{ff9e}' | '\u{ff9f}')).count();
    grapheme.width() + sound_marks
}

/// Columns of a text of one line.
pub fn columns(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.graphemes(true).map(grapheme).sum()
}

/// The longest start of `text` that fits into `width` columns, whole graphemes only.
pub fn clip(text: &str, width: usize) -> &str {
    let mut used = 0;
    for (at, g) in text.grapheme_indices(true) {
        used += grapheme(g);
        if used > width {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// `name` in at most `width` columns. What is cut is marked with `…`; the suffix that tells two peers of one nickname
/// apart (`~3f9a`) is kept as long as a column is left for the name.
pub fn shorten(name: &str, width: usize) -> String {
    if columns(name) <= width {
        return name.to_owned();
    }
    let (start, suffix) = match name.rfind('~') {
        Some(at) => name.split_at(at),
        None => (name, ""),
    };
    match width.checked_sub(columns(suffix) + 1) {
        Some(left) if left > 0 => format!("{}…{suffix}", clip(start, left)),
        _ if width == 0 => String::new(),
        _ => format!("{}…", clip(name, width - 1)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::buffer::CellWidth;

    use super::*;
    use crate::text::SafeText;

    #[test]
    fn shortens_names_and_keeps_what_tells_them_apart() {
        for (name, width, short) in [
            ("alice", 8, "alice"),
            ("bartholomew", 8, "barthol…"),
            ("bartholomew~3f9a", 8, "ba…~3f9a"),
            ("bartholomew~3f9a", 6, "barth…"),
            ("日本語日本語", 5, "日本…"),
            ("alice", 1, "…"),
            ("alice", 0, ""),
        ] {
            assert_eq!(shorten(name, width), short, "{name} {width}");
        }
    }

    proptest! {
        #[test]
        fn measures_as_the_screen_does(text in any::<String>()) {
            let text = SafeText::line(&text);
            for g in text.as_str().graphemes(true) {
                prop_assert_eq!(grapheme(g), usize::from(g.cell_width()), "{:?}", g);
            }
        }

        #[test]
        fn clips_to_the_width(text in any::<String>(), width in 0_usize..30) {
            let text = SafeText::line(&text);
            let short = clip(text.as_str(), width);
            prop_assert!(columns(short) <= width && text.as_str().starts_with(short));
            prop_assert!(columns(&shorten(text.as_str(), width)) <= width);
        }
    }
}

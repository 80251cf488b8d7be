//! [`SafeText`]: text from the network or the keyboard that cannot do anything to a terminal but be read.
//!
//! An allow-list by Unicode general category; a deny-list is never complete. See also UTS #39 and UTR #36.

use std::fmt;

use unicode_properties::{GeneralCategory as Gc, UnicodeEmoji, UnicodeGeneralCategory};
use unicode_segmentation::UnicodeSegmentation;

/// Text of letters, marks, numbers, punctuation, symbols, spaces and `\n` only. Every place that shows, prints or
/// stores what a peer controls takes this type, and only [`SafeText::clean`] and [`SafeText::line`] make it.
///
/// ```
/// use lanchat::text::SafeText;
/// assert_eq!(SafeText::clean("a\x1b[31mb\u{202e}c").as_str(), "a<U+001B>[31mb<U+202E>c");
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafeText(String);

/// Most combining marks kept on one grapheme.
const MAX_MARKS: usize = 8;
/// Columns that a tab becomes.
const TAB: &str = "    ";

impl SafeText {
    /// Makes any text safe. Line breaks of every kind become `\n`, tabs become spaces; whatever is not allowed becomes
    /// a visible `<U+202E>`, or U+FFFD where no character is assigned. Cleaning safe text changes nothing.
    pub fn clean(text: &str) -> Self {
        if text.bytes().all(|b| matches!(b, b' '..=b'~' | b'\n')) {
            return Self(text.to_owned()); // most text, and there is nothing to look up
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(grapheme) = rest.graphemes(true).next() {
            let (_, after) = rest.split_at(grapheme.len());
            clean_grapheme(grapheme, after.chars().next(), &mut out);
            rest = after;
        }
        Self(out)
    }

    /// As [`SafeText::clean`], on one line: each run of line breaks becomes one space.
    pub fn line(text: &str) -> Self {
        let clean = Self::clean(text);
        if !clean.0.contains('\n') {
            return clean;
        }
        Self::clean(&clean.0.split('\n').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Adds a safe text at the end: two of them are one. (Neither starts with a mark or joiner, nor ends with one that waits.)
    pub fn append(&mut self, more: &Self) {
        self.0.push_str(&more.0);
    }

    /// The text, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

fn clean_grapheme(grapheme: &str, next: Option<char>, out: &mut String) {
    let mut marks = 0;
    let chars: Vec<char> = grapheme.chars().collect();
    if (out.is_empty() || out.ends_with('\n')) && chars.first().is_some_and(|c| is_mark(*c) && !ignorable(*c))
    {
        out.push('\u{25cc}'); // a mark needs something to stand on, or it changes the cell before it
    }
    let flag = chars.split_first().is_some_and(|(first, tags)| {
        *first == '\u{1f3f4}' && tags.iter().all(|c| is_tag(*c)) && tags.last() == Some(&'\u{e007f}')
    });
    for (i, &c) in chars.iter().enumerate() {
        // What is kept must be kept for what stands beside it afterwards, not for what has become an escape.
        let before = out.chars().next_back().filter(|_| i > 0);
        let after = chars.get(i + 1).copied().or(next);
        match c {
            '\r' if after == Some('\n') => {}
            '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\t' => out.push_str(TAB),
            '\u{200d}' | '\u{200c}'
                if joins(before, c, after.filter(|a| marks < MAX_MARKS || !is_mark(*a))) =>
            {
                out.push(c);
            }
            '\u{fe0e}' | '\u{fe0f}' if before.is_some_and(UnicodeEmoji::is_emoji_char) => out.push(c),
            _ if flag && is_tag(c) => out.push(c),
            _ if ignorable(c) => escape(c, out),
            _ if is_mark(c) => {
                marks += 1;
                if marks <= MAX_MARKS {
                    out.push(c);
                }
            }
            _ => match c.general_category() {
                Gc::SpaceSeparator if c != '\u{3000}' => out.push(' '),
                Gc::Control
                | Gc::Format
                | Gc::PrivateUse
                | Gc::Surrogate
                | Gc::LineSeparator
                | Gc::ParagraphSeparator => escape(c, out),
                Gc::Unassigned => out.push('\u{fffd}'),
                _ => out.push(c),
            },
        }
    }
}

fn escape(c: char, out: &mut String) {
    use fmt::Write as _;
    let _ = write!(out, "<U+{:04X}>", u32::from(c)); // writing to a String cannot fail
}

fn is_mark(c: char) -> bool {
    matches!(c.general_category(), Gc::NonspacingMark | Gc::SpacingMark | Gc::EnclosingMark)
}

/// Default-ignorable characters whose category alone would let them pass: fillers and invisible marks.
fn ignorable(c: char) -> bool {
    matches!(c, '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{3164}' | '\u{ffa0}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Letters of the name of a flag's region, and their end.
fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007f}')
}

/// Whether a joiner stands inside an emoji sequence, or between letters of a script that is written with joiners.
fn joins(before: Option<char>, joiner: char, after: Option<char>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return false };
    let emoji = |c: char| !c.is_ascii() && c.is_emoji_char();
    let letter =
        |c: char| matches!(c, '\u{590}'..='\u{1cff}') && !ignorable(c) && (c.is_alphabetic() || is_mark(c));
    let shown = emoji(before) || before == '\u{fe0f}';
    (joiner == '\u{200d}' && shown && emoji(after)) || (letter(before) && letter(after))
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl AsRef<str> for SafeText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl serde::Serialize for SafeText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keeps_what_people_write() {
        for text in
            ["hello", "naïve café", "日本語", "👨‍👩‍👧", "❤️", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "می‌خواهم", "क्‍ष", "a\nb", "🇩🇪 ok"]
        {
            assert_eq!(SafeText::clean(text).as_str(), text);
        }
    }

    #[test]
    fn shows_what_would_deceive() {
        for (text, clean) in [
            ("\x1b]0;owned\x07", "<U+001B>]0;owned<U+0007>"),
            ("a\u{9b}31m", "a<U+009B>31m"),
            ("\u{202e}evil\u{2066}", "<U+202E>evil<U+2066>"),
            ("a\u{200b}b\u{200d}c", "a<U+200B>b<U+200D>c"),
            ("x\u{2028}y\r\nz\rw", "x\ny\nz\nw"),
            ("\u{115f}\u{3164}\u{34f}", "<U+115F><U+3164><U+034F>"),
            ("a\tb\u{a0}c", "a    b c"),
            ("\u{301}", "\u{25cc}\u{301}"),
            ("\u{e000}\u{378}", "<U+E000>\u{fffd}"),
        ] {
            assert_eq!(SafeText::clean(text).as_str(), clean, "{text:?}");
        }
    }

    #[test]
    fn caps_combining_marks() {
        let zalgo = format!("a{}", "\u{301}".repeat(40));
        assert_eq!(SafeText::clean(&zalgo).as_str().chars().count(), 1 + MAX_MARKS);
    }

    #[test]
    fn a_joiner_beside_what_is_escaped_is_escaped_too() {
        let marks = "\u{301}".repeat(MAX_MARKS);
        for text in [
            "\u{115f}\u{200d}\u{937}",                 // a filler before it
            "\u{915}\u{200d}\u{1160}",                 // after it
            "\u{2764}\u{200d}\u{fe0f}",                // a selector that selects nothing
            "\u{1f3f4}\u{e0067}\u{34f}\u{e007f}",      // a flag with something in between
            &format!("\u{915}{marks}\u{200d}\u{94d}"), // a mark that is one too many
        ] {
            let clean = SafeText::clean(text);
            assert_eq!(SafeText::clean(clean.as_str()), clean, "{text:?}");
            assert!(!clean.as_str().contains('\u{200d}'), "{clean:?}");
        }
    }

    /// Letters among characters that deceive.
    fn hostile() -> impl Strategy<Value = String> {
        "([a-cא日👩é]|[\u{200b}-\u{200f}\u{2028}-\u{202e}\u{2060}-\u{206f}\u{61c}\u{ad}\u{feff}]|\
          [\u{fff9}-\u{fffb}\u{115f}\u{3164}\u{e000}\u{e0001}\u{e0067}\u{e007f}\u{fe0f}\u{301}]|\
          [\u{0}-\u{1f}\u{7f}-\u{9f}]|🏴){0,24}"
    }

    proptest! {
        #[test]
        fn cleaning_is_idempotent_and_safe(text in prop_oneof![any::<String>(), hostile()]) {
            let once = SafeText::clean(&text);
            prop_assert_eq!(SafeText::clean(once.as_str()), once.clone());
            prop_assert!(once.as_str().chars().all(|c| c == '\n' || !c.is_control()));
            // What changes the order or the place of text, or cannot be seen; a joiner and the letters of a flag's
            // region may stand inside a grapheme, never alone.
            let moves = |c| matches!(c, '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{ad}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{115f}' | '\u{3164}' | '\u{e0001}' | '\u{e000}'..='\u{f8ff}');
            prop_assert!(!once.as_str().contains(moves), "{:?}", once);
            let alone = |g: &str| {
                g.starts_with(['\u{200c}', '\u{200d}']) || g.chars().next().is_some_and(is_tag)
            };
            prop_assert!(!once.as_str().graphemes(true).any(alone), "{:?}", once);
            prop_assert!(!SafeText::line(&text).as_str().contains('\n'));
        }

        #[test]
        fn two_safe_texts_are_one(a in any::<String>(), b in any::<String>()) {
            let mut both = SafeText::clean(&a);
            both.append(&SafeText::clean(&b));
            prop_assert_eq!(SafeText::clean(both.as_str()), both);
        }
    }
}

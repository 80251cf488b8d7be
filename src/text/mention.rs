//! Where a text calls somebody: a name or a word of interest, as a whole word (UAX #29 in spirit), whatever its case.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::script::unspaced;

/// The first place in `text`, in bytes, where one of `words` stands by itself. Empty words are nowhere.
///
/// A word ends where no letter, digit, mark or `_` goes on; where a script has no spaces, anywhere. `bob` is not meant
/// by `bob~3f9a`, which is how another person called bob is shown.
pub fn mention<W: AsRef<str>>(text: &str, words: impl IntoIterator<Item = W>) -> Option<Range<usize>> {
    let folded = Folded::new(text);
    let found = words.into_iter().filter_map(|word| folded.places(word.as_ref()).next());
    found.min_by_key(|place| (place.start, std::cmp::Reverse(place.end)))
}

/// All such places, word by word.
pub fn mentions<W: AsRef<str>>(text: &str, words: impl IntoIterator<Item = W>) -> Vec<Range<usize>> {
    let folded = Folded::new(text);
    words.into_iter().flat_map(|word| folded.places(word.as_ref()).collect::<Vec<_>>()).collect()
}

/// A text in lower case that knows where each of its bytes comes from.
struct Folded<'a> {
    text: &'a str,
    lower: String,
    /// For each byte of `lower` where its grapheme starts in the text, and last where the text ends; empty when both are
    /// ASCII, and so alike byte by byte.
    from: Vec<usize>,
}

impl<'a> Folded<'a> {
    fn new(text: &'a str) -> Self {
        if text.is_ascii() {
            return Self { text, lower: text.to_ascii_lowercase(), from: Vec::new() };
        }
        let (mut lower, mut from) = (String::with_capacity(text.len()), Vec::with_capacity(text.len() + 1));
        for (start, grapheme) in text.grapheme_indices(true) {
            lower.push_str(&grapheme.to_lowercase());
            from.resize(lower.len(), start);
        }
        from.push(text.len());
        Self { text, lower, from }
    }

    fn places(&self, word: &str) -> impl Iterator<Item = Range<usize>> {
        let word = word.trim().to_lowercase();
        let mut from = if word.is_empty() { self.lower.len() } else { 0 };
        std::iter::from_fn(move || {
            loop {
                let at = from + self.lower.get(from..).filter(|rest| !rest.is_empty())?.find(&word)?;
                from = at + word.len();
                let place = self.origin(at)?..self.origin(from)?;
                if self.stands_alone(&place) {
                    return Some(place);
                }
            }
        })
    }

    /// Where the byte `at` of the lower case comes from.
    fn origin(&self, at: usize) -> Option<usize> {
        if self.from.is_empty() { Some(at) } else { self.from.get(at).copied() }
    }

    fn stands_alone(&self, place: &Range<usize>) -> bool {
        let side = |range: Option<&'a str>| range.unwrap_or_default();
        let inside = side(self.text.get(place.clone()));
        let before = side(self.text.get(..place.start)).chars().next_back();
        let mut after = side(self.text.get(place.end..)).chars();
        let joined = |a: Option<char>, b: Option<char>| {
            a.zip(b).is_some_and(|(a, b)| is_word(a) && is_word(b) && !unspaced(a) && !unspaced(b))
        };
        !inside.is_empty()
            && !joined(before, inside.chars().next())
            && !joined(inside.chars().next_back(), after.next())
            && !after_is_suffix(self.text.get(place.end..).unwrap_or_default())
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether `text` begins with the mark that tells two people of one name apart: `~` and four hex digits.
fn after_is_suffix(text: &str) -> bool {
    let mut rest = text.chars();
    rest.next() == Some('~') && (0..4).all(|_| rest.next().is_some_and(|c| c.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_whole_words_in_any_case() {
        for (text, word, at) in [
            ("bob: hi", "bob", Some(0..3)),
            ("hi BOB!", "bob", Some(3..6)),
            ("bobby, ask bob's boss", "Bob", Some(11..14)),
            ("kebob", "bob", None),
            ("bob_x", "bob", None),
            ("bob~3f9a: hi", "bob", None),
            ("bob~3f9a: hi", "bob~3f9a", Some(0..8)),
            ("bob~ish", "bob", Some(0..3)),
            ("ÉRIC, là", "éric", Some(0..5)),
            ("STRASSE", "strasse", Some(0..7)),
            ("e\u{301}ric", "e", None),
            ("我是小明吗", "小明", Some(6..12)),
            ("deploy of v2 failed", "deploy of v2", Some(0..12)),
            ("c++ is out", "c++", Some(0..3)),
            ("anything", "", None),
            ("a  b", " ", None),
            ("", "bob", None),
        ] {
            assert_eq!(mention(text, [word]), at, "{word:?} in {text:?}");
        }
        assert_eq!(mention("one bob two", ["two", "bob", "bob two"]), Some(4..11));
        assert_eq!(
            mentions("Martin: TEA? martini, tea, martin", ["martin", "tea", ""]),
            [0..6, 27..33, 8..11, 22..25]
        );
        assert_eq!(mentions("Ä bob Bob", ["bob"]), [3..6, 7..10]);
    }

    proptest! {
        #[test]
        fn a_word_between_spaces_is_found_and_the_place_is_one_of_the_text(
            before in ".{0,12}", word in "[a-zA-Zäöé0-9]{1,8}", after in ".{0,12}",
        ) {
            let text = format!("{before} {word} {after}");
            let place = mention(&text, [word.to_uppercase()]);
            prop_assert!(place.is_some_and(|place| text.get(place).is_some()));
        }
    }
}

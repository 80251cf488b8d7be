//! Finding text as people mean it: whatever its case.
//!
//! Fast enough to go through a hundred thousand lines at each key: only where the first byte fits is anything compared.

use std::ops::Range;

/// Something to look for. Case does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finder {
    /// In lower case.
    wanted: String,
    /// Bytes can be compared.
    ascii: bool,
    /// A place begins with one of these bytes.
    starts: [u8; 3],
}

impl Finder {
    /// Looks for `text`; none when that is empty.
    pub fn new(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self { wanted: fold(text), ascii: text.is_ascii(), starts: starts(text) })
    }

    /// Whether it is in `text`.
    pub fn is_in(&self, text: &str) -> bool {
        self.first_from(text, 0).is_some()
    }

    /// Where it is in `text`, in bytes; places do not overlap.
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        let mut from = 0;
        let next = || {
            let found = self.first_from(text, from)?;
            from = found.end;
            Some(found)
        };
        std::iter::from_fn(next).collect()
    }

    fn first_from(&self, text: &str, from: usize) -> Option<Range<usize>> {
        let [a, b, c] = self.starts;
        let rest = text.as_bytes().get(from..)?;
        let candidates = memchr::memchr3_iter(a, b, c, rest).map(|at| from + at);
        if self.ascii {
            let (bytes, wanted) = (text.as_bytes(), self.wanted.as_bytes());
            let mut places = candidates.map(|at| at..at + wanted.len());
            return places.find(|p| bytes.get(p.clone()).is_some_and(|t| t.eq_ignore_ascii_case(wanted)));
        }
        candidates.into_iter().find_map(|at| self.folded_at(text, at))
    }

    /// The place that begins at `start`, if it is there.
    fn folded_at(&self, text: &str, start: usize) -> Option<Range<usize>> {
        let mut wanted = self.wanted.chars();
        let mut expected = wanted.next();
        for (n, c) in text.get(start..)?.char_indices() {
            if expected.is_none() {
                return Some(start..start + n);
            }
            for folded in c.to_lowercase() {
                if expected != Some(folded) {
                    return None;
                }
                expected = wanted.next();
            }
        }
        expected.is_none().then_some(start..text.len())
    }
}

/// The first bytes with which `text` can begin: as it is, in lower and in upper case.
fn starts(text: &str) -> [u8; 3] {
    let byte = |c: Option<char>| {
        let mut bytes = [0; 4];
        c.map_or(0, |c| c.encode_utf8(&mut bytes).bytes().next().unwrap_or(0))
    };
    let first = text.chars().next();
    [first, first.and_then(|c| c.to_lowercase().next()), first.and_then(|c| c.to_uppercase().next())]
        .map(byte)
}

fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found<'a>(wanted: &str, text: &'a str) -> Vec<&'a str> {
        let places = Finder::new(wanted).unwrap().places(text);
        places.into_iter().map(|p| text.get(p).unwrap()).collect()
    }

    #[test]
    fn finds_whatever_the_case() {
        assert_eq!(found("ab", "xAbab aB"), ["Ab", "ab", "aB"]);
        assert_eq!(found("ÄRGER", "Ärger, ärger!"), ["Ärger", "ärger"]);
        assert_eq!(found("日本", "日本語"), ["日本"]);
        assert_eq!(found("aa", "aaa"), ["aa"]);
        assert_eq!(found("é", "e"), Vec::<&str>::new());
        assert_eq!(Finder::new(""), None);
    }

    proptest! {
        #[test]
        fn what_is_in_a_text_is_found(before in "\\PC{0,9}", wanted in "\\PC{1,9}", after in "\\PC{0,9}") {
            let text = format!("{before}{wanted}{after}");
            let finder = Finder::new(&wanted).unwrap();
            prop_assert!(finder.is_in(&text));
            for place in finder.places(&text) {
                prop_assert!(text.get(place).is_some_and(|t| fold(t) == fold(&wanted)));
            }
        }
    }
}

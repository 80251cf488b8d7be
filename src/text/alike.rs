//! Which known word a mistyped one most likely is.

/// How alike (Jaro-Winkler, 0 to 1) a word must mostly be to be worth a suggestion.
pub const ALIKE: f64 = 0.7;

/// The word among `known`, in lower case, that is most like `typed`, if more than `alike` (0 to 1).
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>, alike: f64) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let likeness = |word: &str| strsim::jaro_winkler(&typed, word);
    known.into_iter().filter(|word| likeness(word) > alike).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

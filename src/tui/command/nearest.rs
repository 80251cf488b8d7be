//! Which command a mistyped one most likely is.

use super::TABLE;

/// The command that a mistyped one most likely is: at most two changes away, one for short names.
pub(super) fn nearest(typed: &str) -> Option<&'static str> {
    let typed: String = typed.to_lowercase().chars().take(20).collect();
    let names = TABLE.iter().flat_map(|s| s.aliases.iter().chain([&s.name]).map(|n| (*n, s.name)));
    let far = names.map(|(known, name)| (strsim::osa_distance(&typed, known), known, name));
    far.filter(|(d, known, _)| *d <= 2 && 2 * *d <= known.len())
        .min_by_key(|(d, ..)| *d)
        .map(|(.., name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_how_far_words_are_apart() {
        let d = strsim::osa_distance;
        assert_eq!((d("who", "who"), d("hwo", "who"), d("wh", "who"), d("", "who")), (0, 1, 1, 3));
        assert_eq!(
            (nearest("qiut"), nearest("nmaes"), nearest("foo"), nearest("hwo")),
            (Some("quit"), Some("who"), None, Some("who"))
        );
    }
}

//! Which command a mistyped one most likely is.

use super::TABLE;

/// The command that a mistyped one most likely is: at most two changes away, one for short names.
pub(super) fn nearest(typed: &str) -> Option<&'static str> {
    let typed: Vec<char> = typed.to_lowercase().chars().take(20).collect();
    let names = TABLE.iter().flat_map(|s| s.aliases.iter().chain([&s.name]).map(|n| (*n, s.name)));
    let far = names.map(|(known, name)| (distance(&typed, &known.chars().collect::<Vec<_>>()), known, name));
    far.filter(|(d, known, _)| *d <= 2 && 2 * *d <= known.len())
        .min_by_key(|(d, ..)| *d)
        .map(|(.., name)| name)
}

/// Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut above: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut left_of_above = None;
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let change = at(&last, j) + usize::from(ca != cb);
            let mut best = change.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            if j > 0 && Some(cb) == left_of_above && b.get(j - 1) == Some(ca) {
                best = best.min(at(&above, j - 1) + 1);
            }
            row.push(best);
        }
        above = std::mem::replace(&mut last, row);
        left_of_above = Some(ca);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_how_far_words_are_apart() {
        let d = |a: &str, b: &str| distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!((d("who", "who"), d("hwo", "who"), d("wh", "who"), d("", "who")), (0, 1, 1, 3));
        assert_eq!(
            (nearest("qiut"), nearest("nmaes"), nearest("foo"), nearest("hwo")),
            (Some("quit"), Some("who"), None, Some("who"))
        );
    }
}

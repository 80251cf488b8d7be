//! Text that is written from right to left, which the terminal orders, not this program (UAX #9).

/// Whether a terminal could show `text`, or a part of it, from right to left.
pub fn is_in(text: &str) -> bool {
    !text.is_ascii() && text.chars().any(is_right_to_left)
}

/// The blocks whose letters have the bidirectional class R or AL.
fn is_right_to_left(c: char) -> bool {
    matches!(c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_scripts() {
        assert!(is_in("a שלום") && is_in("مرحبا"));
        assert!(!is_in("hello") && !is_in("日本語 ελληνικά"));
    }
}

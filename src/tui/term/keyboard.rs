//! The kitty keyboard protocol (<https://sw.kovidgoyal.net/kitty/keyboard-protocol/>): with it Shift+Enter is another key
//! than Enter. Only terminals known to have it are asked, so that no other one is waited for.

use crossterm::event::KeyboardEnhancementFlags;
use crossterm::terminal::supports_keyboard_enhancement;

/// What is switched on: keys that send the same bytes are told apart, nothing else.
pub(super) const FLAGS: KeyboardEnhancementFlags = KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES;

/// Beginnings of `TERM` and `TERM_PROGRAM` of terminals that have the protocol.
const KNOWN: [&str; 10] = [
    "xterm-kitty",
    "xterm-ghostty",
    "alacritty",
    "foot",
    "rio",
    "contour",
    "ghostty",
    "WezTerm",
    "iTerm",
    "vscode",
];

/// Whether the terminal says that it has the protocol. Waits for its answer, at most two seconds.
pub(super) fn is_there() -> bool {
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    is_known(&var("TERM"), &var("TERM_PROGRAM")) && supports_keyboard_enhancement().unwrap_or(false)
}

fn is_known(term: &str, program: &str) -> bool {
    // What runs inside tmux or screen talks to those, which do not pass the protocol on by default.
    let multiplexer = term.starts_with("tmux") || term.starts_with("screen");
    !multiplexer && KNOWN.iter().any(|known| term.starts_with(known) || program.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_terminals_are_asked() {
        assert!(
            is_known("xterm-kitty", "")
                && is_known("foot-extra", "")
                && is_known("xterm-256color", "WezTerm")
        );
        assert!(!is_known("xterm-256color", "") && !is_known("linux", "") && !is_known("", "Apple_Terminal"));
        assert!(!is_known("tmux-256color", "WezTerm"), "the variable of the terminal around tmux");
    }
}

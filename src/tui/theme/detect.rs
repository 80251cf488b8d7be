//! Which background the terminal has. It is asked once (OSC 11, together with a question that every terminal answers, so
//! that one which does not know the first costs no waiting), before the screen is taken.

use std::time::Duration;

use terminal_colorsaurus::{QueryOptions, ThemeMode, theme_mode};

/// Longest wait for a terminal of this machine. An answer after that would be read as typed.
const NEAR: Duration = Duration::from_millis(300);
/// Longest wait over ssh.
const FAR: Duration = Duration::from_secs(2);
/// Variables that only a terminal which a person looks at sets. A bare pseudo-terminal never answers and is not asked.
const SIGNS: [&str; 9] = [
    "COLORTERM",
    "TERM_PROGRAM",
    "VTE_VERSION",
    "XTERM_VERSION",
    "KONSOLE_VERSION",
    "WT_SESSION",
    "TMUX",
    "SSH_CONNECTION",
    "SSH_TTY",
];
/// Parts of the names of terminals that have 256 colours and answer.
const KNOWN: [&str; 6] = ["kitty", "alacritty", "foot", "wezterm", "ghostty", "tmux"];

/// What text is shown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Dark.
    Dark,
    /// Light.
    Light,
}

impl Background {
    /// The name of the theme for it.
    pub fn theme(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }
}

/// The background of the terminal; none when it does not tell, or has no 256 colours that could be chosen for it.
pub fn background() -> Option<Background> {
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let term = std::env::var("TERM").unwrap_or_default();
    let signs: Vec<&str> = SIGNS.into_iter().filter(|name| is_set(name)).collect();
    if !can_tell(&term, &signs) {
        return None;
    }
    let mut options = QueryOptions::default();
    options.timeout = if signs.iter().any(|sign| sign.starts_with("SSH_")) { FAR } else { NEAR };
    match theme_mode(options).ok()? {
        ThemeMode::Dark => Some(Background::Dark),
        ThemeMode::Light => Some(Background::Light),
    }
}

/// Whether a terminal of this kind has 256 colours and can be expected to answer.
fn can_tell(term: &str, signs: &[&str]) -> bool {
    let known = KNOWN.iter().any(|known| term.contains(known));
    known
        || (!signs.is_empty()
            && (signs.contains(&"COLORTERM") || term.contains("256") || term.contains("direct")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_are_asked_that_answer_and_have_the_colours() {
        assert!(can_tell("tmux-256color", &[]) && can_tell("xterm-kitty", &[]));
        assert!(can_tell("xterm", &["COLORTERM"]) && can_tell("xterm-256color", &["SSH_TTY"]));
        assert!(!can_tell("xterm-256color", &[]), "a pseudo-terminal of a script");
        assert!(
            !can_tell("linux", &["SSH_TTY"]) && !can_tell("vt100", &[]) && !can_tell("screen", &["TMUX"])
        );
    }
}

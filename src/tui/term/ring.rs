//! Calling the user through the terminal: the bell, and the sequences by which terminals show desktop notifications.
//!
//! OSC 9 (iTerm2), OSC 777 (urxvt) and OSC 99 (<https://sw.kovidgoyal.net/kitty/desktop-notifications/>). Inside tmux they
//! are wrapped to be passed on, which tmux does only with `allow-passthrough`; so the bell is always rung there.

use crate::text::SafeText;
use crate::tui::model::{Call, Desktop, Reason};
use crate::tui::text::width;

/// Most columns of a notification's text.
const MOST: usize = 160;

/// The terminal, as far as it can be known from the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    desktop: Desktop,
    tmux: bool,
    /// GNU screen, which passes nothing on that can be relied on.
    screen: bool,
}

impl Kind {
    /// The terminal that this program runs in.
    pub(crate) fn here() -> Self {
        Self::of(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// Does not ask tmux, which is told its own by the variables of whoever started it.
    fn of(var: impl Fn(&str) -> Option<String>) -> Self {
        let term = var("TERM").unwrap_or_default();
        let program = var("TERM_PROGRAM").unwrap_or_default();
        let tmux = var("TMUX").is_some() || term.starts_with("tmux");
        let is =
            |names: &[&str]| names.iter().any(|name| term.starts_with(name) || program.starts_with(name));
        let desktop = match () {
            () if is(&["xterm-kitty"]) || var("KITTY_WINDOW_ID").is_some() => Desktop::Osc99,
            () if is(&["foot", "rxvt-unicode", "contour"]) || var("KONSOLE_VERSION").is_some() => {
                Desktop::Osc777
            }
            () if is(&["xterm-ghostty", "ghostty", "WezTerm", "iTerm"])
                || var("WEZTERM_PANE").is_some()
                || var("GHOSTTY_RESOURCES_DIR").is_some()
                || var("LC_TERMINAL").is_some_and(|v| v == "iTerm2")
                || var("ConEmuANSI").is_some() =>
            {
                Desktop::Osc9
            }
            () => Desktop::Off,
        };
        Self { desktop, tmux, screen: !tmux && term.starts_with("screen") }
    }

    /// What to write to call the user. Holds no control characters but its own.
    pub(crate) fn bytes(self, call: &Call, bell: bool, wanted: Desktop) -> String {
        let desktop = if wanted == Desktop::Auto { self.desktop } else { wanted };
        let desktop = if self.screen { Desktop::Off } else { desktop };
        let title = match call.reason {
            Reason::Private => format!("{} to you", call.from),
            _ => format!("{} in {}", call.from, call.room),
        };
        // What separates fields must not stand in the text.
        let clean = |text: &str| SafeText::line(width::clip(&text.replace(';', ","), MOST)).into_string();
        let (title, text) = (clean(&title), clean(SafeText::line(call.text.as_str()).as_str()));
        let sequence = match desktop {
            Desktop::Off | Desktop::Auto => String::new(),
            Desktop::Osc9 => format!("\x1b]9;{title}: {text}\x07"),
            Desktop::Osc777 => format!("\x1b]777;notify;{title};{text}\x07"),
            Desktop::Osc99 => {
                format!("\x1b]99;i=lanchat:d=0;{title}\x1b\\\x1b]99;i=lanchat:p=body;{text}\x1b\\")
            }
        };
        let sequence = match sequence {
            all if all.is_empty() || !self.tmux => all,
            all => format!("\x1bPtmux;{}\x1b\\", all.replace('\x1b', "\x1b\x1b")),
        };
        let bell = if bell || (self.tmux && !sequence.is_empty()) { "\x07" } else { "" };
        format!("{sequence}{bell}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(vars: &[(&str, &str)]) -> Kind {
        Kind::of(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    fn call(text: &str) -> Call {
        let clean = SafeText::clean;
        Call {
            reason: Reason::Mention,
            room: clean("lobby"),
            from: clean("bob"),
            text: clean(text),
            sent_at: 0,
        }
    }

    #[test]
    fn each_terminal_is_spoken_to_in_its_own_way() {
        for (vars, expected) in [
            (&[("TERM", "xterm-256color")][..], "\x07"),
            (
                &[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")],
                "\x1b]9;bob in lobby: hi, you\x07\x07",
            ),
            (&[("TERM", "foot")], "\x1b]777;notify;bob in lobby;hi, you\x07\x07"),
            (
                &[("TERM", "xterm-kitty")],
                "\x1b]99;i=lanchat:d=0;bob in lobby\x1b\\\x1b]99;i=lanchat:p=body;hi, you\x1b\\\x07",
            ),
            (
                &[("TERM", "tmux-256color"), ("TMUX", "/tmp/x"), ("WEZTERM_PANE", "0")],
                "\x1bPtmux;\x1b\x1b]9;bob in lobby: hi, you\x07\x1b\\\x07",
            ),
            (&[("TERM", "screen-256color"), ("WEZTERM_PANE", "0")], "\x07"),
        ] {
            assert_eq!(kind(vars).bytes(&call("hi; you"), true, Desktop::Auto), expected, "{vars:?}");
        }
        let foot = kind(&[("TERM", "foot")]);
        assert_eq!(foot.bytes(&call("x"), false, Desktop::Off), "");
        assert_eq!(foot.bytes(&call("x"), false, Desktop::Osc9), "\x1b]9;bob in lobby: x\x07");
        let tmux = kind(&[("TMUX", "/tmp/x"), ("KITTY_WINDOW_ID", "1")]);
        assert!(
            tmux.bytes(&call("x"), false, Desktop::Auto).ends_with("\x1b\\\x07"),
            "the bell is always rung there"
        );
    }

    #[test]
    fn what_is_said_cannot_end_the_sequence() {
        let bytes = kind(&[("TERM", "foot")]).bytes(&call("a\nb\u{7}\u{9c}\x1b\\;c"), false, Desktop::Auto);
        let inside = bytes.strip_prefix("\x1b]777;notify;").and_then(|b| b.strip_suffix('\x07')).unwrap();
        assert_eq!(inside.matches(';').count(), 1);
        assert!(!inside.contains(char::is_control), "{inside:?}");
        assert!(
            kind(&[("TERM", "foot")]).bytes(&call(&"long ".repeat(900)), false, Desktop::Auto).len() < 300
        );
    }
}

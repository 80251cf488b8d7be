//! What the user has set about the screen, in the file of settings or by a command.

use std::str::FromStr;

/// For which lines the user is called while not looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Notify {
    /// For none.
    None,
    /// For private lines, and those that mention the user.
    #[default]
    Mention,
    /// For every line.
    All,
}

impl Notify {
    /// The levels and what they are called.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::None, "none"), (Self::Mention, "mention"), (Self::All, "all")];

    /// What it is called.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(level, _)| *level == self).map_or("", |(_, name)| name)
    }
}

/// A text names no level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the levels are none, mention and all")]
pub struct BadNotify;

impl FromStr for Notify {
    type Err = BadNotify;

    fn from_str(text: &str) -> Result<Self, BadNotify> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(level, _)| *level).ok_or(BadNotify)
    }
}

/// How a call reaches the desktop through the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Desktop {
    /// In the way of the terminal, as far as that is known.
    #[default]
    Auto,
    /// Not at all.
    Off,
    /// By OSC 9.
    Osc9,
    /// By OSC 777.
    Osc777,
    /// By OSC 99.
    Osc99,
}

/// The settings of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in the settings")]
pub struct Prefs {
    /// For which lines the user is called.
    pub notify: Notify,
    /// Words that call the user beside the own name.
    pub highlight: Vec<String>,
    /// Whether a call rings the terminal's bell.
    pub bell: bool,
    /// How a call reaches the desktop, unless a command is run for it.
    pub desktop: Desktop,
    /// A command that is run for each call, with its arguments; empty for none.
    pub notify_command: Vec<String>,
    /// A paste of more lines is asked about; 0 asks never.
    pub paste_lines: usize,
    /// Minutes without a key after which the user counts as away; 0 for never.
    pub away_minutes: u32,
    /// Whether others are told that the user is typing.
    pub typing: bool,
    /// Whether the mouse is the chat's: its wheel moves the log.
    pub mouse: bool,
    /// The program that opens a link; empty leaves that to the system.
    pub open_with: String,
    /// Whether emoji are shown as `:codes:`.
    pub emoji_codes: bool,
}

impl Default for Prefs {
    fn default() -> Self {
        Self {
            notify: Notify::default(),
            highlight: Vec::new(),
            bell: true,
            desktop: Desktop::default(),
            notify_command: Vec::new(),
            paste_lines: 10,
            away_minutes: 15,
            typing: false,
            mouse: false,
            open_with: String::new(),
            emoji_codes: false,
        }
    }
}

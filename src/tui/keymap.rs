//! Which key does what, as data: the screen looks it up, `/help keys` prints it.

use std::collections::HashMap;

use super::key::Key;
use super::model::Edit;

/// What a key can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Send what is in the composer.
    Send,
    /// Something inside the composer.
    Edit(Edit),
    /// Complete the word before the cursor, or take the next candidate.
    Complete,
    /// Take the candidate before.
    CompleteBack,
    /// Move the log by its height, back in time.
    PageUp,
    /// Move the log by its height, forward.
    PageDown,
    /// Move the log by a few rows, back in time.
    LinesUp,
    /// Move the log by a few rows, forward.
    LinesDown,
    /// The oldest line.
    Oldest,
    /// The newest line.
    Newest,
    /// The end of the line, or of the log while the composer is empty.
    End,
    /// Show or hide who is here.
    People,
    /// Explain the commands.
    Help,
    /// Draw the whole screen anew.
    Redraw,
    /// Clear the composer; on an empty one, leave at the second press.
    Interrupt,
    /// Delete the next grapheme; on an empty composer, leave.
    DeleteOrLeave,
    /// Put the completion, the wish to leave, or the pop-up away.
    Cancel,
}

/// Keys that do the same.
#[derive(Debug)]
pub struct Binding {
    /// The keys, as [`Key`] writes them.
    pub keys: &'static [&'static str],
    /// What they do.
    pub action: Action,
    /// The same in words.
    pub help: &'static str,
}

const fn on(keys: &'static [&'static str], action: Action, help: &'static str) -> Binding {
    Binding { keys, action, help }
}

/// Every binding. The readline set stays as everybody's fingers know it.
pub const BINDINGS: &[Binding] = &[
    on(&["Enter"], Action::Send, "send"),
    on(&["Alt+Enter", "Ctrl+J", "Shift+Enter"], Action::Edit(Edit::Newline), "new line in the message"),
    on(&["Tab"], Action::Complete, "complete a name or command, again for the next"),
    on(&["Shift+Tab"], Action::CompleteBack, "the candidate before"),
    on(&["PgUp"], Action::PageUp, "older lines"),
    on(&["PgDn"], Action::PageDown, "newer lines"),
    on(&["Alt+PgUp"], Action::LinesUp, "a few lines up"),
    on(&["Alt+PgDn"], Action::LinesDown, "a few lines down"),
    on(&["Alt+Home"], Action::Oldest, "the oldest line"),
    on(&["Alt+End"], Action::Newest, "the newest line"),
    on(&["F1"], Action::Help, "commands"),
    on(&["F2"], Action::People, "show or hide who is here"),
    on(&["Ctrl+L"], Action::Redraw, "draw the screen anew"),
    on(&["Ctrl+C"], Action::Interrupt, "clear the message; twice on an empty one: quit"),
    on(&["Ctrl+D"], Action::DeleteOrLeave, "delete the next character; on an empty message: quit"),
    on(&["Esc"], Action::Cancel, "put the completion away, or the pop-up"),
    on(&["Up", "Ctrl+P"], Action::Edit(Edit::Up), "row above, then older messages of yours"),
    on(&["Down", "Ctrl+N"], Action::Edit(Edit::Down), "row below, then newer messages of yours"),
    on(&["Left", "Ctrl+B"], Action::Edit(Edit::Left), "left"),
    on(&["Right", "Ctrl+F"], Action::Edit(Edit::Right), "right"),
    on(&["Alt+B", "Ctrl+Left", "Alt+Left"], Action::Edit(Edit::WordLeft), "a word left"),
    on(&["Alt+F", "Ctrl+Right", "Alt+Right"], Action::Edit(Edit::WordRight), "a word right"),
    on(&["Home", "Ctrl+A"], Action::Edit(Edit::LineStart), "start of the line"),
    on(&["End"], Action::End, "end of the line; on an empty message: newest line"),
    on(&["Ctrl+E"], Action::Edit(Edit::LineEnd), "end of the line"),
    on(&["Ctrl+Home"], Action::Edit(Edit::Start), "start of the message"),
    on(&["Ctrl+End"], Action::Edit(Edit::Finish), "end of the message"),
    on(&["Backspace", "Ctrl+H"], Action::Edit(Edit::Backspace), "delete the character before"),
    on(&["Delete"], Action::Edit(Edit::Delete), "delete the next character"),
    on(&["Ctrl+W"], Action::Edit(Edit::KillToSpace), "cut back to a space"),
    on(&["Alt+Backspace", "Ctrl+Backspace"], Action::Edit(Edit::KillWordLeft), "cut the word before"),
    on(&["Alt+D", "Ctrl+Delete"], Action::Edit(Edit::KillWordRight), "cut the next word"),
    on(&["Ctrl+K"], Action::Edit(Edit::KillToEnd), "cut to the end of the line"),
    on(&["Ctrl+U"], Action::Edit(Edit::KillToStart), "cut to the start of the line"),
    on(&["Ctrl+Y"], Action::Edit(Edit::Yank), "put back what was cut"),
    on(&["Alt+Y"], Action::Edit(Edit::YankOlder), "after Ctrl+Y: what was cut before that"),
    on(&["Ctrl+T"], Action::Edit(Edit::Transpose), "swap two characters"),
    // Terminals send Ctrl+_ and Ctrl+/ as the byte 1F, which is read as Ctrl+7.
    on(&["Ctrl+_", "Ctrl+7", "Ctrl+/"], Action::Edit(Edit::Undo), "undo"),
];

/// The bindings, ready to be looked up.
#[derive(Debug, Clone)]
pub struct Keymap(HashMap<Key, Action>);

impl Default for Keymap {
    fn default() -> Self {
        let keys = BINDINGS.iter().flat_map(|b| b.keys.iter().map(|key| (key.parse(), b.action)));
        Self(keys.filter_map(|(key, action)| Some((key.ok()?, action))).collect())
    }
}

impl Keymap {
    /// What `key` asks for; none where it types a character or means nothing.
    pub fn action(&self, key: Key) -> Option<Action> {
        self.0.get(&key).copied()
    }
}

/// The key table as text, one binding a line.
pub fn help() -> String {
    let line = |b: &Binding| format!("{}: {}", b.keys.join(", "), b.help);
    BINDINGS.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_can_be_read_and_is_bound_once() {
        let keys: Vec<Key> =
            BINDINGS.iter().flat_map(|b| b.keys).map(|k| k.parse().expect("a key of the table")).collect();
        assert_eq!(Keymap::default().0.len(), keys.len());
    }

    #[test]
    fn help_names_each_binding() {
        assert_eq!(help().lines().count(), BINDINGS.len());
        assert!(help().contains("Alt+Enter, Ctrl+J, Shift+Enter: new line in the message"));
    }
}

//! Which key does what, as data: the screen looks it up, `/help keys` prints it.

use std::collections::HashMap;

use super::key::Key;
use super::model::Edit;
use super::text::width;
use crate::text::alike::nearest;

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
    /// The first line that was not seen.
    FirstUnread,
    /// The next older line that concerns the user.
    PreviousMention,
    /// The next newer line that concerns the user.
    NextMention,
    /// Search in the log.
    Search,
    /// The links in the log.
    Links,
    /// The lines as bare text, to be copied.
    CopyView,
    /// Choose a line.
    Select,
    /// In the composer a row up; while it is empty, choose a line.
    Up,
    /// Who is where, and how the network does.
    Network,
    /// The end of the line, or of the log while the composer is empty.
    End,
    /// Show the place of this number in the bar.
    Place(u8),
    /// Go where something was said that was not seen.
    Activity,
    /// Find a room, a person or a command.
    Switch,
    /// Show or hide who is here.
    People,
    /// Explain the commands.
    Help,
    /// Draw the whole screen anew.
    Redraw,
    /// Take the mouse, or leave it to the terminal.
    Mouse,
    /// Search among the messages sent before.
    SearchSent,
    /// Write the message in the user's editor.
    Editor,
    /// Give the terminal back to the shell until `fg`.
    Suspend,
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
    on(&["Alt+U"], Action::FirstUnread, "the first line that you have not seen"),
    on(&["Alt+P"], Action::PreviousMention, "the line before that mentions you"),
    on(&["Alt+N"], Action::NextMention, "the next line that mentions you"),
    on(&["Ctrl+S"], Action::Search, "search in the log; again for the next older place"),
    on(&["Ctrl+O"], Action::Links, "links in the log: to open or copy"),
    on(&["Alt+Up"], Action::Select, "choose a line: reply, copy, details, open a link"),
    on(&["Alt+L"], Action::CopyView, "the lines as bare text, for the mouse"),
    on(&["Alt+M"], Action::Mouse, "the wheel moves the log, or the terminal has the mouse to itself"),
    on(&["F1"], Action::Help, "commands"),
    on(&["Ctrl+G"], Action::Switch, "find a room, a person or a command"),
    on(&["Alt+A"], Action::Activity, "where something was said; again: back"),
    on(&["Alt+1"], Action::Place(1), "the lobby"),
    on(&["Alt+2"], Action::Place(2), "the second room or conversation"),
    on(&["Alt+3"], Action::Place(3), "the third"),
    on(&["Alt+4"], Action::Place(4), "the fourth"),
    on(&["Alt+5"], Action::Place(5), "the fifth"),
    on(&["Alt+6"], Action::Place(6), "the sixth"),
    on(&["Alt+7"], Action::Place(7), "the seventh"),
    on(&["Alt+8"], Action::Place(8), "the eighth"),
    on(&["Alt+9"], Action::Place(9), "the ninth"),
    on(&["F2"], Action::People, "show or hide who is here"),
    on(&["F3"], Action::Network, "who is where: round trips, traffic, interfaces"),
    on(&["Ctrl+L"], Action::Redraw, "draw the screen anew"),
    on(&["Ctrl+C"], Action::Interrupt, "clear the message; twice on an empty one: quit"),
    on(&["Ctrl+D"], Action::DeleteOrLeave, "delete the next character; on an empty message: quit"),
    on(&["Esc"], Action::Cancel, "put the completion away, or the pop-up"),
    on(&["Up"], Action::Up, "row above, then older messages of yours; on an empty message: choose a line"),
    on(&["Down"], Action::Edit(Edit::Down), "row below, then newer messages of yours"),
    on(&["Ctrl+P"], Action::Edit(Edit::Older), "an older message of yours"),
    on(&["Ctrl+N"], Action::Edit(Edit::Newer), "a newer message of yours"),
    on(&["Ctrl+R"], Action::SearchSent, "search your messages; again for an older one"),
    on(&["Ctrl+X"], Action::Editor, "write the message in $VISUAL or $EDITOR"),
    on(&["Ctrl+Z"], Action::Suspend, "back to the shell; fg returns"),
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
    on(&["Alt+C"], Action::Edit(Edit::Capitalize), "capital letter for the next word"),
    // Terminals send Ctrl+_ and Ctrl+/ as the byte 1F, which is read as Ctrl+7; some name the key that has the _.
    on(&["Ctrl+_", "Ctrl+/", "Ctrl+7", "Ctrl+-"], Action::Edit(Edit::Undo), "undo"),
];

/// The bindings, ready to be looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
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

    /// Gives `key` something to do, or nothing.
    pub fn bind(&mut self, key: Key, action: Option<Action>) -> Result<(), Typed> {
        if key.typed().is_some() {
            return Err(Typed(key));
        }
        match action {
            Some(action) => self.0.insert(key, action),
            None => self.0.remove(&key),
        };
        Ok(())
    }

    /// Makes `keys`, and no others, the keys of each action named.
    pub fn set(&mut self, bindings: &[(Action, Vec<Key>)]) -> Result<(), Typed> {
        self.0.retain(|_, bound| bindings.iter().all(|(action, _)| action != bound));
        let keys = bindings.iter().flat_map(|(action, keys)| keys.iter().map(|key| (*key, *action)));
        keys.into_iter().try_for_each(|(key, action)| self.bind(key, Some(action)))
    }

    /// The keys that do this: those of the table first, in its order.
    pub fn keys(&self, action: Action) -> Vec<String> {
        let table = BINDINGS.iter().find(|b| b.action == action).map_or(&[] as &[&str], |b| b.keys);
        let bound = self.0.iter().filter(|(_, bound)| **bound == action).map(|(key, _)| key.to_string());
        let mut keys: Vec<String> = bound.collect();
        keys.sort_by_key(|key| (table.iter().position(|k| k == key).unwrap_or(usize::MAX), key.clone()));
        keys
    }

    /// The key table as text, one binding a line; what no key does is not listed.
    pub fn help(&self) -> String {
        let line = |b: &Binding| match self.keys(b.action) {
            keys if keys.is_empty() => None,
            keys => Some(format!("{}: {}", keys.join(", "), b.help)),
        };
        BINDINGS.iter().filter_map(line).collect::<Vec<_>>().join("\n")
    }

    /// The same with the names that `/bind` and the file of settings use, and with what no key does.
    pub fn names(&self) -> String {
        let line = |b: &Binding| format!("{}: {}", name(b.action), self.keys(b.action).join(", "));
        BINDINGS.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// A key cannot be bound because it types something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} types a character; add Ctrl+ or Alt+, or take another key")]
pub struct Typed(Key);

/// No key can do what was named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no key can do {name:?}{}", guess(nearest.as_deref()))]
pub struct BadAction {
    /// What was named.
    name: String,
    /// What may be meant.
    nearest: Option<String>,
}

fn guess(nearest: Option<&str>) -> String {
    nearest.map_or("; /bind lists what they can do".to_owned(), |name| format!("; did you mean {name:?}?"))
}

/// What an action is called in the file of settings: as here, in lower case with `_` between words.
pub fn name(action: Action) -> String {
    let written = format!("{action:?}");
    let mut name = String::new();
    for c in written.trim_start_matches("Edit(").chars().filter(char::is_ascii_alphanumeric) {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

/// The action of this name.
pub fn named(wanted: &str) -> Result<Action, BadAction> {
    let found = BINDINGS.iter().find(|b| name(b.action) == wanted);
    found.map(|b| b.action).ok_or_else(|| {
        let names: Vec<String> = BINDINGS.iter().map(|b| name(b.action)).collect();
        let nearest = nearest(wanted, names.iter().map(String::as_str), ALIKE);
        BadAction { name: width::shorten(wanted, 30), nearest: nearest.map(str::to_owned) }
    })
}

/// How alike (Jaro-Winkler, 0 to 1) a name must be to be worth a suggestion.
const ALIKE: f64 = 0.8;

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
        let help = Keymap::default().help();
        assert_eq!(help.lines().count(), BINDINGS.len());
        assert!(help.contains("Alt+Enter, Ctrl+J, Shift+Enter: new line in the message"));
    }

    #[test]
    fn every_action_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = BINDINGS.iter().map(|b| name(b.action)).collect();
        assert_eq!(names.len(), BINDINGS.len());
        assert!(BINDINGS.iter().all(|b| named(&name(b.action)) == Ok(b.action)));
        assert_eq!(name(Action::Edit(Edit::WordLeft)), "word_left");
        assert_eq!(
            named("word-left").unwrap_err().to_string(),
            r#"no key can do "word-left"; did you mean "word_left"?"#
        );
        assert_eq!(named("q").unwrap_err().to_string(), r#"no key can do "q"; /bind lists what they can do"#);
    }

    #[test]
    fn keys_can_be_given_something_else_to_do() {
        let key = |text: &str| text.parse::<Key>().unwrap();
        let mut map = Keymap::default();
        map.set(&[(Action::Help, vec![key("Alt+H"), key("Ctrl+K")]), (Action::Suspend, vec![])]).unwrap();
        assert_eq!(map.action(key("F1")), None);
        assert_eq!((map.action(key("Ctrl+K")), map.action(key("Ctrl+Z"))), (Some(Action::Help), None));
        assert_eq!(map.keys(Action::Help), ["Alt+H", "Ctrl+K"]);
        assert!(!map.help().contains("back to the shell"));
        assert!(map.names().contains("\nsuspend: \n") && map.names().contains("\nkill_to_end: \n"));
        map.bind(key("Ctrl+K"), None).unwrap();
        assert_eq!(map.action(key("Ctrl+K")), None);
        let refused = map.bind(key("x"), Some(Action::Help)).unwrap_err().to_string();
        assert_eq!(refused, "x types a character; add Ctrl+ or Alt+, or take another key");
    }
}

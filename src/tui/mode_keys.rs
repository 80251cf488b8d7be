//! The keys of each [`Mode`], as data: the update looks them up, the status line and `/help keys` name them.

use super::key::Key;
use super::model::Mode;

/// What a key of a mode does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The one before, back in time.
    Up,
    /// The one after.
    Down,
    /// So many before as are seen at once.
    PageUp,
    /// So many after as are seen at once.
    PageDown,
    /// The first.
    First,
    /// The last.
    Last,
    /// What the mode is for: jumps, opens, shows.
    Choose,
    /// Copies to the clipboard.
    Copy,
    /// Opens an address in the line.
    Link,
    /// Writes an answer.
    Reply,
    /// Reacts with a thumb.
    React,
    /// Goes on writing what is looked for.
    Write,
    /// Takes back a letter of what is looked for.
    Erase,
    /// Forgets what is looked for.
    EraseAll,
    /// Ends the mode where it stands.
    Stay,
    /// Ends the mode.
    Leave,
}

/// Keys of a mode that do the same.
#[derive(Debug)]
pub struct ModeKey {
    /// The keys, as [`Key`] writes them.
    pub keys: &'static [&'static str],
    /// What they do.
    pub act: Act,
    /// The first of them and what it does, for the status line; empty for what need not be said there.
    pub hint: &'static str,
}

const fn on(keys: &'static [&'static str], act: Act, hint: &'static str) -> ModeKey {
    ModeKey { keys, act, hint }
}

const LEAVE: ModeKey = on(&["Esc", "q", "Ctrl+C"], Act::Leave, "Esc back");
const UP: ModeKey = on(&["Up", "k", "Alt+Up", "Ctrl+P"], Act::Up, "↑↓ move");
const DOWN: ModeKey = on(&["Down", "j", "Alt+Down", "Ctrl+N"], Act::Down, "");
const FIRST: ModeKey = on(&["Home", "g", "Alt+Home"], Act::First, "");
const LAST: ModeKey = on(&["End", "G", "Alt+End"], Act::Last, "");
const COPY: ModeKey = on(&["y"], Act::Copy, "y copy");
const PAGE_UP: ModeKey = on(&["PgUp"], Act::PageUp, "");
const PAGE_DOWN: ModeKey = on(&["PgDn"], Act::PageDown, "");

const SELECT: &[ModeKey] = &[
    LEAVE,
    COPY,
    on(&["Enter", "d"], Act::Choose, "Enter details"),
    on(&["r"], Act::Reply, "r reply"),
    on(&["+"], Act::React, "+ react"),
    on(&["o"], Act::Link, "o open link"),
    UP,
    DOWN,
    FIRST,
    LAST,
];
const LIST: &[ModeKey] =
    &[LEAVE, on(&["Enter"], Act::Choose, "Enter go there"), COPY, UP, DOWN, PAGE_UP, PAGE_DOWN, FIRST, LAST];
const DETAILS: &[ModeKey] = &[
    on(&["Esc", "q", "Ctrl+C", "Enter", "d"], Act::Leave, "Esc back"),
    COPY,
    on(&["r"], Act::Reply, "r reply"),
    on(&["o"], Act::Link, "o open link"),
    UP,
    DOWN,
    PAGE_UP,
    PAGE_DOWN,
];
const OPEN: &[ModeKey] = &[
    on(&["Enter"], Act::Choose, "Enter open"),
    COPY,
    on(&["Esc", "n", "q", "Ctrl+C"], Act::Leave, "Esc do not open"),
];
const VERIFY: &[ModeKey] =
    &[on(&["Enter"], Act::Choose, "Enter yes"), on(&["Esc", "Ctrl+C"], Act::Leave, "Esc no")];
const TYPING: &[ModeKey] = &[
    on(&["Ctrl+S", "Up", "Ctrl+P"], Act::Up, "Ctrl+S older"),
    on(&["Down", "Ctrl+N"], Act::Down, "↓ newer"),
    on(&["Enter"], Act::Choose, "Enter then n and N"),
    on(&["Esc", "Ctrl+C", "Ctrl+G"], Act::Leave, "Esc back"),
    on(&["Backspace", "Ctrl+H"], Act::Erase, ""),
    on(&["Ctrl+U", "Ctrl+W"], Act::EraseAll, ""),
];
const MOVING: &[ModeKey] = &[
    on(&["n", "Ctrl+S", "Up", "k"], Act::Up, "n older"),
    on(&["N", "Down", "j"], Act::Down, "N newer"),
    on(&["Enter"], Act::Stay, "Enter stay here"),
    on(&["Esc", "q", "Ctrl+C", "Ctrl+G"], Act::Leave, "Esc back"),
    on(&["/", "Backspace"], Act::Write, ""),
];
const SWITCH: &[ModeKey] = &[
    on(&["Enter", "Tab"], Act::Choose, "Enter go there"),
    on(&["Up", "Ctrl+P", "Ctrl+G"], Act::Up, "↑↓ move"),
    on(&["Down", "Ctrl+N"], Act::Down, ""),
    on(&["Esc", "Ctrl+C"], Act::Leave, "Esc back"),
    on(&["Backspace", "Ctrl+H"], Act::Erase, ""),
    on(&["Ctrl+U", "Ctrl+W"], Act::EraseAll, ""),
    PAGE_UP,
    PAGE_DOWN,
];
const PASSPHRASE: &[ModeKey] = &[
    on(&["Enter"], Act::Choose, "Enter take it"),
    on(&["Esc", "Ctrl+C"], Act::Leave, "Esc give up"),
    on(&["Backspace", "Ctrl+H"], Act::Erase, ""),
    on(&["Ctrl+U", "Ctrl+W"], Act::EraseAll, "Ctrl+U anew"),
];
const NETWORK: &[ModeKey] =
    &[on(&["Esc", "q", "F3", "Ctrl+C"], Act::Leave, "Esc back"), UP, DOWN, PAGE_UP, PAGE_DOWN, FIRST, LAST];

const PAGE: &[ModeKey] =
    &[on(&["Esc", "q", "F1", "Ctrl+C"], Act::Leave, "Esc back"), UP, DOWN, PAGE_UP, PAGE_DOWN, FIRST, LAST];

/// Every mode that has keys of its own, by name.
pub const MODES: &[(&str, &[ModeKey])] = &[
    ("message chosen", SELECT),
    ("list", LIST),
    ("details", DETAILS),
    ("open an address?", OPEN),
    ("same words?", VERIFY),
    ("search, writing", TYPING),
    ("search, moving", MOVING),
    ("switcher", SWITCH),
    ("network", NETWORK),
    ("passphrase", PASSPHRASE),
    ("help", PAGE),
];

/// The keys of `mode`.
pub fn keys(mode: &Mode) -> &'static [ModeKey] {
    match mode {
        Mode::Write | Mode::Bare => &[],
        Mode::Search(search) if search.typing => TYPING,
        Mode::Search(_) => MOVING,
        Mode::Select(_) => SELECT,
        Mode::List(_) => LIST,
        Mode::Details(_) => DETAILS,
        Mode::Open(_) => OPEN,
        Mode::Verify(_) => VERIFY,
        Mode::Switch(_) => SWITCH,
        Mode::Network(_) => NETWORK,
        Mode::Passphrase(_) => PASSPHRASE,
        Mode::Page(_) => PAGE,
    }
}

/// What `key` does in `mode`.
pub fn act(mode: &Mode, key: Key) -> Option<Act> {
    let name = key.to_string();
    keys(mode).iter().find(|k| k.keys.contains(&name.as_str())).map(|k| k.act)
}

/// The keys of `mode` that the status line names.
pub fn hints(mode: &Mode) -> Vec<String> {
    let shown = keys(mode).iter().filter(|k| !k.hint.is_empty());
    shown.map(|k| k.hint.to_owned()).collect()
}

/// Each mode's name, and its keys with what they do.
pub fn help() -> Vec<(&'static str, String)> {
    let key = |k: &ModeKey| {
        let words = k.hint.split_once(' ').map_or("", |(_, words)| words);
        format!("{} {words}", k.keys.join("/"))
    };
    let mode = |(name, keys): &(&'static str, &[ModeKey])| {
        let named: Vec<_> = keys.iter().filter(|k| !k.hint.is_empty()).map(key).collect();
        (*name, named.join(", "))
    };
    MODES.iter().map(mode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_can_be_read_and_is_bound_once_in_its_mode() {
        for (name, keys) in MODES {
            let all: Vec<Key> =
                keys.iter().flat_map(|k| k.keys).map(|k| k.parse().expect("a key of the table")).collect();
            let distinct: std::collections::HashSet<_> = all.iter().collect();
            assert_eq!(all.len(), distinct.len(), "{name}");
            for (key, text) in all.iter().zip(keys.iter().flat_map(|k| k.keys)) {
                assert_eq!(key.to_string(), **text);
            }
            assert!(keys.iter().any(|k| k.act == Act::Leave), "{name} can be left");
        }
    }
}

//! [`Key`]: a key as this program names it, whatever library read it from the terminal.

use std::fmt;
use std::str::FromStr;

/// Which key, without its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// A character.
    Char(char),
    /// A function key, from 1.
    F(u8),
    /// A key with a name.
    Named(Named),
}

macro_rules! named {
    ($($(#[$doc:meta])* $key:ident = $name:literal,)*) => {
        /// Keys that are neither characters nor function keys.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Named { $($(#[$doc])* $key,)* }

        impl Named {
            const ALL: &[(Self, &str)] = &[$((Self::$key, $name)),*];
        }
    };
}

named! {
    /// Return.
    Enter = "Enter",
    /// Tabulator.
    Tab = "Tab",
    /// Delete backwards.
    Backspace = "Backspace",
    /// Delete forwards.
    Delete = "Delete",
    /// Arrow.
    Left = "Left",
    /// Arrow.
    Right = "Right",
    /// Arrow.
    Up = "Up",
    /// Arrow.
    Down = "Down",
    /// Start.
    Home = "Home",
    /// End.
    End = "End",
    /// Page up.
    PageUp = "PgUp",
    /// Page down.
    PageDown = "PgDn",
    /// Escape.
    Escape = "Esc",
}

/// A key with its modifiers. Written `Ctrl+A`, `Alt+Enter`, `Shift+Tab`, `F2`, `x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which key. A letter with Ctrl or Alt is lower case.
    pub code: Code,
    /// With Ctrl.
    pub ctrl: bool,
    /// With Alt (or after Escape, which terminals send for it).
    pub alt: bool,
    /// With Shift; never for a character, which shows it itself.
    pub shift: bool,
}

impl Key {
    /// A key from its parts, brought to the one form that is compared.
    pub fn new(code: Code, ctrl: bool, alt: bool, shift: bool) -> Self {
        match code {
            Code::Char(c) if ctrl || alt => {
                Self { code: Code::Char(c.to_ascii_lowercase()), ctrl, alt, shift: false }
            }
            Code::Char(_) => Self { code, ctrl, alt, shift: false },
            _ => Self { code, ctrl, alt, shift },
        }
    }

    /// The character that this key types, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }
}

/// Names that people know some keys by.
const OTHER_NAMES: [(&str, &str); 5] =
    [("Return", "Enter"), ("Del", "Delete"), ("PageUp", "PgUp"), ("PageDown", "PgDn"), ("Escape", "Esc")];
/// How the key of a space is written.
const SPACE: &str = "Space";

/// A text names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no key; write it like Ctrl+A, Alt+Enter, PgUp or F2")]
pub struct BadKey(String);

impl FromStr for Key {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        let mut rest = text;
        while let Some((modifier, after)) = rest.split_once('+').filter(|(_, after)| !after.is_empty()) {
            let modifier = modifier.to_ascii_lowercase();
            match modifier.as_str() {
                "ctrl" | "control" => ctrl = true,
                "alt" | "meta" => alt = true,
                "shift" => shift = true,
                _ => break,
            }
            rest = after;
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.as_str()) {
            (Some(c), "") => Some(Code::Char(c)),
            (Some('F' | 'f'), n) if n.parse::<u8>().is_ok() => n.parse().ok().map(Code::F),
            _ => {
                let name = OTHER_NAMES.iter().find(|(other, _)| other.eq_ignore_ascii_case(rest));
                let name = name.map_or(rest, |(_, name)| name);
                let known = Named::ALL.iter().find(|(_, known)| known.eq_ignore_ascii_case(name));
                known
                    .map(|(key, _)| Code::Named(*key))
                    .or(SPACE.eq_ignore_ascii_case(name).then_some(Code::Char(' ')))
            }
        };
        code.map(|code| Self::new(code, ctrl, alt, shift)).ok_or_else(|| BadKey(text.to_owned()))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (on, name) in [(self.ctrl, "Ctrl+"), (self.alt, "Alt+"), (self.shift, "Shift+")] {
            if on {
                f.write_str(name)?;
            }
        }
        match self.code {
            Code::Char(' ') => f.write_str(SPACE),
            Code::Char(c) if self.ctrl || self.alt => write!(f, "{}", c.to_ascii_uppercase()),
            Code::Char(c) => write!(f, "{c}"),
            Code::F(n) => write!(f, "F{n}"),
            Code::Named(key) => {
                f.write_str(Named::ALL.iter().find(|(k, _)| *k == key).map_or("", |(_, name)| *name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in [
            "Ctrl+A",
            "Alt+Enter",
            "Shift+Tab",
            "F12",
            "x",
            "+",
            "Ctrl+_",
            "Alt+B",
            "Alt+PgUp",
            "日",
            "Ctrl+Space",
        ] {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
        for text in ["", "Ctrl+", "Enter2", "Super+X", "F999"] {
            assert!(text.parse::<Key>().is_err(), "{text:?}");
        }
        for (text, key) in
            [("ctrl+a", "Ctrl+A"), ("ALT+pageup", "Alt+PgUp"), ("alt++", "Alt++"), ("f2", "F2")]
        {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), key);
        }
        assert_eq!("x".parse::<Key>().unwrap().typed(), Some('x'));
        assert_eq!("Alt+x".parse::<Key>().unwrap().typed(), None);
    }
}

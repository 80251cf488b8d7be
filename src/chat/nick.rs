//! Nicknames: what may be one, and which are the same.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;
use unicode_security::MixedScript;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::text::SafeText;

/// A nickname: 1 to 20 columns wide, at most 60 bytes of NFC text, of one script, without spaces, control or format
/// characters, and without `<`, `>`, `~`, `@`, `,`, `:`, `/` and `#`, which have a meaning in lines, commands and addresses.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nick {
    text: SafeText,
    skeleton: Arc<str>,
}

/// Why a text cannot be a nickname.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadNick {
    /// Nothing is left of it.
    #[error("a nickname needs at least one character")]
    Empty,
    /// Over 20 columns or 60 bytes.
    #[error("a nickname is at most 20 columns wide")]
    TooLong,
    /// Holds a character that may not stand in a nickname.
    #[error("a nickname cannot hold {0:?}")]
    Character(char),
    /// What the screen calls oneself.
    #[error("nobody can be called {0:?}")]
    Reserved(String),
    /// Letters of several scripts, which can pass for somebody else's name.
    #[error("a nickname cannot mix alphabets")]
    MixedScript,
}

impl Nick {
    /// Widest nickname, in terminal columns.
    pub const MAX_COLUMNS: usize = 20;
    /// Longest nickname, in bytes of UTF-8.
    pub const MAX_BYTES: usize = 60;

    /// The nickname as text.
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// The nickname as text that is safe to show.
    pub fn as_safe(&self) -> &SafeText {
        &self.text
    }

    /// What is equal for two nicknames that readers would take for the same: case and look-alike characters folded
    /// (UTS #39 skeleton).
    pub fn skeleton(&self) -> Arc<str> {
        Arc::clone(&self.skeleton)
    }

    fn new(text: SafeText) -> Self {
        let folded = text.as_str().to_lowercase();
        let skeleton = unicode_security::skeleton(&folded).collect::<String>().to_lowercase().into();
        Self { text, skeleton }
    }

    /// The nearest valid nickname to `text`, for login names that come from the system.
    pub fn from_login(text: &str) -> Self {
        let mut kept = String::new();
        for g in text.graphemes(true) {
            let longer = format!("{kept}{g}");
            if !matches!(
                longer.parse::<Self>(),
                Err(BadNick::Character(_) | BadNick::TooLong | BadNick::MixedScript)
            ) {
                kept = longer;
            }
        }
        kept.parse().unwrap_or_else(|_| Self::new(SafeText::clean("guest")))
    }
}

impl FromStr for Nick {
    type Err = BadNick;

    fn from_str(text: &str) -> Result<Self, BadNick> {
        let text: String = text.nfc().collect();
        if text.is_empty() {
            return Err(BadNick::Empty);
        }
        let bad = |c: &char| {
            c.is_whitespace()
                || "<>~@,:/#\\\"".contains(*c)
                || SafeText::clean(&c.to_string()).as_str() != c.to_string()
        };
        // A joiner or variation selector is safe only inside a sequence, and no name needs one.
        if let Some(c) = text.chars().find(bad) {
            return Err(BadNick::Character(c));
        }
        if SafeText::clean(&text).as_str() != text {
            return Err(BadNick::Character('\u{fffd}'));
        }
        if text.width() > Self::MAX_COLUMNS || text.len() > Self::MAX_BYTES || text.width() == 0 {
            return Err(BadNick::TooLong);
        }
        if !text.is_single_script() {
            return Err(BadNick::MixedScript);
        }
        let nick = Self::new(SafeText::clean(&text));
        if &*nick.skeleton == "you" {
            return Err(BadNick::Reserved(text));
        }
        Ok(nick)
    }
}

impl fmt::Display for Nick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Nick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_people_have_are_nicknames() {
        for good in ["alice", "Bob2", "Zoë", "日本語", "иван", "x", "max-power", "a_b", "you2", "O'Neil"]
        {
            assert_eq!(good.parse::<Nick>().map(|n| n.to_string()).as_deref(), Ok(good));
        }
    }

    #[test]
    fn names_that_deceive_are_not() {
        for bad in [
            "",
            " ",
            "a b",
            "<x>",
            "bob~3f9a",
            "a\u{202e}b",
            "a\u{200d}b",
            "p\u{430}ypal",
            "you",
            "YOU",
            "\u{301}a",
            "a\nb",
        ] {
            assert!(bad.parse::<Nick>().is_err(), "{bad:?}");
        }
        assert!("x".repeat(21).parse::<Nick>().is_err());
    }

    #[test]
    fn look_alikes_are_the_same() {
        let same =
            |a: &str, b: &str| a.parse::<Nick>().unwrap().skeleton() == b.parse::<Nick>().unwrap().skeleton();
        assert!(same("bob", "BOB") && same("a1ice", "alice") && !same("alice", "alicia"));
    }

    #[test]
    fn login_names_become_nicknames() {
        for (login, nick) in [
            ("root", "root"),
            ("DOMAIN\\alice", "DOMAINalice"),
            ("", "guest"),
            ("you", "guest"),
            ("you-there", "you-there"),
        ] {
            assert_eq!(Nick::from_login(login).as_str(), nick);
        }
    }
}

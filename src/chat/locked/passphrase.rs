//! [`Passphrase`]: what opens a locked room, as it is typed. Never shown, never written, overwritten after use.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, Zeroizing};

use super::super::limits::MAX_PASSPHRASE;

/// A passphrase of at most [`MAX_PASSPHRASE`] bytes. Its memory is taken once, so that no copy is left behind while it grows.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Zeroizing<String>);

/// Why a text cannot be a passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPassphrase {
    /// Nothing in it.
    #[error("a locked room needs a passphrase; choose four words or more")]
    Empty,
    /// Over the limit.
    #[error("a passphrase has at most {MAX_PASSPHRASE} bytes; choose a shorter one")]
    TooLong,
}

impl Default for Passphrase {
    fn default() -> Self {
        Self(Zeroizing::new(String::with_capacity(MAX_PASSPHRASE)))
    }
}

impl Passphrase {
    /// The first line of `text`, as a file or a terminal gives it.
    pub fn new(text: &str) -> Result<Self, BadPassphrase> {
        let line = text.lines().next().unwrap_or_default();
        let mut passphrase = Self::default();
        if !passphrase.push(line) {
            return Err(BadPassphrase::TooLong);
        }
        if passphrase.is_empty() { Err(BadPassphrase::Empty) } else { Ok(passphrase) }
    }

    /// Adds what was typed or pasted, without control characters. False where it does not fit.
    pub fn push(&mut self, text: &str) -> bool {
        let fits = self.0.len() + text.len() <= MAX_PASSPHRASE;
        if fits {
            self.0.extend(text.chars().filter(|c| !c.is_control()));
        }
        fits
    }

    /// Takes the last character back.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// Takes everything back.
    pub fn clear(&mut self) {
        self.0.zeroize();
        *self = Self::default();
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As it counts: NFC, since keyboards differ in how they write the same letter.
    pub(super) fn normal(&self) -> Zeroizing<String> {
        let mut normal = Zeroizing::new(String::with_capacity(self.0.len() * 3)); // NFC grows threefold at most
        normal.extend(self.0.nfc());
        normal
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_counts_and_nothing_is_shown() {
        let passphrase = Passphrase::new("correct horse\nbattery").unwrap();
        assert_eq!(*passphrase.normal(), "correct horse");
        assert!(!format!("{passphrase:?}").contains("horse"));
        assert_eq!(Passphrase::new("\n"), Err(BadPassphrase::Empty));
        assert_eq!(Passphrase::new(&"x".repeat(MAX_PASSPHRASE + 1)), Err(BadPassphrase::TooLong));
    }

    #[test]
    fn it_is_the_same_however_a_letter_is_written() {
        let (one, other) = (Passphrase::new("gr\u{fc}n").unwrap(), Passphrase::new("gru\u{308}n").unwrap());
        assert_eq!(*one.normal(), *other.normal());
    }

    #[test]
    fn typing_never_moves_it_in_memory() {
        let mut passphrase = Passphrase::default();
        let place = passphrase.0.as_ptr();
        while passphrase.push("abc\u{1b}\r") {}
        assert_eq!(passphrase.0.as_ptr(), place);
        passphrase.pop();
        assert!(passphrase.push("d"));
        passphrase.clear();
        assert!(passphrase.is_empty());
    }
}

//! What was typed before the terminal was read as a terminal, and answers of the terminal that come too late.

use std::time::Duration;

use tokio::time::Instant;

use crate::tui::key::{Code, Key, Named};

/// An answer that comes later than this is taken for typed.
const LATE: Duration = Duration::from_secs(10);
/// Characters of an answer.
const LONGEST: usize = 64;

/// The keys that send these bytes. Sequences of keys that move are left out: there was nothing to move in.
pub(crate) fn keys(bytes: &[u8]) -> Vec<Key> {
    let text = String::from_utf8_lossy(bytes);
    let mut chars = text.chars().peekable();
    let mut keys = Vec::new();
    let named = |name| Key::new(Code::Named(name), false, false, false);
    while let Some(c) = chars.next() {
        match c {
            '\r' => keys.push(named(Named::Enter)),
            '\t' => keys.push(named(Named::Tab)),
            '\u{8}' | '\u{7f}' => keys.push(named(Named::Backspace)),
            '\u{1b}' => {
                if chars.next_if(|c| matches!(c, '[' | 'O')).is_some() {
                    chars.by_ref().find(|c| matches!(c, '@'..='~')); // the end of the sequence
                }
            }
            '\u{1}'..='\u{1a}' => {
                let letter = char::from(b'a' - 1 + u8::try_from(u32::from(c)).unwrap_or(1));
                keys.push(Key::new(Code::Char(letter), true, false, false));
            }
            c if c.is_control() => {}
            c => keys.push(Key::new(Code::Char(c), false, false, false)),
        }
    }
    keys
}

/// Keeps an answer that comes late (`ESC ] 11 ; … ESC \`) from being typed.
#[derive(Debug, Default)]
pub(crate) struct Late {
    until: Option<Instant>,
    /// Characters of it that may still come; none while none has begun.
    left: Option<usize>,
}

impl Late {
    /// The terminal has been asked and has not answered by `now`.
    pub(crate) fn open(now: Instant) -> Self {
        Self { until: Some(now + LATE), left: None }
    }

    /// Whether `key` is a part of the answer.
    pub(crate) fn takes(&mut self, key: Key, now: Instant) -> bool {
        if self.until.is_none_or(|until| now > until) {
            return false;
        }
        let is = |c, ctrl, alt| key == Key::new(Code::Char(c), ctrl, alt, false);
        match self.left {
            None if is(']', false, true) => self.left = Some(LONGEST),
            None => return false,
            Some(_) if is('\\', false, true) || is('g', true, false) => *self = Self::default(),
            Some(0) => {
                *self = Self::default();
                return false;
            }
            Some(left) => self.left = Some(left - 1),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(keys: &[Key]) -> String {
        keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_was_typed_becomes_keys() {
        assert_eq!(written(&keys("aé\r\x7f\x15\t".as_bytes())), "a é Enter Backspace Ctrl+U Tab");
        assert_eq!(written(&keys(b"\x1b[Aa\x1bOPb\x1b[1;5Cc\x00")), "a b c");
        assert_eq!(written(&keys(b"\xff")), "\u{fffd}");
    }

    #[test]
    fn a_late_answer_is_not_typed_and_what_is_around_it_is() {
        let now = Instant::now();
        let all = "a Alt+] 1 1 ; r g b : f / f / f Alt+\\ b Alt+] c";
        let keys = || all.split(' ').map(|key| key.parse::<Key>().unwrap());
        let mut late = Late::open(now);
        let left: Vec<Key> = keys().filter(|key| !late.takes(*key, now)).collect();
        assert_eq!(written(&left), "a b Alt+] c");
        for mut late in [Late::default(), Late::open(now.checked_sub(2 * LATE).unwrap())] {
            assert_eq!(keys().filter(|key| late.takes(*key, now)).count(), 0);
        }
        let mut endless = Late::open(now);
        let taken =
            (0..500).filter(|n| endless.takes(if *n == 0 { "Alt+]" } else { "x" }.parse().unwrap(), now));
        assert!(taken.count() <= LONGEST + 1);
    }
}

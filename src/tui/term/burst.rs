//! Pastes on terminals that do not mark them: keys that come faster than anybody types.
//!
//! Letters pass at once. A Return that follows a letter faster than a finger can is held back for a moment: if more
//! letters follow, all of it is a paste; if nothing does, it is a Return.

use std::time::Duration;

use tokio::time::Instant;

use crate::tui::Msg;
use crate::tui::key::{Code, Key, Named};

/// Keys of a paste follow each other faster than this.
const GAP: Duration = Duration::from_millis(8);
/// So long after its last key a paste is over: what sends it may be slow.
const OVER: Duration = Duration::from_millis(100);

/// What keys there were without a pause between them.
#[derive(Debug, Default)]
pub(crate) struct Bursts {
    /// The terminal marks pastes, so keys are keys.
    marked: bool,
    /// The last key typed a letter, which has passed.
    letter: bool,
    state: State,
    due: Option<Instant>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Keys,
    /// A Return is held back.
    Held(Key),
    /// A paste is being collected.
    Paste(String),
}

impl Bursts {
    /// The terminal has marked a paste: from now on nothing has to be guessed.
    pub(crate) fn marked(&mut self) -> Option<Msg> {
        self.marked = true;
        self.end()
    }

    /// A key has come at `now` after the program has `waited` for it; what is known by now is told.
    pub(crate) fn key(&mut self, key: Key, waited: Duration, now: Instant) -> Vec<Msg> {
        if self.marked {
            return vec![Msg::Key(key)];
        }
        let mut told = Vec::new();
        if waited >= self.patience() {
            told.extend(self.end());
            self.letter = false;
        }
        let typed = character(key);
        match (&mut self.state, typed) {
            (State::Paste(text), Some(c)) => text.push(c),
            (State::Held(_), Some(c)) => self.state = State::Paste(format!("\n{c}")),
            (State::Keys, Some('\n')) if self.letter && is_return(key) => {
                self.state = State::Held(key);
            }
            _ => {
                told.extend(self.end());
                self.letter = key.typed().is_some();
                told.push(Msg::Key(key));
            }
        }
        self.due = (!matches!(self.state, State::Keys)).then(|| now + self.patience());
        told
    }

    fn patience(&self) -> Duration {
        if matches!(self.state, State::Paste(_)) { OVER } else { GAP }
    }

    /// When a pause ends what is held back; none while nothing is.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// There was a pause: what was held back is told.
    pub(crate) fn end(&mut self) -> Option<Msg> {
        (self.due, self.letter) = (None, false);
        match std::mem::take(&mut self.state) {
            State::Keys => None,
            State::Held(key) => Some(Msg::Key(key)),
            State::Paste(text) => Some(Msg::Paste(text)),
        }
    }
}

fn is_return(key: Key) -> bool {
    key == Key::new(Code::Named(Named::Enter), false, false, false)
}

/// The character that a key stands for inside a paste.
fn character(key: Key) -> Option<char> {
    let named = |name| key == Key::new(Code::Named(name), false, false, false);
    match key.code {
        Code::Char('j') if key.ctrl && !key.alt => Some('\n'),
        _ if named(Named::Enter) => Some('\n'),
        _ if named(Named::Tab) => Some('\t'),
        _ => key.typed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of keys: `⏎` is Return, `⇥` Tab, `⎋` Escape, and `·` a pause.
    fn told(keys: &str) -> String {
        let mut bursts = Bursts::default();
        let mut out = String::new();
        let tell = |out: &mut String, msg: Msg| match msg {
            Msg::Key(key) => match character(key) {
                Some('\n') => out.push('⏎'),
                Some(c) => out.push(c),
                None => out.push('⎋'),
            },
            Msg::Paste(text) => out.extend(["[", &text.replace('\n', "⏎"), "]"]),
            other => panic!("{other:?}"),
        };
        let now = Instant::now();
        let mut waited = Duration::ZERO;
        for c in keys.chars() {
            let named = |name| Key::new(Code::Named(name), false, false, false);
            let key = match c {
                '·' => {
                    waited = OVER;
                    let pause = bursts.due().and_then(|_| bursts.end());
                    if let Some(msg) = pause {
                        tell(&mut out, msg);
                    }
                    continue;
                }
                '⏎' => named(Named::Enter),
                '⇥' => named(Named::Tab),
                '⎋' => named(Named::Escape),
                c => Key::new(Code::Char(c), false, false, false),
            };
            let waited = std::mem::take(&mut waited);
            bursts.key(key, waited, now).into_iter().for_each(|msg| tell(&mut out, msg));
        }
        bursts.end().into_iter().for_each(|msg| tell(&mut out, msg));
        out
    }

    #[test]
    fn several_lines_without_a_pause_are_a_paste() {
        for (keys, expected) in [
            ("hello there⏎", "hello there⏎"),
            ("hello there⏎·next", "hello there⏎next"),
            ("first line⏎second⏎⏎  third⏎·x", "first line[⏎second⏎⏎  third⏎]x"),
            ("first line⏎⇥indented", "first line[⏎\tindented]"),
            ("h·e·l·l·o·⏎x", "hello⏎x"),
            ("1⏎2⏎3⏎", "1[⏎2⏎3⏎]"),
            ("first line⏎⎋x", "first line⏎⎋x"),
            ("first line⏎ab⎋x", "first line[⏎ab]⎋x"),
            ("·⏎·⏎", "⏎⏎"),
        ] {
            assert_eq!(told(keys), expected, "{keys}");
        }
    }

    #[test]
    fn a_terminal_that_marks_pastes_is_believed() {
        let mut bursts = Bursts::default();
        assert_eq!(bursts.marked(), None);
        for c in "first line".chars() {
            bursts.key(Key::new(Code::Char(c), false, false, false), Duration::ZERO, Instant::now());
        }
        let enter: Key = "Enter".parse().unwrap();
        assert_eq!(bursts.key(enter, Duration::ZERO, Instant::now()), [Msg::Key(enter)]);
        assert_eq!(bursts.due(), None);
    }
}

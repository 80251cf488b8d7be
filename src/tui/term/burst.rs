//! Pastes on terminals that do not mark them: keys that come faster than anybody types.
//!
//! Letters pass at once. A Return that follows a letter faster than a finger can is held back for a moment: if more
//! letters follow, all of it is a paste; if nothing does, it is a Return.
//!
//! So is the wheel of a mouse that is not captured: on the alternate screen terminals send it as several arrows at once.

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
    /// An arrow is held back, or several: up or down, and how many.
    Arrow(Key, bool, usize),
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
        let arrow = [(Named::Up, true), (Named::Down, false)];
        let arrow =
            arrow.into_iter().find(|(name, _)| key == Key::new(Code::Named(*name), false, false, false));
        if let Some((_, up)) = arrow {
            return self.arrow(key, up, waited, now);
        }
        if self.marked {
            return self.end().into_iter().chain([Msg::Key(key)]).collect();
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

    fn arrow(&mut self, key: Key, up: bool, waited: Duration, now: Instant) -> Vec<Msg> {
        let told = match &mut self.state {
            State::Arrow(held, _, count) if *held == key && waited < GAP => {
                *count += 1;
                None
            }
            _ => {
                let told = self.end();
                self.state = State::Arrow(key, up, 1);
                told
            }
        };
        self.due = Some(now + GAP);
        told.into_iter().collect()
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
            State::Held(key) | State::Arrow(key, _, 1) => Some(Msg::Key(key)),
            State::Arrow(key, up, count) => Some(Msg::Wheel { key, up, rows: count }),
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
    fn arrows_that_come_at_once_are_the_wheel() {
        let [up, down]: [Key; 2] = ["Up", "Down"].map(|key| key.parse().unwrap());
        let letter: Key = "x".parse().unwrap();
        let now = Instant::now();
        for marked in [false, true] {
            let mut bursts = Bursts { marked, ..Bursts::default() };
            let mut told = Vec::new();
            for (key, waited) in [(up, 50), (up, 0), (up, 0), (down, 0), (up, 30), (letter, 0), (down, 40)] {
                told.extend(bursts.key(key, Duration::from_millis(waited), now));
            }
            assert!(bursts.due().is_some(), "one arrow may be the first of several");
            told.extend(bursts.end());
            let wheel = Msg::Wheel { key: up, up: true, rows: 3 };
            assert_eq!(told, [wheel, Msg::Key(down), Msg::Key(up), Msg::Key(letter), Msg::Key(down)]);
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

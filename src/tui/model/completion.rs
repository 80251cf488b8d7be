//! Completion: the candidates for the word before the cursor, one after the other.

use super::composer::Composer;
use super::people::People;
use crate::tui::command::{self, Argument};

/// A completion that goes on while Tab is pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Where the word starts in the composer.
    start: usize,
    /// The candidates, and last what was there before.
    choices: Vec<String>,
    /// What is inserted after a candidate.
    suffix: &'static str,
    at: usize,
}

impl Completion {
    /// The candidates for the word before the cursor; none if there are none.
    pub fn find(composer: &Composer, people: &People) -> Option<Self> {
        let before = composer.text().get(..composer.cursor())?;
        let start = before.rfind([' ', '\n']).map_or(0, |space| space + 1);
        let word = before.get(start..)?;
        let names = |word: &str| -> Vec<String> {
            people.names_starting(word).into_iter().map(crate::text::SafeText::into_string).collect()
        };
        let slash = before.strip_prefix('/').filter(|rest| !rest.starts_with('/'));
        let (mut choices, suffix) = match slash {
            Some(typed) if start == 0 => (command::names_starting(typed), " "),
            Some(typed) => match command::argument_at(typed) {
                Argument::Command => {
                    let found = command::names_starting(word);
                    (found.iter().map(|name| name.trim_start_matches('/').to_owned()).collect(), "")
                }
                Argument::Peer | Argument::Text => (names(word), " "),
            },
            None if word.is_empty() && start > 0 => return None,
            None => (names(word), if start == 0 { ": " } else { " " }),
        };
        if choices.is_empty() {
            return None;
        }
        choices.push(word.to_owned());
        Some(Self { start, choices, suffix, at: 0 })
    }

    /// Puts the candidate that is its turn into the composer.
    pub fn apply(&self, composer: &mut Composer) {
        let Some(choice) = self.choices.get(self.at) else { return };
        let suffix = if self.is_original() { "" } else { self.suffix };
        composer.replace_before(self.start, &format!("{choice}{suffix}"));
    }

    /// Goes to the next candidate, or the one before.
    pub fn turn(&mut self, back: bool) {
        let len = self.choices.len();
        self.at = (self.at + if back { len - 1 } else { 1 }) % len;
    }

    /// The candidates, and which is in the composer (none while that holds what was there before).
    pub fn choices(&self) -> (&[String], Option<usize>) {
        let candidates = self.choices.get(..self.choices.len() - 1).unwrap_or_default();
        (candidates, (!self.is_original()).then_some(self.at))
    }

    /// Whether there is but one candidate.
    pub fn is_only(&self) -> bool {
        self.choices.len() == 2
    }

    fn is_original(&self) -> bool {
        self.at + 1 == self.choices.len()
    }
}

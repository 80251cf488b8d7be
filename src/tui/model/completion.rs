//! Completion: the candidates for the word before the cursor, one after the other.

use unicode_segmentation::UnicodeSegmentation;

use super::composer::Composer;
use super::people::People;
use crate::text::SafeText;
use crate::tui::command::{self, Argument};
use crate::tui::keymap::{self, BINDINGS};
use crate::tui::settings;

/// Most emoji offered for one beginning.
const MOST_EMOJI: usize = 40;

/// A completion that goes on while Tab is pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Where the word starts in the composer.
    start: usize,
    /// The candidates, and last what was there before.
    choices: Vec<String>,
    /// The candidates as they are shown.
    shown: Vec<String>,
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
        if let Some(code) = word.strip_prefix(':').filter(|code| !code.is_empty()) {
            return Self::emoji(start, word, code.trim_end_matches(':'));
        }
        let names = |word: &str| -> Vec<String> {
            people.names_starting(word).into_iter().map(SafeText::into_string).collect()
        };
        let slash = before.strip_prefix('/').filter(|rest| !rest.starts_with('/'));
        let (choices, suffix) = match slash {
            Some(typed) if start == 0 => (command::names_starting(typed), " "),
            Some(typed) => match command::argument_at(typed) {
                Argument::Command => {
                    let found = command::names_starting(word);
                    (found.iter().map(|name| name.trim_start_matches('/').to_owned()).collect(), "")
                }
                Argument::Word(words) => (starting(words.iter().map(|w| (*w).to_owned()), word), ""),
                Argument::Action => {
                    let names = BINDINGS.iter().map(|b| keymap::name(b.action));
                    (starting(names.chain(["none".to_owned()]), word), "")
                }
                Argument::Setting => (starting(settings::names().map(str::to_owned), word), " "),
                Argument::File | Argument::Theme => return None, // see `file` and `theme`
                Argument::Room => (people.rooms_starting(word), ""),
                Argument::Peer | Argument::Text => (names(word), " "),
            },
            None if word.is_empty() && start > 0 => return None,
            None if word.starts_with('#') => {
                (people.rooms_starting(word).into_iter().map(|room| format!("#{room}")).collect(), " ")
            }
            None => match word.strip_prefix('@') {
                Some(name) => (names(name).into_iter().map(|name| format!("@{name}")).collect(), " "),
                None => (names(word), if start == 0 { ": " } else { " " }),
            },
        };
        Self::new(start, word, choices.clone(), choices, suffix)
    }

    /// The candidates for the name of a theme, where the command there wants one.
    pub fn theme(composer: &Composer, themes: &[String]) -> Option<Self> {
        let before = composer.text().get(..composer.cursor())?;
        let typed = before.strip_prefix('/')?;
        let start = before.rfind([' ', '\n']).map_or(0, |space| space + 1);
        let word = before.get(start..).filter(|_| command::argument_at(typed) == Argument::Theme)?;
        let choices = starting(themes.iter().cloned(), word);
        Self::new(start, word, choices.clone(), choices, "")
    }

    /// The beginning of a file name before the cursor, where the command there wants one. A space in it is written `\ `.
    pub fn file(composer: &Composer) -> Option<String> {
        let before = composer.text().get(..composer.cursor())?;
        let typed = before.strip_prefix('/')?;
        let word = before.get(file_start(before)..)?;
        (command::argument_at(&typed.replace("\\ ", "_")) == Argument::File).then(|| Self::file_name(word))
    }

    /// The name that is meant by one as typed, in which a space may be written `\ `.
    pub fn file_name(typed: &str) -> String {
        typed.replace("\\ ", " ")
    }

    /// The candidates for a file name, as they were found for [`Completion::file`].
    pub fn files(composer: &Composer, found: &[String]) -> Option<Self> {
        let before = composer.text().get(..composer.cursor())?;
        let start = file_start(before);
        let choices =
            found.iter().map(|name| SafeText::line(&name.replace(' ', "\\ ")).into_string()).collect();
        let last = |name: &String| {
            let after = name.trim_end_matches('/').rfind('/').map_or(0, |slash| slash + 1);
            name.get(after..).map(|last| SafeText::line(last).into_string())
        };
        let shown = found.iter().filter_map(last).collect();
        Self::new(start, before.get(start..)?, choices, shown, "")
    }

    fn emoji(start: usize, word: &str, code: &str) -> Option<Self> {
        let code = code.to_lowercase();
        let with_code = |emoji: &'static emojis::Emoji| {
            let code = emoji.shortcodes().find(|known| known.starts_with(&code))?;
            Some((code, emoji.as_str()))
        };
        let mut found: Vec<_> = emojis::iter().filter_map(with_code).collect();
        found.sort_by_key(|(code, _)| (code.graphemes(true).count(), *code));
        found.truncate(MOST_EMOJI);
        let shown = found.iter().map(|(code, emoji)| format!("{emoji} {code}")).collect();
        let choices = found.iter().map(|(_, emoji)| (*emoji).to_owned()).collect();
        Self::new(start, word, choices, shown, " ")
    }

    fn new(
        start: usize,
        word: &str,
        mut choices: Vec<String>,
        shown: Vec<String>,
        suffix: &'static str,
    ) -> Option<Self> {
        if choices.is_empty() {
            return None;
        }
        choices.push(word.to_owned());
        Some(Self { start, choices, shown, suffix, at: 0 })
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

    /// The candidates as shown, and which is in the composer (none while that holds what was there before).
    pub fn choices(&self) -> (&[String], Option<usize>) {
        (&self.shown, (!self.is_original()).then_some(self.at))
    }

    /// Whether there is but one candidate.
    pub fn is_only(&self) -> bool {
        self.choices.len() == 2
    }

    fn is_original(&self) -> bool {
        self.at + 1 == self.choices.len()
    }
}

fn starting(words: impl Iterator<Item = String>, start: &str) -> Vec<String> {
    words.filter(|word| word.starts_with(&start.to_lowercase())).collect()
}

/// Where the file name at the end of `before` starts.
fn file_start(before: &str) -> usize {
    let mut spaces = before.rmatch_indices([' ', '\n']).map(|(at, _)| at);
    let parting = spaces.find(|at| !before.get(..*at).is_some_and(|b| b.ends_with('\\')));
    parting.map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composer(text: &str) -> Composer {
        let mut composer = Composer::default();
        composer.insert(text);
        composer
    }

    fn found(text: &str) -> Vec<String> {
        let found = Completion::find(&composer(text), &People::default());
        found.map(|c| c.choices().0.to_vec()).unwrap_or_default()
    }

    #[test]
    fn emoji_are_found_by_their_codes() {
        assert_eq!(found(":tad")[0], "🎉 tada");
        assert_eq!(found("yes :TADA:"), ["🎉 tada"]);
        assert!(found(":s").len() <= MOST_EMOJI && !found(":s").is_empty());
        assert!(found(":").is_empty() && found("a :nothingsuch").is_empty());
        let mut c = composer("well done :tada");
        Completion::find(&c, &People::default()).unwrap().apply(&mut c);
        assert_eq!(c.text(), "well done 🎉 ");
        // Each goes through the composer as it is: nothing of it is taken for something unsafe.
        for emoji in emojis::iter() {
            assert_eq!(composer(emoji.as_str()).text(), emoji.as_str());
        }
    }

    #[test]
    fn words_and_actions_are_offered() {
        assert_eq!(found("/notify "), ["none", "mention", "all", "default"]);
        assert_eq!(
            (found("/set pas"), found("/set bell o")),
            (vec!["paste_lines".into()], vec!["on".into(), "off".into()])
        );
        assert_eq!(found("/notify M"), ["mention"]);
        assert_eq!(found("/bind Alt+X word_l"), ["word_left"]);
        assert_eq!(found("/bind Alt+X no"), ["none"]);
        let themes = ["auto", "default", "dark"].map(str::to_owned);
        let offered = |text| Completion::theme(&composer(text), &themes).map(|c| c.choices().0.to_vec());
        assert_eq!(offered("/theme da").unwrap(), ["dark"]);
        assert_eq!(offered("/theme ").unwrap().len(), 3);
        assert_eq!((offered("/theme dark d"), offered("theme d"), offered("/nick d")), (None, None, None));
    }

    #[test]
    fn rooms_are_offered_where_they_are_named() {
        let mut people = People::default();
        people.set_rooms(["lunch", "lobby"].map(str::to_owned).into_iter());
        let found = Completion::find(&composer("see you in #lu"), &people).unwrap();
        assert_eq!(found.choices().0, ["#lunch"]);
        assert_eq!(Completion::find(&composer("@nobody"), &people), None);
    }

    #[test]
    fn file_names_with_spaces_stay_one_word() {
        assert_eq!(file_start("/send bob a\\ fi"), 10);
        assert_eq!(Completion::file_name("a\\ fi"), "a fi");
        let mut c = composer("/send bob dir/a\\ fi");
        let found = ["dir/a file.txt".to_owned(), "dir/a fi/".to_owned()];
        let mut completion = Completion::files(&c, &found).unwrap();
        assert_eq!(completion.choices().0, ["a file.txt", "a fi/"]);
        completion.apply(&mut c);
        assert_eq!(c.text(), "/send bob dir/a\\ file.txt");
        completion.turn(true);
        completion.apply(&mut c);
        assert_eq!(c.text(), "/send bob dir/a\\ fi");
        assert_eq!(Completion::file(&composer("hello")), None);
    }
}

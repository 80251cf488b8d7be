//! The switcher: rooms, people and commands in one list, found by a few of their letters.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::place::Place;
use crate::text::SafeText;

/// Items that are shown at once, so that a long list is no long wait.
const MOST: usize = 200;

/// What choosing an item does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Shows a room or a private conversation, joining or beginning it.
    Place(Place),
    /// Begins a command in the composer.
    Command(&'static str),
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What is looked for and shown: `#lunch`, `bob`, `/topic`.
    pub name: SafeText,
    /// What it is, in a few words.
    pub about: SafeText,
    /// What choosing it does.
    pub choice: Choice,
}

/// The switcher as it is open.
#[derive(Debug, Default)]
pub struct Switcher {
    /// What was typed.
    pub query: SafeText,
    options: Vec<Row>,
    /// Those that fit what was typed, best first.
    found: Vec<usize>,
    /// Which of these is chosen.
    pub at: usize,
}

impl Switcher {
    /// A switcher over `options`, the likeliest first.
    pub fn new(options: Vec<Row>) -> Self {
        let mut switcher = Self { options, ..Self::default() };
        switcher.find();
        switcher
    }

    /// The rows that fit, best first.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &Row> {
        self.found.iter().filter_map(|at| self.options.get(*at)).collect::<Vec<_>>().into_iter()
    }

    /// The row that is chosen.
    pub fn chosen(&self) -> Option<&Row> {
        self.found.get(self.at).and_then(|at| self.options.get(*at))
    }

    /// Looks for something else.
    pub fn set_query(&mut self, query: &str) {
        self.query = SafeText::line(query);
        self.at = 0;
        self.find();
    }

    /// Goes down by so many rows, up if negative, and around at the ends.
    pub fn go(&mut self, by: isize) {
        let end = isize::try_from(self.found.len()).unwrap_or(isize::MAX);
        if end > 0 {
            let at = isize::try_from(self.at).unwrap_or(0) + by;
            self.at = usize::try_from(at.rem_euclid(end)).unwrap_or(0);
        }
    }

    fn find(&mut self) {
        let query = self.query.as_str().trim();
        let pattern = Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut letters = Vec::new();
        // A command is found by its name or by what it does; a name counts more, that of a place most.
        let mut score = |option: &Row| {
            let mut of = |text: &str| pattern.score(Utf32Str::new(text, &mut letters), &mut matcher);
            let command = matches!(option.choice, Choice::Command(_));
            let weight = if command { 4 } else { 6 };
            let by_name = of(option.name.as_str()).map(|score| score.saturating_mul(weight));
            by_name.max(of(option.about.as_str()).filter(|_| command))
        };
        let mut found: Vec<(u32, usize)> =
            self.options.iter().enumerate().filter_map(|(at, option)| Some((score(option)?, at))).collect();
        found.sort_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
        self.found = found.into_iter().take(MOST).map(|(_, at)| at).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(name: &str, about: &str, choice: Choice) -> Row {
        Row { name: SafeText::line(name), about: SafeText::line(about), choice }
    }

    fn switcher() -> Switcher {
        let room = |name: &str| {
            option(&format!("#{name}"), "open room", Choice::Place(Place::Room(name.parse().unwrap())))
        };
        Switcher::new(vec![
            room("lobby"),
            room("lunch"),
            room("rust-dev"),
            option("/topic", "tells or changes what the room is about", Choice::Command("topic")),
            option("/part", "leaves the room", Choice::Command("part")),
        ])
    }

    fn found(query: &str) -> Vec<String> {
        let mut switcher = switcher();
        switcher.set_query(query);
        switcher.rows().map(|o| o.name.to_string()).collect()
    }

    #[test]
    fn a_few_letters_are_enough() {
        assert_eq!(found("").len(), 5);
        assert_eq!(found("").first().unwrap(), "#lobby");
        assert_eq!(found("lch").first().unwrap(), "#lunch");
        assert_eq!(found("RD").first().unwrap(), "#rust-dev");
        assert_eq!(found("top").first().unwrap(), "/topic");
        assert_eq!(found("leav").first().unwrap(), "/part");
        assert!(found("zzz").is_empty());
    }

    #[test]
    fn the_choice_goes_around() {
        let mut switcher = switcher();
        switcher.go(-1);
        assert_eq!(switcher.chosen().unwrap().name.as_str(), "/part");
        switcher.go(2);
        assert_eq!(switcher.chosen().unwrap().name.as_str(), "#lunch");
        switcher.set_query("zzz");
        switcher.go(1);
        assert!(switcher.chosen().is_none());
    }

    proptest::proptest! {
        #[test]
        fn no_query_is_too_odd(query in proptest::prelude::any::<String>()) {
            let mut switcher = switcher();
            switcher.set_query(&query);
            switcher.go(7);
        }
    }
}

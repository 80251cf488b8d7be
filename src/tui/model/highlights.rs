//! What concerns the user: lines with their name or a word of theirs, and lines for them alone.

use std::ops::Range;

use super::Model;
use crate::chat::Line;
use crate::text::{mention, mentions};

/// Names kept: the present one and those that the user had before in this run.
const NAMES: usize = 8;

/// The nicknames that the user goes by.
#[derive(Debug, Default, Clone)]
pub struct Names(Vec<String>);

impl Names {
    /// Listens to `name` from now on, without the suffix that tells namesakes apart.
    pub fn add(&mut self, name: &str) {
        let plain = name.rsplit_once('~').map_or(name, |(plain, _)| plain);
        self.0.retain(|known| known != plain);
        self.0.insert(0, plain.to_owned());
        self.0.truncate(NAMES);
    }
}

impl Model {
    /// What mentions the user: a nickname, the name as others see it, a word of the settings.
    fn words(&self) -> impl Iterator<Item = &str> {
        let names = self.names.0.iter().map(String::as_str);
        let shown = Some(self.name.as_str()).filter(|shown| names.clone().all(|name| name != *shown));
        self.prefs.highlight.iter().map(String::as_str).chain(names).chain(shown)
    }

    /// Where a text mentions the user, in bytes.
    pub fn mentions(&self, text: &str) -> Vec<Range<usize>> {
        mentions(text, self.words())
    }

    /// Whether a text mentions the user.
    pub fn is_mentioned(&self, text: &str) -> bool {
        mention(text, self.words()).is_some()
    }

    /// Whether a line concerns the user: somebody else says a word of theirs, or says it to them only.
    pub fn concerns(&self, line: &Line) -> bool {
        !line.own && (line.private || self.is_mentioned(line.text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Nick, PeerId};

    #[test]
    fn knows_names_and_words() {
        let mut model = Model::new(PeerId([1; 8]), &"martin".parse::<Nick>().unwrap());
        model.prefs.highlight = vec!["coffee".to_owned(), " ".to_owned()];
        assert_eq!(model.mentions("Martin: COFFEE? martini coffees"), [8..14, 0..6]);
        model.names.add("tom~3f9a");
        assert_eq!(model.mentions("martin is tom").len(), 2, "an earlier name still counts");
        assert!(!model.is_mentioned("martin~3f9a: hi"), "that is somebody else");
        model.name = crate::text::SafeText::clean("martin~3f9a");
        assert!(model.is_mentioned("martin~3f9a: hi"));
    }
}

//! Which theme is taken, at the start and by `/theme`.

use std::path::PathBuf;

use super::model::{Level, Model};
use super::theme::{self, Asked, Theme};
use crate::text::SafeText;

/// The theme that is shown, and where others come from.
pub(super) struct Look {
    /// What is shown.
    pub(super) theme: Theme,
    /// What came of asking the terminal.
    pub(super) asked: Asked,
    /// Whether there may be colours.
    color: bool,
    /// The folder of the user's own themes.
    dir: Option<PathBuf>,
    /// The name in the settings, as last read.
    set: String,
}

impl Look {
    /// The theme of this name, or another one and why. The terminal may be asked, so nothing else may be reading it.
    pub(super) fn new(color: bool, dir: Option<PathBuf>, name: &str) -> (Self, Option<String>) {
        let mut look =
            Self { theme: Theme::new(color), asked: Asked::default(), color, dir, set: name.to_owned() };
        let name = match name {
            theme::AUTO if color => {
                look.asked = theme::background();
                look.asked.background.map_or("default", theme::Background::theme)
            }
            name => name,
        };
        let trouble = match look.named(name) {
            Ok(theme) => {
                look.theme = theme;
                None
            }
            Err(error) => Some(error),
        };
        (look, trouble)
    }

    /// The names of all themes.
    pub(super) fn names(&self) -> Vec<String> {
        Theme::names(self.dir.as_deref())
    }

    /// The theme of this name. Without colours there is one only.
    fn named(&self, name: &str) -> Result<Theme, String> {
        if !self.color {
            return Ok(Theme::new(false));
        }
        Theme::named(name, self.dir.as_deref()).map_err(|e| e.to_string())
    }

    /// The settings were read again: takes their theme if it is another one than before.
    pub(super) fn reread(&mut self, model: &mut Model, name: &str) {
        if self.set == name {
            return;
        }
        name.clone_into(&mut self.set);
        let name = match name {
            theme::AUTO => self.asked.background.map_or("default", theme::Background::theme),
            name => name,
        };
        let told = match self.named(name) {
            Ok(found) => {
                self.theme = found;
                (Level::Info, format!("the theme is {name} now"))
            }
            Err(error) => (Level::Error, error),
        };
        model.notice(told.0, SafeText::line(&told.1).as_str());
    }

    /// Takes the theme that the user asks for, or tells which there are.
    pub(super) fn change(&mut self, model: &mut Model, name: Option<&str>) {
        let (level, text) = match name {
            None => (Level::Info, format!("themes: {}; /theme NAME takes one", model.themes.join(", "))),
            Some(_) if !self.color => (
                Level::Error,
                "colours are off: start without NO_COLOR, --no-color and color = false".to_owned(),
            ),
            // The terminal cannot be asked while its answers are read as keys.
            Some(theme::AUTO) => {
                (Level::Error, "auto is for the start; choose dark, light or default".to_owned())
            }
            Some(name) => match self.named(name) {
                Ok(found) => {
                    self.theme = found;
                    (
                        Level::Info,
                        format!("the theme is {name} now; theme = \"{name}\" in the settings keeps it"),
                    )
                }
                Err(error) => (Level::Error, error),
            },
        };
        model.notice(level, SafeText::line(&text).as_str());
    }
}

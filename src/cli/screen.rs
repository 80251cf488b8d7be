//! The settings of the screen, which are read again while it is shown.

use serde_json::{Map, Value, json};

use super::Failure;
use super::config_file::ConfigFile;
use super::settings::{Origin, Setting, first};
use crate::text::alike::{ALIKE, nearest};
use crate::tui::key::Key;
use crate::tui::keymap::{self, Action, Keymap};
use crate::tui::model::{Desktop, Notify, Prefs};
use crate::tui::settings::DESKTOPS;

/// How the screen is to behave.
#[derive(Debug)]
pub(super) struct Screen {
    notify: Setting<Notify>,
    highlight: Setting<Vec<String>>,
    bell: Setting<bool>,
    desktop: Setting<Desktop>,
    notify_command: Setting<Vec<String>>,
    paste_lines: Setting<u32>,
    away_minutes: Setting<u32>,
    typing: Setting<bool>,
    mouse: Setting<bool>,
    emoji_codes: Setting<bool>,
    bindings: Setting<Vec<(Action, Vec<Key>)>>,
}

impl Screen {
    /// What the file says, or what is so by default.
    pub(super) fn of(file: &ConfigFile) -> Result<Self, Failure> {
        fn setting<T>(value: Option<T>, default: T) -> Setting<T> {
            first([(value, Origin::File)], default)
        }
        let (values, default) = (&file.values, Prefs::default());
        let notify = Notify::ALL.map(|(level, name)| (name, level));
        let paste_lines = u32::try_from(default.paste_lines).unwrap_or(u32::MAX);
        let bindings = Some(file.bindings.clone()).filter(|bindings| !bindings.is_empty());
        Ok(Self {
            notify: setting(one_of(file, "notify", values.notify.as_ref(), &notify)?, default.notify),
            highlight: setting(values.highlight.clone(), default.highlight),
            bell: setting(values.bell, default.bell),
            desktop: setting(one_of(file, "desktop", values.desktop.as_ref(), &DESKTOPS)?, default.desktop),
            notify_command: setting(values.notify_command.clone(), default.notify_command),
            paste_lines: setting(values.paste_lines, paste_lines),
            away_minutes: setting(values.away_minutes, default.away_minutes),
            typing: setting(values.typing, default.typing),
            mouse: setting(values.mouse, default.mouse),
            emoji_codes: setting(values.emoji_codes, default.emoji_codes),
            bindings: setting(bindings, Vec::new()),
        })
    }

    /// The settings but for the keys.
    pub(super) fn prefs(&self, open_with: &str) -> Prefs {
        Prefs {
            notify: self.notify.value,
            highlight: self.highlight.value.clone(),
            bell: self.bell.value,
            desktop: self.desktop.value,
            notify_command: self.notify_command.value.clone(),
            paste_lines: usize::try_from(self.paste_lines.value).unwrap_or(usize::MAX),
            away_minutes: self.away_minutes.value,
            typing: self.typing.value,
            mouse: self.mouse.value,
            open_with: open_with.to_owned(),
            emoji_codes: self.emoji_codes.value,
        }
    }

    /// What each key does.
    pub(super) fn keymap(&self) -> Keymap {
        let mut keymap = Keymap::default();
        let _ = keymap.set(&self.bindings.value); // the file was refused if it named a key that types
        keymap
    }

    /// Each setting with its value and origin.
    pub(super) fn rows(&self) -> Vec<(&'static str, Value, Origin)> {
        let desktop = DESKTOPS.iter().find(|(_, d)| *d == self.desktop.value).map_or("", |(name, _)| name);
        let keys = self.bindings.value.iter().map(|(action, keys)| {
            let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
            (keymap::name(*action), json!(keys))
        });
        vec![
            ("notify", json!(self.notify.value.as_str()), self.notify.origin),
            ("highlight", json!(self.highlight.value), self.highlight.origin),
            ("bell", json!(self.bell.value), self.bell.origin),
            ("desktop", json!(desktop), self.desktop.origin),
            ("notify_command", json!(self.notify_command.value), self.notify_command.origin),
            ("paste_lines", json!(self.paste_lines.value), self.paste_lines.origin),
            ("away_minutes", json!(self.away_minutes.value), self.away_minutes.origin),
            ("typing", json!(self.typing.value), self.typing.origin),
            ("mouse", json!(self.mouse.value), self.mouse.origin),
            ("emoji_codes", json!(self.emoji_codes.value), self.emoji_codes.origin),
            ("keys", Value::Object(keys.collect::<Map<_, _>>()), self.bindings.origin),
        ]
    }
}

/// The value of a setting that has a few.
fn one_of<T: Copy>(
    file: &ConfigFile,
    key: &str,
    text: Option<&toml::Spanned<String>>,
    values: &[(&'static str, T)],
) -> Result<Option<T>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let wanted = text.get_ref();
    if let Some((_, value)) = values.iter().find(|(name, _)| name == wanted) {
        return Ok(Some(*value));
    }
    let all: Vec<_> = values.iter().map(|(name, _)| *name).collect();
    let told = match nearest(wanted, all.iter().copied(), ALIKE) {
        Some(name) => format!("bad {key} {wanted:?}; did you mean {name:?}?"),
        None => format!("bad {key} {wanted:?}; it is one of {}", all.join(", ")),
    };
    Err(file.mistake(text.span(), told))
}

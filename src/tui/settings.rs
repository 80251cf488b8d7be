//! The settings that `/set` can change while the chat runs, as a table: completion, the listing and the change are made
//! from it. They have the names and the values that they have in the file of settings.

use super::model::{Desktop, Notify, Prefs};
use crate::text::alike::{ALIKE, nearest};

/// How `desktop` is written.
pub const DESKTOPS: [(&str, Desktop); 5] = [
    ("auto", Desktop::Auto),
    ("off", Desktop::Off),
    ("osc9", Desktop::Osc9),
    ("osc777", Desktop::Osc777),
    ("osc99", Desktop::Osc99),
];

/// How a switch is written.
const SWITCH: &[&str] = &["on", "off"];

/// One of them.
#[derive(Debug)]
pub struct Setting {
    /// Its name in the file of settings.
    pub name: &'static str,
    /// The values it has, where these are a few words.
    pub words: &'static [&'static str],
    /// The value as the file of settings has it.
    pub value: fn(&Prefs) -> String,
    /// Takes a value as typed; none when it is none of the setting's.
    set: fn(&mut Prefs, &str) -> Option<()>,
    /// What values it has, for the message that tells so.
    wants: &'static str,
}

/// All of them.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "notify",
        words: &["none", "mention", "all"],
        value: |p| quoted(p.notify.as_str()),
        set: |p, text| text.parse::<Notify>().ok().map(|level| p.notify = level),
        wants: "none, mention or all",
    },
    Setting {
        name: "highlight",
        words: &[],
        value: |p| list(&p.highlight),
        set: |p, text| words(text).map(|words| p.highlight = words),
        wants: "words, such as lunch, deploy; or none",
    },
    Setting {
        name: "bell",
        words: SWITCH,
        value: |p| p.bell.to_string(),
        set: |p, text| switch(text).map(|on| p.bell = on),
        wants: "on or off",
    },
    Setting {
        name: "desktop",
        words: &["auto", "off", "osc9", "osc777", "osc99"],
        value: |p| quoted(DESKTOPS.iter().find(|(_, d)| *d == p.desktop).map_or("", |(name, _)| name)),
        set: |p, text| DESKTOPS.iter().find(|(name, _)| *name == text).map(|(_, d)| p.desktop = *d),
        wants: "auto, off, osc9, osc777 or osc99",
    },
    Setting {
        name: "notify_command",
        words: &[],
        value: |p| list(&p.notify_command),
        set: |p, text| command(text).map(|words| p.notify_command = words),
        wants: "a command, such as [\"sh\", \"-c\", \"cat >> calls\"]; or none",
    },
    Setting {
        name: "paste_lines",
        words: &[],
        value: |p| p.paste_lines.to_string(),
        set: |p, text| {
            text.parse::<u32>().ok().and_then(|n| usize::try_from(n).ok()).map(|n| p.paste_lines = n)
        },
        wants: "a number of lines, 0 for never",
    },
    Setting {
        name: "away_minutes",
        words: &[],
        value: |p| p.away_minutes.to_string(),
        set: |p, text| text.parse().ok().map(|n| p.away_minutes = n),
        wants: "a number of minutes, 0 for never",
    },
    Setting {
        name: "typing",
        words: SWITCH,
        value: |p| p.typing.to_string(),
        set: |p, text| switch(text).map(|on| p.typing = on),
        wants: "on or off",
    },
    Setting {
        name: "mouse",
        words: SWITCH,
        value: |p| p.mouse.to_string(),
        set: |p, text| switch(text).map(|on| p.mouse = on),
        wants: "on or off",
    },
    Setting {
        name: "emoji_codes",
        words: SWITCH,
        value: |p| p.emoji_codes.to_string(),
        set: |p, text| switch(text).map(|on| p.emoji_codes = on),
        wants: "on or off",
    },
    Setting {
        name: "open_with",
        words: &[],
        value: |p| quoted(&p.open_with),
        set: |p, text| {
            p.open_with = if text == "none" { String::new() } else { text.trim_matches('"').to_owned() };
            Some(())
        },
        wants: "a program; or none for the one of the system",
    },
];

/// The setting of this name.
pub fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

/// The names, for completion.
pub fn names() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().map(|setting| setting.name).chain(["theme"])
}

impl Setting {
    /// Takes a value as typed.
    ///
    /// # Errors
    /// When it is none of the setting's; the message says which are.
    pub fn change(&self, prefs: &mut Prefs, typed: &str) -> Result<(), String> {
        let typed = typed.trim();
        let typed = if self.words.is_empty() { typed } else { typed.trim_matches('"') };
        let told = match nearest(typed, self.words.iter().copied(), ALIKE) {
            Some(word) => format!("; do you mean {word}?"),
            None => String::new(),
        };
        (self.set)(prefs, typed).ok_or_else(|| format!("{} is {}{told}", self.name, self.wants))
    }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn list(words: &[String]) -> String {
    toml::Value::from(words.to_vec()).to_string()
}

fn switch(text: &str) -> Option<bool> {
    match text {
        "on" | "true" | "yes" => Some(true),
        "off" | "false" | "no" => Some(false),
        _ => None,
    }
}

/// A list as the file of settings has it, if it is one.
fn array(text: &str) -> Option<Vec<String>> {
    let value: toml::Value = text.parse().ok()?;
    value.as_array()?.iter().map(|word| word.as_str().map(str::to_owned)).collect()
}

/// Words as in the file of settings, or parted by commas.
fn words(text: &str) -> Option<Vec<String>> {
    match text {
        "none" => Some(Vec::new()),
        _ if text.starts_with('[') => array(text),
        _ => {
            Some(text.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect())
        }
    }
}

/// A program with its arguments as in the file of settings, or parted by spaces.
fn command(text: &str) -> Option<Vec<String>> {
    match text {
        "none" => Some(Vec::new()),
        _ if text.starts_with('[') => array(text),
        _ => Some(text.split_whitespace().map(str::to_owned).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_takes_what_it_shows() {
        let typed = [
            ("notify", "all"),
            ("highlight", "[\"lunch\", \"deploy\"]"),
            ("bell", "false"),
            ("desktop", "\"osc99\""),
            ("notify_command", "[\"sh\", \"-c\", \"cat\"]"),
            ("paste_lines", "0"),
            ("away_minutes", "7"),
            ("typing", "on"),
            ("mouse", "yes"),
            ("emoji_codes", "on"),
            ("open_with", "firefox --new-tab"),
        ];
        assert_eq!(typed.map(|(name, _)| name).to_vec(), SETTINGS.iter().map(|s| s.name).collect::<Vec<_>>());
        let (mut prefs, default) = (Prefs::default(), Prefs::default());
        for (name, value) in typed {
            let setting = find(name).unwrap();
            setting.change(&mut prefs, value).unwrap();
            assert_ne!((setting.value)(&prefs), (setting.value)(&default), "{name}");
        }
        // What one shows is what another takes, and what the file of settings would hold.
        let mut again = Prefs::default();
        for setting in SETTINGS {
            let shown = (setting.value)(&prefs);
            setting.change(&mut again, &shown).unwrap();
            let line = format!("{} = {shown}", setting.name);
            assert!(line.parse::<toml::Table>().is_ok(), "{line}");
        }
        assert_eq!(again, prefs);
    }

    #[test]
    fn mistakes_are_told_with_what_is_meant() {
        let mut prefs = Prefs::default();
        let mut told = |name: &str, value: &str| find(name).unwrap().change(&mut prefs, value).unwrap_err();
        assert_eq!(told("notify", "al"), "notify is none, mention or all; do you mean all?");
        assert_eq!(told("typing", "loud"), "typing is on or off");
        assert_eq!(told("paste_lines", "-1"), "paste_lines is a number of lines, 0 for never");
        assert!(told("highlight", "[1]").starts_with("highlight is words"));
        assert_eq!(prefs, Prefs::default());
        assert_eq!(nearest("notfy", names(), ALIKE), Some("notify"));
        assert_eq!(nearest("zzz", names(), ALIKE), None);
    }
}

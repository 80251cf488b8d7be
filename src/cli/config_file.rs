//! The file of settings: TOML whose mistakes are told with line, column and the nearest right key.

use std::fmt::Display;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Failure;
use super::options::Level;
use crate::text::alike::{ALIKE, nearest};
use crate::tui::key::Key;
use crate::tui::keymap::{self, Action, Keymap};

/// What `config init` writes: every setting, commented out.
pub(super) const TEMPLATE: &str = include_str!("../../assets/config.toml");
const KEYS: [&str; 26] = [
    "nick",
    "host",
    "workgroup",
    "interface",
    "port",
    "color",
    "theme",
    "open_with",
    "log",
    "history_lines",
    "history_days",
    "catch_up",
    "announce",
    "comment",
    "oem_codepage",
    "notify",
    "highlight",
    "bell",
    "desktop",
    "notify_command",
    "paste_lines",
    "away_minutes",
    "typing",
    "mouse",
    "emoji_codes",
    "keys",
];
/// What stands in the place of a key where an action is to have none.
const NO_KEY: &str = "none";
/// Largest file of settings, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// The settings in the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Values {
    pub(super) nick: Option<Spanned<String>>,
    pub(super) host: Option<Spanned<String>>,
    pub(super) workgroup: Option<Spanned<String>>,
    pub(super) interface: Option<Vec<String>>,
    pub(super) port: Option<Spanned<u16>>,
    pub(super) color: Option<bool>,
    pub(super) theme: Option<Spanned<String>>,
    pub(super) open_with: Option<String>,
    pub(super) log: Option<Level>,
    pub(super) history_lines: Option<u32>,
    pub(super) history_days: Option<u32>,
    pub(super) catch_up: Option<u32>,
    pub(super) announce: Option<bool>,
    pub(super) comment: Option<Spanned<String>>,
    pub(super) oem_codepage: Option<Spanned<u16>>,
    pub(super) notify: Option<Spanned<String>>,
    pub(super) highlight: Option<Vec<String>>,
    pub(super) bell: Option<bool>,
    pub(super) desktop: Option<Spanned<String>>,
    pub(super) notify_command: Option<Vec<String>>,
    pub(super) paste_lines: Option<u32>,
    pub(super) away_minutes: Option<u32>,
    pub(super) typing: Option<bool>,
    pub(super) mouse: Option<bool>,
    pub(super) emoji_codes: Option<bool>,
    /// Read by [`ConfigFile::bindings`], which knows the place of each.
    #[expect(dead_code, reason = "it must be allowed to be there")]
    keys: Option<toml::Table>,
}

/// A file of settings as read.
#[derive(Debug, Default)]
pub(super) struct ConfigFile {
    pub(super) values: Values,
    /// What keys are to do instead of what they do by default.
    pub(super) bindings: Vec<(Action, Vec<Key>)>,
    path: PathBuf,
    text: String,
}

impl ConfigFile {
    /// Reads the file. It need not exist unless the user named it.
    pub(super) fn load(path: &Path, named: bool) -> Result<Self, Failure> {
        let bytes = match read(path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound && !named => return Ok(Self::default()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let message = "there is no such file; `lanchat config init` with the same option writes one";
                return Err(Failure::Failed(format!("{}: {message}", path.display())));
            }
            Err(e) => {
                return Err(Failure::Failed(format!(
                    "cannot read {}: {e}; mend it or remove it",
                    path.display()
                )));
            }
        };
        Self::of(path, &bytes)
    }

    /// Understands what is in the file.
    pub(super) fn of(path: &Path, bytes: &[u8]) -> Result<Self, Failure> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let mut file = Self { path: path.to_owned(), text, ..Self::default() };
        if let Err(e) = std::str::from_utf8(bytes) {
            let at = e.valid_up_to(); // what is before it is the same in the text
            return Err(file.mistake(at..at, "this is no UTF-8 text; save the file as UTF-8"));
        }
        file.values = file.parse()?;
        file.bindings = file.bindings()?;
        Ok(file)
    }

    fn parse(&self) -> Result<Values, Failure> {
        let told = |e: toml::de::Error| self.mistake(e.span().unwrap_or_default(), in_words(e.message()));
        let table = DeTable::parse(&self.text).map_err(told)?;
        let key = table.get_ref().keys().filter(|key| !KEYS.contains(&key.get_ref().as_ref()));
        if let Some(key) = key.min_by_key(|key| key.span().start) {
            return Err(self.mistake(key.span(), unknown(key.get_ref())));
        }
        toml::from_str(&self.text).map_err(told)
    }

    /// The table `[keys]`: an action, and a key, a list of keys, or "none".
    fn bindings(&self) -> Result<Vec<(Action, Vec<Key>)>, Failure> {
        let told = |e: toml::de::Error| self.mistake(e.span().unwrap_or_default(), in_words(e.message()));
        let table = DeTable::parse(&self.text).map_err(told)?;
        let Some(DeValue::Table(table)) = table.get_ref().get("keys").map(Spanned::get_ref) else {
            return Ok(Vec::new());
        };
        let mut bindings: Vec<(Action, Vec<Key>)> = Vec::new();
        for (name, value) in table {
            let action = keymap::named(name.get_ref()).map_err(|e| self.mistake(name.span(), e))?;
            let texts = match value.get_ref() {
                DeValue::Array(list) => list.iter().collect(),
                DeValue::String(text) if text == NO_KEY => Vec::new(),
                _ => vec![value],
            };
            let mut keys = Vec::new();
            for text in texts {
                let place = text.span();
                let DeValue::String(text) = text.get_ref() else {
                    return Err(self.mistake(place, "a key is written as text, like \"Alt+N\"; or \"none\""));
                };
                let key: Key = text.parse().map_err(|e| self.mistake(place.clone(), e))?;
                let bound = bindings.iter().find(|(_, keys)| keys.contains(&key)).map(|(other, _)| *other);
                if let Some(other) = bound {
                    let told =
                        format!("{key} is given to {:?} already; take another key", keymap::name(other));
                    return Err(self.mistake(place, told));
                }
                Keymap::default().bind(key, None).map_err(|e| self.mistake(place, e))?;
                keys.push(key);
            }
            bindings.push((action, keys));
        }
        Ok(bindings)
    }

    /// The mistake at `span`, as `file:line:column: message`.
    pub(super) fn mistake(&self, span: Range<usize>, message: impl Display) -> Failure {
        let before = self.text.get(..span.start).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Failure::Failed(format!("{}:{line}:{column}: {message}", self.path.display()))
    }
}

/// The bytes of the file, which is refused rather than read without end.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is no file of settings"));
    }
    Ok(bytes)
}

/// What the parser expected, in the user's words rather than Rust's.
fn in_words(message: &str) -> String {
    [
        ("u16", "a number from 2 to 65535"),
        ("u32", "a number from 0 to 4294967295"),
        ("a boolean", "true or false"),
        ("expected a string", "expected a text in quotes"),
        ("a sequence", "a list such as [\"a\", \"b\"]"),
        ("wanted string or table", "expected a level such as \"debug\""),
    ]
    .into_iter()
    .fold(message.to_owned(), |message, (theirs, ours)| message.replace(theirs, ours))
}

fn unknown(key: &str) -> String {
    match nearest(key, KEYS, ALIKE) {
        Some(right) => format!("unknown key {key:?}; did you mean {right:?}?"),
        None => format!("unknown key {key:?}; the keys are {}", KEYS.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<ConfigFile, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        ConfigFile::load(&path, true)
            .map_err(|e| e.to_string().replace(&dir.path().display().to_string(), "DIR").replace('\n', "; "))
    }

    #[test]
    fn template_holds_every_key_as_it_is_by_default() {
        assert_eq!(load(TEMPLATE).unwrap().values.port, None);
        let set = TEMPLATE
            .lines()
            .map(|l| l.strip_prefix('#').filter(|l| !l.starts_with(' ')).unwrap_or(l))
            .collect::<Vec<_>>()
            .join("\n");
        let values = load(&set).unwrap().values;
        let keys: Vec<_> = toml::from_str::<toml::Table>(&set).unwrap().keys().cloned().collect();
        let mut expected = KEYS;
        expected.sort_unstable();
        assert_eq!(keys, expected);
        assert_eq!(
            (*values.port.unwrap().get_ref(), values.color, values.log),
            (13138, Some(true), Some(Level::Off))
        );
    }

    #[test]
    fn keys_are_read() {
        let bindings =
            load("[keys]\nundo = [\"Alt+Z\", \"f9\"]\nhelp = \"F2\"\nsuspend = \"none\"").unwrap().bindings;
        let mut map = Keymap::default();
        map.set(&bindings).unwrap();
        let action = |key: &str| map.action(key.parse().unwrap()).map(keymap::name);
        assert_eq!(action("Alt+Z").as_deref(), Some("undo"));
        assert_eq!(action("F9").as_deref(), Some("undo"));
        assert_eq!(action("F2").as_deref(), Some("help"));
        assert_eq!((action("Ctrl+_"), action("F1"), action("Ctrl+Z")), (None, None, None));
    }

    #[test]
    fn a_file_that_is_no_text_is_told_with_its_place_and_no_endless_one_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, b"nick = \"a\"\n# caf\xe9\n").unwrap();
        let told = ConfigFile::load(&path, true).unwrap_err().to_string();
        assert!(told.contains("config.toml:2:6: this is no UTF-8"), "{told}");
        let told = ConfigFile::load(Path::new("/dev/zero"), true).unwrap_err().to_string();
        assert!(told.contains("no file of settings"), "{told}");
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let told: Vec<_> = [
            "\n\nnik = \"a\"",
            "ä = 1",
            "nick = \"a\"\ncolour = true",
            "port = \"x\"",
            "port = 70000",
            "nick = ",
            "interface = \"eth0\"",
            "log = \"loud\"",
            "nick = \"a\"\n  log = 5",
            "[net]\nport = 1",
            "nick = \"a\"\nnick = \"b\"",
            "highlight = \"lunch\"",
            "paste_lines = -1",
            "[keys]\nword-left = \"Alt+B\"",
            "[keys]\nundo = \"Alt+Z\"\nredraw = [\"F5\", \"Alt+Z\"]",
            "[keys]\nundo = \"Super+Z\"",
            "[keys]\nundo = \"z\"",
            "[keys]\nundo = 7",
            "keys = 7",
        ]
        .iter()
        .map(|text| load(text).unwrap_err())
        .collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}

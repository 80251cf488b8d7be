//! The settings in force and where each comes from: option before environment before file before default.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Failure;
use super::config_file::ConfigFile;
use super::options::{Everywhere, Level, Sources};
use super::paths;
use super::screen::Screen;
use crate::chat::{Millis, Nick};
use crate::history::Limits;
use crate::neighbours::{self, BadComment};
use crate::netbios::{BadName, Name};
use crate::profile::Profile;
use crate::smb::CodePage;
use crate::text::alike::{ALIKE, nearest};
use crate::tui;
use crate::tui::theme::Theme;

const DEFAULT_PORT: u16 = 13138;
/// Characters of a bad value that are shown.
const MOST_QUOTED: usize = 60;
const DEFAULT_WORKGROUP: &str = "WORKGROUP";
/// Lines kept.
const DEFAULT_HISTORY: u32 = 100_000;
/// Lines of each author, said before the start, that are fetched.
const DEFAULT_CATCH_UP: u32 = 1000;
/// What is announced of this computer.
const DEFAULT_COMMENT: &str = "lanchat";
/// A day in milliseconds.
const DAY: Millis = 86_400_000;

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Origin {
    Option,
    Environment,
    File,
    Default,
}

/// A value and its origin.
#[derive(Debug, Clone)]
pub(super) struct Setting<T> {
    pub(super) value: T,
    pub(super) origin: Origin,
}

/// A NetBIOS name with the text it was made of.
#[derive(Debug, Clone)]
pub(super) struct Label {
    pub(super) text: String,
    pub(super) name: Name,
}

/// What this computer says of itself, with its bytes in the code page.
#[derive(Debug, Clone)]
pub(super) struct Remark {
    pub(super) text: String,
    bytes: Vec<u8>,
}

/// Everything a command needs to know.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) nick: Setting<Nick>,
    pub(super) host: Setting<Label>,
    pub(super) workgroup: Setting<Label>,
    pub(super) interfaces: Setting<Vec<String>>,
    pub(super) port: Setting<u16>,
    pub(super) color: Setting<bool>,
    pub(super) theme: Setting<String>,
    pub(super) open_with: Setting<String>,
    pub(super) log: Setting<Level>,
    pub(super) history_lines: Setting<u32>,
    pub(super) history_days: Setting<u32>,
    pub(super) catch_up: Setting<u32>,
    pub(super) announce: Setting<bool>,
    pub(super) comment: Setting<Remark>,
    pub(super) oem_codepage: Setting<CodePage>,
    /// How the screen is to behave.
    pub(super) screen: Screen,
    pub(super) profile: Profile,
    pub(super) config_path: PathBuf,
    pub(super) state_dir: PathBuf,
    pub(super) plain: bool,
    pub(super) json: bool,
    no_history: bool,
}

impl Settings {
    /// Collects the settings. Reads the file of settings; writes nothing.
    pub(super) fn load(options: &Everywhere, sources: &Sources) -> Result<Self, Failure> {
        let profile = Profile::open(&paths::data_dir(options)?, &options.profile)?;
        let config_path = paths::config_file(options)?;
        let file = ConfigFile::load(&config_path, options.config.is_some())?;
        let find = Finder { sources, file: &file };
        let values = &file.values;
        let oem_codepage = find.code_page()?;
        Ok(Self {
            nick: find.text(
                "nick",
                options.nick.as_deref(),
                values.nick.as_ref(),
                default_nick,
                str::parse,
            )?,
            host: find.text("host", options.host.as_deref(), values.host.as_ref(), default_host, label)?,
            workgroup: find.text(
                "workgroup",
                options.workgroup.as_deref(),
                values.workgroup.as_ref(),
                || DEFAULT_WORKGROUP.to_owned(),
                label,
            )?,
            interfaces: find.interfaces(&options.interface),
            port: find.port(options.port)?,
            color: color(options.no_color, values.color),
            theme: theme(&file, &config_path)?,
            open_with: first([(values.open_with.clone(), Origin::File)], String::new()),
            log: first([(options.log, Origin::Option), (values.log, Origin::File)], Level::Off),
            history_lines: first([(values.history_lines, Origin::File)], DEFAULT_HISTORY),
            history_days: first([(values.history_days, Origin::File)], 0),
            catch_up: first([(values.catch_up, Origin::File)], DEFAULT_CATCH_UP),
            announce: first(
                [(options.announce.then_some(true), Origin::Option), (values.announce, Origin::File)],
                false,
            ),
            comment: find.text(
                "comment",
                None,
                values.comment.as_ref(),
                || DEFAULT_COMMENT.to_owned(),
                |text| {
                    let bytes = neighbours::comment(text, oem_codepage.value)?;
                    Ok::<_, BadComment>(Remark { text: text.to_owned(), bytes })
                },
            )?,
            oem_codepage,
            screen: Screen::of(&file)?,
            profile,
            config_path,
            state_dir: paths::state_dir(options)?,
            plain: options.plain,
            json: options.json,
            no_history: options.no_history,
        })
    }

    /// What the history keeps; none when nothing is to be kept.
    pub(super) fn history(&self) -> Option<Limits> {
        let lines = self.history_lines.value;
        let age = Some(self.history_days.value).filter(|days| *days > 0).map(|days| Millis::from(days) * DAY);
        (lines > 0 && !self.no_history).then_some(Limits { lines, age })
    }

    /// Where the user's own themes are: beside the file of settings.
    pub(super) fn themes(&self) -> Option<PathBuf> {
        self.config_path.parent().map(|dir| dir.join("themes"))
    }

    /// What neighbours that run no lanchat are told, and how they are read.
    pub(super) fn neighbours(&self) -> neighbours::Config {
        let announce = self.announce.value.then(|| self.comment.value.bytes.clone());
        neighbours::Config { page: self.oem_codepage.value, announce }
    }

    /// Where the history is.
    pub(super) fn history_path(&self) -> PathBuf {
        self.profile.dir().join("history.db")
    }
}

/// The theme of the file, which has to be there.
fn theme(file: &ConfigFile, config_path: &Path) -> Result<Setting<String>, Failure> {
    let Some(wanted) = &file.values.theme else {
        return Ok(Setting { value: tui::theme::AUTO.to_owned(), origin: Origin::Default });
    };
    let dir = config_path.parent().map(|dir| dir.join("themes"));
    let names = Theme::names(dir.as_deref());
    let name = wanted.get_ref();
    if !names.contains(name) {
        let told = match nearest(name, names.iter().map(String::as_str), ALIKE) {
            Some(nearest) => format!("there is no theme {}; did you mean {nearest:?}?", quoted(name)),
            None => format!("there is no theme {}; there are {}", quoted(name), names.join(", ")),
        };
        return Err(file.mistake(wanted.span(), told));
    }
    Ok(Setting { value: name.clone(), origin: Origin::File })
}

/// The first value that is there.
pub(super) fn first<T, const N: usize>(values: [(Option<T>, Origin); N], default: T) -> Setting<T> {
    let found = values.into_iter().find_map(|(value, origin)| value.map(|value| Setting { value, origin }));
    found.unwrap_or(Setting { value: default, origin: Origin::Default })
}

/// See <https://no-color.org>: any value but the empty one means no colours.
fn color(no_color: bool, file: Option<bool>) -> Setting<bool> {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let option = no_color.then_some(false);
    let environment = (!wanted).then_some(false);
    first([(option, Origin::Option), (environment, Origin::Environment), (file, Origin::File)], true)
}

struct Finder<'a> {
    sources: &'a Sources,
    file: &'a ConfigFile,
}

impl Finder<'_> {
    fn origin(&self, key: &str) -> Origin {
        if self.sources.is_environment(key) { Origin::Environment } else { Origin::Option }
    }

    /// A setting that is text on the command line and checked by `check`.
    fn text<T, E: Display>(
        &self,
        key: &'static str,
        given: Option<&str>,
        file: Option<&toml::Spanned<String>>,
        default: impl FnOnce() -> String,
        check: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Setting<T>, Failure> {
        let bad = |text: &str, e: E| format!("bad {key} {}: {e}; choose another", quoted(text));
        let origin = self.origin(key);
        // An empty variable is how shells spell "not set".
        if let Some(text) = given.filter(|t| origin == Origin::Option || !t.is_empty()) {
            let place = if origin == Origin::Option { format!("--{key}") } else { variable(key) };
            let told = |e| Failure::Usage(format!("{} ({place})", bad(text, e)));
            return Ok(Setting { value: check(text).map_err(told)?, origin });
        }
        if let Some(text) = file {
            let told = |e| self.file.mistake(text.span(), bad(text.get_ref(), e));
            return Ok(Setting { value: check(text.get_ref()).map_err(told)?, origin: Origin::File });
        }
        let text = default();
        let told = |e| Failure::Failed(format!("{} (--{key})", bad(&text, e)));
        Ok(Setting { value: check(&text).map_err(told)?, origin: Origin::Default })
    }

    fn interfaces(&self, given: &[String]) -> Setting<Vec<String>> {
        let given: Vec<_> = given.iter().filter(|name| !name.is_empty()).cloned().collect();
        let given = (!given.is_empty()).then_some(given);
        let file = self.file.values.interface.clone();
        first([(given, self.origin("interface")), (file, Origin::File)], Vec::new())
    }

    fn code_page(&self) -> Result<Setting<CodePage>, Failure> {
        let Some(number) = &self.file.values.oem_codepage else {
            return Ok(Setting { value: CodePage::default(), origin: Origin::Default });
        };
        let told = |e| self.file.mistake(number.span(), e);
        Ok(Setting { value: CodePage::new(*number.get_ref()).map_err(told)?, origin: Origin::File })
    }

    fn port(&self, given: Option<u16>) -> Result<Setting<u16>, Failure> {
        let file = self.file.values.port.as_ref();
        if let Some(port) = file.filter(|p| *p.get_ref() < 2) {
            return Err(self.file.mistake(port.span(), "a port is a number from 2 to 65535"));
        }
        Ok(first([(given, self.origin("port")), (file.map(|p| *p.get_ref()), Origin::File)], DEFAULT_PORT))
    }
}

/// A value to be shown in a message: not all of one that is far too long.
fn quoted(text: &str) -> String {
    let start: String = text.chars().take(MOST_QUOTED).collect();
    if start.len() < text.len() { format!("{start:?}…") } else { format!("{text:?}") }
}

fn variable(key: &str) -> String {
    format!("LANCHAT_{}", key.to_uppercase())
}

fn label(text: &str) -> Result<Label, BadName> {
    Ok(Label { name: Name::new(text, Name::WORKSTATION)?, text: text.to_ascii_uppercase() })
}

/// The nearest nickname to the login name.
fn default_nick() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten().map(|user| user.name);
    let login = user.or_else(|| std::env::var("USER").ok()).or_else(|| std::env::var("LOGNAME").ok());
    Nick::from_login(&login.unwrap_or_default()).to_string()
}

/// The nearest NetBIOS name to the host name.
fn default_host() -> String {
    let name = nix::unistd::gethostname().unwrap_or_default();
    host_label(&name.to_string_lossy())
}

fn host_label(name: &str) -> String {
    let first = name.split('.').next().unwrap_or_default();
    let valid = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c.to_ascii_uppercase() } else { '-' }
    };
    let label: String = first.chars().take(15).map(valid).collect();
    if label.is_empty() { "LOCALHOST".to_owned() } else { label }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_has_to_be_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        let of = |text: &str| theme(&ConfigFile::of(&path, text.as_bytes()).unwrap(), &path);
        let told =
            |text: &str| of(text).unwrap_err().to_string().replace(&dir.path().display().to_string(), "DIR");
        assert_eq!(of("theme = \"auto\"").unwrap().value, "auto");
        let mistake = "DIR/config.toml:2:9: there is no theme \"drak\"; did you mean \"dark\"?";
        assert_eq!(told("\ntheme = \"drak\""), mistake);
        assert!(
            told("theme = \"x\"").contains("there are ") && told("theme = \"x\"").contains("high-contrast")
        );
        std::fs::create_dir(dir.path().join("themes")).unwrap();
        std::fs::write(dir.path().join("themes/x.toml"), "").unwrap();
        assert_eq!(of("theme = \"x\"").unwrap().value, "x", "the user's own");
    }

    #[test]
    fn host_names_become_netbios_names() {
        for (name, label) in [
            ("orion", "ORION"),
            ("orion.example.org", "ORION"),
            ("a-very-long-host-name-indeed", "A-VERY-LONG-HOS"),
            ("bücher", "B-CHER"),
            ("", "LOCALHOST"),
        ] {
            assert_eq!(host_label(name), label);
            assert!(super::label(&host_label(name)).is_ok());
        }
    }
}

//! Themes as TOML: `peers`, a list of colours, and `[roles]`, each as words: `bold italic red on #202020`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use super::{ROLES, Theme};

/// The themes that are always there.
const BUILT_IN: [(&str, &str); 5] = [
    ("default", include_str!("../../../assets/themes/default.toml")),
    ("dark", include_str!("../../../assets/themes/dark.toml")),
    ("light", include_str!("../../../assets/themes/light.toml")),
    ("high-contrast", include_str!("../../../assets/themes/high-contrast.toml")),
    ("monochrome", include_str!("../../../assets/themes/monochrome.toml")),
];
/// Largest file of a theme, in bytes.
const MAX_FILE: u64 = 64 << 10;

/// Why there is no such theme. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// No file and no theme of this name.
    #[error("there is no theme {name}; choose one of {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The file cannot be read.
    #[error("cannot read {path}: {problem}; mend it or remove it")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// The file does not say what a theme says.
    #[error("{path}: {problem}")]
    Wrong {
        /// Which.
        path: PathBuf,
        /// What is wrong, and what would be right.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    peers: Vec<String>,
    #[serde(default)]
    roles: BTreeMap<String, String>,
}

impl Theme {
    /// The theme `name`: a file `name.toml` in `dir`, or one that is always there.
    ///
    /// # Errors
    /// When there is none, or the file is no theme.
    pub fn named(name: &str, dir: Option<&Path>) -> Result<Self, ThemeError> {
        let plain = name.chars().all(|c| c.is_alphanumeric() || "-_ ".contains(c));
        let path =
            dir.filter(|_| plain).map(|dir| dir.join(format!("{name}.toml"))).filter(|path| path.exists());
        if let Some(path) = path {
            let text = read(&path)
                .map_err(|e| ThemeError::Unreadable { path: path.clone(), problem: e.to_string() })?;
            return parse(&text).map_err(|problem| ThemeError::Wrong { path, problem });
        }
        built_in(name).ok_or_else(|| ThemeError::Unknown {
            name: name.chars().take(40).collect(),
            known: Self::names(dir).join(", "),
        })
    }

    /// Every theme there is, `auto` first, the user's own last.
    pub fn names(dir: Option<&Path>) -> Vec<String> {
        let mut names: Vec<String> =
            [super::AUTO].into_iter().chain(BUILT_IN.map(|(name, _)| name)).map(str::to_owned).collect();
        let files = dir.and_then(|dir| std::fs::read_dir(dir).ok()).into_iter().flatten().flatten();
        let mut own: Vec<String> = files
            .map(|file| file.path())
            .filter(|path| path.extension().is_some_and(|e| e == "toml"))
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .filter(|name| !names.contains(name))
            .collect();
        own.sort();
        names.extend(own);
        names
    }
}

/// The theme of this name that is always there.
pub(super) fn built_in(name: &str) -> Option<Theme> {
    let (_, text) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
    parse(text).ok()
}

fn read(path: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(path)?.take(MAX_FILE).read_to_string(&mut text)?;
    Ok(text)
}

/// Reads a theme. The error tells the line, or the role, and what it may be.
pub(in crate::tui) fn parse(text: &str) -> Result<Theme, String> {
    let file: File = toml::from_str(text).map_err(|e| {
        let line =
            e.span().map_or(1, |span| text.get(..span.start).unwrap_or(text).matches('\n').count() + 1);
        format!(
            "line {line}: {}; a theme has peers = [\"green\"] and [roles] such as own = \"bold\"",
            e.message()
        )
    })?;
    let mut theme = Theme::default();
    for (role, words) in &file.roles {
        let slot = ROLES.iter().position(|known| known == role);
        let Some(style) = slot.and_then(|slot| theme.styles.get_mut(slot)) else {
            return Err(format!("there is no role {role}; the roles are {}", ROLES.join(", ")));
        };
        *style = self::style(words).map_err(|word| wrong(role, &word))?;
    }
    for word in &file.peers {
        theme.peers.push(word.parse().map_err(|_| wrong("peers", word))?);
    }
    Ok(theme)
}

fn wrong(place: &str, word: &str) -> String {
    format!(
        "{place}: {word:?} is no colour; write red, lightred, 0 to 255 or #ff0000, before it bold, dim, italic, \
         underlined or reversed, after it on and a background"
    )
}

/// The style in words; the error is the word that means nothing.
fn style(words: &str) -> Result<Style, String> {
    let mut style = Style::new();
    let mut words = words.split_whitespace();
    while let Some(word) = words.next() {
        let modifier = match word {
            "bold" => Modifier::BOLD,
            "dim" => Modifier::DIM,
            "italic" => Modifier::ITALIC,
            "underlined" => Modifier::UNDERLINED,
            "reversed" => Modifier::REVERSED,
            "on" => {
                let colour = words.next().unwrap_or_default();
                style = style.bg(colour.parse::<Color>().map_err(|_| colour.to_owned())?);
                continue;
            }
            colour => {
                style = style.fg(colour.parse::<Color>().map_err(|_| colour.to_owned())?);
                continue;
            }
        };
        style = style.add_modifier(modifier);
    }
    Ok(style)
}

//! `lanchat config`: the settings in force and their file.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Value, json};

use super::Failure;
use super::config_file::TEMPLATE;
use super::options::Everywhere;
use super::paths;
use super::settings::{Origin, Setting, Settings};

/// Show or make the file of settings
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lanchat config init    write the file with every setting explained\n  \
    lanchat config show    tell which value is in force and where it comes from")]
pub(super) struct Config {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show every setting in force and where it comes from
    #[command(after_help = "Example:\n  lanchat --nick alice config show")]
    Show,
    /// Print where the file of settings is
    #[command(after_help = "Example:\n  $EDITOR \"$(lanchat config path)\"")]
    Path,
    /// Write the file with every setting explained; one that is there stays as it is
    #[command(after_help = "Example:\n  lanchat config init")]
    Init,
}

/// A setting as printed.
#[derive(Serialize)]
struct Row {
    key: &'static str,
    value: Value,
    origin: Origin,
}

impl Config {
    pub(super) fn run(
        self,
        options: &Everywhere,
        settings: impl FnOnce() -> Result<Settings, Failure>,
    ) -> Result<(), Failure> {
        match self.action {
            Action::Show => show(&settings()?),
            Action::Path => print_path(&paths::config_file(options)?, options.json),
            Action::Init => {
                let path = paths::config_file(options)?;
                init(&path)?;
                print_path(&path, options.json)
            }
        }
    }
}

fn print_path(path: &Path, json: bool) -> Result<(), Failure> {
    let path = path.display().to_string();
    let line = if json { json!({ "path": path }).to_string() } else { path };
    Ok(writeln!(io::stdout(), "{line}")?)
}

fn init(path: &Path) -> Result<(), Failure> {
    let failed = |e: &io::Error| {
        let cure = match e.kind() {
            ErrorKind::AlreadyExists => {
                return Failure::Failed(format!("{} is there and stays as it is; edit it", path.display()));
            }
            ErrorKind::StorageFull => "free some space",
            _ => "choose another place with --config",
        };
        Failure::Failed(format!("cannot write {}: {e}; {cure}", path.display()))
    };
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(|e| failed(&e))?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|e| failed(&e))?;
    let written = file.write_all(TEMPLATE.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|e| {
        let _ = std::fs::remove_file(path); // half a file would be worse than none
        failed(&e)
    })
}

fn show(settings: &Settings) -> Result<(), Failure> {
    let rows = rows(settings);
    let text = if settings.json {
        rows.iter().filter_map(|row| serde_json::to_string(row).ok()).map(|line| line + "\n").collect()
    } else {
        toml(settings, &rows)
    };
    Ok(io::stdout().write_all(text.as_bytes())?)
}

/// Those of the settings at the start that the screen can change while it is shown.
const FRESH: [&str; 2] = ["theme", "open_with"];

/// The settings that count from the start on, each with its value as the file has it.
pub(super) fn started(settings: &Settings) -> Vec<(String, String)> {
    let rows = starting(settings).into_iter().filter(|row| !FRESH.contains(&row.key));
    rows.map(|row| (row.key.to_owned(), row.value.to_string())).collect()
}

/// The settings that count from the next start on where `now` differs from what the program was started with.
pub(super) fn later(started: &Settings, now: &Settings) -> Vec<&'static str> {
    let (started, now) = (starting(started), starting(now));
    started
        .iter()
        .zip(&now)
        .filter(|(a, b)| a.value != b.value && !FRESH.contains(&a.key))
        .map(|(a, _)| a.key)
        .collect()
}

fn rows(settings: &Settings) -> Vec<Row> {
    let screen = settings.screen.rows().into_iter().map(|(key, value, origin)| Row { key, value, origin });
    starting(settings).into_iter().chain(screen).collect()
}

/// The settings that count when the program starts.
fn starting(settings: &Settings) -> [Row; 15] {
    fn row<T>(key: &'static str, setting: &Setting<T>, value: Value) -> Row {
        Row { key, value, origin: setting.origin }
    }
    let s = settings;
    [
        row("nick", &s.nick, json!(s.nick.value.as_str())),
        row("host", &s.host, json!(s.host.value.text)),
        row("workgroup", &s.workgroup, json!(s.workgroup.value.text)),
        row("interface", &s.interfaces, json!(s.interfaces.value)),
        row("port", &s.port, json!(s.port.value)),
        row("color", &s.color, json!(s.color.value)),
        row("theme", &s.theme, json!(s.theme.value)),
        row("open_with", &s.open_with, json!(s.open_with.value)),
        row("log", &s.log, json!(s.log.value)),
        row("history_lines", &s.history_lines, json!(s.history_lines.value)),
        row("history_days", &s.history_days, json!(s.history_days.value)),
        row("catch_up", &s.catch_up, json!(s.catch_up.value)),
        row("announce", &s.announce, json!(s.announce.value)),
        row("comment", &s.comment, json!(s.comment.value.text)),
        row("oem_codepage", &s.oem_codepage, json!(s.oem_codepage.value.number())),
    ]
}

/// The settings as a file of settings, with their origins as comments. These JSON values are TOML values too, but for
/// the table of keys, which is last.
fn toml(settings: &Settings, rows: &[Row]) -> String {
    let there =
        if settings.config_path.exists() { "" } else { " (not there; `lanchat config init` writes it)" };
    let mut out = format!(
        "# file: {}{there}\n# profile: {}\n",
        settings.config_path.display(),
        settings.profile.dir().display()
    );
    for row in rows {
        let origin = match row.origin {
            Origin::Option => "command line",
            Origin::Environment => "environment",
            Origin::File => "file",
            Origin::Default => "default",
        };
        // To a String, which cannot fail.
        let Value::Object(keys) = &row.value else {
            let _ = writeln!(out, "{:<40} # {origin}", format!("{} = {}", row.key, row.value));
            continue;
        };
        if !keys.is_empty() {
            let _ = writeln!(out, "\n[{}]", row.key);
        }
        for (action, keys) in keys {
            let _ = writeln!(out, "{:<40} # {origin}", format!("{action} = {keys}"));
        }
    }
    out
}

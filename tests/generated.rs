//! Files that are made from the program's own tables are what it would make now. `LANCHAT_UPDATE=1 cargo test --test
//! generated` makes them anew.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a broken script has to fail")]

use std::path::Path;
use std::process::Command;

use lanchat::tui::command::{Spec, TABLE};
use lanchat::tui::keymap::{BINDINGS, name};
use lanchat::tui::mode_keys;

fn is(path: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("LANCHAT_UPDATE").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    let different = there.lines().zip(expected.lines()).find(|(there, expected)| there != expected);
    assert!(
        there == expected,
        "{} is old ({different:?}); make it anew: LANCHAT_UPDATE=1 cargo test --test generated",
        path.display()
    );
}

#[test]
fn the_key_table() {
    let row = |b: &lanchat::tui::keymap::Binding| {
        let keys = b.keys.iter().map(|key| format!("**{key}**")).collect::<Vec<_>>().join(", ");
        format!("| {keys} | {} | `{}` |\n", b.help, name(b.action))
    };
    let rows = BINDINGS.iter().map(row).collect::<Vec<_>>().concat();
    let mode = |(mode, keys): (&str, String)| format!("| {mode} | {keys} |\n");
    let modes = mode_keys::help().into_iter().map(mode).collect::<String>();
    let commands = TABLE.iter().map(command).collect::<String>();
    is(
        "docs/KEYS.md",
        &format!(
            "# Keys and commands\n\nMade from the tables in `src/tui/keymap.rs` and `src/tui/command/table.rs`.\n\n## Keys\n\nThe name is what the table `[keys]` of the file of \
             settings, and `/bind`,\ncall it: `/bind Alt+Z undo`, or\n\n```toml\n[keys]\nundo = [\"Alt+Z\", \
             \"Ctrl+_\"]    # these keys and no others\nsuspend = \"none\"\n```\n\n| keys | do | name |\n|---|---|---|\n{rows}\n## While something is read\n\n\
             These belong to what is shown and cannot be bound. Keys that move or show something do so here, too.\n\n\
             | shown | keys |\n|---|---|\n{modes}\n## Commands\n\nA message that begins with a slash is one; two slashes \
             say a text that begins with one. `/help NAME` explains it,\n**Tab** completes it and most of what follows.\n\n\
             | command | does | also |\n|---|---|---|\n{commands}"
        ),
    );
}

fn command(spec: &Spec) -> String {
    let written = format!("/{} {}", spec.name, spec.usage.replace('|', "\\|"));
    let also = spec.aliases.iter().map(|alias| format!("`/{alias}`")).collect::<Vec<_>>().join(", ");
    format!("| `{}` | {} | {also} |\n", written.trim(), spec.help)
}

/// The page of a subcommand, or of the chat.
fn page(command: &[&str]) -> String {
    let man =
        Command::new(env!("CARGO_BIN_EXE_lanchat")).arg("man").args(command).output().expect("it starts");
    assert!(man.status.success(), "{command:?}");
    String::from_utf8(man.stdout).expect("text")
}

/// Checks the page of a command, and those of its subcommands, which it names; gives the names of all.
fn pages(command: &[&str]) -> Vec<String> {
    let page = page(command);
    let name = [&["lanchat"], command].concat().join("-");
    let path =
        if command.is_empty() { "assets/lanchat.1".to_owned() } else { format!("assets/man/{name}.1") };
    is(&path, &page);
    let named = page.lines().filter_map(|line| line.strip_suffix("(1)").map(|name| name.replace('\\', "")));
    let below = named.filter(|other| other.starts_with(&format!("{name}-")) && !other.ends_with("-help"));
    let of = |other: String| pages(&other.split('-').skip(1).collect::<Vec<_>>());
    below.flat_map(of).chain([format!("{name}.1")]).collect()
}

#[test]
fn the_manual_pages() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/man");
    std::fs::create_dir_all(&dir).unwrap();
    let pages = pages(&[]);
    assert!(pages.len() > 20, "{pages:?}");
    for file in std::fs::read_dir(dir).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(pages.contains(&name), "assets/man/{name} is of a command that there is no more: remove it");
    }
}

/// Every function that is a test, and the functions of which macros make tests, by file.
fn tests_below(dir: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            tests_below(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let marked = text.split("#[test]").chain(text.split("#[tokio::test")).skip(1);
            for rest in marked {
                let name = rest.split_once("fn ").and_then(|(_, rest)| rest.split_once('('));
                found.extend(name.map(|(name, _)| (path.display().to_string(), name.to_owned())));
            }
        }
    }
}

/// What docs/SECURITY.md promises is shown by tests that there are: each file that it names holds some, and each test that it
/// names is one.
#[test]
fn what_is_promised_is_shown() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = Vec::new();
    for dir in ["src", "tests", "benches"] {
        tests_below(&root.join(dir), &mut tests);
    }
    let text = std::fs::read_to_string(root.join("docs/SECURITY.md")).unwrap();
    let promises = text.split_once("## What is promised").unwrap().1;
    let promises = promises.split_once("## What is not promised").unwrap().0;
    let (mut rows, mut names) = (0, 0);
    for row in promises.lines().filter(|l| l.starts_with("| ") && !l.starts_with("| promise ")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        assert_eq!(cells.len(), 3, "promise, how, shown by: {row}");
        rows += 1;
        let mut shown = 0;
        for word in cells.last().unwrap().split('`').skip(1).step_by(2) {
            let word = word.trim_end_matches('/');
            let places = [format!("src/{word}"), format!("tests/attack/{word}.rs"), word.to_owned()];
            let in_place = |(file, _): &&(String, String)| {
                places.iter().any(|place| {
                    let place = root.join(place).display().to_string();
                    *file == place || file.starts_with(&format!("{place}/")) || *file == format!("{place}.rs")
                })
            };
            let is_test = tests.iter().any(|(_, name)| name == word);
            let script = word.starts_with(".ci/") && root.join(word).is_file();
            let command = word.starts_with("cargo ") || word == "attack";
            if is_test || command || script || tests.iter().any(|t| in_place(&t)) {
                shown += 1;
            } else {
                panic!("docs/SECURITY.md names {word}, which is neither a test nor a file with tests");
            }
        }
        names += shown;
        assert!(shown > 0, "no test shows this: {row}");
    }
    assert!(rows > 25 && names > 50, "{rows} promises, {names} names");
}

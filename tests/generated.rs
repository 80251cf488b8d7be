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

#[test]
fn the_manual_page() {
    let man = Command::new(env!("CARGO_BIN_EXE_lanchat")).arg("man").output().expect("it starts");
    assert!(man.status.success());
    is("assets/lanchat.1", &String::from_utf8(man.stdout).expect("text"));
}

//! A LAN on one machine, and the real program in it.
//!
//! [`Lan`] is a bridge in a network namespace and one namespace for each host; [`Chat`] is `lanchat --plain --json`
//! in one of them; [`Terminal`] is the chat on a screen in a pseudo-terminal. Tests wait for what must become true,
//! with a bound that is long enough for a loaded machine, and never for a time to pass.

// Every test crate uses its own part of this module.
#![allow(dead_code, unused_imports, unreachable_pub)]

mod chat;
mod lan;
mod meeting;
mod nmbd;
#[path = "../patience/mod.rs"]
mod patience;
mod program;
mod terminal;
mod watched;

use std::io::Write;
use std::process::{Command, Output, Stdio};

pub use chat::{Chat, Run, name, texts};
pub use lan::{Fault, Host, Lan};
pub use meeting::{all_meet, meeting, numbered};
pub use nmbd::Nmbd;
pub use patience::{PATIENCE, SOON, tries};
pub use terminal::Terminal;
pub use watched::Watched;

/// The program under test.
pub const LANCHAT: &str = env!("CARGO_BIN_EXE_lanchat");

/// Whether this machine can hold a LAN: root and every one of `programs`, which may be a file that must be there. When it cannot, says so in one line; with
/// `LANCHAT_LAB=require` in the environment that is a failure.
pub fn ready(programs: &[&str]) -> bool {
    let mut missing: Vec<String> = programs
        .iter()
        .filter(|p| !on_path(p))
        .map(|p| format!("{}{p}", if p.starts_with('/') { "" } else { "the program " }))
        .collect();
    if !nix::unistd::Uid::effective().is_root() {
        missing.push("root".to_owned());
    }
    if missing.is_empty() {
        return true;
    }
    let text = format!("needs {}", missing.join(" and "));
    assert!(std::env::var("LANCHAT_LAB").as_deref() != Ok("require"), "LANCHAT_LAB=require: {text}");
    let name = std::thread::current().name().unwrap_or("test").to_owned();
    // Not eprintln!: the test runner would keep that from the reader of a test that passes.
    let _ = writeln!(std::io::stderr(), "{name}: skipped, {text}");
    false
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path) // joined to a directory, an absolute path stays itself
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|dir| dir.join(program).exists())
}

/// Runs a system command to its end; `input` is its standard input. Panics when it fails.
pub fn system(program: &str, args: &[&str], input: &str) -> String {
    let output = try_system(program, args, input);
    assert!(
        output.status.success(),
        "{program} {}: {}\n{input}",
        args.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// As [`system`], for the caller to judge.
pub fn try_system(program: &str, args: &[&str], input: &str) -> Output {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{program}: {e}"));
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    child.wait_with_output().unwrap_or_else(|e| panic!("{program}: {e}"))
}

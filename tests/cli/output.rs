//! `--help`, the manual and the completions, so that a change of them is seen.

use crate::support::Home;

const COMMANDS: &[&[&str]] = &[
    &[],
    &["say"],
    &["tail"],
    &["history"],
    &["who"],
    &["ping"],
    &["net"],
    &["net", "send"],
    &["net", "listen"],
    &["net", "view"],
    &["doctor"],
    &["slot"],
    &["slot", "read"],
    &["slot", "write"],
    &["slot", "list"],
    &["identity"],
    &["identity", "verify"],
    &["identity", "forget"],
    &["identity", "export"],
    &["config"],
    &["config", "show"],
    &["config", "init"],
    &["completions"],
    &["man"],
];

#[test]
fn help_of_every_command() {
    let home = Home::new();
    for command in COMMANDS.iter().copied() {
        let help = home.run(&[command, &["--help"]].concat()).succeeded();
        assert!(help.contains("Example"), "{command:?} has no example");
        let name = [&["help"], command].concat().join("-");
        // The options everywhere are the same; one snapshot of them is enough.
        let own = if command.is_empty() { help } else { without_options_everywhere(&help) };
        insta::assert_snapshot!(name, own);
    }
}

fn without_options_everywhere(help: &str) -> String {
    let (before, rest) = help.split_once("Options everywhere:").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    format!("{before}{after}")
}

#[test]
fn manual_pages() {
    let home = Home::new();
    insta::assert_snapshot!("man", home.run(&["man"]).succeeded());
    insta::assert_snapshot!("man-say", home.run(&["man", "say"]).succeeded());
    let message = home.run(&["man", "sya"]).failed(2);
    insta::assert_snapshot!(message, @r#"there is no command "sya"; `lanchat help` lists them"#);
}

#[test]
fn completions_of_every_shell() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = home.run(&["completions", shell]).succeeded();
        for word in ["identity", "workgroup", "completions"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn version() {
    let version = Home::new().run(&["--version"]).succeeded();
    assert_eq!(version, format!("lanchat {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn output_that_nobody_reads_is_no_failure() {
    use std::process::Stdio;
    let home = Home::new();
    let mut child = home.command(&["man"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), &b""[..]));
}

//! What only the terminal can show: links, the clipboard, bare lines, the question for its background. The real program
//! in a pseudo-terminal on the loopback interface.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

mod lab;
mod ports;

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lab::{PATIENCE, Terminal, tries};
use ports::free_port;

/// Written for the status line of the light theme.
const LIGHT: &str = "38;5;236;48;5;252m";

fn started(variables: &[(&str, &str)]) -> Terminal {
    let home = tempfile::tempdir().unwrap();
    Terminal::start_with(home, "alice", free_port(), (60, 20), variables)
}

#[test]
fn a_link_is_written_as_one_and_a_line_is_copied() {
    let mut alice = started(&[]);
    alice.shows("alice>");
    alice.press("see https://example.org/a/very/long/way/to/the/end/of/this/address here\r");
    alice.writes("https://example.org/a/very/long/way/to/the/end/of/this/address\x1b\\");
    alice.wait_for("the address wrapped, without what belongs to the link", |s| {
        s.contents().contains("https://example.org") && !s.contents().contains("lanchat0")
    });
    alice.press("\x1b[A");
    alice.shows("Enter details");
    alice.press("y");
    // Base64 of its start.
    alice.writes("\x1b]52;c;c2VlIGh0dHBzOi8v");
    alice.shows("copied");
    alice.press("q\x04");
    assert_eq!(alice.end(), 0);
    alice.is_restored();
}

#[test]
fn bare_lines_stand_on_the_ordinary_screen() {
    let mut alice = started(&[]);
    alice.shows("alice>");
    alice.press("a line that is much too long for a row of this terminal, which is sixty columns wide\r");
    alice.shows("alice a line"); // it was said
    alice.press("\x1bl");
    alice.wait_for("the ordinary screen with the line", |s| {
        !s.alternate_screen() && s.contents().contains("alice a line that is much too long")
    });
    alice.press("x");
    alice.wait_for("the chat", |s| s.alternate_screen() && s.contents().contains("alice>"));
    alice.press("\x04");
    assert_eq!(alice.end(), 0);
    alice.is_restored();
}

#[test]
fn a_light_terminal_gets_colours_for_it() {
    // An answer is waited for at most two seconds. When this machine has not brought it by then, that was no answer.
    let mut alice = tries(PATIENCE)
        .find_map(|_| {
            let begun = Instant::now();
            let mut alice = started(&[("SSH_TTY", "/dev/pts/9")]);
            alice.writes("\x1b]11;?");
            alice.press("typed \x1b]11;rgb:ffff/ffff/ffff\x1b\\early\x1b[?62;c");
            alice.shows("alice> typed early"); // what came with the answers is not lost
            let in_time = begun.elapsed() < Duration::from_secs(2);
            (in_time || alice.bytes().contains(LIGHT)).then_some(alice)
        })
        .expect("a start within two seconds");
    alice.writes(LIGHT);
    assert!(!alice.contents().contains("rgb"), "the answer is not typed:\n{}", alice.contents());
    alice.press("\x15/theme dark\r");
    alice.shows("the theme is dark now");
    alice.writes("38;5;252;48;5;237m");
    alice.press("\x04");
    assert_eq!(alice.end(), 0);
}

#[test]
fn without_colour_none_is_written() {
    let mut alice = started(&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]);
    alice.shows("alice>");
    alice.press("/theme dark\r");
    alice.shows("colours are off");
    alice.press("\x04");
    assert_eq!(alice.end(), 0);
}

#[test]
fn what_was_said_long_ago_is_found_and_gone_to() {
    let port = free_port();
    let home = tempfile::tempdir().unwrap();
    let lines: Vec<String> = (1..=260).map(|n| format!("talk number {n} about tea\n")).collect();
    // Without a terminal each line of the input is said.
    let mut alice = Command::new(env!("CARGO_BIN_EXE_lanchat"))
        .args(["--interface", "lo", "--host", "SCREEN", "--nick", "alice", "--port", &port.to_string()])
        .arg("--data-dir")
        .arg(home.path().join("data"))
        .env("HOME", home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = alice.stdin.take().unwrap();
    input.write_all(format!("the needle of that day\n{}", lines.concat()).as_bytes()).unwrap();
    drop(input);
    assert!(alice.wait().unwrap().success());
    let mut alice = Terminal::start_in(home, "alice", port, 80, 20);
    alice.shows("talk number 260"); // and the 199 before it; the needle is beyond
    alice.press("/search needle\r");
    alice.shows("1 found for needle");
    alice.press("\r");
    alice.wait_for("the line among those around it", |s| {
        let text = s.contents();
        text.contains("the needle of that day")
            && text.contains("talk number 5 ")
            && text.contains("more below")
    });
    alice.press("\x1b[1;3F"); // Alt+End
    alice.shows("talk number 260");
    alice.press("\x1b[1;3H");
    alice.shows("the needle of that day");
    alice.press("\x04");
    assert_eq!(alice.end(), 0);
}

#[test]
fn without_a_screen_commands_are_obeyed_at_a_terminal() {
    let home = tempfile::tempdir().unwrap();
    let (mut shell, chat) = Terminal::shell(home, "alice", free_port(), 100, 24);
    shell.shows("shell>");
    shell.press(&format!("{chat} --plain\r"));
    shell.shows("you are alice");
    shell.press("/msg nobody the secret\r");
    shell.shows("nobody here is called nobody");
    shell.press("/join lunch\r");
    shell.shows("what you type goes to #lunch");
    shell.press("/hepl\r");
    shell.shows("do you mean /help?");
    assert!(!shell.bytes().contains("\x1b[?1049h"), "the screen is left alone");
    shell.press("/quit\r");
    shell.wait_for("the prompt again", |s| s.contents().matches("shell>").count() == 2);
    shell.press("echo ended with $?\r");
    shell.shows("ended with 0");
}

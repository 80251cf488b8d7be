//! Rooms and conversations over a restart, the mouse, the title, and calls inside tmux.

use std::fs;
use std::process::Command;

use nix::sys::signal::Signal;

use super::lab::{Terminal, ready};
use super::{bottom, free_port, in_log, started};

const SIZE: (u16, u16) = (100, 24);

/// The bar with rooms and conversations.
fn bar(screen: &vt100::Screen) -> String {
    screen.rows(0, SIZE.0).next().unwrap_or_default()
}

#[test]
fn places_drafts_and_what_was_missed_are_there_after_a_restart() {
    let port = free_port();
    let mut alice = started("alice", port);
    let mut bob = started("bob", port);
    alice.shows("bob");
    bob.press("/join lunch\r");
    bob.shows("write in #lunch");
    alice.press("/join lunch\r");
    alice.shows("write in #lunch");
    bob.press("pizza?\r");
    alice.wait_for("the line", |s| in_log(s, "bob", "pizza?"));
    bob.press("/msg alice psst\r");
    alice.wait_for("three places", |s| bar(s).contains("1:#lobby [2:#lunch] 3:bob !1"));
    alice.press("for the room\x1b3"); // Alt+3
    alice.shows("psst");
    alice.press("for bob");
    alice.shows("> for bob");
    alice.press("\x1b1");
    alice.shows("write to everybody");
    alice.press("\x1b3");
    alice.shows("> for bob");
    alice.signal(Signal::SIGTERM);
    assert_eq!(alice.end(), 0);
    let home = alice.killed();
    bob.shows("1 online");
    bob.press("she will miss this\r");
    bob.wait_for("it in the log", |s| in_log(s, "bob", "she will miss this"));
    let mut alice = Terminal::start_in(home, "alice", port, SIZE.0, SIZE.1);
    alice.wait_for("the places as they were", |s| {
        bar(s).contains("1:#lobby 2:#lunch 1 [3:bob]") && bottom(s).contains("> for bob")
    });
    alice.press("\x1b2");
    alice.wait_for("the mark before what was missed", |s| {
        let text = s.contents();
        let at = |what: &str| text.find(what);
        at("pizza?").is_some()
            && at("pizza?") < at("new since you left")
            && at("new since you left") < at("she will miss this")
            && bottom(s).contains("> for the room")
    });
    alice.press("\x03\x04");
    assert_eq!(alice.end(), 0);
    alice.is_restored();
    let home = alice.killed();
    let alice = Terminal::start_in(home, "alice", port, SIZE.0, SIZE.1);
    alice.wait_for("the room, in which all was read", |s| {
        bar(s).contains("[2:#lunch]") && !s.contents().contains("new since you left")
    });
}

#[test]
fn the_level_of_a_room_is_kept_and_counts_there_only() {
    let port = free_port();
    let mut alice =
        Terminal::start_with(tempfile::tempdir().unwrap(), "alice", port, SIZE, &[("TERM", "foot")]);
    alice.shows("#lobby");
    alice.press("/join lunch\r");
    alice.shows("write in #lunch");
    alice.press("/notify all\r");
    alice.shows("in #lunch every line calls you");
    alice.press("\x04");
    assert_eq!(alice.end(), 0);
    let home = alice.killed();
    let mut alice = Terminal::start_with(home, "alice", port, SIZE, &[("TERM", "foot")]);
    alice.wait_for("the room", |s| bar(s).contains("[2:#lunch]"));
    let mut bob = started("bob", port);
    alice.shows("2 online");
    alice.press("\x1b[O");
    bob.press("nothing for her\r");
    alice.wait_for("it in the bar", |s| bar(s).contains("1:#lobby 1"));
    bob.press("/join lunch\r");
    bob.shows("write in #lunch");
    bob.press("for all in here\r");
    alice.writes("\x1b]777;notify;bob in lunch;for all in here\x07");
    assert!(!alice.bytes().contains("nothing for her\x07"), "the lobby does not call");
    alice.writes("\x1b]0;(2) lanchat"); // the title counts both
    alice.press("\x1b[I");
    alice.writes("\x1b]0;(1) lanchat"); // the one that is shown was seen
    alice.press("\x04");
    assert_eq!(alice.end(), 0);
    alice.writes("\x1b[23;2t"); // the title as it was
}

#[test]
fn each_terminal_is_called_in_its_own_way() {
    let port = free_port();
    let mut bob = started("bob", port);
    let ways = [
        ("anna", ("TERM_PROGRAM", "WezTerm"), "\x1b]9;bob in lobby: anna, berta, clara: tea, please\x07\x07"),
        (
            "berta",
            ("KONSOLE_VERSION", "1"),
            "\x1b]777;notify;bob in lobby;anna, berta, clara: tea, please\x07\x07",
        ),
        (
            "clara",
            ("KITTY_WINDOW_ID", "1"),
            "\x1b]99;i=lanchat:d=0;bob in lobby\x1b\\\x1b]99;i=lanchat:p=body;anna, berta, clara: tea, please\x1b\\\x07",
        ),
    ];
    let mut others: Vec<Terminal> = ways
        .iter()
        .map(|(nick, variable, _)| {
            let home = tempfile::tempdir().unwrap();
            let mut other = Terminal::start_with(home, nick, port, SIZE, &[*variable]);
            other.shows("write to everybody");
            other.press("\x1b[O"); // another window has the keyboard
            bob.shows(nick);
            other
        })
        .collect();
    bob.press("anna, berta, clara: tea; please\r");
    for (other, (nick, _, bytes)) in others.iter_mut().zip(&ways) {
        other.writes(bytes);
        assert!(other.alive(), "{nick}");
    }
}

#[test]
fn the_mouse_is_asked_for_and_given_back() {
    let mut alice = started("alice", free_port());
    for n in 1..=40 {
        alice.press(&format!("line {n} \r"));
        alice.wait_for("the line", |s| in_log(s, "alice", &format!("line {n}")));
    }
    let mode = |s: &vt100::Screen| s.mouse_protocol_mode();
    assert_eq!(alice.bytes().matches("\x1b[?1000h").count(), 0, "the mouse is the terminal's own");
    alice.press("\x1bm"); // Alt+M
    alice.wait_for("the mouse", |s| mode(s) == vt100::MouseProtocolMode::PressRelease);
    alice.shows("Shift+drag");
    alice.press("\x1b[<64;10;10M\x1b[<64;10;10M\x1b[<0;10;10M\x1b[<0;10;10m");
    alice.shows("more below");
    assert!(!bottom_has(&alice, "line 40"));
    alice.press("\x1b[<65;10;10M\x1b[<65;10;10M");
    alice.shows("mouse on");
    alice.press("/mouse off\r");
    alice.wait_for("none", |s| mode(s) == vt100::MouseProtocolMode::None);
    alice.press("/mouse\r");
    alice.wait_for("the mouse", |s| mode(s) == vt100::MouseProtocolMode::PressRelease);
    alice.press("\x04");
    assert_eq!(alice.end(), 0);
    alice.is_restored();
}

fn bottom_has(terminal: &Terminal, text: &str) -> bool {
    terminal.contents().lines().any(|line| line.ends_with(text))
}

/// Ends the server of a tmux, whatever became of the test.
struct Server(tempfile::TempDir);

impl Server {
    fn tmux(&self, arguments: &[&str]) -> bool {
        let mut tmux = Command::new("tmux");
        let tmux = tmux.args(["-L", "test"]).args(arguments).env("TMUX_TMPDIR", self.0.path());
        tmux.output().is_ok_and(|done| done.status.success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[test]
fn inside_tmux_it_is_written_in_pasted_to_resized_and_calls() {
    if !ready(&["tmux"]) {
        return;
    }
    let server = Server(tempfile::tempdir().unwrap());
    let settings = server.0.path().join("tmux.conf");
    fs::write(
        &settings,
        "set -g allow-passthrough on\nset -g default-terminal tmux-256color\nset -g status off\n",
    )
    .unwrap();
    let start = ["-L", "test", "-u", "-f", &settings.display().to_string(), "new-session"].map(str::to_owned);
    let directory = server.0.path().display().to_string();
    let port = free_port();
    let variables = [("TMUX_TMPDIR", directory.as_str()), ("GHOSTTY_RESOURCES_DIR", "/nowhere")];
    let mut alice = Terminal::start_within("tmux", &start, "alice", port, SIZE, &variables);
    alice.shows("write to everybody");
    // The terminal around it has been asked nothing and tells nothing of its focus: nobody has pressed a key yet.
    let mut bob = started("bob", port);
    bob.shows("alice");
    bob.press("tea, alice?\r");
    alice.wait_for("the line", |s| in_log(s, "bob", "tea, alice?"));
    alice.writes("\x1b]9;bob in lobby: tea, alice?\x07"); // unwrapped by tmux
    assert!(server.tmux(&["set-buffer", "one\ntwo\nthree"]));
    assert!(server.tmux(&["paste-buffer", "-p"]));
    alice.wait_for("three rows", |s| {
        bottom(s).contains("> one") && bottom(s).contains("two") && bottom(s).contains("three")
    });
    assert!(!alice.contents().contains("alice one"), "sent unasked:\n{}", alice.contents());
    alice.resize(60, 12);
    alice.press("!\r");
    bob.wait_for("the message", |s| in_log(s, "alice", "one") && s.contents().contains("three!"));
    alice.press("\x04");
    assert_eq!(alice.end(), 0);
}

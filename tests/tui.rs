//! The chat on a screen: the real program in a pseudo-terminal, as a person uses it. On the loopback interface, each
//! test on a port of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod lab;
#[path = "tui/places.rs"]
mod places;
mod ports;
#[path = "tui/private.rs"]
mod private;
#[path = "tui/writing.rs"]
mod writing;

use lab::{SOON, Terminal, tries};
use nix::sys::signal::Signal;
use ports::free_port;

const ENTER: &str = "\r";
const CTRL_C: &str = "\x03";

fn started(nick: &str, port: u16) -> Terminal {
    let terminal = Terminal::start(nick, port, 100, 24);
    terminal.wait_for("alternate screen", vt100::Screen::alternate_screen);
    terminal
}

/// Text of the last rows, where the composer is.
fn bottom(screen: &vt100::Screen) -> String {
    let (rows, columns) = screen.size();
    let all: Vec<String> = screen.rows(0, columns.get()).collect();
    all[usize::from(rows.get()).saturating_sub(8)..].join("\n")
}

/// Whether a line of `nick` stands in the log; the composer shows `nick>`.
fn in_log(screen: &vt100::Screen, nick: &str, text: &str) -> bool {
    screen.contents().lines().any(|line| line.contains(&format!("{nick} {text}")))
}

#[test]
fn a_typed_line_stands_in_the_log() {
    let port = free_port();
    let mut alice = started("alice", port);
    let mut bob = started("bob", port);
    alice.press("hello");
    alice.wait_for("hello in the composer", |s| bottom(s).contains("hello"));
    alice.press(ENTER);
    alice.wait_for("hello in the log and not in the composer", |s| {
        in_log(s, "alice", "hello") && s.contents().matches("hello").count() == 1
    });
    bob.wait_for("alice's line", |s| in_log(s, "alice", "hello"));
    bob.press("hi alice");
    bob.press(ENTER);
    alice.wait_for("bob's line", |s| in_log(s, "bob", "hi alice"));
}

#[test]
fn the_past_is_there_after_a_restart() {
    let port = free_port();
    let mut alice = started("alice", port);
    let mut bob = started("bob", port);
    bob.press("before the focus goes\r");
    alice.shows("before the focus goes");
    alice.press("answer\r");
    bob.shows("answer");
    alice.press("\x1b[O."); // another window has the keyboard; the point shows that the chat knows
    alice.shows("> .");
    bob.press("while she looks elsewhere\r");
    alice.shows("while she looks elsewhere");
    bob.press("and more\r");
    alice.shows("and more");
    let kept = || alice.history(&[]).contains("and more");
    assert!(tries(SOON).any(|_| kept()), "it is not kept: {}", alice.history(&[]));
    let home = alice.killed();
    let mut alice = Terminal::start_in(home, "alice", port, 100, 24);
    alice.wait_for("the past with a mark in it", |s| {
        let rows: Vec<_> = s.contents().lines().map(str::to_owned).collect();
        let row = |text: &str| rows.iter().position(|row| row.contains(text));
        let mark = row("new since you left");
        mark.is_some()
            && row("before the focus goes") < mark
            && row("answer") < mark
            && mark < row("while she looks elsewhere")
            && row("while she looks elsewhere") < row("and more")
    });
    alice.press("\x15\x04"); // the point goes first
    assert_eq!(alice.end(), 0);
}

#[test]
fn a_paste_waits_in_the_composer() {
    let mut alice = started("alice", free_port());
    alice.wait_for("bracketed paste", vt100::Screen::bracketed_paste);
    alice.press("\x1b[200~first line\rsecond line\nthird line\x1b[201~");
    alice.wait_for("three lines in the composer", |s| {
        ["first line", "second line", "third line"].iter().all(|l| bottom(s).contains(l))
    });
    assert!(!alice.contents().contains("alice first line"), "sent unasked:\n{}", alice.contents());
    alice.press(ENTER);
    alice.wait_for("the message in the log", |s| {
        in_log(s, "alice", "first line") && s.contents().matches("third line").count() == 1
    });
}

#[test]
fn a_burst_of_keys_is_read_to_its_end() {
    let mut alice = started("alice", free_port());
    for burst in 1..=4 {
        // More than one read takes, and less than the 2 KiB that the system passes on at once: in between this test
        // could be kept waiting, and then it were no burst.
        let lines: Vec<String> = (1..=75).map(|n| format!("burst {burst} line {n} of many\r")).collect();
        alice.press(&format!("{}\x0c", lines.concat())); // Ctrl+L ends it
        alice.shows("75 lines pasted");
        alice.press("\r");
        alice.wait_for("the last line", |s| bottom(s).contains(&format!("burst {burst} line 75 of many")));
        let sent = format!("alice burst {burst}");
        assert!(!alice.contents().contains(&sent), "sent unasked:\n{}", alice.contents());
        alice.press("\x03");
        alice.wait_for("an empty composer", |s| !s.contents().contains("line 75"));
    }
    alice.press("one line as tmux types it\r");
    alice.wait_for("the line in the log", |s| in_log(s, "alice", "one line as tmux types it"));
}

#[test]
fn any_size_is_survived() {
    let mut alice = started("alice", free_port());
    alice.press("a line that is wrapped when the terminal is narrow");
    alice.press(ENTER);
    alice.wait_for("the line in the log", |s| in_log(s, "alice", "a line that is wrapped"));
    for (columns, rows) in
        [(80, 24), (40, 10), (20, 5), (9, 4), (3, 2), (2, 1), (1, 1), (1, 24), (80, 1), (200, 60)]
    {
        let before = alice.written();
        alice.resize(columns, rows);
        alice.draws_after(before);
        assert!(alice.alive(), "at {columns} × {rows}");
    }
    alice.resize(100, 24);
    alice.shows("a line that is wrapped when the terminal is narrow");
    alice.press("still typing");
    alice.shows("still typing");
}

#[test]
fn a_nickname_is_completed() {
    let port = free_port();
    let mut alice = started("alice", port);
    let _other = started("bartholomew", port);
    alice.shows("bartholomew");
    alice.press("bart\t");
    alice.wait_for("the whole name in the composer", |s| bottom(s).contains("bartholomew:"));
    alice.press("good morning");
    alice.press(ENTER);
    alice.wait_for("the line in the log", |s| in_log(s, "alice", "bartholomew: good morning"));
}

#[test]
fn an_unknown_command_is_an_error_and_no_message() {
    let port = free_port();
    let mut alice = started("alice", port);
    let bob = started("bob", port);
    alice.shows("bob");
    alice.press("/frobnicate now");
    alice.press(ENTER);
    alice.wait_for("an error that names the command and the way on", |s| {
        s.contents().contains("frobnicate") && s.contents().contains("/help")
    });
    // What is said after it has come, so the command itself would have come as well.
    alice.press("\x15after it"); // Ctrl+U: a mistyped command may wait in the composer to be corrected
    alice.press(ENTER);
    bob.shows("after it");
    assert!(!bob.contents().contains("frobnicate"), "{}", bob.contents());
}

#[test]
fn quit_leaves_the_terminal_as_it_was() {
    let mut alice = started("alice", free_port());
    alice.press("/quit");
    alice.press(ENTER);
    assert_eq!(alice.end(), 0);
    alice.is_restored();
}

#[test]
fn signals_leave_the_terminal_as_it_was() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGQUIT] {
        let port = free_port();
        let bob = started("bob", port);
        let mut alice = started("alice", port);
        bob.shows("alice");
        alice.signal(signal);
        assert_eq!(alice.end(), 0);
        alice.is_restored();
        bob.shows("alice left");
    }
}

#[test]
fn ctrl_c_clears_the_composer_and_then_leaves() {
    let mut alice = started("alice", free_port());
    alice.press("half a thought");
    alice.shows("half a thought");
    alice.press(CTRL_C);
    alice.wait_for("empty composer", |s| !s.contents().contains("half a thought"));
    assert!(alice.alive());
    let before = alice.written();
    alice.press(CTRL_C); // says what a second one does
    alice.draws_after(before);
    assert!(alice.alive());
    alice.press(CTRL_C);
    assert_eq!(alice.end(), 0);
    alice.is_restored();
}

#[test]
fn an_idle_screen_is_not_redrawn() {
    let port = free_port();
    let alice = started("alice", port);
    let mut bob = started("bob", port);
    alice.shows("bob");
    bob.press("one");
    bob.press(ENTER);
    alice.shows("one");
    let before = alice.written();
    bob.press("two");
    bob.press(ENTER);
    alice.shows("two");
    // A whole frame of 100 × 24 cells takes more than 2 400 bytes; what has changed takes a few hundred.
    let drawn = alice.written() - before;
    assert!(drawn < 2_000, "{drawn} bytes for one short line");
}

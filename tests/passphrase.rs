//! Locked rooms in the real program on a terminal: the passphrase is asked for without echo, and is nowhere afterwards.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod lab;

use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;

use lab::Terminal;

const PASSPHRASE: &str = "correct horse battery staple";

fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn started(nick: &str, port: u16) -> Terminal {
    let terminal = Terminal::start(nick, port, 100, 24);
    terminal.wait_for("alternate screen", vt100::Screen::alternate_screen);
    terminal
}

fn asks(terminal: &mut Terminal, command: &str) {
    terminal.press(&format!("{command}\r"));
    terminal.shows("passphrase of #dev");
}

/// Whether a file of this folder, or below it, holds these bytes. How many were read is counted.
fn holds(folder: &Path, wanted: &[u8], read: &mut usize) -> bool {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            return holds(&path, wanted, read);
        }
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        *read += 1;
        bytes.windows(wanted.len()).any(|bytes| bytes == wanted)
    })
}

#[test]
fn it_is_asked_for_without_echo_and_written_nowhere() {
    let port = free_port();
    // Everything that happens is in alice's log file.
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join(".config/lanchat")).unwrap();
    std::fs::write(home.path().join(".config/lanchat/config.toml"), "log = \"trace\"\n").unwrap();
    let mut alice = Terminal::start_in(home, "alice", port, 100, 24);
    alice.wait_for("alternate screen", vt100::Screen::alternate_screen);
    let mut bob = started("bob", port);
    asks(&mut alice, "/join dev --lock");
    let (begin, end) = PASSPHRASE.split_at(9);
    alice.press(begin);
    alice.shows("(not shown)");
    alice.press(&format!("{end}\r"));
    alice.shows("dev[locked]");
    // Pasted: nothing is sent before Return.
    asks(&mut bob, "/join dev --lock");
    bob.press(&format!("\x1b[200~{PASSPHRASE}\n\x1b[201~"));
    bob.shows("(not shown)");
    bob.press("\r");
    bob.shows("dev[locked]");
    alice.press("the plans\r");
    bob.shows("the plans");
    bob.press("understood\r");
    alice.shows("understood");
    // Given up, and mistyped commands.
    bob.press("/join dev --lock\r");
    bob.shows("passphrase of #dev");
    bob.press(&format!("{PASSPHRASE}\x1b"));
    bob.wait_for("the end of the question", |s| !s.contents().contains("passphrase of #dev"));
    bob.press("a draft");
    bob.shows("a draft");
    bob.press("\x03");

    // After a restart the room is there, and its passphrase is wanted.
    alice.press("\x04");
    assert_eq!(alice.end(), 0);
    let shown = alice.bytes();
    let home = alice.killed();
    let history = Command::new(lab::LANCHAT)
        .args(["history", "--room", "dev", "--lock", "--data-dir"])
        .arg(home.path().join("data"))
        .env("HOME", home.path())
        .output()
        .unwrap();
    let history = String::from_utf8(history.stdout).unwrap();
    assert!(history.contains("the plans") && history.contains("understood"), "{history}");
    let mut alice = Terminal::start_in(home, "alice", port, 100, 24);
    alice.shows("#dev[locked] is locked");
    bob.press("are you there?\r");
    bob.wait_for("it in the log", |s| s.contents().contains("bob are you there?"));
    asks(&mut alice, "/join dev");
    alice.press(&format!("{PASSPHRASE}\r"));
    alice.shows("are you there?");
    alice.press("\x04");
    assert_eq!(alice.end(), 0);
    bob.press("\x04");
    assert_eq!(bob.end(), 0);
    for bytes in [shown, alice.bytes(), bob.bytes()] {
        for part in [PASSPHRASE, "correct", "staple"] {
            assert!(!bytes.contains(part), "shown: {part}");
        }
    }
    for home in [alice.killed(), bob.killed()] {
        let mut read = 0;
        for part in [PASSPHRASE, "battery"] {
            assert!(!holds(home.path(), part.as_bytes(), &mut read), "on the disk: {part}");
        }
        assert!(read > 6, "{read} files were looked at");
        assert!(holds(home.path(), b"the plans", &mut read), "the history keeps what was read");
    }
}

#[test]
fn a_command_asks_for_it_on_the_terminal_without_echo() {
    let port = free_port();
    let mut alice = started("alice", port);
    asks(&mut alice, "/join dev --lock");
    alice.press(&format!("{PASSPHRASE}\r"));
    alice.shows("dev[locked]");
    let (mut shell, _) = Terminal::shell(tempfile::tempdir().unwrap(), "carol", port, 100, 24);
    shell.shows("shell> ");
    let say = |text: &str| {
        let options = format!("--interface lo --port {port} --nick carol --data-dir data");
        format!("echo given | {} say {options} --room dev --lock {text}\r", lab::LANCHAT)
    };
    shell.press(&say("from a script"));
    shell.shows("passphrase of #dev");
    shell.press(&format!("wrong\x15{PASSPHRASE}\r"));
    alice.shows("carol from a script");
    shell.wait_for("the shell again", |s| s.contents().matches("shell> ").count() == 2);
    // Given up; then the terminal echoes again.
    shell.press(&say("never"));
    shell.wait_for("the question", |s| s.contents().matches("passphrase of #dev").count() == 2);
    shell.press("correct\x03");
    shell.shows("no passphrase was given");
    shell.wait_for("the shell once more", |s| s.contents().matches("shell> ").count() == 3);
    shell.press("echo it echoes\r");
    shell.wait_for("what is typed and what it does", |s| s.contents().matches("it echoes").count() == 2);
    for part in ["correct", "staple", "wrong"] {
        assert!(!shell.bytes().contains(part), "{}", shell.contents());
    }
}

#[test]
fn a_wrong_one_is_pointed_out() {
    let port = free_port();
    let (mut alice, mut bob) = (started("alice", port), started("bob", port));
    asks(&mut alice, "/join dev --lock");
    alice.press("right\r");
    alice.shows("dev[locked]");
    asks(&mut bob, "/join dev --lock");
    bob.press("worng\r");
    bob.shows("nobody here uses this passphrase for #dev");
    asks(&mut bob, "/join dev --lock");
    bob.press("right\r");
    bob.shows("2 in #dev");
    // And a change of it.
    alice.press("/lock\r");
    alice.shows("new passphrase of #dev");
    alice.press("other\r");
    alice.shows("again, for #dev");
    alice.press("other\r");
    bob.shows("has changed the passphrase of #dev");
}

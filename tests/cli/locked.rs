//! Locked rooms on the command line.

use std::process::{Command, Stdio};

use crate::support::{Ended, Home};
use crate::talk::{Segment, json};

fn write(home: &Home, name: &str, text: &str) -> String {
    let path = home.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn only_who_has_the_passphrase_hears_it() {
    let (segment, alice, bob, eve) = (Segment::new(), Home::new(), Home::new(), Home::new());
    let good = write(&alice, "good", "correct horse\nand more\n");
    let bad = write(&alice, "bad", "wrong\n");
    let tail = |home: &Home, nick: &str, file: &str| {
        let command = ["tail", "--json", "--room", "dev", "--lock", "--passphrase-file", file];
        segment.start(home, nick, &command)
    };
    let (hears, wrong) = (tail(&bob, "bob", &good), tail(&eve, "eve", &bad));
    let open = segment.start(&eve, "eve", &["tail", "--json", "--room", "dev"]);
    let _chat = segment.start(&alice, "alice", &["--plain"]);
    for running in [&hears, &wrong, &open] {
        running.hear("\"type\":\"join\"");
    }
    let lock = ["say", "--room", "dev", "--lock", "--passphrase-file"];
    segment.run(&alice, "carol", &[&lock[..], &[&good, "the", "plans"]].concat()).succeeded();
    let line = json(&hears.hear("\"type\":\"line\""));
    assert_eq!((&line["text"], &line["room"]), (&"the plans".into(), &"dev[locked]".into()));
    segment.run(&alice, "carol", &[&lock[..], &[&bad, "hello eve"]].concat()).succeeded();
    let line = json(&wrong.hear("\"type\":\"line\""));
    assert_eq!(line["text"], "hello eve", "the first that this one can read");
    segment.run(&alice, "carol", &["say", "--room", "dev", "in the open"]).succeeded();
    let line = json(&open.hear("\"type\":\"line\""));
    assert_eq!((&line["text"], &line["room"]), (&"in the open".into(), &"dev".into()));
}

#[test]
fn the_passphrase_may_come_from_stdin() {
    let (segment, alice, bob) = (Segment::new(), Home::new(), Home::new());
    let good = write(&bob, "good", "correct horse");
    let command = ["tail", "--room", "dev", "--lock", "--passphrase-file", &good];
    let hears = segment.start(&bob, "bob", &command);
    let _chat = segment.start(&alice, "alice", &["--plain"]);
    hears.hear("is here");
    let from_stdin = ["say", "--room", "dev", "--lock", "--passphrase-file", "-", "the plans"];
    let mut said = segment.start(&alice, "carol", &from_stdin);
    said.say("correct horse");
    assert_eq!(said.wait(), Some(0));
    assert!(hears.hear("the plans").contains("#dev[locked] new <carol> the plans"));
}

#[test]
fn what_is_wrong_with_it_is_told() {
    let home = Home::new();
    let empty = write(&home, "empty", "\nsecret\n");
    let long = write(&home, "long", &"x".repeat(5000));
    for (args, told) in [
        (vec!["--lock", "--passphrase-file", &empty, "hi"], "a locked room needs a passphrase"),
        (vec!["--lock", "--passphrase-file", &long, "hi"], "at most 1024 bytes"),
        (vec!["--lock", "--passphrase-file", "-"], "stdin has the passphrase"),
        (vec!["--passphrase-file", &empty, "hi"], "--lock"),
    ] {
        let failure = home.run(&[&["say", "--room", "dev"][..], &args].concat()).failed(2);
        assert!(failure.contains(told), "{failure}");
    }
    let missing = home.run(&["say", "--room", "dev", "--lock", "--passphrase-file", "/nowhere", "hi"]);
    assert!(missing.failed(1).contains("cannot read /nowhere"));
    // Without a terminal, in a session of its own, there is nobody to ask.
    let mut command = Command::new("setsid");
    command.args(["--wait", env!("CARGO_BIN_EXE_lanchat"), "say", "--room", "dev", "--lock", "hi"]);
    command.env_clear().env("HOME", home.path()).env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
    let ended = Ended::of(command.output().unwrap(), home.path());
    assert!(ended.failed(2).contains("no terminal to ask"));
}

#[test]
fn no_option_takes_a_passphrase() {
    let home = Home::new();
    for command in ["say", "tail", "history"] {
        let help = home.run(&[command, "--help"]).succeeded();
        assert!(help.contains("--lock"), "{command}");
        assert!(!help.contains("--passphrase <"), "{command}: it could be seen by every user of the machine");
    }
}

//! Pop-ups between real programs, and what is refused.

use std::time::Duration;

use crate::support::{Home, Running, SOON, tries};
use crate::talk::{Segment, json};

/// Sends to the workgroup until the listener has it: it may not listen yet.
fn until_heard(segment: &Segment, home: &Home, listener: &Running) -> String {
    let heard = tries(SOON).find_map(|_| {
        let sent = segment.run(home, "bob", &["net", "send", "*", "one\ntwo", "--host", "BOBPC"]);
        assert_eq!(sent.succeeded(), "");
        listener.lines.recv_timeout(Duration::from_millis(200)).ok()
    });
    heard.unwrap()
}

#[test]
fn pop_ups_reach_a_computer_its_user_and_its_workgroup() {
    let (segment, bob, home) = (Segment::new(), Home::new(), Home::new());
    let listen = ["net", "listen", "--host", "ALICEPC", "--json"];
    let listener = segment.start(&home, "alice", &listen);
    let heard = json(&until_heard(&segment, &bob, &listener));
    assert_eq!(
        (&heard["type"], &heard["from"], &heard["to"]),
        (&"popup".into(), &"BOBPC".into(), &"WORKGROUP".into())
    );
    assert_eq!((&heard["text"], &heard["address"]), (&"one\ntwo".into(), &"127.0.0.1".into()));
    assert_eq!(heard["host"], "BOBPC");

    // The listener answers for its user and its computer, once nobody has objected to its claim. Whoever does not answer
    // within 750 ms is taken for nobody, so the question is asked again.
    let answered = |args: &[&str]| tries(SOON).any(|_| segment.run(&bob, "bob", args).code == Some(0));
    assert!(answered(&["net", "send", "alice", "to the user", "--host", "BOBPC"]));
    assert_eq!(json(&listener.hear("to the user"))["to"], "ALICE");
    assert!(answered(&["net", "send", "alicepc", "to the computer", "--host", "BOBPC"]));
    assert_eq!(json(&listener.hear("to the computer"))["to"], "ALICEPC");
    let tail = segment.start(&home, "tailer", &["tail", "--json", "--host", "ALICEPC"]);
    until_heard(&segment, &bob, &tail);
    // Nobody answers, so it is broadcast, and the exit code tells that it is not known to have been read.
    let sent = segment.run(&bob, "bob", &["net", "send", "nobody", "to another", "--host", "BOBPC"]);
    let told = sent.failed(3);
    assert!(told.starts_with("nobody answers to the name NOBODY on port "), "{told}");
    assert!(told.ends_with("; the pop-up was broadcast, and who listens to that name has it"), "{told}");
    // The listener and the sender are on one computer.
    let sent = segment.run(&bob, "bob", &["net", "send", "alicepc", "naïve", "--host", "ALICEPC"]);
    assert_eq!(sent.succeeded(), "");
    let lines = listener.until("naïve");
    assert!(!lines.concat().contains("to another"), "{lines:?}");
    // A session hears them, too.
    let tailed = tail.until("naïve");
    assert!(json(tailed.last().unwrap())["type"] == "popup");
    assert!(!tailed.concat().contains("to the user"), "it goes by another nickname: {tailed:?}");
}

#[test]
fn what_cannot_be_a_pop_up_is_refused() {
    let (segment, home) = (Segment::new(), Home::new());
    let mut told = String::new();
    for args in [
        &["net", "send", "bob", "\u{1f600}"][..],
        &["net", "send", "bob", &"x".repeat(500), "--host", "ME"],
        &["net", "send", "b*b", "x"],
        &["net", "send", "bob"],
        &["net", "send", "a-name-that-is-too-long", "x"],
    ] {
        told += &(segment.run(&home, "alice", args).failed(2) + "\n");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn nobody_is_exit_code_3() {
    let (segment, home) = (Segment::new(), Home::new());
    let view = segment.run(&home, "alice", &["net", "view", "--wait", "100ms"]).failed(3);
    assert!(
        view.contains("no computer has announced itself on port") && view.ends_with("on --port 138"),
        "{view}"
    );
    let listen = segment.run(&home, "alice", &["net", "listen", "--count", "2", "--timeout", "100ms"]);
    assert_eq!(listen.failed(3), "0 of 2 pop-ups came within 100ms; wait longer with --timeout");
}

#[test]
fn who_announces_is_listed() {
    let (segment, alice, viewer) = (Segment::new(), Home::new(), Home::new());
    std::fs::create_dir_all(alice.path().join(".config/lanchat")).unwrap();
    let config = "announce = true\ncomment = \"grün\"\nhost = \"ALICEPC\"\n";
    std::fs::write(alice.path().join(".config/lanchat/config.toml"), config).unwrap();
    let tail = segment.start(&viewer, "listener", &["tail", "--json"]);
    // Who announces does so at the start. The viewer may not listen yet: then both begin again.
    let row = tries(SOON).find_map(|_| {
        let mut view = segment.start(&viewer, "bob", &["net", "view", "--wait", "60s", "--json"]);
        let mut chat = segment.start(&alice, "alice", &["--plain"]);
        tail.hear("\"type\":\"join\"");
        view.signal("INT");
        let seen = view.wait();
        drop(chat.stdin.take());
        assert_eq!(chat.wait(), Some(0));
        tail.hear("\"type\":\"leave\"");
        (seen == Some(0)).then(|| json(&view.hear("name")))
    });
    let row = row.unwrap();
    assert_eq!(
        (&row["name"], &row["kind"], &row["comment"]),
        (&"ALICEPC".into(), &"NT".into(), &"grün".into())
    );
    assert_eq!((&row["bits"], &row["address"]), (&0x1003.into(), &"127.0.0.1".into()));
}

#[test]
fn a_bad_comment_or_code_page_is_told_with_its_place() {
    let home = Home::new();
    let path = home.path().join("config.toml");
    let mut told = String::new();
    for text in [
        "comment = \"日本\"",
        "\ncomment = \"a comment that is far too long for an announcement\"",
        "oem_codepage = 1",
    ] {
        std::fs::write(&path, text).unwrap();
        let failed = home.run(&["config", "show", "--config", path.to_str().unwrap()]).failed(1);
        told += &(failed + "\n");
    }
    insta::assert_snapshot!(told);
}

//! Conversations of the real program over the loopback interface, each on a port of its own.

use serde_json::Value;

use crate::support::{Ended, Home, Running, SOON, free_port, tries};

/// A segment of its own, with people who each have a home.
pub(crate) struct Segment {
    port: String,
}

impl Segment {
    pub(crate) fn new() -> Self {
        Self { port: free_port().to_string() }
    }

    fn args<'a>(&'a self, nick: &'a str, command: &[&'a str]) -> Vec<&'a str> {
        [command, &["--interface", "lo", "--port", &self.port, "--nick", nick]].concat()
    }

    pub(crate) fn start(&self, home: &Home, nick: &str, command: &[&str]) -> Running {
        home.start(&self.args(nick, command))
    }

    /// A program whose output nobody reads.
    fn start_unread(&self, home: &Home, nick: &str, command: &[&str]) -> Running {
        home.start_as(&self.args(nick, command), drop)
    }

    pub(crate) fn run(&self, home: &Home, nick: &str, command: &[&str]) -> crate::support::Ended {
        home.run(&self.args(nick, command))
    }

    /// Runs a command that listens for some seconds, until it has heard what `right` looks for.
    fn run_until(&self, home: &Home, command: &[&str], right: impl Fn(&Ended) -> bool) -> Ended {
        let mut last = None;
        let found = tries(SOON).any(|_| right(last.insert(self.run(home, "bob", command))));
        assert!(found, "{last:?}");
        last.unwrap()
    }

    /// Alice chats, and a `tail` that has heard her arrive.
    fn with_alice(&self, alice: &Home, listener: &Home, tail: &[&str]) -> (Running, Running) {
        let chat = self.start(alice, "alice", &["--plain"]);
        let tail = self.start(listener, "listener", &[&["tail", "--json"], tail].concat());
        tail.hear("\"type\":\"join\"");
        (chat, tail)
    }
}

pub(crate) fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

#[test]
fn a_line_of_tail_is_as_documented() {
    let (segment, alice, listener) = (Segment::new(), Home::new(), Home::new());
    let (mut chat, mut tail) = segment.with_alice(&alice, &listener, &["--count", "1"]);
    chat.say("hello \u{1f600} world");
    let line = json(&tail.hear("\"type\":\"line\""));
    let id = json(&alice.run(&["identity", "--json"]).succeeded())["id"].clone();
    assert_eq!((&line["from"], &line["peer"], &line["room"]), (&"alice".into(), &id, &"lobby".into()));
    assert_eq!((&line["text"], &line["trust"]), (&"hello \u{1f600} world".into(), &"new".into()));
    assert_eq!((&line["private"], &line["late"]), (&false.into(), &false.into()));
    assert!(line["id"].as_str().unwrap().starts_with(&format!("{}.", id.as_str().unwrap())));
    for time in ["sent_at", "received_at"] {
        assert!(chrono::DateTime::parse_from_rfc3339(line[time].as_str().unwrap()).is_ok());
    }
    assert!(line["address"].as_str().unwrap().starts_with("127."));
    assert_eq!(tail.wait(), Some(0), "--count 1 is fulfilled");
}

#[test]
fn lines_piped_in_all_arrive_once_and_in_order() {
    let (segment, alice, bob, listener) = (Segment::new(), Home::new(), Home::new(), Home::new());
    let (_chat, tail) = segment.with_alice(&alice, &listener, &[]);
    let mut piped = segment.start(&bob, "bob", &["--plain"]);
    for n in 0..300 {
        piped.say(&format!("line {n}"));
    }
    drop(piped.stdin.take());
    assert_eq!(piped.wait(), Some(0));
    segment.run(&alice, "carol", &["say", "the end"]).succeeded();
    let heard = tail.until("the end");
    let of = |kind: &str| heard.iter().map(|l| json(l)).filter(|l| l["type"] == kind).collect::<Vec<_>>();
    let texts: Vec<_> = of("line").iter().map(|line| line["text"].as_str().unwrap().to_owned()).collect();
    let expected: Vec<_> = (0..300).map(|n| format!("line {n}")).chain(["the end".to_owned()]).collect();
    assert_eq!(texts, expected);
    assert_eq!(of("leave").iter().map(|l| l["reason"].clone()).collect::<Vec<_>>(), ["goodbye"]);
}

#[test]
fn a_signal_is_a_goodbye() {
    for signal in ["INT", "TERM"] {
        let (segment, alice, bob, listener) = (Segment::new(), Home::new(), Home::new(), Home::new());
        let (mut chat, mut tail) = segment.with_alice(&alice, &listener, &[]);
        chat.signal(signal);
        assert_eq!(chat.wait(), Some(0));
        segment.run(&bob, "bob", &["say", "and then"]).succeeded();
        let since = tail.until("and then");
        let leaves: Vec<_> = since.iter().filter(|line| line.contains("\"type\":\"leave\"")).collect();
        assert!(leaves.len() == 1 && leaves[0].contains("\"reason\":\"goodbye\""), "{leaves:#?}");
        assert_eq!(since.len(), 2, "one goodbye and one line, but {since:#?}");
        tail.signal(signal);
        assert_eq!(tail.wait(), Some(0));
    }
}

#[test]
fn plain_output_is_one_line_a_message() {
    let (segment, alice, bob) = (Segment::new(), Home::new(), Home::new());
    let chat = segment.start(&alice, "alice", &["--plain"]);
    let mut other = segment.start(&bob, "bob", &["--plain"]);
    other.hear(" is here");
    chat.hear(" is here");
    other.say("hello alice");
    let line = chat.hear("hello alice");
    assert!(line.ends_with(" <bob> hello alice") && line.as_bytes()[2] == b':', "{line}");
    other.signal("TERM");
    assert!(chat.hear(" has left").contains("bob has left"));
}

#[test]
fn say_reaches_everybody_or_one() {
    let (segment, alice, bob, listener) = (Segment::new(), Home::new(), Home::new(), Home::new());
    let (chat, tail) = segment.with_alice(&alice, &listener, &[]);
    segment.run(&bob, "bob", &["say", "lunch", "is", "ready"]).succeeded();
    assert!(chat.hear("lunch is ready").contains("<bob>"));
    assert_eq!(tail.until("lunch is ready").len(), 1, "a command is not announced as a person");
    segment.run(&bob, "bob", &["say", "--to", "alice", "a secret"]).succeeded();
    assert!(chat.hear("a secret").contains(" private new <bob"));
    segment.run(&bob, "bob", &["say", "after it"]).succeeded();
    while let line = json(&tail.hear("\"type\":\"line\""))
        && line["text"] != "after it"
    {
        assert_ne!(line["text"], "a secret", "a private line was heard by somebody else");
    }
    let message = segment.run(&bob, "bob", &["say", "--to", "carol", "x"]).failed(3);
    assert!(message.contains("carol") && message.contains("lanchat who"), "{message}");
}

#[test]
fn say_from_stdin_is_one_message() {
    let (segment, alice, bob, listener) = (Segment::new(), Home::new(), Home::new(), Home::new());
    let (_chat, tail) = segment.with_alice(&alice, &listener, &[]);
    for dash in [&["say", "-"][..], &["say"]] {
        let mut say = segment.start(&bob, "bob", dash);
        say.say("first\nsecond");
        drop(say.stdin.take());
        assert_eq!(say.wait(), Some(0));
        assert_eq!(json(&tail.hear("\"type\":\"line\""))["text"], "first\nsecond");
    }
}

#[test]
fn who_and_ping_find_a_peer() {
    let (segment, alice, bob, listener) = (Segment::new(), Home::new(), Home::new(), Home::new());
    let (_chat, _tail) = segment.with_alice(&alice, &listener, &[]);
    // An observer hears beacons only: alice's next one comes within 4.5 s.
    let who = segment.run_until(&bob, &["who", "--wait", "5s", "--json"], |who| who.code == Some(0));
    let row = json(&who.stdout);
    let id = json(&alice.run(&["identity", "--json"]).succeeded())["id"].clone();
    assert_eq!((&row["nick"], &row["id"], &row["state"]), (&"alice".into(), &id, &"here".into()));
    assert_eq!((&row["version"], &row["verified"]), (&env!("CARGO_PKG_VERSION").into(), &false.into()));
    let ping = ["ping", "alice", "--count", "3", "--interval", "1ms", "--size", "300", "--json"];
    let printed = segment.run(&bob, "bob", &ping).succeeded();
    let summary = json(printed.lines().last().unwrap());
    assert_eq!((&summary["sent"], &summary["received"]), (&3.into(), &3.into()));
    assert_eq!(printed.lines().count(), 4);
    segment.run(&bob, "bob", &["ping", "carol"]).failed(3);
}

#[test]
fn nobody_is_exit_code_3() {
    let (segment, home) = (Segment::new(), Home::new());
    let message = segment.run(&home, "bob", &["who", "--wait", "100ms"]).failed(3);
    assert!(message.contains(&segment.port) && message.contains("WORKGROUP"), "{message}");
    segment.run(&home, "bob", &["tail", "--timeout", "100ms"]).succeeded();
    let message = segment.run(&home, "bob", &["tail", "--count", "1", "--timeout", "100ms"]).failed(3);
    assert!(message.starts_with("0 of 1 messages"), "{message}");
    assert!(!home.data().exists(), "observers leave nothing on disk");
}

#[test]
fn a_second_program_of_a_profile_is_a_guest() {
    let (segment, alice, listener) = (Segment::new(), Home::new(), Home::new());
    let (mut chat, tail) = segment.with_alice(&alice, &listener, &[]);
    let said = segment.run(&alice, "alice", &["say", "from a script"]);
    assert!(said.stderr.contains("guest") && said.stderr.contains("--profile"), "{said:?}");
    said.succeeded();
    let id = json(&alice.run(&["identity", "--json"]).succeeded())["id"].clone();
    assert_ne!(json(&tail.hear("from a script"))["peer"], id);
    let second = segment.start(&alice, "alice", &["--plain"]);
    second.complain("guest");
    chat.signal("TERM");
    assert_eq!(chat.wait(), Some(0));
    let said = segment.run(&alice, "alice", &["say", "myself again"]);
    assert_eq!(said.stderr, "");
    assert_eq!(json(&tail.hear("myself again"))["peer"], id);
}

#[test]
fn peers_met_are_known_the_next_time() {
    let (segment, alice, bob) = (Segment::new(), Home::new(), Home::new());
    let _chat = segment.start(&alice, "alice", &["--plain"]);
    for trust in ["new", "known"] {
        let mut other = segment.start(&bob, "bob", &["--plain", "--json"]);
        assert_eq!(json(&other.hear("\"type\":\"join\""))["trust"], trust);
        other.signal("TERM");
        assert_eq!(other.wait(), Some(0));
    }
    let words = json(&alice.run(&["identity", "--json"]).succeeded())["words"].as_str().unwrap().to_owned();
    bob.run(&["identity", "verify", "alice", "--words", &words]).succeeded();
    let other = segment.start(&bob, "bob", &["--plain", "--json"]);
    assert_eq!(json(&other.hear("\"type\":\"join\""))["trust"], "verified");
}

#[test]
fn a_reader_that_goes_away_ends_tail_quietly() {
    let (segment, alice, bob) = (Segment::new(), Home::new(), Home::new());
    // Her arrival is the only thing to print.
    let _chat = segment.start(&alice, "alice", &["--plain"]);
    let mut tail = segment.start_unread(&bob, "bob", &["tail"]);
    assert_eq!(tail.wait(), Some(0));
    assert_eq!(tail.errors.recv().ok(), None);
    let mut chat = segment.start_unread(&bob, "bob", &["--plain"]);
    assert_eq!(chat.wait(), Some(0));
    assert_eq!(chat.errors.recv().ok(), None);
}

#[test]
fn the_log_goes_to_a_file() {
    let (segment, home) = (Segment::new(), Home::new());
    let ended = segment.run(&home, "bob", &["who", "--wait", "10ms", "--log", "trace"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""));
    assert!(home.path().join(".local/state/lanchat/default/lanchat.log").exists());
}

#[test]
fn whom_the_user_ignores_is_in_no_tail() {
    let (segment, alice, bob, listener) = (Segment::new(), Home::new(), Home::new(), Home::new());
    let id = json(&alice.run(&["identity", "--json"]).succeeded())["id"].clone();
    std::fs::create_dir_all(listener.data().join("default")).unwrap();
    let ignored = serde_json::json!({ "ignored": [id] }).to_string();
    std::fs::write(listener.data().join("default/social.json"), ignored).unwrap();
    let (mut chat, tail) = segment.with_alice(&alice, &listener, &[]);
    let mut other = segment.start(&bob, "bob", &["--plain"]);
    other.hear("alice");
    chat.say("YOU ARE A FOOL");
    other.hear("YOU ARE A FOOL");
    other.say("the end");
    let heard = tail.until("the end");
    assert!(heard.iter().all(|line| !line.contains("FOOL")), "{heard:?}");
}

#[test]
fn rooms_are_listed_said_in_heard_and_kept() {
    let (segment, alice, bob, listener) = (Segment::new(), Home::new(), Home::new(), Home::new());
    std::fs::create_dir_all(alice.data().join("default")).unwrap();
    std::fs::write(alice.data().join("default/social.json"), r#"{"rooms": ["lunch"]}"#).unwrap();
    let chat = segment.start(&alice, "alice", &["--plain"]);
    let mut tail =
        segment.start(&listener, "listener", &["tail", "--json", "--room", "#Lunch", "--count", "1"]);
    tail.hear("\"type\":\"join\"");
    let listed = segment.run_until(&bob, &["rooms", "--json"], |listed| listed.stdout.contains("lunch"));
    let listed = listed.succeeded();
    let rooms: Vec<Value> = listed.lines().map(json).collect();
    assert_eq!((&rooms[0]["name"], &rooms[0]["joined"]), (&"lobby".into(), &true.into()));
    assert_eq!((&rooms[1]["name"], &rooms[1]["joined"]), (&"lunch".into(), &false.into()));
    assert_eq!(rooms[1]["members"], serde_json::json!(["alice"]));
    segment.run(&bob, "bob", &["say", "to everybody"]).succeeded();
    segment.run(&bob, "bob", &["say", "--room", "lunch", "pizza today?"]).succeeded();
    assert!(!bob.data().join("default/social.json").exists(), "a command is in a room for a moment only");
    let line = json(&tail.hear("\"type\":\"line\""));
    assert_eq!((&line["room"], &line["text"]), (&"lunch".into(), &"pizza today?".into()));
    assert_eq!(tail.wait(), Some(0), "a line of the lobby does not count");
    assert!(chat.hear("pizza").ends_with(" #lunch new <bob> pizza today?"));
    drop(chat);
    let kept = alice.run(&["history", "--room", "Lunch"]).succeeded();
    assert!(kept.contains("pizza today?") && !kept.contains("to everybody"), "{kept}");
    assert!(segment.run(&bob, "bob", &["say", "--room", "a b", "x"]).failed(2).contains("cannot hold ' '"));
}

#[test]
fn who_ends_a_command_while_a_file_comes_is_told_that_it_is_not_there() {
    let (segment, alice, bob) = (Segment::new(), Home::new(), Home::new());
    let big = alice.path().join("big");
    std::fs::File::create(&big).unwrap().set_len(4 << 30).unwrap();
    let id = alice.run(&["identity", "--json"]).succeeded();
    let id = serde_json::from_str::<Value>(&id).unwrap()["id"].as_str().unwrap().to_owned();
    let down = bob.path().join("down");
    let receive = ["receive", "--yes", "--from", &id, "--dir", down.to_str().unwrap()];
    let mut idle = segment.start(&bob, "bob", &receive);
    idle.complain("waiting for files");
    idle.signal("INT");
    assert_eq!(idle.wait(), Some(0), "nothing was on its way");
    let mut receiver = segment.start(&bob, "bob", &receive);
    receiver.complain("waiting for files");
    let _sender = segment.start(&alice, "alice", &["send", "bob", big.to_str().unwrap()]);
    let part = down.join("big.part");
    assert!(tries(SOON).any(|_| part.metadata().is_ok_and(|m| m.len() > 0)));
    receiver.signal("INT");
    receiver.complain("interrupted while a file came");
    assert_eq!(receiver.wait(), Some(1));
    assert!(part.exists());
}

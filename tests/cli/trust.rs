//! Whom the program believes: stolen names, verification by two programs at once, a damaged file of known peers.

use std::time::Duration;

use lanchat::chat::pair_words;
use serde_json::Value;

use crate::support::{Home, Running, SOON, tries};
use crate::talk::{Segment, json};

/// Who somebody is, as `lanchat identity` tells.
fn identity(home: &Home) -> Value {
    json(&home.run(&["identity", "--json"]).succeeded())
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap().to_owned()
}

fn key(value: &Value) -> [u8; 32] {
    let hex = text(value, "public_key");
    std::array::from_fn(|n| u8::from_str_radix(hex.get(2 * n..2 * n + 2).unwrap(), 16).unwrap())
}

fn known(home: &Home) -> String {
    std::fs::read_to_string(home.data().join("default/peers.json")).unwrap_or_default()
}

/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// Waits until the file of known peers says something.
fn until_known(home: &Home, what: impl Fn(&str) -> bool) {
    let seen = tries(SOON).any(|_| {
        let seen = what(&known(home));
        if !seen {
            std::thread::sleep(PAUSE);
        }
        seen
    });
    assert!(seen, "{}", known(home));
}

/// Says things until a listener has heard one that it shows with this before the name.
fn until_shown(speaker: &mut Running, listener: &Running, shown: &str) {
    let heard = tries(SOON).any(|_| {
        std::thread::sleep(PAUSE);
        speaker.say("do you know me?");
        listener.hear("do you know me?").contains(shown)
    });
    assert!(heard, "{shown}");
}

/// The first digits of an id.
fn short(who: &Value) -> String {
    text(who, "id").chars().take(4).collect()
}

#[test]
fn a_stolen_name_is_warned_of_until_the_user_decides() {
    let (segment, alice, bob, thief) = (Segment::new(), Home::new(), Home::new(), Home::new());
    let chat = segment.start(&alice, "alice", &["--plain"]);
    let mut real = segment.start(&bob, "bob", &["--plain"]);
    chat.hear("bob");
    until_known(&alice, |file| file.contains("\"bob\""));
    drop(real.stdin.take());
    assert_eq!(real.wait(), Some(0));
    chat.hear("bob has left");
    // Killed, and started again: what was known is still known.
    chat.signal("KILL");
    drop(chat);

    let (me, right, wrong) = (identity(&alice), identity(&bob), identity(&thief));
    let called = format!("bob~{}", short(&wrong));
    for _ in 0..2 {
        let mut chat = segment.start(&alice, "alice", &["--plain", "--json"]);
        let mut mallory = segment.start(&thief, "bob", &["--plain"]);
        let notice = json(&chat.hear("WARNING"));
        assert_eq!(
            (text(&notice, "type"), text(&notice, "warning")),
            ("notice".into(), "key_changed".into())
        );
        assert_eq!((text(&notice, "peer"), text(&notice, "other")), (text(&wrong, "id"), text(&right, "id")));
        mallory.say("it is me");
        let line = json(&chat.hear("it is me"));
        assert_eq!((text(&line, "from"), text(&line, "trust")), (called.clone(), "doubtful".into()));
        // Both are known by now: the thief is warned of all the same, at the next start.
        until_known(&alice, |file| file.contains(&text(&wrong, "id")));
        drop(chat.stdin.take());
        assert_eq!(chat.wait(), Some(0));
        drop(mallory.stdin.take());
        assert_eq!(mallory.wait(), Some(0));
    }

    let chat = segment.start(&alice, "alice", &["--plain"]);
    let mut mallory = segment.start(&thief, "bob", &["--plain"]);
    chat.hear("WARNING");
    let who = segment.run(&alice, "alice", &["who", "--json"]).succeeded();
    let listed = who.lines().map(json).find(|row| row["id"] == wrong["id"]).unwrap();
    assert_eq!(
        (text(&listed, "warning"), text(&listed, "other")),
        ("key_changed".into(), text(&right, "id"))
    );
    assert_eq!((text(&listed, "trust"), &listed["verified"]), ("doubtful".into(), &Value::Bool(false)));
    let table = segment.run(&alice, "alice", &["who"]).succeeded();
    assert!(table.contains("NEW KEY!") && table.contains(&format!("{called}: not the bob")), "{table}");
    let refused = segment.run(&alice, "alice", &["say", "--to", "bob", "a secret"]);
    assert_eq!(refused.code, Some(3));
    assert!(refused.stderr.contains("goes by that name with another key"), "{}", refused.stderr);
    // It was bob with a new computer, after all: the words are the same on both sides, and the running chat learns of it.
    let words = pair_words(&key(&wrong), &key(&me));
    alice.run(&["identity", "verify", &called, "--words", &words.replace(' ', "-")]).succeeded();
    until_shown(&mut mallory, &chat, "verified <bob> ");
    alice.run(&["identity", "unverify", &called]).succeeded();
    until_shown(&mut mallory, &chat, &format!("doubtful <{called}> "));
    let old = format!("bob~{}", short(&right));
    alice.run(&["identity", "forget", &old]).succeeded();
    until_shown(&mut mallory, &chat, " <bob> ");
    assert!(!known(&alice).contains(&text(&right, "id")), "what was forgotten does not come back");
}

#[test]
fn words_that_are_not_those_of_the_pair_or_the_peer_verify_nobody() {
    let (segment, alice, bob) = (Segment::new(), Home::new(), Home::new());
    let chat = segment.start(&alice, "alice", &["--plain"]);
    let _other = segment.start(&bob, "bob", &["--plain"]);
    chat.hear("bob");
    until_known(&alice, |file| file.contains("\"bob\""));
    let (me, peer) = (identity(&alice), identity(&bob));
    let pair = pair_words(&key(&me), &key(&peer));
    let swapped: Vec<&str> = pair.split(' ').rev().collect();
    for wrong in [text(&me, "words"), swapped.join(" "), pair.replacen(' ', "", 5), String::new()] {
        alice.run(&["identity", "verify", "bob", "--words", &wrong]).failed(1);
    }
    assert!(!known(&alice).contains("\"verified\": true"));
    alice.run(&["identity", "verify", "bob", "--words", &text(&peer, "words")]).succeeded();
    assert!(known(&alice).contains("\"verified\": true"));
}

#[test]
fn a_damaged_file_of_known_peers_is_set_aside_and_told() {
    let (segment, alice, bob) = (Segment::new(), Home::new(), Home::new());
    alice.run(&["identity"]).succeeded();
    let file = alice.data().join("default/peers.json");
    std::fs::write(&file, "[{\"id\": \"tru").unwrap();
    // A command that only looks leaves it alone.
    let told = segment.run(&alice, "alice", &["who", "--wait", "10ms"]).failed(1);
    assert!(told.contains("is damaged"), "{told}");
    let chat = segment.start(&alice, "alice", &["--plain"]);
    chat.complain("WARNING: the file of the people you know was damaged");
    assert_eq!(std::fs::read_to_string(file.with_extension("damaged")).unwrap(), "[{\"id\": \"tru");
    let _other = segment.start(&bob, "bob", &["--plain"]);
    chat.hear("bob");
    until_known(&alice, |file| file.contains("\"bob\"") && file.ends_with("]\n"));
}

//! No line is lost: the real program on hosts whose network loses a third of everything, is parted, or where programs
//! are killed.
//!
//! Needs what `tests/lan.rs` needs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod lab;

use std::collections::BTreeSet;
use std::time::Duration;

use lab::{Chat, Fault, LANCHAT, Lan, Run, tries};
use serde_json::Value;

/// Bound for what takes some seconds where much is lost, on a loaded machine.
const BOUND: Duration = Duration::from_secs(300);
/// Pause between lines of a talk.
const PAUSE: Duration = Duration::from_millis(40);

fn meeting(lan: &Lan, nicks: &[String]) -> Vec<Chat> {
    let chats: Vec<Chat> = nicks.iter().enumerate().map(|(n, nick)| lan.host(n).chat(nick)).collect();
    for (n, chat) in chats.iter().enumerate() {
        for other in nicks.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, nick)| nick) {
            chat.meets(other);
        }
    }
    chats
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn numbered(count: usize, word: &str) -> Vec<String> {
    (0..count).map(|n| format!("{word} {n}")).collect()
}

fn lines(json: &[Value]) -> impl Iterator<Item = &Value> {
    json.iter().filter(|v| v["type"] == "line")
}

/// Waits until as many lines of `from` have come, and compares all of them.
fn has_heard(chat: &Chat, from: &str, said: &[String]) {
    chat.wait_for(BOUND, &format!("{} lines of {from}", said.len()), |json| {
        (lab::texts(json, from).len() >= said.len()).then_some(())
    });
    assert_eq!(chat.texts(from), said, "of {from}");
}

/// The ids of lines, each of which there is once.
fn ids(json: &[Value]) -> BTreeSet<String> {
    let all: Vec<String> = lines(json).map(|v| v["id"].as_str().expect("its id").to_owned()).collect();
    let unique: BTreeSet<String> = all.iter().cloned().collect();
    assert_eq!(unique.len(), all.len(), "shown twice: {all:?}");
    unique
}

fn gaps(chat: &Chat) -> Vec<Value> {
    chat.json().into_iter().filter(|v| v["type"] == "gap").collect()
}

/// Lets time pass while people talk.
fn pause(chat: &Chat, time: Duration) {
    chat.within(time, |_| None::<()>);
}

#[test]
fn ten_people_hear_all_where_a_third_is_lost() {
    let Some(lan) = Lan::new(10) else { return };
    lan.fault(&Fault::Loss(30));
    let nicks: Vec<String> = (0..10).map(|n| format!("peer{n}")).collect();
    let mut chats = meeting(&lan, &nicks);
    for n in 0..50 {
        for (chat, nick) in chats.iter_mut().zip(&nicks) {
            chat.say(&format!("{nick} says {n}"));
        }
        pause(&chats[0], PAUSE);
    }
    for (n, chat) in chats.iter().enumerate() {
        for (_, other) in nicks.iter().enumerate().filter(|(m, _)| *m != n) {
            has_heard(chat, other, &numbered(50, &format!("{other} says")));
        }
        assert_eq!(ids(&chat.json()).len(), 450);
        assert_eq!(gaps(chat), [] as [Value; 0]);
    }
}

#[test]
fn who_comes_late_hears_those_who_have_left() {
    let Some(lan) = Lan::new(4) else { return };
    let mut chats = meeting(&lan, &names(&["alice", "bob", "carol"]));
    lan.fault(&Fault::Loss(30));
    let (long, short) = (numbered(200, "from alice"), numbered(20, "from bob"));
    chats[0].say(&long.join("\n"));
    chats[1].say(&short.join("\n"));
    has_heard(&chats[2], "alice", &long);
    has_heard(&chats[2], "bob", &short);
    lan.heal(); // all copies of a goodbye may be lost
    for author in [0, 1] {
        assert_eq!(chats[author].finish().code(), Some(0));
    }
    chats[2].misses("alice", "goodbye");
    chats[2].misses("bob", "goodbye");
    lan.fault(&Fault::Loss(30));
    let dave = lan.host(3).chat("dave");
    // That they come in order, too, is for tests/repair.rs: where a whole series of questions is lost, what is here is
    // shown before what is not.
    dave.wait_for(BOUND, "all lines", |json| (lines(json).count() >= 220).then_some(()));
    assert!(lines(&dave.json()).all(|line| line["late"] == true));
    assert_eq!(ids(&dave.json()), ids(&chats[2].json()));
}

#[test]
fn what_a_restarted_holder_has_kept_serves_who_comes_late() {
    let Some(lan) = Lan::new(3) else { return };
    let mut chats = meeting(&lan, &names(&["alice", "bob"]));
    let said = numbered(60, "kept");
    chats[0].say(&said.join("\n"));
    has_heard(&chats[1], "alice", &said);
    assert_eq!(chats[0].finish().code(), Some(0));
    chats[1].misses("alice", "goodbye");
    assert_eq!(chats[1].finish().code(), Some(0));
    let bob = lan.host(1).chat_in(chats[1].home(), "bob");
    let carol = lan.host(2).chat("carol");
    has_heard(&carol, "alice", &said);
    assert_eq!(lines(&bob.json()).count(), 0, "bob has seen them all");
}

#[test]
fn both_sides_of_a_partition_are_equal_after_it() {
    let Some(lan) = Lan::new(4) else { return };
    let nicks = names(&["alice", "bob", "carol", "dave"]);
    let mut chats = meeting(&lan, &nicks);
    lan.fault(&Fault::Split(vec![2, 3]));
    for n in 0..80 {
        chats[0].say(&format!("alice {n}"));
        chats[2].say(&format!("carol {n}"));
        if n % 4 == 0 {
            chats[3].say(&format!("dave {}", n / 4));
        }
        pause(&chats[0], Duration::from_millis(250)); // twenty seconds in all
    }
    has_heard(&chats[1], "alice", &numbered(80, "alice"));
    assert_eq!(chats[1].texts("carol"), [] as [&str; 0]);
    lan.fault(&Fault::Loss(10));
    for (nick, count) in [("alice", 80), ("carol", 80), ("dave", 20)] {
        for (_, listener) in nicks.iter().zip(&chats).filter(|(name, _)| *name != nick) {
            has_heard(listener, nick, &numbered(count, nick));
        }
    }
    let (alice, bob) = (ids(&chats[0].json()), ids(&chats[1].json()));
    assert_eq!((alice.len(), bob.len()), (100, 180));
    assert!(alice.is_subset(&bob));
}

#[test]
fn a_kill_in_the_middle_of_talk_costs_nothing_and_shows_nothing_twice() {
    const SAID: usize = 120;
    let Some(lan) = Lan::new(3) else { return };
    let nicks = names(&["alice", "bob", "carol"]);
    let mut chats = meeting(&lan, &nicks);
    lan.fault(&Fault::Loss(30));
    let mut kept = BTreeSet::new();
    for n in 0..SAID {
        for (talker, nick) in ["alice", "bob"].iter().enumerate() {
            chats[talker].say(&format!("{nick} {n}"));
        }
        if n == SAID / 4 {
            let home = chats[2].home();
            let look = || {
                let mut look = lan.host(2).command(LANCHAT);
                look.args(["history", "--json"]);
                let run = Run::in_home(&home, look);
                assert_eq!(run.code, Some(0), "{}", run.errors);
                ids(&run.json())
            };
            assert!(tries(BOUND).any(|_| !look().is_empty()), "nothing is kept");
            chats[2].kill();
            kept = look();
        }
        if n == SAID / 2 {
            chats[2] = lan.host(2).chat_in(chats[2].home(), "carol");
        }
        pause(&chats[0], PAUSE);
    }
    has_heard(&chats[0], "bob", &numbered(SAID, "bob"));
    has_heard(&chats[1], "alice", &numbered(SAID, "alice"));
    let missed = 2 * SAID - kept.len();
    chats[2]
        .wait_for(BOUND, &format!("{missed} lines"), |json| (lines(json).count() >= missed).then_some(()));
    let again = ids(&chats[2].json());
    assert_eq!(again.intersection(&kept).count(), 0, "shown twice");
    let everything: BTreeSet<String> = ids(&chats[0].json()).union(&ids(&chats[1].json())).cloned().collect();
    assert_eq!(again.union(&kept).cloned().collect::<BTreeSet<_>>(), everything);
}

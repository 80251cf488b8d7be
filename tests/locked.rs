//! Locked rooms on a virtual segment: who has the passphrase reads everything, who has not holds and repairs it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may fail loudly")]

#[path = "sim/segment.rs"]
mod segment;

use std::collections::HashMap;
use std::time::Duration;

use lanchat::chat::{
    Answered, Cost, Event, JoinError, Kind, LineId, LockNews, Passphrase, Reactions, Room, RoomKey, RoomName,
    SayError, Slot,
};
use lanchat::text::SafeText;
use segment::Segment;

const SECOND: Duration = Duration::from_secs(1);
/// Cheap, so that the tests are quick: keys of no room that the program makes.
const CHEAP: Cost = Cost { memory: 8, passes: 1 };

fn dev() -> RoomName {
    "dev".parse::<RoomName>().unwrap().to_locked()
}

fn key(room: RoomName, passphrase: &str) -> RoomKey {
    RoomKey::derive(room, &Passphrase::new(passphrase).unwrap(), CHEAP).unwrap()
}

fn started(seed: u64, nicks: &[&str]) -> Segment {
    let mut s = Segment::new(seed);
    s.depth = 1000;
    for nick in nicks {
        s.add(nick);
    }
    s.run(SECOND * 5);
    s
}

fn join(s: &mut Segment, n: usize, passphrase: &str) {
    s.with(n, |node, now| node.join_locked(now, dev(), key(dev(), passphrase))).unwrap();
}

fn say(s: &mut Segment, n: usize, text: &str) -> LineId {
    s.with(n, |node, now| node.say_in(now, dev(), Kind::Say, text, None)).unwrap()
}

/// What a host has shown of the room, own lines too.
fn shown(s: &Segment, n: usize) -> Vec<String> {
    let lines = s.hosts[n].events.iter().filter_map(|e| if let Event::Line(l) = e { Some(l) } else { None });
    lines.filter(|l| l.room == dev().to_safe()).map(|l| format!("{}: {}", l.from, l.text)).collect()
}

fn news(s: &Segment, n: usize) -> Vec<LockNews> {
    let news = |e: &Event| if let Event::Lock { news, .. } = e { Some(news.clone()) } else { None };
    s.hosts[n].events.iter().filter_map(news).collect()
}

fn listed(s: &mut Segment, n: usize) -> Option<Room> {
    s.hosts[n].node().rooms().into_iter().find(|r| r.name == dev())
}

#[test]
fn only_those_with_the_passphrase_read_and_nothing_of_it_is_in_the_clear() {
    let mut s = started(1, &["alice", "bob", "carol"]);
    s.tapped = Some(2);
    join(&mut s, 0, "correct horse");
    join(&mut s, 1, "correct horse");
    s.run(SECOND);
    say(&mut s, 0, "the plans");
    s.run(SECOND);
    let long = "pläne ".repeat(200);
    say(&mut s, 1, long.trim_end());
    s.run(SECOND);
    s.with(0, |node, now| node.set_topic(now, dev(), "weekend")).unwrap();
    let line = s.hosts[0].heard()[0].clone();
    let to = Answered { line: line.id.unwrap(), from: line.from.clone(), text: SafeText::line("pläne") };
    s.with(0, |node, now| node.say_in(now, dev(), Kind::Say, "agreed", Some(&to))).unwrap();
    s.with(0, |node, now| node.react(now, dev(), "👍", &to)).unwrap();
    s.with(1, |node, now| node.typing(now, dev()));
    s.run(SECOND);

    let all = ["alice: the plans".to_owned(), format!("bob: {}", long.trim_end()), "alice: weekend".into()];
    for n in [0, 1] {
        assert_eq!(shown(&s, n)[..3], all, "host {n}");
        assert_eq!(shown(&s, n)[3..], ["alice: agreed", "alice: 👍"]);
        let room = listed(&mut s, n).unwrap();
        assert_eq!((room.topic.as_str(), room.joined), ("weekend", true));
        assert_eq!(room.members, [s.id(1 - n)]);
    }
    let bob: Vec<_> = s.hosts[1].heard().into_iter().cloned().collect();
    assert_eq!(bob[2].about.as_ref().unwrap().line, to.line);
    assert_eq!(bob[2].about.as_ref().unwrap().quote.as_str(), "bob: pläne");
    let mut reactions = Reactions::default();
    reactions.add(&bob[3]);
    assert!(
        s.hosts[0].events.iter().any(|e| matches!(e, Event::Typing { room: Some(r), .. } if *r == dev()))
    );
    // Carol holds all of it, without a name and without a word.
    assert_eq!((shown(&s, 2), listed(&mut s, 2)), (Vec::new(), None));
    assert_eq!(s.hosts[2].node().rooms().len(), 1, "the lobby");
    assert_eq!(s.hosts[2].node().peers()[0].rooms, []);
    assert!(!s.hosts[2].events.iter().any(|e| matches!(e, Event::Gap { .. } | Event::Typing { .. })));
    let sealed: Vec<&Vec<u8>> =
        s.heard.iter().filter(|(_, _, slot, _)| *slot == Slot::Sealed).map(|(.., data)| data).collect();
    assert!(sealed.len() >= 9, "{}", sealed.len());
    assert!(s.hosts[2].held.iter().filter(|held| held.data.starts_with(b"LC\x01\x30")).count() >= 9);
    for (_, _, _, data) in &s.heard {
        for word in ["dev", "plans", "pläne", "weekend", "agreed", "👍", "horse"] {
            let found = data.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word.as_bytes()));
            assert!(!found || word == "dev" && data.starts_with(b"LC"), "{word} in {data:02x?}");
        }
    }
    let sizes: std::collections::BTreeSet<usize> = sealed.iter().map(|data| data.len()).collect();
    assert!(sizes.iter().all(|n| [220, 310, 400].contains(n)), "{sizes:?}");
}

#[test]
fn who_lacks_the_key_repairs_for_a_late_joiner_when_the_author_has_left() {
    let mut s = started(2, &["alice", "carol"]);
    join(&mut s, 0, "pass");
    for n in 0..20 {
        say(&mut s, 0, &format!("line {n} {}", "x".repeat(n * 30)));
        s.run(SECOND / 10);
    }
    s.run(SECOND * 2);
    s.leave(0);
    s.run(SECOND * 30);
    let bob = s.add("bob");
    s.run(SECOND * 20);
    assert_eq!(shown(&s, bob), Vec::<String>::new());
    join(&mut s, bob, "pass");
    let wanted: Vec<String> = (0..20).map(|n| format!("alice: line {n} {}", "x".repeat(n * 30))).collect();
    assert!(shown(&s, bob) == wanted);
    // One with a wrong passphrase reads nothing.
    let eve = s.add("eve");
    s.run(SECOND * 20);
    join(&mut s, eve, "guess");
    s.run(SECOND * 20);
    assert_eq!(shown(&s, eve), Vec::<String>::new());
}

#[test]
fn nothing_is_lost_at_thirty_percent_loss_and_everybody_agrees() {
    for seed in 0..3 {
        let mut s = started(10 + seed, &["alice", "bob", "carol", "dave"]);
        s.loss(0.3);
        s.run(SECOND * 10);
        for n in 0..3 {
            join(&mut s, n, "pass");
        }
        s.run(SECOND * 10);
        for n in 0..60 {
            match n % 3 {
                0 => s.say(n % 4, &format!("open {n}")),
                _ => drop(say(&mut s, n % 3, &format!("sealed {n} {}", "long ".repeat(n)))),
            }
            s.run(SECOND / 10);
        }
        s.run(SECOND * 20);
        let late = s.add("late");
        s.run(SECOND * 20);
        join(&mut s, late, "pass");
        s.run(SECOND * 20);
        let mut all: Vec<Vec<String>> = [0, 1, 2, late].iter().map(|n| shown(&s, *n)).collect();
        for shown in &mut all {
            shown.sort();
        }
        assert_eq!(all[0].len(), 40, "seed {seed}");
        assert!(all.iter().all(|shown| *shown == all[0]), "seed {seed}");
        assert_eq!(shown(&s, 3), Vec::<String>::new(), "seed {seed}: dave has no key");
        let members: usize = (0..3).map(|n| listed(&mut s, n).unwrap().members.len()).sum();
        assert_eq!(members, 9, "seed {seed}");
        let digests = s.digests(s.now.saturating_sub(SECOND * 40));
        assert!(digests.windows(2).all(|pair| pair[0] == pair[1]), "seed {seed}: all hold the same");
    }
}

#[test]
fn a_passphrase_that_nobody_else_uses_is_pointed_out() {
    let mut s = started(3, &["alice", "bob", "carol", "dave"]);
    join(&mut s, 0, "right");
    s.run(SECOND * 30);
    assert_eq!(news(&s, 0), [], "nobody is in any locked room: there is nothing to say");
    join(&mut s, 1, "right");
    s.run(SECOND * 30);
    join(&mut s, 2, "worng");
    s.run(SECOND * 30);
    assert_eq!((news(&s, 0), news(&s, 1)), (vec![], vec![]));
    assert_eq!(news(&s, 2), [LockNews::Alone]);
    let text = LockNews::Alone.text(dev());
    assert!(text.as_str().contains("nobody here uses this passphrase for #dev"), "{text}");
    // Two rooms of one name.
    say(&mut s, 0, "to the right ones");
    say(&mut s, 2, "to nobody");
    s.run(SECOND * 2);
    assert_eq!(shown(&s, 1), ["alice: to the right ones"]);
    assert_eq!(shown(&s, 2), ["carol: to nobody"]);
    // The right one shows what was missed.
    join(&mut s, 2, "right");
    s.run(SECOND * 30);
    assert_eq!(shown(&s, 2), ["carol: to nobody", "alice: to the right ones"]);
    assert_eq!(news(&s, 2), [LockNews::Alone], "not again");
    assert_eq!(listed(&mut s, 2).unwrap().members.len(), 2);
}

#[test]
fn a_key_is_kept_in_memory_but_not_over_a_restart() {
    let mut s = started(4, &["alice", "bob"]);
    join(&mut s, 0, "pass");
    join(&mut s, 1, "pass");
    say(&mut s, 0, "one");
    s.run(SECOND);
    s.with(1, |node, now| node.part(now, dev()));
    say(&mut s, 0, "two");
    s.run(SECOND * 4);
    assert_eq!(shown(&s, 1), ["alice: one"]);
    assert_eq!(listed(&mut s, 0).unwrap().members, []);
    assert_eq!(listed(&mut s, 1).map(|r| (r.joined, r.unshown)), Some((false, 1)));
    let out = s.with(1, |node, now| node.say_in(now, dev(), Kind::Say, "x", None));
    assert_eq!(out, Err(SayError::NotIn(dev())));
    s.with(1, |node, now| node.join(now, dev())).unwrap();
    assert_eq!(shown(&s, 1), ["alice: one", "alice: two"]);

    let kept = std::mem::take(&mut s.hosts[1].held);
    s.leave(1);
    s.hosts[1].events.clear();
    s.start(1, "bob", 2, false);
    s.with(1, |node, _| {
        node.restore(kept);
        node.expect_locked(dev());
        assert_eq!(node.joined(), [dev()], "kept for the next run");
    });
    s.run(SECOND * 5);
    assert_eq!(news(&s, 1), [LockNews::Wanted]);
    assert_eq!(s.with(1, |node, now| node.join(now, dev())), Err(JoinError::Locked(dev())));
    say(&mut s, 0, "three");
    s.run(SECOND * 2);
    assert_eq!(shown(&s, 1), Vec::<String>::new());
    join(&mut s, 1, "pass");
    assert_eq!(shown(&s, 1), ["alice: one", "alice: two", "alice: three"], "what it holds can be opened");
    assert_eq!(s.hosts[1].node().joined(), [dev()]);
}

#[test]
fn a_change_of_passphrase_is_told_under_the_old_one() {
    let mut s = started(5, &["alice", "bob", "carol"]);
    for n in 0..3 {
        join(&mut s, n, "old");
    }
    s.run(SECOND * 2);
    s.with(0, |node, now| node.change_lock(now, dev(), key(dev(), "new"))).unwrap();
    s.run(SECOND * 3);
    for n in [1, 2] {
        assert_eq!(news(&s, n), [LockNews::Changed { by: SafeText::line("alice") }], "host {n}");
        assert_eq!(shown(&s, n), ["alice: changed the passphrase of this room"]);
    }
    say(&mut s, 0, "for the new ones");
    s.run(SECOND);
    assert_eq!(shown(&s, 1).len(), 1);
    join(&mut s, 1, "new");
    s.run(SECOND * 3);
    assert_eq!(shown(&s, 1)[1..], ["alice: for the new ones"]);
    assert_eq!(listed(&mut s, 0).unwrap().members, [s.id(1)]);
    assert_eq!(listed(&mut s, 2).unwrap().members, []);
    say(&mut s, 2, "who is still here?");
    s.run(SECOND);
    assert!(!shown(&s, 1).iter().any(|l| l.contains("still here")), "the old key opens nothing any more");
    let other = "other".parse().unwrap();
    let out = s.with(1, |node, now| node.change_lock(now, other, key(other, "x")));
    assert_eq!(out, Err(JoinError::Locked(other.to_locked())));
}

#[test]
fn open_and_locked_rooms_of_one_name_are_two_and_the_lobby_stays_open() {
    let mut s = started(6, &["alice", "bob"]);
    let open = dev().to_open();
    for n in 0..2 {
        join(&mut s, n, "pass");
        s.with(n, |node, now| node.join(now, open)).unwrap();
    }
    s.run(SECOND);
    say(&mut s, 0, "within");
    s.with(0, |node, now| node.say_in(now, open, Kind::Say, "outside", None)).unwrap();
    s.run(SECOND);
    assert_eq!(shown(&s, 1), ["alice: within"]);
    let rooms: Vec<String> = s.hosts[1].heard().iter().map(|l| l.room.to_string()).collect();
    assert_eq!(rooms, ["dev[locked]", "dev"]);
    let lobby = s.with(0, |node, now| node.join_locked(now, RoomName::LOBBY, key(dev(), "x")));
    assert_eq!(lobby, Err(JoinError::Lobby));
}

#[test]
fn an_answer_of_no_more_rooms_than_one_frame_tells() {
    let mut s = started(7, &["alice", "bob"]);
    let mut joined = 0;
    for n in 0..40 {
        let room: RoomName = format!("room-with-a-long-name-{n}").parse().unwrap();
        let k = key(room, "pass");
        joined += usize::from(s.with(0, |node, now| node.join_locked(now, room, k)).is_ok());
        let k = key(room, "pass");
        let _ = s.with(1, |node, now| node.join_locked(now, room, k));
    }
    s.with(0, |node, now| node.set_away(now, Some(&"x".repeat(60))));
    s.run(SECOND * 5);
    assert_eq!(joined, 16);
    let peers = s.hosts[1].node().peers();
    assert_eq!(peers[0].rooms.len(), 16, "one frame tells all of them");
    assert_eq!(peers[0].away.as_ref().unwrap().as_str().len(), 60);
}

/// The same key, epoch and numbers again, as after restoring a backup of a machine: what differs never shares a nonce.
#[test]
fn nonces_never_repeat_over_restarts_and_restored_backups() {
    let mut nonces: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
    let mut repeated = 0;
    for (seed, epoch) in [(1, 1), (1, 1), (2, 1), (2, 2), (1, 2), (1, 1)] {
        let mut s = Segment::new(seed);
        s.add("alice");
        s.start(0, "alice", epoch, false);
        s.tapped = Some(0);
        join(&mut s, 0, "pass");
        s.run(SECOND * 2);
        for n in 0..20 {
            let text = if n % 2 == 0 { "the same".to_owned() } else { format!("other {seed} {n}") };
            say(&mut s, 0, &text);
            s.run(SECOND / 10);
        }
        let sealed = s.heard.iter().filter(|(_, _, slot, _)| *slot == Slot::Sealed);
        for (.., data) in sealed {
            let signed = data[..data.len() - 64].to_vec();
            match nonces.insert(data[26..50].to_vec(), signed.clone()) {
                Some(before) if before == signed => repeated += 1,
                before => assert_eq!(before, None, "one nonce for two texts"),
            }
        }
    }
    assert!(repeated > 0, "the backup was restored: {} nonces", nonces.len());
    assert_eq!(nonces.len(), 60, "20, 10 of seed 2 that differ, 20 of epoch 2, 10 of them that differ");
}

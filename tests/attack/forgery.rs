//! Nobody speaks in another's name: forged, changed, cut, replayed and reordered datagrams.

use std::time::Duration;

use lanchat::chat::{Event, Slot, Source};
use lanchat::netbios::Name;

use crate::forge::{Claim, Key, repair};
use crate::segment::{START, Segment};

const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn eve() -> Source {
    Source { name: Name::new("EVIL", 0).unwrap(), address: "10.0.9.9:13138".parse().unwrap() }
}

pub(crate) fn wall(s: &Segment) -> u64 {
    s.time().wall
}

/// Alice and bob, who know each other, and what bob hears of alice: her line `genuine`, which he does not get.
fn a_line_that_bob_misses() -> (Segment, Vec<u8>) {
    let mut s = Segment::new(1);
    let (alice, _bob) = (s.add("alice"), s.add("bob"));
    s.run(10 * SECOND);
    s.tapped = Some(0);
    s.hosts[1].side = 1; // the cable of bob is out
    s.say(alice, "genuine");
    s.run(SECOND / 100);
    s.tapped = None;
    let line = s.heard.iter().find(|(_, _, slot, _)| *slot == Slot::Lobby).unwrap().3.clone();
    s.hosts[0].node = None;
    s.hosts[1].side = 0;
    (s, line)
}

/// Lines that bob takes for alice's.
fn as_alice(s: &Segment) -> Vec<String> {
    let alice = s.id(0);
    s.hosts[1].heard().iter().filter(|l| l.peer == Some(alice)).map(|l| l.text.to_string()).collect()
}

#[test]
fn a_line_with_any_bit_changed_is_not_its_authors() {
    let (mut s, line) = a_line_that_bob_misses();
    let mut tried = 0;
    for bit in 0..line.len() * 8 {
        let mut forged = line.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        s.inject(eve(), Slot::Lobby, &forged);
        s.inject(eve(), Slot::Sync, &repair(&forged));
        s.run(SECOND / 200);
        tried += 2;
    }
    for length in 0..line.len() {
        s.inject(eve(), Slot::Lobby, &line[..length]);
        s.inject(eve(), Slot::Sync, &repair(&line[..length]));
        s.run(SECOND / 200);
        tried += 2;
    }
    s.run(10 * SECOND);
    assert_eq!((as_alice(&s), tried > 2000), (vec![], true), "{tried} tried");
    s.inject(eve(), Slot::Lobby, &line);
    s.run(SECOND);
    assert_eq!(as_alice(&s), ["genuine"], "the line itself is hers, whoever brings it");
}

#[test]
fn a_beacon_with_any_bit_changed_says_nothing() {
    let mut s = Segment::new(2);
    let bob = s.add("bob");
    s.run(10 * SECOND);
    let key = Key::new(1);
    let mut tried = 0;
    for kind in [1, 2] {
        let beacon = key.beacon(&Claim { kind, ..Claim::new(wall(&s)) });
        for bit in 0..beacon.len() * 8 {
            let mut forged = beacon.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            s.inject(eve(), Slot::Sync, &forged);
            s.run(SECOND / 200);
            tried += 1;
        }
        for length in 0..beacon.len() {
            s.inject(eve(), Slot::Sync, &beacon[..length]);
            s.run(SECOND / 200);
            tried += 1;
        }
    }
    let joined = |s: &Segment| s.hosts[bob].events.iter().filter(|e| matches!(e, Event::Join(_))).count();
    assert_eq!(joined(&s), 0, "{tried} tried");
    s.inject(eve(), Slot::Sync, &key.beacon(&Claim::new(wall(&s))));
    s.run(SECOND);
    assert_eq!(joined(&s), 1, "the beacon itself is good");
}

#[test]
fn with_another_key_nobody_is_alice() {
    let (mut s, _) = a_line_that_bob_misses();
    let alice = s.id(0);
    let names: Vec<_> =
        s.hosts[1].node().peers().iter().map(|p| (p.id, p.name.clone(), p.words.clone())).collect();
    // An id is the hash of a key: here others' keys claim it, before and after alice was met.
    for n in 0..300 {
        let key = Key::new(n);
        let now = wall(&s);
        let count = 1_000 + u32::try_from(n).unwrap();
        for kind in [1, 2] {
            let claim = Claim { kind, epoch: 1, count, nick: "alice", ..Claim::new(now) };
            s.inject(eve(), Slot::Sync, &key.beacon_as(alice.0, &claim));
            s.inject(eve(), Slot::Sync, &key.beacon_as([9; 8], &claim));
        }
        s.inject(eve(), Slot::Lobby, &key.line_as(alice.0, 1, count, now, "<alice> forged"));
        s.inject(eve(), Slot::Sync, &repair(&key.line_as(alice.0, 1, 1, now, "<alice> forged")));
        s.run(SECOND / 50);
    }
    assert_eq!(as_alice(&s), Vec::<String>::new(), "1 800 tried");
    let now: Vec<_> =
        s.hosts[1].node().peers().iter().map(|p| (p.id, p.name.clone(), p.words.clone())).collect();
    assert_eq!(now, names, "and nobody is listed otherwise than before");
}

#[test]
fn a_stolen_nickname_is_shown_apart() {
    let mut s = Segment::new(4);
    let (_alice, bob) = (s.add("alice"), s.add("bob"));
    s.run(10 * SECOND);
    let looks = ["alice", "Alice", "аlice", "ALICE", "a\u{200b}lice", "alice\u{202e}", "ａｌｉｃｅ"];
    for (n, nick) in (0..).zip(looks) {
        let key = Key::new(n);
        s.inject(eve(), Slot::Sync, &key.beacon(&Claim { nick, ..Claim::new(wall(&s)) }));
        let line = key.line(7, 1, wall(&s), &format!("<{nick}> it is me"));
        s.inject(eve(), Slot::Lobby, &line);
        s.run(SECOND / 10);
    }
    let names: Vec<String> = s.hosts[bob].node().peers().iter().map(|p| p.name.to_string()).collect();
    let alice = s.id(0);
    let plain: Vec<_> = s.hosts[bob]
        .heard()
        .iter()
        .filter(|l| !l.from.as_str().contains('~'))
        .map(|l| l.from.to_string())
        .collect();
    assert_eq!(names.iter().filter(|n| n.to_lowercase() == "alice").count(), 1, "{names:?}");
    assert_eq!(plain, Vec::<String>::new(), "each with its suffix, also the one of two alphabets");
    assert!(
        s.hosts[bob].heard().iter().all(|l| l.peer != Some(alice))
            && s.hosts[bob].heard().len() == looks.len()
    );
}

#[test]
fn a_replayed_line_is_shown_once_and_in_another_run_as_old() {
    let mut s = Segment::new(5);
    let (alice, bob) = (s.add("alice"), s.add("bob"));
    s.tapped = Some(bob);
    s.run(5 * SECOND);
    for n in 0..20 {
        s.say(alice, &format!("line {n}"));
        s.run(SECOND / 10);
    }
    s.tapped = None;
    let recorded = std::mem::take(&mut s.heard);
    let said = wall(&s);
    assert_eq!(s.hosts[bob].texts().len(), 20);
    // The same run: in order, in the reverse order, and all again.
    for (_, from, slot, data) in recorded.iter().chain(recorded.iter().rev()).chain(&recorded) {
        s.inject(*from, *slot, data);
        s.run(SECOND / 1000);
    }
    s.run(15 * SECOND);
    assert_eq!(s.hosts[bob].texts().len(), 20, "{} replayed", recorded.len() * 3);
    // Bob starts again, with what he has kept: he has seen it all. Alice is gone for good.
    s.leave(alice);
    s.leave(bob);
    s.run(3600 * SECOND);
    s.hosts[bob].events.clear();
    s.start(bob, "bob", 2, false);
    let held = s.hosts[bob].held.clone();
    s.with(bob, |node, _| node.restore(held));
    // Carol is on another segment and has never met alice.
    let carol = s.add("carol");
    s.run(5 * SECOND);
    for (_, _, slot, data) in &recorded {
        s.inject(eve(), *slot, data);
        s.run(SECOND / 1000);
    }
    s.run(60 * SECOND);
    assert_eq!(s.hosts[bob].texts(), Vec::<&str>::new());
    let heard = s.hosts[carol].heard();
    assert!(heard.iter().all(|l| l.late && l.sent_at <= said), "shown as what it is: said an hour ago");
    let ghost = s.id(alice);
    let joined = |n: usize| s.hosts[n].events.iter().any(|e| matches!(e, Event::Join(p) if p.id == ghost));
    assert!(!joined(bob) && !joined(carol), "who said it is not here");
    assert!(START < said);
}

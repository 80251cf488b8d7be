//! Frames of every type, as nodes of the product send them on a virtual segment.

#![allow(dead_code, reason = "each test that includes this file uses some of it")]

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use lanchat::chat::{Cost, Kind, Passphrase, RoomKey, RoomName, Slot, Source};

use crate::segment::Segment;

const SECOND: Duration = Duration::from_secs(1);

/// A datagram as it was heard.
pub(crate) type Frame = (Source, Slot, Vec<u8>);

/// What a frame is: the slot as a letter, and its type; 0 for a line.
pub(crate) fn kind((_, slot, data): &Frame) -> (char, u8) {
    let of = data.get(3).copied().unwrap_or_default();
    match slot {
        Slot::Lobby => ('l', 0),
        Slot::Room(_) => ('m', 0),
        Slot::Sealed => ('x', of),
        Slot::Sync => ('s', of),
        Slot::Reply(_) => ('r', of),
    }
}

/// Every kind of frame that there is.
pub(crate) const KINDS: [(char, u8); 19] = [
    ('l', 0),
    ('m', 0),
    ('x', 48),
    ('s', 1),
    ('s', 2),
    ('s', 3),
    ('s', 4),
    ('s', 5),
    ('s', 6),
    ('s', 7),
    ('s', 8),
    ('s', 11),
    ('s', 12),
    ('r', 6),
    ('r', 9),
    ('r', 10),
    ('r', 32),
    ('r', 33),
    ('r', 34),
];

/// Frames of every kind, at most `most` different ones of each.
pub(crate) fn every_frame(most: usize) -> Vec<Frame> {
    let mut seen = HashSet::new();
    let mut count: BTreeMap<(char, u8), usize> = BTreeMap::new();
    let all = [talk(), latecomer(), crowd(), stranger()].concat();
    let mut kept: Vec<Frame> = all.into_iter().filter(|f| seen.insert((f.1, f.2.clone()))).collect();
    kept.retain(|frame| {
        let count = count.entry(kind(frame)).or_default();
        *count += 1;
        *count <= most
    });
    let missing: Vec<_> = KINDS.iter().filter(|kind| !count.contains_key(kind)).collect();
    assert!(missing.is_empty(), "no frames of {missing:?} among {count:?}");
    kept
}

fn heard(segment: Segment) -> Vec<Frame> {
    segment.heard.into_iter().map(|(_, source, slot, data)| (source, slot, data)).collect()
}

/// Three people talk where much is lost; one leaves, one vanishes.
fn talk() -> Vec<Frame> {
    let mut s = Segment::new(7);
    s.tapped = Some(s.add("alice"));
    for nick in ["bob", "carol", "Zoë"] {
        s.add(nick);
    }
    s.run(SECOND * 3);
    s.loss(0.3);
    for n in 0..40 {
        s.say(1 + n % 3, &format!("line {n} with ümläuts"));
        s.run(Duration::from_millis(70));
    }
    s.with(1, |node, now| node.say(now, Kind::Action, "waves")).unwrap();
    let lunch: RoomName = "lunch".parse().unwrap();
    for n in 0..3 {
        s.with(n, |node, now| node.join(now, lunch)).unwrap();
    }
    for n in 0..3 {
        let key = RoomKey::derive(lunch, &Passphrase::new("secret").unwrap(), Cost { memory: 8, passes: 1 });
        s.with(n, |node, now| node.join_locked(now, lunch, key.unwrap())).unwrap();
        s.with(n, |node, now| node.say_in(now, lunch.to_locked(), Kind::Say, "plans", None)).unwrap();
    }
    s.with(2, |node, now| node.set_away(now, Some("at lunch")));
    for n in 0..4 {
        s.with(1 + n % 2, |node, now| node.typing(now, lunch));
        s.with(1, |node, now| node.say_in(now, lunch, Kind::Say, "noodles", None)).unwrap();
        s.run(Duration::from_secs(4));
    }
    let long = "a line in parts, ".repeat(60);
    s.say(2, &long);
    let alice = s.id(0);
    s.with(1, |node, now| node.direct(now, alice, Kind::Say, "just for you")).unwrap();
    s.run(SECOND * 5);
    s.leave(3);
    s.hosts[2].node = None;
    s.run(SECOND * 40);
    heard(s)
}

/// Somebody comes late and fetches what was said.
fn latecomer() -> Vec<Frame> {
    let mut s = Segment::new(8);
    s.add("alice");
    s.add("bob");
    s.run(SECOND * 2);
    for n in 0..60 {
        s.say(n % 2, &format!("old line {n}"));
        s.run(Duration::from_millis(20));
    }
    s.depth = 100;
    s.tapped = Some(s.add("late"));
    s.run(SECOND * 6);
    heard(s)
}

/// Somebody comes to many.
fn crowd() -> Vec<Frame> {
    let mut s = Segment::new(9);
    for n in 0..40 {
        s.add(&format!("n{n}"));
    }
    s.run(SECOND * 30);
    s.tapped = Some(s.add("newcomer"));
    s.run(SECOND * 10);
    heard(s)
}

/// Somebody is spoken to who has just started and knows nobody.
fn stranger() -> Vec<Frame> {
    let mut s = Segment::new(10);
    s.tapped = Some(s.add("alice"));
    s.add("bob");
    s.run(SECOND * 2);
    let bob = s.id(1);
    s.start(1, "bob", 2, false);
    s.with(0, |node, now| node.ping(now, bob, 8));
    s.run(SECOND);
    heard(s)
}

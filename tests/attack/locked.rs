//! Locked rooms under attack, by one who has no passphrase: what he sees he can copy, change and sign himself; none of it is
//! shown in the room, and nobody takes him for a member.

use std::time::Duration;

use lanchat::chat::{Cost, Event, Kind, Passphrase, RoomKey, RoomName, Slot, limits};

use crate::forge::{Claim, Key, repair};
use crate::forgery::{eve, wall};
use crate::segment::Segment;

const SECOND: Duration = Duration::from_secs(1);
/// Bytes of a sealed datagram before the nonce, and of the signature at its end.
const HEAD: usize = 26;
const SIGNATURE: usize = 64;

fn room(name: &str) -> RoomName {
    name.parse::<RoomName>().unwrap().to_locked()
}

fn join(s: &mut Segment, host: usize, name: &str) {
    let cheap = Cost { memory: 8, passes: 1 };
    let key = RoomKey::derive(room(name), &Passphrase::new("secret").unwrap(), cheap).unwrap();
    s.with(host, |node, now| node.join_locked(now, room(name), key)).unwrap();
}

fn say(s: &mut Segment, host: usize, name: &str, text: &str) {
    s.with(host, |node, now| node.say_in(now, room(name), Kind::Say, text, None)).unwrap();
}

/// Alice and bob in two locked rooms; eve's key is known to both.
fn started(seed: u64) -> (Segment, Key) {
    let mut s = Segment::new(seed);
    s.add("alice");
    s.add("bob");
    s.run(10 * SECOND);
    for host in [0, 1] {
        join(&mut s, host, "dev");
        join(&mut s, host, "board");
    }
    let key = Key::new(1);
    s.inject(eve(), Slot::Sync, &key.beacon(&Claim::new(wall(&s))));
    s.run(3 * SECOND);
    assert!(s.hosts[1].node().peers().iter().any(|p| p.id.0 == key.id()), "eve is known");
    (s, key)
}

/// What eve hears when alice says something that bob does not get.
fn that_bob_misses(s: &mut Segment, text: &str) -> Vec<u8> {
    (s.tapped, s.hosts[1].side) = (Some(0), 1);
    s.heard.clear();
    say(s, 0, "dev", text);
    s.run(SECOND / 100);
    let heard = s.heard.iter().find(|(_, _, slot, _)| *slot == Slot::Sealed).unwrap().3.clone();
    s.tapped = None;
    heard
}

/// Lines that bob was shown in locked rooms.
fn shown(s: &Segment) -> Vec<(String, String)> {
    let heard = s.hosts[1].heard();
    let locked = heard.iter().filter(|l| l.room.as_str().contains("[locked]"));
    locked.map(|l| (l.room.to_string(), l.text.to_string())).collect()
}

fn inject(s: &mut Segment, data: &[u8]) {
    s.inject(eve(), Slot::Sealed, data);
    s.inject(eve(), Slot::Sync, &repair(data));
    s.run(SECOND / 200);
}

#[test]
fn a_sealed_line_with_any_bit_changed_is_nothing() {
    let (mut s, _) = started(41);
    let line = that_bob_misses(&mut s, "genuine");
    s.hosts[0].node = None;
    s.hosts[1].side = 0;
    let mut tried = 0;
    for bit in 0..line.len() * 8 {
        let mut forged = line.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        inject(&mut s, &forged);
        tried += 2;
    }
    for length in 0..line.len() {
        inject(&mut s, &line[..length]);
        tried += 2;
    }
    s.run(10 * SECOND);
    assert_eq!((shown(&s), tried > 3000), (vec![], true), "{tried} tried");
    inject(&mut s, &line);
    s.run(SECOND);
    assert_eq!(
        shown(&s),
        [("dev[locked]".to_owned(), "genuine".to_owned())],
        "the line itself, whoever brings it"
    );
    for _ in 0..100 {
        inject(&mut s, &line);
    }
    s.run(10 * SECOND);
    assert_eq!(shown(&s).len(), 1, "and no second time");
}

#[test]
fn what_eve_signs_herself_is_in_no_room() {
    let (mut s, key) = started(42);
    s.tapped = Some(1);
    say(&mut s, 0, "dev", "in dev");
    say(&mut s, 0, "board", "in board");
    s.run(SECOND);
    let lines: Vec<Vec<u8>> = s
        .heard
        .iter()
        .filter(|(_, _, slot, _)| *slot == Slot::Sealed)
        .map(|(.., data)| data.clone())
        .collect();
    let tags: Vec<[u8; 4]> = lines.iter().map(|line| line[4..8].try_into().unwrap()).collect();
    assert_ne!(tags[0], tags[1]);
    let before = shown(&s);
    assert_eq!(before.len(), 2);
    let mut number = 0;
    // Under her own name, with the tag of either room: alice's words, alice's nonce, words of hers, in each size.
    for n in 0..600_usize {
        let line = &lines[n % 2];
        let body = match n % 3 {
            0 => line[HEAD..line.len() - SIGNATURE].to_vec(),
            1 => [&line[HEAD..HEAD + 24], &[0x5a; 106]].concat(),
            _ => vec![u8::try_from(n % 256).unwrap(); 24 + 16 + 1 + n % 270],
        };
        number += 1;
        inject(&mut s, &key.sealed_line(tags[n / 2 % 2], key.id(), (7, number), &body));
        // In alice's name, with her next numbers.
        let alice = s.id(0).0;
        inject(&mut s, &key.sealed_line(tags[n / 2 % 2], alice, (1, 3 + number), &body));
    }
    // Text first, in the slot of the locked rooms and with the name of one.
    for n in 0..100 {
        let text = "* alice changed the topic of #dev[locked]: evil";
        number += 1;
        let line =
            key.line_in(if n % 2 == 0 { "dev[locked]" } else { "dev" }, key.id(), 7, number, wall(&s), text);
        inject(&mut s, &line);
    }
    s.run(20 * SECOND);
    assert_eq!(shown(&s), before, "{number} tried twice");
    let rooms = s.hosts[1].node().rooms();
    assert!(rooms.iter().all(|room| room.topic.as_str().is_empty()));
    say(&mut s, 0, "dev", "honest");
    s.run(SECOND);
    assert_eq!(shown(&s).len(), 3, "honest lines arrive");
}

#[test]
fn nobody_is_a_member_by_a_tag_or_a_guess() {
    let (mut s, key) = started(43);
    s.tapped = Some(1);
    s.run(40 * SECOND);
    // Alice's own status, as eve heard it: tags and proofs.
    let status =
        |(_, _, slot, data): &&(Duration, _, Slot, Vec<u8>)| *slot == Slot::Sync && data.get(3) == Some(&11);
    let heard = s.heard.iter().rev().find(status).unwrap().3.clone();
    let fields = &heard[22..heard.len() - SIGNATURE];
    let claims: Vec<&[u8]> = fields.chunks(14).map(|field| &field[2..]).collect();
    assert_eq!(claims.len(), 2, "{fields:02x?}");
    let (alice, dev) = (s.id(0), room("dev"));
    let mut count = 100;
    for n in 0..3000_u64 {
        count += 1;
        let claim = match n % 3 {
            0 => claims[0].to_vec(), // alice's proof
            1 => [&claims[1][..4], &n.to_be_bytes()[..]].concat(),
            _ => [&u32::try_from(n).unwrap().to_be_bytes()[..], &[0; 8]].concat(),
        };
        s.inject(eve(), Slot::Sync, &key.field_status(7, count, 9, &claim));
        count += 1;
        s.inject(eve(), Slot::Sync, &key.tagged_typing(7, count, claim[..4].try_into().unwrap()));
        s.run(SECOND / 200);
    }
    // By name, as of an open room.
    for name in ["dev[locked]", "dev"] {
        count += 1;
        s.inject(eve(), Slot::Sync, &key.status_as(key.id(), 7, count, name, ""));
        s.run(SECOND / 10);
    }
    s.inject(eve(), Slot::Sync, &key.beacon(&Claim { count: count + 1, ..Claim::new(wall(&s)) })); // eve is here
    s.run(SECOND);
    let rooms = s.hosts[1].node().rooms();
    for name in ["dev", "board"] {
        let listed = rooms.iter().find(|listed| listed.name == room(name)).unwrap();
        assert_eq!(listed.members, [alice], "#{name}");
    }
    let eves = s.hosts[1].node().peers().into_iter().find(|p| p.id.0 == key.id()).unwrap();
    assert!(eves.rooms.iter().all(|room| !room.is_locked()), "{:?}", eves.rooms);
    assert!(!s.hosts[1].events.iter().any(|e| matches!(e, Event::Typing { room: Some(r), .. } if *r == dev)));
}

#[test]
fn sealed_junk_that_nobody_can_read_is_bounded_and_hides_nothing() {
    let (mut s, key) = started(44);
    for n in 0..12_000_u32 {
        let body = [n.to_be_bytes().as_slice(), &[0x77; 126]].concat();
        s.inject(eve(), Slot::Sealed, &key.sealed_line(n.to_le_bytes(), key.id(), (7, n + 1), &body));
        if n % 1000 == 0 {
            say(&mut s, 0, "dev", &format!("honest {n}"));
        }
        s.run(SECOND / 1100);
    }
    s.run(10 * SECOND);
    assert_eq!(shown(&s).len(), 12, "each honest line, once");
    let (held, _) = s.hosts[1].node().holding();
    assert!(held <= limits::MAX_HELD, "{held}");
    assert_eq!(s.hosts[1].node().rooms().len(), 3, "no room is invented by it");
}

//! An attacker on private lines: who records everything, changes it, plays it back, drops what he likes, and opens
//! sessions without end.

use std::collections::HashSet;
use std::time::Duration;

use lanchat::chat::{DirectState, Event, Kind, Slot, Source};
use lanchat::netbios::Name;
use proptest::prelude::*;

use crate::forge::{Claim, Key, Reader};
use crate::segment::{START, Segment};

const SECOND: Duration = Duration::from_secs(1);
/// Length of a sealed frame with a message of a handshake.
const HANDSHAKE: usize = 20 + 24 + 13 + 48 + 16;

/// Alice, bob and carol. Alice has said something to bob and bob to alice, in a session.
fn talk(seed: u64) -> Segment {
    let mut s = Segment::new(seed);
    for nick in ["alice", "bob", "carol"] {
        s.add(nick);
    }
    s.tapped = Some(1);
    s.run(2 * SECOND);
    say(&mut s, 0, 1, "from alice");
    say(&mut s, 1, 0, "from bob");
    s.run(SECOND);
    assert_eq!((s.hosts[0].texts(), s.hosts[1].texts()), (vec!["from bob"], vec!["from alice"]));
    s
}

fn say(s: &mut Segment, from: usize, to: usize, text: &str) {
    let reader = s.id(to);
    s.with(from, |node, now| node.direct(now, reader, Kind::Say, text)).unwrap();
}

/// What has come to the reply slot of the host that is tapped, of one type.
fn frames(s: &Segment, kind: u8) -> Vec<Vec<u8>> {
    let own = Slot::Reply(s.id(s.tapped.unwrap()));
    let replies = s.heard.iter().filter(|(_, _, slot, data)| *slot == own && data[3] == kind);
    replies.map(|(_, _, _, data)| data.clone()).collect()
}

fn mallory(last: u8) -> Source {
    Source { name: Name::new("EVIL", 0).unwrap(), address: ([10, 0, 66, last], 13_138).into() }
}

#[test]
fn recorded_handshakes_and_lines_are_worth_nothing() {
    let mut s = talk(1);
    let recorded: Vec<Vec<u8>> = [frames(&s, 32), frames(&s, 34)].concat();
    assert!(recorded.iter().any(|frame| frame.len() == HANDSHAKE), "a handshake is among them");
    assert!(recorded.iter().any(|frame| frame[3] == 34), "a line is among them");
    let mut tried = 0;
    let mut play = |s: &mut Segment, to: usize| {
        let slot = Slot::Reply(s.id(to));
        for frame in &recorded {
            s.inject(mallory(1), slot, frame);
            tried += 1;
        }
        s.run(5 * SECOND);
    };
    play(&mut s, 1);
    play(&mut s, 2); // to another reader
    s.restart(1, "bob", 2);
    s.run(2 * SECOND);
    play(&mut s, 1);
    s.restart(0, "alice", 2);
    s.run(2 * SECOND);
    play(&mut s, 1);
    s.restart(1, "bob", 3);
    play(&mut s, 1); // before it has heard anybody
    assert_eq!(s.hosts[1].texts(), ["from alice"]);
    assert!(s.hosts[2].texts().is_empty());
    say(&mut s, 0, 1, "and on it goes");
    s.run(5 * SECOND);
    assert_eq!(s.hosts[1].texts(), ["from alice", "and on it goes"]);
    println!("{tried} recorded frames played, 0 taken");
}

#[test]
fn no_byte_of_a_sealed_frame_can_be_changed() {
    let mut s = talk(2);
    let (bob, recorded) = (s.id(1), frames(&s, 34));
    s.tapped = Some(0);
    s.heard.clear();
    let (mut tried, mut asked) = (0, 0);
    for frame in &recorded {
        for at in 0..frame.len() {
            for bit in [1, 0x80] {
                let mut forged = frame.clone();
                forged[at] ^= bit;
                asked += forged.len();
                s.inject(mallory(1), Slot::Reply(bob), &forged);
                tried += 1;
            }
        }
        s.run(SECOND);
    }
    // What bob takes he acknowledges, in the session.
    assert_eq!(frames(&s, 34).len(), 0);
    assert_eq!(s.hosts[1].texts(), ["from alice"]);
    let answered: usize = [32, 33].iter().flat_map(|kind| frames(&s, *kind)).map(|frame| frame.len()).sum();
    assert!(answered <= asked * 3, "{answered} bytes for {asked}");
    say(&mut s, 0, 1, "still here");
    s.run(5 * SECOND);
    assert_eq!(s.hosts[1].texts(), ["from alice", "still here"]);
    println!("{tried} changed frames tried, 0 taken; {answered} bytes of answers to {asked}");
}

/// Who drops every message of a handshake delays lines. He does not get them sealed by the lasting keys.
#[test]
fn dropping_handshakes_forces_nothing() {
    let mut s = Segment::new(3);
    for nick in ["alice", "bob"] {
        s.add(nick);
    }
    s.dropped = Some(|data| data.len() == HANDSHAKE && data.get(3) == Some(&32));
    s.tapped = Some(1);
    s.run(2 * SECOND);
    say(&mut s, 0, 1, "not without a session");
    s.run(120 * SECOND);
    assert!(s.hosts[1].texts().is_empty());
    assert_eq!([frames(&s, 32), frames(&s, 34)].concat().len(), 0, "nothing of the line has left alice");
    let kept = |e: &Event| matches!(e, Event::Direct { state: DirectState::Kept, .. });
    assert!(s.hosts[0].events.iter().any(kept), "alice is told");
    s.dropped = None;
    s.run(30 * SECOND);
    assert_eq!(s.hosts[1].texts(), ["not without a session"]);
    let delivered = DirectState::Delivered { session: true };
    assert!(
        s.hosts[0].events.iter().any(|e| matches!(e, Event::Direct { state, .. } if *state == delivered))
    );
}

/// Frames in alice's name from many addresses, and openings of a real, invented peer as fast as he likes.
#[test]
fn a_flood_of_handshakes_neither_stops_lines_nor_is_answered_in_kind() {
    let mut s = talk(4);
    let (alice, bob) = (s.id(0), s.id(1));
    let key = Key::new(7);
    let to = Reader { id: bob.0, epoch: 1, public: s.hosts[1].identity.public(), port: 40_000 };
    s.inject(mallory(9), Slot::Sync, &key.beacon(&Claim::new(START)));
    s.run(SECOND);
    s.kinds.clear();
    let before = s.sent;
    let mut tried = 0_u32;
    for round in 0..50_u32 {
        for n in 0..100_u32 {
            let n = round * 100 + n;
            let mut forged = vec![b'L', b'C', 1, if n % 2 == 0 { 32 } else { 34 }];
            forged.extend_from_slice(&alice.0);
            forged.extend_from_slice(&bob.0);
            forged.extend((0..HANDSHAKE - 20).map(|at| n.to_be_bytes()[at % 4]));
            s.inject(mallory(n.to_be_bytes()[3]), Slot::Reply(bob), &forged);
            let opening = key.content(&to, 7, (10, n + 1), &[n.to_be_bytes()[3]; 48]);
            s.inject(mallory(9), Slot::Reply(bob), &opening);
            tried += 2;
        }
        if round % 10 == 0 {
            say(&mut s, 0, 1, &format!("line {round}"));
        }
        s.run(SECOND / 10);
    }
    s.run(5 * SECOND);
    let expected: Vec<String> = (0..5).map(|n| format!("line {}", n * 10)).collect();
    assert_eq!(s.hosts[1].texts()[1..], expected);
    let sent = s.sent - before;
    assert!(sent < 5_000, "{sent} datagrams in all while {tried} were thrown in");
    println!("{tried} frames of handshakes and sessions thrown in, {sent} datagrams in all went out");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// The same keys, again and again with the same epochs, as after a backup was restored.
    #[test]
    fn no_key_and_counter_come_twice(seed in any::<u64>(), restarts in proptest::collection::vec(0..2_usize, 1..10)) {
        let mut s = Segment::new(seed);
        s.add("alice");
        s.add("bob");
        let mut seen = HashSet::new();
        let mut count = 0;
        for tapped in [0, 1] {
            s.tapped = Some(tapped);
            s.heard.clear();
            for (n, host) in restarts.iter().enumerate() {
                let epoch = u32::try_from(n / 2).unwrap() + 1;
                s.start(*host, ["alice", "bob"][*host], epoch, false);
                s.run(3 * SECOND);
                for n in 0..5 {
                    say(&mut s, 0, 1, &format!("a {n}"));
                    say(&mut s, 1, 0, &format!("b {n}"));
                }
                s.run(3 * SECOND);
            }
            for frame in frames(&s, 34) {
                // Sender, session and counter: the key is the session's and the direction's.
                let place = (frame[4..12].to_vec(), frame[20..24].to_vec(), frame[24..32].to_vec());
                prop_assert!(seen.insert(place), "a counter came twice");
                count += 1;
            }
        }
        prop_assert!(count >= 10, "{count} frames");
    }
}

//! The protocol on a virtual segment: the product's own nodes in virtual time, from a seed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may fail loudly")]

#[path = "sim/segment.rs"]
mod segment;

use std::net::SocketAddr;
use std::time::Duration;

use lanchat::chat::{Event, Kind, LeaveReason, Node, PeerState, Slot, Source, Trust};
use lanchat::netbios::Name;
use segment::Segment;

const SECOND: Duration = Duration::from_secs(1);

fn trio(seed: u64) -> Segment {
    let mut s = Segment::new(seed);
    for nick in ["alice", "bob", "carol"] {
        s.add(nick);
    }
    s
}

#[test]
fn all_see_each_other_and_each_line_once_in_order() {
    for seed in 0..20 {
        let mut s = trio(seed);
        s.duplicates = 0.3;
        s.delay = (Duration::from_micros(50), Duration::from_millis(40)); // overtaking
        s.run(SECOND * 2);
        for n in 0..3 {
            assert_eq!(s.hosts[n].node().peers().len(), 2);
        }
        let said: Vec<String> = (0..200).map(|i| format!("line {i}")).collect();
        for line in &said {
            s.say(0, line);
            s.run(Duration::from_millis(3));
        }
        s.run(SECOND * 3);
        for n in 1..3 {
            assert_eq!(s.hosts[n].texts(), said, "seed {seed} host {n}");
            assert!(
                s.hosts[n]
                    .heard()
                    .iter()
                    .all(|l| l.trust == Trust::New && !l.late && l.from.as_str() == "alice")
            );
            assert!(!s.hosts[n].events.iter().any(|e| matches!(e, Event::Gap { .. })));
        }
    }
}

#[test]
fn a_long_line_comes_in_parts_and_arrives_whole() {
    let mut s = trio(1);
    s.run(SECOND);
    let text =
        (0..300).map(|i| format!("pasted line {i} with 👨‍👩‍👧 and ümläuts")).collect::<Vec<_>>().join("\n");
    s.say(0, &text);
    s.run(SECOND * 2);
    assert_eq!(s.hosts[1].texts(), [text.as_str()]);
    let too_long = "x".repeat(200_000);
    assert!(s.with(0, |node, now| node.say(now, Kind::Say, &too_long)).is_err());
    // Parts are cut between characters: the limit that is told is what fits of this very text.
    let Err(lanchat::chat::SayError::TooLong { bytes: 75_300, limit }) =
        s.with(0, |node, now| node.say(now, Kind::Say, &"日".repeat(25_100)))
    else {
        panic!("25 100 characters do not fit")
    };
    assert!(s.with(0, |node, now| node.say(now, Kind::Say, &"日".repeat(limit / 3 + 1))).is_err());
    assert!(s.with(0, |node, now| node.say(now, Kind::Say, &"日".repeat(limit / 3))).is_ok());
}

#[test]
fn newcomers_are_found_at_thirty_percent_loss_within_five_seconds() {
    for seed in 0..200 {
        let mut s = Segment::new(seed);
        s.add("alice");
        s.loss(0.3);
        s.run(SECOND * 20);
        s.add("bob");
        s.loss(0.3);
        s.run(SECOND * 5);
        for n in 0..2 {
            assert_eq!(s.hosts[n].node().peers().len(), 1, "seed {seed} host {n}");
        }
    }
}

#[test]
fn a_goodbye_is_seen_at_once_and_a_dead_host_within_fifteen_seconds() {
    let mut s = trio(3);
    s.run(SECOND * 5);
    let joins = |s: &Segment| s.hosts[0].events.iter().filter(|e| matches!(e, Event::Join(_))).count();
    assert_eq!(joins(&s), 2);
    for _ in 0..Node::GOODBYES {
        s.with(1, Node::leave);
        s.run(Duration::from_millis(10));
    }
    s.hosts[1].node = None;
    assert_eq!(joins(&s), 2, "a goodbye that comes again brings nobody back");
    let left = |s: &Segment, reason| {
        s.hosts[0]
            .events
            .iter()
            .filter(|e| matches!(e, Event::Leave { reason: r, .. } if *r == reason))
            .count()
    };
    assert_eq!(left(&s, LeaveReason::Goodbye), 1);
    s.hosts[2].node = None;
    s.run(SECOND * 15);
    assert!(s.hosts[0].node().peers().iter().all(|p| p.state == PeerState::Quiet));
    s.run(SECOND * 10);
    assert_eq!(left(&s, LeaveReason::Timeout), 1);
    assert!(s.hosts[0].node().peers().is_empty());
}

#[test]
fn a_leave_is_told_once_whatever_comes_of_the_copies() {
    for seed in 0..20 {
        let mut s = trio(seed);
        s.run(SECOND * 5);
        s.hosts[2].loss = 0.3;
        let before = s.hosts[0].events.len();
        s.leave(1);
        s.run(SECOND);
        let told = |e: &Event| matches!(e, Event::Join(_) | Event::Leave { .. });
        assert_eq!(s.hosts[0].events[before..].iter().filter(|e| told(e)).count(), 1, "seed {seed}");
        // Who is first heard by its goodbye was never here.
        let n = s.hosts.len();
        s.add("brief");
        s.leave(n);
        s.run(SECOND);
        assert_eq!(s.hosts[0].events[before..].iter().filter(|e| told(e)).count(), 1, "seed {seed}");
    }
}

#[test]
fn a_copy_of_a_profile_in_use_is_told_once_to_whom_it_silences() {
    let mut s = trio(8);
    s.run(SECOND * 5);
    let notices = |s: &Segment, n: usize| {
        s.hosts[n]
            .events
            .iter()
            .filter(|e| matches!(e, Event::Notice(_)))
            .map(|e| format!("{e:?}"))
            .collect::<Vec<_>>()
    };
    s.hosts[2].identity = s.hosts[1].identity.clone();
    s.start(2, "bob", 9, false);
    s.run(SECOND * 10);
    let told = notices(&s, 1);
    assert!(told.len() == 1 && told[0].contains("copy of your profile"), "{told:?}");
    assert!(notices(&s, 0).is_empty() && notices(&s, 2).is_empty());
}

#[test]
fn a_copy_that_was_started_in_the_same_second_is_told_to_who_came_later() {
    let mut s = trio(8);
    s.run(SECOND * 5);
    s.hosts[2].identity = s.hosts[1].identity.clone();
    let before = s.hosts[2].events.len();
    s.start(2, "bob", 1, false);
    s.run(SECOND * 10);
    let told = s.hosts[2].events[before..].iter().filter(|e| matches!(e, Event::Notice(_)));
    let told: Vec<_> = told.map(|e| format!("{e:?}")).collect();
    assert!(told.len() == 1 && told[0].contains("copy of your profile"), "{told:?}");
    // Nobody is told of his own echo.
    assert!(!s.hosts[0].events.iter().any(|e| matches!(e, Event::Notice(_))));
}

#[test]
fn nobody_is_called_gone_while_datagrams_are_lost() {
    for seed in 0..10 {
        let mut s = trio(seed);
        s.loss(0.3);
        s.run(SECOND * 600);
        let left =
            s.hosts.iter().flat_map(|h| &h.events).filter(|e| matches!(e, Event::Leave { .. })).count();
        assert_eq!(left, 0, "seed {seed}");
    }
}

#[test]
fn equal_nicknames_are_both_shown_and_the_first_keeps_its_own() {
    for seed in 0..20 {
        let mut s = Segment::new(seed);
        s.add("alice");
        s.add("bob");
        s.run(SECOND * 5);
        s.add("Bob");
        s.run(SECOND * 3);
        let first = s.id(1);
        let short = s.id(2).short();
        let names = |s: &mut Segment, n: usize| -> Vec<String> {
            s.hosts[n].node().peers().iter().map(|p| p.name.to_string()).collect()
        };
        assert_eq!(names(&mut s, 0), ["bob".to_owned(), format!("Bob~{short}")], "seed {seed}");
        assert_eq!(names(&mut s, 1), ["alice".to_owned(), format!("Bob~{short}")]);
        assert_eq!(names(&mut s, 2), ["alice", "bob"]);
        assert_eq!(s.hosts[2].node().own_name().as_str(), format!("Bob~{short}"));
        assert!(
            s.hosts[2]
                .events
                .iter()
                .any(|e| matches!(e, Event::OwnName { with: Some(with), .. } if *with == first))
        );
        s.leave(1);
        s.run(SECOND * 2);
        // Who knows the first does not take the second for it; who comes now knows no other.
        assert_eq!(names(&mut s, 0), [format!("Bob~{short}")]);
        assert_eq!(s.hosts[2].node().own_name().as_str(), "Bob");
        s.add("carol");
        s.run(SECOND * 3);
        assert_eq!(names(&mut s, 3), ["alice", "Bob"]);
    }
}

#[test]
fn equal_nicknames_that_start_together_settle_on_one() {
    for seed in 0..50 {
        let mut s = Segment::new(seed);
        for _ in 0..3 {
            s.add("bob");
        }
        s.loss(0.2);
        s.run(SECOND * 30);
        let plain = (0..3).filter(|n| s.hosts[*n].node().own_name().as_str() == "bob").count();
        assert_eq!(plain, 1, "seed {seed}");
        for n in 0..3 {
            let mut names: Vec<String> =
                s.hosts[n].node().peers().iter().map(|p| p.name.to_string()).collect();
            names.push(s.hosts[n].node().own_name().to_string());
            names.sort();
            names.dedup();
            assert_eq!(names.len(), 3, "seed {seed}: {names:?}");
        }
    }
}

#[test]
fn the_last_line_of_one_who_dies_as_he_speaks_is_signed() {
    for seed in 0..20 {
        let mut s = Segment::new(seed);
        let (alice, _bob) = (s.add("alice"), s.add("bob"));
        s.run(SECOND * 20);
        let carol = s.add("carol");
        s.run(SECOND / 1000);
        s.say(alice, "last words");
        s.run(SECOND / 1000);
        s.hosts[alice].node = None;
        let id = s.id(alice);
        assert!(s.hosts[carol].node().public_key(id).is_none(), "seed {seed}: she has not met alice");
        s.run(SECOND * 4);
        let heard: Vec<_> =
            s.hosts[carol].heard().iter().map(|l| (l.text.to_string(), l.trust, l.peer)).collect();
        assert_eq!(heard, [("last words".to_owned(), Trust::New, Some(id))], "seed {seed}");
    }
}

#[test]
fn all_is_fetched_of_one_who_started_again_elsewhere_however_slow_its_clock() {
    let mut s = trio(9);
    let bob = 1;
    s.leave(bob);
    s.start(bob, "bob", 1_000, false); // the clock of alice is far behind his
    s.run(SECOND * 20);
    s.hosts[bob].side = 1;
    s.leave(0);
    s.start(0, "alice", 2, false);
    s.run(SECOND * 10);
    let said: Vec<String> = (0..40).map(|n| format!("line {n}")).collect();
    for line in &said {
        s.say(0, line);
        s.run(SECOND / 20);
    }
    s.run(SECOND * 5);
    s.leave(0);
    s.hosts[bob].side = 0;
    s.run(SECOND * 60);
    assert_eq!(s.hosts[bob].texts(), said, "carol has them");
}

#[test]
fn a_change_of_nickname_is_told() {
    let mut s = trio(5);
    s.run(SECOND * 2);
    s.with(0, |node, now| node.set_nick(now, "alicia".parse().unwrap()));
    s.run(SECOND);
    s.say(0, "hi");
    s.run(SECOND);
    for n in 1..3 {
        assert!(s.hosts[n].events.iter().any(|e| matches!(e, Event::Nick { old, peer } if old.as_str() == "alice" && peer.name.as_str() == "alicia")));
        assert_eq!(s.hosts[n].heard()[0].from.as_str(), "alicia");
    }
    s.with(0, |node, now| node.set_nick(now, "Alicia".parse().unwrap()));
    s.run(SECOND);
    let alice = s.id(0);
    for n in 1..3 {
        // Told once, also where only the case is new.
        let about = s.hosts[n].events.iter().filter(|e| match e {
            Event::Changed(peer) => peer.id == alice && peer.nick.as_str() == "Alicia",
            Event::Nick { peer, .. } => peer.nick.as_str() == "Alicia",
            _ => false,
        });
        assert_eq!(about.count(), 1);
    }
}

#[test]
fn pings_come_back_with_the_round_trip() {
    let mut s = trio(1);
    s.delay = (Duration::from_millis(2), Duration::from_millis(2));
    s.run(SECOND * 2);
    let bob = s.id(1);
    let id = s.with(0, |node, now| node.ping(now, bob, 100)).unwrap();
    s.run(SECOND);
    let expected = Event::Pong { id, peer: bob, rtt: Some(Duration::from_millis(4)) };
    assert!(s.hosts[0].events.contains(&expected));
    s.hosts[1].node = None;
    s.with(0, |node, now| node.ping(now, bob, 100)).unwrap();
    s.run(SECOND * 3);
    assert!(s.hosts[0].events.iter().any(|e| matches!(e, Event::Pong { rtt: None, .. })));
}

#[test]
fn a_restart_is_no_replay_and_loses_nothing() {
    let mut s = trio(9);
    s.run(SECOND * 2);
    s.say(0, "before");
    s.run(SECOND);
    s.hosts[0].node = None;
    s.start(0, "alice", 2, false);
    s.say(0, "after");
    s.run(SECOND * 2);
    assert_eq!(s.hosts[1].texts(), ["before", "after"]);
}

#[test]
fn a_command_speaks_without_being_listed() {
    let mut s = trio(4);
    s.run(SECOND * 6);
    let n = s.hosts.len();
    s.add("script");
    s.start(n, "script", 7, true);
    s.say(n, "deployed");
    s.run(Duration::from_millis(50));
    s.leave(n);
    s.run(SECOND * 2);
    for host in &mut s.hosts[..3] {
        let lines: Vec<_> =
            host.heard().iter().map(|l| (l.from.to_string(), l.text.to_string(), l.trust)).collect();
        assert_eq!(lines, [("script".to_owned(), "deployed".to_owned(), Trust::New)]);
        assert_eq!(host.node().peers().len(), 2);
    }
}

fn old_program() -> Source {
    Source { name: Name::new("WIN95", 0).unwrap(), address: SocketAddr::from(([10, 0, 9, 9], 138)) }
}

#[test]
fn text_of_an_old_program_is_an_unsigned_line() {
    let mut s = trio(6);
    s.run(SECOND);
    s.inject(old_program(), Slot::Lobby, b"gr\xfc\xdf dich\0");
    s.inject(old_program(), Slot::Lobby, b"\0");
    s.run(SECOND);
    let lines = s.hosts[0].heard();
    assert_eq!(lines.len(), 1);
    assert_eq!(
        (lines[0].from.as_str(), lines[0].text.as_str(), lines[0].trust),
        ("WIN95", "grüß dich", Trust::Unsigned)
    );
}

#[test]
fn a_line_whose_author_cannot_be_found_is_shown_as_unsigned() {
    let mut s = trio(6);
    let mut other = Segment::new(1);
    for _ in 0..8 {
        other.add("mallory");
    }
    let recorded = {
        let now = other.time();
        let node = other.hosts[7].node();
        while node.poll_transmit().is_some() {}
        node.say(now, Kind::Say, "who am I?").unwrap();
        std::iter::from_fn(|| node.poll_transmit()).find(|t| t.slot == Slot::Lobby).unwrap().data
    };
    s.run(SECOND);
    s.inject(old_program(), Slot::Lobby, &recorded);
    s.run(SECOND * 6);
    let lines = s.hosts[0].heard();
    assert_eq!(lines.len(), 1);
    assert_eq!((lines[0].from.as_str(), lines[0].text.as_str()), ("WIN95", "<mallory> who am I?"));
    assert_eq!(lines[0].trust, Trust::Unsigned);
}

#[test]
fn a_lost_line_is_told_as_a_gap() {
    let mut s = trio(8);
    s.run(SECOND * 5);
    s.say(0, "one");
    s.run(SECOND);
    s.loss(1.0);
    s.say(0, "two");
    s.run(Duration::from_millis(10));
    s.loss(0.0);
    s.say(0, "three");
    s.run(Duration::from_millis(1));
    s.hosts[0].node = None; // nobody is left who has it
    s.run(SECOND * 9);
    assert_eq!(s.hosts[1].texts(), ["one"], "it is waited for");
    s.run(SECOND * 2);
    assert_eq!(s.hosts[1].texts(), ["one", "three"]);
    assert_eq!(s.hosts[1].events.iter().filter(|e| matches!(e, Event::Gap { count: 1, .. })).count(), 1);
}

#[test]
fn after_a_suspend_nobody_is_called_gone() {
    let mut s = trio(2);
    s.run(SECOND * 5);
    s.suspend(0, SECOND * 3600);
    s.say(1, "are you there?");
    s.run(SECOND * 60);
    let left = |s: &Segment, n: usize| s.hosts[n].events.iter().any(|e| matches!(e, Event::Leave { .. }));
    assert!(left(&s, 1) && left(&s, 2), "who sleeps is gone for the others");
    s.run(SECOND * 3539);
    let since = s.now;
    s.run(SECOND + Duration::from_millis(300));
    assert!(s.most_beacons(since) >= 1, "it announces itself again");
    s.run(SECOND * 4);
    assert!(!left(&s, 0), "its own sleep is nobody's silence");
    for n in 0..3 {
        assert_eq!(s.hosts[n].node().peers().len(), 2, "host {n}");
    }
    s.run(SECOND * 10);
    assert_eq!(s.hosts[0].texts(), ["are you there?"], "what was said meanwhile is there soon");
}

#[test]
fn a_hundred_peers_know_each_other_within_the_beacon_budget() {
    let mut s = Segment::new(11);
    for n in 0..100 {
        s.add(&format!("peer{n}"));
        s.run(Duration::from_millis(20));
    }
    s.run(SECOND * 20);
    for n in 0..100 {
        assert_eq!(s.hosts[n].node().peers().len(), 99);
    }
    let before = s.sent;
    s.run(SECOND * 20);
    let rate = (s.sent - before) / 20;
    assert!(rate < 25, "{rate} beacons/s");
}

#[test]
fn hundreds_that_fall_silent_at_once_cause_no_storm_of_questions() {
    let mut s = Segment::new(12);
    for n in 0..300 {
        s.add(&format!("peer{n}"));
        s.hosts[n].loss = if n == 0 { 0.0 } else { 1.0 };
    }
    s.run(SECOND);
    s.hosts[1..].iter_mut().for_each(|host| host.node = None);
    let mut most = 0;
    for _ in 0..90 {
        let before = s.sent;
        s.run(SECOND);
        most = most.max(s.sent - before);
    }
    assert!(s.hosts[0].node().peers().is_empty());
    assert!(most < 110, "{most} datagrams/s of one listener");
}

#[test]
fn a_newcomer_on_a_large_segment_pulls_the_list_of_the_others() {
    let mut s = Segment::new(12);
    for n in 0..150 {
        s.add(&format!("peer{n}"));
        s.run(Duration::from_millis(20));
    }
    s.run(SECOND * 15);
    let n = s.add("newcomer");
    let dead = s.id(7);
    s.hosts[7].node = None;
    s.run(Duration::from_millis(1500));
    let known = s.hosts[n].node().peers();
    assert!(known.len() >= 148, "{} of 150", known.len()); // by beacons alone it would be half of them
    assert!(known.iter().all(|p| p.address.to_string().starts_with("10.0.0.")));
    // Who is dead is not kept on another's word.
    s.run(SECOND * 45);
    assert!(s.hosts[n].node().peers().iter().all(|p| p.id != dead));
    assert_eq!(s.hosts[n].node().peers().len(), 149);
}

#[test]
fn a_thousand_that_start_together_do_not_storm_the_segment() {
    for (loss, seed) in [(0.0, 13), (0.3, 13), (0.3, 14)] {
        let mut s = Segment::new(seed);
        for n in 0..1000 {
            s.add(&format!("peer{n}"));
            s.hosts[n].loss = loss;
            if n % 2 == 0 {
                s.run(Duration::from_millis(1));
            }
        }
        s.run(SECOND * 10);
        let most = s.most_beacons(Duration::ZERO);
        assert!(most < 60, "{most} beacons in a second at loss {loss}");
        let known = |s: &mut Segment, n: usize| s.hosts[n].node().peers().len();
        let least = (0..1000).map(|n| known(&mut s, n)).min().unwrap();
        assert!(least > 90, "after 10 s somebody knows {least} only");
        let gone = |e: &&Event| matches!(e, Event::Leave { .. });
        assert_eq!(s.hosts.iter().flat_map(|h| &h.events).filter(gone).count(), 0);
    }
}

/// All that each host has shown, and how much was sent, in a talk where much happens.
fn talk(seed: u64) -> (usize, Vec<String>) {
    let mut s = Segment::new(seed);
    s.depth = 1000;
    for n in 0..12 {
        s.add(&format!("peer{n}"));
    }
    s.loss(0.2);
    s.delay = (Duration::from_micros(50), Duration::from_millis(40)); // overtaking
    s.run(SECOND * 5);
    for n in 0..60 {
        s.say(n % 9, &format!("line {n} {}", "with more than one part ".repeat(n)));
        s.run(Duration::from_millis(37));
    }
    s.hosts[3].node = None; // without a goodbye
    s.leave(4);
    let late = s.add("late");
    s.run(SECOND * 60);
    s.say(late, "at last");
    s.run(SECOND * 20);
    (s.sent, s.hosts.iter().map(|host| format!("{:?}", host.events)).collect())
}

#[test]
fn the_same_seed_is_the_same_talk() {
    for seed in 0..3 {
        // Not even the hash tables, whose order is another each time, may make a difference.
        let (one, other) = (talk(seed), talk(seed));
        assert_eq!(one.0, other.0, "seed {seed}");
        assert_eq!(one.1.iter().filter(|events| events.contains("at last")).count(), 11, "all but who left");
        assert!(one == other, "seed {seed}");
    }
}

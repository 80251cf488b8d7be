//! Private lines between the product's own nodes: nothing lost, nothing twice, in order, whatever is lost and whoever
//! restarts; sealed for one session where both are here.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "helpers may fail loudly"
)]

#[path = "sim/segment.rs"]
mod segment;

use std::time::Duration;

use lanchat::chat::{DirectState, Event, Kind, LineId, Slot, limits};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use segment::Segment;

const SECOND: Duration = Duration::from_secs(1);

/// Alice, bob and carol, who know each other.
fn trio(seed: u64) -> Segment {
    let mut s = Segment::new(seed);
    for nick in ["alice", "bob", "carol"] {
        s.add(nick);
    }
    s.run(2 * SECOND);
    s
}

fn say(s: &mut Segment, from: usize, to: usize, text: &str) -> LineId {
    let reader = s.id(to);
    s.with(from, |node, now| node.direct(now, reader, Kind::Say, text)).unwrap()
}

/// What became of a line, in order.
fn fates(s: &Segment, n: usize, line: LineId) -> Vec<DirectState> {
    let fate = |event: &Event| match event {
        Event::Direct { line: of, state, .. } if *of == line => Some(*state),
        _ => None,
    };
    s.hosts[n].events.iter().filter_map(fate).collect()
}

fn delivered(s: &Segment, n: usize, line: LineId) -> bool {
    fates(s, n, line).last() == Some(&DirectState::Delivered { session: true })
}

#[test]
fn a_private_line_reaches_its_reader_only_and_is_acknowledged() {
    for seed in 0..30 {
        let mut s = trio(seed);
        s.loss(0.3);
        s.duplicates = 0.2;
        let texts: Vec<String> = (0..5).map(|i| format!("secret {i} {}", "x".repeat(i * 200))).collect();
        let ids: Vec<LineId> = texts.iter().map(|text| say(&mut s, 0, 1, text)).collect();
        s.run(60 * SECOND);
        assert_eq!(s.hosts[1].texts(), texts, "seed {seed}");
        assert!(s.hosts[1].heard().iter().all(|l| l.private));
        assert!(s.hosts[2].heard().is_empty());
        for id in ids {
            let told = fates(&s, 0, id);
            assert!(delivered(&s, 0, id), "seed {seed}: {told:?}");
            assert!(told.len() <= 3 && told[0] == DirectState::Sent, "seed {seed}: {told:?}");
        }
    }
}

#[test]
fn a_line_for_one_who_is_away_is_kept_and_delivered_late_and_once() {
    let mut s = trio(1);
    s.leave(1);
    s.run(SECOND);
    let said = s.time().wall;
    let ids = ["one", "two", "three"].map(|text| say(&mut s, 0, 1, text));
    for id in ids {
        assert_eq!(fates(&s, 0, id), [DirectState::Sent, DirectState::Kept]);
    }
    assert_eq!(s.hosts[0].node().kept().len(), 3);
    s.run(3600 * SECOND);
    s.start(1, "bob", 2, false);
    s.run(10 * SECOND);
    assert_eq!(s.hosts[1].texts(), ["one", "two", "three"]);
    assert!(s.hosts[1].heard().iter().all(|line| line.late && line.sent_at.abs_diff(said) < 1000));
    assert!(ids.iter().all(|id| delivered(&s, 0, *id)));
    assert_eq!(s.hosts[0].node().kept(), []);
    let again = say(&mut s, 0, 1, "four");
    s.run(SECOND);
    assert!(delivered(&s, 0, again) && !s.hosts[1].heard()[3].late);
}

#[test]
fn nobody_writes_to_itself() {
    let mut s = trio(9);
    let alice = s.id(0);
    assert!(s.with(0, |node, now| node.direct(now, alice, Kind::Say, "hm")).is_err());
}

#[test]
fn one_who_was_never_heard_in_this_run_can_be_written_to() {
    let mut s = Segment::new(2);
    s.add("alice");
    s.add("bob");
    s.hosts[1].node = None;
    s.run(2 * SECOND);
    let id = say(&mut s, 0, 1, "when you come");
    s.start(1, "bob", 5, false);
    s.run(5 * SECOND);
    assert!(delivered(&s, 0, id));
    assert_eq!(s.hosts[1].texts(), ["when you come"]);
}

#[test]
fn a_sender_that_restarts_delivers_what_it_has_kept_in_order() {
    let mut s = trio(3);
    s.leave(1);
    s.run(SECOND);
    let ids = ["one", "two"].map(|text| say(&mut s, 0, 1, text));
    s.leave(0);
    s.run(100 * SECOND);
    s.restart(0, "alice", 2);
    let third = say(&mut s, 0, 1, "three");
    s.run(5 * SECOND);
    s.restart(1, "bob", 2);
    s.run(10 * SECOND);
    assert_eq!(s.hosts[1].texts(), ["one", "two", "three"]);
    assert!(ids.into_iter().chain([third]).all(|id| delivered(&s, 0, id)));
    assert!(s.hosts[0].waiting.is_empty());
}

#[test]
fn a_lost_acknowledgement_and_two_restarts_show_nothing_twice() {
    let mut s = trio(4);
    s.run(SECOND);
    s.hosts[0].loss = 1.0; // alice hears nothing: no handshake is answered, so nothing is delivered
    let id = say(&mut s, 0, 1, "only once");
    s.run(5 * SECOND);
    assert!(s.hosts[1].texts().is_empty() && fates(&s, 0, id).contains(&DirectState::Kept));
    s.hosts[0].loss = 0.0;
    // Bob has shown it; alice's last note of it is that it waits, as if she had crashed before the acknowledgement.
    let waiting = s.hosts[0].waiting.clone();
    s.run(20 * SECOND);
    assert!(delivered(&s, 0, id));
    s.hosts[0].waiting = waiting;
    s.restart(0, "alice", 2);
    s.run(10 * SECOND);
    assert_eq!((s.hosts[1].texts(), s.hosts[0].waiting.len()), (vec!["only once"], 0));
    // And the same when both have started again.
    s.hosts[0].node = None;
    s.run(SECOND);
    let mut lost = s.hosts[0].waiting.clone();
    assert!(lost.is_empty());
    lost.push(lanchat::chat::KeptLine {
        id,
        to: s.id(1),
        kind: Kind::Say,
        stamp: s.time().wall << 16,
        text: lanchat::text::SafeText::line("only once"),
    });
    s.hosts[0].waiting = lost;
    s.restart(1, "bob", 2);
    s.restart(0, "alice", 3);
    s.run(10 * SECOND);
    assert_eq!((s.hosts[1].texts(), s.hosts[0].waiting.len()), (vec!["only once"], 0));
}

/// Both ends speak, are restarted at random, parted, and hear at a loss; each line arrives once and in order.
#[test]
fn whatever_happens_each_line_arrives_once_and_in_order() {
    for seed in 0..30 {
        let mut s = trio(seed);
        let mut rng = StdRng::seed_from_u64(seed);
        (s.duplicates, s.delay) = (0.2, (Duration::from_millis(1), Duration::from_millis(80)));
        let mut said: [Vec<String>; 2] = Default::default();
        let mut epochs = [1, 1];
        for step in 0..60 {
            s.loss(0.3);
            match rng.random_range(0..10) {
                0 => {
                    let n = rng.random_range(0..2);
                    epochs[n] += 1;
                    s.restart(n, ["alice", "bob"][n], epochs[n]);
                }
                1 => s.hosts[0].side = 1 - s.hosts[0].side,
                2 => {
                    let n = rng.random_range(0..2);
                    s.leave(n);
                    s.run(Duration::from_millis(rng.random_range(0..20_000)));
                    epochs[n] += 1;
                    s.restart(n, ["alice", "bob"][n], epochs[n]);
                }
                n => {
                    let from = n % 2;
                    let text = format!("{from} says {step} {}", "x".repeat(rng.random_range(0..900)));
                    say(&mut s, from, 1 - from, &text);
                    said[from].push(text);
                }
            }
            s.run(Duration::from_millis(rng.random_range(0..3000)));
        }
        s.hosts[0].side = 0;
        s.run(240 * SECOND);
        for (from, said) in said.iter().enumerate() {
            assert_eq!(s.hosts[1 - from].texts(), *said, "seed {seed}, of {from}");
            assert!(s.hosts[from].waiting.is_empty(), "seed {seed}: {:?}", s.hosts[from].waiting);
        }
        assert!(s.hosts[2].heard().is_empty());
    }
}

/// Types of the contents' frames that were sent to bob's reply slot.
fn kinds(s: &Segment) -> Vec<u8> {
    let reply = s.heard.iter().filter(|(_, _, slot, _)| matches!(slot, Slot::Reply(_)));
    reply.map(|(_, _, _, data)| data[3]).collect()
}

#[test]
fn lines_go_in_sessions_also_when_both_open_at_once() {
    for seed in 0..20 {
        let mut s = trio(seed);
        s.loss(if seed % 2 == 0 { 0.0 } else { 0.3 });
        let ids = [say(&mut s, 0, 1, "ping"), say(&mut s, 1, 0, "pong")];
        s.run(20 * SECOND);
        assert_eq!((s.hosts[0].texts(), s.hosts[1].texts()), (vec!["pong"], vec!["ping"]));
        assert!(delivered(&s, 0, ids[0]) && delivered(&s, 1, ids[1]));
        for n in 0..2 {
            assert!(s.hosts[n].events.iter().any(|e| matches!(e, Event::Secret(_))), "seed {seed}");
        }
    }
}

#[test]
fn a_session_that_one_end_has_lost_is_opened_anew_at_once() {
    let mut s = trio(5);
    say(&mut s, 0, 1, "one");
    s.run(SECOND);
    s.restart(1, "bob", 2); // crashed: no goodbye
    let id = say(&mut s, 0, 1, "two");
    s.run(3 * SECOND);
    assert!(delivered(&s, 0, id), "{:?}", fates(&s, 0, id));
    assert_eq!(s.hosts[1].texts(), ["one", "two"]);
}

#[test]
fn a_session_is_renewed_each_hour() {
    let mut s = trio(6);
    s.tapped = Some(1);
    for n in 0..4 {
        say(&mut s, 0, 1, &format!("line {n}"));
        s.run(limits::SESSION_RENEW + SECOND);
    }
    let mut sessions: Vec<&[u8]> = Vec::new();
    for (_, _, _, data) in
        s.heard.iter().filter(|(_, _, slot, data)| matches!(slot, Slot::Reply(_)) && data[3] == 34)
    {
        sessions.push(&data[20..24]);
    }
    sessions.dedup();
    assert!(sessions.len() >= 4, "{} sessions", sessions.len());
    assert_eq!(s.hosts[1].texts().len(), 4);
}

#[test]
fn a_command_takes_no_line_that_nobody_would_see() {
    let mut s = trio(7);
    s.leave(1);
    s.run(SECOND);
    let id = say(&mut s, 0, 1, "not for a command");
    s.start(1, "bob", 2, true); // as `lanchat say` of bob's
    s.run(10 * SECOND);
    assert_eq!(fates(&s, 0, id).last(), Some(&DirectState::Kept));
    s.leave(1);
    s.start(1, "bob", 3, false);
    s.run(10 * SECOND);
    assert_eq!(s.hosts[1].texts(), ["not for a command"]);
}

#[test]
fn what_waits_can_be_withdrawn_and_is_given_up_after_a_week() {
    let mut s = trio(8);
    s.leave(1);
    s.run(SECOND);
    let (first, bob) = (say(&mut s, 0, 1, "never mind"), s.id(1));
    assert_eq!(s.with(0, |node, now| node.withdraw(now, bob)), 1);
    assert_eq!(fates(&s, 0, first).last(), Some(&DirectState::Withdrawn));
    let second = say(&mut s, 0, 1, "too old in a week");
    s.hosts[2].node = None;
    s.hosts[0].ahead = i64::try_from(limits::MAX_KEPT_AGE).unwrap();
    s.run(100 * SECOND);
    assert_eq!(fates(&s, 0, second).last(), Some(&DirectState::Failed));
    assert!(s.hosts[0].waiting.is_empty() && s.hosts[0].node().kept().is_empty());
    s.start(1, "bob", 2, false);
    s.run(10 * SECOND);
    assert!(s.hosts[1].texts().is_empty() && !kinds(&s).contains(&34));
}

//! No line is lost: repair, partitions, restarts and late comers, on segments that lose a part of everything.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may fail loudly")]

#[path = "sim/segment.rs"]
mod segment;

use std::time::Duration;

use lanchat::chat::{Event, Held};
use segment::Segment;

const SECOND: Duration = Duration::from_secs(1);

fn started(seed: u64, nicks: &[&str]) -> Segment {
    let mut s = Segment::new(seed);
    s.depth = 1000;
    for nick in nicks {
        s.add(nick);
    }
    s.run(SECOND * 5);
    s
}

fn gaps(s: &Segment) -> usize {
    s.hosts.iter().flat_map(|h| &h.events).filter(|e| matches!(e, Event::Gap { .. })).count()
}

/// All that a host has shown, own lines too, sorted.
fn all(s: &Segment, n: usize) -> Vec<String> {
    let lines = s.hosts[n]
        .events
        .iter()
        .filter_map(|e| if let Event::Line(l) = e { Some(l.text.to_string()) } else { None });
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines
}

#[test]
fn one_bad_receiver_gets_every_line_and_costs_the_others_little() {
    let mut s = started(3, &["alice", "bob", "carol", "dave"]);
    s.hosts[3].loss = 0.6;
    s.run(SECOND * 10);
    let said: Vec<String> = (0..50).map(|n| format!("line {n}")).collect();
    s.count_lines();
    for text in &said {
        s.say(0, text);
        s.run(Duration::from_millis(300));
    }
    s.run(SECOND * 20);
    for n in 1..4 {
        assert_eq!(s.hosts[n].texts(), said, "host {n}");
    }
    assert!(s.counted().0 < 50 * 12, "{} datagrams for 50 lines", s.counted().0);
    assert_eq!(gaps(&s), 0);
}

#[test]
fn a_burst_in_one_breath_arrives_whole_at_thirty_percent_loss() {
    let mut s = started(5, &["alice", "bob", "carol"]);
    s.loss(0.3);
    s.run(SECOND * 10);
    let said: Vec<String> = (0..300).map(|n| format!("line {n}")).collect();
    for text in &said {
        s.say(0, text);
    }
    let long = "a long line in many parts ".repeat(500);
    s.say(1, long.trim_end());
    s.run(SECOND * 30);
    assert_eq!(s.hosts[2].texts().iter().filter(|t| t.starts_with("line")).count(), 300);
    assert!(s.hosts[2].texts().contains(&long.trim_end()));
    assert_eq!(gaps(&s), 0);
}

#[test]
fn a_paste_of_three_thousand_lines_has_no_gap_at_thirty_percent_loss() {
    let mut s = started(6, &["alice", "bob", "carol", "dave"]);
    s.loss(0.3);
    s.run(SECOND * 10);
    let said: Vec<String> = (0..3000).map(|n| format!("line {n}")).collect();
    for text in &said {
        s.say(0, text);
    }
    s.run(SECOND * 60);
    for n in 1..4 {
        assert!(s.hosts[n].texts() == said, "host {n}: {} lines", s.hosts[n].texts().len());
    }
    assert_eq!(gaps(&s), 0);
}

#[test]
fn the_two_sides_of_a_partition_are_equal_after_it_heals() {
    for seed in 0..6 {
        let mut s = started(seed, &["alice", "bob", "carol", "dave"]);
        s.say(0, "before");
        s.run(SECOND);
        (s.hosts[2].side, s.hosts[3].side) = (1, 1);
        for n in 0..40 {
            s.say(0, &format!("left {n}"));
            s.say(2, &format!("right {n}"));
            s.run(Duration::from_millis(500));
        }
        (s.hosts[2].side, s.hosts[3].side) = (0, 0);
        s.loss(0.1);
        s.run(SECOND * 40);
        let everything = all(&s, 0);
        assert_eq!(everything.len(), 81, "seed {seed}");
        for n in 1..4 {
            assert_eq!(all(&s, n), everything, "seed {seed} host {n}");
        }
    }
}

#[test]
fn a_late_comer_gets_what_was_said_also_when_its_author_has_left() {
    for seed in 0..6 {
        let mut s = started(seed, &["alice", "bob", "carol"]);
        for n in 0..500 {
            s.say(n % 2, &format!("line {n:03}"));
            s.run(Duration::from_millis(20));
        }
        s.leave(0);
        s.leave(1);
        s.run(SECOND * 2);
        s.add("dave");
        s.loss(0.1);
        s.run(SECOND * 30);
        assert_eq!(all(&s, 3).len(), 500, "seed {seed}");
        assert_eq!(all(&s, 3), all(&s, 2), "seed {seed}");
        assert!(s.hosts[3].heard().iter().all(|l| l.late && l.peer.is_some()));
        assert!(s.hosts[3].events.iter().any(|e| matches!(e, Event::CatchUp { missing: 1.., .. })));
        assert!(
            s.hosts[3]
                .events
                .iter()
                .rev()
                .find(|e| matches!(e, Event::CatchUp { .. }))
                .is_some_and(|e| matches!(e, Event::CatchUp { missing: 0, .. }))
        );
        assert_eq!(s.hosts[2].node().peers().len(), 1);
        assert_eq!(s.hosts[3].node().peers().len(), 1, "those who left are not listed");
    }
}

#[test]
fn what_was_said_before_one_came_is_no_loss() {
    let mut s = started(8, &["alice", "bob"]);
    for n in 0..60 {
        s.say(n % 2, &format!("line {n}"));
        s.run(Duration::from_millis(500));
    }
    s.add("carol");
    s.run(SECOND * 5);
    assert_eq!(s.hosts[2].heard().len(), 60);
    s.leave(2);
    s.say(0, "while carol is away");
    s.run(SECOND * 5);
    s.restart(2, "carol", 2_000_000_000);
    s.run(SECOND * 5);
    let loss: Vec<u8> = (0..3).map(|n| s.hosts[n].node().loss()).collect();
    assert!(loss.iter().all(|percent| *percent <= 2), "the segment loses nothing: {loss:?}");
}

#[test]
fn a_late_comer_gets_what_was_said_by_those_who_are_still_there() {
    for seed in 0..6 {
        let mut s = started(seed, &["alice", "bob", "carol"]);
        s.loss(0.3);
        for n in 0..300 {
            s.say(n % 2, &format!("line {n:03}"));
            s.run(Duration::from_millis(20));
        }
        s.run(SECOND * 2);
        s.add("dave");
        s.run(SECOND * 30);
        assert_eq!(all(&s, 3).len(), 300, "seed {seed}");
        assert_eq!(gaps(&s), 0);
    }
}

#[test]
fn one_holder_is_enough_where_half_is_lost() {
    for seed in 0..20 {
        let mut s = started(seed, &["alice", "bob"]);
        for n in 0..100 {
            s.say(0, &format!("line {n:03}"));
            s.run(Duration::from_millis(20));
        }
        s.leave(0);
        s.run(SECOND * 5);
        s.add("carol");
        s.loss(0.5);
        s.run(SECOND * 60);
        assert_eq!(all(&s, 2).len(), 100, "seed {seed}");
    }
}

#[test]
fn the_past_of_an_author_is_shown_in_order() {
    for seed in 0..6 {
        let mut s = started(seed, &["alice", "bob"]);
        let said: Vec<String> = (0..1200).map(|n| format!("line {n:04}")).collect();
        for text in &said {
            s.say(0, text);
            s.run(Duration::from_millis(5));
        }
        s.leave(0);
        s.loss(0.3);
        s.depth = 2000;
        s.add("carol");
        s.run(SECOND * 30);
        assert_eq!(s.hosts[2].texts(), said, "seed {seed}");
    }
}

#[test]
fn a_restarted_holder_can_still_prove_who_said_what() {
    let mut s = started(7, &["alice", "bob"]);
    for n in 0..60 {
        s.say(0, &format!("line {n:02}"));
        s.run(Duration::from_millis(20));
    }
    s.run(SECOND);
    let kept: Vec<Held> = s.hosts[1].held.clone();
    s.leave(0);
    s.hosts[1].node = None;
    s.start(1, "bob", 2, false);
    s.with(1, |node, _| node.restore(kept));
    s.run(SECOND * 2);
    assert_eq!(s.hosts[1].node().peers().len(), 0, "who has left is not listed");
    s.add("carol");
    s.run(SECOND * 20);
    assert_eq!(all(&s, 2).len(), 60);
    assert!(s.hosts[2].heard().iter().all(|l| l.address.is_none()), "its address is not known");
}

#[test]
fn who_does_not_want_the_past_is_spared_it() {
    let mut s = started(1, &["alice", "bob"]);
    for n in 0..20 {
        s.say(0, &format!("line {n}"));
    }
    s.run(SECOND * 2);
    s.depth = 0;
    s.add("carol");
    s.run(SECOND * 20);
    assert!(s.hosts[2].heard().is_empty());
    s.say(0, "now");
    s.run(SECOND * 2);
    assert_eq!(s.hosts[2].texts(), ["now"]);
}

#[test]
fn a_restart_with_history_shows_nothing_twice_and_gets_what_it_missed() {
    let mut s = started(2, &["alice", "bob", "carol"]);
    for n in 0..30 {
        s.say(n % 2, &format!("line {n:02}"));
        s.run(Duration::from_millis(50));
    }
    s.run(SECOND);
    let kept: Vec<Held> = s.hosts[2].held.clone();
    assert_eq!(kept.len(), 32, "30 lines and who their two authors are");
    s.hosts[2].node = None; // kill -9
    for n in 30..60 {
        s.say(n % 2, &format!("line {n:02}"));
        s.run(Duration::from_millis(50));
    }
    s.start(2, "carol", 2, false);
    s.with(2, |node, _| node.restore(kept));
    s.run(SECOND * 20);
    let mut texts = s.hosts[2].texts();
    texts.sort_unstable();
    let said: Vec<String> = (0..60).map(|n| format!("line {n:02}")).collect();
    assert_eq!(texts, said);
    // And it can repair what it has kept for others.
    s.leave(0);
    s.leave(1);
    s.add("dave");
    s.run(SECOND * 20);
    assert_eq!(all(&s, 3).len(), 60);
}

#[test]
fn own_lines_that_a_kill_has_cost_come_back_from_others() {
    let mut s = started(5, &["alice", "bob", "carol"]);
    s.loss(0.2);
    for n in 0..20 {
        s.say(0, &format!("line {n:02}"));
        s.run(Duration::from_millis(50));
    }
    s.run(SECOND * 3);
    let kept: Vec<Held> = s.hosts[0].held.drain(..).take(12).collect(); // the disk did not get the rest
    s.hosts[0].node = None; // kill -9
    s.hosts[0].events.clear();
    s.hosts[0].times.clear();
    s.start(0, "alice", 2, false);
    s.with(0, |node, _| node.restore(kept));
    s.run(SECOND * 20);
    let said: Vec<String> = (12..20).map(|n| format!("line {n:02}")).collect();
    assert_eq!(all(&s, 0), said);
    let own = |e: &Event| matches!(e, Event::Line(l) if l.own);
    assert!(s.hosts[0].events.iter().filter(|e| matches!(e, Event::Line(_))).all(own));
    // What is said now is shown once, to others too.
    s.say(0, "back");
    s.run(SECOND * 5);
    assert_eq!(s.hosts[1].texts().len(), 21);
    assert_eq!(all(&s, 0).len(), 9);
}

#[test]
fn the_key_of_an_author_who_has_left_is_told_by_another() {
    let mut s = started(5, &["alice", "bob", "carol"]);
    s.hosts[2].loss = 1.0; // carol hears nothing of alice, except her last line
    s.add("dave");
    s.hosts[2].node = None;
    s.run(SECOND * 20);
    s.depth = 0;
    s.start(2, "carol", 2, false);
    s.tapped = Some(3);
    s.say(0, "farewell");
    s.run(SECOND);
    let (_, from, slot, data) = s.heard.iter().find(|h| h.2 == lanchat::chat::Slot::Lobby).cloned().unwrap();
    s.leave(0);
    s.run(SECOND);
    s.hosts[2].loss = 0.0;
    s.inject(from, slot, &data);
    s.run(SECOND * 3);
    let lines = s.hosts[2].heard();
    assert_eq!(lines.iter().map(|l| l.text.as_str()).collect::<Vec<_>>(), ["farewell"]);
    assert!(lines[0].id.is_some() && lines[0].from.as_str() == "alice", "it is signed, and by alice");
}

#[test]
fn who_has_a_line_is_known_without_a_datagram_more() {
    let mut s = started(7, &["alice", "bob", "carol"]);
    assert_eq!(s.hosts[0].node().heard_by(), None);
    s.say(0, "first");
    s.run(SECOND * 8);
    let (bob, carol) = (s.id(1), s.id(2));
    let mut both = vec![bob, carol];
    both.sort();
    assert_eq!(s.hosts[0].node().heard_by(), Some((both.clone(), vec![])));
    s.hosts[2].loss = 1.0;
    s.say(0, "second");
    s.run(SECOND * 8);
    assert_eq!(s.hosts[0].node().heard_by(), Some((vec![bob], vec![carol])));
    s.hosts[2].loss = 0.0;
    s.run(SECOND * 12);
    assert_eq!(s.hosts[0].node().heard_by(), Some((both, vec![])));
}

#[test]
fn a_silent_segment_stays_silent() {
    let mut s = started(4, &["alice", "bob", "carol"]);
    for n in 0..20 {
        s.say(n % 3, &format!("line {n}"));
    }
    s.run(SECOND * 400);
    s.count_lines();
    s.run(SECOND * 600);
    let (digests, _) = s.counted();
    assert!(digests < 80, "{digests} digests in 10 minutes");
}

#[test]
fn whatever_befalls_the_segment_all_are_equal_in_the_end() {
    for seed in 0..3 {
        let mut s = started(seed, &["alice", "bob", "carol", "dave", "erin", "frank"]);
        s.loss(0.2);
        s.correlated = 0.1;
        s.duplicates = 0.2;
        s.delay = (Duration::from_micros(100), Duration::from_millis(30)); // overtaking
        (s.hosts[1].ahead, s.hosts[2].ahead) = (3_600_000, -3_600_000);
        let mut said = 0;
        for n in 0..60 {
            for speaker in 0..3 {
                s.say(speaker, &format!("line {n:02} of {speaker}"));
                said += 1;
            }
            match n {
                20 => s.leave(5), // it comes back later
                30 => s.suspend(4, SECOND * 20),
                40 => s.start(5, "frank", 2, false),
                _ => {}
            }
            s.run(Duration::from_millis(250));
        }
        s.run(SECOND * 60);
        let since = s.now;
        s.run(SECOND * 120);
        let everything = all(&s, 0);
        assert_eq!(everything.len(), said, "seed {seed}");
        for n in 1..5 {
            assert_eq!(all(&s, n), everything, "seed {seed} host {n}");
        }
        let mut back = all(&s, 5);
        back.dedup();
        assert_eq!(back, everything, "seed {seed}: who came back");
        let digests = s.digests(since);
        assert!(
            digests.len() > 1 && digests.iter().all(|hash| *hash == digests[0]),
            "seed {seed}: {digests:?}"
        );
        for host in &mut s.hosts {
            assert_eq!(host.node().holding(), (said, 0), "seed {seed}");
        }
    }
}

#[test]
fn a_line_that_begins_before_what_is_wanted_is_not_pulled_for_ever() {
    let mut s = started(3, &["alice", "bob"]);
    for n in 0..40 {
        s.say(0, &format!("{n:02} {}", "long ".repeat(300)));
        s.run(Duration::from_millis(100));
    }
    s.depth = 98; // within a line
    s.add("carol");
    s.run(SECOND * 30);
    let shown = s.hosts[2].texts().len();
    assert!((10..40).contains(&shown) && s.hosts[2].texts()[shown - 1].starts_with("39"), "{shown}");
    s.count_lines();
    s.run(SECOND * 60);
    assert_eq!(s.kinds.get(&6), None, "it is repaired for ever: {:?}", s.kinds);
}

/// The sleeper holds what all others miss, and who asks gives up before it wakes.
#[test]
fn what_was_given_up_comes_when_its_holder_is_back() {
    for (seed, sleep) in [(1, 12), (2, 40), (3, 120)] {
        let mut s = started(seed, &["alice", "bob", "carol"]);
        for n in 0..5 {
            s.hosts[2].loss = if n % 4 == 0 { 0.0 } else { 1.0 };
            s.say(0, &format!("line {n}"));
            s.run(Duration::from_millis(1));
        }
        s.hosts[0].node = None;
        s.suspend(1, SECOND * sleep);
        s.add("dave"); // knows from carol what there was
        s.run(SECOND * (sleep + 60));
        assert_eq!(s.hosts[2].texts().len(), 5, "slept {sleep} s");
        assert_eq!(s.hosts[3].texts().len(), 5, "slept {sleep} s");
    }
}

/// Nobody has the first of it, somebody has the last.
#[test]
fn what_nobody_has_does_not_hide_what_somebody_has() {
    let mut s = started(1, &["alice", "bob", "carol"]);
    s.hosts[0].loss = 1.0;
    for n in 0..200 {
        let lost = |yes: bool| if yes { 1.0 } else { 0.0 };
        s.hosts[1].loss = lost(n < 100 && n % 2 == 0);
        s.hosts[2].loss = lost(n % 2 == 0);
        s.say(0, &format!("line {n:03}"));
        s.run(Duration::from_millis(1));
    }
    s.hosts[0].node = None;
    (s.hosts[1].loss, s.hosts[2].loss) = (0.0, 0.0);
    s.run(SECOND * 60);
    assert_eq!(s.hosts[1].texts().len(), 150);
    assert_eq!(s.hosts[2].texts().len(), 150);
}

#[test]
fn what_nobody_holds_is_not_asked_for_for_ever() {
    let mut s = started(1, &["alice", "bob", "carol", "dave"]);
    s.loss(1.0);
    s.say(0, "lost");
    s.run(Duration::from_millis(10));
    s.loss(0.0);
    s.say(0, "heard");
    s.run(Duration::from_millis(1));
    s.hosts[0].node = None;
    s.run(SECOND * 60);
    s.count_lines();
    s.run(SECOND * 120);
    assert_eq!(s.kinds.get(&5), None, "NAKs go on: {:?}", s.kinds);
}

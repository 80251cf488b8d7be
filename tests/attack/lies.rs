//! Lies: about numbers, clocks, who is here, and what others miss.

use std::time::Duration;

use lanchat::chat::{Event, Kind, PeerState, Slot, Source, limits};

use crate::forge::{Claim, Key, digest, nak, on_the_wire, repair, whois};
use crate::forgery::{eve, wall};
use crate::segment::Segment;

const SECOND: Duration = Duration::from_secs(1);

fn gaps(s: &Segment, n: usize) -> Vec<u32> {
    s.hosts[n]
        .events
        .iter()
        .filter_map(|e| if let Event::Gap { count, .. } = e { Some(*count) } else { None })
        .collect()
}

#[test]
fn absurd_numbers_of_others_are_not_shown_and_cost_little() {
    let mut s = Segment::new(11);
    let (alice, bob) = (s.add("alice"), s.add("bob"));
    s.run(10 * SECOND);
    s.say(alice, "one");
    s.run(20 * SECOND);
    let quiet = s.sent;
    s.run(60 * SECOND);
    let usual = s.sent - quiet;
    let (before, run) = (s.sent, (s.id(alice).0, 1));
    for n in 0..600_u32 {
        let by = n.to_be_bytes().repeat(2).try_into().unwrap();
        s.inject(eve(), Slot::Sync, &nak(by, run, u32::MAX - 70_000, u16::MAX));
        s.inject(eve(), Slot::Sync, &digest(by, run, 1, u32::MAX));
        // And lines of those whom nobody has ever heard.
        s.inject(eve(), Slot::Sync, &digest(by, (by, n + 1), 1, u32::MAX - n));
        s.run(SECOND / 10);
    }
    s.run(90 * SECOND);
    assert_eq!(gaps(&s, bob), Vec::<u32>::new(), "1 800 tried");
    let more = s.sent - before - usual * 5 / 2;
    assert!(more < 1800 * 3, "{more} datagrams for 1 800, {usual} a minute without");
    s.say(alice, "two");
    s.run(5 * SECOND);
    assert_eq!(s.hosts[bob].texts(), ["one", "two"]);
    let missing = s.hosts[bob]
        .events
        .iter()
        .rev()
        .find_map(|e| if let Event::CatchUp { missing, .. } = e { Some(*missing) } else { None });
    assert!(missing.is_none_or(|n| n == 0), "{missing:?} are shown as missing for ever");
}

#[test]
fn an_authors_absurd_numbers_are_cut() {
    let mut s = Segment::new(12);
    let bob = s.add("bob");
    s.run(10 * SECOND);
    let key = Key::new(1);
    s.inject(eve(), Slot::Sync, &key.beacon(&Claim::new(wall(&s))));
    s.inject(eve(), Slot::Lobby, &key.line(7, 1, wall(&s), "<mallory> one"));
    s.run(SECOND);
    s.inject(eve(), Slot::Sync, &key.heartbeat(7, 2, u32::MAX, wall(&s)));
    s.inject(eve(), Slot::Sync, &key.beacon(&Claim { count: 3, next: u32::MAX, ..Claim::new(wall(&s)) }));
    s.run(15 * SECOND);
    s.inject(eve(), Slot::Lobby, &key.line(7, u32::MAX - 300, wall(&s), "<mallory> two"));
    s.run(15 * SECOND);
    s.inject(eve(), Slot::Lobby, &key.line(7, u32::MAX - 1, wall(&s), "<mallory> three"));
    s.run(30 * SECOND);
    let told = gaps(&s, bob);
    assert!(told.iter().all(|n| *n <= limits::MOST_AHEAD) && told.len() <= 4, "{told:?}");
    assert_eq!(s.hosts[bob].texts(), ["one", "two", "three"]);
}

#[test]
fn an_absurd_clock_moves_others_by_ten_minutes_at_most() {
    let mut s = Segment::new(13);
    let (bob, carol) = (s.add("bob"), s.add("carol"));
    s.run(10 * SECOND);
    let key = Key::new(1);
    for (n, clock) in (1..).zip([u64::MAX >> 16, wall(&s) * 2, 0, 1]) {
        s.inject(eve(), Slot::Sync, &key.beacon(&Claim { count: n, ..Claim::new(wall(&s).max(clock)) }));
        s.inject(eve(), Slot::Lobby, &key.line(7, n, clock, &format!("<mallory> {n}")));
        s.run(SECOND);
    }
    s.say(carol, "what time is it");
    s.run(SECOND);
    let latest = wall(&s) + limits::MAX_CLOCK_AHEAD + 1000;
    assert_eq!(s.hosts[bob].heard().len(), 5);
    assert!(s.hosts[bob].heard().iter().all(|l| l.sent_at <= latest));
    let old: Vec<bool> = s.hosts[bob].heard().iter().map(|l| l.late).collect();
    assert_eq!(old, [false, false, true, true, false], "what claims to be of 1970 is marked");
}

#[test]
fn a_recorded_beacon_shows_no_ghost_and_a_wrong_clock_is_no_crime() {
    let mut s = Segment::new(14);
    let (bob, key) = (s.add("bob"), Key::new(1));
    s.run(10 * SECOND);
    let recorded: Vec<_> =
        (1..=20).map(|count| key.beacon(&Claim { count, ..Claim::new(wall(&s)) })).collect();
    s.run(600 * SECOND);
    for beacon in &recorded {
        s.inject(eve(), Slot::Sync, beacon);
        s.run(SECOND);
    }
    assert!(!s.hosts[bob].events.iter().any(|e| matches!(e, Event::Join(_))), "20 tried");
    // The clock of carol is two days behind; she is here all the same.
    let carol = s.add("carol");
    s.hosts[carol].ahead = -2 * 86_400_000;
    s.start(carol, "carol", 2, false);
    s.run(8 * SECOND);
    s.say(carol, "good evening");
    s.run(SECOND);
    let id = s.id(carol);
    assert!(s.hosts[bob].node().peers().iter().any(|p| p.id == id && p.state == PeerState::Here));
    assert_eq!(
        s.hosts[bob].heard().iter().map(|l| (l.text.as_str(), l.late)).collect::<Vec<_>>(),
        [("good evening", false)]
    );
}

#[test]
fn forged_questions_neither_stop_repair_nor_make_a_storm() {
    let mut s = Segment::new(15);
    let (alice, bob) = (s.add("alice"), s.add("bob"));
    let _carol = s.add("carol");
    s.run(10 * SECOND);
    let run = (s.id(alice).0, 1);
    s.hosts[bob].loss = 1.0;
    for n in 0..10 {
        s.say(alice, &format!("line {n}"));
    }
    s.run(SECOND / 100);
    s.hosts[bob].loss = 0.0;
    // Each forged question puts bob's own off; each forged repair would call off the true one.
    let forged: Vec<_> = (1..=10)
        .map(|number| repair(&Key::new(1).line_as(run.0, 1, number, wall(&s), "<alice> forged")))
        .collect();
    for n in 0..1500 {
        if n % 25 == 0 {
            // From elsewhere: the budget of the other address is soon used up.
            let other = Source { address: "10.0.9.10:13138".parse().unwrap(), ..eve() };
            s.inject(other, Slot::Sync, &nak([6; 8], run, 5, 1));
        }
        for repair in &forged {
            s.inject(eve(), Slot::Sync, repair);
        }
        s.run(SECOND / 250);
    }
    assert_eq!(s.hosts[bob].texts().len(), 10, "15 060 forged, and more to come");
    s.run(5 * SECOND);
    // Who asks for all of it a thousand times a second gets what one asker may have, from each who holds it.
    for n in 0..300 {
        s.say(alice, &format!("more {n}"));
    }
    s.run(10 * SECOND);
    s.count_lines();
    for _ in 0..5000 {
        s.inject(eve(), Slot::Sync, &nak([6; 8], run, 1, u16::MAX));
        s.run(SECOND / 1000);
    }
    s.run(SECOND);
    let (repairs, rate) = (s.kinds.get(&6).copied().unwrap_or(0), limits::ASKER_RATE);
    let bound = usize::try_from(3 * (rate.burst + 7 * rate.per_second)).unwrap();
    assert!(repairs <= bound, "{repairs} repairs for 5 000 questions");
}

#[test]
fn no_answer_is_larger_than_three_times_its_question() {
    let mut s = Segment::new(16);
    let (alice, bob) = (s.add("alice"), s.add("bob"));
    s.run(10 * SECOND);
    s.say(alice, &"long ".repeat(50));
    s.run(30 * SECOND);
    // Whether one answers depends on where it stands in its own rhythm, so the answers of a minute are counted, and what
    // would have been sent without the questions is taken off.
    let run = (s.id(alice).0, 1);
    let sealed = [&[b'L', b'C', 1, 32], [6; 8].as_slice(), &s.id(bob).0, &[7; 80]].concat();
    let me = Slot::Reply(s.id(bob));
    let questions: Vec<(Slot, Vec<u8>)> = vec![
        (Slot::Sync, whois([6; 8], s.id(bob).0)),
        (Slot::Sync, whois([6; 8], [7; 8])),
        (Slot::Sync, digest([6; 8], run, 1, 2)),
        (me, sealed),
    ];
    for (slot, question) in questions {
        let bytes = |s: &Segment| s.sent * on_the_wire(0, r"chat\sync", &[0; 400]).len();
        let before = bytes(&s);
        s.run(30 * SECOND);
        let usual = bytes(&s) - before;
        let before = bytes(&s);
        let asked: usize = (0..300)
            .map(|_| {
                s.inject(eve(), slot, &question);
                s.run(SECOND / 10);
                on_the_wire(0, r"chat\sync", &question).len()
            })
            .sum();
        let answered = (bytes(&s) - before).saturating_sub(usual);
        assert!(answered <= 3 * asked, "{slot:?}: {answered} bytes for {asked}");
    }
}

#[test]
fn a_recorded_question_brings_its_answer_once() {
    let mut s = Segment::new(17);
    let alice = s.add("alice");
    s.depth = 1000;
    s.run(5 * SECOND);
    for n in 0..100 {
        s.with(alice, |node, now| node.say(now, Kind::Say, &format!("line {n}"))).unwrap();
    }
    s.run(20 * SECOND);
    s.tapped = Some(alice);
    let bob = s.add("bob");
    s.run(20 * SECOND);
    assert_eq!(s.hosts[bob].texts().len(), 100, "bob has pulled them");
    s.tapped = None;
    let heard = std::mem::take(&mut s.heard);
    let private: Vec<_> =
        heard.into_iter().filter(|(_, _, slot, _)| matches!(slot, Slot::Reply(_))).collect();
    let (before, replayed) = (s.sent, private.len());
    for (_, from, slot, data) in private {
        s.inject(from, slot, &data);
        s.run(SECOND / 50);
    }
    assert!(s.sent - before <= replayed + 5, "{} for {replayed}: pongs and beacons", s.sent - before);
}

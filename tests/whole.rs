//! The whole application on test backends: keys in, a lossy virtual segment between, screens out. One seed, one run.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, reason = "a broken script has to fail")]

#[path = "whole/people.rs"]
mod people;
#[path = "sim/segment.rs"]
mod segment;

use std::time::Duration;

use lanchat::tui::model::{Scroll, What};
use lanchat::tui::{Effect, Msg};
use people::People;

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;

/// Three people who have met; a fifth of all datagrams is lost.
fn three(seed: u64) -> People {
    let mut all = People::new(seed, 0.2, &["alice", "bob", "carol"]);
    for n in [ALICE, BOB, CAROL] {
        all.shows(n, "3 online");
    }
    all
}

#[test]
fn a_line_is_answered_and_reacted_to() {
    for seed in 1..=4 {
        let mut all = three(seed);
        all.enter(ALICE, "who has the drawings?");
        for n in [BOB, CAROL] {
            all.shows(n, "alice who has the drawings?");
        }
        all.keys(BOB, &["Up", "r", "on VEGA", "Enter"]);
        all.shows(ALICE, "bob ↪ alice: \"who has the drawings?\" on VEGA");
        all.shows(CAROL, "on VEGA");
        all.enter(CAROL, "/react 👍");
        all.until(ALICE, "a thumb after bob's answer", |s| {
            s.lines().any(|row| row.contains("on VEGA") && row.contains('👍'))
        });
        all.enter(CAROL, "/react 👍");
        all.until(ALICE, "none any more", |s| !s.contains('👍'));
        all.enter(BOB, "/me nods");
        all.shows(ALICE, "* ?bob nods");
        all.run(Duration::from_secs(20)); // beacons tell
        all.enter(ALICE, "/heard");
        all.shows(ALICE, "your last line was heard by all 2: bob, carol");
    }
}

#[test]
fn rooms_are_joined_later_and_hold_what_was_said() {
    let mut all = three(5);
    all.enter(BOB, "/join lunch");
    all.enter(BOB, "/topic noodles at noon");
    all.enter(BOB, "anybody?");
    all.run(Duration::from_secs(5));
    assert!(!all.screen(ALICE).contains("anybody?"), "she is not in it");
    all.enter(ALICE, "/join lunch");
    all.shows(ALICE, "bob anybody?");
    all.shows(ALICE, "2 in #lunch");
    all.shows(ALICE, "noodles at noon");
    all.keys(ALICE, &["half a thought", "Alt+1"]);
    all.enter(BOB, "alice: two portions?");
    all.shows(ALICE, "2:#lunch !1");
    all.enter(CAROL, "said in the lobby");
    all.shows(ALICE, "said in the lobby");
    all.keys(ALICE, &["Alt+A"]);
    let screen = all.screen(ALICE);
    assert!(screen.contains("two portions?") && screen.contains("> half a thought"), "{screen}");
    assert!(!screen.contains("said in the lobby"), "{screen}");
    all.keys(ALICE, &["Ctrl+U"]);
    all.enter(ALICE, "/part");
    all.shows(BOB, "1 in #lunch");
}

#[test]
fn private_lines_arrive_and_call_and_nobody_else_sees_them() {
    let mut all = three(6);
    all.tell(ALICE, Msg::Focus(false));
    all.enter(BOB, "/msg alice psst");
    all.shows(ALICE, "2:bob !1");
    let called = all.asked(ALICE);
    assert!(called.iter().any(|effect| matches!(effect, Effect::Call(call) if call.text.as_str() == "psst")));
    all.shows(BOB, "2:alice");
    all.keys(BOB, &["Alt+2"]);
    all.until(BOB, "that it has arrived", |s| s.lines().any(|row| row.contains("psst") && row.contains('✓')));
    all.tell(ALICE, Msg::Focus(true));
    all.keys(ALICE, &["Alt+2"]);
    all.enter(ALICE, "yes?");
    all.shows(BOB, "yes?");
    assert!(!all.screen(CAROL).contains("psst"));
    assert_eq!(all.model(CAROL).buffers.tabs().len(), 1);
}

#[test]
fn typing_is_told_only_if_switched_on_and_ends_by_itself() {
    let mut all = three(7);
    all.keys(BOB, &["not told"]);
    all.run(Duration::from_secs(2));
    assert!(!all.screen(ALICE).contains("is typing"));
    all.keys(BOB, &["Ctrl+U"]);
    all.enter(BOB, "/set typing on");
    all.segment.loss(0.0); // such a notice is sent once and not repaired
    all.keys(BOB, &["hel"]);
    all.shows(ALICE, "bob is typing");
    all.until(ALICE, "that he has stopped", |s| !s.contains("is typing"));
    all.keys(BOB, &["lo", "Enter"]);
    all.until(ALICE, "the line, and no typing", |s| s.contains("bob hello") && !s.contains("is typing"));
}

#[test]
fn absence_names_and_farewells_are_seen() {
    let mut all = three(8);
    all.enter(BOB, "/away at the fuse box");
    all.until(ALICE, "bob away", |s| {
        s.lines().any(|row| row.contains("bob") && row.trim_end().ends_with("away"))
    });
    all.enter(ALICE, "/whois bob");
    all.shows(ALICE, "bob · away: at the fuse box");
    all.enter(BOB, "/back");
    all.enter(BOB, "/nick robert");
    all.shows(ALICE, "bob is now robert");
    all.enter(ALICE, "/ignore robert");
    all.enter(BOB, "not for her");
    all.shows(CAROL, "not for her");
    all.run(Duration::from_secs(5));
    assert!(!all.screen(ALICE).contains("not for her"));
    all.keys(BOB, &["Ctrl+D"]);
    all.shows(ALICE, "robert left");
    all.shows(ALICE, "2 online");
    // Nobody presses a key at the third for a quarter of an hour.
    all.run(Duration::from_secs(16 * 60));
    all.shows(ALICE, "you are away");
    all.keys(ALICE, &["x"]);
    all.until(ALICE, "that she is back", |s| !s.contains("you are away"));
}

#[test]
fn after_a_partition_all_read_the_same_in_the_order_of_time_and_are_called_for_it() {
    for seed in 1..=4 {
        let mut all = People::new(seed, 0.1, &["alice", "bob", "carol"]);
        (ALICE..=CAROL).for_each(|n| all.shows(n, "3 online"));
        all.segment.hosts[CAROL].side = 1;
        all.tell(BOB, Msg::Focus(false));
        let mut said = Vec::new();
        for n in 0..6 {
            for (who, name) in [(ALICE, "alice"), (CAROL, "carol")] {
                said.push(format!("{name} {n}, bob"));
                all.enter(who, &said[2 * n + usize::from(who == CAROL)]);
                all.run(Duration::from_secs(3));
            }
        }
        all.asked(BOB);
        all.segment.hosts[CAROL].side = 0;
        all.run(Duration::from_secs(30));
        let called = all.asked(BOB);
        let mention = |e: &Effect| matches!(e, Effect::Call(call) if call.text.as_str().starts_with("carol"));
        assert!(called.iter().any(mention), "seed {seed}: minutes ago is news");
        all.tell(BOB, Msg::Focus(true));
        for who in ALICE..=CAROL {
            let lines = all.model(who).log.iter().filter_map(|e| e.line());
            let shown: Vec<_> = lines.map(|l| (l.text.to_string(), l.late)).collect();
            let texts: Vec<_> = shown.iter().map(|(text, _)| text.clone()).collect();
            assert_eq!(texts, said, "seed {seed}, host {who}");
            let other = if who == CAROL { "alice" } else { "carol" };
            let late: Vec<_> =
                shown.iter().filter(|(_, late)| *late).map(|(text, _)| text.as_str()).collect();
            assert!(
                late.len() >= 3 && late.iter().all(|text| text.starts_with(other)),
                "seed {seed}: {late:?}"
            );
            let marked = format!("(late) {}", late[0]);
            all.shows(who, &marked);
        }
    }
}

/// Bob hears nothing for a while; what he has missed, only carol has, who cannot be reached.
#[test]
fn what_was_missing_stands_in_its_place_when_it_comes_and_the_view_does_not_jump() {
    for seed in 1..=4 {
        let mut all = People::new(seed, 0.0, &["alice", "bob", "carol"]);
        all.shows(BOB, "3 online");
        for n in 0..40 {
            all.enter(ALICE, &format!("before {n}"));
        }
        all.enter(CAROL, "/join lunch");
        all.enter(ALICE, "/join lunch");
        all.run(Duration::from_secs(3));
        all.segment.hosts[BOB].loss = 1.0;
        all.enter(ALICE, "bob is not in lunch");
        all.keys(ALICE, &["Alt+1"]);
        all.enter(ALICE, &format!("a line in parts: {}the end", "many words ".repeat(80)));
        all.run(Duration::from_millis(50));
        (all.segment.hosts[BOB].loss, all.segment.hosts[CAROL].side) = (0.0, 1);
        for n in 0..30 {
            all.enter(ALICE, &format!("after {n}"));
        }
        all.segment.run(Duration::from_millis(1)); // before he can ask her
        all.segment.hosts[ALICE].node = None;
        all.shows(BOB, "after 29");
        // The gap is at the top of what he reads.
        let model = all.model(BOB);
        let gap = model.log.iter().find(|e| matches!(e.what(), What::Gap { .. })).unwrap().id;
        model.scroll = Scroll::At { entry: gap, row: 0, since: model.log.next_id() };
        let before = all.screen(BOB);
        let top = before.lines().position(|row| row.contains("of alice missing]")).expect("a gap");
        let said = |row: &str| row.chars().skip(10).take(60).collect::<String>(); // without time and people
        let below = |s: &str| s.lines().skip(top + 1).take(15).map(said).collect::<Vec<_>>();
        assert!(below(&before)[0].contains("after 0"), "seed {seed}: {before}");
        all.segment.hosts[CAROL].side = 0;
        all.until(BOB, "nothing missing", |s| !s.contains("missing]"));
        let after = all.screen(BOB);
        assert_eq!(below(&after), below(&before), "seed {seed}");
        assert!(after.lines().nth(top).is_some_and(|row| row.contains("the end")), "seed {seed}: {after}");
    }
}

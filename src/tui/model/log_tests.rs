use proptest::prelude::*;

use super::super::log::KEPT;
use super::*;
use crate::chat::{About, Kind, Line, LineId, PeerId, Trust};
use crate::text::SafeText;
use crate::tui::model::{Change, Level, Missing, Stamp, What};

const ALICE: PeerId = PeerId([1; 8]);

fn line(seq: u32, text: &str) -> Line {
    let name = SafeText::clean("alice");
    Line {
        id: Some(LineId { sender: ALICE, epoch: 1, seq }),
        room: SafeText::clean("lobby"),
        kind: Kind::Say,
        from: name.clone(),
        peer: Some(ALICE),
        host: name,
        address: None,
        text: SafeText::clean(text),
        sent_at: 0,
        received_at: 0,
        trust: Trust::Known,
        private: false,
        to: None,
        late: false,
        own: false,
        about: None,
    }
}

fn at(minute: u64) -> Stamp {
    Stamp::new(minute * 60_000, 0)
}

fn log_of(texts: &[&str]) -> Log {
    let mut log = Log::default();
    for (seq, text) in (1..).zip(texts) {
        log.add_line(at(0), line(seq, text), None);
    }
    log
}

fn texts(log: &Log) -> Vec<String> {
    let wide = crate::tui::model::Gutter::of(200);
    log.iter().map(|e| e.body(wide).text().to_string()).collect()
}

/// The rows that a pane shows, as (text of the entry, row).
fn rows(log: &Log, scroll: Scroll, width: u16, height: u16) -> Vec<(String, usize)> {
    let seen = View::new(log, width, height, scroll).seen();
    let mut rows = Vec::new();
    for part in seen {
        let text = part.entry.line().unwrap().text.to_string();
        rows.extend((part.first..part.first + part.rows).map(|row| (text.clone(), row)));
    }
    rows
}

#[test]
fn what_happens_while_nobody_speaks_is_one_entry() {
    let mut log = Log::default();
    let name = |n: &str| SafeText::clean(n);
    log.add_presence(at(0), PeerId([1; 8]), name("alice"), Change::Joined);
    log.add_presence(at(0), PeerId([2; 8]), name("bob"), Change::Joined);
    log.add_presence(at(1), PeerId([2; 8]), name("bob"), Change::Left);
    log.add_notice(at(1), Level::Info, name("hi"));
    log.add_presence(at(1), PeerId([1; 8]), name("alice"), Change::Left);
    assert_eq!(texts(&log), ["alice joined · bob left", "hi", "alice left"]);
    assert_eq!(log.get(0).unwrap().at, at(1), "the time of the last change");
    // Somebody whose network comes and goes all evening fills no screen.
    for n in 0..50 {
        let change = if n % 2 == 0 { Change::Joined } else { Change::Lost };
        log.add_presence(at(2 + 5 * n), PeerId([2; 8]), name("bob"), change);
    }
    assert_eq!(texts(&log)[2..], ["alice left · bob no longer heard"]);
    log.add_presence(at(300), PeerId([1; 8]), name("alice"), Change::Joined);
    assert_eq!(log.len(), 4, "after a long silence, another");
}

#[test]
fn a_new_day_is_told() {
    let mut log = log_of(&["before"]);
    log.add_line(at(1440), line(2, "after"), None);
    assert_eq!(texts(&log), ["before", "Friday, 2 January 1970", "after"]);
    assert_eq!(*log.get(1).unwrap().what(), What::Day);
}

#[test]
fn the_oldest_entries_go() {
    let mut log = Log::default();
    for n in 0..KEPT + 5 {
        log.add_notice(at(0), Level::Info, SafeText::clean(&n.to_string()));
    }
    assert_eq!(log.len(), KEPT);
    assert_eq!(texts(&log).first().map(String::as_str), Some("5"));
}

#[test]
fn late_lines_fill_their_gap() {
    let mut log = log_of(&["one"]);
    log.add_gap(at(0), SafeText::clean("alice"), Missing::of((ALICE, 1), 2..4, 2));
    log.add_line(at(0), line(4, "four"), None);
    log.add_line(at(0), line(5, "five"), None);
    late(&mut log, 2, 1, "two");
    assert_eq!(texts(&log), ["one", "two", "[1 line of alice missing]", "four", "five"]);
    late(&mut log, 3, 1, "three");
    assert_eq!(texts(&log), ["one", "two", "three", "four", "five"]);
    late(&mut log, 9, 1, "nine");
    assert_eq!(texts(&log).last().unwrap(), "nine");
}

/// A late line comes, of so many datagrams.
fn late(log: &mut Log, seq: u32, parts: u32, text: &str) {
    assert_eq!(log.has_gap(line(seq, "").id.unwrap()), seq < 9);
    log.add_line(at(0), Line { late: true, ..line(seq, text) }, None);
    log.fill((ALICE, 1), &(seq..seq + parts));
}

#[test]
fn nothing_stays_missing_of_a_gap_whose_lines_have_come() {
    let mut log = log_of(&["one"]);
    let missing = |numbers: std::ops::Range<u32>, lines| Missing::of((ALICE, 1), numbers, lines);
    log.add_gap(at(0), SafeText::clean("alice"), missing(2..8, 6));
    log.add_line(at(0), line(9, "nine"), None);
    // The one in the middle first; it had three datagrams.
    late(&mut log, 4, 3, "four to six");
    assert_eq!(texts(&log), ["one", "[3 lines of alice missing]", "four to six", "nine"]);
    late(&mut log, 7, 1, "seven");
    assert_eq!(texts(&log), ["one", "[2 lines of alice missing]", "four to six", "seven", "nine"]);
    log.fill((ALICE, 2), &(2..4)); // another run of hers
    log.fill((ALICE, 1), &(2..4)); // a line of another room
    assert_eq!(texts(&log), ["one", "four to six", "seven", "nine"]);
    // A part of a line is missing: that is one line, however many parts it has.
    log.add_gap(at(0), SafeText::clean("alice"), missing(10..15, 1));
    assert_eq!(texts(&log).last().unwrap(), "[1 line of alice missing]");
    log.fill((ALICE, 1), &(10..15));
    assert_eq!(texts(&log).last().unwrap(), "nine");
}

/// As when one line of alice is lost, others talk meanwhile, and hers that came after it wait for it.
#[test]
fn a_gap_stands_before_what_its_author_said_later() {
    let carol = PeerId([3; 8]);
    let said = |seq: u32, peer: PeerId, text: &str| {
        let line = line(seq, text);
        let id = LineId { sender: peer, epoch: 1, seq };
        Line { id: Some(id), peer: Some(peer), sent_at: u64::from(seq), ..line }
    };
    let gap = || Missing::of((ALICE, 1), 2..3, 1);
    let mut log = Log::default();
    log.add_line(at(0), said(1, ALICE, "a1"), None);
    log.add_line(at(1), said(9, carol, "c1"), None);
    log.add_gap(at(1), SafeText::clean("alice"), gap());
    assert_eq!(texts(&log), ["a1", "c1", "[1 line of alice missing]"]);
    log.add_line(at(1), said(3, ALICE, "a3"), None);
    assert_eq!(texts(&log), ["a1", "[1 line of alice missing]", "a3", "c1"]);
    log.add_line(at(1), Line { late: true, ..said(2, ALICE, "a2") }, None);
    log.fill((ALICE, 1), &(2..3));
    assert_eq!(texts(&log), ["a1", "a2", "a3", "c1"]);

    // Her next run is heard before it is told what of this one is missing.
    let mut log = Log::default();
    log.add_line(at(0), said(1, ALICE, "a1"), None);
    let next = said(5, ALICE, "b1");
    let id = next.id.map(|id| LineId { epoch: 2, seq: 1, ..id });
    log.add_line(at(0), Line { id, ..next }, None);
    log.add_gap(at(0), SafeText::clean("alice"), gap());
    log.add_line(at(0), said(3, ALICE, "a3"), None);
    assert_eq!(texts(&log), ["a1", "[1 line of alice missing]", "a3", "b1"]);
}

/// As when every second line of two authors is lost: no page of gaps pushes what was said off the screen.
#[test]
fn gaps_that_are_told_one_after_another_are_one_for_each_author() {
    let mut log = log_of(&["one"]);
    let bob = PeerId([2; 8]);
    for seq in (2..20).step_by(2) {
        log.add_gap(at(0), SafeText::clean("alice"), Missing::of((ALICE, 1), seq..seq + 1, 1));
        log.add_gap(at(0), SafeText::clean("bob"), Missing::of((bob, 1), seq..seq + 1, 1));
    }
    assert_eq!(texts(&log), ["one", "[9 lines of alice missing]", "[9 lines of bob missing]"]);
    late(&mut log, 4, 1, "four");
    late(&mut log, 2, 1, "two");
    assert_eq!(texts(&log), ["one", "two", "[7 lines of alice missing]", "four", "[9 lines of bob missing]"]);
    // What somebody else says meanwhile stays last; below what she herself says there is a place of its own.
    let said = |seq, peer: PeerId, text: &str| {
        let line = line(seq, text);
        Line { peer: Some(peer), id: line.id.map(|id| LineId { sender: peer, ..id }), ..line }
    };
    log.add_line(at(0), said(90, ALICE, "ninety"), None);
    log.add_gap(at(0), SafeText::clean("bob"), Missing::of((bob, 1), 20..21, 1));
    log.add_line(at(0), said(21, bob, "twenty-one"), None);
    log.add_line(at(0), said(91, ALICE, "ninety-one"), None);
    log.add_gap(at(0), SafeText::clean("bob"), Missing::of((bob, 1), 22..23, 1));
    let end = ["[10 lines of bob missing]", "ninety", "twenty-one", "[1 line of bob missing]", "ninety-one"];
    assert_eq!(texts(&log)[4..], end);
    for seq in (2..24).step_by(2) {
        log.fill((bob, 1), &(seq..seq + 1));
    }
    for seq in (2..20).step_by(2) {
        log.fill((ALICE, 1), &(seq..seq + 1));
    }
    assert_eq!(texts(&log), ["one", "two", "four", "ninety", "twenty-one", "ninety-one"]);
}

#[test]
fn the_view_stays_where_it_is_while_lines_arrive() {
    let mut log = log_of(&["1", "2", "3", "4", "5"]);
    let newest = Scroll::Newest;
    assert_eq!(rows(&log, newest, 80, 2), [("4".to_owned(), 0), ("5".to_owned(), 0)]);
    let up = View::new(&log, 80, 2, newest).moved(true, 2);
    let before = rows(&log, up, 80, 2);
    assert_eq!(before, [("2".to_owned(), 0), ("3".to_owned(), 0)]);
    log.add_line(at(0), line(6, "6"), None);
    log.add_line(at(0), Line { own: true, ..line(7, "7") }, None);
    assert_eq!(rows(&log, up, 80, 2), before);
    assert_eq!(View::new(&log, 80, 2, up).news_below(), 1, "own lines are no news");
    let down = View::new(&log, 80, 2, up).moved(false, 3);
    assert_eq!(rows(&log, down, 80, 2), [("5".to_owned(), 0), ("6".to_owned(), 0)]);
    assert_eq!(View::new(&log, 80, 2, down).news_below(), 0);
    assert_eq!(View::new(&log, 80, 2, down).moved(false, 1), Scroll::Newest);
    assert_eq!(View::new(&log, 80, 9, newest).moved(true, 5), Scroll::Newest, "all is seen");
}

#[test]
fn a_forgotten_or_shrunken_anchor_still_shows_something() {
    let words = "word ".repeat(60);
    let mut log = log_of(&[&words, "b", "c", "d"]);
    let scroll = View::new(&log, 30, 3, Scroll::Newest).oldest();
    let scroll = View::new(&log, 30, 3, scroll).moved(false, 6);
    assert_eq!(rows(&log, scroll, 30, 1), [(SafeText::clean(&words).to_string(), 6)]);
    assert_eq!(rows(&log, scroll, 200, 1).first().map(|r| r.1), Some(1), "wrapped wider, its last row");
    log.clear();
    assert_eq!(rows(&log, scroll, 30, 3), []);
    log.add_line(at(0), line(9, "new"), None);
    assert_eq!(rows(&log, scroll, 30, 3).len(), 1);
}

proptest! {
    #[test]
    fn moving_up_and_down_again_shows_the_same(
        texts in proptest::collection::vec("[a-c ]{0,80}", 1..20),
        width in 1_u16..60, height in 1_u16..8, steps in 1_usize..30,
    ) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let log = log_of(&texts);
        let view = |scroll| View::new(&log, width, height, scroll);
        let whole: usize = log.iter().map(|e| e.rows(width)).sum();
        let mut scroll = Scroll::Newest;
        let mut tops = vec![rows(&log, scroll, width, height)];
        for _ in 0..steps {
            scroll = view(scroll).moved(true, 1);
            tops.push(rows(&log, scroll, width, height));
        }
        for shown in tops.iter().rev() {
            prop_assert_eq!(shown.len(), whole.min(usize::from(height)), "the pane is full");
        }
        let moved = steps.min(whole.saturating_sub(usize::from(height)));
        for back in (0..moved).rev() {
            scroll = view(scroll).moved(false, 1);
            prop_assert_eq!(&rows(&log, scroll, width, height), &tops[back]);
        }
        prop_assert_eq!(scroll, Scroll::Newest);
    }
}

#[test]
fn caught_up_lines_of_one_second_stand_in_the_order_of_their_time() {
    let mut log = Log::default();
    let said = |author: u8, seq: u32, ms: u64| {
        let mut line = line(seq, &format!("{author}.{seq}"));
        line.id = line.id.map(|id| LineId { sender: PeerId([author; 8]), ..id });
        line.peer = Some(PeerId([author; 8]));
        (line.sent_at, line.received_at, line.late) = (ms, 900, true);
        line
    };
    for (author, seq, ms) in [(1, 1, 100), (1, 2, 300), (1, 3, 500), (2, 1, 200), (2, 2, 400)] {
        log.add_missed(at(0), said(author, seq, ms), None, false);
    }
    let order: Vec<String> = log.iter().filter_map(|e| e.line()).map(|l| l.text.to_string()).collect();
    assert_eq!(order, ["1.1", "2.1", "1.2", "2.2", "1.3"]);
}

#[test]
fn lines_of_the_last_seconds_stand_in_the_order_of_their_clock() {
    let mut log = Log::default();
    let mut said = |seq, sent_at, received_at| {
        let new = Line { sent_at, received_at, ..line(seq, &seq.to_string()) };
        log.add_line(at(0), new, None);
    };
    said(1, 1_000, 1_000);
    said(3, 3_000, 3_000);
    said(2, 2_000, 3_500); // it had to be sent again
    said(5, 50_000, 50_000);
    said(4, 4_000, 50_100); // somebody's clock is slow: it stands where it was heard
    said(6, 4_500, 70_000);
    let shown: Vec<_> = log.iter().filter_map(|e| e.line()).map(|l| l.text.to_string()).collect();
    assert_eq!(shown, ["1", "2", "3", "5", "4", "6"]);
}

#[test]
fn the_mark_moves_to_what_comes_next() {
    let mut log = log_of(&["one"]);
    log.move_mark(at(0), None);
    log.add_line(at(0), line(2, "two"), None);
    let first = log.mark().unwrap();
    log.move_mark(at(0), None);
    assert_eq!(texts(&log), ["one", "two", "new since you left"]);
    let second = log.mark().unwrap();
    assert_ne!(first, second);
    log.add_line(at(0), line(3, "three"), None);
    log.move_mark(at(0), Some(second));
    assert_eq!(log.iter().filter(|e| *e.what() == What::New).count(), 2, "the view is held by the old one");
}

#[test]
fn more_of_the_past_is_joined_without_a_second_line_for_the_day() {
    let day = 1440;
    let mut log = Log::default();
    let said = |minute, seq, text: &str| (at(minute), line(seq, text), None);
    log.prepend(at(3 * day), vec![said(2 * day, 5, "five")], None);
    log.add_line(at(3 * day), line(6, "six"), None);
    log.prepend(
        at(3 * day),
        vec![said(day, 3, "three"), said(2 * day, 4, "four"), said(2 * day, 5, "five")],
        None,
    );
    let kinds: Vec<_> = texts(&log);
    let date = |minute| at(minute).date().to_string();
    let (first, second, third) = (date(day), date(2 * day), date(3 * day));
    assert_eq!(kinds, [&first, "three", &second, "four", "five", &third, "six"]);
}

#[test]
fn an_entry_is_brought_into_sight_and_held_there() {
    let all: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let mut log = log_of(&all);
    let seen = |log: &Log, scroll| rows(log, scroll, 80, 5).into_iter().map(|(t, _)| t).collect::<Vec<_>>();
    let id = |log: &Log, n: usize| log.get(n).unwrap().id;
    let newest = View::new(&log, 80, 5, Scroll::Newest);
    let to = |n, reveal| newest.revealing(id(&log, n), reveal);
    assert_eq!(seen(&log, to(10, Reveal::Middle)), ["8", "9", "10", "11", "12"]);
    assert_eq!(seen(&log, to(10, Reveal::Top)), ["10", "11", "12", "13", "14"]);
    assert_eq!(seen(&log, to(44, Reveal::Nearest)), ["44", "45", "46", "47", "48"]);
    assert_eq!(to(47, Reveal::Middle), Scroll::Newest, "it is seen already");
    let held = newest.pinned();
    let far = View::new(&log, 80, 5, to(10, Reveal::Top));
    assert_eq!(seen(&log, far.revealing(id(&log, 20), Reveal::Nearest)), ["16", "17", "18", "19", "20"]);
    log.add_line(at(0), line(51, "news"), None);
    assert_eq!(seen(&log, held), ["45", "46", "47", "48", "49"]);
}

#[test]
fn an_answer_quotes_the_line_that_is_here_or_says_who_claims_it() {
    let forged = |seq: u32, about: u32| {
        let line_id = LineId { sender: ALICE, epoch: 1, seq: about };
        let quote = SafeText::clean("alice: I quit\" and \u{201c} steal");
        let (sender, from) = (PeerId([2; 8]), SafeText::clean("eve"));
        let about = Some(About { line: line_id, quote });
        let id = Some(LineId { sender, epoch: 1, seq });
        Line { id, peer: Some(sender), from, about, ..line(seq, "seriously?") }
    };
    let said = "I will be there at \"noon\"";
    let claim = "↪ (eve quotes) \"alice: I quit' and ' steal\" seriously?";
    let held = "↪ alice: \"I will be there at 'noon'\" seriously?";
    let mut log = log_of(&[said]);
    log.add_line(at(0), forged(1, 1), None);
    log.add_line(at(0), forged(2, 2), None);
    assert_eq!(texts(&log)[1..], [held, claim]);
    log.add_line(at(0), line(2, said), None);
    assert_eq!(texts(&log)[1..3], [held, held], "it has come");
    // The past comes above what answers it.
    let mut log = Log::default();
    log.add_line(at(0), forged(1, 1), None);
    assert_eq!(texts(&log), [claim]);
    log.prepend(at(0), vec![(at(0), line(1, said), None), (at(0), forged(2, 1), None)], None);
    assert_eq!(texts(&log)[1..], [held, held]);
    let own = Line { own: true, ..forged(3, 9) };
    log.add_line(at(0), own, None);
    assert!(texts(&log)[3].starts_with("↪ (you quote) \"alice: "));
}

//! Open rooms, topics, answers, reactions, being away, typing, and not hearing somebody: on a virtual segment.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may fail loudly")]

#[path = "sim/segment.rs"]
mod segment;

use std::time::Duration;

use lanchat::chat::{
    Answered, Event, JoinError, Kind, Line, LineId, Peer, Reactions, Room, RoomName, SayError, Slot, Source,
    limits,
};
use lanchat::netbios::Name;
use lanchat::text::SafeText;
use segment::Segment;

const SECOND: Duration = Duration::from_secs(1);

fn room(name: &str) -> RoomName {
    name.parse().unwrap()
}

fn started(seed: u64, nicks: &[&str]) -> Segment {
    let mut s = Segment::new(seed);
    s.depth = 1000;
    for nick in nicks {
        s.add(nick);
    }
    s.run(SECOND * 5);
    s
}

fn join(s: &mut Segment, n: usize, name: &str) {
    s.with(n, |node, now| node.join(now, room(name))).unwrap();
}

fn say(s: &mut Segment, n: usize, name: &str, text: &str) -> LineId {
    s.with(n, |node, now| node.say_in(now, room(name), Kind::Say, text, None)).unwrap()
}

/// What a host has shown of a room, own lines too: `author: text`.
fn shown(s: &Segment, n: usize, name: &str) -> Vec<String> {
    lines(s, n).filter(|l| l.room.as_str() == name).map(|l| format!("{}: {}", l.from, l.text)).collect()
}

fn lines(s: &Segment, n: usize) -> impl Iterator<Item = &Line> {
    s.hosts[n].events.iter().filter_map(|e| if let Event::Line(l) = e { Some(l) } else { None })
}

fn listed(s: &mut Segment, n: usize, name: &str) -> Option<Room> {
    s.hosts[n].node().rooms().into_iter().find(|r| r.name == room(name))
}

fn peer(s: &mut Segment, n: usize, of: usize) -> Peer {
    let id = s.id(of);
    s.hosts[n].node().peers().into_iter().find(|p| p.id == id).unwrap()
}

#[test]
fn lines_are_shown_to_who_is_in_the_room_and_held_for_who_joins_later() {
    let mut s = started(1, &["alice", "bob", "carol"]);
    join(&mut s, 0, "lunch");
    join(&mut s, 1, "#Lunch");
    s.say(0, "to all");
    say(&mut s, 0, "lunch", "to some");
    s.run(SECOND);
    let long = "pizza ".repeat(200);
    say(&mut s, 1, "lunch", long.trim_end());
    s.run(SECOND * 2);
    let both = ["alice: to some".to_owned(), format!("bob: {}", long.trim_end())];
    assert_eq!((shown(&s, 0, "lunch"), shown(&s, 1, "lunch")), (both.to_vec(), both.to_vec()));
    assert_eq!(shown(&s, 2, "lunch"), Vec::<String>::new());
    assert_eq!(shown(&s, 2, "lobby"), ["alice: to all"]);
    assert!(!s.hosts[2].events.iter().any(|e| matches!(e, Event::Gap { .. })));
    assert_eq!(listed(&mut s, 2, "lunch").unwrap().unshown, 2);

    join(&mut s, 2, "lunch");
    assert_eq!(shown(&s, 2, "lunch"), both);
    assert!(lines(&s, 2).filter(|l| l.room.as_str() == "lunch").all(|l| l.late && !l.own));
    s.with(2, |node, now| node.part(now, room("lunch")));
    say(&mut s, 0, "lunch", "while carol is out");
    s.run(SECOND);
    assert_eq!(shown(&s, 2, "lunch").len(), 2);
    join(&mut s, 2, "lunch");
    assert_eq!(shown(&s, 2, "lunch")[2], "alice: while carol is out");
    assert_eq!(shown(&s, 2, "lunch").len(), 3, "what was shown is not shown again");
    let out = s.with(2, |node, now| {
        node.part(now, room("lunch"));
        node.say_in(now, room("lunch"), Kind::Say, "x", None)
    });
    assert_eq!(out, Err(SayError::NotIn(room("lunch"))));
}

#[test]
fn rooms_lose_nothing_at_thirty_percent_loss() {
    for seed in 0..3 {
        let mut s = started(seed, &["alice", "bob", "carol", "dave"]);
        s.loss(0.3);
        s.run(SECOND * 10);
        for n in 0..3 {
            join(&mut s, n, "a");
            join(&mut s, n, "b");
        }
        let mut said = 0;
        for n in 0..45 {
            match n % 3 {
                0 => s.say(n % 4, &n.to_string()),
                1 => drop(say(&mut s, n % 3, "a", &n.to_string())),
                _ => drop(say(&mut s, n % 3, "b", &n.to_string())),
            }
            said += 1;
            s.run(Duration::from_millis(100));
        }
        s.run(SECOND * 20);
        let late = s.add("late");
        s.run(SECOND * 20);
        join(&mut s, late, "a");
        join(&mut s, late, "b");
        s.run(SECOND * 20);
        for n in [0, 1, 2, late] {
            let all: usize = ["lobby", "a", "b"].iter().map(|r| shown(&s, n, r).len()).sum();
            assert_eq!(all, said, "seed {seed}, host {n}");
        }
        let mut sorted = (shown(&s, 0, "a"), shown(&s, late, "a"));
        sorted.0.sort();
        sorted.1.sort();
        assert_eq!(sorted.0, sorted.1);
        assert_eq!(listed(&mut s, 3, "b").unwrap().members.len(), 4, "seed {seed}");
    }
}

#[test]
fn who_is_in_which_room_is_told_also_to_newcomers() {
    let mut s = started(4, &["alice", "bob"]);
    s.loss(0.2);
    join(&mut s, 0, "lunch");
    join(&mut s, 0, "日本");
    s.run(SECOND * 3);
    assert_eq!(peer(&mut s, 1, 0).rooms, [room("lunch"), room("日本")]);
    s.run(SECOND * 60);
    let carol = s.add("carol");
    s.run(SECOND * 8);
    assert_eq!(listed(&mut s, carol, "lunch").unwrap().members, [s.id(0)]);
    assert_eq!(s.hosts[carol].node().rooms()[0].name, RoomName::LOBBY);
    s.with(0, |node, now| node.part(now, room("lunch")));
    s.run(SECOND * 4);
    for n in [1, carol] {
        assert_eq!(listed(&mut s, n, "lunch").unwrap().members, [], "host {n}");
        assert_eq!(listed(&mut s, n, "日本").unwrap().members, [s.id(0)], "host {n}");
    }
    // A new start of the program is in no room until it says so.
    s.leave(0);
    s.run(SECOND);
    s.start(0, "alice", 2, false);
    s.run(SECOND * 5);
    assert_eq!(peer(&mut s, 1, 0).rooms, []);
}

#[test]
fn nobody_in_a_room_costs_nothing() {
    let count = |rooms: bool| {
        let mut s = started(9, &["alice", "bob", "carol"]);
        if rooms {
            join(&mut s, 0, "lunch");
            s.run(SECOND);
            s.with(0, |node, now| node.part(now, room("lunch")));
            s.run(SECOND * 60);
        } else {
            s.run(SECOND * 61);
        }
        s.sent = 0;
        s.run(SECOND * 120);
        s.sent
    };
    let (without, with) = (count(false), count(true));
    assert!(with < without + without / 10, "{without} {with}: the absence of rooms is not told for ever");
}

#[test]
fn the_last_topic_by_clock_is_everybodys_and_a_late_comers() {
    let mut s = started(2, &["alice", "bob", "carol"]);
    for n in 0..2 {
        join(&mut s, n, "lunch");
    }
    let topic = |s: &mut Segment, n: usize, text: &str| {
        s.with(n, |node, now| node.set_topic(now, room("lunch"), text)).unwrap();
    };
    topic(&mut s, 0, "pizza");
    s.run(SECOND);
    topic(&mut s, 1, "  noodles: at [noon] ");
    s.run(SECOND);
    let late = s.add("dave");
    s.run(SECOND * 15);
    for n in [0, 1, 2, late] {
        let listed = listed(&mut s, n, "lunch").unwrap();
        assert_eq!(listed.topic.as_str(), "noodles: at [noon]", "host {n}");
        assert_eq!(listed.topic_by, Some(s.id(1)));
    }
    let last = lines(&s, 0).last().unwrap();
    assert_eq!((last.kind, last.text.as_str()), (Kind::Topic, "noodles: at [noon]"));
    let long = "x".repeat(limits::MAX_TOPIC + 1);
    assert!(s.with(0, |node, now| node.set_topic(now, room("lunch"), &long)).is_err());
    // A clock that is far ahead does not hold the topic for ever.
    s.hosts[2].ahead = 3_600_000;
    join(&mut s, 2, "lunch");
    topic(&mut s, 2, "from the future");
    s.run(SECOND);
    assert_eq!(listed(&mut s, 0, "lunch").unwrap().topic.as_str(), "noodles: at [noon]");
}

#[test]
fn answers_and_reactions_name_their_line_and_read_well_as_text() {
    let mut s = started(3, &["alice", "bob", "carol"]);
    join(&mut s, 0, "lunch");
    join(&mut s, 1, "lunch");
    s.tapped = Some(2);
    let line = say(&mut s, 0, "lunch", "pizza [or noodles]?");
    s.run(SECOND);
    let to = Answered { line, from: SafeText::line("alice"), text: SafeText::line("pizza [or noodles]?") };
    let answer = |s: &mut Segment, text: &str| {
        s.with(1, |node, now| node.say_in(now, room("lunch"), Kind::Say, text, Some(&to))).unwrap()
    };
    answer(&mut s, "noodles");
    s.run(SECOND);
    let long = "why? ".repeat(100);
    answer(&mut s, long.trim_end());
    s.run(SECOND);
    s.with(1, |node, now| node.react(now, room("lunch"), "👍", &to)).unwrap();
    s.run(SECOND);
    let got: Vec<&Line> = lines(&s, 0).filter(|l| !l.own).collect();
    let about = |l: &Line| l.about.as_ref().map(|a| (a.line, a.quote.to_string()));
    let quoted = Some((line, "alice: pizza [or noodles)?".to_owned()));
    assert_eq!((got[0].text.as_str(), about(got[0])), ("noodles", quoted.clone()));
    assert_eq!((got[1].text.as_str(), about(got[1])), (long.trim_end(), quoted.clone()));
    assert_eq!((got[2].kind, got[2].text.as_str(), about(got[2])), (Kind::Reaction, "👍", quoted));

    let mut reactions = Reactions::default();
    assert!(got.iter().filter(|l| reactions.add(l)).count() == 1);
    assert_eq!(reactions.of(line), [(SafeText::line("👍"), 1)]);

    // What a program that knows only text prints.
    let texts: Vec<String> = s
        .heard
        .iter()
        .filter(|(_, _, slot, _)| matches!(slot, Slot::Room(_)))
        .map(|(.., data)| String::from_utf8_lossy(data.split(|b| *b == 0).next().unwrap()).into_owned())
        .collect();
    assert_eq!(texts[0], "<alice> pizza [or noodles]?");
    assert_eq!(texts[1], "<bob> [alice: pizza [or noodles)?] noodles");
    assert_eq!(texts.last().unwrap(), "* bob reacts 👍 to alice: pizza [or noodles)?");
    for bad in ["", "ok", "👨‍👩‍👧‍👦"] {
        let refused = s.with(1, |node, now| node.react(now, room("lunch"), bad, &to));
        assert_eq!(refused, Err(SayError::Reaction(limits::MAX_REACTION)), "{bad}");
    }
}

#[test]
fn away_is_told_and_so_is_being_back() {
    let mut s = started(5, &["alice", "bob"]);
    s.with(0, |node, now| node.set_away(now, Some("at lunch")));
    s.run(SECOND);
    assert_eq!(peer(&mut s, 1, 0).away, Some(SafeText::line("at lunch")));
    s.run(SECOND * 30);
    let carol = s.add("carol");
    s.run(SECOND * 5);
    assert!(peer(&mut s, carol, 0).away.is_some());
    s.with(0, |node, now| node.set_away(now, Some(&"é".repeat(100))));
    s.run(SECOND);
    assert_eq!(peer(&mut s, 1, 0).away, Some(SafeText::line(&"é".repeat(limits::MAX_AWAY / 2))));
    s.with(0, |node, now| node.set_away(now, None));
    s.run(SECOND);
    assert_eq!((peer(&mut s, 1, 0).away, peer(&mut s, carol, 0).away), (None, None));
}

#[test]
fn typing_is_told_seldom_and_only_where_it_belongs() {
    let mut s = started(6, &["alice", "bob", "carol"]);
    join(&mut s, 0, "lunch");
    join(&mut s, 1, "lunch");
    s.run(SECOND);
    s.sent = 0;
    for _ in 0..50 {
        s.with(0, |node, now| node.typing(now, room("lunch")));
    }
    s.run(Duration::from_millis(50));
    assert!(s.sent <= 3, "{} datagrams", s.sent);
    let typing = |s: &Segment, n: usize| {
        let all = s.hosts[n].events.iter();
        all.filter_map(|e| match e {
            Event::Typing { name, room, .. } => Some((name.to_string(), *room)),
            _ => None,
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(typing(&s, 1), [("alice".to_owned(), Some(room("lunch")))]);
    assert_eq!((typing(&s, 0).len(), typing(&s, 2).len()), (0, 0), "carol is not in the room");
    s.run(limits::TYPING_EVERY);
    let carol = s.id(2);
    s.with(0, |node, now| node.typing_to(now, carol));
    s.run(SECOND);
    assert_eq!((typing(&s, 1).len(), typing(&s, 2)), (1, vec![("alice".to_owned(), None)]));
    // A recorded notice says nothing when it is played again, and a changed one never did.
    s.tapped = Some(1);
    s.run(limits::TYPING_EVERY);
    s.with(0, |node, now| node.typing(now, RoomName::LOBBY));
    s.run(SECOND);
    assert_eq!(typing(&s, 1).len(), 2);
    let (_, from, slot, data) =
        s.heard.iter().find(|(_, _, slot, data)| *slot == Slot::Sync && data[3] == 12).cloned().unwrap();
    s.run(SECOND * 2);
    s.inject(from, slot, &data);
    let mut forged = data.clone();
    forged[21] = 200; // a later count
    s.inject(from, slot, &forged);
    s.run(SECOND);
    assert_eq!(typing(&s, 1).len(), 2);
}

#[test]
fn who_is_ignored_is_not_heard_but_still_repaired() {
    let mut s = started(7, &["alice", "bob", "carol"]);
    let (alice, bob) = (s.id(0), s.id(1));
    join(&mut s, 0, "lunch");
    s.with(0, |node, now| node.set_topic(now, room("lunch"), "pizza")).unwrap();
    s.run(SECOND * 2);
    let topic = |s: &mut Segment| {
        let room = s.hosts[1].node().rooms().into_iter().find(|r| r.name == room("lunch")).unwrap();
        (room.topic.to_string(), room.topic_by)
    };
    assert_eq!(topic(&mut s), ("pizza".to_owned(), Some(alice)));
    s.with(1, |node, _| node.ignore(alice, true));
    assert!(peer(&mut s, 1, 0).ignored);
    assert_eq!(topic(&mut s), (String::new(), None));
    s.say(0, "one");
    s.with(0, |node, now| node.direct(now, bob, Kind::Say, "psst")).unwrap();
    s.with(0, |node, now| node.typing(now, RoomName::LOBBY));
    s.run(SECOND * 2);
    assert_eq!(s.hosts[1].texts(), Vec::<&str>::new());
    assert!(!s.hosts[1].events.iter().any(|e| matches!(e, Event::Typing { .. })));
    assert!(
        s.hosts[0].events.iter().any(|e| matches!(e, Event::Direct { .. })),
        "it is acknowledged all the same"
    );
    assert!(s.hosts[1].node().holding().0 > 0);
    s.with(1, |node, _| node.ignore(alice, false));
    s.say(0, "two");
    s.run(SECOND);
    assert_eq!(s.hosts[1].texts(), ["two"]);
}

#[test]
fn a_restart_keeps_what_was_held_of_rooms() {
    let mut s = started(8, &["alice", "bob"]);
    join(&mut s, 0, "lunch");
    say(&mut s, 0, "lunch", "before the restart");
    s.with(0, |node, now| node.set_topic(now, room("lunch"), "pizza")).unwrap();
    s.run(SECOND * 2);
    let held = s.hosts[1].held.clone();
    s.leave(1);
    s.leave(0); // nobody is left who could tell
    s.start(1, "bob", 2, false);
    s.with(1, |node, _| node.restore(held));
    s.run(SECOND);
    assert_eq!(listed(&mut s, 1, "lunch").unwrap().topic.as_str(), "pizza");
    s.hosts[1].events.clear();
    join(&mut s, 1, "lunch");
    assert_eq!(shown(&s, 1, "lunch"), ["alice: before the restart", "alice: pizza"]);
}

#[test]
fn old_programs_can_write_to_a_room() {
    let mut s = started(10, &["alice", "bob"]);
    join(&mut s, 0, "lunch");
    let old = Source { name: Name::new("WIN98", 0).unwrap(), address: "10.0.0.99:138".parse().unwrap() };
    s.inject(old, Slot::Room(room("lunch")), b"hello\0");
    s.inject(old, Slot::Room(room("elsewhere")), b"hello\0");
    s.run(SECOND);
    assert_eq!(shown(&s, 0, "lunch"), ["WIN98: hello"]);
    assert_eq!(shown(&s, 1, "lunch"), Vec::<String>::new());
    assert_eq!(listed(&mut s, 0, "elsewhere"), None, "unsigned text makes no room");
}

#[test]
fn rooms_are_bounded() {
    let mut s = started(11, &["alice", "bob"]);
    let mut joined = 0;
    let full = loop {
        match s.with(0, |node, now| node.join(now, room(&format!("room-{joined}")))) {
            Ok(()) => joined += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((full, joined), (JoinError::TooMany, limits::MAX_JOINED));
    s.run(SECOND * 3); // no datagram is too large: the segment checks it
    assert_eq!(peer(&mut s, 1, 0).rooms.len(), limits::MAX_JOINED);
}

//! Rooms under attack: statuses, notices of typing and lines of rooms that nobody has signed change nothing.

use std::time::Duration;

use lanchat::chat::{Event, Slot};

use crate::forge::{Key, repair};
use crate::forgery::{eve, wall};
use crate::segment::Segment;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn forged_statuses_and_notices_of_typing() {
    let mut s = Segment::new(31);
    let (alice, bob) = (s.add("alice"), s.add("bob"));
    s.run(10 * SECOND);
    let (key, id, lunch) = (Key::new(1), s.id(alice), "lunch".parse().unwrap());
    for host in [alice, bob] {
        s.with(host, |node, now| node.join(now, lunch)).unwrap();
    }
    s.run(SECOND);
    for n in 0..20_000 {
        s.inject(eve(), Slot::Sync, &key.status_as(id.0, 1, 1_000_000 + n, "evil", "gone for good"));
        s.inject(eve(), Slot::Sync, &key.typing_as(id.0, 1, 1_000_000 + n, "lunch"));
        if n % 1000 == 0 {
            s.with(alice, |node, now| {
                node.say_in(now, lunch, lanchat::chat::Kind::Say, &format!("honest {n}"), None)
            })
            .unwrap();
        }
        s.run(SECOND / 2000);
    }
    s.run(2 * SECOND);
    let heard = s.hosts[bob].heard();
    let honest: Vec<_> = heard.iter().filter(|l| l.peer == Some(id) && l.room.as_str() == "lunch").collect();
    assert_eq!((honest.len(), honest.iter().filter(|l| l.late).count()), (20, 0));
    assert!(!s.hosts[bob].events.iter().any(|e| matches!(e, Event::Typing { .. })));
    let peers = s.hosts[bob].node().peers();
    assert!(peers.iter().any(|p| p.id == id && p.away.is_none()), "not away");
    let rooms = s.hosts[bob].node().rooms();
    let names: Vec<_> = rooms.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["lobby", "lunch"]);
    assert!(rooms[1].members.contains(&id), "still in it");
}

#[test]
fn lines_of_invented_rooms() {
    let mut s = Segment::new(32);
    let (alice, bob) = (s.add("alice"), s.add("bob"));
    s.run(10 * SECOND);
    s.say(alice, "one");
    s.run(SECOND);
    let (key, id) = (Key::new(1), s.id(alice));
    for n in 0..3000_u32 {
        let name = format!("evil{n}");
        // With a number that was said, with one that was not, and passed off as a repair.
        for number in [1, 2 + n] {
            let line =
                key.line_in(&name, id.0, 1, number, wall(&s), "* alice changed the topic of #evil: ha");
            s.inject(eve(), Slot::Room(name.parse().unwrap()), &line);
            s.inject(eve(), Slot::Sync, &repair(&line));
        }
        s.run(SECOND / 1000);
    }
    s.say(alice, "two");
    s.run(2 * SECOND);
    assert_eq!(s.hosts[bob].node().rooms().len(), 1, "the lobby only");
    assert_eq!(s.hosts[bob].texts(), ["one", "two"]);
}

//! What is not text, in the fields of rooms and of people in them: names of rooms, topics, reasons for being away, actions and
//! answers. All that the core tells of them is text.

use std::time::Duration;

use lanchat::chat::{Event, Slot};

use crate::forge::{Claim, Key};
use crate::forgery::{eve, wall};
use crate::segment::Segment;
use crate::terminal::{PAYLOADS, cut, unsafe_in};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn escapes_in_rooms_topics_and_statuses_are_no_text() {
    let mut s = Segment::new(71);
    s.add("alice");
    let bob = s.add("bob");
    s.run(5 * SECOND);
    let lunch = "lunch".parse().unwrap();
    s.with(bob, |node, now| node.join(now, lunch)).unwrap();
    let (mut tried, mut topics, mut told) = (0, 0, Vec::new());
    for (n, payload) in (0..).zip(PAYLOADS) {
        let key = Key::new(100 + n);
        let id = key.id();
        let nick = format!("eve{n}");
        s.inject(eve(), Slot::Sync, &key.beacon(&Claim { nick: &nick, ..Claim::new(wall(&s)) }));
        s.run(SECOND / 10);
        // With a name that can be none, and with a good one, so that the reason is read.
        s.inject(eve(), Slot::Sync, &key.status_as(id, 7, 2, cut(payload, 32), payload));
        s.inject(eve(), Slot::Sync, &key.status_as(id, 7, 3, "lunch", payload));
        let lines = [
            (3, format!("* {nick} changed the topic of #lunch: {payload}")),
            (2, format!("* {nick} {payload}")),
            (1, format!("<{nick}> [alice: {payload}] {payload}")),
            (4, format!("* {nick} reacts {} to alice: {payload}", cut(payload, 8))),
        ];
        for (number, (kind, text)) in (1..).zip(&lines) {
            let line = key.kind_in((*kind, "lunch"), id, (7, number), wall(&s), text);
            s.inject(eve(), Slot::Room(lunch), &line);
        }
        tried += 2 + lines.len();
        s.run(SECOND / 2);
        let node = s.hosts[bob].node();
        topics += usize::from(node.rooms().iter().any(|room| !room.topic.as_str().is_empty()));
        told.extend(node.rooms().iter().flat_map(|room| [room.name.to_string(), room.topic.to_string()]));
        for peer in node.peers() {
            told.extend(peer.rooms.iter().map(ToString::to_string));
            told.extend(peer.away.iter().map(ToString::to_string));
            told.extend([peer.name, peer.host, peer.version].map(|text| text.to_string()));
        }
    }
    for event in &s.hosts[bob].events {
        if let Event::Line(line) = event {
            told.extend([&line.text, &line.from, &line.host, &line.room].map(ToString::to_string));
            told.extend(line.about.iter().map(|about| about.quote.to_string()));
        }
    }
    // It was read, or nothing is shown by this.
    assert!(topics > 0 && told.iter().filter(|text| text.contains("PWNED")).count() > PAYLOADS.len());
    let bad: Vec<_> = told.iter().filter(|text| unsafe_in(text).is_some()).collect();
    assert!(bad.is_empty(), "{bad:?}");
    println!("{tried} tried, {} texts told of them, all of them safe", told.len());
}

//! What was recorded on one segment, played on another: statuses, notices of typing, topics, reactions, cards, goodbyes.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use lanchat::chat::{Event, Kind, LineId, PeerState, RoomName, Slot, Source};

use crate::forge::{repair, whois};
use crate::forgery::eve;
use crate::frames::kind;
use crate::segment::Segment;

const SECOND: Duration = Duration::from_secs(1);

type Recorded = (Source, Slot, Vec<u8>);

fn lunch() -> RoomName {
    "lunch".parse().unwrap()
}

/// Alice on one segment: in a room, away, typing, with a topic and reactions; then she leaves it.
/// Also the words of what was said there.
fn recorded() -> (Vec<Recorded>, HashMap<LineId, String>) {
    let mut s = Segment::new(41);
    let (alice, bob) = (s.add("alice"), s.add("bob"));
    s.tapped = Some(bob);
    s.run(5 * SECOND);
    for n in [alice, bob] {
        s.with(n, |node, now| node.join(now, lunch())).unwrap();
    }
    s.with(bob, |node, now| node.say_in(now, lunch(), Kind::Say, "who comes?", None)).unwrap();
    s.run(SECOND);
    let about = s.hosts[alice].heard().iter().find_map(|l| {
        Some(lanchat::chat::Answered { line: l.id?, from: l.from.clone(), text: l.text.clone() })
    });
    for n in 0..20 {
        s.with(alice, |node, now| node.set_topic(now, lunch(), &format!("topic {n}"))).unwrap();
        if let Some(about) = &about {
            s.with(alice, |node, now| node.react(now, lunch(), "👍", about)).unwrap();
        }
        s.with(alice, |node, now| node.typing(now, lunch()));
        s.with(alice, |node, now| node.set_away(now, Some(&format!("away {n}"))));
        s.run(4 * SECOND);
    }
    s.leave(alice);
    s.run(SECOND);
    let id = s.hosts[alice].identity.id().0;
    let hers = |data: &[u8]| data.windows(8).any(|w| w == id);
    let heard = s.heard.into_iter().map(|(_, source, slot, data)| (source, slot, data));
    (heard.filter(|f| hers(&f.2)).collect(), s.said)
}

/// Another segment, two hours later. Host 0 is alice, host 1 somebody else than bob.
fn elsewhere(alice_is_here: bool, said: HashMap<LineId, String>) -> Segment {
    let mut s = Segment::new(42);
    s.said = said;
    s.add("alice");
    s.leave(0);
    s.add("carol");
    s.add("dave");
    s.run(7200 * SECOND);
    if alice_is_here {
        s.start(0, "alice", 2, false);
    }
    for n in [1, 2] {
        s.with(n, |node, now| node.join(now, lunch())).unwrap();
    }
    s.with(2, |node, now| node.set_topic(now, lunch(), "noodles")).unwrap();
    s.run(10 * SECOND);
    s.hosts[1].events.clear();
    s
}

fn play(s: &mut Segment, recorded: &[Recorded]) -> usize {
    let mut tried = 0;
    for _ in 0..2 {
        for (_, slot, data) in recorded {
            let slot = if let Slot::Reply(_) = slot { Slot::Reply(s.id(1)) } else { *slot };
            s.inject(eve(), slot, data);
            // As a card and as a repair, too, whatever it is.
            s.inject(eve(), Slot::Sync, &[&[b'L', b'C', 1, 10, 0, 0], data.as_slice()].concat());
            s.inject(eve(), Slot::Reply(s.id(1)), &[&[b'L', b'C', 1, 10, 0, 0], data.as_slice()].concat());
            s.inject(eve(), Slot::Sync, &repair(data));
            s.inject(eve(), Slot::Sync, &whois([6; 8], s.id(0).0));
            s.run(SECOND / 100);
            tried += 4;
        }
    }
    s.run(30 * SECOND);
    tried
}

/// What carol was told: nothing of alice's may be in it.
fn told(s: &Segment, alice_is_here: bool) {
    let alice = s.id(0);
    for event in &s.hosts[1].events {
        match event {
            Event::Typing { peer, .. } => assert_ne!(*peer, alice, "she types"),
            Event::Join(peer) => assert!(alice_is_here || peer.id != alice, "she comes"),
            Event::Leave { peer, .. } => assert_ne!(peer.id, alice, "she leaves"),
            // What she did say is no lie: it is shown as what it is, said before.
            Event::Line(line) if line.peer == Some(alice) => assert!(line.late, "{}", line.text),
            _ => {}
        }
    }
}

#[test]
fn to_those_who_know_its_author() {
    let (recorded, said) = recorded();
    let mut kinds: BTreeMap<_, usize> = BTreeMap::new();
    for frame in &recorded {
        *kinds.entry(kind(frame)).or_default() += 1;
    }
    for must in [('s', 1), ('s', 2), ('s', 4), ('s', 11), ('s', 12), ('m', 0)] {
        assert!(kinds.contains_key(&must), "{must:?} among {kinds:?}");
    }
    let mut s = elsewhere(true, said);
    let tried = play(&mut s, &recorded);
    told(&s, true);
    let alice = s.id(0);
    let peers = s.hosts[1].node().peers();
    let her = peers.iter().find(|p| p.id == alice).expect("she is here");
    assert_eq!((her.state, her.rooms.len(), her.away.as_ref()), (PeerState::Here, 0, None));
    let rooms = s.hosts[1].node().rooms();
    let room = rooms.iter().find(|r| r.name == lunch()).unwrap();
    assert_eq!((room.topic.as_str(), room.members.contains(&alice)), ("noodles", false));
    println!("{tried} played of {kinds:?}, nothing got through");
}

#[test]
fn to_those_who_have_never_met_its_author() {
    let (recorded, said) = recorded();
    let mut s = elsewhere(false, said);
    let tried = play(&mut s, &recorded);
    told(&s, false);
    let alice = s.id(0);
    let peers = s.hosts[1].node().peers();
    assert!(peers.iter().all(|p| p.id != alice || p.state != PeerState::Here), "she is not here");
    let rooms = s.hosts[1].node().rooms();
    let room = rooms.iter().find(|r| r.name == lunch()).unwrap();
    assert_eq!((room.topic.as_str(), room.members.contains(&alice)), ("noodles", false));
    println!("{tried} played, only lines got through, marked late");
}

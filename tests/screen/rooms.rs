//! Rooms and people: the bar, the switcher, drafts, typing, being away, answers and reactions.

use lanchat::chat::{About, LineId, Room, RoomName};
use lanchat::session::Whither;
use lanchat::tui::model::Place;

use super::*;

fn room(name: &str) -> RoomName {
    name.parse().unwrap()
}

/// A line of a room, with a number by which it can be told from others.
fn of(room: &str, seq: u32, minute: u64, from: &Peer, text: &str) -> Line {
    let id = LineId { sender: from.id, epoch: 1, seq };
    Line { id: Some(id), room: SafeText::line(room), ..line(minute, from, text) }
}

fn private(minute: u64, from: &Peer, text: &str) -> Line {
    Line { private: true, to: Some(ME), id: None, ..line(minute, from, text) }
}

fn listed(name: &str, topic: &str, members: &[&Peer], joined: bool) -> Room {
    Room {
        name: room(name),
        topic: SafeText::line(topic),
        topic_by: members.first().map(|p| p.id),
        members: members.iter().map(|p| p.id).collect(),
        joined,
        unshown: 0,
        last: None,
    }
}

/// The lobby, a room that is shown, and a private conversation; something was said in each.
fn places(chat: &mut Chat) {
    conversation(chat);
    chat.keys(&["/join #Lunch", "Enter"]);
    let rooms = vec![
        listed("lobby", "", &[&alice(), &bob()], true),
        listed("lunch", "pizza or noodles?", &[&alice()], true),
        listed("rust-dev", "edition 2024", &[&alice(), &bob()], false),
    ];
    chat.tell(Msg::Rooms(rooms, false));
    chat.hear(Event::Line(of("lunch", 1, 662, &alice(), "pizza today?")));
    chat.hear(Event::Line(of("lobby", 2, 662, &bob(), "something for all")));
    chat.hear(Event::Line(of("lobby", 3, 662, &bob(), "martin: something for you")));
    chat.hear(Event::Line(private(663, &bob(), "psst")));
}

#[test]
fn bar() {
    pictures("rooms_bar", 12, places);
}

#[test]
fn switcher() {
    pictures("rooms_switcher", 12, |chat| {
        places(chat);
        assert_eq!(chat.keys(&["Ctrl+G"]), [Effect::Rooms { show: false }]);
        chat.keys(&["r"]);
    });
}

#[test]
fn whois() {
    pictures("rooms_whois", 14, |chat| {
        places(chat);
        let words = "kickoff speculate freedom fascinate tumor Wilmington befriend hurricane ribcage visitor";
        let rtt = Some(std::time::Duration::from_micros(430));
        let rooms = vec![room("lunch"), room("rust-dev")];
        let away = Some(SafeText::line("at lunch"));
        chat.hear(Event::Changed(Peer { words: words.into(), rooms, rtt, away, ..bob() }));
        chat.keys(&["/whois Bob", "Enter"]);
    });
}

#[test]
fn people_of_a_room_with_state_and_typing() {
    pictures("rooms_people", 12, |chat| {
        places(chat);
        let lunch = || vec![room("lunch")];
        chat.hear(Event::Changed(Peer { rooms: lunch(), ..alice() }));
        chat.hear(Event::Changed(Peer { rooms: lunch(), away: Some(SafeText::default()), ..bob() }));
        chat.hear(Event::Changed(Peer { rooms: lunch(), trust: Trust::New, ..carol() }));
        let name = carol().name;
        chat.hear(Event::Typing { peer: carol().id, name, room: Some(room("lunch")) });
        chat.keys(&["F2"]);
        if chat.model.layout().people.is_none() {
            chat.keys(&["F2"]);
        }
    });
}

#[test]
fn answers_and_reactions() {
    pictures("rooms_answers", 12, |chat| {
        places(chat);
        let about = |quote: &str, seq| {
            let line = LineId { sender: alice().id, epoch: 1, seq };
            Some(About { line, quote: SafeText::line(quote) })
        };
        let reaction = |seq, from: &Peer, text: &str| Line {
            kind: Kind::Reaction,
            about: about("alice: pizza today?", 1),
            ..of("lunch", seq, 663, from, text)
        };
        chat.hear(Event::Line(reaction(10, &bob(), "👍")));
        chat.hear(Event::Line(reaction(1, &carol(), "👍")));
        chat.hear(Event::Line(reaction(11, &bob(), "🎉")));
        let answer =
            Line { about: about("alice: pizza today?", 1), ..of("lunch", 12, 664, &bob(), "noodles!") };
        chat.hear(Event::Line(answer));
        let lost =
            Line { about: about("alice: where?", 77), ..of("lunch", 13, 664, &bob(), "at the corner") };
        chat.hear(Event::Line(lost));
        let topic = Line { kind: Kind::Topic, ..of("lunch", 14, 665, &bob(), "noodles at noon") };
        chat.hear(Event::Line(topic));
    });
}

#[test]
fn each_place_has_its_own_draft_and_log() {
    let mut chat = Chat::new(80, 12);
    places(&mut chat);
    assert_eq!(chat.model.place(), Place::Room(room("lunch")));
    chat.keys(&["a draft"]);
    assert_eq!(chat.keys(&["Alt+1"]), [Effect::Read { room: SafeText::line("lobby") }]);
    assert_eq!((chat.model.place(), chat.model.composer.text()), (Place::LOBBY, ""));
    let said = chat.keys(&["to all", "Enter"]);
    assert!(matches!(said.as_slice(), [Effect::Say { text, .. }] if text == "to all"), "{said:?}");
    chat.keys(&["lobby draft", "Alt+2"]);
    assert_eq!(chat.model.composer.text(), "a draft");
    let said = chat.keys(&["Enter"]);
    assert!(
        matches!(said.as_slice(), [Effect::SayIn { room: r, text, about: None, .. }] if *r == room("lunch") && text == "a draft")
    );
    chat.keys(&["Alt+3", "hi", "Enter"]);
    let said = chat.keys(&["Alt+1"]);
    assert_eq!((said, chat.model.composer.text()), (vec![], "lobby draft"));
    chat.keys(&["Alt+9"]);
    assert_eq!(chat.model.place(), Place::LOBBY);
    assert!(chat.model.hint.as_deref().unwrap().contains("there is no 9"));
}

#[test]
fn what_was_not_seen_is_counted_where_it_was_said() {
    let mut chat = Chat::new(80, 12);
    places(&mut chat);
    let counts = |chat: &Chat| {
        let tabs = chat.model.buffers.tabs();
        tabs.iter().enumerate().map(|(at, tab)| (chat.model.unread_in(at), tab.mentions)).collect::<Vec<_>>()
    };
    assert_eq!(counts(&chat), [(2, 1), (0, 0), (1, 1)]);
    assert!(chat.model.title().as_str().starts_with("(3) "), "{}", chat.model.title());
    // First what is for the user, then the rest, then back.
    chat.keys(&["Alt+A"]);
    assert_eq!(chat.model.place(), Place::Peer(bob().id));
    chat.keys(&["Alt+A"]);
    assert_eq!(chat.model.place(), Place::LOBBY);
    assert_eq!(counts(&chat), [(0, 0), (0, 0), (0, 0)]);
    chat.hear(Event::Line(of("lunch", 5, 664, &alice(), "anybody?")));
    chat.keys(&["Alt+A"]);
    assert_eq!(chat.model.place(), Place::Room(room("lunch")));
    chat.keys(&["Alt+A"]);
    assert_eq!(chat.model.place(), Place::LOBBY, "nothing is new: back to where one was");
    // A late line and an own one are no news.
    let late = Line { late: true, ..of("lunch", 4, 663, &alice(), "earlier") };
    chat.hear(Event::Line(late));
    let own = Line { own: true, ..of("lunch", 1, 664, &peer(9, "martin"), "mine") };
    chat.hear(Event::Line(own));
    assert_eq!(counts(&chat)[1].1, 0);
}

#[test]
fn rooms_are_joined_left_and_not_joined() {
    let mut chat = Chat::new(80, 12);
    let place = Place::Room(room("lunch"));
    let asked = chat.keys(&["/join lunch", "Enter"]);
    assert!(
        asked.contains(&Effect::Join(room("lunch"))) && asked.contains(&Effect::PastOf(place)),
        "{asked:?}"
    );
    assert_eq!(chat.keys(&["/join #LUNCH", "Enter"]), [], "joined already");
    assert_eq!(chat.keys(&["/part", "Enter"]), [Effect::Part(room("lunch"))]);
    assert_eq!(chat.model.place(), Place::LOBBY);
    assert_eq!(chat.keys(&["/part", "Enter"]), []);
    assert!(chat.picture().contains("the lobby cannot be left"));
    chat.keys(&["/join lunch", "Enter"]);
    chat.tell(Msg::NotJoined(room("lunch"), "too many rooms".to_owned()));
    assert_eq!(chat.model.place(), Place::LOBBY);
    assert!(chat.picture().contains("too many rooms"));
    assert_eq!(chat.keys(&["/join a b", "Enter"]), []);
    assert!(chat.picture().contains("no passphrase"));
    chat.keys(&["/join lunch", "Enter"]);
    let topic = chat.keys(&["/topic pizza", "Enter"]);
    assert!(matches!(topic.as_slice(), [Effect::SayIn { kind: Kind::Topic, .. }]), "{topic:?}");
}

#[test]
fn private_conversations_have_a_place() {
    let mut chat = Chat::new(80, 12);
    conversation(&mut chat);
    let begun = chat.keys(&["/query bob", "Enter"]);
    assert!(begun.contains(&Effect::PastOf(Place::Peer(bob().id))), "{begun:?}");
    let said = chat.keys(&["hi there", "Enter"]);
    assert!(matches!(said.as_slice(), [Effect::Direct { to, .. }] if *to == bob().id), "{said:?}");
    chat.keys(&["/part", "Enter"]);
    chat.hear(Event::Line(private(663, &bob(), "psst")));
    assert!(!chat.picture().contains("psst"));
    chat.keys(&["Alt+A"]);
    assert!(chat.picture().contains("psst"));
    // Who has left keeps the name in the bar.
    chat.hear(Event::Leave { peer: bob(), reason: LeaveReason::Goodbye });
    assert!(chat.picture().contains("[2:bob~0303]"), "{}", chat.picture());
}

#[test]
fn the_switcher_goes_joins_begins_and_writes_commands() {
    let mut chat = Chat::new(80, 12);
    places(&mut chat);
    chat.keys(&["Ctrl+G", "lob", "Enter"]);
    assert_eq!(chat.model.place(), Place::LOBBY);
    let joined = chat.keys(&["Ctrl+G", "rdev", "Enter"]);
    assert!(joined.contains(&Effect::Join(room("rust-dev"))), "{joined:?}");
    chat.keys(&["Ctrl+G", "carl", "Enter"]);
    assert_eq!(chat.model.place(), Place::Peer(carol().id));
    chat.keys(&["Ctrl+G", "/topic", "Enter"]);
    assert_eq!(chat.model.composer.text(), "/topic ");
    chat.keys(&["Ctrl+U", "Ctrl+G", "zzzz-new", "Enter"]);
    assert_eq!(chat.model.place(), Place::Room(room("zzzz-new")));
    chat.keys(&["Ctrl+G", "qqq", "Esc"]);
    assert_eq!((chat.model.place(), chat.model.composer.text()), (Place::Room(room("zzzz-new")), ""));
}

#[test]
fn typing_is_shown_until_it_is_old_or_a_line_comes() {
    let mut chat = Chat::new(100, 12);
    chat.model.prefs.away_minutes = 0;
    conversation(&mut chat);
    let typing = |chat: &mut Chat| {
        let event = Event::Typing { peer: bob().id, name: bob().name, room: Some(RoomName::LOBBY) };
        chat.hear(event);
    };
    typing(&mut chat);
    assert!(chat.picture().contains("bob~0303 is typing"));
    chat.model.now += 7000;
    chat.tell(Msg::Tick);
    assert!(!chat.picture().contains("typing"));
    typing(&mut chat);
    chat.hear(Event::Line(of("lobby", 9, 663, &bob(), "done")));
    assert!(!chat.picture().contains("typing"));
    // It is told only where that is switched on, and not of commands.
    assert_eq!(chat.keys(&["x"]), []);
    chat.model.prefs.typing = true;
    assert_eq!(chat.keys(&["y"]), [Effect::Typing(Whither::Room(RoomName::LOBBY))]);
    assert_eq!(chat.keys(&["Ctrl+U", "/", "w"]), []);
}

#[test]
fn away_by_hand_and_by_idleness() {
    let mut chat = Chat::new(100, 12);
    let away = |text: &str| Effect::Away(Some(text.to_owned()));
    assert_eq!(chat.keys(&["/away at lunch", "Enter"]), [away("at lunch")]);
    assert!(chat.picture().contains("away"));
    chat.keys(&["x", "Ctrl+U"]);
    assert_eq!(chat.keys(&["/back", "Enter"]), [Effect::Away(None)]);
    assert_eq!(chat.keys(&["/back", "Enter"]), []);
    assert_eq!(chat.tell(Msg::Tick), []);
    chat.model.now += 15 * 60_000;
    assert_eq!(chat.tell(Msg::Tick), [away("")]);
    assert_eq!(chat.tell(Msg::Tick), []);
    assert_eq!(chat.keys(&["x"]), [Effect::Away(None)], "a key is enough");
    chat.model.prefs.away_minutes = 0;
    chat.model.now += 90 * 60_000;
    assert_eq!(chat.tell(Msg::Tick), []);
}

#[test]
fn who_is_ignored_is_listed_and_heard_again() {
    let mut chat = Chat::new(80, 12);
    conversation(&mut chat);
    let ignored = |on| [Effect::Ignore { peer: bob().id, on }, Effect::Rooms { show: false }];
    assert_eq!(chat.keys(&["/ignore bob", "Enter"]), ignored(true));
    chat.hear(Event::Leave { peer: bob(), reason: LeaveReason::Goodbye });
    chat.keys(&["/ignore", "Enter"]);
    assert!(chat.picture().contains("you do not hear bob"));
    assert_eq!(chat.keys(&["/unignore bob", "Enter"]), ignored(false), "also who has left");
    assert_eq!(chat.keys(&["/unignore alice", "Enter"]), []);
}

#[test]
fn a_chosen_line_is_answered_and_reacted_to() {
    let mut chat = Chat::new(80, 12);
    places(&mut chat);
    let id = LineId { sender: alice().id, epoch: 1, seq: 1 };
    chat.keys(&["Up", "r"]);
    assert!(chat.picture().contains("answer to alice"), "{}", chat.picture());
    let said = chat.keys(&["noodles", "Enter"]);
    assert!(
        matches!(said.as_slice(), [Effect::SayIn { text, about: Some(to), .. }] if text == "noodles" && to.line == id),
        "{said:?}"
    );
    let said = chat.keys(&["again", "Enter"]);
    assert!(matches!(said.as_slice(), [Effect::SayIn { about: None, .. }]), "one answer only: {said:?}");
    chat.keys(&["Up", "r", "Esc"]);
    assert!(!chat.picture().contains("answer to"));
    let liked = chat.keys(&["Up", "+"]);
    assert!(
        matches!(liked.as_slice(), [Effect::SayIn { kind: Kind::Reaction, text, .. }] if text == "👍"),
        "{liked:?}"
    );
    let liked = chat.keys(&["/react 🎉", "Enter"]);
    assert!(
        matches!(liked.as_slice(), [Effect::SayIn { kind: Kind::Reaction, about: Some(to), .. }] if to.line == id)
    );
    let told = chat.model.hint.clone().unwrap_or_default();
    assert!(told.starts_with("🎉 to "), "which line it is may not be seen: {told:?}");
}

#[test]
fn every_size_can_be_drawn() {
    let mut chat = Chat::new(80, 24);
    places(&mut chat);
    for keys in [vec![], vec!["Ctrl+G", "a"], vec!["Esc", "Alt+1", "Up", "r"]] {
        chat.keys(&keys);
        for width in 0..50 {
            for height in 0..8 {
                chat.resize(width, height);
                chat.draw();
            }
        }
        chat.resize(80, 24);
    }
}

//! Locked rooms: the question for a passphrase, and how their places look.

use lanchat::chat::{LockNews, Passphrase, Room, RoomName};
use lanchat::tui::model::{Mode, Place};

use super::*;

fn dev() -> RoomName {
    "dev".parse::<RoomName>().unwrap().to_locked()
}

fn of_dev(minute: u64, from: &Peer, text: &str) -> Line {
    Line { room: dev().to_safe(), ..line(minute, from, text) }
}

/// The lobby, an open room, and the locked room of the same name, which is shown.
fn places(chat: &mut Chat) {
    conversation(chat);
    chat.keys(&["/join dev", "Enter", "/join dev --lock", "Enter", "open sesame", "Enter"]);
    chat.hear(Event::Line(of_dev(662, &alice(), "the plans are in the safe")));
    chat.hear(Event::Line(of_dev(663, &bob(), "martin: which one?")));
}

#[test]
fn prompt() {
    pictures("locked_prompt", 10, |chat| {
        conversation(chat);
        assert_eq!(chat.keys(&["/join dev --lock", "Enter"]), []);
    });
}

#[test]
fn prompt_with_something_typed() {
    pictures("locked_prompt_typed", 10, |chat| {
        conversation(chat);
        chat.keys(&["/join dev --lock", "Enter", "open sesame"]);
    });
}

#[test]
fn prompt_of_a_change_that_was_mistyped() {
    pictures("locked_prompt_again", 10, |chat| {
        places(chat);
        chat.keys(&["/lock", "Enter", "one", "Enter", "other", "Enter"]);
    });
}

#[test]
fn place() {
    pictures("locked_place", 12, places);
}

#[test]
fn news() {
    pictures("locked_news", 14, |chat| {
        places(chat);
        chat.hear(Event::Lock { room: dev(), news: LockNews::Wanted });
        chat.hear(Event::Lock { room: dev(), news: LockNews::Alone });
        chat.hear(Event::Lock { room: dev(), news: LockNews::Changed { by: alice().name } });
    });
}

#[test]
fn details() {
    pictures("locked_details", 14, |chat| {
        places(chat);
        chat.keys(&["Up", "Enter"]);
    });
}

#[test]
fn list() {
    pictures("locked_rooms", 14, |chat| {
        places(chat);
        let row = |name: RoomName, members: &[&Peer], joined| Room {
            name,
            topic: SafeText::default(),
            topic_by: None,
            members: members.iter().map(|p| p.id).collect(),
            joined,
            unshown: 0,
            last: None,
        };
        let board = "board".parse::<RoomName>().unwrap().to_locked();
        let rooms = vec![
            row(RoomName::LOBBY, &[&alice(), &bob()], true),
            row(board, &[], false),
            row(dev().to_open(), &[], true),
            row(dev(), &[&alice()], true),
        ];
        assert_eq!(chat.keys(&["/rooms", "Enter"]), [Effect::Rooms { show: true }]);
        chat.tell(Msg::Rooms(rooms, true));
    });
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

#[test]
fn a_passphrase_goes_to_the_session_and_nowhere_else() {
    let mut chat = Chat::new(80, 12);
    chat.keys(&["/join dev --lock", "Enter"]);
    chat.keys(&["wrong", "Ctrl+U", "open sesamx", "Backspace"]);
    chat.tell(Msg::Paste("e\nnot this".into()));
    let effects = chat.keys(&["Enter"]);
    let passphrase = passphrase("open sesame");
    assert_eq!(effects[0], Effect::JoinLocked { room: dev(), passphrase });
    assert_eq!(effects[1..3], [Effect::PastOf(Place::Room(dev())), Effect::Rooms { show: false }]);
    assert_eq!((chat.model.place(), chat.model.composer.text()), (Place::Room(dev()), ""));
    let kept = format!("{:?} {effects:?}", chat.model);
    for text in ["sesame", "wrong", "not this"] {
        assert!(!kept.contains(text), "{text}");
    }
    let said = chat.keys(&["hi", "Enter"]);
    assert!(matches!(said.as_slice(), [Effect::SayIn { room, .. }] if *room == dev()));
}

#[test]
fn nothing_that_comes_ends_the_question() {
    let mut chat = Chat::new(80, 12);
    conversation(&mut chat);
    chat.keys(&["/join dev --lock", "Enter", "open "]);
    chat.say(662, &bob(), "martin: hello?");
    for msg in [
        Msg::Found("x".into(), Some(vec![line(1, &bob(), "x")])),
        Msg::NotJoined(dev().to_open(), "no".into()),
        Msg::Locked("other".parse::<RoomName>().unwrap().to_locked()),
        Msg::Resize(70, 10),
    ] {
        chat.tell(msg);
        assert!(matches!(chat.model.mode, Mode::Passphrase(_)));
    }
    let effects = chat.keys(&["sesame", "Enter"]);
    assert_eq!(effects[0], Effect::JoinLocked { room: dev(), passphrase: passphrase("open sesame") });
    // Esc gives up, and an empty one is none.
    chat.keys(&["/join dev --lock", "Enter", "secret", "Esc"]);
    assert!(chat.model.mode.is_write() && chat.model.composer.is_empty());
    assert_eq!(chat.keys(&["/join dev --lock", "Enter", "Enter"]), []);
    assert!(matches!(chat.model.mode, Mode::Passphrase(_)));
}

#[test]
fn a_room_that_was_locked_is_asked_for_again() {
    let mut chat = Chat::new(80, 12);
    chat.tell(Msg::Update(Update::Social { rooms: vec![dev()], ignored: vec![] }));
    chat.hear(Event::Lock { room: dev(), news: LockNews::Wanted });
    let effects = chat.keys(&["/join dev", "Enter"]);
    assert!(effects.contains(&Effect::Join(dev())), "{effects:?}");
    chat.tell(Msg::Locked(dev()));
    let effects = chat.keys(&["open sesame", "Enter"]);
    assert_eq!(effects[0], Effect::JoinLocked { room: dev(), passphrase: passphrase("open sesame") });
    assert!(chat.keys(&["/join dev --open", "Enter"]).contains(&Effect::Join(dev().to_open())));
    assert_eq!(chat.keys(&["/part dev", "Enter"]), [Effect::Part(dev().to_open())]);
    assert!(chat.keys(&["/part dev", "Enter"]).contains(&Effect::Part(dev())));
}

#[test]
fn what_is_no_way_to_lock_is_told() {
    let mut chat = Chat::new(120, 12);
    for typed in ["/join dev secret", "/join lobby --lock", "/join dev --what", "/lock"] {
        assert_eq!(chat.keys(&[typed, "Enter"]), [], "{typed}");
        assert!(chat.model.mode.is_write(), "{typed}");
        chat.keys(&["Ctrl+C"]);
    }
}

#[test]
fn a_change_is_asked_for_twice() {
    let mut chat = Chat::new(80, 12);
    places(&mut chat);
    assert_eq!(chat.keys(&["/lock", "Enter", "new", "Enter"]), []);
    let effects = chat.keys(&["new", "Enter"]);
    assert_eq!(effects, [Effect::ChangeLock { room: dev(), passphrase: passphrase("new") }]);
    chat.tell(Msg::LockChanged(dev(), None));
    assert!(chat.model.mode.is_write());
}

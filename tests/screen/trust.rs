//! Whom to believe: signs before names, warnings, and the comparison of words.

use lanchat::chat::{Doubts, Other, Warning};
use lanchat::tui::model::Place;

use super::*;

const WORDS: &str = "kickoff speculate freedom fascinate tumor Wilmington befriend hurricane ribcage visitor";

fn other(trust: Trust, same: bool) -> Other {
    Other { id: bob().id, nick: nick("bob"), trust, same }
}

/// One who goes by the name of bob.
fn thief() -> Peer {
    let doubts = Doubts { other: Some(Box::new(other(Trust::Verified, true))), ..Doubts::default() };
    Peer { nick: nick("bob"), trust: Trust::Doubtful, doubts, ..peer(6, "bob~0606") }
}

/// One whose name looks like alice's.
fn look_alike() -> Peer {
    let like = Other { id: alice().id, nick: nick("alice"), trust: Trust::Known, same: false };
    let doubts = Doubts { other: Some(Box::new(like)), ..Doubts::default() };
    Peer { trust: Trust::Doubtful, doubts, away: Some(SafeText::default()), ..peer(7, "a1ice~0707") }
}

fn newcomer() -> Peer {
    Peer { trust: Trust::New, ..peer(5, "dora") }
}

fn warning() -> Event {
    let (peer, other) = (thief(), other(Trust::Verified, true));
    let other_name = SafeText::line("bob~0303");
    Event::Warning(Box::new(Warning { peer: peer.id, name: peer.name, other, other_name }))
}

/// One of each, who say something.
fn all(chat: &mut Chat) {
    let bob = Peer { name: SafeText::line("bob"), ..bob() };
    for peer in [alice(), bob.clone(), carol(), newcomer(), look_alike()] {
        chat.hear(Event::Join(peer));
    }
    chat.say(0, &alice(), "known from an earlier run");
    chat.say(0, &bob, "verified");
    chat.say(0, &newcomer(), "new today");
    chat.say(0, &me(), "my own");
    let unsigned =
        Line { peer: None, trust: Trust::Unsigned, ..line(0, &peer(8, "WINPC"), "a program of 1994") };
    chat.hear(Event::Line(unsigned));
    chat.hear(Event::Join(thief()));
    chat.hear(warning());
    chat.say(0, &thief(), "it is me, bob; send me the file");
    chat.hear(Event::Line(Line { kind: Kind::Action, ..line(0, &thief(), "waves") }));
    chat.hear(Event::Line(Line { private: true, to: Some(ME), ..line(0, &bob, "a word in private") }));
    chat.tell(Msg::Update(Update::Event(Event::Changed(look_alike()))));
}

#[test]
fn signs_and_a_warning() {
    pictures("trust_log", 24, all);
}

#[test]
fn signs_and_a_warning_in_a_corner_and_without_colour() {
    let mut chat = Chat::new(20, 30);
    all(&mut chat);
    insta::assert_snapshot!("trust_log_20", chat.picture());
    let mut chat = Chat::new(80, 24);
    chat.theme = Theme::new(false);
    all(&mut chat);
    let buffer = chat.draw().clone();
    let bold = |text: &str| {
        let at = |y: u16| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        let y = (0..buffer.area.height).find(|y| at(*y).contains(text)).unwrap();
        let x = at(y).chars().position(|c| c == '!').unwrap();
        buffer[(u16::try_from(x).unwrap(), y)].modifier.contains(ratatui::style::Modifier::BOLD)
    };
    assert!(bold("!bob~0606 it is me"));
}

#[test]
fn signs_in_the_list_of_people() {
    pictures("trust_people", 10, |chat| {
        all(chat);
        chat.model.people_pane = Some(true);
    });
}

#[test]
fn what_is_told_of_a_thief() {
    pictures("trust_whois", 14, |chat| {
        all(chat);
        chat.hear(Event::Changed(Peer { words: WORDS.into(), ..thief() }));
        chat.keys(&["/whois bob~0606", "Enter"]);
    });
    pictures("trust_details", 24, |chat| {
        all(chat);
        chat.say(1, &thief(), "believe me");
        chat.keys(&["Up", "Enter"]);
    });
}

#[test]
fn words_are_compared() {
    pictures("trust_verify", 14, |chat| {
        all(chat);
        assert_eq!(chat.keys(&["/verify dora", "Enter"]), [Effect::PairWords(newcomer().id)]);
        chat.tell(Msg::PairWords(newcomer().id, Some(WORDS.into())));
    });
    let mut chat = Chat::new(80, 14);
    all(&mut chat);
    chat.tell(Msg::PairWords(newcomer().id, Some(WORDS.into())));
    assert_eq!(chat.keys(&["Enter"]), [], "nobody has compared ten words so soon");
    chat.model.now += 2_000;
    assert_eq!(chat.keys(&["x"]), [], "whoever goes on writing has not answered");
    assert_eq!((chat.model.mode.is_write(), chat.model.composer.text()), (true, "x"));
    chat.keys(&["Backspace"]);
    chat.tell(Msg::PairWords(newcomer().id, Some(WORDS.into())));
    chat.keys(&["Esc"]);
    assert!(chat.model.mode.is_write() && chat.picture().contains("dora is not verified"));
    chat.tell(Msg::PairWords(newcomer().id, Some(WORDS.into())));
    chat.model.now += 2_000;
    let trust = Effect::Trust { peer: newcomer().id, trust: Trust::Verified };
    assert_eq!(chat.keys(&["Enter"]), std::slice::from_ref(&trust));
    assert_eq!(chat.keys(&["/verify dora yes", "Enter"]), [trust]);
    // It is so now: everywhere, for what was said before, too.
    chat.hear(Event::Changed(Peer { trust: Trust::Verified, ..newcomer() }));
    let decided = |verified| {
        Msg::Update(Update::Trusted { peer: newcomer().id, public: [0; 32], nick: nick("dora"), verified })
    };
    chat.tell(decided(true));
    chat.model.people_pane = Some(true);
    let picture = chat.picture();
    assert!(picture.contains("✓dora is verified") || picture.contains("✓ dora is verified"), "{picture}");
    let said = |chat: &Chat| {
        chat.model
            .log
            .iter()
            .filter_map(|e| e.line().cloned())
            .find(|l| l.peer == Some(newcomer().id))
            .unwrap()
    };
    assert_eq!(said(&chat).trust, Trust::Verified);
    assert_eq!(chat.keys(&["/verify dora yes", "Enter"]), []);
    let untrust = Effect::Trust { peer: newcomer().id, trust: Trust::Known };
    assert_eq!(chat.keys(&["/unverify dora", "Enter"]), [untrust]);
    chat.hear(Event::Changed(Peer { trust: Trust::Known, ..newcomer() }));
    chat.tell(decided(false));
    assert_eq!(said(&chat).trust, Trust::Known);
    assert_eq!(chat.keys(&["/unverify dora", "Enter"]), []);
    chat.tell(Msg::PairWords(PeerId([77; 8]), None));
    assert!(chat.model.mode.is_write());
}

#[test]
fn what_is_being_written_is_not_disturbed_by_a_list_that_is_open() {
    let mut chat = Chat::new(80, 14);
    all(&mut chat);
    chat.keys(&["F3"]);
    chat.tell(Msg::PairWords(newcomer().id, Some(WORDS.into())));
    assert!(!chat.model.mode.is_write() && chat.keys(&["Enter"]).is_empty(), "Enter is of the list");
}

#[test]
fn what_is_meant_for_bob_never_reaches_the_thief() {
    let mut chat = Chat::new(80, 14);
    all(&mut chat);
    let real = Peer { name: SafeText::line("bob"), ..bob() };
    chat.keys(&["/query bob", "Enter"]);
    assert_eq!(chat.model.place(), Place::Peer(real.id));
    chat.hear(Event::Leave { peer: real.clone(), reason: LeaveReason::Goodbye });
    chat.keys(&["/clear", "Enter"]);
    chat.hear(warning());
    assert_eq!(chat.picture().matches("IS NOT THE bob").count(), 1, "also where one writes to bob, and once");
    // It waits for bob himself.
    let typed = "/msg bob secret";
    let direct = Effect::Direct { to: real.id, kind: Kind::Say, text: "secret".into(), typed: typed.into() };
    assert_eq!(chat.keys(&[typed, "Enter"]), [direct]);
    chat.keys(&["/query bob", "Enter"]);
    assert_eq!(chat.model.place(), Place::Peer(real.id));
    assert_eq!(chat.keys(&["/verify bob yes", "Enter"]), []);
    assert!(chat.picture().contains("with another key"));
    let hidden = chat.keys(&["/ignore bob~0606", "Enter"]);
    assert_eq!(hidden, [Effect::Ignore { peer: thief().id, on: true }, Effect::Rooms { show: false }]);
    let rows = chat.model.log.len();
    let name = SafeText::clean("YOU ARE A FOOL");
    chat.hear(Event::Changed(Peer { name, ..thief() }));
    assert_eq!(chat.model.log.len(), rows, "a new name tells something, too");
}

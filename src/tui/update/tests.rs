use super::*;
use crate::chat::{
    DirectState, Event, Kind, LeaveReason, Line, LineId, Nick, Peer, PeerId, PeerState, Trust,
};
use crate::history::Recent;
use crate::session::{InterfaceState, Network};
use crate::tui::model::{Gutter, Mode, Place, Scroll};

mod places;
mod write;

const ME: PeerId = PeerId([9; 8]);

fn model() -> Model {
    let mut model = Model::new(ME, &"me".parse::<Nick>().unwrap());
    update(&mut model, Msg::Resize(60, 10));
    model
}

pub(super) fn peer(n: u8, name: &str) -> Peer {
    let text = SafeText::clean(name);
    Peer {
        id: PeerId([n; 8]),
        nick: Nick::from_login(name.split('~').next().unwrap()),
        name: text.clone(),
        host: text.clone(),
        address: [10, 0, 0, n].into(),
        state: PeerState::Here,
        version: text,
        trust: Trust::New,
        words: String::new(),
        rtt: None,
        since: 0,
        arrived: true,
        rooms: Vec::new(),
        away: None,
        ignored: false,
        doubts: crate::chat::Doubts::default(),
    }
}

fn line(from: &Peer, text: &str) -> Line {
    Line {
        id: None,
        room: SafeText::clean("lobby"),
        kind: Kind::Say,
        from: from.name.clone(),
        peer: Some(from.id),
        host: from.host.clone(),
        address: None,
        text: SafeText::clean(text),
        sent_at: 0,
        received_at: 0,
        trust: Trust::New,
        private: false,
        to: None,
        late: false,
        own: from.id == ME,
        about: None,
    }
}

fn hear(model: &mut Model, event: Event) {
    let mut effects = update(model, Msg::Update(Update::Event(event)));
    effects.retain(|effect| !matches!(effect, Effect::PastOf(_)));
    assert!(effects.iter().all(|e| matches!(e, Effect::Read { .. })), "{effects:?}");
}

fn keys(model: &mut Model, keys: &[&str]) -> Vec<Effect> {
    keys.iter().flat_map(|key| update(model, Msg::Key(key.parse().unwrap()))).collect()
}

fn enter(model: &mut Model, text: &str) -> Vec<Effect> {
    model.composer.set(text);
    keys(model, &["Enter"])
}

fn last(model: &Model) -> String {
    let entry = model.log.iter().next_back().expect("an entry");
    entry.body(Gutter::of(100)).text().to_string()
}

#[test]
fn enter_sends_and_keeps_the_order() {
    let mut m = model();
    let say =
        |text: &str, typed: &str| Effect::Say { kind: Kind::Say, text: text.into(), typed: typed.into() };
    assert_eq!(keys(&mut m, &["h", "i", "Alt+Enter", "x", "Enter"]), [say("hi\nx", "hi\nx")]);
    assert!(m.composer.is_empty() && m.log.is_empty(), "the line is shown when the session gives it back");
    assert_eq!(enter(&mut m, " \n "), []);
    assert_eq!(enter(&mut m, "//x\n"), [say("/x", "//x")]);
    let action = Effect::Say { kind: Kind::Action, text: "waves".into(), typed: "/me waves".into() };
    assert_eq!(enter(&mut m, "/me waves"), [action]);
}

#[test]
fn what_is_no_command_is_told_and_never_sent() {
    let mut m = model();
    assert_eq!(enter(&mut m, "/qiut now"), []);
    assert_eq!(last(&m), "there is no command /qiut; do you mean /quit? //qiut says it");
    assert_eq!(m.composer.text(), "/qiut now", "it can be corrected");
}

#[test]
fn a_private_line_goes_to_whom_the_name_means() {
    let mut m = model();
    hear(&mut m, Event::Join(peer(1, "bob")));
    let to_bob = Effect::Direct {
        to: PeerId([1; 8]),
        kind: Kind::Say,
        text: "hi you".into(),
        typed: "/msg Bob hi you".into(),
    };
    assert_eq!(enter(&mut m, "/msg Bob hi you"), [to_bob]);
    assert_eq!(enter(&mut m, "/msg eve hi"), []);
    assert_eq!(last(&m), "nobody here is called eve; /who (lanchat who) lists who is");
}

#[test]
fn whoever_goes_by_the_name_of_one_who_is_away_neither_gets_nor_stops_his_lines() {
    let mut m = model();
    let thief = |n: u8, nick: &str, same: bool| {
        let bob = "bob".parse().unwrap();
        let other = crate::chat::Other { id: PeerId([3; 8]), nick: bob, trust: Trust::Verified, same };
        let doubts = crate::chat::Doubts { other: Some(Box::new(other)), ..Default::default() };
        Peer { trust: Trust::Doubtful, doubts, ..peer(n, &format!("{nick}~{n:02x}{n:02x}")) }
    };
    let reader = |m: &mut Model, name: &str| match enter(m, &format!("/msg {name} hi")).as_slice() {
        [Effect::Direct { to, .. }] => Some(*to),
        _ => None,
    };
    let real = Some(PeerId([3; 8]));
    m.met.insert(PeerId([3; 8]), SafeText::clean("bob")); // of an earlier run
    for thief in [thief(6, "bob", true), thief(7, "Bob", true), thief(8, "b0b", false)] {
        hear(&mut m, Event::Join(thief));
        assert_eq!(reader(&mut m, "bob"), real);
    }
    assert_eq!(reader(&mut m, "b0b"), None, "nobody else has that name");
    assert!(last(&m).starts_with("b0b is not here; b0b~0808 goes by that name"), "{}", last(&m));
    assert_eq!(reader(&mut m, "bob~0606"), Some(PeerId([6; 8])));
    for n in 6..9 {
        hear(&mut m, Event::Leave { peer: thief(n, "bob", true), reason: LeaveReason::Goodbye });
    }
    assert_eq!(reader(&mut m, "bob"), real, "who was shown apart and has left is not meant, either");
}

#[test]
fn the_fate_of_a_private_line_is_marked_on_it() {
    let mut m = model();
    let (me, bob) = (peer(9, "me"), peer(1, "bob"));
    hear(&mut m, Event::Join(bob.clone()));
    m.open(crate::tui::model::Place::Peer(bob.id));
    m.show(crate::tui::model::Place::Peer(bob.id));
    for (n, state, text) in [
        (1, DirectState::Delivered { session: true }, "→ bob: x ✓"),
        (2, DirectState::Kept, "→ bob: x … kept until bob returns"),
        (3, DirectState::Withdrawn, "→ bob: x (withdrawn)"),
        (4, DirectState::Failed, "→ bob: x (not delivered)"),
    ] {
        let id = LineId { sender: ME, epoch: 7, seq: (1 << 31) | n };
        let own = Line { id: Some(id), private: true, to: Some(bob.id), ..line(&me, "x") };
        hear(&mut m, Event::Line(own));
        assert_eq!(last(&m), "→ bob: x");
        let fate = |state| Event::Direct { line: id, to: bob.id, name: bob.name.clone(), state };
        hear(&mut m, fate(DirectState::Sent));
        assert_eq!(last(&m), "→ bob: x …");
        hear(&mut m, fate(state));
        assert_eq!(last(&m), text);
    }
}

#[test]
fn a_line_that_failed_comes_back_unless_something_else_is_written() {
    let mut m = model();
    let failed = || Msg::Failed { typed: "/msg bob hi".into(), error: "bob is not here".into() };
    update(&mut m, failed());
    assert_eq!((m.composer.text(), last(&m).as_str()), ("/msg bob hi", "bob is not here"));
    m.composer.set("other");
    update(&mut m, failed());
    assert_eq!(m.composer.text(), "other");
}

#[test]
fn leaving_needs_an_empty_composer_and_is_meant() {
    let mut m = model();
    assert_eq!(keys(&mut m, &["x", "Ctrl+C"]), []);
    assert!(m.composer.is_empty());
    assert_eq!(keys(&mut m, &["Ctrl+C", "x", "Ctrl+D", "Backspace", "Ctrl+C"]), []);
    assert_eq!(keys(&mut m, &["Ctrl+C"]), [Effect::Quit]);
    assert_eq!(keys(&mut m, &["Ctrl+D"]), [Effect::Quit]);
    assert_eq!(enter(&mut m, "/quit"), [Effect::Quit]);
    assert_eq!(keys(&mut m, &["Ctrl+L"]), [Effect::Redraw]);
}

#[test]
fn unread_counts_while_nobody_can_have_read() {
    let mut m = model();
    let bob = peer(1, "bob");
    hear(&mut m, Event::Line(line(&bob, "seen")));
    assert_eq!(m.title().as_str(), "lanchat — lobby");
    update(&mut m, Msg::Focus(false));
    hear(&mut m, Event::Line(line(&bob, "unseen")));
    hear(&mut m, Event::Line(line(&peer(9, "me"), "own")));
    assert_eq!(m.title().as_str(), "(1) lanchat — lobby");
    update(&mut m, Msg::Focus(true));
    assert_eq!(m.title().as_str(), "lanchat — lobby");
    for n in 0..30 {
        hear(&mut m, Event::Line(line(&bob, &n.to_string())));
    }
    keys(&mut m, &["PgUp"]);
    hear(&mut m, Event::Line(line(&bob, "below")));
    assert_eq!((m.unread, m.view().news_below()), (1, 1));
    keys(&mut m, &["End"]);
    assert_eq!((m.unread, m.scroll), (0, Scroll::Newest));
}

#[test]
fn who_goes_to_what_is_newest_is_at_the_newest() {
    let mut m = model();
    let bob = peer(1, "bob");
    for n in 0..60 {
        hear(&mut m, Event::Line(line(&bob, if n == 58 { "me!" } else { "other" })));
    }
    keys(&mut m, &["PgUp", "PgUp", "Alt+N"]);
    assert_eq!(m.scroll, Scroll::Newest, "nothing is below it that is not seen");
    update(&mut m, Msg::Focus(false));
    hear(&mut m, Event::Line(line(&bob, "unseen")));
    keys(&mut m, &["PgUp", "PgUp", "Alt+U"]);
    assert_eq!(m.scroll, Scroll::Newest, "nor the mark of what was not seen");
}

#[test]
fn tab_goes_through_names_by_last_spoken() {
    let mut m = model();
    for (n, name) in [(1, "anna"), (2, "Alex"), (3, "bob")] {
        hear(&mut m, Event::Join(peer(n, name)));
    }
    hear(&mut m, Event::Line(line(&peer(1, "anna"), "hi")));
    keys(&mut m, &["a", "Tab"]);
    assert_eq!(m.composer.text(), "anna: ");
    keys(&mut m, &["Tab"]);
    assert_eq!(m.composer.text(), "Alex: ");
    keys(&mut m, &["Tab"]);
    assert_eq!(m.composer.text(), "a", "what was typed comes round");
    keys(&mut m, &["Shift+Tab", "o", "k", " ", "b", "Tab"]);
    assert_eq!(m.composer.text(), "Alex: ok bob ");
    keys(&mut m, &["Tab"]);
    assert_eq!(m.composer.text(), "Alex: ok bob ", "the only candidate stays");
    m.composer.set("/ms");
    keys(&mut m, &["Tab", "b", "Tab"]);
    assert_eq!(m.composer.text(), "/msg bob ");
    m.composer.set("/help wh");
    keys(&mut m, &["Tab"]);
    assert_eq!(m.composer.text(), "/help who");
    m.composer.set("zz");
    keys(&mut m, &["Tab"]);
    assert_eq!(m.composer.text(), "zz");
}

#[test]
fn names_change_and_people_go() {
    let mut m = model();
    hear(&mut m, Event::Join(peer(1, "bob")));
    hear(&mut m, Event::Changed(peer(1, "bob~0101")));
    assert_eq!(last(&m), "bob joined · bob is now bob~0101");
    hear(&mut m, Event::Nick { old: SafeText::clean("bob~0101"), peer: peer(1, "rob") });
    assert_eq!(last(&m), "bob joined · bob is now rob");
    hear(&mut m, Event::Leave { peer: peer(1, "rob"), reason: LeaveReason::Timeout });
    assert_eq!((last(&m).as_str(), m.people.list().len()), ("bob is now rob · rob no longer heard", 0));
    hear(&mut m, Event::OwnName { name: SafeText::clean("me~0909"), with: Some(PeerId([1; 8])) });
    assert!(last(&m).contains("others see you as me~0909; /nick NAME"));
    assert_eq!(enter(&mut m, "/nick a b"), []);
    assert_eq!(last(&m), "a nickname cannot hold ' '; leave that out: /nick NAME");
    assert_eq!(enter(&mut m, "/nick you"), []);
    assert_eq!(last(&m), "nobody can be called \"you\"; choose another: /nick NAME");
    assert_eq!(enter(&mut m, "/nick zoe"), [Effect::SetNick("zoe".parse().unwrap())]);
    assert_eq!(m.name.as_str(), "zoe");
}

#[test]
fn who_and_help_are_answered() {
    let mut m = model();
    assert_eq!(enter(&mut m, "/who"), [Effect::Who]);
    update(&mut m, Msg::Who(vec![peer(2, "bob"), peer(1, "alice")]));
    assert_eq!(last(&m), "2 others are here:\nalice · alice · 10.0.0.1 · new\nbob · bob · 10.0.0.2 · new");
    assert_eq!(enter(&mut m, "/heard"), [Effect::Heard]);
    update(&mut m, Msg::Heard(Some((vec![PeerId([1; 8])], vec![PeerId([2; 8])]))));
    assert_eq!(last(&m), "your last line was heard by 1 of 2: alice; not yet told by bob");
    update(&mut m, Msg::Heard(None));
    assert_eq!(last(&m), "you have not said anything yet");
    update(&mut m, Msg::Who(Vec::new()));
    assert!(last(&m).starts_with("nobody else is here yet; "));
    enter(&mut m, "/help keys");
    assert!(
        matches!(&m.mode, Mode::Page(page) if page.lines.iter().any(|l| l.as_str().starts_with("Tab: complete")))
    );
    update(&mut m, Msg::Key("Esc".parse().unwrap()));
    assert!(m.mode.is_write());
    enter(&mut m, "/bind");
    let first = m.view().seen().first().map(|s| (s.entry.id, s.first));
    assert_eq!(first, m.log.iter().next_back().map(|e| (e.id, 0)), "a long answer is read from its start");
    enter(&mut m, "/help msg");
    assert_eq!(last(&m), "/msg NICK TEXT: says something to one person only, also /w");
    let of = |name: &str, address: [u8; 4]| InterfaceState {
        name: name.into(),
        address: address.into(),
        broadcast: address.into(),
        problem: None,
    };
    let mut network = |interfaces: Vec<InterfaceState>| {
        let network = Network { interfaces, ..Network::default() };
        assert_eq!(update(&mut m, Msg::Update(Update::Network(network))), []);
        last(&m)
    };
    let help = network(vec![of("e0", [10, 0, 0, 1])]);
    assert!(!help.contains("network"), "as it should be, nothing to tell");
    assert_eq!(network(vec![of("lo", [127, 0, 0, 1])]), "no network: only programs on this machine hear you");
    assert_eq!(network(Vec::new()), "no network: nothing is sent until an interface is up");
    assert_eq!(network(vec![of("e0", [10, 0, 0, 1])]), "back on the network by e0");
    enter(&mut m, "/clear");
    assert!(m.log.is_empty());
}

fn numbered(peer: &Peer, seq: u32, sent_at: u64) -> Line {
    let id = Some(LineId { sender: peer.id, epoch: 1, seq });
    Line { id, sent_at, received_at: sent_at, ..line(peer, &seq.to_string()) }
}

fn shown(m: &Model) -> Vec<String> {
    let wide = Gutter::of(200);
    m.log.iter().map(|e| e.body(wide).text().to_string()).collect()
}

const HOUR: u64 = 3_600_000;

#[test]
fn what_is_shown_at_the_bottom_is_read() {
    let (mut m, bob) = (model(), peer(2, "bob"));
    let hear =
        |m: &mut Model, seq| update(m, Msg::Update(Update::Event(Event::Line(numbered(&bob, seq, 0)))));
    let read = vec![Effect::Read { room: SafeText::clean("lobby") }];
    assert_eq!(hear(&mut m, 1), read);
    assert_eq!(keys(&mut m, &["x"]), [], "nothing new");
    update(&mut m, Msg::Focus(false));
    assert_eq!(hear(&mut m, 2), []);
    assert_eq!(update(&mut m, Msg::Focus(true)), read);
    for seq in 3..40 {
        hear(&mut m, seq);
    }
    keys(&mut m, &["PgUp"]);
    assert_eq!(hear(&mut m, 50), []);
    assert_eq!(keys(&mut m, &["PgDn", "PgDn"]), read);
}

#[test]
fn the_past_stands_above_the_present_and_no_line_twice() {
    let (mut m, bob) = (model(), peer(2, "bob"));
    m.now = 50 * HOUR;
    m.notice(Level::Info, "first");
    hear(&mut m, Event::Line(numbered(&bob, 3, 49 * HOUR)));
    let lines = vec![numbered(&bob, 1, HOUR), numbered(&bob, 2, 2 * HOUR), numbered(&bob, 3, 49 * HOUR)];
    let effects = update(&mut m, Msg::Past(Recent { lines, unread: Some(1), marked: true }));
    assert_eq!(effects.len(), 1, "what is shown is read: {effects:?}");
    hear(&mut m, Event::Line(Line { late: true, ..numbered(&bob, 2, 2 * HOUR) }));
    let day = |d: &str| d.to_owned();
    assert_eq!(
        shown(&m),
        [
            &day("Thursday, 1 January 1970"),
            "1",
            "new since you left",
            "2",
            &day("Saturday, 3 January 1970"),
            "first",
            "3"
        ]
    );
}

#[test]
fn the_first_line_said_while_away_is_marked_once() {
    let (mut m, bob) = (model(), peer(2, "bob"));
    (m.now, m.away.until) = (10 * HOUR, 10 * HOUR);
    m.notice(Level::Info, "joined");
    let lines = vec![numbered(&bob, 1, 8 * HOUR)];
    update(&mut m, Msg::Past(Recent { lines, unread: None, marked: true }));
    // Several are caught up on one after the other: they are read as they were said, between the past and the present.
    let anna = peer(1, "anna");
    for (from, seq, at) in [
        (&bob, 7, 601),
        (&bob, 1, 480),
        (&bob, 3, 500),
        (&bob, 5, 540),
        (&anna, 2, 490),
        (&anna, 4, 520),
        (&anna, 6, 540),
        (&bob, 8, 602),
    ] {
        let late = at < 600;
        hear(&mut m, Event::Line(Line { late, ..numbered(from, seq, at * 60_000) }));
    }
    assert_eq!(shown(&m), ["1", "new since you left", "2", "3", "4", "5", "6", "joined", "7", "8"]);
    // A slow clock: what it says now is not late, and no past.
    let received_at = 603 * 60_000;
    hear(&mut m, Event::Line(Line { received_at, ..numbered(&bob, 9, 9 * HOUR) }));
    assert_eq!(shown(&m).last().unwrap(), "9");
    // One's own clock is set back after the start.
    m.now -= HOUR;
    let now = m.now;
    hear(&mut m, Event::Line(numbered(&bob, 10, now)));
    assert_eq!(shown(&m).last().unwrap(), "10");
}

#[test]
fn what_was_missed_stands_under_its_day() {
    let (mut m, bob) = (model(), peer(2, "bob"));
    (m.now, m.away.until) = (58 * HOUR, 58 * HOUR);
    m.notice(Level::Info, "joined");
    for (seq, hour) in [(1, 8), (2, 9), (3, 30), (4, 50), (5, 51)] {
        hear(&mut m, Event::Line(Line { late: true, ..numbered(&bob, seq, hour * HOUR) }));
    }
    let days = ["Thursday, 1 January 1970", "Friday, 2 January 1970", "Saturday, 3 January 1970"];
    assert_eq!(shown(&m), [days[0], "1", "2", days[1], "3", days[2], "4", "5", "joined"]);
}

#[test]
fn at_the_first_start_nothing_is_new() {
    let (mut m, bob) = (model(), peer(2, "bob"));
    (m.now, m.away.until) = (10 * HOUR, 10 * HOUR);
    update(&mut m, Msg::Past(Recent::default()));
    hear(&mut m, Event::Line(numbered(&bob, 1, 9 * HOUR)));
    assert_eq!(shown(&m), ["1"]);
}

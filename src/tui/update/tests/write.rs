//! Writing: pastes, search, the editor, what was written before, keys, calls.

use super::*;
use crate::chat::RoomName;
use crate::profile::Places;
use crate::tui::keymap::Keymap;
use crate::tui::model::{Notify, Prefs, Reason};

fn lines(n: usize) -> String {
    (1..=n).map(|n| format!("line {n}\r\n")).collect::<Vec<_>>().concat()
}

#[test]
fn a_paste_is_one_message() {
    let mut m = model();
    assert_eq!(update(&mut m, Msg::Paste(lines(10))), []);
    assert_eq!((m.composer.lines(), m.paste.is_none()), (10, true), "few lines are not asked about");
    keys(&mut m, &["Ctrl+C"]);
    assert_eq!(update(&mut m, Msg::Paste(lines(300))), []);
    assert!(m.composer.is_empty());
    assert_eq!(keys(&mut m, &["x", "Tab", "Ctrl+X", "F2"]), [], "only the answer counts");
    assert!(m.composer.is_empty());
    assert_eq!(keys(&mut m, &["Enter"]), []);
    assert_eq!(m.composer.lines(), 300);
    let effects = keys(&mut m, &["Enter"]);
    let [Effect::Say { text, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(text.lines().count(), 300);
    assert_eq!(update(&mut m, Msg::Paste("x".repeat(300_000))), []);
    assert!(m.composer.is_empty());
    assert_eq!(last(&m), "the paste has 300000 bytes, too many for a message; paste less");
}

#[test]
fn a_long_paste_can_be_joined_or_dropped() {
    let mut m = model();
    m.prefs.paste_lines = 2;
    m.composer.insert("see: ");
    update(&mut m, Msg::Paste(" one\r\n\n  two\nthree \n".to_owned()));
    keys(&mut m, &["j"]);
    assert_eq!(m.composer.text(), "see: one two three");
    update(&mut m, Msg::Paste("\na\nb\nc".to_owned()));
    keys(&mut m, &["J"]);
    assert_eq!(m.composer.text(), "see: one two three a b c");
    m.composer.set("see: one two three");
    for key in ["Esc", "Ctrl+C"] {
        update(&mut m, Msg::Paste(lines(3)));
        keys(&mut m, &[key]);
        assert_eq!((m.composer.text(), m.paste.as_ref(), m.leaving), ("see: one two three", None, false));
    }
    m.prefs.paste_lines = 0;
    update(&mut m, Msg::Paste(lines(300)));
    assert_eq!(m.composer.lines(), 300);
}

#[test]
fn ctrl_r_finds_what_was_said() {
    let mut m = model();
    for text in ["first thing", "second thing"] {
        enter(&mut m, text);
    }
    keys(&mut m, &["d", "Ctrl+R", "t", "h", "i"]);
    assert_eq!(m.composer.text(), "second thing");
    keys(&mut m, &["Ctrl+R"]);
    assert_eq!(m.composer.text(), "first thing");
    keys(&mut m, &["Ctrl+S"]);
    assert_eq!(m.composer.text(), "second thing");
    assert_eq!(keys(&mut m, &["Enter"]), [], "what was found is not sent unseen");
    assert_eq!((m.composer.text(), m.composer.searched()), ("second thing", None));
    keys(&mut m, &["Ctrl+R", "f", "Backspace", "Esc"]);
    assert_eq!(m.composer.text(), "second thing");
    keys(&mut m, &["Ctrl+R", "f", "i", "r", "Ctrl+A", "x"]);
    assert_eq!(m.composer.text(), "xfirst thing", "another key goes on with what was found");
    keys(&mut m, &["Ctrl+R", "q", "Ctrl+C"]);
    assert_eq!(m.composer.text(), "xfirst thing");
    keys(&mut m, &["Ctrl+R", "s", "e", "c"]);
    update(&mut m, Msg::Paste("!".to_owned()));
    assert_eq!((m.composer.text(), m.composer.searched()), ("second thing!", None));
}

#[test]
fn the_editor_changes_the_message_or_tells_why_not() {
    let mut m = model();
    keys(&mut m, &["h", "i"]);
    assert_eq!(keys(&mut m, &["Ctrl+X"]), [Effect::Editor { text: "hi".into() }]);
    assert_eq!(update(&mut m, Msg::Edited(Ok("hi there\nyou\u{7}\n\n".into()))), []);
    assert_eq!(m.composer.text(), "hi there\nyou<U+0007>");
    update(&mut m, Msg::Edited(Err("no editor".into())));
    assert_eq!((m.composer.text(), last(&m).as_str()), ("hi there\nyou<U+0007>", "no editor"));
    update(&mut m, Msg::Edited(Ok("x".repeat(300_000))));
    assert!(last(&m).ends_with("the message is as it was"));
    keys(&mut m, &["Ctrl+_"]);
    assert_eq!(m.composer.text(), "hi");
}

#[test]
fn what_was_written_before_is_there_again() {
    let mut m = model();
    let written = |draft: &str| Msg::Written { draft: draft.into(), sent: vec!["said".into()] };
    update(&mut m, written("half a tho"));
    assert_eq!(m.composer.text(), "half a tho");
    keys(&mut m, &["Ctrl+P"]);
    assert_eq!(m.composer.text(), "said");
    let mut fast = model();
    keys(&mut fast, &["x"]);
    update(&mut fast, written("half a tho"));
    assert_eq!(fast.composer.text(), "x", "what is typed already stays");
    let mut m = model();
    update(&mut m, written("/join room secret"));
    assert_eq!(m.composer.text(), "", "no passphrase stands there by itself");
}

#[test]
fn keys_are_bound_and_settings_read_again() {
    let mut m = model();
    enter(&mut m, "/bind Alt+X peeple");
    assert_eq!(last(&m), "no key can do \"peeple\"; did you mean \"people\"?");
    m.composer.clear();
    enter(&mut m, "/bind alt+x people");
    assert_eq!(
        last(&m),
        r#"to keep it, write under [keys] in the file of settings: people = ["F2", "Alt+X"]"#
    );
    keys(&mut m, &["Alt+X"]);
    assert_eq!(m.people_pane, Some(true));
    enter(&mut m, "/bind F2 none");
    assert_eq!((last(&m).as_str(), m.keymap.action("F2".parse().unwrap())), ("F2 does nothing now", None));
    enter(&mut m, "/bind x people");
    assert_eq!(last(&m), "x types a character; add Ctrl+ or Alt+, or take another key");
    enter(&mut m, "/bind");
    assert!(last(&m).contains("\npeople: Alt+X\n"));
    assert_eq!(enter(&mut m, "/reload"), [Effect::Reload]);
    let prefs = Prefs { paste_lines: 3, ..Prefs::default() };
    let fresh = Fresh { prefs, keymap: Keymap::default(), theme: "auto".into(), later: vec!["port"] };
    update(&mut m, Msg::Reloaded(Ok(fresh)));
    assert_eq!(last(&m), "the settings were read again; port from the next start on");
    assert_eq!(
        (m.prefs.paste_lines, m.keymap.keys(crate::tui::keymap::Action::People)),
        (3, vec!["F2".into()])
    );
    update(&mut m, Msg::Reloaded(Err("config.toml:1:1: bad".into())));
    assert_eq!(last(&m), "the settings stay as they were: config.toml:1:1: bad");
}

/// What a line of bob's makes of the user's peace.
fn called(m: &mut Model, line: Line) -> Option<Reason> {
    let effects = update(m, Msg::Update(Update::Event(Event::Line(line))));
    effects.into_iter().find_map(|effect| match effect {
        Effect::Call(call) => Some(call.reason),
        _ => None,
    })
}

#[test]
fn the_user_is_called_for_what_matters_and_only_while_away() {
    let (mut m, bob) = (model(), peer(2, "bob"));
    m.now = 1_000_000;
    m.prefs.highlight = vec!["lunch".into()];
    update(&mut m, Msg::Focus(true));
    assert_eq!(called(&mut m, line(&bob, "me: hi")), None, "who looks needs no call");
    update(&mut m, Msg::Focus(false));
    assert_eq!(called(&mut m, line(&bob, "some men")), None);
    assert_eq!(called(&mut m, line(&bob, "Lunch?")), Some(Reason::Mention));
    assert_eq!(called(&mut m, line(&bob, "ME!")), None, "not at once again");
    assert_eq!(
        called(&mut m, Line { private: true, ..line(&bob, "x") }),
        Some(Reason::Private),
        "it matters more"
    );
    m.now += 10_000;
    let later = update(&mut m, Msg::Tick);
    assert!(
        later.iter().any(|e| matches!(e, Effect::Call(call) if call.reason == Reason::Mention)),
        "but then: {later:?}"
    );
    m.now += 10_000;
    let place = |m: &Model, text: &str| m.mentions(text).pop();
    assert_eq!(place(&m, "ask me"), Some(4..6));
    m.name = SafeText::clean("me~0909");
    assert_eq!((place(&m, "ask me"), place(&m, "ask me~0909")), (Some(4..6), Some(4..11)));
    assert_eq!(place(&m, "ask me~0101"), None, "that is somebody else");
    m.name = SafeText::clean("me");
    let of = |m: &Model, sent_at, ago| Line {
        late: true,
        sent_at,
        received_at: sent_at + ago,
        ..line(&bob, &format!("me {}", m.now))
    };
    let (old, new) = (of(&m, 1_000_000, 400_000), of(&m, 1_000_000, 60_000));
    assert_eq!(called(&mut m, old), None, "the past is no news");
    assert_eq!(called(&mut m, new), Some(Reason::Mention), "what came late by a minute is");
    assert_eq!(called(&mut m, line(&peer(9, "me"), "me")), None, "nor are own lines");
}

#[test]
fn each_place_calls_as_it_is_told_to() {
    let (mut m, bob) = (model(), peer(2, "bob"));
    update(&mut m, Msg::Focus(false));
    let lunch = |text: &str| Line { room: SafeText::line("lunch"), ..line(&bob, text) };
    m.open(Place::Room("lunch".parse().unwrap()));
    let called = |m: &mut Model, line: Line| {
        m.now += 10_000;
        self::called(m, line)
    };
    enter(&mut m, "/notify");
    assert!(last(&m).contains("(mention, as everywhere;"), "{}", last(&m));
    enter(&mut m, "/notify none");
    assert_eq!(called(&mut m, line(&bob, "me")), None);
    assert_eq!(called(&mut m, lunch("me")), Some(Reason::Mention), "only this place is quiet");
    enter(&mut m, "/notify all");
    assert!(last(&m).starts_with("in #lobby every line calls you while you look elsewhere"), "{}", last(&m));
    assert_eq!(called(&mut m, line(&bob, "anything")), Some(Reason::Line));
    assert_eq!(called(&mut m, lunch("anything")), None);
    enter(&mut m, "/notify loud");
    assert_eq!(last(&m), "the levels are none, mention and all: /notify mention");
    assert_eq!(m.notify_in(Place::LOBBY), Notify::All);
    enter(&mut m, "/notify default");
    assert_eq!(called(&mut m, line(&bob, "anything")), None);
    enter(&mut m, "/set notify all");
    assert_eq!(called(&mut m, lunch("anything")), Some(Reason::Line), "everywhere");
    enter(&mut m, "/set notify none");
    assert_eq!(called(&mut m, Line { private: true, ..line(&bob, "x") }), None);
    m.show(Place::Peer(bob.id));
    enter(&mut m, "/notify mention");
    assert_eq!(called(&mut m, Line { private: true, ..line(&bob, "x") }), Some(Reason::Private));
}

#[test]
fn the_lobby_is_not_read_while_the_user_was_elsewhere() {
    let bob = peer(2, "bob");
    let missed = || Line { received_at: 5, sent_at: 5, ..line(&bob, "me: for you") };
    let past = || Msg::Past(Recent { lines: vec![missed()], unread: Some(0), marked: true });
    let lunch: RoomName = "lunch".parse().unwrap();
    let told = || Msg::Update(Update::Social { rooms: vec![lunch], ignored: Vec::new() });
    for first in [true, false] {
        let mut m = model();
        (m.now, m.away.until) = (1000, 1000);
        m.remember(Places {
            open: vec!["lobby".into(), "lunch".into()],
            shown: Some("lunch".into()),
            ..Places::default()
        });
        // Either can be the first to come.
        let messages = if first { [past(), told()] } else { [told(), past()] };
        let effects: Vec<Effect> = messages.into_iter().flat_map(|msg| update(&mut m, msg)).collect();
        assert!(
            !effects.iter().any(|e| matches!(e, Effect::Read { room } if room.as_str() == "lobby")),
            "{effects:?}"
        );
        assert_eq!((m.place(), m.unread_in(0), m.buffers.tabs()[0].mentions), (Place::Room(lunch), 1, 1));
        m.show(Place::LOBBY);
        let effects = update(&mut m, Msg::Tick);
        assert!(
            effects.iter().any(|e| matches!(e, Effect::Read { room } if room.as_str() == "lobby")),
            "{effects:?}"
        );
        assert_eq!(m.unread_in(0), 0);
    }
}

#[test]
fn settings_are_listed_told_and_changed() {
    let mut m = model();
    m.started = vec![("nick".into(), "\"me\"".into()), ("port".into(), "13138".into())];
    enter(&mut m, "/set");
    let list = last(&m);
    assert!(
        ["notify = \"mention\"", "mouse = false", "port = 13138"].iter().all(|row| list.contains(row)),
        "{list}"
    );
    enter(&mut m, "/set paste_lines 3");
    assert_eq!(m.prefs.paste_lines, 3);
    assert!(last(&m).starts_with("paste_lines = 3 until you leave"), "{}", last(&m));
    enter(&mut m, "/set paste_lines");
    assert_eq!(last(&m), "paste_lines = 3");
    enter(&mut m, "/set paste_lines many");
    assert_eq!(last(&m), "paste_lines is a number of lines, 0 for never");
    enter(&mut m, "/set tipping on");
    assert_eq!(last(&m), "there is no setting tipping; do you mean typing?");
    enter(&mut m, "/set NICK bob");
    assert!(last(&m).contains("/nick changes yours at once"), "{}", last(&m));
    m.composer.set("/set theme dark");
    assert_eq!(keys(&mut m, &["Enter"]), [Effect::Theme(Some("dark".into()))]);
}

#[test]
fn the_wheel_moves_what_is_seen_while_the_mouse_is_ours() {
    let (mut m, bob) = (model(), peer(2, "bob"));
    update(&mut m, Msg::Resize(60, 10));
    for n in 0..30 {
        update(&mut m, Msg::Update(Update::Event(Event::Line(line(&bob, &format!("line {n}"))))));
    }
    keys(&mut m, &["Alt+M"]);
    assert!(m.prefs.mouse && m.hint.as_ref().unwrap().contains("Shift+drag"));
    update(&mut m, Msg::Wheel { key: "Up".parse().unwrap(), up: true, rows: 3 });
    assert_ne!(m.scroll, Scroll::Newest);
    update(&mut m, Msg::Wheel { key: "Down".parse().unwrap(), up: false, rows: 3 });
    assert_eq!(m.scroll, Scroll::Newest);
    enter(&mut m, "/mouse off");
    assert!(!m.prefs.mouse);
    enter(&mut m, "/mouse sideways");
    assert_eq!(last(&m), "write /mouse on, or /mouse off");
}

#[test]
fn the_newest_line_is_answered() {
    let (mut m, bob) = (model(), peer(2, "bob"));
    m.composer.set("/reply nobody?");
    assert_eq!(keys(&mut m, &["Enter"]), []);
    assert_eq!(last(&m), "there is no line to answer");
    let id = LineId { sender: bob.id, epoch: 1, seq: 7 };
    update(&mut m, Msg::Update(Update::Event(Event::Line(Line { id: Some(id), ..line(&bob, "tea?") }))));
    m.composer.set("/r yes please");
    let effects = keys(&mut m, &["Enter"]);
    let Some(Effect::SayIn { text, about: Some(about), .. }) = effects.first() else { panic!("{effects:?}") };
    assert_eq!((text.as_str(), about.line, about.text.as_str()), ("yes please", id, "tea?"));
    assert_eq!(m.answering, None);
}

#[test]
fn a_terminal_that_tells_nothing_of_its_focus_is_watched_for_a_minute_after_a_key() {
    let (mut m, bob) = (model(), peer(2, "bob"));
    m.now = 1_000_000;
    keys(&mut m, &["x"]);
    m.now += 59_000;
    assert_eq!(called(&mut m, line(&bob, "me?")), None);
    m.now += 2_000;
    assert_eq!(called(&mut m, line(&bob, "me?")), Some(Reason::Mention));
}

#[test]
fn what_was_missed_calls_nobody() {
    let (mut m, bob) = (model(), peer(2, "bob"));
    (m.now, m.away.until) = (1_000_000, 1_000_000);
    update(&mut m, Msg::Focus(false));
    let at = |sent_at| Line {
        late: sent_at < 980_000,
        text: SafeText::clean("me"),
        ..numbered(&bob, u32::try_from(sent_at).unwrap(), sent_at)
    };
    assert_eq!(called(&mut m, at(900_000)), None);
    assert_eq!(called(&mut m, at(990_000)), None);
    assert_eq!(called(&mut m, at(1_000_001)), Some(Reason::Mention));
}

#[test]
fn a_space_in_the_name_of_a_file_can_be_written_as_completion_does() {
    let mut m = model();
    let bob = peer(1, "bob");
    hear(&mut m, Event::Join(bob.clone()));
    for typed in ["/send bob ~/my\\ long\\ file.txt", "/send bob ~/my long file.txt"] {
        let path = "~/my long file.txt".into();
        assert_eq!(enter(&mut m, typed), [Effect::SendFile { to: bob.clone(), path }]);
    }
}

#[test]
fn up_chooses_a_line_only_while_nothing_is_written() {
    let mut m = model();
    enter(&mut m, "first");
    keys(&mut m, &["Up"]);
    assert!(m.mode.is_write() && m.composer.is_empty(), "there is no line yet");
    hear(&mut m, Event::Line(line(&peer(1, "bob"), "hi")));
    keys(&mut m, &["Up"]);
    assert!(!m.mode.is_write());
    keys(&mut m, &["Esc", "x", "Up"]);
    assert_eq!((m.mode.is_write(), m.composer.text()), (true, "first"));
}

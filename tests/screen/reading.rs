//! What helps to read: search, a chosen line, lists, links, themes, the network.

use std::time::Duration;

use lanchat::chat::{LineId, Mended, PingId};
use lanchat::neighbours::Neighbour;
use lanchat::session::{Counters, Report};
use lanchat::smb::browse::ServerType;
use lanchat::tui::model::{Mode, Scroll};
use ratatui::style::Modifier;

use super::*;

/// A line of an own or foreign run, so that it can be told from others.
fn numbered(seq: u32, minute: u64, from: &Peer, text: &str) -> Line {
    let id = LineId { sender: from.id, epoch: 1, seq };
    Line { id: Some(id), ..line(minute, from, text) }
}

/// The conversation, with words that concern the user.
fn talk(chat: &mut Chat) {
    conversation(chat);
    chat.say(661, &alice(), "Martin, have you seen https://example.org/plan and https://example.org/map?");
    chat.say(662, &bob(), "martini is not martin");
    chat.say(663, &alice(), "good");
}

/// What is drawn with a modifier, joined by `|`.
fn marked(chat: &mut Chat, modifier: Modifier) -> String {
    let buffer = chat.draw();
    let mut words: Vec<String> = Vec::new();
    let mut before = None;
    for y in 0..buffer.area.height {
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            if cell.modifier.contains(modifier) {
                if before != Some((x, y)) {
                    words.push(String::new());
                }
                if let Some(word) = words.last_mut() {
                    word.push_str(cell.symbol());
                }
                before = Some((x + 1, y));
            }
        }
    }
    words.join("|")
}

#[test]
fn search_in_the_log() {
    pictures("search", 12, |chat| {
        talk(chat);
        assert_eq!(chat.keys(&["Ctrl+S", "good"]), []);
    });
    pictures("search_moving", 12, |chat| {
        talk(chat);
        chat.keys(&["Ctrl+S", "e", "Enter", "n", "n", "N"]);
    });
}

#[test]
fn search_moves_from_place_to_place_and_back() {
    let mut chat = Chat::new(80, 12);
    for n in 0..100 {
        chat.say(n, &alice(), if n % 10 == 3 { "a NEEDLE here" } else { "hay" });
    }
    chat.keys(&["Ctrl+S", "needle"]);
    let status = |chat: &mut Chat| chat.picture().lines().nth(10).unwrap().trim().to_owned();
    assert!(status(&mut chat).starts_with("10 of 10 · Ctrl+S older"), "{}", status(&mut chat));
    assert_eq!(marked(&mut chat, Modifier::REVERSED).split('|').next(), Some("NEEDLE"));
    chat.keys(&["Ctrl+S", "Up"]);
    assert!(status(&mut chat).starts_with("8 of 10"));
    chat.keys(&["Enter", "n", "N", "N"]);
    assert!(status(&mut chat).starts_with("9 of 10"));
    chat.say(100, &bob(), "news");
    assert_eq!(chat.model.unread, 1, "what is said meanwhile was not seen");
    chat.keys(&["Esc"]);
    assert_eq!((chat.model.scroll, chat.model.unread), (Scroll::Newest, 0));
    // What is not there leaves the log as it was, and letters can be taken back.
    chat.keys(&["Ctrl+S", "needles"]);
    assert!(status(&mut chat).starts_with("nothing found"), "{}", status(&mut chat));
    chat.keys(&["Backspace"]);
    assert!(status(&mut chat).starts_with("10 of 10"));
    chat.keys(&["Ctrl+S", "Enter", "Enter"]);
    assert!(matches!(chat.model.scroll, Scroll::At { .. }) && matches!(chat.model.mode, Mode::Write));
    assert!(chat.picture().contains("a NEEDLE here"), "{}", chat.picture());
}

#[test]
fn a_chosen_line() {
    pictures("select", 12, |chat| {
        talk(chat);
        chat.keys(&["Up", "k"]);
        let chosen = marked(chat, Modifier::REVERSED);
        assert!(chosen.contains("martini"), "{chosen}");
    });
}

#[test]
fn a_chosen_line_is_copied_answered_and_opened() {
    let mut chat = Chat::new(80, 12);
    talk(&mut chat);
    chat.keys(&["a draft"]);
    assert_eq!(chat.keys(&["Up"]), [], "a row up in the message");
    assert!(chat.model.mode.is_write());
    chat.keys(&["Alt+Up", "k"]);
    let copied = chat.keys(&["y"]);
    assert_eq!(copied, [Effect::Copy(SafeText::clean("martini is not martin"))]);
    assert!(chat.picture().contains("copied 21 characters"));
    chat.keys(&["r"]);
    assert_eq!(chat.model.composer.text(), "> bob~0303: martini is not martin\na draft");
    chat.keys(&["Ctrl+C", "Up", "Up", "Up", "o"]);
    assert!(chat.picture().contains("links in this line"), "{}", chat.picture());
    assert_eq!(chat.keys(&["Enter"]), []);
    assert!(chat.picture().contains("open https://example.org/plan?"), "{}", chat.picture());
    assert_eq!(chat.keys(&["Enter"]), [Effect::Open(SafeText::clean("https://example.org/plan"))]);
    chat.keys(&["Esc", "Esc"]);
    assert!(chat.model.mode.is_write());
    assert_eq!(chat.model.scroll, Scroll::Newest);
    // What the program tells is no line: the nearest above is chosen.
    chat.keys(&["Ctrl+C", "/bind", "Enter", "Alt+End", "Up", "y"]);
    assert!(chat.picture().contains("copied 4 characters"), "{}", chat.picture());
    chat.keys(&["Esc"]);
    // Below the newest line one writes.
    chat.keys(&["Up", "Down", "x"]);
    assert_eq!(chat.model.composer.text(), "x");
}

#[test]
fn details_of_a_line() {
    pictures("details", 24, |chat| {
        chat.hear(Event::Join(alice()));
        chat.hear(Event::Join(bob()));
        chat.hear(Event::Line(numbered(1, 0, &me(), "is anybody there?")));
        chat.hear(Event::Line(numbered(2, 0, &me(), "hello?")));
        chat.keys(&["Up", "Up"]);
        let asked = chat.keys(&["Enter"]);
        let [Effect::HeardOf { entry, line, next: Some(2) }] = asked[..] else { panic!("{asked:?}") };
        assert_eq!(line.seq, 1);
        chat.tell(Msg::HeardOf(entry, Some((vec![alice().id], vec![bob().id]))));
    });
    let mut chat = Chat::new(80, 20);
    chat.hear(Event::Line(Line { sent_at: START - 5000, ..line(0, &bob(), "from another clock") }));
    assert_eq!(chat.keys(&["Up", "d"]), []);
    insta::assert_snapshot!(chat.picture());
}

#[test]
fn links_of_the_log() {
    pictures("links", 8, |chat| {
        talk(chat);
        chat.keys(&["Ctrl+O", "Up"]);
    });
    pictures("open_link", 8, |chat| {
        talk(chat);
        chat.keys(&["Ctrl+O", "Enter"]);
    });
    pictures("links_of_a_line", 8, |chat| {
        talk(chat);
        let text = "https://a.example and https://b.example/way";
        chat.hear(Event::Line(line(9, &bob(), text)));
        chat.keys(&["Up", "o"]);
    });
}

#[test]
fn mentions() {
    pictures("mentions", 8, |chat| {
        chat.model.prefs.highlight = vec!["morning".to_owned()];
        talk(chat);
        chat.keys(&["/mentions", "Enter"]);
    });
}

#[test]
fn from_mention_to_mention() {
    let mut chat = Chat::new(60, 8);
    for n in 0..60 {
        chat.say(n, &alice(), if n % 20 == 5 { "martin!" } else { "talk" });
    }
    chat.keys(&["Alt+P"]);
    let at = |chat: &mut Chat| {
        let marked = marked(chat, Modifier::REVERSED);
        marked.split('|').find(|word| word.contains("martin!")).map(|word| word.trim().to_owned())
    };
    assert!(at(&mut chat).is_some_and(|row| row.starts_with("14:54")));
    chat.keys(&["Alt+P"]);
    assert!(at(&mut chat).is_some_and(|row| row.starts_with("14:34")));
    chat.keys(&["Alt+P", "Alt+P"]);
    assert!(chat.picture().contains("no older mention of you"), "{}", chat.picture());
}

#[test]
fn what_came_unseen_begins_at_a_mark() {
    pictures("unseen", 10, |chat| {
        conversation(chat);
        chat.tell(Msg::Focus(false));
        for n in 0..12 {
            chat.say(700 + n, &bob(), &format!("news {n}"));
        }
        chat.tell(Msg::Focus(true));
        chat.keys(&["Alt+U"]);
    });
    let mut chat = Chat::new(60, 30);
    conversation(&mut chat);
    for away in 0..3 {
        chat.tell(Msg::Focus(false));
        chat.say(700 + away, &bob(), "news");
        chat.tell(Msg::Focus(true));
    }
    assert_eq!(chat.picture().matches("new since you left").count(), 1, "the mark moves");
}

#[test]
fn words_of_the_user_are_marked_where_they_are_said() {
    let mut chat = Chat::new(80, 20);
    talk(&mut chat);
    chat.say(664, &me(), "martin talks of martin");
    let theme = chat.theme.clone();
    let mention = theme.style(Role::Mention).fg;
    let buffer = chat.draw();
    let cells: String = buffer
        .content()
        .iter()
        .filter(|c| Some(c.fg) == mention && c.modifier.contains(Modifier::REVERSED))
        .map(ratatui::buffer::Cell::symbol)
        .collect();
    assert_eq!(cells, "Martinmartin");
}

#[test]
fn what_was_found_long_ago_is_gone_to() {
    let past = |minute: u64, text: &str| {
        let at = START - minute * 60_000;
        Line { sent_at: at, received_at: at, ..line(0, &bob(), text) }
    };
    let script = |chat: &mut Chat| {
        talk(chat);
        assert_eq!(chat.keys(&["/search plan b", "Enter"]), [Effect::Search("plan b".into())]);
        let lines = vec![past(3000, "plan b is better"), past(2000, "no, plan b is not")];
        chat.tell(Msg::Found("plan b".into(), Some(lines)));
    };
    pictures("found", 8, script);
    pictures("gone_to", 12, |chat| {
        script(chat);
        let asked = chat.keys(&["Up", "Enter"]);
        let [Effect::Around { line: wanted, until: Some(_) }] = &asked[..] else { panic!("{asked:?}") };
        let lines = (0..9).map(|n| past(3100 - n * 10, "talk")).chain([past(3000, "plan b is better")]);
        let lines = lines.chain((0..20).map(|n| past(2900 - n * 10, "more talk"))).collect();
        chat.tell(Msg::Around(wanted.clone(), lines));
        assert!(chat.picture().contains("plan b is better"));
    });
    let mut chat = Chat::new(60, 8);
    chat.tell(Msg::Found("x".into(), Some(Vec::new())));
    assert!(chat.picture().contains("nothing was found for x"));
    chat.tell(Msg::Found("x".into(), None));
    assert!(chat.picture().contains("nothing is kept"), "{}", chat.picture());
}

#[test]
fn bare_lines() {
    let mut chat = Chat::new(60, 8);
    chat.say(0, &alice(), "a line that is so long that it has to be wrapped on this narrow screen");
    let shown = chat.keys(&["Alt+L"]);
    let text = "14:09 alice a line that is so long that it has to be wrapped on this narrow screen\n";
    assert_eq!(shown, [Effect::ShowBare(SafeText::clean(text))]);
    assert_eq!(chat.keys(&["x"]), [Effect::Back]);
    assert!(chat.model.composer.is_empty(), "the key only went back");
}

fn report() -> Report {
    let counters = Counters { sent: 812, received: 1490, duplicates: 3, rejected: 1, dropped: 0, relayed: 5 };
    Report {
        network: Network { counters, ..network(&[("eth0", [10, 77, 0, 1])]) },
        subnets: vec![("eth0".into(), [10, 77, 0, 1].into(), 24)],
        traffic: (0..200).map(|n| (n % 3, (n * 7) % 11)).collect(),
        mended: Mended { asked: 4, sent: 17 },
        held: 321,
        wanted: 0,
        loss: 2,
        neighbours: vec![Neighbour {
            name: SafeText::clean("FILES"),
            kind: ServerType(0x0080_0003),
            comment: SafeText::clean("Samba of the office"),
            os: (6, 1),
            address: [10, 77, 0, 3].into(),
            age: Duration::from_secs(7),
        }],
    }
}

#[test]
fn network_view() {
    pictures("network", 40, |chat| {
        conversation(chat);
        let asked = chat.keys(&["F3"]);
        assert_eq!(asked, [Effect::Report, Effect::Ping(bob().id)]);
        assert!(chat.model.tick_in() == Some(Duration::from_secs(1)));
        chat.tell(Msg::Report(Box::new(report())));
        for (n, micros) in (0..).zip([180, 210, 230, 260, 450, 900, 1200, 30_000]) {
            let rtt = Some(Duration::from_micros(micros));
            chat.hear(Event::Pong { id: PingId(n), peer: bob().id, rtt });
        }
        chat.hear(Event::Pong { id: PingId(9), peer: carol().id, rtt: None });
        assert_eq!(chat.tell(Msg::Tick), [Effect::Report, Effect::Ping(carol().id)]);
    });
    let mut chat = Chat::new(60, 8);
    assert_eq!(chat.keys(&["/network", "Enter"]), [Effect::Report]);
    chat.keys(&["End"]);
    assert!(chat.picture().contains("lost on the way here"), "{}", chat.picture());
    chat.say(1, &alice(), "news");
    assert!(chat.picture().contains("1 new"), "the log is not seen:\n{}", chat.picture());
    assert_eq!(chat.keys(&["F3"]), [Effect::Read { room: SafeText::clean("lobby") }]);
    assert!(chat.picture().contains("new since you left") && chat.model.unread == 0);
    assert!(chat.model.tick_in() != Some(Duration::from_secs(1)));
    assert_eq!(chat.tell(Msg::Tick), [], "a late one does nothing");
}

#[test]
fn themes() {
    for name in ["default", "dark", "light", "high-contrast", "monochrome"] {
        let mut chat = Chat::new(80, 14);
        chat.theme = Theme::named(name, None).unwrap();
        chat.hear(Event::Join(alice()));
        chat.hear(Event::Join(bob()));
        chat.say(0, &alice(), "hello martin, see https://example.org");
        chat.say(0, &bob(), "hello");
        chat.say(0, &me(), "hi both");
        chat.hear(Event::Line(Line { private: true, to: Some(ME), ..line(1, &bob(), "psst") }));
        let unsigned = Line { peer: None, trust: Trust::Unsigned, ..line(1, &peer(7, "WINPC"), "hello") };
        chat.hear(Event::Line(unsigned));
        chat.keys(&["/hepl", "Enter", "Ctrl+U", "/who", "Enter", "Ctrl+S", "hello"]);
        let buffer = chat.draw().clone();
        insta::assert_snapshot!(format!("theme_{name}_80"), styles(&buffer));
    }
}

/// Each run of cells with one style as `text {style}`, row by row.
fn styles(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut runs: Vec<(String, String)> = Vec::new();
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let look = format!("{} on {} {:?}", cell.fg, cell.bg, cell.modifier);
            match runs.last_mut() {
                Some((known, text)) if *known == look => text.push_str(cell.symbol()),
                _ => runs.push((look, cell.symbol().to_owned())),
            }
        }
        let runs = runs.iter().filter(|(look, text)| !text.trim().is_empty() || !look.contains("NONE"));
        let row: Vec<_> = runs.map(|(look, text)| format!("{}{{{look}}}", text.trim_end())).collect();
        out.push_str(&row.join(" "));
        out.push('\n');
    }
    out
}

#[test]
fn a_wrapped_address_is_one_link() {
    let mut chat = Chat::new(40, 10);
    chat.say(0, &alice(), "see https://example.org/a/long/way/to/the/end/of/it ok");
    chat.draw();
    let mut buffer = chat.terminal.backend().buffer().clone();
    let before = buffer.clone();
    view::finish(&mut buffer, &chat.model);
    let linked: Vec<&str> = buffer
        .content()
        .iter()
        .map(ratatui::buffer::Cell::symbol)
        .filter(|s| s.contains("\x1b]8;id"))
        .collect();
    assert_eq!(linked.len(), "https://example.org/a/long/way/to/the/end/of/it".len());
    let open = "\x1b]8;id=lanchat0-0;https://example.org/a/long/way/to/the/end/of/it\x1b\\";
    assert!(linked.iter().all(|s| s.starts_with(open) && s.ends_with("\x1b]8;;\x1b\\")), "{linked:?}");
    for (cell, plain) in buffer.content().iter().zip(before.content()) {
        assert_eq!(cell.cell_width(), plain.cell_width(), "what is added takes no room");
    }
    // A page in the log's place has none.
    chat.keys(&["F3"]);
    chat.draw();
    let mut buffer = chat.terminal.backend().buffer().clone();
    view::finish(&mut buffer, &chat.model);
    assert!(!buffer.content().iter().any(|c| c.symbol().contains('\x1b')));
}

#[test]
fn right_to_left_text_keeps_apart_from_the_name() {
    for (width, before) in [(80, "אבי"), (22, "אבי:")] {
        let mut chat = Chat::new(width, 6);
        chat.say(0, &Peer { name: SafeText::clean("אבי"), ..alice() }, "שלום");
        chat.draw();
        let mut buffer = chat.terminal.backend().buffer().clone();
        view::finish(&mut buffer, &chat.model);
        let text: String = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        assert!(text.contains(&format!("{before} \u{200e}שלום")), "{text:?}");
    }
}

#[test]
fn every_mode_is_drawn_at_any_size() {
    let scripts: [&[&str]; 7] =
        [&["Ctrl+S", "good"], &["Up"], &["Up", "d"], &["Ctrl+O"], &["Ctrl+O", "Enter"], &["F3"], &["F1"]];
    for script in scripts {
        let mut chat = Chat::new(80, 24);
        talk(&mut chat);
        chat.tell(Msg::Report(Box::new(report())));
        chat.hear(Event::Pong { id: PingId(1), peer: bob().id, rtt: Some(Duration::from_millis(3)) });
        chat.keys(script);
        for width in (0..=12).chain([20, 24, 30, 36, 60, 90]) {
            for height in [0, 1, 2, 3, 4, 5, 9, 14] {
                chat.resize(width, height);
                assert_eq!(chat.draw().area.as_size(), (width, height).into());
                let mut buffer = chat.terminal.backend().buffer().clone();
                view::finish(&mut buffer, &chat.model);
                chat.keys(&["PgDn"]);
            }
        }
    }
}

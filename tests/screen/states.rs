//! Every other state that can be seen, at three widths.

use std::time::Duration;

use lanchat::chat::{About, LineId, PingId, Room, RoomName};
use lanchat::session::{Counters, Report};
use lanchat::transfer::TransferId;
use lanchat::tui::model::{Stage, Transfer};

use super::*;

fn numbered(seq: u32, minute: u64, from: &Peer, text: &str) -> Line {
    let id = LineId { sender: from.id, epoch: 1, seq };
    Line { id: Some(id), ..line(minute, from, text) }
}

fn reaction(seq: u32, from: &Peer, to: &Peer, text: &str) -> Event {
    let line_id = LineId { sender: to.id, epoch: 1, seq: 1 };
    let about = Some(About { line: line_id, quote: SafeText::clean("") });
    Event::Line(Line { kind: Kind::Reaction, about, ..numbered(seq, 1, from, text) })
}

#[test]
fn comings_and_goings_are_one_row() {
    pictures("comings", 8, |chat| {
        chat.hear(Event::Join(alice()));
        chat.say(0, &alice(), "hello");
        for minute in 1..200 {
            chat.model.now = START + minute * 60_000;
            match minute % 4 {
                0 => chat.hear(Event::Join(Peer { arrived: true, ..bob() })),
                2 => chat.hear(Event::Leave { peer: bob(), reason: LeaveReason::Timeout }),
                _ => {}
            }
        }
        chat.hear(Event::Join(Peer { arrived: true, ..carol() }));
        chat.say(200, &alice(), "still here");
    });
}

#[test]
fn days_are_parted() {
    pictures("days", 8, |chat| {
        chat.say(0, &alice(), "see you tomorrow");
        chat.say(0, &alice(), "in the same minute");
        chat.say(1440, &bob(), "good morning");
    });
}

#[test]
fn what_the_status_line_tells() {
    pictures("catching_up", 5, |chat| chat.hear(Event::CatchUp { got: 120, missing: 380 }));
    pictures("typing", 5, |chat| {
        chat.hear(Event::Join(bob()));
        chat.hear(Event::Typing { peer: bob().id, name: bob().name, room: Some(RoomName::LOBBY) });
    });
    pictures("away", 6, |chat| {
        let topic = Room {
            name: RoomName::LOBBY,
            topic: SafeText::clean("release on Friday"),
            topic_by: None,
            members: Vec::new(),
            joined: true,
            unshown: 0,
            last: None,
        };
        chat.tell(Msg::Rooms(vec![topic], false));
        chat.keys(&["/away at lunch", "Enter"]);
    });
    pictures("leaving", 4, |chat| {
        chat.keys(&["Ctrl+C"]);
    });
    pictures("broken_interface", 4, |chat| {
        let mut network = network(&[("eth0", [10, 77, 0, 1])]);
        network.interfaces[0].problem = Some("Operation not permitted".to_owned());
        chat.tell(Msg::Update(Update::Network(network)));
    });
    pictures("nothing_unread", 4, |chat| {
        chat.keys(&["Alt+U"]);
    });
    pictures("mouse", 4, |chat| {
        chat.keys(&["Alt+M", "x"]);
    });
    pictures("mouse_told", 4, |chat| {
        chat.keys(&["Alt+M"]);
    });
    pictures("theme_names", 4, |chat| {
        chat.model.themes = ["default", "dark", "light"].map(str::to_owned).to_vec();
        chat.keys(&["/theme d", "Tab"]);
    });
}

#[test]
fn files_on_their_way() {
    let transfer = |outgoing, stage| Transfer {
        id: TransferId(1),
        peer: bob().id,
        name: SafeText::clean("report.pdf"),
        size: 2_000_000,
        outgoing,
        stage,
    };
    for (name, outgoing, stage) in
        [("file_offered", false, Stage::Offered), ("file_moving", true, Stage::Moving(700_000))]
    {
        pictures(name, 4, |chat| {
            chat.model.met.insert(bob().id, SafeText::clean("bob"));
            chat.model.transfers.add(transfer(outgoing, stage));
        });
    }
}

#[test]
fn an_answer_being_written() {
    pictures("answering", 6, |chat| {
        chat.hear(Event::Join(alice()));
        chat.hear(Event::Line(numbered(1, 0, &alice(), "pizza or noodles, what do you want today?")));
        chat.keys(&["Up", "r", "noodles"]);
    });
}

#[test]
fn nothing_is_found() {
    pictures("search_nothing", 6, |chat| {
        chat.say(0, &alice(), "hello");
        chat.keys(&["Ctrl+S", "zzz"]);
    });
    pictures("switcher_nothing", 6, |chat| {
        chat.keys(&["Ctrl+G", "zzzz"]);
    });
}

#[test]
fn details_with_reactions() {
    pictures("details_reactions", 18, |chat| {
        for peer in [alice(), bob(), carol()] {
            chat.hear(Event::Join(peer));
        }
        chat.hear(Event::Line(numbered(1, 0, &alice(), "pizza today?")));
        chat.hear(reaction(1, &bob(), &alice(), "🎉"));
        chat.hear(reaction(1, &me(), &alice(), "👍"));
        chat.keys(&["Up", "Enter"]);
    });
}

#[test]
fn the_keys_scrolled() {
    pictures("keys", 12, |chat| {
        chat.keys(&["/help keys", "Enter", "PgDn", "Down"]);
    });
    let mut chat = Chat::new(80, 12);
    chat.keys(&["F1"]);
    assert!(chat.picture().contains("/nick NAME"));
    chat.keys(&["End"]);
    assert!(chat.picture().contains("//TEXT"), "{}", chat.picture());
    chat.keys(&["F1", "x"]);
    assert_eq!((chat.model.composer.text(), chat.model.log.len()), ("x", 0), "the log is as it was");
}

#[test]
fn the_network_when_something_is_wrong() {
    pictures("network_nobody", 12, |chat| {
        chat.model.now += 60_000;
        chat.keys(&["F3"]);
    });
    pictures("network_gone", 12, |chat| {
        chat.tell(Msg::Update(Update::Network(Network::default())));
        chat.keys(&["F3"]);
    });
    pictures("network_trouble", 24, |chat| {
        for peer in [alice(), bob(), Peer { state: PeerState::Quiet, ..carol() }] {
            chat.hear(Event::Join(peer));
        }
        chat.keys(&["F3"]);
        let counters = Counters { dropped: 12, ..Counters::default() };
        let network = Network { counters, ..network(&[("eth0", [10, 77, 0, 1])]) };
        chat.tell(Msg::Report(Box::new(Report { network, loss: 30, ..Report::default() })));
        for n in 0..4 {
            chat.hear(Event::Pong { id: PingId(n), peer: alice().id, rtt: None });
            let rtt = Some(Duration::from_millis(400));
            chat.hear(Event::Pong { id: PingId(9 + n), peer: bob().id, rtt });
        }
        chat.hear(Event::Line(Line { sent_at: START + 90_000, ..line(0, &bob(), "my clock is fast") }));
    });
    pictures("network_flood", 12, |chat| {
        chat.hear(Event::Join(alice()));
        chat.keys(&["F3"]);
        let counters = Counters { dropped: 60_000, ..Counters::default() };
        let loud = (66..70).map(|last| [10, 77, 0, last].into()).collect();
        let network = Network { counters, loud, ..network(&[("eth0", [10, 77, 0, 1])]) };
        chat.tell(Msg::Report(Box::new(Report { network, ..Report::default() })));
    });
}

#[test]
fn emoji_as_codes() {
    pictures("emoji_codes", 6, |chat| {
        chat.model.prefs.emoji_codes = true;
        chat.hear(Event::Join(alice()));
        chat.hear(Event::Line(numbered(1, 0, &alice(), "well done 🎉 👨‍👩‍👧 ❤️")));
        chat.hear(reaction(1, &bob(), &alice(), "👍"));
    });
}

#[test]
fn tiny_screens_are_of_use() {
    for (width, height) in [(20, 5), (10, 3), (5, 2), (1, 1)] {
        let mut chat = Chat::new(width, height);
        chat.say(0, &alice(), "lunch?");
        chat.keys(&["yes"]);
        insta::assert_snapshot!(format!("tiny_{width}x{height}"), chat.picture());
    }
}

#[test]
fn the_wheel_moves_the_log_and_leaves_the_message() {
    let mut chat = Chat::new(60, 8);
    for n in 0..30 {
        chat.say(n, &alice(), &format!("line {n}"));
    }
    chat.keys(&["sent before", "Enter", "draft"]);
    let wheel = |chat: &mut Chat, up| {
        let key = if up { "Up" } else { "Down" }.parse().unwrap();
        chat.tell(Msg::Wheel { key, up, rows: 3 })
    };
    wheel(&mut chat, true);
    assert_eq!(chat.model.composer.text(), "draft");
    let picture = chat.picture();
    assert!(
        picture.contains("line 26") && !picture.contains("line 27") && picture.contains("more below"),
        "{picture}"
    );
    wheel(&mut chat, false);
    assert!(chat.picture().contains("line 29"));
    chat.keys(&["Ctrl+C", "Up"]);
    wheel(&mut chat, true);
    assert_eq!(chat.keys(&["Enter"]), [], "in a mode it is so many arrows");
    assert!(chat.picture().contains("line 26"), "{}", chat.picture());
}

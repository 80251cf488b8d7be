//! The whole screen: scripted keys and events in, pictures out, at 40, 80 and 120 columns and at every size.

#![allow(clippy::unwrap_used)] // a broken script has to fail

#[path = "screen/locked.rs"]
mod locked;
#[path = "screen/reading.rs"]
mod reading;
#[path = "screen/rooms.rs"]
mod rooms;
#[path = "screen/states.rs"]
mod states;
#[path = "screen/trust.rs"]
mod trust;

use std::net::IpAddr;

use lanchat::chat::{
    DirectState, Event, KeptLine, Kind, LeaveReason, Line, LineId, Nick, Peer, PeerId, PeerState, Trust,
};
use lanchat::history::Recent;
use lanchat::session::{InterfaceState, Network, Update};
use lanchat::text::SafeText;
use lanchat::tui::model::Role;
use lanchat::tui::theme::Theme;
use lanchat::tui::{Effect, Model, Msg, update, view};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::style::Color;

const ME: PeerId = PeerId([9; 8]);
/// 2026-11-20 13:09:00 UTC.
const START: u64 = 1_795_180_140_000;

/// A chat whose session is this test.
struct Chat {
    model: Model,
    terminal: Terminal<TestBackend>,
    theme: Theme,
}

impl Chat {
    fn new(width: u16, height: u16) -> Self {
        let mut model = Model::new(ME, &nick("martin"));
        (model.now, model.utc_offset) = (START, 3600);
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut chat = Self { model, terminal, theme: Theme::new(true) };
        chat.tell(Msg::Resize(width, height));
        chat.tell(Msg::Update(Update::Network(network(&[("eth0", [10, 77, 0, 1])]))));
        chat
    }

    fn tell(&mut self, msg: Msg) -> Vec<Effect> {
        update(&mut self.model, msg)
    }

    fn hear(&mut self, event: Event) {
        self.tell(Msg::Update(Update::Event(event)));
    }

    /// Somebody says something so many minutes after the start.
    fn say(&mut self, minute: u64, from: &Peer, text: &str) {
        self.model.now = START + minute * 60_000;
        self.hear(Event::Line(line(minute, from, text)));
    }

    /// Presses keys by name; what is no name is typed.
    fn keys(&mut self, keys: &[&str]) -> Vec<Effect> {
        let mut effects = Vec::new();
        for key in keys {
            match key.parse() {
                Ok(key) => effects.extend(self.tell(Msg::Key(key))),
                Err(_) => {
                    for c in key.chars() {
                        effects.extend(self.tell(Msg::Key(c.to_string().parse().unwrap())));
                    }
                }
            }
        }
        effects
    }

    fn resize(&mut self, width: u16, height: u16) {
        self.terminal.backend_mut().resize(width, height);
        self.tell(Msg::Resize(width, height));
    }

    fn draw(&mut self) -> &Buffer {
        let (model, theme) = (&self.model, &self.theme);
        self.terminal.draw(|frame| view::render(frame, model, theme)).unwrap();
        self.terminal.backend().buffer()
    }

    /// The screen as text, with `▏` at its right edge and the cursor's place below.
    fn picture(&mut self) -> String {
        let buffer = self.draw().clone();
        let cursor = self.terminal.get_cursor_position().unwrap();
        let mut out = String::new();
        for y in 0..buffer.area.height {
            let mut x = 0;
            while x < buffer.area.width {
                let cell = &buffer[(x, y)];
                out.push_str(cell.symbol());
                x += cell.cell_width().max(1);
            }
            out.push_str("▏\n");
        }
        out + &format!("cursor at {},{}", cursor.x, cursor.y)
    }
}

fn nick(name: &str) -> Nick {
    name.parse().unwrap()
}

fn network(interfaces: &[(&str, [u8; 4])]) -> Network {
    let state = |(name, address): &(&str, [u8; 4])| InterfaceState {
        name: (*name).to_owned(),
        address: IpAddr::from(*address),
        broadcast: [10, 77, 0, 255].into(),
        problem: None,
    };
    Network { interfaces: interfaces.iter().map(state).collect(), port: 13138, ..Network::default() }
}

fn peer(n: u8, name: &str) -> Peer {
    let plain = name.split('~').next().unwrap();
    Peer {
        id: PeerId([n, n, 0, 0, 0, 0, 0, n]),
        nick: nick(plain),
        name: SafeText::clean(name),
        host: SafeText::clean("ORION"),
        address: [10, 77, 0, n].into(),
        state: PeerState::Here,
        version: SafeText::clean("0.1.0"),
        trust: Trust::Known,
        words: String::new(),
        rtt: None,
        since: START,
        arrived: true,
        rooms: Vec::new(),
        away: None,
        ignored: false,
        doubts: lanchat::chat::Doubts::default(),
    }
}

fn line(minute: u64, from: &Peer, text: &str) -> Line {
    Line {
        id: None,
        room: SafeText::clean("lobby"),
        kind: Kind::Say,
        from: from.name.clone(),
        peer: Some(from.id),
        host: from.host.clone(),
        address: Some(from.address),
        text: SafeText::clean(text),
        sent_at: START + minute * 60_000,
        received_at: START + minute * 60_000,
        trust: from.trust,
        private: false,
        to: None,
        late: false,
        own: from.id == ME,
        about: None,
    }
}

fn me() -> Peer {
    Peer { id: ME, ..peer(9, "martin") }
}

fn alice() -> Peer {
    peer(2, "alice")
}

fn bob() -> Peer {
    Peer { trust: Trust::Verified, ..peer(3, "bob~0303") }
}

fn carol() -> Peer {
    Peer { state: PeerState::Quiet, ..peer(4, "carol") }
}

/// People come, talk in many scripts, and go.
fn conversation(chat: &mut Chat) {
    for peer in [alice(), bob(), carol()] {
        chat.hear(Event::Join(peer));
    }
    chat.say(
        0,
        &alice(),
        "hello everyone, this is a line that is long enough to be wrapped more than once on a small screen",
    );
    chat.say(0, &bob(), "👨‍👩‍👧 👍🏽 ❤️ done");
    chat.say(1, &me(), "日本語の文章は単語の間に空白がないので、どこでも折り返すことができます。");
    chat.say(1, &alice(), "שלום עולם, זה טקסט מימין לשמאל");
    chat.hear(Event::Line(Line {
        kind: Kind::Action,
        ..line(2, &carol(), "waves at everybody in the room")
    }));
    chat.say(2, &bob(), "first line\nsecond line\n\nhttps://example.org/a/very/long/address/that/cannot/be/broken/at/a/space?q=1");
    let unsigned = Line {
        peer: None,
        trust: Trust::Unsigned,
        ..line(3, &peer(7, "WINPC"), "sent by a mailslot of 1994")
    };
    chat.hear(Event::Line(unsigned));
    let from = SafeText::clean("alice");
    chat.hear(Event::Gap { peer: alice().id, from, count: 3, epoch: 1, numbers: 100..103 });
    chat.hear(Event::Leave { peer: alice(), reason: LeaveReason::Goodbye });
    chat.say(11 * 60, &bob(), "good morning");
}

/// The picture at each width; snapshots are named after the test and the width.
fn pictures(name: &str, height: u16, script: impl Fn(&mut Chat)) {
    for width in [40, 80, 120] {
        let mut chat = Chat::new(width, height);
        script(&mut chat);
        insta::assert_snapshot!(format!("{name}_{width}"), chat.picture());
    }
}

#[test]
fn empty_start() {
    pictures("empty", 8, |chat| {
        chat.model
            .notice(lanchat::tui::model::Level::Info, "this profile is in use: you are an unsaved guest");
    });
}

#[test]
fn conversation_in_many_scripts() {
    pictures("conversation", 30, conversation);
}

#[test]
fn conversation_in_a_corner() {
    let mut chat = Chat::new(20, 30);
    conversation(&mut chat);
    insta::assert_snapshot!(chat.picture());
}

#[test]
fn people_pane() {
    pictures("people", 8, |chat| {
        conversation(chat);
        chat.model.people_pane = Some(true);
        chat.hear(Event::Join(Peer { trust: Trust::New, ..peer(5, "bartholomew-the-2nd~0505") }));
    });
}

#[test]
fn more_people_than_rows() {
    let mut chat = Chat::new(100, 8);
    for n in 20..60 {
        chat.hear(Event::Join(peer(n, &format!("peer{n}"))));
    }
    insta::assert_snapshot!(chat.picture());
}

#[test]
fn unread_below() {
    pictures("unread", 8, |chat| {
        conversation(chat);
        chat.keys(&["PgUp"]);
        for n in 0..12 {
            chat.say(700, &bob(), &format!("news {n}"));
        }
        assert_eq!(chat.model.title().as_str(), "(12) lanchat — lobby");
    });
}

#[test]
fn scrolled_without_news() {
    let mut chat = Chat::new(60, 6);
    conversation(&mut chat);
    chat.keys(&["Alt+Home"]);
    insta::assert_snapshot!(chat.picture());
}

#[test]
fn completion() {
    pictures("completion", 5, |chat| {
        for (n, name) in (10..).zip(["anna", "alfred", "alexandra", "albert", "abel", "astrid", "axel"]) {
            chat.hear(Event::Join(peer(n, name)));
        }
        chat.say(0, &peer(12, "alexandra"), "hi");
        chat.keys(&["al", "Tab", "Tab"]);
    });
}

#[test]
fn unknown_command() {
    pictures("unknown_command", 6, |chat| {
        assert_eq!(chat.keys(&["/hepl", "Enter"]), []);
    });
}

#[test]
fn help() {
    pictures("help", 24, |chat| {
        assert_eq!(chat.keys(&["/help", "Enter"]), []);
    });
}

#[test]
fn multi_line_composer() {
    pictures("composer", 9, |chat| {
        chat.keys(&[
            "one",
            "Alt+Enter",
            "two words and then so many that the row has to be wrapped before its end",
        ]);
        chat.keys(&["Ctrl+J", "日本 👍", "Left", "Left"]);
    });
}

#[test]
fn a_paste_of_300_lines() {
    pictures("paste", 12, |chat| {
        conversation(chat);
        let text = (1..=300).map(|n| format!("{n}: pasted\r\n")).collect::<Vec<_>>().concat();
        assert_eq!(chat.tell(Msg::Paste(text)), []);
        chat.keys(&["Enter"]); // yes, all of them
    });
}

fn private_id(n: u32) -> LineId {
    LineId { sender: ME, epoch: 7, seq: (1 << 31) | n }
}

fn fate(n: u32, state: DirectState) -> Event {
    Event::Direct { line: private_id(n), to: bob().id, name: bob().name, state }
}

/// A name may have become another's since; what was said to its bearer of then names who that is now.
#[test]
fn the_reader_of_a_private_line_goes_by_the_name_of_today() {
    let mut chat = Chat::new(100, 12);
    chat.hear(Event::Join(bob()));
    let own = Line { private: true, to: Some(bob().id), ..line(0, &me(), "between us") };
    chat.hear(Event::Line(Line { id: Some(private_id(1)), ..own }));
    chat.keys(&["Alt+2"]);
    assert!(chat.picture().contains(&format!("you → {}: between us", bob().name)), "{}", chat.picture());
    chat.hear(Event::Changed(Peer { name: SafeText::line("rob~0303"), ..bob() }));
    assert!(chat.picture().contains("you → rob~0303: between us"), "{}", chat.picture());
}

#[test]
fn private_lines_that_wait() {
    pictures("private_kept", 12, |chat| {
        chat.hear(Event::Join(bob()));
        for (n, text) in (1..).zip(["are you there?", "I have put the keys onto your desk", "see you"]) {
            let own = Line { private: true, to: Some(bob().id), ..line(0, &me(), text) };
            chat.hear(Event::Line(Line { id: Some(private_id(n)), ..own }));
            chat.hear(fate(n, DirectState::Sent));
        }
        chat.tell(Msg::Update(Update::Event(Event::Leave { peer: bob(), reason: LeaveReason::Goodbye })));
        chat.hear(fate(1, DirectState::Delivered { session: true }));
        chat.hear(fate(2, DirectState::Kept));
        chat.hear(fate(3, DirectState::Kept));
        chat.hear(fate(3, DirectState::Withdrawn));
        chat.keys(&["/query bob", "Enter", "/heard", "Enter"]);
        let kept = KeptLine {
            id: private_id(2),
            to: bob().id,
            kind: Kind::Say,
            stamp: START << 16,
            text: SafeText::clean("I have put the keys onto your desk"),
        };
        chat.tell(Msg::Kept(vec![kept]));
    });
}

#[test]
fn private_lines() {
    pictures("private", 9, |chat| {
        chat.hear(Event::Join(alice()));
        chat.hear(Event::Join(bob()));
        chat.hear(Event::Line(Line { private: true, to: Some(ME), ..line(0, &alice(), "just between us") }));
        for n in 1..=3 {
            let text = format!("answer {n}");
            let own = Line { private: true, to: Some(bob().id), ..line(0, &me(), &text) };
            chat.hear(Event::Line(Line { id: Some(private_id(n)), ..own }));
            chat.hear(fate(n, DirectState::Sent));
        }
        chat.hear(fate(1, DirectState::Delivered { session: true }));
        chat.hear(fate(2, DirectState::Failed));
    });
}

#[test]
fn new_since_the_user_left() {
    pictures("new_since_you_left", 14, |chat| {
        let past = |minute: i64, from: &Peer, text: &str| {
            let at = START.saturating_add_signed(minute * 60_000);
            Line { sent_at: at, received_at: at, ..line(0, from, text) }
        };
        let lines = vec![
            past(-1500, &alice(), "see you tomorrow"),
            Line { own: true, ..past(-1490, &me(), "good night") },
            past(-65, &bob(), "is anybody there?"),
            past(-64, &alice(), "he is asleep"),
        ];
        chat.hear(Event::Join(bob()));
        chat.tell(Msg::Past(Recent { lines, unread: Some(2), marked: true }));
        chat.say(1, &bob(), "good morning");
    });
}

#[test]
fn no_network() {
    pictures("no_network", 4, |chat| {
        chat.tell(Msg::Update(Update::Network(Network::default())));
    });
}

#[test]
fn several_networks_and_a_problem() {
    let mut chat = Chat::new(100, 3);
    let mut network = network(&[("eth0", [10, 77, 0, 1]), ("wlan0", [10, 1, 0, 1])]);
    chat.tell(Msg::Update(Update::Network(network.clone())));
    assert!(chat.picture().contains("eth0 10.77.0.1 +1"));
    network.interfaces[1].problem = Some("Network is unreachable".to_owned());
    chat.tell(Msg::Update(Update::Network(network)));
    assert!(chat.picture().contains("wlan0 cannot send: Network is unreachable"));
}

#[test]
fn asking_twice_to_quit() {
    let mut chat = Chat::new(60, 4);
    assert_eq!(chat.keys(&["Ctrl+C"]), []);
    assert!(chat.picture().contains("Ctrl+C again quits"));
    assert_eq!(chat.keys(&["Ctrl+C"]), [Effect::Quit]);
}

#[test]
fn any_size_is_drawn() {
    let mut chat = Chat::new(1, 1);
    conversation(&mut chat);
    chat.keys(&["PgUp"]);
    chat.say(700, &bob(), "news");
    chat.tell(Msg::Paste("日本語 text\n".repeat(9)));
    let mut other = Chat::new(1, 1);
    conversation(&mut other);
    other.keys(&["c", "Tab", "F2"]);
    for chat in [&mut chat, &mut other] {
        for width in 0..=130 {
            for height in 0..=40 {
                chat.resize(width, height);
                assert_eq!(chat.draw().area.as_size(), (width, height).into());
                let cursor = chat.terminal.get_cursor_position().unwrap();
                assert!(width * height == 0 || (cursor.x < width && cursor.y < height));
            }
        }
    }
}

#[test]
fn a_screen_that_changes_before_it_is_told_is_drawn() {
    let mut chat = Chat::new(80, 24);
    conversation(&mut chat);
    chat.terminal.backend_mut().resize(30, 5);
    assert_eq!(chat.draw().area.as_size(), (30, 5).into());
}

#[test]
fn without_colour_no_cell_has_one() {
    let mut chat = Chat::new(120, 30);
    chat.theme = Theme::new(false);
    conversation(&mut chat);
    chat.keys(&["/hepl", "Enter"]);
    let plain = |c: Color| c == Color::Reset;
    assert!(chat.draw().content().iter().all(|cell| plain(cell.fg) && plain(cell.bg)));
}

#[test]
fn a_name_has_the_colour_of_its_peer() {
    let mut chat = Chat::new(80, 10);
    chat.say(0, &alice(), "hi");
    let style = chat.theme.style(Role::Peer(alice().id));
    let row = chat.model.layout().log.height - 1;
    let buffer = chat.draw();
    let at =
        (0..80).find(|x| buffer[(*x, row)].symbol() == "a").expect("the name is on the last row of the log");
    assert_eq!(Some(buffer[(at, row)].fg), style.fg);
}

#[test]
fn what_others_send_cannot_reach_the_terminal_as_a_command() {
    let mut chat = Chat::new(80, 10);
    chat.say(0, &alice(), "\x1b]0;owned\x07\u{202e}reversed\u{200b}");
    let picture = chat.picture();
    assert!(picture.contains("<U+001B>]0;owned<U+0007><U+202E>reversed<U+200B>"), "{picture}");
}

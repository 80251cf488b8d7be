//! Pop-ups on the screen: they never cover what is being written nor take a key from it, and a flood of them is a number.

#![allow(clippy::unwrap_used)] // a broken script has to fail

use std::time::Duration;

use lanchat::chat::PeerId;
use lanchat::neighbours::{Neighbour, Popup};
use lanchat::session::{Network, Update};
use lanchat::smb::browse::ServerType;
use lanchat::text::SafeText;
use lanchat::tui::theme::Theme;
use lanchat::tui::{Effect, Model, Msg, update, view};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// 2026-11-20 13:09:00 UTC.
const START: u64 = 1_795_180_140_000;

struct Chat {
    model: Model,
    terminal: Terminal<TestBackend>,
}

impl Chat {
    fn new(width: u16, height: u16) -> Self {
        let mut model = Model::new(PeerId([9; 8]), &"martin".parse().unwrap());
        (model.now, model.utc_offset) = (START, 3600);
        let mut chat = Self { model, terminal: Terminal::new(TestBackend::new(width, height)).unwrap() };
        chat.tell(Msg::Resize(width, height));
        chat
    }

    fn tell(&mut self, msg: Msg) -> Vec<Effect> {
        update(&mut self.model, msg)
    }

    fn pop_up(&mut self, from: &str, sender: u8, text: &str) {
        let line = SafeText::line;
        let address = [10, 77, 0, sender].into();
        let (from, to, text, host) = (line(from), line("WORKGROUP"), SafeText::clean(text), line("WIN98"));
        self.tell(Msg::Update(Update::Popup(Popup { from, to, text, host, address })));
    }

    fn press(&mut self, key: &str) -> Vec<Effect> {
        self.tell(Msg::Key(key.parse().unwrap()))
    }

    fn picture(&mut self) -> String {
        let model = &self.model;
        self.terminal.draw(|frame| view::render(frame, model, &Theme::new(true))).unwrap();
        let cursor = self.terminal.get_cursor_position().unwrap();
        let buffer = self.terminal.backend().buffer();
        let row = |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>() + "▏\n";
        (0..buffer.area.height).map(row).collect::<String>() + &format!("cursor at {},{}", cursor.x, cursor.y)
    }
}

#[test]
fn a_pop_up_stands_above_the_log() {
    for width in [40, 80, 120] {
        let mut chat = Chat::new(width, 14);
        chat.press("h");
        chat.press("i");
        chat.pop_up(
            "THE BOSS",
            7,
            "The server goes down in 5 minutes.\nSave your work, all of you, wherever you are.",
        );
        for n in 0..4 {
            chat.pop_up("eve", 66, &format!("buy {n}"));
        }
        insta::assert_snapshot!(format!("popup_{width}"), chat.picture());
    }
}

#[test]
fn what_is_typed_is_never_covered_and_only_esc_is_taken() {
    for height in 0..=24 {
        for width in [1, 12, 40, 120] {
            let mut quiet = Chat::new(width, height);
            let mut loud = Chat::new(width, height);
            for _ in 0..3 {
                loud.pop_up(&"x".repeat(200), 7, &"long text\n".repeat(40));
            }
            for key in ["a", "Up", "b", "Alt+Enter", "c", "Home", "Tab", "Left", "ü"] {
                quiet.press(key);
                loud.press(key);
            }
            assert_eq!(loud.model.composer.text(), quiet.model.composer.text());
            let (with, without) = (loud.model.layout(), quiet.model.layout());
            assert_eq!((with.composer, with.status), (without.composer, without.status), "{width}×{height}");
            let bottom = |picture: &str| {
                let rows: Vec<_> = picture.lines().map(str::to_owned).collect();
                rows[usize::from(without.composer.y)..].to_vec()
            };
            assert_eq!(bottom(&loud.picture()), bottom(&quiet.picture()), "{width}×{height}");
            let sent = loud.press("Enter");
            assert_eq!(sent, quiet.press("Enter"));
            assert!(!sent.is_empty());
        }
    }
}

#[test]
fn esc_shows_the_next_and_then_none() {
    let mut chat = Chat::new(80, 14);
    chat.pop_up("ANN", 1, "first");
    chat.pop_up("BEN", 2, "second");
    for n in 0..10 {
        chat.pop_up("EVE", 66, &format!("spam {n}"));
    }
    let shown = |chat: &Chat| chat.model.popups.shown().map(|(_, popup)| popup.text.to_string());
    let mut seen = Vec::new();
    while let Some(text) = shown(&chat) {
        seen.push(text);
        chat.press("Esc");
    }
    assert_eq!(seen, ["first", "second", "spam 0", "spam 1", "spam 2"]);
    let picture = chat.picture();
    assert!(picture.contains("7 more pop-ups came and were not shown"), "{picture}");
    assert!(picture.contains("pop-up from 10.77.0.1, unsigned, as ANN to WORKGROUP: first"), "{picture}");
    assert_eq!(chat.model.layout().popup, None);
    assert_eq!(picture.matches("spam").count(), 3, "the log is not flooded either");
}

#[test]
fn esc_puts_a_completion_away_first() {
    let mut chat = Chat::new(80, 14);
    chat.pop_up("ANN", 1, "first");
    for key in ["/", "n", "Tab"] {
        chat.press(key);
    }
    assert!(chat.model.completion.is_some());
    chat.press("Esc");
    assert!(chat.model.completion.is_none() && chat.model.popups.shown().is_some());
    chat.press("Esc");
    assert!(chat.model.popups.shown().is_none());
    assert!(chat.model.composer.text().starts_with("/n"));
}

#[test]
fn esc_puts_a_pop_up_away_before_it_leaves_what_is_read() {
    for key in ["Ctrl+S", "F3"] {
        let mut chat = Chat::new(80, 14);
        chat.press(key);
        chat.pop_up("ANN", 1, "first");
        assert!(chat.picture().contains("first"), "{key}");
        chat.press("Esc");
        assert!(chat.model.popups.shown().is_none() && !chat.model.mode.is_write(), "{key}");
        chat.press("Esc");
        assert!(chat.model.mode.is_write(), "{key}");
    }
}

#[test]
fn net_lists_the_computers() {
    let mut chat = Chat::new(100, 12);
    chat.tell(Msg::Update(Update::Network(Network { port: 13138, ..Network::default() })));
    for key in ["/", "n", "e", "t"] {
        chat.press(key);
    }
    assert_eq!(chat.press("Enter"), [Effect::Neighbours]);
    chat.tell(Msg::Neighbours(Vec::new()));
    let computer = |name: &str, kind, comment: &str, seconds| Neighbour {
        name: SafeText::line(name),
        kind: ServerType(kind),
        comment: SafeText::line(comment),
        os: (6, 1),
        address: [10, 77, 0, 3].into(),
        age: Duration::from_secs(seconds),
    };
    let all =
        vec![computer("ORION", 0x0080_9a03, "Samba 4.17.12", 3), computer("WIN98", 0x0040_0003, "", 600)];
    chat.tell(Msg::Neighbours(all));
    insta::assert_snapshot!("net", chat.picture());
}

//! A day of use under virtual time: the whole screen on a test backend, hundreds of thousands of events, thousands of
//! people. What it keeps is bounded, and after the log is full its memory does not grow.
//!
//! `cargo test --test soak -- --include-ignored --nocapture` runs the whole day and prints the memory by the hour.

#![allow(
    unreachable_pub,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a broken script has to fail; the day is a measurement"
)]

#[path = "soak/talk.rs"]
mod talk;

use lanchat::chat::{DirectState, Event, PeerId, Room};
use lanchat::neighbours::Popup;
use lanchat::session::Update;
use lanchat::text::SafeText;
use lanchat::tui::model::Place;
use lanchat::tui::theme::Theme;
use lanchat::tui::{Effect, Model, Msg, update, view};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use talk::{ME, START, Talk};

/// Events of a working day of eight hours, about fourteen a second.
const DAY: u64 = 400_000;
/// Lines with which each of the three logs is filled before; so many more than it holds that its table of lines has the
/// size that it keeps.
const FILL: u64 = 160_000;
/// Figures of memory taken during the day.
const HOURS: u64 = 8;

/// The chat, whose session and terminal are this test.
struct Chat {
    model: Model,
    terminal: Terminal<TestBackend>,
    theme: Theme,
    talk: Talk,
    /// Calls and other effects, so that nothing of it is optimised away.
    effects: u64,
}

impl Chat {
    fn new() -> Self {
        let mut model = Model::new(ME, &"martin".parse().unwrap());
        model.now = START;
        model.prefs.typing = true;
        let terminal = Terminal::new(TestBackend::new(100, 30)).unwrap();
        let mut chat = Self { model, terminal, theme: Theme::new(true), talk: Talk::new(7), effects: 0 };
        chat.tell(Msg::Resize(100, 30));
        chat.tell(Msg::Update(Update::Social { rooms: vec!["lunch".parse().unwrap()], ignored: Vec::new() }));
        for n in 0..40 {
            let peer = chat.talk.peer(n, chat.model.now);
            chat.hear(Event::Join(peer));
        }
        chat
    }

    fn tell(&mut self, msg: Msg) {
        for effect in update(&mut self.model, msg) {
            self.effects += 1;
            if let Effect::Direct { to, text, .. } = effect {
                let line = self.talk.own_private(to, &text, self.model.now);
                let (id, name) = (line.id.unwrap(), line.from.clone());
                self.hear(Event::Line(line));
                for state in [DirectState::Sent, DirectState::Delivered { session: true }] {
                    self.hear(Event::Direct { line: id, to, name: name.clone(), state });
                }
            }
        }
    }

    fn hear(&mut self, event: Event) {
        self.tell(Msg::Update(Update::Event(event)));
    }

    /// Presses keys by name; what is no name is typed.
    fn keys(&mut self, keys: &[&str]) {
        for key in keys {
            match key.parse() {
                Ok(key) => self.tell(Msg::Key(key)),
                Err(_) => key.chars().for_each(|c| self.tell(Msg::Key(c.to_string().parse().unwrap()))),
            }
        }
    }

    fn draw(&mut self) {
        let (model, theme) = (&self.model, &self.theme);
        self.terminal
            .draw(|frame| {
                view::render(frame, model, theme);
                view::finish(frame.buffer_mut(), model);
            })
            .unwrap();
    }

    /// Event number `n` of a day.
    fn happens(&mut self, n: u64) {
        self.model.now += 72;
        let now = self.model.now;
        let event = match n % 100 {
            0..60 => Event::Line(self.talk.line("lobby", now)),
            60..70 => Event::Line(self.talk.line("lunch", now)),
            70..80 => Event::Line(self.talk.private(now)),
            80..84 => Event::Line(self.talk.reaction(now)),
            84..88 => self.talk.typing(),
            88..91 => self.talk.comes(now),
            91..94 => self.talk.goes(),
            94..96 => self.talk.renamed(now),
            96 => Event::Line(self.talk.topic(now)),
            97 => Event::Line(self.talk.stranger(now)),
            98 => self.talk.gap(),
            _ => Event::Pong {
                peer: self.talk.someone(),
                rtt: Some(std::time::Duration::from_micros(n % 900)),
                id: lanchat::chat::PingId(0),
            },
        };
        self.hear(event);
        if n.is_multiple_of(40) {
            self.draw();
        }
        if n.is_multiple_of(200) {
            self.user(n / 200);
        }
    }

    /// What the user does now and then; it ends where it began.
    fn user(&mut self, n: u64) {
        self.tell(Msg::Tick);
        match n % 12 {
            0 => self.keys(&["hello, this is line ", &n.to_string(), "Enter"]),
            1 => self.keys(&["Ctrl+S", "tea", "Up", "Up", "Esc"]),
            2 => self.keys(&["Alt+2", "half a thought", "Alt+1", "Alt+A", "Alt+2", "Ctrl+U", "Alt+1"]),
            3 => self.keys(&["Up", "Up", "Enter", "Esc", "q", "Esc"]),
            4 => self.keys(&["F3", "Down", "F3", "Ctrl+G", "lu", "Esc"]),
            5 => {
                let (width, height) =
                    [(40, 10), (200, 60), (1, 1), (100, 30)][usize::try_from(n / 12 % 4).unwrap()];
                self.terminal.backend_mut().resize(width, height);
                self.tell(Msg::Resize(width, height));
                self.draw();
                self.terminal.backend_mut().resize(100, 30);
                self.tell(Msg::Resize(100, 30));
            }
            6 => {
                self.tell(Msg::Paste("one\ntwo\n".repeat(20)));
                self.keys(&["Enter", "Ctrl+C"]);
            }
            7 => {
                let line = SafeText::line("server goes down");
                let popup = Popup {
                    from: line.clone(),
                    to: line.clone(),
                    text: line.clone(),
                    host: line,
                    address: [10, 77, 0, u8::try_from(n % 200).unwrap()].into(),
                };
                self.tell(Msg::Update(Update::Popup(popup)));
                self.draw();
                self.keys(&["Esc"]);
            }
            8 => {
                self.tell(Msg::Focus(false));
                self.keys(&["/mentions", "Enter", "Esc", "/links", "Enter", "Esc"]);
                self.tell(Msg::Focus(true));
            }
            9 => {
                let rooms = (0..50).map(|room| self.talk.room(room)).collect::<Vec<Room>>();
                self.tell(Msg::Rooms(rooms, n.is_multiple_of(2)));
                self.keys(&["/help", "Enter", "PgUp", "End"]);
            }
            10 => {
                self.tell(Msg::Wheel { key: "Up".parse().unwrap(), up: true, rows: 3 });
                self.draw();
                self.keys(&["Alt+End", ":ta", "Tab", "Tab", "Ctrl+C", "Ctrl+R", "hel", "Esc", "Ctrl+C"]);
            }
            _ => self.keys(&[
                "/msg person3 are you there?",
                "Enter",
                "/set typing on",
                "Enter",
                "Alt+U",
                "End",
            ]),
        }
        self.draw();
    }

    /// Everything that could grow has a bound.
    fn is_bounded(&self) {
        let m = &self.model;
        assert!(m.log.len() <= 100_000, "{} entries", m.log.len());
        assert!(m.met.len() <= 16_384, "{} names", m.met.len());
        assert!(m.buffers.tabs().len() <= 70, "{} places", m.buffers.tabs().len());
        assert!(m.typing.within(Place::LOBBY).count() <= 256);
        assert!(m.composer.sent().len() <= 500, "{} messages", m.composer.sent().len());
        assert!(m.popups.more() <= 8 + usize::try_from(DAY).unwrap());
        assert!(m.people.list().len() <= Talk::MOST, "{} people", m.people.list().len());
    }
}

/// Resident memory of this process in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let row = status.lines().find(|row| row.starts_with("VmRSS:")).unwrap();
    row.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn an_hour_keeps_within_its_bounds() {
    let mut chat = Chat::new();
    for n in 0..20_000 {
        chat.happens(n);
    }
    chat.is_bounded();
    assert!(chat.effects > 0);
    // A stranger who begins a conversation with each of many keys gets no more places than that.
    for n in 0..500_u16 {
        let [a, b] = n.to_be_bytes();
        let line = chat.talk.private_of(PeerId([a, b, 1, 1, 1, 1, 1, 1]), chat.model.now);
        chat.hear(Event::Line(line));
    }
    chat.is_bounded();
    assert_eq!(chat.model.place(), Place::LOBBY);
}

#[test]
#[ignore = "takes minutes: a whole day"]
fn a_day_does_not_grow() {
    let mut chat = Chat::new();
    for n in 0..FILL {
        let now = START + n;
        for line in [chat.talk.line("lobby", now), chat.talk.line("lunch", now), chat.talk.private(now)] {
            chat.hear(Event::Line(line));
        }
        if n < 20_000 {
            let (comes, reaction) = (chat.talk.comes(now), chat.talk.reaction(now));
            let goes = chat.talk.goes();
            for event in [comes, Event::Line(reaction), goes] {
                chat.hear(event);
            }
        }
    }
    println!("full: {} KiB resident", resident());
    // In the first hours the lines of the lobby give way to the mixture of a day; then nothing has a reason to grow.
    let mut figures = Vec::new();
    for n in 0..DAY {
        chat.happens(n);
        if (n + 1).is_multiple_of(DAY / HOURS) {
            chat.is_bounded();
            figures.push(resident());
            println!("hour {}: {} KiB resident", figures.len(), resident());
        }
    }
    // What was kept of 250 000 events would be most of 100 MiB.
    let (warm, last) = (figures[2], figures[7]);
    assert!(last <= warm + warm / 100, "from {warm} to {last} KiB");
}

//! People with a screen each, on one virtual segment: their keys become what the product's own nodes send, and what
//! those hear becomes what stands on the screens. Nothing is left out but sockets, disk and terminal.

use std::time::Duration;

use lanchat::chat::{Answered, Kind, RoomName, SayError};
use lanchat::history::Recent;
use lanchat::session::{Update, Whither};
use lanchat::tui::theme::Theme;
use lanchat::tui::{Effect, Model, Msg, update, view};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::CellWidth;

use super::segment::{START, Segment};

/// Virtual time between two looks at what has happened.
const STEP: Duration = Duration::from_millis(20);
/// Virtual time after which what should have happened is missing.
const LONGEST: Duration = Duration::from_secs(60);

/// One of them.
struct Person {
    model: Model,
    terminal: Terminal<TestBackend>,
    /// Events of the node that the screen has taken.
    taken: usize,
    /// What was asked of the terminal.
    asked: Vec<Effect>,
}

/// All of them. A person is known by the number of the host.
pub struct People {
    pub segment: Segment,
    all: Vec<Person>,
}

impl People {
    /// A segment that loses a share of what is sent.
    pub fn new(seed: u64, loss: f64, names: &[&str]) -> Self {
        let mut people = Self { segment: Segment::new(seed), all: Vec::new() };
        for name in names {
            people.comes(name);
        }
        people.segment.loss(loss);
        people
    }

    /// One more comes.
    pub fn comes(&mut self, name: &str) -> usize {
        let n = self.segment.add(name);
        let mut model = Model::new(self.segment.id(n), &name.parse().unwrap());
        model.now = self.segment.time().wall;
        model.away.until = model.now;
        let terminal = Terminal::new(TestBackend::new(100, 24)).unwrap();
        self.all.push(Person { model, terminal, taken: 0, asked: Vec::new() });
        self.tell(n, Msg::Resize(100, 24));
        self.tell(n, Msg::Update(Update::Social { rooms: Vec::new(), ignored: Vec::new() }));
        n
    }

    pub fn model(&mut self, n: usize) -> &mut Model {
        &mut self.all[n].model
    }

    /// What was asked of somebody's terminal and not looked at yet.
    pub fn asked(&mut self, n: usize) -> Vec<Effect> {
        std::mem::take(&mut self.all[n].asked)
    }

    /// Presses keys by name; what is no name is typed.
    pub fn keys(&mut self, n: usize, keys: &[&str]) {
        for key in keys {
            match key.parse() {
                Ok(key) => self.tell(n, Msg::Key(key)),
                Err(_) => key.chars().for_each(|c| self.tell(n, Msg::Key(c.to_string().parse().unwrap()))),
            }
        }
    }

    /// Types a message and sends it.
    pub fn enter(&mut self, n: usize, text: &str) {
        self.keys(n, &[text, "Enter"]);
    }

    pub fn tell(&mut self, n: usize, msg: Msg) {
        let now = self.segment.time().wall;
        let mut told = vec![msg];
        while let Some(msg) = told.pop() {
            let model = &mut self.all[n].model;
            model.now = now;
            for effect in update(model, msg) {
                told.extend(self.obey(n, effect));
            }
        }
    }

    /// What the session does, and its answer.
    fn obey(&mut self, n: usize, effect: Effect) -> Option<Msg> {
        let failed = |typed: String, e: SayError| Some(Msg::Failed { typed, error: e.to_string() });
        match effect {
            Effect::Say { kind, text, typed } => {
                self.say(n, RoomName::LOBBY, kind, &text, None).err().and_then(|e| failed(typed, e))
            }
            Effect::SayIn { room, kind, text, typed, about } => {
                self.say(n, room, kind, &text, about.as_ref()).err().and_then(|e| failed(typed, e))
            }
            Effect::Direct { to, kind, text, typed } => {
                // The line itself and its fate come as events.
                let said = self.segment.with(n, |node, now| node.direct(now, to, kind, &text));
                said.err().and_then(|e| failed(typed, e))
            }
            Effect::Join(room) => {
                let joined = self.segment.with(n, |node, now| node.join(now, room));
                joined.err().map(|e| Msg::NotJoined(room, e.to_string()))
            }
            Effect::Part(room) => {
                self.segment.with(n, |node, now| node.part(now, room));
                None
            }
            Effect::PastOf(place) => Some(Msg::PastOf(place, Recent::default())),
            Effect::Rooms { show } => Some(Msg::Rooms(self.segment.with(n, |node, _| node.rooms()), show)),
            Effect::Away(away) => {
                self.segment.with(n, |node, now| node.set_away(now, away.as_deref()));
                None
            }
            Effect::Typing(whither) => {
                self.segment.with(n, |node, now| match whither {
                    Whither::Room(room) => node.typing(now, room),
                    Whither::Peer(peer) => node.typing_to(now, peer),
                });
                None
            }
            Effect::Ignore { peer, on } => {
                self.segment.with(n, |node, _| node.ignore(peer, on));
                None
            }
            Effect::SetNick(nick) => {
                self.segment.with(n, |node, now| node.set_nick(now, nick));
                None
            }
            Effect::Who => Some(Msg::Who(self.segment.with(n, |node, _| node.peers()))),
            Effect::Heard => Some(Msg::Heard(self.segment.with(n, |node, _| node.heard_by()))),
            Effect::Quit => {
                self.segment.leave(n);
                None
            }
            other => {
                self.all[n].asked.push(other);
                None
            }
        }
    }

    fn say(
        &mut self,
        n: usize,
        room: RoomName,
        kind: Kind,
        text: &str,
        about: Option<&Answered>,
    ) -> Result<(), SayError> {
        self.segment.with(n, |node, now| {
            match (kind, about) {
                (Kind::Topic, _) => node.set_topic(now, room, text),
                (Kind::Reaction, Some(about)) => node.react(now, room, text, about),
                _ => node.say_in(now, room, kind, text, about),
            }
            .map(drop)
        })
    }

    /// Lets time pass.
    pub fn run(&mut self, time: Duration) {
        let end = self.segment.now + time;
        while self.segment.now < end {
            self.segment.run(STEP);
            let here: Vec<usize> =
                (0..self.all.len()).filter(|n| self.segment.hosts[*n].node.is_some()).collect();
            for n in here {
                let events = self.segment.hosts[n].events[self.all[n].taken..].to_vec();
                self.all[n].taken += events.len();
                for event in events {
                    self.tell(n, Msg::Update(Update::Event(event)));
                }
                self.tell(n, Msg::Tick);
            }
        }
    }

    /// What stands on somebody's screen.
    pub fn screen(&mut self, n: usize) -> String {
        let Person { model, terminal, .. } = &mut self.all[n];
        let theme = Theme::new(true);
        terminal.draw(|frame| view::render(frame, model, &theme)).unwrap();
        let buffer = terminal.backend().buffer();
        let mut out = String::new();
        for y in 0..buffer.area.height {
            let mut x = 0;
            while x < buffer.area.width {
                out.push_str(buffer[(x, y)].symbol());
                x += buffer[(x, y)].cell_width().max(1);
            }
            out.push('\n');
        }
        out
    }

    /// Lets time pass until somebody's screen shows a text.
    pub fn shows(&mut self, n: usize, text: &str) {
        self.until(n, text, |screen| screen.contains(text));
    }

    /// Lets time pass until somebody's screen is as it should be.
    pub fn until(&mut self, n: usize, what: &str, is: impl Fn(&str) -> bool) {
        let end = self.segment.now + LONGEST;
        while !is(&self.screen(n)) {
            let seconds = (self.segment.time().wall - START) / 1000;
            assert!(
                self.segment.now < end,
                "at {seconds} s person {n} does not see {what}:\n{}",
                self.screen(n)
            );
            self.run(STEP);
        }
    }
}

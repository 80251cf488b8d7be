//! The screen with a full log: a frame, a key and its frame, the search as it is typed. `cargo bench --bench screen`.

#![allow(clippy::expect_used, reason = "this is a measurement")]

use divan::{Bencher, black_box};
use lanchat::chat::{Event, Kind, Line, LineId, Nick, PeerId, Trust};
use lanchat::session::Update;
use lanchat::text::SafeText;
use lanchat::tui::theme::Theme;
use lanchat::tui::{Model, Msg, update, view};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// Lines in the log.
const LINES: u32 = 100_000;
/// Columns and rows.
const SIZE: (u16, u16) = (120, 40);

fn main() {
    divan::main();
}

fn nick() -> Nick {
    Nick::from_login("martin")
}

fn line(n: u32) -> Line {
    let peer = PeerId([1, 2, 3, 4, 5, 6, 7, u8::try_from(n % 40).unwrap_or(0)]);
    let text = match n % 10 {
        0 => {
            format!("see https://example.org/{n}/a/path/that/is/long/enough/to/be/wrapped?on=a&narrow=screen")
        }
        1 => format!("日本語の文章 {n} は単語の間に空白がないので、どこでも折り返すことができます。"),
        2 => format!(
            "a long line, number {n}, that goes on and on until it has to be wrapped at least once on this screen"
        ),
        _ => format!("line {n} of an ordinary conversation, as people write them"),
    };
    Line {
        id: Some(LineId { sender: peer, epoch: 1, seq: n + 1 }),
        room: SafeText::clean("lobby"),
        kind: Kind::Say,
        from: SafeText::line(&format!("peer{}", n % 40)),
        peer: Some(peer),
        host: SafeText::clean("ORION"),
        address: None,
        text: SafeText::clean(&text),
        sent_at: 1_795_180_140_000 + u64::from(n) * 1000,
        received_at: 1_795_180_140_000 + u64::from(n) * 1000,
        trust: Trust::Known,
        private: false,
        to: None,
        late: false,
        own: false,
        about: None,
    }
}

struct Chat {
    model: Model,
    terminal: Terminal<TestBackend>,
    theme: Theme,
}

impl Chat {
    fn full() -> Self {
        let mut model = Model::new(PeerId([9; 8]), &nick());
        model.now = 1_795_180_140_000;
        update(&mut model, Msg::Resize(SIZE.0, SIZE.1));
        for n in 0..LINES {
            update(&mut model, Msg::Update(Update::Event(Event::Line(line(n)))));
        }
        let terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("a screen");
        Self { model, terminal, theme: Theme::named("dark", None).expect("a theme") }
    }

    fn key(&mut self, key: &str) {
        if let Ok(key) = key.parse() {
            black_box(update(&mut self.model, Msg::Key(key)));
        }
    }

    fn draw(&mut self) {
        let (model, theme) = (&self.model, &self.theme);
        let drawn = self.terminal.draw(|frame| {
            view::render(frame, model, theme);
            view::finish(frame.buffer_mut(), model);
        });
        black_box(drawn.expect("a frame"));
    }
}

#[divan::bench]
fn frame_at_the_newest_line(bencher: Bencher<'_, '_>) {
    let mut chat = Chat::full();
    bencher.bench_local(|| chat.draw());
}

#[divan::bench]
fn frame_at_the_oldest_line(bencher: Bencher<'_, '_>) {
    let mut chat = Chat::full();
    chat.key("Alt+Home");
    bencher.bench_local(|| chat.draw());
}

#[divan::bench]
fn page_up_and_its_frame(bencher: Bencher<'_, '_>) {
    let mut chat = Chat::full();
    bencher.bench_local(|| {
        chat.key("PgUp");
        chat.draw();
    });
}

#[divan::bench]
fn typed_key_and_its_frame(bencher: Bencher<'_, '_>) {
    let mut chat = Chat::full();
    bencher.bench_local(|| {
        chat.key("x");
        chat.draw();
        chat.key("Backspace");
    });
}

#[divan::bench]
fn line_that_arrives_and_its_frame(bencher: Bencher<'_, '_>) {
    let mut chat = Chat::full();
    let mut n = LINES;
    bencher.bench_local(|| {
        n += 1;
        update(&mut chat.model, Msg::Update(Update::Event(Event::Line(line(n)))));
        chat.draw();
    });
}

/// The first letter of a search: every line is looked at, and most of them have it.
#[divan::bench]
fn search_first_letter(bencher: Bencher<'_, '_>) {
    let mut chat = Chat::full();
    chat.key("Ctrl+S");
    bencher.bench_local(|| {
        chat.key("o");
        chat.key("Ctrl+U");
    });
}

/// A letter of a search that finds nothing, not even in part.
#[divan::bench]
fn search_rare_letter(bencher: Bencher<'_, '_>) {
    let mut chat = Chat::full();
    chat.key("Ctrl+S");
    bencher.bench_local(|| {
        chat.key("#");
        chat.key("Ctrl+U");
    });
}

/// A letter that is no ASCII, which is compared character by character.
#[divan::bench]
fn search_letter_of_another_script(bencher: Bencher<'_, '_>) {
    let mut chat = Chat::full();
    chat.key("Ctrl+S");
    bencher.bench_local(|| {
        chat.key("я");
        chat.key("Ctrl+U");
    });
}

/// The next letter of a longer query, and its frame.
#[divan::bench]
fn search_next_letter_and_its_frame(bencher: Bencher<'_, '_>) {
    let mut chat = Chat::full();
    for key in ["Ctrl+S", "c", "o", "n", "v", "e", "r"] {
        chat.key(key);
    }
    bencher.bench_local(|| {
        chat.key("s");
        chat.draw();
        chat.key("Backspace");
    });
}

/// From mention to mention, where there is none.
#[divan::bench]
fn previous_mention(bencher: Bencher<'_, '_>) {
    let mut chat = Chat::full();
    bencher.bench_local(|| chat.key("Alt+P"));
}

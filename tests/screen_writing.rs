//! What the screen shows while something is written: at 40, 80 and 120 columns, keys in and pictures out.

#![allow(clippy::unwrap_used)] // a broken script has to fail

use lanchat::chat::PeerId;
use lanchat::tui::theme::Theme;
use lanchat::tui::{Effect, Model, Msg, update, view};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::CellWidth;

/// Plays a script at each width and compares the lower rows of the screen.
fn pictures(name: &str, script: impl Fn(&mut Model)) {
    for width in [40, 80, 120] {
        let mut model = Model::new(PeerId([9; 8]), &"martin".parse().unwrap());
        update(&mut model, Msg::Resize(width, 8));
        script(&mut model);
        let mut terminal = Terminal::new(TestBackend::new(width, 8)).unwrap();
        terminal.draw(|frame| view::render(frame, &model, &Theme::new(true))).unwrap();
        let cursor = terminal.get_cursor_position().unwrap();
        let buffer = terminal.backend().buffer();
        let mut picture = String::new();
        for y in 0..8 {
            let mut x = 0;
            while x < width {
                let cell = &buffer[(x, y)];
                picture += cell.symbol();
                x += cell.cell_width().max(1);
            }
            picture += "▏\n";
        }
        insta::assert_snapshot!(
            format!("{name}_{width}"),
            format!("{picture}cursor at {},{}", cursor.x, cursor.y)
        );
    }
}

/// Presses keys by name; what is no name is typed.
fn keys(model: &mut Model, keys: &[&str]) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys {
        match key.parse() {
            Ok(key) => effects.extend(update(model, Msg::Key(key))),
            Err(_) => {
                for c in key.chars() {
                    effects.extend(update(model, Msg::Key(c.to_string().parse().unwrap())));
                }
            }
        }
    }
    effects
}

#[test]
fn a_command_is_spelled_out() {
    pictures("hint_all", |m| assert_eq!(keys(m, &["/"]), []));
    pictures("hint_one", |m| assert_eq!(keys(m, &["/msg bob he"]), []));
    pictures("hint_unknown", |m| assert_eq!(keys(m, &["/frobnicate"]), []));
    pictures("hint_two_slashes", |m| assert_eq!(keys(m, &["//etc/hosts"]), []));
}

#[test]
fn a_paste_is_asked_about() {
    pictures("paste_question", |m| {
        keys(m, &["look:"]);
        update(m, Msg::Paste("one\ntwo\n".repeat(20)));
    });
}

#[test]
fn old_messages_are_searched() {
    let said = |m: &mut Model| {
        for text in ["deploy alpha on ORION", "lunch?"] {
            keys(m, &[text, "Enter"]);
        }
    };
    pictures("search_begins", |m| {
        said(m);
        keys(m, &["draft", "Ctrl+R"]);
    });
    pictures("search_finds", |m| {
        said(m);
        keys(m, &["Ctrl+R", "alp"]);
    });
    pictures("search_misses", |m| {
        said(m);
        keys(m, &["Ctrl+R", "alpx"]);
    });
}

#[test]
fn emoji_are_offered() {
    pictures("emoji", |m| {
        keys(m, &["well done :tro", "Tab"]);
    });
    pictures("emoji_choice", |m| {
        keys(m, &["well done :hear", "Tab", "Tab"]);
    });
}

#[test]
fn a_long_message_scrolls_around_its_cursor() {
    pictures("long_message", |m| {
        for n in 1..=12 {
            keys(m, &[&format!("row {n} 日本語"), "Alt+Enter"]);
        }
        keys(m, &["Ctrl+Home", "Down", "Down", "Ctrl+E", "Ctrl+W", "Alt+C"]);
    });
}

#[test]
fn every_question_fits_every_size() {
    let questions: [fn(&mut Model); 3] = [
        |m| drop(keys(m, &["/msg bob"])),
        |m| drop(keys(m, &["Ctrl+R", "日本語"])),
        |m| drop(update(m, Msg::Paste("x\n".repeat(99)))),
    ];
    for width in 1..60 {
        for height in 1..5 {
            for question in questions {
                let mut model = Model::new(PeerId([9; 8]), &"martin".parse().unwrap());
                update(&mut model, Msg::Resize(width, height));
                question(&mut model);
                let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
                terminal.draw(|frame| view::render(frame, &model, &Theme::new(true))).unwrap();
            }
        }
    }
}

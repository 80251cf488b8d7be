use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

use proptest::prelude::*;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::*;
use crate::text::SafeText;
use crate::tui::text::width;

const COLUMNS: u16 = 40;

/// A terminal that measures each character alone, as many do: a family of three is six columns wide there.
#[derive(Clone)]
struct Other(Rc<RefCell<vt100::Parser>>);

impl Write for Other {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().process(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// All that is written.
#[derive(Clone, Default)]
struct Written(Rc<RefCell<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn other(rows: u16) -> vt100::Parser {
    let size = |n| std::num::NonZeroU16::new(n).unwrap();
    vt100::Parser::new(size(rows), size(COLUMNS), 0)
}

/// That terminal after each of `frames` was drawn, one text a row.
fn shown(frames: &[&[&str]]) -> Other {
    let other = Other(Rc::new(RefCell::new(other(4))));
    let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, COLUMNS, 4)) };
    let backend = Steady::new(CrosstermBackend::new(other.clone()));
    let mut terminal = Terminal::with_options(backend, options).unwrap();
    for frame in frames {
        let draw = |f: &mut ratatui::Frame| {
            f.buffer_mut().set_string(0, 3, "-".repeat(usize::from(COLUMNS)), Style::new());
            for (y, text) in (0..3).zip(*frame) {
                f.buffer_mut().set_stringn(0, y, text, usize::from(COLUMNS), Style::new());
            }
        };
        terminal.draw(draw).unwrap();
    }
    other
}

fn rows(frames: &[&[&str]]) -> Vec<String> {
    let other = shown(frames);
    let parser = other.0.borrow();
    parser.screen().rows(0, COLUMNS).take(3).map(|row| row.trim_end().to_owned()).collect()
}

#[test]
fn nothing_is_left_of_what_another_terminal_takes_for_wider() {
    let family = "a 👨\u{200d}👩\u{200d}👧 🇩🇪 क्षि ❤\u{fe0f} end";
    for plain in ["waves", "", "a longer line without any of them at all"] {
        assert_eq!(rows(&[&["one", family], &["one", plain], &["one"]]), ["one", "", ""]);
        assert_eq!(rows(&[&[family, "two"], &["one", family], &[plain, "one"]])[0], plain);
    }
}

#[test]
fn what_follows_stands_where_it_is_believed_to_stand() {
    let before = "👨\u{200d}👩\u{200d}👧 … क्षि ";
    let text = format!("{before}|end");
    let other = shown(&[&["before it there was a longer line"], &[&text]]);
    let parser = other.0.borrow();
    let at = (0..COLUMNS).find(|x| parser.screen().cell(0, *x).is_some_and(|c| c.contents() == "|"));
    assert_eq!(at.map(usize::from), Some(width::columns(before)));
}

#[test]
fn cells_that_may_not_be_filled_are_blanked_first() {
    let written = Written::default();
    let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, COLUMNS, 1)) };
    let mut terminal =
        Terminal::with_options(Steady::new(CrosstermBackend::new(written.clone())), options).unwrap();
    for text in ["abcdefghij", "🇩🇪fghij"] {
        let draw = |f: &mut ratatui::Frame| f.buffer_mut().set_stringn(0, 0, text, 40, Style::new());
        terminal
            .draw(|f| {
                draw(f);
            })
            .unwrap();
    }
    let bytes = String::from_utf8(written.0.borrow().clone()).unwrap();
    let start = "\x1b[1;1H";
    let (before, _) = bytes.split_once("🇩🇪").unwrap();
    let blanks = before.strip_suffix(start).unwrap().rsplit(start).next().unwrap();
    assert!(blanks.starts_with("  "), "{bytes:?}");
}

#[test]
fn a_link_is_opened_and_closed_once() {
    let written = Written::default();
    let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, COLUMNS, 2)) };
    let mut terminal =
        Terminal::with_options(Steady::new(CrosstermBackend::new(written.clone())), options).unwrap();
    let draw = |f: &mut ratatui::Frame| {
        for (address, rows) in [("https://a.org/é", 0..1), ("https://b.org", 1..2)] {
            for (y, x) in rows.flat_map(|y| (3..30).map(move |x| (y, x))) {
                let cell = f.buffer_mut().cell_mut((x, y)).unwrap();
                cell.set_symbol(&format!("\x1b]8;id=1;{address}\x1b\\a\x1b]8;;\x1b\\"));
                cell.set_diff_option(CellDiffOption::ForcedWidth(std::num::NonZeroU16::MIN));
            }
        }
        f.buffer_mut().set_string(32, 0, "end", Style::new());
    };
    terminal.draw(draw).unwrap();
    let bytes = String::from_utf8(written.0.borrow().clone()).unwrap();
    let letters = "a".repeat(27);
    for address in ["https://a.org/é", "https://b.org"] {
        let link = format!("\x1b]8;id=1;{address}\x1b\\{letters}\x1b]8;;\x1b\\");
        assert_eq!(bytes.matches(&link).count(), 1, "{bytes:?}");
    }
    assert_eq!(bytes.matches("\x1b]8;").count(), 4, "{bytes:?}");
}

proptest! {
    #[test]
    fn a_plain_row_is_plain_whatever_was_there(
        before in proptest::collection::vec("([a-c ]|👨\u{200d}👩|🇩🇪|क्षि|❤\u{fe0f}|日|…){0,9}", 1..4),
        after in "[a-z ]{0,40}",
    ) {
        let before: Vec<SafeText> = before.iter().map(|t| SafeText::line(t)).collect();
        let mut frames: Vec<Vec<&str>> = before.iter().map(|t| vec![t.as_str(), "second"]).collect();
        frames.push(vec![&after, "second"]);
        let frames: Vec<&[&str]> = frames.iter().map(Vec::as_slice).collect();
        let rows = rows(&frames);
        prop_assert_eq!(&rows[0], after.trim_end());
        prop_assert_eq!(&rows[1], "second");
    }
}

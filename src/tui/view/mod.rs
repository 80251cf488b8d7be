//! The picture of the model. Only draws; changes nothing.
//!
//! ```text
//! +----------------------------------------------+----------------------+
//! | 13:10   alice hello everyone, a long line    | 3 online             |
//! |               goes on below its text         | alice (you)          |
//! |           bob hi                             | bob         verified |
//! |             * carol waves           log      | carol  people  quiet |
//! +----------------------------------------------+----------------------+
//! |  #lobby · 3 online · eth0 10.77.0.1 · ▼2 new                 status |
//! +----------------------------------------------------------------------+
//! | alice> what is being written                  composer, 1 to 6 rows |
//! +----------------------------------------------------------------------+
//! ```
//!
//! A pop-up stands above log and people until Esc; they move down.
//! The lines of this picture are not drawn: no borders, so that a selection with the mouse holds text only.
//! The numbers are in [`Layout`](super::model::Layout).

mod bar;
mod composer;
mod finish;
mod log;
mod pages;
mod people;
mod popup;
mod prompt;
mod status;
mod switcher;
mod transfer;
mod writing;

pub use finish::finish;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::model::{Area, Body, Mode, Model, Role};
use super::theme::Theme;

/// Draws everything.
pub fn render(frame: &mut Frame, model: &Model, theme: &Theme) {
    let screen = frame.area();
    let mut layout = model.layout();
    if (screen.width, screen.height) != model.size {
        // The screen has changed and the message that tells so is on its way.
        layout = super::model::Layout::default();
    }
    frame.buffer_mut().set_style(screen, theme.style(Role::Text));
    if shows_log(model) {
        log::render(frame.buffer_mut(), layout.log, model, theme);
    } else {
        pages::render(frame.buffer_mut(), layout.log, model, theme);
    }
    if let Some(area) = layout.popup {
        popup::render(frame.buffer_mut(), area, model, theme);
    }
    if let Some(area) = layout.bar {
        bar::render(frame.buffer_mut(), area, model, theme);
    }
    if let Some(area) = layout.people {
        people::render(frame.buffer_mut(), area, model, theme);
    }
    if let Some(area) = layout.status {
        status::render(frame.buffer_mut(), area, model, theme);
    }
    let cursor = match &model.mode {
        Mode::Search(_) | Mode::Open(_) | Mode::Switch(_) | Mode::Passphrase(_) | Mode::Verify(_) => {
            prompt::render(frame.buffer_mut(), layout.composer, model, theme)
        }
        mode => {
            composer::render(frame.buffer_mut(), layout.composer, model, theme).filter(|_| mode.is_write())
        }
    };
    if let Some(place) = cursor {
        frame.set_cursor_position(place);
    }
}

/// Whether the log is seen, not a page in its place.
fn shows_log(model: &Model) -> bool {
    !matches!(
        model.mode.page(),
        Mode::List(_) | Mode::Details(_) | Mode::Network(_) | Mode::Page(_) | Mode::Switch(_)
    )
}

/// Writes `text` at (`x`, `y`), no further than `right`; returns the column after it.
fn put(buffer: &mut Buffer, x: u16, y: u16, right: u16, text: &str, style: Style) -> u16 {
    if x >= right || !buffer.area.contains((x, y).into()) {
        return x;
    }
    buffer.set_stringn(x, y, text, usize::from(right - x), style).0
}

/// Writes the bytes `start..end` of `body`.
fn put_body(
    buffer: &mut Buffer,
    at: (u16, u16, u16),
    body: &Body,
    range: (usize, usize),
    theme: &Theme,
) -> u16 {
    let (mut x, y, right) = at;
    for (role, piece) in body.pieces(range.0, range.1) {
        x = put(buffer, x, y, right, piece, theme.style(role));
    }
    x
}

impl From<Area> for Rect {
    fn from(a: Area) -> Self {
        Self::new(a.x, a.y, a.width, a.height)
    }
}

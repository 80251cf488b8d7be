//! What stands in the composer's place while keys go elsewhere: what is searched for, and a question.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::put;
use crate::text::SafeText;
use crate::tui::model::{Area, Mode, Model, Role};
use crate::tui::text::{links, width};
use crate::tui::theme::Theme;

/// Draws it and returns where the cursor stands, if it is written in.
pub(super) fn render(buffer: &mut Buffer, area: Area, model: &Model, theme: &Theme) -> Option<Position> {
    let right = area.x + area.width;
    if area.width == 0 || area.height == 0 {
        return None;
    }
    match &model.mode {
        Mode::Search(search) => {
            let x = put(buffer, area.x, area.y, right, label(area.width), theme.style(Role::Own));
            let room = usize::from(right - x).saturating_sub(1);
            let text = end(search.query.as_str(), room);
            let x = put(buffer, x, area.y, right, text, theme.style(Role::Text));
            search.typing.then(|| Position::new(x.min(right - 1), area.y))
        }
        Mode::Switch(switcher) => {
            let x = put(buffer, area.x, area.y, right, "go to> ", theme.style(Role::Own));
            let room = usize::from(right.saturating_sub(x)).saturating_sub(1);
            let text = end(switcher.query.as_str(), room);
            let x = put(buffer, x, area.y, right, text, theme.style(Role::Text));
            Some(Position::new(x.min(right - 1), area.y))
        }
        Mode::Open(open) => {
            let x = put(buffer, area.x, area.y, right, "open ", theme.style(Role::Own));
            let room = usize::from(right.saturating_sub(x)).saturating_sub(1);
            let short = width::shorten(&asked(open.address.as_str(), room), room);
            let x = put(buffer, x, area.y, right, &short, theme.style(Role::Link));
            put(buffer, x, area.y, right, "?", theme.style(Role::Own));
            None
        }
        Mode::Passphrase(asking) => {
            let (question, role) = match asking.problem {
                Some(problem) => (problem.to_owned(), Role::Error),
                None => (asking.question(), Role::Own),
            };
            let question = SafeText::line(&format!("{question}: "));
            let x = put(buffer, area.x, area.y, right, question.as_str(), theme.style(role));
            let told = match () {
                () if !asking.typed.is_empty() => "(not shown)",
                () if area.width < 60 => "",
                () => "(what you type is not shown)",
            };
            put(buffer, x.saturating_add(1), area.y, right, told, theme.style(Role::Dim));
            Some(Position::new(x.min(right - 1), area.y))
        }
        Mode::Verify(verify) => {
            let x = put(buffer, area.x, area.y, right, "same words at ", theme.style(Role::Own));
            let room = usize::from(right.saturating_sub(x)).saturating_sub(1);
            let name = width::shorten(verify.name.as_str(), room);
            let x = put(buffer, x, area.y, right, &name, theme.style(Role::Peer(verify.peer)));
            put(buffer, x, area.y, right, "?", theme.style(Role::Own));
            None
        }
        _ => None,
    }
}

/// An address as it is asked about in `room` columns: where it does not fit, or something that looks like a host stands before
/// its host, that comes first, and the end of that.
fn asked(address: &str, room: usize) -> String {
    let host = links::host(address);
    let plain = address.split_once("://").is_some_and(|(_, rest)| rest.starts_with(host));
    if plain && width::columns(address) <= room {
        return address.to_owned();
    }
    if width::columns(host) + 4 > room {
        return format!("…{}", end(host, room.saturating_sub(1)));
    }
    format!("{host} ({address})")
}

fn label(columns: u16) -> &'static str {
    match columns {
        0..20 => "/",
        20..60 => "search> ",
        _ => "search in the log> ",
    }
}

/// The longest end of `text` that fits into `room` columns.
fn end(text: &str, room: usize) -> &str {
    use unicode_segmentation::UnicodeSegmentation as _;
    let mut used = 0;
    let mut start = text.len();
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += width::grapheme(grapheme);
        if used > room {
            break;
        }
        start = at;
    }
    text.get(start..).unwrap_or_default()
}

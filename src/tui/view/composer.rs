//! The composer: the rows around the cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::put;
use crate::text::SafeText;
use crate::tui::model::{Area, Model, Place, Role};
use crate::tui::text::width;
use crate::tui::theme::Theme;

/// Shown until something is written: the first that fits.
const HINTS: [&str; 3] =
    ["write to everybody here; /help lists the commands", "write here; /help: commands", "/help"];

/// Draws it and returns where the cursor stands.
pub(super) fn render(buffer: &mut Buffer, area: Area, model: &Model, theme: &Theme) -> Option<Position> {
    let (right, height) = (area.x + area.width, usize::from(area.height));
    if area.width == 0 || height == 0 {
        return None;
    }
    let prompt = model.prompt();
    let indent = u16::try_from(width::columns(prompt.as_str())).unwrap_or(0).min(area.width - 1);
    let x = area.x + indent;
    let (row, column) = model.composer.cursor_place();
    let first = (row + 1).saturating_sub(height);
    if first == 0 {
        put(buffer, area.x, area.y, x, prompt.as_str(), theme.style(Role::Own));
    }
    if model.composer.is_empty() {
        let [first, rest @ ..] = HINTS;
        let first = match model.place() {
            Place::LOBBY => first.to_owned(),
            place @ Place::Room(_) => {
                format!("write in {}; /help lists the commands", model.place_name(place))
            }
            place @ Place::Peer(_) => {
                format!("write to {} only; /help lists the commands", model.place_name(place))
            }
        };
        let fits = |hint: &&str| width::columns(hint) < usize::from(right - x);
        let hint = [first.as_str()].into_iter().chain(rest).find(fits).unwrap_or_default();
        put(buffer, x, area.y, right, hint, theme.style(Role::Dim));
    }
    let rows = model.composer.rows();
    for (y, row) in (area.y..).zip(rows.iter().skip(first).take(height)) {
        let text = SafeText::clean(row.of(model.composer.text()));
        put(buffer, x, y, right, text.as_str(), theme.style(Role::Text));
    }
    let y = area.y + u16::try_from(row - first).unwrap_or(0);
    let column = u16::try_from(column).unwrap_or(u16::MAX);
    Some(Position::new(x.saturating_add(column).min(right - 1), y))
}

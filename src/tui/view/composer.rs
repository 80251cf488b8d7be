//! The composer: the rows around the cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::put;
use crate::text::SafeText;
use crate::tui::model::{Area, Model, Role};
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
        let fits = |hint: &&&str| hint.len() < usize::from(right - x);
        let hint = HINTS.iter().find(fits).copied().unwrap_or_default();
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

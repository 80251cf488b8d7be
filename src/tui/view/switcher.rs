//! The switcher: the rooms, people and commands that fit, best first, from the bottom up, next to what is typed.

use ratatui::buffer::Buffer;

use super::put;
use crate::tui::model::{Area, Choice, Place, Role, Switcher};
use crate::tui::text::width;
use crate::tui::theme::Theme;

/// Columns of the names.
const NAME: usize = 20;

pub(super) fn render(buffer: &mut Buffer, area: Area, switcher: &Switcher, theme: &Theme) {
    let right = area.x + area.width;
    let height = usize::from(area.height);
    let rows = switcher.rows();
    if rows.len() == 0 {
        let y = area.y + area.height.saturating_sub(1);
        put(
            buffer,
            area.x,
            y,
            right,
            "nothing fits; Enter joins a room of this name",
            theme.style(Role::Dim),
        );
        return;
    }
    // The chosen row is always in sight.
    let first = (switcher.at + 1).saturating_sub(height);
    let name_columns = NAME.min(usize::from(area.width) / 2);
    for (n, row) in rows.enumerate().skip(first).take(height) {
        let below = u16::try_from(n - first).unwrap_or(u16::MAX);
        let y = (area.y + area.height).saturating_sub(1 + below);
        let role = match row.choice {
            Choice::Place(Place::Peer(peer)) => Role::Peer(peer),
            Choice::Place(_) => Role::Text,
            Choice::Command(_) => Role::Notice,
        };
        let chosen = n == switcher.at;
        let x = put(buffer, area.x, y, right, if chosen { "> " } else { "  " }, theme.style(Role::Alert));
        let name = width::shorten(row.name.as_str(), name_columns);
        put(buffer, x, y, right, &name, theme.style(role));
        let about = x + u16::try_from(name_columns + 1).unwrap_or(0);
        let room = usize::from(right.saturating_sub(about));
        put(buffer, about, y, right, &width::shorten(row.about.as_str(), room), theme.style(Role::Dim));
    }
}

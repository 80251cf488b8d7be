//! The bar: the lobby, rooms and private conversations, with what was said in each and not seen.

use ratatui::buffer::Buffer;

use super::put;
use crate::tui::model::{Area, Model, Place, Role};
use crate::tui::text::width;
use crate::tui::theme::Theme;

/// Columns of a name at most.
const NAME: usize = 16;

pub(super) fn render(buffer: &mut Buffer, area: Area, model: &Model, theme: &Theme) {
    buffer.set_style(area.into(), theme.style(Role::Status));
    let labels: Vec<(String, Role)> = (0..model.buffers.tabs().len()).map(|at| label(model, at)).collect();
    let columns = |n: usize| labels.get(n).map_or(0, |(text, _)| width::columns(text) + 1);
    let room = usize::from(area.width).saturating_sub(2);
    // What is shown stays in sight: what stands before it goes, as far as needed.
    let at = model.buffers.at();
    let mut first = 0;
    while first < at && (first..=at).map(columns).sum::<usize>() + usize::from(first > 0) * 2 > room {
        first += 1;
    }
    let (mut x, right) = (area.x + u16::from(area.width > 2), area.x + area.width);
    if first > 0 {
        let called = labels.iter().take(first).any(|(_, role)| *role == Role::Alert);
        x = put(buffer, x, area.y, right, "‹ ", theme.style(if called { Role::Alert } else { Role::Status }));
    }
    for (n, (text, role)) in labels.iter().enumerate().skip(first) {
        let left = usize::from(right.saturating_sub(x));
        if n > at && width::columns(text) + 2 > left && n + 1 < labels.len() || left < 4 {
            let called = labels.iter().skip(n).any(|(_, role)| *role == Role::Alert);
            put(buffer, x, area.y, right, "›", theme.style(if called { Role::Alert } else { Role::Status }));
            return;
        }
        x = put(buffer, x, area.y, right, text, theme.style(*role)) + 1;
    }
}

/// `2:#lunch 3`, in brackets where it is shown, with `!` before the number of what concerns the user.
fn label(model: &Model, at: usize) -> (String, Role) {
    let Some(tab) = model.buffers.tabs().get(at) else { return (String::new(), Role::Status) };
    // That a room is locked must be seen however long its name is.
    let (name, lock) = match tab.place {
        Place::Room(room) if room.is_locked() => (model.place_name(Place::Room(room.to_open())), "[locked]"),
        place => (model.place_name(place), ""),
    };
    let name = width::shorten(name.as_str(), NAME);
    let unread = model.unread_in(at);
    let private = matches!(tab.place, Place::Peer(_));
    let mentions = if private { unread } else { tab.mentions };
    let count = match (mentions, unread) {
        (_, 0) => String::new(),
        (0, unread) => format!(" {unread}"),
        (mentions, unread) if mentions == unread => format!(" !{mentions}"),
        (mentions, unread) => format!(" {unread} !{mentions}"),
    };
    let text = format!("{}:{name}{lock}{count}", at + 1);
    match () {
        () if at == model.buffers.at() => {
            (format!("[{text}]"), if lock.is_empty() { Role::Status } else { Role::Private })
        }
        () if mentions > 0 => (text, Role::Alert),
        () if !lock.is_empty() => (text, Role::Private),
        () => (text, Role::Status),
    }
}

//! A pop-up above the log: who claims to have sent it and from where, its text, and how to put it away.

use ratatui::buffer::Buffer;

use super::put;
use crate::text::SafeText;
use crate::tui::model::{Area, Model, POPUP_FRAME, Role, popup_columns};
use crate::tui::text::{width, wrap};
use crate::tui::theme::Theme;

pub(super) fn render(buffer: &mut Buffer, area: Area, model: &Model, theme: &Theme) {
    let Some((at, popup)) = model.popups.shown() else { return };
    let right = area.x + area.width;
    let mut bar = |y: u16, choices: &[String]| {
        buffer.set_style(Area { y, height: 1, ..area }.into(), theme.style(Role::Status));
        // What says most of what fits.
        let fits = |text: &&String| width::columns(text) <= popup_columns(area.width);
        let text = choices.iter().find(fits).or(choices.last()).map_or("", String::as_str);
        put(buffer, area.x + 1, y, right, SafeText::line(text).as_str(), theme.style(Role::Alert));
    };
    let (from, to) = (width::shorten(popup.from.as_str(), 30), width::shorten(popup.to.as_str(), 15));
    let proof = format!("unsigned, by {}", popup.address);
    let beside = popup_columns(area.width).saturating_sub(proof.len() + 3);
    bar(
        area.y,
        &[
            format!("{} · pop-up from {from} to {to} · {proof}", at.clock()),
            format!("pop-up from {from} · {proof}"),
            format!("{} · {proof}", width::shorten(&from, beside)),
        ],
    );
    let rows = wrap(popup.text.as_str(), popup_columns(area.width));
    let room = usize::from(area.height).saturating_sub(POPUP_FRAME);
    let closes = match model.popups.more() {
        0 => "Esc closes".to_owned(),
        n => format!("Esc closes · {n} more"),
    };
    let cut = rows.len() > room;
    let below = if cut { format!("{closes} · all of it is in the log") } else { closes.clone() };
    bar(area.y + area.height - 1, &[below, closes]);
    for (y, row) in (area.y + 1..).zip(rows.iter().take(room)) {
        put(buffer, area.x + 1, y, right, row.of(popup.text.as_str()), theme.style(Role::Text));
    }
}

//! The log: time, name right-aligned, text that hangs below its own start.

use ratatui::buffer::Buffer;

use super::{put, put_body};
use crate::tui::model::{Area, Entry, Gutter, Model, Role, Stamp, What};
use crate::tui::text::{width, wrap};
use crate::tui::theme::Theme;

pub(super) fn render(buffer: &mut Buffer, area: Area, model: &Model, theme: Theme) {
    if area.width == 0 {
        return;
    }
    let gutter = Gutter::of(area.width);
    let seen = model.view().seen();
    let used: usize = seen.iter().map(|s| s.rows).sum();
    // A short log stands at the bottom, next to where one writes.
    let mut y = area.y + area.height.saturating_sub(u16::try_from(used).unwrap_or(u16::MAX));
    let mut shown: Option<Stamp> = None;
    for part in seen {
        let entry = part.entry;
        if part.first == 0 {
            // The same minute again is not written again.
            let time = gutter.time && !matches!(entry.what(), What::Day | What::New);
            if time && shown.is_none_or(|before| before.minute() != entry.at.minute()) {
                put(buffer, area.x, y, area.x + area.width, &entry.at.clock(), theme.style(Role::Dim));
                shown = Some(entry.at);
            }
            name(buffer, area, y, entry, gutter, theme);
        }
        let body = entry.body(gutter);
        let rows = wrap(body.text().as_str(), gutter.body(area.width));
        let x = area.x + u16::try_from(gutter.columns()).unwrap_or(u16::MAX);
        for (n, row) in rows.iter().enumerate().skip(part.first).take(part.rows) {
            let hang = if n == 0 { u16::try_from(gutter.hang).unwrap_or(0) } else { 0 };
            put_body(buffer, (x - hang, y, area.x + area.width), &body, (row.start, row.end), theme);
            y += 1;
        }
    }
}

fn name(buffer: &mut Buffer, area: Area, y: u16, entry: &Entry, gutter: Gutter, theme: Theme) {
    let (role, name) = entry.name();
    let name = width::shorten(name.as_str(), gutter.name);
    let time = if gutter.time { 6 } else { 0 };
    let indent = time + gutter.name.saturating_sub(width::columns(&name));
    let x = area.x + u16::try_from(indent).unwrap_or(u16::MAX);
    put(buffer, x, y, area.x + area.width, &name, theme.style(role));
}

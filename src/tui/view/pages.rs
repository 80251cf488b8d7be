//! What is shown in place of the log: lists to choose from, the details of a line, the network.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{put, put_body};
use crate::text::SafeText;
use crate::tui::model::{
    Area, Body, Details, List, Mode, Model, Role, details_indent, details_page, network_page,
};
use crate::tui::text::width;
use crate::tui::theme::Theme;

pub(super) fn render(buffer: &mut Buffer, area: Area, model: &Model, theme: &Theme) {
    if area.width == 0 || area.height == 0 {
        return;
    }
    match model.mode.page() {
        Mode::Switch(shown) => super::switcher::render(buffer, area, shown, theme),
        Mode::List(shown) => list(buffer, area, shown, theme),
        Mode::Details(shown) => facts(buffer, area, model, shown, theme),
        Mode::Page(page) => {
            let rows = page.rows(area.width);
            let first = page.first.min(rows.len().saturating_sub(usize::from(area.height)));
            bodies(buffer, area, rows.get(first..).unwrap_or_default(), theme);
        }
        Mode::Network(first) => {
            let rows = network_page(model, area.width);
            // The page gets shorter when people leave.
            let first = (*first).min(rows.len().saturating_sub(usize::from(area.height)));
            bodies(buffer, area, rows.get(first..).unwrap_or_default(), theme);
        }
        _ => {}
    }
}

fn bodies(buffer: &mut Buffer, area: Area, rows: &[Body], theme: &Theme) {
    for (y, body) in (area.y..area.y + area.height).zip(rows) {
        let all = (0, body.text().as_str().len());
        put_body(buffer, (area.x, y, area.x + area.width), body, all, theme);
    }
}

fn list(buffer: &mut Buffer, area: Area, list: &List, theme: &Theme) {
    let right = area.x + area.width;
    // The title goes first where there is room for little.
    let head = u16::from(area.height > 2);
    if head > 0 {
        let title = width::shorten(list.title.as_str(), usize::from(area.width));
        put(buffer, area.x, area.y, right, &title, theme.style(Role::Title));
    }
    let height = usize::from(area.height - head);
    let first = (list.at + 1).saturating_sub(height);
    let last_seen = list.items.len().saturating_sub(height);
    // A list that fits is seen whole; the one chosen is in the middle of a longer one.
    let first = list.at.saturating_sub(height / 2).min(last_seen).max(first.min(last_seen));
    let names = list.items.iter().any(|item| !item.from.1.as_str().is_empty()) && area.width >= 30;
    let times = list.items.iter().map(|item| width::columns(&item.when)).max().filter(|_| area.width >= 60);
    for (n, (y, item)) in (area.y + head..area.y + area.height).zip(list.items.iter().skip(first)).enumerate()
    {
        let mut x = area.x;
        if names {
            if let Some(columns) = times {
                put(buffer, x, y, right, &item.when, theme.style(Role::Dim));
                x += u16::try_from(columns + 1).unwrap_or(0);
            }
            let columns = if times.is_some() { 12 } else { 8 };
            let name = width::shorten(item.from.1.as_str(), usize::from(columns));
            put(buffer, x, y, right, &name, theme.style(item.from.0));
            x += columns + 1;
        }
        let text = SafeText::line(item.text.as_str());
        let short = width::shorten(text.as_str(), usize::from(right.saturating_sub(x)));
        put(buffer, x, y, right, &short, theme.style(Role::Text));
        if first + n == list.at {
            buffer.set_style(Rect::new(area.x, y, area.width, 1), theme.style(Role::Chosen));
        }
    }
}

fn facts(buffer: &mut Buffer, area: Area, model: &Model, shown: &Details, theme: &Theme) {
    let rows = details_page(model, shown, area.width);
    let right = area.x + area.width;
    let first = shown.first.min(rows.len().saturating_sub(usize::from(area.height)));
    for (y, (name, value)) in (area.y..area.y + area.height).zip(rows.iter().skip(first)) {
        put(buffer, area.x, y, right, name, theme.style(Role::Title));
        let x = area.x.saturating_add(details_indent(area.width));
        put(buffer, x, y, right, value, theme.style(Role::Text));
    }
}

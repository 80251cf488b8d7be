//! The log: time, name right-aligned, text that hangs below its own start. What was searched for, what concerns the user
//! and addresses are marked on it.

use std::ops::Range;
use std::rc::Rc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{put, put_body};
use crate::tui::model::{Area, Body, Entry, EntryId, Gutter, Mode, Model, Role, Stamp, What};
use crate::tui::text::{Finder, Row, links, width, wrap};
use crate::tui::theme::Theme;

/// One row of the log on the screen.
pub(super) struct Placed<'a> {
    pub(super) entry: &'a Entry,
    /// The text of the entry, of which this is a row.
    pub(super) body: Rc<Body>,
    pub(super) row: Row,
    /// Which row of the entry it is.
    pub(super) n: usize,
    /// Where the text begins.
    pub(super) x: u16,
    pub(super) y: u16,
}

/// The rows that are seen, from the top.
pub(super) fn rows(model: &Model, area: Area) -> Vec<Placed<'_>> {
    let mut placed = Vec::new();
    if area.width == 0 {
        return placed;
    }
    let gutter = Gutter::of(area.width);
    let seen = model.view().seen();
    let used: usize = seen.iter().map(|s| s.rows).sum();
    // A short log stands at the bottom, next to where one writes.
    let mut y = area.y + area.height.saturating_sub(u16::try_from(used).unwrap_or(u16::MAX));
    for part in seen {
        let body = Rc::new(part.entry.body(gutter));
        let wrapped = wrap(body.text().as_str(), gutter.body(area.width));
        let x = area.x + u16::try_from(gutter.columns()).unwrap_or(u16::MAX);
        for (n, row) in wrapped.iter().enumerate().skip(part.first).take(part.rows) {
            let hang = if n == 0 { u16::try_from(gutter.hang).unwrap_or(0) } else { 0 };
            placed.push(Placed { entry: part.entry, body: Rc::clone(&body), row: *row, n, x: x - hang, y });
            y += 1;
        }
    }
    placed
}

pub(super) fn render(buffer: &mut Buffer, area: Area, model: &Model, theme: &Theme) {
    let gutter = Gutter::of(area.width);
    let right = area.x + area.width;
    let current = model.mode.current().or(model.landed);
    let chosen = matches!(model.mode.page(), Mode::Select(_)) || model.landed.is_some();
    let mut shown: Option<Stamp> = None;
    let mut marks = Marks::new(model);
    for placed in rows(model, area) {
        let Placed { entry, body, row, n, x, y } = &placed;
        if *n == 0 {
            // The same minute again is not written again.
            let time = gutter.time && !matches!(entry.what(), What::Day | What::New);
            if time && shown.is_none_or(|before| before.minute() != entry.at.minute()) {
                put(buffer, area.x, *y, right, &entry.at.clock(), theme.style(Role::Dim));
                shown = Some(entry.at);
            }
            name(buffer, area, *y, entry, gutter, theme);
        }
        put_body(buffer, (*x, *y, right), body, (row.start, row.end), theme);
        for (place, role) in marks.of(entry, body, current) {
            if let Some(cells) = cells(&placed, place, right) {
                buffer.set_style(cells, theme.style(*role));
            }
        }
        if chosen && Some(entry.id) == current {
            buffer.set_style(Rect::new(area.x, *y, area.width, 1), theme.style(Role::Chosen));
        }
    }
}

/// The cells of a row in which the bytes `place` of its text are.
pub(super) fn cells(placed: &Placed<'_>, place: &Range<usize>, right: u16) -> Option<Rect> {
    let (start, end) = (place.start.max(placed.row.start), place.end.min(placed.row.end));
    let text = placed.body.text().as_str();
    let before = width::columns(text.get(placed.row.start..start)?);
    let wide = width::columns(text.get(start..end).filter(|t| !t.is_empty())?);
    let x = placed.x.saturating_add(u16::try_from(before).ok()?);
    let wide = u16::try_from(wide).ok()?.min(right.checked_sub(x)?);
    Some(Rect::new(x, placed.y, wide, 1))
}

/// What is marked in the text of an entry; found once for all its rows.
struct Marks<'a> {
    model: &'a Model,
    finder: Option<Finder>,
    entry: Option<EntryId>,
    found: Vec<(Range<usize>, Role)>,
}

impl<'a> Marks<'a> {
    fn new(model: &'a Model) -> Self {
        let finder = match &model.mode {
            Mode::Search(search) => Finder::new(search.query.as_str()),
            _ => None,
        };
        Self { model, finder, entry: None, found: Vec::new() }
    }

    fn of(&mut self, entry: &Entry, body: &Body, current: Option<EntryId>) -> &[(Range<usize>, Role)] {
        if self.entry.replace(entry.id) != Some(entry.id) {
            self.found = self.find(entry, body, current);
        }
        &self.found
    }

    fn find(&self, entry: &Entry, body: &Body, current: Option<EntryId>) -> Vec<(Range<usize>, Role)> {
        let text = body.text().as_str();
        let said =
            entry.line().map_or(text.len(), |line| text.len() - line.text.as_str().len().min(text.len()));
        let mut marks: Vec<_> = links::links(text).into_iter().map(|place| (place, Role::Link)).collect();
        if entry.line().is_some_and(|line| !line.own) {
            // Only in what was said: the names before it are no mention.
            let places = self.model.mentions(text).into_iter().filter(|place| place.start >= said);
            marks.extend(places.map(|place| (place, Role::Mention)));
        }
        if let Some(finder) = self
            .finder
            .as_ref()
            .filter(|_| entry.line().is_some() || matches!(entry.what(), What::Notice(..)))
        {
            let role = if current == Some(entry.id) { Role::Chosen } else { Role::Match };
            marks.extend(finder.places(text).into_iter().map(|place| (place, role)));
        }
        marks
    }
}

fn name(buffer: &mut Buffer, area: Area, y: u16, entry: &Entry, gutter: Gutter, theme: &Theme) {
    if gutter.name == 0 {
        return; // it stands before the text
    }
    let (role, name) = entry.name();
    // Of an action the name stands in the text, and the sign with it.
    let trust = entry.trust().filter(|_| matches!(role, Role::Peer(_)) && name.as_str() != "*");
    let name = width::shorten(name.as_str(), gutter.name - usize::from(trust.is_some()));
    let time = if gutter.time { 6 } else { 0 };
    let signed = width::columns(&name) + usize::from(trust.is_some());
    let indent = time + gutter.name.saturating_sub(signed);
    let (mut x, right) = (area.x + u16::try_from(indent).unwrap_or(u16::MAX), area.x + area.width);
    if let Some((role, mark)) = trust {
        x = put(buffer, x, y, right, mark, theme.style(role));
    }
    put(buffer, x, y, right, &name, theme.style(role));
}

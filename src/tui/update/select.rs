//! A line of the log is chosen by keys, and something is done with it.

use super::{Effect, list, social};
use crate::chat::Answered;
use crate::text::SafeText;
use crate::tui::mode_keys::Act;
use crate::tui::model::{Details, Edit, EntryId, Mode, Model, Place, Reveal, Select, What, details_page};
use crate::tui::text::{links, width};

/// Columns of a line that are quoted in an answer.
const QUOTED: usize = 60;

/// Begins with the newest line that is seen, or the nearest above. Whether there is one.
pub(super) fn start(model: &mut Model) -> bool {
    let last = model.view().seen().last().and_then(|s| model.log.position(s.entry.id));
    let line = |at: usize| model.log.get(at).filter(|e| e.line().is_some());
    let nearest = last.and_then(|last| (0..=last).rev().find_map(line));
    let Some(entry) = nearest.map(|e| e.id) else { return false };
    model.finish();
    let back = model.scroll;
    model.scroll = model.view().pinned();
    choose(model, Select { entry, back });
    true
}

fn choose(model: &mut Model, select: Select) {
    model.mode = Mode::Select(select);
    model.scroll = model.view().revealing(select.entry, Reveal::Nearest);
}

pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    let Mode::Select(select) = model.mode else { return Vec::new() };
    let entry = match act {
        Act::Up => neighbour(model, select.entry, true),
        Act::Down => {
            let next = neighbour(model, select.entry, false);
            if next.is_none() {
                super::modes::leave(model); // below the newest line one writes
                return Vec::new();
            }
            next
        }
        Act::First => model.log.iter().find(|e| e.line().is_some()).map(|e| e.id),
        Act::Last => model.log.iter().rev().find(|e| e.line().is_some()).map(|e| e.id),
        Act::Choose => return show(model, select),
        other => return with_line(model, select, other),
    };
    if let Some(entry) = entry {
        choose(model, Select { entry, ..select });
    }
    Vec::new()
}

/// The line next to `entry`, older or newer.
fn neighbour(model: &Model, entry: EntryId, older: bool) -> Option<EntryId> {
    let at = model.log.position(entry)?;
    let is_line = |at: &usize| model.log.get(*at).is_some_and(|e| e.line().is_some());
    let next = if older { (0..at).rev().find(is_line) } else { (at + 1..model.log.len()).find(is_line) };
    next.and_then(|at| model.log.get(at)).map(|e| e.id)
}

/// What is done with a line wherever it is chosen.
fn with_line(model: &mut Model, select: Select, act: Act) -> Vec<Effect> {
    let entry = model.log.position(select.entry).and_then(|at| model.log.get(at));
    let Some(What::Line { line, .. }) = entry.map(crate::tui::model::Entry::what) else {
        super::modes::leave(model);
        return Vec::new();
    };
    match act {
        Act::Copy => {
            let text = line.text.clone();
            return copy(model, text);
        }
        Act::Link => {
            let text = line.text.as_str();
            let found: Vec<SafeText> =
                links::links(text).into_iter().filter_map(|p| text.get(p)).map(SafeText::line).collect();
            list::open_one_of(model, &found);
        }
        Act::Reply | Act::React => {
            let room = matches!(model.place(), Place::Room(_));
            let to = line.id.filter(|_| room).map(|id| Answered {
                line: id,
                from: line.from.clone(),
                text: line.text.clone(),
            });
            let quote = quote(line.from.as_str(), line.text.as_str());
            model.scroll = select.back;
            model.mode = Mode::Write;
            match to {
                Some(to) if act == Act::React => return social::like(model, to),
                Some(to) => model.answering = Some(to),
                None if act == Act::React => {
                    model.hint = Some("only a signed line of a room can be reacted to".to_owned());
                }
                // What has no name can only be quoted.
                None => {
                    let written = model.composer.text().to_owned();
                    model.composer.set(&format!("{quote}\n{written}"));
                    model.composer.edit(Edit::Finish);
                }
            }
        }
        _ => {}
    }
    Vec::new()
}

/// The start of an answer.
fn quote(from: &str, text: &str) -> String {
    let line = SafeText::line(text);
    format!("> {from}: {}", width::shorten(line.as_str(), QUOTED))
}

fn show(model: &mut Model, select: Select) -> Vec<Effect> {
    model.mode = Mode::Details(Details { select, heard: None, first: 0 });
    ask_heard(model, select)
}

/// Asks who has the line whose details are shown, if it is one's own: the answer changes.
pub(super) fn ask_heard(model: &Model, select: Select) -> Vec<Effect> {
    let own = model.log.position(select.entry).and_then(|at| {
        let id = model.log.get(at)?.line().filter(|line| line.own && !line.private)?.id?;
        let later = (at + 1..model.log.len()).filter_map(|at| model.log.get(at)?.line()?.id);
        let next = later
            .filter(|l| (l.sender, l.epoch) == (id.sender, id.epoch))
            .map(|l| l.seq)
            .find(|s| *s > id.seq);
        Some((select.entry, id, next))
    });
    // What was said in an earlier run is not counted any more.
    own.map(|(entry, line, next)| Effect::HeardOf { entry, line, next }).into_iter().collect()
}

pub(super) fn details(model: &mut Model, act: Act) -> Vec<Effect> {
    let area = model.layout().log;
    let step = usize::from(area.height).saturating_sub(1).max(1);
    let Mode::Details(details) = &model.mode else { return Vec::new() };
    let select = details.select;
    let last = details_page(model, details, area.width).len().saturating_sub(usize::from(area.height));
    let first = details.first.min(last);
    let first = match act {
        Act::Up => first.saturating_sub(1),
        Act::Down => first + 1,
        Act::PageUp => first.saturating_sub(step),
        Act::PageDown => first + step,
        other => return with_line(model, select, other),
    };
    if let Mode::Details(details) = &mut model.mode {
        details.first = first.min(last);
    }
    Vec::new()
}

/// Gives `text` to the clipboard and says so.
pub(super) fn copy(model: &mut Model, text: SafeText) -> Vec<Effect> {
    model.hint = Some(format!("copied {}", amount(text.as_str())));
    vec![Effect::Copy(text)]
}

fn amount(text: &str) -> String {
    match text.lines().count() {
        0 | 1 => match text.chars().count() {
            1 => "1 character".to_owned(),
            n => format!("{n} characters"),
        },
        n => format!("{n} lines"),
    }
}

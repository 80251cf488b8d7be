//! The search in the log, as it is typed.

use crate::text::SafeText;
use crate::tui::mode_keys::Act;
use crate::tui::model::{EntryId, Mode, Model, Reveal, Search};
use crate::tui::text::Finder;

/// Characters of a query; more are not taken.
const MOST: usize = 200;

/// Begins to search, or goes on to the next older place.
pub(super) fn start(model: &mut Model) {
    model.finish();
    let back = model.scroll;
    model.scroll = model.view().pinned();
    model.mode =
        Mode::Search(Search { query: SafeText::default(), typing: true, found: Vec::new(), at: None, back });
}

pub(super) fn act(model: &mut Model, act: Act) {
    match act {
        Act::Up => go(model, true),
        Act::Down => go(model, false),
        Act::Choose => with(model, |search| search.typing = false),
        Act::Write => with(model, |search| search.typing = true),
        Act::Erase => change(model, |query| {
            let keep = unicode_segmentation::UnicodeSegmentation::grapheme_indices(query.as_str(), true)
                .next_back()
                .map_or(0, |(at, _)| at);
            query.truncate(keep);
        }),
        Act::EraseAll => change(model, String::clear),
        // The place stays, unless nothing was found.
        Act::Stay => match std::mem::take(&mut model.mode) {
            Mode::Search(search) if search.at.is_none() => model.scroll = search.back,
            _ => model.scroll = model.view().moved(true, 0), // as `finish` does
        },
        _ => {}
    }
}

/// Adds to what is looked for.
pub(super) fn write(model: &mut Model, text: &str) {
    change(model, |query| query.push_str(text));
}

fn with(model: &mut Model, f: impl FnOnce(&mut Search)) {
    if let Mode::Search(search) = &mut model.mode {
        f(search);
    }
}

fn change(model: &mut Model, f: impl FnOnce(&mut String)) {
    let Mode::Search(search) = &mut model.mode else { return };
    let before = search.query.clone();
    let mut query = before.as_str().to_owned();
    f(&mut query);
    let query: String = query.chars().take(MOST).collect();
    search.query = SafeText::line(&query);
    // What is longer is found only where its start was found.
    let narrower = !before.as_str().is_empty() && search.query.as_str().starts_with(before.as_str());
    let current = search.at.and_then(|at| search.found.get(at)).copied();
    let within = narrower.then(|| std::mem::take(&mut search.found));
    look(model, within.as_deref(), current);
}

/// Fills in where the query is: among the entries `within`, or everywhere. Stays at `current` if it is there too, else it
/// goes to the nearest older place.
fn look(model: &mut Model, within: Option<&[EntryId]>, current: Option<EntryId>) {
    let Mode::Search(search) = &mut model.mode else { return };
    let finder = Finder::new(search.query.as_str());
    let mut candidates = within.map(|ids| ids.iter().copied().peekable());
    let mut from = None;
    search.found.clear();
    for entry in model.log.iter() {
        let candidate = match &mut candidates {
            Some(ids) => ids.next_if_eq(&entry.id).is_some(),
            None => true,
        };
        if candidate && finder.as_ref().is_some_and(|finder| entry.says(finder)) {
            search.found.push(entry.id);
        }
        if Some(entry.id) == current {
            from = Some(search.found.len());
        }
    }
    let newest = from.unwrap_or(search.found.len());
    search.at = newest.checked_sub(1).or((!search.found.is_empty()).then_some(0));
    if search.found.is_empty() {
        model.scroll = search.back; // what was seen before
        return;
    }
    show(model);
}

fn go(model: &mut Model, older: bool) {
    let Mode::Search(search) = &mut model.mode else { return };
    let last = search.found.len().checked_sub(1);
    search.at = match (search.at, last) {
        (Some(at), Some(last)) if older => Some(if at == 0 { last } else { at - 1 }), // around, as everywhere
        (Some(at), Some(last)) => Some(if at >= last { 0 } else { at + 1 }),
        _ => None,
    };
    show(model);
}

fn show(model: &mut Model) {
    if let Some(entry) = model.mode.current() {
        model.scroll = model.view().revealing(entry, Reveal::Middle);
    }
}

//! Lists to choose from: mentions, addresses, what was found in the past. And the question before an address is opened.

use super::Effect;
use super::select::copy;
use crate::text::SafeText;
use crate::tui::mode_keys::Act;
use crate::tui::model::{Entry, EntryId, Goal, Item, Level, List, Mode, Model, Open, Reveal, Stamp};
use crate::tui::text::links;

/// Rows of a list of mentions or addresses.
const MOST: usize = 500;

/// Shows `items`, the newest last and chosen; when there are none, says `none`.
pub(super) fn show(model: &mut Model, title: &str, items: Vec<Item>, none: &str) {
    model.finish();
    match items.len().checked_sub(1) {
        None => model.hint = Some(none.to_owned()),
        Some(at) => {
            let back = Box::default();
            model.mode = Mode::List(List { title: SafeText::line(title), items, at, back });
        }
    }
}

fn newest(model: &Model, items: impl Fn(&Entry) -> Vec<Item>) -> Vec<Item> {
    let mut found: Vec<Item> =
        model.log.iter().rev().flat_map(|e| items(e).into_iter().rev()).take(MOST).collect();
    found.reverse();
    found
}

fn item(now: Stamp, entry: &Entry, text: SafeText, goal: Goal) -> Item {
    let from = entry.line().map_or_else(|| entry.name(), |line| (entry.name().0, line.from.clone()));
    Item { when: entry.at.brief(now), from, text, goal }
}

/// Lists the lines that concern the user, of all places: of the one that is shown they come last.
pub(super) fn mentions(model: &mut Model) {
    let (now, here) = (model.stamp(), model.place());
    let mut places = model.all_places();
    places.sort_by_key(|place| *place == here);
    let mut found = Vec::new();
    for place in places {
        let name = if place == here { String::new() } else { format!("{} · ", model.place_name(place)) };
        found.extend(model.within(place, |model| {
            newest(model, |entry| {
                let line = entry.line().filter(|line| model.concerns(line));
                let text = line.map(|line| SafeText::clean(&format!("{name}{}", line.text)));
                text.map(|text| item(now, entry, text, Goal::Entry(entry.id))).into_iter().collect()
            })
        }));
    }
    show(model, "lines that mention you", found, "nobody has mentioned you");
}

/// Lists the addresses in the log.
pub(super) fn addresses(model: &mut Model) {
    let now = model.stamp();
    let found = newest(model, |entry| {
        let Some(line) = entry.line() else { return Vec::new() };
        let text = line.text.as_str();
        let address = |p| {
            let address = SafeText::line(text.get(p)?);
            Some(item(now, entry, address.clone(), Goal::Address(address)))
        };
        links::links(text).into_iter().filter_map(address).collect()
    });
    show(model, "links", found, "there is no link in the log");
}

/// Goes to the next line that concerns the user, older or newer than what is seen or was gone to last.
pub(super) fn go_to_mention(model: &mut Model, older: bool) {
    let seen = model.view().seen();
    let shown = model.landed.filter(|id| seen.iter().any(|s| s.entry.id == *id));
    let edge = if older { seen.last() } else { seen.first() }.map(|s| s.entry.id);
    let from = shown.or(edge).and_then(|id| model.log.position(id));
    let inclusive = shown.is_none();
    let concerns = |at: &usize| {
        let line = model.log.get(*at).and_then(Entry::line);
        line.is_some_and(|line| model.concerns(line))
    };
    let found = from.and_then(|from| {
        if older {
            (0..from + usize::from(inclusive)).rev().find(concerns)
        } else {
            (from + usize::from(!inclusive)..model.log.len()).find(concerns)
        }
    });
    match found.and_then(|at| model.log.get(at)).map(|e| e.id) {
        Some(id) => land(model, id),
        None => model.hint = Some(format!("no {} mention of you", if older { "older" } else { "newer" })),
    }
}

/// Goes to the first line that was not seen.
pub(super) fn go_to_unread(model: &mut Model) {
    model.finish();
    match model.log.mark() {
        Some(mark) => reveal(model, mark, Reveal::Top),
        None => model.hint = Some("nothing is unread".to_owned()),
    }
}

/// Shows an entry in the middle and marks it for the eye.
pub(super) fn land(model: &mut Model, entry: EntryId) {
    model.finish();
    reveal(model, entry, Reveal::Middle);
    model.landed = Some(entry);
}

/// Moves the log so that `entry` is seen; where nothing is below, what comes is seen, too.
fn reveal(model: &mut Model, entry: EntryId, reveal: Reveal) {
    model.scroll = model.view().revealing(entry, reveal);
    model.scroll = model.view().moved(true, 0);
}

pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    let page = usize::from(model.layout().log.height).saturating_sub(2).max(1);
    let Mode::List(list) = &mut model.mode else { return Vec::new() };
    let end = list.items.len().saturating_sub(1);
    match act {
        Act::Up => list.at = list.at.saturating_sub(1),
        Act::Down => list.at += 1,
        Act::PageUp => list.at = list.at.saturating_sub(page),
        Act::PageDown => list.at += page,
        Act::First => list.at = 0,
        Act::Last => list.at = end,
        Act::Copy => {
            if let Some(text) = list.items.get(list.at).map(|item| item.text.clone()) {
                return copy(model, text);
            }
        }
        Act::Choose => {
            let goal = list.items.get(list.at).map(|item| item.goal.clone());
            return goal.map_or_else(Vec::new, |goal| reach(model, goal));
        }
        _ => {}
    }
    if let Mode::List(list) = &mut model.mode {
        list.at = list.at.min(end);
    }
    Vec::new()
}

fn reach(model: &mut Model, goal: Goal) -> Vec<Effect> {
    match goal {
        Goal::Entry(entry) => {
            let effects = super::social::go(model, model.place_of(entry));
            land(model, entry);
            return effects;
        }
        Goal::Address(address) => ask(model, address),
        Goal::Past(line) => return super::past::go_to(model, *line),
    }
    Vec::new()
}

/// Asks whether to open an address, or which of several.
pub(super) fn open_one_of(model: &mut Model, found: &[SafeText]) {
    match found {
        [] => model.hint = Some("there is no link in this line".to_owned()),
        [one] => ask(model, one.clone()),
        many => {
            let item = |text: &SafeText| Item {
                when: String::new(),
                from: (crate::tui::model::Role::Dim, SafeText::default()),
                text: text.clone(),
                goal: Goal::Address(text.clone()),
            };
            let items = many.iter().map(item).collect();
            let back = Box::new(std::mem::take(&mut model.mode));
            let title = SafeText::clean("links in this line");
            model.mode = Mode::List(List { title, items, at: 0, back });
        }
    }
}

fn ask(model: &mut Model, address: SafeText) {
    let back = Box::new(std::mem::take(&mut model.mode));
    model.mode = Mode::Open(Open { address, back });
}

/// The answer to the question whether to open an address.
pub(super) fn answer(model: &mut Model, act: Act) -> Vec<Effect> {
    let Mode::Open(open) = &model.mode else { return Vec::new() };
    let address = open.address.clone();
    super::modes::leave(model);
    match act {
        Act::Choose => vec![Effect::Open(address)],
        Act::Copy => copy(model, address),
        _ => Vec::new(),
    }
}

/// An address could not be opened.
pub(super) fn not_opened(model: &mut Model, error: &str) {
    model.finish();
    model.notice(Level::Error, SafeText::line(error).as_str());
}

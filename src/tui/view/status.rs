//! The status line: where one is, who else is, over which network; last and first kept, what needs attention now.

use ratatui::buffer::Buffer;

use super::{put, writing};
use crate::session::{Network, Reach};
use crate::text::SafeText;
use crate::tui::mode_keys;
use crate::tui::model::{Area, MAX_ROWS, Mode, Model, Place, Role, Scroll, details_page, network_page};
use crate::tui::text::width;
use crate::tui::theme::Theme;

/// Columns of a line that is answered.
const ANSWERED: usize = 20;
/// Columns of a topic at most.
const TOPIC: usize = 40;

pub(super) fn render(buffer: &mut Buffer, area: Area, model: &Model, theme: &Theme) {
    buffer.set_style(area.into(), theme.style(Role::Status));
    let right = area.x + area.width;
    if let Some(completion) = &model.completion {
        let (choices, current) = completion.choices();
        candidates(buffer, area, choices, current, theme);
        return;
    }
    let room = usize::from(area.width).saturating_sub(2);
    if let Some(question) = writing::question(model, room) {
        let x = area.x + u16::from(area.width > 2);
        put(buffer, x, area.y, right, SafeText::line(&question).as_str(), theme.style(Role::Alert));
        return;
    }
    let alert = SafeText::line(&alerts(model).join(" · "));
    if let Some(hint) =
        writing::hint(model, room).filter(|_| alert.as_str().is_empty() && model.mode.is_write())
    {
        let x = area.x + u16::from(area.width > 2);
        put(buffer, x, area.y, right, SafeText::line(&hint).as_str(), theme.style(Role::Status));
        return;
    }
    let facts = if model.mode.is_write() { facts(model) } else { mode(model) };
    // What does not fit beside the alert goes from the end: the room is kept longest.
    let fits = |n: usize| {
        let texts =
            facts.iter().take(n).map(SafeText::as_str).chain([alert.as_str()]).filter(|t| !t.is_empty());
        let widths: Vec<usize> = texts.map(|t| width::columns(t) + 3).collect();
        widths.iter().sum::<usize>() <= room + 3
    };
    let shown = (0..=facts.len()).rev().find(|n| fits(*n)).unwrap_or(0);
    let mut x = area.x + u16::from(area.width > 2);
    let locked = matches!(model.place(), Place::Room(room) if room.is_locked());
    let place = if locked && model.mode.is_write() { Role::Private } else { Role::Status };
    let role = |n: usize| if n == 0 { place } else { Role::Status };
    let texts =
        facts.iter().take(shown).enumerate().map(|(n, fact)| (fact, role(n))).chain([(&alert, Role::Alert)]);
    for (n, (text, role)) in texts.filter(|(text, _)| !text.as_str().is_empty()).enumerate() {
        if n > 0 {
            x = put(buffer, x, area.y, right, " · ", theme.style(Role::Status));
        }
        x = put(buffer, x, area.y, right, text.as_str(), theme.style(role));
    }
}

/// How many are here, oneself counted.
pub(super) fn online(model: &Model) -> String {
    format!("{} online", model.people.list().len() + 1)
}

fn facts(model: &Model) -> Vec<SafeText> {
    let topic = topic(model);
    let mut facts = vec![model.place_name(model.place()).to_string()];
    facts.extend(model.gone.map(|_| "you are away".to_owned()));
    facts.extend(typing(model));
    facts.push(online(model));
    facts.extend(model.prefs.mouse.then(|| "mouse on".to_owned()));
    facts.extend(topic);
    facts.extend(model.network.as_ref().and_then(network));
    facts.iter().map(|fact| SafeText::line(fact)).collect()
}

/// What the room is about.
fn topic(model: &Model) -> Option<String> {
    let Place::Room(room) = model.place() else { return None };
    let known = model.rooms.iter().find(|known| known.name == room)?;
    (!known.topic.as_str().is_empty()).then(|| width::shorten(known.topic.as_str(), TOPIC))
}

/// Who is typing here.
fn typing(model: &Model) -> Option<String> {
    let names: Vec<String> =
        model.typing.within(model.place()).map(|peer| model.peer_name(peer).to_string()).collect();
    match names.as_slice() {
        [] => None,
        [one] => Some(format!("{one} is typing")),
        [one, other] => Some(format!("{one} and {other} are typing")),
        many => Some(format!("{} are typing", many.len())),
    }
}

/// What the keys do in a mode, and how far it has come.
fn mode(model: &Model) -> Vec<SafeText> {
    let (mode, area) = (&model.mode, model.layout().log);
    let progress = match mode {
        Mode::Search(search) if search.query.as_str().is_empty() => None,
        Mode::Search(search) => Some(match search.at {
            None => "nothing found".to_owned(),
            Some(at) => format!("{} of {}", at + 1, search.found.len()),
        }),
        Mode::Switch(switcher) => Some(format!("{} found", switcher.rows().len())),
        Mode::List(list) => Some(format!("{} of {}", list.at + 1, list.items.len())),
        Mode::Page(page) => rest(page.rows(area.width).len(), page.first, area.height),
        Mode::Details(shown) => rest(details_page(model, shown, area.width).len(), shown.first, area.height),
        Mode::Network(first) => rest(network_page(model, area.width).len(), *first, area.height),
        _ => None,
    };
    progress.into_iter().chain(mode_keys::hints(mode)).map(|text| SafeText::line(&text)).collect()
}

/// How much of a page is below what is seen.
fn rest(rows: usize, first: usize, height: u16) -> Option<String> {
    let below = rows.saturating_sub(first).saturating_sub(usize::from(height));
    (below > 0).then(|| format!("▼{below} more rows"))
}

fn network(network: &Network) -> Option<String> {
    let (first, rest) = network.interfaces.split_first()?;
    if network.reach() == Reach::Machine {
        return Some(format!("this machine only ({})", first.name));
    }
    let more = if rest.is_empty() { String::new() } else { format!(" +{}", rest.len()) };
    Some(format!("{} {}{more}", first.name, first.address))
}

fn alerts(model: &Model) -> Vec<String> {
    let mut alerts = Vec::new();
    alerts.extend(model.hint.clone());
    if let Some(to) = &model.answering {
        let quoted = width::shorten(SafeText::line(to.text.as_str()).as_str(), ANSWERED);
        alerts.push(match model.size.0 {
            0..60 => format!("answer to {} · Esc: none", to.from),
            _ => format!("answer to {}: {quoted} · Esc: none", to.from),
        });
    }
    if model.leaving {
        alerts.push("Ctrl+C again quits".to_owned());
    }
    if let Some(network) = &model.network {
        if network.interfaces.is_empty() {
            alerts.push("no network: waiting for an interface".to_owned());
        }
        let broken = network.interfaces.iter().filter_map(|i| Some((i, i.problem.as_ref()?)));
        alerts.extend(broken.map(|(i, problem)| format!("{} cannot send: {problem}", i.name)));
    }
    if let Some((got, missing)) = model.catching_up {
        alerts.push(format!("fetching earlier lines: {got} of {}", got.saturating_add(missing)));
    }
    alerts.extend(super::transfer::alert(model));
    if !model.mode.is_write() {
        alerts.extend((model.unread > 0).then(|| format!("{} new", model.unread)));
    } else if model.scroll != Scroll::Newest {
        alerts.push(match model.view().news_below() {
            0 => "▼ more below".to_owned(),
            n => format!("▼{n} new"),
        });
    }
    let rows = model.composer.rows().len();
    if rows > MAX_ROWS {
        alerts.push(match model.composer.lines() {
            1 => format!("{rows} rows: Enter sends"),
            n => format!("{n} lines: Enter sends them as one"),
        });
    }
    alerts
}

/// The candidates of a completion, around the one that is in the composer.
fn candidates(buffer: &mut Buffer, area: Area, choices: &[String], current: Option<usize>, theme: &Theme) {
    let room = usize::from(area.width);
    let to_current: usize =
        choices.iter().take(current.unwrap_or(0) + 1).map(|c| width::columns(c) + 1).sum();
    let mut over = (to_current + 1).saturating_sub(room);
    let mut x = area.x + u16::from(area.width > 2);
    for (n, choice) in choices.iter().enumerate() {
        if over > 0 && current != Some(n) {
            over = over.saturating_sub(width::columns(choice) + 1);
            continue;
        }
        let text = if current == Some(n) { format!("[{choice}]") } else { choice.clone() };
        let role = if current == Some(n) { Role::Alert } else { Role::Status };
        x = put(buffer, x, area.y, area.x + area.width, SafeText::line(&text).as_str(), theme.style(role))
            + 1;
    }
}

//! The switcher, and the keys that go from place to place.

use super::{Effect, social};
use crate::chat::PeerState;
use crate::text::SafeText;
use crate::tui::command::TABLE;
use crate::tui::mode_keys::Act;
use crate::tui::model::{Choice, Mode, Model, Place, Row, Switcher};

/// Rows that a large step moves.
const PAGE: isize = 10;

/// Opens the switcher: first where something was said, then the other places, rooms, people, and commands.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    model.finish();
    let mut rows: Vec<(bool, Row)> = Vec::new();
    let here = model.buffers.at();
    for (at, tab) in model.buffers.tabs().iter().enumerate().filter(|(at, _)| *at != here) {
        let unread = model.unread_in(at);
        let about = if unread > 0 { format!("{unread} new") } else { String::new() };
        rows.push((unread == 0, row(model, tab.place, &about)));
    }
    rows.sort_by_key(|(quiet, _)| *quiet);
    let mut rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
    for room in model.rooms.iter().filter(|room| !model.has_place(Place::Room(room.name))) {
        let people = match room.members.len() {
            1 => "1 person".to_owned(),
            n => format!("{n} people"),
        };
        let topic =
            if room.topic.as_str().is_empty() { String::new() } else { format!(" · {}", room.topic) };
        rows.push(row(model, Place::Room(room.name), &format!("join: {people}{topic}")));
    }
    for peer in model.people.list().iter().filter(|peer| !model.has_place(Place::Peer(peer.id))) {
        let away = peer.away.is_some() || peer.state == PeerState::Quiet;
        let about = if away { "private conversation (away)" } else { "private conversation" };
        rows.push(row(model, Place::Peer(peer.id), about));
    }
    rows.extend(TABLE.iter().map(|spec| Row {
        name: SafeText::line(&format!("/{}", spec.name)),
        about: SafeText::line(spec.help),
        choice: Choice::Command(spec.name),
    }));
    model.mode = Mode::Switch(Switcher::new(rows));
    vec![Effect::Rooms { show: false }]
}

fn row(model: &Model, place: Place, about: &str) -> Row {
    Row { name: model.place_name(place), about: SafeText::line(about), choice: Choice::Place(place) }
}

/// Adds to what is looked for.
pub(super) fn write(model: &mut Model, text: &str) {
    if let Mode::Switch(switcher) = &mut model.mode {
        let query = format!("{}{text}", switcher.query);
        switcher.set_query(&query);
    }
}

pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    let Mode::Switch(switcher) = &mut model.mode else { return Vec::new() };
    match act {
        // The list grows from the bottom up.
        Act::Up => switcher.go(1),
        Act::Down => switcher.go(-1),
        Act::PageUp => (0..PAGE).for_each(|_| switcher.go(1)),
        Act::PageDown => (0..PAGE).for_each(|_| switcher.go(-1)),
        Act::Erase => {
            let mut query = switcher.query.to_string();
            query.pop();
            switcher.set_query(&query);
        }
        Act::EraseAll => switcher.set_query(""),
        Act::Choose => return choose(model),
        _ => {}
    }
    Vec::new()
}

fn choose(model: &mut Model) -> Vec<Effect> {
    let Mode::Switch(switcher) = &model.mode else { return Vec::new() };
    let query = switcher.query.as_str().trim().to_owned();
    let choice = switcher.chosen().map(|row| row.choice.clone());
    super::modes::leave(model);
    match choice {
        Some(Choice::Place(place)) => social::go(model, place),
        Some(Choice::Command(name)) => {
            let written =
                if model.composer.is_empty() { String::new() } else { model.composer.text().to_owned() };
            model.composer.set(&format!("/{name} {written}"));
            Vec::new()
        }
        // A name that is nowhere is that of a new room.
        None => match query.parse() {
            Ok(room) => social::go(model, Place::Room(room)),
            Err(error) => {
                model.hint = Some(error.to_string());
                Vec::new()
            }
        },
    }
}

/// Goes to the place of this number in the bar.
pub(super) fn number(model: &mut Model, number: u8) {
    let at = usize::from(number).saturating_sub(1);
    match model.buffers.tabs().get(at).map(|tab| tab.place) {
        Some(place) => model.show(place),
        None => model.hint = Some(format!("there is no {number}; Ctrl+G finds rooms and people")),
    }
}

/// Goes where something was said that was not seen; when there is nothing, back to where one was.
pub(super) fn activity(model: &mut Model) {
    match model.buffers.most_active().or(model.buffers.last()) {
        Some(place) => model.show(place),
        None => model.hint = Some("nothing was said elsewhere".to_owned()),
    }
}

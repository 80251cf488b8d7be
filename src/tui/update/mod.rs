//! What changes the model, and what is to be done about it. Pure: no clock, no terminal, no network.

mod answers;
mod copy_view;
mod effect;
mod hear;
mod keys;
mod list;
mod lock;
mod modes;
mod msg;
mod net;
mod notify;
mod obey;
mod page;
mod past;
mod private;
mod search;
mod select;
mod set;
mod social;
mod switch;
mod transfer;
mod trust;
mod write;

pub use effect::Effect;
pub use msg::{Fresh, Msg};
pub use transfer::News;

use super::key::Key;
use super::model::{Level, Model};
use crate::session::Update;
use crate::text::SafeText;

/// A key: the user is there, and may be writing.
fn key_pressed(model: &mut Model, key: Key) -> Vec<Effect> {
    let mut effects = social::active(model);
    let (before, place) = (model.composer.text().len(), model.place());
    effects.extend(keys::pressed(model, key));
    let longer = model.composer.text().len() > before && model.place() == place;
    effects.extend(longer.then(|| social::typed(model)).flatten());
    effects
}

/// Changes `model` by what has happened and tells what is to be done.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    lock::undisturbed(model, msg, take)
}

#[expect(clippy::too_many_lines, reason = "one arm a message, each of a few lines")]
fn take(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let mut effects = match msg {
        Msg::Key(key) => {
            model.calls.key(model.now);
            key_pressed(model, key)
        }
        Msg::Paste(text) => {
            model.calls.key(model.now);
            if !modes::pasted(model, &text) {
                write::paste(model, &text);
            }
            Vec::new()
        }
        Msg::Wheel { key, up, rows } => {
            model.calls.key(model.now);
            let mut effects = social::active(model);
            effects.extend(keys::wheel(model, key, up, rows));
            effects
        }
        Msg::Resize(width, height) => {
            model.size = (width, height);
            Vec::new()
        }
        Msg::Focus(focused) => {
            model.focused = focused;
            model.calls.focus(model.now);
            Vec::new()
        }
        Msg::Update(Update::Event(event)) => {
            hear::event(model, event);
            Vec::new()
        }
        Msg::Update(Update::Network(network)) => {
            hear::network(model, network);
            Vec::new()
        }
        Msg::Update(Update::Met { .. }) => Vec::new(), // for the profile, not for the screen
        Msg::Update(Update::Trusted { peer, verified, .. }) => {
            trust::decided(model, peer, verified);
            Vec::new()
        }
        Msg::Update(Update::Popup(popup)) => {
            hear::popup(model, popup);
            Vec::new()
        }
        Msg::Update(Update::Social { rooms, ignored }) => {
            social::told(model, rooms, ignored);
            Vec::new()
        }
        Msg::PastOf(place, recent) => {
            social::past(model, place, recent);
            Vec::new()
        }
        Msg::Rooms(rooms, show) => {
            social::rooms(model, rooms, show);
            Vec::new()
        }
        Msg::Locked(room) => {
            lock::needed(model, room);
            Vec::new()
        }
        Msg::LockChanged(room, problem) => {
            lock::changed(model, room, problem.as_deref());
            Vec::new()
        }
        Msg::NotJoined(room, error) => {
            social::not_joined(model, room, &error);
            Vec::new()
        }
        Msg::Kept(lines) => {
            private::list(model, &lines);
            Vec::new()
        }
        Msg::Withdrawn(reader, count) => {
            private::withdrawn(model, reader, count);
            Vec::new()
        }
        Msg::Failed { typed, error } => {
            model.notice(Level::Error, SafeText::line(&error).as_str());
            if model.composer.is_empty() {
                model.composer.set(&typed);
            }
            Vec::new()
        }
        Msg::Past(recent) => {
            hear::past_of_the_lobby(model, Some(recent));
            Vec::new()
        }
        Msg::Written { draft, sent } => {
            write::restored(model, &draft, &sent);
            Vec::new()
        }
        Msg::Edited(result) => {
            write::edited(model, result);
            Vec::new()
        }
        Msg::Files { typed, found } => {
            write::found_files(model, &typed, &found);
            Vec::new()
        }
        Msg::Reloaded(result) => {
            write::reloaded(model, result);
            Vec::new()
        }
        Msg::Heard(heard) => {
            obey::show_heard(model, heard);
            Vec::new()
        }
        Msg::Neighbours(neighbours) => {
            obey::show_neighbours(model, &neighbours);
            Vec::new()
        }
        Msg::File(news) => transfer::news(model, news),
        other @ (Msg::HeardOf(..)
        | Msg::Found(..)
        | Msg::Around(..)
        | Msg::Report(_)
        | Msg::PairWords(..)
        | Msg::NotOpened(_)
        | Msg::Tick) => answers::take(model, other),
        Msg::Who(peers) => {
            obey::show_who(model, peers);
            Vec::new()
        }
    };
    effects.extend(std::mem::take(&mut model.wanted).into_iter().map(Effect::PastOf));
    if std::mem::take(&mut model.ask_rooms) {
        effects.push(Effect::Rooms { show: false });
    }
    model.composer.set_width(model.composer_width());
    effects.extend(model.calls.take(model.now).map(Effect::Call));
    if model.sees_newest() {
        model.seen();
        // Before the places of an earlier run are back, the lobby is shown for a moment only.
        if model.places_changed().is_some() && std::mem::take(&mut model.unmarked) {
            effects.push(Effect::Read { room: model.room.clone() });
        }
    }
    effects
}

#[cfg(test)]
mod tests;

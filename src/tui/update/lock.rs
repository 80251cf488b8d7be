//! Locked rooms: the question for a passphrase, and what it leads to.

use super::{Effect, Msg, social};
use crate::chat::{LockNews, Passphrase, RoomName};
use crate::text::SafeText;
use crate::tui::mode_keys::Act;
use crate::tui::model::{Asking, Level, Mode, Model, Place, Purpose};

/// What follows `/join` besides the name.
const LOCK: &str = "--lock";
const OPEN: &str = "--open";

/// Goes to the room that `/join` names: a locked one asks for its passphrase, unless its key is still kept.
pub(super) fn join(model: &mut Model, rest: &str) -> Result<Vec<Effect>, String> {
    let (flags, names): (Vec<&str>, Vec<&str>) =
        rest.split_whitespace().partition(|word| word.starts_with("--"));
    let [name] = names.as_slice() else {
        return Err(
            "one room at a time, and no passphrase here, where it can be seen: /join ROOM --lock asks for it"
                .to_owned(),
        );
    };
    let room = RoomName::from_shown(name).map_err(|e| format!("{e}"))?;
    match flags.as_slice() {
        [] if room.is_locked() || is_locked(model, room) => {
            let room = room.to_locked();
            let mut effects = social::go(model, Place::Room(room));
            if !effects.contains(&Effect::Join(room)) {
                effects.push(Effect::Join(room)); // its place may be here since an earlier run, without the key
            }
            Ok(effects)
        }
        [] | [OPEN] => Ok(social::go(model, Place::Room(room.to_open()))),
        [LOCK] if room.to_open().is_lobby() => {
            Err("the lobby cannot be locked; choose another room".to_owned())
        }
        [LOCK] => {
            ask(model, room, Purpose::Join);
            Ok(Vec::new())
        }
        _ => Err("write: /join ROOM, /join ROOM --lock, or /join ROOM --open".to_owned()),
    }
}

/// Whether by this name the locked room is meant: the user has been in it, and is not in the open one.
fn is_locked(model: &Model, room: RoomName) -> bool {
    let known = model.rooms.iter().any(|known| known.name == room.to_locked());
    !model.has_place(Place::Room(room.to_open())) && (known || model.has_place(Place::Room(room.to_locked())))
}

/// `/lock`: gives the room that is shown another passphrase.
pub(super) fn change(model: &mut Model) -> Result<Vec<Effect>, String> {
    match model.place() {
        Place::Room(room) if room.is_locked() => {
            ask(model, room, Purpose::Change);
            Ok(Vec::new())
        }
        _ => Err(
            "this place has no passphrase: an open room cannot be locked; /join ROOM --lock makes a locked one"
                .to_owned(),
        ),
    }
}

fn ask(model: &mut Model, room: RoomName, purpose: Purpose) {
    model.finish();
    model.completion = None;
    model.mode = Mode::Passphrase(Box::new(Asking::new(room.to_locked(), purpose)));
}

/// The key of a room that was to be joined is not here.
pub(super) fn needed(model: &mut Model, room: RoomName) {
    if model.mode.is_write() && model.composer.is_empty() {
        ask(model, room, Purpose::Join);
    } else {
        model.within(Place::Room(room), |model| {
            model.notice(Level::Info, LockNews::Wanted.text(room).as_str());
        });
    }
}

/// Adds to the passphrase: of what is pasted, the first line.
pub(super) fn write(model: &mut Model, text: &str) {
    let Mode::Passphrase(asking) = &mut model.mode else { return };
    asking.problem = None;
    if !asking.typed.push(text.lines().next().unwrap_or_default()) {
        asking.problem = Some("too long; passphrase");
    }
}

pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    let Mode::Passphrase(asking) = &mut model.mode else { return Vec::new() };
    match act {
        Act::Erase => asking.typed.pop(),
        Act::EraseAll => asking.typed.clear(),
        Act::Choose => return answered(model),
        _ => {}
    }
    Vec::new()
}

fn answered(model: &mut Model) -> Vec<Effect> {
    let Mode::Passphrase(asking) = &mut model.mode else { return Vec::new() };
    let typed = std::mem::take(&mut asking.typed);
    asking.problem = None;
    if typed.is_empty() {
        asking.problem = Some("empty; passphrase");
        return Vec::new();
    }
    match (asking.purpose, asking.first.take()) {
        (Purpose::Change, None) => {
            asking.first = Some(typed);
            Vec::new()
        }
        (Purpose::Change, Some(first)) if first != typed => {
            asking.problem = Some("not the same; new passphrase");
            Vec::new()
        }
        (purpose, _) => {
            let room = asking.room;
            model.mode = Mode::Write;
            opened(model, room, purpose, typed)
        }
    }
}

fn opened(model: &mut Model, room: RoomName, purpose: Purpose, passphrase: Passphrase) -> Vec<Effect> {
    if purpose == Purpose::Change {
        return vec![Effect::ChangeLock { room, passphrase }];
    }
    let place = Place::Room(room);
    let new = model.open(place);
    model.show(place);
    let mut effects = vec![Effect::JoinLocked { room, passphrase }];
    effects.extend(new.then_some(Effect::PastOf(place)));
    effects.push(Effect::Rooms { show: false });
    effects
}

/// News of a locked room, shown in its place. That its passphrase is wanted is said where the user is, too: at the start that is
/// the lobby.
pub(super) fn news(model: &mut Model, room: RoomName, news: &LockNews) {
    let (now, place) = (model.stamp(), Place::Room(room));
    let level = if *news == LockNews::Wanted { Level::Info } else { Level::Error };
    if *news == LockNews::Wanted && model.has_place(place) && model.place() != place {
        model.log.add_notice(now, level, news.text(room));
    }
    model.within(place, |model| model.log.add_notice(now, level, news.text(room)));
}

/// The passphrase of a room was changed, or was not.
pub(super) fn changed(model: &mut Model, room: RoomName, problem: Option<&str>) {
    let text = match problem {
        None => format!(
            "#{room} has another passphrase now, and whoever is to read on must be given it: by another way, not here"
        ),
        Some(problem) => problem.to_owned(),
    };
    let level = if problem.is_some() { Level::Error } else { Level::Info };
    let text = SafeText::line(&text);
    model.within(Place::Room(room), |model| model.notice(level, text.as_str()));
}

/// What comes while a passphrase is being typed does not end that: the rest of it would go into the composer, and be said.
pub(super) fn undisturbed<T>(model: &mut Model, msg: Msg, update: impl FnOnce(&mut Model, Msg) -> T) -> T {
    let asked = matches!(model.mode, Mode::Passphrase(_)) && !matches!(msg, Msg::Key(_) | Msg::Paste(_));
    let asking = asked.then(|| std::mem::take(&mut model.mode));
    let done = update(model, msg);
    if let Some(asking) = asking {
        model.mode = asking;
    }
    done
}

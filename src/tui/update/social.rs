//! Rooms and people: what the commands about them do, and what the session answers.

use super::{Effect, hear, lock, private, transfer};
use crate::chat::limits::MAX_REACTION;
use crate::chat::{Answered, Kind, Peer, PeerId, PeerState, Room, RoomName, SayError, Trust, one_grapheme};
use crate::history::Recent;
use crate::session::{Whither, find};
use crate::text::SafeText;
use crate::tui::command::Command;
use crate::tui::model::{AwayBy, Level, Model, Place};
use crate::tui::text::width;

/// Names listed of a room's members.
const NAMED: usize = 8;
/// Columns of a line that is quoted when it is reacted to.
const QUOTED: usize = 40;

/// Says something where the user is.
pub(super) fn say(model: &mut Model, kind: Kind, text: String, typed: &str) -> Vec<Effect> {
    let typed = typed.to_owned();
    let about = model.answering.take();
    vec![match model.place() {
        Place::Peer(to) => Effect::Direct { to, kind, text, typed },
        Place::LOBBY if about.is_none() => Effect::Say { kind, text, typed },
        Place::Room(room) => Effect::SayIn { room, kind, text, typed, about },
    }]
}

/// Does one of these commands; gives any other back.
pub(super) fn command(model: &mut Model, command: Command, typed: &str) -> Result<Vec<Effect>, Command> {
    let done = match command {
        Command::Join(name) => lock::join(model, &name),
        Command::Lock => lock::change(model),
        Command::Part(name) => part(model, name.as_deref()),
        Command::Topic(topic) => self::topic(model, topic, typed),
        Command::Away(text) => {
            model.gone = Some(AwayBy::Hand);
            model.notice(Level::Info, "others see that you are away; /back when you are back");
            Ok(vec![Effect::Away(Some(text.unwrap_or_default()))])
        }
        Command::Back => Ok(back(model, true)),
        Command::Ignore(None) => {
            list_ignored(model);
            Ok(Vec::new())
        }
        Command::Ignore(Some(name)) => ignore(model, &name, true),
        Command::Unignore(name) => ignore(model, &name, false),
        Command::Whois(name) => whois(model, &name),
        Command::Rooms => Ok(vec![Effect::Rooms { show: true }]),
        Command::Reply(text) => reply(model, text, typed),
        Command::Query(name) => private::reader(model, &name).map(|peer| go(model, Place::Peer(peer))),
        Command::React(grapheme) => react(model, &grapheme, typed),
        other => return Err(other),
    };
    Ok(done.unwrap_or_else(|error| {
        model.notice(Level::Error, &error);
        Vec::new()
    }))
}

/// Shows a place; joins the room or begins the conversation, if need be.
pub(super) fn go(model: &mut Model, place: Place) -> Vec<Effect> {
    let new = model.open(place);
    model.show(place);
    let mut effects = Vec::new();
    if let Place::Room(room) = place
        && new
    {
        effects.push(Effect::Join(room));
    }
    if new {
        effects.push(Effect::PastOf(place));
        effects.push(Effect::Rooms { show: false });
    }
    effects
}

/// The room was not joined after all.
pub(super) fn not_joined(model: &mut Model, room: RoomName, error: &str) {
    model.close(Place::Room(room));
    model.notice(Level::Error, SafeText::line(error).as_str());
}

fn part(model: &mut Model, name: Option<&str>) -> Result<Vec<Effect>, String> {
    let place = match name {
        None => model.place(),
        Some(name) => named(model, name)?,
    };
    if place == Place::LOBBY {
        return Err("the lobby cannot be left; /quit leaves the chat".to_owned());
    }
    if !model.has_place(place) {
        return Err(format!("you are not in {}", model.place_name(place)));
    }
    model.close(place);
    Ok(match place {
        Place::Room(room) => vec![Effect::Part(room)],
        Place::Peer(_) => Vec::new(),
    })
}

/// The room or person that is meant.
fn named(model: &Model, name: &str) -> Result<Place, String> {
    let room = RoomName::from_shown(name).map_err(|e| e.to_string());
    let locked = room.clone().map(|room| Place::Room(room.to_locked()));
    match room.map(Place::Room) {
        Ok(open) if !model.has_place(open) && locked.as_ref().is_ok_and(|place| model.has_place(*place)) => {
            locked
        }
        Ok(place) if model.has_place(place) || name.starts_with('#') => Ok(place),
        room => peer(model, name).map(|peer| Place::Peer(peer.id)).or(room),
    }
}

pub(super) fn peer(model: &Model, name: &str) -> Result<Peer, String> {
    find(model.people.list(), name.trim_start_matches('@')).cloned().map_err(|e| e.to_string())
}

fn topic(model: &mut Model, topic: Option<String>, typed: &str) -> Result<Vec<Effect>, String> {
    let Place::Room(room) = model.place() else {
        return Err("a private conversation has no topic".to_owned());
    };
    let Some(text) = topic else {
        let told = match model.rooms.iter().find(|known| known.name == room) {
            Some(known) if !known.topic.as_str().is_empty() => {
                let by = known.topic_by.map(|peer| author(model, peer));
                format!("the topic of #{room}: {}{}", known.topic, by.unwrap_or_default())
            }
            _ => format!("#{room} has no topic; /topic TEXT sets one"),
        };
        model.notice(Level::Info, &told);
        return Ok(Vec::new());
    };
    Ok(vec![Effect::SayIn { room, kind: Kind::Topic, text, typed: typed.to_owned(), about: None }])
}

fn author(model: &Model, peer: PeerId) -> String {
    let name = if peer == model.me { "you".to_owned() } else { model.peer_name(peer).to_string() };
    format!(" (by {name})")
}

/// The user is back: tells so, if others were told of the absence. `asked`: by a command.
pub(super) fn back(model: &mut Model, asked: bool) -> Vec<Effect> {
    let Some(_) = model.gone.take() else {
        if asked {
            model.notice(Level::Info, "you were not away");
        }
        return Vec::new();
    };
    if asked {
        model.notice(Level::Info, "others see that you are back");
    }
    vec![Effect::Away(None)]
}

/// Time has passed: whoever types no more is forgotten, and a user who does nothing for long is away.
pub(super) fn tick(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    model.typing.forget(now);
    if model.gone.is_none() && model.idle_at().is_some_and(|at| at <= now) {
        model.gone = Some(AwayBy::Idleness);
        return vec![Effect::Away(Some(String::new()))];
    }
    Vec::new()
}

/// A key was pressed: whoever was away by doing nothing is back.
pub(super) fn active(model: &mut Model) -> Vec<Effect> {
    model.active_at = model.now;
    if model.gone == Some(AwayBy::Idleness) { back(model, false) } else { Vec::new() }
}

/// The text in the composer has changed: others are told, if that is switched on.
pub(super) fn typed(model: &Model) -> Option<Effect> {
    let text = model.composer.text();
    let says = !text.trim().is_empty() && (!text.starts_with('/') || text.starts_with("//"));
    (model.prefs.typing && says).then(|| {
        Effect::Typing(match model.place() {
            Place::Room(room) => Whither::Room(room),
            Place::Peer(peer) => Whither::Peer(peer),
        })
    })
}

fn list_ignored(model: &mut Model) {
    let names: Vec<String> = model.ignored.iter().map(|id| model.peer_name(*id).to_string()).collect();
    let told = match names.as_slice() {
        [] => "you hear everybody; /ignore NICK hides what one says".to_owned(),
        names => format!("you do not hear {}; /unignore NICK changes that", names.join(", ")),
    };
    model.notice(Level::Info, &told);
}

fn ignore(model: &mut Model, name: &str, on: bool) -> Result<Vec<Effect>, String> {
    let known = |id: &&PeerId| {
        let shown = model.peer_name(**id);
        let plain = shown.as_str().split('~').next();
        id.to_string() == name || id.short() == name || shown.as_str() == name || plain == Some(name)
    };
    // Who has left can be heard again, too.
    let gone = model.ignored.iter().find(known).copied().filter(|_| !on);
    let (id, name) = match (gone, peer(model, name)) {
        (Some(id), _) => (id, model.peer_name(id)),
        (None, found) => found.map(|peer| (peer.id, peer.name))?,
    };
    let told = if on {
        model.ignored.insert(id);
        format!(
            "you no longer hear {name}: what is said by this key is hidden, whatever its nickname; /unignore {name}"
        )
    } else if model.ignored.remove(&id) {
        format!("you hear {name} again")
    } else {
        return Err(format!("{name} was not ignored"));
    };
    model.notice(Level::Info, &told);
    let mut effects = vec![Effect::Ignore { peer: id, on }];
    model.ask_rooms = true; // topics that this one has set
    if on {
        effects.extend(transfer::ignored(model, id));
    }
    Ok(effects)
}

fn whois(model: &mut Model, name: &str) -> Result<Vec<Effect>, String> {
    let peer = peer(model, name)?;
    let state = match (&peer.away, peer.state) {
        (Some(text), _) if text.as_str().is_empty() => "away".to_owned(),
        (Some(text), _) => format!("away: {text}"),
        (None, PeerState::Here) => "here".to_owned(),
        (None, PeerState::Quiet) => "quiet: not heard for a while".to_owned(),
    };
    let rooms: Vec<String> = peer.rooms.iter().map(|room| format!("#{room}")).collect();
    let mut rows = vec![
        format!("{} · {state}", peer.name),
        format!("  host {} · address {} · lanchat {}", peer.host, peer.address, peer.version),
        format!("  id {} · {}", peer.id, peer.trust.as_str()),
        format!("  words {}", peer.words),
    ];
    rows.extend(peer.doubts.sentences().iter().map(|told| format!("  ! {told}")));
    rows.extend(
        (peer.trust != Trust::Verified).then(|| format!("  /verify {} compares words with it", peer.name)),
    );
    rows.extend((!rooms.is_empty()).then(|| format!("  in {}", rooms.join(" "))));
    rows.extend(peer.rtt.map(|rtt| format!("  round trip {:.1} ms", rtt.as_secs_f64() * 1000.0)));
    rows.extend(peer.ignored.then(|| "  ignored: you do not hear what is said by this key".to_owned()));
    model.explain(&rows.join("\n"));
    Ok(Vec::new())
}

/// The rooms there are; to be listed if the user has asked.
pub(super) fn rooms(model: &mut Model, rooms: Vec<Room>, show: bool) {
    model.people.set_rooms(rooms.iter().map(|room| room.name.as_str().to_owned()));
    model.rooms = rooms;
    if !show {
        return;
    }
    let row = |room: &Room| {
        let mut names: Vec<String> = room.members.iter().map(|id| model.peer_name(*id).to_string()).collect();
        names.extend(room.joined.then(|| "you".to_owned()));
        let many = names.len();
        if many > NAMED {
            names.truncate(NAMED);
            names.push(format!("{} more", many - NAMED));
        }
        let lacks = room.name.is_locked() && !room.joined;
        let who = if lacks && names.is_empty() {
            "you are not in it".to_owned()
        } else if names.is_empty() {
            "nobody now".to_owned()
        } else {
            names.join(", ")
        };
        let about =
            if room.topic.as_str().is_empty() { String::new() } else { format!(" · {}", room.topic) };
        format!("#{} · {who}{about}", room.name)
    };
    let rows: Vec<String> = model.rooms.iter().map(row).collect();
    model.explain(
        &(rows.join("\n")
            + "\n/join NAME joins a room, or makes it; /join NAME --lock asks for a passphrase"),
    );
}

/// What was said before in a place that has just been opened.
pub(super) fn past(model: &mut Model, place: Place, recent: Recent) {
    if model.has_place(place) {
        model.within(place, |model| hear::past(model, recent));
    }
}

/// The line that is answered, or else the newest one of somebody else here.
fn answered(model: &Model) -> Option<Answered> {
    let newest = || {
        let line = model.log.iter().rev().filter_map(|entry| entry.line()).find(|line| !line.own)?;
        Some(Answered { line: line.id?, from: line.from.clone(), text: line.text.clone() })
    };
    model.answering.clone().or_else(newest)
}

fn reply(model: &mut Model, text: String, typed: &str) -> Result<Vec<Effect>, String> {
    if matches!(model.place(), Place::Room(_)) {
        model.answering = Some(answered(model).ok_or("there is no line to answer")?);
    }
    Ok(say(model, Kind::Say, text, typed))
}

fn react(model: &mut Model, grapheme: &str, typed: &str) -> Result<Vec<Effect>, String> {
    let Place::Room(room) = model.place() else {
        return Err("reactions are for rooms; say it in words here".to_owned());
    };
    let to = answered(model).ok_or("there is no line to react to")?;
    model.answering = None;
    if one_grapheme(grapheme).is_none() {
        return Err(SayError::Reaction(MAX_REACTION).to_string());
    }
    // It may stand far above.
    let quoted = width::shorten(SafeText::line(to.text.as_str()).as_str(), QUOTED);
    model.hint = Some(format!("{grapheme} to {}: {quoted}", to.from));
    let (text, typed) = (grapheme.to_owned(), typed.to_owned());
    Ok(vec![Effect::SayIn { room, kind: Kind::Reaction, text, typed, about: Some(to) }])
}

/// Reacts to a chosen line with a thumb.
pub(super) fn like(model: &Model, to: Answered) -> Vec<Effect> {
    let Place::Room(room) = model.place() else { return Vec::new() };
    let (text, typed) = ("👍".to_owned(), String::new());
    vec![Effect::SayIn { room, kind: Kind::Reaction, text, typed, about: Some(to) }]
}

/// The session tells which rooms the user is in and whom the user ignores; at the start, the rooms of an earlier run.
pub(super) fn told(model: &mut Model, rooms: Vec<RoomName>, ignored: Vec<PeerId>) {
    model.ignored = ignored.into_iter().collect();
    if std::mem::replace(&mut model.social_told, true) {
        return;
    }
    for place in rooms.into_iter().map(Place::Room) {
        if model.open(place) {
            model.wanted.push(place);
        }
    }
    model.go_back();
    hear::past_of_the_lobby(model, None);
}

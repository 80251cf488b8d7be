//! What the core tells: lines, people, fates.

use std::ops::Range;

use super::private;
use crate::chat::limits::LATE;
use crate::chat::{Event, Kind, Line, Millis, Peer, PeerId};
use crate::history::{Recent, said_at};
use crate::neighbours::Popup;
use crate::session::{Network, Reach};
use crate::text::SafeText;
use crate::tui::model::{Change, Level, Missing, Model, Place, Scroll, Stamp, in_the_log};
use crate::tui::text::spelled;

/// Names remembered of those who have left.
const NAMES: usize = 16_384;
/// After the start, how long lines are taken for missed ones by their time.
const CATCH_UP: Millis = 120_000;

pub(super) fn event(model: &mut Model, event: Event) {
    let now = model.stamp();
    match event {
        Event::Line(line) => heard(model, line),
        Event::Gap { peer, from, count, epoch, numbers } => {
            let missing = Missing::of((peer, epoch), numbers, count);
            model.within(Place::LOBBY, |model| model.log.add_gap(now, from, missing));
        }
        Event::Filled { peer, epoch, numbers } => {
            model.within(Place::LOBBY, |model| filled(model, (peer, epoch), &numbers));
        }
        Event::Join(peer) => {
            let change = if peer.arrived { Change::Joined } else { Change::Present };
            let (id, name) = (peer.id, peer.name.clone());
            model.within(Place::LOBBY, |model| model.log.add_presence(now, id, name, change));
            set(model, peer);
        }
        Event::Changed(peer) => {
            let old = model.people.get(peer.id).map(|old| old.name.clone());
            renamed(model, old, peer);
        }
        Event::Nick { old, peer } => renamed(model, Some(old), peer),
        Event::Leave { peer, reason } => {
            model.people.remove(peer.id);
            model.typing.ended(peer.id);
            model.within(Place::LOBBY, |model| {
                model.log.add_presence(now, peer.id, peer.name, reason.into());
            });
        }
        Event::OwnName { name, with } => {
            let text = match with {
                Some(_) => format!(
                    "somebody else had this nickname first: others see you as {name}; /nick NAME takes another"
                ),
                None => format!("others see you as {name}, unless they know another"),
            };
            if with.is_some() || model.name != name {
                model.notice(Level::Info, &text);
            }
            model.name = name;
        }
        Event::Direct { line, to, state, .. } => private::fate(model, line, to, state),
        Event::Secret(line) => private::secret(model, line),
        Event::CatchUp { got, missing } => model.catching_up = (missing > 0).then_some((got, missing)),
        Event::Typing { peer, room, .. } => {
            let place = room.map_or(Place::Peer(peer), Place::Room);
            model.typing.heard(peer, place, model.now);
        }
        Event::Pong { peer, rtt, .. } => model.net.pong(peer, rtt),
        Event::Lock { room, news } => super::lock::news(model, room, &news),
        Event::Warning(warning) => super::trust::warned(model, &warning),
        Event::Notice(text) => model.log.add_notice(now, Level::Info, text),
    }
}

/// The network has changed. Who is heard by fewer, or by more again, is told so.
pub(super) fn network(model: &mut Model, network: Network) {
    let before = model.network.as_ref().map(Network::reach);
    let (reach, first) = (network.reach(), network.interfaces.first());
    let text = match reach {
        Reach::Nobody => "no network: nothing is sent until an interface is up".to_owned(),
        Reach::Machine => "no network: only programs on this machine hear you".to_owned(),
        Reach::Segment => format!("back on the network by {}", first.map_or("", |i| i.name.as_str())),
    };
    // At the start, the loopback alone may be what was asked for.
    if before.map_or(reach == Reach::Nobody, |before| before != reach) {
        model.notice(if reach == Reach::Segment { Level::Info } else { Level::Error }, &text);
    }
    model.network = Some(network);
}

/// A pop-up has come: it is shown, or, when there are too many, counted.
pub(super) fn popup(model: &mut Model, popup: Popup) {
    let text = in_the_log(&popup);
    if model.popups.push(model.now, model.stamp(), popup) {
        model.log.add_notice(model.stamp(), Level::Quiet, text);
    }
}

/// What was said in the lobby before this start, as soon as it is known whether the lobby is shown.
pub(super) fn past_of_the_lobby(model: &mut Model, recent: Option<Recent>) {
    if let Some(recent) = model.past_of_the_lobby(recent) {
        model.within(Place::LOBBY, |model| past(model, recent));
    }
}

/// What was said before this start: above everything that is shown already.
pub(super) fn past(model: &mut Model, recent: Recent) {
    let Recent { lines, unread, marked } = recent;
    model.away.mark = marked && unread.is_none();
    let first_new = unread;
    let (mut past, mut unread) = (Vec::new(), None);
    let (offset, here, me) = (model.utc_offset, model.place(), model.me);
    for (n, line) in lines.into_iter().enumerate().filter(|(_, line)| Place::of(line, me) == here) {
        if line.kind == Kind::Reaction {
            model.reactions.add(&line);
            continue;
        }
        if first_new.is_some_and(|new| n >= new) && unread.is_none() {
            unread = Some(past.len());
        }
        let missed = !line.own && line.received_at < model.away.until;
        if missed && model.buffers.behind && first_new.is_some_and(|new| n >= new) {
            let concerns = model.concerns(&line);
            model.unseen(concerns); // the bar tells
        }
        let mut line = line;
        if let Some(peer) = line.peer.and_then(|id| model.people.get(id)) {
            line.trust = peer.trust; // by what is known of the key now
        }
        let to = reader(model, &line);
        spell(model, &mut line);
        past.push((Stamp::new(said_at(&line), offset), line, to));
    }
    let ids: Vec<_> = past.iter().filter_map(|(_, line, _)| line.id).collect();
    model.log.prepend(model.stamp(), past, unread);
    for id in ids {
        let text = reactions_of(model, id);
        model.log.set_reactions(id, text);
        if let Some(state) = model.fates.of(id) {
            model.log.set_fate(id, state);
        }
    }
    model.unmarked |= unread.is_some();
}

/// A line, wherever it belongs.
fn heard(model: &mut Model, line: Line) {
    let place = Place::of(&line, model.me);
    if model.open(place) {
        model.wanted.push(place);
    }
    if let Some(peer) = line.peer {
        model.typing.ended(peer);
    }
    if let (Kind::Topic, Place::Room(room)) = (line.kind, place)
        && let Some(known) = model.rooms.iter_mut().find(|known| known.name == room)
    {
        if line.late {
            model.ask_rooms = true; // there may be a newer one
        } else {
            (known.topic, known.topic_by) = (line.text.clone(), line.peer);
        }
    }
    if line.kind == Kind::Reaction {
        if model.reactions.add(&line) {
            model.within(place, |model| show_reactions(model, &line));
        }
        return;
    }
    model.within(place, |model| said(model, line));
}

/// Shows what a reaction has changed.
fn show_reactions(model: &mut Model, reaction: &Line) {
    if let Some(id) = reaction.about.as_ref().map(|about| about.line) {
        let text = reactions_of(model, id);
        model.log.set_reactions(id, text);
    }
}

fn reactions_of(model: &Model, id: crate::chat::LineId) -> SafeText {
    let one = |(text, count): (SafeText, usize)| match count {
        1 => text.to_string(),
        n => format!("{text}{n}"),
    };
    let text = SafeText::line(&model.reactions.of(id).into_iter().map(one).collect::<Vec<_>>().join(" "));
    if model.prefs.emoji_codes { spelled(&text) } else { text }
}

/// Spells the emoji of a line out, if the user wants that.
pub(super) fn spell(model: &Model, line: &mut Line) {
    if model.prefs.emoji_codes {
        line.text = spelled(&line.text);
    }
}

fn said(model: &mut Model, mut line: Line) {
    spell(model, &mut line);
    let at = if line.late { line.sent_at } else { line.received_at };
    let at = Stamp::new(at, model.utc_offset);
    if let Some(peer) = line.peer.filter(|_| !line.own) {
        model.people.spoke(peer);
        if !line.late && !is_missed(model, &line) {
            let ahead = |a: Millis, b: Millis| i64::try_from(a.saturating_sub(b)).unwrap_or(i64::MAX);
            model
                .net
                .spoke(peer, ahead(line.sent_at, line.received_at) - ahead(line.received_at, line.sent_at));
        }
    }
    let own = line.own;
    let concerns = model.concerns(&line);
    let (to, id) = (reader(model, &line), line.id);
    // A late line that fills no gap goes where its time belongs. What was said before this run is no news.
    let displaced = line.late && line.id.is_some_and(|id| !model.log.has_gap(id));
    let seen = model.sees_newest();
    let past = displaced && line.sent_at < model.away.until || is_missed(model, &line);
    if !own && !seen && !past && model.unread == 0 && line.id.is_none_or(|id| !model.log.shows(id)) {
        mark_unread(model);
    }
    let call = model.call_for(&line).filter(|_| !past || line.private && line.late);
    line.late &= line.private || !past; // what was said before this run is where it belongs, and nobody missed it
    let added = if past || displaced {
        let at = Stamp::new(said_at(&line), model.utc_offset);
        let mark = past && model.away.mark && !own && line.id.is_none_or(|id| !model.log.shows(id));
        model.away.mark &= !mark;
        model.log.add_missed(at, line, to, mark)
    } else {
        model.log.add_line(at, line, to)
    };
    if added.is_none() {
        return;
    }
    if let Some(id) = id {
        if let Some(state) = model.fates.of(id) {
            model.log.set_fate(id, state);
        }
        let text = reactions_of(model, id);
        model.log.set_reactions(id, text); // they may have come before the line
    }
    model.unmarked = true;
    if let Some(call) = call {
        model.call(call);
    }
    if !own && !seen {
        model.unseen(concerns);
    }
}

/// What was missing has come. If its gap is what holds the view, the last row above it does now.
fn filled(model: &mut Model, run: (PeerId, u32), numbers: &Range<u32>) {
    for (gap, above) in model.log.fill(run, numbers) {
        if let Scroll::At { entry, row, .. } = &mut model.scroll
            && *entry == gap
            && let Some(above) = above
        {
            (*entry, *row) = (above, usize::MAX);
        }
    }
}

/// The first line comes that the user does not see.
fn mark_unread(model: &mut Model) {
    let held = match model.scroll {
        Scroll::At { entry, .. } => Some(entry),
        Scroll::Newest => None,
    };
    model.log.move_mark(model.stamp(), held);
}

/// Whether a line that is not late was said before this run began. Only what was said just before can be that, by the clock of its
/// author as it is known; whose clock is slow seems to speak in the past all the time, and after one's own was set back everybody
/// does: that must not hide what is said now.
fn is_missed(model: &Model, line: &Line) -> bool {
    let began = model.away.until;
    let before = began.saturating_sub(LATE)..began;
    !line.late && before.contains(&line.sent_at) && (began..began + CATCH_UP).contains(&model.now)
}

/// Name of the reader of an own private line.
pub(super) fn reader(model: &Model, line: &Line) -> Option<SafeText> {
    let id = line.to.filter(|_| line.own && line.private)?;
    Some(model.peer_name(id))
}

fn renamed(model: &mut Model, old: Option<SafeText>, peer: Peer) {
    let told = !model.ignored.contains(&peer.id); // a name can say something, too
    if let Some(old) = old.filter(|old| told && *old != peer.name) {
        let (now, name) = (model.stamp(), peer.name.clone());
        model.within(Place::LOBBY, |model| model.log.add_rename(now, peer.id, old, name));
    }
    set(model, peer);
}

/// Notes a peer, and its name for when it has left.
fn set(model: &mut Model, peer: Peer) {
    if model.people.get(peer.id).is_none_or(|old| old.trust != peer.trust) {
        for place in model.all_places() {
            model.within(place, |model| model.log.set_trust(peer.id, peer.trust));
        }
    }
    if model.people.get(peer.id).is_none_or(|old| old.name != peer.name) {
        model.within(Place::Peer(peer.id), |model| model.log.set_reader(peer.id, &peer.name));
    }
    if model.met.len() < NAMES || model.met.contains_key(&peer.id) {
        model.met.insert(peer.id, peer.name.clone());
    }
    model.people.set(peer);
}

//! What the core tells: lines, people, fates.

use crate::chat::{DirectState, Event, Line, Millis, Peer};
use crate::history::{Recent, said_at};
use crate::neighbours::Popup;
use crate::session::{Network, Reach};
use crate::text::SafeText;
use crate::tui::model::{Change, EntryId, Level, Model, Scroll, Stamp, in_the_log};

/// After the start, how long lines are taken for missed ones by their time.
const CATCH_UP: Millis = 120_000;

pub(super) fn event(model: &mut Model, event: Event) {
    let now = model.stamp();
    match event {
        Event::Line(line) => said(model, line),
        Event::Gap { peer, from, count } => model.log.add_gap(now, peer, from, count),
        Event::Join(peer) => {
            let change = if peer.arrived { Change::Joined } else { Change::Present };
            model.log.add_presence(now, peer.id, peer.name.clone(), change);
            model.people.set(peer);
        }
        Event::Changed(peer) => {
            let old = model.people.get(peer.id).map(|old| old.name.clone());
            renamed(model, old, peer);
        }
        Event::Nick { old, peer } => renamed(model, Some(old), peer),
        Event::Leave { peer, reason } => {
            model.people.remove(peer.id);
            model.log.add_presence(now, peer.id, peer.name, reason.into());
        }
        Event::OwnName { name, with } => {
            let text = match with {
                Some(_) => format!(
                    "somebody else had this nickname first: others see you as {name}; /nick NAME takes another"
                ),
                None => format!("others see you as {name}"),
            };
            if with.is_some() || model.name != name {
                model.notice(Level::Info, &text);
            }
            model.name = name;
        }
        Event::Direct { id, state, .. } => {
            let known = model.directs.fate(id, state);
            mark(model, known);
        }
        Event::CatchUp { got, missing } => model.catching_up = (missing > 0).then_some((got, missing)),
        Event::Pong { peer, rtt, .. } => model.net.pong(peer, rtt),
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

/// Marks an own private line with what became of it.
pub(super) fn mark(model: &mut Model, known: Option<(EntryId, DirectState)>) {
    if let Some((entry, state)) = known {
        model.log.set_fate(entry, state);
    }
}

/// What was said before this start: above everything that is shown already.
pub(super) fn past(model: &mut Model, recent: Recent) {
    let Recent { lines, unread, marked } = recent;
    model.away.mark = marked && unread.is_none();
    let offset = model.utc_offset;
    let lines = lines.into_iter().map(|line| {
        let to = reader(model, &line);
        (Stamp::new(said_at(&line), offset), line, to)
    });
    let lines = lines.collect();
    model.log.prepend(model.stamp(), lines, unread);
    model.unmarked |= unread.is_some();
}

fn said(model: &mut Model, line: Line) {
    let at = if line.late { line.sent_at } else { line.received_at };
    let at = Stamp::new(at, model.utc_offset);
    if let Some(peer) = line.peer.filter(|_| !line.own) {
        model.people.spoke(peer);
        model.net.spoke(peer);
    }
    let (own, direct) = (line.own, line.own && line.private);
    let to = reader(model, &line);
    // A late line that fills no gap was said before this program heard its author: it goes where its time belongs, too.
    let before = line.late && line.id.is_some_and(|id| !model.log.has_gap(id));
    let seen = model.sees_newest();
    let past = before || is_missed(model, &line);
    if !own && !seen && !past && model.unread == 0 && line.id.is_none_or(|id| !model.log.shows(id)) {
        mark_unread(model);
    }
    let call = model.call_for(&line).filter(|_| !past);
    let added = if past {
        let at = Stamp::new(said_at(&line), model.utc_offset);
        let mark = model.away.mark && !own && line.id.is_none_or(|id| !model.log.shows(id));
        model.away.mark &= !mark;
        model.log.add_missed(at, line, to, mark)
    } else {
        model.log.add_line(at, line, to)
    };
    let Some(entry) = added else { return };
    model.unmarked = true;
    if let Some(call) = call {
        model.call(call);
    }
    if direct {
        let known = model.directs.shown(entry);
        mark(model, known);
    }
    if !own && !seen {
        model.unread += 1;
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

/// Whether a line was said before this run began. Whose clock is slow seems to speak in the past all the time; that must
/// not hide what is said now, so it is believed only as long as there can be something to catch up on.
fn is_missed(model: &Model, line: &Line) -> bool {
    !line.late && line.sent_at < model.away.until && model.now < model.away.until + CATCH_UP
}

/// Name of the reader of an own private line.
pub(super) fn reader(model: &Model, line: &Line) -> Option<SafeText> {
    let id = line.to.filter(|_| line.own && line.private)?;
    Some(model.people.get(id).map_or_else(|| SafeText::clean(&id.short()), |p| p.name.clone()))
}

fn renamed(model: &mut Model, old: Option<SafeText>, peer: Peer) {
    if let Some(old) = old.filter(|old| *old != peer.name) {
        model.notice(Level::Quiet, &format!("{old} is now {}", peer.name));
    }
    model.people.set(peer);
}

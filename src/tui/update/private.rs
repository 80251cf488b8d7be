//! Private lines: to whom they go, also when the reader is not here, and what waits.

use super::Effect;
use crate::chat::{DirectState, KeptLine, LineId, PeerId};
use crate::session::find_reader;
use crate::text::SafeText;
use crate::tui::model::{Level, Model, Place, in_words};
use crate::tui::text::width;

/// Columns of a waiting line that are listed.
const LISTED: usize = 60;

/// Whom a name means, as [`find_reader`] tells.
pub(super) fn reader(model: &Model, name: &str) -> Result<PeerId, String> {
    find_reader(model.people.list(), &model.met, name).map_err(|error| error.to_string())
}

/// What is known of a private line has changed.
pub(super) fn fate(model: &mut Model, line: LineId, to: PeerId, state: DirectState) {
    model.fates.set(line, state);
    let place = Place::Peer(to);
    if model.has_place(place) {
        model.within(place, |model| model.log.set_fate(line, state));
    }
}

/// Somebody's private line was sealed for one session.
pub(super) fn secret(model: &mut Model, line: LineId) {
    fate(model, line, line.sender, DirectState::Delivered { session: true });
}

/// Lists what waits, for everybody or for one reader: the answer to `/kept`.
pub(super) fn list(model: &mut Model, lines: &[KeptLine]) {
    if lines.is_empty() {
        return model.notice(Level::Info, "no private line of yours waits");
    }
    let mut told = Vec::new();
    let mut last = None;
    for line in lines {
        if last.replace(line.to) != Some(line.to) {
            let name = model.peer_name(line.to);
            let count = lines.iter().filter(|other| other.to == line.to).count();
            let what = if count == 1 { "1 line waits".to_owned() } else { format!("{count} lines wait") };
            told.push(format!("{what} for {name}, kept until {name} returns; /withdraw {name} drops:"));
        }
        let text = SafeText::line(line.text.as_str());
        told.push(format!("  {}", width::shorten(text.as_str(), LISTED)));
    }
    model.explain(&told.join("\n"));
}

/// Drops what waits for a reader, or for the one of this conversation.
pub(super) fn withdraw(model: &mut Model, name: Option<&str>) -> Vec<Effect> {
    let reader = match (name, model.place()) {
        (Some(name), _) => reader(model, name),
        (None, Place::Peer(peer)) => Ok(peer),
        (None, Place::Room(_)) => Err("for whom? write: /withdraw NICK".to_owned()),
    };
    match reader {
        Ok(reader) => vec![Effect::Withdraw(reader)],
        Err(error) => {
            model.notice(Level::Error, &error);
            Vec::new()
        }
    }
}

/// The answer to `/withdraw`.
pub(super) fn withdrawn(model: &mut Model, reader: PeerId, count: usize) {
    let name = model.peer_name(reader);
    let told = match count {
        0 => format!("nothing waits for {name}"),
        1 => format!("1 line for {name} is withdrawn; if it was on its way it may have arrived"),
        n => format!("{n} lines for {name} are withdrawn; the first may have arrived"),
    };
    model.notice(Level::Info, &told);
}

/// Whether the reader of a private conversation has the user's last line: `/heard` there.
pub(super) fn heard(model: &mut Model, peer: PeerId) {
    let own = model.log.iter().rev().filter_map(|e| e.line()).find(|line| line.own && line.private);
    let state = own.map(|line| line.id.and_then(|id| model.fates.of(id)));
    let name = model.peer_name(peer);
    let told = match state {
        None => format!("you have not said anything to {name} yet"),
        Some(Some(state)) => format!("your last line to {name}: {}", in_words(state, &name)),
        Some(None) => format!("your last line to {name} is from an earlier run and does not wait any more"),
    };
    model.notice(Level::Info, &told);
}

//! All that is known of a line, as rows of a name and a value.

use super::fates::in_words;
use super::time::Stamp;
use super::{Details, Entry, Model};
use crate::chat::{DirectState, Line, PeerId, RoomName, Trust};
use crate::session::Heard;
use crate::text::SafeText;
use crate::tui::model::What;
use crate::tui::text::wrap;

/// The rows about the line of `entry`; `heard` tells who has it.
fn details(model: &Model, entry: &Entry, heard: Option<&Heard>) -> Vec<(&'static str, SafeText)> {
    let What::Line { line, to, fate } = entry.what() else { return Vec::new() };
    let mut rows: Vec<(&'static str, String)> = vec![("text", line.text.to_string())];
    rows.push(("from", format!("{}{}", line.from, if line.own { " (you)" } else { "" })));
    rows.extend(to.as_ref().map(|to| ("only for", to.to_string())));
    if line.private && !line.own {
        rows.push(("only for", "you".to_owned()));
    }
    if RoomName::from_shown(line.room.as_str()).is_ok_and(|room| room.is_locked()) {
        rows.push(("locked", format!("only who has the passphrase of #{} can read it", line.room)));
    }
    rows.push(("trust", trust(line).to_owned()));
    rows.extend(line.peer.map(|peer| ("key", peer.to_string())));
    let about = line.peer.filter(|_| !line.own).and_then(|id| model.people.get(id));
    rows.extend(about.into_iter().flat_map(|p| p.doubts.sentences()).map(|told| ("beware", told)));
    let words = line.peer.and_then(|id| model.people.get(id)).map(|p| p.words.clone());
    rows.extend(words.filter(|w| !w.is_empty()).map(|w| ("its words", w)));
    rows.push(("computer", line.host.to_string()));
    rows.extend(line.address.map(|address| ("address", address.to_string())));
    let time = |at| Stamp::new(at, model.utc_offset);
    let moment = |at| format!("{}, {}", time(at).exact(), time(at).date());
    rows.push(("sent", moment(line.sent_at)));
    if !line.own {
        let late = match (line.late, line.private) {
            (false, _) => "",
            (true, false) => ", after later lines",
            (true, true) => ", kept until you were here",
        };
        rows.push(("heard", format!("{}{late}{}", moment(line.received_at), apart(line))));
    }
    rows.extend(line.id.map(|id| ("line", id.to_string())));
    let reader = to.clone().unwrap_or_default();
    rows.extend(fate.filter(|_| line.own).map(|fate| ("fate", in_words(fate, &reader))));
    rows.extend(sealed(line, *fate).map(|sealed| ("sealed", sealed.to_owned())));
    rows.extend(heard.map(|heard| ("heard by", heard_by(model, heard))));
    let reactions = line.id.map_or(&[][..], |id| model.reactions.by(id));
    if !reactions.is_empty() {
        let one = |(text, by): &(SafeText, PeerId)| {
            let name = if *by == model.me { "you".to_owned() } else { model.peer_name(*by).to_string() };
            format!("{text} {name}")
        };
        rows.push(("reactions", reactions.iter().map(one).collect::<Vec<_>>().join(", ")));
    }
    rows.into_iter().map(|(name, value)| (name, SafeText::clean(&value))).collect()
}

/// The rows of the page, `columns` wide: a name, where there is room for one beside the value, and a part of the value.
pub fn details_page(model: &Model, shown: &Details, columns: u16) -> Vec<(&'static str, String)> {
    let entry = model.log.position(shown.select.entry).and_then(|at| model.log.get(at));
    let Some(entry) = entry else { return Vec::new() };
    let room = usize::from(columns).saturating_sub(usize::from(details_indent(columns))).max(1);
    let mut rows = Vec::new();
    for (name, value) in details(model, entry, shown.heard.as_ref()) {
        let beside = details_indent(columns) > 0;
        if !beside {
            rows.push((name, String::new()));
        }
        for (n, row) in wrap(value.as_str(), room).iter().enumerate() {
            rows.push((if n == 0 && beside { name } else { "" }, row.of(value.as_str()).to_owned()));
        }
    }
    rows
}

/// Columns before the values on a page of so many.
pub fn details_indent(columns: u16) -> u16 {
    if columns >= 30 { 11 } else { 0 }
}

/// How a private line was sealed, where that is known.
fn sealed(line: &Line, fate: Option<DirectState>) -> Option<&'static str> {
    match fate {
        Some(DirectState::Delivered { session: true }) => {
            Some("for this session: whoever gets your keys later cannot read what was recorded")
        }
        Some(DirectState::Delivered { session: false }) => Some("by the keys of both"),
        None if line.private && !line.own => Some("by the keys of both"),
        _ => None,
    }
}

/// How to believe the name.
fn trust(line: &Line) -> &'static str {
    match line.trust {
        _ if line.own => "your own",
        Trust::Doubtful => "DOUBTFUL: signed by another key than the one known under this nickname",
        Trust::Unsigned => "unsigned: anybody can have sent this",
        Trust::New => "new: signed by a key first met in this run",
        Trust::Known => "known: signed by a key met in an earlier run",
        Trust::Verified => "verified: you have compared the words of its key",
    }
}

/// How far the author's clock and this one are apart, where that is worth a word.
fn apart(line: &Line) -> String {
    let (late, early) =
        (line.received_at.saturating_sub(line.sent_at), line.sent_at.saturating_sub(line.received_at));
    match (late, early) {
        (0..1000, 0..1000) => format!(", {late} ms later"),
        (_, 1000..) => format!(", {} s before: its clock is fast", early / 1000),
        _ => format!(", {} s later", late / 1000),
    }
}

fn heard_by(model: &Model, (holders, others): &Heard) -> String {
    let names = |ids: &[PeerId]| {
        let name = |id: &PeerId| model.people.get(*id).map_or_else(|| id.short(), |p| p.name.to_string());
        ids.iter().map(name).collect::<Vec<_>>().join(", ")
    };
    let all = holders.len() + others.len();
    match (holders.len(), others.len()) {
        (0, 0) => "nobody else is here".to_owned(),
        (0, _) => format!("0 of {all} so far; beacons tell within a few seconds"),
        (n, 0) => format!("{n} of {all}: {}", names(holders)),
        (n, _) => format!("{n} of {all}: {}; not yet told by {}", names(holders), names(others)),
    }
}

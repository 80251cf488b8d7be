//! Who is here: oneself first, then the others by name, each with its state or trust in words where that says something.

use ratatui::buffer::Buffer;

use super::put;
use crate::chat::{Peer, PeerState, Trust};
use crate::tui::model::{Area, Model, Place, Role, trust_mark};
use crate::tui::text::width;
use crate::tui::theme::Theme;

pub(super) fn render(buffer: &mut Buffer, area: Area, model: &Model, theme: &Theme) {
    let (right, bottom) = (area.x + area.width, area.y + area.height);
    let columns = usize::from(area.width);
    let mut line =
        |y: u16, role: Role, name: &str, mark: Option<(Role, &str)>, (look, word): (Role, &str)| {
            if y >= bottom {
                return;
            }
            let room = if word.is_empty() { columns } else { columns.saturating_sub(word.len() + 1) };
            let (look_of_mark, mark) = mark.unwrap_or((role, ""));
            let start = put(buffer, area.x, y, right, mark, theme.style(look_of_mark));
            let name = width::shorten(name, room.saturating_sub(width::columns(mark)));
            put(buffer, start, y, right, &name, theme.style(role));
            let x = u16::try_from(columns.saturating_sub(word.len())).unwrap_or(0);
            put(buffer, area.x + x, y, right, word, theme.style(look));
        };
    let none = (Role::Dim, "");
    let people = model.here();
    line(area.y, Role::Dim, &heading(model), None, none);
    line(area.y + 1, Role::Own, model.name.as_str(), None, (Role::Dim, "you"));
    let room = usize::from(area.height.saturating_sub(2));
    let shown = if people.len() > room { room.saturating_sub(1) } else { people.len() };
    let mut y = area.y + 2;
    for peer in people.iter().take(shown) {
        let dim = peer.state == PeerState::Quiet || peer.away.is_some() || peer.ignored;
        let role = if dim { Role::Dim } else { Role::Peer(peer.id) };
        let word = match peer.doubts.mark().filter(|_| !peer.ignored) {
            Some(mark) => (Role::Error, mark),
            None if model.typing.is(peer.id, model.place()) => (Role::Dim, "typing"),
            None => (Role::Dim, word(peer)),
        };
        line(y, role, peer.name.as_str(), trust_mark(peer.trust), word);
        y += 1;
    }
    if shown < people.len() {
        line(y, Role::Dim, &format!("and {} more: /who", people.len() - shown), None, none);
    }
}

/// How many are in the room, or here.
fn heading(model: &Model) -> String {
    match model.place() {
        Place::Room(room) if !room.is_lobby() => format!("{} in #{room}", model.here().len() + 1),
        _ => super::status::online(model),
    }
}

fn word(peer: &Peer) -> &'static str {
    match (peer.state, peer.trust) {
        _ if peer.ignored => "ignored",
        (PeerState::Here, _) if peer.away.is_some() => "away",
        (PeerState::Quiet, _) => PeerState::Quiet.as_str(),
        (_, Trust::Known) => "",
        (_, trust) => trust.as_str(),
    }
}

//! `/search`: what was said before, found in the history, and the way to its place.

use super::{Effect, list, social};
use crate::chat::{Kind, Line, Millis};
use crate::history::said_at;
use crate::text::SafeText;
use crate::tui::model::{Goal, Item, Model, Role, Stamp};

/// Shows what was found.
pub(super) fn found(model: &mut Model, words: &str, lines: Vec<Line>) {
    let offset = model.utc_offset;
    let now = model.stamp();
    let item = |line: Line| {
        let at = Stamp::new(said_at(&line), offset);
        let role = match line.peer {
            _ if line.own => Role::Own,
            Some(peer) => Role::Peer(peer),
            None => Role::Unsigned,
        };
        let text = SafeText::line(line.text.as_str());
        Item { when: at.brief(now), from: (role, line.from.clone()), text, goal: Goal::Past(Box::new(line)) }
    };
    let lines: Vec<Line> = lines.into_iter().filter(|line| line.kind != Kind::Reaction).collect();
    let count = lines.len();
    let items = lines.into_iter().map(item).collect();
    let title = format!("{count} found for {words}");
    list::show(model, &title, items, &format!("nothing was found for {words}"));
}

/// Goes to a line of the past, or asks for what is missing on the way there.
pub(super) fn go_to(model: &mut Model, line: Line) -> Vec<Effect> {
    let place = crate::tui::model::Place::of(&line, model.me);
    let opened = social::go(model, place);
    if let Some(entry) = model.log.find_line(&line) {
        list::land(model, entry);
        return opened;
    }
    model.finish();
    let until = oldest(model);
    let mut effects = opened;
    effects.push(Effect::Around { line: Box::new(line), until });
    effects
}

/// When the oldest line of the log was said: what is fetched goes before it.
fn oldest(model: &Model) -> Option<Millis> {
    model.log.iter().find_map(|e| e.line()).map(said_at)
}

/// Puts what was fetched before the log and goes to `line`.
pub(super) fn around(model: &mut Model, line: &Line, lines: Vec<Line>) {
    let offset = model.utc_offset;
    let lines: Vec<_> = lines
        .into_iter()
        .filter(|line| line.kind != Kind::Reaction)
        .filter(|line| line.id.is_some() || model.log.find_line(line).is_none())
        .map(|line| {
            let (to, mut line) = (super::hear::reader(model, &line), line);
            super::hear::spell(model, &mut line);
            (Stamp::new(said_at(&line), offset), line, to)
        })
        .collect();
    model.log.prepend(model.stamp(), lines, None);
    match model.log.find_line(line) {
        Some(entry) => list::land(model, entry),
        None => model.hint = Some("that line is too long ago; lanchat history shows it".to_owned()),
    }
}

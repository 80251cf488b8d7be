//! What keys do.

use super::{Effect, copy_view, list, modes, net, obey, search, select, set, switch, write};
use crate::tui::key::Key;
use crate::tui::keymap::Action;
use crate::tui::model::{Completion, Edit, Level, Mode, Model, Scroll};

/// Rows that a small step moves the log.
const FEW: usize = 3;

pub(super) fn pressed(model: &mut Model, key: Key) -> Vec<Effect> {
    model.hint = None;
    let landed = model.landed.take();
    if write::takes(model, key) {
        return Vec::new();
    }
    if !model.mode.is_bare()
        && model.completion.is_none()
        && model.popups.shown().is_some()
        && model.keymap.action(key) == Some(Action::Cancel)
    {
        dismiss(model); // a mode is left by the next one
        return Vec::new();
    }
    if let Some(effects) = modes::pressed(model, key) {
        return effects;
    }
    let action = model.keymap.action(key);
    let busy = model.completion.is_some() || model.leaving;
    if !matches!(action, Some(Action::Complete | Action::CompleteBack)) {
        model.completion = None;
    }
    let leaving = std::mem::take(&mut model.leaving);
    let Some(action) = action else {
        if let Some(c) = key.typed() {
            model.composer.insert(c.encode_utf8(&mut [0; 4]));
        }
        return Vec::new();
    };
    match action {
        Action::Send => return send(model),
        Action::Edit(edit) => model.composer.edit(edit),
        Action::Complete | Action::CompleteBack => return complete(model, action == Action::CompleteBack),
        Action::PageUp => page(model, true),
        Action::PageDown => page(model, false),
        Action::LinesUp => model.scroll = model.view().moved(true, FEW),
        Action::LinesDown => model.scroll = model.view().moved(false, FEW),
        Action::Oldest => model.scroll = model.view().oldest(),
        Action::Newest => model.scroll = Scroll::Newest,
        Action::End if model.composer.is_empty() => model.scroll = Scroll::Newest,
        Action::End => model.composer.edit(Edit::LineEnd),
        Action::FirstUnread => list::go_to_unread(model),
        Action::PreviousMention | Action::NextMention => {
            model.landed = landed;
            list::go_to_mention(model, action == Action::PreviousMention);
        }
        Action::Search => search::start(model),
        Action::Links => list::addresses(model),
        Action::CopyView => return copy_view::show(model),
        Action::Select => _ = select::start(model),
        Action::Up if model.composer.is_empty() && select::start(model) => {}
        Action::Up => model.composer.edit(Edit::Up),
        Action::Network => return net::toggle(model),
        Action::Place(number) => switch::number(model, number),
        Action::Activity => switch::activity(model),
        Action::Switch => return switch::open(model),
        Action::People => model.people_pane = Some(model.layout().people.is_none()),
        Action::Help => return obey::command(model, crate::tui::command::Command::Help(None), ""),
        Action::Mouse => set::mouse(model, None),
        Action::Redraw => return vec![Effect::Redraw],
        Action::SearchSent => model.composer.search_start(),
        Action::Editor => return vec![Effect::Editor { text: model.composer.text().to_owned() }],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Interrupt if !model.composer.is_empty() => model.composer.clear(),
        Action::Interrupt if leaving => return vec![Effect::Quit],
        Action::Interrupt => model.leaving = true,
        Action::DeleteOrLeave if model.composer.is_empty() => return vec![Effect::Quit],
        Action::DeleteOrLeave => model.composer.edit(Edit::Delete),
        Action::Cancel if busy => {} // it is put away already
        Action::Cancel if model.answering.is_some() => model.answering = None,
        Action::Cancel => dismiss(model),
    }
    Vec::new()
}

/// While one writes, the wheel moves the log, not the message; elsewhere it does what the arrows do.
pub(super) fn wheel(model: &mut Model, key: Key, up: bool, rows: usize) -> Vec<Effect> {
    model.hint = None;
    if matches!(model.mode, Mode::Bare) {
        return Vec::new();
    }
    if model.mode.is_write() && model.paste.is_none() && model.composer.searched().is_none() {
        model.scroll = model.view().moved(up, rows);
        return Vec::new();
    }
    (0..rows).flat_map(|_| pressed(model, key)).collect()
}

/// A page leaves one row in sight, so that the eye finds its place.
fn page(model: &mut Model, up: bool) {
    let rows = usize::from(model.layout().log.height).saturating_sub(1).max(1);
    model.scroll = model.view().moved(up, rows);
}

/// Puts the pop-up away that is shown.
fn dismiss(model: &mut Model) {
    match model.popups.dismiss() {
        0 => {}
        1 => model.notice(Level::Quiet, "1 more pop-up came and was not shown"),
        n => model.notice(Level::Quiet, &format!("{n} more pop-ups came and were not shown")),
    }
}

fn complete(model: &mut Model, back: bool) -> Vec<Effect> {
    if let Some(running) = &mut model.completion {
        running.turn(back);
    } else if let Some(files) = write::complete_file(model) {
        return vec![files];
    } else {
        model.completion = Completion::theme(&model.composer, &model.themes)
            .or_else(|| Completion::find(&model.composer, &model.people));
        if let Some(started) = model.completion.as_mut().filter(|c| back && !c.is_only()) {
            started.turn(true); // to what was typed, which stands between the last candidate and the first
            started.turn(true);
        }
    }
    if let Some(running) = &model.completion {
        running.apply(&mut model.composer);
        if running.is_only() {
            model.completion = None; // nothing to choose from: the next Tab is for the next word
        }
    }
    Vec::new()
}

fn send(model: &mut Model) -> Vec<Effect> {
    if model.composer.text().trim().is_empty() {
        return Vec::new();
    }
    let typed = model.composer.take();
    model.scroll = Scroll::Newest;
    obey::line(model, &typed)
}

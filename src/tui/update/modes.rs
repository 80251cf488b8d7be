//! Keys while they are not for writing: each mode's own go to it, those that move or show something stay as they are.

use super::{Effect, list, lock, net, page, search, select, switch, trust};
use crate::tui::key::Key;
use crate::tui::keymap::Action;
use crate::tui::mode_keys::{self, Act};
use crate::tui::model::{Mode, Model};

/// Does what `key` does in the present mode; none when it does there what it always does.
pub(super) fn pressed(model: &mut Model, key: Key) -> Option<Vec<Effect>> {
    match model.mode {
        Mode::Write => return None,
        Mode::Bare => {
            model.mode = Mode::Write;
            return Some(vec![Effect::Back]);
        }
        _ => {}
    }
    if let Some(act) = mode_keys::act(&model.mode, key) {
        return Some(do_act(model, act));
    }
    let writes = match model.keymap.action(key) {
        None => {
            let text = key.typed().map(|c| c.to_string()).unwrap_or_default();
            match &model.mode {
                Mode::Search(search) if search.typing => search::write(model, &text),
                Mode::Switch(_) => switch::write(model, &text),
                Mode::Passphrase(_) => lock::write(model, &text),
                Mode::Verify(_) if !text.is_empty() => trust::write(model, &text),
                _ => {}
            }
            true
        }
        Some(
            Action::Edit(_)
            | Action::Send
            | Action::Complete
            | Action::CompleteBack
            | Action::Up
            | Action::End
            | Action::Interrupt
            | Action::DeleteOrLeave
            | Action::Cancel,
        ) => true, // the composer is not seen, or not meant
        Some(_) => false,
    };
    writes.then(Vec::new)
}

/// Takes pasted text, if it is not for the composer.
pub(super) fn pasted(model: &mut Model, text: &str) -> bool {
    match &model.mode {
        Mode::Write => false,
        Mode::Search(search) if search.typing => {
            search::write(model, text);
            true
        }
        Mode::Switch(_) => {
            switch::write(model, text);
            true
        }
        Mode::Passphrase(_) => {
            lock::write(model, text);
            true
        }
        Mode::Bare => true,
        Mode::Verify(_) => {
            trust::write(model, "");
            false
        }
        _ => {
            leave(model);
            false
        }
    }
}

fn do_act(model: &mut Model, act: Act) -> Vec<Effect> {
    if act == Act::Leave && !matches!(model.mode, Mode::Verify(_)) {
        leave(model);
        return Vec::new();
    }
    match &model.mode {
        Mode::Search(_) => search::act(model, act),
        Mode::Select(_) => return select::act(model, act),
        Mode::Details(_) => return select::details(model, act),
        Mode::List(_) => return list::act(model, act),
        Mode::Switch(_) => return switch::act(model, act),
        Mode::Open(_) => return list::answer(model, act),
        Mode::Passphrase(_) => return lock::act(model, act),
        Mode::Verify(_) => return trust::answer(model, act),
        Mode::Network(_) => net::act(model, act),
        Mode::Page(_) => page::act(model, act),
        Mode::Write | Mode::Bare => {}
    }
    Vec::new()
}

/// Ends the mode. What was seen before is seen again.
pub(super) fn leave(model: &mut Model) {
    match std::mem::take(&mut model.mode) {
        Mode::Search(search) => model.scroll = search.back,
        Mode::Select(select) => model.scroll = select.back,
        Mode::Details(details) => model.mode = Mode::Select(details.select),
        Mode::Open(open) => model.mode = *open.back,
        Mode::List(list) => model.mode = *list.back,
        Mode::Write
        | Mode::Network(_)
        | Mode::Page(_)
        | Mode::Switch(_)
        | Mode::Passphrase(_)
        | Mode::Verify(_)
        | Mode::Bare => {}
    }
}

//! What keys and pastes do while something is asked of the writer: a search among old messages, a long paste.

use super::{Effect, Fresh};
use crate::text::SafeText;
use crate::tui::command;
use crate::tui::key::{Code, Key, Named};
use crate::tui::keymap::{self, Action};
use crate::tui::model::{Completion, Level, Model};

/// Bytes that the composer takes: several times what can be sent, and little enough to be wrapped at every key.
const MAX_BYTES: usize = 256 << 10;

/// Text that was pasted. It never sends anything; above a number of lines the user is asked what to do with it.
pub(super) fn paste(model: &mut Model, text: &str) {
    model.completion = None;
    model.leaving = false;
    model.composer.search_take();
    if text.len() + model.composer.text().len() > MAX_BYTES {
        let size = text.len();
        model
            .notice(Level::Error, &format!("the paste has {size} bytes, too many for a message; paste less"));
        return;
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    // The line break that ends a copied line is not meant as one of the message.
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let lines = text.lines().count();
    if model.prefs.paste_lines > 0 && lines > model.prefs.paste_lines {
        model.paste = Some(text.to_owned());
    } else {
        model.composer.insert(text);
    }
}

/// A key while a paste waits for an answer; none of them does anything else.
fn answer(model: &mut Model, key: Key) {
    let Some(text) = model.paste.take() else { return };
    match (key.code, model.keymap.action(key)) {
        (Code::Named(Named::Enter), _) => model.composer.insert(&text),
        (Code::Char('j' | 'J'), None) => {
            let joined: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            // The first line may be there already, where the terminal did not say that it is one of a paste.
            let space = if text.starts_with('\n') { " " } else { "" };
            model.composer.insert(&format!("{space}{}", joined.join(" ")));
        }
        (_, Some(Action::Cancel | Action::Interrupt)) => {}
        _ => model.paste = Some(text),
    }
}

/// A key while old messages are searched; false if it ends the search and means what it means otherwise.
fn search(model: &mut Model, key: Key) -> bool {
    let composer = &mut model.composer;
    let action = model.keymap.action(key);
    let letter = |c| key.ctrl && key.code == Code::Char(c);
    match action {
        Some(Action::SearchSent) => composer.search_again(true),
        Some(Action::Send) => composer.search_take(),
        Some(Action::Cancel | Action::Interrupt) => composer.search_cancel(),
        _ if letter('s') => composer.search_again(false),
        _ if letter('g') => composer.search_cancel(),
        _ if letter('h') || key.code == Code::Named(Named::Backspace) => composer.search_shorten(),
        None => match key.typed() {
            Some(c) => composer.search_type(c.encode_utf8(&mut [0; 4])),
            None => return true, // no key at all
        },
        _ => {
            composer.search_take();
            return false;
        }
    }
    true
}

/// Whether something was asked of the writer, and this key belongs to it.
pub(super) fn takes(model: &mut Model, key: Key) -> bool {
    if model.paste.is_some() {
        answer(model, key);
        return true;
    }
    model.composer.searched().is_some() && search(model, key)
}

/// Begins to complete a file name, if that is what is being typed.
pub(super) fn complete_file(model: &Model) -> Option<Effect> {
    Completion::file(&model.composer).map(|typed| Effect::Files { typed })
}

/// The names of files that begin with what was typed, unless something else has been typed since.
pub(super) fn found_files(model: &mut Model, typed: &str, found: &[String]) {
    if Completion::file(&model.composer).as_deref() != Some(typed) {
        return;
    }
    model.completion = Completion::files(&model.composer, found);
    if let Some(running) = &model.completion {
        running.apply(&mut model.composer);
        if running.is_only() {
            model.completion = None;
        }
    }
}

/// The message comes back from the user's editor.
pub(super) fn edited(model: &mut Model, result: Result<String, String>) {
    match result {
        Err(error) => model.notice(Level::Error, &error),
        Ok(text) if text.len() > MAX_BYTES => {
            let size = text.len();
            let told =
                format!("the editor left {size} bytes, too many for a message; the message is as it was");
            model.notice(Level::Error, &told);
        }
        Ok(text) => {
            let text = SafeText::clean(text.trim_end_matches(['\n', '\r']));
            if model.composer.text() != text.as_str() {
                model.composer.set(text.as_str());
            }
        }
    }
}

/// The file of settings was read again.
pub(super) fn reloaded(model: &mut Model, result: Result<Fresh, String>) {
    match result {
        Err(error) => model.notice(Level::Error, &format!("the settings stay as they were: {error}")),
        Ok(fresh) => {
            (model.prefs, model.keymap) = (fresh.prefs, fresh.keymap);
            let mut told = "the settings were read again".to_owned();
            if !fresh.later.is_empty() {
                told.extend(["; ", &fresh.later.join(", "), " from the next start on"]);
            }
            model.notice(Level::Info, &told);
        }
    }
}

/// What was written in an earlier run is there again. What has been typed already stays.
pub(super) fn restored(model: &mut Model, draft: &str, sent: &[String]) {
    model.composer.prepend_sent(sent);
    if model.composer.is_empty() && command::may_be_kept(draft) {
        model.composer.insert(draft);
    }
}

/// `/bind`.
pub(super) fn bind(model: &mut Model, binding: Option<(String, String)>) {
    let Some((key, wanted)) = binding else { return model.explain(&model.keymap.names()) };
    let action = match wanted.as_str() {
        "none" => Ok(None),
        name => keymap::named(name).map(Some),
    };
    let bound = key.parse::<Key>().map_err(|e| e.to_string()).and_then(|key| {
        let action = action.map_err(|e| e.to_string())?;
        model.keymap.bind(key, action).map_err(|e| e.to_string())?;
        Ok((key, action))
    });
    match bound {
        Err(error) => model.notice(Level::Error, &error),
        Ok((key, None)) => model.notice(Level::Info, &format!("{key} does nothing now")),
        Ok((_, Some(action))) => {
            let keys: Vec<String> = model.keymap.keys(action).iter().map(|key| format!("{key:?}")).collect();
            let name = keymap::name(action);
            let told = format!(
                "to keep it, write under [keys] in the file of settings: {name} = [{}]",
                keys.join(", ")
            );
            model.notice(Level::Info, &told);
        }
    }
}

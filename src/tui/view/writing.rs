//! The status line while something is asked of the writer, or a command is being typed.

use crate::tui::command;
use crate::tui::model::Model;
use crate::tui::text::width;

/// What is asked of the writer, in at most `room` columns; none while nothing is.
pub(super) fn question(model: &Model, room: usize) -> Option<String> {
    if let Some(paste) = &model.paste {
        let lines = paste.lines().count();
        return Some(first_that_fits(
            &[
                format!(
                    "{lines} lines pasted: Enter inserts them · J joins them to one line · Esc drops them"
                ),
                format!("{lines} lines pasted: Enter inserts · J joins · Esc drops"),
                format!("{lines} lines: Enter, J(oin), Esc"),
                format!("{lines} lines?"),
            ],
            room,
        ));
    }
    let (wanted, missed) = model.composer.searched()?;
    let (wanted, found) = match (wanted, missed) {
        ("", _) => ("…", ""),
        (wanted, true) => (wanted, " (not found)"),
        (wanted, false) => (wanted, ""),
    };
    Some(first_that_fits(
        &[
            format!(
                "search your messages: {wanted}{found} · Ctrl+R older · Enter takes it · Esc gives it up"
            ),
            format!("search: {wanted}{found} · Ctrl+R older · Esc ends"),
            format!("search: {wanted}{found}"),
        ],
        room,
    ))
}

/// What the command being typed does, in at most `room` columns.
pub(super) fn hint(model: &Model, room: usize) -> Option<String> {
    let hint = command::hint(model.composer.text())?;
    let usage = hint.split_once(": ").map_or(hint.clone(), |(usage, _)| usage.to_owned());
    Some(first_that_fits(&[hint, usage], room))
}

/// The first that fits, or the last cut short.
fn first_that_fits(texts: &[String], room: usize) -> String {
    let fits = texts.iter().find(|text| width::columns(text) <= room).or(texts.last());
    let Some(text) = fits else { return String::new() };
    match width::clip(text, room) {
        all if all.len() == text.len() => text.clone(),
        _ => format!("{}…", width::clip(text, room.saturating_sub(1))),
    }
}

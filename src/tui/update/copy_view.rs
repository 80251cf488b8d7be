//! The lines that are seen as bare text: nothing beside them, and the terminal wraps them, so that what the mouse
//! selects is what was written.

use std::fmt::Write as _;

use super::Effect;
use crate::text::SafeText;
use crate::tui::model::{Gutter, Mode, Model};

/// A log so wide that it has a column for names; nothing is wrapped here.
const WIDE: u16 = 200;

/// Shows them.
pub(super) fn show(model: &mut Model) -> Vec<Effect> {
    model.finish();
    let mut text = String::new();
    for seen in model.view().seen() {
        let entry = seen.entry;
        let (_, name) = entry.name();
        let body = entry.body(Gutter::of(WIDE));
        let _ = writeln!(text, "{} {name} {}", entry.at.clock(), body.text()); // to a String
    }
    if text.is_empty() {
        model.hint = Some("there is nothing to copy yet".to_owned());
        return Vec::new();
    }
    model.mode = Mode::Bare;
    vec![Effect::ShowBare(SafeText::clean(&text))]
}

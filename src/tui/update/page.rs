//! Pages of text: the help.

use crate::tui::mode_keys::Act;
use crate::tui::model::{Mode, Model, Page};

/// Shows a page, or puts it away if it is the one that is shown.
pub(super) fn show(model: &mut Model, title: &str, text: &str) {
    let page = Page::new(title, text);
    if matches!(&model.mode, Mode::Page(shown) if shown.title == page.title) {
        super::modes::leave(model);
        return;
    }
    model.finish();
    model.mode = Mode::Page(page);
}

pub(super) fn act(model: &mut Model, act: Act) {
    let area = model.layout().log;
    let step = usize::from(area.height).saturating_sub(1).max(1);
    let Mode::Page(page) = &mut model.mode else { return };
    let last = page.rows(area.width).len().saturating_sub(usize::from(area.height));
    let first = page.first.min(last);
    page.first = match act {
        Act::Up => first.saturating_sub(1),
        Act::Down => first + 1,
        Act::PageUp => first.saturating_sub(step),
        Act::PageDown => first + step,
        Act::First => 0,
        Act::Last => last,
        _ => first,
    }
    .min(last);
}

//! The network view: it asks the session for figures and pings gently while it is open, and only then.

use super::Effect;
use crate::chat::PeerId;
use crate::tui::mode_keys::Act;
use crate::tui::model::{Mode, Model, network_page};

/// Opens the view, or closes it.
pub(super) fn toggle(model: &mut Model) -> Vec<Effect> {
    if matches!(model.mode, Mode::Network(_)) {
        super::modes::leave(model);
        return Vec::new();
    }
    model.finish();
    model.mode = Mode::Network(0);
    tick(model)
}

/// A second has passed: new figures, and one peer is pinged.
pub(super) fn tick(model: &mut Model) -> Vec<Effect> {
    if !matches!(model.mode.page(), Mode::Network(_)) {
        return Vec::new();
    }
    let peers: Vec<PeerId> = model.people.list().iter().map(|p| p.id).collect();
    let ping = model.net.turn(&peers).map(Effect::Ping);
    [Effect::Report].into_iter().chain(ping).collect()
}

pub(super) fn act(model: &mut Model, act: Act) {
    let area = model.layout().log;
    let rows = network_page(model, area.width).len();
    let page = usize::from(area.height).saturating_sub(1).max(1);
    let last = rows.saturating_sub(usize::from(area.height));
    let Mode::Network(first) = &mut model.mode else { return };
    *first = match act {
        Act::Up => first.saturating_sub(1),
        Act::Down => *first + 1,
        Act::PageUp => first.saturating_sub(page),
        Act::PageDown => *first + page,
        Act::First => 0,
        Act::Last => last,
        _ => *first,
    }
    .min(last);
}

//! What comes back of what a mode asked for.

use super::{Effect, Msg, list, net, past, select, social, trust};
use crate::tui::model::{Level, Mode, Model};

/// Takes an answer; others are left alone.
pub(super) fn take(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::HeardOf(entry, heard) => {
            if let Mode::Details(details) = &mut model.mode
                && details.select.entry == entry
            {
                details.heard = heard;
            }
        }
        Msg::Found(words, Some(lines)) => past::found(model, &words, lines),
        Msg::Found(_, None) => model.notice(
            Level::Error,
            "nothing is kept that could be searched; start without --no-history, not as a guest",
        ),
        Msg::Around(line, lines) => past::around(model, &line, lines),
        Msg::Report(report) => model.net.report = Some(*report),
        Msg::PairWords(peer, words) => trust::words(model, peer, words),
        Msg::NotOpened(error) => list::not_opened(model, &error),
        Msg::Tick => {
            let mut effects = social::tick(model);
            effects.extend(net::tick(model));
            if let Mode::Details(details) = &model.mode {
                effects.extend(select::ask_heard(model, details.select));
            }
            return effects;
        }
        _ => {}
    }
    Vec::new()
}

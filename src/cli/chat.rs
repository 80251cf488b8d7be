//! `lanchat` alone: the chat, on a screen if there is one.

use std::io::{IsTerminal, stdin, stdout};

use super::settings::Settings;
use super::{Failure, plain, receive, start};
use crate::text::SafeText;
use crate::transfer::Desk;
use crate::tui;

pub(super) fn run(settings: &Settings) -> Result<(), Failure> {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb"); // it cannot move a cursor
    let screen =
        !settings.plain && !settings.json && !dumb && stdin().is_terminal() && stdout().is_terminal();
    start::block_on(async {
        let mut running = start::speak(settings, false)?;
        if !screen {
            return plain::run(running, settings).await;
        }
        let (closed, nothing) = tokio::sync::mpsc::unbounded_channel();
        drop(closed);
        let updates = std::mem::replace(&mut running.updates, nothing);
        // Files come to the profile's own identity; a guest, whom nobody knows, neither sends nor takes any.
        let opened = if running.is_guest() {
            None
        } else {
            Some(receive::receiving(settings, receive::downloads()).and_then(|s| Ok(Desk::open(s)?)))
        };
        let transfers = opened.and_then(|opened| {
            opened.map_err(|e| running.notices.push(format!("files cannot be sent or received: {e}"))).ok()
        });
        let _offer = transfers.as_ref().and_then(|(desk, _)| receive::offer(&running, desk));
        let options = tui::Options {
            nick: settings.nick.value.clone(),
            color: settings.color.value,
            notices: running.notices.iter().map(|notice| SafeText::line(notice)).collect(),
            history: running.history.clone(),
            transfers,
        };
        let shown = tui::run(running.session.clone(), updates, options).await;
        running.leave().await;
        shown.map_err(|e| Failure::Failed(e.to_string()))
    })
}

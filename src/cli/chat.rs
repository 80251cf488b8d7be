//! `lanchat` alone: the chat, on a screen if there is one.

use std::io::{IsTerminal, stdin, stdout};
use std::sync::Arc;

use super::settings::Settings;
use super::{Failure, config, plain, receive, start};
use crate::chat::PeerId;
use crate::text::SafeText;
use crate::transfer::Desk;
use crate::tui;

/// Runs the chat; `again` reads the settings again.
pub(super) fn run(
    settings: Settings,
    again: impl Fn() -> Result<Settings, Failure> + 'static,
) -> Result<(), Failure> {
    let settings = &Arc::new(settings);
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
            let folder = receive::downloads();
            receive::tidied(&folder);
            Some(receive::receiving(settings, folder).and_then(|s| Ok(Desk::open(s)?)))
        };
        let transfers = opened.and_then(|opened| {
            opened.map_err(|e| running.notices.push(format!("files cannot be sent or received: {e}"))).ok()
        });
        let _offer = transfers.as_ref().and_then(|(desk, _)| receive::offer(&running, desk));
        let options = tui::Options {
            nick: settings.nick.value.clone(),
            color: settings.color.value,
            theme: settings.theme.value.clone(),
            themes: settings.themes(),
            started: config::started(settings),
            notices: running.notices.iter().map(|notice| SafeText::line(notice)).collect(),
            known: known(settings),
            history: running.history.clone(),
            transfers,
            profile: running.history.is_some().then(|| settings.profile.clone()),
            reports: settings.state_dir.clone(),
            prefs: settings.screen.prefs(&settings.open_with.value),
            keymap: settings.screen.keymap(),
            reload: reload(Arc::clone(settings), again),
        };
        let shown = tui::run(running.session.clone(), updates, options).await;
        running.leave().await;
        shown.map_err(|e| Failure::Failed(e.to_string()))
    })
}

/// Who was met in earlier runs; without a list that can be read, nobody.
pub(super) fn known(settings: &Settings) -> Vec<(PeerId, SafeText)> {
    settings.profile.peers().unwrap_or_default().names()
}

fn reload(started: Arc<Settings>, again: impl Fn() -> Result<Settings, Failure> + 'static) -> tui::Reload {
    tui::Reload(Arc::new(move || {
        let now = again().map_err(|e| e.to_string())?;
        let later = config::later(&started, &now);
        let prefs = now.screen.prefs(&now.open_with.value);
        Ok(tui::Fresh { prefs, keymap: now.screen.keymap(), theme: now.theme.value, later })
    }))
}

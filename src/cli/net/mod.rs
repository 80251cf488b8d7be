//! `lanchat net`: the neighbours that run no lanchat: pop-ups as `net send` and WinPopup know them, and the computers that
//! announce themselves.

mod listen;
mod send;
mod view;

use clap::{Args, Subcommand};

use super::settings::Settings;
use super::{Failure, log, start};
use crate::lan::{Lan, LanConfig};
use crate::mailslot::{self, Mailslots};
use crate::neighbours::{self, Neighbours, Popup};
use crate::netbios::Name;
use crate::session::StartError;

/// Pop-ups of `net send` and WinPopup, and the computers that announce themselves
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lanchat net send ORION --port 138 lunch is ready\n  lanchat net listen --port 138\n  \
    lanchat net view --port 138    computers with Windows, Samba, or lanchat --announce"
)]
pub(super) struct Net {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Send(send::Send),
    Listen(listen::Listen),
    View(view::View),
}

impl Net {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        log::start(settings)?;
        match self.action {
            Action::Send(send) => send.run(settings),
            Action::Listen(listen) => listen.run(settings),
            Action::View(view) => view.run(settings),
        }
    }
}

/// The mailslots alone, without a chat.
fn mailslots(settings: &Settings) -> Result<Mailslots, Failure> {
    let interfaces = settings.interfaces.value.clone();
    let lan = Lan::bind(&LanConfig { interfaces, port: settings.port.value }).map_err(StartError::from)?;
    let (host, workgroup) = (settings.host.value.name, settings.workgroup.value.name);
    Ok(Mailslots::start(mailslot::Config { host, workgroup, lan }))
}

/// Listens to the neighbours; announces nothing. Who is to be `found` answers to the names of the computer and its user.
fn hear(
    settings: &Settings,
    found: bool,
) -> Result<(Neighbours, tokio::sync::mpsc::Receiver<Popup>), Failure> {
    let config = neighbours::Config { announce: None, ..settings.neighbours() };
    let (host, workgroup) = (settings.host.value.name, settings.workgroup.value.name);
    let mailslots = mailslots(settings)?;
    start::tell_deaf(settings, &mailslots);
    if found {
        start::claim_name(&mailslots);
    }
    let user = Name::new(settings.nick.value.as_str(), Name::MESSENGER);
    mailslots.answer_to(user.into_iter().collect()); // not every nickname can be a NetBIOS name
    neighbours::start(&mailslots, host, workgroup, config).map_err(|error| Failure::Failed(error.to_string()))
}

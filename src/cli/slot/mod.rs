//! `lanchat slot`: mailslots as such.

mod list;
mod read;
mod show;
mod write;

use clap::{Args, Subcommand};

use super::Failure;
use super::settings::Settings;
use crate::lan::{self, Lan, LanConfig};
use crate::mailslot::{Config, CreateError, Mailslots, OpenError, WriteError};

/// Read, write and list mailslots
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lanchat slot read //./mailslot/sms              hear what anybody writes to it\n  \
    lanchat slot write //*/mailslot/sms hello       to every machine of the workgroup\n  \
    lanchat slot list                               the mailslots on this machine"
)]
pub(super) struct Slot {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Read(read::Read),
    Write(write::Write),
    List(list::List),
}

impl Slot {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        match self.command {
            Command::Read(read) => read.run(settings),
            Command::Write(write) => write.run(settings),
            Command::List(list) => list.run(settings.json),
        }
    }
}

/// Starts the service with the network. For inside a tokio runtime.
fn service(settings: &Settings) -> Result<Mailslots, lan::Error> {
    let config = LanConfig { interfaces: settings.interfaces.value.clone(), port: settings.port.value };
    let lan = Lan::bind(&config)?;
    let (host, workgroup) = (settings.host.value.name, settings.workgroup.value.name);
    Ok(Mailslots::start(Config { host, workgroup, lan }))
}

impl From<CreateError> for Failure {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Path(_) | CreateError::NotLocal => Self::Usage(error.to_string()),
            CreateError::Exists(_) | CreateError::Unusable(_) => Self::Failed(error.to_string()),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Path(_) => Self::Usage(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Unknown(_) => Self::Nobody(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

//! `lanchat net send`: one pop-up.

use clap::Args;

use super::super::settings::Settings;
use super::super::{Failure, input, start};
use crate::mailslot::{PathError, SlotPath, WriteError};
use crate::netbios::Name;
use crate::smb::messenger;

/// Where pop-ups are written.
const SLOT: &str = "MESSNGR";
/// Most bytes read from standard input: far more than a pop-up holds.
const MAX_INPUT: u64 = 64 << 10;

/// Send a pop-up to a computer, a user, or everybody in the workgroup
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lanchat net send ORION lunch is ready\n  lanchat net send alice lunch is ready\n  \
    lanchat net send '*' the server goes down in 5 minutes    everybody in the workgroup\n  \
    uptime | lanchat net send ORION --port 138                a machine with WinPopup\n\n\
    A pop-up is one datagram that nobody confirms: that it was sent does not mean that anybody has read it. \
    Where nobody answers to the name, it is broadcast for whoever listens to it, and the exit code is 3."
)]
pub(super) struct Send {
    /// A computer, a user, a workgroup, or * for one's own workgroup
    #[arg(value_name = "NAME")]
    to: String,
    /// The text; `-` or none reads it from standard input
    #[arg(value_name = "TEXT")]
    text: Vec<String>,
}

impl Send {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        let text = input::text(&self.text, || input::bytes(MAX_INPUT))?;
        if text.trim().is_empty() {
            return Err(Failure::Usage("there is nothing to send; give a text or pipe one in".to_owned()));
        }
        let usage = |error: String| Failure::Usage(error);
        let group = settings.workgroup.value.name;
        let own = settings.host.value.name.with_suffix(Name::MESSENGER);
        let name = match self.to.as_str() {
            "*" => group,
            other => Name::new(other, Name::MESSENGER).map_err(|e| {
                usage(format!("bad name {other:?}: {e}; choose another, or * for the workgroup"))
            })?,
        };
        let to_all = name.with_suffix(group.suffix()) == group;
        let from = settings.host.value.name.text();
        let data = messenger::write(&from, &name.text(), &text, settings.oem_codepage.value)
            .map_err(|e| usage(e.to_string()))?;
        let slot = SLOT.parse().map_err(|e: PathError| Failure::Failed(e.to_string()))?;
        let path = if to_all { SlotPath::Broadcast(slot) } else { SlotPath::Remote { name, slot } };
        start::block_on(async {
            let mailslots = super::mailslots(settings)?;
            if mailslots.network().lan.interfaces.is_empty() {
                return Err(Failure::Failed(
                    "no network: nothing is sent until an interface is up; is the cable in?".to_owned(),
                ));
            }
            start::tell_loopback(settings, &mailslots);
            let client = mailslots.open(&path);
            let failed = |error: WriteError| Failure::Failed(error.to_string());
            if name == own {
                return client.shout(&data).map_err(failed); // other programs on this computer hear it
            }
            match client.resolve().await {
                Ok(()) => client.write(&data).map_err(failed),
                Err(WriteError::Unknown(_)) => {
                    client.shout(&data).map_err(failed)?;
                    Err(Failure::Nobody(format!(
                        "nobody answers to the name {} on port {}; the pop-up was broadcast, and who listens to that name has it",
                        name.text(),
                        settings.port.value
                    )))
                }
                Err(error) => Err(failed(error)),
            }
        })
    }
}

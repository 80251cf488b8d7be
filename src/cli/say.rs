//! `lanchat say`: one message.

use std::time::Duration;

use clap::Args;
use tokio::time::{Instant, timeout_at};

use super::failure::tell;
use super::passphrase::Lock;
use super::settings::Settings;
use super::signals::Signals;
use super::start::{self, Running};
use super::{Failure, duration, input, roster};
use crate::chat::{DirectState, Event, Kind, Passphrase, RoomName};
use crate::session::Update;

/// Largest message read from stdin, in bytes. The session says how much less can be sent at once.
const MAX_INPUT: u64 = 1 << 20;
/// Longest wait for an acknowledgement.
const ACKNOWLEDGEMENT: Duration = Duration::from_secs(12);

/// Send one message to everybody, or to one peer
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lanchat say lunch is ready\n  uptime | lanchat say\n  lanchat say --room lunch pizza today?\n  \
    lanchat say --room dev --lock --passphrase-file ~/.dev release done\n  \
    lanchat say --to bob are you there    succeeds when bob's program has it, else exit code 3"
)]
pub(super) struct Say {
    /// The message; `-` or none reads it from standard input
    #[arg(value_name = "TEXT")]
    text: Vec<String>,
    /// Send it to this room instead of the lobby
    #[arg(long, value_name = "NAME", conflicts_with = "to")]
    room: Option<RoomName>,
    #[command(flatten)]
    lock: Lock,
    /// Send it to this peer only, and wait until it is acknowledged
    #[arg(long, value_name = "PEER")]
    to: Option<String>,
    /// Stay this long to repair what others have missed
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration::parse)]
    wait: Duration,
}

impl Say {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        if self.lock.takes_stdin()
            && matches!(self.text.as_slice(), [] | [_])
            && self.text.first().is_none_or(|t| t == "-")
        {
            return Err(Failure::Usage("stdin has the passphrase, so give the message as words".to_owned()));
        }
        let passphrase = self.lock.passphrase(self.room.unwrap_or(RoomName::LOBBY))?;
        let text = input::text(&self.text, || input::typed(MAX_INPUT))?;
        if text.trim().is_empty() {
            return Err(Failure::Usage("there is nothing to say; give a text or pipe one in".to_owned()));
        }
        start::block_on(async {
            let mut signals = Signals::new()?;
            let mut running = start::speak(settings, true)?;
            running.notices.iter().for_each(|notice| tell(notice));
            let said = tokio::select! {
                said = self.say(&mut running, settings, text, passphrase) => said,
                () = signals.next() => Err(Failure::Failed("interrupted before it was sent".to_owned())),
            };
            if said.is_ok() {
                tokio::select! {
                    () = tokio::time::sleep(self.wait) => {}
                    () = signals.next() => {}
                }
            }
            running.leave().await;
            said
        })
    }

    async fn say(
        &self,
        running: &mut Running,
        settings: &Settings,
        text: String,
        passphrase: Option<Passphrase>,
    ) -> Result<(), Failure> {
        let Some(name) = &self.to else {
            let room = self.room.unwrap_or(RoomName::LOBBY);
            let room = running.session.enter(room, passphrase).await?;
            running.session.say_in(room, Kind::Say, text, None).await?;
            running.tell_reach(settings).await;
            return Ok(());
        };
        let peer = roster::find(running, name).await?;
        let direct = running.session.direct(peer.id, Kind::Say, text).await?;
        let unanswered =
            || Failure::Nobody(format!("{} has not acknowledged it; try again later", peer.name));
        let deadline = Instant::now() + ACKNOWLEDGEMENT;
        loop {
            match timeout_at(deadline, running.updates.recv()).await {
                Ok(Some(Update::Event(Event::Direct { line, state, .. }))) if line == direct => match state {
                    DirectState::Delivered { .. } => return Ok(()),
                    DirectState::Sent | DirectState::Kept => {}
                    DirectState::Withdrawn | DirectState::Failed => return Err(unanswered()),
                },
                Ok(Some(_)) => {}
                Ok(None) => return Err(Running::ended()),
                Err(_) => return Err(unanswered()),
            }
        }
    }
}

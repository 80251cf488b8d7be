//! `lanchat slot read`: a mailslot, and what is written to it.

use std::time::Duration;

use clap::Args;

use super::service;
use super::show::{Form, show};
use crate::cli::failure::tell;
use crate::cli::output::Output;
use crate::cli::settings::Settings;
use crate::cli::signals::{self, Signals};
use crate::cli::{Failure, clock, duration, start};
use crate::mailslot::{Message, Options, ReadError, ReadTimeout, Server, SlotPath};

/// Longest message, in bytes, that is made printable between other work: well under a millisecond.
const AT_ONCE: usize = 4096;

/// Create a mailslot and print what is written to it, from this machine and from the network
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lanchat slot read //./mailslot/sms\n  \
    lanchat slot read //./mailslot/sms --count 1 --raw > file    one message, byte by byte\n  \
    lanchat slot read //./mailslot/sms --timeout 1000            exit code 3 if none comes within a second")]
pub(in crate::cli) struct Read {
    /// Its path: //./mailslot/NAME, with / or \
    #[arg(value_name = "NAME")]
    path: SlotPath,
    /// End when no message comes for so long: milliseconds, or a number with a unit, or `forever`. It is a failure (exit
    /// code 3) if there was none at all, or fewer than --count
    #[arg(long, value_name = "MS", default_value = "forever", value_parser = timeout)]
    timeout: ReadTimeout,
    /// Refuse messages of more bytes than this; 0 takes any size up to what may wait (4 MiB)
    #[arg(long, value_name = "N", default_value_t = 0)]
    max_message: u32,
    /// End after this many messages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Print the bytes as they come, and nothing between messages; a terminal obeys whatever is in them
    #[arg(long, conflicts_with_all = ["hex", "json"])]
    raw: bool,
    /// Print each message as hexadecimal digits, on one line
    #[arg(long, conflicts_with = "json")]
    hex: bool,
}

/// The message as it is printed. A long one takes a while, in which the network must be attended to.
async fn shown(message: Message, form: Form) -> Vec<u8> {
    let now = clock::now();
    if message.data.len() <= AT_ONCE {
        return show(&message, form, now);
    }
    tokio::task::spawn_blocking(move || show(&message, form, now)).await.unwrap_or_default()
}

fn timeout(text: &str) -> Result<ReadTimeout, String> {
    if text == "forever" {
        return Ok(ReadTimeout::Forever);
    }
    let limit = match text.parse::<u32>() {
        Ok(millis) => Duration::from_millis(millis.into()),
        Err(_) => duration::parse(text)
            .map_err(|_| "give milliseconds, a number with a unit such as 5s, or forever".to_owned())?,
    };
    Ok(if limit.is_zero() { ReadTimeout::Immediate } else { ReadTimeout::After(limit) })
}

impl Read {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        start::block_on(async {
            let mut signals = Signals::new()?;
            let mut server = self.create(settings).await?;
            let output = Output::start(settings.json);
            let (result, patience) = tokio::select! {
                result = self.print(&mut server, settings, &output) => (result, None),
                () = output.closed() => (Ok(()), None),
                () = signals.next() => (Ok(()), Some(signals::PATIENCE)),
            };
            drop(server);
            output.finish(patience).await?;
            result
        })
    }

    async fn create(&self, settings: &Settings) -> Result<Server, Failure> {
        let options = Options { read_timeout: self.timeout, ..Options::win32(self.max_message, 0) };
        match service(settings) {
            Ok(mailslots) => {
                let server = mailslots.create(&self.path, options)?;
                start::claim_name(&mailslots);
                if let Err(error) = mailslots.accept_long().await {
                    tell(&format!("messages over 424 bytes from other computers are not heard: {error}"));
                }
                start::tell_deaf(settings, &mailslots);
                Ok(server)
            }
            Err(error) => {
                let server = Server::local(&self.path, options)?;
                tell(&format!("only programs on this machine are heard: {error}"));
                Ok(server)
            }
        }
    }

    async fn print(&self, server: &mut Server, settings: &Settings, output: &Output) -> Result<(), Failure> {
        let form = match () {
            () if settings.json => Form::Json,
            () if self.raw => Form::Raw,
            () if self.hex => Form::Hex,
            () => Form::Text,
        };
        let mut read = 0;
        loop {
            match server.read().await {
                Ok(message) => output.bytes(shown(message, form).await).await,
                Err(ReadError::Timeout) => return self.enough(read),
                Err(error) => return Err(Failure::Failed(error.to_string())),
            }
            read += 1;
            if self.count.is_some_and(|count| read >= count) {
                return Ok(());
            }
        }
    }

    /// What it means that no further message has come.
    fn enough(&self, read: u64) -> Result<(), Failure> {
        match self.count {
            None if read > 0 => Ok(()),
            None => Err(Failure::Nobody(format!("{}; --timeout says how long", ReadError::Timeout))),
            Some(count) => Err(Failure::Nobody(format!(
                "{read} of {count} messages came in time; wait longer with --timeout"
            ))),
        }
    }
}

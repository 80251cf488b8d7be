//! `lanchat slot write`: one message, or the same one again and again.

use std::time::Duration;

use clap::Args;

use super::service;
use crate::cli::failure::tell;
use crate::cli::settings::Settings;
use crate::cli::signals::Signals;
use crate::cli::{Failure, duration, input, start};
use crate::mailslot::{self, SlotPath, blocking};

/// Largest message read from stdin, in bytes. The mailslot says how much less it takes.
const MAX_INPUT: u64 = 64 << 20;

/// Write a message to a mailslot: here, on one machine, or on every machine of the workgroup
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lanchat slot write //./mailslot/sms hello          a program of yours on this machine\n  \
    lanchat slot write //*/mailslot/sms hello          every machine of the workgroup\n  \
    lanchat slot write //orion/mailslot/sms < file     one machine; any bytes\n  \
    lanchat slot write //*/mailslot/sms --every 5s hello"
)]
pub(in crate::cli) struct Write {
    /// Its path: //./mailslot/NAME, //*/mailslot/NAME or //COMPUTER/mailslot/NAME, with / or \
    #[arg(value_name = "NAME")]
    path: SlotPath,
    /// The message; `-` or none reads it from standard input, any bytes or none
    #[arg(value_name = "TEXT")]
    text: Vec<String>,
    /// Write it again each time that this long has gone by, which is at least 10ms
    #[arg(long, value_name = "TIME", value_parser = interval)]
    every: Option<Duration>,
    /// How often to write it, to the network 10ms apart [default: once; with --every, until you end it]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Append a NUL, as C programs expect
    #[arg(long)]
    nul: bool,
}

/// Shortest time between two writes of `--every`. Each of them interrupts every machine of the segment.
const SHORTEST: Duration = Duration::from_millis(10);

fn interval(text: &str) -> Result<Duration, String> {
    let time = duration::parse(text)?;
    if time < SHORTEST {
        return Err(format!("at least {}, or it is a flood", duration::show(SHORTEST)));
    }
    Ok(time)
}

/// The way to the mailslot.
enum Way {
    /// It is looked for at each write: its server may have been started again.
    Machine(String),
    Network(mailslot::Client),
}

impl Way {
    async fn write(&self, data: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Machine(path) => blocking::Client::open(path)?.write(data)?,
            Self::Network(client) => {
                client.send(data).await?;
            }
        }
        Ok(())
    }
}

impl Write {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        let mut data = match self.text.as_slice() {
            [] => read_input()?,
            [dash] if dash == "-" => read_input()?,
            words => words.join(" ").into_bytes(),
        };
        data.extend(self.nul.then_some(0));
        start::block_on(async {
            let mut signals = Signals::new()?;
            let way = match &self.path {
                SlotPath::Local(_) => Way::Machine(self.path.to_string()),
                path => {
                    let service = service(settings).map_err(|error| Failure::Failed(error.to_string()))?;
                    start::tell_loopback(settings, &service);
                    Way::Network(service.open(path))
                }
            };
            let repeat = self.repeat(&way, &data);
            tokio::select! {
                result = repeat => result,
                () = signals.next() => Ok(()),
            }
        })
    }

    async fn repeat(&self, way: &Way, data: &[u8]) -> Result<(), Failure> {
        let count = self.count.unwrap_or(if self.every.is_some() { u64::MAX } else { 1 });
        let pause = self.every.or(matches!(way, Way::Network(_)).then_some(SHORTEST));
        way.write(data).await?;
        let mut result = Ok(());
        for _ in 1..count {
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
            }
            let written = way.write(data).await;
            match &written {
                // A reader that is started again, or a cable, comes back.
                Err(failure) if self.every.is_some() => {
                    if result.is_ok() {
                        tell(&format!("{failure}; trying on"));
                    }
                }
                Err(_) => return written,
                Ok(()) => {}
            }
            result = written;
        }
        result
    }
}

fn read_input() -> Result<Vec<u8>, Failure> {
    let data = input::typed(MAX_INPUT + 1)?;
    if data.len() as u64 > MAX_INPUT {
        return Err(Failure::Failed("the message has over 64 MiB; send it in parts".to_owned()));
    }
    Ok(data)
}

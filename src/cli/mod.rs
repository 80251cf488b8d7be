//! The command line: subcommands, settings, and output that scripts rely on.
//!
//! Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 timed out or
//! nobody answered. Names and JSON fields are added, never renamed.

mod chat;
mod clock;
mod completions;
mod config;
mod config_file;
mod doctor;
mod duration;
mod enough;
mod failure;
#[doc(hidden)]
pub mod fuzzing;
mod history;
mod html;
mod identity;
mod input;
mod keeper;
mod log;
mod man;
mod net;
mod options;
mod output;
mod passphrase;
mod paths;
mod ping;
mod pipe;
mod plain;
mod plain_talk;
mod progress;
mod quotes;
mod receive;
mod record;
mod rooms;
mod roster;
mod say;
mod screen;
mod send;
mod settings;
mod signals;
mod slot;
mod start;
mod table;
mod tail;
mod trust;
mod who;

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use failure::Failure;

use crate::privileges;
use options::{Everywhere, Sources};
use settings::Settings;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "lanchat",
    version,
    about = "Chat with the people on your network: no server, no account, no configuration",
    after_help = "Examples:\n  lanchat                       chat\n  lanchat --nick alice          chat as alice\n  \
                  lanchat say lunch is ready    send one message\n  lanchat tail --json           hear messages in a script"
)]
struct Cli {
    #[command(flatten)]
    everywhere: Everywhere,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Say(say::Say),
    Tail(tail::Tail),
    History(history::History),
    Who(who::Who),
    Rooms(rooms::Rooms),
    Ping(ping::Ping),
    Net(net::Net),
    Doctor(doctor::Doctor),
    Slot(slot::Slot),
    Send(send::Send),
    Receive(receive::Receive),
    Pipe(pipe::Pipe),
    Identity(identity::Identity),
    Config(config::Config),
    Completions(completions::Completions),
    Man(man::Man),
}

/// A command line that was understood.
#[derive(Debug)]
pub struct Invocation {
    cli: Cli,
    sources: Sources,
}

/// Understands a command line, the program's name first.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Invocation, Failure> {
    let matches = Cli::command().try_get_matches_from(args)?;
    let cli = Cli::from_arg_matches(&matches)?;
    Ok(Invocation { cli, sources: Sources::of(&matches) })
}

/// Does what the command line asks.
pub fn run(invocation: Invocation) -> Result<(), Failure> {
    privileges::keep_files_private();
    let Invocation { cli: Cli { everywhere, command }, sources } = invocation;
    let settings = || Settings::load(&everywhere, &sources);
    match command {
        None => chat::run(settings()?, move || Settings::load(&everywhere, &sources)),
        Some(Command::Say(say)) => say.run(&settings()?),
        Some(Command::Tail(tail)) => tail.run(&settings()?),
        Some(Command::History(history)) => history.run(&settings()?),
        Some(Command::Who(who)) => who.run(&settings()?),
        Some(Command::Rooms(rooms)) => rooms.run(&settings()?),
        Some(Command::Ping(ping)) => ping.run(&settings()?),
        Some(Command::Net(net)) => net.run(&settings()?),
        Some(Command::Doctor(doctor)) => doctor.run(&settings()?),
        Some(Command::Slot(slot)) => slot.run(&settings()?),
        Some(Command::Send(send)) => send.run(&settings()?),
        Some(Command::Receive(receive)) => receive.run(&settings()?),
        Some(Command::Pipe(pipe)) => pipe.run(&settings()?),
        Some(Command::Identity(identity)) => identity.run(&settings()?),
        Some(Command::Config(config)) => config.run(&everywhere, settings),
        Some(Command::Completions(completions)) => completions.run(Cli::command()),
        Some(Command::Man(man)) => man.run(Cli::command()),
    }
}

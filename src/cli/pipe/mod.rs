//! `lanchat pipe`: named pipes on stdin and stdout.

mod bridge;
mod clients;
mod stdio;

use std::cell::Cell;
use std::io::{self, IsTerminal};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use bridge::bridge;
use clap::{Args, Subcommand};
use clients::serve;

use super::failure::tell;
use super::settings::Settings;
use super::signals::Signals;
use super::{Failure, start, trust};
use crate::lan::{Lan, LanConfig};
use crate::mailslot::connect::Kind;
use crate::mailslot::{self, Mailslots};
use crate::pipe::{Access, Allow, Mode, Options, Pipe as Connected, PipePath, Remote, Server, Target};

/// Serve a named pipe, or connect to one
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lanchat pipe listen //./pipe/sms\n  \
    echo hello | lanchat pipe connect //./pipe/sms\n  \
    lanchat pipe listen //./pipe/backup --byte --allow bob >backup.tar\n  \
    tar c docs | lanchat pipe connect //ORION/pipe/backup")]
pub(super) struct Pipe {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Listen(Listen),
    Connect(Connect),
}

/// Serve a pipe: print what a client writes, send it what comes on stdin
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lanchat pipe listen //./pipe/sms\n  \
    lanchat pipe listen //./pipe/log --instances 10 --allow known >>log")]
pub(super) struct Listen {
    /// The pipe: //./pipe/NAME
    #[arg(value_name = "NAME")]
    name: String,
    /// A stream of bytes; otherwise each line is a message
    #[arg(long)]
    byte: bool,
    /// Serve up to N clients at a time, and go on when they have left
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    instances: Option<u8>,
    /// Serve other computers too, and let this peer in: nick, nick~3f9a, id, `known` or `everybody`; can be repeated
    #[arg(long, value_name = "PEER")]
    allow: Vec<String>,
}

/// Connect to a pipe: send it what comes on stdin, print what the server writes
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  echo hello | lanchat pipe connect //./pipe/sms\n  \
    lanchat pipe connect //ORION/pipe/sms --allow bob")]
pub(super) struct Connect {
    /// The pipe: //./pipe/NAME on this computer, //COMPUTER/pipe/NAME on another
    #[arg(value_name = "NAME")]
    name: String,
    /// Only talk to a server of this peer: nick, nick~3f9a, id, `known` or `everybody`; can be repeated [default: known]
    #[arg(long, value_name = "PEER")]
    allow: Vec<String>,
}

impl Pipe {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        start::block_on(async {
            let mut signals = Signals::new()?;
            let busy = Cell::new(false);
            let work = async {
                match self.action {
                    Action::Listen(listen) => listen.run(settings, &busy).await,
                    Action::Connect(connect) => connect.run(settings, &busy).await,
                }
            };
            tokio::select! {
                done = work => done,
                () = signals.next() => interrupted(busy.get()),
            }
        })
    }
}

/// A person who talks by a pipe ends it so, and so does who waits for nobody any more; a file ends by itself.
fn interrupted(busy: bool) -> Result<(), Failure> {
    if busy && !io::stdin().is_terminal() {
        return Err(Failure::Failed("interrupted before both ends had said all; connect again".to_owned()));
    }
    Ok(())
}

impl Listen {
    async fn run(self, settings: &Settings, busy: &Cell<bool>) -> Result<(), Failure> {
        let PipePath::Local(name) = self.name.parse()? else {
            return Err(Failure::Usage(
                r"a pipe is served on one's own computer only: write its name as //./pipe/NAME".to_owned(),
            ));
        };
        let remote = if self.allow.is_empty() {
            None
        } else {
            let identity = settings.profile.identity()?;
            let allow = trust::allow(settings, &identity, &self.allow)?;
            Some(Remote { identity, allow, bind: any_address(settings) })
        };
        let mode = if self.byte { Mode::Byte } else { Mode::Message };
        let options = Options { mode, instances: self.instances.unwrap_or(1), remote, ..Options::default() };
        let mut server = Server::create(&name, options)?;
        let _offer = match server.port() {
            Some(port) => {
                let mailslots = mailslots(settings)?;
                start::claim_name(&mailslots);
                Some(mailslots.offer(Kind::Pipe, name.as_str(), port))
            }
            None => None,
        };
        if self.instances.is_none() {
            let client = server.accept().await?;
            announce(settings, &client);
            busy.set(true);
            return bridge(client).await;
        }
        serve(settings, &mut server, mode).await
    }
}

impl Connect {
    async fn run(self, settings: &Settings, busy: &Cell<bool>) -> Result<(), Failure> {
        let target = match self.name.parse()? {
            PipePath::Local(name) => Target::Local(name),
            PipePath::Remote { machine, pipe } => {
                let me = settings.profile.identity()?;
                let server = match self.allow.as_slice() {
                    [] => Allow::Only(trust::known(settings, &me)?),
                    names => trust::allow(settings, &me, names)?,
                };
                let mailslots = mailslots(settings)?;
                let found = mailslots.locate(machine, Kind::Pipe, pipe.as_str()).await;
                let address = found.map_err(|e| Failure::Nobody(e.to_string()))?;
                Target::Remote { address, name: pipe, me, server }
            }
        };
        let pipe = target.connect(Access::Any).await?;
        announce(settings, &pipe);
        busy.set(true);
        bridge(pipe).await
    }
}

/// The mailslots without a chat: to be found, and to find.
fn mailslots(settings: &Settings) -> Result<Mailslots, Failure> {
    let config = LanConfig { interfaces: settings.interfaces.value.clone(), port: settings.port.value };
    let lan = Lan::bind(&config).map_err(|e| Failure::Failed(e.to_string()))?;
    let (host, workgroup) = (settings.host.value.name, settings.workgroup.value.name);
    Ok(Mailslots::start(mailslot::Config { host, workgroup, lan }))
}

/// Where to listen: everywhere, or where `--interface lo` keeps everything else.
pub(super) fn any_address(settings: &Settings) -> SocketAddr {
    let interfaces = &settings.interfaces.value;
    if !interfaces.is_empty() && interfaces.iter().all(|name| name == "lo") {
        (Ipv4Addr::LOCALHOST, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    }
}

/// Tells who is at the other end of a remote pipe.
fn announce(settings: &Settings, pipe: &Connected) {
    if let Some(peer) = pipe.peer() {
        tell(&format!("connected with {}", trust::name(settings, &peer)));
    }
}

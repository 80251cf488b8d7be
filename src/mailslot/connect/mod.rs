//! `connect`: how a program finds the TCP port behind a name on another machine (docs/PROTOCOL.md 12).
//!
//! Mailslot datagrams find the machine and the program on it, and a connection carries what a datagram cannot: messages
//! over 424 bytes, named pipes. The question goes to the machine's shared port, whence the relay takes it to the program
//! that owns the thing; the second and third go to everybody, addressed to that machine alone, so that they get past a
//! program that holds the port (Samba's nmbd) and reach systems where nothing can be relayed. Nobody but the owner
//! answers.
//!
//! ```
//! use lanchat::lan::{Lan, LanConfig};
//! use lanchat::mailslot::connect::Kind;
//! use lanchat::mailslot::{Config, Mailslots};
//! use lanchat::netbios::Name;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let start = |host, port| -> Result<Mailslots, Box<dyn std::error::Error>> {
//!     let lan = Lan::bind(&LanConfig { interfaces: vec!["lo".into()], port })?;
//!     let workgroup = Name::new("workgroup", 0)?;
//!     Ok(Mailslots::start(Config { host: Name::new(host, 0)?, workgroup, lan }))
//! };
//! let here = start("orion", 0)?;
//! let there = start("orion", here.network().port)?; // another program of this machine
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let _offer = there.offer(Kind::Pipe, "echo", listener.local_addr()?.port());
//! let found = here.locate(Name::new("orion", 0)?, Kind::Pipe, "echo").await?;
//! assert_eq!(found, listener.local_addr()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod desk;
mod error;
mod frame;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use std::time::Duration;

use rand::TryRng as _;
use rand::rngs::SysRng;
use tokio::sync::oneshot;
use tokio::time::Instant;

pub(super) use desk::Desk;
pub use desk::Offer;
pub use error::LocateError;
pub use frame::{Frame, Kind, valid};

use desk::{Asked, Offered, Waiting};

use super::Mailslots;
use super::error::WriteError;
use super::relay::Origin;
use super::resolver::Owner;
use super::service::{Service, claim};
use super::slots::Delivery;
use crate::netbios::{self, Datagram, Name};
use crate::smb::MailslotWrite;

/// The slot's name.
pub const SLOT: &str = r"lanchat\connect";
const WIRE: &str = r"\MAILSLOT\lanchat\connect";
/// How often a question is asked.
const TRIES: usize = 3;
/// How long each waits for an answer.
const PATIENCE: Duration = Duration::from_millis(250);
/// Most answers in a second.
pub(super) const ANSWERS: u32 = 200;

impl Mailslots {
    /// Answers those who look for the `kind` called `name` on this machine that it is behind `tcp_port`, until the offer
    /// is dropped. The port should listen on every address, since people ask from every segment in use. Nobody ever asks
    /// for a name that is not [`valid`].
    pub fn offer(&self, kind: Kind, name: &str, tcp_port: u16) -> Offer {
        let desk = &self.inner.desk;
        let number = desk.next.fetch_add(1, Ordering::Relaxed);
        desk.offers().push(Offered { number, kind, name: name.to_owned(), port: tcp_port });
        Offer { number, service: self.clone() }
    }

    /// Finds where to connect to for the `kind` called `name` on the computer `host`, which may be this one: its address
    /// and TCP port. Asks for the computer's address first, if that is not known; all in all it takes at most 1.5 s.
    ///
    /// Nothing is proved: any neighbour can answer in the name of that computer. What is read from the connection must
    /// show who is there.
    ///
    /// # Errors
    /// When nobody has that computer name, or nobody there offers this.
    pub async fn locate(&self, host: Name, kind: Kind, name: &str) -> Result<SocketAddr, LocateError> {
        self.inner.locate(host.with_suffix(Name::WORKSTATION), kind, name).await
    }
}

impl Service {
    pub(super) async fn locate(&self, host: Name, kind: Kind, name: &str) -> Result<SocketAddr, LocateError> {
        if !valid(name) {
            return Err(LocateError::Name(name.to_owned()));
        }
        let to = if host == self.host { None } else { Some(self.machine(host).await?) };
        if let (None, Some(port)) = (to, self.offered(kind, name)) {
            let own = self.own_address().map_err(LocateError::Network)?;
            return Ok((own, port).into());
        }
        let mut nonce = [0; 8];
        SysRng.try_fill_bytes(&mut nonce).map_err(|e| LocateError::Network(io::Error::other(e)))?;
        let (found, mut answer) = oneshot::channel();
        let waiting = Waiting { desk: &self.desk, nonce };
        self.desk.questions().insert(nonce, Asked { address: to.map(|a| a.ip()), found });
        let question = written(&Frame::Question { nonce, kind, name });
        for n in 0..TRIES {
            let sent = match to {
                None => self.ask_here(&question),
                Some(to) if n == 0 => self.tell(to, host, &question),
                Some(to) => self.ask_around(to, host, &question),
            };
            let until = Instant::now() + PATIENCE;
            match (tokio::time::timeout_at(until, &mut answer).await, sent) {
                (Ok(Ok(address)), _) => return Ok(address),
                (_, Err(error)) if n + 1 == TRIES => return Err(LocateError::Network(error)),
                _ => {}
            }
        }
        drop(waiting);
        Err(LocateError::Nobody { host, kind, name: name.to_owned() })
    }

    /// The port behind what this program has under a name.
    fn offered(&self, kind: Kind, name: &str) -> Option<u16> {
        let long = || self.long.get().filter(|_| kind == Kind::Mailslot && self.slots.contains(name));
        self.desk.port(kind, name).or_else(|| long().copied())
    }

    /// The address of a computer, looked up if need be.
    async fn machine(&self, host: Name) -> Result<SocketAddr, LocateError> {
        match self.resolve(host).await {
            Ok(()) => {}
            Err(WriteError::Network(error)) => return Err(LocateError::Network(error)),
            Err(_) => return Err(LocateError::Unknown(host)),
        }
        let owner = self.memory().resolver.owner(Instant::now(), &host);
        match owner {
            Some(Owner::Machine(mut to)) => {
                to.set_port(self.lan.port());
                Ok(to)
            }
            Some(Owner::Group) | None => Err(LocateError::Unknown(host)),
        }
    }

    /// An address by which this machine reaches itself.
    pub(super) fn own_address(&self) -> io::Result<IpAddr> {
        let used = self.lan.state().interfaces;
        let v4 = used.iter().map(|u| u.interface.address).find(IpAddr::is_ipv4);
        v4.ok_or_else(|| io::ErrorKind::NetworkDown.into())
    }

    /// Sends a frame to one address. From the reply port, so that an answer comes to this program alone.
    fn tell(&self, to: SocketAddr, host: Name, frame: &[u8]) -> io::Result<()> {
        let mut datagram = self.framed(host, frame);
        self.lan.send(self.lan.reply(), to, None, |source, out| {
            datagram.source_ip = claim(source);
            datagram.emit(out);
        })
    }

    /// Asks everybody on the subnet where the computer is; only who has its name listens.
    fn ask_around(&self, to: SocketAddr, host: Name, question: &[u8]) -> io::Result<()> {
        let mut datagram = self.framed(host, question);
        self.lan.send_around(self.lan.reply(), to, |source, out| {
            datagram.source_ip = claim(source);
            datagram.emit(out);
        })
    }

    /// Asks the programs on this machine.
    fn ask_here(&self, question: &[u8]) -> io::Result<()> {
        let own = self.own_address()?;
        let datagram = Datagram { source_ip: claim(own), ..self.framed(self.host, question) };
        match self.within(&datagram) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                self.ask_around((own, 0).into(), self.host, question)
            }
            sent => sent,
        }
    }

    fn framed<'a>(&self, host: Name, frame: &'a [u8]) -> Datagram<'a> {
        let datagram = self.datagram(netbios::Kind::Unique, host, self.lan.reply_port(), frame);
        self.remember(&datagram); // it can come back here
        datagram
    }

    /// Takes a frame of the connect slot in. Nothing is said unless this program owns what is asked for.
    pub(super) fn connect(&self, datagram: &Datagram<'_>, data: &[u8], origin: Origin) -> Delivery {
        match Frame::parse(data) {
            Some(Frame::Question { nonce, kind, name }) if datagram.kind == netbios::Kind::Unique => {
                let Some(port) = self.offered(kind, name) else { return Delivery::NoSlot };
                if !self.memory().answers.take(Instant::now()) {
                    return Delivery::Full;
                }
                let answer = written(&Frame::Answer { nonce, port });
                let asker = datagram.source.with_suffix(Name::WORKSTATION);
                if let Err(error) = self.tell(origin.from, asker, &answer) {
                    tracing::debug!(%error, "a question of where to connect to is not answered");
                }
                Delivery::Done
            }
            Some(Frame::Answer { nonce, port }) => {
                let mut questions = self.desk.questions();
                let right = questions.get(&nonce).is_some_and(|asked| match asked.address {
                    Some(address) => address == origin.from.ip(),
                    None => self.lan.own(origin.from),
                });
                let Some(asked) = right.then(|| questions.remove(&nonce)).flatten() else {
                    return Delivery::NoSlot;
                };
                let mut address = origin.from;
                address.set_port(port);
                let _ = asked.found.send(address); // whoever asked may have gone
                Delivery::Done
            }
            _ => Delivery::NoSlot,
        }
    }
}

/// A frame as a write to the slot.
fn written(frame: &Frame<'_>) -> Vec<u8> {
    let mut message = Vec::new();
    MailslotWrite::new(WIRE, &frame.emit()).emit(&mut message);
    message
}

//! What was seen on the machine and heard on the segment: everything that [`diagnose`](super::diagnose()) goes by.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::chat::{Glance, Millis, Peer};
use crate::lan::Interface;

/// What the user wants to work.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Interfaces by name; empty: every one that can broadcast.
    pub interfaces: Vec<String>,
    /// The segment's UDP port.
    pub port: u16,
    /// The workgroup, in upper case.
    pub workgroup: String,
    /// How long to listen.
    pub wait: Duration,
}

/// Everything that was observed.
#[derive(Debug, Clone, Default)]
pub struct Observations {
    /// What the user wants.
    pub wanted: Wanted,
    /// The machine's interfaces, in whatever state.
    pub links: Vec<LinkSeen>,
    /// What came of taking the port.
    pub bound: Bound,
    /// Why the chat did not start, if it did not.
    pub refused: Option<String>,
    /// A datagram to this machine itself came back.
    pub loopback: bool,
    /// Sockets at the segment's port and those of NetBIOS, where the system tells.
    pub holders: Vec<Holder>,
    /// The receive buffer.
    pub room: Option<Room>,
    /// Datagrams that the system dropped for want of room while the doctor listened.
    pub lost: u32,
    /// What was heard on the port, each kind of datagram from each sender once.
    pub heard: Vec<Heard>,
    /// IPv4 datagrams to the port that came to the machine, before any filter; none without the right to look.
    pub sniffed: Option<Vec<Sniffed>>,
    /// Where the packet filter drops datagrams to the port, in words, with the interface; none where its rules cannot
    /// be read.
    pub drops: Option<Vec<(String, String)>>,
    /// Addresses whose broadcasts the system does not let out, with what it says.
    pub unsent: Vec<(IpAddr, String)>,
    /// Where the packet filter drops datagrams that go out, as in `drops`.
    pub kept_in: Vec<(String, String)>,
    /// What looks after the packet filter.
    pub tool: FirewallTool,
    /// Machines that this one has spoken to lately.
    pub neighbours: Vec<Neighbour>,
    /// People who are here.
    pub peers: Vec<PeerSeen>,
}

/// An interface in whatever state it is.
#[derive(Debug, Clone, Default)]
pub struct LinkSeen {
    /// Its name.
    pub name: String,
    /// Reaches this machine only.
    pub loopback: bool,
    /// Why it cannot be used now.
    pub obstacle: Option<&'static str>,
    /// Its addresses that can be used.
    pub interfaces: Vec<Interface>,
    /// Its IPv4 addresses in subnets too small for a broadcast, with the length of their prefix.
    pub narrow: Vec<(Ipv4Addr, u8)>,
}

/// What came of taking the port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Bound {
    /// It can be had.
    #[default]
    Yes,
    /// Another program has it for itself alone.
    Taken,
    /// The user has not the right to it.
    NoRight,
    /// Something else; what the system says.
    Other(String),
}

/// A socket at a port of interest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holder {
    /// The port.
    pub port: u16,
    /// The user it belongs to, by number.
    pub uid: u32,
    /// The program, where it can be known.
    pub program: Option<(u32, String)>,
    /// Datagrams it has lost for want of room.
    pub drops: u64,
}

/// A receive buffer, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Asked for.
    pub asked: usize,
    /// Given.
    pub given: usize,
}

/// A mailslot datagram that was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Its UDP source.
    pub from: SocketAddr,
    /// The number of the interface it came by.
    pub interface: u32,
    /// The name of its sender; a claim.
    pub source: String,
    /// The group or computer it was for.
    pub destination: String,
    /// It was for a slot of the chat.
    pub chat: bool,
    /// What it tells, if it is a beacon.
    pub beacon: Option<Glance>,
    /// This machine's clock when it came.
    pub at: Millis,
}

/// An IPv4 datagram as it came to the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sniffed {
    /// From whom.
    pub from: Ipv4Addr,
    /// To which address.
    pub to: Ipv4Addr,
    /// The number of the interface.
    pub interface: u32,
    /// The hardware address of the machine that sent it; none where that is this one.
    pub by: Option<[u8; 6]>,
}

/// What looks after the packet filter, so that a cure can name its command.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FirewallTool {
    /// Uncomplicated Firewall.
    Ufw,
    /// firewalld.
    Firewalld,
    /// nftables alone, or something unknown.
    #[default]
    Nft,
}

/// A machine in the neighbour table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// Its address.
    pub address: IpAddr,
    /// The name of the interface.
    pub interface: String,
    /// It is the way to other networks.
    pub gateway: bool,
}

/// Somebody who is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerSeen {
    /// Who.
    pub peer: Peer,
    /// Whether one of the pings to it came back; none where it was not asked.
    pub answered: Option<bool>,
}

impl Observations {
    /// The addresses that are in use, as the chat chooses them.
    pub(super) fn used(&self) -> Vec<&Interface> {
        let able = |l: &&LinkSeen| l.obstacle.is_none();
        let named = |l: &&LinkSeen| self.wanted.interfaces.contains(&l.name);
        let links: Vec<_> = if self.wanted.interfaces.is_empty() {
            let (lo, others): (Vec<_>, Vec<_>) = self.links.iter().filter(able).partition(|l| l.loopback);
            if others.is_empty() { lo } else { others }
        } else {
            self.links.iter().filter(able).filter(named).collect()
        };
        links.into_iter().flat_map(|l| &l.interfaces).collect()
    }

    /// Whether an address is this machine's own.
    pub(super) fn own(&self, address: IpAddr) -> bool {
        let all = || self.links.iter().flat_map(|l| &l.interfaces);
        address.is_loopback() || all().any(|i| i.address == address)
    }

    /// What others have sent.
    pub(super) fn foreign(&self) -> impl Iterator<Item = &Heard> {
        self.heard.iter().filter(|h| !self.own(h.from.ip()))
    }

    /// Whether this machine's own broadcast by an interface was heard again.
    pub(super) fn echoed(&self, interface: &Interface) -> bool {
        self.heard.iter().any(|h| h.interface == interface.index && h.from.ip() == interface.address)
    }

    /// The name of an interface by its number.
    pub(super) fn name(&self, index: u32) -> &str {
        let mut all = self.links.iter().flat_map(|l| &l.interfaces);
        all.find(|i| i.index == index).map_or("?", |i| &i.name)
    }
}

//! What a session is told at its start and what it reports.

use std::net::IpAddr;

use super::slots::SlotError;
use crate::chat::{Acquaintance, Event, Identity, Nick, PeerId, RoomName};
use crate::history::History;
use crate::lan;
use crate::mailslot::{self, Counters};
use crate::neighbours::{self, Popup};
use crate::netbios::Name;

/// What a session must be told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The key pair to sign with.
    pub identity: Identity,
    /// Which start of the program this is, already stored (see [`crate::profile`]).
    pub epoch: u32,
    /// The nickname to go by.
    pub nick: Nick,
    /// This machine's NetBIOS name.
    pub host: Name,
    /// The group whose members hear `\\*\`.
    pub workgroup: Name,
    /// Interfaces to talk on, by name; empty: every one that can broadcast, or the loopback if there is none.
    pub interfaces: Vec<String>,
    /// UDP port of the segment, 13138 or 138.
    pub port: u16,
    /// A command that is no person: not listed, see [`Config::observer`](crate::chat::Config::observer).
    pub observer: bool,
    /// How many datagrams of lines of each author are fetched that were said before this start.
    pub depth: u32,
    /// Who was met in earlier runs.
    pub known: Vec<Acquaintance>,
    /// Where every line is kept, if it is to be.
    pub history: Option<History>,
    /// Rooms to be in from the start.
    pub rooms: Vec<RoomName>,
    /// Whose lines are not shown.
    pub ignored: Vec<PeerId>,
    /// What the neighbours that run no lanchat are told, and how they are read.
    pub neighbours: neighbours::Config,
}

/// What a session reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Update {
    /// The core has news.
    Event(Event),
    /// Interfaces came, went, or stopped working.
    Network(Network),
    /// The rooms that this node is in, or whom its user ignores, have changed: to be kept for the next run.
    Social {
        /// All rooms but the lobby.
        rooms: Vec<RoomName>,
        /// All who are ignored.
        ignored: Vec<PeerId>,
    },
    /// A pop-up came from a program such as WinPopup.
    Popup(Popup),
    /// A peer's public key was met for the first time: to be kept for the next run.
    Met {
        /// Whose.
        peer: PeerId,
        /// The key.
        public: [u8; 32],
        /// The nickname it used.
        nick: Nick,
    },
    /// The user has decided how far to trust a peer: to be kept.
    Trusted {
        /// Whom.
        peer: PeerId,
        /// Its key.
        public: [u8; 32],
        /// The nickname it uses.
        nick: Nick,
        /// Its words are right; else they are not known to be.
        verified: bool,
    },
}

/// The network as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Network {
    /// Interfaces in use; empty while there is none (cable out): the session waits for one.
    pub interfaces: Vec<InterfaceState>,
    /// Interfaces that were asked for and are waited for, each with the reason.
    pub waiting: Vec<String>,
    /// UDP port of the segment.
    pub port: u16,
    /// UDP port of this node's reply slot.
    pub reply_port: u16,
    /// Datagrams so far.
    pub counters: Counters,
    /// Addresses that send more than can be read here: only a share of it is let in, so that others are heard.
    pub loud: Vec<IpAddr>,
}

/// Who can hear this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Nobody: there is no interface.
    Nobody,
    /// Programs on this machine: only the loopback is in use.
    Machine,
    /// Everybody on the segments of the interfaces in use.
    Segment,
}

impl Network {
    /// Who can hear this node.
    pub fn reach(&self) -> Reach {
        if self.interfaces.is_empty() {
            Reach::Nobody
        } else if self.interfaces.iter().all(|i| i.address.is_loopback()) {
            Reach::Machine
        } else {
            Reach::Segment
        }
    }
}

/// One interface in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceState {
    /// Its name, such as `eth0`.
    pub name: String,
    /// Its address; the IPv4 one if it has both kinds.
    pub address: IpAddr,
    /// Where broadcasts on it go.
    pub broadcast: IpAddr,
    /// The last broadcast on it failed with this error. With both kinds of addresses, only IPv4 counts.
    pub problem: Option<String>,
}

impl From<mailslot::Network> for Network {
    fn from(network: mailslot::Network) -> Self {
        let used = network.lan.interfaces.iter().map(|u| &u.interface);
        let v4: Vec<u32> = used.filter(|i| i.address.is_ipv4()).map(|i| i.index).collect();
        let shown = |i: &lan::Interface| i.address.is_ipv4() || !v4.contains(&i.index);
        let used = network.lan.interfaces.into_iter().filter(|used| shown(&used.interface));
        let interfaces = used.map(|used| InterfaceState {
            name: used.interface.name,
            address: used.interface.address,
            broadcast: used.interface.broadcast,
            problem: used.problem,
        });
        let waiting = network.lan.waiting.into_iter().map(|w| format!("{}: {}", w.name, w.problem));
        Self {
            interfaces: interfaces.collect(),
            waiting: waiting.collect(),
            port: network.port,
            reply_port: network.reply_port,
            counters: network.counters,
            loud: network.loud,
        }
    }
}

/// Why a session cannot start. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The network cannot be used.
    #[error(transparent)]
    Network(#[from] crate::lan::Error),
    /// A mailslot of the chat cannot be created.
    #[error("cannot create the mailslots of the chat: {0}")]
    Mailslot(#[from] SlotError),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}; is /dev/urandom there?")]
    Random(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_with_both_kinds_of_addresses_is_shown_by_ipv4() {
        let used = |name: &str, index, address: &str, problem: Option<&str>| lan::Used {
            interface: lan::Interface {
                name: name.to_owned(),
                index,
                address: address.parse().unwrap(),
                prefix: 24,
                broadcast: lan::GROUP.into(),
                loopback: false,
            },
            problem: problem.map(str::to_owned),
        };
        let interfaces = vec![
            used("e0", 2, "10.0.0.1", None),
            used("e0", 2, "fe80::1", Some("IPv4 works, so what")),
            used("e1", 3, "fe80::1", Some("its only way")),
        ];
        let network: Network = mailslot::Network {
            lan: lan::State { interfaces, waiting: Vec::new() },
            port: 138,
            reply_port: 9,
            name: mailslot::NameState::Off,
            counters: Counters::default(),
            loud: Vec::new(),
        }
        .into();
        let shown: Vec<_> =
            network.interfaces.iter().map(|i| (i.address.to_string(), i.problem.as_deref())).collect();
        assert_eq!(shown, [("10.0.0.1".to_owned(), None), ("fe80::1".to_owned(), Some("its only way"))]);
        assert_eq!(network.reach(), Reach::Segment);
    }
}

//! One message and where it came from.

use std::net::{Ipv4Addr, SocketAddr};

use super::path::SlotName;
use crate::netbios::Name;

/// A message read from a mailslot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What was written, 0 bytes or more.
    pub data: Vec<u8>,
    /// By whom.
    pub source: Source,
    /// The slot as its server named it.
    pub slot: SlotName,
}

/// Who wrote a message. Nothing of it is proved except that `address` sent it, and even that a neighbour can forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The computer name that the sender claims; `*` for another program on this machine.
    pub name: Name,
    /// The UDP source: where an answer goes. An IPv6 address names its interface in the scope ID.
    pub address: SocketAddr,
    /// The address that the sender claims in the NetBIOS header. Some systems fill in another one; over IPv6 it is
    /// 0.0.0.0.
    pub claimed: Ipv4Addr,
    /// Number of the interface it came by; 0 where the system does not tell, and for messages from this program.
    pub interface: u32,
    /// Sent from one of this machine's addresses, be it by this program or by another.
    pub own: bool,
    /// Sent to this machine alone, not to a group.
    pub directed: bool,
    /// Written on this machine by `\\.\mailslot\…`, not sent over the network: by a program of the same user. Nobody
    /// else can, so this much is sure.
    pub local: bool,
    /// The process that wrote it, if it is local and the system tells.
    pub pid: Option<u32>,
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::mailslot) fn message(data: &[u8]) -> Message {
        Message {
            data: data.to_vec(),
            source: Source {
                name: Name::WILDCARD,
                address: SocketAddr::from((Ipv4Addr::LOCALHOST, 9)),
                claimed: Ipv4Addr::LOCALHOST,
                interface: 1,
                own: false,
                directed: false,
                local: false,
                pid: None,
            },
            slot: "x".parse().unwrap(),
        }
    }
}

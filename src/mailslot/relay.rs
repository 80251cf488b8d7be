//! The relay: several programs on one machine share the segment's port, but what is sent to the machine alone reaches
//! only one of them. That one hands it to the others, whoever's they are, by a broadcast on the loopback
//! (docs/PROTOCOL.md 13).
//!
//! The datagram stays what it was, but its header's `SOURCE_IP` and `SOURCE_PORT`, which nobody believes otherwise, become
//! the address that it really came from. What came by a broadcast is never relayed, so nothing goes round.

use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV4};

use tokio::time::Instant;

use super::error::WriteError;
use super::path::SlotName;
use super::service::{Service, claim, message};
use crate::lan::Received;
use crate::netbios::{Datagram, Kind, Name};

/// Most datagrams relayed in a second; each costs every program on the machine a look.
pub(super) const RELAYS: u32 = 1000;

/// Where a datagram comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    /// The sender's address.
    pub(super) from: SocketAddr,
    /// Another program on this machine has passed it on.
    pub(super) relayed: bool,
}

/// What became of a datagram that may be one for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relayed {
    /// It was handed on.
    Yes,
    /// It would have been, but for the bound.
    TooMany,
    /// It is not one to hand on.
    No,
}

impl Service {
    /// Where a datagram comes from; none when that is not a neighbour on an interface in use.
    pub(super) fn origin(&self, datagram: &Datagram<'_>, received: &Received) -> Option<Origin> {
        // Only a program of this machine can send from a loopback address, and only a relay sends it to all there.
        let within = received.from.ip().is_loopback() && !received.alone && datagram.kind == Kind::Unique;
        let from = SocketAddrV4::new(datagram.source_ip, datagram.source_port).into();
        if within && self.lan.neighbour(from) && datagram.source_port != 0 {
            return Some(Origin { from, relayed: true });
        }
        self.lan.admits(received).then_some(Origin { from: received.from, relayed: false })
    }

    /// Hands a datagram that came to the segment's port to the other programs on this machine, but for one that was sent
    /// to all, or relayed already, or came over IPv6, whose addresses the header has no room for.
    pub(super) fn relay(&self, datagram: &Datagram<'_>, received: &Received, shared: bool) -> Relayed {
        let IpAddr::V4(source_ip) = received.from.ip() else { return Relayed::No };
        if datagram.kind != Kind::Unique || !received.alone || !shared {
            return Relayed::No;
        }
        if !self.memory().relays.take(Instant::now()) {
            return Relayed::TooMany;
        }
        let datagram = Datagram { source_ip, source_port: received.from.port(), ..*datagram };
        self.remember(&datagram); // it comes back here as well
        match self.within(&datagram) {
            Ok(()) => self.tally.relayed.add(1),
            Err(error) => tracing::debug!(%error, "not relayed"),
        }
        Relayed::Yes
    }

    /// Writes to a slot of another program on this machine, by a name of the machine or of this program.
    pub(super) fn send_within(&self, name: Name, slot: &SlotName, data: &[u8]) -> Result<(), WriteError> {
        let own = self.own_address().map_err(WriteError::Network)?;
        let message = message(slot, data);
        let datagram = self.datagram(Kind::Unique, name, self.lan.reply_port(), &message);
        let datagram = Datagram { source_ip: claim(own), ..datagram };
        self.remember(&datagram);
        let sent = match self.within(&datagram) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                let around = |_, out: &mut Vec<u8>| datagram.emit(out);
                self.lan.send_around(self.lan.reply(), (own, 0).into(), around)
            }
            sent => sent,
        };
        sent.map_err(WriteError::Network)?;
        self.tally.sent.add(1);
        Ok(())
    }

    /// Sends a datagram to every program on this machine, as a relay does.
    pub(super) fn within(&self, datagram: &Datagram<'_>) -> io::Result<()> {
        let mut bytes = Vec::new();
        datagram.emit(&mut bytes);
        self.lan.send_within(&bytes)
    }
}

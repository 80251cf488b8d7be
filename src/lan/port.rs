//! A UDP port of this program in both families. A beacon names one port, so both sockets have the same number.

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use super::error::Error;
use super::interface::Interface;
use super::socket::{Family, Socket};

/// How often to look for a number that is free in both families, when the system chooses.
const TRIES: usize = 16;

/// A port. IPv4 is always there; IPv6 where the system has it, and it never spoils IPv4.
#[derive(Debug)]
pub(crate) struct Port {
    v4: Socket,
    v6: Option<Socket>,
    joined: Mutex<HashSet<u32>>,
}

impl Port {
    fn new(v4: Socket, v6: Option<Socket>) -> Self {
        Self { v4, v6, joined: Mutex::default() }
    }

    /// The segment's port, shared with other programs; 0 lets the system choose one.
    pub(crate) fn shared(port: u16) -> Result<Self, Error> {
        if port == 0 {
            // Shared before it is bound, it could be given a port that others share already.
            let port = Self::own()?;
            port.sockets().try_for_each(Socket::share)?;
            return Ok(port);
        }
        let v4 = Socket::shared(Family::V4, port)?;
        let v6 = Socket::shared(Family::V6, port);
        Ok(Self::new(v4, v6.inspect_err(|error| without(port, error)).ok()))
    }

    /// A port shared with other programs for what only IPv4 has.
    pub(super) fn shared_v4(port: u16) -> Result<Self, Error> {
        Ok(Self::new(Socket::shared(Family::V4, port)?, None))
    }

    /// A port that this program alone has.
    pub(super) fn own() -> Result<Self, Error> {
        let mut clashing = Vec::new(); // kept open, lest the system give the same again
        loop {
            let v4 = Socket::own(Family::V4, 0)?;
            match Socket::own(Family::V6, v4.port()) {
                Ok(v6) => return Ok(Self::new(v4, Some(v6))),
                Err(Error::PortInUse { .. }) if clashing.len() < TRIES => clashing.push(v4),
                Err(error) => {
                    without(v4.port(), &error);
                    return Ok(Self::new(v4, None));
                }
            }
        }
    }

    /// A port of one's own for what only IPv4 has.
    pub(crate) fn own_v4() -> Result<Self, Error> {
        Ok(Self::new(Socket::own(Family::V4, 0)?, None))
    }

    /// Its number.
    pub(crate) fn number(&self) -> u16 {
        self.v4.port()
    }

    /// The socket for IPv4.
    pub(crate) fn v4(&self) -> &Socket {
        &self.v4
    }

    /// The sockets to read from.
    pub(crate) fn sockets(&self) -> impl Iterator<Item = &Socket> {
        std::iter::once(&self.v4).chain(&self.v6)
    }

    /// Whether it can send to such an address.
    pub(super) fn speaks(&self, address: IpAddr) -> bool {
        address.is_ipv4() || self.v6.is_some()
    }

    /// As [`Socket::send`].
    pub(super) fn send(&self, data: &[u8], to: SocketAddr, by: Option<&Interface>) -> io::Result<()> {
        match (to, &self.v6) {
            (SocketAddr::V4(_), _) => self.v4.send(data, to, by),
            (SocketAddr::V6(_), Some(v6)) => v6.send(data, to, by),
            (SocketAddr::V6(_), None) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Hears the IPv6 group on these interfaces and no others. What cannot be joined now is tried again the next time.
    pub(crate) fn hear<'a>(&self, interfaces: impl Iterator<Item = &'a Interface>) {
        let Some(v6) = &self.v6 else { return };
        let wanted: HashSet<u32> = interfaces.filter(|i| i.address.is_ipv6()).map(|i| i.index).collect();
        let mut joined = self.joined.lock().unwrap_or_else(PoisonError::into_inner);
        joined.difference(&wanted).for_each(|index| v6.leave(*index));
        joined.retain(|index| wanted.contains(index));
        for index in wanted {
            if !joined.contains(&index) {
                match v6.join(index) {
                    Ok(()) => {
                        joined.insert(index);
                    }
                    Err(error) => {
                        tracing::warn!(index, %error, "the IPv6 group is not heard on an interface");
                    }
                }
            }
        }
    }
}

fn without(port: u16, error: &Error) {
    tracing::warn!(port, %error, "going on without IPv6");
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    #[tokio::test]
    async fn both_families_have_one_number_and_shared_ones_can_be_had_again() {
        let own = Port::own().unwrap();
        assert!(own.sockets().all(|s| s.port() == own.number()));
        let shared = Port::shared(0).unwrap();
        let again = Port::shared(shared.number()).unwrap();
        assert_eq!(again.number(), shared.number());
        assert_eq!(again.sockets().count(), shared.sockets().count());
        assert!(again.sockets().all(|s| s.port() == shared.number()));
        assert_eq!(Port::own_v4().unwrap().sockets().count(), 1);
    }

    #[tokio::test]
    async fn a_program_that_holds_the_port_for_ipv6_alone_does_not_spoil_ipv4() {
        let Ok(other) = UdpSocket::bind("[::1]:0") else { return }; // a machine without IPv6 has no such program
        let port = Port::shared(other.local_addr().unwrap().port()).unwrap();
        assert!(port.speaks([127, 0, 0, 1].into()) && !port.speaks("fe80::1".parse().unwrap()));
        let to = "[fe80::1%1]:9".parse().unwrap();
        assert_eq!(port.send(b"x", to, None).unwrap_err().kind(), io::ErrorKind::Unsupported);
    }
}

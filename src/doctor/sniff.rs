//! IPv4 datagrams as they come to the machine, before its own filter and routing see them (packet(7)). Only root may.
//!
//! What is seen here but not heard by a socket was dropped on this machine, or is meant for another network on the same
//! wire.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;

use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{LinkAddr, recvfrom};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::observation::Sniffed;

/// `ETH_P_IP`.
const IPV4: u16 = 0x0800;
const UDP: u8 = 17;
/// `PACKET_OUTGOING`: what this machine sends.
const OUTGOING: u8 = 4;
/// Bytes of a packet that are looked at: the headers.
const HEADERS: usize = 128;

/// Sees what comes by every interface. The type only lends its readiness: it is a packet socket.
#[derive(Debug)]
pub(super) struct Sniffer {
    socket: UdpSocket,
    /// The hardware addresses of this machine.
    own: Vec<[u8; 6]>,
}

impl Sniffer {
    pub(super) fn open() -> io::Result<Self> {
        let protocol = Protocol::from(i32::from(IPV4.to_be()));
        let socket = Socket::new(Domain::PACKET, Type::DGRAM, Some(protocol))?;
        socket.set_nonblocking(true)?;
        let own = getifaddrs()?.filter_map(|entry| entry.address?.as_link_addr()?.addr()).collect();
        Ok(Self { socket: UdpSocket::from_std(socket.into())?, own })
    }

    /// The next UDP datagram to `port`.
    pub(super) async fn next(&self, port: u16) -> io::Result<Sniffed> {
        let mut buffer = [0; HEADERS];
        loop {
            let read = || Ok(recvfrom::<LinkAddr>(self.socket.as_raw_fd(), &mut buffer)?);
            let (len, link) = self.socket.async_io(Interest::READABLE, read).await?;
            let packet = buffer.get(..len).unwrap_or_default();
            let (Some((from, to, at)), Some(link)) = (udp(packet), link) else { continue };
            if at == port {
                let interface = u32::try_from(link.ifindex()).unwrap_or_default();
                return Ok(Sniffed { from, to, interface, by: self.other(link) });
            }
        }
    }
}

impl Sniffer {
    /// Which other machine has sent what came from this link address.
    fn other(&self, link: LinkAddr) -> Option<[u8; 6]> {
        let by = link.addr().filter(|_| link.pkttype() != OUTGOING)?;
        (by != [0; 6] && !self.own.contains(&by)).then_some(by) // the loopback has zeros
    }
}

/// Source, destination and port of a whole UDP datagram or its first fragment (RFC 791, RFC 768).
fn udp(packet: &[u8]) -> Option<(Ipv4Addr, Ipv4Addr, u16)> {
    let first = *packet.first()?;
    let header = usize::from(first & 15) * 4;
    if first >> 4 != 4 || header < 20 || *packet.get(9)? != UDP {
        return None;
    }
    let word = |at: usize| Some(u16::from_be_bytes([*packet.get(at)?, *packet.get(at + 1)?]));
    let address = |at: usize| Some(Ipv4Addr::from(*packet.get(at..)?.first_chunk::<4>()?));
    if word(6)? & 0x1fff != 0 {
        return None; // a later fragment has no ports
    }
    Some((address(12)?, address(16)?, word(header + 2)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_and_nothing_past_their_end() {
        let mut packet =
            vec![0x46, 0, 0, 0, 0, 0, 0x40, 0, 64, UDP, 0, 0, 10, 77, 0, 1, 10, 77, 0, 255, 1, 1, 1, 1];
        packet.extend([0x33, 0x52, 0x33, 0x52, 0, 8, 0, 0]);
        let (from, to) = (Ipv4Addr::new(10, 77, 0, 1), Ipv4Addr::new(10, 77, 0, 255));
        assert_eq!(udp(&packet), Some((from, to, 13138)));
        for n in 0..28 {
            assert_eq!(udp(&packet[..n]), None, "{n} bytes");
        }
        for (at, value) in [(0, 0x66), (0, 0x41), (9, 6), (7, 1)] {
            let mut other = packet.clone();
            other[at] = value;
            assert_eq!(udp(&other), None, "byte {at}");
        }
    }
}

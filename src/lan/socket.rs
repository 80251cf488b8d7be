//! UDP sockets that know by which interface a datagram came and choose by which it goes.
//!
//! `IP_PKTINFO` is what makes two interfaces into one segment, or into two that use the same addresses, work: the routing
//! table alone would send both broadcasts out of one of them. On IPv6 the scope ID of a link-local address does the same
//! (RFC 4007, RFC 3493 3.3).

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket as StdSocket};
use std::os::fd::AsRawFd;
use std::sync::{Mutex, PoisonError};

use nix::libc;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg, setsockopt, sockopt,
};
use socket2::{Domain, Protocol, SockRef, Socket as RawSocket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::error::Error;
use super::interface::{GROUP, Interface};
use super::policer::Policer;

/// Bytes of the receive buffer asked for. The usual default holds 166 mailslot datagrams, less than one second's burst.
pub(crate) const RECEIVE_BUFFER: usize = 1 << 20;

/// Bytes of the largest datagram that is read; an Ethernet frame carries 1472. Longer ones are cut, and marked as such.
const DATAGRAM: usize = 2048;

/// A bound UDP socket.
#[derive(Debug)]
pub(crate) struct Socket {
    io: UdpSocket,
    port: u16,
    /// Addresses that send so much that only a share of it is let in.
    loud: Mutex<Vec<IpAddr>>,
}

/// Where one socket's datagrams are read to.
#[derive(Debug)]
pub(crate) struct Buffer {
    bytes: Box<[u8]>,
    control: Vec<u8>,
    policer: Policer,
}

impl Buffer {
    pub(crate) fn new() -> Self {
        Self {
            bytes: vec![0; DATAGRAM].into(),
            control: nix::cmsg_space!(libc::in_pktinfo, u32),
            policer: Policer::default(),
        }
    }

    /// The bytes of the datagram just read.
    pub(crate) fn datagram(&self, received: &Received) -> &[u8] {
        self.bytes.get(..received.len).unwrap_or_default()
    }
}

/// What is known of a datagram besides its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Received {
    len: usize,
    /// The sender's address, from the UDP header.
    pub(crate) from: SocketAddr,
    /// The interface it came by; 0 where the system does not tell.
    pub(crate) interface: u32,
    /// It was longer than the buffer.
    pub(crate) cut: bool,
    /// It was sent to an address of this machine, not to all; false where the system does not tell.
    pub(crate) alone: bool,
    /// Datagrams that the system has thrown away for want of room since the socket was made, where it tells.
    pub(crate) lost: Option<u32>,
}

/// IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

impl Socket {
    /// The segment's socket: every program on the machine that shares the port hears what is sent to all on it, and
    /// exactly one gets what is sent to it alone.
    pub(super) fn shared(family: Family, port: u16) -> Result<Self, Error> {
        let socket = new(family)?;
        share(&SockRef::from(&socket))?;
        Self::bind(socket, family, port)
    }

    /// A socket of one's own; with port 0, on one that the system chooses.
    pub(super) fn own(family: Family, port: u16) -> Result<Self, Error> {
        Self::bind(new(family)?, family, port)
    }

    /// Lets others have the port, too.
    pub(super) fn share(&self) -> Result<(), Error> {
        share(&SockRef::from(&self.io))
    }

    fn bind(socket: RawSocket, family: Family, port: u16) -> Result<Self, Error> {
        let any = match family {
            Family::V4 => Ipv4Addr::UNSPECIFIED.into(),
            Family::V6 => Ipv6Addr::UNSPECIFIED.into(),
        };
        socket.bind(&SocketAddr::new(any, port).into()).map_err(Error::bind(port))?;
        let socket = StdSocket::from(socket);
        let port = socket.local_addr().map_err(Error::system("open a UDP port"))?.port();
        let io = UdpSocket::from_std(socket).map_err(Error::system("open a UDP port"))?;
        Ok(Self { io, port, loud: Mutex::default() })
    }

    /// Hears the IPv6 group on the interface with this number from now on.
    pub(super) fn join(&self, index: u32) -> io::Result<()> {
        // A membership may be left from an interface that had this number before it lost IPv6 for a while.
        self.leave(index);
        SockRef::from(&self.io).join_multicast_v6(&GROUP, index)
    }

    /// No longer hears the group there.
    pub(super) fn leave(&self, index: u32) {
        let _ = SockRef::from(&self.io).leave_multicast_v6(&GROUP, index); // it may be gone with its interface
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Bytes of the receive buffer that the system has given, by the measure of [`RECEIVE_BUFFER`].
    pub(crate) fn room(&self) -> io::Result<usize> {
        let given = SockRef::from(&self.io).recv_buffer_size()?;
        // Linux tells twice what was asked for, since it counts its own bookkeeping (socket(7)).
        Ok(if cfg!(any(target_os = "linux", target_os = "android")) { given / 2 } else { given })
    }

    /// The next datagram. Several that wait are read without sleeping in between.
    pub(crate) async fn receive(&self, buffer: &mut Buffer) -> io::Result<Received> {
        let Buffer { bytes, control, policer } = buffer;
        loop {
            let due = policer.due();
            let reading = self.io.async_io(Interest::READABLE, || {
                let received = fill(&self.io, bytes, control);
                if received.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::WouldBlock) {
                    policer.drained();
                }
                received
            });
            let received = match due {
                Some(due) => timeout_at(due, reading).await.ok(),
                None => Some(reading.await),
            };
            if let Some(Ok(received)) = &received {
                policer.note(Instant::now, received.from.ip(), received.lost);
            }
            if due.is_some_and(|due| Instant::now() >= due) {
                self.police(policer);
            }
            if let Some(received) = received {
                return received;
            }
        }
    }

    /// Thins what the loudest send, where the system can.
    fn police(&self, policer: &mut Policer) {
        let Some(limits) = policer.turn(Instant::now()) else { return };
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Err(error) = super::filter::limit(&SockRef::from(&self.io), limits) {
            tracing::warn!(%error, "a flood is not thinned");
        }
        let loud: Vec<IpAddr> = limits.iter().map(|limit| limit.address).collect();
        let before =
            std::mem::replace(&mut *self.loud.lock().unwrap_or_else(PoisonError::into_inner), loud.clone());
        if let Some(new) = loud.iter().find(|address| !before.contains(address)) {
            tracing::warn!(port = self.port, address = %new, "sends more than can be read here, and is thinned");
        }
    }

    /// Addresses that send so much that only a share of it is let in.
    pub(super) fn loud(&self) -> Vec<IpAddr> {
        self.loud.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a datagram by this interface and from its address, or as the routing table says. To an IPv6 address it goes
    /// by the interface that the address names, and from the address there that the system chooses. Never waits: where the system has no room, `WouldBlock` is returned and the datagram is lost.
    pub(crate) fn send(&self, data: &[u8], to: SocketAddr, by: Option<&Interface>) -> io::Result<()> {
        // Not through tokio's try_io: the readiness it goes by is unknown until the runtime has polled the socket once.
        let (to, data) = (SockaddrStorage::from(to), [IoSlice::new(data)]);
        let send = |control: &[ControlMessage<'_>]| {
            sendmsg(self.io.as_raw_fd(), &data, control, MsgFlags::empty(), Some(&to))
        };
        match by.map(|i| (i.index, i.address)) {
            #[cfg(any(
                target_os = "linux",
                target_os = "android",
                target_vendor = "apple",
                target_os = "netbsd"
            ))]
            Some((index, IpAddr::V4(source))) => {
                let info = libc::in_pktinfo {
                    ipi_ifindex: index.try_into().map_err(io::Error::other)?,
                    ipi_spec_dst: libc::in_addr { s_addr: u32::from_ne_bytes(source.octets()) },
                    ipi_addr: libc::in_addr { s_addr: 0 },
                };
                send(&[ControlMessage::Ipv4PacketInfo(&info)])?
            }
            _ => send(&[])?,
        };
        Ok(())
    }
}

fn share(socket: &SockRef<'_>) -> Result<(), Error> {
    socket.set_reuse_address(true).map_err(Error::system("share a UDP port"))?;
    // The BSDs need this one to share broadcasts. On Linux it would only admit programs of the same user.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    socket.set_reuse_port(true).map_err(Error::system("share a UDP port"))?;
    Ok(())
}

fn new(family: Family) -> Result<RawSocket, Error> {
    let domain = match family {
        Family::V4 => Domain::IPV4,
        Family::V6 => Domain::IPV6,
    };
    let socket =
        RawSocket::new(domain, Type::DGRAM, Some(Protocol::UDP)).map_err(Error::system("open a socket"))?;
    socket.set_nonblocking(true).map_err(Error::system("open a socket"))?;
    match family {
        Family::V4 => broadcasting(&socket)?,
        Family::V6 => multicasting(&socket).map_err(Error::system("send to an IPv6 group"))?,
    }
    // Both only help: without them the socket works with less room, and does not count what is lost.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        if setsockopt(&socket, sockopt::RcvBufForce, &RECEIVE_BUFFER).is_err() {
            let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
        }
        let _ = setsockopt(&socket, sockopt::RxqOvfl, &1);
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    Ok(socket)
}

fn broadcasting(socket: &RawSocket) -> Result<(), Error> {
    socket.set_broadcast(true).map_err(Error::system("broadcast"))?;
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple", target_os = "netbsd"))]
    setsockopt(socket, sockopt::Ipv4PacketInfo, &true)
        .map_err(|e| Error::system("learn by which interface datagrams come")(e.into()))?;
    Ok(())
}

/// Beside the IPv4 socket of the same port; no further than the link; heard by others on this machine, too.
fn multicasting(socket: &RawSocket) -> io::Result<()> {
    socket.set_only_v6(true)?;
    socket.set_multicast_hops_v6(1)?;
    socket.set_multicast_loop_v6(true)
}

fn fill(socket: &UdpSocket, bytes: &mut [u8], control: &mut [u8]) -> io::Result<Received> {
    let mut parts = [IoSliceMut::new(bytes)];
    let message =
        recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut parts, Some(control), MsgFlags::empty())?;
    let (from, interface) = source(message.address.as_ref());
    let mut received = Received {
        len: message.bytes,
        from,
        interface,
        cut: message.flags.contains(MsgFlags::MSG_TRUNC),
        alone: false,
        lost: None,
    };
    for control in message.cmsgs()? {
        match control {
            #[cfg(any(
                target_os = "linux",
                target_os = "android",
                target_vendor = "apple",
                target_os = "netbsd"
            ))]
            ControlMessageOwned::Ipv4PacketInfo(info) => {
                received.interface = info.ipi_ifindex.try_into().unwrap_or_default();
                // Where it went to, and which of this machine's addresses that is: a broadcast address is none.
                received.alone = cfg!(any(target_os = "linux", target_os = "android"))
                    && info.ipi_addr.s_addr == info.ipi_spec_dst.s_addr;
            }
            #[cfg(any(target_os = "linux", target_os = "android"))]
            ControlMessageOwned::RxqOvfl(lost) => received.lost = Some(lost),
            _ => {}
        }
    }
    Ok(received)
}

/// The sender's address, and the interface if that tells. Two addresses are the same whatever the IPv6 flow label.
fn source(address: Option<&SockaddrStorage>) -> (SocketAddr, u32) {
    if let Some(a) = address.and_then(SockaddrStorage::as_sockaddr_in6) {
        (SocketAddrV6::new(a.ip(), a.port(), 0, a.scope_id()).into(), a.scope_id())
    } else {
        let v4 = address.and_then(SockaddrStorage::as_sockaddr_in).map(|a| (a.ip(), a.port()));
        (v4.unwrap_or((Ipv4Addr::UNSPECIFIED, 0)).into(), 0)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddrV4;

    use super::super::interfaces;
    use super::*;

    fn own() -> Socket {
        Socket::own(Family::V4, 0).unwrap()
    }

    #[tokio::test]
    async fn a_broadcast_reaches_every_sharer_with_its_interface() {
        let lo = interfaces().unwrap().into_iter().find(|i| i.loopback).unwrap();
        let one = Socket::own(Family::V4, 0).unwrap();
        one.share().unwrap();
        let two = Socket::shared(Family::V4, one.port()).unwrap();
        one.send(b"hello", lo.everybody(one.port()), Some(&lo)).unwrap();
        for socket in [&one, &two] {
            let mut buffer = Buffer::new();
            let received = socket.receive(&mut buffer).await.unwrap();
            assert_eq!(buffer.datagram(&received), b"hello");
            assert_eq!(received.from, SocketAddr::new(lo.address, one.port()));
            #[cfg(target_os = "linux")]
            assert_eq!(received.interface, lo.index);
            assert!(!received.cut && !received.alone);
        }
        one.send(b"you", SocketAddr::new(lo.address, two.port()), None).unwrap();
        let (mut at_one, mut at_two) = (Buffer::new(), Buffer::new());
        let received = tokio::select! {
            received = one.receive(&mut at_one) => received,
            received = two.receive(&mut at_two) => received,
        };
        assert_eq!(received.unwrap().alone, cfg!(target_os = "linux"));
    }

    #[tokio::test]
    async fn a_long_datagram_is_marked_as_cut() {
        let (one, two) = (own(), own());
        one.send(&[7; DATAGRAM + 1], SocketAddrV4::new(Ipv4Addr::LOCALHOST, two.port()).into(), None)
            .unwrap();
        let received = two.receive(&mut Buffer::new()).await.unwrap();
        assert!(received.cut);
        assert_eq!(received.from.port(), one.port());
    }

    #[tokio::test]
    async fn a_port_held_by_another_program_is_named() {
        let other = StdSocket::bind("0.0.0.0:0").unwrap();
        let port = other.local_addr().unwrap().port();
        assert!(matches!(Socket::shared(Family::V4, port), Err(Error::PortInUse { port: p }) if p == port));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn lost_datagrams_are_counted() {
        let (one, two) = (own(), own());
        SockRef::from(&two.io).set_recv_buffer_size(4096).unwrap();
        let to = SocketAddrV4::new(Ipv4Addr::LOCALHOST, two.port()).into();
        for _ in 0..100 {
            one.send(&[7; 400], to, None).unwrap();
        }
        let mut buffer = Buffer::new();
        loop {
            let received = two.receive(&mut buffer).await.unwrap();
            if buffer.datagram(&received) == b"after" {
                assert!(received.lost.unwrap() > 0);
                break;
            }
            one.send(b"after", to, None).unwrap();
        }
    }
}

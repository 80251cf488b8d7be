//! Which interfaces the machine has, and where a broadcast on each goes.
//!
//! The directed broadcast address of the subnet is used, never 255.255.255.255: that leaves only by the interface of the
//! default route, and fails where there is none (RFC 919, RFC 922).

use std::io;
use std::net::Ipv4Addr;

use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::net::if_::{InterfaceFlags, if_nametoindex};
use nix::sys::socket::SockaddrStorage;

/// One IPv4 address of an interface that is up and can broadcast. An interface with several addresses has several.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Interface {
    /// Its name, such as `eth0`.
    pub name: String,
    /// The system's number for it.
    pub index: u32,
    /// The address.
    pub address: Ipv4Addr,
    /// Length of the network's prefix in bits, 0 to 30.
    pub prefix: u8,
    /// Where broadcasts go.
    pub broadcast: Ipv4Addr,
    /// Reaches this machine only.
    pub loopback: bool,
}

impl Interface {
    /// Whether `address` is on this interface's subnet.
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        let mask = mask(self.prefix);
        address.to_bits() & mask == self.address.to_bits() & mask
    }
}

/// The interfaces that can be used now: up, running, with an IPv4 address, able to broadcast. The loopback counts as
/// such; its broadcasts reach the programs of this machine.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    Ok(links()?.into_iter().filter(|l| l.obstacle().is_none()).flat_map(|l| l.interfaces).collect())
}

/// An interface in whatever state it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) name: String,
    pub(super) flags: InterfaceFlags,
    pub(super) interfaces: Vec<Interface>,
}

impl Link {
    fn new(name: &str, flags: InterfaceFlags) -> Self {
        Self { name: name.to_owned(), flags, interfaces: Vec::new() }
    }

    pub(super) fn loopback(&self) -> bool {
        self.flags.contains(InterfaceFlags::IFF_LOOPBACK)
    }

    /// Whether more than one neighbour can be on it.
    pub(super) fn broadcasts(&self) -> bool {
        let point_to_point = self.flags.contains(InterfaceFlags::IFF_POINTOPOINT);
        self.loopback() || self.flags.contains(InterfaceFlags::IFF_BROADCAST) && !point_to_point
    }

    /// Why it cannot be used now.
    pub(super) fn obstacle(&self) -> Option<&'static str> {
        if !self.broadcasts() {
            Some("it cannot broadcast")
        } else if !self.flags.contains(InterfaceFlags::IFF_UP) {
            Some("it is down")
        } else if !self.flags.contains(InterfaceFlags::IFF_RUNNING) {
            Some("it has no carrier: no cable, or no access point")
        } else if self.interfaces.is_empty() {
            Some("it has no IPv4 address with a broadcast address")
        } else {
            None
        }
    }
}

/// Every interface there is.
pub(super) fn links() -> io::Result<Vec<Link>> {
    let mut links: Vec<Link> = Vec::new();
    for entry in getifaddrs()? {
        // An address may carry a label, `eth0:1`, in place of the interface's name.
        let name = entry.interface_name.split(':').next().unwrap_or_default();
        let known = links.iter().position(|l| l.name == name);
        let at = known.unwrap_or(links.len());
        if known.is_none() {
            links.push(Link::new(name, entry.flags));
        }
        if let (Some(link), Some(interface)) = (links.get_mut(at), address(name, &entry)) {
            link.interfaces.push(interface);
        }
    }
    Ok(links)
}

fn address(name: &str, entry: &InterfaceAddress) -> Option<Interface> {
    let address = ipv4(entry.address.as_ref())?;
    let prefix = prefix(ipv4(entry.netmask.as_ref())?)?;
    let loopback = entry.flags.contains(InterfaceFlags::IFF_LOOPBACK);
    if loopback && !address.is_loopback() {
        return None; // a service address parked on the loopback is nobody's subnet
    }
    Some(Interface {
        name: name.to_owned(),
        index: if_nametoindex(name).ok()?,
        address,
        prefix,
        broadcast: broadcast(address, prefix, ipv4(entry.broadcast.as_ref())),
        loopback,
    })
}

fn ipv4(address: Option<&SockaddrStorage>) -> Option<Ipv4Addr> {
    Some(address?.as_sockaddr_in()?.ip())
}

/// The prefix length of a netmask; none where the subnet has no broadcast address (/31, RFC 3021, and /32).
fn prefix(netmask: Ipv4Addr) -> Option<u8> {
    let bits = netmask.to_bits();
    let ones = bits.leading_ones();
    (ones < 31 && bits.count_ones() == ones).then(|| u8::try_from(ones).ok()).flatten()
}

fn mask(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0)
}

/// The broadcast address the system gives, or, where that is missing or of no use, the highest one of the subnet.
fn broadcast(address: Ipv4Addr, prefix: u8, given: Option<Ipv4Addr>) -> Ipv4Addr {
    let usable = |a: &Ipv4Addr| !a.is_unspecified() && !a.is_broadcast() && *a != address;
    given.filter(usable).unwrap_or_else(|| Ipv4Addr::from_bits(address.to_bits() | !mask(prefix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Ipv4Addr = Ipv4Addr::new(192, 168, 7, 9);

    #[test]
    fn broadcast_address_is_the_given_one_or_the_subnets_highest() {
        assert_eq!(broadcast(A, 24, None), Ipv4Addr::new(192, 168, 7, 255));
        assert_eq!(broadcast(A, 22, None), Ipv4Addr::new(192, 168, 7, 255));
        assert_eq!(broadcast(A, 16, None), Ipv4Addr::new(192, 168, 255, 255));
        assert_eq!(broadcast(A, 24, Some(Ipv4Addr::new(192, 168, 7, 0))), Ipv4Addr::new(192, 168, 7, 0));
        for useless in [Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST, A] {
            assert_eq!(broadcast(A, 24, Some(useless)), Ipv4Addr::new(192, 168, 7, 255));
        }
    }

    #[test]
    fn prefix_needs_a_contiguous_mask_with_room_for_a_broadcast() {
        assert_eq!(prefix(Ipv4Addr::new(255, 255, 255, 0)), Some(24));
        assert_eq!(prefix(Ipv4Addr::new(255, 255, 255, 252)), Some(30));
        assert_eq!(prefix(Ipv4Addr::UNSPECIFIED), Some(0));
        assert_eq!(prefix(Ipv4Addr::new(255, 255, 255, 254)), None);
        assert_eq!(prefix(Ipv4Addr::BROADCAST), None);
        assert_eq!(prefix(Ipv4Addr::new(255, 0, 255, 0)), None);
    }

    #[test]
    fn a_subnet_holds_its_addresses_only() {
        let mut i = Interface {
            name: "e0".into(),
            index: 2,
            address: A,
            prefix: 22,
            broadcast: Ipv4Addr::new(192, 168, 7, 255),
            loopback: false,
        };
        assert!(i.contains(Ipv4Addr::new(192, 168, 4, 1)));
        assert!(!i.contains(Ipv4Addr::new(192, 168, 8, 1)));
        i.prefix = 0;
        assert!(i.contains(Ipv4Addr::new(1, 2, 3, 4)));
    }

    #[test]
    fn obstacles_are_named_in_the_order_a_user_clears_them() {
        let mut l = Link::new("e0", InterfaceFlags::IFF_BROADCAST);
        assert_eq!(l.obstacle(), Some("it is down"));
        l.flags |= InterfaceFlags::IFF_UP;
        assert!(l.obstacle().unwrap().contains("carrier"));
        l.flags |= InterfaceFlags::IFF_RUNNING;
        assert!(l.obstacle().unwrap().contains("no IPv4"));
        l.flags |= InterfaceFlags::IFF_POINTOPOINT;
        assert_eq!(l.obstacle(), Some("it cannot broadcast"));
    }

    #[test]
    fn this_machine_has_a_loopback_with_a_broadcast_address() {
        let all = interfaces().unwrap();
        let lo = all.iter().find(|i| i.loopback && i.address == Ipv4Addr::LOCALHOST).unwrap();
        assert_eq!(lo.broadcast, Ipv4Addr::new(127, 255, 255, 255));
        assert_eq!(lo.prefix, 8);
        assert_ne!(lo.index, 0);
    }
}

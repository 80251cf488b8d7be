//! Which interfaces the machine has, and where a broadcast on each goes.
//!
//! For IPv4 the directed broadcast address of the subnet is used, never 255.255.255.255: that leaves only by the
//! interface of the default route, and fails where there is none (RFC 919, RFC 922). IPv6 has no broadcast; there it is a
//! multicast group of the link (RFC 4291 2.7).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::net::if_::{InterfaceFlags, if_nametoindex};
use nix::sys::socket::SockaddrStorage;

use super::tentative::tentative;

/// The multicast group that stands for the broadcast address on IPv6.
///
/// `ff12::/16` is link-local scope, not assigned by IANA (RFC 4291 2.7: the T flag), and the highest bit of the group ID
/// is set, as it must be for such groups (RFC 3307 4.3), so that it shares no Ethernet address with an assigned one. The
/// rest of the ID is "LCHA".
pub const GROUP: Ipv6Addr = Ipv6Addr::new(0xff12, 0, 0, 0, 0, 0, 0xcc43, 0x4841);

/// One address, IPv4 or IPv6 link-local, of an interface that is up and can broadcast. An interface with several
/// addresses has several.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Interface {
    /// Its name, such as `eth0`.
    pub name: String,
    /// The system's number for it.
    pub index: u32,
    /// The address.
    pub address: IpAddr,
    /// Length of the network's prefix in bits: for IPv4 0 to 30; for IPv6 64.
    pub prefix: u8,
    /// Where broadcasts go; for IPv6 it is [`GROUP`].
    pub broadcast: IpAddr,
    /// Reaches this machine only.
    pub loopback: bool,
}

impl Interface {
    /// Whether `address` is on this interface's subnet. Every IPv6 link has the same one.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = mask(self.prefix);
                other.to_bits() & mask == own.to_bits() & mask
            }
            (IpAddr::V6(_), IpAddr::V6(other)) => other.is_unicast_link_local(),
            _ => false,
        }
    }

    /// The lowest and the highest address of the subnet; none on IPv6.
    pub fn subnet(&self) -> Option<(Ipv4Addr, Ipv4Addr)> {
        let IpAddr::V4(own) = self.address else { return None };
        let (own, mask) = (own.to_bits(), mask(self.prefix));
        Some((Ipv4Addr::from_bits(own & mask), Ipv4Addr::from_bits(own | !mask)))
    }

    /// The broadcast address with a port, and for IPv6 with the number of the interface, by which it leaves.
    pub(super) fn everybody(&self, port: u16) -> SocketAddr {
        match self.broadcast {
            IpAddr::V4(address) => SocketAddr::new(address.into(), port),
            IpAddr::V6(group) => SocketAddrV6::new(group, port, 0, self.index).into(),
        }
    }
}

/// The interfaces that can be used now: up, running, with an address, able to broadcast. The loopback counts as such, for
/// IPv4; its broadcasts reach the programs of this machine.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    Ok(links()?.into_iter().filter(|l| l.obstacle().is_none()).flat_map(|l| l.interfaces).collect())
}

/// An interface in whatever state it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) name: String,
    pub(super) flags: InterfaceFlags,
    pub(crate) interfaces: Vec<Interface>,
}

impl Link {
    fn new(name: &str, flags: InterfaceFlags) -> Self {
        Self { name: name.to_owned(), flags, interfaces: Vec::new() }
    }

    pub(crate) fn loopback(&self) -> bool {
        self.flags.contains(InterfaceFlags::IFF_LOOPBACK)
    }

    /// Whether more than one neighbour can be on it.
    pub(crate) fn broadcasts(&self) -> bool {
        let point_to_point = self.flags.contains(InterfaceFlags::IFF_POINTOPOINT);
        self.loopback() || self.flags.contains(InterfaceFlags::IFF_BROADCAST) && !point_to_point
    }

    /// Why it cannot be used now.
    pub(crate) fn obstacle(&self) -> Option<&'static str> {
        if !self.broadcasts() {
            Some("it cannot broadcast")
        } else if !self.flags.contains(InterfaceFlags::IFF_UP) {
            Some("it is down")
        } else if !self.flags.contains(InterfaceFlags::IFF_RUNNING) {
            Some("it has no carrier: no cable, or no access point")
        } else if self.interfaces.is_empty() {
            Some("it has no IPv4 address with a broadcast address, and no IPv6 link-local address")
        } else {
            None
        }
    }
}

/// Every interface there is.
pub(crate) fn links() -> io::Result<Vec<Link>> {
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
    let tentative = tentative();
    for link in &mut links {
        link.interfaces.retain(|i| match i.address {
            IpAddr::V4(_) => true,
            IpAddr::V6(address) => !tentative.contains(&(i.index, address)),
        });
        link.interfaces.sort_by_key(|i| i.address.is_ipv6()); // IPv4 is sent first, and shown
    }
    Ok(links)
}

fn address(name: &str, entry: &InterfaceAddress) -> Option<Interface> {
    address4(name, entry).or_else(|| address6(name, entry))
}

fn address6(name: &str, entry: &InterfaceAddress) -> Option<Interface> {
    let address = entry.address.as_ref()?.as_sockaddr_in6()?.ip();
    let multicast = entry.flags.contains(InterfaceFlags::IFF_MULTICAST);
    let loopback = entry.flags.contains(InterfaceFlags::IFF_LOOPBACK);
    if !address.is_unicast_link_local() || !multicast || loopback || bridged(name) {
        return None;
    }
    Some(Interface {
        name: name.to_owned(),
        index: if_nametoindex(name).ok()?,
        address: address.into(),
        prefix: 64,
        broadcast: GROUP.into(),
        loopback,
    })
}

/// Whether the interface is a port of a bridge. Linux gives it an address of its own, but the segment is reached by the
/// bridge; a machine with many containers has many such ports.
fn bridged(name: &str) -> bool {
    std::path::Path::new("/sys/class/net").join(name).join("brport").exists()
}

fn address4(name: &str, entry: &InterfaceAddress) -> Option<Interface> {
    let address = ipv4(entry.address.as_ref())?;
    let prefix = prefix(ipv4(entry.netmask.as_ref())?)?;
    let loopback = entry.flags.contains(InterfaceFlags::IFF_LOOPBACK);
    if loopback && !address.is_loopback() {
        return None; // a service address parked on the loopback is nobody's subnet
    }
    Some(Interface {
        name: name.to_owned(),
        index: if_nametoindex(name).ok()?,
        address: address.into(),
        prefix,
        broadcast: broadcast(address, prefix, ipv4(entry.broadcast.as_ref())).into(),
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
            address: A.into(),
            prefix: 22,
            broadcast: [192, 168, 7, 255].into(),
            loopback: false,
        };
        assert!(i.contains([192, 168, 4, 1].into()));
        assert!(!i.contains([192, 168, 8, 1].into()));
        assert!(!i.contains("fe80::1".parse().unwrap()));
        assert_eq!(i.everybody(138).to_string(), "192.168.7.255:138");
        i.prefix = 0;
        assert!(i.contains([1, 2, 3, 4].into()));
    }

    #[test]
    fn an_ipv6_link_holds_link_local_addresses_and_has_a_group_of_its_own() {
        let i = Interface {
            name: "e0".into(),
            index: 2,
            address: "fe80::9".parse().unwrap(),
            prefix: 64,
            broadcast: GROUP.into(),
            loopback: false,
        };
        for (address, inside) in
            [("fe80::1", true), ("2001:db8::1", false), ("ff12::1", false), ("10.0.0.1", false)]
        {
            assert_eq!(i.contains(address.parse().unwrap()), inside, "{address}");
        }
        assert_eq!(i.everybody(138).to_string(), "[ff12::cc43:4841%2]:138");
    }

    #[test]
    fn the_group_is_transient_of_link_scope_and_dynamic() {
        let [prefix, scope, .., id, b, c, d] = GROUP.octets();
        assert_eq!((prefix, scope), (0xff, 0x12), "multicast, T flag, link-local scope");
        assert_ne!(id & 0x80, 0, "RFC 3307: group IDs from 0x80000000 on are for dynamic groups");
        assert_eq!([id & 0x7f, b, c, d], *b"LCHA");
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
        assert!(all.iter().all(|i| !i.loopback || i.address.is_ipv4()));
        assert_eq!(lo.prefix, 8);
        assert_ne!(lo.index, 0);
    }
}

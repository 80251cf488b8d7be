//! Which interfaces are in use, and what is wrong with the others: the choice, as a pure function of what there is.

use std::net::SocketAddr;

use super::error::Error;
use super::interface::{Interface, Link};

/// The interfaces as they are now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    /// Those in use. Empty while there is none; the watch goes on.
    pub interfaces: Vec<Used>,
    /// Those asked for by name that cannot be used now. They are taken into use when they can.
    pub waiting: Vec<Waiting>,
}

/// An interface in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// The interface.
    pub interface: Interface,
    /// The last broadcast on it failed; what the system said.
    pub problem: Option<String>,
}

/// An interface that was asked for and is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its name.
    pub name: String,
    /// Why it cannot be used now, as in "eth0: it is down".
    pub problem: &'static str,
}

impl State {
    /// What to use of `links`: the interfaces `wanted`, or, when none is named, every one that can broadcast, or the
    /// loopback while there is no other, so that two programs on one machine can always talk. Problems noted in
    /// `before` are kept.
    pub(super) fn choose(wanted: &[String], links: Vec<Link>, before: &Self) -> Self {
        let mut state = Self::default();
        for name in wanted {
            let problem =
                links.iter().find(|l| l.name == *name).map_or(Some("it does not exist now"), Link::obstacle);
            if let Some(problem) = problem {
                state.waiting.push(Waiting { name: name.clone(), problem });
            }
        }
        let (loopback, others): (Vec<_>, Vec<_>) = links
            .into_iter()
            .filter(|l| l.obstacle().is_none())
            .filter(|l| wanted.is_empty() || wanted.contains(&l.name))
            .partition(|l| l.loopback() && wanted.is_empty());
        let chosen = if others.is_empty() { loopback } else { others };
        state.interfaces = chosen
            .into_iter()
            .flat_map(|l| l.interfaces)
            .map(|interface| Used { problem: before.problem(&interface), interface })
            .collect();
        state
    }

    fn problem(&self, interface: &Interface) -> Option<String> {
        self.interfaces.iter().find(|u| u.interface == *interface)?.problem.clone()
    }

    /// Refuses names that can never work: no such interface, or one that cannot broadcast.
    pub(super) fn check(wanted: &[String], links: &[Link]) -> Result<(), Error> {
        for name in wanted {
            let Some(link) = links.iter().find(|l| l.name == *name) else {
                let exist = links.iter().map(|l| l.name.as_str()).collect::<Vec<_>>().join(", ");
                return Err(Error::UnknownInterface { name: name.clone(), exist });
            };
            if !link.broadcasts() {
                return Err(Error::CannotBroadcast { name: name.clone() });
            }
        }
        Ok(())
    }

    /// The interfaces to send a broadcast by: two addresses of one interface with the same broadcast address are one.
    pub(super) fn outlets(&self) -> impl Iterator<Item = &Used> {
        self.interfaces.iter().enumerate().filter_map(|(i, used)| {
            let same = |u: &Used| (u.interface.index, u.interface.broadcast);
            let first = !self.interfaces.iter().take(i).any(|u| same(u) == same(used));
            first.then_some(used)
        })
    }

    /// Whether the address is one of this machine's, as far as the interfaces in use know.
    pub(super) fn own(&self, address: SocketAddr) -> bool {
        let same = |i: &Interface| i.address == address.ip() && fits(i, address);
        address.ip().is_loopback() || self.interfaces.iter().any(|u| same(&u.interface))
    }

    /// Whether to listen to a datagram that came from `from` by the interface with number `index` (0: unknown). It must
    /// have come by an interface in use, from its subnet, so that nothing routed here from elsewhere is answered; or
    /// from this machine's own address there, which the system carries by the loopback. An IPv6 link-local address says
    /// nothing without the interface.
    pub(super) fn admits(&self, from: SocketAddr, index: u32) -> bool {
        let ip = from.ip();
        self.interfaces.iter().map(|u| &u.interface).any(|i| {
            let there = i.index == index || index == 0 && ip.is_ipv4();
            there && i.contains(ip) && fits(i, from) || ip.is_ipv4() && i.address == ip
        })
    }

    /// The interface to reach `address` by: the one that an IPv6 address names, or the one with number `hint` if it can,
    /// else the first that can. None when it is not on any subnet in use.
    pub(super) fn route(&self, address: SocketAddr, hint: Option<u32>) -> Option<&Interface> {
        let fit = |i: &&Interface| i.contains(address.ip()) && fits(i, address);
        let able = || self.interfaces.iter().map(|u| &u.interface).filter(fit);
        able().find(|i| Some(i.index) == hint).or_else(|| able().next())
    }
}

/// Whether the zone of an IPv6 address (RFC 4007), if it has one, is the link of this interface.
fn fits(interface: &Interface, address: SocketAddr) -> bool {
    match address {
        SocketAddr::V4(_) => true,
        SocketAddr::V6(a) => a.scope_id() == 0 || a.scope_id() == interface.index,
    }
}

#[cfg(test)]
mod tests {
    use nix::net::if_::InterfaceFlags as Flags;

    use std::net::{IpAddr, Ipv4Addr, SocketAddrV6};

    use super::super::interface::GROUP;
    use super::*;

    fn interface6(name: &str, index: u32, address: &str) -> Interface {
        Interface {
            name: name.into(),
            index,
            address: address.parse().unwrap(),
            prefix: 64,
            broadcast: GROUP.into(),
            loopback: false,
        }
    }

    fn v4(address: [u8; 4]) -> SocketAddr {
        (address, 9).into()
    }

    fn v6(address: &str, scope: u32) -> SocketAddr {
        SocketAddrV6::new(address.parse().unwrap(), 9, 0, scope).into()
    }

    fn interface(name: &str, index: u32, address: [u8; 4]) -> Interface {
        let [a, b, c, _] = address;
        Interface {
            name: name.into(),
            index,
            address: address.into(),
            prefix: 24,
            broadcast: IpAddr::from([a, b, c, 255]),
            loopback: name == "lo",
        }
    }

    fn link(name: &str, interfaces: Vec<Interface>) -> Link {
        let kind = if name == "lo" { Flags::IFF_LOOPBACK } else { Flags::IFF_BROADCAST };
        Link { name: name.into(), flags: Flags::IFF_UP | Flags::IFF_RUNNING | kind, interfaces }
    }

    fn links() -> Vec<Link> {
        vec![
            link("lo", vec![interface("lo", 1, [127, 0, 0, 1])]),
            link("e0", vec![interface("e0", 2, [10, 0, 0, 1]), interface("e0", 2, [10, 0, 0, 2])]),
            link("e1", vec![interface("e1", 3, [10, 0, 1, 1])]),
        ]
    }

    fn names(state: &State) -> Vec<&str> {
        state.interfaces.iter().map(|u| u.interface.name.as_str()).collect()
    }

    fn choose(wanted: &[&str], links: Vec<Link>) -> State {
        let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        State::choose(&wanted, links, &State::default())
    }

    #[test]
    fn automatic_takes_all_and_the_loopback_only_when_alone() {
        assert_eq!(names(&choose(&[], links())), ["e0", "e0", "e1"]);
        let mut down = links();
        down[1].flags.remove(Flags::IFF_UP);
        down[2].flags.remove(Flags::IFF_RUNNING);
        assert_eq!(names(&choose(&[], down)), ["lo"]);
        assert_eq!(choose(&[], Vec::new()), State::default());
    }

    #[test]
    fn named_ones_are_taken_or_waited_for() {
        assert_eq!(names(&choose(&["lo", "e1"], links())), ["lo", "e1"]);
        let mut down = links();
        down[2].flags.remove(Flags::IFF_UP);
        let state = choose(&["e1", "e7"], down);
        assert!(state.interfaces.is_empty());
        assert_eq!(
            state.waiting.iter().map(|w| (w.name.as_str(), w.problem)).collect::<Vec<_>>(),
            [("e1", "it is down"), ("e7", "it does not exist now")]
        );
    }

    #[test]
    fn names_that_can_never_work_are_refused() {
        let mut links = links();
        links[2].flags.remove(Flags::IFF_BROADCAST);
        links[1].flags.remove(Flags::IFF_UP);
        assert!(State::check(&["e0".into()], &links).is_ok());
        assert!(matches!(State::check(&["e1".into()], &links), Err(Error::CannotBroadcast { .. })));
        let error = State::check(&["e7".into()], &links).unwrap_err().to_string();
        assert!(error.ends_with("lo, e0, e1"), "{error}");
    }

    #[test]
    fn two_addresses_of_one_subnet_are_one_outlet() {
        let state = choose(&[], links());
        let outlets: Vec<_> = state.outlets().map(|u| u.interface.address).collect();
        assert_eq!(outlets, [Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 1, 1)]);
    }

    #[test]
    fn only_neighbours_on_an_interface_in_use_are_heard() {
        let state = choose(&["e0"], links());
        let from = |address: [u8; 4], index| state.admits(v4(address), index);
        assert!(from([10, 0, 0, 9], 2));
        assert!(!from([10, 0, 0, 9], 3), "by another interface");
        assert!(!from([10, 0, 7, 9], 2), "from another subnet");
        assert!(from([10, 0, 0, 2], 1), "one's own address comes by the loopback");
        assert!(!from([127, 0, 0, 1], 1));
        assert!(from([10, 0, 0, 9], 0), "unknown interface: the subnet decides");
    }

    #[test]
    fn the_route_follows_the_hint_where_subnets_overlap() {
        let mut links = links();
        links[2].interfaces = vec![interface("e1", 3, [10, 0, 0, 77])];
        let state = choose(&[], links);
        let by = |address: [u8; 4], hint| state.route(v4(address), hint).map(|i| i.index);
        assert_eq!(by([10, 0, 0, 9], Some(3)), Some(3));
        assert_eq!(by([10, 0, 0, 9], Some(1)), Some(2));
        assert_eq!(by([10, 0, 0, 9], None), Some(2));
        assert_eq!(by([8, 8, 8, 8], None), None);
    }

    #[test]
    fn on_ipv6_the_zone_of_an_address_decides() {
        let mut links = links();
        links[1].interfaces.push(interface6("e0", 2, "fe80::a"));
        links[2].interfaces = vec![interface6("e1", 3, "fe80::a"), interface6("e1", 3, "fe80::b")];
        let state = choose(&[], links);
        let outlets: Vec<_> = state.outlets().map(|u| u.interface.everybody(9).to_string()).collect();
        assert_eq!(outlets, ["10.0.0.255:9", "[ff12::cc43:4841%2]:9", "[ff12::cc43:4841%3]:9"]);

        assert!(state.admits(v6("fe80::1", 2), 2));
        assert!(state.admits(v6("fe80::a", 3), 3), "own, looped back");
        assert!(!state.admits(v6("fe80::1", 3), 2), "of another link");
        assert!(!state.admits(v6("fe80::1", 4), 4), "by an interface that is not in use");
        assert!(!state.admits(v6("fe80::1", 0), 0), "by nobody knows which");
        assert!(!state.admits(v6("2001:db8::1", 0), 2), "routed here");

        assert!(state.own(v6("fe80::b", 3)) && !state.own(v6("fe80::b", 2)) && !state.own(v6("fe80::1", 2)));
        let by = |address, hint| state.route(address, hint).map(|i| (i.index, i.address.is_ipv6()));
        assert_eq!(by(v6("fe80::1", 3), Some(2)), Some((3, true)));
        assert_eq!(by(v6("fe80::1", 0), Some(3)), Some((3, true)), "no zone: the one it was heard on");
        assert_eq!(by(v6("fe80::1", 7), None), None);
        assert_eq!(by(v6("2001:db8::1", 0), None), None);
    }

    #[test]
    fn a_problem_stays_while_the_interface_does() {
        let mut before = choose(&[], links());
        before.interfaces[2].problem = Some("Network is down".into());
        let after = State::choose(&[], links(), &before);
        assert_eq!(after, before);
    }
}

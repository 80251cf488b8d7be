//! The segment: what gets through, who is on another subnet or in another group, and silence.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::address::stands_for_all;
use super::{broken, list, note, warning};
use crate::doctor::finding::Finding;
use crate::doctor::listen::listens;
use crate::doctor::observation::{Bound, FirewallTool, Observations};
use crate::lan::Interface;

const FIREWALL: &str = "firewall";
const NETMASK: &str = "netmask";

/// Whether broadcasts get through this machine's own filter. One's own come back as those of others come in.
pub(super) fn echoes(seen: &Observations, all: &mut Vec<Finding>) {
    if seen.bound != Bound::Yes || seen.refused.is_some() {
        return; // nothing was sent
    }
    let port = seen.wanted.port;
    for used in seen.used() {
        let name = &used.name;
        if stands_for_all(used) {
            continue; // what is heard then says nothing of a firewall
        }
        if let Some((_, said)) = seen.unsent.iter().find(|(from, _)| *from == used.address) {
            all.push(kept_in(seen, used, said));
            continue;
        }
        let place = seen.drops.iter().flatten().find(|(on, _)| on == name).map(|(_, place)| place.clone());
        let cure = allow(seen, used, place.as_deref());
        if !used.address.is_ipv4() {
            if !seen.echoed(used) {
                let text = format!("IPv6 on {name} is not usable: this machine does not hear its own group");
                all.push(
                    warning("ipv6", text).cure("IPv4 is enough; else allow UDP from fe80::/10").on(name),
                );
            }
        } else if !seen.echoed(used) {
            let by = place.map_or_else(
                || "a firewall of this machine".to_owned(),
                |p| p + ", this machine's firewall,",
            );
            let text =
                format!("on {name}, {by} drops what comes to UDP port {port}: not even its own is heard");
            all.push(broken(FIREWALL, text).cure(cure).on(name));
        } else if let Some(place) = place {
            let text = format!("on {name}, {place} drops what comes to UDP port {port}");
            all.push(broken(FIREWALL, text).cure(cure).on(name));
        } else if let Some(lost) = swallowed(seen, used) {
            let text =
                format!("on {name}, datagrams of {lost} arrive, but this machine's firewall drops them");
            all.push(broken(FIREWALL, text).cure(cure).on(name));
        } else {
            let text = format!("what is sent to {} gets through this machine's firewall", used.broadcast);
            all.push(Finding::fine(FIREWALL, text).on(name));
        }
    }
    if !seen.used().iter().any(|i| i.address.is_ipv6() || i.loopback) {
        all.push(note("ipv6", "no interface in use has an IPv6 link-local address: only IPv4 is used"));
    }
}

/// What keeps this machine's own broadcasts in.
fn kept_in(seen: &Observations, used: &Interface, said: &str) -> Finding {
    let (name, port) = (&used.name, seen.wanted.port);
    if !said.contains("not permitted") {
        let text = format!("on {name}, nothing can be sent to {}: {said}", used.broadcast);
        return broken("send", text).cure("mend this interface, or choose another with --interface").on(name);
    }
    let place = seen.kept_in.iter().find(|(on, _)| on == name).map(|(_, place)| place.as_str());
    let by = place.map_or_else(
        || "a firewall of this machine".to_owned(),
        |place| format!("{place}, this machine's firewall,"),
    );
    let net = network(used);
    let cure = match tool(seen, place) {
        FirewallTool::Ufw => format!("sudo ufw allow out proto udp to {net}"),
        FirewallTool::Firewalld => format!("allow UDP to {net} to go out"),
        FirewallTool::Nft => {
            let rule = insert(seen, place, &format!("ip daddr {net} meta l4proto udp accept"));
            format!("allow UDP to {net} to go out{rule}")
        }
    };
    let text = format!("on {name}, {by} lets nothing out to UDP port {port}: nobody hears this machine");
    broken(FIREWALL, text).cure(cure).on(name)
}

/// Who is seen on the wire with broadcasts for us, but not heard.
fn swallowed(seen: &Observations, used: &Interface) -> Option<Ipv4Addr> {
    let heard = |from: Ipv4Addr| seen.heard.iter().any(|h| h.from.ip() == from);
    let for_us =
        seen.sniffed.iter().flatten().filter(|s| s.interface == used.index && used.broadcast == s.to);
    let mut others = for_us.filter(|s| !seen.own(s.from.into()) && used.contains(s.from.into()));
    others.find(|s| !heard(s.from)).map(|s| s.from)
}

/// What lets the neighbours in, in the chain that drops them if that is known.
fn allow(seen: &Observations, used: &Interface, place: Option<&str>) -> String {
    let net = network(used);
    match tool(seen, place) {
        FirewallTool::Ufw => format!("sudo ufw allow proto udp from {net}"),
        FirewallTool::Firewalld => format!(
            "sudo firewall-cmd --add-rich-rule='rule family=ipv4 source address={net} protocol value=udp accept'"
        ),
        FirewallTool::Nft => {
            let rule = insert(seen, place, &format!("ip saddr {net} meta l4proto udp accept"));
            format!("allow UDP from {net}{rule}")
        }
    }
}

/// What the cure goes by: what looks after the filter can do nothing about the rules of others.
fn tool(seen: &Observations, place: Option<&str>) -> FirewallTool {
    let own = |start: &str| chain(place).is_none_or(|chain| chain.starts_with(start));
    match seen.tool {
        FirewallTool::Ufw if own("ip filter ") => FirewallTool::Ufw,
        FirewallTool::Firewalld if own("ip filter ") || own("inet firewalld ") => FirewallTool::Firewalld,
        _ => FirewallTool::Nft,
    }
}

/// How a rule goes before those of the chain that drops; where that is not known, how to know it.
fn insert(seen: &Observations, place: Option<&str>, rule: &str) -> String {
    match chain(place) {
        Some(chain) => format!(", as with sudo nft insert rule {chain} {rule}"),
        None if seen.drops.is_none() => {
            " in its rules; sudo lanchat doctor may name the one that drops".into()
        }
        None => " in its rules; sudo nft list ruleset shows them".into(),
    }
}

/// The subnet of an interface, as rules name it.
fn network(used: &Interface) -> String {
    used.subnet().map_or_else(|| "fe80::/10".to_owned(), |(lowest, _)| format!("{lowest}/{}", used.prefix))
}

/// The chain that the words of a place name.
fn chain(place: Option<&str>) -> Option<&str> {
    Some(place?.split_once("chain ")?.1)
}

/// Machines on the same wire that count themselves to another subnet.
pub(super) fn netmasks(seen: &Observations, all: &mut Vec<Finding>) {
    let used = seen.used();
    let mut told = BTreeSet::new();
    let heard = seen.foreign().filter_map(|h| match h.from.ip() {
        IpAddr::V4(from) => Some((from, None, h.interface)),
        IpAddr::V6(_) => None,
    });
    let sniffed = seen.sniffed.iter().flatten().filter(|s| !seen.own(s.from.into()));
    for (from, to, index) in heard.chain(sniffed.map(|s| (s.from, Some(s.to), s.interface))) {
        let mut here = used.iter().filter(|i| i.index == index && i.address.is_ipv4()).peekable();
        let Some(first) = here.peek().copied() else { continue };
        let own = format!("{}/{}", first.address, first.prefix);
        let inside = here.clone().any(|i| i.contains(from.into()));
        let text = match to.filter(|to| another_broadcast(seen, *to) && !here.any(|i| i.broadcast == *to)) {
            _ if !inside => {
                format!("{from} is on the wire of {}, but outside of its subnet {own}", first.name)
            }
            Some(to) => {
                format!(
                    "{from} broadcasts to {to}, but this machine ({own}) to {}: their netmasks differ",
                    first.broadcast
                )
            }
            None => continue,
        };
        if told.insert(from) {
            let cure =
                format!("give {from} and {} the same netmask, and addresses in one subnet", first.address);
            all.push(broken(NETMASK, text).cure(cure).on(&first.name));
        }
    }
}

/// Whether this can only be the broadcast address of some subnet: it ends in two ones at least, and is nobody's here.
fn another_broadcast(seen: &Observations, to: Ipv4Addr) -> bool {
    to.to_bits().trailing_ones() >= 2 && !to.is_broadcast() && !to.is_multicast() && !seen.own(to.into())
}

/// People who call another group.
pub(super) fn workgroups(seen: &Observations, all: &mut Vec<Finding>) {
    let mut others: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let own = &seen.wanted.workgroup;
    for heard in seen.heard.iter().filter(|h| !h.destination.eq_ignore_ascii_case(own)) {
        if let Some(beacon) = heard.beacon.as_ref().filter(|b| b.listed && !b.goodbye) {
            others.entry(&heard.destination).or_default().insert(beacon.nick.to_string());
        }
    }
    for (group, names) in others {
        let names: Vec<String> = names.into_iter().collect();
        let shown = match names.split_at_checked(5) {
            Some((first, rest)) if !rest.is_empty() => {
                format!("{} and {} more", first.join(", "), rest.len())
            }
            _ => list(&names),
        };
        let text = format!("{shown} in the workgroup {group} cannot hear you in {own}");
        let cure = format!("--workgroup {group}, or have them use --workgroup {own}");
        let found =
            if seen.peers.is_empty() { broken("workgroup", text) } else { warning("workgroup", text) };
        all.push(found.cure(cure));
    }
}

/// Longest time between two beacons where few are.
const BEACONS: Duration = Duration::from_millis(4500);

/// Interfaces that nobody else is heard on, and what that can mean.
pub(super) fn alone(seen: &Observations, all: &mut Vec<Finding>) {
    let used = seen.used();
    let names: BTreeSet<&str> = used.iter().filter(|i| !i.loopback).map(|i| i.name.as_str()).collect();
    for name in names {
        let here: Vec<_> = used.iter().filter(|i| i.name == name).collect();
        let index = here.first().map_or(0, |i| i.index);
        let heard = seen.foreign().any(|h| h.interface == index);
        let mut wire = seen.sniffed.iter().flatten();
        let on_wire = wire.any(|s| s.interface == index && !seen.own(s.from.into()));
        if heard || on_wire || !here.iter().any(|i| seen.echoed(i)) {
            continue; // somebody is there; or the reason is on this machine
        }
        let near = seen.neighbours.iter().filter(|n| n.interface == name && !seen.own(n.address));
        let (ways, others): (Vec<_>, Vec<_>) = near.partition(|n| n.gateway);
        let wait = seen.wanted.wait.as_secs_f64();
        // Who is in another subnet or group cannot be asked, so silence says little before everybody has spoken.
        let first = if listens(seen.wanted.wait) < BEACONS {
            "listen for longer, since chats may speak 4.5 s apart: lanchat doctor --wait 5s; if that changes nothing, "
        } else {
            ""
        };
        let text = format!("{name} hears itself and nobody else within {wait} s");
        let (reason, cure) = (
            "perhaps its access point keeps the clients apart (client isolation)",
            "start lanchat on another machine there; if that changes nothing, switch client isolation off, or use a cable",
        );
        all.push(if others.is_empty() {
            let who = if ways.is_empty() {
                "no other machine is known there"
            } else {
                "only the gateway is known there"
            };
            note("isolation", format!("{text}; {who}"))
                .cure(format!("{first}start lanchat on another machine of this network"))
                .on(name)
        } else {
            let known: Vec<_> = others.iter().take(3).map(|n| n.address.to_string()).collect();
            let text = format!(
                "{text}, though {} {} there: {reason}, or nobody there runs lanchat",
                list(&known),
                if known.len() == 1 { "is" } else { "are" }
            );
            warning("isolation", text).cure(format!("{first}{cure}")).on(name)
        });
    }
}

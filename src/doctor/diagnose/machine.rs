//! This machine: its interfaces, the port, the receive buffer, other NetBIOS programs.

use std::net::{IpAddr, Ipv4Addr};

use super::{broken, list, note, warning};
use crate::doctor::finding::{Finding, Level};
use crate::doctor::observation::{Bound, Holder, LinkSeen, Observations};
use crate::lan::Interface;

const INTERFACE: &str = "interface";
const PORT: &str = "port";
const BUFFER: &str = "buffer";

pub(super) fn interfaces(seen: &Observations, all: &mut Vec<Finding>) {
    if !seen.loopback {
        let down = !seen.links.iter().any(|l| l.loopback && l.obstacle.is_none());
        let (why, cure) = if down {
            ("its loopback is down", "sudo ip link set lo up")
        } else {
            (
                "a filter drops what goes by its loopback",
                "allow all that comes by the interface lo in the firewall",
            )
        };
        all.push(broken("loopback", format!("this machine does not hear itself: {why}")).cure(cure).on("lo"));
    }
    asked_for(seen, all);
    for used in seen.used() {
        all.push(if used.loopback && seen.wanted.interfaces.contains(&used.name) {
            note(INTERFACE, format!("{} reaches only the programs of this machine", used.name)).on(&used.name)
        } else if used.loopback {
            nothing(seen)
        } else {
            in_use(used)
        });
        all.extend(odd_broadcast(used));
    }
    if seen.used().is_empty() && seen.wanted.interfaces.is_empty() {
        all.push(nothing(seen));
    }
    for link in seen.links.iter().filter(|l| !l.loopback && l.obstacle.is_none()) {
        let v4 = link.interfaces.iter().any(|i| i.address.is_ipv4());
        if let (false, Some((address, prefix))) = (v4, link.narrow.first()) {
            let text = format!(
                "{} has {address}/{prefix}, too narrow for a broadcast: only IPv6 is used",
                link.name
            );
            all.push(warning("netmask", text).cure(widen(*address)).on(&link.name));
        }
    }
    all.extend(unused(seen));
}

/// The interfaces that the user has named.
fn asked_for(seen: &Observations, all: &mut Vec<Finding>) {
    for name in &seen.wanted.interfaces {
        match seen.links.iter().find(|l| l.name == *name) {
            None => {
                let exist: Vec<_> = seen.links.iter().map(|l| l.name.clone()).collect();
                let text = format!("there is no interface called {name}");
                all.push(broken(INTERFACE, text).cure(format!("choose one of {}", list(&exist))).on(name));
            }
            Some(link) => {
                if let Some(obstacle) = link.obstacle {
                    let text = format!("{name} cannot be used: {}", why(link, obstacle));
                    all.push(broken(INTERFACE, text).cure(cure(link)).on(name));
                }
            }
        }
    }
}

fn in_use(used: &Interface) -> Finding {
    let Interface { name, address, prefix, broadcast, .. } = used;
    let text = if address.is_ipv4() {
        format!("{name} broadcasts from {address}/{prefix} to {broadcast}")
    } else {
        format!("{name} speaks IPv6 from {address} to the group {broadcast}")
    };
    Finding::fine(INTERFACE, text).on(name)
}

/// Nobody beyond this machine can be reached.
fn nothing(seen: &Observations) -> Finding {
    let others: Vec<_> = seen.links.iter().filter(|l| !l.loopback).collect();
    let reasons = others.iter().filter_map(|l| Some(format!("{}: {}", l.name, why(l, l.obstacle?))));
    let reasons = reasons.collect::<Vec<_>>().join("; ");
    let first = others.iter().find(|l| l.obstacle.is_some_and(|o| !o.contains("cannot broadcast")));
    let text = match reasons.as_str() {
        "" => "there is no network interface but the loopback, which reaches only this machine".to_owned(),
        reasons => format!("no interface can broadcast ({reasons})"),
    };
    let join = "join a network, by cable or Wi-Fi";
    broken(INTERFACE, text).cure(first.map_or_else(|| join.to_owned(), |link| cure(link)))
}

/// Those that nobody has asked for and that cannot be used, where others can.
fn unused(seen: &Observations) -> Option<Finding> {
    let usable = seen.used().iter().any(|i| !i.loopback);
    let idle = seen.links.iter().filter(|l| !l.loopback && l.obstacle.is_some());
    let idle: Vec<_> = idle.filter_map(|l| Some(format!("{} ({})", l.name, why(l, l.obstacle?)))).collect();
    (usable && seen.wanted.interfaces.is_empty() && !idle.is_empty())
        .then(|| note(INTERFACE, format!("not used: {}", list(&idle))))
}

fn why(link: &LinkSeen, obstacle: &str) -> String {
    match link.narrow.first() {
        Some((address, prefix)) if obstacle.contains("no IPv4") => {
            format!("the netmask of {address}/{prefix} leaves no broadcast address")
        }
        _ => obstacle.to_owned(),
    }
}

fn cure(link: &LinkSeen) -> String {
    let obstacle = link.obstacle.unwrap_or_default();
    match link.narrow.first() {
        _ if obstacle.contains("down") => format!("sudo ip link set {} up", link.name),
        _ if obstacle.contains("carrier") => "plug in the cable, or join a Wi-Fi network".to_owned(),
        _ if obstacle.contains("cannot broadcast") => "choose an interface of a local network".to_owned(),
        Some((address, _)) => widen(*address),
        None => format!("give it an address of its network, as with sudo dhclient {}", link.name),
    }
}

fn widen(address: Ipv4Addr) -> String {
    format!("give {address} the netmask that the others on its network have, mostly /24")
}

/// A broadcast address that is not the subnet's.
fn odd_broadcast(used: &Interface) -> Option<Finding> {
    let (IpAddr::V4(own), IpAddr::V4(given)) = (used.address, used.broadcast) else { return None };
    let (_, right) = used.subnet()?;
    (right != given && right != own && !used.loopback).then(|| {
        let text = format!("{} broadcasts to {given}, but {own}/{} has {right}", used.name, used.prefix);
        let (with, name) = (format!("{own}/{}", used.prefix), &used.name);
        let cure = format!(
            "sudo ip address del {with} dev {name} && sudo ip address add {with} broadcast + dev {name}"
        );
        broken("netmask", text).cure(cure).on(&used.name)
    })
}

pub(super) fn port(seen: &Observations, all: &mut Vec<Finding>) {
    let port = seen.wanted.port;
    let holders = at(seen, &[port]);
    all.push(match &seen.bound {
        Bound::Yes if holders.is_empty() => Finding::fine(PORT, format!("UDP port {port} is free")),
        Bound::Yes => Finding::fine(PORT, format!("UDP port {port} is shared with {}", list(&holders))),
        Bound::Taken => {
            let by = if holders.is_empty() { "a program".to_owned() } else { list(&holders) };
            let cure = "end that program, or have everybody on this network use another --port";
            broken(PORT, format!("UDP port {port} is taken by {by}, which does not share it")).cure(cure)
        }
        Bound::NoRight => {
            let cure = "sudo setcap cap_net_bind_service=+ep \"$(command -v lanchat)\", \
                        or sudo sysctl net.ipv4.ip_unprivileged_port_start=137";
            broken(PORT, format!("you have no right to UDP port {port}: it is below 1024")).cure(cure)
        }
        Bound::Other(reason) => broken(PORT, format!("UDP port {port} cannot be had: {reason}")),
    });
}

/// What keeps the chat from starting, unless that is told already.
pub(super) fn refused(seen: &Observations, all: &mut Vec<Finding>) {
    if let Some(reason) = seen.refused.as_ref().filter(|_| all.iter().all(|f| f.level != Level::Broken)) {
        all.push(broken("start", format!("the chat does not start: {reason}")));
    }
}

/// The programs with sockets at these ports, each once.
fn at(seen: &Observations, ports: &[u16]) -> Vec<String> {
    let mut names: Vec<String> = seen.holders.iter().filter(|h| ports.contains(&h.port)).map(who).collect();
    names.sort();
    names.dedup();
    names
}

fn who(holder: &Holder) -> String {
    match &holder.program {
        Some((pid, name)) => format!("{name} (pid {pid})"),
        None => format!("a program of user {} (sudo lanchat doctor names it)", holder.uid),
    }
}

pub(super) fn room(seen: &Observations, all: &mut Vec<Finding>) {
    let Some(room) = seen.room else { return };
    let short = room.given < room.asked;
    let cure = || format!("sudo sysctl -w net.core.rmem_max={}", room.asked);
    let busy = "this machine is too busy: give lanchat more of its time";
    let cure = || if short { cure() } else { busy.to_owned() };
    let lost = |who: &str, n: u64| format!("{who} lost {n} datagrams because the receive buffer was full");
    if seen.lost > 0 {
        all.push(warning(BUFFER, lost("while it listened, the doctor", seen.lost.into())).cure(cure()));
    }
    for holder in seen.holders.iter().filter(|h| h.port == seen.wanted.port && h.drops > 0) {
        all.push(warning(BUFFER, lost(&who(holder), holder.drops)).cure(cure()));
    }
    if short {
        let text = format!(
            "the receive buffer is {} KiB, not {}: bursts may be lost",
            room.given >> 10,
            room.asked >> 10
        );
        all.push(note(BUFFER, text).cure(cure()));
    } else {
        all.push(Finding::fine(BUFFER, format!("the receive buffer is {} KiB", room.given >> 10)));
    }
}

/// Another program at the ports of NetBIOS: it does no harm, but it is good to know who answers there.
pub(super) fn netbios(seen: &Observations, all: &mut Vec<Finding>) {
    let others = at(seen, &[137, 138]);
    if others.is_empty() || seen.bound == Bound::Taken {
        return;
    }
    let has = format!("{} at the NetBIOS ports 137 and 138", list(&others));
    all.push(note(
        "netbios",
        if seen.wanted.port == 138 {
            format!("{has}: what is sent to this computer's name alone may go to it instead of lanchat")
        } else {
            format!("{has}: it does not disturb lanchat at port {}", seen.wanted.port)
        },
    ));
}

//! The people: who is here and answers, whose clock is wrong, who is here twice.

use std::collections::{BTreeMap, BTreeSet};

use super::{broken, list, note, warning};
use crate::chat::{Glance, PeerId};
use crate::doctor::finding::Finding;
use crate::doctor::observation::{Heard, Observations};

/// Most people who are listed one by one.
const MOST: usize = 50;
/// Clocks that differ less are called equal, in milliseconds. Times are shown in minutes.
const CLOCK: i64 = 10_000;

pub(super) fn present(seen: &Observations, all: &mut Vec<Finding>) {
    for one in seen.peers.iter().take(MOST) {
        let peer = &one.peer;
        let on = interfaces(seen, peer.id);
        let by = if on.is_empty() { String::new() } else { format!(" by {}", list(&on)) };
        let who = format!("{} on {} ({}){by}", peer.name, peer.host, peer.address);
        let found = match one.answered {
            Some(true) => Finding::fine("peer", format!("{who} is heard and answers")),
            None => Finding::fine("peer", format!("{who} is heard")),
            Some(false) => {
                let cure = "allow UDP from this network in the firewalls of both: private lines need it";
                warning("peer", format!("{who} is heard, but does not answer what is sent to it alone"))
                    .cure(cure)
            }
        };
        all.push(match on.as_slice() {
            [one] => found.on(one),
            _ => found,
        });
    }
    if let Some(more) = seen.peers.len().checked_sub(MOST).filter(|more| *more > 0) {
        all.push(note("peer", format!("and {more} more are heard; lanchat who lists them")));
    }
}

/// The beacons of others, the first by each way.
fn beacons(seen: &Observations) -> impl Iterator<Item = (&Heard, &Glance)> {
    seen.heard.iter().filter_map(|h| Some((h, h.beacon.as_ref()?)))
}

fn interfaces(seen: &Observations, peer: PeerId) -> Vec<String> {
    let names: BTreeSet<&str> =
        beacons(seen).filter(|(_, b)| b.peer == peer).map(|(h, _)| seen.name(h.interface)).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// Who is heard over IPv6 only, where there is IPv4: a sign of IPv4 settings that do not match.
pub(super) fn only_ipv6(seen: &Observations, all: &mut Vec<Finding>) {
    let used = seen.used();
    for one in &seen.peers {
        let ways: Vec<&Heard> =
            beacons(seen).filter(|(_, b)| b.peer == one.peer.id).map(|(h, _)| h).collect();
        let Some(first) = ways.first().filter(|_| ways.iter().all(|h| h.from.is_ipv6())) else { continue };
        let Some(own) = used.iter().find(|i| i.index == first.interface && i.address.is_ipv4()) else {
            continue;
        };
        let text = format!(
            "{} is heard over IPv6 only: perhaps its IPv4 address or netmask does not fit {}/{}",
            one.peer.name, own.address, own.prefix
        );
        all.push(warning("netmask", text).cure("compare ip address on both machines").on(&own.name));
    }
}

/// Whose clock is far off. A clock that runs behind is hidden by the clocks that it hears, up to ten minutes.
pub(super) fn clocks(seen: &Observations, all: &mut Vec<Finding>) {
    let mut off: BTreeMap<PeerId, (i64, String)> = BTreeMap::new();
    let mut people = BTreeSet::new();
    for (heard, beacon) in beacons(seen).filter(|(h, b)| !seen.own(h.from.ip()) && !b.goodbye) {
        people.insert(beacon.peer);
        let ahead = i64::try_from(beacon.clock).unwrap_or(i64::MAX).saturating_sub_unsigned(heard.at);
        if ahead.abs() > CLOCK {
            off.entry(beacon.peer).or_insert_with(|| (ahead, format!("{} on {}", beacon.nick, beacon.host)));
        }
    }
    let cure = "set the clocks by the network: timedatectl set-ntp true";
    let ahead = off.values().filter(|(by, _)| *by > 0).count();
    let same = ahead == off.len() || ahead == 0;
    if let (Some((by, _)), true) = (off.values().next(), off.len() > 1 && off.len() == people.len() && same) {
        let side = if *by > 0 { "behind" } else { "ahead of" };
        let text = format!("this machine's clock is {} {side} those of all others here", span(*by));
        all.push(warning("clock", text).cure(cure));
        return;
    }
    for (by, who) in off.into_values() {
        let side = if by > 0 { "ahead of" } else { "behind" };
        let text = format!("the clock of {who} is {} {side} this machine's", span(by));
        all.push(warning("clock", text).cure(cure));
    }
}

/// A length of time in milliseconds, roughly.
fn span(ms: i64) -> String {
    let s = ms.unsigned_abs() / 1000;
    match s {
        0..=119 => format!("{s} s"),
        120..=7199 => format!("{} min", s / 60),
        7200..=172_799 => format!("{} h", s / 3600),
        _ => format!("{} days", s / 86_400),
    }
}

/// One identity on two machines; one nickname twice on one machine.
pub(super) fn twins(seen: &Observations, all: &mut Vec<Finding>) {
    let mut places: BTreeMap<PeerId, (String, BTreeSet<String>)> = BTreeMap::new();
    for (_, beacon) in beacons(seen) {
        let place = places.entry(beacon.peer).or_insert_with(|| (beacon.nick.to_string(), BTreeSet::new()));
        place.1.insert(beacon.host.to_string());
    }
    for (peer, (nick, hosts)) in places.into_iter().filter(|(_, (_, hosts))| hosts.len() > 1) {
        let hosts: Vec<String> = hosts.into_iter().collect();
        let text = format!(
            "{nick} ({}) speaks from {} with one identity: a profile was copied",
            peer.short(),
            list(&hosts)
        );
        let cure = "on one of them, move the file away that lanchat identity names, and start anew";
        all.push(broken("identity", text).cure(cure));
    }
    let mut homes: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for peer in seen.peers.iter().map(|p| &p.peer) {
        let home = (peer.nick.skeleton().to_string(), peer.host.to_string());
        homes.entry(home).or_default().push(peer.name.to_string());
    }
    for ((_, host), names) in homes.into_iter().filter(|(_, names)| names.len() > 1) {
        let text = format!("{} are several chats on {host} with one nickname", list(&names));
        all.push(note("twins", text).cure("close all but one, or give each a --nick of its own"));
    }
}

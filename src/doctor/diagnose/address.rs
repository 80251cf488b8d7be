//! This machine's own addresses: one that stands for all in its subnet, and one that another machine has as well.

use std::collections::BTreeSet;

use super::broken;
use crate::doctor::finding::Finding;
use crate::doctor::observation::Observations;
use crate::lan::Interface;

/// Whether the interface's own address stands for all in its subnet: nobody can be told apart by it.
pub(super) fn stands_for_all(used: &Interface) -> bool {
    !used.loopback && used.subnet().is_some_and(|(_, highest)| used.address == highest)
}

pub(super) fn addresses(seen: &Observations, all: &mut Vec<Finding>) {
    for used in seen.used().into_iter().filter(|used| stands_for_all(used)) {
        let Interface { name, address, prefix, .. } = used;
        let text = format!("{name} has {address}/{prefix}, which is the broadcast address of its own subnet");
        let cure = format!("give {name} another address of its network, or the netmask that the others have");
        all.push(broken("netmask", text).cure(cure).on(name));
    }
    twice(seen, all);
}

/// Addresses that another machine sends from.
fn twice(seen: &Observations, all: &mut Vec<Finding>) {
    let mut told = BTreeSet::new();
    for sniffed in seen.sniffed.iter().flatten() {
        let (Some(by), from) = (sniffed.by, sniffed.from) else { continue };
        let used = seen.used().into_iter().find(|i| i.index == sniffed.interface && i.address == from);
        let Some(used) = used.filter(|used| !used.loopback && told.insert((used.index, from))) else {
            continue;
        };
        let by = by.map(|byte| format!("{byte:02x}")).join(":");
        let text = format!("on {}, another machine ({by}) has this machine's address {from} too", used.name);
        let cure = "give one of them another address: neither hears the other";
        all.push(broken("address", text).cure(cure).on(&used.name));
    }
}

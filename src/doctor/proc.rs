//! What Linux tells in /proc: who has a port, who lives next door (proc(5)). Elsewhere these lists are empty.

use std::collections::HashMap;
use std::fs;
use std::net::Ipv4Addr;

use super::observation::{Holder, Neighbour};
use crate::text::SafeText;

/// Sockets at one of `ports`, in both families.
pub(super) fn holders(ports: &[u16]) -> Vec<Holder> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let mut sockets = sockets(&read("/proc/net/udp"), ports);
    sockets.extend(self::sockets(&read("/proc/net/udp6"), ports));
    let owners = if sockets.is_empty() { HashMap::new() } else { owners() };
    let named = sockets.into_iter().map(|(inode, holder)| {
        let program = owners.get(&inode).cloned();
        Holder { program, ..holder }
    });
    named.collect()
}

/// The lines of a table of UDP sockets that are at one of `ports`, each with its inode.
fn sockets(table: &str, ports: &[u16]) -> Vec<(u64, Holder)> {
    let line = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, port) = fields.get(1)?.rsplit_once(':')?;
        let port = u16::from_str_radix(port, 16).ok().filter(|port| ports.contains(port))?;
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        let uid = u32::try_from(number(7)?).ok()?;
        Some((number(9)?, Holder { port, uid, program: None, drops: number(12).unwrap_or(0) }))
    };
    table.lines().skip(1).filter_map(line).collect()
}

/// Which program has which socket, of those programs that this user may look into.
fn owners() -> HashMap<u64, (u32, String)> {
    let mut owners = HashMap::new();
    let entries = |path: String| fs::read_dir(path).into_iter().flatten().flatten();
    for process in entries("/proc".to_owned()) {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        for file in entries(format!("/proc/{pid}/fd")) {
            let target = fs::read_link(file.path()).unwrap_or_default();
            let Some(inode) = target.to_str().and_then(inode) else { continue };
            let name = fs::read(format!("/proc/{pid}/comm")).unwrap_or_default();
            let name = SafeText::line(String::from_utf8_lossy(&name).trim_end()).into_string();
            owners.insert(inode, (pid, name));
        }
    }
    owners
}

fn inode(target: &str) -> Option<u64> {
    target.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// The machines that this one has spoken to lately over IPv4.
pub(super) fn neighbours() -> Vec<Neighbour> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    arp(&read("/proc/net/arp"), &gateways(&read("/proc/net/route")))
}

fn arp(table: &str, gateways: &[Ipv4Addr]) -> Vec<Neighbour> {
    let line = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let address: Ipv4Addr = fields.first()?.parse().ok()?;
        let flags = u32::from_str_radix(fields.get(2)?.strip_prefix("0x")?, 16).ok()?;
        let interface = (*fields.get(5)?).to_owned();
        // Bit 2: the hardware address is known, so it has answered.
        (flags & 2 != 0).then(|| Neighbour {
            address: address.into(),
            interface,
            gateway: gateways.contains(&address),
        })
    };
    table.lines().skip(1).filter_map(line).collect()
}

/// The gateways of the routing table.
fn gateways(table: &str) -> Vec<Ipv4Addr> {
    let line = |line: &str| {
        let bits = u32::from_str_radix(line.split_whitespace().nth(2)?, 16).ok()?;
        (bits != 0).then(|| Ipv4Addr::from(bits.to_ne_bytes())) // in memory order, printed as a number
    };
    table.lines().skip(1).filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    #[test]
    fn tables_of_the_kernel_are_read() {
        let udp = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
            22: 00000000:3352 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 4711 2 00000000 17\n\
            23: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 00000000 0\n";
        let holder = Holder { port: 13138, uid: 1000, program: None, drops: 17 };
        assert_eq!(sockets(udp, &[13138, 138]), [(4711, holder)]);
        assert_eq!(sockets("head\nrubbish\n: : :\n", &[1]), []);
        assert_eq!(inode("socket:[4711]"), Some(4711));
        assert_eq!(inode("/dev/null"), None);
        let table = "IP address HW type Flags HW address Mask Device\n\
            10.0.0.1 0x1 0x2 02:fc:00:00:00:05 * eth0\n10.0.0.7 0x1 0x0 00:00:00:00:00:00 * eth0\nrubbish\n";
        let there = arp(table, &[Ipv4Addr::new(10, 0, 0, 1)]);
        assert_eq!(
            there,
            [Neighbour { address: [10, 0, 0, 1].into(), interface: "eth0".into(), gateway: true }]
        );
    }

    #[cfg(all(target_os = "linux", target_endian = "little"))]
    #[test]
    fn gateways_are_in_memory_order() {
        let table =
            "Iface Destination Gateway Flags\neth0 00000000 0100000A 0003\neth0 0000000A 00000000 0001\n";
        assert_eq!(gateways(table), [Ipv4Addr::new(10, 0, 0, 1)]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_owner_of_a_socket_is_found() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let holders = holders(&[socket.local_addr().unwrap().port()]);
        let pids: Vec<_> = holders.iter().filter_map(|h| h.program.as_ref()).map(|(pid, _)| *pid).collect();
        assert!(pids.contains(&std::process::id()), "{holders:?}");
    }
}

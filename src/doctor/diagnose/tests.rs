//! Every ailment as a row: what was observed, and the finding that must follow.
#![allow(clippy::too_many_lines, reason = "tables")]
#![allow(clippy::semicolon_if_nothing_returned, reason = "a change in a row is an expression")]

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::diagnose;
use crate::chat::{Glance, Peer, PeerId, PeerState, Trust};
use crate::doctor::finding::Level::{Broken, Fine, Note, Warning};
use crate::doctor::finding::{Finding, Level};
use crate::doctor::observation::*;
use crate::lan::Interface;
use crate::text::SafeText;

const NOW: u64 = 1_800_000_000_000;

fn e0() -> Interface {
    Interface {
        name: "e0".into(),
        index: 2,
        address: [10, 77, 0, 1].into(),
        prefix: 24,
        broadcast: [10, 77, 0, 255].into(),
        loopback: false,
    }
}

fn e0_ipv6() -> Interface {
    let [address, broadcast] = ["fe80::1", "ff12::cc43:4841"].map(|a| a.parse::<IpAddr>().unwrap());
    Interface { address, prefix: 64, broadcast, ..e0() }
}

fn lo() -> Interface {
    let broadcast = [127, 255, 255, 255].into();
    Interface {
        name: "lo".into(),
        index: 1,
        address: [127, 0, 0, 1].into(),
        prefix: 8,
        broadcast,
        loopback: true,
    }
}

fn link(interfaces: &[Interface], obstacle: Option<&'static str>) -> LinkSeen {
    let (name, loopback) = interfaces.first().map_or(("e0".into(), false), |i| (i.name.clone(), i.loopback));
    LinkSeen { name, loopback, obstacle, interfaces: interfaces.to_vec(), narrow: Vec::new() }
}

fn beacon(nick: &str, byte: u8) -> Glance {
    Glance {
        peer: PeerId([byte; 8]),
        epoch: 1,
        nick: SafeText::line(nick),
        host: SafeText::line(&format!("HOST{byte}")),
        clock: NOW,
        listed: true,
        goodbye: false,
    }
}

fn heard(from: &str, beacon: Option<Glance>) -> Heard {
    let from = from.parse().unwrap();
    let (source, destination) = ("HOST".into(), "WORKGROUP".into());
    Heard { from, interface: 2, source, destination, chat: true, beacon, at: NOW }
}

fn peer(nick: &str, byte: u8, answered: Option<bool>) -> PeerSeen {
    let peer = Peer {
        id: PeerId([byte; 8]),
        nick: nick.parse().unwrap(),
        name: SafeText::line(nick),
        host: SafeText::line(&format!("HOST{byte}")),
        address: [10, 77, 0, byte].into(),
        state: PeerState::Here,
        version: SafeText::line("0.1.0"),
        trust: Trust::New,
        words: String::new(),
        rtt: None,
        since: 0,
        arrived: true,
        rooms: Vec::new(),
        away: None,
        ignored: false,
        doubts: crate::chat::Doubts::default(),
    };
    PeerSeen { peer, answered }
}

/// A healthy machine that hears bob.
fn healthy() -> Observations {
    Observations {
        wanted: Wanted {
            interfaces: Vec::new(),
            port: 13138,
            workgroup: "WORKGROUP".into(),
            wait: Duration::from_secs(3),
        },
        links: vec![link(&[lo()], None), link(&[e0(), e0_ipv6()], None)],
        loopback: true,
        room: Some(Room { asked: 1 << 20, given: 1 << 20 }),
        heard: vec![
            heard("10.77.0.1:13138", None),
            heard("[fe80::1]:13138", None),
            heard("10.77.0.2:13138", Some(beacon("bob", 2))),
            heard("[fe80::2]:13138", Some(beacon("bob", 2))),
        ],
        peers: vec![peer("bob", 2, Some(true))],
        ..Observations::default()
    }
}

/// As [`healthy`], with nobody else on the segment.
fn silent() -> Observations {
    let mut seen = healthy();
    seen.heard.truncate(2);
    seen.peers.clear();
    seen
}

fn holder(port: u16, program: Option<(u32, &str)>, drops: u64) -> Holder {
    Holder { port, uid: 1000, program: program.map(|(pid, name)| (pid, name.to_owned())), drops }
}

fn sniffed(from: [u8; 4], to: [u8; 4]) -> Vec<Sniffed> {
    vec![Sniffed { from: from.into(), to: to.into(), interface: 2, by: Some([2; 6]) }]
}

fn neighbour(last: u8, gateway: bool) -> Neighbour {
    Neighbour { address: [10, 77, 0, last].into(), interface: "e0".into(), gateway }
}

#[test]
fn a_healthy_machine_has_no_ailment() {
    let all = diagnose(&healthy());
    assert!(all.iter().all(|f| f.level == Fine && f.cure.is_none()), "{all:#?}");
    for check in ["interface", "port", "buffer", "firewall", "peer"] {
        assert!(all.iter().any(|f| f.check == check), "{check}");
    }
}

/// Check, level, a part of the text, a part of the cure.
type Expected = (&'static str, Level, &'static str, &'static str);

fn expect(what: &str, seen: &Observations, (check, level, text, cure): Expected) {
    let all = diagnose(seen);
    let cured = |f: &Finding| f.cure.as_deref().unwrap_or_default().contains(cure);
    let found = all.iter().any(|f| f.check == check && f.level == level && f.text.contains(text) && cured(f));
    assert!(found, "{what}: no {level:?} {check} with {text:?} and {cure:?} in {all:#?}");
    let worst = all.iter().map(|f| f.level).max();
    assert_eq!(worst, Some(level), "{what}: {all:#?}");
}

fn check_all(rows: &[(&str, Observations, Expected)]) {
    for (what, seen, expected) in rows {
        expect(what, seen, *expected);
    }
}

fn with(mut seen: Observations, change: impl FnOnce(&mut Observations)) -> Observations {
    change(&mut seen);
    seen
}

#[test]
fn the_machine() {
    let refused = Some("something".to_owned());
    let no_echo = |o: &mut Observations| o.heard.clear();
    let none = |obstacle, narrow: &[(Ipv4Addr, u8)]| {
        let narrow = narrow.to_vec();
        with(silent(), |o| {
            o.links[1] = LinkSeen { narrow, ..link(&[], Some(obstacle)) };
            o.heard = vec![Heard { interface: 1, ..heard("127.0.0.1:13138", None) }];
        })
    };
    let no_address = "it has no IPv4 address with a broadcast address, and no IPv6 link-local address";
    let host = Ipv4Addr::new(10, 0, 0, 1);
    let named = |name: &str| with(none("it is down", &[]), |o| o.wanted.interfaces = vec![name.to_owned()]);
    check_all(&[
        ("down", none("it is down", &[]), ("interface", Broken, "e0: it is down", "ip link set e0 up")),
        ("no cable", none("it has no carrier", &[]), ("interface", Broken, "carrier", "cable")),
        ("no address", none(no_address, &[]), ("interface", Broken, "no IPv4 address", "dhclient e0")),
        (
            "/32",
            none(no_address, &[(host, 32)]),
            ("interface", Broken, "10.0.0.1/32 leaves no broadcast", "/24"),
        ),
        ("/31", none(no_address, &[(host, 31)]), ("interface", Broken, "10.0.0.1/31", "netmask")),
        (
            "a tunnel",
            none("it cannot broadcast", &[]),
            ("interface", Broken, "cannot broadcast", "join a network"),
        ),
        (
            "only lo",
            with(none("", &[]), |o| o.links.truncate(1)),
            ("interface", Broken, "but the loopback", "join"),
        ),
        (
            "nothing",
            with(silent(), |o| o.links.clear()),
            ("interface", Broken, "no network interface", "join"),
        ),
        ("asked and down", named("e0"), ("interface", Broken, "e0 cannot be used: it is down", "set e0 up")),
        ("asked and not there", named("wlan0"), ("interface", Broken, "called wlan0", "lo and e0")),
        ("asked for lo", named("lo"), ("interface", Note, "lo reaches only", "")),
        (
            "lo is filtered",
            with(healthy(), |o| o.loopback = false),
            ("loopback", Broken, "a filter", "interface lo"),
        ),
        (
            "lo is down",
            with(healthy(), |o| (o.loopback, o.links[0].obstacle) = (false, Some("it is down"))),
            ("loopback", Broken, "its loopback is down", "set lo up"),
        ),
        (
            "another is idle",
            with(healthy(), |o| {
                o.links.push(LinkSeen { name: "w0".into(), ..link(&[], Some("it is down")) })
            }),
            ("interface", Note, "not used: w0 (it is down)", ""),
        ),
        (
            "narrow beside IPv6",
            with(silent(), |o| {
                (o.links[1].interfaces, o.links[1].narrow) = (vec![e0_ipv6()], vec![(host, 32)])
            }),
            ("netmask", Warning, "only IPv6 is used", "/24"),
        ),
        (
            "odd broadcast",
            with(healthy(), |o| o.links[1].interfaces[0].broadcast = [10, 77, 255, 255].into()),
            (
                "netmask",
                Broken,
                "e0 broadcasts to 10.77.255.255, but 10.77.0.1/24 has 10.77.0.255",
                "broadcast +",
            ),
        ),
        (
            "an address that stands for all",
            with(silent(), |o| {
                let own = &mut o.links[1].interfaces[0];
                (own.address, own.prefix) = ([10, 77, 0, 3].into(), 30);
                own.broadcast = own.address;
                o.heard.remove(0);
            }),
            ("netmask", Broken, "e0 has 10.77.0.3/30, which is the broadcast address", "another address"),
        ),
        (
            "an address that another has",
            with(silent(), |o| o.sniffed = Some(sniffed([10, 77, 0, 1], [10, 77, 0, 255]))),
            (
                "address",
                Broken,
                "another machine (02:02:02:02:02:02) has this machine's address 10.77.0.1",
                "give one",
            ),
        ),
        (
            "one's own on the wire",
            with(healthy(), |o| {
                o.sniffed = Some(sniffed([10, 77, 0, 1], [10, 77, 0, 255]));
                o.sniffed.iter_mut().flatten().for_each(|s| s.by = None);
            }),
            ("peer", Fine, "bob", ""),
        ),
        (
            "taken",
            with(silent(), |o| {
                no_echo(o);
                (o.bound, o.refused) = (Bound::Taken, refused.clone());
                o.holders = vec![holder(13138, Some((7, "greedy")), 0)];
            }),
            ("port", Broken, "taken by greedy (pid 7)", "--port"),
        ),
        (
            "taken by another user",
            with(silent(), |o| (o.bound, o.holders) = (Bound::Taken, vec![holder(13138, None, 0)])),
            ("port", Broken, "a program of user 1000 (sudo lanchat doctor names it)", "end that"),
        ),
        (
            "no right",
            with(silent(), |o| (o.bound, o.wanted.port) = (Bound::NoRight, 138)),
            ("port", Broken, "no right to UDP port 138", "setcap"),
        ),
        (
            "odd",
            with(silent(), |o| o.bound = Bound::Other("no".into())),
            ("port", Broken, "cannot be had: no", ""),
        ),
        (
            "refused",
            with(silent(), |o| o.refused = refused.clone()),
            ("start", Broken, "start: something", ""),
        ),
        (
            "shared",
            with(healthy(), |o| o.holders = vec![holder(13138, Some((7, "lanchat")), 0)]),
            ("port", Fine, "shared with lanchat (pid 7)", ""),
        ),
        (
            "small buffer",
            with(healthy(), |o| o.room = Some(Room { asked: 1 << 20, given: 212_992 })),
            ("buffer", Note, "208 KiB, not 1024", "net.core.rmem_max=1048576"),
        ),
        ("lost", with(healthy(), |o| o.lost = 9), ("buffer", Warning, "lost 9 datagrams", "too busy")),
        (
            "another lost some",
            with(healthy(), |o| o.holders = vec![holder(13138, Some((7, "lanchat")), 3)]),
            ("buffer", Warning, "lanchat (pid 7) lost 3", ""),
        ),
        (
            "nmbd",
            with(healthy(), |o| {
                o.holders = vec![holder(137, Some((9, "nmbd")), 0), holder(138, Some((9, "nmbd")), 0)]
            }),
            ("netbios", Note, "nmbd (pid 9) at the NetBIOS ports", ""),
        ),
        (
            "nmbd on our port",
            with(healthy(), |o| (o.wanted.port, o.holders) = (138, vec![holder(138, Some((9, "nmbd")), 0)])),
            ("netbios", Note, "may go to it", ""),
        ),
    ]);
}

#[test]
fn the_segment() {
    let drops =
        |o: &mut Observations| o.drops = Some(vec![("e0".into(), "a rule of the chain inet f x".into())]);
    let deaf = |o: &mut Observations| o.heard.retain(|h| h.from.is_ipv6() && h.beacon.is_none());
    let other = |group: &str| {
        let glance = Some(beacon("bob", 2));
        Heard { destination: group.to_owned(), ..heard("10.77.0.2:13138", glance) }
    };
    check_all(&[
        (
            "firewall",
            with(silent(), deaf),
            ("firewall", Broken, "not even its own", "10.77.0.0/24 in its rules; sudo lanchat doctor"),
        ),
        (
            "firewall whose rules do not tell",
            with(silent(), |o| {
                deaf(o);
                o.drops = Some(Vec::new());
            }),
            ("firewall", Broken, "not even its own", "sudo nft list ruleset"),
        ),
        (
            "firewall with ufw",
            with(silent(), |o| {
                deaf(o);
                o.tool = FirewallTool::Ufw;
            }),
            ("firewall", Broken, "a firewall of this machine drops", "ufw allow proto udp from 10.77.0.0/24"),
        ),
        (
            "a rule that is known",
            with(silent(), |o| {
                deaf(o);
                drops(o);
                o.tool = FirewallTool::Firewalld;
            }),
            ("firewall", Broken, "a rule of the chain inet f x", "nft insert rule inet f x ip saddr"),
        ),
        (
            "a rule of firewalld",
            with(silent(), |o| {
                deaf(o);
                let place = "a rule of the chain inet firewalld filter_INPUT";
                (o.drops, o.tool) = (Some(vec![("e0".into(), place.into())]), FirewallTool::Firewalld);
            }),
            ("firewall", Broken, "inet firewalld filter_INPUT", "firewall-cmd"),
        ),
        (
            "a rule for others",
            with(healthy(), drops),
            ("firewall", Broken, "a rule of the chain inet f x drops", ""),
        ),
        (
            "nothing gets out",
            with(silent(), |o| {
                deaf(o);
                o.unsent = vec![([10, 77, 0, 1].into(), "Operation not permitted".into())];
                o.kept_in = vec![("e0".into(), "a rule of the chain inet f out".into())];
            }),
            (
                "firewall",
                Broken,
                "on e0, a rule of the chain inet f out, this machine's firewall, lets nothing out",
                "insert rule inet f out ip daddr 10.77.0.0/24",
            ),
        ),
        (
            "nothing gets out, with ufw",
            with(silent(), |o| {
                deaf(o);
                o.unsent = vec![([10, 77, 0, 1].into(), "Operation not permitted".into())];
                o.tool = FirewallTool::Ufw;
            }),
            (
                "firewall",
                Broken,
                "a firewall of this machine lets nothing out",
                "ufw allow out proto udp to 10.77.0.0/24",
            ),
        ),
        (
            "the interface fails",
            with(silent(), |o| o.unsent = vec![([10, 77, 0, 1].into(), "No buffer space available".into())]),
            ("send", Broken, "on e0, nothing can be sent to 10.77.0.255: No buffer space", "--interface"),
        ),
        (
            "seen on the wire, not heard",
            with(silent(), |o| o.sniffed = Some(sniffed([10, 77, 0, 2], [10, 77, 0, 255]))),
            ("firewall", Broken, "datagrams of 10.77.0.2 arrive", "10.77.0.0/24"),
        ),
        (
            "IPv6 filtered",
            with(healthy(), |o| o.heard.remove(1).from.set_port(1)),
            ("ipv6", Warning, "IPv6 on e0 is not usable", "fe80::/10"),
        ),
        (
            "no IPv6",
            with(healthy(), |o| {
                o.links[1].interfaces.truncate(1);
                o.heard.retain(|h| h.from.is_ipv4());
            }),
            ("ipv6", Note, "only IPv4", ""),
        ),
        (
            "another subnet, heard",
            with(healthy(), |o| o.heard.push(heard("192.168.1.9:13138", None))),
            (
                "netmask",
                Broken,
                "192.168.1.9 is on the wire of e0, but outside of its subnet 10.77.0.1/24",
                "same",
            ),
        ),
        (
            "another subnet, seen",
            with(healthy(), |o| o.sniffed = Some(sniffed([10, 78, 0, 2], [10, 78, 0, 255]))),
            ("netmask", Broken, "10.78.0.2", "same"),
        ),
        (
            "another netmask",
            with(healthy(), |o| o.sniffed = Some(sniffed([10, 77, 0, 2], [10, 77, 0, 127]))),
            ("netmask", Broken, "10.77.0.2 broadcasts to 10.77.0.127", "same netmask"),
        ),
        (
            "no broadcast address",
            with(healthy(), |o| o.sniffed = Some(sniffed([10, 77, 0, 2], [10, 77, 0, 6]))),
            ("peer", Fine, "bob", ""),
        ),
        (
            "to all there are",
            with(healthy(), |o| o.sniffed = Some(sniffed([10, 77, 0, 2], [255, 255, 255, 255]))),
            ("peer", Fine, "bob", ""),
        ),
        (
            "all in another group",
            with(silent(), |o| o.heard.push(other("LAB"))),
            ("workgroup", Broken, "bob in the workgroup LAB cannot hear you in WORKGROUP", "--workgroup LAB"),
        ),
        (
            "some in another group",
            with(healthy(), |o| o.heard.push(other("LAB"))),
            ("workgroup", Warning, "LAB", "--workgroup WORKGROUP"),
        ),
        (
            "isolated",
            with(silent(), |o| {
                o.neighbours = vec![neighbour(1, false), neighbour(9, true), neighbour(3, false)]
            }),
            ("isolation", Warning, "though 10.77.0.3 is there: perhaps", "client isolation"),
        ),
        (
            "alone with the gateway",
            with(silent(), |o| o.neighbours = vec![neighbour(9, true)]),
            ("isolation", Note, "only the gateway is known", "another machine"),
        ),
        ("alone", silent(), ("isolation", Note, "no other machine is known", "another machine")),
        (
            "silence that may be short",
            with(silent(), |o| o.wanted.wait = Duration::from_secs(1)),
            (
                "isolation",
                Note,
                "within 1 s; no other",
                "listen for longer, since chats may speak 4.5 s apart",
            ),
        ),
    ]);
}

#[test]
fn the_people() {
    let off = |byte: u8, by: i64| {
        let clock = NOW.saturating_add_signed(by * 1000);
        heard(&format!("10.77.0.{byte}:13138"), Some(Glance { clock, ..beacon(&format!("n{byte}"), byte) }))
    };
    let copy = Glance { host: SafeText::line("LAPTOP"), ..beacon("bob", 2) };
    let only6 = |o: &mut Observations| drop(o.heard.remove(2));
    check_all(&[
        (
            "mute",
            with(healthy(), |o| o.peers[0].answered = Some(false)),
            (
                "peer",
                Warning,
                "bob on HOST2 (10.77.0.2) by e0 is heard, but does not answer",
                "firewalls of both",
            ),
        ),
        ("not asked", with(healthy(), |o| o.peers[0].answered = None), ("peer", Fine, "by e0 is heard", "")),
        (
            "many",
            with(healthy(), |o| o.peers = (2..=61).map(|n| peer(&format!("n{n}"), n, Some(true))).collect()),
            ("peer", Note, "and 10 more", ""),
        ),
        (
            "over IPv6 only",
            with(healthy(), only6),
            ("netmask", Warning, "bob is heard over IPv6 only", "ip address"),
        ),
        (
            "one clock",
            with(healthy(), |o| o.heard.push(off(3, 7200))),
            ("clock", Warning, "the clock of n3 on HOST3 is 2 h ahead of", "set-ntp"),
        ),
        (
            "one clock, behind",
            with(healthy(), |o| o.heard.push(off(3, -180))),
            ("clock", Warning, "n3 on HOST3 is 3 min behind", "set-ntp"),
        ),
        ("nearly right", with(healthy(), |o| o.heard.push(off(3, 9))), ("peer", Fine, "bob", "")),
        (
            "all clocks but one's own",
            with(silent(), |o| o.heard.extend([off(3, 90), off(4, 95)])),
            ("clock", Warning, "this machine's clock is 90 s behind those of all others", "set-ntp"),
        ),
        (
            "a copied profile",
            with(healthy(), |o| o.heard.push(heard("10.77.0.9:13138", Some(copy)))),
            ("identity", Broken, "bob (0202) speaks from HOST2 and LAPTOP", "identity"),
        ),
        (
            "twins",
            with(healthy(), |o| {
                let mut twin = peer("bob", 3, Some(true));
                (twin.peer.host, twin.peer.name) = (o.peers[0].peer.host.clone(), SafeText::line("bob~0303"));
                o.peers.push(twin);
            }),
            ("twins", Note, "bob and bob~0303 are several chats on HOST2", "--nick"),
        ),
    ]);
}

#[test]
fn where_an_address_stands_for_all_no_firewall_is_blamed() {
    let seen = with(silent(), |o| {
        let own = &mut o.links[1].interfaces[0];
        (own.address, own.broadcast) = ([10, 77, 0, 255].into(), [10, 77, 0, 255].into());
        o.heard.remove(0);
    });
    let all = diagnose(&seen);
    assert!(all.iter().all(|f| f.check != "firewall" || f.level == Fine), "{all:#?}");
    assert_eq!(all.iter().filter(|f| f.level == Broken).count(), 1, "{all:#?}");
}

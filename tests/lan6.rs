//! The chat where IPv4 is missing or not the only way: the real program on hosts with IPv6 link-local addresses.
//!
//! Needs root, iproute2, nftables and a kernel with IPv6; without them every test here says so and is skipped, unless
//! `LANCHAT_LAB=require`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod lab;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use lab::{Chat, Fault, Lan, PATIENCE, SOON, all_meet, meeting, numbered, tries};
use lanchat::lan::GROUP;
use lanchat::netbios::Datagram;
use serde_json::Value;

/// A LAN of hosts that have no IPv4 address at all.
fn without_ipv4(hosts: usize) -> Option<Lan> {
    let lan = Lan::with_ipv6(hosts)?;
    (0..hosts).for_each(|n| lan.host(n).readdress("e0", None));
    Some(lan)
}

/// Has `from` say lines and everybody of `to` hear each of them once and in order.
fn talk(chats: &mut [Chat], from: (usize, &str), to: &[usize], word: &str) {
    let lines = numbered(20, word);
    for line in &lines {
        chats[from.0].say(line);
    }
    for listener in to {
        chats[*listener].hears(from.1, lines.last().unwrap());
        let heard: Vec<String> =
            chats[*listener].texts(from.1).into_iter().filter(|t| t.starts_with(word)).collect();
        assert_eq!(heard, lines);
    }
}

/// Says numbered lines until one of them is heard: the hosts notice in their own time that a way is open again.
fn until_heard(chats: &mut [Chat], from: (usize, &str), to: usize, word: &str) {
    let found = tries(PATIENCE).any(|n| {
        chats[from.0].say(&format!("{word} {n}"));
        let heard =
            |json: &[Value]| lab::texts(json, from.1).iter().any(|t| t.starts_with(word)).then_some(());
        chats[to].within(Duration::from_millis(500), heard).is_some()
    });
    assert!(found, "{word}: {} is not heard: {:?}", from.1, chats[to].json());
}

/// The peers of a host as `lanchat who` lists them, with their addresses.
fn who(lan: &Lan, host: usize) -> Vec<(String, IpAddr)> {
    let run = lan.host(host).lanchat("watcher", &["who", "--json"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.errors);
    let row = |v: &Value| (lab::name(v).to_owned(), v["address"].as_str().unwrap().parse().unwrap());
    run.json().iter().map(row).collect()
}

/// The same, once they have these names: who is slow is not heard each time.
fn who_is(lan: &Lan, host: usize, expected: &[&str]) -> Vec<(String, IpAddr)> {
    let mut last = Vec::new();
    let right = tries(PATIENCE).any(|_| {
        last = who(lan, host);
        last.iter().map(|(name, _)| name.as_str()).eq(expected.iter().copied())
    });
    assert!(right, "{expected:?} are not those of {last:?}");
    last
}

fn link_local(address: &IpAddr) -> bool {
    matches!(address, IpAddr::V6(a) if a.is_unicast_link_local())
}

#[test]
fn hosts_without_ipv4_talk_by_every_means() {
    let Some(lan) = without_ipv4(2) else { return };
    let mut chats = meeting(&lan, &["alice", "bob"]);
    talk(&mut chats, (0, "alice"), &[1], "from alice");
    talk(&mut chats, (1, "bob"), &[0], "from bob");
    let line = chats[1].json().into_iter().find(|v| v["type"] == "line").unwrap();
    assert!(link_local(&line["address"].as_str().unwrap().parse().unwrap()), "{line}");

    let said = lan.host(0).lanchat("dora", &["say", "--to", "bob", "between us"]);
    assert_eq!(said.code, Some(0), "not acknowledged: {}", said.errors);
    chats[1].hears("dora", "between us");
    let ping = lan.host(1).lanchat("dora", &["ping", "alice", "--count", "5", "--interval", "20ms"]);
    assert_eq!(ping.code, Some(0), "{}{}", ping.out, ping.errors);

    let peers = who_is(&lan, 0, &["alice", "bob"]);
    assert!(peers.iter().all(|(_, address)| link_local(address)), "{peers:?}");
}

#[test]
fn two_people_on_one_host_without_ipv4_hear_each_other() {
    let Some(lan) = without_ipv4(1) else { return };
    let mut chats = vec![lan.host(0).chat("alice"), lan.host(0).chat("bob")];
    all_meet(&chats, &["alice", "bob"]);
    talk(&mut chats, (0, "alice"), &[1], "from alice");
    talk(&mut chats, (1, "bob"), &[0], "from bob");
    let said = lan.host(0).lanchat("dora", &["say", "--to", "alice", "for you"]);
    assert_eq!(said.code, Some(0), "not acknowledged: {}", said.errors);
    chats[0].hears("dora", "for you");
    assert!(!chats[1].texts("dora").contains(&"for you".to_owned()));
}

#[test]
fn one_with_both_hears_and_is_heard_by_those_with_either() {
    let Some(lan) = Lan::with_ipv6(3) else { return };
    lan.host(1).readdress("e0", None);
    lan.host(2).ipv6(false);
    let mut chats = vec![lan.host(0).chat("alice"), lan.host(1).chat("bob"), lan.host(2).chat("carol")];
    for (listener, nick) in [(0, "bob"), (0, "carol"), (1, "alice"), (2, "alice")] {
        chats[listener].meets(nick);
    }
    talk(&mut chats, (0, "alice"), &[1, 2], "from alice");
    talk(&mut chats, (1, "bob"), &[0], "from bob");
    talk(&mut chats, (2, "carol"), &[0], "from carol");
    for (reader, text) in [("bob", "by IPv6"), ("carol", "by IPv4")] {
        let said = lan.host(0).lanchat("dora", &["say", "--to", reader, text]);
        assert_eq!(said.code, Some(0), "{reader}: {}", said.errors);
    }

    let peers = who_is(&lan, 0, &["alice", "bob", "carol"]); // each is one
    assert!(link_local(&peers[1].1) && peers[2].1 == lan.host(2).address(0), "{peers:?}");
    // No datagram gets from the one to the other.
    who_is(&lan, 1, &["alice", "bob"]);
    who_is(&lan, 2, &["alice", "carol"]);
}

/// The datagrams of `source` that come to a socket within `bound`, by their number, until the line with this text.
fn captured(
    socket: &UdpSocket,
    source: &str,
    text: &str,
    bound: Duration,
) -> Option<HashMap<u16, (SocketAddr, Vec<u8>)>> {
    let mut found = HashMap::new();
    let mut buffer = [0; 2048];
    let end = Instant::now() + bound;
    loop {
        socket
            .set_read_timeout(Some(end.checked_duration_since(Instant::now())?.max(Duration::from_millis(1))))
            .unwrap();
        let (size, from) = socket.recv_from(&mut buffer).ok()?;
        let Ok(datagram) = Datagram::parse(&buffer[..size]) else { continue };
        if datagram.source.text() == source {
            found.insert(datagram.id, (from, buffer[..size].to_vec()));
            if datagram.data.windows(text.len()).any(|part| part == text.as_bytes()) {
                return Some(found);
            }
        }
    }
}

#[test]
fn ipv4_and_ipv6_carry_the_same_but_for_the_address_in_the_header() {
    let Some(lan) = Lan::with_ipv6(2) else { return };
    let (v4, v6) = (lan.host(1).socket(13138), lan.host(1).socket6(13138, GROUP));
    let mut alice = lan.host(0).chat("alice");
    // She uses IPv6 when her address there has been checked for duplicates.
    let (text, by_v6) = tries(PATIENCE)
        .find_map(|n| {
            let text = format!("line {n} to be captured");
            alice.say(&text);
            captured(&v6, "HOST0", &text, Duration::from_millis(300)).map(|found| (text, found))
        })
        .expect("a line by IPv6");
    let by_v4 = captured(&v4, "HOST0", &text, SOON).expect("the same line by IPv4");
    for (id, (from, packet)) in &by_v6 {
        assert!(link_local(&from.ip()) && from.port() == 13138, "{from}");
        assert_eq!(packet[4..8], [0; 4], "SOURCE_IP has no room for an IPv6 address");
        let (from, other) = &by_v4[id];
        assert_eq!(*from, SocketAddr::new(lan.host(0).address(0).into(), 13138));
        assert_eq!(other[4..8], lan.host(0).address(0).octets());
        assert_eq!((&packet[..4], &packet[8..]), (&other[..4], &other[8..]));
    }
}

#[test]
fn what_is_heard_on_both_is_heard_once() {
    let Some(lan) = Lan::with_ipv6(2) else { return };
    let mut chats = meeting(&lan, &["alice", "bob"]);
    talk(&mut chats, (0, "alice"), &[1], "from alice");
    talk(&mut chats, (1, "bob"), &[0], "from bob");
    for chat in &chats {
        let joins = chat.json().iter().filter(|v| v["type"] == "join").count();
        assert_eq!(joins, 1, "{:?}", chat.json());
        assert_eq!(chat.errors(), "");
    }
    who_is(&lan, 0, &["alice", "bob"]);
    // Each way carries the talk alone, and a private line finds the way that is left.
    lan.host(1).readdress("e0", None);
    until_heard(&mut chats, (0, "alice"), 1, "by IPv6 there");
    until_heard(&mut chats, (1, "bob"), 0, "by IPv6 back");
    reaches(&lan, 0, "bob", |address| link_local(&address));
    lan.host(1).readdress("e0", Some(77));
    lan.host(1).ipv6(false);
    until_heard(&mut chats, (0, "alice"), 1, "by IPv4 there");
    until_heard(&mut chats, (1, "bob"), 0, "by IPv4 back");
    reaches(&lan, 0, "bob", |address| address == IpAddr::from([10, 77, 0, 77]));
    for (listener, from) in [(1, "alice"), (0, "bob")] {
        let mut heard = chats[listener].texts(from);
        let lines = heard.len();
        heard.sort();
        heard.dedup();
        assert_eq!(heard.len(), lines, "{heard:?}");
    }
}

/// Waits until a private line gets from a host to `nick` and he has such an address.
fn reaches(lan: &Lan, from: usize, nick: &str, right: impl Fn(IpAddr) -> bool) {
    let mut last = String::new();
    let found = tries(PATIENCE).any(|_| {
        let said = lan.host(from).lanchat("dora", &["say", "--to", nick, "are you there?"]);
        let peers = who(lan, from);
        last = format!("{:?} {} {peers:?}", said.code, said.errors);
        said.code == Some(0) && peers.iter().any(|(name, address)| name == nick && right(*address))
    });
    assert!(found, "{nick} is not reached: {last}");
}

#[test]
fn a_peer_whose_address_changes_is_reached_at_the_new_one() {
    let Some(lan) = Lan::with_ipv6(2) else { return };
    lan.host(1).ipv6(false);
    let mut chats = meeting(&lan, &["alice", "bob"]);
    lan.host(1).readdress("e0", Some(99));
    until_heard(&mut chats, (1, "bob"), 0, "moved");
    let there = |json: &[Value]| {
        let at = |v: &Value| v["type"] == "line" && v["address"] == "10.77.0.99";
        json.iter().any(at).then_some(())
    };
    assert!(chats[0].within(SOON, there).is_some(), "{:?}", chats[0].json());
    reaches(&lan, 0, "bob", |address| address == IpAddr::from([10, 77, 0, 99]));
    let leaves = chats[0].json().iter().filter(|v| v["type"] == "leave" && v["from"] == "bob").count();
    assert_eq!(leaves, 0, "it is the same peer all the time: {:?}", chats[0].json());
}

#[test]
fn with_ipv6_switched_off_everything_is_as_without() {
    let Some(lan) = Lan::with_ipv6(2) else { return };
    (0..2).for_each(|n| lan.host(n).ipv6(false));
    let mut chats = meeting(&lan, &["alice", "bob"]);
    talk(&mut chats, (0, "alice"), &[1], "from alice");
    talk(&mut chats, (1, "bob"), &[0], "from bob");
    let peers = who_is(&lan, 0, &["alice", "bob"]);
    assert_eq!(peers[1], ("bob".to_owned(), lan.host(1).address(0).into()));
    for chat in &chats {
        assert_eq!(chat.errors(), "");
        let notices = chat.json().iter().filter(|v| v["type"] == "notice").count();
        assert_eq!(notices, 0, "{:?}", chat.json());
    }
}

#[test]
fn ipv6_that_is_switched_off_and_on_again_is_used_again() {
    let Some(lan) = without_ipv4(2) else { return };
    let mut chats = vec![lan.host(0).chat("alice"), lan.host(1).chat_with("bob", &["--interface", "e0"])];
    all_meet(&chats, &["alice", "bob"]);
    lan.host(1).ipv6(false);
    chats[1].wait_for(SOON, "notice of no network", |json| {
        let none = |v: &Value| {
            v["type"] == "notice" && v["text"].as_str().is_some_and(|t| t.starts_with("no network"))
        };
        json.iter().any(none).then_some(())
    });
    lan.host(1).ipv6(true);
    until_heard(&mut chats, (0, "alice"), 1, "there");
    until_heard(&mut chats, (1, "bob"), 0, "back");
}

#[test]
fn a_link_without_ipv4_goes_down_and_comes_back() {
    let Some(lan) = without_ipv4(2) else { return };
    let mut chats = meeting(&lan, &["alice", "bob"]);
    lan.host(0).link("e0", false);
    lan.host(0).link("e0", true);
    until_heard(&mut chats, (0, "alice"), 1, "there");
    until_heard(&mut chats, (1, "bob"), 0, "back");
    assert!(chats.iter_mut().all(Chat::alive));
}

#[test]
fn an_address_that_comes_late_is_used() {
    let Some(lan) = without_ipv4(2) else { return };
    lan.host(0).ipv6(false);
    let chats = [lan.host(0).chat("alice"), lan.host(1).chat("bob")];
    lan.host(0).ipv6(true);
    for (listener, nick) in [(0, "bob"), (1, "alice")] {
        chats[listener].wait_for(PATIENCE, nick, |json| {
            json.iter().any(|v| v["type"] == "join" && lab::name(v) == nick).then_some(())
        });
    }
}

#[test]
fn people_without_ipv4_find_each_other_where_a_third_of_all_datagrams_is_lost() {
    let Some(lan) = without_ipv4(3) else { return };
    lan.fault(&Fault::Loss(30));
    let _chats = meeting(&lan, &["alice", "bob", "carol"]);
}

//! Floods of what each costs a signature check, against the core: honest lines arrive, tables stay within their bounds.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use lanchat::chat::{Event, Slot, Source, limits};

use crate::forge::{Claim, Key};
use crate::forgery::{eve, wall};
use crate::segment::Segment;

const SECOND: Duration = Duration::from_secs(1);

/// Alice says twenty lines, one each half second; between them comes `junk`, as often as it says.
fn honest_under(seed: u64, each: u32, mut junk: impl FnMut(&mut Segment, u32)) -> (Segment, usize) {
    let mut s = Segment::new(seed);
    let (alice, bob) = (s.add("alice"), s.add("bob"));
    s.run(10 * SECOND);
    for line in 0..20 {
        for n in 0..each {
            junk(&mut s, line * each + n);
            s.run(SECOND / 2 / each);
        }
        s.say(alice, &format!("honest {line}"));
    }
    s.run(2 * SECOND);
    let honest: Vec<_> = s.hosts[bob].heard().into_iter().filter(|l| l.peer == Some(s.id(alice))).collect();
    let (count, late) = (honest.len(), honest.iter().filter(|l| l.late).count());
    assert_eq!((count, late), (20, 0), "every honest line, in its place");
    let times = s.hosts[bob].times.iter().zip(&s.hosts[bob].events);
    assert!(times.count() > 0);
    (s, bob)
}

#[test]
fn forged_lines_of_a_peer() {
    let key = Key::new(1);
    let (s, bob) = honest_under(21, 1000, |s, n| {
        let alice = s.id(0).0;
        let forged = key.line_as(alice, 1, 2 + n, wall(s), "<alice> forged");
        s.inject(eve(), Slot::Lobby, &forged);
    });
    assert!(s.hosts[bob].texts().iter().all(|t| t.starts_with("honest")), "20 000 tried");
}

#[test]
fn lines_of_strangers_and_lines_without_a_signature() {
    let (s, bob) = honest_under(22, 500, |s, n| {
        let key = Key::new(u64::from(n % 10));
        let clock = wall(s);
        s.inject(
            eve(),
            Slot::Lobby,
            &key.line_as(n.to_be_bytes().repeat(2).try_into().unwrap(), 7, n + 1, clock, "x"),
        );
        s.inject(eve(), Slot::Lobby, format!("spam {n}").as_bytes());
    });
    let spam = s.hosts[bob].heard().iter().filter(|l| l.peer.is_none()).count();
    let bound = usize::try_from(limits::PLAIN_RATE.burst + 15 * limits::PLAIN_RATE.per_second).unwrap();
    assert!(spam <= bound, "{spam} of 20 000 are shown");
}

#[test]
fn valid_lines_of_one_peer() {
    let key = Key::new(1);
    let (s, bob) = honest_under(23, 2000, |s, n| {
        if n == 0 {
            s.inject(eve(), Slot::Sync, &key.beacon(&Claim::new(wall(s))));
            s.run(SECOND / 10);
        }
        s.inject(eve(), Slot::Lobby, &key.line(7, n + 1, wall(s), "<mallory> valid"));
    });
    let shown = s.hosts[bob].texts().iter().filter(|t| **t == "valid").count();
    let bound = usize::try_from(limits::SENDER_RATE.burst + 13 * limits::SENDER_RATE.per_second).unwrap();
    assert!(shown <= bound, "{shown} of 40 000 are shown");
}

#[test]
fn invented_peers_from_one_address() {
    let (mut s, bob) = honest_under(24, 400, |s, n| {
        let beacon = Key::new(u64::from(n)).beacon(&Claim::new(wall(s)));
        s.inject(eve(), Slot::Sync, &beacon);
    });
    let peers = s.hosts[bob].node().peers();
    let bound = usize::try_from(limits::NEWCOMER_RATE.burst + 13 * limits::NEWCOMER_RATE.per_second).unwrap();
    assert!(peers.len() <= bound, "{} of 8 000", peers.len());
    assert!(peers.iter().any(|p| p.name.as_str() == "alice"));
}

#[test]
fn invented_peers_from_invented_addresses() {
    let (mut s, bob) = honest_under(25, 400, |s, n| {
        let beacon = Key::new(u64::from(n)).beacon(&Claim::new(wall(s)));
        let ip = IpAddr::V6(Ipv6Addr::new(
            0xfe80,
            0,
            0,
            0,
            0,
            0,
            u16::try_from(n >> 16).unwrap(),
            1 + (n & 0xfffe) as u16,
        ));
        s.inject(Source { address: SocketAddr::new(ip, 13_138), ..eve() }, Slot::Sync, &beacon);
    });
    let peers = s.hosts[bob].node().peers();
    assert!(peers.len() <= limits::MAX_NEWCOMERS + 1, "{} of 8 000", peers.len());
    let alice = s.id(0);
    let left = |e: &Event| matches!(e, Event::Leave { peer, .. } if peer.id == alice);
    assert!(
        peers.iter().any(|p| p.id == alice) && !s.hosts[bob].events.iter().any(left),
        "who has spoken stays"
    );
}

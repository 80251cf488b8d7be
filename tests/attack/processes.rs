//! The same against real processes: an attacker's own socket on a host of a LAN, sending as fast as it can.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::forge::{Claim, Key, on_the_wire};
use crate::lab::{Chat, Lan, SOON, Terminal, texts, tries};

/// What a chat may take in memory while it is flooded, in megabytes: see docs/SECURITY.md.
const MEMORY: u64 = 128;

/// How many datagrams mallory sends at least.
const ENOUGH: u64 = 150_000;

/// From how many sockets, on two hosts, and so by how many threads.
const SENDERS: usize = 3;

pub(crate) fn clock() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// Sends what it is given, round and round, each time with another datagram id, until it is dropped. Several threads do.
struct Flood {
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Flood {
    fn start(sockets: Vec<UdpSocket>, packets: Vec<Vec<u8>>) -> Self {
        let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (packets, many) = (Arc::new(packets), sockets.len());
        let start = |(first, socket): (usize, UdpSocket)| {
            let (over, count, packets) = (Arc::clone(&stop), Arc::clone(&sent), Arc::clone(&packets));
            std::thread::spawn(move || {
                let to = SocketAddr::from((Ipv4Addr::new(10, 77, 0, 255), 13_138));
                let mine = packets.iter().cycle().enumerate().skip(first).step_by(many);
                for (n, packet) in mine {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    let mut packet = packet.clone();
                    let id = u16::try_from(n & 0xffff).unwrap().to_be_bytes();
                    packet.get_mut(2..4).unwrap().copy_from_slice(&id);
                    if socket.send_to(&packet, to).is_ok() {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        };
        let threads = sockets.into_iter().enumerate().map(start).collect();
        Self { stop, sent, threads }
    }

    fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Megabytes that a process has in memory at most so far.
fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// One flood at a time: each takes all that a machine has.
static FLOOD: Mutex<()> = Mutex::new(());

/// Alice and bob talk, and carol looks at her screen, while mallory sends.
fn under(flood: impl FnOnce(&Chat) -> Vec<Vec<u8>>) {
    let _alone = FLOOD.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(lan) = Lan::new(5) else { return };
    let mut alice = lan.host(0).chat("alice");
    let bob = lan.host(1).chat("bob");
    let mut carol = Terminal::start_on(lan.host(2), "carol", 100, 30);
    alice.meets("bob");
    alice.meets("carol");
    bob.meets("alice");
    bob.meets("carol");
    carol.shows("alice");
    let packets = flood(&bob);
    let sockets = (0..SENDERS).map(|n| lan.host(3 + n % 2).socket(13_138)).collect();
    let flood = Flood::start(sockets, packets);
    let began = Instant::now();
    let mut n = 0;
    while n < 12 || flood.sent() < ENOUGH {
        alice.say(&format!("honest {n}"));
        bob.hears("alice", &format!("honest {n}"));
        let typed = format!("key{n}");
        carol.press(&typed);
        carol.shows(&typed);
        carol.press("\x15"); // the line is emptied
        n += 1;
    }
    carol.press("from carol\r");
    bob.hears("carol", "from carol");
    let (sent, time) = (flood.sent(), began.elapsed());
    drop(flood);
    // Under valid lines an honest one soon leaves the screen, but not what is kept.
    let last = format!("honest {n}");
    alice.say(&last);
    bob.hears("alice", &last);
    let honest: Vec<_> = (0..=n).map(|n| format!("honest {n}")).collect();
    assert_eq!(bob.texts("alice"), honest, "of {sent} that mallory sent");
    let kept = || {
        let history = carol.history(&["--json", "--from", "alice"]);
        texts(&history.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>(), "alice")
    };
    assert!(tries(SOON).any(|_| kept() == honest), "{:?} of {sent}\n{}", kept(), carol.contents());
    let (mine, hers) = (memory(bob.pid()), memory(carol.pid()));
    println!("{sent} datagrams in {time:.1?}; {mine} and {hers} MB");
    assert!(mine <= MEMORY && hers <= MEMORY, "{mine} and {hers} MB after {sent}");
    assert!(carol.alive() && alice.alive());
}

#[test]
fn junk() {
    under(|_| {
        let mut state = 1_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        };
        let noise = (0..500).map(|_| (0..400).map(|_| random()).collect());
        let empty = on_the_wire(0, r"chat\sync", &[]);
        let broken = (0..empty.len()).map(|n| [&empty[..n], &[0; 9]].concat());
        noise.chain(broken.filter(|p: &Vec<u8>| p.len() > 4)).collect()
    });
}

#[test]
fn forged_lines() {
    under(|bob| {
        let alice = bob.id_of("alice");
        let lines =
            (0..2000).map(|n| Key::new(1).line_as(alice, u32::MAX - 1, n + 1, clock(), "<alice> forged"));
        lines.map(|line| on_the_wire(0, "chat", &line)).collect()
    });
}

#[test]
fn valid_lines_of_one_peer() {
    under(|_| {
        let key = Key::new(2);
        let beacon = on_the_wire(0, r"chat\sync", &key.beacon(&Claim::new(clock())));
        let lines =
            (0..20_000).map(|n| on_the_wire(0, "chat", &key.line(7, n + 1, clock(), "<mallory> valid")));
        std::iter::once(beacon).chain(lines).collect()
    });
}

#[test]
fn beacons_of_invented_peers() {
    under(|_| {
        let beacon = |n| Key::new(n).beacon(&Claim { nick: &format!("m{n}"), ..Claim::new(clock()) });
        (0..40_000).map(|n| on_the_wire(0, r"chat\sync", &beacon(n))).collect()
    });
}

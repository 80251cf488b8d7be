//! What a flood costs: `cargo bench --bench flood` (the second part needs what `tests/lan.rs` needs).
//!
//! First the core alone: the time that each check takes of a datagram that gets as far as that. Then real processes on hosts of
//! a LAN: alice says twenty lines a second while mallory sends a hundred thousand datagrams a second from several sockets, if
//! the machine can; how many of them bob hears within a second, and how soon, as a ratio to the same without a flood, and
//! how much memory bob takes at most. The invented peers are a million, each with a key of its own.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    dead_code,
    reason = "this is a measurement"
)]

#[path = "../tests/attack/forge.rs"]
mod forge;
#[path = "../tests/lab/mod.rs"]
mod lab;

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use forge::{Claim, Key, digest, nak, on_the_wire};
use lab::{LANCHAT, Lan};
use lanchat::chat::{Checks, Config, Identity, Node, Now, Slot, Source};
use lanchat::netbios::Name;

fn main() {
    costs();
    let Some(lan) = Lan::new(4) else { return };
    throughput(&lan);
}

const WALL: u64 = 1_800_000_000_000;

fn source(n: u32) -> Source {
    let [_, b, c, d] = n.to_be_bytes();
    Source { name: Name::new("EVIL", 0).unwrap(), address: ([10, b, c, d], 13_138).into() }
}

/// A node that knows mallory, key 1.
fn node() -> Node {
    let config = Config {
        nick: "bob".parse().unwrap(),
        host: Name::new("BOB", 0).unwrap(),
        epoch: 1,
        reply_port: 40_000,
        observer: false,
        known: Vec::new(),
        depth: 0,
        checks: Checks::default(),
    };
    let start = Now { mono: Duration::from_secs(1000), wall: WALL };
    let mut node = Node::new(start, config, Identity::from_secret(&[9; 32]), [9; 32]);
    node.handle_datagram(start, &source(1), Slot::Sync, &Key::new(1).beacon(&Claim::new(WALL)));
    node
}

/// Takes `count` datagrams in, `apart` from one another, and prints what each costs.
fn cost(what: &str, count: u32, apart: Duration, slot: Slot, mut make: impl FnMut(u32) -> Vec<u8>) {
    let data: Vec<Vec<u8>> = (0..count).map(&mut make).collect();
    let mut node = node();
    let begin = Instant::now();
    for (n, data) in (0..).zip(&data) {
        let after = apart * n;
        let now = Now {
            mono: Duration::from_secs(1001) + after,
            wall: WALL + u64::try_from(after.as_millis()).unwrap(),
        };
        node.handle_datagram(now, &source(1), slot, data);
        if n % 64 == 0 {
            while node.poll_transmit().is_some() {}
            while node.poll_event().is_some() {}
            while node.poll_held().is_some() {}
        }
    }
    let each = begin.elapsed() / count;
    println!("{what:<52} {:>9.2} µs", each.as_secs_f64() * 1e6);
}

fn costs() {
    let (fast, slow) = (Duration::from_micros(10), Duration::from_millis(2));
    let (key, other) = (Key::new(1), Key::new(2));
    println!("one datagram costs the core");
    cost("no frame", 200_000, fast, Slot::Sync, |n| n.to_be_bytes().repeat(80));
    cost("a line that is held", 200_000, fast, Slot::Lobby, |_| {
        key.line(7, 1, WALL, "<mallory> again and again")
    });
    let forged = |n| other.line_as(key.id(), 7, n + 1, WALL, "<mallory> forged");
    cost("a forged line, its address over its budget", 100_000, fast, Slot::Lobby, forged);
    cost("a forged line, its signature checked", 5_000, slow, Slot::Lobby, forged);
    let valid = |n| key.line(7, n + 1, WALL, "<mallory> valid");
    cost("a line, new, shown", 5_000, slow, Slot::Lobby, valid);
    cost("a line, new, half of them over their author's budget", 10_000, fast, Slot::Lobby, valid);
    let stranger = |n: u32| other.line_as(n.to_be_bytes().repeat(2).try_into().unwrap(), 7, 1, WALL, "<x> x");
    cost("a line of a stranger, mostly over the budget", 100_000, fast, Slot::Lobby, stranger);
    cost("text without a signature, mostly over the budget", 200_000, fast, Slot::Lobby, |n| {
        format!("spam {n}").into_bytes()
    });
    let invented = |n| Key::new(u64::from(n) + 10).beacon(&Claim::new(WALL));
    cost("a beacon of an invented peer, mostly over the budget", 20_000, fast, Slot::Sync, invented);
    let question = |n: u32| nak(n.to_be_bytes().repeat(2).try_into().unwrap(), (key.id(), 7), 1, u16::MAX);
    cost("a forged question, mostly over the budget", 200_000, fast, Slot::Sync, question);
    let told = |n: u32| digest([6; 8], (n.to_be_bytes().repeat(2).try_into().unwrap(), n), 1, u32::MAX);
    cost("a forged digest, within the budget", 10_000, slow, Slot::Sync, told);
}

fn clock() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// A chat, and when it heard each honest line.
struct Chat {
    child: Child,
    stdin: ChildStdin,
    heard: Arc<Mutex<Vec<(String, Instant)>>>,
    _home: tempfile::TempDir,
}

impl Chat {
    fn start(lan: &Lan, host: usize, nick: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = lan.host(host).command(LANCHAT);
        command.args(["--plain", "--json", "--nick", nick, "--host", nick, "--data-dir"]).arg(home.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let heard: Arc<Mutex<Vec<(String, Instant)>>> = Arc::default();
        let kept = Arc::clone(&heard);
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if line.contains("honest") || line.contains("\"join\"") && line.contains("alice") {
                    kept.lock().unwrap().push((line, Instant::now()));
                }
            }
        });
        Self { child, stdin, heard, _home: home }
    }

    /// When it heard this, if it did.
    fn when(&self, text: &str) -> Option<Instant> {
        self.heard.lock().unwrap().iter().find(|(line, _)| line.contains(text)).map(|(_, at)| *at)
    }
}

impl Drop for Chat {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Threads that send.
const SENDERS: u32 = 3;
/// Beacons of invented peers.
const INVENTED: u64 = 1_000_000;

/// Sends its part of the packets round and round, so that all senders together send a hundred thousand a second, or as fast as
/// it can, until told to stop.
fn flood(first: u32, socket: &UdpSocket, packets: &[Vec<u8>], stop: &AtomicBool, sent: &AtomicU64) {
    let to = SocketAddr::from((Ipv4Addr::new(10, 77, 0, 255), 13_138));
    let begin = Instant::now();
    let mine = packets.iter().enumerate().cycle().skip(first as usize).step_by(SENDERS as usize);
    for (n, (number, packet)) in mine.enumerate() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let mut packet = packet.clone();
        // What comes again is another datagram, or it would be dropped as heard twice.
        let id = number.wrapping_add(n.wrapping_mul(7919)) & 0xffff;
        packet[2..4].copy_from_slice(&u16::try_from(id).unwrap().to_be_bytes());
        if socket.send_to(&packet, to).is_ok() {
            sent.fetch_add(1, Ordering::Relaxed);
        }
        let due = Duration::from_micros(10) * SENDERS * u32::try_from(n).unwrap();
        if n % 200 == 0 && due > begin.elapsed() {
            std::thread::sleep(due.saturating_sub(begin.elapsed()));
        }
    }
}

/// The packets of numbers below `count`, made by all cores.
fn many(count: u64, make: &(dyn Fn(u64) -> Vec<u8> + Sync)) -> Vec<Vec<u8>> {
    let step = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cores = u64::try_from(step).unwrap();
    std::thread::scope(|scope| {
        let part = |core: u64| scope.spawn(move || (core..count).step_by(step).map(make).collect());
        let parts: Vec<_> = (0..cores).map(part).collect();
        parts.into_iter().flat_map(|part| -> Vec<Vec<u8>> { part.join().unwrap() }).collect()
    })
}

/// Megabytes that a process has had in memory at most.
fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

const LINES: u32 = 80;

/// Makes the packets of a flood, with the id of alice.
type Make<'a> = &'a dyn Fn(&[u8; 8]) -> Vec<Vec<u8>>;

fn throughput(lan: &Lan) {
    let key = Key::new(1);
    let junk =
        |_: &[u8; 8]| (0..2000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes().repeat(80)).collect();
    let forged = |alice: &[u8; 8]| {
        let line = |n: u32| Key::new(1).line_as(*alice, u32::MAX - 1, n + 1, clock(), "<alice> forged");
        (0..5000).map(|n| on_the_wire(0, "chat", &line(n))).collect()
    };
    let valid = |_: &[u8; 8]| {
        let beacon = on_the_wire(0, r"chat\sync", &key.beacon(&Claim::new(clock())));
        let line = |n: u32| on_the_wire(0, "chat", &key.line(7, n + 1, clock(), "<mallory> valid"));
        std::iter::once(beacon).chain((0..100_000).map(line)).collect()
    };
    let invented = |_: &[u8; 8]| {
        let now = clock();
        let beacon = |n| Key::new(n).beacon(&Claim { nick: &format!("m{n}"), ..Claim::new(now) });
        many(INVENTED, &|n| on_the_wire(0, r"chat\sync", &beacon(n)))
    };
    let floods: [(&str, Option<Make<'_>>); 5] = [
        ("no flood", None),
        ("junk", Some(&junk)),
        ("forged lines of alice", Some(&forged)),
        ("valid lines of mallory", Some(&valid)),
        ("beacons of invented peers", Some(&invented)),
    ];
    println!(
        "\n{:<28}{:>10}{:>12}{:>12}{:>12}{:>8}{:>8}",
        "flood", "sent/s", "within 1 s", "median ms", "p99 ms", "ratio", "MB"
    );
    let mut without = 0.0;
    for (name, make) in floods {
        let (within, times, rate, mb) = run(lan, make);
        if make.is_none() {
            without = within;
        }
        let ms = |at: usize| times.get(at).map_or(f64::NAN, |t| t.as_secs_f64() * 1000.0);
        println!(
            "{name:<28}{rate:>10.0}{:>12}{:>12.1}{:>12.1}{:>8.2}{mb:>8}",
            format!("{within:.0} of {LINES}"),
            ms(times.len() / 2),
            ms(times.len() * 99 / 100),
            within / without
        );
    }
}

/// How many lines bob heard within a second, how soon those that he heard at all, how much mallory sent a second, and bob's
/// megabytes.
fn run(lan: &Lan, make: Option<Make<'_>>) -> (f64, Vec<Duration>, f64, u64) {
    let bob = Chat::start(lan, 1, "bob");
    let mut alice = Chat::start(lan, 0, "alice");
    let began = Instant::now();
    let id = loop {
        assert!(began.elapsed() < Duration::from_secs(20), "bob does not meet alice");
        let join = bob.heard.lock().unwrap().iter().find(|(line, _)| line.contains("\"join\"")).cloned();
        if let Some((line, _)) = join {
            let digits = line.split_once("\"peer\":\"").unwrap().1.as_bytes();
            break std::array::from_fn(|n| {
                u8::from_str_radix(std::str::from_utf8(&digits[2 * n..2 * n + 2]).unwrap(), 16).unwrap()
            });
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let packets = Arc::new(make.map(|make| make(&id)).unwrap_or_default());
    let senders = if packets.is_empty() { 0 } else { SENDERS };
    let threads: Vec<_> = (0..senders)
        .map(|n| {
            let (packets, socket) = (Arc::clone(&packets), lan.host(2 + n as usize % 2).socket(13_138));
            let (stop, sent) = (Arc::clone(&stop), Arc::clone(&sent));
            std::thread::spawn(move || flood(n, &socket, &packets, &stop, &sent))
        })
        .collect();
    std::thread::sleep(Duration::from_millis(500)); // until it runs
    let (before, talk) = (sent.load(Ordering::Relaxed), Instant::now());
    let mut said = Vec::new();
    for n in 0..LINES {
        said.push(Instant::now());
        writeln!(alice.stdin, "honest {n}.").unwrap();
        std::thread::sleep(Duration::from_millis(50));
    }
    let sent_now = sent.load(Ordering::Relaxed) - before;
    #[expect(clippy::cast_precision_loss, reason = "a rate to be printed")]
    let rate = sent_now as f64 / talk.elapsed().as_secs_f64();
    std::thread::sleep(Duration::from_secs(2));
    stop.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().unwrap();
    }
    let mb = memory(bob.child.id());
    let heard = said.iter().zip(0..).filter_map(|(at, n)| Some(bob.when(&format!("honest {n}."))? - *at));
    let mut times: Vec<Duration> = heard.collect();
    times.sort_unstable();
    let within = times.iter().filter(|t| **t <= Duration::from_secs(1)).count();
    (f64::from(u32::try_from(within).unwrap()), times, rate, mb)
}

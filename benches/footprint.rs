//! What the chat costs while nobody talks: `cargo bench --bench footprint` (Linux).
//!
//! The real program on a terminal of its own, over the loopback: time to the first frame; then memory, CPU and
//! wake-ups, alone and beside 100 peers. The peers are the product's own nodes, driven here in real time.
//!
//! With the argument `keys` no more than the first frame and the time from a key to its letter is measured.
//!
//! Last, with the argument `crowd` (`-- crowd`), what it costs on a segment of 1 000 peers that loses 30 % while four lines are said each second: what one node
//! hears there is recorded from the simulator of the tests and sent to the real program in real time.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "this is a measurement"
)]
#![allow(clippy::unwrap_used, reason = "the simulator is made for tests")]

#[path = "../tests/sim/segment.rs"]
mod segment;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use lanchat::chat::{Config, Destination, Identity, Node, Now, Slot, Source};
use lanchat::netbios::{Datagram, Kind, Name};
use lanchat::smb::MailslotWrite;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

/// Starts whose first frame is timed.
const STARTS: usize = 15;
/// Keys whose echo is timed.
const KEYS: usize = 400;
/// How long CPU and wake-ups are counted.
const WATCH: Duration = Duration::from_secs(20);
/// Peers on the segment.
const PEERS: u8 = 100;

fn main() {
    let mut frames: Vec<Duration> = (0..STARTS).map(|_| Chat::start(free_port()).first_frame).collect();
    frames.sort_unstable();
    let (p50, max) = (frames[STARTS / 2], frames[STARTS - 1]);
    println!("first frame   p50 {:.1} ms, max {:.1} ms of {STARTS} starts", ms(p50), ms(max));

    let mut chat = Chat::start(free_port());
    let mut keys: Vec<Duration> = (0..KEYS).map(|n| chat.key_to_frame(n)).collect();
    keys.sort_unstable();
    let (p50, p99) = (keys[KEYS / 2], keys[KEYS * 99 / 100]);
    println!("key to frame  p50 {:.2} ms, p99 {:.2} ms of {KEYS} keys", ms(p50), ms(p99));
    if std::env::args().any(|arg| arg == "keys") {
        return;
    }
    std::thread::sleep(Duration::from_secs(6)); // the announcements after the start are over
    println!("alone         {}", chat.watch(|| std::thread::sleep(WATCH)));

    let port = free_port();
    let chat = Chat::start(port);
    let mut segment = Peers::new(port);
    segment.run(Duration::from_secs(15)); // all have met
    let before = segment.sent;
    let cost = chat.watch(|| segment.run(WATCH));
    let rate = (segment.sent - before) / usize::try_from(WATCH.as_secs()).expect("it fits");
    println!("{PEERS} peers     {cost}, {rate} beacons/s heard");

    if std::env::args().any(|arg| arg == "crowd") {
        crowd(); // takes minutes
    }
}

/// Peers of the crowd.
const CROWD: usize = 1000;
/// How long they take to meet, and to learn how much is lost.
const BEFORE: Duration = Duration::from_secs(60);

/// The real program in a crowd that talks.
fn crowd() {
    let mut segment = segment::Segment::new(1);
    for n in 0..CROWD {
        segment.add(&format!("peer{n}"));
        segment.run(Duration::from_millis(5));
        if n == 0 {
            segment.tapped = Some(0);
        }
    }
    let start = segment.now;
    segment.run(Duration::from_secs(10));
    segment.loss(0.3);
    segment.run(BEFORE.saturating_sub(Duration::from_secs(10)));
    let lines = WATCH.as_secs() * 4;
    for n in 0..lines {
        segment.say(1 + usize::try_from(n).expect("few lines") % 20, &format!("line {n}"));
        segment.run(Duration::from_millis(250));
    }
    let heard = std::mem::take(&mut segment.heard);
    let talk = heard.partition_point(|(at, ..)| *at < start + BEFORE);
    let began = heard.first().expect("somebody was heard").0;

    let port = free_port();
    let chat = Chat::start(port);
    let mut peers = Peers::new(port);
    let first = Instant::now();
    let mut replay = |part: &[(Duration, Source, Slot, Vec<u8>)]| {
        for (at, from, slot, data) in part {
            std::thread::sleep(at.saturating_sub(began + first.elapsed()));
            match slot {
                Slot::Lobby => peers.send(from.name, r"\MAILSLOT\chat", data),
                Slot::Sync => peers.send(from.name, r"\MAILSLOT\chat\sync", data),
                Slot::Sealed => peers.send(from.name, r"\MAILSLOT\chat\sealed", data),
                Slot::Room(room) => {
                    peers.send(from.name, &format!(r"\MAILSLOT\chat\rooms\{}", room.to_slot()), data);
                }
                Slot::Reply(_) => {}
            }
        }
    };
    let (before, during) = heard.split_at(talk);
    replay(before);
    let cost = chat.watch(|| replay(during));
    let rate = during.len() / usize::try_from(WATCH.as_secs()).expect("it fits");
    println!("{CROWD} peers    {cost}, {rate} datagrams/s heard");
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn free_port() -> u16 {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    socket.local_addr().expect("an address").port()
}

/// The chat on a terminal.
struct Chat {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    pid: u32,
    first_frame: Duration,
    _data: tempfile::TempDir,
    _terminal: Box<dyn portable_pty::MasterPty + Send>,
    output: Receiver<Vec<u8>>,
    keyboard: Box<dyn Write + Send>,
}

impl Chat {
    fn start(port: u16) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let pty = native_pty_system()
            .openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 })
            .expect("a terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_lanchat"));
        command.args(["--interface", "lo", "--nick", "bench", "--port", &port.to_string()]);
        command.args(["--data-dir", data.path().to_str().expect("a path")]);
        command.env("XDG_CONFIG_HOME", data.path());
        command.env("TERM", "xterm-256color");
        let mut reader = pty.master.try_clone_reader().expect("its output");
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                let _ = send.send(buffer[..n].to_vec()); // whoever listened may be gone
            }
        });
        let started = Instant::now();
        let child = pty.slave.spawn_command(command).expect("the program starts");
        drop(pty.slave);
        let mut seen = Vec::new();
        while !seen.windows(6).any(|w| w == b"#lobby") {
            seen.extend(output.recv_timeout(Duration::from_secs(10)).expect("a first frame"));
        }
        let first_frame = started.elapsed();
        let pid = child.process_id().expect("it runs");
        let keyboard = pty.master.take_writer().expect("its input");
        Self { child, pid, first_frame, _data: data, _terminal: pty.master, output, keyboard }
    }

    /// Types a letter that nothing on the screen holds; the time until it is drawn.
    fn key_to_frame(&mut self, n: usize) -> Duration {
        std::thread::sleep(Duration::from_millis(20)); // nobody types faster
        while self.output.try_recv().is_ok() {}
        let letter = char::from_u32(0x4e00 + u32::try_from(n).expect("few keys")).expect("a letter");
        let bytes = letter.to_string();
        let started = Instant::now();
        self.keyboard
            .write_all(bytes.as_bytes())
            .and_then(|()| self.keyboard.flush())
            .expect("it reads keys");
        let mut seen = Vec::new();
        while !seen.windows(bytes.len()).any(|w| w == bytes.as_bytes()) {
            seen.extend(self.output.recv_timeout(Duration::from_secs(10)).expect("it is drawn"));
        }
        started.elapsed()
    }

    /// What it costs while `during` runs.
    fn watch(&self, during: impl FnOnce()) -> String {
        let (started, cpu, wakes) = (Instant::now(), self.cpu(), self.status("voluntary_ctxt_switches"));
        during();
        let seconds = started.elapsed().as_secs_f64();
        let cpu = 100.0 * (self.cpu() - cpu) / seconds;
        let wakes = f64::from(self.status("voluntary_ctxt_switches").saturating_sub(wakes)) / seconds;
        let memory = f64::from(self.status("VmRSS")) / 1024.0;
        format!("{memory:.1} MiB resident, {cpu:.2} % of a core, {wakes:.1} wake-ups/s")
    }

    /// A number of `/proc/PID/status`, summed over its threads where it is counted for each.
    fn status(&self, field: &str) -> u32 {
        let read = |path: std::path::PathBuf| -> u32 {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            let line = text.lines().find_map(|l| l.strip_prefix(field)?.strip_prefix(':'));
            line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0)
        };
        if field == "VmRSS" {
            return read(format!("/proc/{}/status", self.pid).into());
        }
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.pid)).expect("it runs");
        threads.flatten().map(|t| read(t.path().join("status"))).sum()
    }

    /// Seconds of CPU used so far, from the scheduler's nanoseconds.
    fn cpu(&self) -> f64 {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.pid)).expect("it runs");
        let spent = |t: std::fs::DirEntry| -> f64 {
            let text = std::fs::read_to_string(t.path().join("schedstat")).unwrap_or_default();
            text.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0.0)
        };
        threads.flatten().map(spent).sum::<f64>() / 1e9
    }
}

impl Drop for Chat {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait();
    }
}

/// Peers that beacon as the product does.
struct Peers {
    nodes: Vec<Node>,
    socket: UdpSocket,
    port: u16,
    started: Instant,
    id: u16,
    sent: usize,
}

impl Peers {
    fn new(port: u16) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        socket.set_broadcast(true).expect("it may broadcast");
        let reply_port = socket.local_addr().expect("an address").port();
        let now = Now { mono: Duration::ZERO, wall: 1_800_000_000_000 };
        let node = |n: u8| {
            let config = Config {
                nick: format!("peer{n}").parse().expect("a nickname"),
                host: name(n),
                epoch: 1,
                reply_port,
                observer: false,
                known: Vec::new(),
                depth: 0,
                checks: lanchat::chat::Checks::default(),
            };
            Node::new(now, config, Identity::from_secret(&[n + 1; 32]), [n + 1; 32])
        };
        Self { nodes: (0..PEERS).map(node).collect(), socket, port, started: Instant::now(), id: 0, sent: 0 }
    }

    fn now(&self) -> Now {
        let mono = self.started.elapsed();
        Now { mono: Duration::ZERO, wall: 1_800_000_000_000 }.after(mono)
    }

    /// Lets them beacon for this long; they hear one another here, and the chat over the loopback.
    fn run(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            let next = self.nodes.iter().filter_map(Node::poll_timeout).min().unwrap_or_default();
            std::thread::sleep(next.saturating_sub(self.started.elapsed()).min(Duration::from_millis(100)));
            let now = self.now();
            for n in 0..self.nodes.len() {
                if self.nodes[n].poll_timeout().is_some_and(|at| at <= now.mono) {
                    self.nodes[n].handle_timeout(now);
                }
                while let Some(transmit) = self.nodes[n].poll_transmit() {
                    if transmit.to == Destination::Segment && transmit.slot == Slot::Sync {
                        self.broadcast(u8::try_from(n).expect("few peers"), &transmit.data);
                    }
                }
                while self.nodes[n].poll_event().is_some() {}
            }
        }
    }

    fn broadcast(&mut self, from: u8, data: &[u8]) {
        let (address, now) = (self.socket.local_addr().expect("an address"), self.now());
        for (_, node) in self.nodes.iter_mut().enumerate().filter(|(n, _)| *n != usize::from(from)) {
            node.handle_datagram(now, &Source { name: name(from), address }, Slot::Sync, data);
        }
        self.send(name(from), r"\MAILSLOT\chat\sync", data);
    }

    /// Broadcasts a mailslot write over the loopback.
    fn send(&mut self, source: Name, slot: &str, data: &[u8]) {
        let (mut write, mut packet) = (Vec::new(), Vec::new());
        MailslotWrite::new(slot, data).emit(&mut write);
        self.id = self.id.wrapping_add(1);
        let datagram = Datagram {
            kind: Kind::Group,
            id: self.id,
            source_ip: Ipv4Addr::LOCALHOST,
            source_port: self.port,
            source,
            destination: Name::new("WORKGROUP", 0).expect("a name"),
            data: &write,
        };
        datagram.emit(&mut packet);
        let to = SocketAddrV4::new(Ipv4Addr::new(127, 255, 255, 255), self.port);
        self.socket.send_to(&packet, to).expect("the loopback takes it");
        self.sent += 1;
    }
}

fn name(n: u8) -> Name {
    Name::new(&format!("HOST{n}"), 0).expect("a name")
}

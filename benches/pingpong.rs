//! Round trip of `lanchat ping` between two processes on the loopback interface, beside a bare UDP ping-pong of equal
//! size between two processes in the same run: `cargo bench --bench pingpong`.
//!
//! The aim is less than twice the bare round trip: what is added are two datagrams encoded, sealed, opened and parsed.
//! Both processes are held on one core, where nobody sleeps, or on one each, where each wakes the other.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};

use divan::Bencher;
use lanchat::chat::{Event, Identity, PeerId};
use lanchat::netbios::Name;
use lanchat::session::{self, Session, Settings, Update};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::UnboundedReceiver;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Bytes of a ping on the wire, NetBIOS and SMB headers included.
const SIZE: usize = 259;

fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("echo") {
        return echo();
    }
    divan::main();
    Ok(())
}

/// The other end of the bare ping-pong: tells its port and answers until its input ends.
fn echo() -> Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    writeln!(std::io::stdout(), "{}", socket.local_addr()?.port())?;
    std::thread::spawn(move || {
        let mut buffer = [0; SIZE];
        while let Ok((size, from)) = socket.recv_from(&mut buffer) {
            if socket.send_to(buffer.get(..size).unwrap_or_default(), from).is_err() {
                break;
            }
        }
    });
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// How the two processes are placed.
const PLACES: [&str; 2] = ["one core", "two cores"];

/// Holds this process, and what it starts from now on, on a core.
fn hold(core: usize) -> Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &cores)?)
}

/// A process that ends with the benchmark.
struct Other(Child);

impl Other {
    fn start(command: &mut Command, place: &str) -> Result<Self> {
        hold(usize::from(place == "two cores"))?;
        let other =
            Ok(Self(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?));
        hold(0)?;
        other
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it may have ended
        let _ = self.0.wait();
    }
}

#[divan::bench(args = PLACES, sample_count = 2000, sample_size = 1)]
fn bare_udp(bencher: Bencher<'_, '_>, place: &str) {
    let bare = || -> Result<(Other, UdpSocket)> {
        let mut other = Other::start(Command::new(std::env::current_exe()?).arg("echo"), place)?;
        let mut port = String::new();
        BufReader::new(other.0.stdout.take().ok_or("piped")?).read_line(&mut port)?;
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(("127.0.0.1", port.trim().parse()?))?;
        Ok((other, socket))
    };
    match bare() {
        Ok((_other, socket)) => bencher.bench_local(|| {
            let mut buffer = [0; SIZE];
            socket.send(&buffer).and_then(|_| socket.recv(&mut buffer)).is_ok()
        }),
        Err(error) => panic!("{error}"),
    }
}

/// A session in this process and a `lanchat` in another one, which have met.
struct Pair {
    runtime: Runtime,
    session: Session,
    updates: UnboundedReceiver<Update>,
    peer: PeerId,
    _other: Other,
    _home: tempfile::TempDir,
}

impl Pair {
    fn new(place: &str) -> Result<Self> {
        let port = UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port();
        let home = tempfile::tempdir()?;
        let options = ["--plain", "--nick", "other", "--interface", "lo", "--data-dir"];
        let other = Other::start(
            Command::new(env!("CARGO_BIN_EXE_lanchat"))
                .args(options)
                .arg(home.path())
                .args(["--port", &port.to_string()]),
            place,
        )?;
        let settings = Settings {
            history: None,
            rooms: Vec::new(),
            ignored: Vec::new(),
            neighbours: lanchat::neighbours::Config::default(),
            identity: Identity::from_secret(&[7; 32]),
            epoch: 1,
            nick: "bench".parse()?,
            host: Name::new("BENCH", Name::WORKSTATION)?,
            workgroup: Name::new("WORKGROUP", Name::WORKSTATION)?,
            interfaces: vec!["lo".to_owned()],
            port,
            depth: 0,
            observer: true,
            known: Vec::new(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (session, mut updates) = runtime.block_on(async { session::start(settings) })?;
        let peer = runtime.block_on(async {
            while let Some(update) = updates.recv().await {
                if let Update::Event(Event::Join(peer)) = update {
                    return Ok(peer.id);
                }
            }
            Err::<PeerId, Box<dyn std::error::Error>>("the session has ended".into())
        })?;
        Ok(Self { runtime, session, updates, peer, _other: other, _home: home })
    }

    fn round_trip(&mut self) -> bool {
        self.runtime.block_on(async {
            let Some(ping) = self.session.ping(self.peer, 0).await else { return false };
            while let Some(update) = self.updates.recv().await {
                match update {
                    Update::Event(Event::Pong { id, rtt, .. }) if id == ping => return rtt.is_some(),
                    _ => {}
                }
            }
            false
        })
    }
}

#[divan::bench(args = PLACES, sample_count = 2000, sample_size = 1)]
fn lanchat_ping(bencher: Bencher<'_, '_>, place: &str) {
    match Pair::new(place) {
        Ok(mut pair) => {
            // The first can reach a peer that has not met us yet.
            assert!((0..5).any(|_| pair.round_trip()), "pings are not answered");
            bencher.bench_local(|| pair.round_trip());
        }
        Err(error) => panic!("{error}"),
    }
}

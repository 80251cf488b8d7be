//! Mailslots beside the bare sockets that carry them, between two processes in the same run: `cargo bench --bench mailslot`.
//!
//! On one machine a mailslot against a bare Unix datagram socket; over the network, here the loopback, against bare
//! UDP. The aim is at least 0.7 times the messages a second and less than 1.5 times the round trip. The two processes are
//! held on one core, where each wakes the other without a sleeping processor in between, or on one each.
//!
//! It prints a table of its own rather than use a harness, because what counts are the ratios.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lanchat::lan::{Lan, LanConfig};
use lanchat::mailslot::blocking::{Client, Server};
use lanchat::mailslot::{self, Config, Mailslots, Options, ReadTimeout, WriteError};
use lanchat::netbios::Name;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Bytes of a message: a line of chat.
const SIZE: usize = 100;
const ROUND_TRIPS: usize = 5000;
const MESSAGES: usize = 50_000;
/// Each is measured so often, in turns, and the best counts: others use the machine too.
const ROUNDS: usize = 5;
/// No message for so long: the rest is lost.
const LOST: Duration = Duration::from_secs(2);

fn main() -> Result<()> {
    let args: Vec<_> = std::env::args().collect();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    match args.get(1..) {
        Some([role, kind, one, other]) if *role == "echo" => echo(&mut *end(kind, one, other)?),
        Some([role, kind, one, other]) if *role == "sink" => sink(&mut *end(kind, one, other)?),
        _ => compare(),
    }
}

fn compare() -> Result<()> {
    let mut out = std::io::stdout();
    for (bare, ours) in [("unix", "slot"), ("udp", "net")] {
        for cores in [1, 2] {
            let mut best = [(f64::MAX, 0.0_f64); 2];
            for _ in 0..ROUNDS {
                for (kind, best) in [bare, ours].into_iter().zip(&mut best) {
                    best.0 = best.0.min(round_trip(kind, cores)?);
                    best.1 = best.1.max(throughput(kind, cores)?);
                }
            }
            let [(bare_trip, bare_rate), (trip, rate)] = best;
            writeln!(
                out,
                "{ours:4} beside {bare:4}, {cores} core(s): round trip {trip:5.1} / {bare_trip:5.1} µs = {:.2} ×; \
                 messages {rate:7.0} / {bare_rate:7.0} a second = {:.2} ×",
                trip / bare_trip,
                rate / bare_rate
            )?;
        }
    }
    Ok(())
}

/// One end of a way to send messages both ways.
trait End {
    fn send(&mut self, data: &[u8]) -> Result<()>;
    /// None when nothing comes any more.
    fn receive(&mut self) -> Result<Option<usize>>;
    /// Called when the other end is there.
    fn meet(&mut self) -> Result<()> {
        Ok(())
    }
}

struct Unix(UnixDatagram, String);

impl End for Unix {
    fn send(&mut self, data: &[u8]) -> Result<()> {
        self.0.send(data)?;
        Ok(())
    }

    fn receive(&mut self) -> Result<Option<usize>> {
        Ok(self.0.recv(&mut [0; SIZE]).ok())
    }

    fn meet(&mut self) -> Result<()> {
        Ok(self.0.connect(&self.1)?)
    }
}

struct Udp(UdpSocket, String);

impl End for Udp {
    fn send(&mut self, data: &[u8]) -> Result<()> {
        self.0.send(data)?;
        Ok(())
    }

    fn receive(&mut self) -> Result<Option<usize>> {
        Ok(self.0.recv(&mut [0; SIZE]).ok())
    }

    fn meet(&mut self) -> Result<()> {
        Ok(self.0.connect(&self.1)?)
    }
}

struct Slot {
    server: Server,
    other: String,
    client: Option<Client>,
}

impl End for Slot {
    fn send(&mut self, data: &[u8]) -> Result<()> {
        let client = self.client.as_ref().ok_or("meet first")?;
        while let Err(error) = client.write(data) {
            if !matches!(error, WriteError::Full) {
                return Err(error.into());
            }
        }
        Ok(())
    }

    fn receive(&mut self) -> Result<Option<usize>> {
        Ok(self.server.read_into(&mut [0; SIZE]).ok())
    }

    fn meet(&mut self) -> Result<()> {
        self.client = Some(Client::open(&self.other)?);
        Ok(())
    }
}

/// A service on a runtime of one thread, as the program has it.
struct Net {
    runtime: tokio::runtime::Runtime,
    server: mailslot::Server,
    client: mailslot::Client,
}

impl End for Net {
    fn send(&mut self, data: &[u8]) -> Result<()> {
        Ok(self.client.write(data)?)
    }

    fn receive(&mut self) -> Result<Option<usize>> {
        Ok(self.runtime.block_on(self.server.read_into(&mut [0; SIZE])).ok())
    }
}

/// One's own end of a way of this kind. Paths, ports or names say which end is whose.
fn end(kind: &str, one: &str, other: &str) -> Result<Box<dyn End>> {
    let options = Options { read_timeout: ReadTimeout::After(LOST), ..Options::default() };
    Ok(match kind {
        "unix" => {
            let socket = UnixDatagram::bind(one)?;
            socket.set_read_timeout(Some(LOST))?;
            Box::new(Unix(socket, other.to_owned()))
        }
        "udp" => {
            let socket = UdpSocket::bind(one)?;
            socket.set_read_timeout(Some(LOST))?;
            Box::new(Udp(socket, other.to_owned()))
        }
        "slot" => Box::new(Slot {
            server: Server::create(&format!(r"\\.\mailslot\{one}"), options)?,
            other: format!(r"\\.\mailslot\{other}"),
            client: None,
        }),
        _ => {
            // Both broadcast: that is what reaches every process on the loopback.
            let (port, slot) = one.split_once(':').ok_or("a port and a name")?;
            let lan = LanConfig { interfaces: vec!["lo".into()], port: port.parse()? };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let inside = runtime.enter();
            let (host, workgroup) = (Name::new("BENCH", 0)?, Name::new("WORKGROUP", 0)?);
            let service = Mailslots::start(Config { host, workgroup, lan: Lan::bind(&lan)? });
            let (_, other) = other.split_once(':').ok_or("a port and a name")?;
            let server = service.create(&format!(r"\\.\mailslot\{slot}").parse()?, options)?;
            let client = service.open(&format!(r"\\*\mailslot\{other}").parse()?);
            drop(inside);
            Box::new(Net { runtime, server, client })
        }
    })
}

/// Tells that this end is there, and waits until the other one is.
fn ready(end: &mut dyn End) -> Result<()> {
    writeln!(std::io::stdout(), "ready")?;
    std::io::stdin().read_exact(&mut [0])?;
    end.meet()
}

/// Sends everything back, until nothing comes any more.
fn echo(end: &mut dyn End) -> Result<()> {
    ready(end)?;
    let data = [7; SIZE];
    while let Some(size) = end.receive()? {
        end.send(data.get(..size).unwrap_or_default())?;
        if size == 0 {
            break;
        }
    }
    Ok(())
}

/// Counts until an empty message, then says how many came, and how fast.
fn sink(end: &mut dyn End) -> Result<()> {
    ready(end)?;
    end.send(&[1])?;
    let (mut count, mut started) = (0_u32, None);
    while let Some(size) = end.receive()? {
        if size == 1 {
            break;
        }
        started.get_or_insert_with(now);
        count += 1;
    }
    let seconds = started.map_or(LOST, |started| started.elapsed()).as_secs_f64();
    writeln!(std::io::stdout(), "{}", f64::from(count) / seconds)?;
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "this measures")]
fn now() -> Instant {
    Instant::now()
}

/// The other process, which ends with this value.
struct Other(Child, BufReader<std::process::ChildStdout>);

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it may have ended
        let _ = self.0.wait();
    }
}

fn hold(core: usize) -> Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &cores)?)
}

/// Starts both ends.
fn pair(kind: &str, role: &str, cores: usize) -> Result<(Box<dyn End>, Other, tempfile::TempDir)> {
    let dir = tempfile::tempdir()?;
    let free = || -> Result<u16> { Ok(UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port()) };
    let [one, other] = match kind {
        "unix" => ["a", "b"].map(|name| dir.path().join(name).to_string_lossy().into_owned()),
        "udp" => [free()?, free()?].map(|port| format!("127.0.0.1:{port}")),
        "slot" => ["a", "b"].map(|name| format!(r"bench\{}\{name}", std::process::id())),
        _ => {
            let port = free()?;
            ["a", "b"].map(|name| format!(r"{port}:bench\{}\{name}", std::process::id()))
        }
    };
    hold(cores - 1)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args([role, kind, &other, &one]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    hold(0)?;
    let mut end = end(kind, &one, &other)?;
    let mut output = BufReader::new(child.stdout.take().ok_or("piped")?);
    output.read_line(&mut String::new())?;
    end.meet()?;
    child.stdin.as_mut().ok_or("piped")?.write_all(b"\n")?;
    Ok((end, Other(child, output), dir))
}

/// The median of many round trips, in microseconds.
fn round_trip(kind: &str, cores: usize) -> Result<f64> {
    let (mut end, _other, _dir) = pair(kind, "echo", cores)?;
    let mut times = Vec::with_capacity(ROUND_TRIPS);
    for _ in 0..ROUND_TRIPS {
        let start = now();
        end.send(&[7; SIZE])?;
        end.receive()?.ok_or("no answer came")?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times.get(times.len() / 2).ok_or("nothing was measured")?.as_secs_f64() * 1e6)
}

/// Messages a second, as the reader counts those that came.
fn throughput(kind: &str, cores: usize) -> Result<f64> {
    let (mut end, mut other, _dir) = pair(kind, "sink", cores)?;
    end.receive()?.ok_or("the reader is not there")?;
    for _ in 0..MESSAGES {
        end.send(&[7; SIZE])?;
    }
    // The network may lose one.
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(50));
        let _ = end.send(&[1]); // the reader may have ended
    }
    let mut line = String::new();
    other.1.read_line(&mut line)?;
    Ok(line.trim().parse()?)
}

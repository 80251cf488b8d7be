//! Mailslots beside the bare sockets that carry them, between two processes in the same run: `cargo bench --bench mailslot`.
//!
//! On one machine a mailslot against a bare Unix datagram socket. Over the network against bare UDP: what is written to
//! another machine (`\\machine\`), where this one can hold two in network namespaces (root and iproute2); and what is
//! written to all (`\\*\`), over the loopback, where besides each process hears what itself has sent. The aim is at least 0.7
//! times the messages a second and less than 1.5 times the round trip. The two processes are held on one core, where each
//! wakes the other without a sleeping processor in between, or on one each.
//!
//! It prints a table of its own rather than use a harness, because what counts are the ratios.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[allow(clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
#[allow(clippy::disallowed_methods, reason = "a part of the tests")]
#[path = "../tests/lab/mod.rs"]
mod lab;

use lab::Host;
use lanchat::lan::{Lan, LanConfig};
use lanchat::mailslot::blocking::{Client, Server};
use lanchat::mailslot::{self, Config, Mailslots, Options, ReadTimeout, Scope, WriteError};
use lanchat::netbios::Name;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

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
        Some(["echo", kind, one, other]) => run(async { echo(end(kind, one, other)?).await }),
        Some(["sink", kind, one, other]) => run(async { sink(end(kind, one, other)?).await }),
        _ => compare(),
    }
}

fn compare() -> Result<()> {
    beside("unix", "slot", None)?;
    beside("udp", "all", None)?;
    let Some(lan) = lab::Lan::new(2) else { return Ok(()) };
    // This thread only: what a LAN leaves behind is ended with it.
    std::thread::scope(|scope| {
        let on_a_host = scope.spawn(|| {
            lan.host(0).enter();
            beside("udp", "host", Some(lan.host(1)))
        });
        on_a_host.join().unwrap_or_else(|_| Err("it panicked".into()))
    })
}

/// Compares two ways to send messages, with the other process here or on another host.
fn beside(bare: &str, ours: &str, far: Option<Host<'_>>) -> Result<()> {
    for cores in [1, 2] {
        let mut best = [(f64::MAX, 0.0_f64); 2];
        for _ in 0..ROUNDS {
            for (kind, best) in [bare, ours].into_iter().zip(&mut best) {
                best.0 = best.0.min(run(round_trip(kind, cores, far))?);
                best.1 = best.1.max(run(throughput(kind, cores, far))?);
            }
        }
        let [(bare_trip, bare_rate), (trip, rate)] = best;
        writeln!(
            std::io::stdout(),
            "{ours:4} beside {bare:4}, {cores} core(s): round trip {trip:5.1} / {bare_trip:5.1} µs = {:.2} ×; \
             messages {rate:7.0} / {bare_rate:7.0} a second = {:.2} ×",
            trip / bare_trip,
            rate / bare_rate
        )?;
    }
    Ok(())
}

/// One end of a way to send messages both ways. What is bare blocks; a mailslot of the network is read as the program reads
/// its own, in a runtime of one thread.
enum End {
    Unix { socket: UnixDatagram, other: String },
    Udp { socket: UdpSocket, other: String },
    Slot { server: Server, other: String, client: Option<Client> },
    Net { server: mailslot::Server, client: mailslot::Client, hello: mailslot::Client },
}

impl End {
    async fn send(&mut self, data: &[u8]) -> Result<()> {
        match self {
            Self::Unix { socket, .. } => socket.send(data).map(drop)?,
            Self::Udp { socket, .. } => socket.send(data).map(drop)?,
            Self::Slot { client, .. } => {
                let client = client.as_ref().ok_or("meet first")?;
                while let Err(error) = client.write(data) {
                    if !matches!(error, WriteError::Full) {
                        return Err(error.into());
                    }
                }
            }
            Self::Net { client, .. } => {
                if let Err(WriteError::Unknown(_)) = client.write(data) {
                    client.resolve().await?;
                    client.write(data)?;
                }
            }
        }
        Ok(())
    }

    /// None when nothing comes any more.
    async fn receive(&mut self) -> Option<usize> {
        let mut buffer = [0; SIZE];
        match self {
            Self::Unix { socket, .. } => socket.recv(&mut buffer).ok(),
            Self::Udp { socket, .. } => socket.recv(&mut buffer).ok(),
            Self::Slot { server, .. } => server.read_into(&mut buffer).ok(),
            Self::Net { server, .. } => server.read_into(&mut buffer).await.ok(),
        }
    }

    /// Called when the other end is there.
    fn meet(&mut self) -> Result<()> {
        match self {
            Self::Unix { socket, other } => socket.connect(other)?,
            Self::Udp { socket, other } => socket.connect(other.as_str())?,
            Self::Slot { other, client, .. } => *client = Some(Client::open(other)?),
            // Who hears it knows from then on which machine has this one's name.
            Self::Net { hello, .. } => hello.write(b"hello")?,
        }
        Ok(())
    }
}

/// One's own end of a way of this kind. Paths, ports or names say which end is whose. Must be called in a runtime.
fn end(kind: &str, one: &str, other: &str) -> Result<End> {
    let options = Options { read_timeout: ReadTimeout::After(LOST), ..Options::default() };
    Ok(match kind {
        "unix" => {
            let socket = UnixDatagram::bind(one)?;
            socket.set_read_timeout(Some(LOST))?;
            End::Unix { socket, other: other.to_owned() }
        }
        "udp" => {
            let socket = UdpSocket::bind(one)?;
            socket.set_read_timeout(Some(LOST))?;
            End::Udp { socket, other: other.to_owned() }
        }
        "slot" => End::Slot {
            server: Server::create(&format!(r"\\.\mailslot\{one}"), options)?,
            other: format!(r"\\.\mailslot\{other}"),
            client: None,
        },
        _ => {
            let (port, name) = one.split_once(':').ok_or("a port and a name")?;
            let (_, other) = other.split_once(':').ok_or("a port and a name")?;
            let (interface, to) = match kind {
                // Two processes of one machine: broadcasts reach both.
                "all" => ("lo", format!(r"\\*\mailslot\{other}")),
                _ => ("e0", format!(r"\\{other}\mailslot\{other}")),
            };
            let lan = LanConfig { interfaces: vec![interface.into()], port: port.parse()? };
            let (host, workgroup) = (Name::new(name, 0)?, Name::new("WORKGROUP", 0)?);
            let service = Mailslots::start(Config { host, workgroup, lan: Lan::bind(&lan)? });
            let options = Options { scope: Scope::Program, ..options };
            let server = service.create(&format!(r"\\.\mailslot\{name}").parse()?, options)?;
            let [client, hello] = [to.parse()?, r"\\*\mailslot\hello".parse()?].map(|to| service.open(&to));
            End::Net { server, client, hello }
        }
    })
}

/// Tells that this end is there, and waits until the other one is.
fn ready(end: &mut End) -> Result<()> {
    writeln!(std::io::stdout(), "ready")?;
    std::io::stdin().read_exact(&mut [0])?;
    end.meet()
}

/// Sends everything back, until nothing comes any more.
async fn echo(mut end: End) -> Result<()> {
    ready(&mut end)?;
    let data = [7; SIZE];
    while let Some(size) = end.receive().await {
        end.send(data.get(..size).unwrap_or_default()).await?;
        if size == 0 {
            break;
        }
    }
    Ok(())
}

/// Counts until an empty message, then says how many came, and how fast.
async fn sink(mut end: End) -> Result<()> {
    ready(&mut end)?;
    end.send(&[1]).await?;
    let (mut count, mut started) = (0_u32, None);
    while let Some(size) = end.receive().await {
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
fn pair(
    kind: &str,
    role: &str,
    cores: usize,
    far: Option<Host<'_>>,
) -> Result<(End, Other, tempfile::TempDir)> {
    let dir = tempfile::tempdir()?;
    let free = || -> Result<u16> { Ok(UdpSocket::bind("0.0.0.0:0")?.local_addr()?.port()) };
    let [one, other] = match kind {
        "unix" => ["a", "b"].map(|name| dir.path().join(name).to_string_lossy().into_owned()),
        "udp" if far.is_some() => [1, 2].map(|host| format!("10.77.0.{host}:9138")),
        "udp" => [free()?, free()?].map(|port| format!("127.0.0.1:{port}")),
        "slot" => ["a", "b"].map(|name| format!(r"bench\{}\{name}", std::process::id())),
        _ => {
            let port = free()?;
            ["ONE", "OTHER"].map(|name| format!("{port}:{name}"))
        }
    };
    hold(cores - 1)?;
    let program = std::env::current_exe()?;
    let mut command = match far {
        Some(host) => host.command(&program.to_string_lossy()),
        None => Command::new(program),
    };
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
async fn round_trip(kind: &str, cores: usize, far: Option<Host<'_>>) -> Result<f64> {
    let (mut end, _other, _dir) = pair(kind, "echo", cores, far)?;
    let mut times = Vec::with_capacity(ROUND_TRIPS);
    for _ in 0..ROUND_TRIPS {
        let start = now();
        end.send(&[7; SIZE]).await?;
        end.receive().await.ok_or("no answer came")?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times.get(times.len() / 2).ok_or("nothing was measured")?.as_secs_f64() * 1e6)
}

/// Messages a second, as the reader counts those that came.
async fn throughput(kind: &str, cores: usize, far: Option<Host<'_>>) -> Result<f64> {
    let (mut end, mut other, _dir) = pair(kind, "sink", cores, far)?;
    end.receive().await.ok_or("the reader is not there")?;
    for _ in 0..MESSAGES {
        end.send(&[7; SIZE]).await?;
    }
    // The network may lose one.
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(50));
        let _ = end.send(&[1]).await; // the reader may have ended
    }
    let mut line = String::new();
    other.1.read_line(&mut line)?;
    Ok(line.trim().parse()?)
}

/// Runs one measurement in a runtime of its own, which leaves nothing behind.
fn run<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

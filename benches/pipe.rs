//! Pipes and files against a bare TCP connection, in one run: `cargo bench --bench pipe` (needs only the loopback).
//!
//! Each measurement sends a quarter of a gibibyte from one thread to another, several times in turn with the others, so that what else
//! the machine does meets all of them. The best of each counts.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "this is a measurement"
)]

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use lanchat::chat::{Identity, PublicKey};
use lanchat::pipe::{Access, Allow, Mode, Options, Remote, Server, Target};
use lanchat::transfer::{Desk, DeskSettings, Receive, What};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};

const TOTAL: usize = 1 << 28;
/// Bytes that are written at once.
const PIECE: usize = 256 << 10;
const ROUNDS: usize = 5;

type Measure = fn() -> Duration;

fn main() {
    let kinds: [(&str, Measure); 5] = [
        ("bare TCP", tcp),
        ("pipe on this machine, messages", || pipe(false, Mode::Message)),
        ("pipe over TCP, sealed, messages", || pipe(true, Mode::Message)),
        ("pipe over TCP, sealed, bytes", || pipe(true, Mode::Byte)),
        ("file, sealed, hashed at both ends", file),
    ];
    let mut best = [Duration::MAX; 5];
    for _ in 0..ROUNDS {
        for ((_, measure), best) in kinds.iter().zip(&mut best) {
            *best = measure().min(*best);
        }
    }
    let base = best[0].as_secs_f64();
    for ((name, _), time) in kinds.iter().zip(best) {
        let seconds = time.as_secs_f64();
        println!("{name:>34} {:>6.0} MB/s, {:.2} of bare TCP", TOTAL as f64 / 1e6 / seconds, base / seconds);
    }
    println!(
        "{:>34} {:>6.1} µs there and back, bare TCP {:.1} µs",
        "100 bytes, sealed",
        call(true),
        call(false)
    );
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

fn tcp() -> Duration {
    let listener = std::net::TcpListener::bind(LOOPBACK).expect("listen");
    let to = listener.local_addr().expect("address");
    let sender = thread::spawn(move || {
        runtime().block_on(async {
            let mut stream = tokio::net::TcpStream::connect(to).await.expect("connect");
            let piece = vec![7; PIECE];
            for _ in 0..TOTAL / PIECE {
                stream.write_all(&piece).await.expect("write");
            }
        });
    });
    listener.set_nonblocking(true).expect("nonblocking");
    let time = runtime().block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("listener");
        let mut stream = listener.accept().await.expect("accept").0;
        let (started, mut got, mut buffer) = (Instant::now(), 0, vec![0; PIECE]);
        while got < TOTAL {
            got += stream.read(&mut buffer).await.expect("read");
        }
        started.elapsed()
    });
    sender.join().expect("sender");
    time
}

/// Serves a pipe, and how to reach it.
fn served(far: bool, mode: Mode) -> (Server, Target) {
    let [server, client] = [1, 2].map(|n| Identity::from_secret(&[n; 32]));
    let name: lanchat::pipe::PipeName = format!("bench-{}", std::process::id()).parse().expect("name");
    let remote = far.then(|| Remote { identity: server, allow: Allow::Everybody, bind: LOOPBACK });
    let server = Server::create(&name, Options { mode, remote, ..Options::default() }).expect("server");
    let target = match server.port() {
        Some(port) => Target::Remote {
            address: SocketAddr::new(LOOPBACK.ip(), port),
            name,
            me: client,
            server: Allow::Everybody,
        },
        None => Target::Local(name),
    };
    (server, target)
}

fn pipe(far: bool, mode: Mode) -> Duration {
    runtime().block_on(async {
        let (mut server, target) = served(far, mode);
        let sender = thread::spawn(move || {
            runtime().block_on(async {
                let mut pipe = target.connect(Access::Any).await.expect("connect");
                let piece = vec![7; PIECE];
                for _ in 0..TOTAL / PIECE {
                    pipe.write(&piece).await.expect("write");
                }
                pipe.finish().await.expect("finish");
            });
        });
        let mut pipe = server.accept().await.expect("accept");
        let (started, mut got, mut message) = (Instant::now(), 0, Vec::new());
        while pipe.read_into(&mut message).await.is_ok() {
            got += message.len();
        }
        assert_eq!(got, TOTAL);
        let time = started.elapsed();
        sender.join().expect("sender");
        time
    })
}

/// A file in memory, if there is a file system of that kind.
fn file() -> Duration {
    let memory = Path::new("/dev/shm");
    let home = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let home = home.expect("a folder");
    let path = home.path().join("big");
    File::create(&path).and_then(|f| f.set_len(TOTAL as u64)).expect("a file");
    let [sender, receiver] = [3, 4].map(|n| Identity::from_secret(&[n; 32]));
    let key = PublicKey::from_bytes(&receiver.public()).expect("a key");
    let folder = home.path().join("down");
    let receive = Receive { bind: LOOPBACK, folder, from: Allow::Everybody, known: Allow::Everybody };
    let (here, _) = Desk::open(DeskSettings { identity: sender, receive: None }).expect("desk");
    let settings = DeskSettings { identity: receiver, receive: Some(receive) };
    let (there, mut news) = Desk::open(settings).expect("desk");
    let address = SocketAddr::new(LOOPBACK.ip(), there.port().expect("port"));
    let mut started = Instant::now();
    here.send(address, key, &path);
    while let Some(happening) = news.blocking_recv() {
        match happening.what {
            What::Offered { .. } => {
                started = Instant::now();
                there.answer(happening.id, true);
            }
            What::Done(_) => return started.elapsed(),
            What::Failed { error, .. } => panic!("{error}"),
            _ => {}
        }
    }
    panic!("the desk is closed");
}

/// Median of many round trips in microseconds.
fn call(sealed: bool) -> f64 {
    const TRIPS: usize = 5000;
    let mut times = Vec::with_capacity(TRIPS);
    runtime().block_on(async {
        let (message, mut answer) = ([7; 100], vec![0; 100]);
        if sealed {
            let (mut server, target) = served(true, Mode::Message);
            tokio::spawn(async move {
                let mut pipe = server.accept().await.expect("accept");
                let mut message = Vec::new();
                while pipe.read_into(&mut message).await.is_ok() {
                    pipe.write(&message).await.expect("write");
                }
            });
            let mut pipe = target.connect(Access::Any).await.expect("connect");
            for _ in 0..TRIPS {
                let started = Instant::now();
                pipe.write(&message).await.expect("write");
                pipe.read_into(&mut answer).await.expect("read");
                times.push(started.elapsed());
            }
        } else {
            let listener = tokio::net::TcpListener::bind(LOOPBACK).await.expect("listen");
            let to = listener.local_addr().expect("address");
            tokio::spawn(async move {
                let mut stream = listener.accept().await.expect("accept").0;
                stream.set_nodelay(true).expect("option");
                let mut message = [0; 100];
                while stream.read_exact(&mut message).await.is_ok() {
                    stream.write_all(&message).await.expect("write");
                }
            });
            let mut stream = tokio::net::TcpStream::connect(to).await.expect("connect");
            stream.set_nodelay(true).expect("option");
            for _ in 0..TRIPS {
                let started = Instant::now();
                stream.write_all(&message).await.expect("write");
                stream.read_exact(&mut answer).await.expect("read");
                times.push(started.elapsed());
            }
        }
    });
    times.sort_unstable();
    times[TRIPS / 2].as_secs_f64() * 1e6
}

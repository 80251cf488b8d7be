//! Catching up with ten thousand lines: `cargo bench --bench catchup` (Linux, needs only the loopback).
//!
//! Ten authors have said a thousand lines each to a real `lanchat --plain`; then they leave, and another joins. Measured
//! is the time from the joiner's start to its last line, and the part of it after its first.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "this is a measurement"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const AUTHORS: usize = 10;
const LINES: usize = 1000;
const JOINS: usize = 7;
/// The bound of a wait.
const PATIENCE: Duration = Duration::from_secs(120);

fn main() {
    let port = free_port();
    let mut holder = Chat::start("holder", port);
    for n in 0..AUTHORS {
        let mut author = Chat::start(&format!("author{n}"), port);
        author.wait_for(r#""type":"join""#, 1);
        let lines: Vec<String> = (0..LINES).map(|line| format!("line {line} of author {n}\n")).collect();
        author.say(&lines.concat());
        holder.wait_for(r#""type":"line""#, LINES);
        author.finish();
    }
    println!("{} lines are held", AUTHORS * LINES);
    let mut times: Vec<(Duration, Duration)> = (0..JOINS).map(|n| join(n, port)).collect();
    times.sort_unstable();
    for (what, (all, stream)) in
        [("best", times[0]), ("median", times[JOINS / 2]), ("worst", times[JOINS - 1])]
    {
        println!(
            "{what:>6} {:.2} s from the start, {:.2} s from the first line",
            all.as_secs_f64(),
            stream.as_secs_f64()
        );
    }
    holder.finish();
}

/// Joins, and counts what comes.
fn join(n: usize, port: u16) -> (Duration, Duration) {
    let started = Instant::now();
    let mut joiner = Chat::start(&format!("joiner{n}"), port);
    joiner.wait_for(r#""type":"line""#, 1);
    let first = started.elapsed();
    joiner.wait_for(r#""type":"line""#, AUTHORS * LINES - 1);
    let all = started.elapsed();
    joiner.finish();
    (all, all.saturating_sub(first))
}

fn free_port() -> u16 {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    socket.local_addr().expect("an address").port()
}

/// A running `lanchat --plain --json`.
struct Chat {
    child: Child,
    output: Receiver<String>,
    _data: tempfile::TempDir,
}

impl Chat {
    fn start(nick: &str, port: u16) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let mut child = command(nick, port, data.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let stdout = child.stdout.take().expect("its output");
        let (send, output) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = send.send(line); // whoever listened may be gone
            }
        });
        Self { child, output, _data: data }
    }

    fn say(&mut self, lines: &str) {
        self.child.stdin.as_mut().expect("its input").write_all(lines.as_bytes()).expect("its input is read");
    }

    /// Waits for so many more lines of output with `word`.
    fn wait_for(&self, word: &str, count: usize) {
        let mut found = 0;
        while found < count {
            let line = self.output.recv_timeout(PATIENCE);
            found += usize::from(line.unwrap_or_else(|_| panic!("{found} of {count}")).contains(word));
        }
    }

    /// Ends its input, so that it says goodbye, and waits for its end.
    fn finish(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().expect("its end");
    }
}

impl Drop for Chat {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait();
    }
}

fn command(nick: &str, port: u16, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lanchat"));
    command.args(["--plain", "--json", "--interface", "lo", "--nick", nick, "--port", &port.to_string()]);
    command.arg("--data-dir").arg(data).env("XDG_CONFIG_HOME", data);
    command
}

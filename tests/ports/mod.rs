//! Ports for programs under test.

// Every test crate uses its own part of this module.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::net::UdpSocket;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// Where they begin, and how many pairs there are: below those that the system gives to whoever asks for any, lest one be
/// given away between two starts of a test's program.
const FIRST: u16 = 14_001;
const PAIRS: u16 = 9000;

/// A port that no other test has as long as this process lives, not even one of another run on this machine. The one below
/// it, which is the name service's, is free as well.
pub fn free_port() -> u16 {
    static TRIED: AtomicU16 = AtomicU16::new(0);
    let begin = u16::try_from(std::process::id() % u32::from(PAIRS)).unwrap();
    for _ in 0..PAIRS {
        let n = (begin + TRIED.fetch_add(1, Ordering::Relaxed) % PAIRS) % PAIRS;
        let port = FIRST + 2 * n;
        // An abstract name ends with the process that holds it, and has the same bounds as a port: the network namespace.
        let name = SocketAddr::from_abstract_name(format!("lanchat test port {port}")).unwrap();
        let Ok(right) = UnixListener::bind_addr(&name) else { continue };
        std::mem::forget(right);
        if [port, port - 1].iter().all(|port| UdpSocket::bind(("0.0.0.0", *port)).is_ok()) {
            return port;
        }
    }
    panic!("all {PAIRS} ports for tests are taken");
}

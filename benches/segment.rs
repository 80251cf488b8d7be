//! What a conversation costs on segments of up to 10 000 peers, in virtual time: `cargo bench --bench segment`. Give
//! numbers of peers to run only these: `cargo bench --bench segment -- 1000`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "this is a measurement")]

#[path = "../tests/sim/segment.rs"]
mod segment;
#[path = "../tests/sim/talk.rs"]
mod talk;

use talk::{HEADER, talk};

/// Peers, lines said, and the shares that are lost.
const RUNS: [(usize, usize, &[f64]); 4] = [
    (10, 100, &[0.0, 0.05, 0.3, 0.5]),
    (100, 100, &[0.0, 0.05, 0.3, 0.5]),
    (1_000, 60, &[0.0, 0.05, 0.3, 0.5]),
    (10_000, 8, &[0.3]),
];

fn main() {
    let wanted: Vec<usize> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    println!("{HEADER}");
    for (peers, lines, losses) in RUNS {
        if !wanted.is_empty() && !wanted.contains(&peers) {
            continue;
        }
        for loss in losses {
            println!("{}", talk(1, peers, *loss, lines).row(peers, *loss));
        }
    }
}

//! What lines cost and how soon they are there, frozen. Every run checks that everybody gets every line once and in order.
//!
//! All of it, printed: `cargo test --release --test sim_table -- --include-ignored --nocapture`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "helpers of tests may fail loudly"
)]

#[path = "sim/segment.rs"]
mod segment;
#[path = "sim/talk.rs"]
mod talk;

use std::sync::Mutex;

use talk::{HEADER, Outcome, talk};

/// Shares of what each node hears that are lost.
const LOSSES: [f64; 4] = [0.0, 0.05, 0.3, 0.5];

/// A row for each loss: `peers` nodes, `lines` lines, `seeds` runs.
fn rows(peers: usize, lines: usize, seeds: u64, losses: &[f64]) -> String {
    let runs: Vec<(usize, u64)> =
        (0..losses.len()).flat_map(|loss| (0..seeds).map(move |seed| (loss, seed))).collect();
    let (next, sums) = (Mutex::new(runs.into_iter()), Mutex::new(vec![Outcome::default(); losses.len()]));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let Some((loss, seed)) = next.lock().unwrap().next() else { break };
                    let outcome = talk(seed, peers, losses[loss], lines);
                    sums.lock().unwrap()[loss].add(outcome);
                }
            });
        }
    });
    let mut table = String::new();
    for (sum, loss) in sums.into_inner().unwrap().into_iter().zip(losses) {
        table = format!("{table}\n{}", sum.row(peers, *loss));
    }
    println!("{}", table.trim_start_matches('\n'));
    table
}

#[test]
fn the_figures_are_these() {
    println!("{HEADER}");
    let table = HEADER.to_owned() + &rows(10, 60, 16, &LOSSES) + &rows(100, 60, 2, &LOSSES);
    insta::assert_snapshot!(table);
}

/// Minutes, and only optimised.
#[test]
#[ignore = "takes minutes: cargo test --release --test sim_table -- --include-ignored"]
fn the_figures_of_many_seeds_and_of_large_segments_are_these() {
    println!("{HEADER}");
    let table = HEADER.to_owned()
        + &rows(10, 100, 64, &LOSSES)
        + &rows(100, 100, 16, &LOSSES)
        + &rows(1_000, 60, 4, &LOSSES);
    insta::assert_snapshot!(table);
}

/// Takes about eight gigabytes: each of ten thousand nodes knows a thousand others in the end.
#[test]
#[ignore = "takes minutes and gigabytes: cargo test --release --test sim_table -- --include-ignored"]
fn ten_thousand_talk() {
    println!("{HEADER}");
    insta::assert_snapshot!(HEADER.to_owned() + &rows(10_000, 8, 1, &[0.3]));
}

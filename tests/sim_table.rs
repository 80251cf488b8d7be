//! What lines cost and how soon they are there, frozen: `cargo bench --bench segment` prints the same for larger segments.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may fail loudly")]

#[path = "sim/segment.rs"]
mod segment;
#[path = "sim/talk.rs"]
mod talk;

use talk::{HEADER, Outcome, talk};

/// Peers, lines said by them, and how many seeds.
const RUNS: [(usize, usize, u64); 2] = [(10, 60, 16), (100, 60, 1)];

/// Every run checks that everybody gets every line once and in order.
#[test]
fn the_figures_are_these() {
    let mut table = HEADER.to_owned();
    for (peers, lines, seeds) in RUNS {
        for loss in [0.0, 0.05, 0.3, 0.5] {
            let mut sum = Outcome::default();
            for seed in 0..seeds {
                sum.add(talk(seed, peers, loss, lines));
            }
            table = format!("{table}\n{}", sum.row(peers, loss));
        }
    }
    insta::assert_snapshot!(table);
}

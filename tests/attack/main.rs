//! An attacker against the program: what was tried, how often, and what got through.
//!
//! `node` tries it on a virtual segment against the core; `lab` with sockets of its own against real processes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "helpers of tests may fail loudly, and tell what they did"
)]

#[path = "../sim/frames.rs"]
mod frames;
#[path = "../lab/mod.rs"]
mod lab;
#[path = "../sim/segment.rs"]
mod segment;

mod absurd;
mod answers;
mod fields;
mod flood;
mod forge;
mod forgery;
mod lies;
mod locked;
mod names;
mod poison;
mod private;
mod processes;
mod replay;
mod rooms;
mod secrets;
mod shown;
mod sweep;
mod terminal;

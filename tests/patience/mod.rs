//! How long tests wait. Only a failure ever waits that long, so the bounds are far above what a slow machine under load
//! needs.

// Every test crate uses its own part of this module.
#![allow(dead_code, unreachable_pub, clippy::disallowed_methods)]

use std::time::{Duration, Instant};

/// Bound for what happens within a second on an idle machine.
pub const SOON: Duration = Duration::from_secs(120);

/// Bound for what waits for a peer's silence to be noticed.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// The numbers from 0 on, until `bound` has passed: for what is tried until the other side is there to hear it.
pub fn tries(bound: Duration) -> impl Iterator<Item = usize> {
    let end = Instant::now() + bound;
    (0..).take_while(move |n| *n == 0 || Instant::now() < end)
}

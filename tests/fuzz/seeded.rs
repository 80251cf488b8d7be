//! Inputs that are the same in each run: a test that passes today passes tomorrow.

use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};

/// Lengths of inputs, of which each in its turn is the longest.
const LONGEST: [usize; 4] = [8, 64, 600, 4096];

/// Runs a test over random inputs, as many as are told, and over the committed corpus. Under `cargo bolero test` libFuzzer
/// goes on from there, and with `BOLERO_RANDOM_ITERATIONS=100000` in the environment `cargo test` tries as many others.
macro_rules! fuzz {
    ($count:expr, $test:expr) => {{
        let test = $test;
        for seed in 0..$count {
            let _told = $crate::seeded::Told(seed);
            test(&$crate::seeded::input(seed));
        }
        bolero::check!().with_iterations(0).for_each(test);
    }};
}
pub(crate) use fuzz;

/// The input of a seed.
pub(crate) fn input(seed: usize) -> Vec<u8> {
    let mut rng = StdRng::seed_from_u64(seed as u64);
    let mut bytes = vec![0; rng.random_range(0..=LONGEST[seed % LONGEST.len()])];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// Tells which input a test was at when it failed.
pub(crate) struct Told(pub(crate) usize);

impl Drop for Told {
    #[allow(clippy::print_stderr, reason = "the test runner shows it with the failure")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("with the input of seed {}", self.0);
        }
    }
}

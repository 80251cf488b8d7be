//! How far a file is, on one line of stderr that is written over; nothing where stderr is no terminal.

use std::io::{self, IsTerminal, Write};

use tokio::time::Instant;

use crate::text::SafeText;
use crate::transfer::bytes;

/// Columns of the bar.
const BAR: u64 = 20;

/// The line of one transfer.
#[derive(Debug, Default)]
pub(super) struct Progress {
    began: Option<(Instant, u64)>,
    shown: usize,
}

impl Progress {
    /// Shows that `done` of `size` bytes of the file `name` are there.
    pub(super) fn show(&mut self, name: &SafeText, done: u64, size: u64) {
        let (began, at_first) = *self.began.get_or_insert((Instant::now(), done));
        if io::stderr().is_terminal() {
            let line = line(name.as_str(), done, size, began.elapsed().as_secs_f64(), at_first);
            let pad = " ".repeat(self.shown.saturating_sub(line.chars().count()));
            self.shown = line.chars().count();
            let _ = write!(io::stderr(), "\r{line}{pad}"); // a closed stderr is no reason to stop
        }
    }

    /// Makes room for other lines.
    pub(super) fn clear(&mut self) {
        if self.shown > 0 {
            let _ = write!(io::stderr(), "\r{}\r", " ".repeat(self.shown));
        }
        *self = Self::default();
    }
}

fn line(name: &str, done: u64, size: u64, seconds: f64, at_first: u64) -> String {
    let full = BAR * done.min(size) / size.max(1);
    let bar: String = (0..BAR).map(|n| if n < full { '#' } else { '.' }).collect();
    let percent = 100 * done.min(size) / size.max(1);
    let name: String = name.chars().take(30).collect();
    #[expect(clippy::cast_precision_loss, reason = "a speed for people")]
    let speed = (done.saturating_sub(at_first)) as f64 / seconds.max(0.001);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is positive and far below 2^64"
    )]
    let speed = speed as u64;
    format!("{name} [{bar}] {percent} % of {}, {}/s", bytes(size), bytes(speed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars() {
        assert_eq!(line("a.txt", 500, 1000, 0.5, 0), "a.txt [##########..........] 50 % of 1.0 kB, 1.0 kB/s");
        assert_eq!(line("a", 0, 0, 0.0, 0), "a [....................] 0 % of 0 B, 0 B/s");
    }
}

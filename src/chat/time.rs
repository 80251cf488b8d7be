//! Time as the core is told it.

use std::time::Duration;

use super::event::Millis;

/// A moment: the driver reads the clocks, the core only compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Monotonic time since any fixed moment of this run; stands still while the machine is suspended.
    pub mono: Duration,
    /// The wall clock, which may jump.
    pub wall: Millis,
}

impl Now {
    /// This moment, `later` later by both clocks.
    #[must_use]
    pub fn after(self, later: Duration) -> Self {
        Self {
            mono: self.mono + later,
            wall: self.wall + u64::try_from(later.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// The earlier of two deadlines, where there may be none.
pub(super) fn earliest(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

//! The one place where the clocks are read.

use std::time::Duration;

use tokio::time::Instant;

use crate::chat::{Millis, Now};

/// The machine's clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    origin: Instant,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { origin: Instant::now() }
    }

    pub(super) fn now(&self) -> Now {
        Now { mono: self.origin.elapsed(), wall: wall() }
    }

    /// The moment at which the monotonic clock will show `mono`.
    pub(super) fn instant(&self, mono: Duration) -> Instant {
        self.origin + mono
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the driver")]
fn wall() -> Millis {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

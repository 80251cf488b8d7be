//! Hybrid logical clock (Kulkarni et al. 2014): wall time that never runs backwards and never contradicts what was heard.

use super::event::Millis;
use super::limits::MAX_CLOCK_AHEAD;

/// A stamp: 48 bits of milliseconds since 1970 and 16 bits of counter, ordered as one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Stamp(pub(super) u64);

impl Stamp {
    /// The first stamp of a millisecond.
    pub(super) fn at(wall: Millis) -> Self {
        Self(wall << 16)
    }

    /// Its wall-clock part.
    pub(super) fn millis(self) -> Millis {
        self.0 >> 16
    }

    /// The stamp as it counts here: one that is more than ten minutes ahead of `wall` is taken as that far ahead.
    #[must_use]
    pub(super) fn clamped(self, wall: Millis) -> Self {
        self.min(Self::at(wall + MAX_CLOCK_AHEAD))
    }
}

/// This node's clock.
#[derive(Debug, Default)]
pub(super) struct Hlc {
    last: Stamp,
}

impl Hlc {
    /// A stamp for something that happens now: above every stamp given or heard before.
    pub(super) fn tick(&mut self, wall: Millis) -> Stamp {
        self.last = Stamp::at(wall).max(Stamp(self.last.0 + 1));
        self.last
    }

    /// Takes note of a stamp that was heard.
    pub(super) fn heard(&mut self, stamp: Stamp, wall: Millis) {
        self.last = self.last.max(stamp.clamped(wall));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_rise_while_the_wall_clock_falls() {
        let mut clock = Hlc::default();
        let a = clock.tick(1000);
        let b = clock.tick(900);
        clock.heard(Stamp::at(5000), 900);
        let c = clock.tick(901);
        assert!(a < b && b < c && c.millis() == 5000);
    }

    #[test]
    fn an_absurd_clock_pulls_us_ten_minutes_at_most() {
        let mut clock = Hlc::default();
        clock.heard(Stamp(u64::MAX), 1000);
        assert_eq!(clock.tick(1000).millis(), 1000 + MAX_CLOCK_AHEAD);
    }
}

//! When to draw: on demand only, at once if the last frame is a while ago, else together with what comes until then.

use std::time::Duration;

use tokio::time::Instant;

/// Least time between frames: what comes faster than an eye sees is drawn together.
const APART: Duration = Duration::from_millis(4);

/// Requests for frames, joined.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    last: Option<Instant>,
    due: Option<Instant>,
}

impl Frames {
    /// Something has changed at `now`.
    pub(crate) fn request(&mut self, now: Instant) {
        let earliest = self.last.map_or(now, |last| (last + APART).max(now));
        self.due.get_or_insert(earliest);
    }

    /// When to draw; none while nothing has changed.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// A frame was drawn; `now` is when that was done.
    pub(crate) fn drawn(&mut self, now: Instant) {
        (self.last, self.due) = (Some(now), None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_joined_and_none_comes_unasked() {
        let mut frames = Frames::default();
        let start = Instant::now();
        assert_eq!(frames.due(), None);
        frames.request(start);
        assert_eq!(frames.due(), Some(start), "the first is drawn at once");
        frames.drawn(start);
        assert_eq!(frames.due(), None);
        for ms in 1..4 {
            frames.request(start + Duration::from_millis(ms));
            assert_eq!(frames.due(), Some(start + APART), "a deadline is not put off");
        }
        frames.drawn(start + APART);
        let later = start + Duration::from_secs(5);
        frames.request(later);
        assert_eq!(frames.due(), Some(later), "after a pause at once");
    }
}

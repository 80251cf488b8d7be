//! How much the segment loses, as this node hears it and as its peers tell of themselves.

/// A running share of lost datagrams. Later ones count for more.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Loss {
    lost: f64,
    all: f64,
}

/// How much an earlier datagram counts when the next one comes: about the last hundred matter.
const MEMORY: f64 = 0.98;

/// How many datagrams of one's own what others tell is worth: one lost datagram is no loss of 100 %.
const PRIOR: f64 = 8.0;

impl Loss {
    /// `arrived` datagrams came by their first way, `lost` did not.
    pub(super) fn note(&mut self, arrived: u32, lost: u32) {
        for missed in (0..arrived).map(|_| 0.0).chain((0..lost.min(50)).map(|_| 1.0)) {
            self.lost = self.lost * MEMORY + missed;
            self.all = self.all * MEMORY + 1.0;
        }
    }

    /// Between 0 and 1. While this node has heard little itself, it goes by the share that the others have `told`.
    pub(super) fn share(&self, told: f64) -> f64 {
        (self.lost + PRIOR * told) / (self.all + PRIOR)
    }

    /// In percent, for a beacon.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to 100")]
    pub(super) fn percent(&self, told: f64) -> u8 {
        (self.share(told) * 100.0).round().clamp(0.0, 100.0) as u8
    }
}

/// Copies of each datagram of a line, the first one counted, so that on a segment of `live` nodes which lose `loss` of
/// what they hear, hardly anybody misses all of them.
///
/// Repair works for any number. Where much is lost, copies that come unasked are both fewer datagrams and less delay
/// than the NAKs and repairs that they save: the expected number who miss all is `live · loss^copies`.
pub(super) fn copies(live: usize, loss: f64) -> u32 {
    if loss < COPY_ABOVE {
        return 1;
    }
    let live = f64::from(u32::try_from(live.max(2)).unwrap_or(u32::MAX));
    let enough = (live / MISSED).max(1.0 / DELAYED).ln() / (1.0 / loss.min(0.9)).ln();
    let mut copies = 2;
    while f64::from(copies) < enough && copies < MAX_COPIES {
        copies += 1;
    }
    copies
}

/// Loss from which copies are sent.
const COPY_ABOVE: f64 = 0.05;
/// Nodes that may be expected to miss all copies.
const MISSED: f64 = 0.08;
/// Share of the nodes that may: these wait for NAK and repair.
const DELAYED: f64 = 0.006;
/// Most copies.
const MAX_COPIES: u32 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_follows_what_is_heard() {
        let mut loss = Loss::default();
        loss.note(100, 0);
        assert_eq!(loss.percent(0.0), 0);
        assert_eq!(Loss::default().percent(0.3), 30, "a newcomer goes by what others tell");
        for _ in 0..200 {
            loss.note(7, 3);
        }
        assert!((0.25..0.35).contains(&loss.share(0.0)), "{}", loss.share(0.0));
        loss.note(1000, 0);
        assert!(loss.share(0.0) < 0.01);
    }

    #[test]
    fn copies_grow_with_group_and_loss() {
        assert_eq!(copies(1000, 0.01), 1);
        assert!(copies(10, 0.3) < copies(1000, 0.3));
        assert_eq!(copies(2, 0.3), 5, "far over 99 of 100 get one of five, and the estimate may be too low");
        assert!(copies(100, 0.1) < copies(100, 0.5));
        assert_eq!(copies(1_000_000, 0.99), MAX_COPIES);
    }
}

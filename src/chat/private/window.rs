//! A replay window (RFC 4303, 3.4.3): which counters of a session were taken, though datagrams are lost and reordered.

const WORDS: usize = 16;
/// Counters that are remembered below the highest.
const WIDTH: u64 = 64 * WORDS as u64;

/// Counters taken so far.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// One above the highest counter taken.
    next: u64,
    bits: [u64; WORDS],
}

fn place(counter: u64) -> (usize, u64) {
    let word = (counter / 64) % WORDS as u64;
    (usize::try_from(word).unwrap_or(0), 1 << (counter % 64))
}

impl Window {
    /// Whether a counter was not taken, and is not too old to know.
    pub(super) fn is_new(&self, counter: u64) -> bool {
        let (word, bit) = place(counter);
        let taken = self.bits.get(word).is_none_or(|bits| bits & bit != 0);
        // The last counter is none: Noise reserves it.
        counter < u64::MAX && (counter >= self.next || (self.next - counter <= WIDTH - 64 && !taken))
    }

    /// Takes a counter: of a frame that is genuine.
    pub(super) fn take(&mut self, counter: u64) {
        if counter >= self.next {
            let (first, last) = (self.next.div_ceil(64), counter / 64);
            for block in first.max(last.saturating_sub(WORDS as u64 - 1))..=last {
                if let Some(bits) = self.bits.get_mut(place(block * 64).0) {
                    *bits = 0;
                }
            }
            self.next = counter.saturating_add(1);
        }
        let (word, bit) = place(counter);
        if let Some(bits) = self.bits.get_mut(word) {
            *bits |= bit;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// As a set that remembers everything, but for what is too old.
        #[test]
        fn each_counter_is_taken_once(steps in proptest::collection::vec((any::<bool>(), 0..3000_u64), 1..400)) {
            let (mut window, mut taken, mut top) = (Window::default(), BTreeSet::new(), 0);
            for (far, step) in steps {
                let counter = if far { top + step % 200 } else { u64::saturating_sub(top, step) };
                let is_new = window.is_new(counter);
                prop_assert!(!(is_new && taken.contains(&counter)), "{counter} twice");
                if !taken.contains(&counter) && counter + (WIDTH - 64) > top {
                    prop_assert!(is_new, "{counter} is refused, the highest is {top}");
                }
                if is_new {
                    window.take(counter);
                    taken.insert(counter);
                    top = top.max(counter);
                }
            }
        }
    }

    #[test]
    fn ends_do_not_hurt() {
        let mut window = Window::default();
        assert!(window.is_new(0) && !window.is_new(u64::MAX));
        window.take(u64::MAX - 1);
        assert!(!window.is_new(u64::MAX - 1) && window.is_new(u64::MAX - 2) && !window.is_new(0));
    }
}

//! What was seen lately, in bounded space: names, neighbours, datagrams.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

/// A map whose entries are forgotten between `window` and twice that after they were last put in, and sooner when more
/// than `most` would have to be held. It has two generations: the older is thrown away whole when the younger is old
/// enough or half of `most`, so that a flood of keys costs no search for the oldest.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    turned: Instant,
    window: Duration,
    most: usize,
}

impl<K: Hash + Eq + Clone, V: Copy> Recent<K, V> {
    pub(super) fn new(window: Duration, most: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), turned: Instant::now(), window, most }
    }

    fn turn(&mut self, now: Instant) {
        let age = now.saturating_duration_since(self.turned);
        if age < self.window && self.young.len() < self.most.div_ceil(2) {
            return;
        }
        std::mem::swap(&mut self.young, &mut self.old);
        self.young.clear();
        let stale = age >= self.window.saturating_mul(2);
        if stale {
            self.old.clear();
        }
        self.turned = if age < self.window || stale { now } else { self.turned + self.window };
    }

    /// Puts an entry in, or makes it young again.
    pub(super) fn put(&mut self, now: Instant, key: K, value: V) {
        self.turn(now);
        self.young.insert(key, value);
    }

    /// The value, if it was put in lately.
    pub(super) fn get(&self, now: Instant, key: &K) -> Option<V> {
        let age = now.saturating_duration_since(self.turned);
        let young = || self.young.get(key).filter(|_| age < self.window.saturating_mul(2));
        let old = || self.old.get(key).filter(|_| age < self.window);
        young().or_else(old).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(2);

    #[tokio::test(start_paused = true)]
    async fn entries_live_for_the_window_and_not_twice_as_long() {
        let start = Instant::now();
        for put_at in [0, 500, 1999, 2000, 3700] {
            let mut map = Recent::new(WINDOW, 100);
            let ms = |n| start + Duration::from_millis(n);
            map.put(ms(put_at), "key", 1);
            assert_eq!(map.get(ms(put_at + 1999), &"key"), Some(1), "{put_at}");
            map.put(ms(put_at + 1999), "other", 2);
            assert_eq!(map.get(ms(put_at + 1999), &"key"), Some(1), "{put_at}");
            assert_eq!(map.get(ms(put_at + 4000), &"key"), None, "{put_at}");
            map.put(ms(put_at + 4000), "other", 2);
            assert_eq!(map.get(ms(put_at + 4000), &"key"), None, "{put_at}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_bounded_and_leaves_the_latest() {
        let now = Instant::now();
        let mut map = Recent::new(WINDOW, 10);
        for key in 0..1000 {
            map.put(now, key, ());
            assert!(map.young.len() + map.old.len() <= 10);
        }
        assert!((995..1000).all(|key| map.get(now, &key).is_some()));
        assert_eq!(map.get(now, &0), None);
    }
}

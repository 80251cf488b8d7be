//! One sender's lines of one epoch: in order, each once, parts put together, gaps told.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use super::holes::Holes;
use super::limits::{GAP_HOLD, MAX_BUFFERED, MOST_AHEAD};
use super::time::earliest;

/// One datagram of a line, verified. `meta` is what the caller wants back with the line.
#[derive(Debug, Clone)]
pub(super) struct Piece<M> {
    /// Number of the line's first datagram.
    pub(super) first: u32,
    pub(super) index: u8,
    pub(super) count: u8,
    pub(super) body: String,
    pub(super) meta: M,
}

/// What there is to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Delivery<M> {
    Line {
        first: u32,
        text: String,
        /// That of the line's first part to arrive.
        meta: M,
        /// Datagrams that it came in.
        parts: u32,
        /// Lines after it were already delivered.
        late: bool,
    },
    /// Lines are missing here: at most so many, and their datagrams have these numbers.
    Gap(u32, Range<u32>),
}

#[derive(Debug)]
struct Unit<M> {
    parts: Vec<Option<String>>,
    meta: M,
    /// When its latest part came.
    touched: Duration,
}

impl<M> Unit<M> {
    fn complete(&self) -> bool {
        self.parts.iter().all(Option::is_some)
    }
}

#[derive(Debug)]
pub(super) struct Feed<M> {
    /// The number that is delivered next.
    next: u32,
    /// Nothing below this is of interest: it was said before we listened.
    base: u32,
    /// What the sender says its next number is, and since when we know.
    expected: (u32, Duration),
    /// What others say that the next number is: worth asking for, but not worth a word about a gap.
    claimed: u32,
    /// Numbers below this were said before we listened.
    past: u32,
    units: BTreeMap<u32, Unit<M>>,
    buffered: usize,
    /// Numbers below `next` that were passed over.
    holes: Holes,
    /// Something of it has come that its author has signed.
    pub(super) attested: bool,
    /// Those from before we listened that nobody had when they were asked for.
    given_up: Holes,
}

impl<M> Feed<M> {
    /// A feed that begins with number `next`.
    pub(super) fn new(next: u32) -> Self {
        let next = next.max(1);
        let (units, holes) = (BTreeMap::new(), Holes::default());
        let expected = (next, Duration::ZERO);
        let given_up = Holes::default();
        Self {
            next,
            base: next,
            expected,
            claimed: next,
            past: 0,
            units,
            buffered: 0,
            holes,
            attested: false,
            given_up,
        }
    }

    /// Whether this datagram is here already, or too old to be of interest.
    pub(super) fn has(&self, first: u32, index: u8) -> bool {
        let seq = first.saturating_add(u32::from(index));
        if seq < self.next && !self.holes.contains(seq) && !self.given_up.contains(seq) {
            return true;
        }
        self.units.get(&first).is_some_and(|u| u.parts.get(usize::from(index)).is_none_or(Option::is_some))
    }

    /// Takes a datagram in and says what can be shown now.
    pub(super) fn insert(&mut self, now: Duration, piece: Piece<M>) -> Vec<Delivery<M>> {
        let Piece { first, index, count, body, meta } = piece;
        let end = first.saturating_add(u32::from(count));
        if self.has(first, index) || index >= count {
            return Vec::new();
        }
        if first < self.base && self.base < self.past && self.holes.push_front(first..self.base) {
            self.base = first; // of the past that is wanted, its first line is wanted whole
        } else if first < self.base {
            // The rest of a line whose beginning was said before we listened.
            self.base = self.base.max(end);
            self.next = self.next.max(end);
            let _ = self.holes.take_below(self.base); // or it would be asked for again and again
            return self.drain();
        }
        if (first.saturating_add(1)..end).contains(&self.next) && !self.units.contains_key(&self.next) {
            // Its beginning is wanted after all: the whole line counts as from before we listened.
            self.holes.push(self.next..end);
            (self.next, self.past) = (end, self.past.max(end));
        }
        let mut jumped = Vec::new();
        if first.saturating_sub(self.next) > MOST_AHEAD {
            // So much was missed that nobody holds it all: it is told, but not asked for.
            while self.skip(&mut jumped) {}
            jumped.push(Delivery::Gap(MOST_AHEAD.min(first.saturating_sub(self.next)), self.next..first));
            (self.base, self.next) = (first, first);
        }
        let seq = first + u32::from(index);
        let late = seq < self.next;
        let unit = self.units.entry(first).or_insert_with(|| Unit {
            parts: vec![None; usize::from(count)],
            meta,
            touched: now,
        });
        let length = unit.parts.len();
        match unit.parts.get_mut(usize::from(index)) {
            Some(slot) if length == usize::from(count) => *slot = Some(body),
            _ => return jumped, // contradicts an earlier part of the same line
        }
        unit.touched = now;
        self.buffered += 1;
        self.holes.remove(seq);
        self.given_up.remove(seq);
        let mut out = jumped;
        if late && first < self.past {
            out.extend(self.drain_past());
        } else if late {
            if self.units.get(&first).is_some_and(Unit::complete) {
                out.extend(self.take(first, true));
            }
        } else {
            out.extend(self.drain());
        }
        if self.buffered > MAX_BUFFERED {
            out.extend(self.hurry_past());
        }
        while self.buffered > MAX_BUFFERED && self.skip(&mut out) {}
        while self.buffered > MAX_BUFFERED {
            self.forget_oldest();
        }
        out
    }

    /// The sender says that its next number is `next`.
    pub(super) fn expect(&mut self, now: Duration, next: u32) {
        let next = next.min(self.next.saturating_add(MOST_AHEAD));
        if next > self.expected.0.max(self.next) {
            self.expected = (next, now);
        }
    }

    /// Others say that its next number is `next`.
    pub(super) fn claim(&mut self, next: u32) {
        self.claimed = self.claimed.max(next.min(self.said().saturating_add(MOST_AHEAD)));
    }

    /// One more than the highest number that is known to exist, as its sender or others say.
    pub(super) fn top(&self) -> u32 {
        self.said().max(self.claimed)
    }

    /// The same by the author's own word.
    fn said(&self) -> u32 {
        let buffered = self.units.iter().next_back().map_or(0, |(first, unit)| end(*first, unit.parts.len()));
        self.next.max(self.expected.0).max(buffered)
    }

    /// Nobody had what others say that there is.
    pub(super) fn disbelieve(&mut self) {
        self.claimed = self.next;
    }

    /// The first number that is missing, of those said since we listened.
    pub(super) fn whole_below(&self) -> u32 {
        self.missing(usize::MAX)
            .iter()
            .map(|r| r.start)
            .find(|n| *n >= self.past)
            .unwrap_or_else(|| self.top())
    }

    /// What is missing, the newest last; at most `most` ranges.
    pub(super) fn missing(&self, most: usize) -> Vec<Range<u32>> {
        let mut missing: Vec<Range<u32>> = self.holes.ranges().take(most).collect();
        let mut at = self.next;
        let gap = |missing: &mut Vec<Range<u32>>, range: Range<u32>| {
            if !range.is_empty() && missing.len() < most {
                missing.push(range);
            }
        };
        for (first, unit) in self.units.range(self.next..) {
            if missing.len() >= most {
                return missing; // there may be thousands more
            }
            gap(&mut missing, at..*first);
            for (part, seq) in unit.parts.iter().zip(*first..) {
                if part.is_none() {
                    gap(&mut missing, seq..seq.saturating_add(1));
                }
            }
            at = at.max(end(*first, unit.parts.len()));
        }
        gap(&mut missing, at..self.top());
        missing
    }

    /// What was said before we listened is wanted all the same, from number `start` on.
    pub(super) fn look_back(&mut self, start: u32) {
        let past = start.max(1).max(self.base.saturating_sub(MOST_AHEAD))..self.base;
        if !past.is_empty() {
            (self.base, self.past) = (past.start, self.past.max(past.end));
            let _ = self.holes.push_front(past); // where there are so many, older ones would be forgotten
        }
    }

    /// Begins where an earlier run of this program has ended: it has shown the datagrams `held`, which rise.
    pub(super) fn resume(&mut self, held: &[u32]) {
        let (Some(first), Some(last)) = (held.first(), held.last()) else { return };
        let next = last.saturating_add(1);
        *self = Self { base: *first, past: next, attested: true, ..Self::new(next) };
        for pair in held.windows(2) {
            if let [a, b] = pair {
                self.holes.push(a.saturating_add(1)..*b);
            }
        }
    }

    /// Whether anything is missing that was said before we listened.
    pub(super) fn has_past(&self) -> bool {
        self.holes.ranges().next().is_some_and(|first| first.start < self.past)
    }

    /// Nobody has what is missing of it: what waited for that can be shown.
    pub(super) fn give_up_past(&mut self) -> Vec<Delivery<M>> {
        let given_up = self.holes.take_below(self.past);
        self.given_up.absorb(given_up);
        self.drain_past()
    }

    /// Whether anything was given up.
    pub(super) fn gave_up(&self) -> bool {
        !self.given_up.is_empty()
    }

    /// What was given up is wanted again.
    pub(super) fn hope(&mut self) {
        self.holes.absorb(std::mem::take(&mut self.given_up));
    }

    /// The lines from before we listened that wait for no earlier one.
    fn drain_past(&mut self) -> Vec<Delivery<M>> {
        let wanted = self.holes.ranges().next().map_or(u32::MAX, |hole| hole.start).min(self.past);
        let ready = self.units.range(..wanted).filter(|(_, unit)| unit.complete());
        let ready: Vec<u32> = ready.map(|(first, _)| *first).collect();
        ready.into_iter().filter_map(|first| self.take(first, true)).collect()
    }

    /// Shows what is here from before we listened, whatever it waits for.
    pub(super) fn hurry_past(&mut self) -> Vec<Delivery<M>> {
        let ready = self.units.range(..self.past).filter(|(_, unit)| unit.complete());
        let ready: Vec<u32> = ready.map(|(first, _)| *first).collect();
        ready.into_iter().filter_map(|first| self.take(first, true)).collect()
    }

    /// How many datagrams are missing.
    pub(super) fn missing_count(&self) -> u32 {
        self.missing(usize::MAX).iter().fold(0, |sum: u32, range| sum.saturating_add(range.end - range.start))
    }

    /// How many of these exist by their author's own word.
    pub(super) fn surely_missing(&self) -> u32 {
        let said = self.said();
        let numbers = |range: &Range<u32>| range.end.min(said).saturating_sub(range.start);
        self.missing(usize::MAX).iter().fold(0, |sum: u32, range| sum.saturating_add(numbers(range)))
    }

    /// Whether anything is missing.
    pub(super) fn wants(&self) -> bool {
        !self.missing(1).is_empty()
    }

    /// When [`Feed::timeout`] has something to do.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let waiting = self.units.range(self.next..).next().map(|(_, unit)| unit.touched);
        let tail = (self.expected.0 > self.next).then_some(self.expected.1);
        earliest(waiting, tail).map(|since| since + GAP_HOLD)
    }

    /// Passes over what has been waited for long enough.
    pub(super) fn timeout(&mut self, now: Duration) -> Vec<Delivery<M>> {
        let mut out = Vec::new();
        while self.deadline().is_some_and(|at| at <= now) && self.skip(&mut out) {}
        out
    }

    /// Passes over the first gap. False where there is none.
    fn skip(&mut self, out: &mut Vec<Delivery<M>>) -> bool {
        let waiting = self.units.range(self.next..).next().map(|(first, _)| *first);
        let tail = (self.expected.0 > self.next).then_some(self.expected.0);
        let Some(to) = (match (waiting, tail) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }) else {
            return false;
        };
        if to > self.next {
            out.push(Delivery::Gap(to - self.next, self.next..to));
            self.holes.push(self.next..to);
            self.next = to;
        } else if let Some(unit) = self.units.get(&self.next) {
            // A line of which parts are missing: it is delivered late, should they come.
            out.push(Delivery::Gap(1, self.next..end(self.next, unit.parts.len())));
            for (part, seq) in unit.parts.iter().zip(self.next..) {
                if part.is_none() {
                    self.holes.push(seq..seq + 1);
                }
            }
            self.next = end(self.next, unit.parts.len());
        }
        out.extend(self.drain());
        true
    }

    fn drain(&mut self) -> Vec<Delivery<M>> {
        let mut out = Vec::new();
        while self.units.get(&self.next).is_some_and(Unit::complete) {
            let first = self.next;
            let count = self.units.get(&first).map_or(1, |u| u.parts.len());
            out.extend(self.take(first, false));
            self.next = end(first, count);
        }
        out
    }

    fn take(&mut self, first: u32, late: bool) -> Option<Delivery<M>> {
        let unit = self.units.remove(&first)?;
        self.buffered = self.buffered.saturating_sub(unit.parts.len());
        let parts = u32::try_from(unit.parts.len()).unwrap_or(1);
        let text = unit.parts.into_iter().flatten().collect();
        Some(Delivery::Line { first, text, meta: unit.meta, parts, late })
    }

    /// Datagrams that wait here for others.
    pub(super) fn buffered(&self) -> usize {
        self.buffered
    }

    /// Forgets all that waits: it can be asked for again.
    pub(super) fn shed(&mut self) {
        self.units.clear();
        self.buffered = 0;
    }

    fn forget_oldest(&mut self) {
        if let Some((_, unit)) = self.units.pop_first() {
            self.buffered = self.buffered.saturating_sub(unit.parts.iter().flatten().count());
        } else {
            self.buffered = 0;
        }
    }
}

fn end(first: u32, parts: usize) -> u32 {
    first.saturating_add(u32::try_from(parts).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn piece(first: u32, index: u8, count: u8) -> Piece<()> {
        Piece { first, index, count, body: format!("{}.", first + u32::from(index)), meta: () }
    }

    fn line(first: u32, text: &str, late: bool) -> Delivery<()> {
        Delivery::Line {
            first,
            text: text.into(),
            meta: (),
            parts: u32::try_from(text.matches('.').count()).unwrap(),
            late,
        }
    }

    #[test]
    fn waits_for_what_is_overtaken() {
        let mut feed = Feed::new(1);
        assert_eq!(feed.insert(NOW, piece(2, 0, 1)), vec![]);
        assert_eq!(feed.insert(NOW, piece(1, 0, 1)), vec![line(1, "1.", false), line(2, "2.", false)]);
        assert_eq!(feed.insert(NOW, piece(1, 0, 1)), vec![]);
        assert_eq!(feed.deadline(), None);
    }

    #[test]
    fn tells_a_gap_and_fills_it_late() {
        let mut feed = Feed::new(1);
        assert_eq!(feed.insert(NOW, piece(3, 0, 1)), vec![]);
        assert_eq!(feed.timeout(NOW), vec![]);
        assert_eq!(
            feed.timeout(feed.deadline().unwrap()),
            vec![Delivery::Gap(2, 1..3), line(3, "3.", false)]
        );
        assert_eq!(feed.insert(NOW, piece(2, 0, 1)), vec![line(2, "2.", true)]);
        assert_eq!(feed.insert(NOW, piece(2, 0, 1)), vec![]);
    }

    #[test]
    fn tells_a_lost_tail() {
        let mut feed: Feed<()> = Feed::new(5);
        feed.expect(NOW, 7);
        assert_eq!(feed.timeout(NOW + GAP_HOLD), vec![Delivery::Gap(2, 5..7)]);
        assert_eq!(feed.deadline(), None);
    }

    #[test]
    fn a_line_with_a_lost_part_is_a_gap_until_it_is_whole() {
        let mut feed = Feed::new(1);
        feed.insert(NOW, piece(1, 0, 3));
        feed.insert(NOW, piece(1, 2, 3));
        assert_eq!(feed.insert(NOW, piece(4, 0, 1)), vec![]);
        assert_eq!(feed.timeout(NOW + GAP_HOLD), vec![Delivery::Gap(1, 1..4), line(4, "4.", false)]);
        assert_eq!(feed.insert(NOW, piece(1, 1, 3)), vec![line(1, "1.2.3.", true)]);
    }

    #[test]
    fn a_line_that_was_on_its_way_when_we_came_is_wanted_whole_or_not_at_all() {
        // Its author said "my next number is 6" between the first part and the second.
        let mut feed = Feed::new(6);
        assert_eq!(feed.insert(NOW, piece(5, 1, 3)), vec![]);
        assert!(!feed.wants(), "it was said before we listened");
        feed.look_back(4);
        assert_eq!(feed.missing(9).into_iter().flatten().collect::<Vec<_>>(), [4, 5, 6, 7]);
        assert_eq!(feed.insert(NOW, piece(5, 0, 3)), vec![]);
        assert_eq!(feed.insert(NOW, piece(5, 2, 3)), vec![]);
        assert_eq!(feed.insert(NOW, piece(4, 0, 1)), vec![line(4, "4.", true)]);
        assert_eq!(feed.insert(NOW, piece(5, 1, 3)), vec![line(5, "5.6.7.", true)]);
        assert_eq!((feed.wants(), feed.insert(NOW, piece(8, 0, 1))), (false, vec![line(8, "8.", false)]));

        // The same where what came before is known to be wanted when the rest arrives.
        let mut feed = Feed::new(6);
        feed.look_back(4);
        let mut seen = Vec::new();
        for p in [piece(5, 1, 3), piece(4, 0, 1), piece(5, 0, 3), piece(5, 2, 3), piece(8, 0, 1)] {
            seen.extend(feed.insert(NOW, p));
        }
        assert_eq!(seen, [line(4, "4.", true), line(5, "5.6.7.", true), line(8, "8.", false)]);
        assert!(!feed.wants() && feed.deadline().is_none());
    }

    #[test]
    fn memory_is_bounded() {
        let mut feed = Feed::new(1);
        for n in 0..5_000 {
            feed.insert(NOW, piece(10 + n * 4, 0, 2));
        }
        assert!(feed.units.len() <= MAX_BUFFERED + 1 && feed.buffered <= MAX_BUFFERED);
    }

    proptest! {
        /// Any order, any duplicates: every line once; in order unless late; nothing is left.
        #[test]
        fn each_line_once(counts in proptest::collection::vec(1..4_u8, 1..30), seed in any::<u64>()) {
            let mut pieces = Vec::new();
            let mut first = 1;
            for count in &counts {
                pieces.extend((0..*count).flat_map(|i| [piece(first, i, *count), piece(first, i, *count)]));
                first += u32::from(*count);
            }
            let mut x = seed | 1;
            for i in (1..pieces.len()).rev() {
                x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                pieces.swap(i, usize::try_from(x >> 33).unwrap() % (i + 1));
            }
            let mut feed = Feed::new(1);
            let mut seen = Vec::new();
            for (i, p) in pieces.into_iter().enumerate() {
                let now = NOW + Duration::from_millis(u64::try_from(i).unwrap() * 40);
                let mut got = feed.timeout(now);
                got.extend(feed.insert(now, p));
                for d in got {
                    if let Delivery::Line { first, late, .. } = d {
                        prop_assert!(late || seen.iter().all(|(f, l)| *l || *f < first));
                        seen.push((first, late));
                    }
                }
            }
            let mut firsts: Vec<u32> = seen.iter().map(|(f, _)| *f).collect();
            firsts.sort_unstable();
            firsts.dedup();
            prop_assert_eq!(firsts.len(), counts.len());
            prop_assert_eq!(seen.len(), counts.len());
            prop_assert_eq!(feed.buffered, 0);
        }
    }
}

//! Lines whose author's key is not known yet: kept a while, its beacon asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use super::id::PeerId;
use super::limits::{MAX_STRANGER, MAX_STRANGERS, STRANGER_ASK, STRANGER_HOLD};
use super::node::{Source, Way};

/// A datagram that waits.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) from: Source,
    pub(super) way: Way,
    pub(super) data: Vec<u8>,
    pub(super) since: Duration,
}

#[derive(Debug)]
struct Stranger {
    waiting: Vec<Waiting>,
    /// When its beacon is asked for next.
    ask: Duration,
    asked: u32,
}

#[derive(Debug, Default)]
pub(super) struct Strangers {
    senders: BTreeMap<PeerId, Stranger>,
    total: usize,
}

impl Strangers {
    /// Keeps a datagram of `sender`; beyond the bounds it is forgotten. If its beacon was not asked for yet, it will be
    /// after `wait`: where many miss it, one question will do.
    pub(super) fn push(
        &mut self,
        now: Duration,
        sender: PeerId,
        (from, way): (Source, Way),
        data: &[u8],
        wait: Duration,
    ) {
        let there = |w: &&Waiting| w.from.address.ip() == from.address.ip();
        if self.total >= MAX_STRANGERS || self.all().filter(there).count() >= MAX_STRANGERS / 2 {
            return;
        }
        let stranger = self.senders.entry(sender).or_insert_with(|| Stranger {
            waiting: Vec::new(),
            ask: now + wait,
            asked: 0,
        });
        let again = stranger.waiting.iter().any(|w| w.data == data);
        if stranger.waiting.len() < MAX_STRANGER && !again {
            stranger.waiting.push(Waiting { from, way, data: data.to_vec(), since: now });
            self.total += 1;
        }
    }

    fn all(&self) -> impl Iterator<Item = &Waiting> {
        self.senders.values().flat_map(|s| &s.waiting)
    }

    /// Whether nothing more fits.
    pub(super) fn full(&self) -> bool {
        self.total >= MAX_STRANGERS
    }

    /// Forgets what waits of one sender; `dice` is a random number that says of which.
    pub(super) fn forget_one(&mut self, dice: usize) {
        let victim = self.senders.keys().nth(dice % self.senders.len().max(1)).copied();
        victim.map(|sender| self.take(sender));
    }

    /// The key of `sender` is known: what it said meanwhile.
    pub(super) fn take(&mut self, sender: PeerId) -> Vec<Waiting> {
        let waiting = self.senders.remove(&sender).map_or_else(Vec::new, |s| s.waiting);
        self.total -= waiting.len();
        waiting
    }

    /// Whether something of `sender` waits.
    pub(super) fn waiting(&self, sender: PeerId) -> impl Iterator<Item = &Waiting> {
        self.senders.get(&sender).into_iter().flat_map(|s| &s.waiting)
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.senders
            .values()
            .flat_map(|s| [Some(s.ask), s.waiting.first().map(|w| w.since + STRANGER_HOLD)])
            .flatten()
            .min()
    }

    /// Somebody else asks for its beacon: that serves us, too.
    pub(super) fn asked(&mut self, now: Duration, sender: PeerId, wait: Duration) {
        if let Some(stranger) = self.senders.get_mut(&sender) {
            stranger.ask = stranger.ask.max(now + pause(stranger.asked) + wait);
        }
    }

    /// Whose beacon must be asked for now, and what has waited long enough. `wait` gives random waits.
    pub(super) fn timeout(
        &mut self,
        now: Duration,
        mut wait: impl FnMut() -> Duration,
    ) -> (Vec<PeerId>, Vec<Waiting>) {
        let (mut ask, mut over) = (Vec::new(), Vec::new());
        for (id, stranger) in &mut self.senders {
            if stranger.ask <= now {
                ask.push(*id);
                stranger.asked += 1;
                stranger.ask = now + pause(stranger.asked) + wait();
            }
            let done = stranger.waiting.iter().take_while(|w| w.since + STRANGER_HOLD <= now).count();
            over.extend(stranger.waiting.drain(..done));
        }
        self.total -= over.len();
        self.senders.retain(|_, s| !s.waiting.is_empty());
        over.sort_by_key(|w| w.since);
        ask.sort_unstable();
        (ask, over)
    }
}

/// How long to wait for an answer, after so many questions.
fn pause(asked: u32) -> Duration {
    STRANGER_ASK * (1 << asked.min(3))
}

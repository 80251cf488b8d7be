//! What each address and each key may cost: token buckets in tables of a fixed size.
//!
//! Checking a signature costs fifty times what all other checks cost together, so a flood must die before it. An address
//! pays for each datagram that is worth a look and gets its tokens back when the datagram proves to be genuine: so junk and
//! forgeries empty the bucket, and honest talk, however fast, does not. See docs/PROTOCOL.md, "Order of checks".

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

use super::id::PeerId;
use super::limits::{
    ADDRESS_RATE, ADDRESSES, ASKER_RATE, ASKERS_RATE, GENUINE_RATE, LISTED_RATE, NEWCOMER_RATE,
    NEWCOMERS_RATE, OPENINGS_KNOWN_RATE, OPENINGS_RATE, PLAIN_ALL_RATE, PLAIN_RATE, PROVED_FOR, SENDER_RATE,
    SENDERS, STRANGER_RATE, UNPROVED_RATE,
};

/// Tokens that come each second, and most that are saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Tokens a second, at least 1.
    pub per_second: u32,
    /// Most tokens at once.
    pub burst: u32,
}

impl Rate {
    fn token(self) -> Duration {
        Duration::from_secs(1) / self.per_second.max(1)
    }
}

/// A bucket that was never used is full.
#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    /// Until when the tokens taken so far have come again.
    spent: Duration,
}

impl Bucket {
    /// Takes a token if there is one.
    fn take(&mut self, now: Duration, rate: Rate) -> bool {
        let after = self.spent.max(now) + rate.token();
        let some = after <= now + rate.token() * rate.burst;
        if some {
            self.spent = after;
        }
        some
    }

    /// Whether there is a token.
    fn has(mut self, now: Duration, rate: Rate) -> bool {
        self.take(now, rate)
    }

    fn give_back(&mut self, rate: Rate) {
        self.spent = self.spent.saturating_sub(rate.token());
    }
}

/// The buckets of one address.
#[derive(Debug, Clone, Copy, Default)]
struct Address {
    /// For what has not proved genuine.
    waste: Bucket,
    genuine: Bucket,
    plain: Bucket,
    newcomers: Bucket,
    /// For lines that others must send again because somebody there asks.
    repairs: Bucket,
    /// Something genuine came from it: it does without the common bucket until then.
    proved_until: Duration,
}

/// A table of at most `most` rows. A new one takes the place of a random one, so that no flood of keys can choose whom it
/// pushes out.
#[derive(Debug)]
struct Table<K, V> {
    places: HashMap<K, usize>,
    rows: Vec<(K, V)>,
    most: usize,
}

impl<K: Hash + Eq + Copy, V: Default> Table<K, V> {
    fn new(most: usize) -> Self {
        Self { places: HashMap::new(), rows: Vec::new(), most }
    }

    /// The row of `key`. Of a few random rows that could make room, one that is not `dear` does, if there is one.
    fn row(&mut self, key: K, rng: &mut StdRng, dear: impl Fn(&V) -> bool) -> Option<&mut V> {
        let place = match self.places.get(&key) {
            Some(place) => *place,
            None if self.rows.len() < self.most => {
                self.rows.push((key, V::default()));
                self.rows.len() - 1
            }
            None => {
                let mut place = rng.random_range(0..self.rows.len());
                for _ in 0..TRIES {
                    if self.rows.get(place).is_some_and(|(_, row)| !dear(row)) {
                        break;
                    }
                    place = rng.random_range(0..self.rows.len());
                }
                if let Some(row) = self.rows.get_mut(place) {
                    self.places.remove(&row.0);
                    *row = (key, V::default());
                }
                place
            }
        };
        self.places.insert(key, place);
        self.rows.get_mut(place).map(|(_, row)| row)
    }
}

/// Random rows that are looked at for one that can go.
const TRIES: usize = 8;

/// All buckets.
#[derive(Debug)]
pub(super) struct Budget {
    addresses: Table<IpAddr, Address>,
    senders: Table<PeerId, Bucket>,
    /// Shared by all addresses from which nothing genuine has come.
    unproved: Bucket,
    strangers: Bucket,
    plain: Bucket,
    newcomers: Bucket,
    listed: Bucket,
    /// For sessions with peers met in this run, and with those known before.
    openings: (Bucket, Bucket),
    /// For repairs that addresses ask for from which nothing genuine has come.
    askers: Bucket,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            addresses: Table::new(ADDRESSES),
            senders: Table::new(SENDERS),
            unproved: Bucket::default(),
            strangers: Bucket::default(),
            plain: Bucket::default(),
            newcomers: Bucket::default(),
            listed: Bucket::default(),
            openings: (Bucket::default(), Bucket::default()),
            askers: Bucket::default(),
        }
    }
}

impl Budget {
    fn address(&mut self, now: Duration, from: IpAddr, rng: &mut StdRng) -> Option<&mut Address> {
        self.addresses.row(from, rng, |row| row.proved_until > now)
    }

    /// Takes a token for a datagram from `from` that would cost something. False: it is not looked at.
    pub(super) fn admits(&mut self, now: Duration, from: IpAddr, rng: &mut StdRng) -> bool {
        let mut unproved = self.unproved;
        let Some(row) = self.address(now, from, rng) else { return false };
        let proved = row.proved_until > now;
        let admitted = row.waste.has(now, ADDRESS_RATE)
            && row.genuine.has(now, GENUINE_RATE)
            && (proved || unproved.take(now, UNPROVED_RATE))
            && row.waste.take(now, ADDRESS_RATE);
        self.unproved = unproved;
        admitted
    }

    /// What was admitted is genuine, and of somebody who was known before.
    pub(super) fn genuine(&mut self, now: Duration, from: IpAddr, rng: &mut StdRng) {
        let Some(row) = self.address(now, from, rng) else { return };
        row.waste.give_back(ADDRESS_RATE);
        row.genuine.take(now, GENUINE_RATE);
        row.proved_until = now + PROVED_FOR;
    }

    /// What was admitted had been asked for: it costs nothing at all.
    pub(super) fn asked(&mut self, now: Duration, from: IpAddr, rng: &mut StdRng) {
        if let Some(row) = self.address(now, from, rng) {
            row.waste.give_back(ADDRESS_RATE);
        }
    }

    /// Whether another datagram of an author whose key is not known may be kept.
    pub(super) fn stranger(&mut self, now: Duration) -> bool {
        self.strangers.take(now, STRANGER_RATE)
    }

    /// Whether another line without a signature may be shown.
    pub(super) fn plain(&mut self, now: Duration, from: IpAddr, rng: &mut StdRng) -> bool {
        let all = self.plain.has(now, PLAIN_ALL_RATE);
        let shown = all && self.address(now, from, rng).is_some_and(|row| row.plain.take(now, PLAIN_RATE));
        shown && self.plain.take(now, PLAIN_ALL_RATE)
    }

    /// Whether another peer that was never heard before may be met by a beacon from `from`, once that is verified.
    pub(super) fn newcomer(&mut self, now: Duration, from: IpAddr, rng: &mut StdRng) -> bool {
        self.newcomers.has(now, NEWCOMERS_RATE)
            && self.address(now, from, rng).is_some_and(|row| row.newcomers.has(now, NEWCOMER_RATE))
    }

    /// Such a peer was met.
    pub(super) fn met(&mut self, now: Duration, from: IpAddr, rng: &mut StdRng) {
        self.newcomers.take(now, NEWCOMERS_RATE);
        if let Some(row) = self.address(now, from, rng) {
            row.newcomers.take(now, NEWCOMER_RATE);
        }
    }

    /// Whether another peer may be met because one who was asked tells of it.
    pub(super) fn listed(&mut self, now: Duration) -> bool {
        self.listed.take(now, LISTED_RATE)
    }

    /// Whether another opening of a session may be answered, of a peer `known` from earlier runs or of one that is not.
    pub(super) fn opening(&mut self, now: Duration, known: bool) -> bool {
        if known {
            self.openings.1.take(now, OPENINGS_KNOWN_RATE)
        } else {
            self.openings.0.take(now, OPENINGS_RATE)
        }
    }

    /// Whether `sender` may say another datagram; its signature is checked.
    pub(super) fn speaks(&mut self, now: Duration, sender: PeerId, rng: &mut StdRng) -> bool {
        self.senders.row(sender, rng, |_| false).is_some_and(|bucket| bucket.take(now, SENDER_RATE))
    }

    /// Whether `sender` has said all that it may for now: then no signature of its is worth a check.
    pub(super) fn is_silenced(&self, now: Duration, sender: PeerId) -> bool {
        let place = self.senders.places.get(&sender);
        let row = place.and_then(|place| self.senders.rows.get(*place));
        row.is_some_and(|(_, bucket)| !bucket.has(now, SENDER_RATE))
    }

    /// Whether `sender` says so much more than it may that what is missed of it is not worth asking for: it has used up half of
    /// its burst. Who keeps its own pace never does.
    pub(super) fn is_loud(&self, now: Duration, sender: PeerId) -> bool {
        let place = self.senders.places.get(&sender);
        let row = place.and_then(|place| self.senders.rows.get(*place));
        row.is_some_and(|(_, bucket)| bucket.spent > now + SENDER_RATE.token() * (SENDER_RATE.burst / 2))
    }

    /// Whether a datagram may be sent again because somebody at `from` asks. Addresses can be invented, so those from which
    /// nothing genuine has come share a bucket.
    pub(super) fn repairs(&mut self, now: Duration, from: IpAddr, rng: &mut StdRng) -> bool {
        let mut askers = self.askers;
        let Some(row) = self.address(now, from, rng) else { return false };
        let proved = row.proved_until > now;
        let may = (proved || askers.has(now, ASKERS_RATE)) && row.repairs.take(now, ASKER_RATE);
        if may && !proved {
            askers.take(now, ASKERS_RATE);
        }
        self.askers = askers;
        may
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use rand::SeedableRng;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn alice() -> IpAddr {
        Ipv4Addr::new(10, 0, 0, 1).into()
    }

    fn invented(n: u32) -> IpAddr {
        Ipv6Addr::from(0xfe80_u128 << 112 | u128::from(n)).into()
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let rate = Rate { per_second: 10, burst: 5 };
        let mut bucket = Bucket::default();
        assert_eq!((0..20).filter(|_| bucket.take(HOUR, rate)).count(), 5);
        assert_eq!((0..20).filter(|_| bucket.take(HOUR + Duration::from_millis(300), rate)).count(), 3);
        assert_eq!(
            (0..20).filter(|_| bucket.take(HOUR * 2, rate)).count(),
            5,
            "no more is saved than the burst"
        );
        bucket.give_back(rate);
        assert!(bucket.take(HOUR * 2, rate) && !bucket.take(HOUR * 2, rate));
    }

    #[test]
    fn what_is_genuine_never_empties_the_bucket_of_its_address_and_junk_does() {
        let (mut budget, mut rng) = (Budget::default(), StdRng::from_seed([1; 32]));
        for n in 0..10_000 {
            let now = HOUR + Duration::from_millis(n);
            assert!(
                budget.admits(now, alice(), &mut rng),
                "{n}: a line each millisecond is what a node may say"
            );
            budget.genuine(now, alice(), &mut rng);
        }
        let now = HOUR + Duration::from_secs(10);
        let junk = (0..100_000_u64)
            .filter(|n| budget.admits(now + Duration::from_micros(n * 10), alice(), &mut rng))
            .count();
        let bound = usize::try_from(ADDRESS_RATE.burst + ADDRESS_RATE.per_second).unwrap() + 1;
        assert!(junk <= bound, "{junk} of 100 000 in a second");
    }

    #[test]
    fn a_flood_from_invented_addresses_leaves_those_alone_that_were_proved() {
        let (mut budget, mut rng) = (Budget::default(), StdRng::from_seed([2; 32]));
        budget.admits(HOUR, alice(), &mut rng);
        budget.genuine(HOUR, alice(), &mut rng);
        let mut admitted = 0;
        for n in 0..1_000_000_u32 {
            let now = HOUR + Duration::from_micros(u64::from(n) * 10);
            admitted += u32::from(budget.admits(now, invented(n), &mut rng));
            if n % 10_000 == 0 {
                assert!(budget.admits(now, alice(), &mut rng), "after {n}");
                budget.genuine(now, alice(), &mut rng);
            }
        }
        assert!(
            admitted <= UNPROVED_RATE.burst + 10 * UNPROVED_RATE.per_second + 1,
            "{admitted} in ten seconds"
        );
        assert!(budget.addresses.rows.len() == ADDRESSES && budget.addresses.places.len() == ADDRESSES);
    }

    #[test]
    fn one_sender_cannot_use_up_what_is_anothers() {
        let (mut budget, mut rng) = (Budget::default(), StdRng::from_seed([3; 32]));
        let said = (0..100_000).filter(|_| budget.speaks(HOUR, PeerId([1; 8]), &mut rng)).count();
        assert_eq!(said, usize::try_from(SENDER_RATE.burst).unwrap());
        assert!(budget.speaks(HOUR, PeerId([2; 8]), &mut rng));
        let mut met = 0;
        while met < 100_000 && budget.newcomer(HOUR, alice(), &mut rng) {
            budget.met(HOUR, alice(), &mut rng);
            met += 1;
        }
        assert_eq!(met, usize::try_from(NEWCOMER_RATE.burst).unwrap());
        assert!(budget.newcomer(HOUR, invented(1), &mut rng), "another address has its own");
        let shown = (0..100_000).filter(|_| budget.plain(HOUR, alice(), &mut rng)).count();
        assert_eq!(shown, usize::try_from(PLAIN_RATE.burst).unwrap());
        let sent = (0..100_000).filter(|_| budget.repairs(HOUR, alice(), &mut rng)).count();
        assert_eq!(sent, usize::try_from(ASKER_RATE.burst).unwrap());
    }
}

//! A virtual segment: the product's own nodes, virtual time, everything from one seed.
//!
//! Every run checks what must never happen, whatever befalls the segment: a line that is shown twice by one run of a node,
//! out of its author's order without being marked late, or with other words than its author's.

#![allow(dead_code, reason = "each test that includes this file uses some of it")]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use lanchat::chat::{
    Acquaintance, Checks, Config, Destination, Event, Held, Identity, Keeping, KeptLine, Line, LineId, Node,
    Now, PeerId, Slot, Source,
};
use lanchat::netbios::Name;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Wall clock at the start of every run.
pub(crate) const START: u64 = 1_800_000_000_000;

/// A datagram on its way, ordered so that the heap gives the earliest first.
#[derive(PartialEq, Eq)]
struct Flight {
    at: Duration,
    order: u64,
    to: usize,
    from: Source,
    slot: Slot,
    data: Rc<[u8]>,
}

impl Ord for Flight {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

impl PartialOrd for Flight {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// One host with its node; none while it is off.
pub(crate) struct Host {
    pub(crate) node: Option<Node>,
    pub(crate) events: Vec<Event>,
    /// When each of them came.
    pub(crate) times: Vec<Duration>,
    pub(crate) identity: Identity,
    address: SocketAddr,
    name: Name,
    timer: Option<Duration>,
    /// What the node wants kept.
    pub(crate) held: Vec<Held>,
    /// What it wants noted of private lines, as a driver's file would have it: what waits, and what was shown.
    pub(crate) waiting: Vec<KeptLine>,
    pub(crate) shown: Vec<LineId>,
    /// Hosts hear each other only on the same side.
    pub(crate) side: u8,
    /// Of the datagrams to it, the share that is lost.
    pub(crate) loss: f64,
    /// How much its wall clock is ahead, in milliseconds.
    pub(crate) ahead: i64,
    /// Until when it sleeps, and how long it has slept so far: its monotonic clock stands still meanwhile.
    asleep: Duration,
    slept: Duration,
    /// Its last digest: when, and the hash in it.
    digest: Option<(Duration, [u8; 8])>,
    /// What this run of the node has shown.
    seen: Seen,
}

/// The lines that one run of a node has shown, and the last of each author's run.
#[derive(Default)]
struct Seen {
    lines: HashSet<LineId>,
    last: HashMap<(PeerId, u32), u32>,
}

impl Seen {
    /// Looks at a line that is shown now; `said` is what the hosts have shown as their own.
    fn check(&mut self, line: &Line, hosts: &HashSet<PeerId>, said: &mut HashMap<LineId, String>) {
        let Some(id) = line.id.filter(|_| !line.private) else { return };
        assert!(self.lines.insert(id), "shown twice: {line:?}");
        match said.get(&id) {
            Some(text) => assert_eq!(text, line.text.as_str(), "forged: {line:?}"),
            None if line.own => drop(said.insert(id, line.text.to_string())),
            None => assert!(!hosts.contains(&id.sender), "nobody has said it: {line:?}"),
        }
        assert_eq!(line.peer, Some(id.sender), "another's: {line:?}");
        if !line.late {
            let before = self.last.insert((id.sender, id.epoch), id.seq);
            assert!(before < Some(id.seq), "out of order: {line:?}");
        }
    }
}

impl Host {
    /// The lines heard from others, in the order in which they were shown.
    pub(crate) fn heard(&self) -> Vec<&Line> {
        self.events
            .iter()
            .filter_map(|e| if let Event::Line(l) = e { Some(l) } else { None })
            .filter(|l| !l.own)
            .collect()
    }

    /// Their texts.
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.heard().iter().map(|l| l.text.as_str()).collect()
    }

    pub(crate) fn node(&mut self) -> &mut Node {
        self.node.as_mut().expect("the host is on")
    }
}

/// The segment.
pub(crate) struct Segment {
    pub(crate) now: Duration,
    pub(crate) hosts: Vec<Host>,
    flights: BinaryHeap<Flight>,
    checks: Checks,
    /// Lines that newcomers fetch.
    pub(crate) depth: u32,
    /// Whom those who start know from earlier runs.
    pub(crate) known: Vec<Acquaintance>,
    /// Deadlines of nodes; one that its node no longer has is passed over.
    timers: BinaryHeap<Reverse<(Duration, usize)>>,
    rng: StdRng,
    order: u64,
    /// Each datagram arrives this late, at least and at most.
    pub(crate) delay: (Duration, Duration),
    /// Share of broadcasts that nobody gets.
    pub(crate) correlated: f64,
    /// Somebody on the way drops these.
    pub(crate) dropped: Option<fn(&[u8]) -> bool>,
    /// Share of datagrams that arrive twice.
    pub(crate) duplicates: f64,
    /// Datagrams sent to the segment.
    pub(crate) sent: usize,
    /// Bytes of their data.
    pub(crate) bytes: usize,
    /// Since [`Segment::count_lines`]: those that carry or mend lines, by second, beacons not counted.
    counted: BTreeMap<u64, usize>,
    pub(crate) kinds: BTreeMap<u8, usize>,
    /// The host whose ears are tapped, and what it has heard.
    pub(crate) tapped: Option<usize>,
    pub(crate) heard: Vec<(Duration, Source, Slot, Vec<u8>)>,
    /// Of the events only lines and gaps are kept: the rest would be too much on a large segment.
    pub(crate) only_lines: bool,
    /// When each beacon was sent.
    beacons: Vec<Duration>,
    /// Whose host is on it; others are attackers of a test.
    ids: HashSet<PeerId>,
    /// The words of every line of theirs, as its author has shown it.
    pub(crate) said: HashMap<LineId, String>,
}

impl Segment {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            now: Duration::from_secs(100_000),
            hosts: Vec::new(),
            flights: BinaryHeap::new(),
            checks: Checks::shared(),
            depth: 0,
            known: Vec::new(),
            timers: BinaryHeap::new(),
            rng: StdRng::seed_from_u64(seed),
            order: 0,
            delay: (Duration::from_micros(100), Duration::from_micros(400)),
            correlated: 0.0,
            duplicates: 0.0,
            dropped: None,
            sent: 0,
            bytes: 0,
            counted: BTreeMap::new(),
            kinds: BTreeMap::new(),
            tapped: None,
            heard: Vec::new(),
            only_lines: false,
            beacons: Vec::new(),
            ids: HashSet::new(),
            said: HashMap::new(),
        }
    }

    pub(crate) fn time(&self) -> Now {
        Now { mono: self.now, wall: START + u64::try_from(self.now.as_millis()).unwrap() }
    }

    /// What time it is for a host.
    fn time_of(&self, n: usize) -> Now {
        let now = self.time();
        let host = &self.hosts[n];
        Now { mono: now.mono.saturating_sub(host.slept), wall: now.wall.saturating_add_signed(host.ahead) }
    }

    /// Adds a host and starts its node.
    pub(crate) fn add(&mut self, nick: &str) -> usize {
        let n = self.hosts.len();
        let mut secret = [0; 32];
        secret[..8].copy_from_slice(&(u64::try_from(n).unwrap() + 1).to_be_bytes());
        let octets = [10, 0, u8::try_from(n / 250).unwrap(), u8::try_from(n % 250 + 1).unwrap()];
        self.hosts.push(Host {
            node: None,
            events: Vec::new(),
            times: Vec::new(),
            identity: Identity::from_secret(&secret),
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::from(octets)), 40_000),
            name: Name::new(&format!("HOST{n}"), 0).unwrap(),
            loss: 0.0,
            ahead: 0,
            asleep: Duration::ZERO,
            slept: Duration::ZERO,
            digest: None,
            seen: Seen::default(),
            timer: None,
            side: 0,
            held: Vec::new(),
            waiting: Vec::new(),
            shown: Vec::new(),
        });
        self.ids.insert(self.id(n));
        self.start(n, nick, 1, false);
        n
    }

    /// Starts (again) the node of a host.
    pub(crate) fn start(&mut self, n: usize, nick: &str, epoch: u32, observer: bool) {
        let now = self.time_of(n);
        let host = &mut self.hosts[n];
        let config = Config {
            nick: nick.parse().unwrap(),
            host: host.name,
            epoch,
            reply_port: host.address.port(),
            observer,
            known: self.known.clone(),
            depth: self.depth,
            checks: self.checks.clone(),
        };
        let mut seed = [0; 32];
        self.rng.fill(&mut seed[..]);
        host.node = Some(Node::new(now, config, host.identity.clone(), seed));
        host.seen = Seen::default();
        self.flush(n);
    }

    /// Starts a host again that has kept what is to be noted of private lines.
    pub(crate) fn restart(&mut self, n: usize, nick: &str, epoch: u32) {
        let now = self.time_of(n);
        let (waiting, shown) = (self.hosts[n].waiting.clone(), self.hosts[n].shown.clone());
        self.start(n, nick, epoch, false);
        self.hosts[n].node().restore_private(now, waiting, shown);
        self.flush(n);
    }

    pub(crate) fn id(&self, n: usize) -> PeerId {
        self.hosts[n].identity.id()
    }

    /// Counts from now on.
    pub(crate) fn count_lines(&mut self) {
        self.counted.clear();
        self.kinds.clear();
    }

    /// Datagrams that carried or mended lines, in all and in the busiest second.
    pub(crate) fn counted(&self) -> (usize, usize) {
        (self.counted.values().sum(), self.counted.values().copied().max().unwrap_or(0))
    }

    /// Beacons since `since` in the second that had the most.
    pub(crate) fn most_beacons(&self, since: Duration) -> usize {
        let mut first = self.beacons.partition_point(|at| *at < since);
        let mut most = 0;
        for (n, at) in self.beacons.iter().enumerate().skip(first) {
            while self.beacons[first] + Duration::from_secs(1) <= *at {
                first += 1;
            }
            most = most.max(n + 1 - first);
        }
        most
    }

    /// The hash in the last digest that each host has sent since `since`.
    pub(crate) fn digests(&self, since: Duration) -> Vec<[u8; 8]> {
        self.hosts
            .iter()
            .filter_map(|h| h.digest.filter(|(at, _)| *at >= since))
            .map(|(_, hash)| hash)
            .collect()
    }

    /// Sets the loss of all hosts.
    pub(crate) fn loss(&mut self, share: f64) {
        self.hosts.iter_mut().for_each(|h| h.loss = share);
    }

    /// Suspends a host: it neither hears nor does anything, and its monotonic clock stands still.
    pub(crate) fn suspend(&mut self, n: usize, time: Duration) {
        let end = self.now + time;
        let host = &mut self.hosts[n];
        (host.asleep, host.slept, host.timer) = (end, host.slept + time, Some(end));
        self.timers.push(Reverse((end, n)));
    }

    /// Lets the user of a host do something.
    pub(crate) fn with<T>(&mut self, n: usize, f: impl FnOnce(&mut Node, Now) -> T) -> T {
        let now = self.time_of(n);
        let result = f(self.hosts[n].node(), now);
        self.flush(n);
        result
    }

    pub(crate) fn say(&mut self, n: usize, text: &str) {
        self.with(n, |node, now| node.say(now, lanchat::chat::Kind::Say, text)).unwrap();
    }

    /// Says goodbye as the driver does and switches the host off.
    pub(crate) fn leave(&mut self, n: usize) {
        for _ in 0..Node::GOODBYES {
            self.with(n, Node::leave);
        }
        self.hosts[n].node = None;
    }

    /// Puts a datagram of any origin on the segment.
    pub(crate) fn inject(&mut self, from: Source, slot: Slot, data: &[u8]) {
        let side = self.hosts.iter().find(|h| h.address == from.address).map(|h| h.side);
        if self.rng.random_bool(self.correlated) {
            return;
        }
        let data: Rc<[u8]> = data.into();
        for to in 0..self.hosts.len() {
            if side.is_some_and(|side| side != self.hosts[to].side) {
                continue;
            }
            self.fly(to, from, slot, &data);
        }
    }

    fn fly(&mut self, to: usize, from: Source, slot: Slot, data: &Rc<[u8]>) {
        if self.rng.random_bool(self.hosts[to].loss) || self.dropped.is_some_and(|dropped| dropped(data)) {
            return;
        }
        let copies = if self.rng.random_bool(self.duplicates) { 2 } else { 1 };
        for _ in 0..copies {
            let at = self.now + self.rng.random_range(self.delay.0..=self.delay.1);
            self.order += 1;
            self.flights.push(Flight { at, order: self.order, to, from, slot, data: Rc::clone(data) });
        }
    }

    fn flush(&mut self, n: usize) {
        let (name, address) = (self.hosts[n].name, self.hosts[n].address);
        while let Some(transmit) = self.hosts[n].node.as_mut().and_then(Node::poll_transmit) {
            self.sent += 1;
            self.bytes += transmit.data.len();
            if transmit.slot == Slot::Sync && transmit.data.get(3) == Some(&1) {
                self.beacons.push(self.now);
            }
            if let (Slot::Sync, Some(8), Some(hash)) =
                (transmit.slot, transmit.data.get(3), transmit.data.get(14..22))
            {
                self.hosts[n].digest = Some((self.now, hash.try_into().unwrap()));
            }
            // The frame's type: beacons, goodbyes, who-is, lists of peers and their questions are presence, the rest is
            // for lines.
            let kind = transmit.data.get(3).copied().unwrap_or_default();
            let line = matches!(transmit.slot, Slot::Lobby | Slot::Room(_) | Slot::Sealed);
            if line || (4..=10).contains(&kind) && kind != 9 {
                *self.counted.entry(self.now.as_secs()).or_default() += 1;
                *self.kinds.entry(if line { 0 } else { transmit.data[3] }).or_default() += 1;
            }
            assert!(transmit.data.len() <= lanchat::mailslot::MAX_WRITE, "{} bytes", transmit.data.len());
            let from = Source { name, address };
            match transmit.to {
                // The sender hears its own broadcast, as on a real segment.
                Destination::Segment => self.inject(from, transmit.slot, &transmit.data),
                Destination::Peer { address, .. } => {
                    let there = |h: &Host| h.address == address && h.side == self.hosts[n].side;
                    if let Some(to) = self.hosts.iter().position(there) {
                        self.fly(to, from, transmit.slot, &transmit.data.into());
                    }
                }
            }
        }
        let host = &mut self.hosts[n];
        if let Some(node) = &mut host.node {
            let events = std::iter::from_fn(|| node.poll_event()).inspect(|event| {
                if let Event::Line(line) = event {
                    host.seen.check(line, &self.ids, &mut self.said);
                }
            });
            let kept = |e: &Event| !self.only_lines || matches!(e, Event::Line(_) | Event::Gap { .. });
            host.events.extend(events.filter(kept));
            host.times.resize(host.events.len(), self.now);
            host.held.extend(std::iter::from_fn(|| node.poll_held()));
            for what in std::iter::from_fn(|| node.poll_keeping()) {
                match what {
                    Keeping::Waits(line) => host.waiting.push(line),
                    Keeping::Over { id, .. } => host.waiting.retain(|line| line.id != id),
                    Keeping::Shown(id) => host.shown.push(id),
                }
            }
            let timer = node.poll_timeout().map(|at| at + host.slept);
            if let Some(at) = timer.filter(|_| timer != host.timer) {
                self.timers.push(Reverse((at, n)));
            }
            host.timer = timer;
        }
    }

    /// Lets this much virtual time pass.
    pub(crate) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        let mut steps = 0_u64;
        loop {
            let timer = self.timers.peek().map(|Reverse(timer)| *timer);
            let flight = self.flights.peek().map(|f| f.at);
            let next = [timer.map(|(at, _)| at), flight].into_iter().flatten().min();
            let Some(next) = next.filter(|at| *at <= end) else { break };
            self.now = self.now.max(next);
            steps += 1;
            assert!(steps < 50_000_000, "the nodes do not come to rest");
            if flight == Some(next) {
                let Some(f) = self.flights.pop() else { break };
                let to = f.to;
                let now = self.time_of(to);
                let awake = self.hosts[to].asleep <= self.now;
                if let Some(node) = self.hosts[to].node.as_mut().filter(|_| awake) {
                    node.handle_datagram(now, &f.from, f.slot, &f.data);
                }
                if self.tapped == Some(to) {
                    self.heard.push((next, f.from, f.slot, f.data.to_vec()));
                }
                if awake {
                    self.flush(to);
                }
            } else if let Some((at, n)) = timer {
                self.timers.pop();
                if self.hosts[n].timer == Some(at) {
                    self.hosts[n].timer = None;
                    let now = self.time_of(n);
                    if let Some(node) = &mut self.hosts[n].node {
                        node.handle_timeout(now);
                    }
                    self.flush(n);
                }
            }
        }
        self.now = end;
    }
}

//! A virtual segment: the product's own nodes, virtual time, everything from one seed.

use std::collections::BinaryHeap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use lanchat::chat::{Config, Destination, Event, Identity, Line, Node, Now, PeerId, Slot, Source};
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
    data: Vec<u8>,
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
    pub(crate) identity: Identity,
    address: SocketAddr,
    name: Name,
    /// Of the datagrams to it, the share that is lost.
    pub(crate) loss: f64,
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
    rng: StdRng,
    order: u64,
    /// Each datagram arrives this late, at least and at most.
    pub(crate) delay: (Duration, Duration),
    /// Share of datagrams that arrive twice.
    pub(crate) duplicates: f64,
    /// Datagrams sent to the segment.
    pub(crate) sent: usize,
}

impl Segment {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            now: Duration::from_secs(1000),
            hosts: Vec::new(),
            flights: BinaryHeap::new(),
            rng: StdRng::seed_from_u64(seed),
            order: 0,
            delay: (Duration::from_micros(100), Duration::from_micros(400)),
            duplicates: 0.0,
            sent: 0,
        }
    }

    pub(crate) fn time(&self) -> Now {
        Now { mono: self.now, wall: START + u64::try_from(self.now.as_millis()).unwrap() }
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
            identity: Identity::from_secret(&secret),
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::from(octets)), 40_000),
            name: Name::new(&format!("HOST{n}"), 0).unwrap(),
            loss: 0.0,
        });
        self.start(n, nick, 1, false);
        n
    }

    /// Starts (again) the node of a host.
    pub(crate) fn start(&mut self, n: usize, nick: &str, epoch: u32, observer: bool) {
        let now = self.time();
        let host = &mut self.hosts[n];
        let config = Config {
            nick: nick.parse().unwrap(),
            host: host.name,
            epoch,
            reply_port: host.address.port(),
            observer,
            known: Vec::new(),
        };
        let mut seed = [0; 32];
        self.rng.fill(&mut seed[..]);
        host.node = Some(Node::new(now, config, host.identity.clone(), seed));
        self.flush(n);
    }

    pub(crate) fn id(&self, n: usize) -> PeerId {
        self.hosts[n].identity.id()
    }

    /// Sets the loss of all hosts.
    pub(crate) fn loss(&mut self, share: f64) {
        self.hosts.iter_mut().for_each(|h| h.loss = share);
    }

    /// Lets the user of a host do something.
    pub(crate) fn with<T>(&mut self, n: usize, f: impl FnOnce(&mut Node, Now) -> T) -> T {
        let now = self.time();
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
        for to in 0..self.hosts.len() {
            self.fly(to, from, slot, data);
        }
    }

    fn fly(&mut self, to: usize, from: Source, slot: Slot, data: &[u8]) {
        if self.rng.random_bool(self.hosts[to].loss) {
            return;
        }
        let copies = if self.rng.random_bool(self.duplicates) { 2 } else { 1 };
        for _ in 0..copies {
            let at = self.now + self.rng.random_range(self.delay.0..=self.delay.1);
            self.order += 1;
            self.flights.push(Flight { at, order: self.order, to, from, slot, data: data.to_vec() });
        }
    }

    fn flush(&mut self, n: usize) {
        let (name, address) = (self.hosts[n].name, self.hosts[n].address);
        while let Some(transmit) = self.hosts[n].node.as_mut().and_then(Node::poll_transmit) {
            self.sent += 1;
            assert!(transmit.data.len() <= lanchat::chat::limits::MAX_DATA, "{} bytes", transmit.data.len());
            let from = Source { name, address };
            match transmit.to {
                // The sender hears its own broadcast, as on a real segment.
                Destination::Segment => self.inject(from, transmit.slot, &transmit.data),
                Destination::Peer { address, .. } => {
                    if let Some(to) = self.hosts.iter().position(|h| h.address == address) {
                        self.fly(to, from, transmit.slot, &transmit.data);
                    }
                }
            }
        }
        let host = &mut self.hosts[n];
        if let Some(node) = &mut host.node {
            host.events.extend(std::iter::from_fn(|| node.poll_event()));
        }
    }

    /// Lets this much virtual time pass.
    pub(crate) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        let mut steps = 0_u64;
        loop {
            let timer = (0..self.hosts.len())
                .filter_map(|n| Some((self.hosts[n].node.as_ref()?.poll_timeout()?, n)))
                .min();
            let flight = self.flights.peek().map(|f| f.at);
            let next = [timer.map(|(at, _)| at), flight].into_iter().flatten().min();
            let Some(next) = next.filter(|at| *at <= end) else { break };
            self.now = self.now.max(next);
            steps += 1;
            assert!(steps < 50_000_000, "the nodes do not come to rest");
            let now = self.time();
            if flight == Some(next) {
                let Some(f) = self.flights.pop() else { break };
                let to = f.to;
                if let Some(node) = &mut self.hosts[to].node {
                    node.handle_datagram(now, &f.from, f.slot, &f.data);
                }
                self.flush(to);
            } else if let Some((_, n)) = timer {
                self.hosts[n].node().handle_timeout(now);
                self.flush(n);
            }
        }
        self.now = end;
    }
}

//! A conversation on a segment, checked and measured.

#![allow(dead_code, reason = "each test that includes this file uses some of it")]

use std::collections::BTreeMap;
use std::time::Duration;

use lanchat::chat::Event;

use crate::segment::Segment;

/// What a conversation cost.
#[derive(Debug, Default, Clone)]
pub(crate) struct Outcome {
    /// Lines that were said.
    pub(crate) lines: usize,
    /// Datagrams that carried or mended lines.
    pub(crate) datagrams: usize,
    /// From the moment when a line was said until it was shown, for each line and reader, sorted.
    pub(crate) delays: Vec<Duration>,
    /// Datagrams in the busiest second.
    pub(crate) peak: usize,
}

/// Above the rows of [`Outcome::row`].
pub(crate) const HEADER: &str = "\
 peers  loss   lines  datagrams/line  p50 ms  p90 ms  p99 ms  max ms  peak datagrams/s";

impl Outcome {
    /// Adds a further run on a like segment.
    pub(crate) fn add(&mut self, other: Self) {
        self.lines += other.lines;
        self.datagrams += other.datagrams;
        self.delays.extend(other.delays);
        self.delays.sort_unstable();
        self.peak = self.peak.max(other.peak);
    }

    /// As a row of a table.
    pub(crate) fn row(&self, peers: usize, loss: f64) -> String {
        let at = |percent: usize| {
            let last = self.delays.len().saturating_sub(1);
            let delay = self.delays.get(last * percent / 100).copied().unwrap_or_default();
            format!("{}.{}", delay.as_millis(), delay.as_micros() % 1000 / 100)
        };
        let tenths = (self.datagrams * 10 + self.lines / 2) / self.lines.max(1);
        format!(
            "{peers:6} {:3.0} %  {:6}  {:12}.{} {:>8}{:>8}{:>8}{:>8}  {:16}",
            loss * 100.0,
            self.lines,
            tenths / 10,
            tenths % 10,
            at(50),
            at(90),
            at(99),
            at(100),
            self.peak
        )
    }
}

/// Most datagrams a line, and in one second, of any run of any segment.
const MOST: (usize, usize) = (100, 300);

/// `peers` nodes, of whom up to 20 say `lines` lines, four a second, while each node loses the share `loss` of what it
/// hears. Every node must show every line of the others once, each author's in order, as it was said and with no word of a
/// gap. In the end all must know and hold the same, that and no more, with nothing left to ask for or to send, and what was
/// sent must be within [`MOST`].
pub(crate) fn talk(seed: u64, peers: usize, loss: f64, lines: usize) -> Outcome {
    let second = Duration::from_secs(1);
    let mut s = Segment::new(seed);
    s.only_lines = true;
    s.depth = 1000;
    let speakers = peers.min(20);
    let first = peers - speakers;
    // Those who speak come last, so that everybody hears their beacons however many there are.
    let apart = Duration::from_micros(match peers {
        0..=100 => 20_000,
        101..=1000 => 1000,
        _ => 250,
    });
    for n in 0..peers {
        if n == first && peers > 100 {
            s.run(second * 3);
        }
        s.add(&format!("peer{n}"));
        s.run(apart);
    }
    let met = |s: &mut Segment, n: usize| {
        let ids: Vec<_> = (first..peers).filter(|other| *other != n).map(|other| s.id(other)).collect();
        ids.into_iter().all(|id| s.hosts[n].node().public_key(id).is_some())
    };
    for waited in 0.. {
        s.run(second);
        // Where they are thousands, who has not heard a speaker's beacon asks for it when it speaks.
        if peers > 1000 && waited >= 2 || waited >= 7 && (0..peers).all(|n| met(&mut s, n)) {
            break;
        }
        assert!(waited < 300, "they do not meet");
    }
    s.loss(loss);
    // They learn how much is lost: each beacon tells of those before it, and they are rare on a large segment.
    let learn = match peers {
        0..=100 => 25,
        101..=1000 => 60,
        _ => 6, // each beacon takes memory in each of them
    };
    s.run(second * learn);
    for host in &mut s.hosts {
        host.events.clear();
        host.times.clear();
    }
    s.count_lines();
    let mut said = BTreeMap::new();
    for n in 0..lines {
        let text = format!("line {n}");
        said.insert(text.clone(), s.now);
        s.say(first + n % speakers, &text);
        s.run(Duration::from_millis(250));
    }
    s.run(second * if peers > 1000 { 8 } else { 30 });
    let mut delays = Vec::new();
    for (n, host) in s.hosts.iter().enumerate() {
        let mut next = vec![0; speakers];
        let mut heard = 0;
        for (event, at) in host.events.iter().zip(&host.times) {
            let Event::Line(line) = event else { panic!("seed {seed}, host {n}: {event:?}") };
            if line.own {
                continue;
            }
            let number: usize = line.text.as_str().strip_prefix("line ").unwrap().parse().unwrap();
            let speaker = number % speakers;
            assert_eq!(line.peer, Some(s.id(first + speaker)), "seed {seed}, host {n}: {}", line.text);
            assert!(number >= next[speaker], "seed {seed}, host {n}: {} out of order or twice", line.text);
            next[speaker] = number + 1;
            delays.push(at.saturating_sub(said[line.text.as_str()]));
            heard += 1;
        }
        let own = n.checked_sub(first).map_or(0, |n| lines.saturating_sub(n).div_ceil(speakers));
        assert_eq!(heard + own, lines, "seed {seed}: host {n} of {peers} missed lines at loss {loss}");
    }
    delays.sort_unstable();
    let (datagrams, peak) = s.counted();
    assert!(datagrams <= lines * MOST.0 && peak <= MOST.1, "seed {seed}: {datagrams} datagrams, peak {peak}");
    let digest = s.hosts[0].node().digest();
    for (n, host) in s.hosts.iter_mut().enumerate() {
        let node = host.node();
        assert_eq!(node.digest(), digest, "seed {seed}, host {n}");
        assert_eq!((node.holding(), node.unsent()), ((lines, 0), 0), "seed {seed}, host {n}");
    }
    Outcome { lines, datagrams, delays, peak }
}

//! Everything at once, from a seed: loss, partitions, kills, goodbyes, suspends, wrong clocks, restarts with and without
//! history, and somebody who sends what others have said with other words. In the end all who are there have shown all that any of them holds, each line once, and are at rest.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may fail loudly")]

#[path = "sim/segment.rs"]
mod segment;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lanchat::chat::{Event, Held, LineId, Slot, Source};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use segment::Segment;

const SECOND: Duration = Duration::from_secs(1);

/// A host's user and disk, over all its runs since it last lost its history.
#[derive(Default)]
struct User {
    seen: BTreeSet<LineId>,
    disk: Vec<Held>,
    asleep: Duration,
}

struct Storm {
    seed: u64,
    rng: StdRng,
    s: Segment,
    users: Vec<User>,
    epoch: u32,
    /// What the forger has made others say.
    forged: Vec<String>,
}

impl Storm {
    fn new(seed: u64) -> Self {
        let mut this = Self {
            seed,
            rng: StdRng::seed_from_u64(seed ^ 0x5eed),
            s: Segment::new(seed),
            users: vec![],
            epoch: 10,
            forged: vec![],
        };
        this.s.tapped = Some(0);
        this.s.depth = 1000;
        for n in 0..this.rng.random_range(3..8) {
            this.s.add(&format!("h{n}"));
            this.users.push(User::default());
            if this.rng.random_bool(0.3) {
                this.s.hosts[n].ahead = this.rng.random_range(-7_200_000..7_200_000);
            }
        }
        this.pass(6000);
        let loss = this.rng.random_range(0.0..0.4);
        this.s.loss(loss);
        this.s.correlated = if this.rng.random_bool(0.3) { 0.15 } else { 0.0 };
        this.s.duplicates = if this.rng.random_bool(0.3) { 0.2 } else { 0.0 };
        this.s.delay.1 = Duration::from_micros(this.rng.random_range(200..30_000));
        this
    }

    /// Up to so many milliseconds pass.
    fn pass(&mut self, most: u64) {
        self.s.run(Duration::from_millis(self.rng.random_range(0..most)));
    }

    fn on(&self, n: usize) -> bool {
        self.s.hosts[n].node.is_some()
    }

    /// What the user of `n` has been shown, and what the disk has got.
    fn look(&mut self, n: usize) {
        let (host, user) = (&mut self.s.hosts[n], &mut self.users[n]);
        let mut last = BTreeMap::new();
        for event in host.events.drain(..) {
            let Event::Line(line) = event else { continue };
            let Some(id) = line.id else {
                // Of an author whom nobody could vouch for.
                let forged = self.forged.iter().any(|text| text == line.text.as_str());
                assert!(forged, "seed {}, host {n}: unsigned: {}", self.seed, line.text);
                continue;
            };
            assert!(user.seen.insert(id), "seed {}, host {n}: shown twice: {}", self.seed, line.text);
            if !line.late {
                let before = last.insert((id.sender, id.epoch), id.seq);
                assert!(before < Some(id.seq), "seed {}, host {n}: out of order: {}", self.seed, line.text);
            }
        }
        host.times.clear();
        user.disk.append(&mut host.held);
    }

    fn speak(&mut self, n: usize, step: usize) {
        let many = if self.rng.random_bool(0.05) { self.rng.random_range(20..200) } else { 1 };
        for line in 0..many {
            let mut text = format!("{step}.{line} of {n}");
            if self.rng.random_bool(0.15) {
                text.push_str(&" long".repeat(self.rng.random_range(70..600)));
            }
            self.s.say(n, &text);
        }
    }

    /// Somebody sends again what one of them has heard, with another letter in its text.
    fn forge(&mut self) {
        let lines: Vec<_> = self.s.heard.iter().filter(|(_, _, slot, _)| *slot == Slot::Lobby).collect();
        if lines.is_empty() {
            return;
        }
        let (_, from, slot, data) = lines[self.rng.random_range(0..lines.len())];
        let (mut data, slot) = (data.clone(), *slot);
        let from = Source { name: from.name, address: ([10, 9, 9, 9], 138).into() };
        let end = data.iter().position(|byte| *byte == 0).unwrap();
        data[self.rng.random_range(0..end)] ^= 1;
        self.forged.push(String::from_utf8_lossy(&data[..end]).trim_end().to_owned());
        self.s.inject(from, slot, &data);
    }

    fn start(&mut self, n: usize) {
        self.epoch += 1;
        let host = &mut self.s.hosts[n];
        (host.events, host.times, host.held) = (vec![], vec![], vec![]);
        if self.rng.random_bool(0.3) {
            self.users[n] = User::default();
        }
        self.s.start(n, &format!("h{n}"), self.epoch, false);
        let kept = self.users[n].disk.clone();
        self.s.with(n, |node, _| node.restore(kept));
    }

    fn step(&mut self, step: usize, speaker: &mut usize) {
        let n = self.rng.random_range(0..self.users.len());
        let what = self.rng.random_range(0..100);
        // Who has just spoken is the one who matters.
        let n = if (60..72).contains(&what) && self.rng.random_bool(0.5) { *speaker } else { n };
        let awake = self.users[n].asleep <= self.s.now;
        match what {
            0..60 if self.on(n) && awake => {
                self.speak(n, step);
                *speaker = n;
            }
            60..72 if self.on(n) && awake => {
                self.look(n);
                if what < 66 {
                    self.s.leave(n);
                }
                self.s.hosts[n].node = None; // else kill -9
            }
            72..84 if !self.on(n) && awake => self.start(n),
            84..88 if self.on(n) && awake => {
                let time = Duration::from_millis(self.rng.random_range(1000..40_000));
                self.users[n].asleep = self.s.now + time;
                self.s.suspend(n, time);
            }
            88..92 => self.s.hosts[n].side ^= 1,
            92..95 => self.s.hosts[n].loss = self.rng.random_range(0.0..0.6),
            95..97 => self.s.hosts.iter_mut().for_each(|host| host.side = 0),
            97..99 => self.forge(),
            _ => {}
        }
        self.pass(1500);
    }

    fn end(&mut self) {
        self.s.run(SECOND * 45);
        self.s.hosts.iter_mut().for_each(|host| host.side = 0);
        self.s.loss(0.2);
        self.s.run(SECOND * 150);
        self.s.run(SECOND * 150);
        self.s.count_lines();
        self.s.run(SECOND * 120);
        let live: Vec<usize> = (0..self.users.len()).filter(|n| self.on(*n)).collect();
        for n in &live {
            self.look(*n);
        }
        if live.len() < 2 {
            return;
        }
        let all: BTreeSet<LineId> = live.iter().flat_map(|n| &self.users[*n].seen).copied().collect();
        for n in live {
            let missing: Vec<_> = all.difference(&self.users[n].seen).collect();
            assert!(missing.is_empty(), "seed {}, host {n} of {:?}: {missing:?}", self.seed, all.len());
        }
        // Digests need not be equal: of numbers that nobody can show, only who has heard their author tell of them goes on
        // telling. That must cost nothing.
        let traffic = self.s.counted().0;
        assert!(traffic < 80, "seed {}: no rest: {:?}", self.seed, self.s.kinds);
    }
}

#[test]
fn after_a_storm_all_have_what_any_of_them_holds() {
    for seed in 0..40 {
        let mut storm = Storm::new(seed);
        let mut speaker = 0;
        for step in 0..120 {
            storm.step(step, &mut speaker);
        }
        storm.end();
    }
}

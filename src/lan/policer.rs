//! Traffic policing: when more comes than this program can read, what the loudest addresses send is thinned before it is
//! put into the socket's buffer.
//!
//! A full buffer drops whatever comes next, and so nearly everything of everybody, since whoever floods fills each free
//! place at once. As in RED-PD (Mahajan, Floyd, Wetherall: "Controlling High-Bandwidth Flows at the Congested Router", 2001)
//! those who send most pay for it: the system lets only a share of their datagrams through, chosen at random, and what
//! others say finds room. Nothing is measured, and no filter is in force, as long as nothing is lost.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use tokio::time::Instant;

/// How long is measured before the shares are chosen anew.
const WINDOW: Duration = Duration::from_millis(250);
/// Datagrams a second that each loud address may deliver at first, and at most,
const QUOTA: f64 = 1000.0;
/// and at least, however little can be read: more than an honest participant says.
const LEAST: f64 = 50.0;
/// Addresses that can be loud at the same time.
const MOST: usize = 16;
/// Addresses that are counted in one window.
const COUNTED: usize = 4096;

/// The share of an address's datagrams that is let through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limit {
    pub(super) address: IpAddr,
    /// From 0 to 1.
    pub(super) share: f64,
}

/// What has come in the current window.
#[derive(Debug)]
struct Window {
    since: Instant,
    from: HashMap<IpAddr, u32>,
    read: u32,
    lost: u32,
    /// Everything that waited was read at some moment: this program keeps pace.
    drained: bool,
}

impl Window {
    fn new(since: Instant) -> Self {
        Self { since, from: HashMap::new(), read: 0, lost: 0, drained: false }
    }
}

/// Watches one socket.
#[derive(Debug)]
pub(super) struct Policer {
    /// None as long as nothing is lost.
    window: Option<Window>,
    limits: Vec<Limit>,
    /// Datagrams a second that each loud address may deliver now.
    quota: f64,
    /// The system's count of lost datagrams; it includes those that the filter stops.
    lost: u32,
}

impl Default for Policer {
    fn default() -> Self {
        Self { window: None, limits: Vec::new(), quota: QUOTA, lost: 0 }
    }
}

impl Policer {
    /// When [`Policer::turn`] has something to do.
    pub(super) fn due(&self) -> Option<Instant> {
        self.window.as_ref().map(|window| window.since + WINDOW)
    }

    /// A datagram was read; `lost` have been thrown away so far.
    pub(super) fn note(&mut self, now: impl Fn() -> Instant, from: IpAddr, lost: Option<u32>) {
        let lost = lost.unwrap_or(self.lost);
        let more = lost.saturating_sub(std::mem::replace(&mut self.lost, lost)); // fewer: of another socket
        if more == 0 && self.window.is_none() {
            return;
        }
        let window = self.window.get_or_insert_with(|| Window::new(now()));
        window.lost = window.lost.saturating_add(more);
        window.read += 1;
        if window.from.len() < COUNTED || window.from.contains_key(&from) {
            *window.from.entry(from).or_default() += 1;
        }
    }

    /// Nothing waits at this moment.
    pub(super) fn drained(&mut self) {
        if let Some(window) = &mut self.window {
            window.drained = true;
        }
    }

    /// At the end of a window: the limits from now on, if they change.
    pub(super) fn turn(&mut self, now: Instant) -> Option<&[Limit]> {
        let window = self.window.take_if(|window| now >= window.since + WINDOW)?;
        let seconds = (now - window.since).as_secs_f64();
        let policing = !self.limits.is_empty();
        if !policing && window.drained && window.lost < window.read {
            // A burst, such as when much is caught up on: this program keeps pace.
            self.window = (window.lost > 0).then(|| Window::new(now));
            return None;
        }
        if !window.drained && window.lost > 0 && policing {
            self.quota = (self.quota / 2.0).max(LEAST);
        } else if window.drained {
            self.quota = (self.quota * 1.25).min(QUOTA);
        }
        // Without a filter what was lost was lost of all alike; with one, the system's count says nothing about the buffer.
        let unseen =
            if policing { 1.0 } else { 1.0 + f64::from(window.lost) / f64::from(window.read.max(1)) };
        let mut loud: Vec<(f64, IpAddr)> = Vec::new();
        for (address, read) in &window.from {
            let arrived = f64::from(*read) * unseen / self.share(*address) / seconds;
            if arrived > self.quota {
                loud.push((arrived, *address));
            }
        }
        // Of whom nothing came, the share grows until something does, or it is whole again.
        let silent = self.limits.iter().filter(|limit| !window.from.contains_key(&limit.address));
        let growing = silent.map(|limit| (self.quota / (limit.share * 2.0), limit.address));
        loud.extend(growing.filter(|(arrived, _)| *arrived > self.quota));
        loud.sort_by(|a, b| b.0.total_cmp(&a.0));
        loud.truncate(MOST);
        let limits =
            loud.into_iter().map(|(arrived, address)| Limit { address, share: self.quota / arrived });
        let before = std::mem::replace(&mut self.limits, limits.collect());
        if self.limits.is_empty() {
            self.quota = QUOTA;
        }
        if !self.limits.is_empty() || window.lost > 0 {
            self.window = Some(Window::new(now));
        }
        (before != self.limits).then_some(self.limits.as_slice())
    }

    fn share(&self, address: IpAddr) -> f64 {
        self.limits.iter().find(|limit| limit.address == address).map_or(1.0, |limit| limit.share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MALLORY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 66));
    const ALICE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    /// A socket whose buffer holds 100 datagrams and whose reader takes `pace` a second.
    struct Machine {
        policer: Policer,
        now: Instant,
        waiting: std::collections::VecDeque<IpAddr>,
        lost: u32,
        heard: HashMap<IpAddr, u32>,
        random: u32,
    }

    impl Machine {
        fn new() -> Self {
            Self {
                policer: Policer::default(),
                now: Instant::now(),
                waiting: std::collections::VecDeque::new(),
                lost: 0,
                heard: HashMap::new(),
                random: 1,
            }
        }

        fn arrives(&mut self, from: IpAddr) {
            self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let let_in = f64::from(self.random >> 8) / f64::from(1 << 24) < self.policer.share(from);
            if let_in && self.waiting.len() < 100 {
                self.waiting.push_back(from);
            } else {
                self.lost += 1;
            }
        }

        /// For some milliseconds: so many datagrams of mallory a millisecond, and one of alice each 50 ms.
        fn run(&mut self, ms: u32, flood: u32, pace: u32) {
            for at in 0..ms {
                self.now += Duration::from_millis(1);
                (0..flood).for_each(|_| self.arrives(MALLORY));
                if at % 50 == 25 {
                    self.arrives(ALICE);
                }
                for _ in 0..pace {
                    let now = self.now;
                    match self.waiting.pop_front() {
                        Some(from) => {
                            self.policer.note(|| now, from, Some(self.lost));
                            *self.heard.entry(from).or_default() += 1;
                        }
                        None => self.policer.drained(),
                    }
                }
                self.policer.turn(self.now);
            }
        }

        fn heard(&mut self, from: IpAddr) -> u32 {
            self.heard.remove(&from).unwrap_or(0)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn in_a_flood_nearly_all_of_the_quiet_ones_is_heard() {
        let mut machine = Machine::new();
        machine.run(5_000, 50, 2); // 50 000 a second, of which 2 000 can be read
        machine.heard.clear();
        machine.run(20_000, 50, 2);
        let honest = machine.heard(ALICE);
        assert!(honest >= 380, "{honest} of 400");
        let loud = f64::from(machine.heard(MALLORY)) / 20.0;
        assert!((LEAST / 2.0..=QUOTA * 2.0).contains(&loud), "{loud} a second");
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_is_slower_still_lets_less_of_it_in() {
        let mut machine = Machine::new();
        for _ in 0..30_000 {
            machine.run(1, 50, 0);
            machine.run(1, 0, 1); // 500 a second
        }
        machine.heard.clear();
        let mut honest = 0;
        for _ in 0..500 {
            for _ in 0..9 {
                machine.run(1, 50, 0);
                machine.run(1, 0, 1);
            }
            machine.arrives(ALICE);
            machine.run(1, 50, 1);
            machine.run(1, 0, 0);
            honest += machine.heard(ALICE);
        }
        assert!(honest >= 450, "{honest} of 500");
    }

    #[tokio::test(start_paused = true)]
    async fn without_loss_nothing_is_measured_and_after_a_flood_all_is_let_in_again() {
        let mut machine = Machine::new();
        machine.run(1_000, 1, 2);
        assert!(machine.policer.due().is_none() && machine.policer.limits.is_empty());
        machine.run(2_000, 50, 2);
        assert_eq!(machine.policer.limits.len(), 1, "alice is not loud");
        machine.run(10_000, 0, 2);
        assert!(machine.policer.due().is_none() && machine.policer.limits.is_empty());
        machine.heard.clear();
        machine.run(1_000, 1, 2);
        assert_eq!(machine.heard(MALLORY), 1_000);
    }

    #[tokio::test(start_paused = true)]
    async fn many_loud_ones_are_a_bounded_list() {
        let mut policer = Policer::default();
        let now = Instant::now();
        for n in 0..200_000_u32 {
            let from = std::net::Ipv4Addr::from_bits(0x0a00_0000 + n % 100).into();
            policer.note(|| now, from, Some(n * 10));
        }
        let limits = policer.turn(now + WINDOW).unwrap();
        assert_eq!(limits.len(), MOST);
        assert!(limits.iter().all(|limit| limit.share > 0.0 && limit.share < 1.0));
    }
}

//! `lanchat ping`: round trips to a peer's reply slot.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::time::Instant;

use super::settings::Settings;
use super::signals::Signals;
use super::start::{self, Running};
use super::{Failure, duration, roster};
use crate::chat::{Event, Peer, PingId};
use crate::session::Update;

/// Columns of the longest bar of the histogram.
const BAR: usize = 40;
/// Longest wait for news of one ping, beyond which the session must have given it up by itself.
const NO_NEWS: Duration = Duration::from_secs(30);

/// Measure the round trip to a peer
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lanchat ping bob\n  lanchat ping bob~3f9a --count 100 --interval 10ms --size 300"
)]
pub(super) struct Ping {
    /// A nickname, nick~3f9a where two share one, or an id
    #[arg(value_name = "PEER")]
    peer: String,
    /// How many pings
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Time from one ping to the next; the next one waits for the answer anyway
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration::parse)]
    interval: Duration,
    /// Extra bytes in each ping, up to 300
    #[arg(long, value_name = "BYTES", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=300))]
    size: u16,
}

/// What came of the pings.
#[derive(Debug, Default)]
struct Tally {
    sent: u32,
    trips: Vec<Duration>,
}

impl Ping {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        start::block_on(async {
            let mut signals = Signals::new()?;
            let mut running = start::observe(settings)?;
            let mut tally = Tally::default();
            let pinged = tokio::select! {
                pinged = self.ping(&mut running, &mut tally, settings.json) => pinged,
                () = signals.next() => Ok(()),
            };
            running.leave().await;
            pinged?;
            if tally.sent == 0 {
                return Err(Failure::Failed("interrupted before the first ping".to_owned()));
            }
            tally.trips.sort_unstable();
            let summary = if settings.json { tally.json() } else { tally.text() };
            writeln!(io::stdout(), "{summary}")?;
            if tally.trips.is_empty() {
                return Err(Failure::Nobody(format!(
                    "{} did not answer; `lanchat who` lists who is here",
                    self.peer
                )));
            }
            Ok(())
        })
    }

    async fn ping(&self, running: &mut Running, tally: &mut Tally, json: bool) -> Result<(), Failure> {
        let peer = roster::find(running, &self.peer).await?;
        for seq in 1..=self.count {
            let next = Instant::now() + self.interval;
            let Some(id) = running.session.ping(peer.id, usize::from(self.size)).await else {
                return if tally.sent == 0 { Err(gone(&peer)) } else { Ok(()) };
            };
            tally.sent += 1;
            let rtt = tokio::time::timeout(NO_NEWS, answer(running, id)).await.unwrap_or(Ok(None))?;
            writeln!(io::stdout(), "{}", trip(&peer, seq, rtt, json))?;
            tally.trips.extend(rtt);
            if seq < self.count {
                tokio::time::sleep_until(next).await;
            }
        }
        Ok(())
    }
}

fn gone(peer: &Peer) -> Failure {
    Failure::Nobody(format!("{} has just left; `lanchat who` lists who is here", peer.name))
}

/// The round trip of a ping, none if it is lost.
async fn answer(running: &mut Running, ping: PingId) -> Result<Option<Duration>, Failure> {
    while let Some(update) = running.updates.recv().await {
        match update {
            Update::Event(Event::Pong { id, rtt, .. }) if id == ping => return Ok(rtt),
            _ => {}
        }
    }
    Err(Running::ended())
}

fn trip(peer: &Peer, seq: u32, rtt: Option<Duration>, json: bool) -> String {
    if json {
        let id = peer.id.to_string();
        return json!({ "type": "ping", "seq": seq, "peer": id, "rtt_ms": rtt.map(millis) }).to_string();
    }
    match rtt {
        Some(rtt) => format!("{seq}: {} ({}) {:.3} ms", peer.name, peer.address, millis(rtt)),
        None => format!("{seq}: {} ({}) lost", peer.name, peer.address),
    }
}

/// Milliseconds, to a tenth of a microsecond.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e7).round() / 1e4
}

impl Tally {
    /// The smallest of the sorted round trips that `percent` of them do not exceed (nearest rank).
    fn percentile(&self, percent: usize) -> Option<Duration> {
        let rank = (self.trips.len() * percent).div_ceil(100).max(1);
        self.trips.get(rank - 1).copied()
    }

    fn loss(&self) -> f64 {
        let sent = f64::from(self.sent.max(1));
        let back = u32::try_from(self.trips.len()).unwrap_or(u32::MAX);
        100.0 * (1.0 - f64::from(back) / sent)
    }

    /// Counts of round trips in ranges that double: (upper bound in microseconds, count), no empty range at the ends.
    fn histogram(&self) -> Vec<(u64, usize)> {
        let bound = |trip: &Duration| {
            u64::try_from(trip.as_micros()).unwrap_or(u64::MAX >> 1).max(1).next_power_of_two()
        };
        let (Some(first), Some(last)) = (self.trips.first().map(bound), self.trips.last().map(bound)) else {
            return Vec::new();
        };
        let bounds = std::iter::successors(Some(first), |b| b.checked_mul(2)).take_while(|b| *b <= last);
        bounds.map(|b| (b, self.trips.iter().filter(|t| bound(t) == b).count())).collect()
    }

    fn text(&self) -> String {
        let mut out =
            format!("{} sent, {} came back, {:.1} % lost", self.sent, self.trips.len(), self.loss());
        let quantiles = [("min", 0), ("p50", 50), ("p90", 90), ("p99", 99), ("max", 100)];
        let quantiles = quantiles.iter().filter_map(|(name, p)| Some((name, self.percentile(*p)?)));
        let shown: Vec<_> = quantiles.map(|(name, t)| format!("{name} {:.3}", millis(t))).collect();
        if !shown.is_empty() {
            let _ = write!(out, "\n{} ms", shown.join("  ")); // writing to a String cannot fail
        }
        let histogram = self.histogram();
        let most = histogram.iter().map(|(_, n)| *n).max().unwrap_or(1);
        for (bound, count) in histogram {
            let bar = "#".repeat((count * BAR).div_ceil(most));
            let bound = millis(Duration::from_micros(bound));
            let _ = write!(out, "\n{:>12} ms {count:>6} {bar}", format!("<= {bound:.3}"));
        }
        out
    }

    fn json(&self) -> String {
        let ms = |percent| self.percentile(percent).map(millis);
        let histogram: Vec<_> = self
            .histogram()
            .iter()
            .map(
                |(bound, count)| json!({ "up_to_ms": millis(Duration::from_micros(*bound)), "count": count }),
            )
            .collect();
        json!({
            "type": "summary", "sent": self.sent, "received": self.trips.len(), "loss_percent": self.loss(),
            "min_ms": ms(0), "p50_ms": ms(50), "p90_ms": ms(90), "p99_ms": ms(99), "max_ms": ms(100),
            "histogram": histogram,
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(sent: u32, micros: &[u64]) -> Tally {
        Tally { sent, trips: micros.iter().map(|m| Duration::from_micros(*m)).collect() }
    }

    #[test]
    fn percentiles_by_nearest_rank() {
        let hundred: Vec<_> = (1..=100).collect();
        let t = tally(100, &hundred);
        for (percent, micros) in [(0, 1), (50, 50), (90, 90), (99, 99), (100, 100)] {
            assert_eq!(t.percentile(percent), Some(Duration::from_micros(micros)));
        }
        assert_eq!(tally(1, &[7]).percentile(99), Some(Duration::from_micros(7)));
        assert_eq!(tally(1, &[]).percentile(50), None);
    }

    #[test]
    fn histogram_counts_everything_once() {
        let t = tally(6, &[0, 1, 2, 3, 100, 129]);
        assert_eq!(
            t.histogram(),
            [(1, 2), (2, 1), (4, 1), (8, 0), (16, 0), (32, 0), (64, 0), (128, 1), (256, 1)]
        );
    }

    #[test]
    fn summaries() {
        let t = tally(8, &[110, 120, 130, 250, 260, 900]);
        insta::assert_snapshot!(format!("{}\n{}\n{}", t.text(), t.json(), tally(2, &[]).text()));
    }
}

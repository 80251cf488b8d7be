//! No line is lost: copies, heartbeats, NAKs and repairs (docs/PROTOCOL.md, section 9).

use std::ops::Range;
use std::time::Duration;

use rand::RngExt;

use super::super::datagram::Datagram;
use super::super::frame::{Body, Frame};
use super::super::limits::{COPY_SPACING, HEARTBEATS, NAK_WAIT, REPAIR_BACKLOG};
use super::super::loss::copies;
use super::super::mend_frame::{MAX_RANGES, Mend};
use super::super::outbox::{Destination, Slot};
use super::super::store::Run;
use super::super::time::earliest;
use super::{Node, Now, Source, Way};

/// Repairs since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mended {
    /// NAKs sent: each asks for one or more missing datagrams.
    pub asked: u64,
    /// Datagrams of lines sent again, because somebody asked.
    pub sent: u64,
}

/// What is missing by run, that of which the least is missing first: who misses thousands of one author's must not use up
/// what repairs a single line of another.
fn smallest_first(missing: Vec<(Run, Range<u32>)>) -> Vec<(Run, Vec<Range<u32>>)> {
    let mut runs: Vec<(Run, Vec<Range<u32>>)> = Vec::new();
    for (run, range) in missing {
        match runs.last_mut() {
            Some((last, ranges)) if *last == run => ranges.push(range),
            _ => runs.push((run, vec![range])),
        }
    }
    let numbers = |range: &Range<u32>| u64::from(range.end.saturating_sub(range.start));
    runs.sort_by_key(|(_, ranges)| ranges.iter().map(numbers).sum::<u64>());
    runs
}

impl Node {
    /// Repairs asked for and sent since the start.
    pub fn mended(&self) -> Mended {
        self.mended
    }

    /// Share of first broadcasts that the segment loses on their way here, in percent.
    pub fn loss(&self) -> u8 {
        self.loss.percent(self.told_loss)
    }

    /// This node's own run.
    pub(super) fn my_run(&self) -> Run {
        (self.id(), self.config.epoch)
    }

    /// Own datagrams were queued: copies and heartbeats follow.
    pub(super) fn said(&mut self, now: Now, first: u32) {
        let copies = copies(self.live(), self.segment_loss());
        for seq in first..self.next_seq {
            for n in 1..copies {
                let jitter = Duration::from_micros(self.rng.random_range(0..8000));
                self.copies.insert((now.mono + COPY_SPACING * n + jitter, seq));
            }
        }
        // Where copies follow, hardly anybody needs to be told that there was something.
        let beats = if copies > 1 { HEARTBEATS.get(1..).unwrap_or_default() } else { &HEARTBEATS };
        self.heartbeats = beats.iter().map(|after| now.mono + *after).collect();
        self.trickle.spoken = now.mono;
    }

    /// What the segment loses: a running mean of what its nodes tell, of whom this is one.
    fn segment_loss(&self) -> f64 {
        let peers = self.roster.live().saturating_sub(1).min(32);
        let peers = f64::from(u32::try_from(peers).unwrap_or(0));
        (self.loss.share(self.told_loss) + self.told_loss * peers) / (1.0 + peers)
    }

    /// Nodes on the segment, as far as this node or those it hears know.
    pub(super) fn live(&self) -> usize {
        self.roster.live().max(self.told_live)
    }

    pub(super) fn hear_mend(&mut self, now: Now, from: &Source, data: &[u8]) {
        match Mend::parse(data) {
            Some(Mend::Nak { by, missing }) if by != self.id() && self.admits(now, from) => {
                for (run, ranges) in smallest_first(missing) {
                    let group = self.live();
                    self.repair.asked(now.mono, run, group, &mut self.rng);
                    for range in ranges {
                        self.repair_range(now, from, run, range);
                    }
                }
            }
            Some(Mend::Repair(line)) => self.hear_again(now, from, line, Way::Again),
            Some(Mend::Copy(line)) => self.hear_again(now, from, line, Way::Copy),
            Some(Mend::Digest { by, hash, entries }) if by != self.id() && self.admits(now, from) => {
                self.hear_digest(now, by, hash, &entries);
            }
            Some(Mend::Card(card)) => self.hear_card(now, from, card),
            Some(Mend::Listed { .. } | Mend::Nak { .. } | Mend::Digest { .. }) | None => {}
        }
    }

    /// Somebody misses these datagrams: those that are held here will be sent again, within the bounds of who asks.
    fn repair_range(&mut self, now: Now, from: &Source, run: Run, range: Range<u32>) {
        let (end, group) = (range.end, self.live());
        let numbers: Vec<u32> = self
            .store
            .within(run, range)
            .filter(|seq| self.repair.takes(now.mono, (run, *seq)))
            .take(self.repair.room())
            .collect();
        for seq in numbers {
            if !self.budget.repairs(now.mono, from.address.ip(), &mut self.rng) {
                break;
            }
            let own = run.0 == self.id();
            self.repair.schedule(now.mono, (run, seq), own, group, &mut self.rng);
        }
        // Somebody knows of numbers that we may have missed, too.
        self.claimed(now, run, end);
    }

    /// A line's datagram by another way than its author's first broadcast.
    pub(super) fn hear_again(&mut self, now: Now, from: &Source, line: &[u8], way: Way) {
        if let Some(datagram) = Datagram::parse(line) {
            let id = datagram.id();
            let run = (id.sender, id.epoch);
            if run != self.my_run() {
                let pulled = self.catchup.asks((run, id.seq));
                self.hear_signed_line(now, from, &datagram, line, if pulled { Way::Pulled } else { way });
            } else if self.is_held(run, id.seq, line) {
                self.repair.repaired(now.mono, (run, id.seq));
            }
        }
    }

    /// Somebody says that `run` has numbers below `next`.
    pub(super) fn claimed(&mut self, now: Now, run: Run, next: u32) {
        if let Some(feed) = self.feeds.get_mut(run) {
            feed.claim(next);
            self.look_for(now, run, Duration::ZERO);
        }
    }

    /// Asks for what is missing of `run`, after `delay`, if anything is.
    pub(super) fn look_for(&mut self, now: Now, run: Run, delay: Duration) {
        if self.budget.is_loud(now.mono, run.0) {
            self.catchup.done(run);
            return self.repair.satisfied(run); // what it says beyond its budget is not missed
        }
        if self.catchup.pulls(run) {
            if !self.feeds.get(run).is_some_and(super::super::feed::Feed::wants) {
                self.catchup.done(run);
                self.progress();
            }
        } else if self.pulls(now, run) {
            self.begin_pull(now, run, None);
        } else if self.feeds.get(run).is_some_and(super::super::feed::Feed::wants) {
            let group = self.live();
            self.repair.want(now.mono, run, delay, group, &mut self.rng);
        } else {
            self.repair.satisfied(run);
        }
    }

    pub(super) fn mend_deadline(&self) -> Option<Duration> {
        let copies = self.copies.first().map(|(at, _)| *at);
        let beats = self.heartbeats.front().copied();
        let trickle = (!self.config.observer && self.talk()).then(|| self.trickle.deadline());
        [self.repair.deadline(), copies, beats].into_iter().fold(trickle, earliest)
    }

    /// Sends what is due: copies, heartbeats, NAKs, repairs, digests.
    pub(super) fn mend(&mut self, now: Now) {
        let run = self.my_run();
        while let Some((_, seq)) = self.copies.first().copied().filter(|(at, _)| *at <= now.mono) {
            self.copies.pop_first();
            if let Some(line) = self.store.get(run, seq) {
                let data = Mend::Copy(line).emit();
                self.outbox.paced(Destination::Segment, Slot::Sync, data, None);
            }
        }
        while self.heartbeats.front().is_some_and(|at| *at <= now.mono) {
            self.heartbeats.pop_front();
            self.send_heartbeat(now);
        }
        self.send_naks(now);
        while let Some((run, seq)) = self.repair.sending(now.mono) {
            if let Some(line) = self.store.get(run, seq).filter(|_| self.outbox.backlog() < REPAIR_BACKLOG) {
                let data = Mend::Repair(line).emit();
                self.mended.sent += 1;
                self.outbox.paced(Destination::Segment, Slot::Sync, data, None);
            }
        }
        if !self.config.observer
            && self.talk()
            && self.trickle.deadline() <= now.mono
            && self.trickle.timeout(now.mono, &mut self.rng)
        {
            self.send_digest();
        }
    }

    fn send_naks(&mut self, now: Now) {
        let group = self.live();
        let mut missing = Vec::new();
        for run in self.repair.asking(now.mono, group, &mut self.rng) {
            let Some(feed) = self.feeds.get(run) else { continue };
            let ranges = feed.missing(MAX_RANGES);
            if ranges.is_empty() {
                self.repair.satisfied(run);
            }
            missing.extend(ranges.into_iter().map(|range| (run, range)));
        }
        let missing = smallest_first(missing).into_iter();
        let missing = missing.flat_map(|(run, ranges)| ranges.into_iter().map(move |range| (run, range)));
        for part in missing.collect::<Vec<_>>().chunks(MAX_RANGES) {
            self.mended.asked += 1;
            let data = Mend::Nak { by: self.id(), missing: part.to_vec() }.emit();
            self.outbox.urgent(Destination::Segment, Slot::Sync, data);
        }
    }

    fn send_heartbeat(&mut self, now: Now) {
        self.frames += 1;
        let next = self.outbox.first_waiting().unwrap_or(self.next_seq);
        let body = Body::Heartbeat { next, stamp: self.hlc.tick(now.wall).0 };
        let frame = Frame { flags: 0, sender: self.id(), epoch: self.config.epoch, count: self.frames, body };
        let data = frame.emit(&self.identity);
        self.outbox.urgent(Destination::Segment, Slot::Sync, data);
    }

    /// How long copies of a line that was just heard may still come.
    pub(super) fn copies_left(&self) -> Duration {
        COPY_SPACING * copies(self.live(), self.segment_loss()).saturating_sub(1) + NAK_WAIT / 12
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::checks::Checks;
    use super::super::super::event::Kind;
    use super::super::samples::{at, from, node};
    use super::*;
    use crate::chat::PeerId;

    #[test]
    fn a_single_missing_line_is_repaired_before_thousands_of_anothers() {
        let mut holder = node(1, Checks::default());
        let mut authors = [node(2, Checks::default()), node(3, Checks::default())];
        authors.sort_by_key(Node::id); // the first one asked for is the loud one
        for (author, (lines, host)) in authors.iter_mut().zip([(2_000, 2), (1, 3)]) {
            author.handle_timeout(at(250));
            for n in 0..lines {
                let _ = author.say(at(1_000), Kind::Say, &format!("line {n}"));
            }
            for ms in 1_000..6_000 {
                author.handle_timeout(at(ms));
                while let Some(out) = author.poll_transmit() {
                    holder.handle_datagram(at(ms), &from(host), out.slot, &out.data);
                }
            }
        }
        let held: Vec<usize> =
            authors.iter().map(|a| holder.store.within((a.id(), 1), 1..u32::MAX).count()).collect();
        assert!(held[0] > 1_000 && held[1] == 1, "{held:?}");
        let quiet = authors[1].id();
        let missing = vec![((authors[0].id(), 1), 1..2_000), ((quiet, 1), 1..2)];
        let nak = Mend::Nak { by: PeerId([9; 8]), missing }.emit();
        let mut repaired = 0;
        for ms in 7_000..9_000 {
            if ms % 200 == 0 {
                holder.handle_datagram(at(ms), &from(9), Slot::Sync, &nak);
            }
            holder.handle_timeout(at(ms));
            while let Some(out) = holder.poll_transmit() {
                if let Some(Mend::Repair(line)) = Mend::parse(&out.data) {
                    repaired += u32::from(Datagram::parse(line).unwrap().id().sender == quiet);
                }
            }
        }
        assert!(repaired >= 9, "asked for ten times, repaired {repaired} times");
    }
}

//! Catching up, both ends: pulling from a peer's reply slot, and serving who pulls (docs/PROTOCOL.md, "Catching up").

use std::ops::Range;
use std::time::Duration;

use rand::RngExt;

use super::super::catchup::Nobody;
use super::super::direct::Content;
use super::super::event::Event;
use super::super::frame::{Body, Frame, Parsed as ParsedFrame};
use super::super::id::PeerId;
use super::super::limits::{MAX_NICK, PULL_ABOVE, PULL_MOST, PULL_SPACING, SMALL_SEGMENT};
use super::super::mend_frame::{MAX_RANGES, Mend};
use super::super::outbox::{Destination, Slot};
use super::super::roster::Challenge;
use super::super::store::Run;
use super::{Node, Now, Source, Way};

impl Node {
    /// Whether what is missing of `run` is better pulled from one peer than asked of all. On a large segment a few lines
    /// from before are asked of all: thousands may have met their author too late, and one answer serves them.
    pub(super) fn pulls(&self, now: Now, run: Run) -> bool {
        let Some(feed) = self.feeds.get(run) else { return false };
        let few = || self.live() > SMALL_SEGMENT && self.feeds.missing() <= PULL_ABOVE;
        !self.catchup.rests(now.mono, run)
            && !self.budget.is_loud(now.mono, run.0)
            && (feed.missing_count() > PULL_ABOVE || feed.has_past() && !few())
    }

    /// Begins to pull `run` from `by`, who told of it, or from its author, or from anybody.
    pub(super) fn begin_pull(&mut self, now: Now, run: Run, by: Option<PeerId>) {
        let here = |id: &PeerId| self.roster.get(*id).is_some_and(super::super::roster::Entry::listed);
        let from = by
            .filter(here)
            .or(Some(run.0).filter(here))
            .or_else(|| self.roster.listed().map(|(id, _)| id).min());
        self.repair.satisfied(run);
        self.catchup.want(now.mono, run, from);
    }

    /// Asks the next question, if it is time.
    pub(super) fn pull(&mut self, now: Now) {
        if !self.catchup.due(now.mono) {
            return;
        }
        let others: Vec<PeerId> = self.roster.listed().map(|(id, _)| id).collect();
        match self.catchup.ask(now.mono, others.into_iter()) {
            None => {}
            Some(Err(Nobody)) => {
                for run in self.catchup.runs().collect::<Vec<_>>() {
                    self.catchup.in_vain(now.mono, run);
                    if let Some(feed) = self.feeds.get_mut(run) {
                        feed.disbelieve();
                        let deliveries = feed.give_up_past();
                        self.deliver(run, now, deliveries);
                    }
                    if self.feeds.is_hearsay(run) {
                        self.drop_run(run);
                    }
                    self.look_for(now, run, Duration::ZERO);
                }
                self.progress();
            }
            Some(Ok(peer)) => {
                if self.catchup.stalls() {
                    self.hurry_past(now);
                }
                let (mut ranges, mut numbers) = (Vec::new(), Vec::new());
                for run in self.catchup.runs().collect::<Vec<_>>() {
                    if self.budget.is_loud(now.mono, run.0) {
                        self.catchup.done(run);
                    }
                }
                let all = self.pullable();
                let end = all.last().map(|(run, range)| (*run, range.end - 1));
                let behind = self.catchup.behind(|passed| end.is_some_and(|end| passed < end));
                for (run, range) in all {
                    let start = match behind {
                        Some((other, _)) if run < other => continue,
                        Some((other, seq)) if run == other => range.start.max(seq.saturating_add(1)),
                        _ => range.start,
                    };
                    let room = u32::try_from(PULL_MOST.saturating_sub(numbers.len())).unwrap_or(0);
                    let range = start..range.end.min(start.saturating_add(room));
                    if !range.is_empty() && ranges.len() < MAX_RANGES / 2 {
                        numbers.extend(range.clone().map(|seq| (run, seq)));
                        ranges.push((run, range));
                    }
                }
                if ranges.is_empty() {
                    return self.progress();
                }
                self.catchup.asked(numbers.into_iter());
                let question = Mend::Nak { by: self.id(), missing: ranges }.emit();
                self.questions += 1;
                self.send_sealed(peer, Content::Pull { id: self.questions, question: &question });
                self.progress();
            }
        }
    }

    /// What is missing of the runs that are pulled, in order.
    fn pullable(&mut self) -> Vec<(Run, Range<u32>)> {
        let mut all = Vec::new();
        for run in self.catchup.runs().collect::<Vec<_>>() {
            let missing = self.feeds.get(run).map_or_else(Vec::new, |feed| feed.missing(usize::MAX));
            if missing.is_empty() {
                self.catchup.done(run);
            }
            all.extend(missing.into_iter().map(|range| (run, range)));
        }
        all
    }

    /// A peer has not answered: what is here is shown, for it may have to wait for long.
    fn hurry_past(&mut self, now: Now) {
        for run in self.catchup.runs().collect::<Vec<_>>() {
            if let Some(feed) = self.feeds.get_mut(run) {
                let deliveries = feed.hurry_past();
                self.deliver(run, now, deliveries);
            }
        }
    }

    pub(super) fn progress(&mut self) {
        // What only others tell of is asked for, but nobody is told that it is missing.
        let feeds = self.catchup.runs().filter_map(|run| self.feeds.get(run)).filter(|feed| feed.attested);
        let missing = feeds.map(super::super::feed::Feed::surely_missing).fold(0, u32::saturating_add);
        if missing != self.told_missing {
            self.told_missing = missing;
            self.events.push_back(Event::CatchUp { got: self.catchup.got, missing });
        }
    }

    /// Serves who pulls, once its address is proved: who is there has sent a challenge back.
    pub(super) fn serve(&mut self, now: Now, peer: PeerId, question: &[u8]) {
        let Some(Mend::Nak { missing, .. }) = Mend::parse(question) else { return };
        let Some(to) = self.asker(now, peer, question) else { return };
        let mut sent = 0;
        let mut shown = None;
        for (run, range) in missing {
            let range: Range<u32> = range;
            let numbers: Vec<u32> = self.store.within(run, range).take(PULL_MOST - sent).collect();
            if numbers.is_empty() {
                continue;
            }
            if shown != Some(run) {
                shown = Some(run);
                if let Some(card) = self.roster.get(run.0).map(|e| Mend::Card(&e.card).emit()) {
                    self.outbox.urgent(to.clone(), Slot::Reply(peer), card);
                }
            }
            for seq in numbers {
                if let Some(line) = self.store.get(run, seq) {
                    let data = Mend::Repair(line).emit();
                    self.outbox.urgent(to.clone(), Slot::Reply(peer), data);
                    sent += 1;
                }
            }
        }
    }

    /// Where to serve a peer that asks for much; none when it asks too often, or must first prove that it is there.
    pub(super) fn asker(&mut self, now: Now, peer: PeerId, question: &[u8]) -> Option<Destination> {
        let fresh = self.rng.random();
        let entry = self.roster.get_mut(peer).filter(|entry| now.mono >= entry.served)?;
        entry.served = now.mono + PULL_SPACING;
        let (address, host) = (entry.address, entry.host.clone());
        if entry.proved != Some(address) {
            // The same as long as it is not answered, so that a late answer counts.
            let nonce = entry.challenge.take().filter(|c| c.address == address).map_or(fresh, |c| c.nonce);
            entry.challenge = Some(Challenge { nonce, address, lag: entry.lag, question: question.into() });
            self.send_sealed(peer, Content::Ping { id: 0, padding: &nonce });
            return None;
        }
        Some(Destination::Peer { address, host })
    }

    /// A pong. True where it is the answer to a challenge: whoever sent it is there.
    pub(super) fn hear_proof(&mut self, now: Now, peer: PeerId, padding: &[u8]) -> bool {
        let Some(entry) = self.roster.get_mut(peer) else { return false };
        let Some(challenge) = entry.challenge.take_if(|challenge| same(&challenge.nonce, padding)) else {
            return false;
        };
        (entry.proved, entry.served, entry.lag) = (Some(challenge.address), now.mono, challenge.lag);
        self.serve(now, peer, &challenge.question);
        true
    }

    /// What was pulled: lines, and the keys to check them.
    pub(super) fn hear_pulled(&mut self, now: Now, from: &Source, data: &[u8]) {
        match Mend::parse(data) {
            Some(Mend::Repair(line)) => self.hear_again(now, from, line, Way::Again),
            Some(Mend::Card(card))
                if self.admits(now, from) && self.budget.listed(now.mono) && self.know(now, card) =>
            {
                self.budget.asked(now.mono, from.address.ip(), &mut self.rng);
            }
            Some(Mend::Listed { address, card }) => self.hear_listed(now, from, address, card),
            _ => {}
        }
    }

    /// A peer's signed frame, told to all because somebody asked. It is looked at where lines wait for it.
    pub(super) fn hear_card(&mut self, now: Now, from: &Source, card: &[u8]) {
        let ParsedFrame::Signed(frame) = Frame::parse(card) else { return };
        let author = frame.sender;
        // A forged card must not keep another from telling the true one.
        if self.roster.get(author).is_some_and(|entry| *entry.card == *card) {
            return self.vouch.told(now.mono, author);
        }
        let waited_for = self.strangers.waiting(author).next().is_some();
        if (waited_for || self.vouch.expects(author)) && self.admits(now, from) && self.know(now, card) {
            self.budget.asked(now.mono, from.address.ip(), &mut self.rng);
            self.vouch.told(now.mono, author);
            self.hear_waiting(now, author);
        }
    }

    /// A peer's signed frame, passed on or kept: makes its key known, and nothing else. False where it is not genuine.
    pub(super) fn know(&mut self, now: Now, card: &[u8]) -> bool {
        let ParsedFrame::Signed(frame) = Frame::parse(card) else { return false };
        let (Body::Beacon(about) | Body::Goodbye(about)) = &frame.body else { return false };
        if frame.sender == self.id() || about.nick.len() > MAX_NICK {
            return false;
        }
        if let Some(entry) = self.roster.get(frame.sender) {
            return *entry.card == *card
                || super::super::frame::verify(card, &entry.key, &self.config.checks);
        }
        let key = self.config.checks.key(&about.public).filter(|key| key.id() == frame.sender);
        if let Some(key) = key.filter(|key| super::super::frame::verify(card, key, &self.config.checks)) {
            self.meet(now, None, &frame, about, key, card);
            return true;
        }
        false
    }
}

/// Whether a secret was guessed. Hashes are compared in constant time, so the answer takes as long whatever is right of it.
fn same(secret: &[u8], guess: &[u8]) -> bool {
    blake3::hash(secret) == blake3::hash(guess)
}

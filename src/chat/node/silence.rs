//! What silence means: gaps that will not fill, authors that cannot be found, peers that are gone.

use std::time::Duration;

use rand::RngExt;

use super::super::backoff::wait;
use super::super::envelope::{Parsed, Part};
use super::super::event::{Event, LeaveReason, PeerState};
use super::super::frame;
use super::super::id::PeerId;
use super::super::limits::{GONE_AFTER, NAK_WAIT, QUIET_AFTER, REPAIR_WAIT, VOUCH_AFTER};
use super::super::mend_frame::Mend;
use super::super::outbox::{Destination, Slot};
use super::super::store::Run;
use super::{Node, Now, Way};

/// How often a quiet peer is asked for a sign of life before it is called gone, and the time between two questions.
const QUESTIONS: u32 = 20;
const QUESTION_SPACING: Duration = Duration::from_millis(200);
/// Least time between two questions, whomever they are about: where thousands fall silent at once, asking for each would
/// be a storm from every listener.
const QUESTIONS_APART: Duration = Duration::from_millis(10);

impl Node {
    pub(super) fn pass_gaps(&mut self, now: Now) {
        for run in self.feeds.overdue(now.mono) {
            if let Some(feed) = self.feeds.get_mut(run) {
                let deliveries = feed.timeout(now.mono);
                self.deliver(run, now, deliveries);
            }
        }
    }

    /// Asks for the beacons of authors whose key is not known; shows as unsigned what waited too long for one.
    pub(super) fn ask_strangers(&mut self, now: Now) {
        let group = self.live();
        let (ask, over) = self.strangers.timeout(now.mono, || wait(NAK_WAIT, group, &mut self.rng));
        for peer in ask {
            self.ask_for(peer);
        }
        // What was sent again is asked for once more.
        for waiting in over.into_iter().filter(|w| !matches!(w.way, Way::Again | Way::Pulled)) {
            if let Parsed::Signed(part) = Part::parse(&waiting.data)
                && let Some(room) = self.rooms.name(part.room)
            {
                self.hear_plain(now, &waiting.from, room, part.text.as_bytes());
            }
        }
    }

    /// Tells the cards that were asked for.
    pub(super) fn vouch(&mut self, now: Now) {
        while let Some(author) = self.vouch.due(now.mono) {
            if let Some(entry) = self.roster.get(author) {
                let data = Mend::Card(&entry.card).emit();
                self.outbox.urgent(Destination::Segment, Slot::Sync, data);
            }
        }
    }

    fn ask_for(&mut self, peer: PeerId) {
        self.outbox.urgent(Destination::Segment, Slot::Sync, frame::whois(self.id(), peer));
    }

    /// A sign of life of a peer, verified. Where it may have been recorded minutes ago it is not `fresh`, and brings nobody back
    /// who is not here.
    pub(super) fn alive(&mut self, now: Now, (peer, epoch): Run, fresh: bool) {
        let Some(entry) = self.roster.get_mut(peer) else { return };
        if epoch != entry.epoch || epoch <= entry.goodbye || entry.state.is_none() && !fresh {
            return;
        }
        entry.last_heard = now.mono;
        let (state, unlisted) = (entry.state, entry.unlisted);
        if state != Some(PeerState::Here) {
            entry.inquiry = (Duration::ZERO, 0);
            self.roster.set_state(peer, Some(PeerState::Here), unlisted);
            if state.is_none() && !self.config.observer {
                let live = self.live();
                self.status.newcomer(now.mono, live, &mut self.rng);
            }
            let Some(entry) = self.roster.get(peer).filter(|e| e.listed()) else { return };
            let view = entry.view(peer);
            self.events.push_back(if state.is_none() { Event::Join(view) } else { Event::Changed(view) });
            self.hope(now, peer, None, state.is_none());
            self.reader_here(now, peer, false);
        }
    }

    /// Somebody asks for this peer's beacon: no need to ask too. If it is not here, those who know its key tell.
    pub(super) fn others_ask(&mut self, now: Now, peer: PeerId) {
        let group = self.live();
        let pause = wait(NAK_WAIT, group, &mut self.rng);
        self.strangers.asked(now.mono, peer, pause);
        let known = self.roster.get(peer).map(|e| e.state != Some(PeerState::Here));
        let absent = known.is_some_and(|absent| absent || self.vouch.is_silent(now.mono, peer));
        if absent && self.store.holds(peer) {
            let at = now.mono + VOUCH_AFTER + wait(REPAIR_WAIT, group, &mut self.rng);
            self.vouch.asked(now.mono, peer, at);
        }
        if let Some(entry) = self.roster.get_mut(peer).filter(|e| e.state == Some(PeerState::Quiet)) {
            entry.inquiry = (now.mono + QUESTION_SPACING, entry.inquiry.1 + 1);
            self.roster.resume(peer);
        }
    }

    pub(super) fn watch_silence(&mut self, now: Now) {
        let floor = self.roster.floor;
        for peer in self.roster.silent(now.mono) {
            let Some(entry) = self.roster.get_mut(peer) else { continue };
            let silent = now.mono.saturating_sub(entry.last_heard);
            let (unlisted, interval) = (entry.unlisted, entry.interval.max(floor));
            match entry.state {
                Some(PeerState::Here) => {
                    // Asked at a random moment, so that few of those who listen ask.
                    let rest = interval * (GONE_AFTER - QUIET_AFTER);
                    let spare = rest.saturating_sub(QUESTION_SPACING * (QUESTIONS + 1));
                    entry.inquiry = (now.mono + spare.mul_f64(self.rng.random_range(0.2..1.0)), 0);
                    self.roster.set_state(peer, Some(PeerState::Quiet), unlisted);
                    if let Some(entry) = self.roster.get(peer).filter(|e| e.listed()) {
                        self.events.push_back(Event::Changed(entry.view(peer)));
                    }
                }
                Some(PeerState::Quiet) if silent >= interval * GONE_AFTER => {
                    self.gone(peer, LeaveReason::Timeout);
                }
                Some(PeerState::Quiet) => {
                    let ask = entry.inquiry.1 < QUESTIONS && !unlisted && !self.config.observer;
                    let next = if ask {
                        now.mono + QUESTION_SPACING
                    } else {
                        entry.last_heard + interval * GONE_AFTER
                    };
                    entry.inquiry = (next, entry.inquiry.1 + 1);
                    if ask && now.mono >= self.next_question {
                        self.next_question = now.mono + QUESTIONS_APART;
                        self.ask_for(peer);
                    }
                    self.roster.resume(peer);
                }
                None => {}
            }
        }
    }

    /// A peer is gone.
    pub(super) fn gone(&mut self, peer: PeerId, reason: LeaveReason) {
        let Some(entry) = self.roster.get_mut(peer) else { return };
        let listed = entry.listed();
        let view = entry.view(peer);
        if reason == LeaveReason::Goodbye {
            entry.goodbye = entry.epoch;
        }
        let (unlisted, skeleton) = (entry.unlisted, entry.nick.skeleton());
        self.roster.set_state(peer, None, unlisted);
        self.reader_left(peer);
        if listed {
            self.events.push_back(Event::Leave { peer: view, reason });
        }
        self.rename_all(&skeleton);
    }
}

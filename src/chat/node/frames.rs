//! Frames of the sync slot: which are taken in, and in which order they are checked.

use std::net::IpAddr;

use super::super::event::{Event, LeaveReason};
use super::super::frame::{self, Body, Frame, SOLICIT, UNLISTED};
use super::super::hlc::Stamp;
use super::super::identity::PublicKey;
use super::super::limits::{MAX_NICK, MAX_PEERS, MAX_VERSION};
use super::super::presence::interval;
use super::super::store::Run;
use super::doubt::said_just_now;
use super::{Node, Now, Source};
use crate::text::SafeText;

impl Node {
    pub(super) fn hear_frame(&mut self, now: Now, from: &Source, data: &[u8]) {
        match Frame::parse(data) {
            frame::Parsed::Signed(frame) if frame.sender != self.id() => {
                self.hear_signed(now, from, from.address.ip(), &frame, data);
            }
            frame::Parsed::Signed(frame) => self.hear_double(now, from, &frame, data),
            frame::Parsed::Whois { of, .. } if of == self.id() && self.admits(now, from) => {
                self.presence.answer_always(now.mono, &mut self.rng);
            }
            frame::Parsed::Whois { by, of } if by != self.id() && of != self.id() => {
                if self.admits(now, from) {
                    self.others_ask(now, of);
                }
            }
            frame::Parsed::Whois { .. } => {}
            frame::Parsed::Unknown => self.hear_mend(now, from, data),
        }
    }

    /// A signed frame of the peer at `from`; `payer` has sent it, or told of it.
    pub(super) fn hear_signed(
        &mut self,
        now: Now,
        from: &Source,
        payer: IpAddr,
        frame: &Frame<'_>,
        data: &[u8],
    ) {
        let about = match &frame.body {
            Body::Beacon(about) | Body::Goodbye(about) => about,
            Body::Heartbeat { next, stamp } => {
                return self.hear_heartbeat(now, payer, frame, (*next, Stamp(*stamp)), data);
            }
            Body::Status(status) => return self.hear_status(now, payer, frame, status, data),
            Body::Typing(room) => return self.hear_typing(now, payer, frame, *room, data),
        };
        let known = self.roster.get(frame.sender);
        if known.is_some_and(|e| (frame.epoch, frame.count) <= (e.epoch, e.count)) {
            return;
        }
        let goodbye = matches!(frame.body, Body::Goodbye(_));
        let repeated = known.is_some_and(|e| e.goodbye == frame.epoch);
        let absent = known.is_none_or(|e| e.state.is_none());
        let pointless = absent && self.strangers.waiting(frame.sender).next().is_none();
        if goodbye && (repeated || pointless) {
            return;
        }
        let listed = payer != from.address.ip();
        let earlier = self.acquaintances.get(frame.sender).is_some_and(|k| k.public == about.public);
        let met_before = known.is_some() || earlier;
        let (known_key, stranger) = (known.map(|entry| entry.key.clone()), known.is_none());
        let may_come = met_before || listed || self.budget.newcomer(now.mono, payer, &mut self.rng);
        if !may_come || !self.admits_from(now, payer) {
            return;
        }
        let key = match known_key {
            Some(key) if key.to_bytes() == about.public => Some(key),
            Some(_) => None,
            None => self.config.checks.key(&about.public).filter(|key| key.id() == frame.sender),
        };
        let sizes =
            about.nick.len() <= MAX_NICK && about.host.len() <= 15 && about.version.len() <= MAX_VERSION;
        let Some(key) =
            key.filter(|key| sizes && about.reply_port > 0 && frame::verify(data, key, &self.config.checks))
        else {
            return;
        };
        if met_before {
            self.genuine(now, payer);
        } else if listed {
            self.budget.asked(now.mono, payer, &mut self.rng);
        } else {
            self.budget.met(now.mono, payer, &mut self.rng);
        }
        if self.is_doubtful(now, frame, about) {
            if !goodbye {
                return self.doubt(now, from, frame, about, key, data);
            }
            // It tells whose lines wait here, and nothing else.
            if stranger {
                self.meet(now, None, frame, about, key, data);
                self.vouch.told(now.mono, frame.sender);
                self.hear_waiting(now, frame.sender);
            }
            return;
        }
        self.hlc.heard(Stamp(about.stamp), now.wall);
        self.told_live = match usize::from(about.live) {
            live if live > self.told_live => self.told_live.midpoint(live + 1).min(MAX_PEERS),
            live => (self.told_live * 31 + live) / 32,
        };
        if stranger && frame.flags & (SOLICIT | UNLISTED) == SOLICIT {
            self.heard_newcomer(now);
        }
        if stranger && !self.config.observer {
            let live = self.live();
            self.status.newcomer(now.mono, live, &mut self.rng);
        }
        self.presence.heard(now.mono);
        self.told_loss += (f64::from(about.loss) / 100.0 - self.told_loss) / 16.0;
        self.note_loss(frame);
        self.roster.floor = interval(self.live());
        if stranger {
            self.meet(now, Some(from), frame, about, key, data);
        }
        self.update_peer(now, from, frame, about);
        if let Some(entry) = self.roster.get_mut(frame.sender) {
            entry.card = data.into();
            // What another tells of it may be of long ago.
            entry.lag = if listed { 0 } else { now.wall.saturating_sub(Stamp(about.stamp).millis()) };
        }
        self.roster.settle_in_time(frame.sender, now.mono);
        self.vouch.told(now.mono, frame.sender);
        self.hear_waiting(now, frame.sender);
        self.expect(now, (frame.sender, frame.epoch), about.next);
        self.want_roster(now, frame.sender);
        if goodbye {
            self.gone(frame.sender, LeaveReason::Goodbye);
        }
    }

    /// A peer that is known tells the number that its next line will have.
    fn hear_heartbeat(
        &mut self,
        now: Now,
        payer: IpAddr,
        frame: &Frame<'_>,
        (next, stamp): (u32, Stamp),
        data: &[u8],
    ) {
        let Some(entry) = self.roster.get(frame.sender) else { return };
        let (repeated, key) = ((frame.epoch, frame.count) <= (entry.epoch, entry.count), entry.key.clone());
        if repeated || !self.admits_from(now, payer) || !frame::verify(data, &key, &self.config.checks) {
            return;
        }
        self.genuine(now, payer);
        self.note_loss(frame);
        if let Some(entry) = self.roster.get_mut(frame.sender).filter(|e| e.epoch == frame.epoch) {
            entry.count = frame.count;
        }
        self.hlc.heard(stamp, now.wall);
        self.alive(now, (frame.sender, frame.epoch), said_just_now(now, stamp));
        self.expect(now, (frame.sender, frame.epoch), next);
    }

    /// Frames are counted by their senders: a gap is a loss.
    pub(super) fn note_loss(&mut self, frame: &Frame<'_>) {
        let last = self.roster.get(frame.sender).filter(|e| e.epoch == frame.epoch).map(|e| e.count);
        self.loss.note(1, last.map_or(0, |last| frame.count.saturating_sub(last + 1)));
    }

    /// The author itself says that numbers below `next` exist.
    pub(super) fn expect(&mut self, now: Now, run: Run, next: u32) {
        if self.feeds.get(run).is_none_or(|feed| next.max(feed.top()) <= 1) {
            return; // nothing was said
        }
        if let Some(feed) = self.feeds.get_mut(run) {
            feed.expect(now.mono, next);
            self.feeds.settle(run);
            self.look_for(now, run, self.copies_left());
        }
    }

    /// A frame in this node's own name: its echo, a replay, or a copy of the profile that is in use elsewhere. Only the
    /// last can be of a later epoch, and then it is the one that others listen to; or, where both were started at once, of the
    /// same epoch with a later count, and then it is the one that they heard first.
    fn hear_double(&mut self, now: Now, from: &Source, frame: &Frame<'_>, data: &[u8]) {
        let last = (self.config.epoch, self.frames).max((self.told_double, u32::MAX));
        if (frame.epoch, frame.count) <= last || !self.admits(now, from) {
            return;
        }
        if PublicKey::from_bytes(&self.identity.public())
            .is_some_and(|key| frame::verify(data, &key, &self.config.checks))
        {
            self.told_double = frame.epoch;
            let text = format!(
                "a copy of your profile speaks from {}: others no longer hear you here; close it and start again, or \
                 use --profile there",
                from.address.ip()
            );
            self.events.push_back(Event::Notice(SafeText::line(&text)));
        }
    }
}

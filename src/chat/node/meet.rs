//! Whom there is: frames of the sync slot, and what they tell of their senders.

use std::net::SocketAddr;
use std::time::Duration;

use super::super::direct::Incoming;
use super::super::envelope::{Parsed as Line, Part};
use super::super::event::{Event, LeaveReason, Peer, PeerState, Trust};
use super::super::feed::Feed;
use super::super::frame::{self, Beacon, Body, Frame, SOLICIT, UNLISTED, YIELD};
use super::super::hlc::Stamp;
use super::super::identity::PublicKey;
use super::super::limits::{BEACON_MAX, BEACON_MIN, MAX_NICK, MAX_VERSION};
use super::super::nick::Nick;
use super::super::roster::Entry;
use super::super::words::words;
use super::{Node, Now, Source};
use crate::text::SafeText;

impl Node {
    pub(super) fn hear_frame(&mut self, now: Now, from: &Source, data: &[u8]) {
        match Frame::parse(data) {
            frame::Parsed::Signed(frame) if frame.sender != self.id() => {
                self.hear_signed(now, from, &frame, data);
            }
            frame::Parsed::Signed(frame) => self.hear_double(from, &frame, data),
            frame::Parsed::Whois { of, .. } if of == self.id() => {
                self.presence.answer_always(now.mono, &mut self.rng);
            }
            frame::Parsed::Whois { by, of } if by != self.id() => self.others_ask(now, of),
            _ => {}
        }
    }

    fn hear_signed(&mut self, now: Now, from: &Source, frame: &Frame<'_>, data: &[u8]) {
        let (Body::Beacon(about) | Body::Goodbye(about)) = &frame.body;
        let known = self.roster.get(frame.sender);
        if known.is_some_and(|e| (frame.epoch, frame.count) <= (e.epoch, e.count)) {
            return;
        }
        let goodbye = matches!(frame.body, Body::Goodbye(_));
        let repeated = known.is_some_and(|e| e.goodbye == frame.epoch);
        let pointless = known.is_none() && self.strangers.waiting(frame.sender).next().is_none();
        if goodbye && (repeated || pointless) {
            return;
        }
        let key = match known {
            Some(entry) if entry.key.to_bytes() == about.public => Some(entry.key),
            Some(_) => None,
            None => PublicKey::from_bytes(&about.public).filter(|key| key.id() == frame.sender),
        };
        let sizes =
            about.nick.len() <= MAX_NICK && about.host.len() <= 15 && about.version.len() <= MAX_VERSION;
        let Some(key) = key.filter(|key| sizes && about.reply_port > 0 && frame::verify(data, key)) else {
            return;
        };
        self.hlc.heard(Stamp(about.stamp), now.wall);
        if known.is_none() {
            self.meet(now, from, frame, about, key);
        }
        self.update_peer(now, from, frame, about);
        for waiting in self.strangers.take(frame.sender) {
            self.hear_line(now, &waiting.from, &waiting.data);
        }
        if let Some(entry) = self.roster.get_mut(frame.sender) {
            if entry.feed.epoch == frame.epoch {
                entry.feed.expect(now.mono, about.next);
            }
            self.deliver(frame.sender, now, Vec::new());
        }
        if goodbye {
            self.gone(frame.sender, LeaveReason::Goodbye);
        }
    }

    /// Notes a peer that was never heard before.
    fn meet(&mut self, now: Now, from: &Source, frame: &Frame<'_>, about: &Beacon<'_>, key: PublicKey) {
        let id = frame.sender;
        let trust = match self.config.known.iter().find(|(public, _)| *public == key.to_bytes()) {
            Some((_, true)) => Trust::Verified,
            Some((_, false)) => Trust::Known,
            None => Trust::New,
        };
        // Lines of one who has just started are all of interest; of others, those from now on.
        let whole = frame.flags & SOLICIT != 0 && !self.presence.young();
        let waiting = self.strangers.waiting(id).filter_map(|w| match Part::parse(&w.data) {
            Line::Signed(part) if part.id.epoch == frame.epoch => Some(part.first()),
            _ => None,
        });
        let base = if whole { 1 } else { waiting.min().unwrap_or(about.next).min(about.next) };
        let nick = nick_of(about);
        let entry = Entry {
            words: words(&key.to_bytes()),
            key,
            name: nick.as_safe().clone(),
            nick,
            host: SafeText::line(about.host),
            version: SafeText::line(about.version),
            address: SocketAddr::new(from.address.ip(), about.reply_port),
            address_seen: now.mono,
            epoch: 0,
            count: 0,
            interval: BEACON_MIN,
            last_heard: now.mono,
            yields: false,
            unlisted: true,
            state: None,
            goodbye: 0,
            inquiry: (Duration::ZERO, 0),
            trust,
            rtt: None,
            since: now.wall,
            arrived: false,
            order: 0,
            pair: None,
            incoming: Incoming::default(),
            feed: Feed::new(frame.epoch, base),
        };
        self.roster.insert(id, entry);
    }

    /// Takes over what a verified frame says of its sender, and tells the user what is new in it.
    fn update_peer(&mut self, now: Now, from: &Source, frame: &Frame<'_>, about: &Beacon<'_>) {
        let id = frame.sender;
        let Some(entry) = self.roster.get_mut(id) else { return };
        let (restarted, met_before) = (frame.epoch > entry.epoch, entry.epoch != 0);
        if frame.epoch > entry.feed.epoch {
            entry.feed = Feed::new(frame.epoch, 1);
        }
        (entry.epoch, entry.count) = (frame.epoch, frame.count);
        let before = entry.view(id);
        let was_listed = entry.listed();
        let address = SocketAddr::new(from.address.ip(), about.reply_port);
        // With several interfaces one peer is heard from several addresses: the one in use stays while it works.
        if address == entry.address {
            entry.address_seen = now.mono;
        } else if restarted || !was_listed || now.mono.saturating_sub(entry.address_seen) > entry.interval * 2
        {
            (entry.address, entry.address_seen) = (address, now.mono);
        }
        entry.host = SafeText::line(about.host);
        entry.version = SafeText::line(about.version);
        entry.yields = frame.flags & YIELD != 0;
        entry.interval =
            (Duration::from_millis(100) * u32::from(about.interval)).clamp(BEACON_MIN, BEACON_MAX);
        (entry.last_heard, entry.inquiry) = (now.mono, (Duration::ZERO, 0));
        if !was_listed {
            entry.since = now.wall;
            entry.arrived = frame.flags & SOLICIT != 0 || met_before;
        }
        let nick = nick_of(about);
        let old = entry.nick.clone();
        let leaves = matches!(frame.body, Body::Goodbye(_));
        let unlisted = frame.flags & UNLISTED != 0;
        self.roster.set_state(id, Some(PeerState::Here), unlisted);
        if nick != old {
            self.roster.rename(id, nick.clone());
            self.rename_all_but(&old.skeleton(), Some(id));
        }
        self.rename_all_but(&nick.skeleton(), Some(id));
        if !leaves {
            self.contest(now, frame, &nick);
        }
        self.report(&before, was_listed, nick != old);
        if !self.config.observer && !leaves {
            match about.has_heard(self.id()) {
                Some(true) => {}
                None if frame.flags & SOLICIT == 0 => {}
                _ => self.presence.answer(now.mono, self.roster.live(), &mut self.rng),
            }
        }
    }

    /// A frame in this node's own name: its echo, a replay, or a copy of the profile that is in use elsewhere. Only the
    /// last can be of a later epoch, and then it is the one that others listen to.
    fn hear_double(&mut self, from: &Source, frame: &Frame<'_>, data: &[u8]) {
        if frame.epoch <= self.config.epoch.max(self.told_double) {
            return;
        }
        if PublicKey::from_bytes(&self.identity.public()).is_some_and(|key| frame::verify(data, &key)) {
            self.told_double = frame.epoch;
            let text = format!(
                "a copy of your profile speaks from {}: others no longer hear you here; close it and start again, or \
                 use --profile there",
                from.address.ip()
            );
            self.events.push_back(Event::Notice(SafeText::line(&text)));
        }
    }

    /// Tells the user what a beacon has changed.
    fn report(&mut self, before: &Peer, was_listed: bool, renamed: bool) {
        let Some(entry) = self.roster.get(before.id).filter(|e| e.listed()) else { return };
        let peer = entry.view(before.id);
        let event = if !was_listed {
            Event::Join(peer)
        } else if renamed {
            Event::Nick { old: before.name.clone(), peer }
        } else if peer != *before {
            Event::Changed(peer)
        } else {
            return;
        };
        self.events.push_back(event);
    }
}

/// The nickname in a beacon, or the nearest that can be shown.
fn nick_of(about: &Beacon<'_>) -> Nick {
    about.nick.parse().unwrap_or_else(|_| Nick::from_login(about.nick))
}

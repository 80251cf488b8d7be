//! Whom there is: frames of the sync slot, and what they tell of their senders.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::super::datagram::Datagram;
use super::super::doubts::Doubts;
use super::super::event::{Event, LeaveReason, Peer, PeerState, Trust};
use super::super::frame::{self, Beacon, Body, Frame, SESSIONS, SOLICIT, UNLISTED, YIELD};
use super::super::hlc::Stamp;
use super::super::identity::PublicKey;
use super::super::limits::{BEACON_MAX, BEACON_MIN, MAX_NICK, MAX_PEERS, MAX_VERSION, MOVED_AFTER};
use super::super::nick::Nick;
use super::super::presence::interval;
use super::super::private::incoming::Incoming;
use super::super::roster::Entry;
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
            entry.lag = now.wall.saturating_sub(Stamp(about.stamp).millis());
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

    /// Notes a peer that was never heard before; without `from`, by a frame that did not come from itself.
    pub(super) fn meet(
        &mut self,
        now: Now,
        from: Option<&Source>,
        frame: &Frame<'_>,
        about: &Beacon<'_>,
        key: PublicKey,
        card: &[u8],
    ) {
        let id = frame.sender;
        let trust = match self.acquaintances.get(id).filter(|k| k.public == key.to_bytes()) {
            Some(known) if known.verified => Trust::Verified,
            Some(_) => Trust::Known,
            None => Trust::New,
        };
        // Lines of one who has just started are all of interest; of others, those from now on.
        let whole = frame.flags & SOLICIT != 0 && !self.presence.young();
        let waiting = self.first_waiting((id, frame.epoch));
        let base = if whole { 1 } else { waiting.unwrap_or(about.next).min(about.next) };
        if let Some(leaver) = self.roster.crowded(trust != Trust::New, &mut self.rng) {
            self.forget(leaver);
        }
        let nick = nick_of(about);
        let entry = Entry {
            key,
            name: nick.as_safe().clone(),
            nick,
            host: SafeText::line(about.host),
            version: SafeText::line(about.version),
            address: from.map_or((Ipv4Addr::UNSPECIFIED, 0).into(), |from| reply_address(from, about)),
            address_seen: now.mono,
            elsewhere: 0,
            epoch: 0,
            count: 0,
            interval: BEACON_MIN,
            last_heard: now.mono,
            yields: false,
            unlisted: true,
            sessions: false,
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
            holds: 0,
            card: card.into(),
            proved: None,
            challenge: None,
            served: Duration::ZERO,
            rooms: Vec::new(),
            claims: Vec::new(),
            away: None,
            ignored: self.ignored.contains(&id),
            typing: None,
            lag: 0,
            newcomer: (trust == Trust::New).then_some(now.mono),
            question: (0, 0),
            claimed: None,
            doubts: Doubts::default(),
        };
        if self.roster.insert(id, entry) && self.feeds.follow((id, frame.epoch), base) {
            self.feeds.attest((id, frame.epoch));
        }
    }

    /// The first line of a run that waits for its author's key.
    pub(super) fn first_waiting(&self, run: Run) -> Option<u32> {
        let waiting = self.strangers.waiting(run.0).filter_map(|w| {
            let datagram = Datagram::parse(&w.data).filter(|datagram| datagram.id().epoch == run.1);
            datagram.map(|datagram| datagram.first())
        });
        waiting.min()
    }

    /// Takes over what a verified frame says of its sender, and tells the user what is new in it.
    fn update_peer(&mut self, now: Now, from: &Source, frame: &Frame<'_>, about: &Beacon<'_>) {
        let id = frame.sender;
        let holds = about.holds.is_some_and(|theirs| self.next_seq > 1 && theirs == self.holds());
        let next_seq = self.next_seq;
        let Some(entry) = self.roster.get_mut(id) else { return };
        if holds {
            entry.holds = next_seq;
        }
        let (restarted, met_before) = (frame.epoch > entry.epoch, entry.epoch != 0);
        if restarted {
            (entry.rooms, entry.away) = (Vec::new(), None); // it will tell
        }
        if frame.epoch > self.feeds.latest(id) {
            self.feeds.follow((id, frame.epoch), 1); // it has started again while we listened
            self.feeds.attest((id, frame.epoch));
        }
        (entry.epoch, entry.count) = (frame.epoch, frame.count);
        let was_listed = entry.listed();
        let back = restarted || !was_listed;
        let address = reply_address(from, about);
        // With several interfaces, or IPv4 and IPv6, one peer is heard from several addresses: the one in use stays while
        // it works. Only the first of a frame's copies comes here, so where many are lost a few from elsewhere mean little.
        entry.elsewhere = if address == entry.address { 0 } else { entry.elsewhere.saturating_add(1) };
        let silent = now.mono.saturating_sub(entry.address_seen) > entry.interval * 2;
        let moved = restarted || !was_listed || silent && entry.elsewhere >= MOVED_AFTER;
        // Most beacons tell nothing new.
        let same = was_listed
            && entry.state == Some(PeerState::Here)
            && !(moved && address != entry.address)
            && about.host == entry.host.as_str()
            && about.version == entry.version.as_str()
            && about.nick == entry.nick.as_str()
            && (entry.yields, entry.unlisted) == (frame.flags & YIELD != 0, frame.flags & UNLISTED != 0);
        let before = (!same).then(|| entry.view(id));
        if entry.elsewhere == 0 || moved {
            (entry.address, entry.address_seen, entry.elsewhere) = (address, now.mono, 0);
        }
        entry.sessions = frame.flags & SESSIONS != 0;
        entry.interval =
            (Duration::from_millis(100) * u32::from(about.interval)).clamp(BEACON_MIN, BEACON_MAX);
        (entry.last_heard, entry.inquiry) = (now.mono, (Duration::ZERO, 0));
        let leaves = matches!(frame.body, Body::Goodbye(_));
        match before {
            Some(before) => self.take_over(now, frame, about, &before, met_before),
            None if !leaves => {
                let nick = entry.nick.clone();
                self.contest(now, frame, &nick);
            }
            None => {}
        }
        if !self.config.observer && !leaves {
            match about.has_heard(self.id()) {
                Some(true) => {}
                None if frame.flags & SOLICIT == 0 => {}
                _ => self.presence.answer(now.mono, self.roster.live(), &mut self.rng),
            }
        }
        if restarted || leaves {
            self.reader_left(id); // whatever it had in memory is lost
        }
        if !leaves && frame.flags & UNLISTED == 0 {
            self.hope(now, id, about.holds, back);
            if back {
                self.reader_here(now, id, restarted);
            }
        }
    }

    /// Takes over what is new about a peer, and tells the user.
    fn take_over(
        &mut self,
        now: Now,
        frame: &Frame<'_>,
        about: &Beacon<'_>,
        before: &Peer,
        met_before: bool,
    ) {
        let id = before.id;
        let Some(entry) = self.roster.get_mut(id) else { return };
        let was_listed = entry.listed();
        entry.host = SafeText::line(about.host);
        entry.version = SafeText::line(about.version);
        entry.yields = frame.flags & YIELD != 0;
        if !was_listed {
            // Whoever comes, or comes back, should soon hear a digest.
            self.trickle.inconsistent(now.mono, &mut self.rng);
            entry.since = now.wall;
            entry.arrived = frame.flags & SOLICIT != 0 || met_before;
        }
        let old = entry.nick.clone();
        let nick = if about.nick == old.as_str() { old.clone() } else { nick_of(about) };
        self.roster.set_state(id, Some(PeerState::Here), frame.flags & UNLISTED != 0);
        if nick != old {
            self.roster.rename(id, nick.clone());
        }
        self.claims(now, id, !nick.resembles(&old));
        self.judge(now, id);
        if nick != old {
            self.rename_all_but(&old.skeleton(), Some(id));
        }
        self.rename_all_but(&nick.skeleton(), Some(id));
        if !matches!(frame.body, Body::Goodbye(_)) {
            self.contest(now, frame, &nick);
        }
        self.report(before, was_listed, nick != old);
        if self.roster.get(id).is_some_and(Entry::listed) {
            self.warn(now, id);
            if nick != old || !was_listed {
                self.overtake(now, id, &nick);
            }
        }
    }

    /// A frame in this node's own name: its echo, a replay, or a copy of the profile that is in use elsewhere. Only the
    /// last can be of a later epoch, and then it is the one that others listen to.
    fn hear_double(&mut self, now: Now, from: &Source, frame: &Frame<'_>, data: &[u8]) {
        if frame.epoch <= self.config.epoch.max(self.told_double) || !self.admits(now, from) {
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

/// Where its sender's reply slot is. An IPv6 address keeps its scope.
pub(super) fn reply_address(from: &Source, about: &Beacon<'_>) -> SocketAddr {
    let mut address = from.address;
    address.set_port(about.reply_port);
    address
}

/// The nickname in a beacon, or the nearest that can be shown.
fn nick_of(about: &Beacon<'_>) -> Nick {
    Nick::heard(about.nick)
}

#[cfg(test)]
mod tests {
    use super::super::super::config::Config;
    use super::super::super::identity::Identity;
    use super::super::super::limits::MOVED_AFTER;
    use super::super::super::outbox::Slot;
    use super::*;
    use crate::netbios::Name;

    fn node(byte: u8, nick: &str) -> Node {
        let config = Config {
            nick: nick.parse().unwrap(),
            host: Name::new(nick, 0).unwrap(),
            epoch: 1,
            reply_port: 40_000,
            observer: false,
            known: Vec::new(),
            depth: 0,
            checks: crate::chat::Checks::default(),
        };
        Node::new(at(0), config, Identity::from_secret(&[byte; 32]), [byte; 32])
    }

    fn at(ms: u64) -> Now {
        Now { mono: Duration::from_millis(ms), wall: 1_800_000_000_000 + ms }
    }

    /// Lets half a minute of a node's beacons be heard by the other, each from the address that `from` says, and gives
    /// the addresses that the other takes it to have.
    fn addresses(from: impl Fn(usize) -> &'static str) -> Vec<String> {
        let (mut alice, mut bob) = (node(1, "alice"), node(2, "bob"));
        let mut found: Vec<String> = Vec::new();
        let mut n = 0;
        for ms in 0..30_000 {
            alice.handle_timeout(at(ms));
            while let Some(frame) = alice.poll_transmit() {
                let source =
                    Source { name: Name::new("alice", 0).unwrap(), address: from(n).parse().unwrap() };
                bob.handle_datagram(at(ms), &source, Slot::Sync, &frame.data);
                n += 1;
                let address = bob.roster.get(alice.id()).unwrap().address.to_string();
                if found.last() != Some(&address) {
                    found.push(address);
                }
            }
        }
        assert!(n > 12, "nine at the start and one each three seconds: {n}");
        found
    }

    const V4: &str = "10.0.0.1:138";
    const V6: &str = "[fe80::1%2]:138";

    #[test]
    fn an_address_stays_while_it_works_and_keeps_its_zone() {
        let seldom = usize::try_from(MOVED_AFTER).unwrap();
        assert_eq!(addresses(|n| if n % seldom == 0 { V6 } else { V4 }), ["[fe80::1%2]:40000"]);
        assert_eq!(addresses(|n| if n % 2 == 0 { V4 } else { V6 }), ["10.0.0.1:40000"]);
    }

    #[test]
    fn an_address_that_no_longer_works_is_replaced() {
        assert_eq!(addresses(|n| if n < 9 { V4 } else { V6 }), ["10.0.0.1:40000", "[fe80::1%2]:40000"]);
    }
}

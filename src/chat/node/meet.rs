//! Whom there is: what verified frames tell of their senders.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::super::datagram::Datagram;
use super::super::doubts::Doubts;
use super::super::event::{Event, Peer, PeerState, Trust};
use super::super::frame::{Beacon, Body, Frame, SESSIONS, SOLICIT, UNLISTED, YIELD};
use super::super::identity::PublicKey;
use super::super::limits::{BEACON_MAX, BEACON_MIN, MOVED_AFTER};
use super::super::nick::Nick;
use super::super::private::incoming::Incoming;
use super::super::roster::Entry;
use super::super::store::Run;
use super::{Node, Now, Source};
use crate::text::SafeText;

impl Node {
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
            Some(known) if known.verified.is_some() => Trust::Verified,
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
    pub(super) fn update_peer(&mut self, now: Now, from: &Source, frame: &Frame<'_>, about: &Beacon<'_>) {
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
        self.claims(now, id);
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

//! Beacons and goodbyes of this node.

use std::time::Duration;

use super::super::frame::{Beacon, Body, Frame, PROBE, SESSIONS, SOLICIT, UNLISTED, YIELD};
use super::super::limits::SMALL_SEGMENT;
use super::super::outbox::{Destination, Slot};
use super::super::presence::interval;
use super::{Node, Now};

impl Node {
    pub(super) fn announce_deadline(&self) -> Option<Duration> {
        if self.left { None } else { self.presence.deadline() }
    }

    /// Sends a beacon where one is due, and settles whose nickname it is.
    pub(super) fn announce(&mut self, now: Now) {
        if self.left {
            return;
        }
        self.settle_own_name(now);
        while let Some(due) = self.presence.due(now.mono, self.live(), &mut self.rng) {
            self.send_about_me(now, if due.solicit { SOLICIT } else { 0 }, false);
        }
    }

    /// Who speaks before its first beacon is due sends it first: others need the key to check what is said. On a large
    /// segment a beacon goes before one's first line at any time: not all will have heard one so far.
    pub(super) fn introduce(&mut self, now: Now) {
        if self.frames == 0 || (self.next_seq == 1 && self.live() > SMALL_SEGMENT) {
            self.send_about_me(now, if self.frames == 0 { SOLICIT } else { 0 }, false);
        }
    }

    /// Broadcasts what others should know of us.
    pub(super) fn send_about_me(&mut self, now: Now, flags: u8, goodbye: bool) {
        let flag = |on: bool, bit: u8| if on { bit } else { 0 };
        let flags = flags
            | flag(self.yielding, YIELD)
            | flag(self.presence.probing(now.mono), PROBE)
            | flag(self.config.observer, UNLISTED)
            | SESSIONS;
        let heard = (self.live() <= SMALL_SEGMENT).then(|| self.roster.heard());
        self.frames += 1;
        let host = self.config.host.text();
        let about = Beacon {
            public: self.identity.public(),
            reply_port: self.config.reply_port,
            next: self.outbox.first_waiting().unwrap_or(self.next_seq),
            stamp: self.hlc.tick(now.wall).0,
            interval: u16::try_from(interval(self.live()).as_millis() / 100).unwrap_or(u16::MAX),
            nick: self.config.nick.as_str(),
            host: &host,
            version: env!("CARGO_PKG_VERSION"),
            heard: heard.as_deref(),
            holds: Some(self.holds()),
            loss: self.loss.percent(self.told_loss),
            live: u16::try_from(self.roster.live()).unwrap_or(u16::MAX),
        };
        let body = if goodbye { Body::Goodbye(about) } else { Body::Beacon(about) };
        let frame = Frame { flags, sender: self.id(), epoch: self.config.epoch, count: self.frames, body };
        let data = frame.emit(&self.identity);
        self.outbox.urgent(Destination::Segment, Slot::Sync, data);
    }
}

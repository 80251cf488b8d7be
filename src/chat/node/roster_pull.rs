//! A newcomer on a large segment asks one peer for its list of the others: by beacons alone it would take minutes.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rand::RngExt;

use super::super::direct::Content;
use super::super::event::PeerState;
use super::super::frame::{Body, Frame, Parsed as ParsedFrame, UNLISTED};
use super::super::id::PeerId;
use super::super::limits::{
    ROSTER_CALM, ROSTER_MOST, ROSTER_PATIENCE, ROSTER_SHORT, ROSTER_SPACING, ROSTER_STORM, ROSTER_TRIES,
};
use super::super::mend_frame::Mend;
use super::super::outbox::Slot;
use super::{Node, Now, Source};

/// Pulling the list from others, and serving it.
#[derive(Debug, Default)]
pub(super) struct RosterPull {
    pull: Option<Pull>,
    /// When the last newcomers were heard.
    newcomers: VecDeque<Duration>,
    /// When another may be told the list.
    served: Duration,
    /// When a list may be pulled again.
    again: Duration,
}

/// A list that is being pulled.
#[derive(Debug, Clone, Copy)]
struct Pull {
    server: PeerId,
    /// The list goes on behind this id.
    after: PeerId,
    at: Duration,
    tries: u32,
}

impl Node {
    /// Begins to pull the list when others know of many more peers than this node does.
    pub(super) fn want_roster(&mut self, now: Now, from: PeerId) {
        if self.roster_pull.newcomers.len() >= ROSTER_STORM
            && self.roster_pull.newcomers.front().is_some_and(|at| *at + ROSTER_CALM > now.mono)
        {
            self.roster_pull.again = now.mono + ROSTER_CALM.mul_f64(self.rng.random_range(2.0..8.0));
        }
        let enough = self.told_live - self.told_live / 16; // beacons tell of the last few soon enough
        let short = self.roster.live() + ROSTER_SHORT < enough;
        if short
            && self.roster_pull.pull.is_none()
            && !self.config.observer
            && now.mono >= self.roster_pull.again
        {
            self.roster_pull.pull =
                Some(Pull { server: from, after: PeerId([0; 8]), at: now.mono, tries: 0 });
        }
    }

    /// A beacon of one who has just started.
    pub(super) fn heard_newcomer(&mut self, now: Now) {
        self.roster_pull.newcomers.push_back(now.mono);
        if self.roster_pull.newcomers.len() > ROSTER_STORM {
            self.roster_pull.newcomers.pop_front();
        }
    }

    pub(super) fn roster_deadline(&self) -> Option<Duration> {
        self.roster_pull.pull.map(|pull| pull.at)
    }

    /// Asks for the next part of the list, if it is time.
    pub(super) fn pull_roster(&mut self, now: Now) {
        let Some(pull) = self.roster_pull.pull.as_mut().filter(|pull| pull.at <= now.mono) else { return };
        if pull.tries >= ROSTER_TRIES {
            self.roster_pull.pull = None; // that was all, or another may be asked when its beacon comes
            self.roster_pull.again = now.mono + ROSTER_PATIENCE * 20;
            return;
        }
        pull.tries += 1;
        pull.at = now.mono + ROSTER_PATIENCE * pull.tries;
        let (server, after) = (pull.server, pull.after);
        self.questions += 1;
        self.send_sealed(server, Content::Roster { id: self.questions, after });
    }

    /// Tells a peer of those who are here, in the order of their ids, once its address is proved.
    pub(super) fn serve_roster(&mut self, now: Now, peer: PeerId, after: PeerId) {
        if now.mono < self.roster_pull.served {
            return; // it asks again
        }
        let Some(to) = self.asker(now, peer, &[]) else { return };
        self.roster_pull.served = now.mono + ROSTER_SPACING;
        let here = |id: PeerId, state| state == Some(PeerState::Here) && id > after && id != peer;
        let mut ids: Vec<PeerId> =
            self.roster.listed().filter(|(id, e)| here(*id, e.state)).map(|(id, _)| id).collect();
        ids.sort_unstable();
        for id in ids.into_iter().take(ROSTER_MOST) {
            if let Some(entry) = self.roster.get(id) {
                let data = Mend::Listed { address: entry.address.ip(), card: &entry.card }.emit();
                self.outbox.urgent(to.clone(), Slot::Reply(peer), data);
            }
        }
    }

    /// A peer that the one who was asked knows of.
    pub(super) fn hear_listed(&mut self, now: Now, from: &Source, address: IpAddr, card: &[u8]) {
        let asked = self.roster_pull.pull.and_then(|pull| self.roster.get(pull.server));
        if asked.is_none_or(|server| server.address != from.address) {
            return;
        }
        let ParsedFrame::Signed(frame) = Frame::parse(card) else { return };
        let Body::Beacon(about) = &frame.body else { return };
        if let Some(pull) = self.roster_pull.pull.as_mut().filter(|pull| frame.sender > pull.after) {
            (pull.after, pull.tries, pull.at) = (frame.sender, 0, now.mono + ROSTER_PATIENCE / 4);
        }
        let known = frame.sender == self.id() || self.roster.get(frame.sender).is_some();
        if known || frame.flags & UNLISTED != 0 {
            return;
        }
        // It is taken for here as if its beacon had just come; if it is not, its silence will show soon.
        let at = Source { address: SocketAddr::new(address, about.reply_port), ..*from };
        if !self.budget.listed(now.mono) {
            return;
        }
        self.hear_signed(now, &at, from.address.ip(), &frame, card);
        if let Some(entry) = self.roster.get_mut(frame.sender) {
            entry.last_heard = now.mono.saturating_sub(entry.interval);
        }
    }
}

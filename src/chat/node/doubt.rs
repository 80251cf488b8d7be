//! Beacons that may have been recorded: their author is met, but not taken for here before it has answered a ping.

use rand::RngExt;

use super::super::direct::Content;
use super::super::frame::{Beacon, Frame, UNLISTED};
use super::super::hlc::Stamp;
use super::super::identity::PublicKey;
use super::super::limits::STALE;
use super::super::roster::Challenge;
use super::meet::reply_address;
use super::{Node, Now, Source};

/// Whether what has this stamp was said minutes ago at most.
pub(super) fn said_just_now(now: Now, stamp: Stamp) -> bool {
    stamp.millis().saturating_add(STALE) >= now.wall
}

impl Node {
    /// Whether a verified beacon of one who is not here is minutes old by its stamp. It may be a replay; or its author's clock
    /// is wrong.
    pub(super) fn is_doubtful(&self, now: Now, frame: &Frame<'_>, about: &Beacon<'_>) -> bool {
        let old = Stamp(about.stamp).millis().saturating_add(STALE) < now.wall;
        let here = |e: &super::super::roster::Entry| e.state.is_some() && e.epoch == frame.epoch;
        old && !self.roster.get(frame.sender).is_some_and(here)
    }

    /// Makes the key of such a peer known, and asks it to show that it is there.
    pub(super) fn doubt(
        &mut self,
        now: Now,
        from: &Source,
        frame: &Frame<'_>,
        about: &Beacon<'_>,
        key: PublicKey,
        data: &[u8],
    ) {
        if self.roster.get(frame.sender).is_none() {
            self.meet(now, Some(from), frame, about, key, data);
        }
        let (fresh, peer) = (self.rng.random(), frame.sender);
        let Some(entry) = self.roster.get_mut(peer) else { return };
        let address = reply_address(from, about);
        let lag = now.wall.saturating_sub(Stamp(about.stamp).millis());
        if frame.epoch > entry.epoch {
            (entry.rooms, entry.away) = (Vec::new(), None); // it will tell
        }
        (entry.epoch, entry.count) = (frame.epoch, frame.count);
        (entry.address, entry.address_seen) = (address, now.mono);
        self.roster.set_state(peer, None, frame.flags & UNLISTED != 0);
        let Some(entry) = self.roster.get_mut(peer) else { return };
        let nonce = entry.challenge.take().filter(|c| c.address == address).map_or(fresh, |c| c.nonce);
        entry.challenge = Some(Challenge { nonce, address, lag, question: Box::default() });
        self.send_sealed(peer, Content::Ping { id: 0, padding: &nonce });
        // It must know this node to be able to answer.
        self.presence.answer_always(now.mono, &mut self.rng);
        self.vouch.told(now.mono, peer);
        self.hear_waiting(now, peer);
        self.expect(now, (peer, frame.epoch), about.next);
    }
}

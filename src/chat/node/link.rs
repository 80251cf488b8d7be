//! Sessions: opened where a private line is to be sent, answered within bounds, opened anew when one end has lost them.

use std::time::Duration;

use rand::RngExt;
use zeroize::Zeroizing;

use super::super::direct::Content;
use super::super::event::Trust;
use super::super::id::PeerId;
use super::super::private::link::{Handshake, Outcome, Unknown};
use super::super::private::noise::Ends;
use super::super::private::session::Frame;
use super::{Node, Now, Source};

/// Least time between two frames that tell of sessions that are not known here.
const LOST_SPACING: Duration = Duration::from_millis(10);

impl Node {
    /// Whether there is a session to send in. If not, or if it is time for another, does what leads to one.
    pub(super) fn come_to_session(&mut self, now: Now, peer: PeerId) -> bool {
        let (stands, old) = self.links.state(now.mono, peer);
        // What nobody acknowledges may be for a session that the other end has lost.
        let doubtful = self.queue.current(peer).is_some_and(|line| line.tried_in_vain(now.mono));
        if !stands || old || doubtful {
            let Some(entry) = self.roster.get(peer) else { return false };
            let (key, epochs) = (entry.key.clone(), (self.config.epoch, entry.epoch));
            self.questions += 1;
            let seed = Zeroizing::new(self.rng.random());
            let ends = Ends { me: &self.identity, peer: &key, epochs };
            let next = self.links.drive(now.mono, peer, &ends, self.questions, seed);
            self.send_handshake(peer, next.as_ref());
        }
        stands
    }

    fn send_handshake(&mut self, peer: PeerId, handshake: Option<&Handshake>) {
        match handshake {
            Some(Handshake::Open(id, message)) => self.send_sealed(peer, Content::Open { id: *id, message }),
            Some(Handshake::Answer(id, message)) => {
                self.send_sealed(peer, Content::Answer { id: *id, message });
            }
            None => {}
        }
    }

    /// Sends a content in the session with the peer, if it is `secret` and there is one, else by the keys of both.
    pub(super) fn send_by(&mut self, now: Now, peer: PeerId, content: Content<'_>, secret: bool) {
        let lines = matches!(content, Content::Line { .. } | Content::Kept { .. });
        let epoch = self.roster.get(peer).map(|entry| entry.epoch).filter(|_| secret);
        let sealed = epoch.and_then(|epoch| {
            let content = content.emit(self.config.epoch, epoch);
            self.links.seal(now.mono, self.identity.id(), peer, &content)
        });
        match sealed {
            Some(data) => self.post(peer, data, lines),
            None if secret && lines => {} // never otherwise: it goes when there is a session again
            None => self.send_sealed(peer, content),
        }
    }

    /// A frame that is sealed in a session.
    pub(super) fn hear_session(&mut self, now: Now, from: &Source, frame: &Frame<'_>) {
        let peer = frame.sender;
        if frame.reader != self.id() || peer == self.id() || !self.admits(now, from) {
            return;
        }
        if self.roster.get(peer).is_none() {
            return self.answer_unreadable(now, from, peer);
        }
        let (content, first) = match self.links.open(now.mono, frame) {
            Ok(Some(opened)) => opened,
            Ok(None) => return,
            Err(Unknown) => return self.tell_lost(now, peer, frame.session),
        };
        self.genuine(now, from.address.ip());
        if let Some((epoch, to_epoch, content)) = Content::parse(&content)
            && to_epoch == self.config.epoch
            && self.roster.get(peer).is_some_and(|e| epoch == e.epoch)
        {
            self.hear_content(now, from, (peer, epoch), content, true);
        }
        if first {
            self.reader_here(now, peer, false);
        }
    }

    /// Tells a peer, where it is known to be, that a session is not known here: about as large as what it answers.
    fn tell_lost(&mut self, now: Now, peer: PeerId, session: [u8; 4]) {
        if now.mono >= self.lost {
            self.lost = now.mono + LOST_SPACING;
            self.send_sealed(peer, Content::Lost { id: 0, session });
        }
    }

    pub(super) fn hear_lost(&mut self, now: Now, peer: PeerId, session: [u8; 4]) {
        if self.links.lost(peer, session) {
            self.reader_here(now, peer, false);
        }
    }

    /// A peer opens a session. Of two openings that cross, that of the lower id counts.
    pub(super) fn hear_opening(&mut self, now: Now, peer: PeerId, epoch: u32, opening: (u32, &[u8])) {
        let Some(entry) = self.roster.get(peer).filter(|entry| entry.epoch == epoch) else { return };
        let (key, known) = (entry.key.clone(), entry.trust > Trust::New);
        let (yields, seed) = (peer < self.id(), Zeroizing::new(self.rng.random()));
        let ends = Ends { me: &self.identity, peer: &key, epochs: (self.config.epoch, epoch) };
        let budget = &mut self.budget;
        let may = || budget.opening(now.mono, known);
        let answer = self.links.opened(now.mono, (peer, yields), &ends, opening, seed, may);
        self.send_handshake(peer, answer.as_ref());
    }

    /// A peer answers an opening of this node.
    pub(super) fn hear_answer(&mut self, now: Now, peer: PeerId, (number, message): (u32, &[u8])) {
        match self.links.answered(now.mono, peer, number, message) {
            Outcome::Nothing => {}
            outcome => {
                self.send_by(now, peer, Content::Confirm { id: 0 }, true);
                if outcome == Outcome::Stands {
                    self.reader_here(now, peer, false);
                }
            }
        }
    }
}

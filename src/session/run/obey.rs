//! What the program asks of a running session.

use super::super::handle::{Command, Whither, Words};
use super::super::state::Update;
use super::{Driver, answer_to};
use crate::chat::{Kind, Now, SayError, Trust};

impl Driver {
    pub(super) fn obey(&mut self, command: Command) {
        let now = self.clock.now();
        // Whoever asked may have gone meanwhile; then nobody wants the answer.
        match command {
            Command::Say { words, reply } => {
                let said = self.online().and_then(|()| self.say(now, &words));
                let _ = reply.send(said);
            }
            Command::Direct { to, kind, text, reply } => {
                let _ = reply.send(self.node.direct(now, to, kind, &text)); // without a network it is kept
            }
            Command::Kept(reply) => {
                let _ = reply.send(self.node.kept());
            }
            Command::Withdraw { reader, reply } => {
                let _ = reply.send(self.node.withdraw(now, reader));
            }
            Command::Join { room, reply } => {
                let _ = reply.send(self.node.join(now, room));
                self.tell_social();
            }
            Command::JoinLocked { room, key, reply } => {
                let _ = reply.send(self.node.join_locked(now, room, *key));
                self.tell_social();
            }
            Command::ChangeLock { room, key, reply } => {
                let _ = reply.send(self.node.change_lock(now, room, *key));
            }
            Command::Part(room) => {
                self.node.part(now, room);
                self.tell_social();
            }
            Command::Rooms(reply) => {
                let _ = reply.send(self.node.rooms());
            }
            Command::Away(away) => self.node.set_away(now, away.as_deref()),
            Command::Typing(Whither::Room(room)) => self.node.typing(now, room),
            Command::Typing(Whither::Peer(peer)) => self.node.typing_to(now, peer),
            Command::Ignore { peer, on } => {
                self.node.ignore(peer, on);
                self.tell_social();
            }
            Command::Nick(nick) => {
                answer_to(self.slots.mailslots(), &nick);
                self.node.set_nick(now, nick);
            }
            Command::Ping { peer, size, reply } => {
                let _ = reply.send(self.node.ping(now, peer, size));
            }
            Command::Heard { before, reply } => {
                let heard =
                    before.map_or_else(|| self.node.heard_by(), |before| self.node.heard_before(before));
                let _ = reply.send(heard);
            }
            Command::Report(reply) => {
                let _ = reply.send(self.report());
            }
            Command::Who(reply) => {
                let _ = reply.send(self.node.peers());
            }
            Command::PublicKey { peer, reply } => {
                let _ = reply.send(self.node.public_key(peer));
            }
            Command::Network(reply) => {
                let _ = reply.send(self.network());
            }
            Command::Trust { peer, trust, reply } => {
                let known = self.node.set_trust(now, peer, trust);
                let _ = reply.send(known.is_some());
                if let (Some((public, nick)), Trust::Verified | Trust::Known) = (known, trust) {
                    let verified = trust == Trust::Verified;
                    self.tell(Update::Trusted { peer, public, nick, verified });
                }
            }
            Command::Leave(done) => drop(done), // the loop has taken it
        }
    }

    fn say(&mut self, now: Now, words: &Words) -> Result<(), SayError> {
        let Words { room, kind, text, about } = words;
        match (kind, about) {
            (Kind::Topic, _) => self.node.set_topic(now, *room, text),
            (Kind::Reaction, Some(about)) => self.node.react(now, *room, text, about),
            _ => self.node.say_in(now, *room, *kind, text, about.as_ref()),
        }
        .map(drop)
    }
}

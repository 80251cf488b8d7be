//! The sessions with each peer. One end opens, the other answers; the answer's author sends in the session only when a
//! frame in it has shown that the answer came. All that is lost is sent again by whoever wants to send a line.

use std::collections::HashMap;
use std::time::Duration;

use zeroize::Zeroizing;

use super::super::id::PeerId;
use super::super::limits::{
    LINK_SPACING, MAX_LINKS, OPENING_TRIES, SESSION_AGE, SESSION_RENEW, SESSION_REST,
};
use super::super::time::earliest;
use super::noise::{Ends, Opening, Seed};
use super::session::{Frame, Session};

/// A message of a handshake to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// The first, under its number.
    Open(u32, Vec<u8>),
    /// The second, with the number of the first.
    Answer(u32, Vec<u8>),
}

/// What the second message of a handshake has led to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The session stands; a frame in it must tell the other end.
    Stands,
    /// It stood already; the other end has not got such a frame.
    Again,
    /// Nothing.
    Nothing,
}

/// The content of a frame, and whether it shows that an answer has come, so that there is a session to send in.
pub(crate) type Opened = (Zeroizing<Vec<u8>>, bool);

/// No session of this name is known here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unknown;

/// An opening of this node.
#[derive(Debug)]
struct Half {
    number: u32,
    opening: Opening,
    tries: u32,
}

/// An answer to an opening of the peer, and the session that it makes.
#[derive(Debug)]
struct Answered {
    number: u32,
    message: Vec<u8>,
    session: Session,
}

#[derive(Debug, Default)]
struct Link {
    opening: Option<Half>,
    answered: Option<Answered>,
    current: Option<Session>,
    /// Number of the opening of this node that made it.
    opened: Option<u32>,
    previous: Option<(Session, Duration)>,
    /// Highest number of an opening of the peer that was answered.
    heard: u32,
    /// When the next may be.
    spaced: Duration,
    used: Duration,
}

impl Link {
    fn take_up(&mut self, now: Duration, session: Session) {
        let before = self.current.replace(session);
        self.previous = before.map(|before| (before, now + SESSION_REST));
    }

    fn expire(&mut self, now: Duration) {
        let old = |session: &Session| now >= session.since + SESSION_AGE;
        self.current.take_if(|session| old(session));
        self.previous.take_if(|(session, until)| now >= *until || old(session));
        self.answered.take_if(|answered| now >= answered.session.since + SESSION_REST);
    }

    fn deadline(&self) -> Option<Duration> {
        let current = self.current.as_ref().map(|session| session.since + SESSION_AGE);
        let previous = self.previous.as_ref().map(|(_, until)| *until);
        let answered = self.answered.as_ref().map(|answered| answered.session.since + SESSION_REST);
        earliest(earliest(current, previous), answered)
    }
}

/// All sessions.
#[derive(Debug, Default)]
pub(crate) struct Links {
    links: HashMap<PeerId, Link>,
    /// Keys are to be forgotten then, or earlier ones were.
    expiry: Option<Duration>,
}

impl Links {
    fn link(&mut self, now: Duration, peer: PeerId) -> &mut Link {
        if self.links.len() >= MAX_LINKS && !self.links.contains_key(&peer) {
            let idle = self.links.iter().min_by_key(|(id, link)| (link.used, **id)).map(|(id, _)| *id);
            idle.and_then(|id| self.links.remove(&id));
        }
        self.expiry = earliest(self.expiry, Some(now + SESSION_REST));
        let link = self.links.entry(peer).or_default();
        link.used = now;
        link
    }

    /// Whether there is a session to send in, and whether it is time for another.
    pub(crate) fn state(&self, now: Duration, peer: PeerId) -> (bool, bool) {
        let session = self.links.get(&peer).and_then(|link| link.current.as_ref());
        let younger = |age| session.is_some_and(|session| now < session.since + age);
        (younger(SESSION_AGE), !younger(SESSION_RENEW))
    }

    /// What is to be sent to `peer` to come to a session: something new, or what got lost again. `number` is for a new
    /// opening, higher than all before.
    pub(crate) fn drive(
        &mut self,
        now: Duration,
        peer: PeerId,
        ends: &Ends<'_>,
        number: u32,
        seed: Seed,
    ) -> Option<Handshake> {
        let link = self.link(now, peer);
        link.expire(now);
        if let Some(half) = link.opening.as_mut().filter(|half| half.tries < OPENING_TRIES) {
            half.tries += 1;
            return Some(Handshake::Open(half.number, half.opening.message.clone()));
        }
        if let Some(answered) = &link.answered {
            return Some(Handshake::Answer(answered.number, answered.message.clone()));
        }
        let opening = ends.open(seed)?;
        let message = opening.message.clone();
        link.opening = Some(Half { number, opening, tries: 1 });
        Some(Handshake::Open(number, message))
    }

    /// The peer opens. `yields`: an opening of the peer goes before one of this node. `may` is asked before anything is
    /// worked out.
    pub(crate) fn opened(
        &mut self,
        now: Duration,
        (peer, yields): (PeerId, bool),
        ends: &Ends<'_>,
        (number, message): (u32, &[u8]),
        seed: Seed,
        may: impl FnOnce() -> bool,
    ) -> Option<Handshake> {
        let link = self.link(now, peer);
        link.expire(now);
        if number <= link.heard {
            let again = link.answered.as_ref().filter(|answered| answered.number == number)?;
            return Some(Handshake::Answer(number, again.message.clone()));
        }
        if link.opening.is_some() && !yields || now < link.spaced || !may() {
            return None;
        }
        link.spaced = now + LINK_SPACING;
        let (keys, message) = ends.answer(seed, message)?;
        (link.heard, link.opening) = (number, None);
        link.answered = Some(Answered { number, message: message.clone(), session: Session::new(now, keys) });
        Some(Handshake::Answer(number, message))
    }

    /// The peer answers an opening.
    pub(crate) fn answered(&mut self, now: Duration, peer: PeerId, number: u32, message: &[u8]) -> Outcome {
        let Some(link) = self.links.get_mut(&peer) else { return Outcome::Nothing };
        if link.opened == Some(number) && link.current.is_some() {
            return Outcome::Again;
        }
        let fits = |half: &mut Half| half.number == number && half.opening.finish(message);
        let Some(keys) = link.opening.take_if(fits).and_then(|half| half.opening.keys()) else {
            return Outcome::Nothing;
        };
        link.take_up(now, Session::new(now, keys));
        (link.opened, link.answered) = (Some(number), None);
        Outcome::Stands
    }

    /// `content` sealed in the session with `reader`, if there is one.
    pub(crate) fn seal(
        &mut self,
        now: Duration,
        sender: PeerId,
        reader: PeerId,
        content: &[u8],
    ) -> Option<Vec<u8>> {
        let link = self.links.get_mut(&reader)?;
        link.used = now;
        let session = link.current.as_mut().filter(|session| now < session.since + SESSION_AGE)?;
        session.seal(sender, reader, content)
    }

    /// What is in a frame, if it is genuine and new.
    pub(crate) fn open(&mut self, now: Duration, frame: &Frame<'_>) -> Result<Option<Opened>, Unknown> {
        let link = self.links.get_mut(&frame.sender).ok_or(Unknown)?;
        link.expire(now);
        if let Some(answered) = link.answered.as_mut().filter(|a| a.session.id == frame.session) {
            let Some(content) = answered.session.open(frame) else { return Ok(None) };
            if let Some(Answered { session, .. }) = link.answered.take() {
                link.take_up(now, session);
                link.opened = None;
            }
            link.used = now;
            return Ok(Some((content, true)));
        }
        let previous = link.previous.as_mut().map(|(session, _)| session);
        let session = link.current.as_mut().filter(|s| s.id == frame.session).or(previous);
        let session = session.filter(|s| s.id == frame.session).ok_or(Unknown)?;
        let content = session.open(frame);
        if content.is_some() {
            link.used = now;
        }
        Ok(content.map(|content| (content, false)))
    }

    /// The peer knows nothing of a session. Whether it was the one in use.
    pub(crate) fn lost(&mut self, peer: PeerId, session: [u8; 4]) -> bool {
        let link = self.links.get_mut(&peer);
        link.is_some_and(|link| link.current.take_if(|current| current.id == session).is_some())
    }

    /// Forgets all keys of a peer that has left or started again.
    pub(crate) fn forget(&mut self, peer: PeerId) {
        self.links.remove(&peer);
    }

    /// When keys are to be forgotten.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.expiry
    }

    /// Forgets keys that are too old.
    pub(crate) fn expire(&mut self, now: Duration) {
        if self.expiry.is_some_and(|at| at <= now) {
            self.links.values_mut().for_each(|link| link.expire(now));
            self.expiry = self.links.values().filter_map(Link::deadline).min();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::identity::{Identity, PublicKey};
    use super::*;

    struct End {
        me: Identity,
        other: PublicKey,
        epochs: (u32, u32),
        links: Links,
        seeds: u8,
    }

    impl End {
        fn seed(&mut self) -> Seed {
            self.seeds += 1;
            let [first, ..] = self.me.id().0;
            Seed::new([first ^ self.seeds; 32])
        }

        fn drive(&mut self, at: u64) -> Handshake {
            let (seed, number, peer) = (self.seed(), u32::from(self.seeds), self.other.id());
            let ends = Ends { me: &self.me, peer: &self.other, epochs: self.epochs };
            self.links.drive(second(at), peer, &ends, number, seed).unwrap()
        }

        fn take(&mut self, at: u64, handshake: &Handshake) -> (Option<Handshake>, Outcome) {
            let (seed, peer) = (self.seed(), self.other.id());
            let ends = Ends { me: &self.me, peer: &self.other, epochs: self.epochs };
            match handshake {
                Handshake::Open(number, message) => {
                    let yields = peer < self.me.id();
                    let opening = (*number, message.as_slice());
                    (
                        self.links.opened(second(at), (peer, yields), &ends, opening, seed, || true),
                        Outcome::Nothing,
                    )
                }
                Handshake::Answer(number, message) => {
                    (None, self.links.answered(second(at), peer, *number, message))
                }
            }
        }

        fn seal(&mut self, at: u64, text: &str) -> Option<Vec<u8>> {
            self.links.seal(second(at), self.me.id(), self.other.id(), text.as_bytes())
        }

        fn open(&mut self, at: u64, frame: &[u8]) -> Result<Option<(String, bool)>, Unknown> {
            let opened = self.links.open(second(at), &Frame::parse(frame).unwrap())?;
            Ok(opened.map(|(text, first)| (String::from_utf8(text.to_vec()).unwrap(), first)))
        }
    }

    fn second(at: u64) -> Duration {
        Duration::from_secs(1000 + at)
    }

    /// Two ends; the id of the first is the lower one.
    fn ends() -> (End, End) {
        let mut identities = [1, 2].map(|n| Identity::from_secret(&[n; 32]));
        identities.sort_by_key(Identity::id);
        let [low, high] = identities;
        let key = |of: &Identity| PublicKey::from_bytes(&of.public()).unwrap();
        let (to_low, to_high) = (key(&low), key(&high));
        let end = |me, other, epochs| End { me, other, epochs, links: Links::default(), seeds: 0 };
        (end(low, to_high, (7, 9)), end(high, to_low, (9, 7)))
    }

    fn meet(a: &mut End, b: &mut End, at: u64) {
        let open = a.drive(at);
        let (answer, _) = b.take(at, &open);
        assert_eq!(a.take(at, &answer.unwrap()).1, Outcome::Stands);
        let frame = a.seal(at, "").unwrap();
        assert_eq!(b.open(at, &frame), Ok(Some((String::new(), true))));
    }

    #[test]
    fn both_ends_agree_whatever_is_lost_or_comes_twice() {
        let (mut a, mut b) = ends();
        let first = a.drive(0);
        assert_eq!(a.drive(1), first, "the same again");
        let (answer, _) = b.take(1, &first);
        let answer = answer.unwrap();
        assert_eq!(b.take(1, &first).0.as_ref(), Some(&answer), "the same again");
        assert_eq!(b.drive(2), answer, "who has answered waits for a frame, and tells again");
        assert_eq!(b.seal(2, "too early"), None);
        assert_eq!(a.take(2, &answer).1, Outcome::Stands);
        assert_eq!(a.take(2, &answer).1, Outcome::Again);
        let (one, two) = (a.seal(3, "one").unwrap(), a.seal(3, "two").unwrap());
        assert_eq!(b.open(3, &two), Ok(Some(("two".into(), true))));
        assert_eq!(b.open(3, &one), Ok(Some(("one".into(), false))));
        assert_eq!(b.open(3, &one), Ok(None), "not twice");
        let back = b.seal(3, "back").unwrap();
        assert_eq!(a.open(3, &back), Ok(Some(("back".into(), false))));
        assert_eq!(b.take(4, &first).0, None, "a recorded opening opens nothing");
        for i in (4..12).chain(20..49) {
            // Bytes 12 to 19 are the reader, to whom the node compares itself.
            let mut forged = b.seal(5, "x").unwrap();
            forged[i] ^= 1;
            assert!(!matches!(a.open(5, &forged), Ok(Some(_))), "byte {i}");
        }
    }

    #[test]
    fn of_two_openings_that_cross_one_counts() {
        let (mut low, mut high) = ends();
        let (theirs, mine) = (high.drive(0), low.drive(0));
        assert_eq!(low.take(0, &theirs).0, None);
        let (answer, _) = high.take(0, &mine);
        assert_eq!(low.take(0, &answer.unwrap()).1, Outcome::Stands);
        let frame = low.seal(0, "x").unwrap();
        assert_eq!(high.open(0, &frame), Ok(Some(("x".into(), true))));
        assert_eq!(
            low.take(1, &theirs).0.map(|_| ()),
            Some(()),
            "a late one is answered, and comes to nothing"
        );
        let frame = low.seal(1, "y").unwrap();
        assert_eq!(high.open(1, &frame), Ok(Some(("y".into(), false))));
    }

    #[test]
    fn keys_are_renewed_and_forgotten() {
        let (mut a, mut b) = ends();
        meet(&mut a, &mut b, 0);
        let peer = a.other.id();
        let late = a.seal(2999, "late").unwrap();
        assert_eq!(a.links.state(second(2999), peer), (true, false));
        assert_eq!(a.links.state(second(3000), peer), (true, true));
        meet(&mut a, &mut b, 3000);
        assert_eq!(b.open(3005, &late), Ok(Some(("late".into(), false))), "what was on its way");
        let late = a.seal(3005, "of the new one").unwrap();
        assert_eq!(a.links.state(second(6600), peer), (false, true));
        assert_eq!(a.seal(6600, "x"), None);
        b.links.expire(second(6600));
        assert_eq!(b.open(6600, &late), Err(Unknown));
        assert!(b.links.links.values().all(|l| l.current.is_none() && l.previous.is_none()));
    }

    #[test]
    fn who_has_lost_a_session_is_believed_once() {
        let (mut a, mut b) = ends();
        meet(&mut a, &mut b, 0);
        let frame = a.seal(1, "x").unwrap();
        b.links.forget(a.me.id());
        assert_eq!(b.open(1, &frame), Err(Unknown));
        let id = Frame::parse(&frame).unwrap().session;
        assert!(!a.links.lost(b.me.id(), [0; 4]));
        assert!(a.links.lost(b.me.id(), id));
        assert!(!a.links.lost(b.me.id(), id));
        meet(&mut a, &mut b, 2);
        a.epochs.1 += 1; // as if b had started again
        a.links.forget(b.me.id());
        let open = a.drive(3);
        assert_eq!(b.take(3, &open).0, None, "it is for another run");
    }

    #[test]
    fn openings_without_end_cost_little() {
        let (mut a, mut b) = ends();
        let Handshake::Open(_, message) = a.drive(0) else { panic!("an opening") };
        let mut worked_out = 0;
        for number in 1..=1000 {
            let (seed, peer) = (Seed::new([7; 32]), b.other.id());
            let ends = Ends { me: &b.me, peer: &b.other, epochs: b.epochs };
            let count = || {
                worked_out += 1;
                true
            };
            let at = second(0) + Duration::from_millis(u64::from(number) / 2);
            b.links.opened(at, (peer, true), &ends, (number, &message), seed, count);
        }
        assert!((1..=6).contains(&worked_out), "{worked_out} in half a second");
    }

    #[test]
    fn the_table_is_bounded() {
        let (mut a, _) = ends();
        for n in 0..=MAX_LINKS {
            a.links.link(second(n.try_into().unwrap()), PeerId(n.to_be_bytes()));
        }
        assert_eq!(a.links.links.len(), MAX_LINKS);
        assert!(!a.links.links.contains_key(&PeerId([0; 8])), "the one longest not used has gone");
    }
}

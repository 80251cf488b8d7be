//! What many people say and do, the same in each run.

use lanchat::chat::{
    About, Doubts, Event, Kind, LeaveReason, Line, LineId, Peer, PeerId, PeerState, Room, Trust,
};
use lanchat::text::SafeText;

/// The user.
pub const ME: PeerId = PeerId([9; 8]);
/// 2026-11-20 13:09:00 UTC.
pub const START: u64 = 1_795_180_140_000;

/// The people, and how far they have come.
pub struct Talk {
    seed: u64,
    seq: u32,
    /// Who comes next: nobody comes twice with the same key.
    next: u64,
    here: Vec<Peer>,
}

impl Talk {
    /// People that are here at the same time at most.
    pub const MOST: usize = 120;

    pub fn new(seed: u64) -> Self {
        Self { seed, seq: 0, next: 1000, here: Vec::new() }
    }

    /// A number below `end`, the next of a fixed row (splitmix64).
    fn below(&mut self, end: usize) -> usize {
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % end.max(1) as u64).unwrap_or(0)
    }

    /// Person number `n`, who is here from now on.
    pub fn peer(&mut self, n: u64, now: u64) -> Peer {
        let nick: lanchat::chat::Nick = format!("person{n}").parse().expect("a nickname");
        let peer = Peer {
            id: PeerId((n + 1).to_be_bytes()),
            name: nick.as_safe().clone(),
            nick,
            host: SafeText::clean("ORION"),
            address: [10, 77, 0, u8::try_from(n % 250).unwrap_or(0)].into(),
            state: PeerState::Here,
            version: SafeText::clean("0.1.0"),
            trust: Trust::Known,
            words: String::new(),
            rtt: None,
            since: now,
            arrived: true,
            rooms: Vec::new(),
            away: None,
            ignored: false,
            doubts: Doubts::default(),
        };
        self.here.push(peer.clone());
        peer
    }

    fn one(&mut self) -> Peer {
        let at = self.below(self.here.len());
        self.here[at].clone()
    }

    /// Somebody who is here.
    pub fn someone(&mut self) -> PeerId {
        self.one().id
    }

    fn id(&mut self, sender: PeerId) -> LineId {
        self.seq += 1;
        LineId { sender, epoch: 1, seq: self.seq }
    }

    /// A line in a room, of any kind that people write.
    pub fn line(&mut self, room: &str, now: u64) -> Line {
        let from = self.one();
        let n = self.seq;
        let text = match n % 20 {
            0 => format!(
                "see https://example.org/{n}/a/path/that/is/long/enough/to/be/wrapped?on=a&narrow=screen"
            ),
            1 => format!("日本語の文章 {n} は単語の間に空白がないので、どこでも折り返すことができます。"),
            2 => format!(
                "martin: line {n} is for you, and goes on until it has to be wrapped at least once here"
            ),
            3 => "👨‍👩‍👧 👍🏽 ❤️ tea?\nsecond line\nthird".to_owned(),
            _ => format!("line {n} of an ordinary conversation, as people write them"),
        };
        self.said(&from, room, &text, now)
    }

    fn said(&mut self, from: &Peer, room: &str, text: &str, now: u64) -> Line {
        Line {
            id: Some(self.id(from.id)),
            room: SafeText::clean(room),
            kind: Kind::Say,
            from: from.name.clone(),
            peer: Some(from.id),
            host: from.host.clone(),
            address: Some(from.address),
            text: SafeText::clean(text),
            sent_at: now,
            received_at: now,
            trust: from.trust,
            private: false,
            to: None,
            late: false,
            own: false,
            about: None,
        }
    }

    /// A private line: mostly of one person.
    pub fn private(&mut self, now: u64) -> Line {
        let from = if self.below(100) == 0 { self.one() } else { self.here[0].clone() };
        self.private_of(from.id, now)
    }

    pub fn private_of(&mut self, from: PeerId, now: u64) -> Line {
        let mut peer = self.here[0].clone();
        peer.id = from;
        let text = format!("between us: {}", self.seq);
        Line { private: true, to: Some(ME), ..self.said(&peer, "lobby", &text, now) }
    }

    /// An own private line.
    pub fn own_private(&mut self, to: PeerId, text: &str, now: u64) -> Line {
        let me = Peer { id: ME, ..self.here[0].clone() };
        Line { private: true, own: true, to: Some(to), ..self.said(&me, "lobby", text, now) }
    }

    /// A reaction to one of the last lines.
    pub fn reaction(&mut self, now: u64) -> Line {
        let from = self.one();
        let back = u32::try_from(self.below(50)).unwrap_or(0);
        let line = LineId { sender: self.one().id, epoch: 1, seq: self.seq.saturating_sub(back) };
        let about = Some(About { line, quote: SafeText::line("x") });
        Line { kind: Kind::Reaction, about, ..self.said(&from, "lobby", "👍", now) }
    }

    /// A topic of the room.
    pub fn topic(&mut self, now: u64) -> Line {
        let from = self.one();
        let text = format!("topic {}", self.seq);
        Line { kind: Kind::Topic, ..self.said(&from, "lunch", &text, now) }
    }

    /// A line of an old program.
    pub fn stranger(&mut self, now: u64) -> Line {
        let from = self.one();
        let line = self.said(&from, "lobby", "sent by a mailslot of 1994", now);
        Line { id: None, peer: None, trust: Trust::Unsigned, ..line }
    }

    pub fn typing(&mut self) -> Event {
        let peer = self.one();
        Event::Typing { peer: peer.id, name: peer.name, room: Some(lanchat::chat::RoomName::LOBBY) }
    }

    /// Somebody new comes.
    pub fn comes(&mut self, now: u64) -> Event {
        if self.here.len() >= Self::MOST {
            return self.goes();
        }
        self.next += 1;
        let next = self.next;
        Event::Join(self.peer(next, now))
    }

    /// Somebody leaves; the first few stay.
    pub fn goes(&mut self) -> Event {
        if self.here.len() <= 20 {
            return self.typing();
        }
        let at = 20 + self.below(self.here.len() - 20);
        Event::Leave { peer: self.here.remove(at), reason: LeaveReason::Goodbye }
    }

    /// Somebody takes another nickname.
    pub fn renamed(&mut self, now: u64) -> Event {
        let at = self.below(self.here.len());
        let nick: lanchat::chat::Nick = format!("other{}", now % 100_000).parse().expect("a nickname");
        let peer = &mut self.here[at];
        let old = std::mem::replace(&mut peer.name, nick.as_safe().clone());
        peer.nick = nick;
        Event::Nick { old, peer: peer.clone() }
    }

    pub fn gap(&mut self) -> Event {
        let peer = self.one();
        Event::Gap { peer: peer.id, from: peer.name, count: 1, epoch: 1, numbers: 1..2 }
    }

    /// Room number `n` of a list.
    pub fn room(&mut self, n: usize) -> Room {
        Room {
            name: format!("room{n}").parse().expect("a name"),
            topic: SafeText::line("what it is about"),
            topic_by: None,
            members: vec![self.someone()],
            joined: false,
            unshown: 0,
            last: None,
        }
    }
}

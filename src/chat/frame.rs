//! The frames of the sync slot: beacon, goodbye, who-is (docs/PROTOCOL.md, "The sync slot").

use super::bytes::Reader;
use super::checks::Checks;
use super::envelope::{MAGIC, RoomTag};
use super::id::PeerId;
use super::identity::{Identity, PublicKey};
use super::limits::{MAX_AWAY, MAX_DATA, MAX_JOINED};
use super::locked::Proof;

/// Version of the binary frames.
pub(super) const VERSION: u8 = 1;
const DOMAIN: &[u8] = b"lanchat sync 1\0";
const SIGNATURE: usize = 64;

const BEACON: u8 = 1;
const GOODBYE: u8 = 2;
const WHOIS: u8 = 3;
const HEARTBEAT: u8 = 4;
const STATUS: u8 = 11;
const TYPING: u8 = 12;

/// Flag of a beacon: its sender has just started and asks to be answered.
pub(super) const SOLICIT: u8 = 1;
/// Flag of a beacon: another peer has this nickname; show this one with its suffix.
pub(super) const YIELD: u8 = 2;
/// Flag of a beacon: the nickname is only probed so far.
pub(super) const PROBE: u8 = 4;
/// Flag of a beacon: its sender is a command that will soon be gone, not a person to be listed.
pub(super) const UNLISTED: u8 = 8;
/// Flag of a beacon: private lines to its sender are sealed in a session.
pub(super) const SESSIONS: u8 = 32;

/// A signed frame about its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    /// The bits above.
    pub(super) flags: u8,
    pub(super) sender: PeerId,
    pub(super) epoch: u32,
    /// Rises with every frame of the sender within an epoch: an older one is a replay.
    pub(super) count: u32,
    pub(super) body: Body<'a>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body<'a> {
    /// It is here.
    Beacon(Beacon<'a>),
    /// It leaves. All else is as in a beacon, so that lines whose author is gone can still be checked.
    Goodbye(Beacon<'a>),
    /// It has said lines up to this number.
    Heartbeat { next: u32, stamp: u64 },
    /// It is in these rooms, and perhaps away.
    Status(Status<'a>),
    /// It is typing in this room.
    Typing(RoomTag),
}

/// What a peer says of its state besides its beacon.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Status<'a> {
    /// Names of the rooms it is in, at most [`MAX_JOINED`].
    pub(super) rooms: Vec<&'a str>,
    /// Tags of the locked rooms it is in, at most [`MAX_JOINED`], each with what shows that it has the key.
    pub(super) locked: Vec<(RoomTag, Proof)>,
    /// It is away, and perhaps why.
    pub(super) away: Option<&'a str>,
}

/// What a peer says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Beacon<'a> {
    pub(super) public: [u8; 32],
    /// UDP port of its reply slot.
    pub(super) reply_port: u16,
    /// Number that the next datagram of its lines will have.
    pub(super) next: u32,
    /// Its hybrid logical clock.
    pub(super) stamp: u64,
    /// Mean time between its beacons, in tenths of a second.
    pub(super) interval: u16,
    pub(super) nick: &'a str,
    pub(super) host: &'a str,
    pub(super) version: &'a str,
    /// First four bytes of the ids of the live peers that it has heard; none on a large segment.
    pub(super) heard: Option<&'a [u8]>,
    /// Percent of the datagrams to it that are lost.
    pub(super) loss: u8,
    /// Hash over the lines of all runs that it holds without a gap, see [`hash`](super::digest::hash).
    pub(super) holds: Option<[u8; 8]>,
    /// How many it believes to be on the segment.
    pub(super) live: u16,
}

/// A frame as it was found; signatures are not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parsed<'a> {
    Signed(Frame<'a>),
    /// Somebody misses the beacon of a peer.
    Whois {
        by: PeerId,
        of: PeerId,
    },
    /// A frame of a kind or version of the future, or none of ours.
    Unknown,
}

const TLV_NICK: u8 = 1;
const TLV_HOST: u8 = 2;
const TLV_VERSION: u8 = 3;
const TLV_HEARD: u8 = 4;
const TLV_SEGMENT: u8 = 5;
const TLV_HOLDS: u8 = 6;
const TLV_ROOM: u8 = 7;
const TLV_AWAY: u8 = 8;
const TLV_LOCKED: u8 = 9;

impl<'a> Frame<'a> {
    pub(super) fn emit(&self, identity: &Identity) -> Vec<u8> {
        let mut out = Vec::with_capacity(400);
        out.extend_from_slice(&MAGIC);
        out.push(VERSION);
        out.push(match self.body {
            Body::Beacon(_) => BEACON,
            Body::Goodbye(_) => GOODBYE,
            Body::Heartbeat { .. } => HEARTBEAT,
            Body::Status(_) => STATUS,
            Body::Typing(_) => TYPING,
        });
        out.push(self.flags);
        out.push(0);
        out.extend_from_slice(&self.sender.0);
        out.extend_from_slice(&self.epoch.to_be_bytes());
        out.extend_from_slice(&self.count.to_be_bytes());
        match &self.body {
            Body::Beacon(about) | Body::Goodbye(about) => about.emit(&mut out),
            Body::Heartbeat { next, stamp } => {
                out.extend_from_slice(&next.to_be_bytes());
                out.extend_from_slice(&stamp.to_be_bytes());
            }
            Body::Status(status) => status.emit(&mut out),
            Body::Typing(room) => out.extend_from_slice(room),
        }
        let signature = identity.sign(DOMAIN, &out);
        out.extend_from_slice(&signature);
        out
    }

    pub(super) fn parse(data: &'a [u8]) -> Parsed<'a> {
        Self::fields(data).unwrap_or(Parsed::Unknown)
    }

    fn fields(data: &'a [u8]) -> Option<Parsed<'a>> {
        let mut r = Reader(data);
        // A longer one could not be passed on: it must fit into a card.
        if data.len() > MAX_DATA || r.array() != Some(MAGIC) || r.u8() != Some(VERSION) {
            return None;
        }
        let kind = r.u8()?;
        let flags = r.u8()?;
        r.u8()?;
        if kind == WHOIS {
            return Some(Parsed::Whois { by: PeerId(r.array()?), of: PeerId(r.array()?) });
        }
        let (sender, epoch, count) = (PeerId(r.array()?), r.u32()?, r.u32()?);
        let mut body = Reader(r.take(r.0.len().checked_sub(SIGNATURE)?)?);
        let body = match kind {
            BEACON => Body::Beacon(Beacon::parse(&mut body)?),
            GOODBYE => Body::Goodbye(Beacon::parse(&mut body)?),
            HEARTBEAT => Body::Heartbeat { next: body.u32()?, stamp: body.u64()? },
            STATUS => Body::Status(Status::parse(&mut body)?),
            TYPING => Body::Typing(body.array()?),
            _ => return None,
        };
        (epoch > 0).then_some(Parsed::Signed(Self { flags, sender, epoch, count, body }))
    }
}

/// Whether the signature at the end of a frame is `key`'s.
pub(super) fn verify(data: &[u8], key: &PublicKey, checks: &Checks) -> bool {
    checks.verify(key, DOMAIN, data)
}

/// The question of `by` for the beacon of `of`: unsigned, and answered only by that peer, at a bounded rate.
pub(super) fn whois(by: PeerId, of: PeerId) -> Vec<u8> {
    let mut out = Vec::with_capacity(22);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[VERSION, WHOIS, 0, 0]);
    out.extend_from_slice(&by.0);
    out.extend_from_slice(&of.0);
    out
}

impl<'a> Beacon<'a> {
    fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.public);
        out.extend_from_slice(&self.reply_port.to_be_bytes());
        out.extend_from_slice(&self.next.to_be_bytes());
        out.extend_from_slice(&self.stamp.to_be_bytes());
        out.extend_from_slice(&self.interval.to_be_bytes());
        let [high, low] = self.live.to_be_bytes();
        let segment = [self.loss, high, low];
        let fields = [
            (TLV_NICK, Some(self.nick.as_bytes())),
            (TLV_HOST, Some(self.host.as_bytes())),
            (TLV_VERSION, Some(self.version.as_bytes())),
            (TLV_SEGMENT, Some(&segment)),
            (TLV_HOLDS, self.holds.as_ref().map(<[u8; 8]>::as_slice)),
            (TLV_HEARD, self.heard),
        ];
        for (tag, value) in fields.iter().filter_map(|(tag, value)| Some((tag, (*value)?))) {
            if let Ok(len) = u8::try_from(value.len()) {
                out.extend_from_slice(&[*tag, len]);
                out.extend_from_slice(value);
            }
        }
    }

    fn parse(r: &mut Reader<'a>) -> Option<Self> {
        let public = r.array()?;
        let (reply_port, next, stamp, interval) = (r.u16()?, r.u32()?, r.u64()?, r.u16()?);
        let mut beacon = Self { public, reply_port, next, stamp, interval, ..Self::default() };
        while let Some(tag) = r.u8() {
            let len = usize::from(r.u8()?);
            let value = r.take(len)?;
            match tag {
                TLV_NICK => beacon.nick = std::str::from_utf8(value).ok()?,
                TLV_HOST => beacon.host = std::str::from_utf8(value).ok()?,
                TLV_VERSION => beacon.version = std::str::from_utf8(value).ok()?,
                TLV_HEARD => beacon.heard = Some(value),
                TLV_HOLDS => beacon.holds = value.try_into().ok(),
                TLV_SEGMENT => {
                    if let [loss, high, low, ..] = *value {
                        (beacon.loss, beacon.live) = (loss.min(100), u16::from_be_bytes([high, low]));
                    }
                }
                _ => {} // a field of the future
            }
        }
        Some(beacon)
    }

    /// Whether the sender has heard `peer`; none where it does not say.
    pub(super) fn has_heard(&self, peer: PeerId) -> Option<bool> {
        let [a, b, c, d, ..] = peer.0;
        self.heard.map(|heard| heard.chunks_exact(4).any(|id| id == [a, b, c, d]))
    }
}

impl<'a> Status<'a> {
    fn emit(&self, out: &mut Vec<u8>) {
        let rooms = self.rooms.iter().map(|room| (TLV_ROOM, *room));
        for (tag, value) in rooms.chain(self.away.map(|away| (TLV_AWAY, away))) {
            if let Ok(len) = u8::try_from(value.len()) {
                out.extend_from_slice(&[tag, len]);
                out.extend_from_slice(value.as_bytes());
            }
        }
        for (tag, proof) in &self.locked {
            out.extend_from_slice(&[TLV_LOCKED, 12]);
            out.extend_from_slice(tag);
            out.extend_from_slice(proof);
        }
    }

    fn parse(r: &mut Reader<'a>) -> Option<Self> {
        let mut status = Self::default();
        while let Some(tag) = r.u8() {
            let len = usize::from(r.u8()?);
            let value = r.take(len)?;
            match tag {
                TLV_ROOM if status.rooms.len() < MAX_JOINED => {
                    status.rooms.push(std::str::from_utf8(value).ok()?);
                }
                TLV_LOCKED if status.locked.len() < MAX_JOINED => {
                    let mut r = Reader(value);
                    status.locked.extend(r.array().zip(r.array()));
                }
                TLV_AWAY if len <= MAX_AWAY => status.away = Some(std::str::from_utf8(value).ok()?),
                _ => {} // a field of the future, or too much
            }
        }
        Some(status)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_beacon_comes_back_as_it_went() {
        let me = Identity::from_secret(&[3; 32]);
        let heard = [1, 2, 3, 4, 5, 6, 7, 8];
        let beacon = Beacon {
            public: me.public(),
            reply_port: 40_000,
            next: 17,
            stamp: 99,
            interval: 30,
            nick: "alice",
            host: "ORION",
            version: "0.1.0",
            heard: Some(&heard),
            holds: Some([8; 8]),
            loss: 7,
            live: 300,
        };
        assert_eq!(beacon.has_heard(PeerId([5, 6, 7, 8, 0, 0, 0, 0])), Some(true));
        let frame = Frame { flags: SOLICIT, sender: me.id(), epoch: 5, count: 1, body: Body::Beacon(beacon) };
        let mut data = frame.emit(&me);
        assert_eq!(Frame::parse(&data), Parsed::Signed(frame));
        let key = PublicKey::from_bytes(&me.public()).unwrap();
        assert!(verify(&data, &key, &Checks::default()));
        data[20] ^= 1;
        assert!(!verify(&data, &key, &Checks::default()));
        let status =
            Status { rooms: vec!["lunch", "日本"], locked: vec![([1; 4], [2; 8])], away: Some("") };
        for body in [Body::Status(status), Body::Status(Status::default()), Body::Typing([1, 2, 3, 4])] {
            let frame = Frame { flags: 0, sender: me.id(), epoch: 5, count: 2, body };
            assert_eq!(Frame::parse(&frame.emit(&me)), Parsed::Signed(frame));
        }
        let (by, of) = (PeerId([1; 8]), me.id());
        assert_eq!(Frame::parse(&whois(by, of)), Parsed::Whois { by, of });
    }

    #[test]
    fn a_beacon_too_long_to_be_passed_on_is_none() {
        let me = Identity::from_secret(&[3; 32]);
        let of = |fill: &[u8]| {
            let about = Beacon { public: me.public(), heard: Some(fill), ..Beacon::default() };
            Frame { flags: 0, sender: me.id(), epoch: 5, count: 1, body: Body::Beacon(about) }.emit(&me)
        };
        let room = MAX_DATA - of(&[]).len();
        for (more, good) in [(0, true), (1, false)] {
            let data = of(&vec![7; room + more]);
            assert_eq!(matches!(Frame::parse(&data), Parsed::Signed(_)), good, "{} bytes", data.len());
        }
    }

    proptest! {
        #[test]
        fn parse_never_panics(mut data in proptest::collection::vec(any::<u8>(), 0..500), ours in any::<bool>()) {
            if ours {
                data.splice(0..0, [b'L', b'C', VERSION, BEACON]);
            }
            let _ = Frame::parse(&data);
        }
    }
}

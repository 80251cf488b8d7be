//! What a beacon tells to somebody who takes no part: a monitor, or the doctor (docs/PROTOCOL.md, "The sync slot").

use super::checks::Checks;
use super::event::Millis;
use super::frame::{self, Body, Frame, Parsed, UNLISTED};
use super::hlc::Stamp;
use super::id::PeerId;
use super::identity::PublicKey;
use crate::text::SafeText;

/// Who sent a beacon or goodbye, as it says itself. Its signature was checked, so the holder of the key has said it,
/// at whatever time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// Who.
    pub peer: PeerId,
    /// Which start of its program.
    pub epoch: u32,
    /// The nickname, as sent.
    pub nick: SafeText,
    /// The computer name.
    pub host: SafeText,
    /// Its clock: at least its wall clock, and ahead of that where it has heard a clock that is ahead.
    pub clock: Millis,
    /// A person rather than a command.
    pub listed: bool,
    /// It leaves.
    pub goodbye: bool,
}

impl Glance {
    /// Reads the data of a message to the sync slot; none where it is no beacon or goodbye, or forged.
    pub fn of(data: &[u8]) -> Option<Self> {
        let Parsed::Signed(Frame { flags, sender, epoch, body, .. }) = Frame::parse(data) else {
            return None;
        };
        let (about, goodbye) = match body {
            Body::Beacon(about) => (about, false),
            Body::Goodbye(about) => (about, true),
            Body::Heartbeat { .. } | Body::Status(_) | Body::Typing(_) => return None,
        };
        let key = PublicKey::from_bytes(&about.public).filter(|key| key.id() == sender)?;
        frame::verify(data, &key, &Checks::default()).then(|| Self {
            peer: sender,
            epoch,
            nick: SafeText::line(about.nick),
            host: SafeText::line(about.host),
            clock: Stamp(about.stamp).millis(),
            listed: flags & UNLISTED == 0,
            goodbye,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::Beacon;
    use super::super::identity::Identity;
    use super::*;

    #[test]
    fn only_what_the_owner_of_the_key_has_signed_is_believed() {
        let [me, other] = [3, 4].map(|n| Identity::from_secret(&[n; 32]));
        let about = |public| Beacon {
            public,
            nick: "al\u{202e}ice",
            host: "ORION",
            stamp: 7000 << 16,
            ..Beacon::default()
        };
        let frame = |body| Frame { flags: UNLISTED, sender: me.id(), epoch: 5, count: 1, body };
        let data = frame(Body::Goodbye(about(me.public()))).emit(&me);
        let seen = Glance::of(&data).unwrap();
        assert_eq!((seen.peer, seen.epoch, seen.clock), (me.id(), 5, 7000));
        assert_eq!((seen.nick.as_str(), seen.host.as_str()), ("al<U+202E>ice", "ORION"));
        assert!(seen.goodbye && !seen.listed);
        for at in 0..data.len() {
            let mut forged = data.clone();
            forged[at] ^= 1;
            // The reserved byte is signed, too.
            assert_eq!(Glance::of(&forged), None, "byte {at}");
        }
        assert_eq!(Glance::of(&frame(Body::Beacon(about(other.public()))).emit(&other)), None, "not its key");
        assert_eq!(Glance::of(&frame(Body::Heartbeat { next: 1, stamp: 2 }).emit(&me)), None);
        assert_eq!(Glance::of(b""), None);
    }
}

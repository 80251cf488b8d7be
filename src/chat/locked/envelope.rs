//! One datagram of a locked room as bytes and back. What is needed to repair it is in the clear; all else is sealed.

use super::super::bytes::Reader;
use super::super::checks::Checks;
use super::super::envelope::{MAGIC, RoomTag};
use super::super::id::{LineId, PeerId};
use super::super::identity::{Identity, PublicKey};
use super::super::limits::MAX_DATA;
use super::key::RoomKey;

const VERSION: u8 = 1;
const SEALED_LINE: u8 = 48;
/// What is signed begins with this.
const DOMAIN: &[u8] = b"lanchat sealed 1\0";
/// Bytes up to the nonce.
const HEAD: usize = 26;
pub(super) const NONCE: usize = 24;
pub(super) const TAG: usize = 16;
const SIGNATURE: usize = 64;

/// How a datagram of a locked room begins.
pub(in super::super) const SEALED_START: [u8; 4] = [MAGIC[0], MAGIC[1], VERSION, SEALED_LINE];
/// Most bytes of content.
pub(super) const MAX_CONTENT: usize = MAX_DATA - HEAD - NONCE - TAG - SIGNATURE;

/// What everybody can read of a datagram of a locked room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Header {
    /// The room, for those who know its key.
    pub(in super::super) room: RoomTag,
    /// Author, epoch, and number of this datagram among the author's.
    pub(in super::super) id: LineId,
    /// Which part this is, from 0.
    pub(in super::super) index: u8,
    /// Of how many, at least 1.
    pub(in super::super) count: u8,
}

/// A datagram of a locked room, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Sealed<'a> {
    pub(in super::super) header: Header,
    data: &'a [u8],
    pub(super) nonce: [u8; NONCE],
    pub(super) body: &'a [u8],
    pub(super) tag: [u8; TAG],
}

impl Header {
    /// `content` sealed and signed, as the data of a datagram. None where it does not fit.
    pub(in super::super) fn seal(
        &self,
        key: &RoomKey,
        identity: &Identity,
        content: &[u8],
    ) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(MAX_DATA);
        out.extend_from_slice(&SEALED_START);
        out.extend_from_slice(&self.room);
        out.extend_from_slice(&self.id.sender.0);
        out.extend_from_slice(&self.id.epoch.to_be_bytes());
        out.extend_from_slice(&self.id.seq.to_be_bytes());
        out.extend_from_slice(&[self.index, self.count]);
        key.seal(&mut out, content)?;
        let signature = identity.sign(DOMAIN, &out);
        out.extend_from_slice(&signature);
        (out.len() <= MAX_DATA).then_some(out)
    }
}

impl<'a> Sealed<'a> {
    /// None where it is no such datagram. Nothing is believed before [`verify`].
    pub(in super::super) fn parse(data: &'a [u8]) -> Option<Self> {
        let mut r = Reader(data);
        // A longer one could not be repaired: the data must fit into a repair.
        if data.len() > MAX_DATA || r.array() != Some(SEALED_START) {
            return None;
        }
        let room = r.array()?;
        let id = LineId { sender: PeerId(r.array()?), epoch: r.u32()?, seq: r.u32()? };
        let (index, count) = (r.u8()?, r.u8()?);
        let nonce = r.array()?;
        let body = r.take(r.0.len().checked_sub(TAG + SIGNATURE)?)?;
        let tag = r.array()?;
        // The numbers of all its parts, and the one after them, must be numbers.
        let first = id.seq.checked_sub(u32::from(index)).filter(|first| *first > 0);
        let numbered = first.is_some_and(|first| first.checked_add(u32::from(count)).is_some());
        let whole = index < count && numbered && id.epoch > 0 && !body.is_empty();
        whole.then_some(Self { header: Header { room, id, index, count }, data, nonce, body, tag })
    }

    /// What the nonce follows from, besides the content.
    pub(super) fn head(&self) -> &'a [u8] {
        self.data.get(..HEAD).unwrap_or_default()
    }

    /// What is not sealed but bound to what is.
    pub(super) fn bound(&self) -> &'a [u8] {
        self.data.get(..HEAD + NONCE).unwrap_or_default()
    }
}

/// Whether the signature at the end of a sealed datagram is `key`'s.
pub(in super::super) fn verify(data: &[u8], key: &PublicKey, checks: &Checks) -> bool {
    checks.verify(key, DOMAIN, data)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> (Identity, RoomKey, Header) {
        let me = Identity::from_secret(&[7; 32]);
        let key = RoomKey::from_root(&[1; 32]);
        let id = LineId { sender: me.id(), epoch: 9, seq: 4 };
        let header = Header { room: key.tag(), id, index: 1, count: 3 };
        (me, key, header)
    }

    #[test]
    fn comes_back_as_it_went_and_every_byte_is_covered() {
        let (me, key, header) = sample();
        let data = header.seal(&key, &me, b"secret").unwrap();
        let sealed = Sealed::parse(&data).unwrap();
        assert_eq!(sealed.header, header);
        assert_eq!(key.open(&sealed).as_deref().map(Vec::as_slice), Some(b"secret".as_slice()));
        assert!(RoomKey::from_root(&[2; 32]).open(&sealed).is_none());
        let public = PublicKey::from_bytes(&me.public()).unwrap();
        assert!(verify(&data, &public, &Checks::default()));
        for i in 0..data.len() {
            let mut forged = data.clone();
            forged[i] ^= 1;
            assert!(!verify(&forged, &public, &Checks::default()), "byte {i} is not signed");
            if let Some(sealed) = Sealed::parse(&forged).filter(|_| i < data.len() - SIGNATURE) {
                assert!(key.open(&sealed).is_none(), "byte {i} is not sealed");
            }
        }
        for n in 0..data.len() {
            assert!(Sealed::parse(&data[..n]).is_none_or(|cut| key.open(&cut).is_none()), "{n} bytes");
        }
    }

    #[test]
    fn one_size_too_many_does_not_fit() {
        let (me, key, header) = sample();
        assert_eq!(header.seal(&key, &me, &[0; MAX_CONTENT]).unwrap().len(), MAX_DATA);
        assert_eq!(header.seal(&key, &me, &[0; MAX_CONTENT + 1]), None);
    }

    proptest! {
        #[test]
        fn parse_never_panics(mut data in proptest::collection::vec(any::<u8>(), 0..500), ours in any::<bool>()) {
            if ours {
                data.splice(0..0, SEALED_START);
            }
            let _ = Sealed::parse(&data);
        }

        /// Restored backups, snapshots of running machines and clocks set back repeat (sender, epoch, number, part), and
        /// would repeat random numbers; what is said then still never shares a nonce with anything else.
        #[test]
        fn no_nonce_comes_twice_with_anything_else(
            said in proptest::collection::vec((1..3_u32, 1..4_u32, 0..2_u8, "[ab]{1,2}"), 1..60)
        ) {
            let (me, key, header) = sample();
            let mut nonces = std::collections::HashMap::new();
            for (epoch, first, index, text) in said {
                let id = LineId { epoch, seq: first + u32::from(index), ..header.id };
                let data = Header { id, index, count: 2, ..header }.seal(&key, &me, text.as_bytes()).unwrap();
                let nonce = Sealed::parse(&data).unwrap().nonce;
                let before = nonces.insert(nonce, data.clone());
                prop_assert!(before.is_none_or(|before| before == data));
            }
        }
    }
}

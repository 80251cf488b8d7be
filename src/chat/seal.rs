//! Frames of the reply slot: for one reader's eyes (docs/PROTOCOL.md, "The reply slot").
//!
//! X25519 between the two long-lived keys gives each pair of peers a key; XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha)
//! with a random 192-bit nonce seals and authenticates each frame.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use zeroize::{Zeroize, Zeroizing};

use super::bytes::Reader;
use super::envelope::MAGIC;
use super::frame::VERSION;
use super::id::PeerId;
use super::identity::{Identity, PublicKey};

const SEALED: u8 = 32;
const UNREADABLE: u8 = 33;
const HEADER: usize = 4 + 8 + 8;
const NONCE: usize = 24;
const TAG: usize = 16;
const CONTEXT: &str = "lanchat 2026-11 reply slot of a pair of peers";

/// Bytes that sealing adds to its content.
pub(super) const OVERHEAD: usize = HEADER + NONCE + TAG;

/// The key that two peers share.
#[derive(Clone)]
pub(super) struct PairKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for PairKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PairKey(…)")
    }
}

impl PairKey {
    /// The key between `me` and the holder of `peer`: the same seen from both ends.
    pub(super) fn new(me: &Identity, peer: &PublicKey) -> Self {
        let shared = Zeroizing::new(peer.agreement_public().mul_clamped(*me.agreement_secret()).to_bytes());
        let (mine, theirs) = (me.public(), peer.to_bytes());
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(&*shared);
        hasher.update(&mine.min(theirs));
        hasher.update(&mine.max(theirs));
        let key = Self(Zeroizing::new(*hasher.finalize().as_bytes()));
        hasher.zeroize(); // it has seen the secret
        key
    }

    /// `content` sealed for `reader`. `nonce` must be random and fresh.
    pub(super) fn seal(
        &self,
        sender: PeerId,
        reader: PeerId,
        nonce: [u8; NONCE],
        content: &[u8],
    ) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(OVERHEAD + content.len());
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[VERSION, SEALED]);
        out.extend_from_slice(&sender.0);
        out.extend_from_slice(&reader.0);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(content);
        let (head, body) = out.split_at_mut_checked(HEADER + NONCE)?;
        let cipher = XChaCha20Poly1305::new(&(*self.0).into());
        let tag = cipher.encrypt_inout_detached(&XNonce::from(nonce), head, body.into()).ok()?;
        out.extend_from_slice(&tag);
        Some(out)
    }

    /// The content of a frame, if it is this pair's and untouched.
    pub(super) fn open(&self, frame: &Sealed<'_>) -> Option<Zeroizing<Vec<u8>>> {
        let mut content = Zeroizing::new(frame.content.to_vec());
        let cipher = XChaCha20Poly1305::new(&(*self.0).into());
        let nonce = XNonce::from(frame.nonce);
        cipher
            .decrypt_inout_detached(&nonce, frame.head, content.as_mut_slice().into(), &Tag::from(frame.tag))
            .ok()?;
        Some(content)
    }
}

/// A sealed frame taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sealed<'a> {
    pub(super) sender: PeerId,
    pub(super) reader: PeerId,
    head: &'a [u8],
    nonce: [u8; NONCE],
    content: &'a [u8],
    tag: [u8; TAG],
}

/// What came to the reply slot.
#[derive(Debug, Clone, Copy)]
pub(super) enum Parsed<'a> {
    Sealed(Sealed<'a>),
    /// The frame that `reader` sent could not be read for want of its key: a beacon is wanted where this came from.
    Unreadable {
        by: PeerId,
        from: PeerId,
    },
    Unknown,
}

/// Takes a frame of the reply slot apart.
pub(super) fn parse(data: &[u8]) -> Parsed<'_> {
    fields(data).unwrap_or(Parsed::Unknown)
}

fn fields(data: &[u8]) -> Option<Parsed<'_>> {
    let mut r = Reader(data);
    if r.array() != Some(MAGIC) || r.u8() != Some(VERSION) {
        return None;
    }
    let kind = r.u8()?;
    let (sender, reader) = (PeerId(r.array()?), PeerId(r.array()?));
    match kind {
        UNREADABLE => Some(Parsed::Unreadable { by: sender, from: reader }),
        SEALED => {
            let nonce = r.array()?;
            let (content, tag) = r.0.split_last_chunk::<TAG>()?;
            let (head, _) = data.split_at_checked(HEADER + NONCE)?;
            Some(Parsed::Sealed(Sealed { sender, reader, head, nonce, content, tag: *tag }))
        }
        _ => None,
    }
}

/// Tells the sender of a sealed frame that it could not be read.
pub(super) fn unreadable(by: PeerId, from: PeerId) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[VERSION, UNREADABLE]);
    out.extend_from_slice(&by.0);
    out.extend_from_slice(&from.0);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pair_can_read_it() {
        let [alice, bob, eve] = [1, 2, 3].map(|n| Identity::from_secret(&[n; 32]));
        let key = |me: &Identity, other: &Identity| {
            PairKey::new(me, &PublicKey::from_bytes(&other.public()).unwrap())
        };
        let data = key(&alice, &bob).seal(alice.id(), bob.id(), [9; 24], b"secret").unwrap();
        let Parsed::Sealed(frame) = parse(&data) else { panic!("not sealed") };
        assert_eq!(key(&bob, &alice).open(&frame).as_deref().map(Vec::as_slice), Some(b"secret".as_slice()));
        assert!(key(&eve, &alice).open(&frame).is_none());
        assert!(key(&eve, &bob).open(&frame).is_none());
        for i in 4..data.len() {
            let mut forged = data.clone();
            forged[i] ^= 1;
            let Parsed::Sealed(frame) = parse(&forged) else { panic!("not sealed") };
            assert!(key(&bob, &alice).open(&frame).is_none(), "byte {i} is not covered");
        }
    }

    #[test]
    fn short_frames_are_no_frames() {
        let [alice, bob] = [1, 2].map(|n| Identity::from_secret(&[n; 32]));
        let data = PairKey::new(&alice, &PublicKey::from_bytes(&bob.public()).unwrap())
            .seal(alice.id(), bob.id(), [9; 24], b"")
            .unwrap();
        for n in 0..data.len() {
            assert!(matches!(parse(&data[..n]), Parsed::Unknown), "{n} bytes");
        }
        assert!(matches!(parse(&unreadable(bob.id(), alice.id())), Parsed::Unreadable { .. }));
    }
}

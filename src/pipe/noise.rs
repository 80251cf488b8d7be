//! The handshake and the keys of remote pipes: `Noise_XX_25519_AESGCM_SHA256` (The Noise Protocol Framework, revision 34).
//!
//! A peer's static key is the X25519 form of its Ed25519 identity, as for private lines. Each end tells its Ed25519 key
//! inside the handshake, and the other end converts it and compares it with the static key that Noise has proved. So no
//! signature is made, nothing new has to be kept, and a connection proves nothing to third parties.

use std::sync::{Arc, PoisonError, RwLock};

use snow::params::{CipherChoice, DHChoice, HashChoice};
use snow::resolvers::{CryptoResolver, RingResolver};
use snow::types::{Cipher, Dh, Hash, Random};
use snow::{Builder, HandshakeState, StatelessTransportState};

use super::hello::MAGIC;
use crate::chat::{Agreement, Identity, PublicKey};

const PATTERN: &str = "Noise_XX_25519_AESGCM_SHA256";
/// Largest message of the Noise protocol in bytes.
pub(super) const MAX_SEALED: usize = 65_535;
/// Bytes that sealing adds.
pub(super) const TAG: usize = 16;
/// Largest handshake message that is taken.
pub(super) const MAX_HANDSHAKE: usize = 1024;
/// Messages after which each direction takes a new key: 64 GiB, far below what AES-GCM bears.
const REKEY: u64 = 1 << 20;

/// A handshake with the other end failed: not our protocol, or forged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadHandshake;

impl From<snow::Error> for BadHandshake {
    fn from(error: snow::Error) -> Self {
        tracing::debug!(%error, "pipe: handshake");
        Self
    }
}

/// A handshake under way.
pub(super) struct Handshake {
    state: HandshakeState,
    own: [u8; 32],
    peer: Option<PublicKey>,
}

impl Handshake {
    pub(super) fn new(me: &Identity, initiator: bool) -> Result<Self, BadHandshake> {
        let secret = me.agreement_secret();
        let builder = Builder::with_resolver(PATTERN.parse()?, Box::new(Resolver))
            .local_private_key(&*secret)?
            .prologue(&MAGIC)?;
        let state = if initiator { builder.build_initiator() } else { builder.build_responder() }?;
        Ok(Self { state, own: me.public(), peer: None })
    }

    /// The next message. `content` goes with one's own key, so it must be empty before that is told.
    pub(super) fn write(&mut self, tells_key: bool, content: &[u8]) -> Result<Vec<u8>, BadHandshake> {
        let own: &[u8] = if tells_key { &self.own } else { &[] };
        let mut out = vec![0; MAX_HANDSHAKE];
        let length = self.state.write_message(&[own, content].concat(), &mut out)?;
        out.truncate(length);
        Ok(out)
    }

    /// Takes the next message and returns what came with it, after the peer's key if it `tells_key`.
    pub(super) fn read(&mut self, tells_key: bool, message: &[u8]) -> Result<Vec<u8>, BadHandshake> {
        let mut out = vec![0; MAX_HANDSHAKE];
        let length = self.state.read_message(message, &mut out)?;
        out.truncate(length);
        if !tells_key {
            return Ok(out);
        }
        let (key, content) = out.split_first_chunk().ok_or(BadHandshake)?;
        let key = PublicKey::from_bytes(key).ok_or(BadHandshake)?;
        let proved = self.state.get_remote_static().ok_or(BadHandshake)?;
        if key.agreement_public().as_bytes().as_slice() != proved {
            return Err(BadHandshake);
        }
        self.peer = Some(key);
        Ok(content.to_vec())
    }

    /// Who has proved to be at the other end.
    pub(super) fn peer(&self) -> Result<PublicKey, BadHandshake> {
        self.peer.clone().ok_or(BadHandshake)
    }

    /// The keys of both directions.
    pub(super) fn keys(self) -> Result<(Sealer, Opener), BadHandshake> {
        let keys = Arc::new(RwLock::new(self.state.into_stateless_transport_mode()?));
        Ok((Sealer(Half { keys: Arc::clone(&keys), count: 0 }), Opener(Half { keys, count: 0 })))
    }
}

/// One direction: the keys and how many messages it has carried.
#[derive(Clone)]
struct Half {
    keys: Arc<RwLock<StatelessTransportState>>,
    count: u64,
}

/// Seals what goes out.
pub(super) struct Sealer(Half);

/// Opens what comes in.
pub(super) struct Opener(Half);

impl Half {
    /// The number of the next message, after `rekey` where that is due. Numbers never come twice: 2^64 last for ever.
    fn next(&mut self, rekey: impl FnOnce(&mut StatelessTransportState)) -> u64 {
        let count = self.count;
        if count > 0 && count.is_multiple_of(REKEY) {
            rekey(&mut self.keys.write().unwrap_or_else(PoisonError::into_inner));
        }
        self.count += 1;
        count
    }
}

impl Sealer {
    /// Writes `plain`, at most 65 519 bytes, to the start of `out`: its sealed length in two bytes, then the sealed bytes.
    /// Returns how many that is. There must be room for 18 more than `plain` has.
    pub(super) fn seal(&mut self, plain: &[u8], out: &mut [u8]) -> Result<usize, BadHandshake> {
        let nonce = self.0.next(StatelessTransportState::rekey_outgoing);
        let length = u16::try_from(plain.len() + TAG).map_err(|_| BadHandshake)?;
        let (head, body) = out.split_first_chunk_mut().ok_or(BadHandshake)?;
        *head = length.to_le_bytes();
        let keys = self.0.keys.read().unwrap_or_else(PoisonError::into_inner);
        Ok(head.len() + keys.write_message(nonce, plain, body)?)
    }
}

impl Opener {
    /// Writes what is in `sealed` to the start of `out`, which must have room for as many bytes, and returns how many it
    /// is.
    pub(super) fn open(&mut self, sealed: &[u8], out: &mut [u8]) -> Result<usize, BadHandshake> {
        let nonce = self.0.next(StatelessTransportState::rekey_incoming);
        let keys = self.0.keys.read().unwrap_or_else(PoisonError::into_inner);
        Ok(keys.read_message(nonce, sealed, out)?)
    }
}

/// The primitives: ring's, and curve25519-dalek for the key agreement, which ring does not offer for lasting keys.
struct Resolver;

impl CryptoResolver for Resolver {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        RingResolver.resolve_rng()
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        matches!(choice, DHChoice::Curve25519).then(|| Box::new(Agreement::default()) as Box<dyn Dh>)
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        RingResolver.resolve_hash(choice)
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        RingResolver.resolve_cipher(choice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ends after the handshake.
    fn met(alice: &Identity, bob: &Identity) -> ((Sealer, Opener), (Sealer, Opener)) {
        let (mut a, mut b) = (Handshake::new(alice, true).unwrap(), Handshake::new(bob, false).unwrap());
        assert_eq!(b.read(false, &a.write(false, b"").unwrap()), Ok(vec![]));
        assert_eq!(a.read(true, &b.write(true, b"").unwrap()), Ok(vec![]));
        assert_eq!(b.read(true, &a.write(true, b"please").unwrap()), Ok(b"please".to_vec()));
        assert_eq!((a.peer().unwrap().id(), b.peer().unwrap().id()), (bob.id(), alice.id()));
        (a.keys().unwrap(), b.keys().unwrap())
    }

    #[test]
    fn both_ends_are_proved_and_every_byte_is_covered() {
        let [alice, bob] = [1, 2].map(|n| Identity::from_secret(&[n; 32]));
        let ((mut to_bob, _), (_, mut from_alice)) = met(&alice, &bob);
        let (mut wire, mut heard) = ([0; 100], [0; 100]);
        assert_eq!(to_bob.seal(b"hello", &mut wire), Ok(23));
        assert_eq!(wire[..2], [21, 0]);
        assert_eq!(from_alice.open(&wire[2..23], &mut heard), Ok(5));
        assert_eq!(heard[..5], *b"hello");
        assert_eq!(from_alice.open(&wire[2..23], &mut heard), Err(BadHandshake), "not twice");
        for i in 2..23 {
            let ((mut to_bob, _), (_, mut from_alice)) = met(&alice, &bob);
            to_bob.seal(b"hello", &mut wire).unwrap();
            wire[i] ^= 1;
            assert_eq!(from_alice.open(&wire[2..23], &mut heard), Err(BadHandshake), "byte {i}");
        }
        assert_eq!(to_bob.seal(b"hello", &mut wire[..22]), Err(BadHandshake), "no room");
        assert_eq!(to_bob.seal(&vec![0; MAX_SEALED], &mut vec![0; 70_000]), Err(BadHandshake), "too long");
    }

    #[test]
    fn nobody_can_claim_anothers_key() {
        let [alice, bob, eve] = [1, 2, 3].map(|n| Identity::from_secret(&[n; 32]));
        let (mut a, mut b) = (Handshake::new(&eve, true).unwrap(), Handshake::new(&bob, false).unwrap());
        a.own = alice.public();
        b.read(false, &a.write(false, b"").unwrap()).unwrap();
        a.read(true, &b.write(true, b"").unwrap()).unwrap();
        assert_eq!(b.read(true, &a.write(true, b"").unwrap()), Err(BadHandshake));
        assert!(b.peer().is_err());
    }

    #[test]
    fn keys_change_in_step() {
        let [alice, bob] = [1, 2].map(|n| Identity::from_secret(&[n; 32]));
        let ((mut to_bob, _), (_, mut from_alice)) = met(&alice, &bob);
        (to_bob.0.count, from_alice.0.count) = (REKEY - 1, REKEY - 1);
        let (mut wire, mut heard) = ([0; 100], [0; 100]);
        for text in [b"a", b"b", b"c"] {
            let length = to_bob.seal(text, &mut wire).unwrap();
            assert_eq!(from_alice.open(&wire[2..length], &mut heard), Ok(1));
            assert_eq!(heard[..1], *text);
        }
    }

    /// A vector of cacophony, as snow has it: `Noise_XX_25519_AESGCM_SHA256` with our key agreement.
    #[test]
    fn known_answers_of_the_handshake() {
        let bytes = |digits: &str| -> Vec<u8> {
            let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
            pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
        };
        let end = |initiator, secret: &str, ephemeral: &str| {
            let (secret, ephemeral) = (bytes(secret), bytes(ephemeral));
            let builder = Builder::with_resolver(PATTERN.parse().unwrap(), Box::new(Resolver))
                .local_private_key(&secret)
                .unwrap()
                .prologue(b"John Galt")
                .unwrap()
                .fixed_ephemeral_key_for_testing_only(&ephemeral);
            if initiator { builder.build_initiator() } else { builder.build_responder() }.unwrap()
        };
        let mut alice = end(
            true,
            "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
            "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
        );
        let mut bob = end(
            false,
            "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
            "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b",
        );
        let messages = [
            (
                "4c756477696720766f6e204d69736573",
                "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79444c756477696720766f6e204d69736573",
            ),
            (
                "4d757272617920526f746862617264",
                "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843757117acceb05bd7a45733bc22015c97\
                 a9d0cbaf41b80446d5988ff5127235d76b79eade70f473d6a4ef521fdcbeda5340d01e028ba793fc059f2724a83af05f\
                 12dda0448a7621a926b379a92477fd",
            ),
            (
                "462e20412e20486179656b",
                "c90f1cf77eba4e50edb038991565e36c9758943a989229b6051244dc4fbecb6946744b401af2ee1a5881b65fbb87fd07\
                 cb6a328ececc9ce6ce84c399dc332d4fd521fa4bb7f467ce909395",
            ),
        ];
        let (mut out, mut opened) = ([0; 300], [0; 300]);
        for (n, (payload, expected)) in messages.iter().enumerate() {
            let (from, to) = if n % 2 == 0 { (&mut alice, &mut bob) } else { (&mut bob, &mut alice) };
            let length = from.write_message(&bytes(payload), &mut out).unwrap();
            assert_eq!(out[..length], bytes(expected), "message {n}");
            let length = to.read_message(&out[..length], &mut opened).unwrap();
            assert_eq!(opened[..length], bytes(payload));
        }
        let (alice, bob) =
            (alice.into_stateless_transport_mode().unwrap(), bob.into_stateless_transport_mode().unwrap());
        let transport = [
            (&bob, "4361726c204d656e676572", "bc3fa77f6aca3e8466d7dc6bea10013e88a6a29add5132b461806c"),
            (
                &alice,
                "4a65616e2d426170746973746520536179",
                "250b01074cdfe0df2ecf8ccbf1737b15a2ddb5b52fd9a396604e9c793cee3b3bb9",
            ),
        ];
        for (from, payload, expected) in transport {
            let length = from.write_message(0, &bytes(payload), &mut out).unwrap();
            assert_eq!(out[..length], bytes(expected));
        }
    }
}

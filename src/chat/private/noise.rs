//! The handshake of a session: `Noise_KK_25519_ChaChaPoly_SHA256` (The Noise Protocol Framework, revision 34).
//!
//! The static keys are the X25519 forms of both identities, which each end knows from the other's signed beacon. All
//! randomness is given: snow asks its resolver for a generator, and that one hands out the 32 bytes of one ephemeral key,
//! once. So a whole segment is the same again from one seed, and no key can come from anywhere else.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce, Tag};
use snow::params::{CipherChoice, DHChoice, HashChoice};
use snow::resolvers::{CryptoResolver, RingResolver};
use snow::types::{Cipher, Dh, Hash, Random};
use snow::{Builder, HandshakeState, StatelessTransportState};
use zeroize::Zeroizing;

use super::super::identity::{Identity, PublicKey};
use super::agreement::Agreement;

const PATTERN: &str = "Noise_KK_25519_ChaChaPoly_SHA256";
const PROLOGUE: &[u8] = b"lanchat session 1\0";
/// Bytes of each message of the handshake: an ephemeral key and a tag.
pub(super) const MESSAGE: usize = 32 + 16;

/// Random bytes for one ephemeral key.
pub(crate) type Seed = Zeroizing<[u8; 32]>;

/// The two ends of a handshake.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends<'a> {
    pub(crate) me: &'a Identity,
    pub(crate) peer: &'a PublicKey,
    /// Epochs of this node and of the peer.
    pub(crate) epochs: (u32, u32),
}

/// The first half of a handshake.
#[derive(Debug)]
pub(super) struct Opening {
    state: Box<HandshakeState>,
    /// The first message.
    pub(super) message: Vec<u8>,
}

/// Keys of both directions, and the first 4 bytes of the hash over the whole handshake.
pub(super) type Keys = (Box<StatelessTransportState>, [u8; 4]);

impl Ends<'_> {
    fn start(&self, initiator: bool, seed: Seed) -> Result<HandshakeState, snow::Error> {
        let (mine, theirs) = self.epochs;
        let (first, second) = if initiator { (mine, theirs) } else { (theirs, mine) };
        let prologue = [PROLOGUE, &first.to_be_bytes(), &second.to_be_bytes()].concat();
        let (secret, public) = (self.me.agreement_secret(), self.peer.agreement_public());
        let builder = Builder::with_resolver(PATTERN.parse()?, Box::new(Resolver(seed)))
            .local_private_key(&*secret)?
            .remote_public_key(public.as_bytes())?
            .prologue(&prologue)?;
        if initiator { builder.build_initiator() } else { builder.build_responder() }
    }

    /// Begins a handshake.
    pub(super) fn open(&self, seed: Seed) -> Option<Opening> {
        let mut state = self.start(true, seed).ok()?;
        let mut message = vec![0; MESSAGE];
        let length = state.write_message(&[], &mut message).ok()?;
        message.truncate(length);
        Some(Opening { state: Box::new(state), message })
    }

    /// Takes the first message; returns the keys and the second message.
    pub(super) fn answer(&self, seed: Seed, message: &[u8]) -> Option<(Keys, Vec<u8>)> {
        let mut state = self.start(false, seed).ok()?;
        let mut answer = vec![0; MESSAGE];
        state.read_message(message, &mut answer).ok()?;
        let length = state.write_message(&[], &mut answer).ok()?;
        answer.truncate(length);
        Some((keys(state)?, answer))
    }
}

impl Opening {
    /// Takes the second message; without one that fits, the handshake goes on as if nothing had come.
    pub(super) fn finish(&mut self, message: &[u8]) -> bool {
        self.state.read_message(message, &mut [0; MESSAGE]).is_ok()
    }

    /// The keys, once it is finished.
    pub(super) fn keys(self) -> Option<Keys> {
        keys(*self.state)
    }
}

fn keys(state: HandshakeState) -> Option<Keys> {
    let id = state.get_handshake_hash().first_chunk().copied()?;
    Some((Box::new(state.into_stateless_transport_mode().ok()?), id))
}

/// The primitives: SHA-256 is ring's, the others are those of the rest of the chat.
struct Resolver(Seed);

impl CryptoResolver for Resolver {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        Some(Box::new(Once(Some(self.0.clone()))))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        matches!(choice, DHChoice::Curve25519).then(|| Box::new(Agreement::default()) as Box<dyn Dh>)
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        RingResolver.resolve_hash(choice)
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        matches!(choice, CipherChoice::ChaChaPoly).then(|| Box::new(Aead::default()) as Box<dyn Cipher>)
    }
}

/// Gives its bytes out once: a second ephemeral key would be the first again.
struct Once(Option<Seed>);

impl Random for Once {
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), snow::Error> {
        let seed = self.0.take().filter(|seed| seed.len() == out.len()).ok_or(snow::Error::Rng)?;
        out.copy_from_slice(&*seed);
        Ok(())
    }
}

/// ChaCha20-Poly1305 (RFC 8439) with Noise's nonces: four zeros and the counter, little-endian.
#[derive(Default)]
struct Aead(Zeroizing<[u8; 32]>);

impl Aead {
    const TAG: usize = 16;

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&(*self.0).into())
    }

    fn nonce(counter: u64) -> Nonce {
        let mut nonce = [0; 12];
        nonce.iter_mut().skip(4).zip(counter.to_le_bytes()).for_each(|(to, from)| *to = from);
        nonce.into()
    }
}

impl Cipher for Aead {
    fn name(&self) -> &'static str {
        "ChaChaPoly"
    }

    fn set(&mut self, key: &[u8; 32]) {
        *self.0 = *key;
    }

    fn encrypt(&self, nonce: u64, authtext: &[u8], plaintext: &[u8], out: &mut [u8]) -> usize {
        let Some((body, rest)) = out.split_at_mut_checked(plaintext.len()) else { return 0 };
        body.copy_from_slice(plaintext);
        let sealed = self.cipher().encrypt_inout_detached(&Self::nonce(nonce), authtext, body.into());
        match (sealed, rest.first_chunk_mut::<{ Self::TAG }>()) {
            (Ok(tag), Some(place)) => {
                *place = tag.into();
                plaintext.len() + Self::TAG
            }
            _ => 0, // snow has measured the room
        }
    }

    fn decrypt(
        &self,
        nonce: u64,
        authtext: &[u8],
        sealed: &[u8],
        out: &mut [u8],
    ) -> Result<usize, snow::Error> {
        let (body, tag) = sealed.split_last_chunk::<{ Self::TAG }>().ok_or(snow::Error::Decrypt)?;
        let out = out.get_mut(..body.len()).ok_or(snow::Error::Decrypt)?;
        out.copy_from_slice(body);
        let opened =
            self.cipher().decrypt_inout_detached(&Self::nonce(nonce), authtext, out.into(), &Tag::from(*tag));
        opened.map(|()| body.len()).map_err(|_| snow::Error::Decrypt)
    }
}

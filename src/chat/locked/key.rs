//! [`RoomKey`]: what a passphrase becomes, and what it does.

use std::fmt;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use zeroize::{Zeroize, Zeroizing};

use super::super::envelope::RoomTag;
use super::super::id::PeerId;
use super::super::room::RoomName;
use super::envelope::{NONCE, Sealed, TAG};
use super::passphrase::Passphrase;

const SALT: &[u8] = b"lanchat locked room 1\0";
const SEALING: &str = "lanchat 2026-11 locked room: sealing";
const NONCES: &str = "lanchat 2026-11 locked room: nonces";
const MEMBERS: &str = "lanchat 2026-11 locked room: members";
const TAGS: &str = "lanchat 2026-11 locked room: tag";

/// Shows that a peer knows the key: bound to that peer and its epoch.
pub(in super::super) type Proof = [u8; 8];

/// What one guess of a passphrase costs: argon2id with one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB, at least 8.
    pub memory: u32,
    /// Passes over it, at least 1.
    pub passes: u32,
}

impl Cost {
    /// What the protocol asks for: 64 MiB, three passes. Any other gives keys that open nobody's room.
    pub const PROTOCOL: Self = Self { memory: 64 << 10, passes: 3 };
}

/// A key could not be derived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the passphrase cannot be used: {0}; is there memory left?")]
pub struct DeriveError(String);

/// The secrets of a locked room. Overwritten when dropped.
pub struct RoomKey {
    sealing: Zeroizing<[u8; 32]>,
    nonces: Zeroizing<[u8; 32]>,
    members: Zeroizing<[u8; 32]>,
    tag: RoomTag,
}

impl RoomKey {
    /// The key of the room of this name and passphrase. Takes a tenth of a second and 64 MiB with [`Cost::PROTOCOL`]: not for a
    /// thread that somebody waits for.
    ///
    /// # Errors
    /// When the memory is not there.
    pub fn derive(room: RoomName, passphrase: &Passphrase, cost: Cost) -> Result<Self, DeriveError> {
        let failed = |error: &dyn fmt::Display| DeriveError(error.to_string());
        let params = Params::new(cost.memory, cost.passes, 1, Some(32)).map_err(|e| failed(&e))?;
        let mut blocks: Vec<Block> = Vec::new();
        blocks.try_reserve_exact(params.block_count()).map_err(|e| failed(&e))?;
        blocks.resize(params.block_count(), Block::default());
        let mut output = Zeroizing::new([0; 32]);
        let salt = [SALT, room.as_str().as_bytes()].concat();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let secret = passphrase.normal();
        let done = argon2.hash_password_into_with_memory(
            secret.as_bytes(),
            &salt,
            &mut *output,
            blocks.as_mut_slice(),
        );
        blocks.zeroize();
        done.map_err(|e| failed(&e))?;
        Ok(Self::from_root(&output))
    }

    /// The key whose argon2id output is `root`.
    pub(super) fn from_root(root: &[u8; 32]) -> Self {
        let part = |context: &str| {
            let mut hasher = blake3::Hasher::new_derive_key(context);
            hasher.update(root);
            let mut hash = hasher.finalize();
            let part = Zeroizing::new(*hash.as_bytes());
            hash.zeroize();
            hasher.zeroize(); // it has seen the secret
            part
        };
        let [a, b, c, d, ..] = *part(TAGS);
        Self { sealing: part(SEALING), nonces: part(NONCES), members: part(MEMBERS), tag: [a, b, c, d] }
    }

    /// The room as sealed lines name it.
    pub(in super::super) fn tag(&self) -> RoomTag {
        self.tag
    }

    /// Whether it is the same room: name and passphrase.
    pub(in super::super) fn is(&self, other: &Self) -> bool {
        blake3::Hash::from(*self.sealing) == blake3::Hash::from(*other.sealing) // in constant time
    }

    /// What shows that `peer` knows this key, in its run `epoch`.
    pub(in super::super) fn proof(&self, peer: PeerId, epoch: u32) -> Proof {
        let mut data = [0; 12];
        let (id, number) = data.split_at_mut(8);
        id.copy_from_slice(&peer.0);
        number.copy_from_slice(&epoch.to_be_bytes());
        let mut hasher = blake3::Hasher::new_keyed(&self.members);
        let mut proof = Proof::default();
        hasher.update(&data).finalize_xof().fill(&mut proof);
        hasher.zeroize();
        proof
    }

    /// Whether `peer` has shown that it knows this key, in its run `epoch`.
    pub(in super::super) fn proves(&self, peer: PeerId, epoch: u32, proof: Proof) -> bool {
        same(&self.proof(peer, epoch), &proof)
    }

    /// The nonce of a datagram: it follows from all that is in it. So two that differ never share one, whatever was
    /// restored from a backup or a snapshot, and however bad the random numbers of a machine are.
    fn nonce(&self, head: &[u8], content: &[u8]) -> [u8; NONCE] {
        let mut hasher = blake3::Hasher::new_keyed(&self.nonces);
        hasher.update(head);
        hasher.update(content);
        let mut nonce = [0; NONCE];
        hasher.finalize_xof().fill(&mut nonce);
        hasher.zeroize();
        nonce
    }

    /// Adds nonce, `content` sealed, and its tag to `out`, which holds the head of a datagram. None where it is too long.
    pub(super) fn seal(&self, out: &mut Vec<u8>, content: &[u8]) -> Option<()> {
        let nonce = self.nonce(out, content);
        out.extend_from_slice(&nonce);
        let start = out.len();
        out.extend_from_slice(content);
        let (head, body) = out.split_at_mut_checked(start)?;
        let cipher = XChaCha20Poly1305::new(&(*self.sealing).into());
        let tag = cipher.encrypt_inout_detached(&XNonce::from(nonce), head, body.into()).ok()?;
        out.extend_from_slice(&tag);
        Some(())
    }

    /// What is in a sealed datagram, if it is of this room, untouched, and its nonce the one that it must have: so a datagram
    /// opens with one key only.
    pub(in super::super) fn open(&self, sealed: &Sealed<'_>) -> Option<Zeroizing<Vec<u8>>> {
        let mut content = Zeroizing::new(sealed.body.to_vec());
        let cipher = XChaCha20Poly1305::new(&(*self.sealing).into());
        let nonce = XNonce::from(sealed.nonce);
        let tag = Tag::from(sealed.tag);
        let buffer = content.as_mut_slice().into();
        cipher.decrypt_inout_detached(&nonce, sealed.bound(), buffer, &tag).ok()?;
        same(&self.nonce(sealed.head(), &content), &sealed.nonce).then_some(content)
    }
}

/// Whether both are equal, in a time that does not depend on where they differ.
fn same<const N: usize>(a: &[u8; N], b: &[u8; N]) -> bool {
    let differ = a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b));
    std::hint::black_box(differ) == 0
}

impl fmt::Debug for RoomKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomKey(…)")
    }
}

const _: () = assert!(TAG == 16);

//! Who a node is: an Ed25519 key pair (RFC 8032), made once and kept.

use std::sync::Arc;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::id::PeerId;

/// An Ed25519 key pair and the peer id that follows from it. The secret is overwritten when this is dropped.
#[derive(Clone)]
pub struct Identity {
    key: SigningKey,
    id: PeerId,
}

impl Identity {
    /// The identity whose 32 secret bytes (RFC 8032 private key) are `secret`; 32 random bytes make a new one.
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(secret);
        let id = PeerId::of_key(key.verifying_key().as_bytes());
        Self { key, id }
    }

    /// The secret bytes, to be kept where only their owner can read them.
    pub fn secret(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.to_bytes())
    }

    /// The public key.
    pub fn public(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// The peer id.
    pub fn id(&self) -> PeerId {
        self.id
    }

    /// The signature over `domain` and `message`.
    pub(super) fn sign(&self, domain: &[u8], message: &[u8]) -> [u8; 64] {
        let signature: Signature = self.key.sign(&[domain, message].concat());
        signature.to_bytes()
    }

    /// The X25519 secret that belongs to the same key pair (RFC 7748, the scalar of RFC 8032 section 5.1.5).
    pub(crate) fn agreement_secret(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.to_scalar_bytes())
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({})", self.id)
    }
}

/// A peer's public key, ready for checking signatures. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: Arc<VerifyingKey>,
}

impl PublicKey {
    /// The key with these bytes; none where they are no point of the curve or one of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        VerifyingKey::from_bytes(bytes)
            .ok()
            .filter(|key| !key.is_weak())
            .map(|key| Self { key: Arc::new(key) })
    }

    /// The bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// The peer that it identifies.
    pub fn id(&self) -> PeerId {
        PeerId::of_key(self.key.as_bytes())
    }

    /// Whether the last 64 bytes of `data` are this key's signature over `domain` and all before them.
    pub(super) fn verify_tail(&self, domain: &[u8], data: &[u8]) -> bool {
        let Some((message, signature)) = data.split_last_chunk::<64>() else { return false };
        let signature = Signature::from_bytes(signature);
        self.key.verify_strict(&[domain, message].concat(), &signature).is_ok()
    }

    /// The same key for X25519 (RFC 7748 section 4.1: the birational map).
    pub(crate) fn agreement_public(&self) -> curve25519_dalek::montgomery::MontgomeryPoint {
        self.key.to_montgomery()
    }
}

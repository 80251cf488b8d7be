//! Signature checks, alone or shared: nodes of one process that hear the same datagrams need check each only once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::identity::PublicKey;

/// Most results remembered.
const MOST: usize = 100_000;

/// How signatures are checked. The default checks each one; [`Checks::shared`] is for many nodes in one process, such as
/// a simulated segment, all of which get clones of it.
#[derive(Debug, Clone, Default)]
pub struct Checks(Option<Arc<Mutex<Known>>>);

#[derive(Debug, Default)]
struct Known {
    signatures: HashMap<[u8; 32], bool>,
    keys: HashMap<[u8; 32], Option<PublicKey>>,
}

impl Checks {
    /// Results are remembered and shared among all clones.
    pub fn shared() -> Self {
        Self(Some(Arc::default()))
    }

    /// How many signatures were checked.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        let known = self
            .0
            .as_ref()
            .map(|known| known.lock().unwrap_or_else(PoisonError::into_inner).signatures.len());
        known.unwrap_or(0)
    }

    /// Whether the last 64 bytes of `data` are the signature of `key` over `domain` and all before them.
    pub(super) fn verify(&self, key: &PublicKey, domain: &[u8], data: &[u8]) -> bool {
        let Some(known) = &self.0 else { return key.verify_tail(domain, data) };
        let mut hasher = blake3::Hasher::new();
        hasher.update(&key.to_bytes()).update(domain).update(data);
        let hash = *hasher.finalize().as_bytes();
        let known = &mut known.lock().unwrap_or_else(PoisonError::into_inner).signatures;
        if known.len() >= MOST {
            known.clear();
        }
        *known.entry(hash).or_insert_with(|| key.verify_tail(domain, data))
    }

    /// The key with these bytes.
    pub(super) fn key(&self, bytes: &[u8; 32]) -> Option<PublicKey> {
        let Some(known) = &self.0 else { return PublicKey::from_bytes(bytes) };
        let known = &mut known.lock().unwrap_or_else(PoisonError::into_inner).keys;
        if known.len() >= MOST {
            known.clear();
        }
        known.entry(*bytes).or_insert_with(|| PublicKey::from_bytes(bytes)).clone()
    }
}

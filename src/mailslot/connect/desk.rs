//! What this program offers by name, and the questions of its own that wait for an answer.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::Kind;
use crate::mailslot::Mailslots;

/// What this program offers, and what it is looking for.
#[derive(Debug, Default)]
pub(in crate::mailslot) struct Desk {
    offers: Mutex<Vec<Offered>>,
    questions: Mutex<HashMap<[u8; 8], Asked>>,
    pub(super) next: AtomicU64,
}

#[derive(Debug)]
pub(super) struct Offered {
    pub(super) number: u64,
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) port: u16,
}

/// A question that waits for its answer.
#[derive(Debug)]
pub(super) struct Asked {
    /// Whom it was asked; none: this machine.
    pub(super) address: Option<IpAddr>,
    pub(super) found: oneshot::Sender<SocketAddr>,
}

impl Desk {
    pub(super) fn offers(&self) -> MutexGuard<'_, Vec<Offered>> {
        self.offers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn questions(&self) -> MutexGuard<'_, HashMap<[u8; 8], Asked>> {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The port of what this program offers under a name.
    pub(super) fn port(&self, kind: Kind, name: &str) -> Option<u16> {
        let offers = self.offers();
        let found = offers.iter().find(|o| o.kind == kind && o.name.eq_ignore_ascii_case(name));
        found.map(|o| o.port)
    }
}

/// Tells everybody who asks the TCP port behind a name, until it is dropped.
#[derive(Debug)]
pub struct Offer {
    pub(super) number: u64,
    pub(super) service: Mailslots,
}

impl Drop for Offer {
    fn drop(&mut self) {
        self.service.inner.desk.offers().retain(|o| o.number != self.number);
    }
}

/// Forgets a question, answered or not.
pub(super) struct Waiting<'a> {
    pub(super) desk: &'a Desk,
    pub(super) nonce: [u8; 8],
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.desk.questions().remove(&self.nonce);
    }
}

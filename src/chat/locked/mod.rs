//! Locked rooms: whose lines only those can read who know the passphrase (docs/PROTOCOL.md, section 20).
//!
//! Everybody holds, compares and repairs the sealed lines of every locked room; the author signs what is sealed, so nobody needs
//! the key for that.

mod content;
mod envelope;
mod key;
mod news;
mod passphrase;
mod table;
#[cfg(test)]
mod vectors;

pub(super) use content::{Content, ContentKind, text_room};
pub(super) use envelope::{Header, SEALED_START, Sealed, verify};
pub(super) use key::Proof;
pub use key::{Cost, DeriveError, RoomKey};
pub use news::LockNews;
pub use passphrase::{BadPassphrase, Passphrase};
pub(super) use table::{Locked, Own};

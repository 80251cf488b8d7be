//! Private lines: kept until their reader has them, each shown once, and sealed for one session where both ends are here
//! (docs/PROTOCOL.md, "The reply slot").
//!
//! | file | idea |
//! |---|---|
//! | `queue.rs` | what waits for whom; what is sent again, and when |
//! | `incoming.rs` | parts put together; which lines were shown already, also in earlier runs |
//! | `noise.rs`, `agreement.rs` | the handshake of a session and its keys |
//! | `session.rs`, `window.rs` | frames sealed in a session; none is taken twice |
//! | `link.rs` | the sessions with each peer: opened, answered, in use, about to be forgotten |

pub(crate) mod agreement;
pub(super) mod incoming;
pub(super) mod link;
pub(super) mod noise;
pub(super) mod queue;
pub(super) mod session;
#[cfg(test)]
mod vectors;
mod window;

pub use queue::KeptLine;

//! Files from peer to peer, over a pipe: offered, accepted, resumed after a break, checked with BLAKE3.
//!
//! The receiver serves the pipe `lanchat\receive\<its id>`; the sender connects and offers. Who is at the other end is
//! proved by the pipe. The bytes: docs/PROTOCOL.md, "Files".

mod desk;
mod error;
mod folder;
mod hashed;
mod name;
mod receive;
mod send;
mod size;
mod tidy;
pub mod wire;

pub use desk::{Desk, DeskSettings, Happening, Receive, TransferId, What, pipe_of};
pub use error::TransferError;
pub use name::{numbered, safe};
pub use size::bytes;
pub use tidy::{KEPT, tidy};

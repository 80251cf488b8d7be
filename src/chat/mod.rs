//! The chat protocol, sans-IO: no sockets, no clock, no randomness of its own. See docs/PROTOCOL.md.

mod backoff;
mod budget;
mod bytes;
mod catchup;
mod checks;
mod config;
mod digest;
mod direct;
mod envelope;
mod error;
mod event;
mod feed;
mod feeds;
mod frame;
#[doc(hidden)]
pub mod fuzzing;
mod glance;
mod hlc;
mod holes;
mod id;
mod identity;
#[cfg(test)]
mod known_answers;
pub mod limits;
mod loss;
mod mend_frame;
mod nick;
mod node;
mod outbox;
mod presence;
mod reactions;
mod repair;
mod room;
mod rooms;
mod roster;
mod seal;
mod status;
mod store;
mod strangers;
mod time;
#[cfg(test)]
mod vectors;
mod vouch;
mod wording;
mod words;

pub use checks::Checks;
pub use config::Config;
pub use error::{JoinError, SayError};
pub use event::{
    About, DirectId, DirectState, Event, Kind, LeaveReason, Line, Millis, Peer, PeerState, PingId, Trust,
};
pub use glance::Glance;
pub use id::{BadPeerId, LineId, PeerId};
pub use identity::{Identity, PublicKey};
pub use nick::{BadNick, Nick};
pub use node::{Answered, Mended, Node, Source};
pub use outbox::{Destination, Slot, Transmit};
pub use reactions::Reactions;
pub use room::{BadRoom, Room, RoomName};
pub use store::Held;
pub use time::Now;
pub use words::words;

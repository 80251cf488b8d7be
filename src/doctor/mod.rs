//! Why people do not hear each other.
//!
//! The doctor looks at the machine and listens to the segment for a while ([`observe`]); then [`diagnose`] says what
//! follows from that, each finding with its cure. Diagnosing is a pure function, so every ailment is a row in a test. What
//! cannot be known for sure is said with "perhaps".

mod diagnose;
mod finding;
mod listen;
mod nft;
mod nft_address;
mod observation;
mod observe;
mod proc;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod sniff;

pub use diagnose::diagnose;
pub use finding::{Finding, Level, Verdict};
pub use listen::Ears;
pub use observation::{
    Bound, FirewallTool, Heard, Holder, LinkSeen, Neighbour, Observations, PeerSeen, Room, Sniffed, Wanted,
};
pub use observe::observe;

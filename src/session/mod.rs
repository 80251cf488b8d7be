//! The driver: joins the core, the mailslots and time. One tokio task owns them; a [`Session`] talks to it.

mod clock;
mod find;
mod handle;
mod lock;
mod report;
mod run;
mod slots;
mod state;

pub use find::{FindError, find, find_reader};
pub use handle::{Heard, Session, Whither};
pub use report::Report;
pub use run::start;
pub use slots::SlotError;
pub use state::{InterfaceState, Network, Reach, Settings, StartError, Update};

pub use crate::chat::SayError;
pub use crate::mailslot::Counters;

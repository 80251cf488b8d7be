//! What a desk tells.

use std::path::PathBuf;

use crate::text::SafeText;

/// Identifies a transfer within one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId(pub u32);

/// What has happened at the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// To which transfer.
    pub id: TransferId,
    /// What.
    pub what: What,
}

/// What has become of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A peer offers a file; [`Desk::answer`](super::Desk::answer) decides.
    Offered {
        /// Who, proved: the public key.
        from: [u8; 32],
        /// Whether it was known.
        known: bool,
        /// It was accepted before and goes on after a break: nothing has to be decided.
        again: bool,
        /// What the file will be called here.
        name: SafeText,
        /// Its size in bytes.
        size: u64,
    },
    /// An offer was declined, since too many came within a minute.
    Excess {
        /// Whose, proved: the public key.
        from: [u8; 32],
    },
    /// The own offer has reached the other side, whose user has to decide.
    Asked,
    /// So many bytes are at the receiver.
    Progress {
        /// How many.
        done: u64,
        /// Of how many.
        size: u64,
    },
    /// It is there: where, or none for a file that was sent.
    Done(Option<PathBuf>),
    /// It is over.
    Failed {
        /// Why, and what to do.
        error: String,
        /// The connection broke, or was not made: trying again may help, and goes on where it stopped.
        again: bool,
        /// Nobody answered at all.
        silent: bool,
    },
}

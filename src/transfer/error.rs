//! Why a file was not sent or received. Each message says what to do next.

use std::io;
use std::path::PathBuf;

use super::wire::Reason;
use crate::pipe::PipeError;

/// Why a file was not sent or received.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The file to be sent cannot be read.
    #[error("cannot read {}: {cause}; check its name, and that you may read it", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Only files can be sent.
    #[error("{} is not a file; pack it first, as with tar", .0.display())]
    NotAFile(PathBuf),
    /// The file was written to, or became shorter or longer, while it was sent.
    #[error("{} was changed while it was being sent; send it again", .0.display())]
    Changed(PathBuf),
    /// The other end does not take it.
    #[error("{}", refused(*.0))]
    Refused(Reason),
    /// The file cannot be kept here.
    #[error("cannot write to {}: {cause}; see that there is room, and that you may write there", path.display())]
    Unwritable {
        /// Where.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// What came has another hash than what was sent.
    #[error("what came is not what was sent; it was deleted, let it be sent again")]
    Damaged,
    /// This side's user wanted an end.
    #[error("cancelled")]
    Cancelled,
    /// The other side's user wanted an end.
    #[error("cancelled by the other side; ask why")]
    CancelledThere,
    /// Nobody was there, or not any more; what was sent is kept.
    #[error("the connection broke; when it is sent again it goes on where it stopped")]
    Broken,
    /// The connection could not be made.
    #[error(transparent)]
    Pipe(PipeError),
    /// The other end does not speak this protocol.
    #[error("the other side says what makes no sense; bring both to the same version")]
    Protocol,
    /// No thread or socket is left.
    #[error("the system refuses: {0}; close some programs and try again")]
    System(io::Error),
}

impl TransferError {
    /// Whether trying again can help without anything else being done.
    pub fn may_pass(&self) -> bool {
        use PipeError::{Busy, NotFound, Protocol, Timeout, Unreachable};
        matches!(self, Self::Broken | Self::Pipe(Busy | NotFound(_) | Protocol | Timeout | Unreachable(_)))
    }

    /// Whether nobody was there to say anything.
    pub fn is_silence(&self) -> bool {
        use PipeError::{NotFound, Timeout, Unreachable};
        matches!(self, Self::Refused(Reason::NoAnswer) | Self::Pipe(NotFound(_) | Timeout | Unreachable(_)))
    }

    /// An error of the connection, once it is there.
    pub(super) fn of_pipe(error: PipeError) -> Self {
        match error {
            PipeError::Closed | PipeError::Broken | PipeError::NoReader => Self::Broken,
            error => Self::Pipe(error),
        }
    }
}

fn refused(reason: Reason) -> &'static str {
    match reason {
        Reason::Declined => "the other side does not want it; ask why",
        Reason::Stranger => {
            "the other side does not know you, so it refused; ask for it to be accepted by hand, or with --from and your id, as `lanchat identity` shows it"
        }
        Reason::NoAnswer => "nobody accepted it in time; send it again when somebody is there",
        Reason::Busy => "too much is being sent there already; try again later",
        Reason::NoRoom => "the other side's disk is full; send it again when there is room",
        Reason::Unwritable => "the other side cannot write it; ask which folder it receives into",
        Reason::Damaged => "it arrived damaged; send it again",
    }
}

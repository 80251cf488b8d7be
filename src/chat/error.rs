//! Why the core refuses what a user wants.

use super::id::PeerId;

/// Why a line cannot be said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SayError {
    /// Nothing but white space.
    #[error("there is nothing to say")]
    Empty,
    /// Over the limit of one line.
    #[error("the message has {bytes} bytes, at most {limit} can be sent at once; split it")]
    TooLong {
        /// Its size in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The reader of a private line is not there.
    #[error("{0} is not here")]
    NotHere(PeerId),
    /// Too many private lines wait for an answer.
    #[error("too many private lines are still waiting for an answer; try again in a few seconds")]
    Busy,
    /// No interface to send by.
    #[error("no network: nothing is sent until an interface is up; is the cable in?")]
    NoNetwork,
    /// The session has ended.
    #[error("the session has ended")]
    Ended,
}

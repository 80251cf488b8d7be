//! Why the core refuses what a user wants.

use super::id::PeerId;
use super::room::RoomName;

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
    /// More than fits into one part of it.
    #[error("{what} has at most {limit} bytes; shorten it")]
    TooMuch {
        /// A topic, or a reaction.
        what: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// Not one character.
    #[error("a reaction is one character or emoji of at most {0} bytes, such as 👍; choose another")]
    Reaction(usize),
    /// The node is not in the room.
    #[error("you are not in #{0}; /join it first (lanchat say --room does so)")]
    NotIn(RoomName),
    /// The reader of a private line is not there.
    #[error("{0} is not here")]
    NotHere(PeerId),
    /// Too many private lines wait for their readers.
    #[error("as many private lines wait for their readers as are kept; /withdraw NICK drops those for one")]
    Busy,
    /// No interface to send by.
    #[error("no network: nothing is sent until an interface is up; is the cable in?")]
    NoNetwork,
    /// The session has ended.
    #[error("the session has ended")]
    Ended,
}

/// Why a room cannot be joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// Too many at once.
    #[error("you are in as many rooms as can be told to others; /part one of them first")]
    TooMany,
    /// It is locked, and this node does not have its key.
    #[error("#{0} is locked: /join {name} --lock asks for its passphrase", name = .0.as_str())]
    Locked(RoomName),
    /// The lobby is everybody's.
    #[error("the lobby cannot be locked; choose another room")]
    Lobby,
    /// The key could not be derived from the passphrase.
    #[error("the passphrase cannot be used; is there memory left? 64 MiB are needed")]
    Memory,
    /// The session has ended.
    #[error("the session has ended")]
    Ended,
}

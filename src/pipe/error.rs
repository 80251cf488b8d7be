//! Why something cannot be done with a pipe, each with the Win32 code that a Windows program would get.

use std::io;

use crate::chat::PeerId;
use crate::local::LocalError;

/// Why something cannot be done with a pipe.
#[derive(Debug, thiserror::Error)]
pub enum PipeError {
    /// Nobody serves a pipe of this name there.
    #[error("there is no pipe called {0}; its server must create it first")]
    NotFound(String),
    /// The server does not let this peer in, or not for what it asks.
    #[error("access denied: the server of this pipe does not let you in; ask its owner to allow you")]
    Denied,
    /// Another program serves a pipe of this name.
    #[error("another program of yours serves the pipe {0}; end it first, or choose another name")]
    Exists(String),
    /// Reading from a pipe that only this end may write, or writing to one that it may only read.
    #[error("access denied: the pipe goes the other way only; its server sets the direction")]
    WrongWay,
    /// All instances are occupied.
    #[error("all instances of the pipe are occupied; try again when a client has left")]
    Busy,
    /// The other end has sent everything and closed.
    #[error("the other end has closed the pipe; there is nothing more to read")]
    Closed,
    /// The connection broke: what came may not be all.
    #[error("the pipe broke before its end; connect again")]
    Broken,
    /// Nobody reads at the other end any more.
    #[error("nobody reads from the pipe any more; connect again")]
    NoReader,
    /// Over what the server takes as one message.
    #[error("the message has {bytes} bytes, the pipe takes at most {limit}; send it in parts")]
    TooLong {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// It took too long.
    #[error("no answer came in time; try again, or wait longer")]
    Timeout,
    /// The machine does not answer.
    #[error("cannot reach the machine: {0}; is it switched on, and on this network?")]
    Unreachable(io::Error),
    /// The other end is not who it should be.
    #[error(
        "{0} answered, who is none of those expected; if that is right, chat once and compare the words of the key, or allow everybody"
    )]
    NotProven(PeerId),
    /// The other end does not speak this protocol, or its version.
    #[error("the other end does not speak lanchat's pipe protocol; bring both ends to the same version")]
    Protocol,
    /// The directory of local pipes cannot be used.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// The system refuses.
    #[error("the system refuses: {0}; close some programs and try again")]
    System(io::Error),
}

impl PipeError {
    /// The Win32 error code.
    pub fn code(&self) -> u32 {
        match self {
            Self::NotFound(_) => 2,                               // ERROR_FILE_NOT_FOUND
            Self::Denied | Self::Exists(_) | Self::WrongWay => 5, // ERROR_ACCESS_DENIED
            Self::Busy => 231,                                    // ERROR_PIPE_BUSY
            Self::Closed | Self::Broken => 109,                   // ERROR_BROKEN_PIPE
            Self::NoReader => 232,                                // ERROR_NO_DATA
            Self::TooLong { .. } => 87,                           // ERROR_INVALID_PARAMETER
            Self::Timeout => 121,                                 // ERROR_SEM_TIMEOUT
            Self::Unreachable(_) => 53,                           // ERROR_BAD_NETPATH
            Self::NotProven(_) => 1397,                           // ERROR_MUTUAL_AUTH_FAILED
            Self::Protocol => 13,                                 // ERROR_INVALID_DATA
            Self::Local(_) => 3,                                  // ERROR_PATH_NOT_FOUND
            Self::System(_) => 1450,                              // ERROR_NO_SYSTEM_RESOURCES
        }
    }

    /// What a server's refusal means.
    pub(super) fn refusal(code: u32, name: &str) -> Self {
        match code {
            2 => Self::NotFound(name.to_owned()),
            5 => Self::Denied,
            231 => Self::Busy,
            _ => Self::Protocol,
        }
    }

    /// An error of writing to a connection.
    pub(super) fn writing(error: &io::Error) -> Self {
        tracing::debug!(%error, "pipe: write");
        Self::NoReader
    }
}

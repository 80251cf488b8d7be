//! Why no port is found behind a name.

use std::io;

use super::Kind;
use crate::netbios::Name;

/// Why no port was found. Each message ends with the cure.
#[derive(Debug, thiserror::Error)]
pub enum LocateError {
    /// It cannot be the name of anything.
    #[error("{0:?} cannot be asked for: a name is 1 to 255 printable ASCII characters; check it")]
    Name(String),
    /// Nobody has the computer name.
    #[error("no computer called {} answers on this network; check the name, and that it is switched on", .0.text())]
    Unknown(Name),
    /// The computer is there, but no program on it has this.
    #[error("no program on {} offers the {kind} {name}; start it there first", host.text())]
    Nobody {
        /// The computer.
        host: Name,
        /// What was looked for.
        kind: Kind,
        /// What it is called.
        name: String,
    },
    /// The question could not be sent.
    #[error("cannot ask: {0}; the network is watched, try again when an interface works")]
    Network(io::Error),
}

impl LocateError {
    /// The Win32 error code.
    pub fn code(&self) -> u32 {
        match self {
            Self::Name(_) => 123,     // ERROR_INVALID_NAME
            Self::Unknown(_) => 53,   // ERROR_BAD_NETPATH
            Self::Nobody { .. } => 2, // ERROR_FILE_NOT_FOUND
            Self::Network(_) => 1231, // ERROR_NETWORK_UNREACHABLE
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Mailslot => "mailslot",
            Self::Pipe => "pipe",
        })
    }
}

//! Why something cannot be done with a mailslot, each with the Win32 code that a Windows program would get.

use std::io;

use super::path::PathError;
use crate::netbios::Name;

/// Why a mailslot cannot be created.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
    /// It is no mailslot's path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The path names another machine, or many.
    #[error(r"a mailslot is created on one's own machine only: write its path as \\.\mailslot\name")]
    NotLocal,
    /// There is one of this name.
    #[error(
        "the mailslot {0} exists already, in this program or another one of yours; choose another name or end the other first"
    )]
    Exists(String),
    /// The directory of the user's mailslots cannot be used. Says why.
    #[error("{0}")]
    Unusable(String),
}

impl CreateError {
    /// The Win32 error code.
    pub fn code(&self) -> u32 {
        match self {
            Self::Path(error) => error.code(),
            Self::NotLocal => 3,    // ERROR_PATH_NOT_FOUND
            Self::Exists(_) => 183, // ERROR_ALREADY_EXISTS
            Self::Unusable(_) => 5, // ERROR_ACCESS_DENIED
        }
    }
}

/// Why a mailslot cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is no mailslot's path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// No program of this user on this machine has a mailslot of this name.
    #[error("there is no mailslot called {0} on this machine; its server must create it first")]
    NoSlot(String),
    /// The path leads to other machines.
    #[error(
        "this mailslot is on the network; open it by a service, which mailslot::blocking::Mailslots::start starts"
    )]
    NoNetwork,
    /// The machine does not let us.
    #[error("cannot open a mailslot on this machine: {0}; close some programs and try again")]
    Machine(io::Error),
}

impl OpenError {
    /// The Win32 error code.
    pub fn code(&self) -> u32 {
        match self {
            Self::Path(error) => error.code(),
            Self::NoSlot(_) => 2,     // ERROR_FILE_NOT_FOUND
            Self::NoNetwork => 1231,  // ERROR_NETWORK_UNREACHABLE
            Self::Machine(_) => 1450, // ERROR_NO_SYSTEM_RESOURCES
        }
    }
}

/// Why a writer cannot learn what waits in a mailslot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InfoError {
    /// Its server has ended, or is stopped.
    #[error("the server of this mailslot does not answer; see with `lanchat slot list` whether it runs")]
    Gone,
    /// The mailslot is on other machines.
    #[error("only a mailslot on this machine can tell what waits in it; ask its reader")]
    Elsewhere,
}

impl InfoError {
    /// The Win32 error code.
    pub fn code(self) -> u32 {
        match self {
            Self::Gone => 6,       // ERROR_INVALID_HANDLE
            Self::Elsewhere => 50, // ERROR_NOT_SUPPORTED
        }
    }
}

/// Why a message cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// None came within the read timeout.
    #[error("no message came in time; read again, or set a longer timeout")]
    Timeout,
    /// The service has been closed, and everything that waited has been read.
    #[error("the mailslot service has been closed; start it again to go on reading")]
    Closed,
    /// The buffer is smaller than the next message, which stays.
    #[error("the next message has {needed} bytes, more than the buffer; read it with a larger one")]
    TooSmall {
        /// Its size in bytes.
        needed: usize,
    },
}

impl ReadError {
    /// The Win32 error code.
    pub fn code(self) -> u32 {
        match self {
            Self::Timeout => 121,         // ERROR_SEM_TIMEOUT
            Self::Closed => 6,            // ERROR_INVALID_HANDLE
            Self::TooSmall { .. } => 122, // ERROR_INSUFFICIENT_BUFFER
        }
    }
}

/// Why a message cannot be written. That a write succeeds does not mean that anybody reads it.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Over what goes into one write to the network.
    #[error(
        "the message has {bytes} bytes, a mailslot on the network takes at most {limit} at once; send it in parts"
    )]
    TooLong {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Nobody is known by this name.
    #[error("no computer or group called {} answers on this network; check the name, and that it is switched on", .0.text())]
    Unknown(Name),
    /// The computer is there, but nobody on it reads long messages from this slot.
    #[error("no program on {} reads long messages from the mailslot {slot}; start one there, or send at most 424 bytes at once", host.text())]
    NoReader {
        /// The computer.
        host: Name,
        /// The slot.
        slot: String,
    },
    /// The computer's program has taken the connection for a long message, and has closed it unread.
    #[error("{} takes no more long messages at the moment; try again soon", .0.text())]
    Busy(Name),
    /// No program of this user on this machine has a mailslot of this name.
    #[error("there is no mailslot called {0} on this machine; its server must create it first")]
    NoSlot(String),
    /// The slot's server has set a smaller maximum.
    #[error("the message has {bytes} bytes, more than the server of this mailslot takes; send it in parts")]
    Refused {
        /// Its size.
        bytes: usize,
    },
    /// The slot's queue has no room left.
    #[error("the mailslot is full; try again when its server has read from it")]
    Full,
    /// The server has ended since the slot was opened.
    #[error("the server of this mailslot has ended; open it again when it has been started again")]
    Gone,
    /// The machine does not let us, for want of memory or files, say.
    #[error("cannot write to a mailslot on this machine: {0}; close some programs and try again")]
    Machine(io::Error),
    /// The datagram could not be sent.
    #[error("cannot send: {0}; the network is watched, try again when an interface works")]
    Network(io::Error),
}

impl WriteError {
    /// The Win32 error code. Those for a too large local message and for one of over 64 000 bytes to one computer are not
    /// documented; 87 is our choice.
    pub fn code(&self) -> u32 {
        match self {
            Self::TooLong { limit: super::MAX_LONG, .. } | Self::Refused { .. } => 87, // ERROR_INVALID_PARAMETER
            Self::TooLong { .. } | Self::Unknown(_) | Self::NoReader { .. } => 53,     // ERROR_BAD_NETPATH
            Self::Busy(_) => 71,                                                       // ERROR_REQ_NOT_ACCEP
            Self::NoSlot(_) => 2,                                                      // ERROR_FILE_NOT_FOUND
            Self::Full | Self::Machine(_) => 1450, // ERROR_NO_SYSTEM_RESOURCES
            Self::Gone => 6,                       // ERROR_INVALID_HANDLE
            Self::Network(_) => 1231,              // ERROR_NETWORK_UNREACHABLE
        }
    }
}

//! A datagram of a line, of whichever room: what everybody needs of it to put lines in order and to repair them.

use super::checks::Checks;
use super::envelope::{self, Part, RoomTag};
use super::id::LineId;
use super::identity::PublicKey;
use super::locked::{self, Sealed};

/// A room as its lines name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum RoomRef {
    /// An open one.
    Open(RoomTag),
    /// A locked one.
    Sealed(RoomTag),
}

/// A datagram of a line. Nothing is believed before [`Datagram::verify`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Datagram<'a> {
    /// Of an open room: text first.
    Open(Part<'a>),
    /// Of a locked room.
    Sealed(Sealed<'a>),
}

impl<'a> Datagram<'a> {
    /// None where it is none that can be checked.
    pub(super) fn parse(data: &'a [u8]) -> Option<Self> {
        if let Some(sealed) = Sealed::parse(data) {
            return Some(Self::Sealed(sealed));
        }
        match Part::parse(data) {
            envelope::Parsed::Signed(part) => Some(Self::Open(part)),
            envelope::Parsed::Plain(_) | envelope::Parsed::Newer => None,
        }
    }

    /// Author, epoch and number.
    pub(super) fn id(&self) -> LineId {
        match self {
            Self::Open(part) => part.id,
            Self::Sealed(sealed) => sealed.header.id,
        }
    }

    /// Which part it is, and of how many.
    pub(super) fn part(&self) -> (u8, u8) {
        match self {
            Self::Open(part) => (part.index, part.count),
            Self::Sealed(sealed) => (sealed.header.index, sealed.header.count),
        }
    }

    /// Number of the line's first part: the line's own number.
    pub(super) fn first(&self) -> u32 {
        match self {
            Self::Open(part) => part.first(),
            Self::Sealed(sealed) => sealed.header.id.seq.saturating_sub(u32::from(sealed.header.index)),
        }
    }

    /// The room that it is said in.
    pub(super) fn room(&self) -> RoomRef {
        match self {
            Self::Open(part) => RoomRef::Open(part.room),
            Self::Sealed(sealed) => RoomRef::Sealed(sealed.header.room),
        }
    }

    /// Whether `key` has signed `data`, of which this was parsed.
    pub(super) fn verify(&self, data: &[u8], key: &PublicKey, checks: &Checks) -> bool {
        match self {
            Self::Open(_) => envelope::verify(data, key, checks),
            Self::Sealed(_) => locked::verify(data, key, checks),
        }
    }
}

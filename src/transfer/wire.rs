//! The messages of a file transfer (docs/PROTOCOL.md, "Files"): bytes and back, without I/O. Numbers are little-endian.

/// Longest name that an offer may carry, in bytes.
pub const LONGEST_NAME: usize = 1024;

/// A hash: BLAKE3.
pub type Hash = [u8; 32];

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message<'a> {
    /// The sender has a file.
    Offer(Offer),
    /// The receiver wants it, and holds this many bytes already, with this hash.
    Accept {
        /// How many.
        offset: u64,
        /// Their hash.
        hash: Hash,
    },
    /// The receiver does not want it.
    Decline(Reason),
    /// Data follows, from this byte.
    Start(u64),
    /// The next bytes of the file.
    Data(&'a [u8]),
    /// That was all; the hash of the whole file.
    End(Hash),
    /// The receiver has it, whole and kept.
    Done,
    /// The receiver cannot go on.
    Failed(Reason),
    /// This end's user, or its file, puts an end to it.
    Cancel,
}

/// A file on offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its size in bytes.
    pub size: u64,
    /// When it was last changed, in milliseconds since 1970.
    pub modified: u64,
    /// What its sender calls it.
    pub name: String,
}

/// Why a file was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The user does not want it.
    Declined,
    /// The receiver does not know the sender.
    Stranger,
    /// Nobody answered in time.
    NoAnswer,
    /// Too much else is going on.
    Busy,
    /// The disk is full.
    NoRoom,
    /// It cannot be written.
    Unwritable,
    /// What came is not what was sent.
    Damaged,
}

const REASONS: [Reason; 7] = [
    Reason::Declined,
    Reason::Stranger,
    Reason::NoAnswer,
    Reason::Busy,
    Reason::NoRoom,
    Reason::Unwritable,
    Reason::Damaged,
];

impl Reason {
    fn code(self) -> u8 {
        let place = REASONS.iter().position(|r| *r == self);
        place.and_then(|n| u8::try_from(n).ok()).unwrap_or(0)
    }

    /// Reasons of later versions are like no reason.
    fn of(code: u8) -> Self {
        REASONS.get(usize::from(code)).copied().unwrap_or(Self::Declined)
    }
}

/// First byte of [`Message::Data`].
pub(super) const DATA: u8 = 5;

impl<'a> Message<'a> {
    /// The bytes.
    pub fn emit(&self) -> Vec<u8> {
        let with = |kind: u8, rest: &[&[u8]]| [&[kind], rest.concat().as_slice()].concat();
        match self {
            Self::Offer(Offer { size, modified, name }) => {
                with(1, &[&size.to_le_bytes(), &modified.to_le_bytes(), name.as_bytes()])
            }
            Self::Accept { offset, hash } => with(2, &[&offset.to_le_bytes(), hash]),
            Self::Decline(reason) => with(3, &[&[reason.code()]]),
            Self::Start(offset) => with(4, &[&offset.to_le_bytes()]),
            Self::Data(data) => with(DATA, &[data]),
            Self::End(hash) => with(6, &[hash]),
            Self::Done => with(7, &[]),
            Self::Failed(reason) => with(8, &[&[reason.code()]]),
            Self::Cancel => with(9, &[]),
        }
    }

    /// The message in these bytes, if they are one.
    pub fn parse(data: &'a [u8]) -> Option<Self> {
        let (kind, rest) = data.split_first()?;
        let number = |bytes: &[u8]| bytes.first_chunk().map(|b| u64::from_le_bytes(*b));
        Some(match (kind, rest.len()) {
            (1, 16..) => {
                let (head, name) = rest.split_at_checked(16)?;
                let name = std::str::from_utf8(name).ok().filter(|name| name.len() <= LONGEST_NAME)?;
                let modified = number(head.get(8..)?)?;
                Self::Offer(Offer { size: number(head)?, modified, name: name.to_owned() })
            }
            (2, 40) => Self::Accept { offset: number(rest)?, hash: *rest.last_chunk()? },
            (3, 1) => Self::Decline(Reason::of(*rest.first()?)),
            (4, 8) => Self::Start(number(rest)?),
            (&DATA, 1..) => Self::Data(rest),
            (6, 32) => Self::End(*rest.first_chunk()?),
            (7, 0) => Self::Done,
            (8, 1) => Self::Failed(Reason::of(*rest.first()?)),
            (9, 0) => Self::Cancel,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let offer = Message::Offer(Offer { size: 5, modified: 6, name: "a.txt".to_owned() });
        assert_eq!(offer.emit(), b"\x01\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0a.txt");
        let hash = [7; 32];
        for message in [
            offer,
            Message::Accept { offset: 1 << 40, hash },
            Message::Decline(Reason::Damaged),
            Message::Start(9),
            Message::Data(b"x"),
            Message::End(hash),
            Message::Done,
            Message::Failed(Reason::Declined),
            Message::Cancel,
        ] {
            assert_eq!(Message::parse(&message.emit()), Some(message));
        }
        for bad in [&b""[..], b"\x05", b"\x07x", b"\x63", &[b"\x01".as_slice(), &[0; 15]].concat()] {
            assert_eq!(Message::parse(bad), None);
        }
        let long = Offer { size: 0, modified: 0, name: "x".repeat(LONGEST_NAME + 1) };
        assert_eq!(Message::parse(&Message::Offer(long).emit()), None);
    }
}

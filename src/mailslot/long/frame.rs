//! The bytes of a message on a connection (docs/PROTOCOL.md 15): a head, the slot's name, the message. The reader answers
//! with one byte.

use super::MAX_LONG;
use crate::netbios::Name;

/// What every head begins with: magic, version, type.
const START: [u8; 4] = *b"LC\x01\x32";

/// What comes before the slot's name and the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The computer name that the sender claims.
    pub source: Name,
    /// Bytes of the slot's name: 1 to 255.
    pub slot: u8,
    /// Bytes of the message: 0 to 64 000.
    pub data: u16,
}

impl Head {
    /// Its size in bytes.
    pub const LEN: usize = 23;

    /// Reads a head. None when it is of another version or type, or a length is out of bounds.
    pub fn parse(bytes: &[u8; Self::LEN]) -> Option<Self> {
        let (start, rest) = bytes.split_first_chunk()?;
        let (&data, rest) = rest.split_first_chunk()?;
        let (&slot, source) = rest.split_first()?;
        let data = u16::from_be_bytes(data);
        if *start != START || slot == 0 || usize::from(data) > MAX_LONG {
            return None;
        }
        Some(Self { source: Name::from_bytes(*source.first_chunk()?), slot, data })
    }

    /// Appends the head.
    pub fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&START);
        out.extend_from_slice(&self.data.to_be_bytes());
        out.push(self.slot);
        out.extend_from_slice(self.source.as_bytes());
    }
}

/// What the reader answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The message waits to be read.
    Taken,
    /// There is no such slot here.
    NoSlot,
    /// The slot takes no messages of this size.
    TooLong,
    /// The slot has no room left.
    Full,
}

impl Verdict {
    const ALL: [Self; 4] = [Self::Taken, Self::NoSlot, Self::TooLong, Self::Full];

    /// Its byte.
    pub fn code(self) -> u8 {
        match self {
            Self::Taken => 0,
            Self::NoSlot => 1,
            Self::TooLong => 2,
            Self::Full => 3,
        }
    }

    /// What a byte means, if it means anything.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../../docs/PROTOCOL.md");

    fn head(slot: u8, data: u16) -> [u8; Head::LEN] {
        let mut out = Vec::new();
        Head { source: Name::new("ALICE", 0).unwrap(), slot, data }.emit(&mut out);
        out.try_into().unwrap()
    }

    #[test]
    fn the_document_shows_what_the_code_makes() {
        let hex = head(3, 1000).iter().fold(String::new(), |hex, b| format!("{hex}{b:02x}"));
        assert!(
            DOCUMENT.split_whitespace().collect::<String>().contains(&hex),
            "docs/PROTOCOL.md lacks {hex}"
        );
    }

    #[test]
    fn lengths_are_bounded_and_other_versions_refused() {
        for (slot, data, good) in [(1, 0, true), (255, 64_000, true), (0, 5, false), (1, 64_001, false)] {
            let parsed = Head::parse(&head(slot, data));
            assert_eq!(parsed.map(|h| (h.slot, h.data)), good.then_some((slot, data)));
        }
        for at in 0..START.len() {
            let mut bent = head(1, 1);
            bent[at] ^= 1;
            assert_eq!(Head::parse(&bent), None, "{at}");
        }
    }

    #[test]
    fn verdicts_are_bytes() {
        for code in 0..=u8::MAX {
            assert_eq!(Verdict::from_code(code).map(Verdict::code), (code < 4).then_some(code));
        }
    }
}

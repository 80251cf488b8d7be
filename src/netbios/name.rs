//! NetBIOS names and how they are written (RFC 1001 section 14, RFC 1002 section 4.1, \[MS-NBTE\] 2.2.1).

use std::fmt::{self, Write as _};

use super::Error;

/// A 16-byte NetBIOS name: up to 15 upper-case ASCII characters, padded with spaces, and a suffix that says what kind
/// of name it is. Compared as raw bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name([u8; 16]);

/// Why a text cannot be a NetBIOS name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// Nothing, or only spaces.
    #[error("a computer or group name needs at least one character")]
    Empty,
    /// Over 15 characters.
    #[error("a computer or group name has at most 15 characters")]
    TooLong,
    /// Not printable ASCII, or one of `\ / : * ? " < > |`.
    #[error("a computer or group name cannot hold {0:?}")]
    Character(char),
}

impl Name {
    /// Suffix of a computer's and of a group's main name: where mailslot writes go.
    pub const WORKSTATION: u8 = 0x00;
    /// Suffix of the name, of a computer or user, that WinPopup messages are sent to.
    pub const MESSENGER: u8 = 0x03;
    /// Suffix of a computer that shares files.
    pub const SERVER: u8 = 0x20;
    /// Suffix of the domain's master browser.
    pub const DOMAIN_MASTER: u8 = 0x1b;
    /// Suffix of the group of domain controllers.
    pub const DOMAIN_CONTROLLERS: u8 = 0x1c;
    /// Suffix of a group's master browser on this segment: where computers announce themselves.
    pub const MASTER_BROWSER: u8 = 0x1d;
    /// Suffix of the group that takes part in browser elections.
    pub const ELECTIONS: u8 = 0x1e;

    /// `*`: whoever listens. Padded with NUL, unlike every other name.
    pub const WILDCARD: Self = Self(*b"*\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    /// The group of the master browsers of all workgroups.
    pub const ALL_MASTERS: Self = Self(*b"\x01\x02__MSBROWSE__\x02\x01");

    /// Size in bytes when encoded without a scope: a length, 32 letters, an end.
    pub const ENCODED_LEN: usize = 34;

    /// Most pointers followed while decoding one name.
    const MAX_HOPS: usize = 10;
    /// Longest name with its scope in bytes (RFC 1002 4.1).
    const MAX_ENCODED: usize = 255;

    /// The name `text`, upper-cased, with a suffix.
    ///
    /// # Errors
    /// When `text` is blank, over 15 characters, or holds anything but printable ASCII without `\ / : * ? " < > |`.
    pub fn new(text: &str, suffix: u8) -> Result<Self, BadName> {
        if text.trim().is_empty() {
            return Err(BadName::Empty);
        }
        let mut bytes = [b' '; 16];
        for (i, c) in text.chars().enumerate() {
            if !matches!(c, ' '..='~') || "\\/:*?\"<>|".contains(c) {
                return Err(BadName::Character(c));
            }
            let slot = bytes.get_mut(i).filter(|_| i < 15).ok_or(BadName::TooLong)?;
            *slot = u8::try_from(c.to_ascii_uppercase()).map_err(|_| BadName::Character(c))?;
        }
        Ok(Self(bytes).with_suffix(suffix))
    }

    /// The name that consists of these bytes, whatever they are.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The last byte: what kind of name it is.
    pub fn suffix(&self) -> u8 {
        self.0[15]
    }

    /// The same name as another kind.
    #[must_use]
    pub fn with_suffix(mut self, suffix: u8) -> Self {
        self.0[15] = suffix;
        self
    }

    /// The name without its padding and suffix, safe to print: what is not printable ASCII, and `\` itself, is shown
    /// as `\x` and two hex digits.
    pub fn text(&self) -> String {
        let [text @ .., _] = &self.0;
        let end = text.iter().rposition(|b| !matches!(b, b' ' | 0)).map_or(0, |last| last + 1);
        let mut shown = String::with_capacity(end);
        for &byte in text.iter().take(end) {
            if matches!(byte, b' '..=b'~') && byte != b'\\' {
                shown.push(char::from(byte));
            } else {
                let _ = write!(shown, "\\x{byte:02x}");
            }
        }
        shown
    }

    /// Appends the 34 bytes of the name without a scope.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut bytes = [0; Self::ENCODED_LEN];
        let [length, letters @ .., _end] = &mut bytes;
        *length = 32;
        let (pairs, _) = letters.as_chunks_mut::<2>();
        for (pair, byte) in pairs.iter_mut().zip(self.0) {
            *pair = [b'A' + (byte >> 4), b'A' + (byte & 0x0f)];
        }
        out.extend_from_slice(&bytes);
    }

    /// The name that `bytes` begins with, and the bytes it takes. Pointers count from the start of `bytes`.
    ///
    /// # Errors
    /// As [`Name::decode_at`].
    pub fn decode(bytes: &[u8]) -> Result<(Self, usize), Error> {
        Self::decode_at(bytes, 0)
    }

    /// The name at offset `at` of a packet, and the offset after it. The scope is skipped. Pointers count from the
    /// start of the packet.
    ///
    /// # Errors
    /// [`Error::Truncated`] when the packet ends first; [`Error::Name`] when the first label is not 32 letters `A` to
    /// `P`, a label has an unknown form, over 10 pointers are met, or the whole is over 255 bytes.
    pub fn decode_at(packet: &[u8], at: usize) -> Result<(Self, usize), Error> {
        let (mut at, mut end, mut name) = (at, None, None);
        let (mut hops, mut total) = (0, 0);
        loop {
            let rest = packet.get(at..).ok_or(Error::Truncated)?;
            let (&length, rest) = rest.split_first().ok_or(Error::Truncated)?;
            match (length, name) {
                (0xc0.., _) => {
                    let &low = rest.first().ok_or(Error::Truncated)?;
                    end.get_or_insert(at + 2);
                    at = usize::from(u16::from_be_bytes([length & 0x3f, low]));
                    hops += 1;
                    if hops > Self::MAX_HOPS {
                        return Err(Error::Name);
                    }
                    continue;
                }
                (32, None) => {
                    name = Some(Self::from_letters(rest.first_chunk().ok_or(Error::Truncated)?)?);
                }
                (0, Some(name)) => return Ok((name, end.unwrap_or(at + 1))),
                (1..=63, Some(_)) if rest.len() < usize::from(length) => return Err(Error::Truncated),
                (1..=63, Some(_)) => {}
                _ => return Err(Error::Name),
            }
            let step = 1 + usize::from(length);
            at += step;
            total += step;
            if total >= Self::MAX_ENCODED {
                return Err(Error::Name);
            }
        }
    }

    fn from_letters(letters: &[u8; 32]) -> Result<Self, Error> {
        let mut bytes = [0; 16];
        let (pairs, _) = letters.as_chunks::<2>();
        // All letters are judged at once: one branch for the name instead of one for each.
        let mut high_bits = 0;
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            let (high, low) = (high.wrapping_sub(b'A'), low.wrapping_sub(b'A'));
            high_bits |= high | low;
            *byte = (high << 4) | (low & 0x0f);
        }
        if high_bits > 0x0f { Err(Error::Name) } else { Ok(Self(bytes)) }
    }
}

impl fmt::Debug for Name {
    /// As the tools write it: `ALICE<00>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}<{:02x}>", self.text(), self.suffix())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(name: Name) -> String {
        let mut out = Vec::new();
        name.encode(&mut out);
        assert_eq!((out.len(), out[0], out[33]), (34, 32, 0));
        String::from_utf8(out[1..33].to_vec()).unwrap()
    }

    #[test]
    fn encodes_the_vectors_of_the_specification_and_reads_them_back() {
        let vectors = [
            (Name::new("WORKGROUP", 0).unwrap(), "FHEPFCELEHFCEPFFFACACACACACACAAA"),
            (Name::new("alice", 0).unwrap(), "EBEMEJEDEFCACACACACACACACACACAAA"),
            (Name::new("ALICE", Name::MESSENGER).unwrap(), "EBEMEJEDEFCACACACACACACACACACAAD"),
            (Name::WILDCARD, "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            (Name::ALL_MASTERS, "ABACFPFPENFDECFCEPFHFDEFFPFPACAB"),
        ];
        for (name, expected) in vectors {
            assert_eq!(letters(name), expected, "{name:?}");
            let wire = [b" ", expected.as_bytes(), b"\0"].concat();
            assert_eq!(Name::decode(&wire), Ok((name, 34)));
        }
    }

    #[test]
    fn skips_a_scope_and_follows_pointers() {
        let alice = Name::new("ALICE", 0).unwrap();
        let mut packet = Vec::new();
        alice.encode(&mut packet);
        packet.pop();
        packet.extend_from_slice(b"\x03LAN\x00"); // ALICE.LAN ends at 38
        packet.extend_from_slice(b"\xc0\x00rest");
        assert_eq!(Name::decode(&packet), Ok((alice, 38)));
        assert_eq!(Name::decode_at(&packet, 38), Ok((alice, 40)));
    }

    #[test]
    fn refuses_loops_other_labels_and_endless_scopes() {
        assert_eq!(Name::decode(b"\xc0\x00"), Err(Error::Name));
        assert_eq!(Name::decode(b"\x00"), Err(Error::Name));
        assert_eq!(Name::decode(b"\x05ALICE\x00"), Err(Error::Name));
        assert_eq!(Name::decode(b"\x80"), Err(Error::Name));
        let mut wire = Vec::new();
        Name::WILDCARD.encode(&mut wire);
        for (at, bad) in [(1, b'@'), (1, b'Q'), (32, b'a'), (32, 0)] {
            let mut wire = wire.clone();
            wire[at] = bad;
            assert_eq!(Name::decode(&wire), Err(Error::Name));
        }
        wire.pop();
        for _ in 0..10 {
            wire.extend_from_slice(b"\x1fscope-scope-scope-scope-scope--");
        }
        assert_eq!(Name::decode(&wire), Err(Error::Name));
    }

    #[test]
    fn text_is_printable_and_without_padding() {
        assert_eq!(Name::new("my pc", 0x20).unwrap().text(), "MY PC");
        assert_eq!(Name::WILDCARD.text(), "*");
        assert_eq!(Name::ALL_MASTERS.text(), "\\x01\\x02__MSBROWSE__\\x02");
        assert_eq!(format!("{:?}", Name::new("ALICE", 0x1d).unwrap()), "ALICE<1d>");
        assert_eq!(Name::new("alice", 3).unwrap().with_suffix(0), Name::new("ALICE", 0).unwrap());
    }

    #[test]
    fn new_refuses_what_no_computer_is_called() {
        assert_eq!(Name::new("  ", 0), Err(BadName::Empty));
        assert_eq!(Name::new("SIXTEEN-LETTERS!", 0), Err(BadName::TooLong));
        assert_eq!(Name::new("zoë", 0), Err(BadName::Character('ë')));
        assert_eq!(Name::new("*", 0), Err(BadName::Character('*')));
    }
}

//! Identifiers: who said it, which line it is, in which room.

use std::fmt;
use std::str::FromStr;

/// A peer: the first 8 bytes of BLAKE3 over its Ed25519 public key, written as 16 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub [u8; 8]);

impl PeerId {
    /// Size on the wire in bytes.
    pub const LEN: usize = 8;

    /// The peer whose key is `public`.
    pub fn of_key(public: &[u8; 32]) -> Self {
        let hash = blake3::hash(public);
        let mut id = [0; Self::LEN];
        for (to, from) in id.iter_mut().zip(hash.as_bytes()) {
            *to = *from;
        }
        Self(id)
    }

    /// Whether it begins with these hex digits, at least four of them: what stands behind the `~` of a name.
    pub fn begins_with(self, digits: &str) -> bool {
        digits.len() >= 4 && self.to_string().starts_with(&digits.to_lowercase())
    }

    /// As many of the first digits, in fours, as tell it from all of `others`.
    pub fn suffix(self, others: impl IntoIterator<Item = Self>) -> String {
        let mine = self.to_string();
        let shared = |other: Self| {
            if other == self {
                return 0;
            }
            mine.bytes().zip(other.to_string().bytes()).take_while(|(a, b)| a == b).count()
        };
        let most = others.into_iter().map(shared).max().unwrap_or(0);
        mine.get(..((most / 4 + 1) * 4).min(mine.len())).unwrap_or(&mine).to_owned()
    }

    /// The first four hex digits: the suffix that tells two equal nicknames apart (`bob~3f9a`).
    pub fn short(self) -> String {
        let [a, b, ..] = self.0;
        format!("{a:02x}{b:02x}")
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerId({self})")
    }
}

/// Why a text is not a [`PeerId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a peer id is 16 hex digits")]
pub struct BadPeerId;

impl FromStr for PeerId {
    type Err = BadPeerId;

    fn from_str(s: &str) -> Result<Self, BadPeerId> {
        if s.len() != 2 * Self::LEN || !s.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(BadPeerId);
        }
        u64::from_str_radix(s, 16).map(|n| Self(n.to_be_bytes())).map_err(|_| BadPeerId)
    }
}

/// One line for ever: its sender, the sender's epoch (which start of the program) and the number within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineId {
    /// Who said it.
    pub sender: PeerId,
    /// Which start of the sender's program: rises with every start.
    pub epoch: u32,
    /// Position among the sender's datagrams of that epoch, from 1. For a line in several parts, that of its first part.
    pub seq: u32,
}

impl FromStr for LineId {
    type Err = BadPeerId;

    /// Reads what is printed.
    fn from_str(s: &str) -> Result<Self, BadPeerId> {
        let mut parts = s.splitn(3, '.');
        let mut next = || parts.next().ok_or(BadPeerId);
        let (sender, epoch, seq) = (next()?.parse()?, next()?, next()?);
        let number = |text: &str| text.parse().map_err(|_| BadPeerId);
        Ok(Self { sender, epoch: number(epoch)?, seq: number(seq)? })
    }
}

impl fmt::Display for LineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.sender, self.epoch, self.seq)
    }
}

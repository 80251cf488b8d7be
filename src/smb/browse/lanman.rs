//! The older form of an announcement, of LAN Manager, OS/2 and Windows for Workgroups, written to `\MAILSLOT\LANMAN`.

use super::text::{Comment, MachineName, Reader};
use super::{Error, ServerType};

/// What a computer announces of itself to `\MAILSLOT\LANMAN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LanmanHost<'a> {
    /// What it does; [`ServerType::NONE`] when it leaves.
    pub kind: ServerType,
    /// Major and minor version of its system.
    pub os: (u8, u8),
    /// Seconds until the next announcement.
    pub period: u16,
    /// Its name.
    pub name: MachineName<'a>,
    /// What it says of itself.
    pub comment: Comment<'a>,
}

impl<'a> LanmanHost<'a> {
    /// An announcement; the byte after it is a counter that means nothing.
    const ANNOUNCEMENT: u8 = 1;

    /// Reads what was written to the slot, without allocating.
    ///
    /// # Errors
    /// When it is cut short, no announcement, or has a name that no computer can have.
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader(data);
        let (kind, _update) = (reader.u8()?, reader.u8()?);
        if kind != Self::ANNOUNCEMENT {
            return Err(Error::Kind(kind));
        }
        Ok(Self {
            kind: ServerType(reader.u32()?),
            os: (reader.u8()?, reader.u8()?),
            period: reader.u16()?,
            name: reader.name()?,
            comment: reader.comment()?,
        })
    }

    /// Appends the announcement.
    pub fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[Self::ANNOUNCEMENT, 0]);
        out.extend_from_slice(&self.kind.0.to_le_bytes());
        out.extend_from_slice(&[self.os.0, self.os.1]);
        out.extend_from_slice(&self.period.to_le_bytes());
        self.name.put(out);
        self.comment.put(out);
    }
}

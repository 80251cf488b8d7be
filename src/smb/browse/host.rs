//! Announcements of a computer (2.2.1, 2.2.10) and of a workgroup (2.2.7), which share their layout.

use super::text::{Comment, MachineName, Reader};
use super::{Error, ServerType};

/// The version of the browser protocol and the mark that ends the fixed part.
const BROWSER: [u8; 4] = [0x0f, 0x01, 0x55, 0xaa];
/// The mark alone.
const SIGNATURE: u16 = 0xaa55;

/// What a computer announces of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host<'a> {
    /// Meant to be sent as 0 and to be ignored.
    pub update: u8,
    /// Milliseconds until the next announcement.
    pub period: u32,
    /// Its name.
    pub name: MachineName<'a>,
    /// Major and minor version of its system.
    pub os: (u8, u8),
    /// What it does; [`ServerType::NONE`] when it leaves.
    pub kind: ServerType,
    /// What it says of itself.
    pub comment: Comment<'a>,
}

/// What the master browser of a workgroup tells those of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Domain<'a> {
    /// Meant to be sent as 0 and to be ignored.
    pub update: u8,
    /// Milliseconds until the next announcement.
    pub period: u32,
    /// The workgroup.
    pub group: MachineName<'a>,
    /// Major and minor version of the master's system.
    pub os: (u8, u8),
    /// What the workgroup is.
    pub kind: ServerType,
    /// Its master browser.
    pub master: MachineName<'a>,
}

impl<'a> Host<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let (update, period, name) = (reader.u8()?, reader.u32()?, reader.name_field()?);
        let (os, kind) = ((reader.u8()?, reader.u8()?), ServerType(reader.u32()?));
        let _version = reader.u16()?;
        if reader.u16()? != SIGNATURE {
            return Err(Error::Field);
        }
        Ok(Self { update, period, name, os, kind, comment: reader.comment()? })
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        fixed(out, self.update, self.period, self.name, self.os, self.kind);
        self.comment.put(out);
    }
}

impl<'a> Domain<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let (update, period, group) = (reader.u8()?, reader.u32()?, reader.name_field()?);
        let (os, kind) = ((reader.u8()?, reader.u8()?), ServerType(reader.u32()?));
        let _junk = reader.u32()?;
        Ok(Self { update, period, group, os, kind, master: reader.name()? })
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        fixed(out, self.update, self.period, self.group, self.os, self.kind);
        self.master.put(out);
    }
}

fn fixed(out: &mut Vec<u8>, update: u8, period: u32, name: MachineName<'_>, os: (u8, u8), kind: ServerType) {
    out.push(update);
    out.extend_from_slice(&period.to_le_bytes());
    name.put_field(out);
    out.extend_from_slice(&[os.0, os.1]);
    out.extend_from_slice(&kind.0.to_le_bytes());
    out.extend_from_slice(&BROWSER);
}

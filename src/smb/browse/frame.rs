//! All kinds of frames, and their bytes.

use super::text::{MachineName, Reader};
use super::{Domain, Error, Host};

/// One frame of the browser service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame<'a> {
    /// 0x01: a computer is there, or leaves. To the group's master browser.
    Host(Host<'a>),
    /// 0x02: everybody announce themselves. To the group.
    AnnouncementRequest {
        /// Whose answer is wanted; ignored by all.
        name: Option<MachineName<'a>>,
    },
    /// 0x08: who wants to be the master browser? lanchat never sends it.
    Election {
        /// Version of the election; the higher one wins.
        version: u8,
        /// How fit the sender is; then the higher one wins.
        criteria: u32,
        /// How long the sender has been up, in milliseconds as most send it; then the longer one wins.
        uptime: u32,
        /// The sender; none in one that only forces an election, as Samba sends it.
        name: Option<MachineName<'a>>,
    },
    /// 0x09: who keeps copies of the list?
    GetBackupList {
        /// How many are wanted.
        count: u8,
        /// Comes back in the answer.
        token: u32,
    },
    /// 0x0A: these keep copies.
    BackupList {
        /// From the question.
        token: u32,
        /// Who.
        names: Backups<'a>,
    },
    /// 0x0B: a computer is to keep a copy.
    BecomeBackup(MachineName<'a>),
    /// 0x0C: a workgroup is there. To the master browsers of all groups.
    Domain(Domain<'a>),
    /// 0x0D: the master browser of another segment. To the domain's.
    Master(MachineName<'a>),
    /// 0x0E: a browser is to change its state. lanchat never sends it.
    ResetState(Reset),
    /// 0x0F: as [`Frame::Host`], from a group's master browser to all that could be.
    LocalMaster(Host<'a>),
}

/// Up to 255 names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Backups<'a>(Vec<MachineName<'a>>);

impl<'a> Backups<'a> {
    /// These names; none when there are over 255.
    pub fn new(names: Vec<MachineName<'a>>) -> Option<Self> {
        u8::try_from(names.len()).is_ok().then_some(Self(names))
    }

    /// The names.
    pub fn names(&self) -> &[MachineName<'a>] {
        &self.0
    }
}

/// What a browser is told to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reset {
    /// No master any more.
    Demote,
    /// Without any list, as at the start.
    Clear,
    /// No browser any more; Windows ignores it.
    Stop,
}

impl Reset {
    fn code(self) -> u8 {
        match self {
            Self::Demote => 1,
            Self::Clear => 2,
            Self::Stop => 4,
        }
    }

    fn from_code(code: u8) -> Result<Self, Error> {
        [Self::Demote, Self::Clear, Self::Stop].into_iter().find(|r| r.code() == code).ok_or(Error::Field)
    }
}

fn put(name: Option<MachineName<'_>>, out: &mut Vec<u8>) {
    match name {
        Some(name) => name.put(out),
        None => out.push(0),
    }
}

impl<'a> Frame<'a> {
    /// Reads what was written to `\MAILSLOT\BROWSE`. What stands behind a frame is ignored.
    ///
    /// # Errors
    /// When it is cut short, of an unknown kind, holds a name that no computer can have, or a field that must have one
    /// value has another.
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader(data);
        let r = &mut reader;
        Ok(match r.u8()? {
            0x01 => Self::Host(Host::read(r)?),
            0x02 => {
                let _reserved = r.u8()?;
                Self::AnnouncementRequest { name: r.name().ok() }
            }
            0x08 => {
                let (version, criteria, uptime) = (r.u8()?, r.u32()?, r.u32()?);
                let _unused = r.u32()?;
                Self::Election { version, criteria, uptime, name: r.optional_name()? }
            }
            0x09 => Self::GetBackupList { count: r.u8()?, token: r.u32()? },
            0x0a => {
                let (count, token) = (r.u8()?, r.u32()?);
                let names = (0..count).map(|_| r.name()).collect::<Result<_, _>>()?;
                Self::BackupList { token, names: Backups(names) }
            }
            0x0b => Self::BecomeBackup(r.name()?),
            0x0c => Self::Domain(Domain::read(r)?),
            0x0d => Self::Master(r.name()?),
            0x0e => Self::ResetState(Reset::from_code(r.u8()?)?),
            0x0f => Self::LocalMaster(Host::read(r)?),
            other => return Err(Error::Kind(other)),
        })
    }

    /// Appends the frame.
    pub fn emit(&self, out: &mut Vec<u8>) {
        match self {
            Self::Host(host) => {
                out.push(0x01);
                host.put(out);
            }
            Self::AnnouncementRequest { name } => {
                out.extend_from_slice(&[0x02, 0]);
                put(*name, out);
            }
            Self::Election { version, criteria, uptime, name } => {
                out.extend_from_slice(&[0x08, *version]);
                for field in [*criteria, *uptime, 0] {
                    out.extend_from_slice(&field.to_le_bytes());
                }
                put(*name, out);
            }
            Self::GetBackupList { count, token } => {
                out.extend_from_slice(&[0x09, *count]);
                out.extend_from_slice(&token.to_le_bytes());
            }
            Self::BackupList { token, names } => {
                // There are never more: see `Backups::new`.
                out.extend_from_slice(&[0x0a, u8::try_from(names.0.len()).unwrap_or(u8::MAX)]);
                out.extend_from_slice(&token.to_le_bytes());
                names.0.iter().for_each(|name| name.put(out));
            }
            Self::BecomeBackup(name) => {
                out.push(0x0b);
                name.put(out);
            }
            Self::Domain(domain) => {
                out.push(0x0c);
                domain.put(out);
            }
            Self::Master(name) => {
                out.push(0x0d);
                name.put(out);
            }
            Self::ResetState(reset) => out.extend_from_slice(&[0x0e, reset.code()]),
            Self::LocalMaster(host) => {
                out.push(0x0f);
                host.put(out);
            }
        }
    }
}

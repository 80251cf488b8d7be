//! The names of mailslots, in the UNC form that programs open them by (\[MS-MAIL\] 3.1.4.1; Win32 `CreateMailslot`).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::str::FromStr;

use crate::netbios::{BadName, Name};
use crate::smb::MailslotWrite;

/// Most bytes of a slot's name, so that a write to it always fits into one Ethernet frame.
const NAME_LEN: usize = 255;

/// What follows `\MAILSLOT\`: printable ASCII, 1 to 255 bytes, such as `chat\sync`. Its case is kept but means nothing.
#[derive(Debug, Clone)]
pub struct SlotName(Box<str>);

/// Where a mailslot is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SlotPath {
    /// `\\.\mailslot\x`: in this program.
    Local(SlotName),
    /// `\\*\mailslot\x`: on every machine of one's own workgroup.
    Broadcast(SlotName),
    /// `\\name\mailslot\x`: on one machine, or on every machine of a group.
    Remote {
        /// The machine or group.
        name: Name,
        /// The slot there.
        slot: SlotName,
    },
}

/// Why a text is not the path of a mailslot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// No text at all.
    #[error(r"the path is empty; write it as \\.\mailslot\name")]
    Empty,
    /// Not of the form `\\…\mailslot\…`.
    #[error(r"this is not the path of a mailslot; write it as \\.\mailslot\name, \\*\mailslot\name or \\computer\mailslot\name")]
    NotAMailslot,
    /// The part after `mailslot\` cannot be a name.
    #[error(r"a mailslot's name is 1 to 255 printable ASCII characters, in parts divided by single \")]
    Slot,
    /// The part before `\mailslot` is an address.
    #[error(
        "{0} is an address, and a mailslot is found by its computer's name; `lanchat who` and `lanchat net view` list names"
    )]
    Address(IpAddr),
    /// The part before `\mailslot` cannot be the name of a machine or group.
    #[error("{0}")]
    Machine(BadName),
}

impl PathError {
    /// The Win32 error code.
    pub fn code(self) -> u32 {
        match self {
            Self::Empty => 3,                          // ERROR_PATH_NOT_FOUND
            Self::NotAMailslot | Self::Slot => 123,    // ERROR_INVALID_NAME
            Self::Address(_) | Self::Machine(_) => 53, // ERROR_BAD_NETPATH
        }
    }
}

impl SlotName {
    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as it is on the wire: `\MAILSLOT\chat\sync`.
    pub fn wire(&self) -> String {
        format!("{}{}", MailslotWrite::PREFIX, self.0)
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.0.eq_ignore_ascii_case(name)
    }

    /// What `name` has below this one: `lunch` for `rooms` of `rooms\lunch`.
    pub fn below<'a>(&self, name: &'a str) -> Option<&'a str> {
        let (above, below) = name.split_at_checked(self.0.len())?;
        below.strip_prefix('\\').filter(|below| self.is(above) && !below.is_empty())
    }

    pub(super) fn is_above(&self, name: &str) -> bool {
        self.below(name).is_some()
    }
}

impl FromStr for SlotName {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let name = text.replace('/', "\\");
        let printable = name.bytes().all(|b| matches!(b, b' '..=b'~'));
        if name.len() > NAME_LEN || !printable || name.split('\\').any(str::is_empty) {
            return Err(PathError::Slot);
        }
        Ok(Self(name.into()))
    }
}

impl PartialEq for SlotName {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl Eq for SlotName {}

impl Hash for SlotName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.bytes().for_each(|b| state.write_u8(b.to_ascii_lowercase()));
        state.write_u8(0);
    }
}

impl PartialOrd for SlotName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SlotName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let lower = |name: &Self| name.0.bytes().map(|b| b.to_ascii_lowercase()).collect::<Vec<_>>();
        lower(self).cmp(&lower(other))
    }
}

impl fmt::Display for SlotName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SlotPath {
    /// The slot's name.
    pub fn slot(&self) -> &SlotName {
        match self {
            Self::Local(slot) | Self::Broadcast(slot) | Self::Remote { slot, .. } => slot,
        }
    }
}

impl FromStr for SlotPath {
    type Err = PathError;

    /// Reads a path; `/` is as good as `\`, and case does not matter.
    fn from_str(text: &str) -> Result<Self, PathError> {
        if text.is_empty() {
            return Err(PathError::Empty);
        }
        let text = text.replace('/', "\\");
        let rest = text.strip_prefix(r"\\").ok_or(PathError::NotAMailslot)?;
        let mut parts = rest.splitn(3, '\\');
        let (machine, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if machine.is_empty() || !kind.eq_ignore_ascii_case("mailslot") {
            return Err(PathError::NotAMailslot);
        }
        let slot = parts.next().unwrap_or_default().parse()?;
        if let Ok(address) = machine.parse() {
            return Err(PathError::Address(address));
        }
        Ok(match machine {
            "." => Self::Local(slot),
            "*" => Self::Broadcast(slot),
            _ => Self::Remote {
                name: Name::new(machine, Name::WORKSTATION).map_err(PathError::Machine)?,
                slot,
            },
        })
    }
}

impl fmt::Display for SlotPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(slot) => write!(f, r"\\.\mailslot\{slot}"),
            Self::Broadcast(slot) => write!(f, r"\\*\mailslot\{slot}"),
            Self::Remote { name, slot } => write!(f, r"\\{}\mailslot\{slot}", name.text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Result<String, PathError> {
        text.parse().map(|p: SlotPath| p.to_string())
    }

    #[test]
    fn every_form_is_read_and_shown() {
        assert_eq!(path(r"\\.\mailslot\chat").unwrap(), r"\\.\mailslot\chat");
        assert_eq!(path(r"\\*\MailSlot\Chat").unwrap(), r"\\*\mailslot\Chat");
        assert_eq!(path(r"\\bob\mailslot\a\b\c").unwrap(), r"\\BOB\mailslot\a\b\c");
        assert_eq!(path("//bob/mailslot/chat/sync").unwrap(), r"\\BOB\mailslot\chat\sync");
        assert!(matches!(r"\\.\mailslot\x".parse(), Ok(SlotPath::Local(_))));
        assert!(matches!(r"\\*\mailslot\x".parse(), Ok(SlotPath::Broadcast(_))));
        let bob = Name::new("BOB", 0).unwrap();
        assert!(matches!(r"\\bob\mailslot\x".parse(), Ok(SlotPath::Remote { name, .. }) if name == bob));
    }

    #[test]
    fn errors_carry_the_win32_codes() {
        let code = |text: &str| path(text).unwrap_err().code();
        assert_eq!(code(""), 3);
        for text in ["blah", r"\\.\pipe\x", r"\\\mailslot\x", r"\\.\", r"\\", r"\.\mailslot\x"] {
            assert_eq!(path(text), Err(PathError::NotAMailslot), "{text}");
        }
        for text in [
            r"\\.\mailslot",
            r"\\.\mailslot\",
            r"\\.\mailslot\a\\b",
            r"\\.\mailslot\a\",
            "\\\\.\\mailslot\\\u{e9}",
        ] {
            assert_eq!(path(text), Err(PathError::Slot), "{text}");
        }
        assert_eq!(code("blah"), 123);
        assert_eq!(code(r"\\.\mailslot\"), 123);
        assert_eq!(code(r"\\a-name-that-is-too-long\mailslot\x"), 53);
        assert_eq!(path(&format!(r"\\.\mailslot\{}", "x".repeat(255))).map(|_| ()), Ok(()));
        assert_eq!(code(&format!(r"\\.\mailslot\{}", "x".repeat(256))), 123);
    }

    #[test]
    fn case_is_kept_but_means_nothing() {
        let hash = |name: &SlotName| {
            let mut hasher = std::hash::DefaultHasher::new();
            name.hash(&mut hasher);
            hasher.finish()
        };
        let (a, b): (SlotName, SlotName) = ("Chat/Sync".parse().unwrap(), r"cHAT\sYNC".parse().unwrap());
        assert_eq!(a, b);
        assert_eq!(hash(&a), hash(&b));
        assert_eq!(a.cmp(&b), std::cmp::Ordering::Equal);
        assert_eq!(a.to_string(), r"Chat\Sync");
        assert_eq!(a.wire(), r"\MAILSLOT\Chat\Sync");
        assert_ne!(a, "chat".parse().unwrap());
    }
}

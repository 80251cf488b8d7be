//! Rooms by name: what may be one, how it is written in a slot's name and on the screen, and a room as it is listed.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;
use unicode_security::MixedScript;

use super::envelope::{RoomTag, room_tag};
use super::event::Millis;
use super::id::PeerId;
use super::limits::MAX_ROOM_NAME;
use crate::text::SafeText;

/// The name of a room: 1 to 32 bytes of lower-case NFC text of one script, with the characters of nicknames. Case
/// means nothing in the name of a mailslot, so it means nothing here: all names are lower case. A locked room is shown as
/// `dev[locked]`; that name stays on this machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomName {
    bytes: [u8; MAX_ROOM_NAME],
    len: u8,
    /// A locked room is another one than the open room of the same name.
    locked: bool,
}

/// What stands after the name of a locked room. No open room's name can hold it.
const LOCKED: &str = "[locked]";

/// Why a text cannot be the name of a room.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRoom {
    /// Nothing is left of it.
    #[error("a room needs a name, such as lunch")]
    Empty,
    /// Over 32 bytes.
    #[error("the name of a room has at most {MAX_ROOM_NAME} bytes; choose a shorter one")]
    TooLong,
    /// Holds a character that may not stand in a name.
    #[error("the name of a room cannot hold {0:?}; letters, digits, - and _ are fine")]
    Character(char),
    /// Letters of several scripts, which can pass for another name.
    #[error("the name of a room cannot mix alphabets; use one")]
    MixedScript,
}

impl RoomName {
    /// The room that everybody is in.
    pub const LOBBY: Self = {
        let mut bytes = [0; MAX_ROOM_NAME];
        (bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]) = (b'l', b'o', b'b', b'b', b'y');
        Self { bytes, len: 5, locked: false }
    };

    /// The locked room of this name.
    #[must_use]
    pub fn to_locked(self) -> Self {
        Self { locked: true, ..self }
    }

    /// The open room of this name.
    #[must_use]
    pub fn to_open(self) -> Self {
        Self { locked: false, ..self }
    }

    /// Whether it is a locked room.
    pub fn is_locked(&self) -> bool {
        self.locked
    }

    /// Reads a name as it is shown, printed and kept on this machine, also of a locked room. What peers send is never read
    /// so: it cannot name a locked room.
    ///
    /// # Errors
    /// As reading what a user types.
    pub fn from_shown(text: &str) -> Result<Self, BadRoom> {
        match text.strip_suffix(LOCKED) {
            Some(name) => name.parse().map(Self::to_locked),
            None => text.parse(),
        }
    }

    /// The bare name as text: the same of an open and of a locked room.
    pub fn as_str(&self) -> &str {
        self.bytes.get(..usize::from(self.len)).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }

    /// The name as it is shown.
    pub fn to_safe(self) -> SafeText {
        SafeText::line(&self.to_string())
    }

    /// Whether it is the room that everybody is in.
    pub fn is_lobby(&self) -> bool {
        *self == Self::LOBBY
    }

    /// The tag of the open room of this name.
    pub(super) fn tag(&self) -> RoomTag {
        room_tag(self.as_str())
    }

    /// The last part of its slot's name, which is ASCII: other bytes, and `%`, as `%` and two hex digits.
    pub fn to_slot(self) -> String {
        let mut slot = String::new();
        for byte in self.as_str().bytes() {
            if byte.is_ascii_graphic() && byte != b'%' {
                slot.push(char::from(byte));
            } else {
                let _ = write!(slot, "%{byte:02x}"); // to a String
            }
        }
        slot
    }

    /// The room of which this is the last part of the slot's name.
    pub fn from_slot(slot: &str) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut rest = slot.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(if byte == b'%' {
                let hex = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?
            } else {
                byte
            });
        }
        String::from_utf8(bytes).ok()?.parse().ok()
    }
}

impl FromStr for RoomName {
    type Err = BadRoom;

    /// Reads a name as a user types it: a `#` in front and upper case are allowed.
    fn from_str(text: &str) -> Result<Self, BadRoom> {
        let text = text.strip_prefix('#').unwrap_or(text);
        let name: String = text.nfc().collect::<String>().to_lowercase().nfc().collect();
        if name.is_empty() {
            return Err(BadRoom::Empty);
        }
        let bad = |c: &char| {
            c.is_whitespace()
                || "<>~@,:/#\\\"%*?[]".contains(*c)
                || SafeText::clean(&c.to_string()).as_str() != c.to_string()
        };
        if let Some(c) = name.chars().find(bad) {
            return Err(BadRoom::Character(c));
        }
        if SafeText::clean(&name).as_str() != name {
            return Err(BadRoom::Character('\u{fffd}'));
        }
        if !name.is_single_script() {
            return Err(BadRoom::MixedScript);
        }
        let mut bytes = [0; MAX_ROOM_NAME];
        bytes.get_mut(..name.len()).ok_or(BadRoom::TooLong)?.copy_from_slice(name.as_bytes());
        let len = u8::try_from(name.len()).map_err(|_| BadRoom::TooLong)?;
        Ok(Self { bytes, len, locked: false })
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.locked { f.pad(&format!("{}{LOCKED}", self.as_str())) } else { f.pad(self.as_str()) }
    }
}

impl fmt::Debug for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{self}")
    }
}

/// A room as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Its name.
    pub name: RoomName,
    /// What it is about; empty where nobody has said.
    pub topic: SafeText,
    /// Who said that.
    pub topic_by: Option<PeerId>,
    /// Who is in it, this node not counted.
    pub members: Vec<PeerId>,
    /// Whether this node is in it.
    pub joined: bool,
    /// Lines that are kept here and were not shown, because this node is not in it.
    pub unshown: usize,
    /// When something was last said in it, as its author says.
    pub last: Option<Millis>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Result<String, BadRoom> {
        text.parse().map(|n: RoomName| n.to_string())
    }

    #[test]
    fn names_that_people_choose_are_names() {
        for (typed, is) in [
            ("lunch", "lunch"),
            ("#Lunch", "lunch"),
            ("rust-dev_2", "rust-dev_2"),
            ("Gru\u{308}n", "gr\u{fc}n"),
            ("日本語", "日本語"),
            ("ИВАН", "иван"),
        ] {
            assert_eq!(name(typed).as_deref(), Ok(is));
        }
        assert_eq!(RoomName::LOBBY.to_string(), "lobby");
        assert_eq!("LOBBY".parse(), Ok(RoomName::LOBBY));
    }

    #[test]
    fn a_locked_room_is_another_and_no_peer_can_name_it() {
        let (open, locked) = (name("dev").unwrap(), "dev".parse::<RoomName>().unwrap().to_locked());
        assert_eq!((open.as_str(), locked.to_string().as_str()), ("dev", "dev[locked]"));
        assert_ne!(locked, locked.to_open());
        assert_eq!(locked.as_str(), "dev");
        for room in [locked, locked.to_open(), RoomName::LOBBY] {
            assert_eq!(RoomName::from_shown(room.to_safe().as_str()), Ok(room));
        }
        assert!("dev[locked]".parse::<RoomName>().is_err());
        assert_eq!(RoomName::from_slot("dev[locked]"), None);
        assert!(RoomName::from_shown("[locked]").is_err());
    }

    #[test]
    fn names_that_deceive_or_do_not_fit_are_not() {
        for bad in ["", "#", "a b", "a/b", r"a\b", "a%b", "*", "##x", "p\u{430}ypal", "a\u{202e}b", "\u{301}"]
        {
            assert!(name(bad).is_err(), "{bad:?}");
        }
        assert_eq!(name(&"x".repeat(33)), Err(BadRoom::TooLong));
        assert_eq!(name(&"x".repeat(32)), Ok("x".repeat(32)));
        assert_eq!(name(&"日".repeat(11)), Err(BadRoom::TooLong));
    }

    #[test]
    fn every_name_comes_back_from_its_slot() {
        for text in ["lunch", "grün", "日本語", "a_b-c", "c++"] {
            let room: RoomName = text.parse().unwrap();
            let slot = room.to_slot();
            assert!(slot.is_ascii() && slot.len() <= 96, "{slot}");
            assert_eq!(RoomName::from_slot(&slot), Some(room));
            assert_eq!(RoomName::from_slot(&slot.to_uppercase()), Some(room), "case means nothing");
        }
        for bad in ["", "%", "%4", "%zz", "%ff", r"a\b", "a b"] {
            assert_eq!(RoomName::from_slot(bad), None, "{bad}");
        }
    }
}

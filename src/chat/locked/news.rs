//! [`LockNews`]: what a user should learn about a locked room besides its lines.

use super::super::room::RoomName;
use crate::text::SafeText;

/// What has happened to a locked room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockNews {
    /// It was left locked by an earlier run: without its passphrase, which is kept nowhere, it cannot be opened.
    Wanted,
    /// Others talk in locked rooms here, but nobody has this room with this passphrase.
    Alone,
    /// A member has changed the passphrase; this node still has the old one.
    Changed {
        /// Its name as shown.
        by: SafeText,
    },
}

impl LockNews {
    /// In words, without what to do about it.
    pub fn told(&self, room: RoomName) -> SafeText {
        let name = room.as_str();
        SafeText::line(&match self {
            Self::Wanted => format!("#{room} is locked, and its passphrase is not kept on disk"),
            Self::Alone => format!("nobody here uses this passphrase for #{name}"),
            Self::Changed { by } => format!("{by} has changed the passphrase of #{name}"),
        })
    }

    /// In words, with what to do in the chat.
    pub fn text(&self, room: RoomName) -> SafeText {
        let (told, name) = (self.told(room), room.as_str());
        SafeText::line(&match self {
            Self::Wanted => format!("{told}: /join {name} --lock asks for it"),
            Self::Alone => format!("{told}; if you expect somebody, /join {name} --lock asks for it again"),
            Self::Changed { .. } => format!("{told}: ask for the new one, then /join {name} --lock"),
        })
    }
}

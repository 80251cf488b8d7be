//! The neighbours on the network that run no lanchat: computers that announce themselves to the browser service, as Samba
//! and Windows do (\[MS-BRWS\] 3.2), and pop-ups of WinPopup and `net send`.
//!
//! A layer above [`mailslot`](crate::mailslot). [`Neighbours`] listens to `\MAILSLOT\BROWSE`, `LANMAN` and `MESSNGR`,
//! keeps the list, and, when asked to, announces this computer. It is polite: it never takes part in an election, claims
//! to keep no list, and says farewell. What it hears is not authenticated by anything.
//!
//! [`List`] and [`Announcer`] know neither sockets nor a clock; the driver owns those.

mod announcer;
mod driver;
mod list;
mod popup;

pub use announcer::Announcer;
pub use driver::{Neighbours, StartError, start};
pub use list::{Announced, List, Neighbour};
pub use popup::Popup;

use crate::smb::CodePage;
use crate::smb::browse::{BadText, Comment};

/// What neighbours are told and how they are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// How names, comments and pop-ups are written.
    pub page: CodePage,
    /// What to announce of this computer, as [`comment`] makes it; none: nothing is announced.
    pub announce: Option<Vec<u8>>,
}

/// Why a text cannot be what a computer says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadComment {
    /// The code page lacks a character.
    #[error("code page {page} has no {character:?}")]
    Character {
        /// Which.
        character: char,
        /// The number of the code page.
        page: u16,
    },
    /// Too long, or with a NUL.
    #[error(transparent)]
    Text(#[from] BadText),
}

/// The bytes of a comment for announcements.
///
/// # Errors
/// When the code page lacks a character, or it is over 43 bytes.
pub fn comment(text: &str, page: CodePage) -> Result<Vec<u8>, BadComment> {
    let byte = |character: char| {
        let byte = page.encode(character).filter(|_| !character.is_control());
        byte.ok_or(BadComment::Character { character, page: page.number() })
    };
    let bytes: Vec<u8> = text.chars().map(byte).collect::<Result<_, _>>()?;
    Comment::new(&bytes)?;
    Ok(bytes)
}

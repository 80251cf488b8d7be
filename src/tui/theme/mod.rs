//! How each role looks. A theme is a file of `assets/themes` or of the user's own folder: roles, never widgets.
//!
//! | theme | for |
//! |---|---|
//! | `default` | every terminal: its own 16 colours |
//! | `dark`, `light` | 256 colours that can be read on such a background; `auto` finds out which |
//! | `high-contrast` | its own background |
//! | `monochrome` | `NO_COLOR`: modifiers only, see the file |

pub(super) mod detect;
pub(super) mod file;

use ratatui::style::{Color, Style};

pub use detect::{Asked, Background, background};
pub use file::ThemeError;

use super::model::Role;
use crate::chat::PeerId;

/// The name that stands for `dark`, `light` or `default`, whichever the terminal is for.
pub const AUTO: &str = "auto";

/// Names of the roles in files, in the order of [`slot`].
const ROLES: [&str; 16] = [
    "text", "peer", "own", "dim", "notice", "error", "private", "unsigned", "status", "alert", "mention",
    "match", "chosen", "link", "title", "graph",
];

/// The place of a role in [`ROLES`].
fn slot(role: Role) -> usize {
    match role {
        Role::Text => 0,
        Role::Peer(_) => 1,
        Role::Own => 2,
        Role::Dim => 3,
        Role::Notice => 4,
        Role::Error => 5,
        Role::Private => 6,
        Role::Unsigned => 7,
        Role::Status => 8,
        Role::Alert => 9,
        Role::Mention => 10,
        Role::Match => 11,
        Role::Chosen => 12,
        Role::Link => 13,
        Role::Title => 14,
        Role::Graph => 15,
    }
}

/// A look for every role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Theme {
    styles: [Style; ROLES.len()],
    /// Colours of the names of peers.
    peers: Vec<Color>,
}

impl Theme {
    /// The theme that needs to know nothing of the terminal: its own colours, or none.
    pub fn new(colour: bool) -> Self {
        // The files are checked by a test.
        file::built_in(if colour { "default" } else { "monochrome" }).unwrap_or_default()
    }

    /// How `role` looks.
    pub fn style(&self, role: Role) -> Style {
        let look = self.styles.get(slot(role)).copied().unwrap_or_default();
        match role {
            Role::Peer(id) => self.peer(id).map_or(look, |colour| look.fg(colour)),
            _ => look,
        }
    }

    /// The colour of a peer: by its identity, so that it stays when the nickname changes and differs for namesakes.
    fn peer(&self, id: PeerId) -> Option<Color> {
        // Fibonacci hashing: ids that differ little are as far apart as others.
        let mixed = u64::from_be_bytes(id.0).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let colours = u64::try_from(self.peers.len()).ok()?;
        self.peers.get(usize::try_from(mixed.checked_rem(colours)?).ok()?).copied()
    }
}

#[cfg(test)]
mod tests;

//! How each role looks: the terminal's own 16 colours, or none.
//!
//! The default foreground and background are the user's; black, white and yellow are left out because on some
//! background each cannot be read, dark blue for the same reason. Without colour (`NO_COLOR`) only modifiers are used:
//! any colour, even the default one, makes crossterm 0.29 write a reset that takes the modifiers with it.

use ratatui::style::{Color, Modifier, Style};

use super::model::Role;
use crate::chat::PeerId;

/// Colours of names.
const NAMES: [Color; 7] = [
    Color::Green,
    Color::Cyan,
    Color::Magenta,
    Color::Red,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightRed,
];

/// A look for every role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// With the terminal's colours.
    Colour,
    /// With bold, dim, underlined and reversed only.
    Mono,
}

impl Theme {
    /// The theme with or without colour.
    pub fn new(colour: bool) -> Self {
        if colour { Self::Colour } else { Self::Mono }
    }

    /// How `role` looks.
    pub fn style(self, role: Role) -> Style {
        let plain = Style::new();
        let look = match role {
            Role::Text | Role::Peer(_) | Role::Notice => plain,
            Role::Own | Role::Error | Role::Private => plain.add_modifier(Modifier::BOLD),
            Role::Dim => plain.add_modifier(Modifier::DIM),
            Role::Unsigned => plain.add_modifier(Modifier::DIM | Modifier::ITALIC),
            Role::Status => plain.add_modifier(Modifier::REVERSED),
            Role::Alert => plain.add_modifier(Modifier::REVERSED | Modifier::BOLD),
        };
        match (self, role) {
            (Self::Colour, Role::Peer(id)) => look.fg(name_colour(id)),
            (Self::Colour, Role::Error) => look.fg(Color::Red),
            (Self::Colour, Role::Notice) => look.fg(Color::Cyan),
            (Self::Colour, Role::Private) => look.fg(Color::Magenta),
            (Self::Mono, Role::Peer(_)) => look.add_modifier(Modifier::BOLD),
            (Self::Mono, Role::Own | Role::Private) => look.add_modifier(Modifier::UNDERLINED),
            _ => look,
        }
    }
}

/// The colour of a peer: by its identity, so that it stays when the nickname changes and differs for namesakes.
fn name_colour(id: PeerId) -> Color {
    let sum = id.0.iter().fold(0_usize, |sum, b| sum.wrapping_mul(31).wrapping_add(usize::from(*b)));
    NAMES.get(sum % NAMES.len()).copied().unwrap_or(Color::Reset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles() -> impl Iterator<Item = Role> {
        let peers = (0..=255).map(|n| Role::Peer(PeerId([n; 8])));
        [
            Role::Text,
            Role::Own,
            Role::Dim,
            Role::Notice,
            Role::Error,
            Role::Private,
            Role::Unsigned,
            Role::Status,
            Role::Alert,
        ]
        .into_iter()
        .chain(peers)
    }

    #[test]
    fn without_colour_there_is_none() {
        for role in roles() {
            let style = Theme::Mono.style(role);
            assert_eq!((style.fg, style.bg, style.underline_color), (None, None, None), "{role:?}");
        }
    }

    #[test]
    fn every_colour_can_be_read_on_light_and_dark() {
        let bad = [Color::Black, Color::White, Color::Gray, Color::Yellow, Color::LightYellow, Color::Blue];
        for role in roles() {
            let style = Theme::Colour.style(role);
            assert!(style.fg.is_none_or(|c| !bad.contains(&c)) && style.bg.is_none(), "{role:?}");
        }
    }

    #[test]
    fn peers_differ_in_colour() {
        let used: std::collections::HashSet<_> =
            (0..=255).map(|n| name_colour(PeerId([n, 7, 3, n, 1, 0, 9, n]))).collect();
        assert_eq!(used.len(), NAMES.len());
    }
}

//! [`Body`]: text in several roles, as one text to be wrapped. No colours here: a role is what a theme gives a look to.

use crate::chat::PeerId;
use crate::text::SafeText;

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// What people say.
    Text,
    /// The name of a peer, in the colour of its identity.
    Peer(PeerId),
    /// One's own name.
    Own,
    /// Of minor interest: times, joins, hints.
    Dim,
    /// What the program says.
    Notice,
    /// What went wrong.
    Error,
    /// For one reader only.
    Private,
    /// Whose author nobody can know.
    Unsigned,
    /// The status line.
    Status,
    /// What the status line wants noticed.
    Alert,
    /// A word that concerns the user.
    Mention,
    /// What was searched for.
    Match,
    /// What is chosen.
    Chosen,
    /// An address that can be opened.
    Link,
    /// The head of a page or a part of it.
    Title,
    /// Bars.
    Graph,
}

/// Text in several roles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    text: SafeText,
    /// Role of what ends at this byte.
    ends: Vec<(usize, Role)>,
}

impl Body {
    /// A text in one role.
    pub fn new(role: Role, text: &SafeText) -> Self {
        Self::default().and(role, text)
    }

    /// With more text.
    #[must_use]
    pub fn and(mut self, role: Role, text: &SafeText) -> Self {
        if !text.as_str().is_empty() {
            self.text.append(text);
            self.ends.push((self.text.as_str().len(), role));
        }
        self
    }

    /// With more text, written in the program.
    #[must_use]
    pub fn and_str(self, role: Role, text: &'static str) -> Self {
        self.and(role, &SafeText::clean(text))
    }

    /// The whole text.
    pub fn text(&self) -> &SafeText {
        &self.text
    }

    /// The pieces of `start..end` (bytes of the text) with their roles.
    pub fn pieces(&self, start: usize, end: usize) -> impl Iterator<Item = (Role, &str)> {
        let mut from = 0;
        self.ends.iter().filter_map(move |&(to, role)| {
            let piece = self.text.as_str().get(from.max(start)..to.min(end));
            from = to;
            piece.filter(|piece| !piece.is_empty()).map(|piece| (role, piece))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_pieces_of_a_range() {
        let body = Body::new(Role::Own, &SafeText::clean("alice")).and_str(Role::Text, " waves");
        assert_eq!(body.text().as_str(), "alice waves");
        assert_eq!(body.pieces(3, 7).collect::<Vec<_>>(), [(Role::Own, "ce"), (Role::Text, " w")]);
        assert_eq!(body.pieces(6, 11).collect::<Vec<_>>(), [(Role::Text, "waves")]);
    }
}

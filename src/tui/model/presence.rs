//! Who came and went, condensed: what happens within half an hour of each other, nothing said between, is one line.

use crate::chat::{LeaveReason, PeerId};
use crate::text::SafeText;

/// What happened to a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It came.
    Joined,
    /// It was there already.
    Present,
    /// It went within the same line, and came back.
    Returned,
    /// It said goodbye.
    Left,
    /// It is no longer heard.
    Lost,
}

impl From<LeaveReason> for Change {
    fn from(reason: LeaveReason) -> Self {
        match reason {
            LeaveReason::Goodbye => Self::Left,
            LeaveReason::Timeout => Self::Lost,
        }
    }
}

/// Names written out for each kind of change; the others are counted.
const NAMED: usize = 8;
/// Changes in one line; more start another.
const MOST: usize = 2000;

/// Changes told in one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Presence(Vec<(PeerId, SafeText, Change)>);

impl Presence {
    /// Whether no more fit in.
    pub fn is_full(&self) -> bool {
        self.0.len() >= MOST
    }

    /// Adds a change; of each peer the last one counts.
    pub fn add(&mut self, peer: PeerId, name: SafeText, change: Change) {
        let earlier = self.0.iter().position(|(id, ..)| *id == peer).map(|at| self.0.remove(at));
        let change = match (earlier, change) {
            (Some((_, _, Change::Left | Change::Lost)), Change::Joined | Change::Present) => Change::Returned,
            _ => change,
        };
        self.0.push((peer, name, change));
    }

    /// The line: `alice, bob joined · carol left`.
    pub fn text(&self) -> SafeText {
        let kinds = [
            (Change::Present, "here"),
            (Change::Joined, "joined"),
            (Change::Returned, "came back"),
            (Change::Left, "left"),
            (Change::Lost, "no longer heard"),
        ];
        let parts = kinds.iter().filter_map(|(kind, words)| {
            let names: Vec<_> =
                self.0.iter().filter(|(.., c)| c == kind).map(|(_, name, _)| name.as_str()).collect();
            let rest = names.len().saturating_sub(NAMED);
            let first = names.get(..names.len().min(NAMED))?.join(", ");
            match (names.len(), rest) {
                (0, _) => None,
                (_, 0) => Some(format!("{first} {words}")),
                _ => Some(format!("{first} and {rest} more {words}")),
            }
        });
        SafeText::line(&parts.collect::<Vec<_>>().join(" · "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_last_change_of_each() {
        let mut p = Presence::default();
        let id = |n| PeerId([n; 8]);
        let name = |n: &str| SafeText::clean(n);
        p.add(id(1), name("alice"), Change::Joined);
        p.add(id(2), name("bob"), Change::Left);
        p.add(id(3), name("carol"), Change::Joined);
        p.add(id(2), name("bob"), Change::Joined);
        p.add(id(1), name("alice"), Change::Lost);
        assert_eq!(p.text().as_str(), "carol joined · bob came back · alice no longer heard");
        for n in 10..30 {
            p.add(id(n), name("x"), Change::Left);
        }
        assert!(p.text().as_str().contains("and 12 more left"));
    }
}

//! Who came, went and took another name, condensed: what happens within half an hour of each other, nothing said between, is one line.

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
pub struct Presence {
    changes: Vec<(PeerId, SafeText, Change)>,
    /// Who has taken another name: the one before, and the one now.
    names: Vec<(PeerId, SafeText, SafeText)>,
}

impl Presence {
    /// Whether no more fit in.
    pub fn is_full(&self) -> bool {
        self.changes.len() + self.names.len() >= MOST
    }

    /// Adds that a peer goes by another name; of each peer the first and the last one count, or a name an instant would fill
    /// the log.
    pub fn rename(&mut self, peer: PeerId, old: SafeText, new: SafeText) {
        let earlier = self.names.iter().position(|(id, ..)| *id == peer).map(|at| self.names.remove(at));
        let old = earlier.map_or(old, |(_, first, _)| first);
        self.names.push((peer, old, new));
    }

    /// Adds a change; of each peer the last one counts.
    pub fn add(&mut self, peer: PeerId, name: SafeText, change: Change) {
        let earlier = self.changes.iter().position(|(id, ..)| *id == peer).map(|at| self.changes.remove(at));
        let change = match (earlier, change) {
            (Some((_, _, Change::Left | Change::Lost)), Change::Joined | Change::Present) => Change::Returned,
            _ => change,
        };
        self.changes.push((peer, name, change));
    }

    /// The line: `alice, bob joined · dora is now eve · carol left`.
    pub fn text(&self) -> SafeText {
        let [present, joined, returned] = [
            self.of(Change::Present, "here"),
            self.of(Change::Joined, "joined"),
            self.of(Change::Returned, "came back"),
        ];
        let [left, lost] = [self.of(Change::Left, "left"), self.of(Change::Lost, "no longer heard")];
        let came = [present, joined, returned].into_iter().flatten();
        let parts: Vec<String> =
            came.chain(self.renamed()).chain([left, lost].into_iter().flatten()).collect();
        SafeText::line(&parts.join(" · "))
    }

    /// Of whom this is the last change.
    fn of(&self, kind: Change, words: &str) -> Option<String> {
        let of_kind = self.changes.iter().filter(|(.., c)| *c == kind);
        let names: Vec<_> = of_kind.map(|(_, name, _)| name.as_str()).collect();
        let rest = names.len().saturating_sub(NAMED);
        let first = names.get(..names.len().min(NAMED))?.join(", ");
        match (names.len(), rest) {
            (0, _) => None,
            (_, 0) => Some(format!("{first} {words}")),
            _ => Some(format!("{first} and {rest} more {words}")),
        }
    }

    /// Who has another name.
    fn renamed(&self) -> impl Iterator<Item = String> {
        let told = |(_, old, new): &(PeerId, SafeText, SafeText)| {
            let word = if old == new { "again" } else { "now" };
            format!("{old} is {word} {new}")
        };
        let rest =
            self.names.len().checked_sub(NAMED + 1).map(|n| format!("{} more have other names", n + 1));
        self.names.iter().take(NAMED).map(told).chain(rest)
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

    #[test]
    fn many_names_of_one_are_one() {
        let mut p = Presence::default();
        let name = |n: u32| SafeText::clean(&format!("n{n}"));
        for n in 0..500 {
            p.rename(PeerId([1; 8]), name(n), name(n + 1));
            p.rename(PeerId([2; 8]), name(1000 + n), name(1001 + n));
        }
        assert_eq!(p.text().as_str(), "n0 is now n500 · n1000 is now n1500");
        p.rename(PeerId([1; 8]), name(500), name(0));
        assert_eq!(p.text().as_str(), "n1000 is now n1500 · n0 is again n0");
        for n in 10..30 {
            p.rename(PeerId([n; 8]), name(1), name(2));
        }
        assert!(p.text().as_str().ends_with("n1 is now n2 · 14 more have other names"));
    }
}

//! Which reactions the lines have got, for whoever shows lines: bounded, and the same however often it is asked.

use std::collections::{BTreeMap, VecDeque};

use super::event::{Kind, Line};
use super::id::{LineId, PeerId};
use super::limits::{MAX_REACTED, MAX_REACTIONS};
use crate::text::SafeText;

/// The reactions to all lines. The oldest lines to get one are forgotten first.
#[derive(Debug, Clone, Default)]
pub struct Reactions {
    lines: BTreeMap<LineId, One>,
    order: VecDeque<LineId>,
}

#[derive(Debug, Clone, Default)]
struct One {
    /// Each reaction with who made it, in the order in which they came.
    given: Vec<(SafeText, PeerId)>,
    /// The reaction lines that were counted.
    counted: Vec<LineId>,
}

impl Reactions {
    /// Counts a reaction; whether anything has changed. A second one with the same text by the same author takes the
    /// first back, in whichever order they come.
    pub fn add(&mut self, line: &Line) -> bool {
        let (Kind::Reaction, Some(about), Some(id), Some(peer)) =
            (line.kind, &line.about, line.id, line.peer)
        else {
            return false;
        };
        if !self.lines.contains_key(&about.line) {
            self.order.push_back(about.line);
            while self.order.len() > MAX_REACTED {
                self.order.pop_front().and_then(|oldest| self.lines.remove(&oldest));
            }
        }
        let one = self.lines.entry(about.line).or_default();
        if one.counted.contains(&id) || one.counted.len() >= MAX_REACTIONS * 2 {
            return false;
        }
        one.counted.push(id);
        let same = |(text, by): &(SafeText, PeerId)| *by == peer && *text == line.text;
        if let Some(at) = one.given.iter().position(same) {
            one.given.remove(at);
        } else if one.given.len() < MAX_REACTIONS {
            one.given.push((line.text.clone(), peer));
        } else {
            return false;
        }
        true
    }

    /// The reactions to a line, each with how many have made it, the first to come first.
    pub fn of(&self, line: LineId) -> Vec<(SafeText, usize)> {
        let mut counted: Vec<(SafeText, usize)> = Vec::new();
        for (text, _) in self.lines.get(&line).map(|one| one.given.as_slice()).unwrap_or_default() {
            match counted.iter_mut().find(|(other, _)| other == text) {
                Some((_, count)) => *count += 1,
                None => counted.push((text.clone(), 1)),
            }
        }
        counted
    }

    /// Who has reacted to a line, and how.
    pub fn by(&self, line: LineId) -> &[(SafeText, PeerId)] {
        self.lines.get(&line).map(|one| one.given.as_slice()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::{About, Trust};
    use super::*;

    fn reaction(peer: u8, seq: u32, text: &str, about: u32) -> Line {
        let name = SafeText::line("x");
        let sender = PeerId([peer; 8]);
        let line = LineId { sender: PeerId([9; 8]), epoch: 1, seq: about };
        Line {
            id: Some(LineId { sender, epoch: 1, seq }),
            room: name.clone(),
            kind: Kind::Reaction,
            from: name.clone(),
            peer: Some(sender),
            host: name.clone(),
            address: None,
            text: SafeText::line(text),
            sent_at: 0,
            received_at: 0,
            trust: Trust::New,
            private: false,
            to: None,
            late: false,
            own: false,
            about: Some(About { line, quote: name }),
        }
    }

    #[test]
    fn counted_taken_back_and_bounded() {
        let line = LineId { sender: PeerId([9; 8]), epoch: 1, seq: 1 };
        let mut all = Reactions::default();
        assert!(all.add(&reaction(1, 1, "👍", 1)) && all.add(&reaction(2, 1, "👍", 1)));
        assert!(!all.add(&reaction(2, 1, "👍", 1)), "heard twice");
        assert!(all.add(&reaction(1, 2, "🎉", 1)));
        assert_eq!(all.of(line), [(SafeText::line("👍"), 2), (SafeText::line("🎉"), 1)]);
        assert!(all.add(&reaction(1, 3, "👍", 1)), "taken back");
        assert_eq!(all.by(line).len(), 2);
        for n in 10..200 {
            all.add(&reaction(n, 1, "x", 1));
        }
        assert_eq!(all.by(line).len(), MAX_REACTIONS);
        for about in 2..u32::try_from(MAX_REACTED).unwrap() + 2 {
            all.add(&reaction(1, about + 10, "x", about));
        }
        assert_eq!(all.of(line), []);
        assert!(all.lines.len() <= MAX_REACTED);
    }
}

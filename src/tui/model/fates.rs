//! What became of private lines, by their ids: news can come before the line is shown, and after it has come from the
//! history.

use std::collections::{HashMap, VecDeque};

use crate::chat::{DirectState, LineId};
use crate::text::SafeText;

/// Lines remembered; what is known of older ones is not shown any more.
const KEPT: usize = 8192;

/// What is known.
#[derive(Debug, Default)]
pub struct Fates {
    known: HashMap<LineId, DirectState>,
    order: VecDeque<LineId>,
}

impl Fates {
    /// Notes what has become of a line.
    pub fn set(&mut self, line: LineId, state: DirectState) {
        if self.known.insert(line, state).is_none() {
            self.order.push_back(line);
        }
        while self.order.len() > KEPT {
            self.order.pop_front().map(|oldest| self.known.remove(&oldest));
        }
    }

    /// What has become of a line, as far as known.
    pub fn of(&self, line: LineId) -> Option<DirectState> {
        self.known.get(&line).copied()
    }
}

/// What has become of a line, in words.
pub fn in_words(state: DirectState, reader: &SafeText) -> String {
    match state {
        DirectState::Sent => "on its way".to_owned(),
        DirectState::Kept => format!("kept until {reader} returns"),
        DirectState::Delivered { .. } => "delivered".to_owned(),
        DirectState::Withdrawn => "withdrawn".to_owned(),
        DirectState::Failed => "not delivered in a week, and given up".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::PeerId;

    #[test]
    fn the_newest_are_remembered() {
        let mut fates = Fates::default();
        let line = |seq| LineId { sender: PeerId([1; 8]), epoch: 1, seq };
        for seq in 0..9000 {
            fates.set(line(seq), DirectState::Kept);
            fates.set(line(seq), DirectState::Withdrawn);
        }
        assert_eq!((fates.of(line(8999)), fates.of(line(0))), (Some(DirectState::Withdrawn), None));
        assert_eq!((fates.known.len(), fates.order.len()), (KEPT, KEPT));
    }
}

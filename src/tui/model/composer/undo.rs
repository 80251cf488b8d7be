//! Undo: the texts before each change, where letters typed in one go are one change.

/// Changes kept.
const KEPT: usize = 200;
/// Bytes kept, whatever the number of changes: a few pastes of thousands of lines.
const BYTES: usize = 4 << 20;

#[derive(Debug, Default)]
pub(super) struct Undo {
    states: Vec<(String, usize)>,
    typing: bool,
}

impl Undo {
    /// A change is about to be made. Of a run of `typed` characters only the state before the first is kept.
    pub(super) fn before(&mut self, text: &str, cursor: usize, typed: bool) {
        let goes_on = typed && self.typing;
        self.typing = typed;
        if goes_on {
            return;
        }
        self.states.push((text.to_owned(), cursor));
        let mut bytes: usize = self.states.iter().map(|(text, _)| text.len()).sum();
        while self.states.len() > KEPT || (bytes > BYTES && self.states.len() > 1) {
            bytes -= self.states.remove(0).0.len();
        }
    }

    /// Whether there is nothing to take back.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// Ends a run of typed characters.
    pub(super) fn stop(&mut self) {
        self.typing = false;
    }

    /// The state before the last change.
    pub(super) fn back(&mut self) -> Option<(String, usize)> {
        self.typing = false;
        self.states.pop()
    }
}

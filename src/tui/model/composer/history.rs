//! Messages sent before, for Up and Down. What was being written waits at the newer end.

/// Messages kept.
const KEPT: usize = 500;

#[derive(Debug, Default)]
pub(super) struct History {
    sent: Vec<String>,
    /// Index into `sent` of what is shown; none while the draft is.
    at: Option<usize>,
    draft: String,
}

impl History {
    /// Keeps a message, unless it is empty or the same as the last.
    pub(super) fn push(&mut self, text: &str) {
        self.at = None;
        self.draft.clear();
        if text.trim().is_empty() || self.sent.last().is_some_and(|last| last == text) {
            return;
        }
        self.sent.push(text.to_owned());
        if self.sent.len() > KEPT {
            self.sent.remove(0);
        }
    }

    /// The message before the one shown; `current` is kept when it is the draft.
    pub(super) fn older(&mut self, current: &str) -> Option<&String> {
        let at = self.at.unwrap_or(self.sent.len()).checked_sub(1)?;
        if self.at.is_none() {
            current.clone_into(&mut self.draft);
        }
        self.at = Some(at);
        self.sent.get(at)
    }

    /// The message after the one shown, or the draft after the last.
    pub(super) fn newer(&mut self) -> Option<&String> {
        let next = self.at? + 1;
        self.at = (next < self.sent.len()).then_some(next);
        Some(self.sent.get(next).unwrap_or(&self.draft))
    }
}

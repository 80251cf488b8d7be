//! Messages sent before, to go back to. What was being written waits at the newer end.

use crate::text::SafeText;

/// Messages kept.
const KEPT: usize = 500;
/// Bytes kept, whatever the number of messages.
const BYTES: usize = 1 << 20;

#[derive(Debug, Default)]
pub(super) struct History {
    sent: Vec<String>,
    browsed: Browsed,
}

/// How far one has gone back in one place.
#[derive(Debug, Default)]
pub(super) struct Browsed {
    /// Index into the messages of what is shown; none while the draft is.
    at: Option<usize>,
    draft: String,
}

impl Browsed {
    /// What waits at the newer end.
    pub(super) fn draft(&self) -> &str {
        &self.draft
    }
}

impl History {
    /// Keeps a message, unless it is empty or the same as the last.
    pub(super) fn push(&mut self, text: &str) {
        self.rest();
        if text.trim().is_empty() || self.sent.last().is_some_and(|last| last == text) {
            return;
        }
        self.sent.push(text.to_owned());
        let mut bytes: usize = self.sent.iter().map(String::len).sum();
        while self.sent.len() > KEPT || bytes > BYTES {
            bytes -= self.sent.remove(0).len();
        }
    }

    /// The messages of an earlier run go before those of this one.
    pub(super) fn prepend(&mut self, earlier: &[String]) {
        let now = std::mem::take(&mut self.sent);
        for text in earlier {
            self.push(SafeText::clean(text).as_str());
        }
        for text in &now {
            self.push(text);
        }
    }

    /// The messages, newest last.
    pub(super) fn sent(&self) -> &[String] {
        &self.sent
    }

    /// The draft is shown again, or nothing is.
    pub(super) fn rest(&mut self) {
        self.browsed = Browsed::default();
    }

    /// Goes on where another place has stopped.
    pub(super) fn swap(&mut self, other: &mut Browsed) {
        std::mem::swap(&mut self.browsed, other);
    }

    /// How far one has gone back.
    pub(super) fn browsed(&self) -> &Browsed {
        &self.browsed
    }

    /// What is being written where `text` is seen: the draft while a message is only looked at.
    pub(super) fn kept<'a>(&self, browsed: &'a Browsed, text: &'a str) -> &'a str {
        let shown = browsed.at.and_then(|at| self.sent.get(at));
        if shown.is_some_and(|shown| shown == text) { &browsed.draft } else { text }
    }

    /// The message before the one shown; `current` is kept when it is the draft.
    pub(super) fn older(&mut self, current: &str) -> Option<&String> {
        let at = self.browsed.at.unwrap_or(self.sent.len()).checked_sub(1)?;
        self.show(at, current)
    }

    /// The message after the one shown, or the draft after the last.
    pub(super) fn newer(&mut self) -> Option<&String> {
        let next = self.browsed.at? + 1;
        self.browsed.at = (next < self.sent.len()).then_some(next);
        Some(self.sent.get(next).unwrap_or(&self.browsed.draft))
    }

    /// The message at `at`; `current` is kept when it is the draft.
    pub(super) fn show(&mut self, at: usize, current: &str) -> Option<&String> {
        if self.browsed.at.is_none() {
            current.clone_into(&mut self.browsed.draft);
        }
        self.browsed.at = Some(at);
        self.sent.get(at)
    }

    /// The nearest message that holds `wanted`, in any case, before or after the one at `from`. Of equal messages in
    /// sight of each other one is enough: `not` is passed over.
    pub(super) fn find(&self, wanted: &str, from: usize, older: bool, not: Option<&str>) -> Option<usize> {
        let wanted = wanted.to_lowercase();
        let holds = |(_, text): &(usize, &String)| {
            Some(text.as_str()) != not && text.to_lowercase().contains(&wanted)
        };
        let all = self.sent.iter().enumerate();
        let found = if older { all.take(from).rev().find(holds) } else { all.skip(from + 1).find(holds) };
        found.map(|(at, _)| at)
    }
}

//! Calls: what the user is told of while looking elsewhere. Which lines are worth one, and how many are bearable.

use super::{Model, Notify, Place};
use crate::chat::{Line, Millis};
use crate::text::SafeText;

/// After a call, none of the same or lesser weight for so long, in milliseconds: of those, one comes then.
const QUIET: Millis = 2_000;
/// Where the terminal does not tell who has the focus, the user counts as looking for so long after a key, in ms.
const LOOKING: Millis = 60_000;
/// A line that was said this long before it came is no reason to call, in milliseconds.
const OLD: Millis = 5 * 60_000;

/// Why the user is called. The greater, the more it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Somebody said something.
    Line,
    /// It mentions the user.
    Mention,
    /// It is for the user alone.
    Private,
}

impl Reason {
    /// As scripts read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Mention => "mention",
            Self::Private => "private",
        }
    }
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Why.
    pub reason: Reason,
    /// Where it was said.
    pub room: SafeText,
    /// Who said it.
    pub from: SafeText,
    /// What was said.
    pub text: SafeText,
    /// When, by its author's clock.
    pub sent_at: Millis,
}

/// The calls to come, and what is known of the user's attention.
#[derive(Debug, Default)]
pub struct Calls {
    due: Option<Call>,
    last: Option<(Millis, Reason)>,
    /// The weightiest that came too soon after another: its time comes.
    waiting: Option<Call>,
    /// The last sign of life at the keyboard.
    key_at: Millis,
    /// Whether the terminal tells who has the focus.
    focus_told: bool,
}

/// Whether a line was said so long ago that nobody need be called for it.
fn is_old(line: &Line) -> bool {
    line.sent_at.saturating_add(OLD) < line.received_at
}

impl Calls {
    /// A key was pressed.
    pub fn key(&mut self, now: Millis) {
        (self.key_at, self.waiting) = (now, None);
    }

    /// The terminal tells about the focus.
    pub fn focus(&mut self, now: Millis) {
        (self.focus_told, self.key_at, self.waiting) = (true, now, None);
    }

    /// The call that is due, once.
    pub fn take(&mut self, now: Millis) -> Option<Call> {
        if self.due.is_none() && self.next().is_some_and(|at| at <= now) {
            self.due = self.waiting.take();
            self.last = self.due.as_ref().map(|call| (now, call.reason));
        }
        self.due.take()
    }

    /// When the call that waits is due.
    pub fn next(&self) -> Option<Millis> {
        self.waiting.as_ref().and(self.last).map(|(at, _)| at + QUIET)
    }

    fn bearable(&self, reason: Reason, now: Millis) -> bool {
        self.last.is_none_or(|(at, last)| reason > last || now >= at + QUIET)
    }
}

impl Model {
    /// Whether the user is looking at this terminal, as far as can be known.
    fn is_watched(&self) -> bool {
        if self.calls.focus_told { self.focused } else { self.now < self.calls.key_at + LOOKING }
    }

    /// The call that a line that was said just now is worth.
    pub fn call_for(&self, line: &Line) -> Option<Call> {
        let reason = match () {
            // What was kept for the user is news, whenever it was said.
            () if line.own || line.late && !line.private && is_old(line) => return None,
            () if line.private => Reason::Private,
            () if self.is_mentioned(line.text.as_str()) => Reason::Mention,
            () => Reason::Line,
        };
        let wanted = match self.notify_in(Place::of(line, self.me)) {
            Notify::None => false,
            Notify::Mention => reason >= Reason::Mention,
            Notify::All => true,
        };
        let (room, from, text) = (line.room.clone(), line.from.clone(), line.text.clone());
        wanted.then_some(Call { reason, room, from, text, sent_at: line.sent_at })
    }

    /// Calls the user, unless that would be no news or too much.
    pub fn call(&mut self, call: Call) {
        if self.is_watched() {
            return;
        }
        if self.calls.bearable(call.reason, self.now) {
            self.calls.last = Some((self.now, call.reason));
            self.calls.due = Some(call);
        } else if self.calls.waiting.as_ref().is_none_or(|waiting| call.reason >= waiting.reason) {
            self.calls.waiting = Some(call);
        }
    }
}

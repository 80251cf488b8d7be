//! One entry of the log: a line that was said, or what the program tells between lines.

use std::cell::Cell;

use super::body::{Body, Role};
use super::gap::Missing;
use super::layout::Gutter;
use super::presence::Presence;
use super::time::Stamp;
use crate::chat::{DirectState, Kind, Line, LineId, Millis, Trust, quotation};
use crate::text::SafeText;
use crate::tui::text::{Finder, wrap};

/// A line of a room that came this long after it was said is marked as late, in milliseconds.
const LATE: Millis = 10_000;

/// Names an entry for ever, wherever it moves to. Rises with each entry made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u64);

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Good to know, such as joins and new names.
    Quiet,
    /// An answer or a remark of the program.
    Info,
    /// Something failed.
    Error,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Somebody said something.
    Line {
        /// The line.
        line: Box<Line>,
        /// Name of the reader, of an own private line.
        to: Option<SafeText>,
        /// What became of a private line, once that is known; of another's: how it was sealed.
        fate: Option<DirectState>,
    },
    /// People came and went.
    Presence(Presence),
    /// The program tells something.
    Notice(Level, SafeText),
    /// Lines are missing here.
    Gap {
        /// Name of their author.
        from: SafeText,
        /// Which.
        missing: Missing,
    },
    /// Another day begins.
    Day,
    /// What follows was said while the user was away.
    New,
}

/// An entry of the log.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its name.
    pub id: EntryId,
    /// When.
    pub at: Stamp,
    what: What,
    /// The reactions to it, in one piece.
    reactions: SafeText,
    /// What it answers, where that is here: who said it, and its beginning.
    quoted: Option<SafeText>,
    /// Width of the log and rows at it, as last measured; width 0 while unknown.
    height: Cell<(u16, usize)>,
}

impl Entry {
    pub(super) fn new(id: EntryId, at: Stamp, what: What) -> Self {
        Self { id, at, what, reactions: SafeText::default(), quoted: None, height: Cell::default() }
    }

    /// What it is.
    pub fn what(&self) -> &What {
        &self.what
    }

    pub(super) fn set_reactions(&mut self, reactions: SafeText) {
        self.height.take();
        self.reactions = reactions;
    }

    pub(super) fn set_quoted(&mut self, quoted: SafeText) {
        self.height.take();
        self.quoted = Some(quoted);
    }

    /// The id of the line, if it is one that has one.
    pub(super) fn line_id(&self) -> Option<LineId> {
        self.line()?.id
    }

    /// The line that it answers, if it does.
    pub(super) fn answers(&self) -> Option<LineId> {
        let line = self.line().filter(|line| matches!(line.kind, Kind::Say | Kind::Action))?;
        line.about.as_ref().map(|about| about.line)
    }

    /// What it answers, as it is shown: the line itself, or, where that is not here, what the author claims it to be. The
    /// second mark ends it, since neither can hold one.
    fn quote(&self) -> Option<SafeText> {
        if let Some(quoted) = &self.quoted {
            return Some(SafeText::line(&format!("↪ {quoted}")));
        }
        let line = self.line().filter(|_| self.answers().is_some())?;
        let claimed = line.about.as_ref().map(|about| quotation(about.quote.as_str()))?;
        let who = if line.own { "you quote".to_owned() } else { format!("{} quotes", line.from) };
        (!claimed.as_str().is_empty()).then(|| SafeText::line(&format!("↪ ({who}) \"{claimed}\"")))
    }

    /// What it is, to be changed.
    pub(super) fn what_mut(&mut self) -> &mut What {
        self.height.take();
        &mut self.what
    }

    /// The line, if it is one.
    pub fn line(&self) -> Option<&Line> {
        match &self.what {
            What::Line { line, .. } => Some(line),
            _ => None,
        }
    }

    /// Whether `finder` finds something in what is said or told, or in the name of who said it.
    pub fn says(&self, finder: &Finder) -> bool {
        match &self.what {
            What::Line { line, .. } => finder.is_in(line.text.as_str()) || finder.is_in(line.from.as_str()),
            What::Notice(_, text) => finder.is_in(text.as_str()),
            _ => false,
        }
    }

    /// Whether it counts as unread until seen: a line of somebody else.
    pub fn is_news(&self) -> bool {
        self.line().is_some_and(|line| !line.own)
    }

    /// The name column: who speaks, or a sign for what the program tells.
    pub fn name(&self) -> (Role, SafeText) {
        match &self.what {
            What::Line { line, .. } if line.kind != Kind::Say && !line.private => {
                (speaker(line).0, SafeText::clean("*"))
            }
            What::Line { line, .. } => speaker(line),
            What::Notice(Level::Error, _) => (Role::Error, SafeText::clean("!")),
            What::Notice(Level::Info, _) | What::New => (Role::Notice, SafeText::clean("-")),
            _ => (Role::Dim, SafeText::clean("-")),
        }
    }

    /// One sign before the name of who speaks, that says how far to believe it; see [`trust_mark`].
    pub fn trust(&self) -> Option<(Role, &'static str)> {
        self.line().filter(|line| !line.own).and_then(|line| trust_mark(line.trust))
    }

    /// The text column. Where there is no name column, the name comes first.
    pub fn body(&self, gutter: Gutter) -> Body {
        let (role, name) = self.name();
        let signed =
            self.trust().map_or_else(Body::default, |(role, mark)| Body::default().and_str(role, mark));
        let start = match &self.what {
            _ if gutter.name > 0 => Body::default(),
            What::Line { line, .. } if line.kind == Kind::Say && !line.private => {
                signed.and(role, &name).and_str(Role::Text, ": ")
            }
            What::Line { line, .. } if line.private => signed.and(role, &name).and_str(Role::Text, " "),
            _ => Body::new(role, &name).and_str(Role::Text, " "),
        };
        match &self.what {
            What::Line { line, to, fate } => {
                let body = said(start, line, self.quote(), to.as_ref(), fate.filter(|_| line.own));
                if self.reactions.as_str().is_empty() {
                    body
                } else {
                    body.and_str(Role::Dim, "  ").and(Role::Dim, &self.reactions)
                }
            }
            What::Presence(presence) => start.and(Role::Dim, &presence.text()),
            What::Notice(Level::Quiet, text) => start.and(Role::Dim, text),
            What::Notice(Level::Info, text) => start.and(Role::Notice, text),
            What::Notice(Level::Error, text) => start.and(Role::Error, text),
            What::Gap { from, missing } => {
                let count = missing.count();
                let lines = if count == 1 { "line" } else { "lines" };
                start.and(Role::Dim, &SafeText::line(&format!("[{count} {lines} of {from} missing]")))
            }
            What::Day => start.and(Role::Dim, &self.at.date()),
            What::New => start.and_str(Role::Notice, "new since you left"),
        }
    }

    /// Rows that it takes in a log of `width` columns.
    pub fn rows(&self, width: u16) -> usize {
        match self.height.get() {
            (known, rows) if known == width && width > 0 => rows,
            _ => {
                let gutter = Gutter::of(width);
                let rows = wrap(self.body(gutter).text().as_str(), gutter.body(width)).len();
                self.height.set((width, rows));
                rows
            }
        }
    }
}

/// The sign for how far to believe a name: `✓` verified, none for those known from before, `?` new, `!` doubtful. What is
/// unsigned has the word before its text.
pub fn trust_mark(trust: Trust) -> Option<(Role, &'static str)> {
    match trust {
        Trust::Verified => Some((Role::Notice, "✓")),
        Trust::New => Some((Role::Dim, "?")),
        Trust::Doubtful => Some((Role::Error, "!")),
        Trust::Known | Trust::Unsigned => None,
    }
}

/// Name and role of a line's author.
fn speaker(line: &Line) -> (Role, SafeText) {
    match line.peer {
        _ if line.own && line.private => (Role::Own, SafeText::clean("you")),
        _ if line.own => (Role::Own, line.from.clone()),
        Some(peer) if line.trust != Trust::Unsigned => (Role::Peer(peer), line.from.clone()),
        _ => (Role::Unsigned, line.from.clone()),
    }
}

fn said(
    mut body: Body,
    line: &Line,
    quote: Option<SafeText>,
    to: Option<&SafeText>,
    fate: Option<DirectState>,
) -> Body {
    let action = line.kind != Kind::Say;
    if line.private {
        let reader = if line.own { to.map_or("?", |to| to.as_str()) } else { "you" };
        body = body.and(Role::Private, &SafeText::line(&format!("→ {reader}:"))).and_str(Role::Text, " ");
    }
    // Lines of a room that were here in time, and are shown because it was joined, are not late.
    if line.late && !line.own && (line.private || line.received_at >= line.sent_at.saturating_add(LATE)) {
        body = body.and_str(Role::Dim, "(late) ");
    }
    if line.private && action {
        body = body.and_str(Role::Text, "* ");
    }
    if line.trust == Trust::Unsigned {
        body = body.and_str(Role::Unsigned, "(unsigned) ");
    }
    if action {
        let name = if line.own { Role::Own } else { speaker(line).0 };
        if let Some((role, mark)) = trust_mark(line.trust).filter(|_| !line.own && !line.private) {
            body = body.and_str(role, mark);
        }
        body = body.and(name, &line.from).and_str(Role::Text, " ");
    }
    if let Some(quote) = quote {
        body = body.and(Role::Dim, &quote).and_str(Role::Text, " ");
    }
    if line.kind == Kind::Topic {
        let words = if line.text.as_str().is_empty() { "removed the topic" } else { "changed the topic: " };
        body = body.and_str(Role::Dim, words);
    }
    body = body.and(Role::Text, &line.text);
    match fate {
        None => body,
        Some(DirectState::Sent) => body.and_str(Role::Dim, " …"),
        Some(DirectState::Kept) => {
            let reader = to.map_or("the reader", |to| to.as_str());
            body.and(Role::Dim, &SafeText::line(&format!(" … kept until {reader} returns")))
        }
        Some(DirectState::Delivered { .. }) => body.and_str(Role::Dim, " ✓"),
        Some(DirectState::Withdrawn) => body.and_str(Role::Dim, " (withdrawn)"),
        Some(DirectState::Failed) => body.and_str(Role::Error, " (not delivered)"),
    }
}

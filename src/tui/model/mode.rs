//! [`Mode`]: what the keys are for at the moment, and what is shown for it in place of the log or the composer.

use super::asking::Asking;
use super::body::Role;
use super::entry::EntryId;
use super::page::Page;
use super::scroll::Scroll;
use super::switcher::Switcher;
use crate::chat::{Line, Millis, PeerId};
use crate::session::Heard;
use crate::text::SafeText;

/// What the keys are for.
#[derive(Debug, Default)]
pub enum Mode {
    /// Writing.
    #[default]
    Write,
    /// Finding something in the log.
    Search(Search),
    /// Choosing a line of the log, to do something with it.
    Select(Select),
    /// Choosing from a list that is shown in place of the log.
    List(List),
    /// Finding a room, a person or a command.
    Switch(Switcher),
    /// All that is known of a line, in place of the log.
    Details(Details),
    /// Whether to open an address.
    Open(Open),
    /// Whether the words are the same that were compared.
    Verify(Verify),
    /// Who is where, in place of the log; the first row shown.
    Network(usize),
    /// A passphrase is asked for.
    Passphrase(Box<Asking>),
    /// Text to be read, in place of the log.
    Page(Page),
    /// The lines as bare text on the user's own screen, to be copied with the mouse.
    Bare,
}

/// A search in the log as it goes on.
#[derive(Debug)]
pub struct Search {
    /// What is looked for.
    pub query: SafeText,
    /// Keys still add to it; else they move from place to place.
    pub typing: bool,
    /// Entries in which it is, in the order of the log.
    pub found: Vec<EntryId>,
    /// Which of them is shown.
    pub at: Option<usize>,
    /// What part of the log was seen before.
    pub back: Scroll,
}

/// A line that is chosen.
#[derive(Debug, Clone, Copy)]
pub struct Select {
    /// Its entry.
    pub entry: EntryId,
    /// What part of the log was seen before.
    pub back: Scroll,
}

/// What the choice of an item leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// A place of the log.
    Entry(EntryId),
    /// An address, to be opened.
    Address(SafeText),
    /// A line of the past, which may have to be fetched first.
    Past(Box<Line>),
}

/// One row of a list.
#[derive(Debug, Clone)]
pub struct Item {
    /// When it was said.
    pub when: String,
    /// By whom.
    pub from: (Role, SafeText),
    /// What.
    pub text: SafeText,
    /// What choosing it does.
    pub goal: Goal,
}

/// Things to choose from, the newest last.
#[derive(Debug)]
pub struct List {
    /// What they are.
    pub title: SafeText,
    /// The things; never none.
    pub items: Vec<Item>,
    /// Which is chosen.
    pub at: usize,
    /// What goes on when it is left.
    pub back: Box<Mode>,
}

/// What is known of a line.
#[derive(Debug)]
pub struct Details {
    /// The line, which stays chosen.
    pub select: Select,
    /// Who has it, once that is known; only of one's own lines.
    pub heard: Option<Heard>,
    /// The first row shown.
    pub first: usize,
}

/// A question.
#[derive(Debug)]
pub struct Open {
    /// What would be opened.
    pub address: SafeText,
    /// What goes on after the answer.
    pub back: Box<Mode>,
}

/// The question after words were shown.
#[derive(Debug)]
pub struct Verify {
    /// Whose.
    pub peer: PeerId,
    /// Its name as shown.
    pub name: SafeText,
    /// When the words were shown.
    pub since: Millis,
}

impl Mode {
    /// Whether keys write into the composer.
    pub fn is_write(&self) -> bool {
        matches!(self, Self::Write)
    }

    /// Whether the screen is the user's own.
    pub fn is_bare(&self) -> bool {
        matches!(self, Self::Bare)
    }

    /// The entry that is chosen, or at which a search stands.
    pub fn current(&self) -> Option<EntryId> {
        match self {
            Self::Select(select) => Some(select.entry),
            Self::Search(search) => search.at.and_then(|at| search.found.get(at)).copied(),
            Self::Open(open) => open.back.current(),
            _ => None,
        }
    }

    /// What is shown in place of the log; a question leaves there what it is asked about.
    pub fn page(&self) -> &Self {
        match self {
            Self::Open(open) => open.back.page(),
            other => other,
        }
    }
}

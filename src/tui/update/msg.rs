//! What can happen to the screen.

use super::transfer::News;
use crate::chat::{KeptLine, Line, Peer, PeerId, Room, RoomName};
use crate::history::Recent;
use crate::neighbours::Neighbour;
use crate::session::{Heard, Report, Update};
use crate::tui::key::Key;
use crate::tui::keymap::Keymap;
use crate::tui::model::{EntryId, Place, Prefs};

/// The settings of the screen as they were read again.
#[derive(Debug, Clone, PartialEq)]
pub struct Fresh {
    /// What counts from now on.
    pub prefs: Prefs,
    /// What each key does from now on.
    pub keymap: Keymap,
    /// The theme, for the loop to take if it has changed.
    pub theme: String,
    /// Settings that have changed and count only from the next start on.
    pub later: Vec<&'static str>,
}

/// What has happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// The wheel of the mouse was turned, which came as so many of this key.
    Wheel {
        /// The key.
        key: Key,
        /// Back in time.
        up: bool,
        /// How many.
        rows: usize,
    },
    /// The screen has so many columns and rows.
    Resize(u16, u16),
    /// The terminal got the keyboard's focus, or lost it.
    Focus(bool),
    /// The session has news.
    Update(Update),
    /// The answer to [`Effect::Kept`](super::Effect::Kept).
    Kept(Vec<KeptLine>),
    /// The answer to [`Effect::Withdraw`](super::Effect::Withdraw).
    Withdrawn(PeerId, usize),
    /// A line could not be sent.
    Failed {
        /// What was typed.
        typed: String,
        /// Why.
        error: String,
    },
    /// What was said before this start.
    Past(Recent),
    /// What was being written when an earlier run ended, and what was sent in it.
    Written {
        /// The draft.
        draft: String,
        /// The messages, newest last.
        sent: Vec<String>,
    },
    /// The answer to [`Effect::Editor`](super::Effect::Editor): the text, or why there is none.
    Edited(Result<String, String>),
    /// The answer to [`Effect::Files`](super::Effect::Files).
    Files {
        /// What was typed.
        typed: String,
        /// The names that begin so; directories end in `/`.
        found: Vec<String>,
    },
    /// The answer to [`Effect::Reload`](super::Effect::Reload), which a signal can ask for, too.
    Reloaded(Result<Fresh, String>),
    /// What was said before in a place: the answer to [`Effect::PastOf`](super::Effect::PastOf).
    PastOf(Place, Recent),
    /// The answer to [`Effect::Rooms`](super::Effect::Rooms), and whether to list them.
    Rooms(Vec<Room>, bool),
    /// A room could not be joined.
    NotJoined(RoomName, String),
    /// A locked room could not be joined for want of its passphrase.
    Locked(RoomName),
    /// The answer to [`Effect::ChangeLock`](super::Effect::ChangeLock): why not, if so.
    LockChanged(RoomName, Option<String>),
    /// The answer to [`Effect::Who`](super::Effect::Who).
    Who(Vec<Peer>),
    /// The answer to [`Effect::Neighbours`](super::Effect::Neighbours).
    Neighbours(Vec<Neighbour>),
    /// The answer to [`Effect::Heard`](super::Effect::Heard).
    Heard(Option<Heard>),
    /// The answer to [`Effect::HeardOf`](super::Effect::HeardOf).
    HeardOf(EntryId, Option<Heard>),
    /// The answer to [`Effect::Search`](super::Effect::Search): none where nothing is kept.
    Found(String, Option<Vec<Line>>),
    /// The answer to [`Effect::Around`](super::Effect::Around).
    Around(Box<Line>, Vec<Line>),
    /// The answer to [`Effect::Report`](super::Effect::Report).
    Report(Box<Report>),
    /// The answer to [`Effect::PairWords`](super::Effect::PairWords); no words where the peer's key is not known.
    PairWords(PeerId, Option<String>),
    /// An address could not be opened.
    NotOpened(String),
    /// A second has passed; comes only while something on the screen changes by itself.
    Tick,
    /// News of files.
    File(News),
}

//! What changes the model, and what is to be done about it. Pure: no clock, no terminal, no network.

mod answers;
mod copy_view;
mod hear;
mod keys;
mod list;
mod lock;
mod modes;
mod net;
mod notify;
mod obey;
mod page;
mod past;
mod private;
mod search;
mod select;
mod set;
mod social;
mod switch;
mod transfer;
mod trust;
mod write;

use std::path::PathBuf;

pub use transfer::News;

use super::key::Key;
use super::keymap::Keymap;
use super::model::{Call, EntryId, Level, Model, Place, Prefs};
use crate::chat::{
    Answered, KeptLine, Kind, Line, LineId, Millis, Nick, Passphrase, Peer, PeerId, Room, RoomName, Trust,
};
use crate::history::Recent;
use crate::neighbours::Neighbour;
use crate::session::{Heard, Report, Update, Whither};
use crate::text::SafeText;
use crate::transfer::TransferId;

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
    /// The answer to [`Effect::Kept`].
    Kept(Vec<KeptLine>),
    /// The answer to [`Effect::Withdraw`].
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
    /// The answer to [`Effect::Editor`]: the text, or why there is none.
    Edited(Result<String, String>),
    /// The answer to [`Effect::Files`].
    Files {
        /// What was typed.
        typed: String,
        /// The names that begin so; directories end in `/`.
        found: Vec<String>,
    },
    /// The answer to [`Effect::Reload`], which a signal can ask for, too.
    Reloaded(Result<Fresh, String>),
    /// What was said before in a place: the answer to [`Effect::PastOf`].
    PastOf(Place, Recent),
    /// The answer to [`Effect::Rooms`], and whether to list them.
    Rooms(Vec<Room>, bool),
    /// A room could not be joined.
    NotJoined(RoomName, String),
    /// A locked room could not be joined for want of its passphrase.
    Locked(RoomName),
    /// The answer to [`Effect::ChangeLock`]: why not, if so.
    LockChanged(RoomName, Option<String>),
    /// The answer to [`Effect::Who`].
    Who(Vec<Peer>),
    /// The answer to [`Effect::Neighbours`].
    Neighbours(Vec<Neighbour>),
    /// The answer to [`Effect::Heard`].
    Heard(Option<Heard>),
    /// The answer to [`Effect::HeardOf`].
    HeardOf(EntryId, Option<Heard>),
    /// The answer to [`Effect::Search`]: none where nothing is kept.
    Found(String, Option<Vec<Line>>),
    /// The answer to [`Effect::Around`].
    Around(Box<Line>, Vec<Line>),
    /// The answer to [`Effect::Report`].
    Report(Box<Report>),
    /// The answer to [`Effect::PairWords`]; no words where the peer's key is not known.
    PairWords(PeerId, Option<String>),
    /// An address could not be opened.
    NotOpened(String),
    /// A second has passed; comes only while something on the screen changes by itself.
    Tick,
    /// News of files.
    File(News),
}

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Say a line to everybody.
    Say {
        /// Speech or action.
        kind: Kind,
        /// The line.
        text: String,
        /// What was typed, for [`Msg::Failed`].
        typed: String,
    },
    /// Say a line to one peer.
    Direct {
        /// The reader.
        to: PeerId,
        /// Speech or action.
        kind: Kind,
        /// The line.
        text: String,
        /// What was typed, for [`Msg::Failed`].
        typed: String,
    },
    /// Say a line in a room, set its topic, or react to a line of it.
    SayIn {
        /// The room.
        room: RoomName,
        /// What it is.
        kind: Kind,
        /// The line, the topic, or the reaction.
        text: String,
        /// What was typed, for [`Msg::Failed`].
        typed: String,
        /// The line that it is about.
        about: Option<Answered>,
    },
    /// Join a room.
    Join(RoomName),
    /// Join a locked room.
    JoinLocked {
        /// Which.
        room: RoomName,
        /// Its passphrase.
        passphrase: Passphrase,
    },
    /// Give a locked room another passphrase; the answer is [`Msg::LockChanged`].
    ChangeLock {
        /// Which.
        room: RoomName,
        /// The new one.
        passphrase: Passphrase,
    },
    /// Leave a room.
    Part(RoomName),
    /// Fetch what was said before in a place; the answer is [`Msg::PastOf`].
    PastOf(Place),
    /// Ask which rooms there are; the answer is [`Msg::Rooms`].
    Rooms {
        /// Whether to list them.
        show: bool,
    },
    /// Tell others that the user is away, and perhaps why, or back.
    Away(Option<String>),
    /// Tell others that the user is typing.
    Typing(Whither),
    /// Hide what a peer says, or show it again.
    Ignore {
        /// Whom.
        peer: PeerId,
        /// Hide it.
        on: bool,
    },
    /// Take another nickname.
    SetNick(Nick),
    /// Note that everything shown in the room was read.
    Read {
        /// The room.
        room: SafeText,
    },
    /// Offer a file to a peer.
    SendFile {
        /// Whom.
        to: Peer,
        /// Which file, as typed.
        path: PathBuf,
    },
    /// Take an offered file, or decline it.
    AnswerFile {
        /// Which.
        id: TransferId,
        /// Take it.
        accept: bool,
    },
    /// End a transfer.
    CancelFile {
        /// Which.
        id: TransferId,
    },
    /// Ask which private lines wait; the answer is [`Msg::Kept`].
    Kept,
    /// Drop what waits for a reader; the answer is [`Msg::Withdrawn`].
    Withdraw(PeerId),
    /// Ask who has one's last line; the answer is [`Msg::Heard`].
    Heard,
    /// Ask who has an own line; the answer is [`Msg::HeardOf`].
    HeardOf {
        /// Its entry.
        entry: EntryId,
        /// The line.
        line: LineId,
        /// Number of the own line after it; none if it is the last.
        next: Option<u32>,
    },
    /// Look for words in the history; the answer is [`Msg::Found`].
    Search(String),
    /// Fetch what was said around a line and up to a time; the answer is [`Msg::Around`].
    Around {
        /// The line.
        line: Box<Line>,
        /// When the oldest line was said that is shown.
        until: Option<Millis>,
    },
    /// Ask for the figures of the network; the answer is [`Msg::Report`].
    Report,
    /// Ask for the words to compare with a peer; the answer is [`Msg::PairWords`].
    PairWords(PeerId),
    /// Note that a peer is verified, or no longer.
    Trust {
        /// Whom.
        peer: PeerId,
        /// Verified, or known.
        trust: Trust,
    },
    /// Ping a peer; the answer is an [`Event::Pong`](crate::chat::Event::Pong).
    Ping(PeerId),
    /// Put a text onto the clipboard.
    Copy(SafeText),
    /// Open an address of the web.
    Open(SafeText),
    /// Show bare text on the user's own screen.
    ShowBare(SafeText),
    /// Show the chat again.
    Back,
    /// Take the theme of this name, or tell which there are.
    Theme(Option<String>),
    /// Ask who is here; the answer is [`Msg::Who`].
    Who,
    /// Ask which computers announce themselves; the answer is [`Msg::Neighbours`].
    Neighbours,
    /// Draw the whole screen anew, whatever another program left there.
    Redraw,
    /// Give the terminal to the shell until it gives it back.
    Suspend,
    /// Let the user write the message in an editor; the answer is [`Msg::Edited`].
    Editor {
        /// What is written.
        text: String,
    },
    /// Look for files; the answer is [`Msg::Files`].
    Files {
        /// What their names begin with.
        typed: String,
    },
    /// Read the settings again; the answer is [`Msg::Reloaded`].
    Reload,
    /// Call the user, who looks elsewhere.
    Call(Call),
    /// Leave.
    Quit,
}

/// A key: the user is there, and may be writing.
fn key_pressed(model: &mut Model, key: Key) -> Vec<Effect> {
    let mut effects = social::active(model);
    let (before, place) = (model.composer.text().len(), model.place());
    effects.extend(keys::pressed(model, key));
    let longer = model.composer.text().len() > before && model.place() == place;
    effects.extend(longer.then(|| social::typed(model)).flatten());
    effects
}

/// Changes `model` by what has happened and tells what is to be done.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    lock::undisturbed(model, msg, take)
}

#[expect(clippy::too_many_lines, reason = "one arm a message, each of a few lines")]
fn take(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let mut effects = match msg {
        Msg::Key(key) => {
            model.calls.key(model.now);
            key_pressed(model, key)
        }
        Msg::Paste(text) => {
            model.calls.key(model.now);
            if !modes::pasted(model, &text) {
                write::paste(model, &text);
            }
            Vec::new()
        }
        Msg::Wheel { key, up, rows } => {
            model.calls.key(model.now);
            let mut effects = social::active(model);
            effects.extend(keys::wheel(model, key, up, rows));
            effects
        }
        Msg::Resize(width, height) => {
            model.size = (width, height);
            Vec::new()
        }
        Msg::Focus(focused) => {
            model.focused = focused;
            model.calls.focus(model.now);
            Vec::new()
        }
        Msg::Update(Update::Event(event)) => {
            hear::event(model, event);
            Vec::new()
        }
        Msg::Update(Update::Network(network)) => {
            hear::network(model, network);
            Vec::new()
        }
        Msg::Update(Update::Met { .. }) => Vec::new(), // for the profile, not for the screen
        Msg::Update(Update::Trusted { peer, verified, .. }) => {
            trust::decided(model, peer, verified);
            Vec::new()
        }
        Msg::Update(Update::Popup(popup)) => {
            hear::popup(model, popup);
            Vec::new()
        }
        Msg::Update(Update::Social { rooms, ignored }) => {
            social::told(model, rooms, ignored);
            Vec::new()
        }
        Msg::PastOf(place, recent) => {
            social::past(model, place, recent);
            Vec::new()
        }
        Msg::Rooms(rooms, show) => {
            social::rooms(model, rooms, show);
            Vec::new()
        }
        Msg::Locked(room) => {
            lock::needed(model, room);
            Vec::new()
        }
        Msg::LockChanged(room, problem) => {
            lock::changed(model, room, problem.as_deref());
            Vec::new()
        }
        Msg::NotJoined(room, error) => {
            social::not_joined(model, room, &error);
            Vec::new()
        }
        Msg::Kept(lines) => {
            private::list(model, &lines);
            Vec::new()
        }
        Msg::Withdrawn(reader, count) => {
            private::withdrawn(model, reader, count);
            Vec::new()
        }
        Msg::Failed { typed, error } => {
            model.notice(Level::Error, SafeText::line(&error).as_str());
            if model.composer.is_empty() {
                model.composer.set(&typed);
            }
            Vec::new()
        }
        Msg::Past(recent) => {
            hear::past_of_the_lobby(model, Some(recent));
            Vec::new()
        }
        Msg::Written { draft, sent } => {
            write::restored(model, &draft, &sent);
            Vec::new()
        }
        Msg::Edited(result) => {
            write::edited(model, result);
            Vec::new()
        }
        Msg::Files { typed, found } => {
            write::found_files(model, &typed, &found);
            Vec::new()
        }
        Msg::Reloaded(result) => {
            write::reloaded(model, result);
            Vec::new()
        }
        Msg::Heard(heard) => {
            obey::show_heard(model, heard);
            Vec::new()
        }
        Msg::Neighbours(neighbours) => {
            obey::show_neighbours(model, &neighbours);
            Vec::new()
        }
        Msg::File(news) => {
            transfer::news(model, news);
            Vec::new()
        }
        other @ (Msg::HeardOf(..)
        | Msg::Found(..)
        | Msg::Around(..)
        | Msg::Report(_)
        | Msg::PairWords(..)
        | Msg::NotOpened(_)
        | Msg::Tick) => answers::take(model, other),
        Msg::Who(peers) => {
            obey::show_who(model, peers);
            Vec::new()
        }
    };
    effects.extend(std::mem::take(&mut model.wanted).into_iter().map(Effect::PastOf));
    if std::mem::take(&mut model.ask_rooms) {
        effects.push(Effect::Rooms { show: false });
    }
    model.composer.set_width(model.composer_width());
    effects.extend(model.calls.take().map(Effect::Call));
    if model.sees_newest() {
        model.seen();
        // Before the places of an earlier run are back, the lobby is shown for a moment only.
        if model.places_changed().is_some() && std::mem::take(&mut model.unmarked) {
            effects.push(Effect::Read { room: model.room.clone() });
        }
    }
    effects
}

#[cfg(test)]
mod tests;

//! What the screen asks the program to do.

use std::path::PathBuf;

use crate::chat::{Answered, Kind, Line, LineId, Millis, Nick, Passphrase, Peer, PeerId, RoomName, Trust};
use crate::session::Whither;
use crate::text::SafeText;
use crate::transfer::TransferId;
use crate::tui::model::{Call, EntryId, Place};

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Say a line to everybody.
    Say {
        /// Speech or action.
        kind: Kind,
        /// The line.
        text: String,
        /// What was typed, for [`Msg::Failed`](super::Msg::Failed).
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
        /// What was typed, for [`Msg::Failed`](super::Msg::Failed).
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
        /// What was typed, for [`Msg::Failed`](super::Msg::Failed).
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
    /// Give a locked room another passphrase; the answer is [`Msg::LockChanged`](super::Msg::LockChanged).
    ChangeLock {
        /// Which.
        room: RoomName,
        /// The new one.
        passphrase: Passphrase,
    },
    /// Leave a room.
    Part(RoomName),
    /// Fetch what was said before in a place; the answer is [`Msg::PastOf`](super::Msg::PastOf).
    PastOf(Place),
    /// Ask which rooms there are; the answer is [`Msg::Rooms`](super::Msg::Rooms).
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
    /// Ask which private lines wait; the answer is [`Msg::Kept`](super::Msg::Kept).
    Kept,
    /// Drop what waits for a reader; the answer is [`Msg::Withdrawn`](super::Msg::Withdrawn).
    Withdraw(PeerId),
    /// Ask who has one's last line; the answer is [`Msg::Heard`](super::Msg::Heard).
    Heard,
    /// Ask who has an own line; the answer is [`Msg::HeardOf`](super::Msg::HeardOf).
    HeardOf {
        /// Its entry.
        entry: EntryId,
        /// The line.
        line: LineId,
        /// Number of the own line after it; none if it is the last.
        next: Option<u32>,
    },
    /// Look for words in the history; the answer is [`Msg::Found`](super::Msg::Found).
    Search(String),
    /// Fetch what was said around a line and up to a time; the answer is [`Msg::Around`](super::Msg::Around).
    Around {
        /// The line.
        line: Box<Line>,
        /// When the oldest line was said that is shown.
        until: Option<Millis>,
    },
    /// Ask for the figures of the network; the answer is [`Msg::Report`](super::Msg::Report).
    Report,
    /// Ask for the words to compare with a peer; the answer is [`Msg::PairWords`](super::Msg::PairWords).
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
    /// Ask who is here; the answer is [`Msg::Who`](super::Msg::Who).
    Who,
    /// Ask which computers announce themselves; the answer is [`Msg::Neighbours`](super::Msg::Neighbours).
    Neighbours,
    /// Draw the whole screen anew, whatever another program left there.
    Redraw,
    /// Give the terminal to the shell until it gives it back.
    Suspend,
    /// Let the user write the message in an editor; the answer is [`Msg::Edited`](super::Msg::Edited).
    Editor {
        /// What is written.
        text: String,
    },
    /// Look for files; the answer is [`Msg::Files`](super::Msg::Files).
    Files {
        /// What their names begin with.
        typed: String,
    },
    /// Read the settings again; the answer is [`Msg::Reloaded`](super::Msg::Reloaded).
    Reload,
    /// Call the user, who looks elsewhere.
    Call(Call),
    /// Leave.
    Quit,
}

//! What the core tells its driver: everything that a user should learn.

use std::net::IpAddr;
use std::ops::Range;
use std::time::Duration;

use super::doubts::{Doubts, Warning};
use super::id::{LineId, PeerId};
use super::locked::LockNews;
use super::nick::Nick;
use super::room::RoomName;
use crate::text::SafeText;

/// Milliseconds since 1970-01-01 UTC.
pub type Millis = u64;

/// How much a line's author is worth believing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trust {
    /// No trailer, or one that nobody's key fits: anybody may have sent it.
    Unsigned,
    /// Signed by a key that goes by a nickname under which another is known: see [`Doubts`].
    Doubtful,
    /// Signed by a key first met in this run.
    New,
    /// Signed by a key that an earlier run has met.
    Known,
    /// Signed by a key whose words the user has compared, or by the user's own.
    Verified,
}

impl Trust {
    /// The word used in JSON and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Doubtful => "doubtful",
            Self::New => "new",
            Self::Known => "known",
            Self::Verified => "verified",
        }
    }
}

/// What kind of utterance a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Kind {
    /// Ordinary speech.
    #[default]
    Say,
    /// `/me` speech: shown as `* alice waves`.
    Action,
    /// The room's topic was changed to what the text says.
    Topic,
    /// A reaction to another line: the text is one grapheme. The same one again by the same author takes it back.
    Reaction,
}

/// A line as it is shown, printed and kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its identity; none for unsigned lines. That of a private line has a `seq` of at least 2³¹.
    pub id: Option<LineId>,
    /// The room it was said in; `lobby` unless told otherwise.
    pub room: SafeText,
    /// Speech or action.
    pub kind: Kind,
    /// The author's name as shown, with `~3f9a` on a clash.
    pub from: SafeText,
    /// The author; none for unsigned lines.
    pub peer: Option<PeerId>,
    /// The NetBIOS computer name it came from.
    pub host: SafeText,
    /// The address it came from; none for one's own lines and those of authors who were never heard here.
    pub address: Option<IpAddr>,
    /// What was said; may hold newlines.
    pub text: SafeText,
    /// When its author says it was said.
    pub sent_at: Millis,
    /// When it was heard here.
    pub received_at: Millis,
    /// How far to believe `from`.
    pub trust: Trust,
    /// For one reader only.
    pub private: bool,
    /// The reader of a private line.
    pub to: Option<PeerId>,
    /// Heard after later lines of the same author were already shown.
    pub late: bool,
    /// Said by this node.
    pub own: bool,
    /// The line that it answers, or is a reaction to.
    pub about: Option<About>,
}

/// The line that another is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Which. It may not be here.
    pub line: LineId,
    /// Its beginning, as the one who answers claims it to be: to be shown as such, and only where the line itself is not here.
    pub quote: SafeText,
}

/// Whether a peer is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeerState {
    /// Heard lately.
    Here,
    /// Not heard for three beacon intervals.
    Quiet,
}

impl PeerState {
    /// The word used in JSON and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Quiet => "quiet",
        }
    }
}

/// A peer as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its identity.
    pub id: PeerId,
    /// The nickname it goes by.
    pub nick: Nick,
    /// The name to show: the nickname, with `~3f9a` where two peers use it.
    pub name: SafeText,
    /// Its NetBIOS computer name.
    pub host: SafeText,
    /// Where it was last heard.
    pub address: IpAddr,
    /// Whether it is there.
    pub state: PeerState,
    /// The version of the program that it runs.
    pub version: SafeText,
    /// How far to believe that it is who it says.
    pub trust: Trust,
    /// Ten words over its key, to be compared aloud.
    pub words: String,
    /// Smoothed round trip, once measured.
    pub rtt: Option<Duration>,
    /// When it was first heard, or heard again after it had left.
    pub since: Millis,
    /// It was heard to start or to come back, rather than found present.
    pub arrived: bool,
    /// The rooms that it is in, as it tells; of locked rooms those whose passphrase this node has, too.
    pub rooms: Vec<RoomName>,
    /// It is away; the text is empty where it gives none.
    pub away: Option<SafeText>,
    /// The user wants to hear nothing of it.
    pub ignored: bool,
    /// What speaks against its name.
    pub doubts: Doubts,
}

/// Why a peer left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LeaveReason {
    /// It said goodbye.
    Goodbye,
    /// It fell silent.
    Timeout,
}

impl LeaveReason {
    /// The word used in JSON and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Goodbye => "goodbye",
            Self::Timeout => "timeout",
        }
    }
}

/// What has become of a private line of this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DirectState {
    /// It is on its way.
    Sent,
    /// Its reader is not here, or does not answer: it is kept, and delivered when the reader returns.
    Kept,
    /// The reader's program has it.
    Delivered {
        /// It was sealed for one session: whoever gets the keys of both later cannot read it.
        session: bool,
    },
    /// The user does not want it to be delivered any more.
    Withdrawn,
    /// It has waited for too long and was given up.
    Failed,
}

impl DirectState {
    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Kept => "kept",
            Self::Delivered { .. } => "delivered",
            Self::Withdrawn => "withdrawn",
            Self::Failed => "failed",
        }
    }
}

/// Identifies a ping on its way, within one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PingId(pub u32);

/// What the user should learn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A line was heard, or said by this node (`own`): show it.
    Line(Line),
    /// `count` lines of `peer` are missing at this place.
    Gap {
        /// Whose lines.
        peer: PeerId,
        /// Their author's name as shown.
        from: SafeText,
        /// How many, at most: a line of several datagrams of which none has come counts as several.
        count: u32,
        /// Of which of their author's runs.
        epoch: u32,
        /// The numbers of their datagrams.
        numbers: Range<u32>,
    },
    /// Datagrams with these numbers have come late, whatever room their line belongs to: in a gap that was told they are not
    /// missing any more.
    Filled {
        /// Whose.
        peer: PeerId,
        /// Of which of their author's runs.
        epoch: u32,
        /// Their numbers.
        numbers: Range<u32>,
    },
    /// A peer was seen for the first time, or came back.
    Join(Peer),
    /// Something shown about a peer has changed: state, address, trust, version, or its name because of a clash.
    Changed(Peer),
    /// A peer took another nickname.
    Nick {
        /// Name shown until now.
        old: SafeText,
        /// The peer under its new name.
        peer: Peer,
    },
    /// A peer is gone.
    Leave {
        /// The peer as it was last listed.
        peer: Peer,
        /// Why.
        reason: LeaveReason,
    },
    /// This node's own name is now shown as `name` by others, because `with` had the nickname first; or, when
    /// `with` is none, as the plain nickname again.
    OwnName {
        /// What others see.
        name: SafeText,
        /// Who holds the plain nickname.
        with: Option<PeerId>,
    },
    /// A peer is typing in a room that this node is in, or to this node alone. Worth showing for
    /// [`TYPING_SHOWN`](super::limits::TYPING_SHOWN), or until a line of it comes.
    Typing {
        /// Who.
        peer: PeerId,
        /// Its name as shown.
        name: SafeText,
        /// Where; none: a private line.
        room: Option<RoomName>,
    },
    /// What became of a private line of this node.
    Direct {
        /// Which.
        line: LineId,
        /// Its reader.
        to: PeerId,
        /// The reader's name as shown; the beginning of its id where it was not met in this run.
        name: SafeText,
        /// What became of it.
        state: DirectState,
    },
    /// The private line of another that has just been told was sealed for one session.
    Secret(LineId),
    /// A ping came back after `rtt`, or was lost.
    Pong {
        /// Which.
        id: PingId,
        /// Who answered.
        peer: PeerId,
        /// Round trip; none when nobody answered in time.
        rtt: Option<Duration>,
    },
    /// Lines from before are being fetched from a peer.
    CatchUp {
        /// Datagrams that have come.
        got: u32,
        /// Datagrams still missing; 0 when it is over.
        missing: u32,
    },
    /// Something about a locked room that its user should know.
    Lock {
        /// Which.
        room: RoomName,
        /// What.
        news: LockNews,
    },
    /// A nickname is used by another key than the one that is known under it. Told once of each key in a run.
    Warning(Box<Warning>),
    /// Something worth one line of a user's attention: a datagram format of a newer version, two hosts with one name.
    Notice(SafeText),
}

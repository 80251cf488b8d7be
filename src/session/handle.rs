//! [`Session`]: what the screen and the commands call.

use std::net::SocketAddr;

use tokio::sync::{mpsc, oneshot};

use super::find::{FindError, find};
use super::report::Report;
use super::state::Network;
use crate::chat::{
    Answered, JoinError, KeptLine, Kind, LineId, Nick, Peer, PeerId, PingId, Room, RoomKey, RoomName,
    SayError, Trust, pair_words,
};
use crate::mailslot::Mailslots;
use crate::mailslot::connect::{Kind as Thing, LocateError, Offer};
use crate::neighbours::{Neighbour, Neighbours};
use crate::netbios::Name;

/// Who has the lines of this node: those who hold all of them, and those who have not shown it yet.
pub type Heard = (Vec<PeerId>, Vec<PeerId>);

/// A running session. Cheap to clone; the session ends with [`Session::leave`] or when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Session {
    commands: mpsc::UnboundedSender<Command>,
    me: PeerId,
    public: [u8; 32],
    epoch: u32,
    neighbours: Option<Neighbours>,
    mailslots: Mailslots,
}

/// What is said in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) room: RoomName,
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) about: Option<Answered>,
}

/// Where the user is typing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whither {
    /// In a room.
    Room(RoomName),
    /// To one peer.
    Peer(PeerId),
}

/// What is asked of the session's task.
#[derive(Debug)]
pub(super) enum Command {
    Say { words: Words, reply: oneshot::Sender<Result<(), SayError>> },
    Join { room: RoomName, reply: oneshot::Sender<Result<(), JoinError>> },
    JoinLocked { room: RoomName, key: Box<RoomKey>, reply: oneshot::Sender<Result<(), JoinError>> },
    ChangeLock { room: RoomName, key: Box<RoomKey>, reply: oneshot::Sender<Result<(), JoinError>> },
    Part(RoomName),
    Rooms(oneshot::Sender<Vec<Room>>),
    Away(Option<String>),
    Typing(Whither),
    Ignore { peer: PeerId, on: bool },
    Direct { to: PeerId, kind: Kind, text: String, reply: oneshot::Sender<Result<LineId, SayError>> },
    Kept(oneshot::Sender<Vec<KeptLine>>),
    Withdraw { reader: PeerId, reply: oneshot::Sender<usize> },
    Nick(Nick),
    Ping { peer: PeerId, size: usize, reply: oneshot::Sender<Option<PingId>> },
    Who(oneshot::Sender<Vec<Peer>>),
    Heard { before: Option<u32>, reply: oneshot::Sender<Option<Heard>> },
    Report(oneshot::Sender<Report>),
    PublicKey { peer: PeerId, reply: oneshot::Sender<Option<[u8; 32]>> },
    Trust { peer: PeerId, trust: Trust, reply: oneshot::Sender<bool> },
    Network(oneshot::Sender<Network>),
    Leave(oneshot::Sender<()>),
}

impl Session {
    pub(super) fn new(
        commands: mpsc::UnboundedSender<Command>,
        (me, public): (PeerId, [u8; 32]),
        epoch: u32,
        neighbours: Option<Neighbours>,
        mailslots: Mailslots,
    ) -> Self {
        Self { commands, me, public, epoch, neighbours, mailslots }
    }

    /// This node's own id.
    pub fn me(&self) -> PeerId {
        self.me
    }

    /// Which start of the program this is: the epoch of its lines.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(super) async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).ok()?;
        answer.await.ok()
    }

    /// Says a line in the lobby. It comes back as an own [`Event::Line`](crate::chat::Event::Line).
    pub async fn say(&self, kind: Kind, text: String) -> Result<(), SayError> {
        self.say_in(RoomName::LOBBY, kind, text, None).await
    }

    /// As [`Session::say`], in a room that this node is in, perhaps in answer to a line.
    pub async fn say_in(
        &self,
        room: RoomName,
        kind: Kind,
        text: String,
        about: Option<Answered>,
    ) -> Result<(), SayError> {
        let words = Words { room, kind, text, about };
        self.ask(|reply| Command::Say { words, reply }).await.unwrap_or(Err(SayError::Ended))
    }

    /// Says what a room is about. It comes back as an own line of [`Kind::Topic`].
    pub async fn set_topic(&self, room: RoomName, topic: String) -> Result<(), SayError> {
        self.say_in(room, Kind::Topic, topic, None).await
    }

    /// Reacts to a line of a room with one grapheme; the same again takes it back.
    pub async fn react(&self, room: RoomName, grapheme: String, to: Answered) -> Result<(), SayError> {
        self.say_in(room, Kind::Reaction, grapheme, Some(to)).await
    }

    /// Joins a room: first its lines that are held here come, then those that are said.
    pub async fn join(&self, room: RoomName) -> Result<(), JoinError> {
        self.ask(|reply| Command::Join { room, reply }).await.unwrap_or(Err(JoinError::Ended))
    }

    /// Leaves a room.
    pub fn part(&self, room: RoomName) {
        let _ = self.commands.send(Command::Part(room));
    }

    /// The open rooms that were seen.
    pub async fn rooms(&self) -> Vec<Room> {
        self.ask(Command::Rooms).await.unwrap_or_default()
    }

    /// Tells others that the user is away, perhaps why; or, with none, back.
    pub fn set_away(&self, away: Option<String>) {
        let _ = self.commands.send(Command::Away(away));
    }

    /// Tells others that the user is typing. May be called for each key.
    pub fn typing(&self, whither: Whither) {
        let _ = self.commands.send(Command::Typing(whither));
    }

    /// Shows nothing more of what a peer says, or shows it again.
    pub fn ignore(&self, peer: PeerId, on: bool) {
        let _ = self.commands.send(Command::Ignore { peer, on });
    }

    /// Sends a private line. It comes back as an own, private line, and later as
    /// [`Event::Direct`](crate::chat::Event::Direct) with what became of it. Whoever is not here gets it later.
    pub async fn direct(&self, to: PeerId, kind: Kind, text: String) -> Result<LineId, SayError> {
        self.ask(|reply| Command::Direct { to, kind, text, reply }).await.unwrap_or(Err(SayError::Ended))
    }

    /// The private lines that wait for their readers.
    pub async fn kept(&self) -> Vec<KeptLine> {
        self.ask(Command::Kept).await.unwrap_or_default()
    }

    /// Drops the private lines that wait for a reader, and tells how many that were.
    pub async fn withdraw(&self, reader: PeerId) -> usize {
        self.ask(|reply| Command::Withdraw { reader, reply }).await.unwrap_or_default()
    }

    /// Takes another nickname.
    pub fn set_nick(&self, nick: Nick) {
        let _ = self.commands.send(Command::Nick(nick)); // after the end there is nobody to tell
    }

    /// Sends a ping of `size` extra bytes (at most 300) to a peer's reply slot; the answer is an
    /// [`Event::Pong`](crate::chat::Event::Pong). None when the peer is not here.
    pub async fn ping(&self, peer: PeerId, size: usize) -> Option<PingId> {
        self.ask(|reply| Command::Ping { peer, size, reply }).await.flatten()
    }

    /// Everybody who is here, by name.
    pub async fn who(&self) -> Vec<Peer> {
        self.ask(Command::Who).await.unwrap_or_default()
    }

    /// Who has this node's last line, and who has not shown that yet. None while nothing was said.
    pub async fn heard(&self) -> Option<Heard> {
        self.ask(|reply| Command::Heard { before: None, reply }).await.flatten()
    }

    /// The same for the lines of this run before the one with number `before`, or for all of them.
    pub async fn heard_before(&self, before: Option<u32>) -> Option<Heard> {
        self.ask(|reply| Command::Heard { before, reply }).await.flatten()
    }

    /// What this node knows of its own traffic.
    pub async fn report(&self) -> Report {
        let mut report = self.ask(Command::Report).await.unwrap_or_default();
        if let Some(neighbours) = &self.neighbours {
            report.neighbours = neighbours.list().await;
        }
        report
    }

    /// The peer that a user means by `nick`, `nick~3f9a` or an id.
    pub async fn find(&self, name: &str) -> Result<Peer, FindError> {
        find(&self.who().await, name).cloned()
    }

    /// The computers that have announced themselves, by name. Asks all to do so now, too: the answers come within 30 s,
    /// so that the list is longer then.
    pub async fn neighbours(&self) -> Vec<Neighbour> {
        let Some(neighbours) = &self.neighbours else { return Vec::new() };
        neighbours.ask();
        neighbours.list().await
    }

    /// The public key of a peer that was heard.
    pub async fn public_key(&self, peer: PeerId) -> Option<[u8; 32]> {
        self.ask(|reply| Command::PublicKey { peer, reply }).await.flatten()
    }

    /// The ten words that this user and a peer compare, the same for both; none where the peer was never heard.
    pub async fn pair_words(&self, peer: PeerId) -> Option<String> {
        let (mine, theirs) = (self.public, self.public_key(peer).await?);
        tokio::task::spawn_blocking(move || pair_words(&mine, &theirs)).await.ok()
    }

    /// Notes what the user has decided on a peer: [`Trust::Verified`], [`Trust::Known`], or, to forget it, [`Trust::New`].
    /// False where nobody with this id is known.
    pub async fn set_trust(&self, peer: PeerId, trust: Trust) -> bool {
        self.ask(|reply| Command::Trust { peer, trust, reply }).await.unwrap_or(false)
    }

    /// Tells who looks for it where a pipe of this program listens, until it is dropped.
    pub fn offer_pipe(&self, name: &str, port: u16) -> Offer {
        self.mailslots.offer(Thing::Pipe, name, port)
    }

    /// Finds where a pipe on the machine of a peer listens.
    pub async fn locate_pipe(&self, peer: &Peer, name: &str) -> Result<SocketAddr, LocateError> {
        let host = Name::new(peer.host.as_str(), Name::WORKSTATION);
        let host = host.map_err(|_| LocateError::Name(peer.host.to_string()))?;
        self.mailslots.locate(host, Thing::Pipe, name).await
    }

    /// The network as it is now.
    pub async fn network(&self) -> Network {
        self.ask(Command::Network).await.unwrap_or_default()
    }

    /// Says goodbye and returns when it has been sent.
    pub async fn leave(&self) {
        self.ask(Command::Leave).await;
    }
}

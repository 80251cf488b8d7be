//! [`Node`]: the façade of the core. Bytes and moments go in; bytes, events and deadlines come out.

mod announce;
mod digests;
mod doubt;
mod frames;
mod guard;
mod hear;
mod kept;
mod link;
mod locked;
mod meet;
mod mend;
mod names;
mod private;
mod pull;
mod reply;
mod rooms;
mod roster_pull;
#[cfg(test)]
mod samples;
mod say;
mod sealed;
mod silence;
mod status;
mod trust;

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::acquaintance::Acquaintances;
use super::budget::Budget;
use super::catchup::CatchUp;
use super::config::Config;
use super::datagram::RoomRef;
use super::digest::Trickle;
use super::direct::Pings;
use super::event::{Event, Kind, Millis, Peer};
use super::feeds::Feeds;
use super::hlc::{Hlc, Stamp};
use super::id::{LineId, PeerId};
use super::identity::Identity;
use super::limits::MAX_HEARD;
use super::locked::Locked;
use super::loss::Loss;
use super::outbox::{Outbox, Slot, Transmit};
use super::presence::Presence;
use super::private::incoming::Seen;
use super::private::link::Links;
use super::private::queue::Queue;
use super::repair::Repair;
use super::room::RoomName;
use super::rooms::Rooms;
use super::roster::Roster;
use super::status::Status;
use super::store::{Held, Run, Store};
use super::strangers::Strangers;
use super::time::{Now, earliest};
use super::vouch::Vouch;
use super::warnings::Warnings;
use crate::netbios::Name;
use digests::Hopes;
pub use mend::Mended;
pub use private::Keeping;
use roster_pull::RosterPull;
pub use say::Answered;

/// Where a datagram came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The NetBIOS name in it: a claim.
    pub name: Name,
    /// The UDP source.
    pub address: SocketAddr,
}

/// By which way a line's datagram came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Its author's first broadcast.
    First,
    /// A copy, soon after, by its author.
    Copy,
    /// A repair, by whomever.
    Again,
    /// A repair of what this node has asked one peer for.
    Pulled,
}

/// What a feed gives back with each line.
#[derive(Debug, Clone)]
pub(super) struct LineMeta {
    kind: Kind,
    room: RoomRef,
    /// The locked room that it is of, where it could be opened.
    opened: Option<RoomName>,
    /// It tells that the room's passphrase was changed.
    changes: bool,
    stamp: Stamp,
    about: Option<LineId>,
    address: SocketAddr,
    received_at: Millis,
}

/// One participant of the chat, without sockets, clock or randomness of its own.
///
/// Call [`Node::handle_datagram`] for each message to its slots, [`Node::handle_timeout`] when [`Node::poll_timeout`]
/// is reached, and after each of these and of the user's intents drain [`Node::poll_transmit`] and
/// [`Node::poll_event`].
#[derive(Debug)]
pub struct Node {
    config: Config,
    identity: Identity,
    rng: StdRng,
    hlc: Hlc,
    /// Number of the next datagram of our lines.
    next_seq: u32,
    /// Count of our next frame.
    frames: u32,
    budget: Budget,
    presence: Presence,
    roster: Roster,
    rooms: Rooms,
    locked: Locked,
    /// Whether the user is away, and when that and the rooms are told.
    status: Status,
    /// When others were last told that the user is typing.
    typed: Option<Duration>,
    /// Whom the user does not want to hear.
    ignored: HashSet<PeerId>,
    acquaintances: Acquaintances,
    warnings: Warnings,
    strangers: Strangers,
    vouch: Vouch,
    feeds: Feeds,
    store: Store,
    /// Runs whose author's card the driver has got to keep.
    cards: HashSet<Run>,
    /// Newly held, for the driver to keep.
    held: VecDeque<Held>,
    repair: Repair,
    mended: Mended,
    loss: Loss,
    /// Share of datagrams that others lose, as they tell.
    told_loss: f64,
    /// Copies of own datagrams that are still to be sent.
    copies: BTreeSet<(Duration, u32)>,
    /// When the number of the last own line is told again.
    heartbeats: VecDeque<Duration>,
    trickle: Trickle,
    catchup: CatchUp,
    hopes: Hopes,
    roster_pull: RosterPull,
    /// How many missing datagrams the user was told of last.
    told_missing: u32,
    /// Which entries the next digest begins with.
    page: usize,
    /// Nodes on the segment as others tell.
    told_live: usize,
    pings: Pings,
    /// Private lines that their readers do not have yet.
    queue: Queue,
    /// Private lines that were shown.
    seen: Seen,
    /// What the driver is to note of both.
    keeping: VecDeque<Keeping>,
    links: Links,
    /// When a frame of a session that is not known may next be answered.
    lost: Duration,
    /// We show our own nickname with the suffix, because somebody else has it.
    yielding: bool,
    /// Since when it goes by its nickname.
    named: Duration,
    left: bool,
    outbox: Outbox,
    events: VecDeque<Event>,
    /// When a frame that we cannot read may next be answered.
    unreadable: Duration,
    /// When the next question about a quiet peer may go out.
    next_question: Duration,
    /// Wall clock less monotonic clock, to notice that the machine slept.
    offset: Millis,
    /// When it started.
    started: Now,
    told_newer: bool,
    /// Latest epoch of a copy of this identity that the user was told of.
    told_double: u32,
    /// Numbers the questions to peers' reply slots, so that none can be played back.
    questions: u32,
}

impl Node {
    /// A node that starts now. `seed` must be fresh random bytes: nonces come from it.
    pub fn new(now: Now, mut config: Config, identity: Identity, seed: [u8; 32]) -> Self {
        let acquaintances = Acquaintances::new(std::mem::take(&mut config.known));
        let mut rng = StdRng::from_seed(seed);
        let presence = Presence::new(now.mono, config.observer, &mut rng);
        let trickle = Trickle::new(now.mono, &mut rng);
        Self {
            config,
            identity,
            rng,
            hlc: Hlc::default(),
            next_seq: 1,
            frames: 0,
            budget: Budget::default(),
            presence,
            roster: Roster::default(),
            rooms: Rooms::default(),
            locked: Locked::default(),
            status: Status::default(),
            typed: None,
            ignored: HashSet::new(),
            acquaintances,
            warnings: Warnings::default(),
            strangers: Strangers::default(),
            vouch: Vouch::default(),
            feeds: Feeds::default(),
            store: Store::default(),
            cards: HashSet::new(),
            held: VecDeque::new(),
            repair: Repair::default(),
            mended: Mended::default(),
            loss: Loss::default(),
            told_loss: 0.0,
            copies: BTreeSet::new(),
            heartbeats: VecDeque::new(),
            trickle,
            catchup: CatchUp::default(),
            hopes: Hopes::default(),
            roster_pull: RosterPull::default(),
            told_missing: 0,
            page: 0,
            told_live: 0,
            pings: Pings::default(),
            queue: Queue::default(),
            seen: Seen::default(),
            keeping: VecDeque::new(),
            links: Links::default(),
            lost: Duration::ZERO,
            yielding: false,
            named: now.mono,
            left: false,
            outbox: Outbox::default(),
            events: VecDeque::new(),
            unreadable: Duration::ZERO,
            next_question: Duration::ZERO,
            offset: offset(now),
            started: now,
            told_newer: false,
            told_double: 0,
            questions: 0,
        }
    }

    /// This node's id.
    pub fn id(&self) -> PeerId {
        self.identity.id()
    }

    /// Whether it takes part without being listed.
    pub fn observes(&self) -> bool {
        self.config.observer
    }

    /// Takes in the data of a message that came to one of the node's slots. What is longer than
    /// [`MAX_HEARD`](super::limits::MAX_HEARD) is nothing.
    pub fn handle_datagram(&mut self, now: Now, from: &Source, slot: Slot, data: &[u8]) {
        if data.len() > MAX_HEARD {
            return;
        }
        self.clock(now);
        match slot {
            Slot::Lobby => self.hear_line(now, from, RoomName::LOBBY, data),
            Slot::Room(room) => self.hear_line(now, from, room, data),
            Slot::Sealed => self.hear_sealed_line(now, from, data),
            Slot::Sync => self.hear_frame(now, from, data),
            Slot::Reply(to) if to == self.id() => self.hear_sealed(now, from, data),
            Slot::Reply(_) => {}
        }
        self.pull(now);
        self.pull_roster(now);
        self.mend(now);
        self.announce(now);
        self.tell_status(now);
    }

    /// Must be called when the node has got another address: others should know soon. On a large segment, where many
    /// may have got one at once, most leave it to their next beacon.
    pub fn moved(&mut self, now: Now) {
        self.presence.answer(now.mono, self.roster.live(), &mut self.rng);
        self.announce(now);
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Now) {
        self.clock(now);
        self.pass_gaps(now);
        self.ask_strangers(now);
        self.vouch(now);
        self.doubt_locks(now);
        self.sum_warnings(now);
        self.retry(now);
        self.pull(now);
        self.pull_roster(now);
        self.mend(now);
        self.watch_silence(now);
        self.announce(now);
        self.tell_status(now);
    }

    /// The next mailslot write to be done.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.outbox.next()
    }

    /// What the user should learn next.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Node::handle_timeout`] must be called next, by the monotonic clock.
    pub fn poll_timeout(&self) -> Option<Duration> {
        [
            self.outbox.deadline(),
            self.strangers.deadline(),
            self.vouch.deadline(),
            self.locked.deadline(),
            self.pings.deadline(),
            self.queue.deadline(),
            self.links.deadline(),
            self.warnings.deadline(),
            self.roster.deadline(),
            self.announce_deadline(),
            self.mend_deadline(),
            self.catchup.deadline(),
            self.roster_deadline(),
            self.status.deadline().filter(|_| !self.left),
        ]
        .into_iter()
        .fold(self.feeds.deadline(), earliest)
    }

    /// Everybody who is here, by name.
    pub fn peers(&self) -> Vec<Peer> {
        let mut peers: Vec<Peer> = self.roster.listed().map(|(id, entry)| entry.view(id)).collect();
        peers.sort_by_key(|p| (p.name.as_str().to_lowercase(), p.id));
        peers
    }

    /// The public key of a peer that was met.
    pub fn public_key(&self, peer: PeerId) -> Option<[u8; 32]> {
        self.roster.get(peer).map(|entry| entry.key.to_bytes())
    }

    /// Datagrams of lines that wait for their turn, and private lines that wait for an answer: whoever says more than
    /// this bears waits meanwhile.
    pub fn backlog(&self) -> usize {
        self.unsent() + self.queue.fresh()
    }

    /// Datagrams of lines that wait for their turn.
    pub fn unsent(&self) -> usize {
        self.outbox.backlog()
    }

    fn clock(&mut self, now: Now) {
        self.outbox.advance(now.mono);
        let offset = offset(now);
        if offset > self.offset + super::limits::SUSPENDED {
            // The machine slept: others have forgotten us, and nobody's silence means anything.
            self.roster.forgive(now.mono);
            self.presence.start(now.mono, &mut self.rng);
        }
        self.offset = offset;
    }
}

fn offset(now: Now) -> Millis {
    now.wall.saturating_sub(u64::try_from(now.mono.as_millis()).unwrap_or(0))
}

//! Every bound of the protocol in one place.

use std::time::Duration;

pub use super::budget::Rate;
use super::event::Millis;

/// Most data bytes in one datagram of ours: Samba's buffer drops more than 410 for a slot called `chat`.
pub const MAX_DATA: usize = 400;
/// Most bytes of a datagram that is looked at: what a mailslot write to a group can hold. A longer one could not be
/// answered or repaired in kind.
pub const MAX_HEARD: usize = 424;
/// Most parts of one line.
pub const MAX_PARTS: usize = 255;
/// Longest nickname on the wire in bytes, see [`Nick`](super::Nick).
pub const MAX_NICK: usize = 60;
/// Longest name of a room on the wire in bytes, see [`RoomName`](super::RoomName).
pub const MAX_ROOM_NAME: usize = 32;
/// Rooms that one peer can be in, the lobby not counted.
pub const MAX_JOINED: usize = 16;
/// Bytes of the names of all these rooms, so that one frame tells them.
pub const MAX_JOINED_BYTES: usize = 220;
/// What a locked room takes of [`MAX_JOINED_BYTES`]: its tag and what proves that one knows its key.
pub const LOCKED_BYTES: usize = 12;
/// Locked rooms of one node: those it is in, and those whose key it keeps in memory or whose passphrase it lacks.
pub const MAX_LOCKED: usize = 32;
/// Longest passphrase in bytes.
pub const MAX_PASSPHRASE: usize = 1024;
/// How long the others in a locked room are given to show themselves before the user is told that there are none.
pub const LOCK_ALONE_AFTER: Duration = Duration::from_secs(10);
/// Rooms remembered; a further one takes the place of one that is empty, or is not noted.
pub const MAX_ROOMS: usize = 1024;
/// Longest topic of a room in bytes.
pub const MAX_TOPIC: usize = 160;
/// Longest text of being away in bytes.
pub const MAX_AWAY: usize = 60;
/// Longest quotation in an answer or reaction in bytes.
pub const MAX_QUOTE: usize = 60;
/// Longest reaction in bytes: one grapheme.
pub const MAX_REACTION: usize = 8;
/// Reactions shown to one line.
pub const MAX_REACTIONS: usize = 64;
/// Lines whose reactions are remembered by a screen.
pub const MAX_REACTED: usize = 10_000;
/// Lines of rooms that are held, but were not shown.
pub const MAX_UNSHOWN: usize = MAX_HELD;
/// First and longest pause between two frames that tell which rooms one is in and whether one is away.
pub const STATUS: (Duration, Duration) = (Duration::from_millis(400), Duration::from_secs(30));
/// Least time between two notices that one is typing.
pub const TYPING_EVERY: Duration = Duration::from_secs(3);
/// How long such a notice is worth showing.
pub const TYPING_SHOWN: Duration = Duration::from_secs(6);
/// Such notices of one peer that come sooner after another are not looked at.
pub const TYPING_LEAST: Duration = Duration::from_secs(1);
/// Longest program version on the wire in bytes.
pub const MAX_VERSION: usize = 16;
/// Extra bytes in a ping.
pub const MAX_PING: usize = 300;
/// A clock this far ahead of ours is not followed further, in milliseconds.
pub const MAX_CLOCK_AHEAD: Millis = 10 * 60 * 1000;

/// Peers remembered at once; a further one takes the place of one long silent, or is not noted.
pub const MAX_PEERS: usize = 16_384;
/// Up to this many live peers, beacons name whom their sender has heard and newcomers are answered at once.
pub const SMALL_SEGMENT: usize = 32;
/// Datagrams of one sender kept while an earlier one is missing.
pub const MAX_BUFFERED: usize = 4096;
/// The same for all senders together.
pub const MAX_WAITING: usize = 32_768;
/// Ranges of missing datagrams remembered for one sender.
pub const MAX_HOLES: usize = 256;
/// How long later lines of a sender wait for an earlier one before the gap is told. It is still asked for then.
pub const GAP_HOLD: Duration = Duration::from_secs(10);
/// Runs of senders whose lines are followed.
pub const MAX_RUNS: usize = 20_000;
/// Datagrams of lines held to be sent again, and their bytes.
pub const MAX_HELD: usize = 10_000;
/// See [`MAX_HELD`].
pub const MAX_HELD_BYTES: usize = 4 << 20;
/// Repairs waiting to be sent.
pub const MAX_REPAIRS: usize = 1024;
/// Longest wait before a NAK, see RFC 5401.
pub const NAK_WAIT: Duration = Duration::from_millis(120);
/// Longest wait before a repair of another's line.
pub const REPAIR_WAIT: Duration = Duration::from_millis(60);
/// How soon another's line is repaired at the earliest: its author goes first.
pub const REPAIR_AFTER: Duration = Duration::from_millis(15);
/// What was repaired is not repaired again for this long.
pub const REPAIR_HOLD: Duration = Duration::from_millis(30);
/// What was asked for, by whomever, is not asked for again for this long, doubling with each time, four times at most.
pub const NAK_HOLD: Duration = Duration::from_millis(150);
/// How often a datagram is asked for before only a new sign of it makes this node ask again.
pub const NAK_TRIES: u32 = 12;
/// Time between the copies of a datagram.
pub const COPY_SPACING: Duration = Duration::from_millis(30);
/// Moments after an own line at which its number is told again.
pub const HEARTBEATS: [Duration; 2] = [Duration::from_millis(150), Duration::from_millis(600)];
/// Repairs heard in a second above which all waits stretch.
pub const REPAIR_BUDGET: u32 = 200;
/// More missing datagrams of one run than this are pulled from one peer by unicast.
pub const PULL_ABOVE: u32 = 40;
/// Datagrams that one question for them may bring.
pub const PULL_MOST: usize = 256;
/// How long an answer to such a question may pause; doubles with each try.
pub const PULL_PATIENCE: Duration = Duration::from_millis(60);
/// Questions that a peer may leave unanswered.
pub const PULL_TRIES: u32 = 5;
/// How often all peers are asked again before what is missing is given up.
pub const PULL_ROUNDS: u32 = 4;
/// Least time between two questions of one peer that are answered.
pub const PULL_SPACING: Duration = Duration::from_millis(10);
/// A newcomer that knows of this many fewer peers than others do pulls their list.
pub const ROSTER_SHORT: usize = 8;
/// Peers in one answer.
pub const ROSTER_MOST: usize = 64;
/// Newcomers heard within [`ROSTER_CALM`] that make it a storm: then nobody pulls, or each would send its list to each.
pub const ROSTER_STORM: usize = 3;
/// See [`ROSTER_STORM`].
pub const ROSTER_CALM: Duration = Duration::from_secs(10);
/// Least time between two answers of one peer, to whomever.
pub const ROSTER_SPACING: Duration = Duration::from_millis(40);
/// How long to wait for an answer; grows with each try.
pub const ROSTER_PATIENCE: Duration = Duration::from_millis(200);
/// Questions without an answer after which the list is taken for complete.
pub const ROSTER_TRIES: u32 = 4;
/// Digests: shortest and longest Trickle interval (RFC 6206).
pub const TRICKLE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(8));
/// Longest interval when nothing was said for a while.
pub const TRICKLE_SILENT: Duration = Duration::from_secs(32);
/// Equal digests heard in an interval that make one's own needless.
pub const TRICKLE_ENOUGH: u32 = 2;
/// Datagrams kept for senders whose key is not known yet, all together and for one sender.
pub const MAX_STRANGERS: usize = 256;
/// See [`MAX_STRANGERS`].
pub const MAX_STRANGER: usize = 32;
/// How long a line waits for its sender's key before it is shown as unsigned.
pub const STRANGER_HOLD: Duration = Duration::from_secs(5);
/// First pause between two questions for the beacon of such a sender; it doubles three times.
pub const STRANGER_ASK: Duration = Duration::from_millis(150);
/// How long an author is given to answer who-is itself before another passes its card on.
pub const VOUCH_AFTER: Duration = Duration::from_millis(250);
/// Least time between two cards of one author.
pub const VOUCH_HOLD: Duration = Duration::from_secs(1);
/// Authors whose cards may be asked for at once.
pub const MAX_VOUCHED: usize = 64;

/// Beacons a second that a segment may spend.
pub const BEACON_BUDGET: u32 = 20;
/// Shortest mean beacon interval.
pub const BEACON_MIN: Duration = Duration::from_secs(3);
/// Longest mean beacon interval that is believed of a peer.
pub const BEACON_MAX: Duration = Duration::from_secs(1000);
/// Frames in a row that come from another address before a peer's address is taken to have changed.
pub const MOVED_AFTER: u32 = 4;
/// Moments after listening at which a node announces itself; the first three are the probe of its nickname.
pub const ANNOUNCE: [Duration; 9] = [
    Duration::from_millis(0),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_millis(750),
    Duration::from_millis(1100),
    Duration::from_millis(1600),
    Duration::from_millis(2200),
    Duration::from_secs(3),
    Duration::from_secs(4),
];
/// How long a node listens before it announces itself, at least and at most.
pub const LISTEN: (Duration, Duration) = (Duration::from_millis(200), Duration::from_millis(250));
/// Beacons heard in a second from which announcements wait. More than [`GATE_REGULAR`], so that newcomers go first.
pub const GATE_ANNOUNCE: usize = 16;
/// Beacons heard in a second from which regular ones wait. Where some are lost, these are the [`BEACON_BUDGET`].
pub const GATE_REGULAR: usize = 14;
/// Beacons heard in a second from which answers to newcomers wait: they will hear the regular ones.
pub const GATE_ANSWER: usize = 8;
/// Up to this many live peers no beacon ever waits for others'.
pub const GATE_FROM: usize = 8;
/// First and last mean wait of a beacon on a crowded segment; it doubles each time.
pub const GATE_WAIT: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(8));
/// How long a nickname is only probed.
pub const NICK_PROBE: Duration = Duration::from_millis(750);
/// Shortest time between two beacons that answer somebody.
pub const ANSWER_SPACING: Duration = Duration::from_millis(120);
/// A peer is quiet after this many of its intervals without a sign of life.
pub const QUIET_AFTER: u32 = 3;
/// And gone after this many.
pub const GONE_AFTER: u32 = 5;
/// Copies of a goodbye.
pub const GOODBYES: u32 = 3;
/// Time between them.
pub const GOODBYE_SPACING: Duration = Duration::from_millis(15);
/// A wall clock that jumps this much ahead of the monotonic one means that the machine slept.
pub const SUSPENDED: Millis = 15_000;

/// Peers of whom parts of a private line may wait for the others.
pub const MAX_HALVES: usize = 128;
/// Private lines that wait for one reader, and their bytes.
pub const MAX_KEPT_OF_ONE: usize = 256;
/// See [`MAX_KEPT_OF_ONE`].
pub const MAX_KEPT_OF_ONE_BYTES: usize = 256 << 10;
/// Private lines that wait for all readers, and their bytes.
pub const MAX_KEPT: usize = 4096;
/// See [`MAX_KEPT`].
pub const MAX_KEPT_BYTES: usize = 4 << 20;
/// A private line that nobody has got for this long is given up: milliseconds.
pub const MAX_KEPT_AGE: Millis = 7 * 24 * 3_600_000;
/// A private line without acknowledgement for this long is one that is kept, and its sender is told so.
pub const KEPT_AFTER: Duration = Duration::from_secs(3);
/// First wait for an acknowledgement; doubles up to [`DIRECT_RETRY_MAX`], and for a line that waits for long while its
/// reader is here up to [`DIRECT_RETRY_KEPT`].
pub const DIRECT_RETRY: Duration = Duration::from_millis(100);
/// See [`DIRECT_RETRY`].
pub const DIRECT_RETRY_MAX: Duration = Duration::from_secs(1);
/// See [`DIRECT_RETRY`].
pub const DIRECT_RETRY_KEPT: Duration = Duration::from_secs(15);
/// Private lines of one sender that are remembered as shown: more than one can keep for a reader.
pub const MAX_SEEN_OF_ONE: usize = 512;
/// Senders of whom they are.
pub const MAX_SEEN_SENDERS: usize = 1024;
/// Peers with whom there are sessions at once; a further one takes the place of the one longest not used.
pub const MAX_LINKS: usize = 1024;
/// A session is renewed when a line is to be sent after this long,
pub const SESSION_RENEW: Duration = Duration::from_secs(50 * 60);
/// and its keys are forgotten after this long.
pub const SESSION_AGE: Duration = Duration::from_secs(3600);
/// How long frames of a session are still read after a newer one is in use, and how long an answer to an opening waits
/// for a frame that shows that it has come.
pub const SESSION_REST: Duration = Duration::from_secs(10);
/// Times that one opening is sent before another takes its place.
pub const OPENING_TRIES: u32 = 8;
/// Least time between two openings of one peer that are answered, and between two frames that tell it that a session is
/// lost.
pub const LINK_SPACING: Duration = Duration::from_millis(100);
/// Openings of peers met for the first time in this run that are answered: each costs five multiplications on the curve.
pub const OPENINGS_RATE: Rate = Rate { per_second: 50, burst: 500 };
/// The same of peers known from earlier runs.
pub const OPENINGS_KNOWN_RATE: Rate = Rate { per_second: 200, burst: 1000 };
/// A ping without answer is lost after this long.
pub const PING_LOST: Duration = Duration::from_secs(2);

/// Lines sent back to back before pacing begins, in datagrams.
pub const BURST: u32 = 64;
/// Time between paced datagrams: what the smallest usual receive buffer of a busy reader bears.
pub const PACE: Duration = Duration::from_millis(1);

/// What an address may cost with datagrams that do not prove genuine: forged, or hints that nobody signs. Junk that is no
/// datagram of the chat costs next to nothing and is not counted.
pub const ADDRESS_RATE: Rate = Rate { per_second: 1000, burst: 2000 };
/// The same for all addresses together from which nothing genuine has come lately.
pub const UNPROVED_RATE: Rate = Rate { per_second: 4000, burst: 8000 };
/// Genuine datagrams from one address: several programs may be there, each of which says at most one each [`PACE`].
pub const GENUINE_RATE: Rate = Rate { per_second: 4000, burst: 20_000 };
/// Datagrams of lines that one sender may say. Its own pace is one each [`PACE`].
pub const SENDER_RATE: Rate = Rate { per_second: 1200, burst: 4096 };
/// Datagrams of lines whose author's key is not known that are kept for it.
pub const STRANGER_RATE: Rate = Rate { per_second: 500, burst: 2000 };
/// Lines without a signature that are shown, of one address.
pub const PLAIN_RATE: Rate = Rate { per_second: 20, burst: 400 };
/// The same of all addresses.
pub const PLAIN_ALL_RATE: Rate = Rate { per_second: 200, burst: 2000 };
/// Peers never heard before that are met by beacons from one address.
pub const NEWCOMER_RATE: Rate = Rate { per_second: 2, burst: 256 };
/// The same from all addresses.
pub const NEWCOMERS_RATE: Rate = Rate { per_second: 100, burst: 4096 };
/// Peers met because one who was asked tells of them.
pub const LISTED_RATE: Rate = Rate { per_second: 2000, burst: 16_384 };
/// Datagrams that are sent again to all because somebody at one address asks.
pub const ASKER_RATE: Rate = Rate { per_second: 40, burst: 256 };
/// The same for all addresses together from which nothing genuine has come lately.
pub const ASKERS_RATE: Rate = Rate { per_second: 200, burst: 1024 };
/// Addresses whose buckets are remembered; a further one takes the place of a random one.
pub const ADDRESSES: usize = 4096;
/// Senders whose buckets are remembered.
pub const SENDERS: usize = 4096;
/// How long something genuine makes an address count as proved.
pub const PROVED_FOR: Duration = Duration::from_secs(600);
/// Repairs are not queued behind more datagrams than this: what is wanted will be asked for again.
pub const REPAIR_BACKLOG: usize = 512;

/// Peers that have only shown that they exist. A further one takes the place of a random one of these.
pub const MAX_NEWCOMERS: usize = 1024;
/// A peer that is still heard after this long has shown more.
pub const SETTLED_AFTER: Duration = Duration::from_secs(60);
/// Runs that are followed though nothing has come but word of others that they exist.
pub const MAX_HEARSAY: usize = 1024;
/// Numbers that are believed to lie ahead of those that are known: more than anybody holds.
pub const MOST_AHEAD: u32 = 20_000;
/// A line that was said this long before it came is late: milliseconds. More than repair needs, and more than the clock of one
/// who speaks seldom lags behind that of the others.
pub const LATE: Millis = 15_000;
/// A beacon or line whose stamp is this much older than it should be was said before and kept: milliseconds.
pub const STALE: Millis = 5 * 60 * 1000;
/// Somebody else's question puts off this node's own by this much at most, or forged ones would put it off for ever.
pub const NAK_PUT_OFF: Duration = Duration::from_secs(3);
/// What nobody had is not pulled again for this long.
pub const PULL_REST: Duration = Duration::from_secs(30);

/// Warnings about stolen names that are told in full within [`WARNINGS_TIME`], those of verified names not counted.
pub const WARNINGS: usize = 5;
/// See [`WARNINGS`]; also the time between two sums of those that are only counted.
pub const WARNINGS_TIME: Duration = Duration::from_secs(60);
/// Warnings in full about thieves of one verified name, in one run.
pub const WARNINGS_OF_VERIFIED: u32 = 3;
/// Thieves, and their victims, that are remembered so that each is told of once.
pub const MAX_WARNED: usize = 4096;
/// Who has gone by its nickname for so long gives it up to nobody.
pub const CONTEST: Duration = Duration::from_secs(10);
/// Whose beacon was asked for this long ago and has not come is taken for gone by those who can vouch for it.
pub const VOUCH_SILENT: Duration = Duration::from_secs(1);

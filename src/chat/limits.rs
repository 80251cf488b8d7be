//! Every bound of the protocol in one place.

use std::time::Duration;

use super::event::Millis;

/// Most data bytes in one datagram of ours: Samba's buffer drops more than 410 for a slot called `chat`.
pub const MAX_DATA: usize = 400;
/// Most parts of one line.
pub const MAX_PARTS: usize = 255;
/// Longest nickname on the wire in bytes, see [`Nick`](super::Nick).
pub const MAX_NICK: usize = 60;
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
pub const MAX_BUFFERED: usize = 512;
/// Ranges of missing datagrams remembered for one sender.
pub const MAX_HOLES: usize = 256;
/// How long later lines of a sender wait for an earlier one.
pub const REORDER_HOLD: Duration = Duration::from_millis(500);
/// Datagrams kept for senders whose key is not known yet, all together and for one sender.
pub const MAX_STRANGERS: usize = 256;
/// See [`MAX_STRANGERS`].
pub const MAX_STRANGER: usize = 32;
/// How long a line waits for its sender's key before it is shown as unsigned.
pub const STRANGER_HOLD: Duration = Duration::from_secs(4);

/// Beacons a second that a segment may spend.
pub const BEACON_BUDGET: u32 = 20;
/// Shortest mean beacon interval.
pub const BEACON_MIN: Duration = Duration::from_secs(3);
/// Longest mean beacon interval that is believed of a peer.
pub const BEACON_MAX: Duration = Duration::from_secs(1000);
/// Moments after the start at which a node announces itself; the first three are the probe of its nickname.
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

/// Private lines on their way at once.
pub const MAX_DIRECT: usize = 256;
/// First wait for an acknowledgement; doubles up to [`DIRECT_RETRY_MAX`].
pub const DIRECT_RETRY: Duration = Duration::from_millis(100);
/// Longest wait for an acknowledgement.
pub const DIRECT_RETRY_MAX: Duration = Duration::from_secs(1);
/// A private line without acknowledgement is given up after this long.
pub const DIRECT_GIVE_UP: Duration = Duration::from_secs(12);
/// A ping without answer is lost after this long.
pub const PING_LOST: Duration = Duration::from_secs(2);

/// Lines sent back to back before pacing begins, in datagrams.
pub const BURST: u32 = 64;
/// Time between paced datagrams: what the smallest usual receive buffer of a busy reader bears.
pub const PACE: Duration = Duration::from_millis(1);

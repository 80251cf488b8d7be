//! Every frame that there is, cut at every length and with every bit changed: nothing of it is taken for its sender's.
//!
//! The frames are those that nodes of the product send (`tests/sim/frames.rs`); which types there are is read from the
//! source, so that a new one cannot be forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lanchat::chat::{Checks, Config, Event, Identity, LeaveReason, Node, Now, PeerId, PeerState, Slot};
use lanchat::netbios::Name;

use crate::forgery::eve;
use crate::frames::{Frame, KINDS, every_frame, kind};

const WALL: u64 = 1_800_000_100_000;

/// The identity of a host of the segments on which the frames were heard.
fn identity(n: u64) -> Identity {
    let mut secret = [0; 32];
    secret[..8].copy_from_slice(&(n + 1).to_be_bytes());
    Identity::from_secret(&secret)
}

/// A node that has met whoever is in `frames`.
struct Target {
    node: Node,
    now: Now,
    /// What it was told of others, apart from lines that nobody has signed.
    told: Vec<String>,
    sent: usize,
}

impl Target {
    fn new(me: u64, frames: &[Frame]) -> Self {
        let config = Config {
            nick: "target".parse().unwrap(),
            host: Name::new("TARGET", 0).unwrap(),
            epoch: 1,
            reply_port: 40_000,
            observer: false,
            known: Vec::new(),
            depth: 0,
            checks: Checks::default(),
        };
        let now = Now { mono: Duration::from_secs(100_000), wall: WALL };
        let node = Node::new(now, config, identity(me), [3; 32]);
        let mut this = Self { node, now, told: Vec::new(), sent: 0 };
        for frame in frames.iter().filter(|f| kind(f) == ('s', 1)) {
            this.hear(frame);
        }
        let lunch = "lunch".parse().unwrap();
        this.node.join(this.now, lunch).unwrap();
        this.pass(Duration::from_secs(1));
        (this.told, this.sent) = (Vec::new(), 0);
        this
    }

    fn hear(&mut self, (source, slot, data): &Frame) {
        let slot = if let Slot::Reply(_) = slot { Slot::Reply(self.node.id()) } else { *slot };
        self.node.handle_datagram(self.now, source, slot, data);
        self.drain();
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
        self.node.handle_timeout(self.now);
        self.drain();
    }

    fn drain(&mut self) {
        while self.node.poll_transmit().is_some() {
            self.sent += 1;
        }
        while let Some(event) = self.node.poll_event() {
            let told = match event {
                Event::Line(line) => line.peer.map(|peer| format!("{peer} said {}", line.text)),
                // Nobody's beacons come any more; that says nothing of what is tried.
                Event::Leave { reason: LeaveReason::Timeout, .. } | Event::Notice(_) => None,
                // Something did fall short by its author's beacon; how much others claim is told to nobody.
                Event::CatchUp { missing, .. } if missing < 100 => None,
                Event::Changed(peer) if peer.state != PeerState::Here => None,
                other => Some(format!("{other:?}")),
            };
            self.told.extend(told);
        }
    }

    /// What it believes of others, but not whether they are still heard.
    fn believes(&self) -> BTreeMap<PeerId, String> {
        let view = |p: &lanchat::chat::Peer| {
            format!("{} {} {} {} {:?} {:?}", p.nick, p.host, p.version, p.address, p.rooms, p.away)
        };
        self.node.peers().iter().map(|p| (p.id, view(p))).collect()
    }
}

/// Frames in which another's signed frame is wrapped, and which say nothing themselves: what is in them may come through, as it is.
const WRAPPERS: [(char, u8); 5] = [('s', 6), ('s', 7), ('r', 6), ('r', 9), ('r', 10)];
/// What nobody signs: hints, which bring an answer and nothing else.
const HINTS: [(char, u8); 4] = [('s', 3), ('s', 5), ('s', 8), ('r', 33)];

#[test]
fn every_frame_with_any_bit_changed_or_cut() {
    let all = every_frame(40);
    let mut tried = 0;
    for which in KINDS {
        let frames: Vec<&Frame> = all.iter().filter(|f| kind(f) == which).collect();
        let frame = frames[frames.len() / 2];
        // A sealed frame has its reader in it; the others may be heard by somebody who has said none of them.
        let reader = <[u8; 8]>::try_from(frame.2.get(12..20).unwrap_or_default()).ok();
        let me = (0..50).find(|n| which.0 == 'r' && Some(identity(*n).id().0) == reader).unwrap_or(900);
        let mut target = Target::new(me, &all);
        let before = target.believes();
        let mut forged = Vec::new();
        for bit in 0..frame.2.len() * 8 {
            let mut data = frame.2.clone();
            data[bit / 8] ^= 1 << (bit % 8);
            forged.push(data);
        }
        forged.extend((0..frame.2.len()).map(|length| frame.2[..length].to_vec()));
        for data in &forged {
            target.hear(&(eve(), frame.1, data.clone()));
            target.pass(Duration::from_millis(2));
        }
        tried += forged.len();
        // The frame itself, to one who has heard nothing else: what it says is all that may have come through.
        let mut honest = Target::new(me, &all);
        honest.hear(frame);
        honest.pass(Duration::from_secs(1));
        let through: Vec<&String> = target.told.iter().filter(|t| !honest.told.contains(t)).collect();
        assert!(through.is_empty(), "{which:?}: {through:?} of {}", forged.len());
        if !WRAPPERS.contains(&which) {
            assert_eq!(target.told, Vec::<String>::new(), "{which:?} of {}", forged.len());
            let after = target.believes();
            let changed: Vec<_> =
                before.iter().filter(|(id, was)| after.get(id).is_some_and(|is| is != *was)).collect();
            assert!(changed.is_empty(), "{which:?}: {changed:?}");
            let new: Vec<_> = after.keys().filter(|id| !before.contains_key(id)).collect();
            assert!(new.is_empty(), "{which:?}: {new:?}");
        }
        println!("{which:?}: {} changed or cut, nothing got through", forged.len());
    }
    assert!(tried > 15_000, "{tried} tried");
    println!("{tried} tried of {} types", KINDS.len());
}

/// A frame as it was sent does what it is for; or the test above could not fail.
#[test]
fn frames_as_they_were_sent_do_something() {
    let all = every_frame(40);
    for which in KINDS.into_iter().filter(|k| !WRAPPERS.contains(k) && !HINTS.contains(k)) {
        let works = |frame: &&Frame| {
            let reader = <[u8; 8]>::try_from(frame.2.get(12..20).unwrap_or_default()).ok();
            let me = (0..50).find(|n| which.0 == 'r' && Some(identity(*n).id().0) == reader).unwrap_or(900);
            let others: Vec<Frame> = all.iter().filter(|f| f.2 != frame.2).cloned().collect();
            let mut target = Target::new(me, &others);
            let before = (target.believes(), target.sent);
            target.hear(frame);
            let known = !target.told.is_empty() || target.believes() != before.0 || target.sent > before.1;
            target.pass(Duration::from_secs(1));
            known || target.sent > before.1 || !target.told.is_empty()
        };
        assert!(all.iter().filter(|f| kind(f) == which).any(|f| works(&f)), "{which:?} does nothing");
    }
}

/// Numbers in the source of the core that are no types of frames.
const OTHER_NUMBERS: [&str; 4] = ["VERSION", "TLV_", "REFERS", "FLAG_"];
/// Flags of beacons.
const FLAGS: [&str; 5] = ["SOLICIT", "YIELD", "PROBE", "UNLISTED", "SESSIONS"];

#[test]
fn no_type_of_frame_is_forgotten() {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/chat")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let (inner, here): (Vec<_>, Vec<_>) = all.partition(|path| path.is_dir());
        folders.extend(inner);
        files.extend(here);
    }
    let mut types = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        for line in text.lines() {
            let Some((name, value)) = line.split_once("const ").and_then(|(_, l)| l.split_once(": u8 = "))
            else {
                continue;
            };
            let number = value.trim_end_matches(';').parse::<u8>();
            let other = OTHER_NUMBERS.iter().any(|o| name.starts_with(o)) || FLAGS.contains(&name);
            if let (Ok(number), false) = (number, other) {
                types.insert(number);
            }
        }
    }
    let known: BTreeSet<u8> = KINDS.iter().map(|(_, n)| *n).filter(|n| *n > 0).collect();
    assert!(types.len() >= 14, "{types:?}");
    assert_eq!(
        types, known,
        "types of frames in src/chat, and those of tests/sim/frames.rs, all of which are attacked here"
    );
}

//! A whole node that knows people and lines, fed with what nobody would send: changed frames, forged ones, signed
//! rubbish, in any order and with any time between them. It must not panic, not spin, and not grow.

use std::sync::OnceLock;
use std::time::Duration;

use crate::seeded::fuzz;
use lanchat::chat::{
    Checks, Config, Cost, Event, Identity, Node, Now, Passphrase, RoomKey, Slot, fuzzing, limits,
};
use lanchat::netbios::Name;

use crate::chat::parse_all;
use crate::frames::{Frame, every_frame};
use crate::safe;

/// A step: which frame, how it is changed, and where.
type Step = (u16, u8, u16, u8);

const WALL: u64 = 1_800_000_000_000;
/// Most steps that a node may take within one second of virtual time without anything coming in.
const RESTLESS: usize = 2000;

fn harvest() -> &'static [Frame] {
    static FRAMES: OnceLock<Vec<Frame>> = OnceLock::new();
    FRAMES.get_or_init(|| every_frame(12))
}

struct Patient {
    node: Node,
    now: Now,
    sent: usize,
}

impl Patient {
    /// A node that has heard some true frames.
    fn new() -> Self {
        // The identity of the first host of a virtual segment: what is sealed for it can be opened.
        let mut secret = [0; 32];
        secret[7] = 1;
        let config = Config {
            nick: "alice".parse().unwrap(),
            host: Name::new("HOST0", 0).unwrap(),
            epoch: 1,
            reply_port: 40_000,
            observer: false,
            known: Vec::new(),
            depth: 50,
            checks: checks(),
        };
        let now = Now { mono: Duration::from_secs(1000), wall: WALL };
        let node = Node::new(now, config, Identity::from_secret(&secret), [3; 32]);
        let mut this = Self { node, now, sent: 0 };
        this.node.join_locked(now, "lunch".parse().unwrap(), room_key()).unwrap();
        for frame in harvest().iter().take(20) {
            this.hear(frame);
        }
        this
    }

    fn hear(&mut self, (source, slot, data): &Frame) {
        let slot = match slot {
            Slot::Reply(_) => Slot::Reply(self.node.id()),
            other => *other,
        };
        self.node.handle_datagram(self.now, source, slot, data);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(transmit) = self.node.poll_transmit() {
            assert!(transmit.data.len() <= lanchat::mailslot::MAX_WRITE);
            self.sent += 1;
        }
        while let Some(event) = self.node.poll_event() {
            if let Event::Line(line) = &event {
                for text in [&line.text, &line.from, &line.host, &line.room] {
                    safe(text.as_str());
                }
            }
        }
        while self.node.poll_held().is_some() {}
    }

    /// Lets time pass, and does what is due as the driver does.
    fn pass(&mut self, time: Duration) {
        let end = self.now.mono + time;
        let mut steps = 0;
        while let Some(at) = self.node.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.after(at.saturating_sub(self.now.mono));
            self.node.handle_timeout(self.now);
            self.drain();
            steps += 1;
            assert!(
                steps <= RESTLESS.saturating_mul(usize::try_from(1 + time.as_secs()).unwrap()),
                "it does not come to rest"
            );
        }
        self.now = self.now.after(end.saturating_sub(self.now.mono));
    }
}

/// Of the locked room of the harvest.
fn room_key() -> RoomKey {
    let passphrase = Passphrase::new("secret").unwrap();
    RoomKey::derive("lunch".parse().unwrap(), &passphrase, Cost { memory: 8, passes: 1 }).unwrap()
}

fn checks() -> Checks {
    static CHECKS: OnceLock<Checks> = OnceLock::new();
    CHECKS.get_or_init(Checks::shared).clone()
}

/// One frame of the harvest, changed.
fn changed((index, how, at, value): Step) -> Frame {
    let all = harvest();
    let (source, slot, mut data) = all[usize::from(index) % all.len()].clone();
    let place = usize::from(at) % data.len().max(1);
    let mallory = Identity::from_secret(&[value | 1; 32]);
    match how % 10 {
        0 => data[place] = value,
        1 => data.truncate(place),
        2 => data.insert(place, value),
        3 => data.extend(std::iter::repeat_n(value, place)),
        // Another's words, under a signature that is good.
        4..=6 => {
            data[place] = value;
            let signed = fuzzing::line(&data, &mallory).or_else(|| fuzzing::frame(&data, &mallory));
            let signed = signed.or_else(|| fuzzing::sealed_line(&data, &mallory, &room_key()));
            data = signed.unwrap_or(data);
        }
        7 => {
            let other = &all[usize::from(at) % all.len()].2;
            data.truncate(place);
            data.extend_from_slice(other);
        }
        8 => {
            // Rubbish from somebody whom the node knows.
            let [hosts, me] = [2, 1].map(|n: u8| {
                let mut secret = [0; 32];
                secret[7] = n;
                Identity::from_secret(&secret)
            });
            let mut content = vec![1 + value % 7, 0, 0, 0, 1, 0, 0, 0, 1];
            content.extend_from_slice(&data[..place]);
            data = fuzzing::sealed(&content, [value; 24], &hosts, &me).unwrap();
            return (source, Slot::Reply(me.id()), data);
        }
        _ => {} // as it was: heard again
    }
    (source, slot, data)
}

#[test]
fn edited_frames() {
    fuzz!(150, |bytes: &[u8]| {
        let mut patient = Patient::new();
        for step in bytes.chunks_exact(6).take(60) {
            let step = (
                u16::from_be_bytes([step[0], step[1]]),
                step[2],
                u16::from_be_bytes([step[3], step[4]]),
                step[5],
            );
            let frame = changed(step);
            parse_all(&frame.2);
            patient.hear(&frame);
            if step.1 & 0x40 != 0 {
                patient.pass(Duration::from_millis(u64::from(step.2 % 4000)));
            }
        }
        patient.pass(Duration::from_secs(20));
    });
}

#[test]
fn datagrams() {
    fuzz!(400, |input: &[u8]| {
        let Some((kind, data)) = input.split_first() else { return };
        let mut patient = Patient::new();
        let (source, ..) = harvest()[0].clone();
        let slots = [Slot::Lobby, Slot::Sync, Slot::Reply(patient.node.id()), Slot::Sealed];
        let slot = slots[usize::from(kind % 4)];
        patient.hear(&(source, slot, data.to_vec()));
        patient.pass(Duration::from_secs(2));
    });
}

/// A flood of beacons, lines, NAKs and digests of ever new people, every one of them signed.
#[test]
fn a_flood_does_not_make_it_grow() {
    let mut patient = Patient::new();
    let all = harvest();
    for n in 0..6000_u32 {
        let mut secret = [9; 32];
        secret[..4].copy_from_slice(&(n / 3).to_be_bytes());
        let mallory = Identity::from_secret(&secret);
        let (source, slot, data) = &all[n as usize * 7 % all.len()];
        let signed = fuzzing::line(data, &mallory).or_else(|| fuzzing::frame(data, &mallory));
        patient.hear(&(*source, *slot, signed.unwrap_or_else(|| data.clone())));
        if n % 64 == 0 {
            patient.pass(Duration::from_millis(10));
        }
    }
    let (held, bytes) = patient.node.holding();
    assert!(held <= limits::MAX_HELD && bytes <= limits::MAX_HELD_BYTES, "{held} datagrams, {bytes} bytes");
    assert!(patient.node.peers().len() <= limits::MAX_PEERS.min(6000 / 3 + 100));
    assert!(patient.node.backlog() <= limits::MAX_REPAIRS, "{} wait to be sent", patient.node.backlog());
    let before = patient.sent;
    patient.pass(Duration::from_secs(10));
    assert!(patient.sent - before < 10_000, "it shouts: {} datagrams", patient.sent - before);
}

//! Numbers and clocks that cannot be, in every field of everything that mallory signs or claims.

use std::time::Duration;

use lanchat::chat::{Event, Slot, limits};

use crate::forge::{Claim, Key, Reader, digest, nak, repair};
use crate::forgery::{eve, wall};
use crate::segment::Segment;

const SECOND: Duration = Duration::from_secs(1);
const NUMBERS: [u32; 7] = [0, 1, 2, 0x7fff_ffff, 0x8000_0000, u32::MAX - 1, u32::MAX];
const CLOCKS: [u64; 5] = [0, 1, 1 << 40, (1 << 47) - 1, (1 << 48) - 1];

/// Everything that mallory can say, with one field at a time that cannot be.
fn lies(key: &Key, reader: &Reader, alice: [u8; 8], now: u64) -> Vec<(Slot, Vec<u8>)> {
    let to = Slot::Reply(lanchat::chat::PeerId(reader.id));
    let mut all = Vec::new();
    for n in NUMBERS {
        for kind in [1, 2] {
            for claim in [
                Claim { epoch: n, ..Claim::new(now) },
                Claim { count: n, ..Claim::new(now) },
                Claim { next: n, ..Claim::new(now) },
                Claim { epoch: n, count: n, next: n, ..Claim::new(now) },
            ] {
                all.push((Slot::Sync, key.beacon(&Claim { kind, ..claim })));
            }
        }
        for frame in [key.heartbeat(n, 5, 5, now), key.heartbeat(7, n, 5, now), key.heartbeat(7, 5, n, now)] {
            all.push((Slot::Sync, frame));
        }
        for (epoch, count) in [(n, 5), (7, n), (n, n)] {
            all.push((Slot::Sync, key.status_as(key.id(), epoch, count, "lunch", "away")));
            all.push((Slot::Sync, key.typing_as(key.id(), epoch, count, "lobby")));
        }
        for line in [key.line(n, 1, now, "<m> x"), key.line(7, n, now, "<m> x"), key.line(n, n, now, "<m> x")]
        {
            all.push((Slot::Lobby, line.clone()));
            all.push((Slot::Sync, repair(&line)));
        }
        for run in [(alice, 1), (alice, n), (key.id(), n), (reader.id, 1), ([n.to_be_bytes()[0]; 8], n)] {
            for other in NUMBERS {
                all.push((Slot::Sync, nak([6; 8], run, n, u16::try_from(other & 0xffff).unwrap())));
                all.push((Slot::Sync, digest([6; 8], run, n, other)));
            }
        }
        for sealed in [key.sealed(reader, n, 5, now, "private"), key.sealed(reader, 7, n, now, "private")] {
            all.push((to, sealed));
        }
        for code in 0..10 {
            let mut body = vec![code];
            for field in [7, reader.epoch, n] {
                body.extend_from_slice(&field.to_be_bytes());
            }
            body.extend_from_slice(&[0xff; 24]);
            all.push((to, key.seal(reader, n ^ u32::from(code), &body)));
        }
    }
    for clock in CLOCKS {
        for kind in [1, 2] {
            all.push((Slot::Sync, key.beacon(&Claim { kind, count: 6, ..Claim::new(clock) })));
        }
        all.push((Slot::Sync, key.heartbeat(7, 6, 5, clock)));
        all.push((Slot::Lobby, key.line(7, 9, clock, "<m> x")));
        all.push((to, key.sealed(reader, 7, 9, clock, "private")));
    }
    // The fields of a beacon that are no 32 bits: port, interval, and what it tells of the segment.
    for value in [[0, 0], [0, 1], [0xff, 0xff]] {
        for at in [54, 56, 68] {
            let mut beacon = key.beacon(&Claim { count: 7, ..Claim::new(now) });
            beacon.truncate(beacon.len() - 64);
            beacon[at..at + 2].copy_from_slice(&value);
            all.push((Slot::Sync, key.resign(beacon.clone())));
            for (kind, length) in [(4, 255), (5, 3), (5, 200), (6, 8), (9, 255)] {
                let mut more = beacon.clone();
                more.extend_from_slice(&[kind, length]);
                more.extend(std::iter::repeat_n(0xff, usize::from(length)));
                all.push((Slot::Sync, key.resign(more)));
            }
        }
    }
    all
}

#[test]
fn in_every_field() {
    let mut tried = 0;
    for (seed, from_start) in [(61, true), (62, false)] {
        let mut s = Segment::new(seed);
        let (alice, bob) = (s.add("alice"), s.add("bob"));
        s.run(10 * SECOND);
        s.say(alice, "before");
        s.run(SECOND);
        let key = Key::new(1);
        let bobs = &s.hosts[bob].identity;
        let reader = Reader { id: bobs.id().0, epoch: 1, public: bobs.public(), port: 40_000 };
        if !from_start {
            s.inject(eve(), Slot::Sync, &key.beacon(&Claim { count: 0, ..Claim::new(wall(&s)) }));
            s.run(SECOND);
        }
        let all = lies(&key, &reader, s.id(alice).0, wall(&s));
        tried += all.len();
        for (n, (slot, data)) in all.iter().enumerate() {
            s.inject(eve(), *slot, data);
            s.run(SECOND / 200);
            if n % 100 == 0 {
                s.say(alice, &format!("honest {n}"));
            }
        }
        s.run(60 * SECOND);
        let id = s.id(alice);
        let heard: Vec<_> = s.hosts[bob].heard().into_iter().filter(|l| l.peer == Some(id)).collect();
        assert_eq!(heard.len(), 1 + all.len().div_ceil(100), "every honest line, each once");
        let latest = wall(&s) + limits::MAX_CLOCK_AHEAD;
        assert!(
            s.hosts[bob].heard().iter().all(|l| l.sent_at <= latest),
            "no clock is more than ten minutes ahead"
        );
        let gap = |e: &Event| matches!(e, Event::Gap { peer, .. } if *peer == id);
        assert!(!s.hosts[bob].events.iter().any(gap), "no gap of hers");
        s.say(bob, "what time is it");
        s.run(SECOND);
        let said = s.hosts[alice].heard().last().map(|l| l.sent_at).unwrap();
        assert!(said <= latest + 2000, "nor does bob's own clock");
    }
    println!("{tried} tried");
}

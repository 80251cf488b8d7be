//! What a question brings, in bytes: of every kind of frame, from an address that nothing genuine has come from, and from
//! many such addresses. What goes by TCP proves its address before anything is said.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use lanchat::chat::{Slot, Source, limits};

use crate::forge::{Claim, Key, Reader, digest, nak, on_the_wire, repair, whois};
use crate::forgery::{eve, wall};
use crate::segment::Segment;

const SECOND: Duration = Duration::from_secs(1);

/// Bytes of headers of each datagram.
fn header() -> usize {
    on_the_wire(0, r"chat\sync", &[]).len()
}

fn address(n: u32) -> Source {
    let [_, _, c, d] = n.to_be_bytes();
    let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 100 + c, d)), 13_138);
    Source { address, ..eve() }
}

/// How a question is made: of its number and the clock.
type Make<'a> = Box<dyn Fn(u32, u64) -> (Slot, Vec<u8>) + 'a>;

#[test]
fn no_question_brings_more_than_three_times_its_bytes() {
    let mut s = Segment::new(51);
    let (alice, bob) = (s.add("alice"), s.add("bob"));
    s.depth = 100;
    s.run(10 * SECOND);
    for n in 0..60 {
        s.say(alice, &format!("line {n} {}", "long ".repeat(40)));
        s.run(SECOND / 10);
    }
    s.run(60 * SECOND);
    let run = (s.id(alice).0, 1);
    let reader = Reader { id: s.id(bob).0, epoch: 1, public: s.hosts[bob].identity.public(), port: 40_000 };
    let to_bob = Slot::Reply(s.id(bob));
    // Mallory is somebody whom bob has met; her beacons come from another's address, who would get the answers.
    let (key, stranger) = (Key::new(1), Key::new(2));
    s.inject(address(9), Slot::Sync, &key.beacon(&Claim::new(wall(&s))));
    s.run(30 * SECOND);
    let line = repair(&stranger.line(7, 1, wall(&s), "<x> y"));
    let content = |code: u8, n: u32, rest: &[u8]| {
        let mut body = vec![code];
        for n in [7, 1, n] {
            body.extend_from_slice(&n.to_be_bytes());
        }
        body.extend_from_slice(rest);
        body
    };
    let pull = nak(key.id(), run, 1, 256);
    let sealed = |n: u32, body: &[u8]| (to_bob, key.seal(&reader, n, body));
    let questions: Vec<(&str, Make<'_>)> = vec![
        ("who-is", Box::new(|_, _| (Slot::Sync, whois([6; 8], reader.id)))),
        ("who-is of another", Box::new(|_, _| (Slot::Sync, whois([6; 8], run.0)))),
        ("who-is of nobody", Box::new(|_, _| (Slot::Sync, whois([6; 8], [7; 8])))),
        ("digest", Box::new(|_, _| (Slot::Sync, digest([6; 8], run, 1, 2)))),
        (
            "solicit",
            Box::new(|n, clock| (Slot::Sync, key.beacon(&Claim { count: 10 + n, ..Claim::new(clock) }))),
        ),
        ("heartbeat", Box::new(|n, clock| (Slot::Sync, key.heartbeat(7, 1000 + n, 1, clock)))),
        ("status", Box::new(|n, _| (Slot::Sync, key.status_as(key.id(), 7, 2000 + n, "lunch", "x")))),
        ("typing", Box::new(|n, _| (Slot::Sync, key.typing_as(key.id(), 7, 3000 + n, "lobby")))),
        ("repair of a stranger", Box::new(|_, _| (Slot::Sync, line.clone()))),
        (
            "card",
            Box::new(|_, clock| {
                (
                    Slot::Sync,
                    [&[b'L', b'C', 1, 10, 0, 0], stranger.beacon(&Claim::new(clock)).as_slice()].concat(),
                )
            }),
        ),
        (
            "sealed by nobody",
            Box::new(|_, _| {
                (to_bob, [&[b'L', b'C', 1, 32], [6; 8].as_slice(), &reader.id, &[7; 80]].concat())
            }),
        ),
        (
            "unreadable",
            Box::new(|_, _| (to_bob, [&[b'L', b'C', 1, 33], [6; 8].as_slice(), &reader.id].concat())),
        ),
        ("ping", Box::new(|n, _| sealed(n, &content(3, n, &[0; 100])))),
        ("private line", Box::new(|n, clock| (to_bob, key.sealed(&reader, 7, 100_000 + n, clock, "hello")))),
        ("pull", Box::new(|n, _| sealed(n, &content(5, 200_000 + n, &pull)))),
        ("roster", Box::new(|n, _| sealed(n, &content(6, 300_000 + n, &[0; 8])))),
    ];
    for (what, make) in questions {
        let before = (s.bytes, s.sent);
        s.run(30 * SECOND);
        let usual = s.bytes - before.0 + header() * (s.sent - before.1);
        let before = (s.bytes, s.sent);
        let mut asked = 0;
        for n in 0..300 {
            let (slot, data) = make(n, wall(&s));
            s.inject(address(9), slot, &data);
            s.run(SECOND / 10);
            asked += header() + data.len();
        }
        let answered = (s.bytes - before.0 + header() * (s.sent - before.1)).saturating_sub(usual);
        println!("{what}: 300 questions of {asked} bytes brought {answered} bytes");
        assert!(answered <= 3 * asked, "{what}: {answered} bytes for {asked}");
    }
}

/// Repairs go to all, and are bounded by asker. Askers can be invented.
#[test]
fn questions_from_many_addresses_make_no_storm() {
    let mut s = Segment::new(52);
    let (alice, bob) = (s.add("alice"), s.add("bob"));
    let carol = s.add("carol");
    s.run(10 * SECOND);
    for n in 0..400 {
        s.say(alice, &format!("line {n}"));
        s.run(SECOND / 50);
    }
    s.run(40 * SECOND);
    let run = (s.id(alice).0, 1);
    s.count_lines();
    let tried = 60_000_u32;
    for n in 0..tried {
        let by = n.to_be_bytes().repeat(2).try_into().unwrap();
        let from = address(n % 4000);
        s.inject(from, Slot::Sync, &nak(by, run, 1, u16::MAX));
        s.inject(from, Slot::Sync, &digest(by, run, 1, 2 + n % 400));
        if n % 1000 == 0 {
            s.say(carol, &format!("honest {}", n / 1000));
        }
        s.run(SECOND / 4000);
    }
    s.run(5 * SECOND);
    let (repairs, rate) = (s.kinds.get(&6).copied().unwrap_or(0), limits::ASKERS_RATE);
    let bound = usize::try_from(3 * (rate.burst + 22 * rate.per_second)).unwrap();
    println!(
        "{tried} NAKs and as many digests from 4 000 addresses in 15 s: {repairs} repairs of three holders"
    );
    assert!(repairs <= bound, "{repairs} repairs");
    let honest = s.hosts[bob].texts().iter().filter(|t| t.starts_with("honest")).count();
    assert_eq!(honest, 60, "and every honest line is heard");
}

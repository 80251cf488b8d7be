//! Finding the TCP port behind a name, and the relay between the programs of one machine, over the loopback. Needs no
//! rights.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use lanchat::lan::{Lan, LanConfig};
use lanchat::mailslot::connect::{Frame, Kind, LocateError, SLOT};
use lanchat::mailslot::{Config, Mailslots, Message, Options, Scope, Server};
use lanchat::netbios::{self, Datagram, Name};
use lanchat::smb::MailslotWrite;

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(120);

/// Other tests run beside this one, under the same user.
fn private() -> Options {
    Options { scope: Scope::Program, ..Options::default() }
}

const LO: Ipv4Addr = Ipv4Addr::LOCALHOST;
const EVERYBODY: Ipv4Addr = Ipv4Addr::new(127, 255, 255, 255);

fn name(text: &str) -> Name {
    Name::new(text, 0).unwrap()
}

fn start(host: &str, port: u16) -> Mailslots {
    let lan = Lan::bind(&LanConfig { interfaces: vec!["lo".into()], port }).unwrap();
    Mailslots::start(Config { host: name(host), workgroup: name("workgroup"), lan })
}

fn create(mailslots: &Mailslots, slot: &str) -> Server {
    mailslots.create(&format!(r"\\.\mailslot\{slot}").parse().unwrap(), private()).unwrap()
}

async fn read(server: &mut Server) -> Message {
    tokio::time::timeout(LIMIT, server.read()).await.expect("no message came").unwrap()
}

/// The next datagram; the services of this thread go on meanwhile.
async fn next(socket: &UdpSocket, buffer: &mut [u8]) -> (usize, SocketAddr) {
    socket.set_nonblocking(true).unwrap();
    let received = async {
        loop {
            match socket.recv_from(buffer) {
                Ok(received) => break received,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(LIMIT, received).await.expect("no datagram came")
}

/// Waits until `condition` holds; fails rather than hang.
async fn until(condition: impl Fn() -> bool) {
    let held = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, held).await.expect("it never came true");
}

fn write(kind: netbios::Kind, id: u16, to: &str, slot: &str, data: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    MailslotWrite::new(&format!(r"\MAILSLOT\{slot}"), data).emit(&mut message);
    let mut bytes = Vec::new();
    let (source_ip, source, destination) = (Ipv4Addr::new(192, 0, 2, 10), name("stranger"), name(to));
    Datagram { kind, id, source_ip, source_port: 138, source, destination, data: &message }.emit(&mut bytes);
    bytes
}

#[tokio::test]
async fn only_the_owner_of_a_name_is_found() {
    let alice = start("alice", 0);
    let port = alice.network().port;
    // Whichever of these gets what is sent to the machine, the owner is found: it is asked through the others.
    let bobs = [start("bob", port), start("bob", port), start("bob", port)];
    let _hello = bobs[0].open(&r"\\*\mailslot\x".parse().unwrap()).write(b"so that bob is known");
    for (n, bob) in bobs.iter().enumerate() {
        let tcp = 40_000 + u16::try_from(n).unwrap();
        let offer = bob.offer(Kind::Pipe, "Echo", tcp);
        let found = alice.locate(name("bob"), Kind::Pipe, "eCHO").await.unwrap();
        assert_eq!(found, SocketAddr::from((LO, tcp)));
        drop(offer);
    }
    let _offer = bobs[1].offer(Kind::Pipe, "echo", 40_000);
    let error = alice.locate(name("bob"), Kind::Mailslot, "echo").await.unwrap_err();
    assert!(matches!(&error, LocateError::Nobody { host, .. } if *host == name("bob")), "{error}");
    assert_eq!(error.code(), 2);
    assert!(error.to_string().contains("mailslot echo"), "{error}");
}

#[tokio::test]
async fn ones_own_machine_is_asked_as_well() {
    let alice = start("alice", 0);
    let other = start("alice", alice.network().port);
    let _offers = [alice.offer(Kind::Pipe, "mine", 40_001), other.offer(Kind::Pipe, "yours", 40_002)];
    assert_eq!(alice.locate(name("alice"), Kind::Pipe, "mine").await.unwrap(), (LO, 40_001).into());
    assert_eq!(alice.locate(name("alice"), Kind::Pipe, "yours").await.unwrap(), (LO, 40_002).into());
    assert_eq!(alice.locate(name("alice"), Kind::Pipe, "nobody's").await.unwrap_err().code(), 2);
    assert_eq!(alice.locate(name("alice"), Kind::Pipe, "").await.unwrap_err().code(), 123);
    assert_eq!(alice.locate(name("nobody"), Kind::Pipe, "x").await.unwrap_err().code(), 53);
}

#[tokio::test]
async fn an_answer_needs_the_nonce_and_the_right_address_and_silence_is_the_rule() {
    let alice = start("alice", 0);
    let port = alice.network().port;
    let bob = start("bob", port);
    let _offer = bob.offer(Kind::Pipe, "echo", 40_000);
    let asker = UdpSocket::bind((LO, 0)).unwrap();
    let nonce = [7; 8];
    let questions: [(netbios::Kind, &str, Frame<'_>); 4] = [
        (netbios::Kind::Unique, "bob", Frame::Question { nonce, kind: Kind::Pipe, name: "other" }),
        (netbios::Kind::Unique, "carol", Frame::Question { nonce, kind: Kind::Pipe, name: "echo" }),
        (netbios::Kind::Group, "workgroup", Frame::Question { nonce, kind: Kind::Pipe, name: "echo" }),
        (netbios::Kind::Unique, "bob", Frame::Answer { nonce, port: 9 }),
    ];
    let to_bob = (LO, bob.reply_port());
    for (id, (kind, to, frame)) in questions.iter().enumerate() {
        let bytes = write(*kind, u16::try_from(id).unwrap(), to, SLOT, &frame.emit());
        asker.send_to(&bytes, to_bob).unwrap();
    }
    let question = Frame::Question { nonce, kind: Kind::Pipe, name: "echo" };
    let question = write(netbios::Kind::Unique, 99, "bob", SLOT, &question.emit());
    asker.send_to(&question, to_bob).unwrap();
    until(|| bob.network().counters.received == 1).await;
    let mut buffer = [0; 1500];
    let (size, from) = next(&asker, &mut buffer).await;
    assert!(size <= question.len());
    assert_eq!(from, SocketAddr::from(to_bob));
    let answer = Datagram::parse(&buffer[..size]).unwrap();
    assert_eq!((answer.kind, answer.destination), (netbios::Kind::Unique, name("stranger")));
    let answer = MailslotWrite::parse(answer.data).unwrap();
    assert_eq!(Frame::parse(answer.data), Some(Frame::Answer { nonce, port: 40_000 }));
    assert!(asker.recv_from(&mut buffer).is_err(), "one answer, to the one who asked rightly");

    // Forged answers with a wrong nonce change nothing: alice still finds nobody.
    bob.open(&r"\\*\mailslot\x".parse().unwrap()).write(b"known").unwrap();
    let forger = UdpSocket::bind((LO, 0)).unwrap();
    let to_alice = (LO, alice.reply_port());
    let lies = async {
        for id in 0..20 {
            let answer = Frame::Answer { nonce: [9; 8], port: 6_666 }.emit();
            forger.send_to(&write(netbios::Kind::Unique, id, "alice", SLOT, &answer), to_alice).unwrap();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let (found, ()) = tokio::join!(alice.locate(name("bob"), Kind::Pipe, "none"), lies);
    assert!(matches!(found, Err(LocateError::Nobody { .. })));

    // Nor does one with the right nonce, overheard, from another address.
    let ear = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None).unwrap();
    ear.set_reuse_address(true).unwrap();
    ear.bind(&SocketAddr::from((EVERYBODY, port)).into()).unwrap();
    ear.set_read_timeout(Some(LIMIT)).unwrap();
    let (ear, forger) = (UdpSocket::from(ear), UdpSocket::bind("127.0.0.2:0").unwrap());
    let forging = std::thread::spawn(move || {
        let mut buffer = [0; 1500];
        let (size, _) = ear.recv_from(&mut buffer).unwrap();
        let question = Datagram::parse(&buffer[..size]).unwrap();
        let Some(Frame::Question { nonce, .. }) =
            Frame::parse(MailslotWrite::parse(question.data).unwrap().data)
        else {
            panic!("{question:?}")
        };
        let answer = Frame::Answer { nonce, port: 6_666 }.emit();
        forger.send_to(&write(netbios::Kind::Unique, 1, "alice", SLOT, &answer), to_alice).unwrap();
    });
    let found = alice.locate(name("bob"), Kind::Pipe, "none").await;
    assert!(matches!(found, Err(LocateError::Nobody { .. })), "{found:?}");
    forging.join().unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_directed_datagram_finds_the_program_that_serves_the_slot() {
    let first = start("bob", 0);
    let port = first.network().port;
    let all = [first, start("bob", port), start("bob", port)];
    let stranger = UdpSocket::bind((LO, 0)).unwrap();
    let mut id = 0;
    for (n, bob) in all.iter().enumerate() {
        let mut server = create(bob, "inbox");
        id += 1;
        let data = format!("to number {n}");
        let bytes = write(netbios::Kind::Unique, id, "bob", "inbox", data.as_bytes());
        stranger.send_to(&bytes, (LO, port)).unwrap();
        let heard = read(&mut server).await;
        assert_eq!(heard.data, data.as_bytes());
        assert_eq!(heard.source.address, stranger.local_addr().unwrap(), "who really wrote it");
        assert!(heard.source.directed);
        assert!(server.try_read().is_err(), "once");
    }
    let relayed: u64 = all.iter().map(|bob| bob.network().counters.relayed).sum();
    assert_eq!(relayed, 3, "each once, whoever serves it");
    // What nobody serves goes round once and no further.
    stranger.send_to(&write(netbios::Kind::Unique, 99, "bob", "none", b"x"), (LO, port)).unwrap();
    let mut end = create(&all[0], "end");
    stranger.send_to(&write(netbios::Kind::Unique, 101, "bob", "end", b"x"), (LO, port)).unwrap();
    read(&mut end).await;
    let relayed: u64 = all.iter().map(|bob| bob.network().counters.relayed).sum();
    assert_eq!(relayed, 5);
    let counters = all.each_ref().map(|bob| bob.network().counters);
    assert!(counters.iter().all(|c| c.rejected == 0 && c.duplicates == 0), "{counters:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn every_owner_of_a_slot_on_a_machine_hears_what_is_sent_to_the_machine() {
    let first = start("bob", 0);
    let port = first.network().port;
    let all = [first, start("bob", port), start("bob", port)];
    let mut servers = all.each_ref().map(|bob| create(bob, "inbox"));
    let stranger = UdpSocket::bind((LO, 0)).unwrap();
    for id in 0..3 {
        let bytes = write(netbios::Kind::Unique, id, "bob", "inbox", &[u8::try_from(id).unwrap()]);
        stranger.send_to(&bytes, (LO, port)).unwrap();
    }
    for server in &mut servers {
        for id in 0..3 {
            let heard = read(server).await;
            assert_eq!(heard.data, [id], "each once, in order");
            assert_eq!(heard.source.address, stranger.local_addr().unwrap());
        }
    }
    // What comes to a reply port is for one program only.
    let bytes = write(netbios::Kind::Unique, 9, "bob", "inbox", b"private");
    stranger.send_to(&bytes, (LO, all[1].reply_port())).unwrap();
    assert_eq!(read(&mut servers[1]).await.data, b"private");
    let bytes = write(netbios::Kind::Unique, 10, "bob", "inbox", b"end");
    stranger.send_to(&bytes, (LO, port)).unwrap();
    for server in &mut servers {
        assert_eq!(read(server).await.data, b"end");
    }
    let counters = all.each_ref().map(|bob| bob.network().counters);
    assert_eq!(counters.each_ref().map(|c| c.received), [4, 5, 4]);
    assert!(counters.iter().all(|c| c.rejected + c.dropped + c.duplicates == 0), "{counters:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_flood_of_directed_datagrams_is_relayed_within_bounds() {
    let bob = start("bob", 0);
    let port = bob.network().port;
    let stranger = UdpSocket::bind((LO, 0)).unwrap();
    let before = tokio::time::Instant::now();
    for id in 0..3000 {
        stranger.send_to(&write(netbios::Kind::Unique, id, "bob", "none", b"x"), (LO, port)).unwrap();
        if id % 50 == 0 {
            let seen = || {
                let c = bob.network().counters;
                c.relayed + c.dropped
            };
            until(|| seen() == u64::from(id) + 1).await;
        }
    }
    let most = 1000 * (2 + before.elapsed().as_secs());
    assert!(bob.network().counters.relayed <= most, "{:?}", bob.network().counters);
}

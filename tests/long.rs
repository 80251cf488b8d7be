//! Messages over 424 bytes to one machine, over the loopback. Needs no rights.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use lanchat::lan::{Lan, LanConfig};
use lanchat::mailslot::connect::Kind;
use lanchat::mailslot::long::{Head, Verdict};
use lanchat::mailslot::{Client, Config, MAX_LONG, Mailslots, Message, Options, Scope, Server, WriteError};
use lanchat::netbios::Name;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(120);

/// Other tests run beside this one, under the same user.
fn private() -> Options {
    Options { scope: Scope::Program, ..Options::default() }
}

fn name(text: &str) -> Name {
    Name::new(text, 0).unwrap()
}

fn start(host: &str, port: u16) -> Mailslots {
    let lan = Lan::bind(&LanConfig { interfaces: vec!["lo".into()], port }).unwrap();
    Mailslots::start(Config { host: name(host), workgroup: name("workgroup"), lan })
}

fn create(mailslots: &Mailslots, slot: &str, options: Options) -> Server {
    mailslots.create(&format!(r"\\.\mailslot\{slot}").parse().unwrap(), options).unwrap()
}

fn open(mailslots: &Mailslots, path: &str) -> Client {
    mailslots.open(&path.parse().unwrap())
}

async fn read(server: &mut Server) -> Message {
    tokio::time::timeout(LIMIT, server.read()).await.expect("no message came").unwrap()
}

/// Alice, who has heard of bob, and bob, who accepts long messages.
async fn pair() -> (Mailslots, Mailslots) {
    let alice = start("alice", 0);
    let bob = start("bob", alice.network().port);
    bob.accept_long().await.unwrap();
    bob.accept_long().await.unwrap();
    let mut hello = create(&alice, "hello", private());
    open(&bob, r"\\*\mailslot\hello").write(b"here").unwrap();
    read(&mut hello).await;
    (alice, bob)
}

async fn long_port(alice: &Mailslots, slot: &str) -> SocketAddr {
    alice.locate(name("bob"), Kind::Mailslot, slot).await.unwrap()
}

#[tokio::test]
async fn a_long_message_arrives_whole_with_its_source() {
    let (alice, bob) = pair().await;
    let mut server = create(&bob, r"logs\Big", private());
    let client = open(&alice, r"\\bob\mailslot\LOGS\big");
    for size in [425, 1000, MAX_LONG] {
        let data: Vec<u8> = (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect();
        client.send(&data).await.unwrap();
        let message = read(&mut server).await;
        assert!(message.data == data, "{size}");
        assert_eq!((message.source.name, message.source.directed), (name("alice"), true));
        assert_eq!(message.source.address.ip(), Ipv4Addr::LOCALHOST);
    }
    // What fits into a datagram goes in one; between programs of one machine it comes from the reply port.
    client.send(&[7; 424]).await.unwrap();
    let message = read(&mut server).await;
    assert_eq!((message.data.len(), message.source.address.port()), (424, alice.network().reply_port));
}

#[tokio::test]
async fn each_way_to_fail_has_its_code() {
    let (alice, bob) = pair().await;
    let small = Options { max_message: Some(1000), queue_messages: 1, ..private() };
    let mut server = create(&bob, "small", small);
    let client = open(&alice, r"\\bob\mailslot\small");
    let error = client.send(&vec![0; MAX_LONG + 1]).await.unwrap_err();
    assert!(matches!(error, WriteError::TooLong { bytes: 64_001, limit: MAX_LONG }), "{error}");
    assert_eq!(error.code(), 87);
    let error = client.send(&[0; 1001]).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused { bytes: 1001 }), "{error}");
    client.send(&[0; 1000]).await.unwrap();
    assert!(matches!(client.send(&[0; 1000]).await.unwrap_err(), WriteError::Full));
    assert_eq!(read(&mut server).await.data.len(), 1000);

    let error = open(&alice, r"\\bob\mailslot\none").send(&[0; 1000]).await.unwrap_err();
    assert!(matches!(&error, WriteError::NoReader { slot, .. } if slot == "none"), "{error}");
    assert_eq!(error.code(), 53);
    let error = open(&alice, r"\\nobody\mailslot\small").send(&[0; 1000]).await.unwrap_err();
    assert!(matches!(error, WriteError::Unknown(_)), "{error}");
    for many in [r"\\*\mailslot\small", r"\\workgroup\mailslot\small"] {
        let error = open(&alice, many).send(&[0; 425]).await.unwrap_err();
        assert!(matches!(error, WriteError::TooLong { bytes: 425, limit: 424 }), "{error}");
        assert_eq!(error.code(), 53);
        open(&alice, many).send(&[0; 424]).await.unwrap();
        assert_eq!(read(&mut server).await.data.len(), 424);
    }
}

#[tokio::test]
async fn another_program_of_ones_own_machine_is_reached_by_the_machines_name() {
    let (_alice, bob) = pair().await;
    let other = start("bob", bob.network().port);
    let mut server = create(&bob, "big", private());
    let client = open(&other, r"\\bob\mailslot\big");
    for size in [3, 5000] {
        client.send(&vec![9; size]).await.unwrap();
        let message = read(&mut server).await;
        assert_eq!(message.data.len(), size);
        assert!(message.source.own && message.source.directed);
    }
}

#[tokio::test]
async fn nonsense_and_silence_end_a_connection() {
    let (alice, bob) = pair().await;
    let mut server = create(&bob, "big", private());
    let to = long_port(&alice, "big").await;
    let mut head = Vec::new();
    Head { source: name("eve"), slot: 3, data: 64_000 }.emit(&mut head);
    let mut end = Vec::new();

    let mut wrong = TcpStream::connect(to).await.unwrap();
    wrong.write_all(b"GET / HTTP/1.1\r\nHost: whatever\r\n\r\n").await.unwrap();
    let _ = wrong.read_to_end(&mut end).await; // a reset is as good
    assert!(end.is_empty());

    // Several messages, one after the other; then half of one.
    let mut stream = TcpStream::connect(to).await.unwrap();
    for (slot, verdict) in [("big", Verdict::Taken), ("bug", Verdict::NoSlot), ("\u{fc}", Verdict::NoSlot)] {
        let mut bytes = Vec::new();
        Head { source: name("eve"), slot: u8::try_from(slot.len()).unwrap(), data: 2 }.emit(&mut bytes);
        bytes.extend_from_slice(slot.as_bytes());
        bytes.extend_from_slice(b"hi");
        stream.write_all(&bytes).await.unwrap();
        assert_eq!(Verdict::from_code(stream.read_u8().await.unwrap()), Some(verdict));
    }
    assert_eq!(read(&mut server).await.data, b"hi");
    stream.write_all(&head).await.unwrap();
    stream.write_all(b"big and then nothing").await.unwrap();
    tokio::time::pause(); // whoever waits for time to pass need not
    assert_eq!(stream.read_to_end(&mut end).await.unwrap_or_default(), 0);
    assert!(server.try_read().is_err());
}

#[tokio::test]
async fn one_address_has_a_few_connections_at_a_time() {
    let (alice, bob) = pair().await;
    let _server = create(&bob, "big", private());
    let to = long_port(&alice, "big").await;
    let before = bob.network().counters.rejected;
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(TcpStream::connect(to).await.unwrap());
    }
    let mut ninth = TcpStream::connect(to).await.unwrap();
    let mut nothing = Vec::new();
    let closed = tokio::time::timeout(LIMIT, ninth.read_to_end(&mut nothing)).await;
    assert_eq!(closed.expect("it is closed").unwrap_or_default(), 0);
    assert_eq!(bob.network().counters.rejected, before + 1, "refused, not silent for too long");
    let client = self::open(&alice, r"\\bob\mailslot\big");
    let error = client.send(&[0; 1000]).await.unwrap_err();
    assert!(matches!(error, WriteError::Busy(host) if host == name("bob")), "{error}");
    assert_eq!(error.code(), 71);
    drop(open.pop());
    // When one has gone there is room again.
    let sent = async {
        while client.send(&[0; 1000]).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, sent).await.expect("room again");
}

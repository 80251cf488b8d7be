//! Mailslots over the loopback: what two programs on one machine hear of each other. Needs no rights.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::time::Duration;

use lanchat::lan::{Lan, LanConfig};
use lanchat::mailslot::{
    Config, Mailslots, Message, Options, ReadError, ReadTimeout, Scope, Server, WriteError,
};
use lanchat::netbios::name_service::{Answer, Owner, Owners, Query, Response};
use lanchat::netbios::{Datagram, Kind, Name};
use lanchat::smb::MailslotWrite;

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(120);

const BROADCAST: Ipv4Addr = Ipv4Addr::new(127, 255, 255, 255);

fn name(text: &str) -> Name {
    Name::new(text, 0).unwrap()
}

fn start_in(workgroup: &str, host: &str, port: u16) -> Mailslots {
    let lan = Lan::bind(&LanConfig { interfaces: vec!["lo".into()], port }).unwrap();
    Mailslots::start(Config { host: name(host), workgroup: name(workgroup), lan })
}

fn start(host: &str, port: u16) -> Mailslots {
    start_in("workgroup", host, port)
}

/// Several programs' slots of one name are in this process.
fn private() -> Options {
    Options { scope: Scope::Program, ..Options::default() }
}

fn create(mailslots: &Mailslots, slot: &str) -> Server {
    mailslots.create(&format!(r"\\.\mailslot\{slot}").parse().unwrap(), private()).unwrap()
}

fn write(mailslots: &Mailslots, path: &str, data: &[u8]) -> Result<(), WriteError> {
    mailslots.open(&path.parse().unwrap()).write(data)
}

/// The next message; fails rather than hang.
async fn read(server: &mut Server) -> Message {
    tokio::time::timeout(LIMIT, server.read()).await.expect("no message came").unwrap()
}

/// Everything that comes before `last`.
async fn read_until(server: &mut Server, last: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        match read(server).await.data {
            data if data == last => return all,
            data => all.push(data),
        }
    }
}

/// A program that shares the segment but is not ours.
struct Stranger {
    socket: UdpSocket,
    to: SocketAddr,
}

impl Stranger {
    fn new(mailslots: &Mailslots) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_broadcast(true).unwrap();
        Self { socket, to: SocketAddrV4::new(BROADCAST, mailslots.network().port).into() }
    }

    fn send(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.to).unwrap();
    }
}

fn datagram(id: u16, kind: Kind, destination: Name, slot: &str, data: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    MailslotWrite::new(&format!(r"\MAILSLOT\{slot}"), data).emit(&mut message);
    let mut bytes = Vec::new();
    let (source_ip, source) = (Ipv4Addr::new(192, 0, 2, 10), name("stranger"));
    Datagram { kind, id, source_ip, source_port: 138, source, destination, data: &message }.emit(&mut bytes);
    bytes
}

#[tokio::test]
async fn two_services_hear_each_others_broadcasts_once() {
    let alice = start("alice", 0);
    let port = alice.network().port;
    let bob = start("bob", port);
    let (mut at_alice, mut at_bob) = (create(&alice, "chat"), create(&bob, "CHAT"));

    write(&alice, r"\\*\mailslot\chat", b"from alice").unwrap();
    let heard = read(&mut at_bob).await;
    assert_eq!(heard.data, b"from alice");
    assert_eq!(heard.slot.as_str(), "CHAT");
    assert_eq!(heard.source.name, name("alice"));
    assert_eq!(heard.source.address, SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    assert_eq!(heard.source.claimed, Ipv4Addr::LOCALHOST);
    assert!(heard.source.own && !heard.source.directed);
    #[cfg(target_os = "linux")]
    assert_ne!(heard.source.interface, 0);

    write(&bob, r"\\workgroup\mailslot\Chat", b"from bob").unwrap();
    assert_eq!(read_until(&mut at_alice, b"from bob").await, [b"from alice"]);
    write(&alice, "//*/mailslot/chat", b"end").unwrap();
    assert_eq!(read_until(&mut at_bob, b"end").await, [b"from bob"]);

    let counters = bob.network().counters;
    assert_eq!((counters.sent, counters.received), (1, 2), "one's own echo is no message received");
    assert_eq!((counters.duplicates, counters.rejected, counters.dropped), (0, 0, 0));
}

#[tokio::test]
async fn a_directed_write_reaches_the_owner_of_the_port_alone() {
    let alice = start("alice", 0);
    let port = alice.network().port;
    let (bob, carol) = (start("bob", port), start("bob", port));
    let (mut at_bob, mut at_carol) = (create(&bob, "chat"), create(&carol, "chat"));

    let to = SocketAddr::from((Ipv4Addr::LOCALHOST, bob.reply_port()));
    alice.open_at(to, name("bob"), "chat".parse().unwrap()).write(b"for you").unwrap();
    let heard = read(&mut at_bob).await;
    assert_eq!(heard.data, b"for you");
    assert!(heard.source.directed);
    assert_eq!(heard.source.address.port(), alice.reply_port(), "an answer to it reaches alice alone");

    write(&alice, r"\\*\mailslot\chat", b"for all").unwrap();
    assert_eq!(read_until(&mut at_carol, b"for all").await, Vec::<Vec<u8>>::new());
    assert_eq!(read_until(&mut at_bob, b"for all").await, Vec::<Vec<u8>>::new());

    alice.open_at(to, name("mallory"), "chat".parse().unwrap()).write(b"for another name").unwrap();
    alice.open_at(to, name("bob"), "chat".parse().unwrap()).write(b"end").unwrap();
    assert_eq!(read_until(&mut at_bob, b"end").await, Vec::<Vec<u8>>::new());
    assert_eq!(bob.network().counters.rejected, 1);
}

#[tokio::test]
async fn an_ipv6_address_is_written_to_on_a_link_in_use_only() {
    let alice = start("alice", 0);
    let mut server = create(&alice, "chat");
    // The loopback is not used for IPv6, and nothing is routed to other networks.
    for to in ["[fe80::1%1]:13138", "[fe80::1]:13138", "[2001:db8::1]:13138", "[::1]:13138"] {
        let error =
            alice.open_at(to.parse().unwrap(), name("bob"), "chat".parse().unwrap()).write(b"x").unwrap_err();
        assert!(matches!(error, WriteError::Network(_)), "{to}: {error}");
    }
    write(&alice, r"\\*\mailslot\chat", b"IPv4 goes on").unwrap();
    assert_eq!(read(&mut server).await.data, b"IPv4 goes on");
    assert_eq!(alice.network().counters.sent, 1);
}

#[tokio::test]
async fn a_computer_is_known_by_name_once_it_was_heard() {
    let bob = start("bob", 0);
    let alice = start("alice", bob.network().port);
    let (mut at_alice, mut at_bob) = (create(&alice, "chat"), create(&bob, "chat"));
    let error = write(&alice, r"\\bob\mailslot\chat", b"who?").unwrap_err();
    assert!(matches!(error, WriteError::Unknown(_)));
    assert_eq!(error.code(), 53);

    write(&bob, r"\\*\mailslot\chat", b"here I am").unwrap();
    read(&mut at_alice).await;
    alice.open(&r"\\bob\mailslot\chat".parse().unwrap()).resolve().await.unwrap();
    // What is sent to the shared port reaches the program that bound it last, which is alice's: it must not end there.
    write(&alice, r"\\bob\mailslot\chat", b"hello bob").unwrap();
    assert_eq!(read(&mut at_bob).await.data, b"here I am");
    let heard = read(&mut at_bob).await;
    assert_eq!(heard.data, b"hello bob");
    assert!(heard.source.directed);
    assert_eq!(
        heard.source.address.port(),
        alice.network().reply_port,
        "programs of one machine by their own"
    );
}

#[tokio::test]
async fn a_name_that_nobody_answers_to_stays_unknown() {
    let alice = start("alice", 0);
    let nobody = alice.open(&r"\\nobody\mailslot\chat".parse().unwrap());
    let error = nobody.resolve().await.unwrap_err();
    assert!(error.to_string().contains("NOBODY"), "{error}");
    assert_eq!(error.code(), 53);
    alice.open(&r"\\workgroup\mailslot\chat".parse().unwrap()).resolve().await.unwrap();
}

/// A service, and a socket on the port before the service's: that of the name service.
fn start_with_name_service() -> (Mailslots, UdpSocket) {
    for _ in 0..1000 {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let config = |port| LanConfig { interfaces: vec!["lo".into()], port };
        if let Some(Ok(lan)) = port.checked_add(1).map(|next| Lan::bind(&config(next))) {
            let (host, workgroup) = (name("alice"), name("workgroup"));
            return (Mailslots::start(Config { host, workgroup, lan }), socket);
        }
    }
    panic!("no two neighbouring ports are free");
}

#[tokio::test]
async fn a_computer_that_answers_a_name_query_can_be_written_to() {
    let (alice, name_service) = start_with_name_service();
    name_service.set_read_timeout(Some(LIMIT)).unwrap();
    let end = SocketAddr::from((Ipv4Addr::LOCALHOST, name_service.local_addr().unwrap().port()));
    let answering = std::thread::spawn(move || {
        let mut buffer = [0; 100];
        let mut questions = Vec::new();
        loop {
            let (size, asker) = name_service.recv_from(&mut buffer).unwrap();
            let Ok(query) = Query::parse(&buffer[..size]) else { return questions };
            let entries = [Owner { group: false, address: Ipv4Addr::LOCALHOST }.to_bytes()];
            let answer = Answer::Positive { ttl: 0, owners: Owners::new(&entries) };
            let id = if questions.is_empty() { query.id ^ 1 } else { query.id }; // the first answer is a wrong one
            let mut bytes = Vec::new();
            Response { id, name: query.name, answer }.emit(&mut bytes);
            name_service.send_to(&bytes, asker).unwrap();
            questions.push(query);
        }
    });
    let bob = alice.open(&r"\\bob\mailslot\chat".parse().unwrap());
    assert_eq!(bob.write(b"too early").unwrap_err().code(), 53);
    // Who does not answer within 750 ms is taken for nobody: then it is asked again.
    let found = async { while bob.resolve().await.is_err() {} };
    tokio::time::timeout(LIMIT, found).await.expect("an answer");
    bob.write(b"hello").unwrap();
    UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"no question", end).unwrap();
    let questions = answering.join().unwrap();
    assert!(questions.len() > 1, "the wrong answer is none");
    assert!(questions.iter().all(|q| q.name == name("bob") && q.broadcast));
    assert_eq!(alice.network().counters.sent, 1, "queries are no mailslot datagrams");
}

#[tokio::test]
async fn another_workgroup_is_not_heard() {
    let alice = start("alice", 0);
    let other = start_in("accounting", "bob", alice.network().port);
    let mut at_alice = create(&alice, "chat");
    write(&other, r"\\*\mailslot\chat", b"secret").unwrap();
    write(&alice, r"\\*\mailslot\chat", b"end").unwrap();
    assert_eq!(read_until(&mut at_alice, b"end").await, Vec::<Vec<u8>>::new());
    assert_eq!(alice.network().counters.rejected, 1);
}

#[tokio::test]
async fn writes_to_the_network_take_424_bytes_and_local_ones_any() {
    let alice = start("alice", 0);
    let mut server = create(&alice, "chat");
    for path in [r"\\*\mailslot\chat", r"\\workgroup\mailslot\chat", r"\\bob\mailslot\chat"] {
        let error = write(&alice, path, &[7; 425]).unwrap_err();
        assert!(matches!(error, WriteError::TooLong { bytes: 425, limit: 424 }), "{path}: {error}");
        assert_eq!(error.code(), 53);
    }
    assert_eq!(server.try_read(), Err(ReadError::Timeout));
    write(&alice, r"\\*\mailslot\chat", &[7; 424]).unwrap();
    assert_eq!(read(&mut server).await.data.len(), 424);
    write(&alice, r"\\.\mailslot\chat", &vec![7; 65_536]).unwrap();
    assert_eq!(read(&mut server).await.data.len(), 65_536);
    write(&alice, r"\\*\mailslot\chat", b"").unwrap();
    assert_eq!(read(&mut server).await.data, b"");
}

#[tokio::test]
async fn duplicates_fragments_and_garbage_are_counted_and_not_delivered() {
    let alice = start("alice", 0);
    let mut server = create(&alice, "chat");
    let stranger = Stranger::new(&alice);
    let group = name("workgroup");

    let good = datagram(1, Kind::Group, group, "Chat", b"one");
    stranger.send(&good);
    stranger.send(&good);
    Stranger::new(&alice).send(&good); // from another port, as by another interface
    let mut first_fragment = datagram(2, Kind::Group, group, "chat", b"fragment");
    first_fragment[1] |= 1; // more follow
    stranger.send(&first_fragment);
    let mut later_fragment = datagram(3, Kind::Group, group, "chat", b"fragment");
    later_fragment[13] = 5; // offset
    stranger.send(&later_fragment);
    stranger.send(b"garbage");
    stranger.send(b"");
    stranger.send(&[0xff; 3000]);
    stranger.send(&datagram(4, Kind::Group, group, "no such slot", b"x"));
    stranger.send(&datagram(5, Kind::Unique, group, "chat", b"a group's name, but to one"));
    stranger.send(&datagram(6, Kind::Unique, name("bob"), "chat", b"another machine"));
    stranger.send(&datagram(7, Kind::Unique, name("alice"), "chat", b"directed"));
    stranger.send(&datagram(8, Kind::Broadcast, Name::WILDCARD, "chat", b"to all"));
    stranger.send(&datagram(1, Kind::Group, group, "chat", b"end")); // same number, other data

    let expected: [&[u8]; 3] = [b"one", b"directed", b"to all"];
    assert_eq!(read_until(&mut server, b"end").await, expected);
    let counters = alice.network().counters;
    assert_eq!(counters.received, 4);
    assert_eq!(counters.duplicates, 2);
    assert_eq!(counters.rejected, 8);
    assert_eq!(counters.sent, 0);
    stranger.socket.set_nonblocking(true).unwrap();
    assert!(stranger.socket.recv(&mut [0; 9]).is_err(), "nothing is ever answered");
}

#[tokio::test]
async fn a_full_slot_drops_the_newest_and_counts_it() {
    let alice = start("alice", 0);
    let options = Options { queue_messages: 2, max_message: Some(5), ..private() };
    let mut small = alice.create(&r"\\.\mailslot\small".parse().unwrap(), options).unwrap();
    let mut end = create(&alice, "end");
    for data in [&b"1"[..], b"too long", b"2", b"3"] {
        write(&alice, r"\\*\mailslot\small", data).unwrap();
    }
    write(&alice, r"\\*\mailslot\end", b"end").unwrap();
    read(&mut end).await;
    let info = small.info();
    assert_eq!((info.waiting, info.next, info.dropped, info.max_message), (2, Some(1), 2, Some(5)));
    assert_eq!(alice.network().counters.dropped, 2);
    assert_eq!(write(&alice, r"\\.\mailslot\small", b"4").unwrap_err().code(), 1450);
    assert_eq!(write(&alice, r"\\.\mailslot\small", b"too long").unwrap_err().code(), 87);
    assert_eq!(read(&mut small).await.data, b"1");
    assert_eq!(read(&mut small).await.data, b"2");
    assert_eq!(small.try_read(), Err(ReadError::Timeout));
}

#[tokio::test]
async fn a_slot_exists_while_its_server_does() {
    let alice = start("alice", 0);
    let server = create(&alice, "x");
    let path = r"\\.\mailslot\X".parse().unwrap();
    assert_eq!(alice.create(&path, private()).unwrap_err().code(), 183);
    drop(server);
    assert_eq!(write(&alice, r"\\.\mailslot\x", b"").unwrap_err().code(), 2);
    let mut server = alice.create(&path, private()).unwrap();
    assert_eq!(alice.create(&r"\\*\mailslot\y".parse().unwrap(), Options::default()).unwrap_err().code(), 3);

    write(&alice, r"\\.\mailslot\x", b"last").unwrap();
    alice.close();
    assert_eq!(read(&mut server).await.data, b"last");
    assert_eq!(server.read().await, Err(ReadError::Closed));
}

#[tokio::test]
async fn the_port_is_free_again_when_the_service_is_dropped() {
    let alice = start("alice", 0);
    let port = alice.network().port;
    let server = create(&alice, "x");
    let client = alice.open(&r"\\*\mailslot\x".parse().unwrap());
    drop((alice, server, client));
    // A socket that does not share the port can be bound only when ours are gone.
    let freed = async {
        while UdpSocket::bind(("0.0.0.0", port)).is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, freed).await.expect("the service still holds its port");
}

#[tokio::test]
async fn reads_wait_as_long_as_they_are_told() {
    let alice = start("alice", 0);
    let mut server = create(&alice, "x");
    tokio::time::pause();
    for (timeout, millis) in [(ReadTimeout::Immediate, 0), (ReadTimeout::After(Duration::from_secs(1)), 1000)]
    {
        server.set_read_timeout(timeout);
        assert_eq!(server.info().read_timeout, timeout);
        let start = tokio::time::Instant::now();
        assert_eq!(server.read().await, Err(ReadError::Timeout));
        let waited = start.elapsed().as_millis();
        assert!((millis..=millis + 1).contains(&waited), "{waited} ms");
    }
    server.set_read_timeout(ReadTimeout::Forever);
    let later = async {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        write(&alice, r"\\.\mailslot\x", b"at last").unwrap();
    };
    let (message, ()) = tokio::join!(server.read(), later);
    assert_eq!(message.unwrap().data, b"at last");
}

#[tokio::test]
async fn one_slot_takes_what_is_written_below_it() {
    let alice = start("alice", 0);
    let below = Options { below: true, ..Options::default() };
    let mut rooms = alice.create(&r"\\.\mailslot\chat\rooms".parse().unwrap(), below).unwrap();
    let mut own = create(&alice, r"chat\rooms\own");
    let mut chat = create(&alice, "chat");
    for slot in
        [r"chat\rooms\Lunch", r"chat\rooms\own", r"chat\roomsy", "chat", r"chat\rooms", r"chat\rooms\a\b"]
    {
        write(&alice, &format!(r"\\*\mailslot\{slot}"), slot.as_bytes()).unwrap();
    }
    for slot in [r"chat\rooms\Lunch", r"chat\rooms", r"chat\rooms\a\b"] {
        let message = read(&mut rooms).await;
        assert_eq!((message.slot.as_str(), message.data), (slot, slot.as_bytes().to_vec()));
    }
    assert_eq!(read(&mut own).await.data, br"chat\rooms\own");
    assert_eq!(read(&mut chat).await.data, b"chat");
    assert!(rooms.try_read().is_err() && chat.try_read().is_err());
    let name: lanchat::mailslot::SlotName = r"chat\rooms".parse().unwrap();
    assert_eq!(name.below(r"CHAT\Rooms\lunch"), Some("lunch"));
    for other in [r"chat\rooms", r"chat\rooms\", r"chat\roomsy\x", "x"] {
        assert_eq!(name.below(other), None, "{other}");
    }
}

//! Poisoned names: a neighbour with sockets of its own claims whatever it likes about the names of others, as fast as it can,
//! while private lines go to a peer of the chat and messages to `\\name\…`. Also, what the name service answers, in bytes.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use lanchat::lan::{self, LanConfig};
use lanchat::mailslot::{Config, Mailslots, Options, Scope};
use lanchat::netbios::name_service::{Answer, Claim, Owner, Owners, Query, Refusal, Response, StatusQuery};
use lanchat::netbios::{Kind, Name};

use crate::forge::packet;
use crate::lab::{Lan, SOON, Terminal};

const SEGMENT: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 255);
const MALLORY: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 3);
const DAVE: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 4);

fn name(text: &str) -> Name {
    Name::new(text, 0).unwrap()
}

fn emitted(emit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    emit(&mut out);
    out
}

/// Answers to a query that no honest one gives: another number, another name, another's address, or one far away.
fn lies(query: &Query) -> Vec<Vec<u8>> {
    let response = |id, name, address| {
        let owners = [Owner { group: false, address }.to_bytes()];
        let answer = Answer::Positive { ttl: 300, owners: Owners::new(&owners) };
        emitted(|out| Response { id, name, answer }.emit(out))
    };
    let mut all: Vec<_> = (1..40).map(|n| response(query.id ^ n, query.name, MALLORY)).collect();
    all.push(response(query.id, name("another"), MALLORY));
    for address in [DAVE, Ipv4Addr::new(8, 8, 8, 8), Ipv4Addr::UNSPECIFIED, SEGMENT, Ipv4Addr::LOCALHOST] {
        all.push(response(query.id, query.name, address));
    }
    all
}

/// Mallory answers each query that she hears with lies, before and after the owner does, and claims and refuses names.
fn liar(socket: UdpSocket, over: Arc<AtomicBool>, tried: Arc<AtomicUsize>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let (mut buffer, mut n) = ([0; 1500], 0_u16);
        let all = SocketAddr::from((SEGMENT, 13_137));
        while !over.load(Ordering::Relaxed) {
            if let Ok((length, from)) = socket.recv_from(&mut buffer)
                && let Ok(query) = Query::parse(&buffer[..length])
            {
                for lie in lies(&query) {
                    let _ = socket.send_to(&lie, from);
                    tried.fetch_add(1, Ordering::Relaxed);
                }
            }
            n = n.wrapping_add(1);
            let owner = Owner { group: false, address: MALLORY };
            for of in ["HOST0", "HOST1", "WORKGROUP"] {
                let name = name(of);
                let refusal = Refusal { id: n, name, code: Refusal::ACTIVE, owner };
                for lie in [emitted(|o| Claim { id: n, name, owner }.emit(o)), emitted(|o| refusal.emit(o))] {
                    let _ = socket.send_to(&lie, all);
                    tried.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    })
}

#[test]
fn private_lines_go_to_the_key_whoever_claims_the_name() {
    let Some(lan) = Lan::new(4) else { return };
    let alice = Terminal::start_on(lan.host(0), "alice", 100, 30);
    let bob = lan.host(1).chat("bob");
    bob.meets("alice");
    alice.shows("bob");
    let (over, tried) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let liar = liar(lan.host(2).socket(13_137), Arc::clone(&over), Arc::clone(&tried));
    let socket = lan.host(2).socket(13_138);
    socket.set_nonblocking(true).unwrap();
    let (mut stolen, mut buffer) = (0, [0; 2048]);
    let mut alice = alice;
    for n in 0..20_u16 {
        // In bob's name, to all slots that there are: whoever believed it would send to mallory.
        for (m, slot) in (0..).zip(["chat", r"chat\sync", "anything"]) {
            let mut lie = packet(0, Kind::Group, slot, b"here I am");
            lie[2..4].copy_from_slice(&(n * 10 + m).to_be_bytes());
            lie[14..46].copy_from_slice(&emitted(|out| name("HOST1").encode(out))[1..33]);
            socket.send_to(&lie, (SEGMENT, 13_138)).unwrap();
            tried.fetch_add(1, Ordering::Relaxed);
        }
        alice.press(&format!("/msg bob secret {n}\r"));
        bob.wait_for(SOON, "private line", |lines| {
            lines.iter().any(|l| l["text"] == format!("secret {n}") && l["private"] == true).then_some(())
        });
        while let Ok((length, _)) = socket.recv_from(&mut buffer) {
            let for_bob = buffer[..length].windows(8).any(|w| w == br"chat\to\");
            stolen += usize::from(for_bob);
        }
    }
    over.store(true, Ordering::Relaxed);
    liar.join().unwrap();
    let tried = tried.load(Ordering::Relaxed);
    println!("{tried} lies about names; of 20 private lines mallory got {stolen}");
    assert_eq!(stolen, 0, "of {tried} lies");
}

#[test]
fn messages_to_a_name_go_to_nobody_that_it_does_not_stand_for() {
    let Some(lan) = Lan::new(4) else { return };
    let start = |host: &str| {
        let lan = lan::Lan::bind(&LanConfig { interfaces: vec!["e0".into()], port: 13_138 }).unwrap();
        Mailslots::start(Config { host: name(host), workgroup: name("workgroup"), lan })
    };
    let private = Options { scope: Scope::Program, ..Options::default() };
    let (over, tried) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let liar = liar(lan.host(2).socket(13_137), Arc::clone(&over), Arc::clone(&tried));
    let elsewhere = [2, 3].map(|host| lan.host(host).socket(13_138));
    let heard = std::thread::scope(|scope| {
        let (ready, bob_is) = std::sync::mpsc::channel();
        let segment = &lan;
        let bob = scope.spawn(move || {
            segment.host(1).run(|| async {
                let bob = start("bob");
                let mut inbox = bob.create(&r"\\.\mailslot\inbox".parse().unwrap(), private).unwrap();
                bob.claim_name();
                let mut state = bob.name_state();
                let ours = state.wait_for(|s| *s == lanchat::mailslot::NameState::Ours);
                // Mallory refuses the claim, which RFC 1002 lets her: then bob cannot be found by his name at all.
                let found = tokio::time::timeout(Duration::from_secs(3), ours).await.is_ok();
                ready.send(found).unwrap();
                let mut heard = 0;
                while heard < 10 && found {
                    match tokio::time::timeout(SOON, inbox.read()).await {
                        Ok(Ok(_)) => heard += 1,
                        _ => break,
                    }
                }
                heard
            })
        });
        let found = bob_is.recv().unwrap();
        for n in 0..if found { 10 } else { 0 } {
            lan.host(0).run(|| async {
                let alice = start("alice"); // who knows nobody yet
                let client = alice.open(&r"\\bob\mailslot\inbox".parse().unwrap());
                client.resolve().await.unwrap();
                client.write(format!("for bob {n}").as_bytes()).unwrap();
                tokio::time::sleep(Duration::from_millis(1)).await;
            });
        }
        (found, bob.join().unwrap())
    });
    over.store(true, Ordering::Relaxed);
    liar.join().unwrap();
    let mut stolen = 0;
    for socket in &elsewhere {
        socket.set_nonblocking(true).unwrap();
        let mut buffer = [0; 2048];
        while let Ok((length, _)) = socket.recv_from(&mut buffer) {
            stolen += usize::from(buffer[..length].windows(7).any(|w| w == b"for bob"));
        }
    }
    let tried = tried.load(Ordering::Relaxed);
    println!("{tried} lies; of {heard:?} messages to bob others got {stolen}");
    assert_eq!((heard, stolen), ((true, 10), 0));
}

#[test]
fn the_name_service_answers_with_less_than_three_times_the_question() {
    let Some(lan) = Lan::new(2) else { return };
    let bob = lan.host(1).chat("bob");
    let query = |text: &str| emitted(|o| Query { id: 7, broadcast: false, name: name(text) }.emit(o));
    let questions = [
        ("address of a computer", query("HOST1")),
        ("address of all", emitted(|o| Query { id: 8, broadcast: false, name: Name::WILDCARD }.emit(o))),
        ("address of the workgroup", query("WORKGROUP")),
        ("status of all", emitted(|o| StatusQuery { id: 9, name: Name::WILDCARD }.emit(o))),
        ("status of a computer", emitted(|o| StatusQuery { id: 10, name: name("HOST1") }.emit(o))),
    ];
    let to = SocketAddr::from((lan.host(1).address(0), 13_137));
    let mut answered = 0;
    for (what, question) in &questions {
        // One of its own, lest the answer to another be taken for this one's.
        let socket = lan.host(0).socket(0);
        socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let mut buffer = [0; 2048];
        // Until the name is claimed nothing is said of it.
        let answer = (0..25).find_map(|_| {
            socket.send_to(question, to).unwrap();
            socket.recv_from(&mut buffer).ok()
        });
        let length = answer.map_or(0, |(length, _)| length);
        println!("{what}: {length} bytes for {}", question.len());
        assert!(length <= 3 * question.len(), "{what}: {length} bytes for {}", question.len());
        answered += usize::from(length > 0);
    }
    assert_eq!(answered, questions.len(), "{:?}", bob.pid());
}

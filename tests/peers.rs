//! The chat beside programs that others wrote: tshark judges what it sends, a datagram made by hand and a socket that
//! knows nothing of it stand for the mailslot programs of 1994, and Samba's nmbd shares the segment and the port.
//!
//! Needs root, iproute2, nftables, tshark and Samba; without them every test here says so and is skipped, unless
//! `LANCHAT_LAB=require`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod lab;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use lab::{Host, Lan, Nmbd, SOON, tries};
use lanchat::lan::LanConfig;
use lanchat::mailslot::{self, Mailslots, Options, Scope};
use lanchat::netbios::Name;

/// Other tests run beside this one, under the same user.
fn private() -> Options {
    Options { scope: Scope::Program, ..Options::default() }
}

/// The port that Windows and Samba use.
const REAL: [&str; 2] = ["--port", "138"];

/// Fields of one datagram as tshark decodes it.
#[derive(Debug, Clone)]
struct Decoded(Vec<String>);

const FIELDS: [&str; 10] = [
    "nbdgm.type",
    "nbdgm.src.ip",
    "nbdgm.src.port",
    "nbdgm.source_name",
    "nbdgm.destination_name",
    "mailslot.name",
    "mailslot.opcode",
    "data.data",
    "_ws.malformed",
    "_ws.expert.message",
];

impl Decoded {
    fn field(&self, name: &str) -> &str {
        let index = FIELDS.iter().position(|f| *f == name).expect("a decoded field");
        self.0.get(index).map_or("", String::as_str)
    }

    /// The mailslot's data, up to the NUL that a reader from 1994 stops at.
    fn text(&self) -> String {
        let hex = self.field("data.data").as_bytes().chunks(2);
        let bytes = hex.map(|b| u8::from_str_radix(std::str::from_utf8(b).unwrap(), 16).unwrap());
        String::from_utf8(bytes.take_while(|b| *b != 0).collect()).expect("UTF-8")
    }
}

/// A capture on a host that is running.
struct Capture(lab::Watched<Vec<String>>);

impl Capture {
    fn start(host: Host<'_>) -> Self {
        let mut args = vec!["-l", "-n", "-i", "e0", "-f", "udp port 138", "-T", "fields"];
        args.extend(["-E", "separator=|", "-E", "occurrence=a"]);
        args.extend(FIELDS.iter().flat_map(|f| ["-e", f]));
        let capture = Self(host.printed_by("tshark", &args));
        let started =
            capture.0.wait_for(SOON, |l| l.iter().any(|l| l.starts_with("Capturing on")).then_some(()));
        assert!(started.is_some(), "tshark: {:?}", capture.0.look(Clone::clone));
        // It says so shortly before it does so: datagrams of our own tell when it hears them.
        let probe = host.socket(0);
        let heard = tries(SOON).any(|_| {
            probe.send_to(b"probe", (Ipv4Addr::new(10, 77, 0, 255), 138)).expect("send");
            capture
                .0
                .wait_for(Duration::from_millis(100), |l| (decoded(l).count() > 0).then_some(()))
                .is_some()
        });
        assert!(heard, "tshark hears nothing: {:?}", capture.0.look(Clone::clone));
        capture
    }

    /// Waits for what `condition` finds in the datagrams captured so far.
    fn wait_for<R>(&self, what: &str, condition: impl Fn(&[Decoded]) -> Option<R>) -> R {
        self.0.wait_for(SOON, |l| condition(&decoded(l).collect::<Vec<_>>())).unwrap_or_else(|| {
            panic!("no {what} among\n{}", self.0.look(|l| l.join("\n")));
        })
    }

    /// Everything of mailslots captured so far.
    fn datagrams(&self) -> Vec<Decoded> {
        self.0.look(|l| decoded(l).filter(|d| !d.field("nbdgm.source_name").is_empty()).collect())
    }
}

fn decoded(lines: &[String]) -> impl Iterator<Item = Decoded> {
    lines.iter().filter(|l| l.contains('|')).map(|l| Decoded(l.split('|').map(str::to_owned).collect()))
}

#[test]
fn tshark_decodes_all_that_we_send() {
    if !lab::ready(&["tshark"]) {
        return;
    }
    let Some(lan) = Lan::new(2) else { return };
    let capture = Capture::start(lan.host(1));
    let mut alice = lan.host(0).chat_with("alice", &REAL);
    let mut bob = lan.host(1).chat_with("bob", &REAL);
    alice.meets("bob");
    bob.meets("alice");
    alice.say("hello, 1994");
    bob.hears("alice", "hello, 1994");
    bob.say("naïve 😀");
    alice.hears("bob", "naïve 😀");
    let said = lan.host(0).lanchat("dora", &["say", "--to", "bob", "private", "--port", "138"]);
    assert_eq!(said.code, Some(0), "{}", said.errors);
    alice.finish();
    bob.misses("alice", "goodbye");

    let line = capture.wait_for("line of alice", |all| {
        all.iter().find(|d| d.field("data.data").contains(&hex("hello, 1994"))).cloned()
    });
    assert_eq!(line.field("mailslot.name"), r"\MAILSLOT\chat");
    assert_eq!(line.field("mailslot.opcode"), "1");
    assert_eq!(line.field("nbdgm.type"), "17", "a group datagram");
    assert_eq!(line.field("nbdgm.source_name"), "HOST0<00>", "{line:?}");
    assert_eq!(line.field("nbdgm.destination_name"), "WORKGROUP<00>");
    assert_eq!((line.field("nbdgm.src.ip"), line.field("nbdgm.src.port")), ("10.77.0.1", "138"));
    assert_eq!(line.text(), "<alice> hello, 1994");
    let line = capture.wait_for("line of bob", |all| {
        all.iter().find(|d| d.field("data.data").contains(&hex("naïve"))).cloned()
    });
    assert_eq!(line.text(), "<bob> naïve 😀");

    let all = capture.datagrams();
    let slots: BTreeSet<&str> = all.iter().map(|d| d.field("mailslot.name")).collect();
    assert!(slots.iter().all(|s| s.starts_with(r"\MAILSLOT\chat")), "{slots:?}");
    assert!(slots.contains(r"\MAILSLOT\chat\sync"), "{slots:?}");
    for datagram in &all {
        assert_eq!(datagram.field("_ws.malformed"), "", "{datagram:?}");
        assert_eq!(datagram.field("_ws.expert.message"), "", "{datagram:?}");
    }
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |hex, b| format!("{hex}{b:02x}"))
}

/// A NetBIOS name as RFC 1001 §14.1 encodes it, with the suffix of a workstation.
fn encoded(name: &str) -> Vec<u8> {
    let padded = format!("{name:15}\0");
    let halves = padded.bytes().flat_map(|b| [b'A' + (b >> 4), b'A' + (b & 15)]);
    [0x20].into_iter().chain(halves).chain([0]).collect()
}

/// What a Windows machine sends when a program calls `WriteFile` on `\\*\mailslot\chat`, byte by byte from RFC 1002
/// §4.4.2 and \[MS-MAIL\] 2.2.1. Written out here on purpose: the code under test has no part in it.
fn by_hand(source: &str, address: Ipv4Addr, id: u16, data: &[u8]) -> Vec<u8> {
    let mut smb = b"\xffSMB\x25".to_vec();
    smb.extend([0, 0, 0, 0, 0x18, 0x04, 0]); // status, flags, flags2
    smb.extend([0; 14]); // PIDHigh to TID
    smb.extend([0xff, 0xfe, 0, 0, 0, 0, 17]); // PIDLow, UID, MID, WordCount
    let count = u16::try_from(data.len()).unwrap().to_le_bytes();
    smb.extend([0, 0, count[0], count[1], 2, 0, 0, 0, 0, 0, 0, 0]); // totals, maxima, flags
    smb.extend([0, 0, 0, 0, 0, 0, 0, 0, 84, 0, count[0], count[1], 84, 0, 3, 0]); // to SetupCount
    smb.extend([1, 0, 0, 0, 2, 0]); // write, priority 0, class 2
    smb.extend(u16::try_from(15 + data.len()).unwrap().to_le_bytes());
    smb.extend(b"\\MAILSLOT\\chat\0");
    assert_eq!(smb.len(), 84);
    smb.extend(data);

    let mut packet = vec![0x11, 0x02];
    packet.extend(id.to_be_bytes());
    packet.extend(address.octets());
    packet.extend(138_u16.to_be_bytes());
    packet.extend(u16::try_from(68 + smb.len()).unwrap().to_be_bytes());
    packet.extend([0, 0]);
    packet.extend(encoded(source));
    packet.extend(encoded("WORKGROUP"));
    packet.extend(smb);
    packet
}

const BROADCAST: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 255);

#[test]
fn a_program_from_1994_is_heard_and_hears() {
    let Some(lan) = Lan::new(2) else { return };
    let old = lan.host(1);
    let socket = old.socket(138);
    socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let mut alice = lan.host(0).chat_with("alice", &REAL);
    // Listing 2 sends strlen + 1 bytes. One datagram can come before alice listens, so it is said until she hears it.
    let mut id = 0;
    let heard = tries(SOON).find_map(|_| {
        id += 1;
        let packet = by_hand("BRAIN", old.address(0), id, format!("Hello from Listing 2, {id}\0").as_bytes());
        socket.send_to(&packet, (BROADCAST, 138)).unwrap();
        alice.within(Duration::from_millis(200), |json| json.iter().find(|v| v["type"] == "line").cloned())
    });
    let heard = heard.expect("alice hears Listing 2");
    assert_eq!(heard["from"], "BRAIN");
    assert_eq!(heard["trust"], "unsigned");
    assert_eq!(heard["id"], serde_json::Value::Null);
    assert_eq!(heard["private"], false);
    assert_eq!(heard["address"], "10.77.0.2");
    assert!(
        heard["text"].as_str().unwrap().starts_with("Hello from Listing 2, "),
        "no NUL, nothing lost: {heard}"
    );

    // Without a NUL, with another pad, with an escape sequence, and once more the same datagram.
    let plain = by_hand("BRAIN", old.address(0), 9001, b"no terminator");
    let red = by_hand("BRAIN", old.address(0), 9002, b"\x1b[31mred\x07\0");
    for packet in [&plain, &plain, &red] {
        socket.send_to(packet, (BROADCAST, 138)).unwrap();
    }
    let count = |json: &[serde_json::Value]| json.iter().filter(|v| v["text"] == "no terminator").count();
    alice.wait_for(SOON, "line without a NUL", |json| (count(json) > 0).then_some(()));
    let red = alice.wait_for(SOON, "line with an escape", |json| {
        json.iter().find_map(|v| v["text"].as_str().filter(|t| t.contains("red")).map(str::to_owned))
    });
    assert!(red.chars().all(|c| !c.is_control()), "{red:?}");
    assert_eq!(count(&alice.json()), 1, "a datagram heard twice is shown once");

    // And back: what this program would print of alice's line.
    alice.say("hello, old friend");
    assert_eq!(next_line(&socket), "<alice> hello, old friend");
}

/// The next text that arrives at `\MAILSLOT\chat`, read as a program reads it that knows nothing of trailers.
fn next_line(socket: &UdpSocket) -> String {
    let mut buffer = [0; 1500];
    let slot = b"\\MAILSLOT\\chat\0";
    tries(SOON)
        .find_map(|_| {
            let (size, _) = socket.recv_from(&mut buffer).ok()?;
            let smb = buffer.get(82..size)?;
            let name = smb.get(69..69 + slot.len())?;
            let word = |at: usize| usize::from(u16::from_le_bytes([smb[at], smb[at + 1]]));
            let data = smb.get(word(57)..word(57) + word(55))?;
            let own = data.starts_with(b"Hello") || data.starts_with(b"no") || data.starts_with(b"\x1b");
            let text = data.split(|b| *b == 0).next()?;
            (name == slot && !own).then(|| String::from_utf8(text.to_vec()).unwrap())
        })
        .expect("a line arrives at the mailslot")
}

#[test]
fn broken_datagrams_do_no_harm() {
    let Some(lan) = Lan::new(2) else { return };
    let socket = lan.host(1).socket(138);
    let mut alice = lan.host(0).chat_with("alice", &REAL);
    let mut bob = lan.host(1).chat_with("bob", &REAL);
    alice.meets("bob");
    let whole = by_hand("BRAIN", lan.host(1).address(0), 7000, b"<bob> I am not bob\0and no trailer follows");
    for length in 0..whole.len() {
        socket.send_to(&whole[..length], (BROADCAST, 138)).unwrap();
        let mut bent = whole.clone();
        bent[length] ^= 0xff;
        bent[3] = u8::try_from(length % 256).unwrap();
        socket.send_to(&bent, (BROADCAST, 138)).unwrap();
        // Every tenth time its ear is given a moment: a line of bob's, which must come through.
        if length % 40 == 0 {
            bob.say(&format!("still here {length}"));
            alice.hears("bob", &format!("still here {length}"));
        }
    }
    bob.say("done");
    alice.hears("bob", "done");
    assert!(alice.alive() && bob.alive());
    assert!(alice.json().iter().all(|v| v["text"] != "I am not bob" || v["trust"] == "unsigned"));
}

#[test]
fn samba_is_not_disturbed() {
    if !lab::ready(&["nmbd", "nmblookup"]) {
        return;
    }
    let Some(lan) = Lan::new(3) else { return };
    let samba = lan.host(0);
    let nmbd = Nmbd::start(samba, "ORION");
    nmbd.answers(lan.host(2), "ORION", samba.address(0));

    // One chat beside it on its host and port, one elsewhere.
    let mut alice = samba.chat_with("alice", &REAL);
    let mut bob = lan.host(1).chat_with("bob", &REAL);
    alice.meets("bob");
    bob.meets("alice");
    for n in 1..=50 {
        alice.say(&format!("from beside nmbd {n}"));
        bob.say(&format!("to beside nmbd {n}"));
    }
    bob.hears("alice", "from beside nmbd 50");
    alice.hears("bob", "to beside nmbd 50");
    assert_eq!(bob.texts("alice").len(), 50);
    assert_eq!(alice.texts("bob").len(), 50, "nmbd's copies are not ours, and none is lost to it");
    nmbd.answers(lan.host(2), "ORION", samba.address(0));

    // A private line is unicast: it must find alice's own socket, and not nmbd's.
    let said = lan.host(1).lanchat("dora", &["say", "--to", "alice", "just you", "--port", "138"]);
    assert_eq!(said.code, Some(0), "{}", said.errors);
    alice.hears("dora", "just you");

    for chat in [&alice, &bob] {
        let strange: Vec<_> = chat.json().into_iter().filter(|v| v["trust"] == "unsigned").collect();
        assert!(strange.is_empty(), "nmbd's announcements are not lines of the chat: {strange:?}");
    }
    alice.finish();
    bob.finish();
    nmbd.answers(lan.host(2), "ORION", samba.address(0));
    nmbd.complains_of_nothing();
}

#[test]
fn scapys_oddities_are_heard_and_its_malformed_datagrams_only_counted() {
    if !lab::ready(&["scapy"]) {
        return;
    }
    let Some(lan) = Lan::new(2) else { return };
    let sender = lan.host(1);
    let (heard, counters, printed) = lan.host(0).run(|| async move {
        let config = LanConfig { interfaces: vec!["e0".into()], port: 138 };
        let name = |text| Name::new(text, 0).unwrap();
        let service = mailslot::Config {
            host: name("alice"),
            workgroup: name("workgroup"),
            lan: lanchat::lan::Lan::bind(&config).unwrap(),
        };
        let mailslots = Mailslots::start(service);
        let mut chat = mailslots.create(&r"\\.\mailslot\chat".parse().unwrap(), private()).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/oddities.py");
        // Not whichever python3 comes first: this is the one that Debian's scapy is for.
        let mut scapy = sender.command("/usr/bin/python3");
        let output = scapy.args([script, &sender.address(0).to_string(), "10.77.0.255"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut heard = Vec::new();
        while heard.last().is_none_or(|last| last != "ok end") {
            let message = tokio::time::timeout(SOON, chat.read()).await.expect("the end is heard").unwrap();
            assert_eq!(message.source.address, (sender.address(0), 138).into());
            heard.push(String::from_utf8(message.data).unwrap().trim_end_matches('.').to_owned());
        }
        let printed = String::from_utf8(output.stdout).unwrap();
        (heard, mailslots.network().counters, printed)
    });
    let good: Vec<&str> = printed.lines().filter(|l| l.starts_with("ok ")).collect();
    let bad = printed.lines().filter(|l| l.starts_with("bad ")).count() as u64;
    assert!(good.len() > 20 && bad > 20, "{printed}");
    assert_eq!(heard, good);
    assert_eq!((counters.received, counters.rejected), (good.len() as u64, bad), "{counters:?}");
    assert_eq!((counters.sent, counters.duplicates, counters.dropped, counters.relayed), (0, 0, 0, 0));
}

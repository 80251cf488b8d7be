//! Fuzz targets for whatever reads bytes of the network, files, or what people type. `cargo test` runs each over its
//! committed corpus and over random input from fixed seeds; `cargo bolero test <name>` searches for more with libFuzzer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod chat;
mod complete;
mod files;
#[path = "../sim/frames.rs"]
mod frames;
mod node;
mod seeded;
#[path = "../sim/segment.rs"]
mod segment;
mod streams;
mod text;

use std::time::Duration;

use lanchat::chat::{Checks, Config, Identity, Node, Now, Slot, Source};
use lanchat::mailslot::connect::{Frame, valid};
use lanchat::mailslot::long::Head;
use lanchat::netbios::name_service::{Answer, Claim, Query, Refusal, Response, Status, StatusQuery};
use lanchat::netbios::{Datagram, Name};
use lanchat::pipe::hello::{Reply, Request};
use lanchat::smb::browse::{Frame as BrowseFrame, LanmanHost};
use lanchat::smb::messenger::Popup;
use lanchat::smb::{CodePage, MailslotWrite};
use lanchat::transfer::wire::Message;
use seeded::fuzz;

/// Enough to notice a panic on the shallow paths; the corpus covers the deep ones.
const ITERATIONS: usize = 2000;

/// Characters that have made trouble somewhere: each byte of an input picks one.
const SPICE: &str = "\0\u{1}\t\n\r\u{1b}[31m \"'<>&/\\\\.*:~@#,|?%0123456789adehmsxzA\u{7f}\u{85}\u{a0}\u{ad}ßİıéÅ\
    \u{300}\u{301}\u{323}\u{34f}\u{5d0}\u{627}\u{6dd}\u{915}\u{94d}\u{937}\u{115f}\u{1160}\u{e33}\u{180e}\u{200b}\u{200c}\
    \u{200d}\u{200e}\u{202e}\u{2028}\u{2029}\u{2066}\u{2069}\u{20e3}\u{25cc}\u{3000}\u{3042}日\u{3164}\u{ac01}\u{d7ff}\u{e000}\
    \u{fe0e}\u{fe0f}\u{feff}\u{ff1c}\u{fff9}\u{fffd}\u{fffe}❤👍👨👩🏽🇩🇪🏴\u{e0067}\u{e007f}\u{1d400}\u{10ffff}";

/// An input as text: as it is, and as a mixture of characters that make trouble.
fn texts(bytes: &[u8]) -> [String; 2] {
    let spice: Vec<char> = SPICE.chars().collect();
    let picked = bytes.iter().take(300).map(|b| spice[usize::from(*b) % spice.len()]);
    [String::from_utf8_lossy(bytes).into_owned(), picked.collect()]
}

/// Nothing that does something to a terminal.
fn safe(text: &str) {
    let bad = |c: &char| {
        c.is_control() && *c != '\n' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert_eq!(text.chars().find(bad), None, "{text:?}");
}

#[test]
fn datagram() {
    fuzz!(ITERATIONS, |packet: &[u8]| {
        let Ok(datagram) = Datagram::parse(packet) else { return };
        let mut again = Vec::new();
        datagram.emit(&mut again);
        assert_eq!(Datagram::parse(&again), Ok(datagram));
        if let Ok(write) = MailslotWrite::parse(datagram.data) {
            round_trip(&write);
        }
    });
}

#[test]
fn mailslot_write() {
    fuzz!(ITERATIONS, |message: &[u8]| {
        if let Ok(write) = MailslotWrite::parse(message) {
            round_trip(&write);
        }
    });
}

#[test]
fn name_service() {
    fuzz!(ITERATIONS, |packet: &[u8]| {
        let mut again = Vec::new();
        if let Ok(query) = Query::parse(packet) {
            query.emit(&mut again);
            assert_eq!(Query::parse(&again), Ok(query));
        } else if let Ok(response) = Response::parse(packet) {
            response.emit(&mut again);
            assert_eq!(Response::parse(&again), Ok(response));
            if let Answer::Positive { owners, .. } = response.answer {
                assert!(6 * owners.iter().count() <= packet.len());
            }
        }
    });
}

#[test]
fn name_claim() {
    fuzz!(ITERATIONS, |packet: &[u8]| {
        let mut again = Vec::new();
        if let Ok(claim) = Claim::parse(packet) {
            claim.emit(&mut again);
            assert_eq!(Claim::parse(&again), Ok(claim));
        } else if let Ok(refusal) = Refusal::parse(packet) {
            refusal.emit(&mut again);
            assert_eq!(Refusal::parse(&again), Ok(refusal));
        }
    });
}

#[test]
fn node_status() {
    fuzz!(ITERATIONS, |packet: &[u8]| {
        let mut again = Vec::new();
        if let Ok(query) = StatusQuery::parse(packet) {
            query.emit(&mut again);
            assert_eq!(StatusQuery::parse(&again), Ok(query));
        } else if let Ok(status) = Status::parse(packet) {
            status.emit(&mut again);
            assert_eq!(Status::parse(&again), Ok(status));
            assert!(18 * status.names().count() <= packet.len());
        }
    });
}

#[test]
fn connect() {
    fuzz!(ITERATIONS, |bytes: &[u8]| {
        let Some(frame) = Frame::parse(bytes) else { return };
        assert_eq!(Frame::parse(&frame.emit()), Some(frame));
        if let Frame::Question { name, .. } = frame {
            assert!(valid(name));
        }
    });
}

#[test]
fn long_head() {
    fuzz!(ITERATIONS, |bytes: &[u8]| {
        let Some(bytes) = bytes.first_chunk() else { return };
        let Some(head) = Head::parse(bytes) else { return };
        let mut again = Vec::new();
        head.emit(&mut again);
        assert_eq!(again, bytes);
        assert!(head.data <= 64_000 && head.slot > 0);
    });
}

#[test]
fn name() {
    fuzz!(ITERATIONS, |bytes: &[u8]| {
        let Ok((name, used)) = Name::decode(bytes) else { return };
        assert!(used <= bytes.len());
        let mut again = Vec::new();
        name.encode(&mut again);
        assert_eq!(Name::decode(&again), Ok((name, Name::ENCODED_LEN)));
        assert!(name.text().bytes().all(|b| matches!(b, b' '..=b'~')));
    });
}

#[test]
fn browse() {
    fuzz!(ITERATIONS, |data: &[u8]| {
        let mut again = Vec::new();
        if let Ok(frame) = BrowseFrame::parse(data) {
            frame.emit(&mut again);
            assert_eq!(BrowseFrame::parse(&again), Ok(frame));
        }
        if let Ok(host) = LanmanHost::parse(data) {
            again.clear();
            host.emit(&mut again);
            assert_eq!(LanmanHost::parse(&again), Ok(host));
        }
    });
}

#[test]
fn messenger() {
    let page = CodePage::new(CodePage::DEFAULT).unwrap();
    fuzz!(ITERATIONS, |data: &[u8]| {
        let Ok(popup) = Popup::parse(data) else { return };
        let mut again = Vec::new();
        popup.emit(&mut again);
        assert_eq!(Popup::parse(&again), Ok(popup));
        assert!(popup.read(page).text.as_str().chars().all(|c| c == '\n' || !c.is_control()));
    });
}

#[test]
fn pipe_hello() {
    fuzz!(ITERATIONS, |bytes: &[u8]| {
        if let Some(request) = Request::parse(bytes) {
            assert_eq!(Request::parse(&request.emit()), Some(request));
        }
        if let Some(reply) = Reply::parse(bytes) {
            assert_eq!(reply.emit(), bytes[..Reply::LEN]);
        }
    });
}

#[test]
fn transfer() {
    fuzz!(ITERATIONS, |bytes: &[u8]| {
        let Some(message) = Message::parse(bytes) else { return };
        assert_eq!(Message::parse(&message.emit()).as_ref(), Some(&message));
        if let Message::Offer(offer) = message {
            let name = lanchat::transfer::safe(&offer.name);
            assert!(!name.is_empty() && !name.contains(['/', '\\', '\0']) && !name.starts_with('.'));
            assert_eq!(lanchat::transfer::safe(&name), name);
        }
    });
}

/// The core as a whole: whatever comes to any of its slots, and whenever, it neither panics nor says anything too long or too
/// often. Input: the slot and the length of each datagram, then its bytes; half of them begin as ours do.
#[test]
fn any_slot() {
    fuzz!(ITERATIONS, |bytes: &[u8]| {
        let name = Name::new("FUZZ", 0).unwrap();
        let config = Config {
            nick: "fuzz".parse().unwrap(),
            host: name,
            epoch: 7,
            reply_port: 40_000,
            observer: false,
            known: Vec::new(),
            depth: 100,
            checks: Checks::default(),
        };
        let mut at = Now { mono: Duration::from_secs(1000), wall: 1_800_000_000_000 };
        let mut node = Node::new(at, config, Identity::from_secret(&[7; 32]), [7; 32]);
        let (mut rest, mut heard) = (bytes, 0);
        while let [kind, high, low, more @ ..] = rest {
            let (data, after) = more.split_at(usize::from(u16::from_be_bytes([*high, *low])).min(more.len()));
            let lobby = match kind & 0xa0 {
                0 => Slot::Lobby,
                0x20 => Slot::Room("lunch".parse().unwrap()),
                _ => Slot::Sealed,
            };
            let slot = [lobby, Slot::Sync, Slot::Reply(node.id())][usize::from(*kind) % 3];
            let begin: &[u8] = match (kind & 64, slot) {
                (0, _) => &[],
                (_, Slot::Sealed) => b"LC\x01\x30",
                (_, Slot::Lobby | Slot::Room(_)) => b"<x> y\0LC\x11",
                (_, Slot::Sync) => b"LC\x01",
                (_, Slot::Reply(_)) => b"LC\x01\x20",
            };
            let source = Source { name, address: ([10, 0, 0, kind & 7], 13_138).into() };
            node.handle_datagram(at, &source, slot, &[begin, data].concat());
            at.mono += Duration::from_millis(u64::from(*kind));
            node.handle_timeout(at);
            (rest, heard) = (after, heard + 1);
        }
        at.mono += Duration::from_secs(20);
        node.handle_timeout(at);
        let mut said = 0;
        while let Some(transmit) = node.poll_transmit() {
            assert!(transmit.data.len() <= lanchat::chat::limits::MAX_DATA);
            said += 1;
        }
        assert!(said <= 20 + 3 * heard, "{said} for {heard}");
        while node.poll_event().is_some() {}
    });
}

fn round_trip(write: &MailslotWrite<'_>) {
    let mut again = Vec::new();
    write.emit(&mut again);
    assert_eq!(MailslotWrite::parse(&again), Ok(*write));
}

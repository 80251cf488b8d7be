//! The Wireshark dissector on frames of the product: tshark shows every field, finds what is cut, and no byte makes the
//! script fail.
//!
//! Needs tshark; without it every test here says so and is skipped, unless `LANCHAT_LAB=require`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "sim/frames.rs"]
mod frames;
#[path = "sim/segment.rs"]
mod segment;

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::process::Command;

use frames::{Frame, every_frame, kind};
use lanchat::chat::{PeerId, Slot, Source};
use lanchat::netbios::{Datagram, Kind, Name};
use lanchat::smb::MailslotWrite;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const SCRIPT: &str = concat!("lua_script:", env!("CARGO_MANIFEST_DIR"), "/assets/lanchat.lua");

/// Whether tshark is there. As `tests/lab` does: a skipped test says so, and fails where the lab is required.
fn ready() -> bool {
    let there = Command::new("tshark").arg("-v").output().is_ok();
    let required = std::env::var("LANCHAT_LAB").as_deref() == Ok("require");
    assert!(there || !required, "LANCHAT_LAB=require: needs the program tshark");
    if !there {
        let _ = writeln!(std::io::stderr(), "skipped, needs the program tshark");
    }
    there
}

fn slot_name(slot: Slot) -> String {
    match slot {
        Slot::Lobby => r"\MAILSLOT\chat".into(),
        Slot::Room(room) => format!(r"\MAILSLOT\chat\rooms\{}", room.to_slot()),
        Slot::Sealed => r"\MAILSLOT\chat\sealed".into(),
        Slot::Sync => r"\MAILSLOT\chat\sync".into(),
        Slot::Reply(peer) => format!(r"\MAILSLOT\chat\to\{peer}"),
    }
}

/// A frame as the product sends it, in an IPv4 packet. A UDP checksum of 0 means none (RFC 768).
fn packet(slot: &str, data: &[u8], port: u16) -> Vec<u8> {
    let mut message = Vec::new();
    MailslotWrite::new(slot, data).emit(&mut message);
    let datagram = Datagram {
        kind: Kind::Group,
        id: 1,
        source_ip: Ipv4Addr::new(10, 77, 0, 1),
        source_port: port,
        source: Name::new("ORION", 0).unwrap(),
        destination: Name::new("WORKGROUP", 0).unwrap(),
        data: &message,
    };
    let mut bytes = Vec::new();
    datagram.emit(&mut bytes);
    let length = |extra: usize| u16::try_from(bytes.len() + extra).unwrap().to_be_bytes();
    let mut packet = vec![0x45, 0];
    packet.extend(length(28));
    packet.extend([0, 0, 0, 0, 64, 17, 0, 0, 10, 77, 0, 1, 10, 77, 0, 255]);
    packet.extend([port.to_be_bytes(), port.to_be_bytes(), length(8), [0, 0]].concat());
    packet.extend(bytes);
    packet
}

/// A capture file of raw IP packets.
fn capture(packets: &[Vec<u8>]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let mut bytes = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 101] {
        bytes.extend(word.to_le_bytes());
    }
    for (n, packet) in packets.iter().enumerate() {
        let len = u32::try_from(packet.len()).unwrap();
        for word in [u32::try_from(n).unwrap(), 0, len, len] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(packet);
    }
    file.write_all(&bytes).unwrap();
    file
}

/// What tshark shows of each packet: the values of `fields`, several ones divided by a comma.
fn dissect(packets: &[Vec<u8>], fields: &[&str], options: &[&str]) -> Vec<Vec<String>> {
    let file = capture(packets);
    let mut command = Command::new("tshark");
    command.args(["-n", "-X", SCRIPT]).args(options).arg("-r").arg(file.path());
    command.args(["-T", "fields", "-E", "separator=|"]);
    command.args(fields.iter().chain(&["_ws.lua.error", "_ws.lua.text"]).flat_map(|field| ["-e", field]));
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    assert!(!errors.to_lowercase().contains("lua"), "{errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.to_lowercase().contains("lua error"), "{text}");
    let lines = text.lines().map(|line| line.split('|').map(str::to_owned).collect::<Vec<_>>());
    lines.inspect(|line| assert!(line[fields.len()..].iter().all(String::is_empty), "{line:?}")).collect()
}

fn packets(frames: &[Frame]) -> Vec<Vec<u8>> {
    frames.iter().map(|(_, slot, data)| packet(&slot_name(*slot), data, 13138)).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, b| hex + &format!("{b:02x}"))
}

#[test]
fn every_frame_of_the_product_is_taken_apart() {
    if !ready() {
        return;
    }
    let frames = every_frame(30);
    let fields = [
        "lanchat.slot",
        "lanchat.type",
        "lanchat.sender",
        "lanchat.signature",
        "lanchat.rest",
        "_ws.expert.group",
        "_ws.malformed",
    ];
    let shown = dissect(&packets(&frames), &fields, &[]);
    assert_eq!(shown.len(), frames.len());
    for (frame, shown) in frames.iter().zip(shown) {
        let [slot, types, senders, signature, rest, expert, malformed] = &shown[..7] else {
            panic!("{shown:?}")
        };
        let what = format!("{:?} {} {shown:?}", kind(frame), hex(&frame.2));
        assert_eq!(format!(r"\MAILSLOT\{slot}"), slot_name(frame.1), "{what}");
        assert!(malformed.is_empty() && expert.is_empty() && rest.is_empty(), "{what}");
        let at = match kind(frame) {
            (_, 32..=34) => Some(4),
            (_, 48) => Some(8),
            (_, 9) => Some(22 + 6),
            (_, 10) => Some(12),
            (_, 0 | 6 | 7) => None,
            _ => Some(6),
        };
        if let Some(at) = at {
            assert_eq!(senders.split(',').next(), Some(hex(&frame.2[at..at + 8]).as_str()), "{what}");
        }
        assert_eq!(types.split(',').next().unwrap().parse().unwrap_or(0), kind(frame).1, "{what}");
        let signed = matches!(kind(frame).1, 0 | 1 | 2 | 4 | 6 | 7 | 9..=12 | 48);
        assert_eq!(signature.len(), if signed { 128 } else { 0 }, "{what}");
    }
}

fn vectors() -> Vec<Vec<u8>> {
    let document = include_str!("../docs/PROTOCOL.md");
    let blocks = document.split("## 11. Test vectors").last().unwrap().split("\n\n");
    let code = blocks.filter(|block| block.trim_start_matches('\n').starts_with("    "));
    let digits = code.map(|block| block.split_whitespace().collect::<String>());
    let hex = digits.filter(|text| text.len() > 64 && text.bytes().all(|b| b.is_ascii_hexdigit()));
    hex.map(|text| {
        let pairs = text.as_bytes().chunks(2);
        pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    })
    .collect()
}

#[test]
fn the_vectors_of_the_protocol_are_shown_as_they_are_described() {
    if !ready() {
        return;
    }
    let vectors = vectors();
    let find =
        |start: &str| vectors.iter().find(|v| hex(v).starts_with(start)).unwrap_or_else(|| panic!("{start}"));
    let line = find(&hex(b"<alice> hello"));
    let (beacon, sealed) = (find("4c430101"), find("4c430120"));
    let packets = [
        packet(r"\MAILSLOT\chat", line, 13138),
        packet(r"\MAILSLOT\chat\sync", beacon, 13138),
        packet(r"\MAILSLOT\chat\to\dc1eca4d8884237d", sealed, 13138),
        packet(r"\MAILSLOT\chat\rooms\tea", line, 138),
        packet(r"\MAILSLOT\other", line, 13138),
    ];
    let fields = [
        "lanchat.text",
        "lanchat.kind",
        "lanchat.room",
        "lanchat.sender",
        "lanchat.epoch",
        "lanchat.seq",
        "lanchat.parts",
        "lanchat.clock",
        "lanchat.type",
        "lanchat.flags.solicit",
        "lanchat.nick",
        "lanchat.host",
        "lanchat.program",
        "lanchat.reply_port",
        "lanchat.next",
        "lanchat.interval",
        "lanchat.live",
        "lanchat.heard",
        "lanchat.reader",
    ];
    let shown = dissect(&packets, &fields, &[]);
    let alice = "7bd6675cecfc1c73";
    let of = |n: usize, field: &str| shown[n][fields.iter().position(|f| *f == field).unwrap()].as_str();
    for (n, field, value) in [
        (0, "lanchat.text", "<alice> hello everyone"),
        (0, "lanchat.kind", "1"),
        (0, "lanchat.room", "lobby"),
        (0, "lanchat.sender", alice),
        (0, "lanchat.epoch", "1800000000"),
        (0, "lanchat.seq", "1"),
        (0, "lanchat.parts", "1"),
        (1, "lanchat.type", "1"),
        (1, "lanchat.flags.solicit", "1"),
        (1, "lanchat.sender", alice),
        (1, "lanchat.nick", "alice"),
        (1, "lanchat.host", "ORION"),
        (1, "lanchat.program", "0.1.0"),
        (1, "lanchat.reply_port", "40000"),
        (1, "lanchat.next", "2"),
        (1, "lanchat.interval", "3"),
        (1, "lanchat.live", "2"),
        (1, "lanchat.heard", "dc1eca4d"),
        (2, "lanchat.type", "32"),
        (2, "lanchat.sender", alice),
        (2, "lanchat.reader", "dc1eca4d8884237d"),
        (3, "lanchat.text", "<alice> hello everyone"),
        (4, "lanchat.text", ""),
    ] {
        let shown = of(n, field);
        let flag = |text: &str| text.replace("True", "1");
        assert_eq!(flag(shown), value, "{n} {field}");
    }
    assert!(of(0, "lanchat.clock").starts_with("Jan 15, 2027 08:00:00"), "{}", of(0, "lanchat.clock"));

    let filter =
        format!("lanchat.sender == \"{alice}\" && lanchat.seq == 1 && lanchat.text contains \"hello\"");
    assert_eq!(dissect(&packets, &["frame.number"], &["-Y", &filter]).len(), 2, "fields can be filtered by");
    let elsewhere = [packet(r"\MAILSLOT\chat", line, 4000)];
    assert_eq!(dissect(&elsewhere, &["lanchat.seq"], &["-o", "lanchat.port:4000"])[0][0], "1");
}

#[test]
fn what_is_cut_is_called_malformed() {
    if !ready() {
        return;
    }
    let mut cut = Vec::new();
    for frame in every_frame(2) {
        let (_, slot, data) = &frame;
        let lengths = match kind(&frame) {
            ('l' | 'm', _) => {
                let nul = data.iter().position(|b| *b == 0).unwrap();
                (nul + 3..nul + 99).step_by(7).collect::<Vec<_>>()
            }
            (_, 6 | 7) => (1..6).collect(),
            (_, 5) => [1, 5, 12, 15, 26, 31].into(),
            (_, 3 | 33) => (1..20).collect(),
            _ => (1..20).chain([30, 43]).collect(),
        };
        let cuts = lengths.into_iter().filter(|n| *n < data.len());
        cut.extend(cuts.map(|n| packet(&slot_name(*slot), &data[..n], 13138)));
    }
    for (n, shown) in dissect(&cut, &["_ws.expert.group", "lanchat.slot"], &[]).iter().enumerate() {
        assert!(
            shown[0].split(',').any(|group| group == "117440512"),
            "packet {n} {shown:?} {}",
            hex(&cut[n])
        );
    }
}

#[test]
fn no_byte_makes_the_script_fail() {
    if !ready() {
        return;
    }
    let mut rng = StdRng::seed_from_u64(4);
    let mut frames = every_frame(40);
    for (_, _, data) in &mut frames {
        for _ in 0..rng.random_range(1..6) {
            let at = rng.random_range(0..data.len());
            data[at] = rng.random();
        }
        data.truncate(rng.random_range(1..=data.len()));
        data.extend((0..rng.random_range(0..9)).map(|_| rng.random::<u8>()));
    }
    let from = Source { name: Name::new("X", 0).unwrap(), address: ([10, 0, 0, 1], 9).into() };
    for kind in 0..=255 {
        for slot in [Slot::Lobby, Slot::Sync, Slot::Sealed, Slot::Reply(PeerId([kind; 8]))] {
            let mut data = vec![0x4c, 0x43, 1, kind];
            data.extend((0..rng.random_range(0..200)).map(|_| rng.random::<u8>()));
            frames.push((from, slot, data));
        }
    }
    let shown = dissect(&packets(&frames), &["lanchat.slot"], &[]);
    assert!(shown.iter().all(|line| !line[0].is_empty()));
}

//! The wire format against packets that Wireshark, Samba and scapy read: byte for byte, with the oddities of real
//! senders, and damaged in every way.
#![allow(clippy::unwrap_used)]

use std::net::Ipv4Addr;

use lanchat::netbios::{self, Datagram, Kind, Name};
use lanchat::smb::{self, MailslotWrite};
use proptest::prelude::*;

/// Bytes of a datagram before the SMB message, without a scope.
const PREFIX: usize = 82;

struct Vector {
    hex: &'static str,
    kind: Kind,
    id: u16,
    destination: (&'static str, u8),
    slot: &'static str,
    data: &'static [u8],
    /// Whether it is in lanchat's own sending profile.
    ours: bool,
}

const CHAT: Vector = Vector {
    hex: "11021234c000020a008a009d0000204542454d454a45444546434143414341434143414341434143414341434141410020464845504643454c45484643455046464641434143414341434143414341414100ff534d4225000000001804000000000000000000000000000000fffe00000000110000050000000000000000000000000000000000540005005400030001000000020014005c4d41494c534c4f545c636861740068656c6c6f",
    kind: Kind::Group,
    id: 0x1234,
    destination: ("WORKGROUP", 0),
    slot: "chat",
    data: b"hello",
    ours: true,
};
const DIRECTED: Vector = Vector {
    hex: "10021235c000020a008a009e0000204542454d454a45444546434143414341434143414341434143414341434141410020454345504543434143414341434143414341434143414341434143414341414100ff534d4225000000001804000000000000000000000000000000fffe00000000110000060000000000000000000000000000000000540006005400030001000000020015005c4d41494c534c4f545c6368617400686920626f62",
    kind: Kind::Unique,
    id: 0x1235,
    destination: ("BOB", 0),
    slot: "chat",
    data: b"hi bob",
    ours: true,
};
const MESSENGER: Vector = Vector {
    hex: "11021236c000020a008a00b80000204542454d454a45444546434143414341434143414341434143414341434141440020464845504643454c45484643455046464641434143414341434143414341414100ff534d4225000000001804000000000000000000000000000000fffe000000001100001c000000000000000000000000000000000058001c00580003000100000002002f005c4d41494c534c4f545c4d4553534e47520000414c49434500574f524b47524f55500048454c4c4f20574f524c4400",
    kind: Kind::Group,
    id: 0x1236,
    destination: ("WORKGROUP", 0),
    slot: "MESSNGR",
    data: b"ALICE\0WORKGROUP\0HELLO WORLD\0",
    ours: true,
};
const ANNOUNCEMENT: Vector = Vector {
    hex: "11021237c000020a008a00c20000204542454d454a45444546434143414341434143414341434143414341434141410020464845504643454c45484643455046464641434143414341434143414341424e00ff534d422500000000000000000000000000000000000000000000000000000011000028000000000000000000e803000000000000000028005600030001000100020039005c4d41494c534c4f545c42524f57534500010060ea0000414c49434500000000000000000000000601031000000f0155aa6c616e6368617400",
    kind: Kind::Group,
    id: 0x1237,
    destination: ("WORKGROUP", Name::MASTER_BROWSER),
    slot: "BROWSE",
    data: b"\x01\0\x60\xea\0\0ALICE\0\0\0\0\0\0\0\0\0\0\0\x06\x01\x03\x10\0\0\x0f\x01\x55\xaalanchat\0",
    ours: false,
};
const VECTORS: [Vector; 4] = [CHAT, DIRECTED, MESSENGER, ANNOUNCEMENT];

impl Vector {
    fn bytes(&self) -> Vec<u8> {
        let digits: Vec<_> =
            self.hex.chars().map(|c| u8::try_from(c.to_digit(16).unwrap()).unwrap()).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Error {
    NetBios(netbios::Error),
    Smb(smb::Error),
}

/// Both layers, as the receiver reads them.
fn parse(packet: &[u8]) -> Result<(Datagram<'_>, MailslotWrite<'_>), Error> {
    let datagram = Datagram::parse(packet).map_err(Error::NetBios)?;
    let write = MailslotWrite::parse(datagram.data).map_err(Error::Smb)?;
    Ok((datagram, write))
}

fn emit(datagram: &Datagram<'_>, write: &MailslotWrite<'_>) -> Vec<u8> {
    let (mut message, mut packet) = (Vec::new(), Vec::new());
    write.emit(&mut message);
    Datagram { data: &message, ..*datagram }.emit(&mut packet);
    packet
}

/// Parses, and holds that whatever comes out lies inside of the packet and can be sent again as it is.
fn check(packet: &[u8]) {
    let Ok((datagram, write)) = parse(packet) else { return };
    let whole = packet.as_ptr_range();
    for part in [datagram.data, write.data, write.name.as_bytes()] {
        let part_range = part.as_ptr_range();
        assert!(part.is_empty() || (whole.start <= part_range.start && part_range.end <= whole.end));
    }
    let again = emit(&datagram, &write);
    let (datagram_again, write_again) = parse(&again).unwrap();
    assert_eq!(write_again, write);
    assert_eq!(Datagram { data: datagram.data, ..datagram_again }, datagram);
}

#[test]
fn golden_vectors_are_read() {
    for vector in VECTORS {
        let packet = vector.bytes();
        let (datagram, write) = parse(&packet).unwrap();
        assert_eq!((datagram.kind, datagram.id), (vector.kind, vector.id));
        assert_eq!((datagram.source_ip, datagram.source_port), (Ipv4Addr::new(192, 0, 2, 10), 138));
        assert_eq!(datagram.source.text(), "ALICE");
        let (name, suffix) = vector.destination;
        assert_eq!(datagram.destination, Name::new(name, suffix).unwrap());
        assert_eq!((write.slot(), write.data), (vector.slot, vector.data));
        assert_eq!(write.class, MailslotWrite::UNRELIABLE);
    }
}

#[test]
fn golden_vectors_are_made_byte_for_byte() {
    for vector in VECTORS.into_iter().filter(|v| v.ours) {
        let source_suffix = if vector.slot == "MESSNGR" { Name::MESSENGER } else { Name::WORKSTATION };
        let (name, suffix) = vector.destination;
        let datagram = Datagram {
            kind: vector.kind,
            id: vector.id,
            source_ip: Ipv4Addr::new(192, 0, 2, 10),
            source_port: 138,
            source: Name::new("alice", source_suffix).unwrap(),
            destination: Name::new(name, suffix).unwrap(),
            data: &[],
        };
        let slot = format!("\\MAILSLOT\\{}", vector.slot);
        assert_eq!(emit(&datagram, &MailslotWrite::new(&slot, vector.data)), vector.bytes());
    }
}

/// Overwrites bytes at an offset of the packet.
type Patch = (usize, &'static [u8]);

#[test]
fn oddities_of_real_senders_are_accepted() {
    const S: usize = PREFIX;
    let cases: &[(&str, &[Patch])] = &[
        ("unique", &[(0, &[0x10])]),
        ("broadcast", &[(0, &[0x12])]),
        ("node type M (nmbd)", &[(1, &[0x0a])]),
        ("node type H (Windows, Samba 4)", &[(1, &[0x0e])]),
        ("reserved flag (old Windows)", &[(1, &[0x1a])]),
        ("source port 0 (macOS)", &[(8, &[0, 0])]),
        ("DGM_LENGTH 0", &[(10, &[0, 0])]),
        ("DGM_LENGTH too large", &[(10, &[0xff, 0xff])]),
        ("destination `*`", &[(48, b" CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\0")]),
        ("SMB header all zero", &[(S + 5, &[0; 27])]),
        ("SMB header all ones", &[(S + 5, &[0xff; 27])]),
        ("PID 00B0, MID 4942 (macOS)", &[(S + 26, &[0xb0, 0, 0, 0, 0x4e, 0x13])]),
        ("MaxParameterCount 2", &[(S + 37, &[2, 0])]),
        ("transaction flags", &[(S + 43, &[2, 0])]),
        ("timeout 1000 ms", &[(S + 45, &[0xe8, 3, 0, 0])]),
        ("ParameterOffset 0", &[(S + 53, &[0, 0])]),
        ("TotalDataCount differs", &[(S + 35, &[0xff, 0xff])]),
        ("priority 9", &[(S + 63, &[9, 0])]),
        ("class 1", &[(S + 65, &[1, 0])]),
        ("ByteCount 0xFFFF", &[(S + 67, &[0xff, 0xff])]),
        ("ByteCount 0", &[(S + 67, &[0, 0])]),
        ("name in other case", &[(S + 69, b"\\mailslot\\CHAT\0")]),
    ];
    for (what, patches) in cases {
        let mut packet = CHAT.bytes();
        for &(at, bytes) in *patches {
            packet[at..at + bytes.len()].copy_from_slice(bytes);
        }
        let (_, write) = parse(&packet).unwrap_or_else(|error| panic!("{what}: {error:?}"));
        assert!(write.slot().eq_ignore_ascii_case("chat"), "{what}");
        assert_eq!(write.data, b"hello", "{what}");
    }
}

#[test]
fn padding_and_alignment_mean_nothing() {
    // Windows 98 pads with 0x42.
    let mut packet = MESSENGER.bytes();
    packet[PREFIX + 87] = 0x42;
    assert_eq!(parse(&packet).unwrap().1.data, MESSENGER.data);
    // One to seven bytes of pad, and as many after the data.
    for pad in 1..8 {
        let mut packet = CHAT.bytes();
        packet.splice(PREFIX + 84..PREFIX + 84, vec![0x55; pad]);
        packet[PREFIX + 57] += u8::try_from(pad).unwrap();
        packet.extend(vec![0xaa; pad]);
        assert_eq!(parse(&packet).unwrap().1.data, b"hello");
    }
}

#[test]
fn an_empty_write_is_accepted() {
    let mut packet = CHAT.bytes();
    packet[PREFIX + 55] = 0;
    assert_eq!(parse(&packet).unwrap().1.data, b"");
}

#[test]
fn what_is_no_whole_mailslot_write_is_refused() {
    const S: usize = PREFIX;
    let netbios = |e| Err(Error::NetBios(e));
    let smb = |e| Err(Error::Smb(e));
    let cases: &[(&str, Patch, Result<(), Error>)] = &[
        ("error packet", (0, &[0x13]), netbios(netbios::Error::Type(0x13))),
        ("query packet", (0, &[0x14]), netbios(netbios::Error::Type(0x14))),
        ("not the first fragment", (1, &[0x00]), netbios(netbios::Error::Fragment)),
        ("more fragments", (1, &[0x03]), netbios(netbios::Error::Fragment)),
        ("fragment offset", (12, &[0, 5]), netbios(netbios::Error::Fragment)),
        ("source name", (15, b"@"), netbios(netbios::Error::Name)),
        ("destination name", (80, b"Q"), netbios(netbios::Error::Name)),
        ("endless pointer", (14, &[0xc0, 14]), netbios(netbios::Error::Name)),
        ("protocol", (S, &[0xfe]), smb(smb::Error::NotMailslotWrite)),
        ("command", (S + 4, &[0x32]), smb(smb::Error::NotMailslotWrite)),
        ("WordCount 16", (S + 32, &[16]), smb(smb::Error::NotMailslotWrite)),
        ("SetupCount 2", (S + 59, &[2]), smb(smb::Error::NotMailslotWrite)),
        ("opcode 2", (S + 61, &[2]), smb(smb::Error::NotMailslotWrite)),
        ("pipe", (S + 69, b"\\PIPE\\"), smb(smb::Error::Name)),
        ("name not ASCII", (S + 80, &[0xe9]), smb(smb::Error::Name)),
        ("name without end", (S + 83, b"!"), smb(smb::Error::Truncated)),
        ("count past the end", (S + 55, &[6]), smb(smb::Error::Bounds)),
        ("offset past the end", (S + 57, &[85]), smb(smb::Error::Bounds)),
        ("offset inside the name", (S + 57, &[70]), smb(smb::Error::Bounds)),
    ];
    for (what, (at, bytes), expected) in cases {
        let mut packet = CHAT.bytes();
        packet[*at..at + bytes.len()].copy_from_slice(bytes);
        assert_eq!(&parse(&packet).map(|_| ()), expected, "{what}");
    }
}

#[test]
fn a_packet_cut_anywhere_is_refused() {
    for vector in VECTORS {
        let packet = vector.bytes();
        for end in 0..packet.len() {
            assert!(parse(&packet[..end]).is_err(), "{end} bytes");
        }
    }
}

#[test]
fn every_change_of_one_byte_is_read_within_the_packet_or_refused() {
    for vector in VECTORS {
        let mut packet = vector.bytes();
        for at in 0..packet.len() {
            let good = packet[at];
            for value in 0..=u8::MAX {
                packet[at] = value;
                check(&packet);
            }
            packet[at] = good;
        }
    }
}

fn any_name() -> impl Strategy<Value = Name> {
    ("[A-Z0-9 !#$%&'()_.-]{0,14}[A-Z0-9]", any::<u8>())
        .prop_map(|(text, suffix)| Name::new(&text, suffix).unwrap())
}

fn any_kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Unique), Just(Kind::Group), Just(Kind::Broadcast)]
}

/// A golden vector with some of its bytes changed, then cut or lengthened.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let edits = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    let tail = proptest::collection::vec(any::<u8>(), 0..40);
    (0..VECTORS.len(), edits, any::<prop::sample::Index>(), tail).prop_map(|(which, edits, cut, tail)| {
        let mut packet = VECTORS[which].bytes();
        for (at, value) in edits {
            let at = at.index(packet.len());
            packet[at] = value;
        }
        if tail.len() % 2 == 1 {
            packet.truncate(cut.index(packet.len()));
        }
        packet.extend(tail);
        packet
    })
}

proptest! {
    #[test]
    fn what_is_sent_is_what_is_read(
        kind in any_kind(),
        (id, ip, source_port) in any::<(u16, u32, u16)>(),
        (source, destination) in (any_name(), any_name()),
        slot in r"[!-~]{1,40}",
        data in proptest::collection::vec(any::<u8>(), 0..600),
        (priority, class) in any::<(u16, u16)>(),
    ) {
        let source_ip = Ipv4Addr::from_bits(ip);
        let datagram = Datagram { kind, id, source_ip, source_port, source, destination, data: &[] };
        let name = format!("\\MAILSLOT\\{slot}");
        let write = MailslotWrite { name: &name, data: &data, priority, class };
        let packet = emit(&datagram, &write);
        let (read, read_write) = parse(&packet).unwrap();
        prop_assert_eq!(read_write, write);
        prop_assert_eq!(read_write.slot(), slot);
        prop_assert_eq!(Datagram { data: &[], ..read }, datagram);
        prop_assert_eq!(u16::from_be_bytes([packet[10], packet[11]]), u16::try_from(packet.len() - 14).unwrap());
        if !read_write.data.is_empty() {
            prop_assert_eq!((read_write.data.as_ptr().addr() - read.data.as_ptr().addr()) % 4, 0);
        }
    }

    #[test]
    fn damaged_packets_are_read_within_their_bounds_or_refused(packet in damaged()) {
        check(&packet);
    }
}

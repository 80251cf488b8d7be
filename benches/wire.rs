//! How fast one line of chat becomes a datagram and back: `cargo bench --bench wire`.
//!
//! The aims are 200 ns each, and no allocation to parse: the profiler prints allocations only where there are any.

use std::net::Ipv4Addr;

use divan::{AllocProfiler, Bencher, black_box};
use lanchat::netbios::{Datagram, Kind, Name};
use lanchat::smb::MailslotWrite;

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

/// Bytes in a long line.
const TEXT: [u8; 300] = [b'x'; 300];

fn main() {
    divan::main();
}

/// Writes the whole datagram, as the sender does: into buffers that it keeps.
fn emit(text: &[u8], names: (Name, Name), message: &mut Vec<u8>, packet: &mut Vec<u8>) {
    message.clear();
    packet.clear();
    MailslotWrite::new("\\MAILSLOT\\chat", text).emit(message);
    Datagram {
        kind: Kind::Group,
        id: 0x1234,
        source_ip: Ipv4Addr::new(192, 0, 2, 10),
        source_port: 138,
        source: names.0,
        destination: names.1,
        data: message,
    }
    .emit(packet);
}

fn names() -> (Name, Name) {
    let name = |text| Name::new(text, Name::WORKSTATION).unwrap_or(Name::WILDCARD);
    (name("ALICE"), name("WORKGROUP"))
}

#[divan::bench]
fn parse(bencher: Bencher<'_, '_>) {
    let (mut message, mut packet) = (Vec::new(), Vec::new());
    emit(&TEXT, names(), &mut message, &mut packet);
    assert!(
        Datagram::parse(&packet).is_ok_and(|d| MailslotWrite::parse(d.data).is_ok_and(|w| w.data == TEXT))
    );
    bencher.bench(|| {
        let datagram = Datagram::parse(black_box(&packet)).ok()?;
        let write = MailslotWrite::parse(datagram.data).ok()?;
        Some((datagram, write))
    });
}

#[divan::bench]
fn encode(bencher: Bencher<'_, '_>) {
    let (mut message, mut packet) = (Vec::new(), Vec::new());
    let names = names();
    bencher.bench_local(|| emit(black_box(&TEXT), black_box(names), &mut message, &mut packet));
}

//! What a signed line costs the core, beside the check of a signature alone: `cargo bench --bench node`.

#![allow(clippy::expect_used, reason = "this is a measurement")]

use std::time::Duration;

use divan::Bencher;
use ed25519_dalek::{Signer, SigningKey};
use lanchat::chat::{Config, Identity, Kind, Node, Now, Slot, Source, Transmit};
use lanchat::netbios::Name;

fn main() {
    divan::main();
}

const TEXT: &str = "a line of ordinary length, as people say them when they talk to one another on a network";

fn now(after: u64) -> Now {
    let mono = Duration::from_millis(after);
    Now { mono, wall: 1_800_000_000_000 + after }
}

fn source() -> Source {
    Source { name: Name::new("ORION", 0).expect("a name"), address: ([10, 77, 0, 1], 13138).into() }
}

fn node(secret: u8) -> Node {
    let config = Config {
        nick: "alice".parse().expect("a nickname"),
        host: source().name,
        epoch: 1,
        reply_port: 40_000,
        observer: false,
        known: Vec::new(),
        depth: 0,
        checks: lanchat::chat::Checks::default(),
    };
    Node::new(now(0), config, Identity::from_secret(&[secret; 32]), [secret; 32])
}

fn sent(node: &mut Node) -> Vec<Transmit> {
    std::iter::from_fn(|| node.poll_transmit()).collect()
}

/// A node that has met the author of the lines that come with it.
fn conversation(lines: u32) -> (Node, Vec<Transmit>) {
    let (mut reader, mut author) = (node(1), node(2));
    author.handle_timeout(now(250)); // it has listened
    for beacon in sent(&mut author) {
        reader.handle_datagram(now(251), &source(), beacon.slot, &beacon.data);
    }
    let mut said = Vec::new();
    for i in 0..lines {
        author.say(now(260 + u64::from(i) * 2), Kind::Say, TEXT).expect("it can be said");
        said.extend(sent(&mut author).into_iter().filter(|t| t.slot == Slot::Lobby));
    }
    while reader.poll_event().is_some() {}
    (reader, said)
}

/// Takes in lines, each new; as many as one sample needs.
const LINES: u32 = 200;

#[divan::bench(items_count = LINES)]
fn handle_200_signed_lines(bencher: Bencher<'_, '_>) {
    bencher.with_inputs(|| conversation(LINES)).bench_values(|(mut reader, said)| {
        for line in &said {
            reader.handle_datagram(now(800), &source(), line.slot, &line.data);
        }
        while reader.poll_event().is_some() {}
        reader
    });
}

#[divan::bench(items_count = LINES)]
fn check_200_signatures_alone(bencher: Bencher<'_, '_>) {
    let key = SigningKey::from_bytes(&[2; 32]);
    let message = [TEXT.as_bytes(), &[0; 34]].concat();
    let signature = key.sign(&message);
    let public = key.verifying_key();
    bencher.bench(|| {
        for _ in 0..LINES {
            let _ = divan::black_box(public.verify_strict(divan::black_box(&message), &signature));
        }
    });
}

#[divan::bench]
fn drop_a_duplicate(bencher: Bencher<'_, '_>) {
    let (mut reader, said) = conversation(1);
    reader.handle_datagram(now(800), &source(), Slot::Lobby, &said[0].data);
    while reader.poll_event().is_some() {}
    bencher.bench_local(|| {
        reader.handle_datagram(now(800), &source(), Slot::Lobby, divan::black_box(&said[0].data));
    });
}

#[divan::bench]
fn say_a_line(bencher: Bencher<'_, '_>) {
    let mut author = node(2);
    let mut at = 0;
    bencher.bench_local(|| {
        at += 2;
        author.say(now(at), Kind::Say, TEXT).expect("it can be said");
        while author.poll_transmit().is_some() {}
        while author.poll_event().is_some() {}
    });
}

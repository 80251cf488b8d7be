//! The test vectors of docs/PROTOCOL.md that concern private lines.

use std::time::Duration;

use super::super::direct::Content;
use super::super::event::Kind;
use super::super::hlc::Stamp;
use super::super::identity::{Identity, PublicKey};
use super::super::vectors::{hex, is_documented};
use super::noise::{Ends, Seed};
use super::session::Session;

#[test]
fn the_document_shows_what_the_code_makes() {
    let (alice, bob) = (Identity::from_secret(&[0xa1; 32]), Identity::from_secret(&[0xb0; 32]));
    let (a, b) = (1_800_000_000, 1_800_000_001);
    let key = |of: &Identity| PublicKey::from_bytes(&of.public()).unwrap();
    let mut lacking = String::new();
    let mut documented = |what: &str, value: &str| {
        if !is_documented(value) {
            lacking.extend([what, ": ", value, "\n"]);
        }
    };
    let stamp = Stamp((1_800_000_000_000 << 16) | 1);
    let id = (1 << 31) | 1;

    let kept =
        Content::Kept { id, origin: a - 5, index: 0, count: 1, kind: Kind::Say, stamp, text: "just for you" };
    documented("a kept line", &hex(&kept.emit(a, b)));
    documented("its acknowledgement", &hex(&Content::KeptAck { id, origin: a - 5, index: 0 }.emit(b, a)));
    documented("a lost session", &hex(&Content::Lost { id: 0, session: [1, 2, 3, 4] }.emit(b, a)));

    let from_alice = Ends { me: &alice, peer: &key(&bob), epochs: (a, b) };
    let from_bob = Ends { me: &bob, peer: &key(&alice), epochs: (b, a) };
    let mut opening = from_alice.open(Seed::new([0xe1; 32])).unwrap();
    documented("an opening", &hex(&Content::Open { id: 1, message: &opening.message }.emit(a, b)));
    let (keys, answer) = from_bob.answer(Seed::new([0xe2; 32]), &opening.message).unwrap();
    documented("an answer", &hex(&Content::Answer { id: 1, message: &answer }.emit(b, a)));
    assert!(opening.finish(&answer));
    let mut to_bob = Session::new(Duration::ZERO, opening.keys().unwrap());
    let line = Content::Line { id, index: 0, count: 1, kind: Kind::Say, stamp, text: "just for you" };
    documented("the content", &hex(&line.emit(a, b)));
    let sealed = to_bob.seal(alice.id(), bob.id(), &line.emit(a, b)).unwrap();
    documented("the frame", &hex(&sealed));
    let confirm = to_bob.seal(alice.id(), bob.id(), &Content::Confirm { id: 0 }.emit(a, b)).unwrap();
    documented("the next frame", &hex(&confirm));
    let mut from_alice = Session::new(Duration::ZERO, keys);
    let frame = super::session::Frame::parse(&sealed).unwrap();
    assert_eq!(from_alice.open(&frame).as_deref().map(Vec::as_slice), Some(line.emit(a, b).as_slice()));
    assert!(lacking.is_empty(), "docs/PROTOCOL.md lacks\n{lacking}");
}

//! What comes by connections: how the ends of a pipe agree, and its records, bare and sealed.

use crate::seeded::fuzz;
use lanchat::chat::Identity;
use lanchat::pipe::hello::Request;
use lanchat::pipe::{Mode, fuzzing};

use crate::ITERATIONS;

/// Largest message that the readers take here.
const MAX: usize = 4096;

fn ends() -> (Identity, Identity) {
    (Identity::from_secret(&[1; 32]), Identity::from_secret(&[2; 32]))
}

/// Whoever knocks: no program of the network gets in without a handshake, whatever it says.
#[test]
fn agree() {
    let (me, _) = ends();
    let request = Request { read: true, write: true, name: "fuzz".parse().unwrap() };
    fuzz!(ITERATIONS / 4, |bytes: &[u8]| {
        for begin in [&[][..], lanchat::pipe::hello::MAGIC.as_slice()] {
            let bytes = [begin, bytes].concat();
            let (_, remote) = fuzzing::asked(&bytes, &me);
            assert!(!remote, "whoever cannot prove a key is not let in");
            let (_, remote) = fuzzing::answered(&bytes, &me, &request);
            assert!(!remote, "nor gone on with");
        }
    });
}

/// The messages in a stream, by another way: a length of four bytes and as many bytes, the end as a length of its own.
fn expected(mut bytes: &[u8]) -> (Vec<Vec<u8>>, bool) {
    let mut all = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let length = u32::from_le_bytes(*length);
        if length == u32::MAX {
            return (all, true);
        }
        let Some((message, after)) = rest.split_at_checked(length as usize).filter(|(m, _)| m.len() <= MAX)
        else {
            return (all, false);
        };
        all.push(message.to_vec());
        bytes = after;
    }
    (all, false)
}

/// Bytes as a stream that makes some sense: each message has a length that fits, but now and then.
fn stream(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for message in bytes.chunks(1 + usize::from(bytes.first().copied().unwrap_or_default())) {
        let wrong = u32::from(message.len() == 3);
        out.extend_from_slice(&(u32::try_from(message.len()).unwrap() + wrong).to_le_bytes());
        out.extend_from_slice(message);
    }
    if bytes.len().is_multiple_of(2) {
        out.extend_from_slice(&u32::MAX.to_le_bytes());
    }
    out
}

#[test]
fn records() {
    fuzz!(ITERATIONS, |bytes: &[u8]| {
        for bytes in [bytes.to_vec(), stream(bytes)] {
            assert_eq!(fuzzing::read(&bytes, Mode::Message, MAX), expected(&bytes));
        }
    });
}

/// What is sealed comes out as it went in, however it was cut; with one bit changed, nothing after that comes out.
#[test]
fn sealed_records() {
    let (alice, bob) = ends();
    fuzz!(ITERATIONS / 8, |bytes: &[u8]| {
        let (stream, record) = (stream(bytes), 1 + bytes.len() % 97);
        let read = |wrong| {
            let mode = (Mode::Message, MAX);
            fuzzing::read_sealed(&stream, mode, record, wrong, (&alice, &bob)).unwrap()
        };
        let all = expected(&stream);
        assert_eq!(read(None), all);
        if !stream.is_empty() {
            let (some, _) = read(bytes.last().map(|b| usize::from(*b) * 7));
            assert!(some.len() <= all.0.len() && some[..] == all.0[..some.len()]);
        }
    });
}

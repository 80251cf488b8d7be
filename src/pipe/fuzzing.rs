//! Doors to what reads the streams of pipes, for the fuzz targets in `tests/fuzz`. Not a part of the API.

use std::future::Future;
use std::io::Cursor;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::agree;
use super::hello::Request;
use super::noise::{Handshake, Opener, Sealer};
use super::{Mode, Reader};
use crate::chat::Identity;

/// Runs what never waits, because all that it reads is there.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// What a local server and a remote one make of whatever a client sends first: whether they let it in.
pub fn asked(bytes: &[u8], me: &Identity) -> (bool, bool) {
    let local = now(agree::asked(&mut Cursor::new(bytes)));
    let remote = now(agree::asked_sealed(&mut Cursor::new(bytes), &mut tokio::io::sink(), me));
    (local.is_some_and(|request| request.is_ok()), remote.is_some_and(|met| met.is_ok()))
}

/// What a local client and a remote one make of whatever a server answers: whether they go on.
pub fn answered(bytes: &[u8], me: &Identity, request: &Request) -> (bool, bool) {
    let (mut to, trusted) = (tokio::io::sink(), |_: &_| true);
    let local = now(agree::ask(&mut Cursor::new(bytes), &mut to, request));
    let remote = now(agree::ask_sealed(&mut Cursor::new(bytes), &mut to, me, request, trusted));
    (local.is_some_and(|reply| reply.is_ok()), remote.is_some_and(|met| met.is_ok()))
}

/// The keys of both ends after a handshake.
fn keys(alice: &Identity, bob: &Identity) -> Option<(Sealer, Opener)> {
    let (mut a, mut b) = (Handshake::new(alice, true).ok()?, Handshake::new(bob, false).ok()?);
    b.read(false, &a.write(false, b"").ok()?).ok()?;
    a.read(true, &b.write(true, b"").ok()?).ok()?;
    b.read(true, &a.write(true, b"").ok()?).ok()?;
    Some((a.keys().ok()?.0, b.keys().ok()?.1))
}

/// `bytes` as records that `alice` seals for `bob`, `record` bytes each, with what opens them.
fn sealed(bytes: &[u8], record: usize, alice: &Identity, bob: &Identity) -> Option<(Vec<u8>, Opener)> {
    let (mut sealer, opener) = keys(alice, bob)?;
    let mut out = Vec::new();
    for piece in bytes.chunks(record.clamp(1, 60_000)) {
        let mut room = vec![0; piece.len() + 18];
        let length = sealer.seal(piece, &mut room).ok()?;
        out.extend_from_slice(room.get(..length)?);
    }
    Some((out, opener))
}

/// The messages that are read where these bytes come, and whether they end as a pipe should.
pub fn read(bytes: &[u8], mode: Mode, max: usize) -> (Vec<Vec<u8>>, bool) {
    messages(Reader::new(Box::new(Cursor::new(bytes.to_vec())), None, mode, max, true, None))
}

/// The same through a sealed pipe, in records of `record` bytes; `wrong` turns one byte of what is on the way.
pub fn read_sealed(
    bytes: &[u8],
    (mode, max): (Mode, usize),
    record: usize,
    wrong: Option<usize>,
    (alice, bob): (&Identity, &Identity),
) -> Option<(Vec<Vec<u8>>, bool)> {
    let (mut wire, opener) = sealed(bytes, record, alice, bob)?;
    let at = wrong.map(|at| at % wire.len().max(1));
    if let Some(byte) = at.and_then(|at| wire.get_mut(at)) {
        *byte ^= 1;
    }
    Some(messages(Reader::new(Box::new(Cursor::new(wire)), Some(opener), mode, max, true, None)))
}

fn messages(mut reader: Reader) -> (Vec<Vec<u8>>, bool) {
    let mut all = Vec::new();
    loop {
        match now(reader.read()) {
            Some(Ok(message)) => all.push(message),
            Some(Err(super::PipeError::Closed)) => return (all, true),
            Some(Err(_)) | None => return (all, false),
        }
    }
}

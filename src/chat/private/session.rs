//! A session: frames that nobody can open once its keys are forgotten, not even with the keys of both identities.

use std::time::Duration;

use snow::StatelessTransportState;
use zeroize::Zeroizing;

use super::super::bytes::Reader;
use super::super::envelope::MAGIC;
use super::super::frame::VERSION;
use super::super::id::PeerId;
use super::noise::Keys;
use super::window::Window;

/// Type of a frame that is sealed in a session.
const SESSION: u8 = 34;
const HEADER: usize = 4 + 8 + 8 + 4 + 8;
const TAG: usize = 16;

/// A frame taken apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) sender: PeerId,
    pub(crate) reader: PeerId,
    /// Which session.
    pub(crate) session: [u8; 4],
    pub(crate) counter: u64,
    pub(crate) sealed: &'a [u8],
}

impl<'a> Frame<'a> {
    pub(crate) fn parse(data: &'a [u8]) -> Option<Self> {
        let mut r = Reader(data);
        if r.array() != Some(MAGIC) || r.u8() != Some(VERSION) || r.u8() != Some(SESSION) {
            return None;
        }
        let (sender, reader) = (PeerId(r.array()?), PeerId(r.array()?));
        let (session, counter) = (r.array()?, r.u64()?);
        (r.0.len() >= TAG).then_some(Self { sender, reader, session, counter, sealed: r.0 })
    }
}

/// One session with a peer.
#[derive(Debug)]
pub(crate) struct Session {
    keys: Box<StatelessTransportState>,
    pub(super) id: [u8; 4],
    /// Frames sealed so far: the counter of the next. No counter comes twice.
    sent: u64,
    window: Window,
    pub(super) since: Duration,
}

impl Session {
    pub(super) fn new(now: Duration, (keys, id): Keys) -> Self {
        Self { keys, id, sent: 0, window: Window::default(), since: now }
    }

    /// `content` sealed for `reader`.
    pub(super) fn seal(&mut self, sender: PeerId, reader: PeerId, content: &[u8]) -> Option<Vec<u8>> {
        let counter = self.sent;
        self.sent = counter.checked_add(1)?;
        let mut out = Vec::with_capacity(HEADER + content.len() + TAG);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[VERSION, SESSION]);
        out.extend_from_slice(&sender.0);
        out.extend_from_slice(&reader.0);
        out.extend_from_slice(&self.id);
        out.extend_from_slice(&counter.to_be_bytes());
        out.resize(HEADER + content.len() + TAG, 0);
        let length = self.keys.write_message(counter, content, out.get_mut(HEADER..)?).ok()?;
        (length == content.len() + TAG).then_some(out)
    }

    /// The content of a frame, if it is genuine and was not taken before.
    pub(super) fn open(&mut self, frame: &Frame<'_>) -> Option<Zeroizing<Vec<u8>>> {
        if !self.window.is_new(frame.counter) {
            return None;
        }
        let mut content = Zeroizing::new(vec![0; frame.sealed.len()]);
        let length = self.keys.read_message(frame.counter, frame.sealed, &mut content).ok()?;
        self.window.take(frame.counter);
        content.truncate(length);
        Some(content)
    }
}

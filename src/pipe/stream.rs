//! A connected pipe: messages in and out, on either kind of connection.
//!
//! A message is its length in four bytes and its bytes; the length `ffffffff` says that the sender has finished. On a
//! remote pipe this stream is cut into sealed records.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OwnedSemaphorePermit;

use super::noise::{Opener, Sealer};
use super::{Direction, Mode, PipeError, Reader, Writer};
use crate::chat::PublicKey;

/// The length that says that no more is to come.
pub(super) const END: u32 = u32::MAX;

/// A connection of one instance of a pipe: as good at either end.
#[derive(Debug)]
pub struct Pipe {
    reader: Reader,
    writer: Writer,
    direction: Direction,
    peer: Option<PublicKey>,
}

/// A connection that is made and agreed on.
pub(super) struct Connection<R, W> {
    pub(super) from: R,
    pub(super) to: W,
    pub(super) keys: Option<(Sealer, Opener)>,
    pub(super) peer: Option<PublicKey>,
    pub(super) mode: Mode,
    pub(super) direction: Direction,
    pub(super) max_message: u32,
    /// Held by the server's end as long as the instance is occupied.
    pub(super) instance: Option<OwnedSemaphorePermit>,
}

impl Pipe {
    /// The end of a connection from which `reads` and `writes` tell what may be done.
    pub(super) fn new<R, W>(connection: Connection<R, W>) -> Self
    where
        R: AsyncRead + Send + Unpin + 'static,
        W: AsyncWrite + Send + Unpin + 'static,
    {
        let Connection { from, to, keys, peer, mode, direction, max_message, instance } = connection;
        let server = instance.is_some();
        let (reads, writes) = match direction {
            Direction::Duplex => (true, true),
            Direction::Inbound => (server, !server),
            Direction::Outbound => (!server, server),
        };
        let (seal, open) = keys.unzip();
        let instance = instance.map(std::sync::Arc::new);
        let max = usize::try_from(max_message).unwrap_or(usize::MAX);
        let incoming = Reader::new(Box::new(from), open, mode, max, reads, instance.clone());
        let outgoing = Writer::new(Box::new(to), seal, mode, max, writes, instance);
        Self { reader: incoming, writer: outgoing, direction, peer }
    }

    /// Which way data goes, as the server sees it.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// Whether messages keep their boundaries.
    pub fn mode(&self) -> Mode {
        self.reader.mode()
    }

    /// Who has proved to be at the other end of a remote pipe; none for a local one, whose other end is a program of the
    /// same user.
    pub fn peer(&self) -> Option<PublicKey> {
        self.peer.clone()
    }

    /// See [`Reader::read`].
    pub async fn read(&mut self) -> Result<Vec<u8>, PipeError> {
        self.reader.read().await
    }

    /// See [`Reader::read_into`].
    pub async fn read_into(&mut self, message: &mut Vec<u8>) -> Result<(), PipeError> {
        self.reader.read_into(message).await
    }

    /// See [`Writer::write`].
    pub async fn write(&mut self, data: &[u8]) -> Result<(), PipeError> {
        self.writer.write(data).await
    }

    /// See [`Writer::finish`].
    pub async fn finish(&mut self) -> Result<(), PipeError> {
        self.writer.finish().await
    }

    /// The two ways, to be used at the same time. The instance is occupied until both are dropped.
    pub fn split(self) -> (Reader, Writer) {
        (self.reader, self.writer)
    }
}

//! The way out.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::OwnedSemaphorePermit;

use super::noise::{MAX_SEALED, Sealer, TAG};
use super::stream::END;
use super::{Mode, PipeError};

/// Bytes that are written at once.
const CHUNK: usize = 256 << 10;
/// Bytes that sealing adds to a record, its length included.
const OVERHEAD: usize = 2 + TAG;
/// Memory of a pipe that has only carried small messages.
const SMALL: usize = 4096;
/// Bytes of the stream in one sealed record.
const RECORD: usize = MAX_SEALED - TAG;

/// The writing half of a pipe.
pub struct Writer {
    to: Box<dyn AsyncWrite + Send + Unpin>,
    sealer: Option<Sealer>,
    mode: Mode,
    max: usize,
    allowed: bool,
    /// A write was given up in the middle, or has failed: nothing sensible can follow.
    torn: bool,
    start: Vec<u8>,
    sealed: Vec<u8>,
    _instance: Option<Arc<OwnedSemaphorePermit>>,
}

impl Writer {
    pub(super) fn new(
        to: Box<dyn AsyncWrite + Send + Unpin>,
        sealer: Option<Sealer>,
        mode: Mode,
        max: usize,
        allowed: bool,
        instance: Option<Arc<OwnedSemaphorePermit>>,
    ) -> Self {
        let (start, out) = (Vec::new(), Vec::new());
        Self { to, sealer, mode, max, allowed, torn: false, start, sealed: out, _instance: instance }
    }

    /// Writes one message, which may be empty; in byte mode some bytes, with no boundary between them and the next.
    /// That it returns does not mean that the other end has read them. A write that is cancelled breaks the pipe.
    ///
    /// # Errors
    /// [`PipeError::TooLong`] over the server's limit, [`PipeError::NoReader`] when the other end is gone (232), and
    /// [`PipeError::WrongWay`] where this end may only read.
    pub async fn write(&mut self, data: &[u8]) -> Result<(), PipeError> {
        match self.mode {
            Mode::Message if data.len() > self.max => {
                Err(PipeError::TooLong { bytes: data.len(), limit: self.max })
            }
            Mode::Message => self.put(u32::try_from(data.len()).unwrap_or(END), data).await,
            Mode::Byte => {
                for chunk in data.chunks(CHUNK.min(self.max)) {
                    self.put(u32::try_from(chunk.len()).unwrap_or(END), chunk).await?;
                }
                Ok(())
            }
        }
    }

    /// Tells the other end that everything is written: it reads what is left, then [`PipeError::Closed`]. The way back
    /// stays open.
    pub async fn finish(&mut self) -> Result<(), PipeError> {
        if !self.allowed {
            return Ok(());
        }
        self.put(END, &[]).await?;
        self.torn = true;
        let shut = self.to.shutdown().await;
        shut.or_else(|e| if e.kind() == io::ErrorKind::NotConnected { Ok(()) } else { Err(e) })
            .map_err(|e| PipeError::writing(&e))
    }

    async fn put(&mut self, head: u32, data: &[u8]) -> Result<(), PipeError> {
        if !self.allowed {
            return Err(PipeError::WrongWay);
        }
        if std::mem::replace(&mut self.torn, true) {
            return Err(PipeError::NoReader);
        }
        let head = head.to_le_bytes();
        let (first, rest) = data.split_at_checked(RECORD - head.len()).unwrap_or((data, &[]));
        self.start.clear();
        self.start.extend_from_slice(&head);
        self.start.extend_from_slice(first);
        let written = match &mut self.sealer {
            None => plain(&mut self.to, &self.start, rest).await,
            Some(sealer) => sealed(&mut self.to, sealer, &mut self.sealed, &self.start, rest).await,
        };
        written.map_err(|e| PipeError::writing(&e))?;
        self.torn = false;
        Ok(())
    }
}

type Out = Box<dyn AsyncWrite + Send + Unpin>;

async fn plain(to: &mut Out, start: &[u8], rest: &[u8]) -> io::Result<()> {
    to.write_all(start).await?;
    to.write_all(rest).await
}

/// Seals record after record into `out`, whose memory is used again, and writes when it is full.
async fn sealed(
    to: &mut Out,
    sealer: &mut Sealer,
    out: &mut Vec<u8>,
    start: &[u8],
    rest: &[u8],
) -> io::Result<()> {
    let mut used = 0;
    for record in std::iter::once(start).chain(rest.chunks(RECORD)) {
        let need = used + record.len() + OVERHEAD;
        if need > CHUNK {
            to.write_all(out.get(..used).unwrap_or_default()).await?;
            used = 0;
        }
        if out.len() < need {
            out.resize(if need > SMALL { CHUNK } else { SMALL }, 0); // once, not for each record: it costs
        }
        let room = out.get_mut(used..).unwrap_or_default();
        used += sealer.seal(record, room).map_err(|_| io::Error::other("cannot be sealed"))?;
    }
    to.write_all(out.get(..used).unwrap_or_default()).await
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("mode", &self.mode).field("torn", &self.torn).finish_non_exhaustive()
    }
}

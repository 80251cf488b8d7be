//! The way in.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::OwnedSemaphorePermit;

use super::noise::{MAX_SEALED, Opener};
use super::stream::END;
use super::{Mode, PipeError};

/// Bytes that are read at once.
const CHUNK: usize = 256 << 10;

/// Memory for records of a pipe that has only carried small messages.
const SMALL: usize = 4096;

/// The reading half of a pipe.
pub struct Reader {
    from: Box<dyn AsyncRead + Send + Unpin>,
    opener: Option<Opener>,
    mode: Mode,
    max: usize,
    allowed: bool,
    /// Sealed bytes; those before `at` are opened.
    raw: Vec<u8>,
    at: usize,
    /// Where a record is opened.
    opened: Vec<u8>,
    /// Opened bytes; those before `pos` are used.
    plain: Vec<u8>,
    pos: usize,
    /// The length of the message that is being read, and what has come of it.
    want: Option<usize>,
    body: Vec<u8>,
    end: Option<End>,
    _instance: Option<Arc<OwnedSemaphorePermit>>,
}

/// How it ended.
#[derive(Debug, Clone, Copy)]
enum End {
    Closed,
    Broken,
}

impl Reader {
    pub(super) fn new(
        from: Box<dyn AsyncRead + Send + Unpin>,
        opener: Option<Opener>,
        mode: Mode,
        max: usize,
        allowed: bool,
        instance: Option<Arc<OwnedSemaphorePermit>>,
    ) -> Self {
        Self {
            from,
            opener,
            mode,
            max,
            allowed,
            raw: Vec::new(),
            at: 0,
            opened: Vec::new(),
            plain: Vec::new(),
            pos: 0,
            want: None,
            body: Vec::new(),
            end: None,
            _instance: instance,
        }
    }

    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    /// The next message, which may be empty; in byte mode the next bytes, at least one. Can be cancelled without losing
    /// anything.
    ///
    /// # Errors
    /// [`PipeError::Closed`] when the other end has [finished](super::Writer::finish), [`PipeError::Broken`] when it is
    /// gone without that (both 109), and [`PipeError::WrongWay`] where this end may only write.
    pub async fn read(&mut self) -> Result<Vec<u8>, PipeError> {
        let mut message = Vec::new();
        self.read_into(&mut message).await?;
        Ok(message)
    }

    /// As [`Reader::read`], in place of what is in `message`, whose memory is used again.
    pub async fn read_into(&mut self, message: &mut Vec<u8>) -> Result<(), PipeError> {
        if !self.allowed {
            return Err(PipeError::WrongWay);
        }
        if self.end.is_none()
            && let Err(end) = self.gather().await
        {
            self.end = Some(end);
        }
        match self.end {
            Some(End::Closed) => Err(PipeError::Closed),
            Some(End::Broken) => Err(PipeError::Broken),
            None => {
                self.want = None;
                std::mem::swap(message, &mut self.body);
                self.body.clear();
                Ok(())
            }
        }
    }

    /// Reads until a whole message is there.
    async fn gather(&mut self) -> Result<(), End> {
        loop {
            let Some(want) = self.want else {
                self.head()?;
                if self.want.is_none() {
                    self.more(0).await?;
                }
                continue;
            };
            let unused = self.plain.get(self.pos..).unwrap_or_default();
            let taken = unused.get(..want - self.body.len()).unwrap_or(unused);
            self.body.extend_from_slice(taken);
            self.pos += taken.len();
            if self.body.len() == want {
                return Ok(());
            }
            self.more(want - self.body.len()).await?;
        }
    }

    /// Takes the length of the next message, if that is there.
    fn head(&mut self) -> Result<(), End> {
        let Some((head, _)) = self.plain.get(self.pos..).and_then(<[u8]>::split_first_chunk) else {
            return Ok(());
        };
        self.pos += head.len();
        let length = u32::from_le_bytes(*head);
        if length == END {
            return Err(End::Closed);
        }
        let length = usize::try_from(length).ok().filter(|length| *length <= self.max).ok_or(End::Broken)?;
        self.want = Some(length);
        Ok(())
    }

    /// Reads something into `plain`, or into `body`, to which `missing` bytes belong.
    async fn more(&mut self, missing: usize) -> Result<(), End> {
        drop_used(&mut self.plain, &mut self.pos);
        let Some(opener) = &mut self.opener else {
            let got = if self.left() == 0 && missing >= CHUNK {
                self.body.reserve(missing.min(CHUNK));
                let limit = u64::try_from(missing).unwrap_or(u64::MAX);
                (&mut self.from).take(limit).read_buf(&mut self.body).await
            } else {
                self.plain.reserve(CHUNK);
                self.from.read_buf(&mut self.plain).await
            };
            return some(got);
        };
        loop {
            let unopened = self.raw.get(self.at..).unwrap_or_default();
            if let Some((length, rest)) = unopened.split_first_chunk()
                && let Some(sealed) = rest.get(..usize::from(u16::from_le_bytes(*length)))
            {
                self.at += length.len() + sealed.len();
                if self.opened.len() < sealed.len() {
                    self.opened.resize(if sealed.len() > SMALL { MAX_SEALED } else { SMALL }, 0); // seldom: it costs
                }
                let length = opener.open(sealed, &mut self.opened).map_err(|_| End::Broken)?;
                let text = self.opened.get(..length).unwrap_or_default();
                // What belongs to the message goes there without another copy.
                let (now, later) =
                    text.split_at_checked(if self.left() == 0 { missing } else { 0 }).unwrap_or((text, &[]));
                self.body.extend_from_slice(now);
                self.plain.extend_from_slice(later);
                return Ok(());
            }
            drop_used(&mut self.raw, &mut self.at);
            self.raw.reserve(CHUNK);
            some(self.from.read_buf(&mut self.raw).await)?;
        }
    }

    /// Opened bytes that are not used yet.
    fn left(&self) -> usize {
        self.plain.len() - self.pos
    }
}

/// Whether anything was read.
fn some(got: std::io::Result<usize>) -> Result<(), End> {
    match got {
        Ok(1..) => Ok(()),
        Ok(0) => Err(End::Broken),
        Err(error) => {
            tracing::debug!(%error, "pipe: read");
            Err(End::Broken)
        }
    }
}

/// Forgets the first `used` bytes.
fn drop_used(buffer: &mut Vec<u8>, used: &mut usize) {
    buffer.drain(..(*used).min(buffer.len()));
    *used = 0;
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("mode", &self.mode).field("end", &self.end).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(bytes: Vec<u8>) -> Reader {
        Reader::new(Box::new(std::io::Cursor::new(bytes)), None, Mode::Message, 1 << 20, true, None)
    }

    #[tokio::test]
    async fn any_stream_is_read_or_refused() {
        let big = vec![7; 700_000];
        let mut stream = b"\x02\0\0\0hi\0\0\0\0".to_vec();
        stream.extend_from_slice(&700_000u32.to_le_bytes());
        stream.extend_from_slice(&big);
        stream.extend_from_slice(&END.to_le_bytes());
        let mut all = reader(stream.clone());
        assert_eq!(all.read().await.unwrap(), b"hi");
        assert_eq!(all.read().await.unwrap(), b"");
        assert_eq!(all.read().await.unwrap(), big);
        for _ in 0..2 {
            assert!(matches!(all.read().await, Err(PipeError::Closed)));
        }
        for cut in [1, 4, 5, 7, 9, 12, 20, 400_000, stream.len() - 4, stream.len() - 1] {
            let mut part = reader(stream[..cut].to_vec());
            let mut last = part.read().await;
            while last.is_ok() {
                last = part.read().await;
            }
            assert!(matches!(last, Err(PipeError::Broken)), "cut at {cut}");
        }
        let over = reader(((1u32 << 20) + 1).to_le_bytes().to_vec()).read().await;
        assert!(matches!(over, Err(PipeError::Broken)));
    }
}

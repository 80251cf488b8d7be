//! Lines to stdout from a thread of its own: a reader that stalls (`| less`, Ctrl+S) must not silence the session.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::{Failure, clock, quotes::Quotes, record::Record};
use crate::chat::Line;
use crate::history::said_at;

/// Lines waiting for a slow reader before the command waits for it too.
const QUEUE: usize = 1024;
/// Bytes waiting for it; a longer line waits until it is alone.
const BYTES: u32 = 4 << 20;

/// A line of the past as it is printed: with its day, because that need not be today.
pub(super) fn past(line: Line, quotes: &mut Quotes, json: bool) -> String {
    let (day, answered) = (clock::day(said_at(&line)), quotes.of(&line));
    printed(&Record::line(line, answered), &day, json)
}

fn printed(record: &Record, time: &str, json: bool) -> String {
    if json { format!("{}\n", record.json()) } else { format!("{time} {}\n", record.text()) }
}

/// The way to stdout. Each line is flushed at once.
#[derive(Debug)]
pub(super) struct Output {
    lines: mpsc::Sender<(Vec<u8>, Option<OwnedSemaphorePermit>)>,
    room: Arc<Semaphore>,
    result: oneshot::Receiver<io::Result<()>>,
    json: bool,
}

impl Output {
    pub(super) fn start(json: bool) -> Self {
        let (lines, mut queue) = mpsc::channel::<(Vec<u8>, Option<OwnedSemaphorePermit>)>(QUEUE);
        let room = Arc::new(Semaphore::new(BYTES as usize));
        let (ended, result) = oneshot::channel();
        std::thread::spawn(move || {
            let mut written = Ok(());
            while let Some((line, _taken)) = queue.blocking_recv() {
                let mut stdout = io::stdout().lock();
                written = stdout.write_all(&line).and_then(|()| stdout.flush());
                if written.is_err() {
                    break;
                }
            }
            drop(queue); // before the result, so that who waits for room learns that there is none
            let _ = ended.send(written);
        });
        Self { lines, room, result, json }
    }

    /// Prints a record. After [`Output::closed`] it is lost; [`Output::finish`] tells why.
    pub(super) async fn record(&self, record: &Record) {
        self.bytes(printed(record, &clock::hour_minute(clock::now()), self.json).into_bytes()).await;
    }

    /// Prints a line of the past. As [`Output::record`].
    pub(super) async fn past(&self, line: Line, quotes: &mut Quotes) {
        self.bytes(past(line, quotes, self.json).into_bytes()).await;
    }

    /// Prints this as it is. As [`Output::record`].
    pub(super) async fn bytes(&self, bytes: Vec<u8>) {
        let size = u32::try_from(bytes.len()).unwrap_or(BYTES).min(BYTES);
        let taken = Arc::clone(&self.room).acquire_many_owned(size).await;
        let _ = self.lines.send((bytes, taken.ok())).await; // the room is never closed
    }

    /// Returns when nothing can be printed any more, as when the reader has gone.
    pub(super) async fn closed(&self) {
        self.lines.closed().await;
    }

    /// Waits until all is written, but not longer than `patience`, if given.
    pub(super) async fn finish(self, patience: Option<Duration>) -> Result<(), Failure> {
        drop(self.lines);
        let ended = tokio::time::timeout(patience.unwrap_or(Duration::MAX), self.result).await;
        match ended {
            Ok(Ok(written)) => Ok(written?),
            _ => Ok(()), // the user has ended it while its reader stalled
        }
    }
}

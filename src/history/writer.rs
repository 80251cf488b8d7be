//! The thread that owns the connection. What has queued up while it was busy becomes one transaction; when there is
//! nothing to do, it prunes, a small step at a time.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};

use rusqlite::Connection;
use tokio::sync::mpsc::UnboundedSender;

use super::store::{Store, Write};
use super::{HistoryError, open};

/// Most writes in one transaction.
const BATCH: usize = 1024;
/// Lines written before the limits are looked at again.
const PRUNE_AFTER: usize = 64;

/// Looks something up and answers whoever asked.
pub(super) type Look = Box<dyn FnOnce(&Connection) -> rusqlite::Result<()> + Send>;

/// What is asked of the thread.
pub(super) enum Job {
    /// Writes these, or nothing of them.
    Write(Vec<Write>),
    /// Looks something up; everything asked before it has been written.
    Read(Look),
}

/// The thread's own.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) path: PathBuf,
    pub(super) store: Store,
    /// How many writes are queued.
    pub(super) waiting: Arc<AtomicUsize>,
    pub(super) notices: UnboundedSender<String>,
    /// Nothing could be written, and the user knows.
    pub(super) told: bool,
}

impl Writer {
    /// Works until nobody can ask any more.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        let (mut written, mut prune) = (0, true);
        loop {
            let job = match jobs.try_recv() {
                Ok(job) => job,
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) if prune => {
                    prune = self.prune();
                    continue;
                }
                Err(TryRecvError::Empty) => match jobs.recv() {
                    Ok(job) => job,
                    Err(_) => break,
                },
            };
            let mut batch = Vec::new();
            let mut read = None;
            let mut next = Some(job);
            while let Some(job) = next.take() {
                match job {
                    Job::Write(writes) => batch.extend(writes),
                    Job::Read(look) => read = Some(look),
                }
                if read.is_none() && batch.len() < BATCH {
                    next = jobs.try_recv().ok();
                }
            }
            if !batch.is_empty() {
                self.waiting.fetch_sub(batch.len(), Ordering::Relaxed);
                self.write(&batch);
                written += batch.len();
            }
            if written >= PRUNE_AFTER {
                (written, prune) = (0, true);
            }
            if let Some(look) = read {
                self.read(look);
            }
        }
        while prune {
            prune = self.prune();
        }
    }

    fn write(&mut self, batch: &[Write]) {
        let Err(error) = self.store.write(batch) else { return };
        let again = match self.mend(&error) {
            Ok(()) => self.store.write(batch).map_err(|e| HistoryError::of(&self.path, &e)),
            Err(error) => Err(error),
        };
        if let Err(error) = again {
            self.failed(&error);
        }
    }

    fn read(&mut self, look: Look) {
        if let Err(error) = look(&self.store.db) {
            tracing::warn!(%error, "history not read");
            if let Err(error) = self.mend(&error) {
                tracing::warn!(%error, "history not mended");
            }
        }
    }

    /// The chat goes on without; the user is told once.
    fn failed(&mut self, error: &HistoryError) {
        tracing::warn!(%error, "history not written");
        if !self.told {
            self.told = true;
            self.tell(format!("what is said now is not kept: {error}"));
        }
    }

    /// Whether there may be more to prune. What fails now is tried again later.
    fn prune(&mut self) -> bool {
        self.store.prune().unwrap_or_else(|error| {
            tracing::warn!(%error, "history not pruned");
            false
        })
    }

    /// When the file turned out to be damaged, sets it aside and begins another; any other error comes back.
    fn mend(&mut self, error: &rusqlite::Error) -> Result<(), HistoryError> {
        match HistoryError::of(&self.path, error) {
            HistoryError::Damaged(_) => {}
            other => return Err(other),
        }
        // Closed first: SQLite would take away the new file's log with the old one's.
        let (limits, now) = self.store.close().map_err(|e| HistoryError::of(&self.path, &e))?;
        let notice = open::set_aside(&self.path, now)?;
        (self.store, _) = open::store(&self.path, limits, now)?;
        self.tell(notice);
        Ok(())
    }

    fn tell(&self, notice: String) {
        let _ = self.notices.send(notice); // a program that does not listen is told by its log
    }
}

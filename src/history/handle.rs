//! What the session and the screen call.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;

use super::store::{self, Write};
use super::writer::{Job, Writer};
use super::{Held, HistoryError, Limits, Query, Recent, open, private, query};
use crate::chat::{Keeping, KeptLine, Line, LineId, Millis};
use crate::privileges;

/// Writes that wait for a slow disk; what comes on top of them is not kept.
const QUEUE: usize = if cfg!(test) { 1024 } else { 65_536 };
/// Longest wait for an answer.
const ANSWER: Duration = Duration::from_secs(10);

/// The history of a profile, cheap to clone. Nothing that is written waits for the disk. One program writes to a file at
/// a time: whoever has the profile in use.
#[derive(Debug, Clone)]
pub struct History {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    jobs: Mutex<Option<Sender<Job>>>,
    waiting: Arc<AtomicUsize>,
    overflowed: AtomicBool,
    notices: tokio::sync::mpsc::UnboundedSender<String>,
    later: Mutex<Option<UnboundedReceiver<String>>>,
    ended: Mutex<Option<oneshot::Receiver<()>>>,
}

impl History {
    /// Opens the file at `path`, in a directory that exists, and makes it if there is none. What is damaged is set
    /// aside. Also returns what the user should be told; without a history, that says why.
    pub fn open(path: &Path, limits: Limits, now: Millis) -> (Option<Self>, Vec<String>) {
        match Self::start(path, limits, now) {
            Ok((history, notice)) => (Some(history), notice.into_iter().collect()),
            Err(error) => (None, vec![format!("nothing of this chat is kept: {error}")]),
        }
    }

    fn start(path: &Path, limits: Limits, now: Millis) -> Result<(Self, Option<String>), HistoryError> {
        let (store, notice) = open::store(path, limits, now)?;
        let (jobs, queue) = mpsc::channel();
        let (notices, later) = unbounded_channel();
        let (end, ended) = oneshot::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let writer = Writer {
            path: path.to_owned(),
            store,
            waiting: waiting.clone(),
            notices: notices.clone(),
            told: false,
        };
        let thread = std::thread::Builder::new().name("history".to_owned()).spawn(move || {
            let _ = privileges::drop_capabilities(); // whoever binds the ports tells when that fails
            writer.run(&queue); // and closes the file, which takes the log beside it in
            let _ = end.send(()); // whoever waited may have lost patience
        });
        thread.map_err(|e| HistoryError::io(path, &e))?;
        let shared = Shared {
            jobs: Mutex::new(Some(jobs)),
            waiting,
            overflowed: AtomicBool::new(false),
            notices,
            later: Mutex::new(Some(later)),
            ended: Mutex::new(Some(ended)),
        };
        Ok((Self { shared: Arc::new(shared) }, notice))
    }

    /// What the user should be told later, such as that the disk is full. To be taken once.
    pub fn notices(&self) -> Option<UnboundedReceiver<String>> {
        lock(&self.shared.later).take()
    }

    /// Keeps a line, unless it is kept already.
    pub fn record(&self, line: &Line) {
        self.write(vec![Write::Line(Box::new(line.clone()))]);
    }

    /// Keeps a datagram for repair, heard at the time `now`.
    pub fn hold(&self, held: Held, now: Millis) {
        self.write(vec![Write::Hold { held, now }]);
    }

    /// As [`History::record`] and [`History::hold`], of lines and the datagrams in which they came: all or nothing, so
    /// that a crash leaves none that would be shown again.
    /// The same for what is to be noted of private lines.
    pub fn keep(&self, lines: Vec<Line>, held: Vec<Held>, private: Vec<Keeping>, now: Millis) {
        let held = held.into_iter().map(|held| Write::Hold { held, now });
        let private = private.into_iter().map(|what| Write::Private { what, now });
        let lines = lines.into_iter().map(|line| Write::Line(Box::new(line)));
        let writes: Vec<Write> = lines.chain(held).chain(private).collect();
        if !writes.is_empty() {
            self.write(writes);
        }
    }

    /// The user has read everything in `room` that was recorded up to now.
    pub fn set_read_mark(&self, room: &str) {
        self.write(vec![Write::Mark { room: room.to_owned() }]);
    }

    fn write(&self, writes: Vec<Write>) {
        if self.shared.waiting.load(Ordering::Relaxed) >= QUEUE {
            if !self.shared.overflowed.swap(true, Ordering::Relaxed) {
                let text =
                    "the disk is too slow: not everything that is said is kept; look at what else uses it";
                let _ = self.shared.notices.send(text.to_owned()); // nobody may listen
            }
            return;
        }
        self.shared.waiting.fetch_add(writes.len(), Ordering::Relaxed);
        self.send(Job::Write(writes));
    }

    fn send(&self, job: Job) {
        if let Some(jobs) = lock(&self.shared.jobs).as_ref() {
            let _ = jobs.send(job); // the thread ends only with the program
        }
    }

    /// The datagrams kept, in the order in which they came: for the start of a session. Blocks.
    pub fn held(&self) -> Vec<Held> {
        self.ask_blocking(store::held).unwrap_or_default()
    }

    /// Private lines that wait for their readers, and those of others that were shown: for the start of a session. Blocks.
    pub fn private(&self) -> (Vec<KeptLine>, Vec<LineId>) {
        self.ask_blocking(private::load).unwrap_or_default()
    }

    /// The newest `count` lines of a room, private ones left out, or of a private conversation (`@` and an id), and which
    /// of them are new since its read mark.
    pub async fn recent(&self, room: &str, count: u32) -> Recent {
        let room = room.to_owned();
        self.ask(move |db| query::recent(db, &room, count)).await.unwrap_or_default()
    }

    /// As [`History::recent`]. Blocks.
    pub fn recent_blocking(&self, room: &str, count: u32) -> Recent {
        let room = room.to_owned();
        self.ask_blocking(move |db| query::recent(db, &room, count)).unwrap_or_default()
    }

    /// The lines that are wanted, oldest first.
    pub async fn search(&self, query: Query) -> Vec<Line> {
        self.ask(move |db| query::all(db, &query)).await.unwrap_or_default()
    }

    /// As [`History::search`]. Blocks.
    pub fn search_blocking(&self, query: Query) -> Vec<Line> {
        self.ask_blocking(move |db| query::all(db, &query)).unwrap_or_default()
    }

    /// Waits until everything asked before is in the file. Blocks; false when that takes more than ten seconds.
    pub fn flush(&self) -> bool {
        self.ask_blocking(|_| Ok(())).is_some()
    }

    /// Ends the history: writes what is queued and closes the file, for at most `patience`. Nothing is kept after it.
    pub async fn close(&self, patience: Duration) {
        drop(lock(&self.shared.jobs).take());
        let ended = lock(&self.shared.ended).take();
        if let Some(ended) = ended
            && tokio::time::timeout(patience, ended).await.is_err()
        {
            tracing::warn!("the disk is too slow for the last lines");
        }
    }

    async fn ask<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.look(look, move |found| drop(reply.send(found)));
        tokio::time::timeout(ANSWER, answer).await.ok()?.ok()
    }

    fn ask_blocking<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Option<T> {
        let (reply, answer) = mpsc::sync_channel(1);
        self.look(look, move |found| drop(reply.send(found)));
        answer.recv_timeout(ANSWER).ok()
    }

    /// What cannot be read counts as not there.
    fn look<T>(
        &self,
        look: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        reply: impl FnOnce(T) + Send + 'static,
    ) {
        self.send(Job::Read(Box::new(move |db| look(db).map(reply))));
    }
}

/// No holder of these locks can panic.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Kind, Trust};
    use crate::text::SafeText;

    fn line(text: &str) -> Line {
        let lobby = SafeText::line("lobby");
        Line {
            id: None,
            room: lobby.clone(),
            kind: Kind::Say,
            from: lobby.clone(),
            peer: None,
            host: lobby,
            address: None,
            text: SafeText::clean(text),
            sent_at: 1,
            received_at: 1,
            trust: Trust::Unsigned,
            private: false,
            to: None,
            late: false,
            own: false,
            about: None,
        }
    }

    fn set_pages(history: &History, pages: u32) {
        let set =
            move |db: &Connection| db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()));
        history.ask_blocking(set).unwrap();
    }

    #[test]
    fn a_full_disk_is_told_once_and_what_follows_is_kept() {
        let place = tempfile::tempdir().unwrap();
        let (history, notices) = History::open(&place.path().join("history.db"), Limits::default(), 1);
        let (history, mut later) = (history.unwrap(), Vec::new());
        let mut trouble = history.notices().unwrap();
        assert!(notices.is_empty());
        history.record(&line("before"));
        set_pages(&history, 1); // as many as there are
        for _ in 0..3 {
            history.record(&line(&"too much ".repeat(10_000)));
            assert!(history.flush());
        }
        set_pages(&history, 1 << 20);
        history.record(&line("after"));
        let texts: Vec<_> = history
            .search_blocking(Query::default())
            .into_iter()
            .map(|line| line.text.into_string())
            .collect();
        assert_eq!(texts, ["before", "after"]);
        while let Ok(notice) = trouble.try_recv() {
            later.push(notice);
        }
        assert_eq!(later.len(), 1, "{later:?}");
        assert!(later[0].contains("full"), "{later:?}");
    }

    #[test]
    fn a_stalled_disk_costs_lines_but_no_time_and_no_memory() {
        let place = tempfile::tempdir().unwrap();
        let (history, _) = History::open(&place.path().join("history.db"), Limits::default(), 1);
        let history = history.unwrap();
        let (go, stall) = mpsc::channel::<()>();
        history.send(Job::Read(Box::new(move |_| {
            let _ = stall.recv(); // the disk answers when the test lets it
            Ok(())
        })));
        let line = line("x");
        for _ in 0..QUEUE + 100 {
            history.record(&line);
        }
        assert_eq!(history.shared.waiting.load(Ordering::Relaxed), QUEUE);
        let mut trouble = history.notices().unwrap();
        assert!(trouble.try_recv().unwrap().contains("too slow"));
        assert!(trouble.try_recv().is_err(), "told once");
        drop(go);
        assert!(history.flush());
        assert_eq!(history.search_blocking(Query::default()).len(), QUEUE);
    }
}

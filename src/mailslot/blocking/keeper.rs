//! The thread that attends to a slot while nobody reads it: it keeps the queue filled and tells who asks what waits.
//!
//! A reader that waits takes messages straight from the socket, because a thread in between would double the time of a
//! round trip. So the two take turns. While the reader is at work the thread keeps away and looks now and then; when
//! the reader sleeps in a read, or the slot is full, the thread sleeps too.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::mailslot::machine::{Door, Flow, readable, ready, wait};

/// How often to look whether the reader is still at work.
const TICK: Duration = Duration::from_millis(2);
/// How long to wait after a failure that may come again at once.
const PAUSE: Duration = Duration::from_millis(100);

/// The reader's end of the arrangement. Dropping it ends the thread and frees the slot's name.
#[derive(Debug)]
pub(super) struct Keeper {
    shared: Arc<Shared>,
    wake: UnixStream,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    door: Door,
    turn: Mutex<Turn>,
}

#[derive(Debug, Default)]
struct Turn {
    /// The reader is in a read: the socket is its own.
    reading: bool,
    /// Reads so far.
    reads: u64,
    /// The thread sleeps until it is woken.
    asleep: bool,
    end: bool,
}

impl Shared {
    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reader's turn; its end gives the socket back.
#[derive(Debug)]
pub(super) struct Reading<'a>(&'a Keeper);

impl Keeper {
    pub(super) fn start(door: Door) -> io::Result<Self> {
        let (wake, woken) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        let shared = Arc::new(Shared { door, turn: Mutex::default() });
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("mailslot".to_owned());
        let thread = thread.spawn(move || theirs.attend(&woken))?;
        Ok(Self { shared, wake, thread: Some(thread) })
    }

    pub(super) fn door(&self) -> &Door {
        &self.shared.door
    }

    pub(super) fn read(&self) -> Reading<'_> {
        self.shared.turn().reading = true;
        Reading(self)
    }

    fn wake(&self) {
        let _ = (&self.wake).write(&[0]); // if there is no room, it is being woken already
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        let mut turn = self.0.shared.turn();
        turn.reading = false;
        turn.reads += 1;
        let asleep = std::mem::take(&mut turn.asleep);
        drop(turn);
        if asleep {
            self.0.wake();
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.shared.turn().end = true;
        self.wake();
        self.shared.door.close();
        let _ = self.thread.take().map(JoinHandle::join); // it has nothing to tell
    }
}

/// What the thread waits for, beside those who ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// For messages: nobody reads.
    Messages,
    /// For a moment: somebody reads.
    Tick,
    /// To be woken.
    Nothing,
}

impl Shared {
    fn attend(&self, woken: &UnixStream) {
        let (mut seen, mut full) = (0, false);
        loop {
            let plan = {
                let mut turn = self.turn();
                if turn.end {
                    return;
                }
                let quiet = std::mem::replace(&mut seen, turn.reads) == turn.reads;
                full &= quiet;
                let plan = match quiet {
                    false => Plan::Tick,
                    true if turn.reading || full => Plan::Nothing,
                    true => Plan::Messages,
                };
                turn.asleep = plan == Plan::Nothing;
                plan
            };
            match self.step(woken, plan) {
                Ok(Flow::Full) => full = true,
                Ok(Flow::Dry) => {}
                Ok(Flow::Closed) => return,
                Err(_) => std::thread::sleep(PAUSE), // too many open files, say
            }
        }
    }

    fn step(&self, mut woken: &UnixStream, plan: Plan) -> io::Result<Flow> {
        let mut fds = [readable(woken), readable(&self.door.asks), readable(&self.door.socket)];
        let watched = if plan == Plan::Messages { &mut fds[..] } else { &mut fds[..2] };
        wait(watched, (plan == Plan::Tick).then_some(TICK))?;
        let [wake, asked, mail] = fds.each_ref().map(ready);
        if wake {
            let _ = woken.read(&mut [0; 64]); // what is left wakes again
        }
        let turn = self.turn();
        if asked {
            self.door.answer(!turn.reading)?;
        }
        Ok(if mail && !turn.reading { self.door.drain() } else { Flow::Dry })
    }
}

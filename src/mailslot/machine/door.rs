//! The server's side: what is written to the slot's socket goes into its queue, as far as there is room.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::claim::Claim;
use super::packet::{BUFFER, receive, tell_writers};
use super::{Card, Files, Report};
use crate::mailslot::error::{CreateError, ReadError};
use crate::mailslot::message::{Message, Source};
use crate::mailslot::path::SlotName;
use crate::mailslot::queue::{Offer, Queue, Taken};
use crate::mailslot::server::{Info, Options, ReadTimeout};
use crate::netbios::Name;

/// A read timeout of for ever, in milliseconds.
const FOREVER: u64 = u64::MAX;

/// A slot that the user's other programs can write to.
#[derive(Debug)]
pub(in crate::mailslot) struct Door {
    name: SlotName,
    pub(in crate::mailslot) socket: UnixDatagram,
    pub(in crate::mailslot) asks: UnixListener,
    queue: Arc<Queue>,
    max_message: Option<usize>,
    limit: usize,
    read_timeout: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    buffer: Vec<u8>,
    /// What has been taken from the socket and has no room in the queue.
    held: Option<Message>,
    claim: Option<Claim>,
}

/// How it goes on after what has come was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::mailslot) enum Flow {
    /// Nothing more has come.
    Dry,
    /// The queue has no room; more may wait.
    Full,
    /// The queue takes nothing any more.
    Closed,
}

impl Door {
    /// Makes the slot known on this machine.
    pub(in crate::mailslot) fn open(
        name: &SlotName,
        options: &Options,
        queue: Arc<Queue>,
    ) -> Result<Self, CreateError> {
        let limit = options.limit();
        let files = Files::of(name).map_err(|error| CreateError::Unusable(error.to_string()))?;
        let unusable = |error: io::Error| {
            CreateError::Unusable(format!(
                "cannot use {}: {error}; set {} to a directory of your own with a short path",
                files.socket.display(),
                crate::local::VARIABLE
            ))
        };
        let card = Card { name: name.to_string(), pid: std::process::id(), limit };
        let Some(claim) = Claim::take(files.clone(), &card).map_err(unusable)? else {
            return Err(CreateError::Exists(name.to_string()));
        };
        // The datagram socket comes last: who finds it finds everything.
        let asks = UnixListener::bind(&files.ask).map_err(unusable)?;
        asks.set_nonblocking(true).map_err(unusable)?;
        let socket = UnixDatagram::bind(&files.socket).map_err(unusable)?;
        socket.set_nonblocking(true).map_err(unusable)?;
        tell_writers(&socket).map_err(unusable)?;
        let state = State { buffer: vec![0; BUFFER], held: None, claim: Some(claim) };
        let door = Self {
            name: name.clone(),
            socket,
            asks,
            queue,
            max_message: options.max_message,
            limit,
            read_timeout: AtomicU64::default(),
            state: Mutex::new(state),
        };
        door.set_read_timeout(options.read_timeout);
        Ok(door)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves what has come into the queue, as far as it has room.
    pub(in crate::mailslot) fn drain(&self) -> Flow {
        let mut state = self.state();
        loop {
            let Some(message) = self.next(&mut state) else { return Flow::Dry };
            match self.queue.offer(message) {
                Offer::Taken => {}
                Offer::Full(message) => {
                    state.held = Some(message);
                    return Flow::Full;
                }
                Offer::Closed => return Flow::Closed,
            }
        }
    }

    /// The message that is read next, if `fits` finds its size right, be it in the queue or still in the socket.
    pub(in crate::mailslot) fn take(
        &self,
        fits: impl Fn(usize) -> Result<(), ReadError>,
    ) -> Result<Message, ReadError> {
        let mut state = self.state();
        match self.queue.take(&fits) {
            Taken::Nothing => {}
            Taken::Message(message) => return Ok(message),
            Taken::Unfit(error) => return Err(error),
            Taken::Closed => return state.held.take().ok_or(ReadError::Closed),
        }
        let message = self.next(&mut state).ok_or(ReadError::Timeout)?;
        match fits(message.data.len()) {
            Ok(()) => Ok(message),
            Err(error) => {
                state.held = Some(message);
                Err(error)
            }
        }
    }

    fn next(&self, state: &mut State) -> Option<Message> {
        if let Some(message) = state.held.take() {
            return Some(message);
        }
        state.claim.as_ref()?; // a socket that is shut down has no more to say
        loop {
            match receive(&self.socket, &mut state.buffer, self.limit) {
                Ok(Some(incoming)) => {
                    let source = source(incoming.pid);
                    return Some(Message { data: incoming.data, source, slot: self.name.clone() });
                }
                Ok(None) => self.queue.refuse(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return None, // nothing is there
            }
        }
    }

    pub(in crate::mailslot) fn set_read_timeout(&self, timeout: ReadTimeout) {
        let millis = match timeout {
            ReadTimeout::Immediate => 0,
            ReadTimeout::After(limit) => u64::try_from(limit.as_millis()).unwrap_or(FOREVER - 1),
            ReadTimeout::Forever => FOREVER,
        };
        self.read_timeout.store(millis, Ordering::Relaxed);
    }

    fn report(&self) -> Report {
        let state = self.state();
        let fill = self.queue.fill();
        let held = state.held.as_ref().map(|message| message.data.len());
        let timeout = self.read_timeout.load(Ordering::Relaxed);
        Report {
            max_message: self.max_message,
            next: fill.next.or(held),
            waiting: fill.waiting + usize::from(held.is_some()),
            read_timeout: (timeout != FOREVER).then_some(timeout),
            dropped: fill.dropped,
            full: held.is_some(),
        }
    }

    /// What waits, once what has come was taken in.
    pub(in crate::mailslot) fn info(&self) -> Info {
        self.drain();
        self.report().info()
    }

    /// Tells everybody who asks what waits; takes in what has come before that, unless somebody else does so.
    pub(in crate::mailslot) fn answer(&self, drain: bool) -> io::Result<()> {
        loop {
            match self.asks.accept() {
                Ok((stream, _)) => self.tell(stream, drain),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Tells one who asks. As [`Door::answer`].
    pub(in crate::mailslot) fn tell(&self, mut stream: UnixStream, drain: bool) {
        if drain {
            self.drain();
        }
        let report = serde_json::to_vec(&self.report()).unwrap_or_default();
        // Who asks and does not listen gets no answer.
        let _ = stream.set_nonblocking(true).and_then(|()| stream.write_all(&report));
    }

    /// Frees the name. Writers are told that the server has gone; what has been taken in can still be read.
    pub(in crate::mailslot) fn close(&self) {
        self.state().claim = None;
        let _ = self.socket.shutdown(std::net::Shutdown::Both); // where it cannot be, writers learn when it is dropped
    }
}

impl Report {
    pub(super) fn info(&self) -> Info {
        let read_timeout = match self.read_timeout {
            None => ReadTimeout::Forever,
            Some(0) => ReadTimeout::Immediate,
            Some(millis) => ReadTimeout::After(Duration::from_millis(millis)),
        };
        Info {
            max_message: self.max_message,
            next: self.next,
            waiting: self.waiting,
            read_timeout,
            dropped: self.dropped,
        }
    }
}

/// A program of this user on this machine.
fn source(pid: Option<u32>) -> Source {
    Source {
        name: Name::WILDCARD,
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        claimed: Ipv4Addr::LOCALHOST,
        interface: 0,
        own: true,
        directed: true,
        local: true,
        pid,
    }
}

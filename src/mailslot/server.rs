//! The reading end of a mailslot (Win32 `CreateMailslot`, `ReadFile`, `GetMailslotInfo`, `SetMailslotInfo`).

use std::sync::Arc;
use std::time::Duration;

use super::Mailslots;
use super::error::{CreateError, ReadError};
use super::machine::{Door, Watch};
use super::message::Message;
use super::path::{SlotName, SlotPath};
use super::queue::{Queue, Taken};

/// Win32's `MAILSLOT_WAIT_FOREVER`: a read timeout of for ever, in milliseconds.
pub const WAIT_FOREVER: u32 = u32::MAX;
/// Win32's `MAILSLOT_NO_MESSAGE`: the size of the next message when there is none.
pub const NO_MESSAGE: u32 = u32::MAX;

/// What a server may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Most bytes of one message; none: any size. Longer ones are dropped and counted.
    pub max_message: Option<usize>,
    /// How long a read waits.
    pub read_timeout: ReadTimeout,
    /// Most messages that wait to be read. When they do, the newest is dropped and counted.
    pub queue_messages: usize,
    /// Most bytes that wait to be read, and so of one message, whatever [`max_message`](Self::max_message) says.
    pub queue_bytes: usize,
    /// Take also what is written to slots below this one that do not exist themselves: `rooms` then gets `rooms\lunch`.
    /// [`Message::slot`](super::Message::slot) tells which it was.
    pub below: bool,
    /// Who can write to it by `\\.\mailslot\…`.
    pub scope: Scope,
}

/// Who can write to a mailslot by `\\.\mailslot\…`. The network reaches it in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Every program of this user on this machine. The name is taken for all of them.
    #[default]
    User,
    /// This program alone: others may have a slot of the same name. Nothing is kept on disk.
    Program,
}

impl Default for Options {
    /// Any size, reads wait for ever, 1024 messages, 4 MiB, for all programs of the user.
    fn default() -> Self {
        Self {
            max_message: None,
            read_timeout: ReadTimeout::Forever,
            queue_messages: 1024,
            queue_bytes: 1 << 22,
            below: false,
            scope: Scope::User,
        }
    }
}

impl Options {
    /// As `CreateMailslot` takes them: most bytes of a message, 0 for any size; the read timeout in milliseconds, with
    /// [`WAIT_FOREVER`].
    pub fn win32(max_message: u32, read_timeout: u32) -> Self {
        let max_message = usize::try_from(max_message).ok().filter(|most| *most > 0);
        Self { max_message, read_timeout: read_timeout.into(), ..Self::default() }
    }

    /// Most bytes that one message can have.
    pub fn limit(&self) -> usize {
        self.max_message.map_or(self.queue_bytes, |most| most.min(self.queue_bytes))
    }
}

/// How long a read waits for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadTimeout {
    /// Not at all.
    Immediate,
    /// This long.
    After(Duration),
    /// Until there is one.
    Forever,
}

impl From<u32> for ReadTimeout {
    /// From milliseconds, with [`WAIT_FOREVER`].
    fn from(millis: u32) -> Self {
        match millis {
            0 => Self::Immediate,
            WAIT_FOREVER => Self::Forever,
            _ => Self::After(Duration::from_millis(millis.into())),
        }
    }
}

impl From<ReadTimeout> for u32 {
    /// In milliseconds, with [`WAIT_FOREVER`]; at most what comes before that.
    fn from(timeout: ReadTimeout) -> Self {
        match timeout {
            ReadTimeout::Immediate => 0,
            ReadTimeout::After(limit) => Self::try_from(limit.as_millis()).unwrap_or(WAIT_FOREVER - 1),
            ReadTimeout::Forever => WAIT_FOREVER,
        }
    }
}

/// What a server can tell of its mailslot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    /// Most bytes of one message.
    pub max_message: Option<usize>,
    /// Bytes of the message that is read next; none when there is none.
    pub next: Option<usize>,
    /// Messages that wait.
    pub waiting: usize,
    /// How long a read waits.
    pub read_timeout: ReadTimeout,
    /// Messages that were too long or found no room, since the start.
    pub dropped: u64,
}

impl Info {
    /// As `GetMailslotInfo` tells it: most bytes of a message (0: any size), bytes of the next one or [`NO_MESSAGE`],
    /// messages that wait, and the read timeout in milliseconds or [`WAIT_FOREVER`].
    pub fn win32(&self) -> [u32; 4] {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        [
            self.max_message.map_or(0, number),
            self.next.map_or(NO_MESSAGE, number),
            number(self.waiting),
            self.read_timeout.into(),
        ]
    }
}

/// A mailslot that this program reads. Dropping it frees the name and what has not been read.
///
/// It cannot be written to, and a client cannot be read from, nor can it set how long reads wait; Win32 refuses that with
/// codes 5 and 87, here it does not compile:
///
/// ```compile_fail,E0599
/// # fn f(mut server: lanchat::mailslot::Server) {
/// server.write(b"no");
/// # }
/// ```
/// ```compile_fail,E0599
/// # fn f(client: lanchat::mailslot::Client) {
/// client.read();
/// # }
/// ```
/// ```compile_fail,E0599
/// # fn f(client: lanchat::mailslot::Client) {
/// client.set_read_timeout(lanchat::mailslot::ReadTimeout::Immediate);
/// # }
/// ```
///
/// On Windows a child process can inherit the handle, and the slot lives until the last one is closed. Here it lives as
/// long as this value: children inherit nothing.
#[derive(Debug)]
pub struct Server {
    path: SlotName,
    options: Options,
    queue: Arc<Queue>,
    /// What brings the messages of the user's other programs.
    watch: Option<Watch>,
    /// What brings those from the network.
    service: Option<Mailslots>,
}

impl Server {
    pub(super) fn start(
        path: SlotName,
        options: Options,
        queue: Arc<Queue>,
        service: Option<Mailslots>,
    ) -> Result<Self, CreateError> {
        let mut server = Self { path, options, queue, watch: None, service };
        if options.scope == Scope::User {
            let door = Door::open(&server.path, &options, Arc::clone(&server.queue))?;
            server.watch = Some(Watch::start(door, Arc::clone(&server.queue))?);
        }
        Ok(server)
    }

    /// Creates a mailslot for this machine alone, without a service and without the network. Must be called inside a
    /// tokio runtime; [`blocking::Server`](super::blocking::Server) needs none.
    ///
    /// # Errors
    /// As [`Mailslots::create`].
    pub fn local(path: &SlotPath, options: Options) -> Result<Self, CreateError> {
        let SlotPath::Local(name) = path else { return Err(CreateError::NotLocal) };
        let queue = Arc::new(Queue::new(options.queue_messages, options.queue_bytes));
        let options = Options { scope: Scope::User, ..options };
        Self::start(name.clone(), options, queue, None)
    }

    /// The slot's name.
    pub fn path(&self) -> &SlotName {
        &self.path
    }

    /// Reads the next message, waiting as long as the read timeout says. Dropping the future loses nothing.
    pub async fn read(&mut self) -> Result<Message, ReadError> {
        self.next(up_to(usize::MAX)).await
    }

    /// Reads the next message into `buffer`, waiting as long as the read timeout says, and returns its size in bytes.
    ///
    /// # Errors
    /// [`ReadError::TooSmall`] when the buffer is smaller than the message, which stays; and as [`Server::read`].
    pub async fn read_into(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        let message = self.next(up_to(buffer.len())).await?;
        Ok(copy(&message, buffer))
    }

    /// Reads the next message if there is one; otherwise [`ReadError::Timeout`].
    pub fn try_read(&mut self) -> Result<Message, ReadError> {
        self.take(up_to(usize::MAX))
    }

    async fn next(&mut self, fits: impl Fn(usize) -> Result<(), ReadError>) -> Result<Message, ReadError> {
        match self.options.read_timeout {
            ReadTimeout::Immediate => self.take(fits),
            ReadTimeout::Forever => self.wait(fits).await,
            ReadTimeout::After(limit) => {
                let waited = tokio::time::timeout(limit, self.wait(&fits)).await;
                // A program that stood still may find its time over and messages there.
                waited.unwrap_or_else(|_| self.take(fits))
            }
        }
    }

    async fn wait(&self, fits: impl Fn(usize) -> Result<(), ReadError>) -> Result<Message, ReadError> {
        loop {
            match self.take(&fits) {
                Err(ReadError::Timeout) => self.queue.arrived().await,
                taken => return taken,
            }
        }
    }

    fn take(&self, fits: impl Fn(usize) -> Result<(), ReadError>) -> Result<Message, ReadError> {
        if let Some(watch) = &self.watch {
            return watch.take(fits);
        }
        match self.queue.take(fits) {
            Taken::Message(message) => Ok(message),
            Taken::Unfit(error) => Err(error),
            Taken::Nothing => Err(ReadError::Timeout),
            Taken::Closed => Err(ReadError::Closed),
        }
    }

    /// What waits, and the settings.
    pub fn info(&self) -> Info {
        let info = self.watch.as_ref().map(Watch::info);
        let fill = self.queue.fill();
        info.unwrap_or(Info {
            max_message: self.options.max_message,
            next: fill.next,
            waiting: fill.waiting,
            read_timeout: self.options.read_timeout,
            dropped: fill.dropped,
        })
    }

    /// Sets how long the next reads wait.
    pub fn set_read_timeout(&mut self, timeout: ReadTimeout) {
        self.options.read_timeout = timeout;
        if let Some(watch) = &self.watch {
            watch.set_read_timeout(timeout);
        }
    }

    /// Frees the name and what has not been read, as dropping it does.
    pub fn close(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(service) = &self.service {
            service.remove(&self.queue);
        }
    }
}

/// For a buffer of `most` bytes.
pub(super) fn up_to(most: usize) -> impl Fn(usize) -> Result<(), ReadError> {
    move |needed| if needed <= most { Ok(()) } else { Err(ReadError::TooSmall { needed }) }
}

pub(super) fn copy(message: &Message, buffer: &mut [u8]) -> usize {
    buffer.iter_mut().zip(&message.data).for_each(|(to, from)| *to = *from);
    message.data.len()
}

//! The reading end of a mailslot (Win32 `CreateMailslot`, `ReadFile`, `GetMailslotInfo`, `SetMailslotInfo`).

use std::sync::Arc;
use std::time::Duration;

use super::Mailslots;
use super::error::ReadError;
use super::message::Message;
use super::path::SlotName;
use super::queue::{Queue, Taken};

/// What a server may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Most bytes of one message; none: any size. Longer ones are dropped and counted.
    pub max_message: Option<usize>,
    /// How long a read waits.
    pub read_timeout: ReadTimeout,
    /// Most messages that wait to be read. When they do, the newest is dropped and counted.
    pub queue_messages: usize,
    /// Most bytes that wait to be read.
    pub queue_bytes: usize,
}

impl Default for Options {
    /// Any size, reads wait for ever, 1024 messages, 1 MiB.
    fn default() -> Self {
        Self {
            max_message: None,
            read_timeout: ReadTimeout::Forever,
            queue_messages: 1024,
            queue_bytes: 1 << 20,
        }
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

/// A mailslot that this program reads. Dropping it frees the name and what has not been read.
#[derive(Debug)]
pub struct Server {
    path: SlotName,
    options: Options,
    queue: Arc<Queue>,
    service: Mailslots,
}

impl Server {
    pub(super) fn new(path: SlotName, options: Options, queue: Arc<Queue>, service: Mailslots) -> Self {
        Self { path, options, queue, service }
    }

    /// The slot's name.
    pub fn path(&self) -> &SlotName {
        &self.path
    }

    /// Reads the next message, waiting as long as the read timeout says. Dropping the future loses nothing.
    pub async fn read(&mut self) -> Result<Message, ReadError> {
        match self.options.read_timeout {
            ReadTimeout::Immediate => self.try_read(),
            ReadTimeout::Forever => self.queue.wait().await.ok_or(ReadError::Closed),
            ReadTimeout::After(limit) => match tokio::time::timeout(limit, self.queue.wait()).await {
                Ok(message) => message.ok_or(ReadError::Closed),
                Err(_) => Err(ReadError::Timeout),
            },
        }
    }

    /// Reads the next message if there is one; otherwise [`ReadError::Timeout`].
    pub fn try_read(&mut self) -> Result<Message, ReadError> {
        match self.queue.take() {
            Taken::Message(message) => Ok(message),
            Taken::Nothing => Err(ReadError::Timeout),
            Taken::Closed => Err(ReadError::Closed),
        }
    }

    /// What waits, and the settings.
    pub fn info(&self) -> Info {
        let fill = self.queue.fill();
        Info {
            max_message: self.options.max_message,
            next: fill.next,
            waiting: fill.waiting,
            read_timeout: self.options.read_timeout,
            dropped: fill.dropped,
        }
    }

    /// Sets how long the next reads wait.
    pub fn set_read_timeout(&mut self, timeout: ReadTimeout) {
        self.options.read_timeout = timeout;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.service.remove(&self.queue);
    }
}

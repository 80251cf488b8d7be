//! A server without a service: a queue, the slot's socket, and the reader's thread itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::keeper::Keeper;
use crate::mailslot::machine::{Door, readable, wait};
use crate::mailslot::queue::Queue;
use crate::mailslot::{CreateError, Info, Message, Options, ReadError, ReadTimeout, Scope, SlotName};

#[derive(Debug)]
pub(super) struct Alone {
    pub(super) name: SlotName,
    keeper: Keeper,
    read_timeout: ReadTimeout,
}

impl Alone {
    pub(super) fn create(name: SlotName, options: Options) -> Result<Self, CreateError> {
        let queue = Arc::new(Queue::new(options.queue_messages, options.queue_bytes));
        let door = Door::open(&name, &Options { scope: Scope::User, ..options }, queue)?;
        let keeper = Keeper::start(door).map_err(|error| {
            CreateError::Unusable(format!(
                "cannot start a thread: {error}; close some programs and try again"
            ))
        })?;
        Ok(Self { name, keeper, read_timeout: options.read_timeout })
    }

    pub(super) fn next(
        &mut self,
        fits: impl Fn(usize) -> Result<(), ReadError>,
    ) -> Result<Message, ReadError> {
        let turn = self.keeper.read();
        let door = self.keeper.door();
        let deadline = match self.read_timeout {
            ReadTimeout::Immediate => Some(now()),
            ReadTimeout::After(limit) => now().checked_add(limit),
            ReadTimeout::Forever => None,
        };
        loop {
            let taken = door.take(&fits);
            if !matches!(taken, Err(ReadError::Timeout)) {
                return taken;
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(now()));
            if left.is_some_and(|left| left.is_zero()) {
                return taken;
            }
            // A failure to wait ends like a wait in vain.
            wait(&mut [readable(&door.socket)], left.map(whole_milliseconds))
                .map_err(|_| ReadError::Timeout)?;
            let _ = &turn;
        }
    }

    pub(super) fn info(&self) -> Info {
        self.keeper.door().info()
    }

    pub(super) fn set_read_timeout(&mut self, timeout: ReadTimeout) {
        self.read_timeout = timeout;
        self.keeper.door().set_read_timeout(timeout);
    }
}

/// Not a little less, because some systems wait in milliseconds only, and would be asked again and again.
fn whole_milliseconds(left: Duration) -> Duration {
    Duration::from_millis(u64::try_from(left.as_millis()).map_or(u64::MAX, |millis| millis.saturating_add(1)))
}

#[allow(clippy::disallowed_methods, reason = "how long a read waits is no matter of the protocol")]
fn now() -> Instant {
    Instant::now()
}

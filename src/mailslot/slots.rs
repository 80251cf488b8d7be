//! The mailslots that this program serves.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::CreateError;
use super::message::{Message, Source};
use super::path::SlotName;
use super::queue::Queue;
use super::server::Options;

/// A table of slots. It is searched from end to end, without making a key of the name that came in: a program has a
/// handful.
#[derive(Debug, Default)]
pub(super) struct Slots(Mutex<Vec<Slot>>);

#[derive(Debug, Clone)]
struct Slot {
    name: SlotName,
    limit: usize,
    below: bool,
    queue: Arc<Queue>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Done,
    Full,
    TooLong,
    NoSlot,
}

impl Slots {
    fn table(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn create(&self, name: &SlotName, options: &Options) -> Result<Arc<Queue>, CreateError> {
        let mut table = self.table();
        if table.iter().any(|s| s.name == *name) {
            return Err(CreateError::Exists(name.to_string()));
        }
        let queue = Arc::new(Queue::new(options.queue_messages, options.queue_bytes));
        table.push(Slot {
            name: name.clone(),
            limit: options.limit(),
            below: options.below,
            queue: Arc::clone(&queue),
        });
        Ok(queue)
    }

    pub(super) fn remove(&self, queue: &Arc<Queue>) {
        self.table().retain(|s| !Arc::ptr_eq(&s.queue, queue));
    }

    pub(super) fn close(&self) {
        self.table().iter().for_each(|s| s.queue.close());
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.table().iter().any(|s| s.name.is(name))
    }

    /// Puts a message into the slot called `name`.
    pub(super) fn deliver(&self, name: &str, data: &[u8], source: Source) -> Delivery {
        let table = self.table();
        let exact = table.iter().find(|s| s.name.is(name));
        let Some(slot) = exact.or_else(|| table.iter().find(|s| s.below && s.name.is_above(name))) else {
            return Delivery::NoSlot;
        };
        // Whoever writes below a slot chooses the name: it must be one.
        let Some(written) = exact.map(|s| s.name.clone()).or_else(|| name.parse().ok()) else {
            return Delivery::NoSlot;
        };
        if data.len() > slot.limit {
            slot.queue.refuse();
            return Delivery::TooLong;
        }
        let message = || Message { data: data.to_vec(), source, slot: written };
        if slot.queue.push(source.address.ip(), data.len(), message) {
            Delivery::Done
        } else {
            Delivery::Full
        }
    }
}

//! The messages that wait in one mailslot: first in, first out, bounded by number and by bytes.
//!
//! Windows sets no bound (\[MS-MAIL\] notes 14 and 15); on a network where anybody may write, there must be one.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::error::ReadError;
use super::message::Message;

/// A bounded queue with one reader.
#[derive(Debug)]
pub(super) struct Queue {
    most_messages: usize,
    most_bytes: usize,
    state: Mutex<State>,
    arrived: Notify,
    /// Something was taken out while somebody waited for room, or the end has come.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    messages: VecDeque<Message>,
    bytes: usize,
    dropped: u64,
    closed: bool,
    /// Somebody waits for room.
    wanted: bool,
}

/// What can be known of a queue without reading from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fill {
    pub(super) next: Option<usize>,
    pub(super) waiting: usize,
    pub(super) dropped: u64,
}

/// The outcome of taking a message.
#[derive(Debug)]
pub(super) enum Taken {
    Message(Message),
    /// The next one has not the size that is wanted; it stays.
    Unfit(ReadError),
    Nothing,
    Closed,
}

/// The outcome of offering a message.
#[derive(Debug)]
pub(super) enum Offer {
    Taken,
    Full(Message),
    Closed,
}

impl Queue {
    pub(super) fn new(most_messages: usize, most_bytes: usize) -> Self {
        let most_messages = most_messages.max(1); // a queue that takes nothing would keep writers waiting for ever
        Self {
            most_messages,
            most_bytes,
            state: Mutex::default(),
            arrived: Notify::new(),
            changed: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends the message that `make` makes of `bytes` bytes. Where there is no room it is not made, but counted, and
    /// false is returned.
    pub(super) fn push(&self, bytes: usize, make: impl FnOnce() -> Message) -> bool {
        let mut state = self.state();
        let total = state.bytes.saturating_add(bytes);
        let fits = !state.closed && state.messages.len() < self.most_messages && total <= self.most_bytes;
        if fits {
            state.messages.push_back(make());
            state.bytes = total;
            drop(state);
            self.arrived.notify_one();
        } else {
            state.dropped += 1;
        }
        fits
    }

    /// Appends a message. Where there is no room it is given back, and [`Queue::changed`] tells when there may be.
    pub(super) fn offer(&self, message: Message) -> Offer {
        let mut state = self.state();
        let total = state.bytes.saturating_add(message.data.len());
        if state.closed {
            return Offer::Closed;
        }
        if state.messages.len() >= self.most_messages || total > self.most_bytes {
            state.wanted = true;
            return Offer::Full(message);
        }
        state.messages.push_back(message);
        state.bytes = total;
        drop(state);
        self.arrived.notify_one();
        Offer::Taken
    }

    /// Takes the next message out, if `fits` finds its size right.
    pub(super) fn take(&self, fits: impl Fn(usize) -> Result<(), ReadError>) -> Taken {
        let mut state = self.state();
        if let Some(Err(error)) = state.messages.front().map(|message| fits(message.data.len())) {
            return Taken::Unfit(error);
        }
        match state.messages.pop_front() {
            Some(message) => {
                state.bytes = state.bytes.saturating_sub(message.data.len());
                if std::mem::take(&mut state.wanted) {
                    self.changed.notify_one();
                }
                Taken::Message(message)
            }
            None if state.closed => Taken::Closed,
            None => Taken::Nothing,
        }
    }

    /// Waits until there may be room again, or the queue is closed: then true.
    pub(super) async fn changed(&self) -> bool {
        self.changed.notified().await;
        self.state().closed
    }

    /// Waits until something has arrived since the last wait, or the end has come.
    pub(super) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Counts a message that the slot refuses for another reason.
    pub(super) fn refuse(&self) {
        self.state().dropped += 1;
    }

    /// Lets nothing more in; what waits can still be read.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.arrived.notify_one();
        self.changed.notify_one();
    }

    pub(super) fn fill(&self) -> Fill {
        let state = self.state();
        Fill {
            next: state.messages.front().map(|m| m.data.len()),
            waiting: state.messages.len(),
            dropped: state.dropped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::tests::message;
    use super::*;

    fn push(queue: &Queue, data: &[u8]) -> bool {
        queue.push(data.len(), || message(data))
    }

    fn take(queue: &Queue) -> Option<Vec<u8>> {
        match queue.take(|_| Ok(())) {
            Taken::Message(m) => Some(m.data),
            Taken::Nothing | Taken::Closed | Taken::Unfit(_) => None,
        }
    }

    #[test]
    fn first_in_first_out_and_zero_bytes_count() {
        let queue = Queue::new(9, 99);
        assert_eq!(queue.fill(), Fill { next: None, waiting: 0, dropped: 0 });
        assert!(push(&queue, b"") && push(&queue, b"two"));
        assert_eq!(queue.fill(), Fill { next: Some(0), waiting: 2, dropped: 0 });
        assert_eq!(take(&queue).unwrap(), b"");
        assert_eq!(queue.fill().next, Some(3));
        assert_eq!(take(&queue).unwrap(), b"two");
        assert_eq!(take(&queue), None);
    }

    #[test]
    fn a_full_queue_drops_the_newest_and_counts_it() {
        let by_number = Queue::new(2, 99);
        assert!(push(&by_number, b"1") && push(&by_number, b"2"));
        assert!(!push(&by_number, b"3"));
        assert_eq!(by_number.fill().dropped, 1);
        assert_eq!(take(&by_number).unwrap(), b"1");
        assert!(push(&by_number, b"4"));

        let by_bytes = Queue::new(99, 4);
        assert!(push(&by_bytes, b"123") && !push(&by_bytes, b"45") && push(&by_bytes, b"6"));
        assert!(push(&by_bytes, b""), "no bytes always fit");
        assert_eq!(take(&by_bytes).unwrap(), b"123");
        assert!(push(&by_bytes, b"789"));
        assert_eq!(by_bytes.fill(), Fill { next: Some(1), waiting: 3, dropped: 1 });
    }

    #[tokio::test]
    async fn a_closed_queue_is_read_to_its_end() {
        let queue = Queue::new(9, 99);
        assert!(push(&queue, b"last"));
        queue.close();
        assert!(!push(&queue, b"late"));
        assert!(matches!(queue.offer(message(b"late")), Offer::Closed));
        assert!(queue.changed().await);
        queue.arrived().await;
        assert_eq!(take(&queue).unwrap(), b"last");
        assert!(matches!(queue.take(|_| Ok(())), Taken::Closed));
    }

    #[tokio::test]
    async fn who_waits_for_room_is_told() {
        let queue = Queue::new(1, 99);
        assert!(matches!(queue.offer(message(b"1")), Offer::Taken));
        let Offer::Full(second) = queue.offer(message(b"2")) else { panic!("there is no room") };
        let too_small = ReadError::TooSmall { needed: 1 };
        assert!(matches!(queue.take(|_| Err(too_small)), Taken::Unfit(error) if error == too_small));
        assert_eq!(take(&queue).unwrap(), b"1");
        assert!(!queue.changed().await);
        assert!(matches!(queue.offer(second), Offer::Taken));
        assert_eq!(queue.fill(), Fill { next: Some(1), waiting: 1, dropped: 0 });
    }
}

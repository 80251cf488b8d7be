//! The messages that wait in one mailslot: first in, first out, bounded by number and by bytes.
//!
//! Windows sets no bound (\[MS-MAIL\] notes 14 and 15); on a network where anybody may write, there must be one.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::message::Message;

/// A bounded queue with one reader.
#[derive(Debug)]
pub(super) struct Queue {
    most_messages: usize,
    most_bytes: usize,
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct State {
    messages: VecDeque<Message>,
    bytes: usize,
    dropped: u64,
    closed: bool,
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
    Nothing,
    Closed,
}

impl Queue {
    pub(super) fn new(most_messages: usize, most_bytes: usize) -> Self {
        Self { most_messages, most_bytes, state: Mutex::default(), arrived: Notify::new() }
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

    pub(super) fn take(&self) -> Taken {
        let mut state = self.state();
        match state.messages.pop_front() {
            Some(message) => {
                state.bytes = state.bytes.saturating_sub(message.data.len());
                Taken::Message(message)
            }
            None if state.closed => Taken::Closed,
            None => Taken::Nothing,
        }
    }

    /// Waits for a message, or for the end. Dropping the future loses nothing.
    pub(super) async fn wait(&self) -> Option<Message> {
        loop {
            match self.take() {
                Taken::Message(message) => return Some(message),
                Taken::Closed => return None,
                Taken::Nothing => self.arrived.notified().await,
            }
        }
    }

    /// Counts a message that the slot refuses for another reason.
    pub(super) fn refuse(&self) {
        self.state().dropped += 1;
    }

    /// Lets nothing more in; what waits can still be read.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.arrived.notify_one();
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
        match queue.take() {
            Taken::Message(m) => Some(m.data),
            Taken::Nothing | Taken::Closed => None,
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
        assert_eq!(queue.wait().await.unwrap().data, b"last");
        assert!(queue.wait().await.is_none());
        assert!(queue.wait().await.is_none());
    }
}

//! The messages that wait in one mailslot: first in, first out, bounded by number and by bytes.
//!
//! Windows sets no bound (\[MS-MAIL\] notes 14 and 15); on a network where anybody may write, there must be one. And nobody
//! may fill it at the cost of others: in a full queue the newest message of who has the most there gives way.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
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
    /// How many of them are from each address.
    from: HashMap<IpAddr, usize>,
    bytes: usize,
    dropped: u64,
    closed: bool,
    /// Somebody waits for room.
    wanted: bool,
}

impl State {
    /// A message is in the queue now.
    fn came(&mut self, message: Message) {
        *self.from.entry(message.source.address.ip()).or_default() += 1;
        self.bytes += message.data.len();
        self.messages.push_back(message);
    }

    /// A message is no longer in the queue.
    fn left(&mut self, message: &Message) {
        let from = message.source.address.ip();
        self.bytes = self.bytes.saturating_sub(message.data.len());
        if let Some(count) = self.from.get_mut(&from) {
            *count -= 1;
            if *count == 0 {
                self.from.remove(&from);
            }
        }
    }

    /// Drops the newest message of the address that has by far the most here, if that is another than `from` and makes room
    /// for `bytes`.
    fn make_room(&mut self, from: IpAddr, bytes: usize) {
        let mine = self.from.get(&from).copied().unwrap_or(0);
        if self.from.len() > SOURCES || mine * GREED >= self.messages.len() {
            return; // nobody stands out, or it is who writes
        }
        let Some((greedy, _)) = self.from.iter().max_by_key(|(_, n)| **n).filter(|(_, n)| **n > mine * 2)
        else {
            return;
        };
        let newest = self.messages.iter().rposition(|m| m.source.address.ip() == *greedy);
        let Some(newest) = newest.filter(|at| self.messages.get(*at).is_some_and(|m| m.data.len() >= bytes))
        else {
            return;
        };
        if let Some(message) = self.messages.remove(newest) {
            self.left(&message);
            self.dropped += 1;
        }
    }
}

/// Where messages of more addresses wait, none can be much greedier than others.
const SOURCES: usize = 64;
/// Who has a part of the queue that is this small may take another's place.
const GREED: usize = 8;

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

    /// Appends the message of `bytes` bytes from `from` that `make` makes. Where there is no room it is not made, but counted,
    /// and false is returned.
    pub(super) fn push(&self, from: IpAddr, bytes: usize, make: impl FnOnce() -> Message) -> bool {
        let mut state = self.state();
        if !self.fits(&state, bytes) && !state.closed {
            state.make_room(from, bytes);
        }
        let fits = !state.closed && self.fits(&state, bytes);
        if fits {
            state.came(make());
            drop(state);
            self.arrived.notify_one();
        } else {
            state.dropped += 1;
        }
        fits
    }

    fn fits(&self, state: &State, bytes: usize) -> bool {
        state.messages.len() < self.most_messages && state.bytes.saturating_add(bytes) <= self.most_bytes
    }

    /// Appends a message. Where there is no room it is given back, and [`Queue::changed`] tells when there may be.
    pub(super) fn offer(&self, message: Message) -> Offer {
        let mut state = self.state();
        if state.closed {
            return Offer::Closed;
        }
        if !self.fits(&state, message.data.len()) {
            state.wanted = true;
            return Offer::Full(message);
        }
        state.came(message);
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
                state.left(&message);
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
        queue.push(message(data).source.address.ip(), data.len(), || message(data))
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

    #[test]
    fn in_a_full_queue_who_has_the_most_gives_way() {
        let queue = Queue::new(100, 100_000);
        let push = |from: u8, text: &[u8]| {
            let mut message = message(text);
            message.source.address.set_ip([10, 0, 0, from].into());
            queue.push([10, 0, 0, from].into(), text.len(), || message)
        };
        assert_eq!((0..1000).filter(|_| push(66, b"junk")).count(), 100, "alone it may have all of it");
        assert!((0..12).all(|_| push(1, b"hi")), "an honest one finds room");
        assert!(!push(66, b"junk") && !push(66, b"junk"), "and the greedy one none");
        assert!(push(2, b"hi"));
        assert_eq!(queue.fill().waiting, 100);
        let kept: Vec<Vec<u8>> = std::iter::from_fn(|| take(&queue)).collect();
        assert_eq!(kept.iter().filter(|data| *data == b"hi").count(), 13);
        assert!(queue.state().from.is_empty(), "nothing is left to count");
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

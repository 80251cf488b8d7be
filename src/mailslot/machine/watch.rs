//! What attends to a [`Door`] on a tokio runtime.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::{UnixDatagram, UnixListener};
use tokio::task::AbortHandle;

use super::{Door, Flow};
use crate::mailslot::error::{CreateError, ReadError};
use crate::mailslot::message::Message;
use crate::mailslot::queue::Queue;
use crate::mailslot::server::{Info, ReadTimeout};

/// How long to wait after a failure that may come again at once.
const PAUSE: Duration = Duration::from_millis(100);

/// A door and the task that attends to it. Dropping it frees the name.
#[derive(Debug)]
pub(in crate::mailslot) struct Watch {
    door: Arc<Door>,
    task: AbortHandle,
}

impl Watch {
    /// Must be called inside a tokio runtime.
    pub(in crate::mailslot) fn start(door: Door, queue: Arc<Queue>) -> Result<Self, CreateError> {
        let door = Arc::new(door);
        // The runtime wants sockets of its own: these are the same ones, by another number.
        let own = || -> io::Result<_> {
            let mail = UnixDatagram::from_std(door.socket.try_clone()?)?;
            Ok((mail, UnixListener::from_std(door.asks.try_clone()?)?))
        };
        let unusable = |error: io::Error| {
            CreateError::Unusable(format!(
                "cannot watch the mailslot: {error}; close some programs and try again"
            ))
        };
        let (mail, asks) = own().map_err(unusable)?;
        let task = tokio::spawn(attend(Arc::clone(&door), mail, asks, queue)).abort_handle();
        Ok(Self { door, task })
    }

    pub(in crate::mailslot) fn take(
        &self,
        fits: impl Fn(usize) -> Result<(), ReadError>,
    ) -> Result<Message, ReadError> {
        self.door.take(fits)
    }

    pub(in crate::mailslot) fn info(&self) -> Info {
        self.door.info()
    }

    pub(in crate::mailslot) fn set_read_timeout(&self, timeout: ReadTimeout) {
        self.door.set_read_timeout(timeout);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
        self.door.close();
    }
}

/// Keeps the queue filled and answers, until the queue is closed.
async fn attend(door: Arc<Door>, mail: UnixDatagram, asks: UnixListener, queue: Arc<Queue>) {
    let mut full = false;
    loop {
        tokio::select! {
            ready = mail.readable(), if !full => {
                let mut flow = Flow::Dry;
                // That the socket is dry must be told, or it would be asked again at once.
                let _ = mail.try_io(Interest::READABLE, || {
                    flow = door.drain();
                    if flow == Flow::Dry { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
                });
                match flow {
                    Flow::Dry => {}
                    Flow::Full => full = true,
                    Flow::Closed => break,
                }
                if ready.is_err() {
                    break;
                }
            }
            asked = asks.accept() => match asked.and_then(|(stream, _)| stream.into_std()) {
                Ok(stream) => door.tell(stream, true),
                Err(_) => tokio::time::sleep(PAUSE).await, // too many open files, say
            },
            closed = queue.changed() => {
                if closed {
                    break;
                }
                full = false;
            }
        }
    }
    door.close();
}

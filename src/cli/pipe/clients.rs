//! Many pipes: client after client, several at a time.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use super::super::Failure;
use super::super::failure::tell;
use super::super::settings::Settings;
use super::announce;
use super::stdio::{Input, Output};
use crate::pipe::{Mode, Reader, Server, Writer};

/// How long a client that has said all it has to say may take to read what is on its way to it: longer than [`PATIENCE`], for
/// which another, that reads nothing, can keep the end from it.
const GOODBYE: Duration = Duration::from_secs(25);
/// How long stdin waits for a client that reads nothing.
const PATIENCE: Duration = Duration::from_secs(10);
/// Parts of stdin that wait for a slow reader.
const QUEUE: usize = 4;

/// The clients that are served.
#[derive(Default)]
struct Clients {
    /// What is on its way to each.
    feeds: RefCell<HashMap<u64, Feed>>,
    /// Stdin has ended.
    ended: Cell<bool>,
    came: Notify,
}

struct Feed {
    data: mpsc::Sender<Arc<[u8]>>,
    task: AbortHandle,
}

impl Clients {
    /// Passes stdin on to all, while there are any. One that reads slowly holds it up for a while, and then is dropped.
    async fn feed(&self, mode: Mode) -> Result<(), Failure> {
        self.some().await;
        let mut input = Input::new(mode);
        while let Some(data) = input.next().await? {
            let data: Arc<[u8]> = data.into();
            self.some().await;
            let feeds: Vec<_> = self.feeds.borrow().iter().map(|(n, feed)| (*n, feed.data.clone())).collect();
            for (number, feed) in feeds {
                // A client's reader tells that it has left.
                if timeout(PATIENCE, feed.send(Arc::clone(&data))).await.is_err()
                    && let Some(feed) = self.feeds.borrow_mut().remove(&number)
                {
                    feed.task.abort();
                    tell("a client does not read what it is sent, and was dropped");
                }
            }
        }
        self.ended.set(true);
        self.feeds.borrow_mut().retain(|_, feed| {
            feed.data = mpsc::channel(1).0; // the end comes after what is on its way
            true
        });
        std::future::pending().await
    }

    async fn some(&self) {
        while self.feeds.borrow().is_empty() {
            self.came.notified().await;
        }
    }
}

/// Serves client after client: what any of them writes is printed, what comes on stdin goes to all.
pub(super) async fn serve(settings: &Settings, server: &mut Server, mode: Mode) -> Result<(), Failure> {
    let (heard, mut messages) = mpsc::channel(QUEUE);
    let clients = Clients::default();
    let mut readers = JoinSet::new();
    let mut output = Output::new(mode);
    let mut next = 0;
    let feed = clients.feed(mode);
    tokio::pin!(feed);
    loop {
        tokio::select! {
            client = server.accept() => {
                let client = client?;
                announce(settings, &client);
                let (reader, writer) = client.split();
                let (data, waiting) = mpsc::channel(QUEUE);
                readers.spawn(pass_on(next, reader, heard.clone()));
                let task = tokio::spawn(deliver(writer, waiting)).abort_handle();
                // Without a sender the end is what it is told first.
                let data = if clients.ended.get() { mpsc::channel(1).0 } else { data };
                clients.feeds.borrow_mut().insert(next, Feed { data, task });
                clients.came.notify_one();
                next += 1;
            }
            Some(message) = messages.recv() => output.print(&message).await?,
            Some(left) = readers.join_next() => {
                if let Some(feed) = clients.feeds.borrow_mut().remove(&left.unwrap_or(u64::MAX)) {
                    tokio::spawn(async move {
                        drop(feed.data);
                        tokio::time::sleep(GOODBYE).await; // it may be gone already, or not read any more
                        feed.task.abort();
                    });
                }
            }
            failed = &mut feed => return failed,
        }
    }
}

/// Writes to a client what waits for it, and then the end.
async fn deliver(mut writer: Writer, mut waiting: mpsc::Receiver<Arc<[u8]>>) {
    while let Some(data) = waiting.recv().await {
        if writer.write(&data).await.is_err() {
            return;
        }
    }
    let _ = writer.finish().await; // a client that has left needs no end
}

async fn pass_on(client: u64, mut reader: Reader, heard: mpsc::Sender<Vec<u8>>) -> u64 {
    while let Ok(message) = reader.read().await {
        if heard.send(message).await.is_err() {
            break;
        }
    }
    client
}

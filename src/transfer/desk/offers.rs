//! What others offer: who may, what the user decides, and what is remembered of that.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::super::TransferError;
use super::super::receive::{forget, receive};
use super::super::send::{DECISION, ended};
use super::super::wire::{Message, Offer, Reason};
use super::{Accepted, Shared, What, lock};
use crate::pipe::{Pipe, Server};
use crate::text::SafeText;

/// Offers of strangers that may wait for the user at a time, so that they cannot crowd out those who are known.
const STRANGERS: usize = 3;
/// How long a sender may take to say what it has.
const OFFER: Duration = Duration::from_secs(10);
/// Accepted files that are remembered until they are whole.
const MOST_ACCEPTED: usize = 256;

impl Shared {
    pub(super) async fn accept(self: Arc<Self>, server: Option<Server>) {
        let Some(mut server) = server else { return std::future::pending().await };
        while let Ok(pipe) = server.accept().await {
            let desk = Arc::clone(&self);
            tokio::spawn(async move { desk.serve(pipe).await });
        }
    }

    /// Takes the files of one sender, one after the other.
    async fn serve(&self, mut pipe: Pipe) {
        while let Ok(Ok(message)) = timeout(OFFER, pipe.read()).await {
            let Some(Message::Offer(offer)) = Message::parse(&message) else { return };
            if self.offered(&mut pipe, offer).await.is_none() {
                return;
            }
        }
    }

    /// Deals with an offer; none when that was the last of the connection.
    async fn offered(&self, pipe: &mut Pipe, offer: Offer) -> Option<()> {
        let (settings, from) = (self.receive.as_ref()?, pipe.peer()?);
        let known = settings.known.allows(&from);
        let stranger = if known { None } else { Stranger::enter(&self.strangers) };
        if !known && stranger.is_none() {
            return decline(pipe, Reason::Busy).await;
        }
        let id = self.id();
        let accepted = (from.to_bytes(), offer.clone());
        let again = lock(&self.accepted).contains(&accepted);
        if !again && !lock(&self.budget).enter(accepted.0, known, Instant::now()) {
            drop(stranger);
            self.tell(id, What::Excess { from: accepted.0 });
            return decline(pipe, Reason::Busy).await;
        }
        let (answer, answered) = oneshot::channel();
        let mut end = self.cancellable(id);
        let name = SafeText::line(&super::super::safe(&offer.name));
        if again {
            let _ = answer.send(Ok(())); // it is waited for below
        } else {
            lock(&self.answers).insert(id, answer); // first, since the answer may come at once
        }
        self.tell(id, What::Offered { from: from.to_bytes(), known, again, name, size: offer.size });
        let decision = tokio::select! {
            answer = answered => answer.unwrap_or(Err(Reason::Declined)),
            _ = &mut end => Err(Reason::Declined),
            // Before the answer only its end can come from the sender.
            read = pipe.read() => {
                let why = |message: Vec<u8>| ended(Message::parse(&message).as_ref());
                self.over(id, Err(read.map_or_else(TransferError::of_pipe, why)));
                return None;
            }
            () = tokio::time::sleep(DECISION) => Err(Reason::NoAnswer),
        };
        if let Err(reason) = decision {
            self.over(
                id,
                Err(if reason == Reason::NoAnswer {
                    TransferError::Refused(reason)
                } else {
                    TransferError::Cancelled
                }),
            );
            return decline(pipe, reason).await;
        }
        drop(stranger);
        if !again {
            lock(&self.budget).accepted(accepted.0, known);
        }
        remember(&mut lock(&self.accepted), &accepted);
        let result = tokio::select! {
            biased;
            _ = end => Err(TransferError::Cancelled),
            result = receive(pipe, &offer, &settings.folder, self.progress(id, offer.size)) => result,
        };
        if matches!(result, Err(TransferError::Cancelled)) {
            let _ = pipe.write(&Message::Cancel.emit()).await; // the sender may be gone
            let _ = pipe.finish().await;
            forget(&from.to_bytes(), &offer, &settings.folder);
        }
        if !result.as_ref().is_err_and(TransferError::may_pass) {
            lock(&self.accepted).retain(|a| *a != accepted);
        }
        let whole = result.is_ok();
        self.over(id, result.map(Some));
        whole.then_some(())
    }
}

fn remember(all: &mut Vec<Accepted>, accepted: &Accepted) {
    all.retain(|a| a != accepted);
    if all.len() >= MOST_ACCEPTED {
        all.remove(0);
    }
    all.push(accepted.clone());
}

async fn decline(pipe: &mut Pipe, reason: Reason) -> Option<()> {
    pipe.write(&Message::Decline(reason).emit()).await.ok()?;
    pipe.finish().await.ok()?;
    // The answer must not be lost to a connection that closes too soon: the sender leaves first.
    let _ = timeout(OFFER, pipe.read()).await;
    None
}

/// A stranger whose offer waits.
struct Stranger<'a>(&'a AtomicU32);

impl<'a> Stranger<'a> {
    fn enter(all: &'a AtomicU32) -> Option<Self> {
        let most = u32::try_from(STRANGERS).unwrap_or(u32::MAX);
        all.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n < most).then_some(n + 1)).ok()?;
        Some(Self(all))
    }
}

impl Drop for Stranger<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

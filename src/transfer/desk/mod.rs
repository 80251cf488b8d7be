//! The desk: all transfers of one program, on a thread of its own, so that neither the screen nor the session ever waits
//! for a disk or a cipher.

mod budget;
mod news;
mod offers;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use budget::Budget;
pub use news::{Happening, TransferId, What};
use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::TransferError;
use super::send::{Outgoing, send};
use super::wire::{Offer, Reason};
use crate::chat::{Identity, PeerId, PublicKey};
use crate::pipe::{Access, Allow, Options, PipeError, PipeName, Remote, Server, Target};

/// Files that may be on their way here at a time.
const INSTANCES: u8 = 32;
/// Time between two reports of progress.
const REPORT: Duration = Duration::from_millis(100);
/// How long a receiver whose places are all taken is tried again.
const BUSY: Duration = Duration::from_secs(5);

/// What a desk must be told.
#[derive(Debug, Clone)]
pub struct DeskSettings {
    /// Who sends and receives.
    pub identity: Identity,
    /// How files are received, if they are.
    pub receive: Option<Receive>,
}

/// How files are received.
#[derive(Debug, Clone)]
pub struct Receive {
    /// Where to listen.
    pub bind: SocketAddr,
    /// The folder that they are kept in; made when the first one comes.
    pub folder: PathBuf,
    /// Who may offer anything at all.
    pub from: Allow,
    /// Who is no stranger.
    pub known: Allow,
}

/// Sends and receives files until it is dropped.
#[derive(Debug)]
pub struct Desk {
    shared: Arc<Shared>,
    runtime: Handle,
    port: Option<u16>,
    _end: oneshot::Sender<()>,
}

#[derive(Debug)]
struct Shared {
    identity: Identity,
    receive: Option<Receive>,
    next: AtomicU32,
    news: UnboundedSender<Happening>,
    answers: Mutex<HashMap<TransferId, oneshot::Sender<Result<(), Reason>>>>,
    ends: Mutex<HashMap<TransferId, oneshot::Sender<()>>>,
    strangers: AtomicU32,
    budget: Mutex<Budget>,
    /// What the user has accepted and what is not whole yet: after a break it goes on without being asked for again.
    accepted: Mutex<Vec<Accepted>>,
}

/// A file that was accepted: whose, and what was offered.
type Accepted = ([u8; 32], Offer);

/// The pipe by which a peer receives files.
pub fn pipe_of(peer: PeerId) -> Option<PipeName> {
    format!(r"lanchat\receive\{peer}").parse().ok()
}

impl Desk {
    /// Opens the desk.
    ///
    /// # Errors
    /// When another program receives files for the same identity.
    pub fn open(settings: DeskSettings) -> Result<(Self, UnboundedReceiver<Happening>), TransferError> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(TransferError::System)?;
        let (news, happenings) = unbounded_channel();
        let server = {
            let _inside = runtime.enter();
            settings.receive.as_ref().map(|r| serve(&settings.identity, r)).transpose()
        };
        let server = match server {
            Ok(server) => server,
            Err(error) => {
                runtime.shutdown_background(); // it may not be dropped by what runs on another one
                return Err(error);
            }
        };
        let port = server.as_ref().and_then(Server::port);
        let shared = Arc::new(Shared {
            identity: settings.identity,
            receive: settings.receive,
            next: AtomicU32::new(1),
            news,
            answers: Mutex::default(),
            ends: Mutex::default(),
            strangers: AtomicU32::new(0),
            budget: Mutex::default(),
            accepted: Mutex::default(),
        });
        let (end, ended) = oneshot::channel::<()>();
        let handle = runtime.handle().clone();
        let desk = Arc::clone(&shared);
        let work = async move {
            tokio::select! {
                () = desk.accept(server) => {}
                _ = ended => {}
            }
        };
        let spawned = std::thread::Builder::new().name("transfers".to_owned()).spawn(move || {
            runtime.block_on(work);
            runtime.shutdown_background(); // a file that is being made durable is not waited for
        });
        spawned.map_err(TransferError::System)?;
        Ok((Self { shared, runtime: handle, port, _end: end }, happenings))
    }

    /// The TCP port at which files are received.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Sends a file to the owner of `key`, who receives at `address`.
    pub fn send(&self, address: SocketAddr, key: PublicKey, path: &Path) -> TransferId {
        let id = self.shared.id();
        let (shared, path) = (Arc::clone(&self.shared), path.to_owned());
        let end = self.shared.cancellable(id);
        self.runtime.spawn(async move {
            let result = shared.send(id, (address, key), &path, end).await;
            shared.over(id, result.map(|()| None));
        });
        id
    }

    /// Accepts or declines what was offered.
    pub fn answer(&self, id: TransferId, accept: bool) {
        self.decide(id, if accept { Ok(()) } else { Err(Reason::Declined) });
    }

    /// Declines what was offered, and tells the sender that it is because nobody knows it here.
    pub fn refuse_stranger(&self, id: TransferId) {
        self.decide(id, Err(Reason::Stranger));
    }

    fn decide(&self, id: TransferId, decision: Result<(), Reason>) {
        if let Some(answer) = lock(&self.shared.answers).remove(&id) {
            let _ = answer.send(decision); // the sender may have gone
        }
    }

    /// Ends a transfer. What has come of a file that was to be received is deleted.
    pub fn cancel(&self, id: TransferId) {
        if let Some(end) = lock(&self.shared.ends).remove(&id) {
            let _ = end.send(()); // it may be over
        }
    }
}

fn serve(identity: &Identity, receive: &Receive) -> Result<Server, TransferError> {
    let name = pipe_of(identity.id()).ok_or(TransferError::Protocol)?;
    let remote = Remote { identity: identity.clone(), allow: receive.from.clone(), bind: receive.bind };
    let options = Options { instances: INSTANCES, remote: Some(remote), ..Options::default() };
    Server::create(&name, options).map_err(TransferError::Pipe)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn id(&self) -> TransferId {
        TransferId(self.next.fetch_add(1, Ordering::Relaxed))
    }

    fn tell(&self, id: TransferId, what: What) {
        let _ = self.news.send(Happening { id, what }); // who does not listen needs no news
    }

    fn cancellable(&self, id: TransferId) -> oneshot::Receiver<()> {
        let (end, ended) = oneshot::channel();
        lock(&self.ends).insert(id, end);
        ended
    }

    fn over(&self, id: TransferId, result: Result<Option<PathBuf>, TransferError>) {
        lock(&self.ends).remove(&id);
        lock(&self.answers).remove(&id);
        self.tell(
            id,
            match result {
                Ok(path) => What::Done(path),
                Err(error) => What::Failed {
                    error: error.to_string(),
                    again: error.may_pass(),
                    silent: error.is_silence(),
                },
            },
        );
    }

    /// Reports progress now and then, and the beginning and the end always.
    fn progress(&self, id: TransferId, size: u64) -> impl FnMut(u64) + Send + '_ {
        let mut last: Option<Instant> = None;
        move |done| {
            let now = Instant::now();
            if done == size || last.is_none_or(|at| now - at >= REPORT) {
                last = Some(now);
                self.tell(id, What::Progress { done, size });
            }
        }
    }

    async fn send(
        &self,
        id: TransferId,
        (address, key): (SocketAddr, PublicKey),
        path: &Path,
        mut end: oneshot::Receiver<()>,
    ) -> Result<(), TransferError> {
        let out = Outgoing::open(path)?;
        let size = out.offer.size;
        let name = pipe_of(key.id()).ok_or(TransferError::Protocol)?;
        let server = Allow::Only(vec![key]);
        let target = Target::Remote { address, name, me: self.identity.clone(), server };
        let connected = tokio::select! {
            biased;
            _ = &mut end => return Err(TransferError::Cancelled),
            connected = target.wait(Access::Both, BUSY) => connected,
        };
        let pipe = match connected {
            Err(PipeError::Denied) => return Err(TransferError::Refused(Reason::Stranger)),
            connected => connected.map_err(TransferError::Pipe)?,
        };
        self.tell(id, What::Asked);
        send(pipe, out, end, self.progress(id, size)).await
    }
}

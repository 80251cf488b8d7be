//! The service with the network, on a thread of its own.

use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::{Client, Server};
use crate::lan::{self, Lan, LanConfig};
use crate::mailslot::{self, Config, CreateError, Network, OpenError, Options, SlotPath};
use crate::netbios::Name;

/// The mailslot service of this program, as [`mailslot::Mailslots`], without a tokio runtime of one's own. It ends when the
/// last clone, server and client is dropped. Not for use inside a tokio runtime.
#[derive(Debug, Clone)]
pub struct Mailslots {
    service: mailslot::Mailslots,
    background: Background,
}

/// The thread on which the service's tasks run.
#[derive(Debug, Clone)]
pub(super) struct Background(Arc<Thread>);

#[derive(Debug)]
struct Thread {
    runtime: Handle,
    end: Option<oneshot::Sender<()>>,
    handle: Option<JoinHandle<()>>,
}

impl Background {
    fn start() -> std::io::Result<Self> {
        let built = Builder::new_current_thread().enable_all().build()?;
        let runtime = built.handle().clone();
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("mailslots".to_owned());
        let thread = thread.spawn(move || {
            let _ = built.block_on(ended); // both an end and a drop end it
        })?;
        Ok(Self(Arc::new(Thread { runtime, end: Some(end), handle: Some(thread) })))
    }

    pub(super) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.0.runtime.block_on(work)
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        drop(self.end.take());
        let _ = self.handle.take().map(JoinHandle::join); // it has nothing to tell
    }
}

/// Why a service cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The network cannot be had.
    #[error(transparent)]
    Network(#[from] lan::Error),
    /// The machine does not let us.
    #[error("cannot start a thread: {0}; close some programs and try again")]
    Machine(#[from] std::io::Error),
}

impl Mailslots {
    /// Starts a service. The suffixes of the names do not matter.
    ///
    /// # Errors
    /// When the network's port cannot be had.
    pub fn start(host: Name, workgroup: Name, lan: &LanConfig) -> Result<Self, StartError> {
        let background = Background::start()?;
        let service = background.block_on(async {
            Ok::<_, lan::Error>(mailslot::Mailslots::start(Config { host, workgroup, lan: Lan::bind(lan)? }))
        })?;
        Ok(Self { service, background })
    }

    /// Creates a mailslot that the network and every program of this user on this machine can write to, or as
    /// [`Options::scope`] says.
    ///
    /// # Errors
    /// As [`mailslot::Mailslots::create`].
    pub fn create(&self, path: &str, options: Options) -> Result<Server, CreateError> {
        let path = path.parse()?;
        let _inside = self.background.0.runtime.enter();
        Ok(Server::of(self.service.create(&path, options)?, self.background.clone()))
    }

    /// Opens a mailslot to write to. Other machines are not contacted yet.
    ///
    /// # Errors
    /// When a slot on this machine does not exist.
    pub fn open(&self, path: &str) -> Result<Client, OpenError> {
        let path: SlotPath = path.parse()?;
        match &path {
            SlotPath::Local(name) if !self.service.serves(name) => Client::local(name),
            _ => Ok(Client::of(self.service.open(&path), self.background.clone())),
        }
    }

    /// The network as it is now.
    pub fn network(&self) -> Network {
        self.service.network()
    }
}

//! Mailslots: named queues of messages, local or on other machines, written to without a connection
//! (\[MS-MAIL\]; Win32 `CreateMailslot`).
//!
//! A [`Server`] reads what anybody writes to its slot. A [`Client`] writes to a slot, here, on one machine, or on every
//! machine of the workgroup. [`Mailslots`] is the service behind both: it knows this program's slots and carries writes
//! over the network as NetBIOS datagrams. Such writes are not acknowledged: they can be lost, and the reader cannot know
//! who wrote them. On one machine, `\\.\mailslot\x` is reached by every program of the same user; there nothing that a
//! write was accepted for is lost while the server lives, and a writer is told when the slot is full. That needs no
//! service: [`Server::local`], or [`blocking`] for threads and scripts. [`list`] tells what slots there are.
//!
//! What a Win32 program would get as an error code, each error tells by its method `code`.
//!
//! ```
//! use lanchat::lan::{Lan, LanConfig};
//! use lanchat::mailslot::{Config, Mailslots, Options, Scope};
//! use lanchat::netbios::Name;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let lan = Lan::bind(&LanConfig { interfaces: vec!["lo".into()], port: 0 })?; // 0: any free port
//! let (host, workgroup) = (Name::new("alice", 0)?, Name::new("workgroup", 0)?);
//! let mailslots = Mailslots::start(Config { host, workgroup, lan });
//!
//! let options = Options { scope: Scope::Program, ..Options::default() }; // no matter who else has such a slot
//! let mut server = mailslots.create(&r"\\.\mailslot\chat".parse()?, options)?;
//! mailslots.open(&r"\\*\mailslot\chat".parse()?).write(b"hello everyone")?;
//!
//! let message = server.read().await?;
//! assert_eq!(message.data, b"hello everyone");
//! assert_eq!(message.source.name.text(), "ALICE");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod allowance;
pub mod blocking;
mod client;
pub mod connect;
mod counters;
mod error;
pub mod long;
mod machine;
mod message;
mod names;
mod path;
mod queue;
mod recent;
mod relay;
mod resolver;
mod server;
mod service;
mod slots;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};

pub use client::{Client, MAX_WRITE};
pub use counters::Counters;
pub use error::{CreateError, InfoError, OpenError, ReadError, WriteError};
pub use long::MAX_LONG;
pub use machine::{Listed, list};
pub use message::{Message, Source};
pub use names::NameState;
pub use path::{PathError, SlotName, SlotPath};
pub use server::{Info, NO_MESSAGE, Options, ReadTimeout, Scope, Server, WAIT_FOREVER};

use crate::lan::{self, Lan};
use crate::netbios::Name;
use client::To;
use queue::Queue;
use service::Service;

/// What a service must be told.
#[derive(Debug)]
pub struct Config {
    /// This machine's computer name. Its suffix does not matter.
    pub host: Name,
    /// The group whose members hear `\\*\`. Its suffix does not matter.
    pub workgroup: Name,
    /// The network.
    pub lan: Lan,
}

/// The mailslot service of this program. Cheap to clone; it ends when the last clone, server and client is dropped.
#[derive(Debug, Clone)]
pub struct Mailslots {
    inner: Arc<Service>,
    tasks: Arc<Tasks>,
}

/// Ends the tasks when dropped.
#[derive(Debug)]
struct Tasks(Mutex<Vec<AbortHandle>>);

impl Tasks {
    fn add<T>(&self, task: &JoinHandle<T>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(task.abort_handle());
    }

    fn end(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(AbortHandle::abort);
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.end();
    }
}

/// The network as the service sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The interfaces in use and those waited for.
    pub lan: lan::State,
    /// UDP port of the segment.
    pub port: u16,
    /// UDP port that reaches this program alone.
    pub reply_port: u16,
    /// What has become of this machine's name.
    pub name: NameState,
    /// Datagrams so far.
    pub counters: Counters,
    /// Addresses that send more than can be read here: only a share of it is let in, so that others are heard.
    pub loud: Vec<IpAddr>,
}

impl Mailslots {
    /// Starts the service. Must be called inside a tokio runtime, on which its tasks run.
    pub fn start(config: Config) -> Self {
        let inner = Arc::new(Service::new(config.host, config.workgroup, config.lan));
        let listen = |n| {
            let service = Arc::clone(&inner);
            tokio::spawn(async move { service.listen(n).await })
        };
        let mut tasks: Vec<_> = (0..inner.lan.sockets().count()).map(listen).collect();
        let watch = Arc::clone(&inner);
        tasks.push(tokio::spawn(async move { watch.lan.watch().await }));
        let tasks = tasks.iter().map(JoinHandle::abort_handle).collect();
        Self { inner, tasks: Arc::new(Tasks(Mutex::new(tasks))) }
    }

    /// Creates a mailslot, which the network reaches and, unless [`Options::scope`] says otherwise, every program of this
    /// user on this machine. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When the path is not of the form `\\.\mailslot\…`, or the slot exists.
    pub fn create(&self, path: &SlotPath, options: Options) -> Result<Server, CreateError> {
        let SlotPath::Local(name) = path else { return Err(CreateError::NotLocal) };
        let queue = self.inner.slots.create(name, &options)?;
        Server::start(name.clone(), options, queue, Some(self.clone()))
    }

    /// Whether a slot is this program's own.
    fn serves(&self, name: &SlotName) -> bool {
        self.inner.slots.contains(name.as_str())
    }

    fn remove(&self, queue: &Arc<Queue>) {
        self.inner.slots.remove(queue);
    }

    /// Opens a mailslot to write to. Nobody is contacted: whether it exists shows in a write (code 2 for one on this
    /// machine), or never. Windows looks for a local one here; so does [`blocking::Client::open`].
    pub fn open(&self, path: &SlotPath) -> Client {
        Client::new(To::Path(path.clone()), self.clone())
    }

    /// Opens a mailslot of the program that listens at `address`, such as a peer's [`reply_port`](Self::reply_port), on
    /// the machine called `host`. Writes leave from this program's own reply port. An IPv6 address must be link-local; its
    /// scope ID says by which interface.
    pub fn open_at(&self, address: SocketAddr, host: Name, slot: SlotName) -> Client {
        Client::new(To::Address { address, host, slot }, self.clone())
    }

    /// Sets the names, each with its suffix, whose directed datagrams this program takes beside those of its computer:
    /// such as its user's, [`Name::MESSENGER`], for pop-ups. Replaces those set before.
    pub fn answer_to(&self, names: Vec<Name>) {
        self.inner.set_aliases(names);
    }

    /// The UDP port that reaches this program alone.
    pub fn reply_port(&self) -> u16 {
        self.inner.lan.reply_port()
    }

    /// The network as it is now.
    pub fn network(&self) -> Network {
        let lan = &self.inner.lan;
        Network {
            lan: lan.state(),
            port: lan.port(),
            reply_port: lan.reply_port(),
            name: self.inner.name.borrow().clone(),
            counters: self.inner.tally.read(),
            loud: lan.loud(),
        }
    }

    /// Datagrams so far.
    pub fn counters(&self) -> Counters {
        self.inner.tally.read()
    }

    /// Wakes when an interface comes or goes, or sending by it fails or works again.
    pub fn changed(&self) -> watch::Receiver<lan::State> {
        self.inner.lan.changed()
    }

    /// Stops listening and lets nothing more into any mailslot. What waits can still be read, then reads end with
    /// [`ReadError::Closed`].
    pub fn close(&self) {
        self.tasks.end();
        self.inner.slots.close();
    }
}

//! The serving end: a name, its instances, and who may connect to them.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use super::hello::{MAX_MESSAGE, Reply, Request};
use super::stream::Connection;
use super::{Allow, Options, Pipe, PipeError, PipeName, agree, keep_alive, local};

/// How long a client may take to say what it wants.
pub(super) const AGREEMENT: Duration = Duration::from_secs(5);
/// Connections that have not agreed yet: of all clients, and of one address.
const HALF_OPEN: usize = 64;
const HALF_OPEN_EACH: usize = 8;
/// Pause after the system had no room for a connection.
const NO_ROOM: Duration = Duration::from_millis(100);

/// A pipe that is served (Win32 `CreateNamedPipe`). Dropping it frees the name; connections go on.
#[derive(Debug)]
pub struct Server {
    ready: mpsc::UnboundedReceiver<Pipe>,
    port: Option<u16>,
    tasks: Vec<AbortHandle>,
    /// Last: the name is free only when nobody listens any more.
    _claim: local::Claim,
}

/// What all connections of a server share.
#[derive(Debug)]
struct Shared {
    name: PipeName,
    options: Options,
    instances: Arc<Semaphore>,
    half_open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    ready: mpsc::UnboundedSender<Pipe>,
}

impl Server {
    /// Serves `\\.\pipe\name`, and `\\this-machine\pipe\name` when the options say so. To be called inside a tokio
    /// runtime.
    ///
    /// # Errors
    /// [`PipeError::Exists`] (5) when another program of this user serves the name.
    pub fn create(name: &PipeName, options: Options) -> Result<Self, PipeError> {
        let (unix, claim) = local::claim(name)?;
        let (ready, receiver) = mpsc::unbounded_channel(); // never more than there are instances
        let tcp = options.remote.as_ref().map(|r| listen(r.bind)).transpose().map_err(PipeError::System)?;
        let port = tcp.as_ref().and_then(|tcp| tcp.local_addr().ok()).map(|address| address.port());
        let shared = Arc::new(Shared {
            name: name.clone(),
            instances: Arc::new(Semaphore::new(usize::from(options.instances.max(1)))),
            options,
            half_open: Arc::default(),
            ready,
        });
        let mut tasks = vec![tokio::spawn(Arc::clone(&shared).listen_local(unix)).abort_handle()];
        tasks.extend(tcp.map(|tcp| tokio::spawn(shared.listen_remote(tcp)).abort_handle()));
        Ok(Self { ready: receiver, port, tasks, _claim: claim })
    }

    /// The TCP port of the remote pipe.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The next client (Win32 `ConnectNamedPipe`). Clients may have connected before this is called, as long as there are
    /// instances. An instance is occupied until its [`Pipe`] is dropped. Can be cancelled without losing anything.
    pub async fn accept(&mut self) -> Result<Pipe, PipeError> {
        self.ready.recv().await.ok_or(PipeError::Broken)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

fn listen(bind: SocketAddr) -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(bind).or_else(|error| match bind {
        // A system without IPv6 has only the other kind.
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => {
            std::net::TcpListener::bind((Ipv4Addr::UNSPECIFIED, v6.port()))
        }
        _ => Err(error),
    })?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

impl Shared {
    async fn listen_local(self: Arc<Self>, listener: UnixListener) {
        let mut agreeing = JoinSet::new();
        loop {
            match listener.accept().await {
                Ok((stream, _)) if agreeing.len() < HALF_OPEN && local::is_own(&stream) => {
                    let shared = Arc::clone(&self);
                    agreeing.spawn(async move { timeout(AGREEMENT, shared.welcome_local(stream)).await });
                }
                Ok(_) => {}
                Err(_) => tokio::time::sleep(NO_ROOM).await,
            }
            while agreeing.try_join_next().is_some() {}
        }
    }

    async fn welcome_local(&self, stream: UnixStream) -> Result<(), PipeError> {
        let (mut from, mut to) = stream.into_split();
        let request = agree::asked(&mut from).await?;
        let instance = self.instance(&request);
        agree::answer(&mut to, self.reply(instance.as_ref().err().copied())).await?;
        if let Ok(instance) = instance {
            let _ = self.ready.send(Pipe::new(self.connection((from, to), None, None, instance))); // else it is closing
        }
        Ok(())
    }

    async fn listen_remote(self: Arc<Self>, listener: TcpListener) {
        let mut agreeing = JoinSet::new();
        loop {
            match listener.accept().await {
                Ok((stream, from)) => {
                    if let Some(guest) = Guest::enter(&self.half_open, from.ip()) {
                        let shared = Arc::clone(&self);
                        agreeing.spawn(async move {
                            let _guest = guest;
                            let welcome = timeout(AGREEMENT, shared.welcome_remote(stream)).await;
                            tracing::debug!(%from, ?welcome, "pipe: client");
                        });
                    }
                }
                Err(_) => tokio::time::sleep(NO_ROOM).await,
            }
            while agreeing.try_join_next().is_some() {}
        }
    }

    async fn welcome_remote(&self, stream: TcpStream) -> Result<(), PipeError> {
        let Some(remote) = &self.options.remote else { return Ok(()) };
        keep_alive(&stream);
        let (mut from, mut to) = stream.into_split();
        let (request, (peer, mut sealer, opener)) =
            agree::asked_sealed(&mut from, &mut to, &remote.identity).await?;
        let instance = if remote.allow.allows(&peer) { self.instance(&request) } else { Err(5) };
        let refused = instance.as_ref().err().copied();
        agree::answer_sealed(&mut to, &mut sealer, self.reply(refused)).await?;
        if let Ok(instance) = instance {
            let connection = self.connection((from, to), Some((sealer, opener)), Some(peer), instance);
            let _ = self.ready.send(Pipe::new(connection)); // else it is closing
        }
        Ok(())
    }

    /// An instance for who asks for it, or the Win32 code of the refusal.
    fn instance(&self, request: &Request) -> Result<OwnedSemaphorePermit, u32> {
        if request.name != self.name {
            return Err(2);
        }
        let (reads, writes) = self.options.direction.of_client();
        if request.read && !reads || request.write && !writes {
            return Err(5);
        }
        Arc::clone(&self.instances).try_acquire_owned().map_err(|_| 231)
    }

    fn reply(&self, refused: Option<u32>) -> Reply {
        Reply {
            code: refused.unwrap_or(0),
            direction: self.options.direction,
            mode: self.options.mode,
            max_message: self.options.max_message.min(MAX_MESSAGE),
        }
    }

    fn connection<R, W>(
        &self,
        (from, to): (R, W),
        keys: Option<(super::noise::Sealer, super::noise::Opener)>,
        peer: Option<crate::chat::PublicKey>,
        instance: OwnedSemaphorePermit,
    ) -> Connection<R, W> {
        let Reply { direction, mode, max_message, .. } = self.reply(None);
        Connection { from, to, keys, peer, mode, direction, max_message, instance: Some(instance) }
    }
}

/// A client that has not said yet who it is and what it wants.
struct Guest(Arc<Mutex<HashMap<IpAddr, usize>>>, IpAddr);

impl Guest {
    /// Lets it in, if there are not too many.
    fn enter(all: &Arc<Mutex<HashMap<IpAddr, usize>>>, address: IpAddr) -> Option<Self> {
        let mut guests = all.lock().unwrap_or_else(PoisonError::into_inner);
        let here = guests.get(&address).copied().unwrap_or(0);
        if guests.values().sum::<usize>() >= HALF_OPEN || here >= HALF_OPEN_EACH {
            return None;
        }
        guests.insert(address, here + 1);
        Some(Self(Arc::clone(all), address))
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut guests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match guests.get_mut(&self.1) {
            Some(here) if *here > 1 => *here -= 1,
            _ => drop(guests.remove(&self.1)),
        }
    }
}

impl Allow {
    /// Whether this one may.
    pub fn allows(&self, peer: &crate::chat::PublicKey) -> bool {
        match self {
            Self::Everybody => true,
            Self::Only(peers) => peers.contains(peer),
            Self::If(condition) => condition(peer),
            Self::Nobody => false,
        }
    }
}

//! Named pipes after Win32: connections with message boundaries, found by name, on this machine and on others.
//!
//! `\\.\pipe\name` is a Unix socket that only programs of the same user reach. `\\machine\pipe\name` is a TCP port;
//! connections to it are encrypted, and both ends prove their identities before anything else is said (a Noise
//! handshake). Every error has the code that a Windows program would get.
//!
//! ```
//! use lanchat::pipe::{Access, Options, PipeError, Server, Target};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let name = format!("example-{}", std::process::id()).parse().unwrap();
//! let mut server = Server::create(&name, Options::default())?;
//! let echo = tokio::spawn(async move {
//!     let mut client = server.accept().await?;
//!     let message = client.read().await?;
//!     client.write(&message).await?;
//!     Ok::<_, PipeError>(())
//! });
//! let mut pipe = Target::Local(name).connect(Access::Both).await?;
//! pipe.write(b"hello").await?;
//! assert_eq!(pipe.read().await?, b"hello");
//! # echo.await.unwrap()?;
//! # Ok::<_, PipeError>(())
//! # }).unwrap();
//! ```

mod agree;
mod client;
mod error;
#[doc(hidden)]
pub mod fuzzing;
pub mod hello;
mod local;
mod noise;
mod path;
mod reader;
mod server;
mod stream;
mod writer;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

pub use client::{Access, Target};
pub use error::PipeError;
pub use path::{PathError, PipeName, PipePath};
pub use reader::Reader;
pub use server::Server;
pub use stream::Pipe;
pub use writer::Writer;

use crate::chat::{Identity, PublicKey};

/// Which way data goes, as the server sees it (Win32 `PIPE_ACCESS_…`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Direction {
    /// From clients to the server.
    Inbound,
    /// From the server to clients.
    Outbound,
    /// Both ways.
    #[default]
    Duplex,
}

impl Direction {
    /// Whether clients may read, and whether they may write.
    fn of_client(self) -> (bool, bool) {
        (self != Self::Inbound, self != Self::Outbound)
    }
}

/// Whether messages keep their boundaries (Win32 `PIPE_TYPE_…`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// A stream of bytes.
    Byte,
    /// What is written at once is read at once.
    #[default]
    Message,
}

/// Who may be at the other end of a remote pipe.
#[derive(Clone, Default)]
pub enum Allow {
    /// Everybody who has an identity.
    Everybody,
    /// These. Keys, not peer ids: an id is long enough to tell peers apart, not to grant rights.
    Only(Vec<PublicKey>),
    /// Who fulfils a condition, such as being known. Asked at each connection.
    If(Arc<dyn Fn(&PublicKey) -> bool + Send + Sync>),
    /// Nobody.
    #[default]
    Nobody,
}

impl std::fmt::Debug for Allow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Everybody => f.write_str("Everybody"),
            Self::Only(peers) => f.debug_tuple("Only").field(peers).finish(),
            Self::If(_) => f.write_str("If(…)"),
            Self::Nobody => f.write_str("Nobody"),
        }
    }
}

/// How a remote pipe is served.
#[derive(Debug, Clone)]
pub struct Remote {
    /// Who serves it.
    pub identity: Identity,
    /// Who may connect.
    pub allow: Allow,
    /// Where to listen; port 0 takes a free one. `[::]` means every address, of IPv4, too.
    pub bind: SocketAddr,
}

/// How a pipe is served.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which way data goes.
    pub direction: Direction,
    /// Whether messages keep their boundaries.
    pub mode: Mode,
    /// Clients at a time, at least 1.
    pub instances: u8,
    /// Largest message in bytes, at most [`hello::MAX_MESSAGE`].
    pub max_message: u32,
    /// Served to other machines, too.
    pub remote: Option<Remote>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            direction: Direction::default(),
            mode: Mode::default(),
            instances: 1,
            max_message: hello::MAX_MESSAGE,
            remote: None,
        }
    }
}

/// Small messages leave at once; a machine that has vanished is noticed while nothing is to be sent, within ten seconds.
fn keep_alive(stream: &TcpStream) {
    let probes = TcpKeepalive::new().with_time(Duration::from_secs(3)).with_interval(Duration::from_secs(2));
    let set = SockRef::from(stream).set_tcp_keepalive(&probes.with_retries(3));
    if let Err(error) = set.and_then(|()| stream.set_nodelay(true)) {
        tracing::debug!(%error, "pipe: socket options"); // it works without
    }
}

//! The connecting end.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::hello::{Reply, Request};
use super::server::AGREEMENT;
use super::stream::Connection;
use super::{Allow, Pipe, PipeError, PipeName, agree, keep_alive, local};
use crate::chat::Identity;

/// How long a machine may take to answer at all.
const ANSWER: Duration = Duration::from_secs(5);
/// Time between two tries to get an instance.
const RETRY: Duration = Duration::from_millis(25);

/// Which pipe.
#[allow(clippy::large_enum_variant, reason = "few are made, and none is kept in numbers")]
#[derive(Debug, Clone)]
pub enum Target {
    /// `\\.\pipe\name`.
    Local(PipeName),
    /// `\\machine\pipe\name`, whose server listens at this address.
    Remote {
        /// The server's TCP address.
        address: SocketAddr,
        /// The pipe's name.
        name: PipeName,
        /// Who connects.
        me: Identity,
        /// Who may be at the other end.
        server: Allow,
    },
}

/// What a client must be able to do (Win32 `GENERIC_READ`, `GENERIC_WRITE`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Access {
    /// Whatever the pipe offers.
    #[default]
    Any,
    /// Read.
    Read,
    /// Write.
    Write,
    /// Both.
    Both,
}

impl Target {
    fn name(&self) -> &PipeName {
        match self {
            Self::Local(name) | Self::Remote { name, .. } => name,
        }
    }

    /// Connects (Win32 `CreateFile`).
    ///
    /// # Errors
    /// By code: 2 when nobody serves the name, 231 when all instances are occupied, 5 when access is denied, 53 when the
    /// machine cannot be reached, 1397 when the server is another than it should be.
    pub async fn connect(&self, access: Access) -> Result<Pipe, PipeError> {
        let request = Request {
            read: matches!(access, Access::Read | Access::Both),
            write: matches!(access, Access::Write | Access::Both),
            name: self.name().clone(),
        };
        match self {
            Self::Local(name) => {
                let (mut from, mut to) = local::connect(name).await?.into_split();
                let asked = timeout(AGREEMENT, agree::ask(&mut from, &mut to, &request));
                let reply = asked.await.map_err(|_| PipeError::Timeout)??;
                agreed(reply, name).map(|()| Pipe::new(connection(reply, from, to)))
            }
            Self::Remote { address, name, me, server } => {
                let connected = timeout(ANSWER, TcpStream::connect(address)).await;
                let stream = connected.map_err(|_| PipeError::Timeout)?.map_err(|e| unreachable(e, name))?;
                keep_alive(&stream);
                let (mut from, mut to) = stream.into_split();
                let trusted = |peer: &_| server.allows(peer);
                let asked = agree::ask_sealed(&mut from, &mut to, me, &request, trusted);
                let (reply, (peer, sealer, opener)) =
                    timeout(AGREEMENT, asked).await.map_err(|_| PipeError::Timeout)??;
                agreed(reply, name)?;
                let mut connection = connection(reply, from, to);
                (connection.keys, connection.peer) = (Some((sealer, opener)), Some(peer));
                Ok(Pipe::new(connection))
            }
        }
    }

    /// As [`Target::connect`], but waits for an instance that is not occupied (Win32 `WaitNamedPipe`).
    ///
    /// # Errors
    /// As there; [`PipeError::Timeout`] (121) when none became free in time.
    pub async fn wait(&self, access: Access, patience: Duration) -> Result<Pipe, PipeError> {
        let end = Instant::now() + patience;
        loop {
            match timeout_at(end, self.connect(access)).await {
                Ok(Err(PipeError::Busy)) if Instant::now() < end => sleep(RETRY).await,
                Ok(Err(PipeError::Busy)) | Err(_) => return Err(PipeError::Timeout),
                Ok(result) => return result,
            }
        }
    }

    /// Sends one message, returns the one that answers it, and is gone (Win32 `CallNamedPipe`).
    pub async fn call(&self, message: &[u8], patience: Duration) -> Result<Vec<u8>, PipeError> {
        let end = Instant::now() + patience;
        let mut pipe = self.wait(Access::Both, patience).await?;
        let answer = async {
            pipe.write(message).await?;
            pipe.read().await
        };
        timeout_at(end, answer).await.map_err(|_| PipeError::Timeout)?
    }
}

fn agreed(reply: Reply, name: &PipeName) -> Result<(), PipeError> {
    if reply.code == 0 { Ok(()) } else { Err(PipeError::refusal(reply.code, name.as_str())) }
}

fn connection<R, W>(reply: Reply, from: R, to: W) -> Connection<R, W> {
    let Reply { direction, mode, max_message, .. } = reply;
    Connection { from, to, keys: None, peer: None, mode, direction, max_message, instance: None }
}

fn unreachable(error: std::io::Error, name: &PipeName) -> PipeError {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => PipeError::NotFound(name.to_string()),
        _ => PipeError::Unreachable(error),
    }
}

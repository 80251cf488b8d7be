//! Local pipes: Unix sockets in the user's runtime directory.
//!
//! A lock beside the socket says who serves the name. The system lets go of it when the server dies, so a socket that a
//! killed server has left behind is never in the way.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use tokio::net::{UnixListener, UnixStream};

use super::{PipeError, PipeName};
use crate::local::{file_name, runtime_dir};

/// The right to serve a name on this machine, held until dropped.
#[derive(Debug)]
pub(super) struct Claim {
    socket: PathBuf,
    lock: PathBuf,
    _held: Flock<File>,
}

/// Takes a name and listens on it.
pub(super) fn claim(name: &PipeName) -> Result<(UnixListener, Claim), PipeError> {
    let dir = runtime_dir("pipe")?;
    let socket = dir.join(file_name(name.as_str()));
    let lock = dir.join(format!("{}.lock", file_name(name.as_str()))); // no name's file ends so: `.` is written `%2e`
    let held = loop {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600).custom_flags(nix::libc::O_NOFOLLOW);
        let file = options.open(&lock).map_err(PipeError::System)?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(held) if is_at(&held, &lock) => break held,
            Ok(_) => {} // its last owner has just removed it
            Err((_, Errno::EWOULDBLOCK)) => return Err(PipeError::Exists(name.to_string())),
            Err((_, errno)) => return Err(PipeError::System(errno.into())),
        }
    };
    let claim = Claim { socket, lock, _held: held };
    remove(&claim.socket).map_err(PipeError::System)?;
    let listener = UnixListener::bind(&claim.socket).map_err(PipeError::System)?;
    Ok((listener, claim))
}

fn is_at(file: &File, path: &Path) -> bool {
    let same = |a: std::fs::Metadata, b: std::fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    file.metadata().ok().zip(std::fs::symlink_metadata(path).ok()).is_some_and(|(a, b)| same(a, b))
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // What cannot be removed is not in the next server's way.
        let _ = remove(&self.socket);
        let _ = remove(&self.lock);
    }
}

/// Connects to the server of a name.
pub(super) async fn connect(name: &PipeName) -> Result<UnixStream, PipeError> {
    let socket = runtime_dir("pipe")?.join(file_name(name.as_str()));
    UnixStream::connect(&socket).await.map_err(|e| match e.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => PipeError::NotFound(name.to_string()),
        io::ErrorKind::WouldBlock => PipeError::Busy,
        io::ErrorKind::PermissionDenied => PipeError::Denied,
        _ => PipeError::System(e),
    })
}

/// Whether the program at the other end runs as this user, or as root.
pub(super) fn is_own(stream: &UnixStream) -> bool {
    let own = nix::unistd::Uid::effective().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == own || peer.uid() == 0)
}

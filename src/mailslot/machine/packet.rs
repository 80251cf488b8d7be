//! One message as one Unix datagram: its bytes, or, where they are too many for a datagram, a file in memory that holds
//! them and is passed along (unix(7), `SCM_RIGHTS`). So every write is atomic and in its place, whatever its size.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixDatagram;

use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// Most bytes that go into the datagram itself. Systems that allow less get a file.
const INLINE: usize = 1 << 16;

/// The most that is read at once: a byte more shows what is too long.
pub(super) const BUFFER: usize = INLINE + 1;

/// A message on its way.
#[derive(Debug)]
pub(super) struct Outgoing<'a> {
    data: &'a [u8],
    file: Option<OwnedFd>,
}

impl<'a> Outgoing<'a> {
    pub(super) fn new(data: &'a [u8]) -> io::Result<Self> {
        let file = if data.len() > INLINE { Some(file_of(data)?) } else { None };
        Ok(Self { data, file })
    }

    /// Sends it by a connected socket.
    pub(super) fn send(&mut self, socket: &UnixDatagram) -> io::Result<()> {
        if self.file.is_none() {
            match socket.send(self.data) {
                Err(error) if Errno::from_io_error(&error) == Some(Errno::MSGSIZE) => {
                    self.file = Some(file_of(self.data)?);
                }
                sent => return sent.map(drop),
            }
        }
        let fds: Vec<_> = self.file.iter().map(AsFd::as_fd).collect();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(&fds));
        #[cfg(target_vendor = "apple")]
        let flags = SendFlags::empty();
        #[cfg(not(target_vendor = "apple"))]
        let flags = SendFlags::NOSIGNAL;
        // One byte, because some systems pass no file with none.
        Ok(sendmsg(socket, &[IoSlice::new(&[0])], &mut control, flags).map(drop)?)
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
fn file_of(data: &[u8]) -> io::Result<OwnedFd> {
    let fd = rustix::fs::memfd_create("mailslot", rustix::fs::MemfdFlags::CLOEXEC)?;
    let mut file = File::from(fd);
    file.write_all(data)?;
    Ok(file.into())
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn file_of(data: &[u8]) -> io::Result<OwnedFd> {
    use std::os::unix::fs::OpenOptionsExt;
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let dir = crate::local::runtime_dir("mailslot").map_err(io::Error::other)?;
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = dir.join(format!("{}-{n}.message", std::process::id()));
    let mut file =
        File::options().read(true).write(true).create(true).truncate(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    file.write_all(data)?;
    Ok(file.into())
}

/// A message that has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Incoming {
    pub(super) data: Vec<u8>,
    /// The process that wrote it, where the system tells.
    pub(super) pid: Option<u32>,
}

/// Has the system tell who writes.
pub(super) fn tell_writers(socket: &UnixDatagram) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    rustix::net::sockopt::set_socket_passcred(socket, true)?;
    let _ = socket;
    Ok(())
}

/// Takes the next message from the socket; `buffer` has [`BUFFER`] bytes. None when it has over `limit` bytes or is none
/// of ours.
pub(super) fn receive(
    socket: &UnixDatagram,
    buffer: &mut [u8],
    limit: usize,
) -> io::Result<Option<Incoming>> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1), ScmCredentials(1))];
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    #[cfg(target_vendor = "apple")]
    let flags = RecvFlags::empty();
    #[cfg(not(target_vendor = "apple"))]
    let flags = RecvFlags::CMSG_CLOEXEC;
    let received = recvmsg(socket, &mut [IoSliceMut::new(buffer)], &mut control, flags)?;
    let (mut file, mut pid) = (None, None);
    for message in control.drain() {
        match message {
            RecvAncillaryMessage::ScmRights(files) => file = files.last(),
            #[cfg(any(target_os = "linux", target_os = "android"))]
            RecvAncillaryMessage::ScmCredentials(who) => {
                pid = Some(who.pid.as_raw_nonzero().get().unsigned_abs());
            }
            _ => {}
        }
    }
    let data = match file {
        // The file is lost where we may not open another one.
        None if received.flags.contains(ReturnFlags::CTRUNC) => None,
        Some(file) => contents(file, limit)?,
        None if received.flags.contains(ReturnFlags::TRUNC) || received.bytes > limit => None,
        None => buffer.get(..received.bytes).map(<[u8]>::to_vec),
    };
    Ok(data.map(|data| Incoming { data, pid }))
}

/// What a file holds that somebody passed: only a real file, which cannot keep us waiting, and only of a size we bear.
fn contents(file: OwnedFd, limit: usize) -> io::Result<Option<Vec<u8>>> {
    use std::os::unix::fs::FileExt;
    let file = File::from(file);
    let about = file.metadata()?;
    let size = usize::try_from(about.len()).unwrap_or(usize::MAX);
    if !about.is_file() || size > limit {
        return Ok(None);
    }
    let mut data = vec![0; size];
    Ok(file.read_exact_at(&mut data, 0).is_ok().then_some(data))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(socket: &UnixDatagram, data: &[u8]) -> io::Result<()> {
        Outgoing::new(data)?.send(socket)
    }

    fn receive_all(socket: &UnixDatagram, limit: usize) -> Vec<Option<usize>> {
        socket.set_nonblocking(true).unwrap();
        let mut buffer = vec![0; BUFFER];
        let next = || receive(socket, &mut buffer, limit).ok();
        std::iter::from_fn(next).map(|m| m.map(|m| m.data.len())).collect()
    }

    #[test]
    fn every_size_comes_whole_and_in_its_place() {
        let (a, b) = UnixDatagram::pair().unwrap();
        tell_writers(&b).unwrap();
        let big: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let mut buffer = vec![0; BUFFER];
        for size in [0, 1, 424, INLINE, INLINE + 1, big.len()] {
            send(&a, &big[..size]).unwrap();
            send(&a, b"then").unwrap();
            let got = receive(&b, &mut buffer, usize::MAX).unwrap().unwrap();
            assert!(got.data == big[..size], "{size}");
            #[cfg(target_os = "linux")]
            assert_eq!(got.pid, Some(std::process::id()));
            assert_eq!(receive(&b, &mut buffer, usize::MAX).unwrap().unwrap().data, b"then");
        }
    }

    #[test]
    fn what_is_too_long_or_no_file_is_left_out() {
        let (a, b) = UnixDatagram::pair().unwrap();
        send(&a, &[1; 10]).unwrap();
        send(&a, &[1; 9]).unwrap();
        send(&a, &vec![1; INLINE + 1]).unwrap();
        let (pipe, _writer) = std::io::pipe().unwrap();
        Outgoing { data: b"", file: Some(pipe.into()) }.send(&a).unwrap();
        send(&a, b"").unwrap();
        assert_eq!(receive_all(&b, 9), [None, Some(9), None, None, Some(0)]);
        a.send(&vec![1; BUFFER + 9]).unwrap();
        assert_eq!(receive_all(&b, usize::MAX), [None]);
    }
}

//! Learning that interfaces came, went or changed: at once from the kernel where it tells (rtnetlink, RFC 3549), and by
//! looking every five seconds anyway.

use std::io;
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often to look without being told.
const RESCAN: Duration = Duration::from_secs(5);

/// Completes when it is time to look at the interfaces.
#[derive(Debug)]
pub(super) struct Watch {
    timer: Interval,
    kernel: Option<kernel::Events>,
}

impl Watch {
    pub(super) fn new() -> Self {
        let mut timer = interval(RESCAN);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { timer, kernel: kernel::Events::subscribe().ok() }
    }

    /// Waits for a change or for the timer; the first time it returns at once.
    pub(super) async fn changed(&mut self) {
        let told = async {
            match &mut self.kernel {
                Some(events) => events.next().await,
                None => std::future::pending().await,
            }
        };
        let broken = tokio::select! {
            _ = self.timer.tick() => false,
            result = told => result.is_err(),
        };
        if broken {
            self.kernel = None; // the timer alone does
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod kernel {
    use std::os::fd::{AsRawFd, OwnedFd};

    use nix::errno::Errno;
    use nix::sys::socket::{
        AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recv, socket,
    };
    use tokio::io::unix::AsyncFd;

    use super::io;

    /// `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV6_IFADDR`.
    const GROUPS: u32 = 0x1 | 0x10 | 0x100;

    /// A netlink socket that hears of links and addresses.
    #[derive(Debug)]
    pub(super) struct Events(AsyncFd<OwnedFd>);

    impl Events {
        pub(super) fn subscribe() -> io::Result<Self> {
            let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
            let fd = socket(AddressFamily::Netlink, SockType::Raw, flags, SockProtocol::NetlinkRoute)?;
            bind(fd.as_raw_fd(), &NetlinkAddr::new(0, GROUPS))?;
            #[allow(
                deprecated,
                reason = "its successor is unsafe; an OwnedFd cannot be closed behind its back"
            )]
            let events = AsyncFd::new(fd)?;
            Ok(Self(events))
        }

        /// Waits for at least one event and throws away all that wait: what changed is read afresh.
        pub(super) async fn next(&mut self) -> io::Result<()> {
            let mut guard = self.0.readable().await?;
            let mut message = [0; 4096];
            loop {
                match recv(guard.get_inner().as_raw_fd(), &mut message, MsgFlags::empty()) {
                    Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                    Ok(_) | Err(Errno::ENOBUFS | Errno::EINTR) => {} // some were lost: look all the same
                    Err(Errno::EAGAIN) => {
                        guard.clear_ready();
                        return Ok(());
                    }
                    Err(e) => return Err(e.into()),
                }
            }
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod kernel {
    use super::io;

    /// No such events are known of here.
    #[derive(Debug)]
    pub(super) struct Events;

    impl Events {
        pub(super) fn subscribe() -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(super) async fn next(&mut self) -> io::Result<()> {
            std::future::pending().await
        }
    }
}

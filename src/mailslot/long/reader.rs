//! The reading end of long messages: one listener for all slots of a program.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{CARRYING, Head, Verdict};
use crate::mailslot::Mailslots;
use crate::mailslot::message::Source;
use crate::mailslot::service::{Service, claim};
use crate::mailslot::slots::Delivery;

/// Most connections at a time. Each needs 64 KiB at most.
const MOST: usize = 32;
/// Most connections at a time from one address.
const MOST_OF_ONE: usize = 8;
/// How long a connection may wait for its next message.
const IDLE: Duration = Duration::from_secs(5);
/// How long to wait after a failed accept; the next one may fail as well.
const PAUSE: Duration = Duration::from_millis(100);

impl Mailslots {
    /// Lets other computers write messages over 424 bytes to this program's slots, see
    /// [`Client::send`](super::Client::send), as long as this service lives. For that it listens on a TCP port that the
    /// system chooses; only who is on a subnet in use is let in. Must be called inside a tokio runtime. The second call
    /// does nothing.
    ///
    /// # Errors
    /// When the system gives no port.
    pub async fn accept_long(&self) -> io::Result<()> {
        if self.inner.long.get().is_some() {
            return Ok(());
        }
        let listener = match TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)).await {
            Ok(both) => both,
            Err(_) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await?, // a machine without IPv6
        };
        let port = listener.local_addr()?.port();
        if self.inner.long.set(port).is_ok() {
            let service = Arc::clone(&self.inner);
            self.tasks.add(&tokio::spawn(accept(service, listener)));
        }
        Ok(())
    }
}

async fn accept(service: Arc<Service>, listener: TcpListener) {
    let mut open = JoinSet::new();
    let mut from: HashMap<IpAddr, usize> = HashMap::new();
    loop {
        tokio::select! {
            Some(ended) = open.join_next() => {
                if let Ok(ip) = ended && let Some(count) = from.get_mut(&ip) {
                    *count -= 1;
                    from.retain(|_, count| *count > 0);
                }
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => {
                    let address = canonical(address);
                    let count = from.get(&address.ip()).copied().unwrap_or_default();
                    // What is not let in is closed without a word.
                    if open.len() < MOST && count < MOST_OF_ONE && service.lan.neighbour(address) {
                        from.insert(address.ip(), count + 1);
                        let service = Arc::clone(&service);
                        open.spawn(async move {
                            let ended = read(&service, stream, address).await;
                            tracing::debug!(%address, ?ended, "a connection for long messages");
                            address.ip()
                        });
                    } else {
                        service.tally.rejected.add(1);
                    }
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}

/// The sender's address without the clothes in which IPv4 comes to an IPv6 socket.
fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(v4) => (v4, address.port()).into(),
        IpAddr::V6(_) => address,
    }
}

/// Reads messages until the connection ends, is silent for too long, or makes no sense.
async fn read(service: &Service, mut stream: TcpStream, address: SocketAddr) -> io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        let mut head = [0; Head::LEN];
        timeout(IDLE, stream.read_exact(&mut head)).await??;
        let Some(head) = Head::parse(&head) else {
            service.tally.rejected.add(1);
            return Err(io::ErrorKind::InvalidData.into());
        };
        // No more room is taken than the head says, and that is bounded.
        bytes.resize(usize::from(head.slot) + usize::from(head.data), 0);
        timeout(CARRYING, stream.read_exact(&mut bytes)).await??;
        let verdict = deliver(service, &head, &bytes, address);
        timeout(IDLE, stream.write_u8(verdict.code())).await??;
    }
}

fn deliver(service: &Service, head: &Head, bytes: &[u8], address: SocketAddr) -> Verdict {
    let (slot, data) = bytes.split_at_checked(usize::from(head.slot)).unwrap_or_default();
    let Ok(slot) = std::str::from_utf8(slot) else { return Verdict::NoSlot };
    let source = Source {
        name: head.source,
        address,
        claimed: claim(address.ip()),
        interface: 0,
        own: service.lan.own(address),
        directed: true,
        local: false,
        pid: None,
    };
    let (verdict, count) = match service.slots.deliver(slot, data, source) {
        Delivery::Done => (Verdict::Taken, &service.tally.received),
        Delivery::NoSlot => (Verdict::NoSlot, &service.tally.rejected),
        Delivery::TooLong => (Verdict::TooLong, &service.tally.dropped),
        Delivery::Full => (Verdict::Full, &service.tally.dropped),
    };
    count.add(1);
    verdict
}

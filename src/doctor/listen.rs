//! The doctor's ears: what comes to the segment's port, for whomever it is meant.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, timeout_at};

use super::observation::{Heard, Sniffed, Wanted};
#[cfg(any(target_os = "linux", target_os = "android"))]
use super::sniff::Sniffer;
use crate::chat::{Glance, Millis};
use crate::lan::{self, Buffer, Port, Socket};
use crate::netbios::Datagram;
use crate::smb::MailslotWrite;

/// Most different datagrams that are remembered.
const MOST: usize = 4096;
/// How much longer to listen where nobody was heard: beacons are at most 4.5 s apart where few are.
const LONGER: Duration = Duration::from_secs(2);
/// What names the slots of the chat.
const CHAT: &str = "chat";
/// Where beacons go.
const SYNC: &str = "chat\\sync";

/// The doctor's own ears on the segment's port, which it shares with the chats of this machine: it hears what they hear,
/// and what they are not meant to hear.
#[derive(Debug)]
pub struct Ears {
    pub(super) port: Result<Port, lan::Error>,
    pub(super) sniffer: Option<sniffing::Sniffing>,
}

impl Ears {
    /// Begins to hear. Must be called inside a tokio runtime, and before the chat starts, lest its first words be
    /// missed.
    pub fn open(wanted: &Wanted) -> Self {
        let port = Port::shared(wanted.port);
        if let (Ok(port), Ok(all)) = (&port, lan::interfaces()) {
            port.hear(all.iter());
        }
        Self { port, sniffer: sniffing::open() }
    }
}

/// The sniffer where there is one.
pub(super) mod sniffing {
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(in crate::doctor) type Sniffing = std::convert::Infallible;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(in crate::doctor) type Sniffing = super::Sniffer;

    pub(in crate::doctor) fn open() -> Option<Sniffing> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        return super::Sniffer::open().ok();
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        None
    }
}

/// How long it listens in all where nobody is heard.
pub(super) fn listens(wait: Duration) -> Duration {
    wait + LONGER.min(wait)
}

/// Listens for a while: what was heard, how much was lost, what was seen on the wire.
pub(super) async fn listen(
    port: &Port,
    sniffer: Option<&sniffing::Sniffing>,
    wait: Duration,
    stranger: impl Fn(&Heard) -> bool,
    clock: &impl Fn() -> Millis,
) -> (Vec<Heard>, u32, Option<Vec<Sniffed>>) {
    let (heard, lost) = (RefCell::new(Vec::new()), RefCell::new(0));
    let on_wire = RefCell::new(BTreeSet::new());
    let sockets = join_all(port.sockets().map(|socket| hear(socket, &heard, &lost, clock)));
    let wire = sniff(sniffer, port.number(), &on_wire);
    let begun = Instant::now();
    let mut all = pin!(async { tokio::join!(sockets, wire) });
    let _ = timeout_at(begun + wait, &mut all).await;
    // Who is in another group is not asked, and speaks each few seconds: what would be called silence gets more time.
    if !heard.borrow().iter().any(stranger) {
        let _ = timeout_at(begun + listens(wait), &mut all).await;
    }
    let on_wire = sniffer.is_some().then(|| on_wire.take().into_iter().collect());
    (heard.take(), lost.take(), on_wire)
}

async fn sniff(sniffer: Option<&sniffing::Sniffing>, port: u16, into: &RefCell<BTreeSet<Sniffed>>) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Some(sniffer) = sniffer {
        while let Ok(one) = sniffer.next(port).await {
            if into.borrow().len() < MOST {
                into.borrow_mut().insert(one);
            }
        }
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = (sniffer, port, into);
}

async fn hear(socket: &Socket, into: &RefCell<Vec<Heard>>, lost: &RefCell<u32>, clock: &impl Fn() -> Millis) {
    let mut buffer = Buffer::new();
    let mut before = 0;
    while let Ok(received) = socket.receive(&mut buffer).await {
        if let Some(now) = received.lost {
            *lost.borrow_mut() += now.saturating_sub(before);
            before = now;
        }
        let Some(heard) = read(buffer.datagram(&received), received.from, received.interface, clock()) else {
            continue;
        };
        let mut all = into.borrow_mut();
        let same = |h: &Heard| {
            let told = |h: &Heard| h.beacon.as_ref().map(|b| (b.peer, b.epoch, b.goodbye));
            (h.from, h.interface, &h.destination, h.chat, told(h))
                == (heard.from, heard.interface, &heard.destination, heard.chat, told(&heard))
        };
        if all.len() < MOST && !all.iter().any(same) {
            all.push(heard);
        }
    }
}

fn read(packet: &[u8], from: SocketAddr, interface: u32, at: Millis) -> Option<Heard> {
    let datagram = Datagram::parse(packet).ok()?;
    let write = MailslotWrite::parse(datagram.data).ok()?;
    let slot = write.slot().to_ascii_lowercase();
    Some(Heard {
        from,
        interface,
        source: datagram.source.text(),
        destination: datagram.destination.text(),
        chat: slot.split('\\').next() == Some(CHAT),
        beacon: if slot == SYNC { Glance::of(write.data) } else { None },
        at,
    })
}

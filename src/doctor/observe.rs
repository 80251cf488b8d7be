//! Looking at the machine and listening to the segment. Sends nothing but what a chat that only listens sends, and pings
//! to those who answer it. What cannot be looked at is left out; that is no error.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::ifaddrs::getifaddrs;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, timeout, timeout_at};

use super::listen::{Ears, listen};
use super::nft::{self, Packet, Way};
use super::observation::{Bound, FirewallTool, LinkSeen, Observations, PeerSeen, Room, Wanted};
use super::proc;
use crate::chat::{Event, Millis, Peer, PeerId};
use crate::lan::{self, Interface, RECEIVE_BUFFER};
use crate::session::{Session, Update};

/// Most people who are pinged.
const MOST_PINGED: usize = 64;
/// When each of the pings goes out, and the end of the wait for their answers.
const PINGS: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(300),
    Duration::from_millis(500),
];
/// Longest wait for nft.
const NFT: Duration = Duration::from_secs(2);

/// Looks and listens for as long as is wanted, and a little longer where nobody is heard and while pings are under way.
///
/// `chat` is a session on the same port that only listens, with its updates; or why none could be started. `clock`
/// tells the wall clock.
pub async fn observe(
    wanted: Wanted,
    ears: Ears,
    chat: Result<(&Session, &mut UnboundedReceiver<Update>), String>,
    clock: impl Fn() -> Millis,
) -> Observations {
    let mut seen = Observations {
        loopback: loopback(),
        links: links(),
        tool: tool(),
        wanted,
        ..Observations::default()
    };
    let Ears { port, sniffer } = ears;
    match &port {
        Ok(port) => {
            let room = port.v4().room();
            seen.room = room.ok().map(|given| Room { asked: RECEIVE_BUFFER, given });
            (seen.heard, seen.lost, seen.sniffed) =
                listen(port, sniffer.as_ref(), seen.wanted.wait, |h| !seen.own(h.from.ip()), &clock).await;
        }
        Err(error) => {
            seen.bound = match error {
                lan::Error::PortInUse { .. } => Bound::Taken,
                lan::Error::PortRights { .. } => Bound::NoRight,
                other => Bound::Other(other.to_string()),
            };
        }
    }
    match chat {
        Ok((session, updates)) => {
            let sends = session.network().await.interfaces.into_iter();
            seen.unsent = sends.filter_map(|used| Some((used.address, used.problem?))).collect();
            let peers = session.who().await;
            let answered = ping(session, updates, &peers).await;
            let asked = |at: usize, id: &PeerId| (at < MOST_PINGED).then(|| answered.contains(id));
            seen.peers = peers
                .into_iter()
                .enumerate()
                .map(|(at, peer)| PeerSeen { answered: asked(at, &peer.id), peer })
                .collect();
        }
        Err(reason) => seen.refused = Some(reason),
    }
    let port = seen.wanted.port;
    seen.holders = proc::holders(&[port, 137, 138]);
    seen.holders.retain(|h| h.program.as_ref().is_none_or(|(pid, _)| *pid != std::process::id()));
    seen.neighbours = proc::neighbours();
    if let Some(rules) = rules().await {
        let used = seen.used();
        let dropped = |way: Way| {
            let place = |used: &Interface| nft::dropped(&rules, Packet::of(way, used, port)?);
            used.iter().filter_map(|used| Some((used.name.clone(), place(used)?))).collect()
        };
        (seen.drops, seen.kept_in) = (Some(dropped(Way::In)), dropped(Way::Out));
    }
    seen
}

/// Whether a datagram to this machine itself arrives.
fn loopback() -> bool {
    let there_and_back = || -> io::Result<bool> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_read_timeout(Some(Duration::from_millis(500)))?;
        socket.send_to(b"doctor", socket.local_addr()?)?;
        let mut buffer = [0; 8];
        Ok(socket.recv(&mut buffer)? == 6)
    };
    there_and_back().unwrap_or(false)
}

fn links() -> Vec<LinkSeen> {
    let narrow = narrow();
    let link = |link: lan::Link| LinkSeen {
        loopback: link.loopback(),
        obstacle: link.obstacle(),
        narrow: narrow.get(&link.name).cloned().unwrap_or_default(),
        name: link.name,
        interfaces: link.interfaces,
    };
    lan::links().unwrap_or_default().into_iter().map(link).collect()
}

/// IPv4 addresses in subnets of one or two addresses, which have no broadcast address, by interface.
fn narrow() -> BTreeMap<String, Vec<(Ipv4Addr, u8)>> {
    let mut narrow: BTreeMap<String, Vec<(Ipv4Addr, u8)>> = BTreeMap::new();
    for entry in getifaddrs().into_iter().flatten() {
        let ipv4 =
            |a: &nix::sys::socket::SockaddrStorage| a.as_sockaddr_in().map(nix::sys::socket::SockaddrIn::ip);
        let address = entry.address.as_ref().and_then(ipv4);
        let Some((address, mask)) = address.zip(entry.netmask.as_ref().and_then(ipv4)) else { continue };
        let ones = mask.to_bits().leading_ones();
        if let Ok(prefix @ 31..) = u8::try_from(ones) {
            narrow.entry(entry.interface_name).or_default().push((address, prefix));
        }
    }
    narrow
}

fn tool() -> FirewallTool {
    let installed =
        |name| ["/usr/sbin", "/usr/bin", "/sbin"].iter().any(|dir| Path::new(dir).join(name).exists());
    if installed("ufw") {
        FirewallTool::Ufw
    } else if installed("firewall-cmd") {
        FirewallTool::Firewalld
    } else {
        FirewallTool::Nft
    }
}

/// The packet filter's rules, if there is nft and the user may read them.
async fn rules() -> Option<String> {
    let list = || {
        let programs = ["/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"];
        let program = programs.iter().find(|path| Path::new(path).exists())?;
        let output =
            Command::new(program).args(["-j", "list", "ruleset"]).stdin(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8(output.stdout).ok()).flatten()
    };
    timeout(NFT, tokio::task::spawn_blocking(list)).await.ok()?.ok()?
}

/// Who of these people answers what is sent to them alone.
async fn ping(
    session: &Session,
    updates: &mut UnboundedReceiver<Update>,
    peers: &[Peer],
) -> BTreeSet<PeerId> {
    let mut answered = BTreeSet::new();
    let asked = peers.len().min(MOST_PINGED);
    for pause in PINGS {
        for peer in peers.iter().take(MOST_PINGED).filter(|p| !answered.contains(&p.id)).collect::<Vec<_>>() {
            session.ping(peer.id, 0).await;
        }
        let end = Instant::now() + pause;
        while answered.len() < asked {
            match timeout_at(end, updates.recv()).await {
                Ok(Some(Update::Event(Event::Pong { peer, rtt: Some(_), .. }))) => {
                    answered.insert(peer);
                }
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => break,
            }
        }
    }
    answered
}

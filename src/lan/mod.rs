//! The machine's network: interfaces and sockets.
//!
//! [`Lan`] owns two UDP ports. The *shared* one is the segment's: every program on the machine that shares the port hears
//! each broadcast, but only one of them gets what is sent to it alone. So each has a *reply* port too, of its own, for
//! what is meant for it. Broadcasts leave from the shared port, by every interface in use, since Windows and Samba expect
//! them from the segment's port (RFC 1002 4.4, \[MS-MAIL\] 2.1).
//!
//! Each port has a socket for IPv4 and one for IPv6. An interface with an IPv6 link-local address is used for IPv6, where
//! the multicast group [`GROUP`] is what the broadcast address is for IPv4; with both kinds of addresses it is used for
//! both. IPv6 never spoils IPv4: where the system has none, or it fails, the rest goes on.
//!
//! Heard is only what comes by an interface in use from an address on its subnet, or from this machine's own address
//! there; and nothing is sent beyond these subnets. So whatever is answered, the answer stays on the segment.
//!
//! Which interfaces are in use follows the machine: they come and go while the program runs. Nothing that happens to
//! one of them ends anything; [`State`] tells what is wrong.

mod error;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod filter;
mod interface;
mod policer;
mod port;
mod socket;
mod state;
mod tentative;
mod watch;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::sync::{Notify, watch as channel};

pub(crate) use interface::{Link, links};

pub use error::Error;
pub use interface::{GROUP, Interface, interfaces};
pub(crate) use port::Port;
pub(crate) use socket::{Buffer, RECEIVE_BUFFER, Received, Socket};
pub use state::{State, Used, Waiting};

/// The loopback's broadcast address on Linux.
const EVERY_PROGRAM: Ipv4Addr = Ipv4Addr::new(127, 255, 255, 255);

/// Where to talk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LanConfig {
    /// Interfaces by name; one that is down is waited for. Empty: every one that can broadcast, or the loopback while
    /// there is none.
    pub interfaces: Vec<String>,
    /// UDP port of the segment; 0 lets the system choose one, see [`Lan::port`].
    pub port: u16,
}

/// The sockets and the interfaces in use.
#[derive(Debug)]
pub struct Lan {
    wanted: Vec<String>,
    shared: Port,
    reply: Port,
    state: channel::Sender<State>,
    rescan: Notify,
}

impl Lan {
    /// Opens the sockets and chooses the interfaces. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When a named interface does not exist or cannot broadcast, or the port cannot be had. It is no error that no
    /// interface can be used now.
    pub fn bind(config: &LanConfig) -> Result<Self, Error> {
        let links = interface::links().map_err(Error::system("list the network interfaces"))?;
        State::check(&config.interfaces, &links)?;
        let lan = Self {
            wanted: config.interfaces.clone(),
            shared: Port::shared(config.port)?,
            reply: Port::own()?,
            state: channel::Sender::default(),
            rescan: Notify::new(),
        };
        lan.choose(links);
        Ok(lan)
    }

    /// The segment's UDP port.
    pub fn port(&self) -> u16 {
        self.shared.number()
    }

    /// The UDP port that reaches this program alone.
    pub fn reply_port(&self) -> u16 {
        self.reply.number()
    }

    /// The UDP port of the name service: the one before the segment's, as 137 is before 138.
    pub(crate) fn name_port(&self) -> u16 {
        self.port().saturating_sub(1)
    }

    /// Opens the name service's port, shared with other programs. Only IPv4 has such names.
    pub(crate) fn open_name_port(&self) -> Result<Port, Error> {
        Port::shared_v4(self.name_port())
    }

    /// The interfaces as they are now.
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Wakes when an interface comes or goes, or a send on one fails or works again.
    pub fn changed(&self) -> channel::Receiver<State> {
        self.state.subscribe()
    }

    /// Follows the machine's interfaces; never ends.
    pub(crate) async fn watch(&self) {
        let mut watch = watch::Watch::new();
        loop {
            tokio::select! {
                () = watch.changed() => {}
                () = self.rescan.notified() => {}
            }
            self.scan();
        }
    }

    fn scan(&self) {
        // When it fails, there is no memory or descriptor left: the next scan may work.
        if let Ok(links) = interface::links() {
            self.choose(links);
        }
    }

    fn choose(&self, mut links: Vec<Link>) {
        for link in &mut links {
            link.interfaces.retain(|i| self.shared.speaks(i.address) && self.reply.speaks(i.address));
        }
        self.state.send_if_modified(|state| {
            let now = State::choose(&self.wanted, links, state);
            let changed = now != *state;
            *state = now;
            changed
        });
        self.shared.hear(self.state.borrow().interfaces.iter().map(|u| &u.interface));
    }

    /// Has the interfaces looked at soon.
    pub(crate) fn suspect(&self) {
        self.rescan.notify_one();
    }

    pub(crate) fn shared(&self) -> &Port {
        &self.shared
    }

    pub(crate) fn reply(&self) -> &Port {
        &self.reply
    }

    /// The sockets to read from.
    pub(crate) fn sockets(&self) -> impl Iterator<Item = &Socket> {
        self.shared.sockets().chain(self.reply.sockets())
    }

    /// Addresses that flood this machine: of what they send only a share is let in, so that others are heard.
    pub(crate) fn loud(&self) -> Vec<IpAddr> {
        let mut loud: Vec<IpAddr> = self.sockets().flat_map(Socket::loud).collect();
        loud.sort_unstable();
        loud.dedup();
        loud
    }

    /// Whether a datagram came from a neighbour, by an interface in use.
    pub(crate) fn admits(&self, received: &Received) -> bool {
        self.state.borrow().admits(received.from, received.interface)
    }

    /// Whether an address is a neighbour's or one's own, as far as that can be told without the interface. An IPv6
    /// address names it.
    pub(crate) fn neighbour(&self, address: SocketAddr) -> bool {
        let interface = if let SocketAddr::V6(v6) = address { v6.scope_id() } else { 0 };
        self.state.borrow().admits(address, interface)
    }

    /// Whether the address is this machine's own.
    pub(crate) fn own(&self, address: SocketAddr) -> bool {
        self.state.borrow().own(address)
    }

    /// Broadcasts by every interface in use, to `port`, what `datagram` writes for it, from `from`. Returns on how many
    /// it went out; IPv4 and IPv6 on one interface are two.
    ///
    /// # Errors
    /// When it went out on none: what the last one said, or `NetworkDown` when there is none.
    pub(crate) fn broadcast(
        &self,
        from: &Port,
        port: u16,
        mut datagram: impl FnMut(&Interface, &mut Vec<u8>),
    ) -> io::Result<usize> {
        let (mut sent, mut failed) = (0, None);
        let mut news: Vec<(Interface, Option<String>)> = Vec::new(); // nearly always none: no allocation
        let mut bytes = Vec::new();
        {
            let state = self.state.borrow();
            for Used { interface, problem } in state.outlets().filter(|u| from.speaks(u.interface.address)) {
                bytes.clear();
                datagram(interface, &mut bytes);
                match from.send(&bytes, interface.everybody(port), Some(interface)) {
                    Ok(()) => {
                        sent += 1;
                        if problem.is_some() {
                            news.push((interface.clone(), None));
                        }
                    }
                    Err(e) => {
                        let text = describe(&e);
                        if problem.as_ref() != Some(&text) {
                            news.push((interface.clone(), Some(text)));
                        }
                        failed = Some(e);
                    }
                }
            }
        }
        if !news.is_empty() {
            self.note(news);
        }
        if sent > 0 { Ok(sent) } else { Err(failed.unwrap_or_else(|| io::ErrorKind::NetworkDown.into())) }
    }

    /// Publishes what became of sends, and has the interfaces looked at.
    fn note(&self, news: Vec<(Interface, Option<String>)>) {
        self.state.send_modify(|state| {
            for (interface, problem) in news {
                if let Some(used) = state.interfaces.iter_mut().find(|u| u.interface == interface) {
                    used.problem = problem;
                }
            }
        });
        self.suspect();
    }

    /// Sends to one neighbour what `datagram` writes for the given source address. `hint` is the number of the
    /// interface that the neighbour was heard on.
    ///
    /// # Errors
    /// `HostUnreachable` when the address is on no subnet in use: nothing is routed to elsewhere. Else what the system
    /// says.
    pub(crate) fn send(
        &self,
        from: &Port,
        mut to: SocketAddr,
        hint: Option<u32>,
        datagram: impl FnOnce(IpAddr, &mut Vec<u8>),
    ) -> io::Result<()> {
        let state = self.state.borrow();
        let by = state.route(to, hint).ok_or(io::ErrorKind::HostUnreachable)?;
        if let SocketAddr::V6(to) = &mut to {
            to.set_scope_id(by.index);
        }
        let mut bytes = Vec::new();
        datagram(by.address, &mut bytes);
        // To the machine itself the way is the loopback, whichever interface has the address.
        let by = (!state.own(to)).then_some(by);
        from.send(&bytes, to, by).inspect_err(|_| self.suspect())
    }

    /// Broadcasts, to the segment's port, on the one subnet where `neighbour` is.
    ///
    /// # Errors
    /// As [`Lan::send`].
    pub(crate) fn send_around(
        &self,
        from: &Port,
        neighbour: SocketAddr,
        datagram: impl FnOnce(IpAddr, &mut Vec<u8>),
    ) -> io::Result<()> {
        let state = self.state.borrow();
        let by = state.route(neighbour, None).ok_or(io::ErrorKind::HostUnreachable)?;
        let mut bytes = Vec::new();
        datagram(by.address, &mut bytes);
        from.send(&bytes, by.everybody(self.port()), Some(by)).inspect_err(|_| self.suspect())
    }

    /// Sends to every program on this machine that shares the segment's port, whatever the interfaces in use. It cannot
    /// leave the machine.
    ///
    /// # Errors
    /// `Unsupported` where the loopback has no broadcast address, as on macOS and the BSDs.
    pub(crate) fn send_within(&self, datagram: &[u8]) -> io::Result<()> {
        if !cfg!(any(target_os = "linux", target_os = "android")) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        self.shared.send(datagram, (EVERY_PROGRAM, self.port()).into(), None)
    }
}

/// What the system says, in its words without the number.
fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lo(port: u16) -> LanConfig {
        LanConfig { interfaces: vec!["lo".into()], port }
    }

    #[tokio::test]
    async fn two_share_the_port_and_have_reply_ports_of_their_own() {
        let one = Lan::bind(&lo(0)).unwrap();
        let two = Lan::bind(&lo(one.port())).unwrap();
        assert_eq!(one.port(), two.port());
        assert_ne!(one.reply_port(), two.reply_port());
        assert_eq!(one.state().interfaces.len(), 1);
    }

    #[tokio::test]
    async fn an_unknown_interface_is_refused_with_those_there_are() {
        let error =
            Lan::bind(&LanConfig { interfaces: vec!["eth-none".into()], port: 0 }).unwrap_err().to_string();
        assert!(error.contains("eth-none") && error.contains("lo"), "{error}");
    }

    #[tokio::test]
    async fn nothing_is_sent_beyond_the_segment() {
        let lan = Lan::bind(&lo(0)).unwrap();
        for to in ["192.0.2.1:9", "[2001:db8::1]:9", "[fe80::1%77]:9"] {
            let error = lan.send(lan.reply(), to.parse().unwrap(), None, |_, out| out.push(0)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::HostUnreachable, "{to}");
        }
    }

    #[tokio::test]
    async fn a_failed_broadcast_is_published_and_so_is_its_recovery() {
        let lan = Lan::bind(&lo(0)).unwrap();
        let mut changed = lan.changed();
        let much = lan.broadcast(lan.shared(), lan.port(), |_, out| out.resize(70_000, 0));
        assert!(much.is_err());
        assert!(changed.has_changed().unwrap());
        let problem = changed.borrow_and_update().interfaces[0].problem.clone().unwrap();
        assert!(!problem.contains("os error"), "{problem}");
        assert_eq!(lan.broadcast(lan.shared(), lan.port(), |_, out| out.push(0)).unwrap(), 1);
        assert_eq!(changed.borrow_and_update().interfaces[0].problem, None);
    }
}

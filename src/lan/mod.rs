//! The machine's network: interfaces and sockets.
//!
//! [`Lan`] owns two UDP sockets. The *shared* one is bound to the segment's port: every program on the machine that
//! shares the port hears each broadcast, but only one of them gets what is sent to it alone. So each has a *reply*
//! socket too, on a port of its own, for what is meant for it. Broadcasts leave from the shared socket, by every
//! interface in use, since Windows and Samba expect them from the segment's port (RFC 1002 4.4, \[MS-MAIL\] 2.1).
//!
//! Heard is only what comes by an interface in use from an address on its subnet, or from this machine's own address
//! there; and nothing is sent beyond these subnets. So whatever is answered, the answer stays on the segment.
//!
//! Which interfaces are in use follows the machine: they come and go while the program runs. Nothing that happens to
//! one of them ends anything; [`State`] tells what is wrong.

mod error;
mod interface;
mod socket;
mod state;
mod watch;

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};

use tokio::sync::{Notify, watch as channel};

pub use error::Error;
pub use interface::{Interface, interfaces};
pub(crate) use socket::{Buffer, Received, Socket};
pub use state::{State, Used, Waiting};

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
    shared: Socket,
    reply: Socket,
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
        let state = State::choose(&config.interfaces, links, &State::default());
        Ok(Self {
            wanted: config.interfaces.clone(),
            shared: Socket::shared(config.port)?,
            reply: Socket::own()?,
            state: channel::Sender::new(state),
            rescan: Notify::new(),
        })
    }

    /// The segment's UDP port.
    pub fn port(&self) -> u16 {
        self.shared.port()
    }

    /// The UDP port that reaches this program alone.
    pub fn reply_port(&self) -> u16 {
        self.reply.port()
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
        let Ok(links) = interface::links() else { return }; // out of memory or descriptors: the next scan may work
        self.state.send_if_modified(|state| {
            let now = State::choose(&self.wanted, links, state);
            let changed = now != *state;
            *state = now;
            changed
        });
    }

    /// Has the interfaces looked at soon.
    pub(crate) fn suspect(&self) {
        self.rescan.notify_one();
    }

    pub(crate) fn shared(&self) -> &Socket {
        &self.shared
    }

    pub(crate) fn reply(&self) -> &Socket {
        &self.reply
    }

    /// Whether a datagram came from a neighbour, by an interface in use.
    pub(crate) fn admits(&self, received: &Received) -> bool {
        self.state.borrow().admits(*received.from.ip(), received.interface)
    }

    /// Whether the address is this machine's own.
    pub(crate) fn own(&self, address: Ipv4Addr) -> bool {
        self.state.borrow().own(address)
    }

    /// Broadcasts by every interface in use, to `port`, what `datagram` writes for it, from `socket`. Returns on how
    /// many it went out.
    ///
    /// # Errors
    /// When it went out on none: what the last one said, or `NetworkDown` when there is none.
    pub(crate) fn broadcast(
        &self,
        socket: &Socket,
        port: u16,
        mut datagram: impl FnMut(&Interface, &mut Vec<u8>),
    ) -> io::Result<usize> {
        let (mut sent, mut failed) = (0, None);
        let mut news: Vec<(Interface, Option<String>)> = Vec::new(); // nearly always none: no allocation
        let mut bytes = Vec::new();
        {
            let state = self.state.borrow();
            for Used { interface, problem } in state.outlets() {
                bytes.clear();
                datagram(interface, &mut bytes);
                let to = SocketAddrV4::new(interface.broadcast, port);
                match socket.send(&bytes, to, Some((interface.index, interface.address))) {
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
        socket: &Socket,
        to: SocketAddrV4,
        hint: Option<u32>,
        datagram: impl FnOnce(Ipv4Addr, &mut Vec<u8>),
    ) -> io::Result<()> {
        let (index, source) = {
            let state = self.state.borrow();
            let by = state.route(*to.ip(), hint).ok_or(io::ErrorKind::HostUnreachable)?;
            (by.index, by.address)
        };
        let mut bytes = Vec::new();
        datagram(source, &mut bytes);
        // To the machine itself the way is the loopback, whichever interface has the address.
        let by = (!self.own(*to.ip())).then_some((index, source));
        socket.send(&bytes, to, by).inspect_err(|_| self.suspect())
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
        let to = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 1), 9);
        let error = lan.send(lan.reply(), to, None, |_, out| out.push(0)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::HostUnreachable);
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

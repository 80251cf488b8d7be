//! Network namespaces that behave as the hosts of one segment, and what can go wrong on it.

use std::fmt::Write as _;
use std::fs::File;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sched::{CloneFlags, setns};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::{Chat, LANCHAT, Run, Watched, system, try_system};

/// Is there where the kernel has IPv6.
pub(super) const IPV6: &str = "/proc/net/if_inet6";

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// A hub namespace with a bridge for each segment, and a namespace for each host. Dropping it ends every process in
/// these namespaces and deletes them.
pub struct Lan {
    prefix: String,
    hosts: usize,
    ipv6: bool,
}

/// One host: interface `e0` on the first segment (10.77.0.0/24), `e1` on the second (10.77.1.0/24), and `lo`. On a LAN
/// with IPv6 each interface has a link-local address besides.
#[derive(Clone, Copy)]
pub struct Host<'a> {
    lan: &'a Lan,
    number: usize,
}

/// What goes wrong between the hosts.
pub enum Fault {
    /// Every UDP datagram is lost with this probability in percent, for each receiver independently.
    Loss(u32),
    /// Nothing gets from or to these hosts.
    Cut(Vec<usize>),
    /// Nothing gets from these hosts to the others, nor back.
    Split(Vec<usize>),
}

impl Lan {
    /// A segment with this many hosts, numbered from 0; host n has the address 10.77.0.(n + 1). None where this machine
    /// cannot hold one, see [`super::ready`].
    pub fn new(hosts: usize) -> Option<Self> {
        Self::with_segments(hosts, 1)
    }

    /// Hosts that are connected to `segments` segments each.
    pub fn with_segments(hosts: usize, segments: usize) -> Option<Self> {
        super::ready(&["ip", "nft"]).then(|| Self::build(hosts, segments, false))
    }

    /// A segment where the hosts have IPv6, too. Elsewhere they have not, lest a fault on one way be healed by the other.
    pub fn with_ipv6(hosts: usize) -> Option<Self> {
        super::ready(&["ip", "nft", IPV6]).then(|| Self::build(hosts, 1, true))
    }

    fn build(hosts: usize, segments: usize, ipv6: bool) -> Self {
        delete_orphans();
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let lan = Self { prefix: format!("lc{}x{number}", std::process::id()), hosts, ipv6 };
        for space in lan.spaces() {
            if Path::new("/run/netns").join(&space).exists() {
                delete(&space); // of a process that had this number before
            }
        }
        let hub = lan.hub();
        system("ip", &["netns", "add", &hub], "");
        let mut batch = String::new();
        for segment in 0..segments {
            let _ = writeln!(batch, "link add b{segment} type bridge stp_state 0 mcast_snooping 0");
            let _ = writeln!(batch, "link set b{segment} up");
        }
        system("ip", &["-n", &hub, "-batch", "-"], &batch);
        for host in 0..hosts {
            system("ip", &["netns", "add", &lan.namespace(host)], "");
            system("ip", &["-n", &lan.namespace(host), "link", "set", "lo", "up"], "");
            for segment in 0..segments {
                lan.plug(host, segment);
            }
        }
        lan
    }

    fn hub(&self) -> String {
        format!("{}hub", self.prefix)
    }

    fn namespace(&self, host: usize) -> String {
        format!("{}h{host}", self.prefix)
    }

    /// The names of all its namespaces.
    fn spaces(&self) -> Vec<String> {
        (0..self.hosts).map(|h| self.namespace(h)).chain([self.hub()]).collect()
    }

    fn plug(&self, host: usize, segment: usize) {
        let (port, space) = (format!("h{host}e{segment}"), self.namespace(host));
        let hub = format!(
            "link add {port} type veth peer name e{segment} netns {space}\n\
             link set {port} master b{segment} up\n"
        );
        system("ip", &["-n", &self.hub(), "-batch", "-"], &hub);
        let address = format!("10.77.{segment}.{}", host + 1);
        let without = if self.ipv6 || !Path::new(IPV6).exists() {
            String::new()
        } else {
            format!("link set e{segment} addrgenmode none\n")
        };
        let inside = format!(
            "{without}address add {address}/24 broadcast 10.77.{segment}.255 dev e{segment}\n\
             link set e{segment} up\n"
        );
        system("ip", &["-n", &space, "-batch", "-"], &inside);
    }

    /// The host of this number.
    pub fn host(&self, number: usize) -> Host<'_> {
        assert!(number < self.hosts, "there are {} hosts", self.hosts);
        Host { lan: self, number }
    }

    /// Puts a fault in place of the one before it.
    pub fn fault(&self, fault: &Fault) {
        let rules = match fault {
            Fault::Loss(percent) => {
                format!(
                    "meta protocol {{ ip, ip6 }} meta l4proto udp numgen random mod 100 < {percent} drop\n"
                )
            }
            Fault::Cut(hosts) => hosts.iter().fold(String::new(), |mut rules, host| {
                let _ = write!(rules, "iifname \"h{host}e*\" drop\noifname \"h{host}e*\" drop\n");
                rules
            }),
            Fault::Split(side) => (0..self.hosts).fold(String::new(), |mut rules, host| {
                for other in (0..self.hosts).filter(|other| side.contains(&host) != side.contains(other)) {
                    let _ = writeln!(rules, "iifname \"h{host}e*\" oifname \"h{other}e*\" drop");
                }
                rules
            }),
        };
        self.heal();
        let table = format!(
            "table bridge lab {{\nchain forward {{\ntype filter hook forward priority 0; policy accept;\n{rules}}}\n}}\n"
        );
        system("ip", &["netns", "exec", &self.hub(), "nft", "-f", "-"], &table);
    }

    /// Keeps these hosts of the first segment from each other, as an access point does that isolates its clients.
    pub fn isolate(&self, hosts: &[usize]) {
        for host in hosts {
            let port = format!("h{host}e0");
            system("bridge", &["-n", &self.hub(), "link", "set", "dev", &port, "isolated", "on"], "");
        }
    }

    /// Ends the fault.
    pub fn heal(&self) {
        try_system("ip", &["netns", "exec", &self.hub(), "nft", "delete", "table", "bridge", "lab"], "");
    }
}

impl Drop for Lan {
    fn drop(&mut self) {
        self.spaces().iter().for_each(|space| delete(space));
    }
}

/// Ends what runs in a namespace, and deletes it.
fn delete(space: &str) {
    let pids = try_system("ip", &["netns", "pids", space], "").stdout;
    for pid in String::from_utf8_lossy(&pids).lines().filter_map(|l| l.trim().parse().ok()) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
    try_system("ip", &["netns", "delete", space], "");
}

/// Deletes what a test process that was killed has left behind.
fn delete_orphans() {
    let listed = try_system("ip", &["netns", "list"], "").stdout;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    for name in listed.lines().filter_map(|l| l.split_whitespace().next()) {
        let owner = name.strip_prefix("lc").and_then(|n| n.split_once('x')).map(|(pid, _)| pid);
        let Some(pid) = owner.and_then(|pid| pid.parse::<u32>().ok()) else { continue };
        if !Path::new(&format!("/proc/{pid}")).exists() {
            delete(name);
        }
    }
}

impl Host<'_> {
    /// Its address on a segment.
    pub fn address(self, segment: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 77, segment, u8::try_from(self.number + 1).expect("at most 254 hosts"))
    }

    /// A program that runs on this host.
    pub fn command(self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.lan.namespace(self.number), program]);
        command
    }

    /// The chat without a screen: lines in, JSON out.
    pub fn chat(self, nick: &str) -> Chat {
        self.chat_with(nick, &[])
    }

    /// As [`Host::chat`], with more options.
    pub fn chat_with(self, nick: &str, options: &[&str]) -> Chat {
        Chat::start(self.chat_command(nick, options), nick)
    }

    /// As [`Host::chat`], with the profile in `home`.
    pub fn chat_in(self, home: Arc<TempDir>, nick: &str) -> Chat {
        Chat::start_in(home, self.chat_command(nick, &[]), nick)
    }

    fn chat_command(self, nick: &str, options: &[&str]) -> Command {
        let mut command = self.command(LANCHAT);
        command.args(["--plain", "--json", "--nick", nick, "--host"]);
        command.arg(format!("HOST{}", self.number)).args(options);
        command
    }

    /// A subcommand that ends by itself.
    pub fn lanchat(self, nick: &str, args: &[&str]) -> Run {
        let mut command = self.command(LANCHAT);
        command.args(args).args(["--nick", nick, "--host", &format!("HOST{}", self.number)]);
        Run::of(command)
    }

    /// Takes the link of an interface down, or up again.
    pub fn link(self, interface: &str, up: bool) {
        let space = self.lan.namespace(self.number);
        system("ip", &["-n", &space, "link", "set", interface, if up { "up" } else { "down" }], "");
    }

    /// Gives an interface another IPv4 address, 10.77.0.`last`, or none.
    pub fn readdress(self, interface: &str, last: Option<u8>) {
        let mut batch = format!("address flush dev {interface} scope global\n");
        if let Some(last) = last {
            let _ = writeln!(batch, "address add 10.77.0.{last}/24 broadcast 10.77.0.255 dev {interface}");
        }
        system("ip", &["-n", &self.lan.namespace(self.number), "-batch", "-"], &batch);
    }

    /// Switches IPv6 off, or on again, as an administrator would.
    pub fn ipv6(self, on: bool) {
        let write = format!("echo {} > /proc/sys/net/ipv6/conf/all/disable_ipv6", u8::from(!on));
        let space = self.lan.namespace(self.number);
        system("ip", &["netns", "exec", &space, "sh", "-c", &write], "");
    }

    /// A UDP socket of this test that lives on this host, allowed to broadcast and to share its port.
    pub fn socket(self, port: u16) -> UdpSocket {
        self.inside(move || {
            let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None)?;
            socket.set_reuse_address(true)?;
            socket.set_broadcast(true)?;
            socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)).into())?;
            Ok(socket)
        })
    }

    /// A UDP socket of this test that has the port for itself alone.
    pub fn greedy_socket(self, port: u16) -> UdpSocket {
        self.inside(move || {
            let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None)?;
            socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)).into())?;
            Ok(socket)
        })
    }

    /// As [`Host::socket`], for IPv6, and a member of `group` on `e0`.
    pub fn socket6(self, port: u16, group: Ipv6Addr) -> UdpSocket {
        self.inside(move || {
            let socket = socket2::Socket::new(socket2::Domain::IPV6, socket2::Type::DGRAM, None)?;
            socket.set_only_v6(true)?;
            socket.set_reuse_address(true)?;
            socket.join_multicast_v6(&group, nix::net::if_::if_nametoindex("e0")?)?;
            socket.bind(&SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)).into())?;
            Ok(socket)
        })
    }

    /// Puts this thread, and what it starts from now on, on this host.
    pub fn enter(self) {
        let space = File::open(self.path()).expect("namespace");
        setns(space, CloneFlags::CLONE_NEWNET).expect("setns");
    }

    fn inside(self, make: impl FnOnce() -> std::io::Result<socket2::Socket> + Send) -> UdpSocket {
        // A namespace belongs to a thread, a socket keeps the one it was made in.
        std::thread::scope(|scope| {
            let socket = scope.spawn(|| {
                self.enter();
                make().expect("socket on a host").into()
            });
            socket.join().expect("socket on a host")
        })
    }

    /// The file that stands for its namespace.
    fn path(self) -> String {
        format!("/run/netns/{}", self.lan.namespace(self.number))
    }

    /// The lines that a program prints, as they come. It ends with the LAN.
    pub fn printed_by(self, program: &str, args: &[&str]) -> Watched<Vec<String>> {
        let mut command = self.command(program);
        command.args(args);
        super::chat::lines_of(command)
    }
}

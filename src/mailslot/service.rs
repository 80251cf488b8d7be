//! The machine's mailslot service, for one program: its slots, and the datagrams that carry writes to and fro.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::allowance::Allowance;
use super::connect::{self, Desk};
use super::counters::Tally;
use super::error::WriteError;
use super::message::Source;
use super::names::NameState;
use super::path::SlotName;
use super::recent::Recent;
use super::relay::{self, Relayed};
use super::resolver::{self, Owner, Resolver};
use super::slots::{Delivery, Slots};
use crate::lan::{Buffer, Lan, Port, Received};
use crate::netbios::{Datagram, Kind, Name};
use crate::smb::MailslotWrite;

/// How long a datagram is remembered at least, to know it again.
const DUPLICATE: Duration = Duration::from_secs(2);
/// Most datagrams remembered: more than a flooded receive buffer holds.
const MOST_DATAGRAMS: usize = 8192;
/// How long to wait after a failed read; the next one may fail as well.
const PAUSE: Duration = Duration::from_secs(1);

/// What the tasks and the handles share.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) host: Name,
    pub(super) workgroup: Name,
    pub(super) lan: Lan,
    pub(super) slots: Slots,
    pub(super) tally: Tally,
    /// Names of this program beside the host's, such as its user's.
    aliases: Mutex<Vec<Name>>,
    pub(super) desk: Desk,
    pub(super) name: watch::Sender<NameState>,
    /// The TCP port for long messages, once they are accepted.
    pub(super) long: OnceLock<u16>,
    next_id: AtomicU16,
    hasher: RandomState,
    memory: Mutex<Memory>,
}

#[derive(Debug)]
pub(super) struct Memory {
    heard: Recent<u64, ()>,
    sent: Recent<u64, ()>,
    pub(super) resolver: Resolver,
    pub(super) relays: Allowance,
    pub(super) answers: Allowance,
}

impl Service {
    pub(super) fn new(host: Name, workgroup: Name, lan: Lan) -> Self {
        Self {
            host: host.with_suffix(Name::WORKSTATION),
            workgroup: workgroup.with_suffix(Name::WORKSTATION),
            lan,
            slots: Slots::default(),
            tally: Tally::default(),
            aliases: Mutex::default(),
            desk: Desk::default(),
            name: watch::Sender::default(),
            long: OnceLock::new(),
            next_id: AtomicU16::new(resolver::random()),
            hasher: RandomState::new(),
            memory: Mutex::new(Memory {
                heard: Recent::new(DUPLICATE, MOST_DATAGRAMS),
                sent: Recent::new(DUPLICATE, MOST_DATAGRAMS),
                resolver: Resolver::new(),
                relays: Allowance::new(relay::RELAYS),
                answers: Allowance::new(connect::ANSWERS),
            }),
        }
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads from one of the sockets for ever.
    pub(super) async fn listen(&self, socket: usize) {
        let Some(socket) = self.lan.sockets().nth(socket) else { return };
        let shared = socket.port() == self.lan.port();
        let mut buffer = Buffer::new();
        let mut lost = 0;
        loop {
            let Ok(received) = socket.receive(&mut buffer).await else {
                self.lan.suspect();
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            if let Some(total) = received.lost {
                self.tally.dropped.add(u64::from(total.wrapping_sub(lost)));
                lost = total;
            }
            if received.cut {
                self.tally.rejected.add(1);
            } else {
                self.take(buffer.datagram(&received), &received, shared);
            }
        }
    }

    /// Takes one datagram in. Whatever is wrong with it is counted; nothing is ever answered, but questions of where to
    /// connect to.
    fn take(&self, bytes: &[u8], received: &Received, shared: bool) {
        let parsed = Datagram::parse(bytes).ok();
        let parsed =
            parsed.and_then(|d| Some((d, MailslotWrite::parse(d.data).ok()?, self.origin(&d, received)?)));
        let Some((datagram, write, origin)) = parsed else {
            self.tally.rejected.add(1);
            return;
        };
        // What is of no use here may be of use to another program on this machine; what was relayed, to one that is not
        // this one.
        let useless = |counts: bool| match self.relay(&datagram, received, shared) {
            Relayed::Yes => {}
            Relayed::TooMany => self.tally.dropped.add(1),
            Relayed::No => self.tally.rejected.add(u64::from(counts && !origin.relayed)),
        };
        if !self.is_for_us(&datagram) {
            return useless(true);
        }
        let key = self.key(&datagram);
        let now = Instant::now();
        let own = self.lan.own(origin.from);
        let echo = {
            let mut memory = self.memory();
            // What this machine has sent, or relayed for another, comes back from this machine only.
            let echo = (own || origin.relayed) && memory.sent.get(now, &key).is_some();
            if memory.heard.get(now, &key).is_some() {
                self.tally.duplicates.add(u64::from(!echo));
                return;
            }
            memory.heard.put(now, key, ());
            if !origin.relayed {
                memory.resolver.learn(now, datagram.source, received);
            }
            echo
        };
        let source = Source {
            name: datagram.source,
            address: origin.from,
            claimed: datagram.source_ip,
            interface: received.interface,
            own,
            directed: datagram.kind == Kind::Unique,
            local: false,
            pid: None,
        };
        let delivery = if write.slot().eq_ignore_ascii_case(connect::SLOT) {
            self.connect(&datagram, write.data, origin)
        } else {
            self.slots.deliver(write.slot(), write.data, source)
        };
        match delivery {
            Delivery::Done => self.tally.received.add(u64::from(!echo)),
            Delivery::Full | Delivery::TooLong => self.tally.dropped.add(1),
            Delivery::NoSlot => return useless(!echo),
        }
        // Other programs here may own a slot of this name as well; but a question is answered once.
        if !write.slot().eq_ignore_ascii_case(connect::SLOT) {
            self.relay(&datagram, received, shared);
        }
    }

    fn is_for_us(&self, datagram: &Datagram<'_>) -> bool {
        let to = datagram.destination;
        to == Name::WILDCARD
            || match datagram.kind {
                Kind::Unique => self.is_own(&to),
                Kind::Group | Kind::Broadcast => self.is_group(&to),
            }
    }

    /// Whether a name is this program's: the computer's, for mailslots and for pop-ups, or one that it was told to
    /// answer to.
    pub(super) fn is_own(&self, name: &Name) -> bool {
        *name == self.host || *name == self.host.with_suffix(Name::MESSENGER) || self.aliases().contains(name)
    }

    /// The names that this program answers to beside the host's.
    pub(super) fn aliases(&self) -> Vec<Name> {
        self.aliases.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets those names.
    pub(super) fn set_aliases(&self, names: Vec<Name>) {
        *self.aliases.lock().unwrap_or_else(PoisonError::into_inner) = names;
    }

    /// Whether a name is that of a group whose datagrams are heard: one's own, also as those who keep the list of
    /// computers are called, because what is announced to them is for all ears.
    fn is_group(&self, name: &Name) -> bool {
        let suffixes = [Name::WORKSTATION, Name::MESSENGER, Name::MASTER_BROWSER, Name::ELECTIONS];
        let own = name.with_suffix(Name::WORKSTATION) == self.workgroup && suffixes.contains(&name.suffix());
        own || *name == Name::ALL_MASTERS
    }

    /// What a datagram is known by when it comes again, be it by another interface and from another address. The hash
    /// has a secret key, so nobody can make two that collide.
    fn key(&self, datagram: &Datagram<'_>) -> u64 {
        self.hasher.hash_one((datagram.source, datagram.id, datagram.destination, datagram.data))
    }

    /// Writes to a slot of this program, without the network.
    pub(super) fn deliver_here(&self, slot: &SlotName, data: &[u8]) -> Delivery {
        let source = Source {
            name: self.host,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, self.lan.reply_port())),
            claimed: Ipv4Addr::LOCALHOST,
            interface: 0,
            own: true,
            directed: true,
            local: true,
            pid: Some(std::process::id()),
        };
        self.slots.deliver(slot.as_str(), data, source)
    }

    /// Writes to a slot on every machine of a group.
    pub(super) fn send_to_group(&self, group: Name, slot: &SlotName, data: &[u8]) -> Result<(), WriteError> {
        self.broadcast(Kind::Group, group, slot, data)
    }

    fn broadcast(&self, kind: Kind, name: Name, slot: &SlotName, data: &[u8]) -> Result<(), WriteError> {
        let message = message(slot, data);
        let mut datagram = self.datagram(kind, name, self.lan.port(), &message);
        self.remember(&datagram);
        let sent = self.lan.broadcast(self.lan.shared(), self.lan.port(), |interface, out| {
            datagram.source_ip = claim(interface.address);
            datagram.emit(out);
        });
        self.tally.sent.add(sent.map_err(WriteError::Network)? as u64);
        Ok(())
    }

    /// Writes to a slot of whoever has the name: one's own group, a computer that is known, or a group that is.
    pub(super) fn send_to_name(&self, name: Name, slot: &SlotName, data: &[u8]) -> Result<(), WriteError> {
        if self.is_group(&name) {
            return self.send_to_group(name, slot, data);
        }
        if self.is_own(&name) && self.slots.contains(slot.as_str()) {
            return match self.deliver_here(slot, data) {
                Delivery::Full => Err(WriteError::Full),
                Delivery::TooLong => Err(WriteError::Refused { bytes: data.len() }),
                Delivery::Done | Delivery::NoSlot => Ok(()),
            };
        }
        if self.is_own(&name) {
            return self.send_within(name, slot, data);
        }
        match self.owner(&name).ok_or(WriteError::Unknown(name))? {
            Owner::Group => self.send_to_group(main_name(name), slot, data),
            // Another program here, under a name of its own: what is sent to the port that both share may come back.
            Owner::Machine(to) if self.lan.own(to) => self.send_within(name, slot, data),
            Owner::Machine(mut to) => {
                to.set_port(self.lan.port());
                self.send_to(self.lan.shared(), to, name, slot, data)
            }
        }
    }

    /// Who has a name. A computer that takes pop-ups may be known by its main name only.
    fn owner(&self, name: &Name) -> Option<Owner> {
        let (memory, now) = (self.memory(), Instant::now());
        memory.resolver.owner(now, name).or_else(|| memory.resolver.owner(now, &main_name(*name)))
    }

    /// Writes to a slot of whoever has the name, wherever on the segment: for a name that nobody answers for.
    pub(super) fn shout(&self, name: Name, slot: &SlotName, data: &[u8]) -> Result<(), WriteError> {
        self.broadcast(Kind::Unique, name, slot, data)
    }

    /// Writes to a slot of the program that owns this socket.
    pub(super) fn send_to_peer(
        &self,
        to: SocketAddr,
        host: Name,
        slot: &SlotName,
        data: &[u8],
    ) -> Result<(), WriteError> {
        self.send_to(self.lan.reply(), to, host.with_suffix(Name::WORKSTATION), slot, data)
    }

    fn send_to(
        &self,
        from: &Port,
        to: SocketAddr,
        host: Name,
        slot: &SlotName,
        data: &[u8],
    ) -> Result<(), WriteError> {
        let hint = self.memory().resolver.interface(Instant::now(), to.ip());
        let message = message(slot, data);
        let mut datagram = self.datagram(Kind::Unique, host, from.number(), &message);
        if self.lan.own(to) {
            self.remember(&datagram);
        }
        self.lan
            .send(from, to, hint, |source, out| {
                datagram.source_ip = claim(source);
                datagram.emit(out);
            })
            .map_err(WriteError::Network)?;
        self.tally.sent.add(1);
        Ok(())
    }

    pub(super) fn datagram<'a>(
        &self,
        kind: Kind,
        destination: Name,
        port: u16,
        data: &'a [u8],
    ) -> Datagram<'a> {
        Datagram {
            kind,
            id: self.next_id.fetch_add(1, Ordering::Relaxed),
            source_ip: Ipv4Addr::UNSPECIFIED,
            source_port: port,
            source: self.host,
            destination,
            data,
        }
    }

    /// Makes an echo of this datagram known for what it is.
    pub(super) fn remember(&self, datagram: &Datagram<'_>) {
        let key = self.key(datagram);
        self.memory().sent.put(Instant::now(), key, ());
    }

    /// Learns who has a name, if that is not known.
    pub(super) async fn resolve(&self, name: Name) -> Result<(), WriteError> {
        let known = || self.owner(&name).is_some();
        if self.is_group(&name) || self.is_own(&name) || known() {
            return Ok(());
        }
        let main = main_name(name);
        let owner = if main == name {
            resolver::ask(&self.lan, name).await
        } else {
            let (exact, main) = tokio::join!(resolver::ask(&self.lan, name), resolver::ask(&self.lan, main));
            exact.or(main)
        };
        let now = Instant::now();
        match owner {
            Some(owner) => self.memory().resolver.answer(now, name, owner),
            None if known() => {} // it has sent something meanwhile
            None => return Err(WriteError::Unknown(name)),
        }
        Ok(())
    }
}

/// The name by which a computer or group is known that is written to as a recipient of pop-ups.
fn main_name(name: Name) -> Name {
    if name.suffix() == Name::MESSENGER { name.with_suffix(Name::WORKSTATION) } else { name }
}

/// What the NetBIOS header says of the address that a datagram leaves from: it has no room for one of IPv6.
pub(super) fn claim(address: IpAddr) -> Ipv4Addr {
    match address {
        IpAddr::V4(address) => address,
        IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
    }
}

pub(super) fn message(slot: &SlotName, data: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    MailslotWrite::new(&slot.wire(), data).emit(&mut message);
    message
}

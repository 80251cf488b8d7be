//! The chat's slots as mailslots: reading from all of them, writing to those of others.

use crate::chat::{Destination, PeerId, RoomName, Slot, Source, Transmit};
use crate::mailslot::{
    Client, CreateError, Mailslots, Message, Options, PathError, ReadError, Scope, Server, SlotName,
    SlotPath, WriteError,
};
use crate::netbios::Name;

/// This node's mailslots and the way to those of others.
#[derive(Debug)]
pub(super) struct Slots {
    mailslots: Mailslots,
    lobby: Server,
    /// Every slot below that of the rooms.
    rooms: Server,
    sealed: Server,
    sync: Server,
    reply: Server,
    to_lobby: Client,
    to_sync: Client,
    me: PeerId,
    /// Lines read since the last beacon.
    lines: usize,
}

/// After so many lines a beacon goes first, lest masses of lines hide who is here.
const TURN: usize = 64;

/// Most bytes that wait in one slot.
const QUEUE_BYTES: usize = 1 << 20;

fn name(slot: Slot) -> Result<SlotName, PathError> {
    match slot {
        Slot::Lobby => "chat".parse(),
        Slot::Room(room) => format!(r"chat\rooms\{}", room.to_slot()).parse(),
        Slot::Sealed => r"chat\sealed".parse(),
        Slot::Sync => r"chat\sync".parse(),
        Slot::Reply(peer) => format!(r"chat\to\{peer}").parse(),
    }
}

/// Why the mailslots of the chat cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
    /// A name is refused.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The slot exists already.
    #[error(transparent)]
    Create(#[from] CreateError),
}

impl Slots {
    pub(super) fn create(mailslots: Mailslots, me: PeerId) -> Result<Self, SlotError> {
        // For this program alone: the user's second chat has slots of the same names.
        let options = Options { scope: Scope::Program, queue_bytes: QUEUE_BYTES, ..Options::default() };
        let server = |slot| -> Result<Server, SlotError> {
            Ok(mailslots.create(&SlotPath::Local(name(slot)?), options)?)
        };
        Ok(Self {
            lobby: server(Slot::Lobby)?,
            rooms: mailslots
                .create(&SlotPath::Local(r"chat\rooms".parse()?), Options { below: true, ..options })?,
            sealed: server(Slot::Sealed)?,
            sync: server(Slot::Sync)?,
            reply: server(Slot::Reply(me))?,
            to_lobby: mailslots.open(&SlotPath::Broadcast(name(Slot::Lobby)?)),
            to_sync: mailslots.open(&SlotPath::Broadcast(name(Slot::Sync)?)),
            mailslots,
            me,
            lines: 0,
        })
    }

    pub(super) fn mailslots(&self) -> &Mailslots {
        &self.mailslots
    }

    /// Waits for a message. Dropping the future loses nothing.
    pub(super) async fn read(&mut self) -> Result<(Slot, Message), ReadError> {
        loop {
            if let Some(message) = self.try_read() {
                return Ok(message);
            }
            return tokio::select! {
                biased;
                message = self.reply.read() => Ok((Slot::Reply(self.me), message?)),
                message = self.lobby.read() => Ok((Slot::Lobby, message?)),
                message = self.rooms.read() => match message.map(|message| (room(&message), message))? {
                    (Some(slot), message) => Ok((slot, message)),
                    (None, _) => continue,
                },
                message = self.sealed.read() => Ok((Slot::Sealed, message?)),
                message = self.sync.read() => Ok((Slot::Sync, message?)),
            };
        }
    }

    /// A message that is there already. Lines come before beacons: a beacon tells how many lines its sender has said,
    /// and of one who is met by it, those before it would pass for said before we listened.
    pub(super) fn try_read(&mut self) -> Option<(Slot, Message)> {
        if let Ok(message) = self.reply.try_read() {
            return Some((Slot::Reply(self.me), message));
        }
        let order = if self.lines < TURN { [true, false] } else { [false, true] };
        for lines in order {
            let message = if lines {
                let lobby = self.lobby.try_read().ok().map(|message| (Slot::Lobby, message));
                let open = lobby.or_else(|| self.try_read_rooms());
                open.or_else(|| self.sealed.try_read().ok().map(|message| (Slot::Sealed, message)))
            } else {
                self.sync.try_read().ok().map(|message| (Slot::Sync, message))
            };
            if let Some(message) = message {
                self.lines = if lines { self.lines.saturating_add(1) } else { 0 };
                return Some(message);
            }
        }
        None
    }

    fn try_read_rooms(&mut self) -> Option<(Slot, Message)> {
        loop {
            let message = self.rooms.try_read().ok()?;
            if let Some(slot) = room(&message) {
                return Some((slot, message));
            }
        }
    }

    pub(super) fn write(&self, transmit: &Transmit) -> Result<(), WriteError> {
        match (&transmit.to, transmit.slot) {
            (Destination::Segment, Slot::Lobby) => self.to_lobby.write(&transmit.data),
            (Destination::Segment, slot @ (Slot::Room(_) | Slot::Sealed)) => {
                let Ok(slot) = name(slot) else { return Ok(()) }; // every room's name can be a slot's
                self.mailslots.open(&SlotPath::Broadcast(slot)).write(&transmit.data)
            }
            (Destination::Segment, _) => self.to_sync.write(&transmit.data),
            (Destination::Peer { address, host }, slot) => {
                // A host whose name is none is still reached: `*` is for whoever owns the socket.
                let host = Name::new(host.as_str(), Name::WORKSTATION).unwrap_or(Name::WILDCARD);
                let Ok(slot) = name(slot) else { return Ok(()) };
                self.mailslots.open_at(*address, host, slot).write(&transmit.data)
            }
        }
    }
}

/// The slot of the room that a message came to; none where no room has that name.
fn room(message: &Message) -> Option<Slot> {
    let last = message.slot.as_str().rsplit('\\').next().unwrap_or_default();
    RoomName::from_slot(last).map(|room| if room.is_lobby() { Slot::Lobby } else { Slot::Room(room) })
}

/// Where a message came from, as the core wants it.
pub(super) fn source(message: &Message) -> Source {
    Source { name: message.source.name, address: message.source.address }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lan::{Lan, LanConfig};
    use crate::mailslot::Config;

    #[tokio::test]
    async fn lines_are_read_before_beacons_but_do_not_hide_them() {
        let lan = Lan::bind(&LanConfig { interfaces: vec!["lo".into()], port: 0 }).unwrap();
        let name = |text| Name::new(text, Name::WORKSTATION).unwrap();
        let mailslots = Mailslots::start(Config { host: name("HERE"), workgroup: name("WORKGROUP"), lan });
        let mut slots = Slots::create(mailslots, PeerId([1; 8])).unwrap();
        for _ in 0..2 {
            slots.to_sync.write(b"beacon").unwrap();
        }
        for n in 0..TURN + 2 {
            slots.to_lobby.write(format!("line {n}").as_bytes()).unwrap();
        }
        while slots.lobby.info().waiting < TURN + 2 || slots.sync.info().waiting < 2 {
            tokio::task::yield_now().await;
        }
        let order: Vec<_> = std::iter::from_fn(|| slots.try_read()).map(|(slot, _)| slot).collect();
        let beacons: Vec<_> =
            order.iter().enumerate().filter(|(_, s)| **s == Slot::Sync).map(|(n, _)| n).collect();
        assert_eq!(beacons, [TURN, TURN + 3]);
    }
}

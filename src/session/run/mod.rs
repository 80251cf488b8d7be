//! The session's task: one loop over datagrams, the user's intents, time, and the network's changes.

mod obey;

use std::time::Duration;

use rand::TryRng;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver, UnboundedSender, unbounded_channel};
use zeroize::Zeroizing;

use super::clock::Clock;
use super::handle::{Command, Session};
use super::report::{Report, Traffic};
use super::slots::{Slots, source};
use super::state::{Network, Settings, StartError, Update};
use crate::chat::{Checks, Config, Event, Nick, Node, RoomName, SayError, limits};
use crate::history::History;
use crate::lan::{Interface, Lan, LanConfig};
use crate::mailslot::{self, Mailslots, NameState, ReadError};
use crate::neighbours::{self, Neighbours, Popup};
use crate::netbios::Name;
use crate::text::SafeText;

/// Datagrams that may wait for their turn before the user's next intent does.
const BACKLOG: usize = 128;
/// Messages taken in before what they cause is sent.
const BATCH: usize = 256;
/// How long they are taken in before that at most, and before the sockets are read again: at a hundred thousand datagrams a
/// second, a socket's buffer is full after a few milliseconds, and then honest ones are lost with the others.
const TURN: Duration = Duration::from_millis(1);
/// But so many are taken in whatever the time: on a machine that is busy with other things, more would come than go.
const LEAST: usize = 32;
/// How long a goodbye waits for what is still to be said.
const FLUSH: Duration = Duration::from_secs(2);

/// Joins the segment. Must be called inside a tokio runtime, on which the session's task runs.
///
/// # Errors
/// When the network cannot be used as asked; a network that is only down is waited for.
pub fn start(settings: Settings) -> Result<(Session, UnboundedReceiver<Update>), StartError> {
    let lan = Lan::bind(&LanConfig { interfaces: settings.interfaces, port: settings.port })?;
    let mailslots =
        Mailslots::start(mailslot::Config { host: settings.host, workgroup: settings.workgroup, lan });
    if !settings.observer {
        mailslots.claim_name(); // a command that only says something is not looked for by the machine's name
    }
    let (me, public) = (settings.identity.id(), settings.identity.public());
    answer_to(&mailslots, &settings.nick);
    let neighbours = neighbours::start(&mailslots, settings.host, settings.workgroup, settings.neighbours);
    let (neighbours, popups) = match neighbours {
        Ok((neighbours, popups)) => (Some(neighbours), Some(popups)),
        Err(error) => {
            tracing::warn!(%error, "neighbours and pop-ups are not heard");
            (None, None)
        }
    };
    let config = Config {
        nick: settings.nick,
        host: settings.host,
        epoch: settings.epoch,
        reply_port: mailslots.reply_port(),
        observer: settings.observer,
        known: settings.known,
        depth: settings.depth,
        checks: Checks::default(),
    };
    let mut seed = Zeroizing::new([0; 32]);
    rand::rngs::SysRng.try_fill_bytes(&mut *seed).map_err(|e| StartError::Random(e.to_string()))?;
    let slots = Slots::create(mailslots.clone(), me)?;
    let clock = Clock::start();
    let mut node = Node::new(clock.now(), config, settings.identity, *seed);
    if let Some(history) = &settings.history {
        node.restore(history.held());
    }
    for peer in settings.ignored {
        node.ignore(peer, true);
    }
    let (locked, open): (Vec<_>, Vec<_>) = settings.rooms.into_iter().partition(RoomName::is_locked);
    for room in open {
        let _ = node.join(clock.now(), room); // as many as fit
    }
    // What an earlier run has held of these rooms it has shown, too: it was in them.
    while node.poll_event().is_some() {}
    for room in locked {
        node.expect_locked(room); // its passphrase is kept nowhere
    }
    let mut kept = 0;
    if let Some(history) = &settings.history {
        let (waiting, shown) = history.private();
        kept = waiting.len();
        node.restore_private(clock.now(), waiting, shown);
    }
    let (commands, inbox) = unbounded_channel();
    let (updates, outbox) = unbounded_channel();
    if kept > 0 {
        let (lines, wait) = if kept == 1 { ("line", "waits") } else { ("lines", "wait") };
        let text =
            format!("{kept} private {lines} of yours {wait} for people who are not here; /kept lists them");
        let _ = updates.send(Update::Event(Event::Notice(SafeText::line(&text)))); // as all updates
    }
    let session = Session::new(commands, (me, public), settings.epoch, neighbours.clone(), mailslots);
    let traffic = Traffic::default();
    let driver = Driver { node, slots, clock, updates, history: settings.history, traffic, neighbours };
    tokio::spawn(driver.run(inbox, popups));
    Ok((session, outbox))
}

struct Driver {
    node: Node,
    slots: Slots,
    clock: Clock,
    updates: UnboundedSender<Update>,
    history: Option<History>,
    traffic: Traffic,
    neighbours: Option<Neighbours>,
}

impl Driver {
    async fn run(mut self, mut inbox: UnboundedReceiver<Command>, mut popups: Option<Receiver<Popup>>) {
        let mut changed = self.slots.mailslots().changed();
        let (mut name, mut told_name) = (self.slots.mailslots().name_state(), false);
        let mut interfaces = self.interfaces();
        let mut trouble = self.history.as_ref().and_then(History::notices);
        self.tell(Update::Network(self.network()));
        self.tell_social();
        // First the beacon, then what is said: others need the key to check it.
        self.node.handle_timeout(self.clock.now());
        self.settle();
        loop {
            let deadline = self.node.poll_timeout().map(|at| self.clock.instant(at));
            let ready = self.node.backlog() < BACKLOG;
            tokio::select! {
                message = self.slots.read() => match message {
                    Ok((slot, message)) => {
                        self.take(slot, &message);
                        self.settle();
                        // As long as messages wait, nothing here would: the sockets come next.
                        tokio::task::yield_now().await;
                        continue;
                    }
                    Err(ReadError::Closed) => return,
                    Err(ReadError::Timeout | ReadError::TooSmall { .. }) => {}
                },
                command = inbox.recv(), if ready => match command {
                    Some(Command::Leave(done)) => {
                        self.leave().await;
                        let _ = done.send(()); // whoever asked may have gone
                        return;
                    }
                    Some(command) => self.obey(command),
                    None => return self.leave().await,
                },
                () = at(deadline) => self.node.handle_timeout(self.clock.now()),
                Ok(()) = changed.changed() => {
                    self.tell(Update::Network(self.network()));
                    let before = std::mem::replace(&mut interfaces, self.interfaces());
                    if interfaces.iter().any(|i| !before.contains(i)) {
                        self.node.moved(self.clock.now());
                    }
                }
                Some(popup) = pop_up(&mut popups) => self.tell(Update::Popup(popup)),
                Ok(()) = name.changed() => {
                    let state = name.borrow_and_update().clone();
                    // It is tried again each minute; the user has been told.
                    if matches!(state, NameState::Taken { .. }) && !std::mem::replace(&mut told_name, true) {
                        self.tell(Update::Event(Event::Notice(SafeText::line(&state.to_string()))));
                    }
                }
                Some(text) = next(&mut trouble) => {
                    self.tell(Update::Event(Event::Notice(SafeText::line(&text))));
                }
            }
            self.settle();
        }
    }

    /// Takes a message in, and those that came with it.
    fn take(&mut self, slot: crate::chat::Slot, message: &mailslot::Message) {
        let mut now = self.clock.now();
        let end = now.mono + TURN;
        self.node.handle_datagram(now, &source(message), slot, &message.data);
        for taken in 1..BATCH {
            now = self.clock.now();
            if taken >= LEAST && now.mono >= end {
                break;
            }
            let Some((slot, message)) = self.slots.try_read() else { break };
            self.node.handle_datagram(now, &source(&message), slot, &message.data);
        }
    }

    /// A command such as `lanchat say --room` is in the room for a moment only.
    fn tell_social(&self) {
        if self.node.observes() {
            return;
        }
        self.tell(Update::Social { rooms: self.node.joined(), ignored: self.node.ignored() });
    }

    /// Nothing is said into the void: without an interface a line would be lost.
    fn online(&self) -> Result<(), SayError> {
        if self.slots.mailslots().network().lan.interfaces.is_empty() {
            Err(SayError::NoNetwork)
        } else {
            Ok(())
        }
    }

    /// Sends what the core wants sent and tells the user what the core has to tell.
    fn settle(&mut self) {
        while let Some(transmit) = self.node.poll_transmit() {
            if let Err(error) = self.slots.write(&transmit) {
                tracing::warn!(slot = ?transmit.slot, %error, "not sent");
            }
        }
        let mut lines = Vec::new();
        while let Some(event) = self.node.poll_event() {
            let met = self.met(&event);
            if let (Event::Line(line), Some(_)) = (&event, &self.history) {
                lines.push(line.clone());
            }
            self.tell(Update::Event(event));
            if let Some(update) = met {
                self.tell(update);
            }
        }
        self.traffic.note(self.clock.now().mono, &self.slots.mailslots().counters());
        let held = std::iter::from_fn(|| self.node.poll_held()).collect();
        let private = std::iter::from_fn(|| self.node.poll_keeping()).collect();
        if let Some(history) = &self.history {
            history.keep(lines, held, private, self.clock.now().wall);
        }
    }

    /// The key of a peer that joins and was not known before.
    fn met(&self, event: &Event) -> Option<Update> {
        let Event::Join(peer) = event else { return None };
        let public = self.node.public_key(peer.id).filter(|_| self.node.is_new(peer.id))?;
        Some(Update::Met { peer: peer.id, public, nick: peer.nick.clone() })
    }

    fn tell(&self, update: Update) {
        tracing::debug!(?update);
        let _ = self.updates.send(update); // a command that only sends does not listen
    }

    fn network(&self) -> Network {
        self.slots.mailslots().network().into()
    }

    fn report(&mut self) -> Report {
        self.traffic.note(self.clock.now().mono, &self.slots.mailslots().counters());
        let (held, wanted) = self.node.holding();
        let subnets = self.interfaces().into_iter().map(|i| (i.name, i.address, i.prefix));
        Report {
            network: self.network(),
            subnets: subnets.collect(),
            traffic: self.traffic.seconds(),
            mended: self.node.mended(),
            held,
            wanted,
            loss: self.node.loss(),
            neighbours: Vec::new(), // whoever asks for the report adds them: their list is elsewhere
        }
    }

    fn interfaces(&self) -> Vec<Interface> {
        let used = self.slots.mailslots().network().lan.interfaces;
        used.into_iter().map(|used| used.interface).collect()
    }

    /// Sends what is still to be said, then goodbye.
    async fn leave(&mut self) {
        if let Some(neighbours) = &self.neighbours {
            neighbours.leave().await;
        }
        let end = tokio::time::Instant::now() + FLUSH;
        while self.node.unsent() > 0 && tokio::time::Instant::now() < end {
            let deadline = self.node.poll_timeout().map(|at| self.clock.instant(at).min(end));
            at(deadline).await;
            self.node.handle_timeout(self.clock.now());
            self.settle();
        }
        for _ in 0..Node::GOODBYES {
            self.node.leave(self.clock.now());
            self.settle();
            tokio::time::sleep(limits::GOODBYE_SPACING).await;
        }
    }
}

/// Pop-ups for the user come to the nickname, if it can be a NetBIOS name.
fn answer_to(mailslots: &Mailslots, nick: &Nick) {
    mailslots.answer_to(Name::new(nick.as_str(), Name::MESSENGER).into_iter().collect());
}

/// The next pop-up; if none can be heard, that is never.
async fn pop_up(popups: &mut Option<Receiver<Popup>>) -> Option<Popup> {
    match popups {
        Some(popups) => popups.recv().await,
        None => std::future::pending().await,
    }
}

/// What the history has to tell; without one, that is nothing.
async fn next(notices: &mut Option<UnboundedReceiver<String>>) -> Option<String> {
    match notices {
        Some(notices) => notices.recv().await,
        None => std::future::pending().await,
    }
}

/// Waits until a moment, or for ever.
async fn at(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

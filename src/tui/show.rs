//! The loop: waits for the terminal, the session and signals; updates; draws when that is due. It never polls.

use std::cell::Cell;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{Local, Offset, TimeZone};
use crossterm::event::EventStream;
use futures_util::StreamExt;
use nix::sys::signal::{Signal as System, raise};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

use super::editor;
use super::hook::Hook;
use super::keep::Keep;
use super::look::Look;
use super::model::{Call, Level, Mode, Model};
use super::outside;
use super::run::{Error, Reload};
use super::signals::{Signal, Signals};
use super::term::{Bursts, Frames, Late, Screen, crashed, early_keys, msg};
use super::update::{Effect, Msg, update};
use crate::chat::Millis;
use crate::session::Update;

/// A frame that is so much overdue goes before further input.
const LATEST: Duration = Duration::from_millis(20);
/// Tasks that a line passes on its way out: the outbox and the session.
const HOPS: usize = 2;

/// Where the loop's messages come from, beside the terminal.
pub(super) struct Inputs {
    pub(super) updates: UnboundedReceiver<Update>,
    pub(super) answers: UnboundedReceiver<Msg>,
}

type Editing = Pin<Box<dyn Future<Output = Result<String, String>>>>;

/// The loop and all that it looks after.
pub(super) struct Show<'a, Ask> {
    model: &'a mut Model,
    look: Look,
    inputs: Inputs,
    keep: Keep,
    reload: Reload,
    ask: Ask,
    signals: Signals,
    screen: Screen,
    /// None while another program reads the terminal.
    events: Option<EventStream>,
    bursts: Bursts,
    frames: Frames,
    hook: Hook,
    /// The user's editor, while it has the terminal.
    editing: Option<Editing>,
    /// How long the loop has waited since the last key.
    waited: Duration,
    /// When the next second has passed, while the model is to be told.
    tick: Option<Instant>,
}

/// What woke the loop.
#[allow(clippy::large_enum_variant, reason = "it is never kept")]
enum Woken {
    Frame,
    Told(Msg),
    Key(super::key::Key),
    Pasted(String),
    /// The pause after a burst of keys.
    Pause,
    Keep,
    Signal(Signal),
    HookFailed(String),
    Crashed,
    Nothing,
    Leave,
    Failed(io::Error),
    Ended,
}

impl<'a, Ask: FnMut(Effect)> Show<'a, Ask> {
    /// Takes the terminal.
    pub(super) fn new(
        model: &'a mut Model,
        look: Look,
        inputs: Inputs,
        keep: Keep,
        reload: Reload,
        reports: &Path,
        ask: Ask,
    ) -> Result<Self, Box<(io::Error, Keep)>> {
        let taken = Signals::new().and_then(|signals| Ok((signals, Screen::take(reports)?)));
        let (signals, screen) = match taken {
            Ok(taken) => taken,
            Err(error) => return Err(Box::new((error, keep))),
        };
        let (events, bursts, frames) = (None, Bursts::default(), Frames::default());
        let (hook, editing, waited) = (Hook::default(), None, Duration::ZERO);
        Ok(Self {
            model,
            look,
            inputs,
            keep,
            reload,
            ask,
            signals,
            screen,
            events,
            bursts,
            frames,
            hook,
            editing,
            waited,
            tick: None,
        })
    }

    /// Gives the terminal back; what is to be kept is still to be written.
    pub(super) fn end(mut self) -> Keep {
        self.release();
        self.keep
    }

    /// Runs until the user leaves.
    pub(super) async fn run(&mut self) -> Result<(), Error> {
        self.draw()?; // the first frame waits for nothing
        self.screen.enhance()?;
        self.events = Some(EventStream::new());
        let asked = std::mem::take(&mut self.look.asked);
        let mut late = if asked.open { Late::open(Instant::now()) } else { Late::default() };
        for key in early_keys(&asked.typed) {
            for msg in self.bursts.key(key, Duration::ZERO, Instant::now()) {
                if self.tell(msg).await? {
                    return Ok(());
                }
            }
        }
        loop {
            let told = match self.wait().await {
                Woken::Failed(error) => return Err(error.into()),
                Woken::Ended => return Err(Error::Ended),
                Woken::Crashed => return Err(Error::Crashed),
                Woken::Frame => {
                    self.draw()?;
                    continue;
                }
                Woken::Keep => {
                    self.keep.write(self.model);
                    continue;
                }
                // While the editor has the terminal, these two are meant for it.
                Woken::Signal(Signal::Interrupt | Signal::Continue) if self.editing.is_some() => continue,
                Woken::Nothing => continue,
                Woken::Leave | Woken::Signal(Signal::Leave | Signal::Interrupt) => return Ok(()),
                Woken::Signal(Signal::Continue) => {
                    self.retake()?;
                    continue;
                }
                Woken::Signal(Signal::Reload) => vec![Msg::Reloaded((self.reload.0)())],
                Woken::HookFailed(failure) => {
                    self.model.notice(Level::Error, &failure);
                    self.frames.request(Instant::now());
                    continue;
                }
                Woken::Told(Msg::Edited(result)) => {
                    self.editing = None;
                    self.retake()?;
                    self.model.focused = true;
                    vec![Msg::Edited(result)]
                }
                Woken::Told(msg) => vec![msg],
                Woken::Pasted(text) => self.bursts.marked().into_iter().chain([Msg::Paste(text)]).collect(),
                Woken::Key(key) if late.takes(key, Instant::now()) => continue,
                Woken::Key(key) => self.bursts.key(key, std::mem::take(&mut self.waited), Instant::now()),
                Woken::Pause => self.bursts.end().into_iter().collect(),
            };
            for msg in told {
                if self.tell(msg).await? {
                    return Ok(());
                }
            }
        }
    }

    async fn wait(&mut self) -> Woken {
        let asked = Instant::now();
        let drawn = self.editing.is_none();
        let late = drawn && self.frames.due().is_some_and(|due| due + LATEST <= asked);
        let polls = Cell::new(0);
        let woken = tokio::select! {
            biased;
            signal = self.signals.next() => Woken::Signal(signal),
            () = crashed() => Woken::Crashed,
            () = std::future::ready(()), if late => Woken::Frame,
            event = counted(next(&mut self.events), &polls) => match event {
                Some(Ok(event)) => match msg(event) {
                    Some(Msg::Key(key)) => Woken::Key(key),
                    Some(Msg::Paste(text)) => Woken::Pasted(text),
                    Some(msg) => Woken::Told(msg),
                    None => Woken::Nothing,
                },
                Some(Err(error)) if io::stdin().is_terminal() => Woken::Failed(error),
                Some(Err(_)) | None => Woken::Leave, // the terminal has gone away
            },
            () = until(self.bursts.due()) => Woken::Pause,
            result = edited(&mut self.editing) => Woken::Told(Msg::Edited(result)),
            Some(answer) = self.inputs.answers.recv() => Woken::Told(answer),
            update = self.inputs.updates.recv() => update.map_or(Woken::Ended, |u| Woken::Told(Msg::Update(u))),
            failure = self.hook.failure() => Woken::HookFailed(failure),
            () = until(self.keep.due()) => Woken::Keep,
            () = until(self.tick) => {
                self.tick = None;
                Woken::Told(Msg::Tick)
            }
            // Last: all that is there already is in the frame.
            () = until(self.frames.due()), if drawn => Woken::Frame,
        };
        // What was there at the first look was not waited for, however slow a busy machine was to look.
        if polls.get() > 1 {
            self.waited += asked.elapsed();
        }
        woken
    }

    /// Updates the model and does what that asks for; true if that is to leave.
    async fn tell(&mut self, told: Msg) -> Result<bool, Error> {
        tell_time(self.model);
        self.frames.request(Instant::now());
        let mut told = vec![told];
        while let Some(msg) = told.pop() {
            if let Msg::Reloaded(Ok(fresh)) = &msg {
                self.look.reread(self.model, &fresh.theme);
            }
            for effect in update(self.model, msg) {
                match effect {
                    Effect::Quit => {
                        // Who leaves has read; whom a signal ends may not have.
                        (self.ask)(Effect::Read { room: self.model.room.clone() });
                        return Ok(true);
                    }
                    Effect::Redraw => self.screen.clear()?,
                    Effect::Copy(text) => self.screen.copy(&text)?,
                    Effect::ShowBare(text) => self.screen.show_bare(&text)?,
                    Effect::Back => self.screen.back()?,
                    Effect::Open(address) => {
                        let opened = outside::open(&self.model.prefs.open_with, address.as_str());
                        told.extend(opened.err().map(Msg::NotOpened));
                    }
                    Effect::Theme(name) => self.look.change(self.model, name.as_deref()),
                    Effect::Reload => told.push(Msg::Reloaded((self.reload.0)())),
                    Effect::Suspend => self.suspend()?,
                    Effect::Editor { text } => {
                        self.release();
                        self.model.focused = false; // nobody sees the chat
                        self.editing = Some(Box::pin(editor::edit(text)));
                    }
                    Effect::Call(call) => self.call(&call)?,
                    other => {
                        (self.ask)(other);
                        for _ in 0..HOPS {
                            yield_now().await; // what is said goes out before a frame is drawn
                        }
                    }
                }
            }
        }
        self.tick = self.model.tick_in().map(|time| {
            let at = Instant::now() + time;
            self.tick.map_or(at, |before| before.min(at))
        });
        self.keep.look(self.model, Instant::now());
        Ok(false)
    }

    fn draw(&mut self) -> io::Result<()> {
        if self.model.mode.is_bare() {
            self.frames.drawn(Instant::now()); // the screen is the user's own at the moment
            return Ok(());
        }
        let (width, height) = self.screen.size()?;
        if (width, height) != self.model.size {
            update(self.model, Msg::Resize(width, height));
        }
        self.screen.draw(self.model, &self.look.theme)?;
        self.frames.drawn(Instant::now());
        Ok(())
    }

    fn call(&mut self, call: &Call) -> io::Result<()> {
        let prefs = &self.model.prefs;
        let command = &prefs.notify_command;
        self.hook.call(command, call);
        let desktop = if command.is_empty() { prefs.desktop } else { super::model::Desktop::Off };
        self.screen.ring(call, prefs.bell, desktop)
    }

    /// Gives the terminal away: the stream of events first, for it would go on reading.
    fn release(&mut self) {
        self.events = None;
        self.screen.release();
    }

    /// Takes the terminal back and draws everything anew.
    fn retake(&mut self) -> io::Result<()> {
        self.events = None;
        self.screen.retake()?;
        if self.model.mode.is_bare() {
            self.model.mode = Mode::Write; // the bare lines have gone
        }
        self.events = Some(EventStream::new());
        self.frames.request(Instant::now());
        Ok(())
    }

    /// Stops the program until its shell continues it. Where no shell could, the system does not stop it.
    fn suspend(&mut self) -> io::Result<()> {
        self.release();
        raise(System::SIGTSTP)?;
        self.retake()
    }
}

async fn next(events: &mut Option<EventStream>) -> Option<io::Result<crossterm::event::Event>> {
    match events {
        Some(events) => events.next().await,
        None => std::future::pending().await,
    }
}

/// Counts how often a future is looked at.
async fn counted<T>(future: impl Future<Output = T>, polls: &Cell<u32>) -> T {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| {
        polls.set(polls.get() + 1);
        future.as_mut().poll(context)
    })
    .await
}

async fn edited(editing: &mut Option<Editing>) -> Result<String, String> {
    match editing {
        Some(editing) => editing.await,
        None => std::future::pending().await,
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) if due <= Instant::now() => {} // a timer would wait for the next whole millisecond
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Tells the model what the clock shows.
pub(super) fn tell_time(model: &mut Model) {
    #[allow(clippy::disallowed_methods)] // the loop is the driver of the screen
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Millis::try_from(now.as_millis()).unwrap_or(Millis::MAX);
    model.now = now;
    let local = i64::try_from(now).ok().and_then(|now| Local.timestamp_millis_opt(now).single());
    model.utc_offset = local.map_or(0, |local| local.offset().fix().local_minus_utc());
}

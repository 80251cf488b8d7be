//! The loop: waits for the terminal, the session and signals; updates; draws when that is due. It never polls.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{Local, Offset, TimeZone};
use crossterm::event::EventStream;
use futures_util::StreamExt;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until, timeout};

use super::courier::{Courier, Transfers};
use super::model::{Level, Model};
use super::outbox;
use super::term::{Frames, Screen, msg};
use super::theme::Theme;
use super::update::{Effect, Msg, update};
use crate::chat::{Millis, Nick};
use crate::history::History;
use crate::session::{Session, Update};
use crate::text::SafeText;

/// How long the goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// What the screen must be told.
#[derive(Debug)]
pub struct Options {
    /// The nickname that the session goes by.
    pub nick: Nick,
    /// Whether to use colours: not with `NO_COLOR` set, nor with `--no-color`.
    pub color: bool,
    /// What to tell first.
    pub notices: Vec<SafeText>,
    /// What was said before, and where it is noted how far the user has read.
    pub history: Option<History>,
    /// The desk for files, if any can be sent and received.
    pub transfers: Option<Transfers>,
}

/// Why the chat ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The terminal cannot be used.
    #[error("cannot use this terminal: {0}; --plain needs none")]
    Terminal(#[from] io::Error),
    /// The session is over, though nobody left.
    #[error("the session has ended unexpectedly; start lanchat again")]
    Ended,
}

/// Shows the chat until its user leaves, by key, command or signal. Takes the terminal and puts it back; the session
/// has said goodbye when this returns, or a second has passed.
///
/// # Errors
/// When the terminal cannot be read or written, or the session ends.
pub async fn run(
    session: Session,
    updates: UnboundedReceiver<Update>,
    options: Options,
) -> Result<(), Error> {
    let (effects, asked) = unbounded_channel();
    let (answer, answers) = unbounded_channel();
    let courier = Courier::start(session.clone(), options.transfers, answer.clone());
    let outbox = tokio::spawn(outbox::run(session.clone(), courier, options.history, asked, answer));
    let mut model = Model::new(session.me(), &options.nick);
    tell_time(&mut model);
    model.away.until = model.now;
    for notice in &options.notices {
        model.notice(Level::Info, notice.as_str());
    }
    let theme = Theme::new(options.color);
    let result = show(&mut model, theme, Inputs { updates, answers }, |effect| {
        let _ = effects.send(effect); // the outbox lives as long as this
    })
    .await;
    drop(effects);
    let _ = timeout(GOODBYE, async {
        let _ = outbox.await; // what was typed last goes out before the goodbye
        session.leave().await;
    })
    .await;
    result
}

/// A frame that is so much overdue goes before further input.
const LATEST: Duration = Duration::from_millis(20);
/// Tasks that a line passes on its way out: the outbox and the session.
const HOPS: usize = 2;

struct Inputs {
    updates: UnboundedReceiver<Update>,
    answers: UnboundedReceiver<Msg>,
}

/// What woke the loop.
#[allow(clippy::large_enum_variant, reason = "it is never kept")]
enum Woken {
    Frame,
    Told(Msg),
    Nothing,
    Leave,
    Ended,
}

async fn show(
    model: &mut Model,
    theme: Theme,
    mut inputs: Inputs,
    mut ask: impl FnMut(Effect),
) -> Result<(), Error> {
    let mut signals = Signals::new()?;
    let mut screen = Screen::take()?;
    let mut events = EventStream::new();
    let mut frames = Frames::default();
    frames.request(Instant::now());
    loop {
        let late = frames.due().is_some_and(|due| due + LATEST <= Instant::now());
        let woken = tokio::select! {
            biased;
            () = signals.any() => Woken::Leave,
            () = std::future::ready(()), if late => Woken::Frame,
            event = events.next() => match event {
                Some(Ok(event)) => msg(event).map_or(Woken::Nothing, Woken::Told),
                Some(Err(error)) => return Err(error.into()),
                None => Woken::Leave, // the terminal has gone away
            },
            Some(answer) = inputs.answers.recv() => Woken::Told(answer),
            update = inputs.updates.recv() => update.map_or(Woken::Ended, |u| Woken::Told(Msg::Update(u))),
            // Last: all that is there already is in the frame.
            () = until(frames.due()) => Woken::Frame,
        };
        let told = match woken {
            Woken::Leave => return Ok(()),
            Woken::Ended => return Err(Error::Ended),
            Woken::Nothing => continue,
            Woken::Told(told) => told,
            Woken::Frame => {
                let (width, height) = screen.size()?;
                if (width, height) != model.size {
                    update(model, Msg::Resize(width, height));
                }
                screen.draw(model, theme)?;
                frames.drawn(Instant::now());
                continue;
            }
        };
        tell_time(model);
        frames.request(Instant::now());
        for effect in update(model, told) {
            match effect {
                Effect::Quit => {
                    // Who leaves has read; whom a signal ends may not have.
                    ask(Effect::Read { room: model.room.clone() });
                    return Ok(());
                }
                Effect::Redraw => screen.clear()?,
                other => {
                    ask(other);
                    for _ in 0..HOPS {
                        yield_now().await; // what is said goes out before a frame is drawn
                    }
                }
            }
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) if due <= Instant::now() => {} // a timer would wait for the next whole millisecond
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// The signals that end the chat.
struct Signals([Signal; 4]);

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self([
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::quit())?,
        ]))
    }

    async fn any(&mut self) {
        let [terminate, hangup, interrupt, quit] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
            _ = interrupt.recv() => {}
            _ = quit.recv() => {}
        }
    }
}

/// Tells the model what the clock shows.
fn tell_time(model: &mut Model) {
    #[allow(clippy::disallowed_methods)] // the loop is the driver of the screen
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Millis::try_from(now.as_millis()).unwrap_or(Millis::MAX);
    model.now = now;
    let local = i64::try_from(now).ok().and_then(|now| Local.timestamp_millis_opt(now).single());
    model.utc_offset = local.map_or(0, |local| local.offset().fix().local_minus_utc());
}

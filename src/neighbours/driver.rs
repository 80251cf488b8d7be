//! The task that listens to the neighbours' mailslots and announces this computer.

use std::time::Duration;

use rand::TryRng as _;
use rand::rngs::SysRng;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::announcer::Announcer;
use super::list::{List, Neighbour};
use super::popup::Popup;
use super::{Announced, Config};
use crate::mailslot::{
    Client, CreateError, Mailslots, Message, Options, PathError, ReadError, Scope, Server, SlotPath,
};
use crate::netbios::Name;
use crate::smb::browse::{Comment, Frame, Host, LanmanHost, MachineName, ServerType};

/// Pop-ups that may wait to be taken; more are dropped.
const POPUPS: usize = 64;
/// The version of the system that is announced: the one that Samba announces, too.
const OS: (u8, u8) = (6, 1);

/// Why the neighbours cannot be heard.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A name is refused.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The slot exists already.
    #[error(transparent)]
    Create(#[from] CreateError),
}

/// The way to the task. Cheap to clone; the task says farewell and ends when the last clone is dropped, or with
/// [`Neighbours::leave`].
#[derive(Debug, Clone)]
pub struct Neighbours {
    commands: mpsc::UnboundedSender<Command>,
}

#[derive(Debug)]
enum Command {
    List(oneshot::Sender<Vec<Neighbour>>),
    Ask,
    Leave(oneshot::Sender<()>),
}

impl Neighbours {
    /// Who has announced itself and is still there, by name.
    pub async fn list(&self) -> Vec<Neighbour> {
        let (reply, answer) = oneshot::channel();
        let _ = self.commands.send(Command::List(reply)); // after the end there is nobody
        answer.await.unwrap_or_default()
    }

    /// Asks all computers of the workgroup to announce themselves, which they do within [`Announcer::ANSWER`]; does
    /// nothing while answers to an earlier question can still come.
    pub fn ask(&self) {
        let _ = self.commands.send(Command::Ask);
    }

    /// Says farewell, if this computer was announced, and returns when that is sent.
    pub async fn leave(&self) {
        let (done, left) = oneshot::channel();
        let _ = self.commands.send(Command::Leave(done));
        let _ = left.await; // an error means that it has ended already
    }
}

/// Starts to listen, and to announce `host` if the configuration says so. Must be called inside a tokio runtime. The
/// second value gives the pop-ups.
///
/// # Errors
/// When one of the mailslots exists already.
pub fn start(
    mailslots: &Mailslots,
    host: Name,
    workgroup: Name,
    config: Config,
) -> Result<(Neighbours, mpsc::Receiver<Popup>), StartError> {
    let server = |name: &str| -> Result<Server, StartError> {
        Ok(mailslots.create(
            &format!(r"\\.\mailslot\{name}").parse()?,
            Options { scope: Scope::Program, ..Options::default() },
        )?)
    };
    let slot = r"\\*\mailslot\BROWSE".parse::<SlotPath>()?.slot().clone();
    let to = |suffix| {
        let name = workgroup.with_suffix(suffix);
        mailslots.open(&SlotPath::Remote { name, slot: slot.clone() })
    };
    let (commands, inbox) = mpsc::unbounded_channel();
    let (popups, shown) = mpsc::channel(POPUPS);
    let driver = Driver {
        browse: server("BROWSE")?,
        lanman: server("LANMAN")?,
        messenger: server("MESSNGR")?,
        to_master: to(Name::MASTER_BROWSER),
        to_all: to(Name::WORKSTATION),
        host: host.text(),
        list: List::new(config.page),
        announcer: config.announce.is_some().then(|| Announcer::new(Duration::ZERO)),
        origin: Instant::now(),
        asked: None,
        announced: false,
        config,
        popups,
    };
    tokio::spawn(driver.run(inbox));
    Ok((Neighbours { commands }, shown))
}

struct Driver {
    browse: Server,
    lanman: Server,
    messenger: Server,
    to_master: Client,
    to_all: Client,
    host: String,
    config: Config,
    list: List,
    announcer: Option<Announcer>,
    origin: Instant,
    /// When the others were last asked to announce themselves.
    asked: Option<Duration>,
    /// Whether others know this computer.
    announced: bool,
    popups: mpsc::Sender<Popup>,
}

impl Driver {
    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Command>) {
        loop {
            let due = self.announcer.as_ref().map(|a| self.origin + a.poll_timeout());
            let read = tokio::select! {
                message = self.browse.read() => message.map(|m| self.browser(&m)),
                message = self.lanman.read() => message.map(|m| self.old_browser(&m)),
                message = self.messenger.read() => message.map(|m| self.pop_up(&m)),
                command = inbox.recv() => match command {
                    Some(Command::List(reply)) => {
                        let _ = reply.send(self.list.at(self.origin.elapsed())); // who asked may have gone
                        Ok(())
                    }
                    Some(Command::Ask) => {
                        self.ask();
                        Ok(())
                    }
                    Some(Command::Leave(done)) => {
                        self.farewell();
                        let _ = done.send(());
                        return;
                    }
                    None => return self.farewell(),
                },
                () = at(due) => {
                    self.announce();
                    Ok(())
                }
            };
            if read == Err(ReadError::Closed) {
                return;
            }
        }
    }

    fn browser(&mut self, message: &Message) {
        let now = self.origin.elapsed();
        match Frame::parse(&message.data) {
            Ok(Frame::Host(host) | Frame::LocalMaster(host)) => self.hear(message, host.into()),
            Ok(Frame::AnnouncementRequest { .. }) => {
                if let Some(announcer) = &mut self.announcer {
                    announcer.asked(now, part_of(Announcer::ANSWER));
                }
            }
            Ok(_) => {} // the business of those who keep lists
            Err(error) => tracing::debug!(%error, from = %message.source.address, "no browser frame"),
        }
    }

    fn old_browser(&mut self, message: &Message) {
        match LanmanHost::parse(&message.data) {
            Ok(host) => self.hear(message, host.into()),
            Err(error) => tracing::debug!(%error, from = %message.source.address, "no announcement"),
        }
    }

    fn hear(&mut self, message: &Message, announced: Announced<'_>) {
        self.list.hear(self.origin.elapsed(), message.source.address.ip(), announced);
    }

    fn pop_up(&mut self, message: &Message) {
        if let Some(popup) = Popup::of(message, self.config.page) {
            let _ = self.popups.try_send(popup); // a flood is cut off here, or nobody wants them
        }
    }

    fn ask(&mut self) {
        let now = self.origin.elapsed();
        if self.asked.is_some_and(|asked| now < asked + Announcer::ANSWER) {
            return;
        }
        let name = MachineName::new(self.host.as_bytes()).ok();
        if send(&self.to_all, &Frame::AnnouncementRequest { name }) {
            self.asked = Some(now);
        }
    }

    fn announce(&mut self) {
        let now = self.origin.elapsed();
        let Some(period) = self.announcer.as_mut().and_then(|a| a.poll(now)) else { return };
        self.announced |= self.tell(period, ServerType::LANCHAT);
    }

    fn farewell(&mut self) {
        if self.announced {
            self.tell(Duration::ZERO, ServerType::NONE);
        }
    }

    fn tell(&self, period: Duration, kind: ServerType) -> bool {
        let comment = self.config.announce.as_deref().unwrap_or_default();
        let named = MachineName::new(self.host.as_bytes()).and_then(|n| Ok((n, Comment::new(comment)?)));
        let Ok((name, comment)) = named else { return false };
        let period = u32::try_from(period.as_millis()).unwrap_or(u32::MAX);
        send(&self.to_master, &Frame::Host(Host { update: 0, period, name, os: OS, kind, comment }))
    }
}

fn send(client: &Client, frame: &Frame<'_>) -> bool {
    let mut data = Vec::new();
    frame.emit(&mut data);
    let sent = client.write(&data);
    if let Err(error) = &sent {
        tracing::warn!(%error, "not announced");
    }
    sent.is_ok()
}

/// A random part of a duration; the half of it if the system has no randomness to give.
fn part_of(whole: Duration) -> Duration {
    whole.mul_f64(SysRng.try_next_u32().map_or(0.5, |n| f64::from(n) / f64::from(u32::MAX)))
}

/// Waits until a moment, or for ever.
async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

//! Starts a session for a command, under the right identity.
//!
//! Who speaks uses the profile's identity, and only one program at a time may: the epoch of its lines must not have two
//! owners. A second one is a guest with an identity that is kept nowhere. Who only listens never needs the profile's.

use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

use super::failure::tell;
use super::settings::Settings;
use super::{Failure, clock, keeper, log};
use crate::chat::{Acquaintance, Identity};
use crate::history::History;
use crate::mailslot::{Mailslots, NameState};
use crate::privileges;
use crate::profile::{InUse, KnownPeers, Profile, Social};
use crate::session::{self, Reach, Session, Update};

/// Longest wait for the last known peers to be written, and for the last lines.
const LAST_WRITE: Duration = Duration::from_secs(2);

/// What tells a user that this start is a guest.
const GUEST: &str = "this profile is in use by another lanchat, so you speak as a guest with a new identity; close the other one, \
     or give --profile NAME";

/// What tells a user that there is only the loopback.
const MACHINE: &str = "no network: only programs on this machine are reached; is the cable in?";

/// A session and what must live as long as it does.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) session: Session,
    pub(super) updates: UnboundedReceiver<Update>,
    /// Where what is said is kept, if it is.
    pub(super) history: Option<History>,
    /// What the user should be told first.
    pub(super) notices: Vec<String>,
    keeper: Option<JoinHandle<()>>,
    in_use: Option<InUse>,
}

/// Runs a command's work to its end. One thread does everything; blocking reads left behind are not waited for.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = built
        .map_err(|e| Failure::Failed(format!("cannot start: {e}; close some programs and try again")))?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}

/// Starts a session that speaks: a person's, or, as an `observer`, a command's that is not listed among people.
pub(super) fn speak(settings: &Settings, observer: bool) -> Result<Running, Failure> {
    log::start(settings)?;
    let profile = &settings.profile;
    let seconds = clock::now() / 1000;
    let in_use = profile.enter()?;
    let (identity, epoch) = match &in_use {
        Some(right) => (profile.identity()?, profile.next_epoch(right, seconds)?),
        None => (Profile::guest()?, first_epoch(seconds)),
    };
    let (peers, aside) = settings.profile.peers_or_anew()?;
    let (history, mut notices) = match settings.history().filter(|_| in_use.is_some() && !observer) {
        Some(limits) => History::open(&settings.history_path(), limits, clock::now()),
        None => (None, Vec::new()),
    };
    notices.extend(aside.map(|path| {
        format!(
            "WARNING: the file of the people you know was damaged and is {} now: everybody is new until you verify them again",
            path.display()
        )
    }));
    let depth = if observer { 0 } else { settings.catch_up.value };
    let (session, updates) = open(settings, identity, epoch, (observer, depth), history.clone(), &peers)?;
    if in_use.is_none() {
        notices.push(GUEST.to_owned());
        return Ok(Running { session, updates, history, notices, keeper: None, in_use });
    }
    let (onward, kept) = unbounded_channel();
    let kept_as = keeper::Kept::new(profile.clone(), &peers, Some(session.clone()));
    let keeper = tokio::spawn(keeper::keep(kept_as, updates, onward));
    Ok(Running { session, updates: kept, history, notices, keeper: Some(keeper), in_use })
}

/// Starts a session that listens and is not listed. Changes nothing on disk. As [`speak`], for inside [`block_on`].
pub(super) fn observe(settings: &Settings) -> Result<Running, Failure> {
    observe_from(settings, 0)
}

/// As [`observe`], and fetches what was said before from others: of each author so many datagrams of lines at most.
pub(super) fn observe_from(settings: &Settings, depth: u32) -> Result<Running, Failure> {
    log::start(settings)?;
    let epoch = first_epoch(clock::now() / 1000);
    let peers = settings.profile.peers()?;
    let (session, updates) = open(settings, Profile::guest()?, epoch, (true, depth), None, &peers)?;
    Ok(Running { session, updates, history: None, notices: Vec::new(), keeper: None, in_use: None })
}

fn open(
    settings: &Settings,
    identity: Identity,
    epoch: u32,
    (observer, depth): (bool, u32),
    history: Option<History>,
    peers: &KnownPeers,
) -> Result<(Session, UnboundedReceiver<Update>), Failure> {
    let social = match settings.profile.social() {
        // Who listens is in no room, but does not hear whom the user ignores either.
        Ok(social) if observer => Social { rooms: Vec::new(), ..social },
        Err(error) if observer => {
            tell(&format!("whom you ignore is heard now: {error}"));
            Social::default()
        }
        social => social?,
    };
    // A command that only lasts a moment is no computer to be listed.
    let announce = settings.neighbours().announce.filter(|_| !observer);
    let mut known = peers.acquaintances();
    if let Some(own) = settings.profile.existing_identity()? {
        // One's own chat, as a guest or observer hears it.
        let nick = settings.nick.value.clone();
        let verified = Some(nick.clone());
        known.push(Acquaintance { verified, ..Acquaintance::new(own.public(), nick, 0) });
    }
    let started = session::start(session::Settings {
        identity,
        epoch,
        nick: settings.nick.value.clone(),
        host: settings.host.value.name,
        workgroup: settings.workgroup.value.name,
        interfaces: settings.interfaces.value.clone(),
        port: settings.port.value,
        observer,
        depth,
        known,
        history,
        rooms: social.rooms,
        ignored: social.ignored,
        neighbours: crate::neighbours::Config { announce, ..settings.neighbours() },
    });
    // The ports are bound. Threads that were started before keep theirs, so this comes before the first datagram.
    if let Err(error) = privileges::drop_capabilities() {
        tracing::warn!(%error, "capabilities are kept");
    }
    Ok(started?)
}

/// Tells the user of mailslots without a session when what is sent stays on this machine, unless that was asked for.
pub(super) fn tell_loopback(settings: &Settings, mailslots: &Mailslots) {
    if stays_here(settings, mailslots) {
        tell(MACHINE);
    }
}

/// The same for those who listen only.
pub(super) fn tell_deaf(settings: &Settings, mailslots: &Mailslots) {
    if stays_here(settings, mailslots) || mailslots.network().lan.interfaces.is_empty() {
        tell("no network: only programs on this machine are heard until an interface is up");
    }
}

/// Claims the computer's name, so that others find it, and tells the user when they do not.
pub(super) fn claim_name(mailslots: &Mailslots) {
    let mut state = mailslots.name_state();
    mailslots.claim_name();
    tokio::spawn(async move {
        let mut before = NameState::Off;
        while state.changed().await.is_ok() {
            let now = state.borrow_and_update().clone();
            let found = matches!(now, NameState::Claiming | NameState::Ours | NameState::Beside);
            if !found && now != before {
                tell(&now.to_string());
            }
            before = now;
        }
    });
}

fn stays_here(settings: &Settings, mailslots: &Mailslots) -> bool {
    let used = mailslots.network().lan.interfaces;
    let asked = settings.interfaces.value.iter().any(|name| name == "lo");
    !asked && !used.is_empty() && used.iter().all(|used| used.interface.loopback)
}

/// The epoch of an identity that has no earlier start.
fn first_epoch(seconds: u64) -> u32 {
    u32::try_from(seconds).unwrap_or(1)
}

impl Running {
    /// Tells the user when nobody beyond this machine can be reached, unless that is what was asked for.
    pub(super) async fn tell_reach(&self, settings: &Settings) {
        let loopback = settings.interfaces.value.iter().any(|name| name == "lo");
        match self.session.network().await.reach() {
            Reach::Segment => {}
            Reach::Machine if loopback => {}
            Reach::Machine => tell(MACHINE),
            Reach::Nobody => tell("no network: nobody is reached until an interface is up; is the cable in?"),
        }
    }

    /// Says goodbye, and returns when it has been sent and everything is written.
    pub(super) async fn leave(self) {
        let Self { session, updates, history, keeper, in_use, .. } = self;
        session.leave().await;
        drop((session, updates));
        if let Some(keeper) = keeper {
            let _ = tokio::time::timeout(LAST_WRITE, keeper).await; // known peers are worth no longer wait
        }
        if let Some(history) = history {
            history.close(LAST_WRITE).await;
        }
        drop(in_use); // last, when nothing is written or sent any more
    }

    /// Whether it speaks under an identity of its own, because another program uses the profile.
    pub(super) fn is_guest(&self) -> bool {
        self.in_use.is_none()
    }

    /// The session has ended by itself.
    pub(super) fn ended() -> Failure {
        Failure::Failed(
            "the session has ended by itself; start again with --log debug to learn why".to_owned(),
        )
    }
}

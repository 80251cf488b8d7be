//! Keeps the peers that a session meets, while passing its updates on.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::{Instant, MissedTickBehavior};

use super::clock;
use crate::chat::{Event, Millis, Nick, PeerId, Trust};
use crate::profile::{KnownPeers, Profile, ProfileError, Social};
use crate::session::{Session, Update};
use crate::text::SafeText;

/// News are written together, this long after the first of them.
const TOGETHER: Duration = Duration::from_secs(1);

/// How often another program's changes of the file are looked for.
const LOOK: Duration = Duration::from_secs(2);

/// News of one peer.
#[derive(Debug)]
enum News {
    Met { public: [u8; 32], nick: Nick, at: Millis },
    Seen { peer: PeerId, nick: Nick, at: Millis },
    Trusted { public: [u8; 32], nick: Nick, verified: bool, at: Millis },
}

/// The file of known peers as it was last seen, and who is to learn what other programs change in it.
#[derive(Debug)]
pub(super) struct Kept {
    profile: Profile,
    /// Who was in it, and whether verified.
    peers: BTreeMap<PeerId, bool>,
    version: Option<(u64, u64, i64, i64)>,
    session: Option<Session>,
}

impl Kept {
    pub(super) fn new(profile: Profile, peers: &KnownPeers, session: Option<Session>) -> Self {
        Self { peers: trust_of(peers), version: profile.peers_version(), profile, session }
    }

    /// Writes the news into the file, and tells the session what others have changed in it.
    async fn exchange(&mut self, news: Vec<News>) -> Result<(), ProfileError> {
        let (profile, before) = (self.profile.clone(), self.peers.clone());
        let task = tokio::task::spawn_blocking(move || {
            let done = profile.update_peers(|peers| {
                let changed = changes(&before, &trust_of(peers));
                for new in news {
                    new.note(peers);
                }
                (changed, trust_of(peers))
            })?;
            Ok((done, profile.peers_version()))
        });
        let Ok(done) = task.await else { return Ok(()) }; // cancelled: the program is ending
        let ((changed, peers), version) = done?;
        (self.peers, self.version) = (peers, version);
        if let Some(session) = &self.session {
            for (peer, trust) in changed {
                session.set_trust(peer, trust).await;
            }
        }
        Ok(())
    }

    fn is_stale(&self) -> bool {
        self.session.is_some() && self.profile.peers_version() != self.version
    }
}

fn trust_of(peers: &KnownPeers) -> BTreeMap<PeerId, bool> {
    peers.iter().map(|(id, peer)| (id, peer.verified.is_some())).collect()
}

/// What another program has decided meanwhile.
fn changes(before: &BTreeMap<PeerId, bool>, now: &BTreeMap<PeerId, bool>) -> Vec<(PeerId, Trust)> {
    let decided = |(id, was): (&PeerId, &bool)| match now.get(id) {
        None => Some((*id, Trust::New)),
        Some(verified) if verified == was => None,
        Some(true) => Some((*id, Trust::Verified)),
        Some(false) => Some((*id, Trust::Known)),
    };
    before.iter().filter_map(decided).collect()
}

/// Passes updates from a session on until it ends, and keeps whom it met in the profile.
pub(super) async fn keep(
    mut kept: Kept,
    mut updates: UnboundedReceiver<Update>,
    onward: UnboundedSender<Update>,
) {
    let mut news = Vec::new();
    let mut due = Instant::now();
    let mut told = false;
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let update = tokio::select! {
            biased;
            () = tokio::time::sleep_until(due), if !news.is_empty() => {
                if let Err(error) = kept.exchange(std::mem::take(&mut news)).await && !told {
                    told = true; // once is enough
                    let text = SafeText::line(&format!("peers met are not remembered: {error}"));
                    let _ = onward.send(Update::Event(Event::Notice(text)));
                }
                continue;
            }
            update = updates.recv() => update,
            _ = look.tick(), if kept.session.is_some() => {
                if kept.is_stale() && let Err(error) = kept.exchange(Vec::new()).await {
                    tracing::warn!(%error, "known peers not read again");
                }
                continue;
            }
        };
        let Some(update) = update else { break };
        if let Update::Social { rooms, ignored } = &update {
            let social = Social { rooms: rooms.clone(), ignored: ignored.clone() };
            keep_social(&kept.profile, social).await;
        }
        if let Some(new) = News::of(&update) {
            let decided = matches!(new, News::Trusted { .. });
            if news.is_empty() || decided {
                due = Instant::now() + if decided { Duration::ZERO } else { TOGETHER };
            }
            news.push(new);
        }
        let _ = onward.send(update); // a front end that has ended needs no more
    }
    if !news.is_empty()
        && let Err(error) = kept.exchange(news).await
    {
        tracing::warn!(%error, "known peers not written");
    }
}

/// Keeps rooms and whom the user ignores at once: it happens seldom.
async fn keep_social(profile: &Profile, social: Social) {
    let profile = profile.clone();
    let keep = move || match profile.social() {
        Ok(kept) if kept == social => Ok(()), // as at each start
        _ => profile.keep_social(&social),
    };
    let kept = tokio::task::spawn_blocking(keep).await;
    if let Ok(Err(error)) = kept {
        tracing::warn!(%error, "rooms and ignored people not written");
    }
}

impl News {
    fn of(update: &Update) -> Option<Self> {
        let at = clock::now();
        match update {
            Update::Met { public, nick, .. } => Some(Self::Met { public: *public, nick: nick.clone(), at }),
            Update::Event(Event::Join(peer) | Event::Nick { peer, .. }) => {
                Some(Self::Seen { peer: peer.id, nick: peer.nick.clone(), at })
            }
            Update::Trusted { public, nick, verified, .. } => {
                Some(Self::Trusted { public: *public, nick: nick.clone(), verified: *verified, at })
            }
            _ => None,
        }
    }

    fn note(self, peers: &mut KnownPeers) {
        match self {
            Self::Met { public, nick, at } => peers.met(public, &nick, at),
            Self::Seen { peer, nick, at } => peers.seen(peer, &nick, at),
            Self::Trusted { public, nick, verified, at } => {
                peers.met(public, &nick, at);
                peers.trust(PeerId::of_key(&public), verified);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn keeps_whom_it_meets_and_passes_everything_on() {
        let data = tempfile::tempdir().unwrap();
        let profile = Profile::open(data.path(), "default").unwrap();
        let (to_keeper, from_session) = mpsc::unbounded_channel();
        let (onward, mut heard) = mpsc::unbounded_channel();
        for n in 0..3 {
            let public = [n; 32];
            let nick = format!("peer{n}").parse().unwrap();
            to_keeper.send(Update::Met { peer: PeerId::of_key(&public), public, nick }).unwrap();
        }
        drop(to_keeper);
        keep(Kept::new(profile.clone(), &KnownPeers::default(), None), from_session, onward).await;
        assert_eq!(profile.peers().unwrap().iter().count(), 3);
        let mut passed = 0;
        while heard.recv().await.is_some() {
            passed += 1;
        }
        assert_eq!(passed, 3);
    }

    #[tokio::test]
    async fn decisions_of_two_programs_are_both_kept_and_told() {
        let data = tempfile::tempdir().unwrap();
        let profile = Profile::open(data.path(), "default").unwrap();
        let nick: Nick = "bob".parse().unwrap();
        let ids = [1, 2, 3].map(|byte| PeerId::of_key(&[byte; 32]));
        profile.update_peers(|peers| (1..=3).for_each(|byte| peers.met([byte; 32], &nick, 5))).unwrap();
        let mut kept = Kept::new(profile.clone(), &profile.peers().unwrap(), None);
        profile.update_peers(|peers| peers.verify(ids[0])).unwrap(); // by the other program
        profile.update_peers(|peers| peers.forget(ids[2])).unwrap();
        let before = kept.peers.clone();
        let mine = News::Trusted { public: [2; 32], nick, verified: true, at: 6 };
        kept.exchange(vec![mine]).await.unwrap();
        assert_eq!(kept.peers, [(ids[0], true), (ids[1], true)].into());
        let mut told = changes(&before, &kept.peers);
        told.sort_unstable_by_key(|(_, trust)| *trust);
        assert_eq!(
            told,
            [(ids[2], Trust::New), (ids[0], Trust::Verified), (ids[1], Trust::Verified)].map(|t| t)
        );
        assert_eq!(trust_of(&profile.peers().unwrap()), kept.peers);
    }

    #[tokio::test(start_paused = true)]
    async fn tells_once_that_nothing_can_be_kept() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("default"), "in the way").unwrap();
        let profile = Profile::open(data.path(), "default").unwrap();
        let (to_keeper, from_session) = mpsc::unbounded_channel();
        let (onward, mut heard) = mpsc::unbounded_channel();
        let kept = Kept::new(profile, &KnownPeers::default(), None);
        let keeper = tokio::spawn(keep(kept, from_session, onward));
        for n in 0..2 {
            let (public, nick) = ([n; 32], "bob".parse().unwrap());
            to_keeper.send(Update::Met { peer: PeerId::of_key(&public), public, nick }).unwrap();
            assert!(matches!(heard.recv().await, Some(Update::Met { .. })));
            if n == 0 {
                assert!(matches!(heard.recv().await, Some(Update::Event(Event::Notice(_)))));
            }
        }
        drop(to_keeper);
        keeper.await.unwrap();
        assert_eq!(heard.recv().await, None);
    }
}

//! Keeps the peers that a session meets, while passing its updates on.

use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::Instant;

use super::clock;
use crate::chat::{Event, Millis, Nick, PeerId};
use crate::profile::{KnownPeers, Profile, ProfileError, Social};
use crate::session::Update;
use crate::text::SafeText;

/// News are written together, this long after the first of them.
const TOGETHER: Duration = Duration::from_secs(1);

/// News of one peer.
#[derive(Debug)]
enum News {
    Met { public: [u8; 32], nick: Nick, at: Millis },
    Seen { peer: PeerId, nick: Nick, at: Millis },
}

/// Passes updates from a session on until it ends, and keeps whom it met in the profile.
pub(super) async fn keep(
    profile: Profile,
    mut updates: UnboundedReceiver<Update>,
    onward: UnboundedSender<Update>,
) {
    let mut news = Vec::new();
    let mut due = Instant::now();
    let mut told = false;
    loop {
        let update = tokio::select! {
            biased;
            () = tokio::time::sleep_until(due), if !news.is_empty() => {
                if let Err(error) = write(&profile, std::mem::take(&mut news)).await && !told {
                    told = true; // once is enough
                    let text = SafeText::line(&format!("peers met are not remembered: {error}"));
                    let _ = onward.send(Update::Event(Event::Notice(text)));
                }
                continue;
            }
            update = updates.recv() => update,
        };
        let Some(update) = update else { break };
        if let Update::Social { rooms, ignored } = &update {
            keep_social(&profile, Social { rooms: rooms.clone(), ignored: ignored.clone() }).await;
        }
        if let Some(new) = News::of(&update) {
            if news.is_empty() {
                due = Instant::now() + TOGETHER;
            }
            news.push(new);
        }
        let _ = onward.send(update); // a front end that has ended needs no more
    }
    if !news.is_empty()
        && let Err(error) = write(&profile, news).await
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

async fn write(profile: &Profile, news: Vec<News>) -> Result<(), ProfileError> {
    let profile = profile.clone();
    let task = tokio::task::spawn_blocking(move || {
        profile.update_peers(|peers| news.into_iter().for_each(|new| new.note(peers)))
    });
    task.await.unwrap_or(Ok(())) // cancelled: the program is ending
}

impl News {
    fn of(update: &Update) -> Option<Self> {
        let at = clock::now();
        match update {
            Update::Met { public, nick, .. } => Some(Self::Met { public: *public, nick: nick.clone(), at }),
            Update::Event(Event::Join(peer) | Event::Nick { peer, .. }) => {
                Some(Self::Seen { peer: peer.id, nick: peer.nick.clone(), at })
            }
            _ => None,
        }
    }

    fn note(self, peers: &mut KnownPeers) {
        match self {
            Self::Met { public, nick, at } => peers.met(public, &nick, at),
            Self::Seen { peer, nick, at } => peers.seen(peer, &nick, at),
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
        keep(profile.clone(), from_session, onward).await;
        assert_eq!(profile.peers().unwrap().iter().count(), 3);
        let mut passed = 0;
        while heard.recv().await.is_some() {
            passed += 1;
        }
        assert_eq!(passed, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn tells_once_that_nothing_can_be_kept() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("default"), "in the way").unwrap();
        let profile = Profile::open(data.path(), "default").unwrap();
        let (to_keeper, from_session) = mpsc::unbounded_channel();
        let (onward, mut heard) = mpsc::unbounded_channel();
        let keeper = tokio::spawn(keep(profile, from_session, onward));
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

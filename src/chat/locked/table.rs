//! The locked rooms of this node: those it is in, those whose key it keeps in memory, those whose passphrase it lacks.

use std::time::Duration;

use super::super::envelope::RoomTag;
use super::super::event::Millis;
use super::super::hlc::Stamp;
use super::super::id::PeerId;
use super::super::limits::{LOCK_ALONE_AFTER, MAX_LOCKED};
use super::super::room::RoomName;
use super::super::time::earliest;
use super::envelope::Sealed;
use super::key::RoomKey;
use crate::text::SafeText;
use zeroize::Zeroizing;

/// Whether anybody else has this room's passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// Somebody has, or the user was told.
    Settled,
    /// Nobody has shown it yet; there may be no other locked room at all, then there is nothing to say.
    Open,
    /// To be looked at then.
    Until(Duration),
}

/// A locked room of this node.
#[derive(Debug)]
pub(in super::super) struct Own {
    pub(in super::super) name: RoomName,
    /// None: the user has not given the passphrase in this run.
    pub(in super::super) key: Option<RoomKey>,
    pub(in super::super) topic: SafeText,
    /// As of open rooms: the last by clock wins.
    pub(in super::super) topic_by: Option<(Stamp, PeerId)>,
    /// When something was last said in it.
    pub(in super::super) last: Option<Millis>,
    doubt: Doubt,
}

#[derive(Debug, Default)]
pub(in super::super) struct Locked {
    rooms: Vec<Own>,
    /// Somebody talks in a locked room that none of the keys opens.
    foreign: bool,
}

impl Own {
    fn new(name: RoomName) -> Self {
        Self {
            name,
            key: None,
            topic: SafeText::default(),
            topic_by: None,
            last: None,
            doubt: Doubt::Settled,
        }
    }
}

impl Locked {
    pub(in super::super) fn all(&self) -> impl Iterator<Item = &Own> {
        self.rooms.iter()
    }

    pub(in super::super) fn get(&self, name: RoomName) -> Option<&Own> {
        self.rooms.iter().find(|own| own.name == name)
    }

    pub(in super::super) fn get_mut(&mut self, name: RoomName) -> Option<&mut Own> {
        self.rooms.iter_mut().find(|own| own.name == name)
    }

    /// The key of a room, where it is known.
    pub(in super::super) fn key(&self, name: RoomName) -> Option<&RoomKey> {
        self.get(name)?.key.as_ref()
    }

    /// The rooms that sealed lines with this tag may be of.
    pub(in super::super) fn tagged(&self, tag: RoomTag) -> impl Iterator<Item = (RoomName, &RoomKey)> {
        let keys = self.rooms.iter().filter_map(|own| Some((own.name, own.key.as_ref()?)));
        keys.filter(move |(_, key)| key.tag() == tag)
    }

    /// Opens a datagram with the keys that there are.
    pub(in super::super) fn open(&self, sealed: &Sealed<'_>) -> Option<(RoomName, Zeroizing<Vec<u8>>)> {
        self.tagged(sealed.header.room).find_map(|(name, key)| Some((name, key.open(sealed)?)))
    }

    /// Notes a room without its key. False where there is no place for more.
    pub(in super::super) fn note(&mut self, name: RoomName, in_use: impl Fn(RoomName) -> bool) -> bool {
        if self.get(name).is_some() {
            return true;
        }
        if self.rooms.len() >= MAX_LOCKED {
            let Some(at) = self.rooms.iter().position(|own| own.key.is_some() && !in_use(own.name)) else {
                return false;
            };
            self.rooms.swap_remove(at);
        }
        self.rooms.push(Own::new(name));
        true
    }

    /// The user has given a passphrase. True where it makes another room of it than it was.
    pub(in super::super) fn unlock(&mut self, now: Duration, name: RoomName, key: RoomKey) -> bool {
        let Some(own) = self.get_mut(name) else { return false };
        if own.key.as_ref().is_some_and(|old| old.is(&key)) {
            return false;
        }
        let doubt = Doubt::Until(now + LOCK_ALONE_AFTER);
        *own = Own { key: Some(key), doubt, ..Own::new(name) };
        true
    }

    /// Forgets that a room without its key was to be opened.
    pub(in super::super) fn forget_wanted(&mut self, name: RoomName) {
        self.rooms.retain(|own| own.name != name || own.key.is_some());
    }

    /// Somebody else has shown that it has the passphrase of this room.
    pub(in super::super) fn company(&mut self, name: RoomName) {
        if let Some(own) = self.get_mut(name) {
            own.doubt = Doubt::Settled;
        }
    }

    /// Somebody talks in a locked room that none of the keys opens.
    pub(in super::super) fn foreign(&mut self, now: Duration) {
        if !std::mem::replace(&mut self.foreign, true) {
            for own in self.rooms.iter_mut().filter(|own| own.doubt == Doubt::Open) {
                own.doubt = Doubt::Until(now);
            }
        }
    }

    /// When [`Locked::alone`] has something to do.
    pub(in super::super) fn deadline(&self) -> Option<Duration> {
        let until = |own: &Own| if let Doubt::Until(at) = own.doubt { Some(at) } else { None };
        self.rooms.iter().map(until).fold(None, earliest)
    }

    /// The rooms of which it is time to say that nobody else has their passphrase.
    pub(in super::super) fn alone(&mut self, now: Duration) -> Vec<RoomName> {
        let due = |own: &&mut Own| matches!(own.doubt, Doubt::Until(at) if at <= now);
        let foreign = self.foreign;
        let decided = self.rooms.iter_mut().filter(due).map(|own| {
            own.doubt = if foreign { Doubt::Settled } else { Doubt::Open };
            own.name
        });
        let decided: Vec<RoomName> = decided.collect();
        if foreign { decided } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RoomName {
        text.parse::<RoomName>().unwrap().to_locked()
    }

    fn key(n: u8) -> RoomKey {
        RoomKey::from_root(&[n; 32])
    }

    #[test]
    fn bounded_and_rooms_in_use_stay() {
        let mut locked = Locked::default();
        assert!(locked.note(name("mine"), |_| false));
        locked.unlock(Duration::ZERO, name("mine"), key(1));
        for n in 0..MAX_LOCKED * 2 {
            let room = name(&format!("r{n}"));
            assert!(locked.note(room, |room| room == name("mine")));
            locked.unlock(Duration::ZERO, room, key(2));
        }
        assert_eq!(locked.all().count(), MAX_LOCKED);
        assert!(locked.key(name("mine")).is_some());
        assert!(!locked.note(name("full"), |_| true));
    }

    #[test]
    fn solitude_is_told_once_and_only_where_others_talk() {
        let second = Duration::from_secs(1);
        let mut locked = Locked::default();
        locked.note(name("dev"), |_| false);
        assert!(locked.unlock(second, name("dev"), key(1)));
        assert!(!locked.unlock(second, name("dev"), key(1)), "the same room");
        let due = locked.deadline().unwrap();
        assert_eq!(locked.alone(due), [], "nobody talks in locked rooms");
        assert_eq!(locked.deadline(), None);
        locked.foreign(due + second);
        assert_eq!(locked.deadline(), Some(due + second));
        assert_eq!(locked.alone(due + second), [name("dev")]);
        assert_eq!((locked.deadline(), locked.alone(due + second * 9)), (None, vec![]));
        assert!(locked.unlock(second, name("dev"), key(2)), "another room");
        locked.company(name("dev"));
        assert_eq!(locked.alone(due + second * 9), []);
    }
}

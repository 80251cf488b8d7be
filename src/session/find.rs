//! Whom a name means that a user has written.

use std::collections::{BTreeMap, BTreeSet};

use crate::chat::{Peer, PeerId};
use crate::text::SafeText;

/// Why no peer is meant by a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// Nobody has this name.
    #[error("nobody here is called {0}; /who (lanchat who) lists who is")]
    Unknown(String),
    /// Several have.
    #[error("{0} can be any of {1}; use one of these names")]
    Ambiguous(String, String),
    /// Only somebody else has it.
    #[error("{0} is not here; {1} goes by that name with another key; write {1} to mean that one")]
    Another(String, String),
    /// Several had it who are not here.
    #[error("nobody here is called {0}; it was the name of {1}: use one of these")]
    Met(String, String),
}

/// The peer among `peers` that is meant by `nick`, by `nick~3f9a` with four or more digits of its id, or by an id. Case does
/// not matter; the peer that is shown under the plain nickname goes before its namesakes. Who goes by a nickname under which
/// another key is known is never meant by the nickname alone.
pub fn find<'a>(peers: &'a [Peer], name: &str) -> Result<&'a Peer, FindError> {
    // An id is nothing else, whatever anybody goes by.
    if let Ok(id) = name.parse::<PeerId>() {
        return peers.iter().find(|p| p.id == id).ok_or_else(|| FindError::Unknown(name.to_owned()));
    }
    let lower = name.to_lowercase();
    let shown = |p: &&Peer| p.name.as_str().to_lowercase() == lower;
    let long = |p: &&Peer| {
        let parts = lower.rsplit_once('~');
        // Where fewer digits would mean another as well, they mean nobody: that one need not be here.
        let needed = p.name.as_str().rsplit_once('~').map_or(0, |(_, digits)| digits.len());
        let right = |id: &str| id.len() >= needed && p.id.begins_with(id);
        parts.is_some_and(|(nick, id)| p.nick.as_str().to_lowercase() == nick && right(id))
    };
    let called = |p: &&Peer| p.nick.as_str().to_lowercase() == lower;
    let names = |found: &[&Peer], between: &str| {
        found.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(between)
    };
    for found in [
        peers.iter().filter(shown).collect::<Vec<_>>(),
        peers.iter().filter(long).collect(),
        peers.iter().filter(called).filter(|p| p.doubts.other.is_none()).collect(),
    ] {
        match found.as_slice() {
            [] => {}
            [one] => return Ok(one),
            many => return Err(FindError::Ambiguous(name.to_owned(), names(many, ", "))),
        }
    }
    match peers.iter().filter(called).collect::<Vec<_>>().as_slice() {
        [] => Err(FindError::Unknown(name.to_owned())),
        others => Err(FindError::Another(name.to_owned(), names(others, " or "))),
    }
}

/// Whom a private line to `name` is for: somebody here, or else somebody who was `met` before. Who is here under a nickname of
/// another is not meant by it, and does not keep lines from waiting for that other.
///
/// # Errors
/// When the name means nobody, or several.
pub fn find_reader(here: &[Peer], met: &BTreeMap<PeerId, SafeText>, name: &str) -> Result<PeerId, FindError> {
    let name = name.trim_start_matches('@');
    let lower = name.to_lowercase();
    let unknown = match find(here, name) {
        Ok(peer) => return Ok(peer.id),
        Err(error @ FindError::Unknown(_)) => error,
        Err(error @ FindError::Another(..)) => return owner(here, &lower).ok_or(error),
        Err(error) => return Err(error),
    };
    if let Ok(id) = name.parse::<PeerId>() {
        return if met.contains_key(&id) { Ok(id) } else { Err(unknown) };
    }
    // A name may be noted with its suffix, because somebody else had it at that time.
    let plain = |name: &str| name.split('~').next().unwrap_or_default().to_lowercase();
    let long = |id: &PeerId, name: &str| format!("{}~{}", plain(name), id.short());
    let exact = |(id, known): &(&PeerId, &SafeText)| {
        let known = known.as_str();
        known.to_lowercase() == lower || long(id, known) == lower
    };
    let mut found: Vec<_> = met.iter().filter(exact).collect();
    if found.is_empty() {
        found = met.iter().filter(|(_, known)| plain(known.as_str()) == lower).collect();
    }
    match found.as_slice() {
        [] => Err(unknown),
        [(id, _)] => Ok(**id),
        many => {
            let names: Vec<_> = many.iter().map(|(id, known)| long(id, known.as_str())).collect();
            Err(FindError::Met(name.to_owned(), names.join(", ")))
        }
    }
}

/// Whose nickname it is that only others go by here, if that one is away.
fn owner(here: &[Peer], lower: &str) -> Option<PeerId> {
    let called = here.iter().filter(|p| p.nick.as_str().to_lowercase() == lower);
    let owners: BTreeSet<PeerId> =
        called.filter_map(|p| p.doubts.other.as_ref()).filter(|other| other.same).map(|o| o.id).collect();
    let owner = owners.first().filter(|_| owners.len() == 1)?;
    here.iter().all(|p| p.id != *owner).then_some(*owner)
}

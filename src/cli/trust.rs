//! Whose identity is trusted with a pipe or a file: peers met before, by the names that the user has for them.

use super::Failure;
use super::settings::Settings;
use crate::chat::{Identity, PeerId, PublicKey};
use crate::pipe::Allow;
use crate::session::FindError;

/// The key of a known peer.
pub(super) fn key(settings: &Settings, name: &str) -> Result<PublicKey, Failure> {
    let peers = settings.profile.peers()?;
    let found = peers.find(name);
    match found.as_slice() {
        [] => Err(Failure::Failed(format!(
            "no peer called {name} has been met so far; chat once while both are there, then try again"
        ))),
        [(_, peer)] => PublicKey::from_bytes(&peer.public).ok_or_else(|| {
            Failure::Failed(format!("the key kept for {name} is none; `lanchat identity forget` drops it"))
        }),
        many => {
            let names: Vec<_> = many.iter().map(|(id, p)| format!("{}~{}", p.nick, id.short())).collect();
            Err(FindError::Ambiguous(name.to_owned(), names.join(", ")).into())
        }
    }
}

/// Keys of peers met before this start, and one's own. Who goes by another's nickname is none of them.
pub(super) fn known(settings: &Settings, me: &Identity) -> Result<Vec<PublicKey>, Failure> {
    let peers = settings.profile.peers()?;
    let keys = peers.undoubted().into_iter().chain([me.public()]);
    Ok(keys.filter_map(|key| PublicKey::from_bytes(&key)).collect())
}

/// Whom `--allow` lets in: known peers by name, `known` for all of them, `everybody`.
pub(super) fn allow(settings: &Settings, me: &Identity, names: &[String]) -> Result<Allow, Failure> {
    let mut keys = Vec::new();
    for name in names {
        match name.as_str() {
            "everybody" => return Ok(Allow::Everybody),
            "known" => keys.extend(known(settings, me)?),
            name => keys.push(key(settings, name)?),
        }
    }
    Ok(Allow::Only(keys))
}

/// How a peer is called: as it was met, or by its id.
pub(super) fn name(settings: &Settings, key: &PublicKey) -> String {
    name_of(settings, key.id()).unwrap_or_else(|| key.id().to_string())
}

/// How a peer was called when it was met.
pub(super) fn name_of(settings: &Settings, id: PeerId) -> Option<String> {
    let peers = settings.profile.peers().unwrap_or_default();
    peers.get(id).map(|peer| format!("{}~{}", peer.nick, id.short()))
}

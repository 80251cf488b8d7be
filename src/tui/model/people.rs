//! Who is here, in the order in which they are listed and completed.

use std::collections::HashMap;

use crate::chat::{Peer, PeerId};
use crate::text::SafeText;

/// The peers that are here.
#[derive(Debug, Default)]
pub struct People {
    /// Sorted by name as shown, case folded.
    sorted: Vec<Peer>,
    /// When each spoke last, counted in lines.
    spoke: HashMap<PeerId, u64>,
    lines: u64,
    /// Names of the open rooms, sorted.
    rooms: Vec<String>,
}

impl People {
    /// Everybody, by name.
    pub fn list(&self) -> &[Peer] {
        &self.sorted
    }

    /// The peer with this id.
    pub fn get(&self, id: PeerId) -> Option<&Peer> {
        self.sorted.iter().find(|p| p.id == id)
    }

    /// The open rooms there are, for completion.
    pub fn set_rooms(&mut self, names: impl Iterator<Item = String>) {
        self.rooms = names.collect();
        self.rooms.sort();
    }

    /// Names of rooms that start with `start`, which may have a `#` in front.
    pub fn rooms_starting(&self, start: &str) -> Vec<String> {
        let start = start.trim_start_matches('#').to_lowercase();
        self.rooms.iter().filter(|name| name.starts_with(&start)).cloned().collect()
    }

    /// Adds a peer, or replaces what is known about it.
    pub fn set(&mut self, peer: Peer) {
        self.sorted.retain(|p| p.id != peer.id);
        let place = self.sorted.partition_point(|p| order(p) < order(&peer));
        self.sorted.insert(place, peer);
    }

    /// Replaces everybody.
    pub fn set_all(&mut self, peers: Vec<Peer>) {
        self.sorted = peers;
        self.sorted.sort_by_cached_key(order);
        let here: std::collections::HashSet<PeerId> = self.sorted.iter().map(|p| p.id).collect();
        self.spoke.retain(|id, _| here.contains(id));
    }

    /// Removes a peer.
    pub fn remove(&mut self, id: PeerId) {
        self.sorted.retain(|p| p.id != id);
        self.spoke.remove(&id);
    }

    /// A peer said something.
    pub fn spoke(&mut self, id: PeerId) {
        self.lines += 1;
        if self.get(id).is_some() {
            self.spoke.insert(id, self.lines);
        }
    }

    /// Names that start with `start`, case folded: who spoke last comes first, then by name.
    pub fn names_starting(&self, start: &str) -> Vec<SafeText> {
        let start = start.to_lowercase();
        let mut found: Vec<&Peer> =
            self.sorted.iter().filter(|p| p.name.as_str().to_lowercase().starts_with(&start)).collect();
        found.sort_by_key(|p| std::cmp::Reverse(self.spoke.get(&p.id).copied().unwrap_or(0)));
        found.into_iter().map(|p| p.name.clone()).collect()
    }
}

fn order(peer: &Peer) -> (String, PeerId) {
    (peer.name.as_str().to_lowercase(), peer.id)
}

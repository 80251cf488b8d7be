//! [`Place`]: a room or a private conversation.

use crate::chat::{Line, PeerId, RoomName};

/// Where something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// In a room; the lobby is one.
    Room(RoomName),
    /// Between the user and one peer.
    Peer(PeerId),
}

impl Place {
    /// The room that everybody is in.
    pub const LOBBY: Self = Self::Room(RoomName::LOBBY);

    /// Where a line belongs: a private one to the conversation with whoever is not `me`.
    pub fn of(line: &Line, me: PeerId) -> Self {
        if line.private {
            let other = if line.own { line.to } else { line.peer };
            return Self::Peer(other.unwrap_or(me));
        }
        RoomName::from_shown(line.room.as_str()).map_or(Self::LOBBY, Self::Room)
    }

    /// The name under which drafts and read marks of it are kept.
    pub fn key(&self) -> String {
        match self {
            Self::Room(room) => room.to_string(),
            Self::Peer(peer) => format!("@{peer}"),
        }
    }

    /// The place that is kept under a name.
    pub fn from_key(key: &str) -> Option<Self> {
        match key.strip_prefix('@') {
            Some(peer) => peer.parse().ok().map(Self::Peer),
            None => RoomName::from_shown(key).ok().map(Self::Room),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back() {
        let dev = "dev".parse::<RoomName>().unwrap();
        let rooms = ["日本".parse().unwrap(), dev, dev.to_locked()].map(Place::Room);
        for place in rooms.into_iter().chain([Place::LOBBY, Place::Peer(PeerId([7; 8]))]) {
            assert_eq!(Place::from_key(&place.key()), Some(place));
        }
        assert_eq!(Place::from_key("@bob"), None);
    }
}

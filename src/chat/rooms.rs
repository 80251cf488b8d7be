//! The open rooms that this node knows of, those it is in, and the lines that it holds of the others.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::datagram::RoomRef;
use super::envelope::RoomTag;
use super::error::JoinError;
use super::event::Millis;
use super::hlc::Stamp;
use super::id::{LineId, PeerId};
use super::limits::{LOCKED_BYTES, MAX_JOINED, MAX_JOINED_BYTES, MAX_ROOMS, MAX_UNSHOWN};
use super::room::RoomName;
use crate::text::SafeText;

/// What is known of a room.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) name: RoomName,
    pub(super) topic: SafeText,
    /// When the topic was said and by whom: the last by clock wins, and of two at once the higher id.
    pub(super) topic_by: Option<(Stamp, PeerId)>,
    /// When something was last said in it.
    pub(super) last: Option<Millis>,
}

#[derive(Debug)]
pub(super) struct Rooms {
    known: HashMap<RoomTag, Known>,
    joined: BTreeSet<RoomName>,
    /// Lines that are held but were not shown, in the order in which they came.
    unshown: VecDeque<(LineId, RoomRef)>,
}

impl Default for Rooms {
    fn default() -> Self {
        let mut rooms = Self { known: HashMap::new(), joined: BTreeSet::new(), unshown: VecDeque::new() };
        rooms.learn(RoomName::LOBBY);
        rooms
    }
}

impl Rooms {
    /// There is a room of this name. When too many are known, one in which nothing was said for longest is forgotten.
    pub(super) fn learn(&mut self, name: RoomName) {
        let tag = name.tag();
        if self.known.contains_key(&tag) {
            return;
        }
        if self.known.len() >= MAX_ROOMS {
            let idle = self.known.iter().filter(|(_, room)| !self.in_it(room.name));
            let idlest = idle.min_by_key(|(_, room)| (room.last, room.name)).map(|(tag, _)| *tag);
            if let Some(tag) = idlest {
                self.known.remove(&tag);
            }
        }
        self.known.insert(tag, Known { name, topic: SafeText::default(), topic_by: None, last: None });
    }

    /// The room of this tag, if its name is known.
    pub(super) fn name(&self, tag: RoomTag) -> Option<RoomName> {
        self.known.get(&tag).map(|room| room.name)
    }

    /// Whether lines of this room are shown.
    pub(super) fn in_it(&self, name: RoomName) -> bool {
        name.is_lobby() || self.joined.contains(&name)
    }

    /// The rooms that this node is in, the lobby not counted.
    pub(super) fn joined(&self) -> impl Iterator<Item = &RoomName> {
        self.joined.iter()
    }

    /// False where the node is in it already.
    pub(super) fn join(&mut self, name: RoomName) -> Result<bool, JoinError> {
        if self.in_it(name) {
            return Ok(false);
        }
        let told = |room: &RoomName| if room.is_locked() { LOCKED_BYTES } else { room.as_str().len() };
        let bytes: usize = self.joined.iter().chain([&name]).map(told).sum();
        if self.joined.len() >= MAX_JOINED || bytes > MAX_JOINED_BYTES {
            return Err(JoinError::TooMany);
        }
        if !name.is_locked() {
            self.learn(name);
        }
        Ok(self.joined.insert(name))
    }

    pub(super) fn part(&mut self, name: RoomName) -> bool {
        self.joined.remove(&name)
    }

    /// A line is held and not shown.
    pub(super) fn withhold(&mut self, line: LineId, of: RoomRef) {
        if self.unshown.len() >= MAX_UNSHOWN {
            self.unshown.pop_front();
        }
        self.unshown.push_back((line, of));
    }

    /// The lines of this room that were not shown: now they are.
    pub(super) fn take(&mut self, of: RoomRef) -> Vec<LineId> {
        let taken = self.unshown.iter().filter(|(_, room)| *room == of).map(|(line, _)| *line).collect();
        self.unshown.retain(|(_, room)| *room != of);
        taken
    }

    /// How many lines of this room were not shown.
    pub(super) fn unshown(&self, of: RoomRef) -> usize {
        self.unshown.iter().filter(|(_, room)| *room == of).count()
    }

    /// Something was said in a room.
    pub(super) fn spoken(&mut self, tag: RoomTag, at: Millis) {
        if let Some(room) = self.known.get_mut(&tag) {
            room.last = room.last.max(Some(at));
        }
    }

    /// Somebody has said what a room is about.
    pub(super) fn topic(&mut self, name: RoomName, topic: SafeText, by: (Stamp, PeerId)) {
        self.learn(name);
        if let Some(room) = self.known.get_mut(&name.tag()).filter(|room| room.topic_by < Some(by)) {
            (room.topic, room.topic_by) = (topic, Some(by));
        }
    }

    /// All that are known, each with how many of its lines were not shown.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Known, usize)> {
        let mut unshown: HashMap<RoomRef, usize> = HashMap::new();
        for (_, of) in &self.unshown {
            *unshown.entry(*of).or_default() += 1;
        }
        let count = move |tag: &RoomTag| unshown.get(&RoomRef::Open(*tag)).copied().unwrap_or(0);
        self.known.iter().map(move |(tag, room)| (room, count(tag)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RoomName {
        text.parse().unwrap()
    }

    #[test]
    fn bounded_and_rooms_in_use_stay() {
        let mut rooms = Rooms::default();
        let spoken = name("spoken");
        rooms.learn(spoken);
        rooms.spoken(spoken.tag(), 5);
        assert_eq!(rooms.join(name("mine")), Ok(true));
        for n in 0..MAX_ROOMS * 2 {
            rooms.learn(name(&format!("r{n}")));
        }
        assert_eq!(rooms.all().count(), MAX_ROOMS);
        for kept in ["lobby", "spoken", "mine"] {
            assert_eq!(rooms.name(name(kept).tag()), Some(name(kept)));
        }
        for n in 0..MAX_UNSHOWN + 9 {
            let line = LineId { sender: PeerId([1; 8]), epoch: 1, seq: u32::try_from(n).unwrap() };
            rooms.withhold(line, RoomRef::Open(spoken.tag()));
        }
        assert_eq!(rooms.take(RoomRef::Open(spoken.tag())).len(), MAX_UNSHOWN);
        assert_eq!(rooms.take(RoomRef::Open(spoken.tag())), []);
    }

    #[test]
    fn no_more_rooms_than_one_frame_tells() {
        let mut rooms = Rooms::default();
        let mut joined = 0;
        while rooms.join(name(&format!("{joined:032}"))).is_ok() {
            joined += 1;
        }
        assert_eq!(joined, MAX_JOINED_BYTES / 32);
        let mut rooms = Rooms::default();
        let results: Vec<_> = (0..=MAX_JOINED).map(|n| rooms.join(name(&format!("r{n}")))).collect();
        assert_eq!(results.last(), Some(&Err(JoinError::TooMany)));
        assert_eq!(rooms.join(name("r0")), Ok(false));
        assert!(rooms.part(name("r0")) && !rooms.part(name("r0")));
    }

    #[test]
    fn the_last_topic_by_clock_wins_in_whichever_order_they_come() {
        let (a, b) = ((Stamp(7), PeerId([1; 8])), (Stamp(7), PeerId([2; 8])));
        for order in [[a, b], [b, a]] {
            let mut rooms = Rooms::default();
            for by in order {
                rooms.topic(name("x"), SafeText::line(&by.1.to_string()), by);
            }
            let (room, _) = rooms.all().find(|(room, _)| room.name == name("x")).unwrap();
            assert_eq!(room.topic.as_str(), b.1.to_string());
        }
    }
}

//! The lobby, open rooms and private conversations, each with its own log and draft.
//!
//! What is shown is in the [`Model`] itself; of the others it lies here. To hear a line for another place, that one is put
//! into the model for a moment, so that nothing else needs to know that there are several.

use super::entry::EntryId;
use super::log::Log;
use super::place::Place;
use super::scroll::Scroll;
use super::{Draft, Mode, Model};
use crate::chat::{Answered, Peer, PeerId, RoomName};
use crate::text::SafeText;

/// Most private conversations in the bar: anybody can begin one.
const CONVERSATIONS: usize = 64;
/// How many numbers of entries one log has for itself, so that those of several logs are distinct.
const NUMBERS: u64 = 1 << 40;

/// What of the model belongs to one place.
#[derive(Debug, Default)]
struct Buffer {
    log: Log,
    scroll: Scroll,
    unread: usize,
    unmarked: bool,
    mark: bool,
    draft: Draft,
    answering: Option<Answered>,
}

/// One place in the bar.
#[derive(Debug)]
pub struct Tab {
    /// Which.
    pub place: Place,
    /// Lines of others that concern the user and were not seen.
    pub mentions: usize,
    /// When the newest line came that was not seen, counted in such lines.
    active: u64,
    /// Its log's numbers begin with this many times [`NUMBERS`].
    number: u64,
    /// What lies here while another place is shown.
    buffer: Buffer,
}

/// All places.
#[derive(Debug)]
pub struct Buffers {
    tabs: Vec<Tab>,
    at: usize,
    /// Which was shown before.
    last: Option<Place>,
    /// The place in the model is there for a moment only, and not seen.
    pub(in crate::tui) behind: bool,
    opened: u64,
    heard: u64,
}

impl Default for Buffers {
    fn default() -> Self {
        let lobby = Tab { place: Place::LOBBY, mentions: 0, active: 0, number: 0, buffer: Buffer::default() };
        Self { tabs: vec![lobby], at: 0, last: None, behind: false, opened: 0, heard: 0 }
    }
}

impl Buffers {
    /// All places, in the order of the bar.
    pub fn tabs(&self) -> &[Tab] {
        &self.tabs
    }

    /// Brings the places into an order; the lobby stays first, those that it does not name come last.
    pub(super) fn arrange(&mut self, order: &[Place]) {
        let shown = self.tabs.get(self.at).map(|tab| tab.place);
        let place = |tab: &Tab| order.iter().position(|place| *place == tab.place).unwrap_or(usize::MAX);
        self.tabs.sort_by_key(|tab| (tab.place != Place::LOBBY, place(tab)));
        self.at = shown.and_then(|place| self.find(place)).unwrap_or(0);
    }

    /// Which of them is shown.
    pub fn at(&self) -> usize {
        self.at
    }

    fn find(&self, place: Place) -> Option<usize> {
        self.tabs.iter().position(|tab| tab.place == place)
    }

    /// Where something was said that the user has not seen: first what concerns the user, then the newest.
    pub fn most_active(&self) -> Option<Place> {
        let others = self.tabs.iter().enumerate().filter(|(at, tab)| *at != self.at && tab.buffer.unread > 0);
        let best = others.max_by_key(|(_, tab)| (tab.is_called(), tab.active));
        best.map(|(_, tab)| tab.place)
    }

    /// The place that was shown before, if it is still there.
    pub fn last(&self) -> Option<Place> {
        self.last.filter(|place| self.find(*place).is_some())
    }
}

impl Tab {
    /// Whether something in it is for the user.
    fn is_called(&self) -> bool {
        self.mentions > 0 || (matches!(self.place, Place::Peer(_)) && self.buffer.unread > 0)
    }
}

impl Model {
    /// What is shown.
    pub fn place(&self) -> Place {
        self.buffers.tabs.get(self.buffers.at).map_or(Place::LOBBY, |tab| tab.place)
    }

    /// The name of a place, as it is shown.
    pub fn place_name(&self, place: Place) -> SafeText {
        match place {
            Place::Room(room) => SafeText::line(&format!("#{room}")),
            Place::Peer(peer) => self.peer_name(peer),
        }
    }

    /// The name of a peer, also of one that has left.
    pub fn peer_name(&self, peer: PeerId) -> SafeText {
        match self.people.get(peer) {
            Some(peer) => peer.name.clone(),
            None => self.met.get(&peer).cloned().unwrap_or_else(|| SafeText::clean(&peer.short())),
        }
    }

    /// All places that are open.
    pub fn all_places(&self) -> Vec<Place> {
        self.buffers.tabs().iter().map(|tab| tab.place).collect()
    }

    /// Lines of others in a tab that were not seen.
    pub fn unread_in(&self, at: usize) -> usize {
        let buffers = &self.buffers;
        if at == buffers.at { self.unread } else { buffers.tabs.get(at).map_or(0, |tab| tab.buffer.unread) }
    }

    /// Lines of others that were not seen, wherever.
    pub fn unread_everywhere(&self) -> usize {
        (0..self.buffers.tabs.len()).map(|at| self.unread_in(at)).sum()
    }

    /// What was being written in each place, by the name under which it is kept.
    pub fn drafts(&self) -> Vec<(String, String)> {
        let draft = |(at, tab): (usize, &Tab)| {
            let here = at == self.buffers.at;
            let text = if here { self.composer.kept() } else { self.composer.kept_of(&tab.buffer.draft) };
            (tab.place.key(), text.to_owned())
        };
        self.buffers.tabs.iter().enumerate().map(draft).collect()
    }

    /// In which place an entry is.
    pub fn place_of(&self, entry: EntryId) -> Place {
        let number = entry.0 / NUMBERS;
        self.buffers.tabs.iter().find(|tab| tab.number == number).map_or(Place::LOBBY, |tab| tab.place)
    }

    /// Who is in the room that is shown; in a private conversation, everybody.
    pub fn here(&self) -> Vec<&Peer> {
        let all = self.people.list().iter();
        match self.place() {
            Place::Room(room) if !room.is_lobby() => all.filter(|peer| peer.rooms.contains(&room)).collect(),
            _ => all.collect(),
        }
    }

    /// Whether there is a place in the bar.
    pub fn has_place(&self, place: Place) -> bool {
        self.buffers.find(place).is_some()
    }

    /// Adds a place to the bar; false where it is there already.
    pub fn open(&mut self, place: Place) -> bool {
        if self.has_place(place) {
            return false;
        }
        if matches!(place, Place::Peer(_)) {
            self.make_room();
        }
        self.kept.changes += 1;
        self.buffers.opened += 1;
        let number = self.buffers.opened;
        let log = Log::numbered(number.saturating_mul(NUMBERS));
        let draft = Draft::of(self.kept_drafts.remove(&place.key()).unwrap_or_default());
        let buffer = Buffer { log, draft, ..Buffer::default() };
        self.buffers.tabs.push(Tab { place, mentions: 0, active: 0, number, buffer });
        true
    }

    /// Shows a place of the bar.
    pub fn show(&mut self, place: Place) {
        let Some(at) = self.buffers.find(place).filter(|at| *at != self.buffers.at) else { return };
        self.buffers.last = Some(self.place());
        self.kept.changes += 1;
        self.finish();
        self.completion = None;
        self.landed = None;
        let from = self.buffers.at;
        self.swap_to(at);
        let draft = self.buffers.tabs.get_mut(at).map(|tab| std::mem::take(&mut tab.buffer.draft));
        let left = self.composer.change(draft.unwrap_or_default());
        if let Some(tab) = self.buffers.tabs.get_mut(from) {
            tab.buffer.draft = left;
        }
    }

    /// Ends whatever goes on, so that something else can begin; what is seen stays, and at the newest it is followed again.
    pub fn finish(&mut self) {
        if !matches!(std::mem::take(&mut self.mode), Mode::Write) {
            self.scroll = self.view().moved(true, 0);
        }
    }

    /// Takes a place out of the bar; the lobby stays. Shows what was shown before, if it was that.
    pub fn close(&mut self, place: Place) {
        if place == Place::LOBBY {
            return;
        }
        if self.place() == place {
            self.show(self.buffers.last().unwrap_or(Place::LOBBY));
        }
        if let Some(at) = self.buffers.find(place).filter(|at| *at != self.buffers.at) {
            self.buffers.tabs.remove(at);
            self.kept.changes += 1;
            self.buffers.at -= usize::from(at < self.buffers.at);
        }
    }

    /// Before a private conversation begins: if there are too many, the one goes that was quiet for longest, first of
    /// those in which all was seen and nothing is being written. The history keeps what was said in it.
    fn make_room(&mut self) {
        let (tabs, at) = (&self.buffers.tabs, self.buffers.at);
        let private = || tabs.iter().enumerate().filter(|(_, tab)| matches!(tab.place, Place::Peer(_)));
        if private().count() < CONVERSATIONS {
            return;
        }
        let dear = |tab: &Tab| (!tab.buffer.draft.is_empty(), tab.buffer.unread > 0, tab.active, tab.number);
        let quiet = private().filter(|(n, _)| *n != at).min_by_key(|(_, tab)| dear(tab));
        if let Some(place) = quiet.map(|(_, tab)| tab.place) {
            self.close(place);
        }
    }

    /// Does something in a place, which need not be shown for that. It must be in the bar.
    pub fn within<T>(&mut self, place: Place, work: impl FnOnce(&mut Self) -> T) -> T {
        let (back, behind) = (self.buffers.at, self.buffers.behind);
        let Some(at) = self.buffers.find(place).filter(|at| *at != back) else { return work(self) };
        self.swap_to(at);
        self.buffers.behind = true;
        let result = work(self);
        self.swap_to(back);
        self.buffers.behind = behind;
        result
    }

    fn swap_to(&mut self, at: usize) {
        let (from, to) = (self.buffers.at, at);
        self.swap(from);
        self.buffers.at = to;
        self.swap(to);
        self.room = SafeText::line(&self.place().key());
    }

    /// Exchanges what is in the model and what lies in a tab: the one of both that is in use is not empty.
    fn swap(&mut self, at: usize) {
        if let Some(tab) = self.buffers.tabs.get_mut(at) {
            let buffer = &mut tab.buffer;
            std::mem::swap(&mut self.log, &mut buffer.log);
            std::mem::swap(&mut self.scroll, &mut buffer.scroll);
            std::mem::swap(&mut self.unread, &mut buffer.unread);
            std::mem::swap(&mut self.unmarked, &mut buffer.unmarked);
            std::mem::swap(&mut self.away.mark, &mut buffer.mark);
            std::mem::swap(&mut self.answering, &mut buffer.answering);
        }
    }

    /// A line came that the user does not see, in the place that is in the model.
    pub fn unseen(&mut self, concerns: bool) {
        self.unread += 1;
        self.buffers.heard += 1;
        let heard = self.buffers.heard;
        if let Some(tab) = self.buffers.tabs.get_mut(self.buffers.at) {
            tab.active = heard;
            tab.mentions += usize::from(concerns);
        }
    }

    /// The user sees what was said in the place that is shown.
    pub fn seen(&mut self) {
        self.unread = 0;
        if let Some(tab) = self.buffers.tabs.get_mut(self.buffers.at) {
            tab.mentions = 0;
        }
    }

    /// The rooms in the bar.
    pub fn open_rooms(&self) -> impl Iterator<Item = RoomName> {
        self.buffers.tabs.iter().filter_map(|tab| match tab.place {
            Place::Room(room) => Some(room),
            Place::Peer(_) => None,
        })
    }
}

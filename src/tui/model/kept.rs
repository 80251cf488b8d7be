//! Where the user was: the places that were open, which of them was shown, and where other lines call than elsewhere.
//! It is kept over a restart.

use std::collections::BTreeMap;

use super::{Model, Notify, Place};
use crate::history::Recent;
use crate::profile::Places;
use crate::text::SafeText;

/// Most places with a level of their own.
const LEVELS: usize = 1024;

/// What an earlier run has left, and what this one will leave.
#[derive(Debug, Default)]
pub struct Kept {
    /// Places to be opened once it is known in which rooms the user is.
    before: Option<Places>,
    /// The lobby's past, if it came before that: it is not read as long as it is not known whether the lobby is shown.
    past: Option<Recent>,
    /// Where other lines call than elsewhere, by the name under which a place is kept.
    notify: BTreeMap<String, Notify>,
    /// Counts the changes of all this.
    pub(super) changes: u64,
}

impl Model {
    /// Takes what an earlier run has left.
    pub fn remember(&mut self, places: Places) {
        let levels = places.notify.iter().filter_map(|(key, level)| Some((key.clone(), level.parse().ok()?)));
        self.kept.notify = levels.take(LEVELS).collect();
        for (key, name) in &places.names {
            if let Some(Place::Peer(peer)) = Place::from_key(key) {
                self.met.insert(peer, SafeText::line(name));
            }
        }
        self.kept.before = Some(places);
    }

    /// Gives the lobby's past back, unless it has to wait for [`Model::go_back`].
    pub fn past_of_the_lobby(&mut self, recent: Option<Recent>) -> Option<Recent> {
        if self.kept.before.is_none() {
            return recent.or_else(|| self.kept.past.take());
        }
        self.kept.past = recent.or_else(|| self.kept.past.take());
        None
    }

    /// Opens the places of an earlier run, in their order, and shows the one that was shown. The rooms are open already,
    /// as far as the user is still in them.
    pub fn go_back(&mut self) {
        let Some(before) = self.kept.before.take() else { return };
        let order: Vec<Place> = before.open.iter().filter_map(|key| Place::from_key(key)).collect();
        for place in order.iter().filter(|place| matches!(place, Place::Peer(_))) {
            if self.open(*place) {
                self.wanted.push(*place);
            }
        }
        self.buffers.arrange(&order);
        if let Some(place) = before.shown.as_deref().and_then(Place::from_key) {
            self.show(place);
        }
    }

    /// What the next run should find.
    pub fn places(&self) -> Places {
        let open = |place: &Place| (place.key(), *place);
        let tabs: Vec<_> = self.buffers.tabs().iter().map(|tab| open(&tab.place)).collect();
        let name = |(key, place): &(String, Place)| match place {
            Place::Peer(_) => Some((key.clone(), self.place_name(*place).into_string())),
            Place::Room(_) => None,
        };
        Places {
            names: tabs.iter().filter_map(name).collect(),
            open: tabs.iter().map(|(key, _)| key.clone()).collect(),
            shown: Some(self.place().key()),
            notify: self
                .kept
                .notify
                .iter()
                .map(|(key, level)| (key.clone(), level.as_str().to_owned()))
                .collect(),
        }
    }

    /// Whether an earlier run's places have still to be opened: until then nothing is to be kept.
    pub fn places_changed(&self) -> Option<u64> {
        self.kept.before.is_none().then_some(self.kept.changes)
    }

    /// For which lines of a place the user is called.
    pub fn notify_in(&self, place: Place) -> Notify {
        self.kept.notify.get(&place.key()).copied().unwrap_or(self.prefs.notify)
    }

    /// Whether a place has a level of its own.
    pub fn has_notify(&self, place: Place) -> bool {
        self.kept.notify.contains_key(&place.key())
    }

    /// Gives a place a level of its own, or takes it away.
    pub fn set_notify(&mut self, place: Place, level: Option<Notify>) {
        let key = place.key();
        match level {
            None => _ = self.kept.notify.remove(&key),
            Some(level) if self.kept.notify.len() < LEVELS || self.kept.notify.contains_key(&key) => {
                self.kept.notify.insert(key, level);
            }
            Some(_) => {}
        }
        self.kept.changes += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::PeerId;

    fn model() -> Model {
        Model::new(PeerId([9; 8]), &"me".parse().unwrap())
    }

    #[test]
    fn a_restart_finds_the_places_as_they_were() {
        let (bob, lunch) = (Place::Peer(PeerId([3; 8])), Place::Room("lunch".parse().unwrap()));
        let mut m = model();
        m.met.insert(PeerId([3; 8]), SafeText::line("bob"));
        assert!(m.open(bob) && m.open(lunch));
        m.show(bob);
        m.set_notify(lunch, Some(Notify::All));
        m.set_notify(Place::LOBBY, Some(Notify::None));
        m.set_notify(Place::LOBBY, None);
        let kept = m.places();
        let mut m = model();
        m.remember(kept.clone());
        assert_eq!(m.places_changed(), None, "nothing is forgotten before it was taken");
        m.open(lunch); // as the session tells
        m.go_back();
        assert_eq!(m.places(), kept);
        assert_eq!((m.place(), m.place_name(bob).as_str()), (bob, "bob"));
        assert_eq!((m.notify_in(lunch), m.has_notify(Place::LOBBY)), (Notify::All, false));
        assert!(m.places_changed().is_some());
    }

    #[test]
    fn rooms_that_were_left_and_nonsense_are_passed_over() {
        let mut m = model();
        let names = ["@nobody", "a b", "lunch", "lobby", "lobby"].map(str::to_owned);
        m.remember(Places { open: names.to_vec(), shown: Some("lunch".into()), ..Places::default() });
        m.go_back();
        assert_eq!((m.place(), m.buffers.tabs().len()), (Place::LOBBY, 1));
    }
}

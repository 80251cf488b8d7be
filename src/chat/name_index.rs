//! Peers by what their nicknames look like.

use std::collections::HashMap;
use std::sync::Arc;

use super::id::PeerId;
use super::nick::Nick;

/// Finds those whose nicknames readers could take for one another.
#[derive(Debug, Default)]
pub(super) struct NameIndex(HashMap<Arc<str>, Vec<PeerId>>);

impl NameIndex {
    pub(super) fn insert(&mut self, id: PeerId, nick: &Nick) {
        for look in looks(nick) {
            self.0.entry(look).or_default().push(id);
        }
    }

    pub(super) fn remove(&mut self, id: PeerId, nick: &Nick) {
        for look in looks(nick) {
            if let Some(ids) = self.0.get_mut(&look) {
                ids.retain(|other| *other != id);
                if ids.is_empty() {
                    self.0.remove(&look);
                }
            }
        }
    }

    /// Whose skeleton it is.
    pub(super) fn with_look(&self, look: &str) -> &[PeerId] {
        self.0.get(look).map_or(&[], Vec::as_slice)
    }

    /// Everybody whose nickname resembles this one, each once.
    pub(super) fn resembling(&self, nick: &Nick) -> Vec<PeerId> {
        let mut ids: Vec<PeerId> = looks(nick).flat_map(|look| self.with_look(&look).to_vec()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// Its looks, without repetition.
fn looks(nick: &Nick) -> impl Iterator<Item = Arc<str>> {
    let [first, second] = nick.looks();
    let second = (first != second).then_some(second);
    std::iter::once(first).chain(second)
}

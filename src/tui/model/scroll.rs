//! What part of the log is seen. It is held by an entry, never by a number of rows, so nothing that arrives, is filled
//! in or is wrapped anew moves what is being read.

use super::entry::{Entry, EntryId};
use super::log::Log;

/// Where the view of the log is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scroll {
    /// At the newest entry.
    #[default]
    Newest,
    /// With row `row` of `entry` at the top; entries from `since` on arrived after the newest was left.
    At {
        /// The entry at the top.
        entry: EntryId,
        /// How many of its rows are above the top.
        row: usize,
        /// The first entry not seen at the newest place.
        since: EntryId,
    },
}

/// Where an entry that is to be seen goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reveal {
    /// As little is moved as can be.
    Nearest,
    /// Into the middle, so that what is around it is seen.
    Middle,
    /// To the top.
    Top,
}

/// A row of the log: entry by index, row within it.
type Place = (usize, usize);

/// The rows of one entry that are seen.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// Its first row seen.
    pub first: usize,
    /// How many of its rows are seen.
    pub rows: usize,
}

/// The log as it is seen through a pane.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    log: &'a Log,
    width: u16,
    height: usize,
    scroll: Scroll,
}

impl<'a> View<'a> {
    /// `log` through a pane of `width` columns and `height` rows.
    pub fn new(log: &'a Log, width: u16, height: u16, scroll: Scroll) -> Self {
        Self { log, width, height: usize::from(height), scroll }
    }

    /// What is seen, top first.
    pub fn seen(&self) -> Vec<Seen<'a>> {
        let (mut at, mut first) = self.top();
        let (mut seen, mut left) = (Vec::new(), self.height);
        while let Some(entry) = self.log.get(at).filter(|_| left > 0) {
            let rows = entry.rows(self.width).saturating_sub(first).min(left);
            seen.push(Seen { entry, first, rows });
            left -= rows;
            (at, first) = (at + 1, 0);
        }
        seen
    }

    /// The same, held where it is, also when it is at the newest.
    pub fn pinned(&self) -> Scroll {
        let since = self.since();
        let (at, row) = self.top();
        self.log.get(at).map_or(self.scroll, |entry| Scroll::At { entry: entry.id, row, since })
    }

    /// So that entry `id` is seen: as it is if it is seen whole, else by moving as [`Reveal`] tells.
    pub fn revealing(&self, id: EntryId, reveal: Reveal) -> Scroll {
        let Some(at) = self.log.position(id) else { return self.scroll };
        let rows = self.rows(at);
        let seen = self.seen();
        let whole = seen.iter().any(|s| s.entry.id == id && s.first == 0 && s.rows == rows);
        let place = match reveal {
            Reveal::Top => (at, 0),
            _ if whole => return self.scroll,
            Reveal::Middle => self.above((at, 0), self.height / 2),
            Reveal::Nearest if (at, 0) < self.top() || rows >= self.height => (at, 0),
            Reveal::Nearest => self.above((at, rows.saturating_sub(1)), self.height.saturating_sub(1)),
        };
        let newest = self.newest_top();
        let (at, row) = place.min(newest);
        let since = self.since();
        self.log.get(at).map_or(self.scroll, |entry| Scroll::At { entry: entry.id, row, since })
    }

    fn since(&self) -> EntryId {
        match self.scroll {
            Scroll::At { since, .. } => since,
            Scroll::Newest => self.log.next_id(),
        }
    }

    /// Lines of others below what is seen that arrived since the newest was left.
    pub fn news_below(&self) -> usize {
        let Scroll::At { since, .. } = self.scroll else { return 0 };
        let last = self.seen().last().and_then(|s| self.log.position(s.entry.id));
        let below = last.map_or(0, |at| at + 1);
        // Nearly all that came is at the end; so many entries were made, and no more need be found.
        let made = usize::try_from(self.log.next_id().0.saturating_sub(since.0)).unwrap_or(usize::MAX);
        let came = (below..self.log.len()).rev().filter_map(|at| self.log.get(at)).filter(|e| e.id >= since);
        came.take(made).filter(|e| e.is_news()).count()
    }

    /// After moving by `rows`, back in time when `up`.
    pub fn moved(&self, up: bool, rows: usize) -> Scroll {
        let top = self.top();
        self.held(if up { self.above(top, rows) } else { self.below(top, rows) })
    }

    /// With the oldest entry at the top.
    pub fn oldest(&self) -> Scroll {
        self.held((0, 0))
    }

    fn held(&self, place: Place) -> Scroll {
        let since = self.since();
        match self.log.get(place.0) {
            Some(entry) if place < self.newest_top() => Scroll::At { entry: entry.id, row: place.1, since },
            _ => Scroll::Newest,
        }
    }

    fn rows(&self, at: usize) -> usize {
        self.log.get(at).map_or(0, |e| e.rows(self.width))
    }

    /// The place at the top of the pane.
    fn top(&self) -> Place {
        let newest = self.newest_top();
        match self.scroll {
            Scroll::Newest => newest,
            Scroll::At { entry, row, .. } => {
                let at = self.log.position(entry).unwrap_or(0); // a forgotten entry was the oldest
                (at, row.min(self.rows(at).saturating_sub(1))).min(newest)
            }
        }
    }

    /// The place at the top when the newest row is at the bottom.
    fn newest_top(&self) -> Place {
        let Some(last) = self.log.len().checked_sub(1) else { return (0, 0) };
        self.above((last, self.rows(last).saturating_sub(1)), self.height.saturating_sub(1))
    }

    fn above(&self, (mut at, mut row): Place, mut rows: usize) -> Place {
        while rows > row {
            if at == 0 {
                return (0, 0);
            }
            rows -= row + 1;
            at -= 1;
            row = self.rows(at).saturating_sub(1);
        }
        (at, row - rows)
    }

    fn below(&self, (mut at, mut row): Place, mut rows: usize) -> Place {
        while at < self.log.len() && row + rows >= self.rows(at) {
            rows -= (self.rows(at) - row).min(rows);
            (at, row) = (at + 1, 0);
        }
        (at, row + rows)
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;

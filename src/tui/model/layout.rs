//! How the screen is divided, as plain numbers: `update` scrolls by it and the view draws by it.

/// A part of the screen, in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Area {
    /// Left edge.
    pub x: u16,
    /// Top edge.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// Where each pane is; the picture is in [`view`](crate::tui::view).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layout {
    /// A pop-up, above what was said.
    pub popup: Option<Area>,
    /// The rooms and conversations, where there are several.
    pub bar: Option<Area>,
    /// What was said.
    pub log: Area,
    /// Who is here.
    pub people: Option<Area>,
    /// The status line.
    pub status: Option<Area>,
    /// What is being written.
    pub composer: Area,
}

/// From this width on the people pane is shown unasked.
pub(super) const WIDE: u16 = 90;
/// Rows of a pop-up with one row of text.
const LEAST_POPUP: u16 = 3;
/// Columns of the people pane, the gap to the log not counted.
const PEOPLE: u16 = 22;

impl Layout {
    /// Divides a screen. The composer wants `composer_rows`; `people` shows or hides their pane, none leaves that to the width.
    pub fn new(width: u16, height: u16, composer_rows: usize, people: Option<bool>) -> Self {
        let composer =
            u16::try_from(composer_rows).unwrap_or(u16::MAX).min(height.saturating_sub(2)).max(1).min(height);
        let status = u16::from(height > composer + 1);
        let log = height - composer - status;
        let row = |y, height| Area { x: 0, y, width, height };
        let mut layout = Self {
            popup: None,
            bar: None,
            log: row(0, log),
            people: None,
            status: (status > 0).then(|| row(log, status)),
            composer: row(log + status, composer),
        };
        if people.unwrap_or(width >= WIDE) {
            // Beside the log where that leaves it room, else in its place.
            let beside = width >= 2 * PEOPLE;
            let pane = if beside { PEOPLE } else { width };
            layout.people = Some(Area { x: width - pane, y: 0, width: pane, height: log });
            layout.log.width = if beside { width - pane - 1 } else { 0 };
        }
        layout
    }

    /// Makes room for the bar, unless the log would have no two rows.
    #[must_use]
    pub fn with_bar(mut self, wanted: bool) -> Self {
        if !wanted || self.log.height < 3 {
            return self;
        }
        let width = self.people.map_or(self.log.width, |p| p.x + p.width);
        self.bar = Some(Area { x: 0, y: 0, width, height: 1 });
        for pane in [Some(&mut self.log), self.people.as_mut()].into_iter().flatten() {
            pane.y += 1;
            pane.height -= 1;
        }
        self
    }

    /// Makes room for a pop-up that wants `rows`: it gets up to half of what the log has, so that the log is moved down and
    /// what is being written stays where it is. None on a screen that is too small, where the log alone tells of it.
    #[must_use]
    pub fn with_popup(mut self, rows: usize) -> Self {
        let most = (self.log.height / 2).max(LEAST_POPUP);
        if rows == 0 || self.log.height <= LEAST_POPUP {
            return self;
        }
        let height = u16::try_from(rows).unwrap_or(u16::MAX).min(most);
        let width = self.people.map_or(self.log.width, |p| p.x + p.width);
        self.popup = Some(Area { x: 0, y: self.log.y, width, height });
        for pane in [Some(&mut self.log), self.people.as_mut()].into_iter().flatten() {
            pane.y += height;
            pane.height -= height;
        }
        self
    }
}

/// The columns beside the text of a line: time and name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gutter {
    /// Whether the time is shown.
    pub time: bool,
    /// Columns of the name; with 0 it stands before the text instead.
    pub name: usize,
    /// Columns by which rows after the first hang back where there is no name column: so that no text that somebody
    /// sends can look like the start of another line.
    pub hang: usize,
}

impl Gutter {
    /// The gutter of a log that is `width` columns wide.
    pub fn of(width: u16) -> Self {
        match width {
            0..4 => Self { time: false, name: 0, hang: 0 },
            4..24 => Self { time: false, name: 0, hang: 1 },
            24..36 => Self { time: false, name: 7, hang: 0 },
            36..60 => Self { time: true, name: 8, hang: 0 },
            60..90 => Self { time: true, name: 11, hang: 0 },
            _ => Self { time: true, name: 13, hang: 0 },
        }
    }

    /// Its columns: those left of the text, the spaces after time and name counted.
    pub fn columns(self) -> usize {
        let time = if self.time { 6 } else { 0 };
        let name = if self.name > 0 { self.name + 1 } else { 0 };
        time + name + self.hang
    }

    /// Columns left for text in a log that is `width` columns wide; at least 1.
    pub fn body(self, width: u16) -> usize {
        usize::from(width).saturating_sub(self.columns()).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_fill_the_screen_at_every_size() {
        for width in 0..=140 {
            for height in 0..=20 {
                for rows in [1, 3, 6] {
                    for people in [None, Some(true), Some(false)] {
                        let l = Layout::new(width, height, rows, people);
                        let status = l.status.map_or(0, |a| a.height);
                        assert_eq!(l.log.height + status + l.composer.height, height);
                        let pane = l.people.map_or(0, |a| a.width + u16::from(l.log.width > 0));
                        assert_eq!(l.log.width + pane, width);
                        assert_eq!(l.composer.height == 0, height == 0);
                    }
                }
            }
        }
    }

    #[test]
    fn a_pop_up_moves_the_log_and_nothing_else() {
        for width in [10, 40, 89, 120] {
            for height in 0..=40 {
                let without = Layout::new(width, height, 2, None);
                let with = without.with_popup(30);
                assert_eq!((with.composer, with.status), (without.composer, without.status));
                let popup = with.popup.map_or(0, |a| a.height);
                assert_eq!(with.log.height + popup, without.log.height);
                assert_eq!((with.log.y, with.people.map(|p| p.y)), (popup, without.people.map(|_| popup)));
                assert!(popup == 0 || (popup >= 3 && with.log.height > 0), "{height}");
                assert_eq!(without.with_popup(0), without);
            }
        }
    }

    #[test]
    fn a_small_screen_keeps_a_row_of_the_log() {
        assert_eq!(Layout::new(40, 4, 6, None).log.height, 1);
        assert_eq!(Layout::new(89, 24, 1, None).people, None);
        assert_eq!(Layout::new(90, 24, 1, None).people.map(|a| a.width), Some(22));
    }
}

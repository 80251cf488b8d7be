//! A backend that keeps rows right on terminals that measure text otherwise than this program.
//!
//! Terminals disagree on how wide many characters are: emoji of several parts, flags, clusters of Devanagari, all that is
//! "ambiguous" in UAX #11. Two things would go wrong: what follows in the row would be shifted, and what such a character
//! leaves in cells that it is not believed to fill would stay there. So after each of them the cursor is placed anew, the
//! cells that it should fill are blanked before, and a row that has or had one is always written whole.

use std::io;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Cell, CellDiffOption, CellWidth};
use ratatui::layout::{Position, Size};
use unicode_properties::UnicodeEmoji;
use unicode_width::UnicodeWidthChar;

use super::linked;

/// A backend, and what is on its screen.
#[derive(Debug)]
pub(super) struct Steady<B> {
    inner: B,
    rows: Vec<Row>,
}

/// A row of the screen.
#[derive(Debug, Default, Clone)]
struct Row {
    cells: Vec<Cell>,
    /// Something in it is measured differently.
    doubtful: bool,
    /// Something in it has changed.
    changed: bool,
}

impl<B: Backend<Error = io::Error>> Steady<B> {
    pub(super) fn new(inner: B) -> Self {
        Self { inner, rows: Vec::new() }
    }

    pub(super) fn inner_mut(&mut self) -> &mut B {
        &mut self.inner
    }

    fn note(&mut self, x: u16, y: u16, cell: &Cell) {
        let (x, y) = (usize::from(x), usize::from(y));
        if self.rows.len() <= y {
            self.rows.resize_with(y + 1, Row::default);
        }
        let Some(row) = self.rows.get_mut(y) else { return };
        if row.cells.len() <= x {
            row.cells.resize_with(x + 1, Cell::default);
        }
        row.changed = true;
        if let Some(known) = row.cells.get_mut(x) {
            known.clone_from(cell);
        }
        // What a wide character covers is not there any more.
        for covered in row.cells.iter_mut().skip(x + 1).take(wide(cell) - 1) {
            covered.reset();
        }
    }

    /// Writes row `y` whole. After each character in doubt the cursor is placed anew, since each call begins with that.
    fn write_row(&mut self, y: u16, cells: &[Cell]) -> io::Result<()> {
        let mut run: Vec<(u16, u16, &Cell)> = Vec::new();
        let mut x = 0;
        while let Some(cell) = cells.get(usize::from(x)) {
            let columns = u16::try_from(wide(cell)).unwrap_or(1);
            if is_doubtful(cell) {
                let mut blank = cell.clone();
                blank.set_symbol(" ");
                self.write(run.drain(..))?;
                self.write((x..x + columns).map(|x| (x, y, &blank)))?;
                self.write(std::iter::once((x, y, cell)))?;
            } else {
                run.push((x, y, cell));
            }
            x += columns;
        }
        self.write(run.into_iter())
    }

    fn write<'a>(&mut self, cells: impl Iterator<Item = linked::Placed<'a>>) -> io::Result<()> {
        linked::draw(cells, |cells| self.inner.draw(cells))
    }
}

/// Columns that are left for a cell, at least 1.
fn wide(cell: &Cell) -> usize {
    match cell.diff_option {
        CellDiffOption::ForcedWidth(wide) => usize::from(wide.get()),
        _ => usize::from(cell.cell_width()).max(1),
    }
}

/// Whether terminals may give it another width than this program.
fn is_doubtful(cell: &Cell) -> bool {
    let symbol = cell.symbol();
    if symbol.is_ascii() {
        return false; // nearly all are, also links
    }
    let mut chars = linked::shown(symbol).unwrap_or(symbol).chars();
    match (chars.next(), chars.next()) {
        // Bars stand side by side: where one is wide, all are, and nothing is gained by placing each.
        (Some('\u{2580}'..='\u{259f}'), None) => false,
        (Some(c), None) => !c.is_ascii() && (c.is_emoji_char() || c.width() != c.width_cjk()),
        (Some(' '), _) => false, // a blank with a mark of direction
        _ => true,
    }
}

impl<B: Backend<Error = io::Error>> Backend for Steady<B> {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        let content: Vec<_> = content.collect();
        for (x, y, cell) in &content {
            self.note(*x, *y, cell);
        }
        // Rows that are sure in both pictures go as they came.
        let mut whole = Vec::new();
        for (row, y) in self.rows.iter_mut().zip(0_u16..) {
            if std::mem::take(&mut row.changed) {
                let before = std::mem::replace(&mut row.doubtful, row.cells.iter().any(is_doubtful));
                if before || row.doubtful {
                    whole.push(y);
                }
            }
        }
        self.write(content.into_iter().filter(|(_, y, _)| whole.binary_search(y).is_err()))?;
        // The status line goes from edge to edge.
        let columns = self.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        for y in whole {
            let cells = self.rows.get_mut(usize::from(y)).map(|row| std::mem::take(&mut row.cells));
            let mut cells = cells.unwrap_or_default();
            if cells.len() < columns {
                cells.resize_with(columns, Cell::default); // what is too wide may have gone further than was written
            }
            let written = self.write_row(y, &cells);
            if let Some(row) = self.rows.get_mut(usize::from(y)) {
                row.cells = cells;
            }
            written?;
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.rows.clear();
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.rows.clear(); // ratatui clears all or nothing
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests;

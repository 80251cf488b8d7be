//! Links that are opened and closed once, not around each of their cells: an address of a thousand characters would be
//! written a thousand times.

use ratatui::buffer::Cell;

/// Begins a link (OSC 8).
const OPEN: &str = "\x1b]8;";
/// Ends what begins a link: ST.
const ST: &str = "\x1b\\";
/// Ends a link.
const CLOSE: &str = "\x1b]8;;\x1b\\";

/// A cell, and where it is.
pub(super) type Placed<'a> = (u16, u16, &'a Cell);

/// What a cell of a link shows; none where it belongs to none.
pub(super) fn shown(symbol: &str) -> Option<&str> {
    parts(symbol).map(|(_, shown)| shown)
}

/// Where a cell's link leads, and what is shown.
fn parts(symbol: &str) -> Option<(&str, &str)> {
    let (address, rest) = symbol.strip_prefix(OPEN)?.split_once(ST)?;
    Some((address, rest.strip_suffix(CLOSE)?))
}

/// Draws `cells` so that what follows each other of one link is one link.
pub(super) fn draw<'a, T>(
    cells: impl Iterator<Item = Placed<'a>>,
    draw: impl FnOnce(&mut dyn Iterator<Item = Placed<'_>>) -> T,
) -> T {
    let cells: Vec<_> = cells.collect();
    let joined: Vec<Option<Cell>> = (0..cells.len()).map(|at| joined(&cells, at)).collect();
    let mut cells =
        cells.iter().zip(&joined).map(|((x, y, cell), joined)| (*x, *y, joined.as_ref().unwrap_or(cell)));
    draw(&mut cells)
}

/// The cell at `at` without what its neighbours of the same link write for it; none where it stays as it is.
fn joined(cells: &[Placed<'_>], at: usize) -> Option<Cell> {
    let (_, _, cell) = cells.get(at)?;
    let (address, shown) = parts(cell.symbol())?;
    let same = |at: Option<usize>| {
        let other = at.and_then(|at| cells.get(at)).and_then(|(_, _, other)| parts(other.symbol()));
        other.is_some_and(|(other, _)| other == address)
    };
    let mut symbol = String::new();
    if !same(at.checked_sub(1)) {
        symbol.extend([OPEN, address, ST]);
    }
    symbol.push_str(shown);
    if !same(at.checked_add(1)) {
        symbol.push_str(CLOSE);
    }
    let mut joined = (*cell).clone();
    joined.set_symbol(&symbol);
    Some(joined)
}

//! What only a terminal understands, as a last pass over the picture that tests leave out: links that can be clicked
//! (OSC 8) and marks that keep right-to-left text apart from the name before it (UAX #9).
//!
//! Each cell of an address has the whole address and one id, so that all its rows are one link to the terminal, whichever of
//! them are drawn.

use std::num::NonZeroU16;

use ratatui::buffer::{Buffer, CellDiffOption};

use super::log::{Placed, cells, rows};
use crate::tui::model::{Area, Model, What};
use crate::tui::text::{links, rtl, width};

/// Bytes of an address; VTE takes no longer one, and each cell holds it.
const MOST: usize = 2083;
/// LEFT-TO-RIGHT MARK: what follows is put in order on its own, and the row runs from the left.
const LEFT_TO_RIGHT: char = '\u{200e}';

/// Adds to the picture of `model` what a terminal can do with it.
pub fn finish(buffer: &mut Buffer, model: &Model) {
    if !super::shows_log(model) || (buffer.area.width, buffer.area.height) != model.size {
        return;
    }
    let area = model.layout().log;
    for placed in rows(model, area) {
        if matches!(placed.entry.what(), What::Line { .. }) {
            link(buffer, area, &placed);
        }
        let (_, name) = placed.entry.name();
        if rtl::is_in(placed.row.of(placed.body.text().as_str()))
            || (placed.n == 0 && rtl::is_in(name.as_str()))
        {
            isolate(buffer, area, &placed);
        }
    }
}

fn link(buffer: &mut Buffer, area: Area, placed: &Placed<'_>) {
    let text = placed.body.text().as_str();
    for (n, place) in links::links(text).into_iter().enumerate() {
        let Some(cells) = cells(placed, &place, area.x + area.width) else { continue };
        let address = links::ascii(text.get(place).unwrap_or_default());
        if address.len() > MOST {
            continue;
        }
        let open = format!("\x1b]8;id=lanchat{}-{n};{address}\x1b\\", placed.entry.id.0);
        let mut x = cells.x;
        while x < cells.right() {
            let Some(cell) = buffer.cell_mut((x, placed.y)) else { break };
            let symbol = cell.symbol().to_owned();
            let wide = u16::try_from(width::columns(&symbol)).unwrap_or(1).max(1);
            cell.set_symbol(&format!("{open}{symbol}\x1b]8;;\x1b\\"));
            if let Some(wide) = NonZeroU16::new(wide) {
                cell.set_diff_option(CellDiffOption::ForcedWidth(wide));
            }
            x += wide;
        }
    }
}

/// Puts the mark into the blank before the text, or behind the name where that stands before the text, and into the
/// blank between the log and what is beside it.
fn isolate(buffer: &mut Buffer, area: Area, placed: &Placed<'_>) {
    let before = placed.x.checked_sub(1);
    let (_, name) = placed.entry.name();
    let behind =
        u16::try_from(width::columns(name.as_str()) + 1).ok().map(|wide| placed.x.saturating_add(wide));
    for x in [before, behind.filter(|_| placed.n == 0), Some(area.x + area.width)].into_iter().flatten() {
        let Some(cell) = buffer.cell_mut((x, placed.y)).filter(|cell| cell.symbol() == " ") else { continue };
        cell.set_symbol(&format!(" {LEFT_TO_RIGHT}"));
        cell.set_diff_option(CellDiffOption::ForcedWidth(NonZeroU16::MIN));
    }
}

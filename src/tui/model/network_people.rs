//! The table of people in the network view: as many columns as there is room for, the rest of what is known below the name.

use super::body::{Body, Role};
use super::{Model, Pings, trust_mark};
use crate::chat::{Peer, PeerState};
use crate::text::SafeText;
use crate::tui::text::width;

/// The columns in their order, each with its turn when room is given out.
const COLUMNS: [(&str, u8); 9] = [
    ("name", 0),
    ("address", 4),
    ("round trip", 1),
    ("loss", 2),
    ("lines", 3),
    ("trust", 5),
    ("by", 6),
    ("state", 7),
    ("host", 8),
];
/// Columns of a name at most.
const NAME: usize = 16;

/// The head and one row or two for each peer, `columns` wide.
pub(super) fn table(model: &Model, columns: u16) -> Vec<Body> {
    let facts: Vec<(&Peer, [String; COLUMNS.len()])> =
        model.people.list().iter().map(|peer| (peer, facts(model, peer))).collect();
    let widths: [usize; COLUMNS.len()] = std::array::from_fn(|n| {
        let head = COLUMNS.get(n).map_or(0, |c| c.0.len());
        let cells = facts.iter().filter_map(|(_, cells)| cells.get(n)).map(|cell| width::columns(cell));
        cells.max().unwrap_or(0).max(head).min(if n == 0 { NAME } else { usize::MAX })
    });
    let shown = fitting(&widths, usize::from(columns));
    let mut rows = Vec::new();
    let head: Vec<String> =
        shown.iter().filter_map(|n| Some(pad(COLUMNS.get(*n)?.0, *widths.get(*n)?))).collect();
    rows.push(Body::new(Role::Dim, &SafeText::line(head.join(" ").trim_end())));
    for (peer, cells) in &facts {
        let quiet = peer.state == PeerState::Quiet;
        let (role, rest) = if quiet { (Role::Dim, Role::Dim) } else { (Role::Peer(peer.id), Role::Text) };
        let mut row = Body::default();
        for n in &shown {
            let (Some(cell), Some(wide)) = (cells.get(*n), widths.get(*n)) else { continue };
            if *n == 0 {
                let (look, mark) = mark(peer);
                let name = format!("{} ", pad(peer.name.as_str(), wide.saturating_sub(width::columns(mark))));
                row = row.and(look, &SafeText::line(mark)).and(role, &SafeText::line(&name));
                continue;
            }
            let last = Some(n) == shown.last();
            let text = if last { width::shorten(cell, *wide) } else { format!("{} ", pad(cell, *wide)) };
            row = row.and(rest, &SafeText::line(&text));
        }
        rows.push(row);
        let below: Vec<String> = cells
            .iter()
            .enumerate()
            .filter(|(n, cell)| !shown.contains(n) && !cell.is_empty() && *cell != PeerState::Here.as_str())
            .map(|(n, cell)| {
                if COLUMNS.get(n).is_some_and(|c| c.0 == "by") { format!("by {cell}") } else { cell.clone() }
            })
            .collect();
        if !below.is_empty() {
            let text = width::shorten(&below.join(" · "), usize::from(columns).saturating_sub(2));
            rows.push(Body::new(Role::Dim, &SafeText::line(&format!("  {text}"))));
        }
    }
    rows
}

/// The columns that fit, in the order in which they are shown; the name always does.
fn fitting(widths: &[usize; COLUMNS.len()], columns: usize) -> Vec<usize> {
    let mut turns: Vec<(u8, usize)> = (0..).zip(&COLUMNS).map(|(n, c)| (c.1, n)).collect();
    turns.sort_unstable();
    let (mut used, mut shown) = (0, Vec::new());
    for (turn, n) in turns {
        let wide = widths.get(n).copied().unwrap_or(0) + usize::from(turn > 0);
        if turn == 0 || used + wide <= columns {
            used += wide;
            shown.push(n);
        }
    }
    shown.sort_unstable();
    shown
}

/// How far to believe that it is who it says, before its name as in the log.
fn mark(peer: &Peer) -> (Role, &'static str) {
    trust_mark(peer.trust).unwrap_or((Role::Dim, ""))
}

fn facts(model: &Model, peer: &Peer) -> [String; COLUMNS.len()] {
    let pings = model.net.pings(peer.id);
    let rtt = pings.and_then(|p| p.rtts.back().copied()).or(peer.rtt);
    let by = model.net.report.as_ref().and_then(|r| r.interface_of(peer.address));
    [
        format!("{}{}", mark(peer).1, peer.name),
        peer.address.to_string(),
        rtt.map_or("…".to_owned(), |rtt| format!("{:.1} ms", rtt.as_secs_f64() * 1000.0)),
        pings.and_then(Pings::loss).map_or(String::new(), |loss| format!("{loss} %")),
        model.net.lines(peer.id).to_string(),
        peer.trust.as_str().to_owned(),
        by.unwrap_or("").to_owned(),
        peer.state.as_str().to_owned(),
        peer.host.to_string(),
    ]
}

pub(super) fn pad(text: &str, columns: usize) -> String {
    let short = width::shorten(text, columns);
    let spaces = columns.saturating_sub(width::columns(&short));
    format!("{short}{}", " ".repeat(spaces))
}

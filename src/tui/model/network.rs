//! The network view as rows of text: who is where, how far away, what the wire carries, what this node counts.
//!
//! Each section is a function that adds its rows, so that others have their place beside them.

use std::time::Duration;

use super::body::{Body, Role};
use super::net::Net;
use super::{Model, Pings};
use crate::chat::{Peer, PeerState};
use crate::session::{Network, Report};
use crate::text::SafeText;
use crate::tui::text::width;

/// Columns of the table of people, each with the least width of the view from which on it is shown.
const COLUMNS: [(&str, usize, u16); 9] = [
    ("name", 12, 0),
    ("address", 15, 36),
    ("round trip", 10, 0),
    ("loss", 5, 32),
    ("state", 6, 60),
    ("trust", 9, 70),
    ("lines", 5, 90),
    ("by", 9, 56),
    ("host", 15, 100),
];
/// Bars of a sparkline, from nothing to much.
const BARS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// All rows of the view, `columns` wide.
pub fn network_page(model: &Model, columns: u16) -> Vec<Body> {
    let mut page = Page { rows: Vec::new(), columns };
    people(&mut page, model);
    let empty = Report::default();
    let report = model.net.report.as_ref().unwrap_or(&empty);
    traffic(&mut page, report);
    round_trips(&mut page, &model.net);
    interfaces(&mut page, model.network.as_ref().unwrap_or(&report.network));
    neighbours(&mut page, report);
    counters(&mut page, report);
    page.rows
}

struct Page {
    rows: Vec<Body>,
    columns: u16,
}

impl Page {
    fn title(&mut self, text: &str) {
        if !self.rows.is_empty() {
            self.rows.push(Body::default());
        }
        self.rows.push(Body::new(Role::Title, &SafeText::line(text)));
    }

    fn row(&mut self, pieces: &[(Role, &str)]) {
        let add = |body: Body, (role, text): &(Role, &str)| body.and(*role, &SafeText::line(text));
        self.rows.push(pieces.iter().fold(Body::default(), add));
    }
}

fn people(page: &mut Page, model: &Model) {
    let people = model.people.list();
    page.title(&match people.len() {
        0 => "nobody else is here yet".to_owned(),
        1 => "one other is here".to_owned(),
        n => format!("{n} others are here"),
    });
    if people.is_empty() {
        return;
    }
    let shown: Vec<(usize, usize)> =
        (0..).zip(&COLUMNS).filter(|(_, c)| c.2 <= page.columns).map(|(n, c)| (n, c.1)).collect();
    let line = |cells: [&str; COLUMNS.len()]| {
        let cell = |(n, wide): &(usize, usize)| pad(cells.get(*n).copied().unwrap_or_default(), *wide);
        shown.iter().map(cell).collect::<Vec<_>>()
    };
    let head = line(COLUMNS.map(|c| c.0)).join(" ");
    page.row(&[(Role::Dim, head.trim_end())]);
    for peer in people {
        let facts = facts(model, peer);
        let cells = line(facts.each_ref().map(String::as_str));
        let (name, rest) =
            cells.split_first().map_or((String::new(), String::new()), |(n, r)| (n.clone(), r.join(" ")));
        let quiet = peer.state == PeerState::Quiet;
        let role = if quiet { Role::Dim } else { Role::Peer(peer.id) };
        let rest_role = if quiet { Role::Dim } else { Role::Text };
        page.row(&[(role, &name), (rest_role, " "), (rest_role, rest.trim_end())]);
    }
}

fn facts(model: &Model, peer: &Peer) -> [String; COLUMNS.len()] {
    let pings = model.net.pings(peer.id);
    let rtt = pings.and_then(|p| p.rtts.back().copied()).or(peer.rtt);
    let by = model.net.report.as_ref().and_then(|r| r.interface_of(peer.address));
    [
        peer.name.to_string(),
        peer.address.to_string(),
        rtt.map_or("…".to_owned(), duration),
        pings.and_then(Pings::loss).map_or(String::new(), |loss| format!("{loss} %")),
        peer.state.as_str().to_owned(),
        peer.trust.as_str().to_owned(),
        model.net.lines(peer.id).to_string(),
        by.unwrap_or("").to_owned(),
        peer.host.to_string(),
    ]
}

fn traffic(page: &mut Page, report: &Report) {
    if report.traffic.is_empty() {
        return;
    }
    let room = usize::from(page.columns.saturating_sub(22)).clamp(8, 120);
    // The last second has only begun.
    let whole = report.traffic.split_last().map_or(&[][..], |(_, whole)| whole);
    let last = whole.get(whole.len().saturating_sub(room)..).unwrap_or_default();
    page.title(&format!("datagrams a second, the last {} s", last.len()));
    for (name, values) in
        [("in ", last.iter().map(|s| s.1).collect::<Vec<_>>()), ("out", last.iter().map(|s| s.0).collect())]
    {
        let most = values.iter().copied().max().unwrap_or(0);
        let line: String = values.iter().map(|v| bar(*v, most)).collect();
        page.row(&[
            (Role::Dim, name),
            (Role::Text, " "),
            (Role::Graph, &line),
            (Role::Dim, &format!(" most {most}")),
        ]);
    }
}

fn round_trips(page: &mut Page, net: &Net) {
    let counts = net.histogram();
    let most = counts.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return;
    }
    page.title("round trips");
    let room = u32::from(page.columns.saturating_sub(20).clamp(4, 60));
    let first = counts.iter().position(|n| *n > 0).unwrap_or(0);
    let last = counts.iter().rposition(|n| *n > 0).unwrap_or(0);
    for (at, count) in counts.iter().enumerate().take(last + 1).skip(first) {
        let label = match Net::BOUNDS.get(at) {
            Some(bound) => format!("under {:>6}", micros(*bound)),
            None => "longer      ".to_owned(),
        };
        let long = (count * room).div_ceil(most);
        let line = "█".repeat(usize::try_from(long).unwrap_or(0));
        page.row(&[
            (Role::Dim, &label),
            (Role::Text, " "),
            (Role::Graph, &line),
            (Role::Text, &format!(" {count}")),
        ]);
    }
}

fn interfaces(page: &mut Page, network: &Network) {
    page.title("interfaces");
    if network.interfaces.is_empty() {
        page.row(&[(Role::Error, "none: is the cable in, and who else uses the port?")]);
    }
    for i in &network.interfaces {
        let way = format!("{} → {}", i.address, i.broadcast);
        page.row(&[(Role::Text, &pad(&i.name, 10)), (Role::Text, " "), (Role::Text, &way)]);
        if let Some(problem) = &i.problem {
            page.row(&[(Role::Error, &format!("  cannot send: {problem}"))]);
        }
    }
    for waiting in &network.waiting {
        page.row(&[(Role::Error, waiting)]);
    }
    page.row(&[(Role::Dim, &format!("port {}, replies to port {}", network.port, network.reply_port))]);
}

fn neighbours(page: &mut Page, report: &Report) {
    if report.neighbours.is_empty() {
        return;
    }
    page.title("computers that announce themselves");
    for n in &report.neighbours {
        let facts = [n.kind.words(), n.comment.to_string(), n.address.to_string()];
        let facts = facts.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join(" · ");
        page.row(&[(Role::Text, &pad(n.name.as_str(), 15)), (Role::Text, " "), (Role::Dim, &facts)]);
    }
}

fn counters(page: &mut Page, report: &Report) {
    page.title("this node, since the start");
    let c = &report.network.counters;
    let facts = [
        ("sent", c.sent),
        ("received", c.received),
        ("heard twice", c.duplicates),
        ("rejected", c.rejected),
        ("dropped", c.dropped),
        ("handed on here", c.relayed),
        ("repairs asked for", report.mended.asked),
        ("repairs sent", report.mended.sent),
        ("datagrams held", u64::try_from(report.held).unwrap_or(u64::MAX)),
        ("authors with gaps", u64::try_from(report.wanted).unwrap_or(u64::MAX)),
        ("lost on the way here, %", u64::from(report.loss)),
    ];
    let per_row = if page.columns >= 64 { 2 } else { 1 };
    for pair in facts.chunks(per_row) {
        let cells: Vec<String> = pair.iter().map(|(name, n)| format!("{name:<24}{n:>7}")).collect();
        page.row(&[(Role::Text, &cells.join("   "))]);
    }
}

fn bar(value: u32, most: u32) -> &'static str {
    let top = u64::try_from(BARS.len() - 1).unwrap_or(1);
    let level = (u64::from(value) * top).div_ceil(u64::from(most.max(1)));
    usize::try_from(level).ok().and_then(|level| BARS.get(level)).copied().unwrap_or(" ")
}

fn pad(text: &str, columns: usize) -> String {
    let short = width::shorten(text, columns);
    let spaces = columns.saturating_sub(width::columns(&short));
    format!("{short}{}", " ".repeat(spaces))
}

fn duration(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn micros(micros: u128) -> String {
    match micros {
        0..1000 => format!("0.{} ms", micros / 100),
        1000..1_000_000 => format!("{} ms", micros / 1000),
        _ => format!("{} s", micros / 1_000_000),
    }
}

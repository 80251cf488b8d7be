//! The network view as rows of text: who is where, how far away, what the wire carries, what this node counts.
//!
//! Each section is a function that adds its rows, so that others have their place beside them.

use super::body::{Body, Role};
use super::net::Net;
use super::network_people::pad;
use super::{Model, network_people, troubles};
use crate::session::{Network, Report};
use crate::text::SafeText;
use crate::tui::text::wrap;

/// Bars of a sparkline, from nothing to much.
const BARS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// All rows of the view, `columns` wide.
pub fn network_page(model: &Model, columns: u16) -> Vec<Body> {
    let mut page = Page { rows: Vec::new(), columns };
    trouble(&mut page, model);
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

/// What is wrong, or that nothing is.
fn trouble(page: &mut Page, model: &Model) {
    let troubles = troubles(model);
    page.title(match troubles.len() {
        0 => "nothing seems to be wrong",
        1 => "something is wrong",
        _ => "what is wrong",
    });
    let room = usize::from(page.columns).saturating_sub(2).max(1);
    for text in troubles {
        let text = SafeText::line(&text);
        for (n, row) in wrap(text.as_str(), room).iter().enumerate() {
            let sign = if n == 0 { "! " } else { "  " };
            page.row(&[(Role::Error, sign), (Role::Error, row.of(text.as_str()))]);
        }
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
    page.rows.extend(network_people::table(model, page.columns));
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

fn micros(micros: u128) -> String {
    match micros {
        0..1000 => format!("0.{} ms", micros / 100),
        1000..1_000_000 => format!("{} ms", micros / 1000),
        _ => format!("{} s", micros / 1_000_000),
    }
}

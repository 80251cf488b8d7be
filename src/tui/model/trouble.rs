//! What is wrong, in words: the first rows of the network view, which is opened when something is. The doctor
//! (`lanchat doctor`) knows more, because it may look at the machine.

use std::time::Duration;

use super::{Model, Pings};
use crate::chat::{PeerId, PeerState};
use crate::session::Reach;

/// After the start, how long it is no trouble that nobody was heard, in milliseconds.
const FIRST: u64 = 10_000;
/// Seconds without a datagram that are too many where others are: each tells of itself more often.
const SILENT: usize = 20;
/// Lost broadcasts, in percent, that people notice as lines that come late.
const LOSS: u8 = 10;
/// Unanswered pings, in percent, and how many there must have been.
const UNANSWERED: (u32, u32) = (20, 4);
/// A round trip that is long on one segment.
const LONG: Duration = Duration::from_millis(250);
/// Clocks that differ less are called equal, in milliseconds. Times are shown in minutes.
const CLOCK: i64 = 10_000;
/// Names written out; others are counted.
const NAMED: usize = 3;

/// Everything that seems to be wrong, the gravest first, each with what may help; empty when all is well.
pub fn troubles(model: &Model) -> Vec<String> {
    let mut all = Vec::new();
    let nobody = own(model, &mut all);
    if !nobody {
        others(model, &mut all);
    }
    all
}

/// Of this machine; true when nothing can be heard, so that nothing more need be said.
fn own(model: &Model, all: &mut Vec<String>) -> bool {
    let Some(network) = &model.network else { return true };
    all.extend(network.waiting.iter().map(|why| format!("{why}: it is waited for")));
    let reach = network.reach();
    if reach == Reach::Nobody {
        all.push(
            "this machine has no address on a network: nothing is sent; is the cable in, the Wi-Fi on?"
                .to_owned(),
        );
        return true;
    }
    for i in &network.interfaces {
        all.extend(i.problem.as_ref().map(|problem| {
            format!("{} cannot send: {problem}; a firewall of this machine may forbid it", i.name)
        }));
    }
    let alone = model.people.list().is_empty();
    if alone && reach == Reach::Machine {
        all.push("only this machine is reached: nobody else can be heard over the loopback".to_owned());
    } else if alone && model.now >= model.away.until + FIRST {
        all.push("nobody is heard; if somebody should be, lanchat doctor finds out why".to_owned());
    }
    alone
}

/// Of what comes from others, and does not.
fn others(model: &Model, all: &mut Vec<String>) {
    if let Some(report) = &model.net.report {
        let silent = report.traffic.iter().rev().take_while(|(_, into)| *into == 0).count();
        if silent >= SILENT {
            all.push(format!("nothing has come in for {silent} s: has the network gone?"));
        }
        if report.loss >= LOSS {
            all.push(format!(
                "{} % of what others broadcast does not arrive here and has to be sent again: weak Wi-Fi?",
                report.loss
            ));
        }
        if let loud @ [_, ..] = report.network.loud.as_slice() {
            let loud: Vec<String> = loud.iter().map(ToString::to_string).collect();
            all.push(format!(
                "flooding: {}; most of what comes from there is thrown away unread, so that others are heard",
                listed(&loud)
            ));
        } else if report.network.counters.dropped > 0 {
            all.push(format!(
                "{} datagrams were dropped because they came too fast: somebody floods, or this machine is busy",
                report.network.counters.dropped
            ));
        }
    }
    pings(model, all);
    clocks(model, all);
}

fn pings(model: &Model, all: &mut Vec<String>) {
    let here = || model.people.list().iter().filter(|p| p.state == PeerState::Here);
    let of = |wrong: &dyn Fn(&Pings) -> bool| -> Vec<PeerId> {
        here().filter(|p| model.net.pings(p.id).is_some_and(wrong)).map(|p| p.id).collect()
    };
    let asked = |p: &Pings| p.answered + p.lost >= UNANSWERED.1;
    let deaf = of(&|p| asked(p) && p.answered == 0);
    if !deaf.is_empty() {
        all.push(format!(
            "heard, but not answering what is sent to them alone: {}; allow UDP in the firewalls of both, private \
             lines need it",
            names(model, &deaf)
        ));
    }
    let loses = of(&|p| asked(p) && p.answered > 0 && p.loss().is_some_and(|loss| loss >= UNANSWERED.0));
    if !loses.is_empty() {
        all.push(format!("pings get lost on the way to {}", names(model, &loses)));
    }
    let far = of(&|p| p.rtts.back().is_some_and(|rtt| *rtt >= LONG));
    if !far.is_empty() {
        all.push(format!(
            "answers take long from {}: is the network, or that machine, busy?",
            names(model, &far)
        ));
    }
    let quiet: Vec<PeerId> =
        model.people.list().iter().filter(|p| p.state == PeerState::Quiet).map(|p| p.id).collect();
    if !quiet.is_empty() {
        all.push(format!("not heard for some seconds: {}", names(model, &quiet)));
    }
}

fn clocks(model: &Model, all: &mut Vec<String>) {
    let off: Vec<(PeerId, i64)> = model
        .people
        .list()
        .iter()
        .filter_map(|p| Some((p.id, model.net.ahead(p.id)?)))
        .filter(|(_, ahead)| ahead.abs() >= CLOCK)
        .collect();
    let told = model.people.list().iter().filter(|p| model.net.ahead(p.id).is_some()).count();
    let one_way = off.iter().all(|(_, ahead)| *ahead > 0) || off.iter().all(|(_, ahead)| *ahead < 0);
    match off.first() {
        Some((_, ahead)) if off.len() > 1 && off.len() == told && one_way => {
            let side = if *ahead > 0 { "behind" } else { "ahead of" };
            all.push(format!(
                "this machine's clock is {} s {side} all others: timedatectl set-ntp true",
                ahead.abs() / 1000
            ));
        }
        _ => {
            for (id, ahead) in off.iter().take(NAMED) {
                let side = if *ahead > 0 { "ahead of" } else { "behind" };
                let (name, by) = (model.peer_name(*id), ahead.abs() / 1000);
                all.push(format!("the clock of {name} is {by} s {side} this machine's"));
            }
        }
    }
}

fn names(model: &Model, ids: &[PeerId]) -> String {
    listed(&ids.iter().map(|id| model.peer_name(*id).to_string()).collect::<Vec<_>>())
}

/// The first few of them, and how many more there are.
fn listed(all: &[String]) -> String {
    let (first, more) = all.split_at(all.len().min(NAMED));
    match more.len() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
#[path = "trouble_tests.rs"]
mod tests;

//! `lanchat slot list`: the mailslots of this user on this machine.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use crate::cli::Failure;
use crate::cli::failure::tell;
use crate::mailslot::{Info, Listed, ReadTimeout, SlotPath};

/// List the mailslots that your programs serve on this machine
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lanchat slot list\n  lanchat slot list --json | jq -r .path")]
pub(in crate::cli) struct List {}

/// A mailslot as printed.
#[derive(Debug, Serialize)]
struct Row {
    path: String,
    pid: u32,
    /// Whether its server tells what waits; one that is stopped does not, and the rest is null.
    answers: bool,
    waiting: Option<usize>,
    /// Bytes of the message that is read next.
    next: Option<usize>,
    /// Most bytes of a message; null: any size.
    max_message: Option<usize>,
    /// Milliseconds; null: for ever.
    read_timeout: Option<u64>,
    dropped: Option<u64>,
}

impl List {
    #[allow(clippy::unused_self, reason = "as every command")]
    pub(super) fn run(self, json: bool) -> Result<(), Failure> {
        let all = crate::mailslot::list().map_err(|error| Failure::Failed(error.to_string()))?;
        if all.is_empty() {
            tell(
                "no program of yours serves a mailslot here; `lanchat slot read //./mailslot/NAME` makes one",
            );
        }
        let rows: Vec<_> = all.into_iter().map(Row::of).collect();
        let text = match json {
            true => rows.iter().filter_map(|r| serde_json::to_string(r).ok()).map(|l| l + "\n").collect(),
            false if rows.is_empty() => String::new(),
            false => table(&rows),
        };
        Ok(io::stdout().write_all(text.as_bytes())?)
    }
}

impl Row {
    fn of(listed: Listed) -> Self {
        let info = listed.info;
        let millis = |info: Info| match info.read_timeout {
            ReadTimeout::Immediate => Some(0),
            ReadTimeout::After(limit) => u64::try_from(limit.as_millis()).ok(),
            ReadTimeout::Forever => None,
        };
        Self {
            path: SlotPath::Local(listed.name).to_string(),
            pid: listed.pid,
            answers: info.is_some(),
            waiting: info.map(|info| info.waiting),
            next: info.and_then(|info| info.next),
            max_message: info.and_then(|info| info.max_message),
            read_timeout: info.and_then(millis),
            dropped: info.map(|info| info.dropped),
        }
    }

    fn cells(&self) -> [String; 7] {
        let number = |n: Option<u64>, none: &str| n.map_or(none.to_owned(), |n| n.to_string());
        let size = |n: Option<usize>, none: &str| n.map_or(none.to_owned(), |n| n.to_string());
        let unknown = |known: &'static str| if self.answers { known } else { "?" };
        [
            self.path.clone(),
            self.pid.to_string(),
            size(self.waiting, unknown("-")),
            size(self.next, unknown("-")),
            size(self.max_message, unknown("any")),
            number(self.read_timeout, unknown("forever")),
            number(self.dropped, unknown("-")),
        ]
    }
}

/// Names are ASCII, so that bytes are columns.
fn table(rows: &[Row]) -> String {
    let head = ["PATH", "PID", "WAITING", "NEXT", "MAX", "TIMEOUT", "DROPPED"].map(str::to_owned);
    let lines: Vec<_> = std::iter::once(head).chain(rows.iter().map(Row::cells)).collect();
    let mut widths = [0; 7];
    for line in &lines {
        widths.iter_mut().zip(line).for_each(|(width, cell)| *width = cell.len().max(*width));
    }
    let show = |line: &[String; 7]| {
        let pad = |(cell, width): (&String, usize)| cell.clone() + &" ".repeat(width - cell.len() + 2);
        line.iter().zip(widths).map(pad).collect::<String>().trim_end().to_owned() + "\n"
    };
    lines.iter().map(show).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_and_json() {
        let info = Info {
            max_message: Some(424),
            next: Some(0),
            waiting: 3,
            read_timeout: ReadTimeout::Immediate,
            dropped: 0,
        };
        let listed = |name: &str, info| Listed { name: name.parse().unwrap(), pid: 4711, info };
        let empty =
            Info { max_message: None, next: None, waiting: 0, read_timeout: ReadTimeout::Forever, ..info };
        let rows =
            [listed("sms", Some(info)), listed(r"a\b", Some(empty)), listed("stopped", None)].map(Row::of);
        let json: Vec<_> = rows.iter().map(|row| serde_json::to_string(row).unwrap()).collect();
        insta::assert_snapshot!(format!("{}\n{}", table(&rows), json.join("\n")));
    }
}

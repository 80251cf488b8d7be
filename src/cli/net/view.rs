//! `lanchat net view`: the computers that announce themselves.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::super::failure::tell;
use super::super::settings::Settings;
use super::super::signals::Signals;
use super::super::table::table;
use super::super::{Failure, duration, start};
use crate::neighbours::Neighbour;
use crate::text::SafeText;

/// List the computers that announce themselves: Windows, Samba, lanchat --announce
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lanchat net view --port 138\n  lanchat net view --port 138 --json | jq -r .name\n\n\
    All computers of the workgroup are asked to announce themselves, and each answers after a random time of up to \
    30 seconds. Ctrl+C ends sooner and prints who has answered. Some never answer and announce themselves each 12 minutes: \
    --wait 12m hears those, too."
)]
pub(super) struct View {
    /// How long to listen
    #[arg(long, value_name = "TIME", default_value = "32s", value_parser = duration::parse)]
    wait: Duration,
}

/// A computer as printed.
#[derive(Debug, Serialize)]
struct Row {
    name: SafeText,
    kind: String,
    comment: SafeText,
    address: String,
    os: String,
    bits: u32,
    age: f64,
}

impl View {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        let neighbours = start::block_on(async {
            let mut signals = Signals::new()?;
            let (neighbours, _popups) = super::hear(settings, false)?;
            if io::stderr().is_terminal() {
                tell(&format!("listening for {}; Ctrl+C ends sooner", duration::show(self.wait)));
            }
            neighbours.ask();
            tokio::select! {
                () = tokio::time::sleep(self.wait) => {}
                () = signals.next() => {}
            }
            Ok(neighbours.list().await)
        })?;
        if neighbours.is_empty() {
            return Err(Failure::Nobody(nobody(settings)));
        }
        let rows: Vec<_> = neighbours.iter().map(Row::of).collect();
        let text = if settings.json {
            rows.iter().filter_map(|row| serde_json::to_string(row).ok()).map(|line| line + "\n").collect()
        } else {
            table(&lines(&rows))
        };
        Ok(io::stdout().write_all(text.as_bytes())?)
    }
}

fn nobody(settings: &Settings) -> String {
    let (port, group) = (settings.port.value, &settings.workgroup.value.text);
    let cure = if port == 138 {
        "wait longer with --wait, or choose their --workgroup"
    } else {
        "Windows and Samba announce themselves on --port 138"
    };
    format!("no computer has announced itself on port {port} in {group}; {cure}")
}

impl Row {
    fn of(n: &Neighbour) -> Self {
        Self {
            name: n.name.clone(),
            kind: n.kind.words(),
            comment: n.comment.clone(),
            address: n.address.to_string(),
            os: format!("{}.{}", n.os.0, n.os.1),
            bits: n.kind.0,
            age: (n.age.as_secs_f64() * 10.0).round() / 10.0,
        }
    }
}

fn lines(rows: &[Row]) -> Vec<[String; 5]> {
    let head = ["NAME", "KIND", "ADDRESS", "AGE", "COMMENT"].map(str::to_owned);
    let cells = |r: &Row| {
        let age = format!("{:.0} s", r.age);
        [r.name.to_string(), r.kind.clone(), r.address.clone(), age, r.comment.to_string()]
    };
    std::iter::once(head).chain(rows.iter().map(cells)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smb::browse::ServerType;

    #[test]
    fn table_and_json() {
        let of = |name: &str, kind, comment: &str, seconds| {
            Row::of(&Neighbour {
                name: SafeText::line(name),
                kind: ServerType(kind),
                comment: SafeText::line(comment),
                os: (6, 1),
                address: [10, 77, 0, 1].into(),
                age: Duration::from_millis(seconds),
            })
        };
        let rows =
            [of("ORION", 0x0001_9a03, "Samba 4.17.12-Debian", 1_234), of("MÜLLER", 0x0040_0003, "", 720_000)];
        let json: Vec<_> = rows.iter().map(|row| serde_json::to_string(row).unwrap()).collect();
        insta::assert_snapshot!(format!("{}\n{}", table(&lines(&rows)), json.join("\n")));
    }
}

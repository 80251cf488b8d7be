//! `lanchat doctor`: why people do not hear each other, and what to do about it.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::settings::Settings;
use super::signals::Signals;
use super::{Failure, clock, duration, start};
use crate::doctor::{Ears, Finding, Level, Verdict, Wanted, diagnose, observe};
use crate::tui::text::wrap;

/// In less time one does not even hear oneself.
const SHORTEST: Duration = Duration::from_millis(500);
/// Columns of the output.
const WIDTH: usize = 80;
/// Columns of the word in front of each finding.
const MARGIN: usize = 9;

/// Find out why people do not hear each other
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code 0 when all is well, 1 when something is broken. With sudo it sees more: whose programs, \
    the packet filter's rules, datagrams that are dropped.\n\nExamples:\n  lanchat doctor\n  \
    sudo lanchat doctor --interface eth0 --wait 5s\n  lanchat doctor --json | jq -r 'select(.level==\"broken\").text'"
)]
pub(super) struct Doctor {
    /// How long to listen; up to twice as long where nobody is heard
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = duration::parse)]
    wait: Duration,
}

/// A line of JSON.
#[derive(Serialize)]
struct Line<'a, T> {
    r#type: &'static str,
    #[serde(flatten)]
    of: &'a T,
}

impl Doctor {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        let wanted = Wanted {
            interfaces: settings.interfaces.value.clone(),
            port: settings.port.value,
            workgroup: settings.workgroup.value.name.text(),
            wait: self.wait.max(SHORTEST),
        };
        let seen = start::block_on(async {
            let mut signals = Signals::new()?;
            let ears = Ears::open(&wanted);
            let mut running = start::observe(settings);
            let chat = match &mut running {
                Ok(running) => Ok((&running.session, &mut running.updates)),
                Err(failure) => Err(failure.to_string()),
            };
            let seen = tokio::select! {
                seen = observe(wanted, ears, chat, clock::now) => Some(seen),
                () = signals.next() => None,
            };
            if let Ok(running) = running {
                running.leave().await;
            }
            seen.ok_or_else(|| {
                Failure::Failed(
                    "interrupted before the end; let it listen, or give a shorter --wait".to_owned(),
                )
            })
        })?;
        let findings = diagnose(&seen);
        let verdict = Verdict::over(&findings, seen.peers.len());
        let colour = settings.color.value && io::stdout().is_terminal();
        let out = if settings.json { json(&findings, &verdict) } else { text(&findings, &verdict, colour) };
        let mut stdout = io::stdout().lock();
        stdout.write_all(out.as_bytes())?;
        stdout.flush()?;
        if verdict.level == Level::Broken { Err(Failure::Found) } else { Ok(()) }
    }
}

fn json(findings: &[Finding], verdict: &Verdict) -> String {
    let line = |text: Result<String, serde_json::Error>| text.ok().map(|text| text + "\n");
    let findings = findings.iter().map(|of| serde_json::to_string(&Line { r#type: "finding", of }));
    let verdict = serde_json::to_string(&Line { r#type: "verdict", of: verdict });
    findings.chain([verdict]).filter_map(line).collect()
}

fn text(findings: &[Finding], verdict: &Verdict, colour: bool) -> String {
    let mut out = String::new();
    for finding in findings {
        put(&mut out, finding.level, word(finding.level), &finding.text, colour);
        if let Some(cure) = &finding.cure {
            put(&mut out, Level::Fine, "", &format!("→ {cure}"), false);
        }
    }
    out.push('\n');
    put(&mut out, verdict.level, "verdict", &verdict.text, colour);
    out
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Fine => "ok",
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Broken => "BROKEN",
    }
}

/// A word in front, the text beside it in rows.
fn put(out: &mut String, level: Level, word: &str, text: &str, colour: bool) {
    let code = match level {
        Level::Fine => "32",
        Level::Note => "36",
        Level::Warning => "33",
        Level::Broken => "1;31",
    };
    let padded = format!("{word:MARGIN$}");
    let head = if colour && !word.is_empty() { format!("\x1b[{code}m{padded}\x1b[0m") } else { padded };
    let hanging = " ".repeat(MARGIN + if text.starts_with('→') { 2 } else { 0 });
    for (row, part) in wrap(text, WIDTH - hanging.len()).iter().enumerate() {
        let front = if row == 0 { &head } else { &hanging };
        let _ = writeln!(out, "{front}{}", part.of(text)); // writing to a String cannot fail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> Vec<Finding> {
        let finding = |check, level, text: &str, cure: Option<&str>, interface: Option<&str>| Finding {
            check,
            level,
            text: text.to_owned(),
            cure: cure.map(str::to_owned),
            interface: interface.map(str::to_owned),
        };
        vec![
            finding(
                "interface",
                Level::Fine,
                "e0 broadcasts from 10.77.0.1/24 to 10.77.0.255",
                None,
                Some("e0"),
            ),
            finding(
                "port",
                Level::Broken,
                "UDP port 13138 is taken by python3 (pid 4711), which does not share it",
                Some(
                    "end that program, or have everybody on this network use another --port, whichever is easier",
                ),
                None,
            ),
        ]
    }

    #[test]
    fn both_forms() {
        let verdict = Verdict::over(&findings(), 0);
        insta::assert_snapshot!(format!(
            "{}\n{}",
            text(&findings(), &verdict, false),
            json(&findings(), &verdict)
        ));
    }

    #[test]
    fn colours_only_the_words_and_rows_fit() {
        let verdict = Verdict::over(&findings(), 0);
        let plain = text(&findings(), &verdict, false);
        let coloured = text(&findings(), &verdict, true);
        assert!(coloured.contains("\x1b[1;31mBROKEN   \x1b[0mUDP"), "{coloured:?}");
        assert_eq!(coloured.replace("\x1b[1;31m", "").replace("\x1b[32m", "").replace("\x1b[0m", ""), plain);
        assert!(plain.lines().all(|line| line.chars().count() <= WIDTH), "{plain}");
    }
}

//! `lanchat tail`: what is heard, for scripts.

use std::time::Duration;

use clap::Args;

use super::output::Output;
use super::record::Record;
use super::settings::Settings;
use super::signals::{self, Signals};
use super::start::{self, Running};
use super::{Failure, clock, duration};

/// Print what is heard, without taking part
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lanchat tail\n  lanchat tail --json | jq 'select(.type == \"line\") | .text'\n  \
    lanchat tail --count 1 --timeout 30s    wait for one message; exit code 3 if none comes"
)]
pub(super) struct Tail {
    /// End after this many messages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    /// End after this time; with --count, too few messages by then are a failure (exit code 3)
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    timeout: Option<Duration>,
}

impl Tail {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        start::block_on(async {
            let mut signals = Signals::new()?;
            let mut running = start::observe(settings)?;
            let output = Output::start(settings.json);
            let (result, patience) = tokio::select! {
                result = self.print(&mut running, &output) => (result, None),
                () = output.closed() => (Ok(()), None),
                () = signals.next() => (Ok(()), Some(signals::PATIENCE)),
            };
            running.leave().await;
            output.finish(patience).await?;
            result
        })
    }

    async fn print(&self, running: &mut Running, output: &Output) -> Result<(), Failure> {
        let mut lines = 0;
        let all = async {
            while let Some(update) = running.updates.recv().await {
                let Some(record) = Record::of(update, clock::now()) else { continue };
                output.record(&record).await;
                lines += u32::from(record.is_line());
                if self.count.is_some_and(|count| lines >= count) {
                    return Ok(());
                }
            }
            Err(Running::ended())
        };
        let Some(limit) = self.timeout else { return all.await };
        if let Ok(done) = tokio::time::timeout(limit, all).await {
            return done;
        }
        match self.count {
            None => Ok(()),
            Some(count) => Err(Failure::Nobody(format!(
                "{lines} of {count} messages were heard within {}; wait longer with --timeout",
                duration::show(limit)
            ))),
        }
    }
}

//! `lanchat net listen`: pop-ups, as they come.

use std::time::Duration;

use clap::Args;

use super::super::enough::Enough;
use super::super::output::Output;
use super::super::record::Record;
use super::super::settings::Settings;
use super::super::signals::{self, Signals};
use super::super::start::{self, Running};
use super::super::{Failure, clock, duration};

/// Print pop-ups to this computer, its user (--nick) or the workgroup
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lanchat net listen --port 138\n  lanchat net listen --json | jq -r .text\n  \
    lanchat net listen --count 1 --timeout 30s    wait for one; exit code 3 if none comes\n\n\
    Anybody on the network can send a pop-up under any name; the address alone is more than the sender's word."
)]
pub(super) struct Listen {
    /// End after this many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    /// End after this time; with --count, too few by then are a failure (exit code 3)
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    timeout: Option<Duration>,
}

impl Listen {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        start::block_on(async {
            let mut signals = Signals::new()?;
            let output = Output::start(settings.json);
            let (result, patience) = tokio::select! {
                result = self.print(settings, &output) => (result, None),
                () = output.closed() => (Ok(()), None),
                () = signals.next() => (Ok(()), Some(signals::PATIENCE)),
            };
            output.finish(patience).await?;
            result
        })
    }

    async fn print(&self, settings: &Settings, output: &Output) -> Result<(), Failure> {
        let (_neighbours, mut popups) = super::hear(settings, true)?;
        let enough = Enough::new(self.count);
        let all = async {
            while let Some(popup) = popups.recv().await {
                output.record(&Record::popup(popup, clock::now())).await;
                if enough.one_more() {
                    return Ok(());
                }
            }
            Err(Running::ended())
        };
        enough.within(self.timeout, "pop-ups came", all).await
    }
}

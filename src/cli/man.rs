//! `lanchat man`: the manual page, made from the same definitions as `--help`.

use std::io::{self, Write};

use clap::Args;
use clap_mangen::Man as Page;

use super::Failure;

const SOURCE: &str = concat!("lanchat ", env!("CARGO_PKG_VERSION"));

/// Print the manual page
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lanchat man | man -l -\n  lanchat man say > lanchat-say.1")]
pub(super) struct Man {
    /// The page of this command, such as `say` or `config init`
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

impl Man {
    pub(super) fn run(self, mut root: clap::Command) -> Result<(), Failure> {
        root.build();
        let mut command = &root;
        for name in &self.command {
            command = command.find_subcommand(name).ok_or_else(|| {
                Failure::Usage(format!(
                    "there is no command {:?}; `lanchat help` lists them",
                    self.command.join(" ")
                ))
            })?;
        }
        let mut page = Vec::new();
        Page::new(command.clone()).source(SOURCE).render(&mut page)?;
        Ok(io::stdout().write_all(&page)?)
    }
}

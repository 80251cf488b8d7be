//! `lanchat completions`: a script that teaches a shell the options.

use std::io::{self, Write};

use clap::Args;
use clap_complete::Shell;

use super::Failure;

/// Print a script that completes lanchat's options in a shell
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lanchat completions bash > ~/.local/share/bash-completion/completions/lanchat\n  \
    lanchat completions fish > ~/.config/fish/completions/lanchat.fish\n  \
    lanchat completions zsh > ~/.zfunc/_lanchat    with ~/.zfunc in fpath"
)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, mut command: clap::Command) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "lanchat", &mut script);
        Ok(io::stdout().write_all(&script)?)
    }
}

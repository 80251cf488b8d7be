//! `lanchat man`: the manual page, made from the same definitions as `--help`.

use std::io::{self, Write};

use clap::Args;
use clap_mangen::Man as Page;

use super::Failure;
use crate::tui::command::TABLE;
use crate::tui::keymap::{self, BINDINGS};
use crate::tui::mode_keys;

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
        let manual = Page::new(command.clone()).source(SOURCE);
        if self.command.is_empty() {
            // The chat itself: the tables by which it reads keys and commands.
            manual.render_title(&mut page)?;
            manual.render_name_section(&mut page)?;
            manual.render_synopsis_section(&mut page)?;
            manual.render_options_section(&mut page)?;
            manual.render_subcommands_section(&mut page)?;
            tables(&mut page)?;
            manual.render_extra_section(&mut page)?;
            manual.render_version_section(&mut page)?;
        } else {
            manual.render(&mut page)?;
        }
        Ok(io::stdout().write_all(&page)?)
    }
}

/// What the chat understands, as sections of a manual page.
fn tables(page: &mut impl Write) -> io::Result<()> {
    writeln!(page, ".SH \"COMMANDS IN THE CHAT\"")?;
    for command in TABLE {
        let names =
            [command.name].iter().chain(command.aliases).map(|name| format!("/{name}")).collect::<Vec<_>>();
        entry(page, &format!("{} {}", names.join(", "), command.usage), command.help)?;
    }
    writeln!(
        page,
        ".SH \"KEYS\"\nIn parentheses the name by which the table [keys] of the file of settings and /bind know it."
    )?;
    for binding in BINDINGS {
        let help = format!("{} ({})", binding.help, keymap::name(binding.action));
        entry(page, &binding.keys.join(", "), &help)?;
    }
    writeln!(
        page,
        ".SH \"KEYS WHILE SOMETHING IS READ\"\nThey belong to what is shown and cannot be bound."
    )?;
    for (mode, keys) in mode_keys::help() {
        entry(page, mode, &keys)?;
    }
    Ok(())
}

fn entry(page: &mut impl Write, term: &str, text: &str) -> io::Result<()> {
    writeln!(page, ".TP\n\\fB{}\\fR\n{}", roff(term.trim()), roff(text))
}

/// Text as roff takes it: what it reads as a mark is marked as text. No text of the tables begins with a dot.
fn roff(text: &str) -> String {
    text.replace('\\', "\\\\").replace('-', "\\-")
}

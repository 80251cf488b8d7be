//! How a command ends when it does not end well: one line on stderr and an exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::chat::JoinError;
use crate::history::HistoryError;
use crate::pipe::{PathError, PipeError};
use crate::profile::ProfileError;
use crate::session::{FindError, SayError, StartError};
use crate::text::SafeText;
use crate::transfer::TransferError;

/// Why a command did not do what was asked. Each message says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It failed. Exit code 1.
    #[error("{0}")]
    Failed(String),
    /// Wrong usage. Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// It timed out or nobody answered. Exit code 3.
    #[error("{0}")]
    Nobody(String),
    /// The command line was not understood, or its help is wanted.
    #[error(transparent)]
    CommandLine(#[from] clap::Error),
    /// Something is broken, and the output tells what. Exit code 1.
    #[error("something is broken; the output tells what")]
    Found,
    /// Nobody reads the output any more, as after `| head`: no failure.
    #[error("nobody reads the output any more")]
    Unread,
}

impl Failure {
    /// Tells the user and gives the exit code.
    pub fn report(&self) -> ExitCode {
        match self {
            Self::Failed(message) => fail(1, message),
            Self::Usage(message) => fail(2, message),
            Self::Nobody(message) => fail(3, message),
            Self::CommandLine(error) if is_help(error) => {
                let _ = error.print(); // nobody is left to tell
                if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
            }
            Self::CommandLine(error) => fail(2, &misunderstood(&error.to_string())),
            Self::Found => ExitCode::FAILURE,
            Self::Unread => ExitCode::SUCCESS,
        }
    }
}

/// Whether what clap has to say is a page to read rather than a mistake.
fn is_help(error: &clap::Error) -> bool {
    let on_missing = ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) || error.kind() == on_missing
}

/// What clap says about a mistake, on one line.
fn misunderstood(rendered: &str) -> String {
    let lines = rendered.lines().map(str::trim).filter(|line| !line.is_empty());
    let said = lines.take_while(|l| !l.starts_with("Usage:") && !l.starts_with("For more information"));
    let said = said.collect::<Vec<_>>().join(" ");
    format!("{}; `lanchat --help` explains", said.strip_prefix("error: ").unwrap_or(&said))
}

fn fail(code: u8, message: &str) -> ExitCode {
    tell(message);
    ExitCode::from(code)
}

/// One line to the user on stderr. A closed stderr is no reason to stop.
pub(super) fn tell(message: &str) {
    let line = message.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("; ");
    let _ = writeln!(io::stderr(), "lanchat: {}", SafeText::line(&line)); // it may quote the name of a file
}

impl From<io::Error> for Failure {
    /// An error of writing results.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Unread,
            io::ErrorKind::StorageFull => {
                Self::Failed("cannot write the output: the disk is full; free some space".to_owned())
            }
            _ => Self::Failed(format!("cannot write the output: {error}; write it to another place")),
        }
    }
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::Name(_) => Self::Usage(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<HistoryError> for Failure {
    fn from(error: HistoryError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<SayError> for Failure {
    fn from(error: SayError) -> Self {
        match error {
            SayError::NotHere(_) => Self::Nobody(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<JoinError> for Failure {
    fn from(error: JoinError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<FindError> for Failure {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Unknown(_) | FindError::Another(..) => Self::Nobody(error.to_string()),
            FindError::Ambiguous(..) | FindError::Met(..) => Self::Failed(error.to_string()),
        }
    }
}

impl From<PathError> for Failure {
    fn from(error: PathError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<PipeError> for Failure {
    fn from(error: PipeError) -> Self {
        match error {
            PipeError::NotFound(_) | PipeError::Unreachable(_) | PipeError::Timeout => {
                Self::Nobody(error.to_string())
            }
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<TransferError> for Failure {
    fn from(error: TransferError) -> Self {
        match error {
            TransferError::Pipe(error) => error.into(),
            error if error.is_silence() => Self::Nobody(error.to_string()),
            error => Self::Failed(error.to_string()),
        }
    }
}

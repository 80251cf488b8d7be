//! The program: parse, dispatch, exit code.

use std::process::ExitCode;

use lanchat::cli;

fn main() -> ExitCode {
    match cli::parse(std::env::args_os()).and_then(cli::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

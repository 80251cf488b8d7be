//! Options that every command takes, before and after its name.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Args, ValueEnum};
use serde::{Deserialize, Serialize};

const HEADING: &str = "Options everywhere";

/// The options. What each is when not given: [`super::settings`].
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
#[command(next_help_heading = HEADING)]
pub(super) struct Everywhere {
    /// The name that others see [default: the login name]
    #[arg(long, global = true, value_name = "NAME", env = "LANCHAT_NICK", hide_env_values = true)]
    pub(super) nick: Option<String>,
    /// NetBIOS name of this computer [default: the host name]
    #[arg(long, global = true, value_name = "NAME", env = "LANCHAT_HOST", hide_env_values = true)]
    pub(super) host: Option<String>,
    /// Only computers of the same workgroup hear each other [default: WORKGROUP]
    #[arg(long, global = true, value_name = "NAME", env = "LANCHAT_WORKGROUP", hide_env_values = true)]
    pub(super) workgroup: Option<String>,
    /// Network interface to talk on, can be repeated; `lo` stays on this machine [default: every one that can broadcast]
    #[arg(long, global = true, value_name = "NAME", env = "LANCHAT_INTERFACE", hide_env_values = true,
        value_delimiter = ',', action = ArgAction::Append)]
    pub(super) interface: Vec<String>,
    /// UDP port; 138 speaks to Windows and Samba and needs the right to use it [default: 13138]
    #[arg(long, global = true, value_name = "N", env = "LANCHAT_PORT", hide_env_values = true,
        value_parser = clap::value_parser!(u16).range(2..))]
    pub(super) port: Option<u16>,
    /// Identity and settings of its own; one in use makes this start a guest
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "LANCHAT_PROFILE",
        hide_env_values = true,
        default_value = "default"
    )]
    pub(super) profile: String,
    /// Where profiles are kept
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// The file of settings; `lanchat config path` tells which
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Keep nothing of what is said, and show nothing of what was kept
    #[arg(long, global = true)]
    pub(super) no_history: bool,
    /// Announce this computer to Windows and Samba, as they do among themselves; of use with --port 138
    #[arg(long, global = true)]
    pub(super) announce: bool,
    /// Write a log file of this detail into the profile
    #[arg(long, global = true, value_name = "LEVEL")]
    pub(super) log: Option<Level>,
    /// No colours
    #[arg(long, global = true)]
    pub(super) no_color: bool,
    /// Chat line by line, without a screen: for scripts and screen readers
    #[arg(long, global = true)]
    pub(super) plain: bool,
    /// Print one JSON object a line
    #[arg(long, global = true)]
    pub(super) json: bool,
}

/// How much goes to the log file: from nothing to every datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// Which options come from the environment rather than the command line.
#[derive(Debug, Default)]
pub(super) struct Sources {
    environment: Vec<&'static str>,
}

impl Sources {
    pub(super) fn of(matches: &ArgMatches) -> Self {
        let keys = ["nick", "host", "workgroup", "interface", "port"];
        let from_environment = |key: &&str| matches.value_source(key) == Some(ValueSource::EnvVariable);
        Self { environment: keys.into_iter().filter(from_environment).collect() }
    }

    pub(super) fn is_environment(&self, key: &str) -> bool {
        self.environment.contains(&key)
    }
}

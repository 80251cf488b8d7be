//! The log file of `--log`: never the screen.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::sync::Mutex;

use tracing::level_filters::LevelFilter;

use super::Failure;
use super::options::Level;
use super::settings::Settings;

const NAME: &str = "lanchat.log";

/// Opens the log file, if one is wanted, and sends what is traced there.
pub(super) fn start(settings: &Settings) -> Result<(), Failure> {
    let level = match settings.log.value {
        Level::Off => return Ok(()),
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    };
    let path = settings.state_dir.join(NAME);
    let opened = DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&settings.state_dir)
        .and_then(|()| OpenOptions::new().create(true).append(true).mode(0o600).open(&path));
    let file = opened.map_err(|e| {
        Failure::Failed(format!(
            "cannot write the log {}: {e}; leave out --log or give --data-dir",
            path.display()
        ))
    })?;
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .finish();
    tracing::subscriber::set_global_default(subscriber)
        .map_err(|e| Failure::Failed(format!("cannot start the log: {e}; leave out --log")))
}

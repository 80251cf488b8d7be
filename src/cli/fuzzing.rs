//! Doors to the parsers that are private, for the fuzz targets in `tests/fuzz`. Not a part of the API.

use std::path::Path;
use std::time::Duration;

use super::config_file::ConfigFile;
use super::{duration, html};

/// Reads a file of settings; what is wrong, in one line, where something is.
pub fn config(bytes: &[u8]) -> Result<(), String> {
    ConfigFile::of(Path::new("config.toml"), bytes).map(drop).map_err(|failure| failure.to_string())
}

/// A duration on the command line; with days, how long ago.
pub fn duration(text: &str) -> (Result<Duration, String>, Result<Duration, String>) {
    (duration::parse(text), duration::parse_ago(text))
}

/// A text as it stands in an HTML export.
pub fn html(text: &str) -> String {
    html::escaped(text)
}

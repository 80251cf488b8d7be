//! Where files are: the XDG base directories, or what the options say.

use std::path::PathBuf;

use directories::ProjectDirs;

use super::Failure;
use super::options::Everywhere;

/// The directory that holds a directory for each profile.
pub(super) fn data_dir(options: &Everywhere) -> Result<PathBuf, Failure> {
    match &options.data_dir {
        Some(dir) => Ok(dir.clone()),
        None => Ok(project("--data-dir")?.data_dir().to_owned()),
    }
}

/// The file of settings: `config.toml`, for a profile other than `default` in a directory of its name.
pub(super) fn config_file(options: &Everywhere) -> Result<PathBuf, Failure> {
    if let Some(file) = &options.config {
        return Ok(file.clone());
    }
    let mut path = project("--config")?.config_dir().to_owned();
    if options.profile != "default" {
        path.push(&options.profile);
    }
    Ok(path.join("config.toml"))
}

/// The directory of the profile's log file. It lies in the profile when `--data-dir` is given.
pub(super) fn state_dir(options: &Everywhere) -> Result<PathBuf, Failure> {
    if options.data_dir.is_some() {
        return Ok(data_dir(options)?.join(&options.profile));
    }
    let project = project("--data-dir")?;
    Ok(project.state_dir().unwrap_or_else(|| project.data_dir()).join(&options.profile))
}

fn project(option: &str) -> Result<ProjectDirs, Failure> {
    ProjectDirs::from("", "", "lanchat")
        .ok_or_else(|| Failure::Failed(format!("there is no home directory; set HOME, or give {option}")))
}

//! This machine, one user: the directory in which programs of the user find each other's mailslots and pipes, and the
//! names of the Unix sockets in it (XDG Base Directory Specification, `XDG_RUNTIME_DIR`).

use std::fs::{DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::unistd::Uid;

/// The variable that names another directory.
pub const VARIABLE: &str = "LANCHAT_RUNTIME_DIR";

/// Longest file name made of a mailslot's or pipe's name, in bytes: a socket's whole path must stay below 104 bytes on
/// some systems.
const FILE_NAME: usize = 48;

/// Why the directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// It could not be made or looked at.
    #[error("cannot use {path}: {error}; set {VARIABLE} to a directory of your own with a short path")]
    Unusable {
        /// Which directory.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Somebody else could put sockets there.
    #[error(
        "{path} belongs to somebody else or is open to others; remove it, or set {VARIABLE} to a directory of your own"
    )]
    NotPrivate {
        /// Which directory.
        path: PathBuf,
    },
}

/// The user's own directory for sockets of one kind, such as `mailslot`; it is made if there is none, for this user
/// alone (mode 700): in [`VARIABLE`], or `$XDG_RUNTIME_DIR/lanchat`, or `/tmp/lanchat-<uid>`.
pub fn runtime_dir(kind: &str) -> Result<PathBuf, LocalError> {
    let base = std::env::var_os(VARIABLE).filter(|dir| !dir.is_empty()).map(PathBuf::from);
    let base = base.unwrap_or_else(|| {
        let dirs = directories::BaseDirs::new();
        let runtime = dirs.as_ref().and_then(directories::BaseDirs::runtime_dir).filter(|dir| dir.is_dir());
        runtime.map_or_else(
            || std::env::temp_dir().join(format!("lanchat-{}", Uid::effective())),
            |dir| dir.join("lanchat"),
        )
    });
    private_dir(&base)?;
    let dir = base.join(kind);
    private_dir(&dir)?;
    Ok(dir)
}

fn private_dir(path: &Path) -> Result<(), LocalError> {
    let unusable = |error| LocalError::Unusable { path: path.into(), error };
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(unusable(error)),
        _ => {}
    }
    // Not followed: a link that somebody else made could lead anywhere.
    let found = std::fs::symlink_metadata(path).map_err(unusable)?;
    let mine = |m: &Metadata| m.is_dir() && m.uid() == Uid::effective().as_raw() && m.mode() & 0o777 == 0o700;
    if mine(&found) { Ok(()) } else { Err(LocalError::NotPrivate { path: path.into() }) }
}

/// The file that stands for a name: the same for every case, readable where it can be, never longer than 48 bytes.
pub fn file_name(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let mut file = String::new();
    for byte in lower.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => file.push(char::from(byte)),
            _ => file = format!("{file}%{byte:02x}"),
        }
    }
    if file.len() <= FILE_NAME {
        return file;
    }
    // A `.` stands in no other name, so the two kinds never meet.
    let hash = blake3::hash(lower.as_bytes()).to_hex();
    format!("{}.{}", file.chars().take(15).collect::<String>(), hash.chars().take(32).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn names_are_files_of_their_own() {
        assert_eq!(file_name(r"Chat\Sync"), "chat%5csync");
        assert_eq!(file_name("CHAT"), file_name("chat"));
        assert_eq!(file_name("a.b/.."), "a%2eb%2f%2e%2e");
        let long = file_name(&"x".repeat(255));
        assert!(long.len() <= FILE_NAME && long.contains('.'), "{long}");
        assert_ne!(long, file_name(&"x".repeat(254)));
    }

    #[test]
    fn only_a_directory_of_ones_own_will_do() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("own");
        private_dir(&own).unwrap();
        private_dir(&own).unwrap();
        assert_eq!(std::fs::metadata(&own).unwrap().mode() & 0o777, 0o700);
        std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(private_dir(&own), Err(LocalError::NotPrivate { .. })));
        let link = dir.path().join("link");
        std::os::unix::fs::symlink("/tmp", &link).unwrap();
        assert!(matches!(private_dir(&link), Err(LocalError::NotPrivate { .. })));
        assert!(matches!(private_dir(&dir.path().join("a/b")), Err(LocalError::Unusable { .. })));
    }
}

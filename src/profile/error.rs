//! What can be wrong with a profile. Each message says what to do.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The name could leave the data directory, or is unfit for a file name.
    #[error(
        "bad profile name {0:?}: use up to 64 letters, digits, '-', '_' and '.', not starting with '.' (--profile)"
    )]
    Name(String),
    /// A file or directory cannot be written; what was there before still is.
    #[error("cannot write {}: {}; {}", path.display(), reason(cause), cure(cause))]
    Write {
        /// What was to be written.
        path: PathBuf,
        /// Why it was not.
        cause: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {}; {}", path.display(), reason(cause), cure(cause))]
    Read {
        /// What was to be read.
        path: PathBuf,
        /// Why it was not.
        cause: io::Error,
    },
    /// A file does not hold what this program writes. It is left as it is.
    #[error("{} is damaged ({what}); {cure}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
        /// What to do.
        cure: &'static str,
    },
    /// Others can read the secret key.
    #[error("others on this machine can read the secret key; run: chmod 600 '{}'", .0.display())]
    Exposed(PathBuf),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers for a key: {0}; try again later")]
    Random(String),
    /// No epoch is left.
    #[error("{} has reached its last number; use another profile (--profile)", .0.display())]
    LastEpoch(PathBuf),
}

impl ProfileError {
    pub(super) fn write(path: &Path, cause: io::Error) -> Self {
        Self::Write { path: path.to_owned(), cause }
    }

    pub(super) fn read(path: &Path, cause: io::Error) -> Self {
        Self::Read { path: path.to_owned(), cause }
    }
}

fn reason(cause: &io::Error) -> String {
    match cause.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the disk is read-only".to_owned(),
        ErrorKind::PermissionDenied => "no permission".to_owned(),
        _ => cause.to_string(),
    }
}

fn cure(cause: &io::Error) -> &'static str {
    match cause.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "free some space or choose another place with --data-dir"
        }
        ErrorKind::PermissionDenied => "give yourself access to it or choose another place with --data-dir",
        _ => "choose another place with --data-dir",
    }
}

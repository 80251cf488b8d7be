//! Files that are replaced as a whole or not at all: temporary file, fsync, rename, fsync of the directory.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::ProfileError;

/// Largest file read, in bytes: far above 16 384 known peers.
const MAX_FILE: u64 = 16 << 20;

/// Makes a directory that only its owner can enter, and those above it.
pub(super) fn make_dir(dir: &Path) -> Result<(), ProfileError> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| ProfileError::write(dir, e))
}

/// Opens a file for writing that only its owner can read, without emptying it.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)
}

/// Puts `data` in the place of the file `path`, durably. On an error the old file is there unchanged and no other.
/// The caller sees to it that no two programs do this at once.
pub(super) fn replace(path: &Path, data: &[u8]) -> Result<(), ProfileError> {
    let temporary = path.with_extension("new");
    let written = write_new(&temporary, data).and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary); // the first error is the one to tell
    }
    written.and_then(|()| sync_dir(path)).map_err(|e| ProfileError::write(path, e))
}

/// Gives a file another name, beside it, that nothing has; returns that.
pub(super) fn set_aside(path: &Path) -> Result<PathBuf, ProfileError> {
    let named =
        |n: u32| path.with_extension(if n == 1 { "damaged".to_owned() } else { format!("damaged-{n}") });
    let free = (1..1000).map(named).find(|name| !name.exists()).unwrap_or_else(|| named(1000));
    let moved = std::fs::rename(path, &free).and_then(|()| sync_dir(path));
    moved.map(|()| free).map_err(|e| ProfileError::write(path, e))
}

fn write_new(path: &Path, data: &[u8]) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {} // nothing, or what a crash left
    }
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
    file.write_all(data)?;
    file.sync_all()
}

fn sync_dir(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

/// The text of a file, none when it does not exist. What is no UTF-8 or too large cannot be one of ours.
pub(super) fn read(path: &Path) -> Result<Option<(String, File)>, ProfileError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(ProfileError::read(path, e)),
    };
    // It may be a secret: no copy of it stays behind, neither here nor where the buffer would have grown from.
    let size = file.metadata().map_or(0, |m| m.len().min(MAX_FILE));
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1));
    (&mut file).take(MAX_FILE).read_to_end(&mut bytes).map_err(|e| ProfileError::read(path, e))?;
    Ok(Some((String::from_utf8_lossy(&bytes).into_owned(), file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_whole_and_survives_what_a_crash_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("epoch");
        std::fs::write(dir.path().join("epoch.new"), "half").unwrap();
        replace(&path, b"1").unwrap();
        replace(&path, b"2").unwrap();
        assert_eq!(read(&path).unwrap().unwrap().0, "2");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failure_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("identity");
        std::fs::create_dir(&path).unwrap(); // a directory in the way: the rename fails
        std::fs::write(path.join("x"), "").unwrap();
        assert!(matches!(replace(&path, b"secret"), Err(ProfileError::Write { .. })));
        assert!(!dir.path().join("identity.new").exists());
    }
}

//! The right to a slot's name: a lock that the system gives back when its holder ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::{Card, Files};

/// The locked file. Its end removes the slot's files.
#[derive(Debug)]
pub(super) struct Claim {
    files: Files,
    /// Open as long as the claim holds.
    _lock: File,
}

impl Claim {
    /// Takes the name, and away what a server that died has left. None: somebody has it.
    pub(super) fn take(files: Files, card: &Card) -> io::Result<Option<Self>> {
        let Some(mut lock) = lock(&files.lock)? else { return Ok(None) };
        let claim = |lock| Self { files, _lock: lock };
        lock.set_len(0)?;
        serde_json::to_writer(&lock, card).map_err(io::Error::from)?;
        lock.flush()?;
        let claim = claim(lock);
        for socket in [&claim.files.socket, &claim.files.ask] {
            remove(socket)?;
        }
        Ok(Some(claim))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // While the lock is held, so that nothing of the next owner is removed. What stays is harmless.
        for file in [&self.files.socket, &self.files.ask, &self.files.lock] {
            let _ = remove(file);
        }
    }
}

fn remove(file: &Path) -> io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The locked file, or none if somebody else has locked it.
fn lock(path: &Path) -> io::Result<Option<File>> {
    loop {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Between the opening and the lock its last owner may have removed it: then the lock is on nothing.
        let (held, there) = (file.metadata()?, std::fs::symlink_metadata(path));
        if there.is_ok_and(|there| (there.dev(), there.ino()) == (held.dev(), held.ino())) {
            return Ok(Some(file));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(dir: &Path) -> Files {
        Files { socket: dir.join("x"), ask: dir.join("x.ask"), lock: dir.join("x.lock") }
    }

    fn take(dir: &Path) -> Option<Claim> {
        Claim::take(files(dir), &Card { name: "x".to_owned(), pid: 1, limit: 9 }).unwrap()
    }

    #[test]
    fn one_holds_the_name_and_its_end_removes_everything() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("x"), "left behind").unwrap();
        let first = take(dir.path()).unwrap();
        assert!(!dir.path().join("x").exists());
        assert!(take(dir.path()).is_none());
        drop(first);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        assert!(take(dir.path()).is_some());
    }

    #[test]
    fn of_many_at_once_one_gets_it_each_time() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let dir = tempfile::tempdir().unwrap();
        let (holders, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while taken.load(Ordering::SeqCst) < 200 {
                        let Some(claim) = take(dir.path()) else { continue };
                        assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0, "two hold the name");
                        taken.fetch_add(1, Ordering::SeqCst);
                        holders.fetch_sub(1, Ordering::SeqCst);
                        drop(claim);
                    }
                });
            }
        });
    }
}

//! Where received files are kept. Nothing is written outside, no link is followed, and nothing that is there is written
//! over: every file is opened relative to the folder's own descriptor.
//!
//! A file on its way is `name.part`, beside `name.part.json`, which says whose it is. The part is locked while it is
//! being received; what is left after a break is found again by who sends what.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, Flock, FlockArg, OFlag, open, openat, renameat};
use nix::sys::stat::{Mode, fstatat};
use nix::unistd::{UnlinkatFlags, linkat, unlinkat};
use serde::{Deserialize, Serialize};

use super::name::{numbered, safe};
use super::wire::Offer;

/// Names that are tried for one file.
const TRIES: u32 = 1000;
/// Largest description of a part that is read, in bytes.
const LARGEST_NOTE: u64 = 16 << 10;

/// A folder that files are received into.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    dir: OwnedFd,
}

/// What is written beside a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    /// The sender's public key.
    from: String,
    name: String,
    size: u64,
    modified: u64,
}

/// A file on its way, locked.
#[derive(Debug)]
pub(super) struct Part {
    /// Where what has come is.
    pub(super) file: Flock<File>,
    /// How many bytes that is.
    pub(super) have: u64,
    base: String,
    number: u32,
    unfinished: String,
}

/// What came of looking for a part.
#[derive(Debug)]
pub(super) enum Found {
    /// It is there, or was made.
    Part(Part),
    /// It is being received already.
    Busy,
}

impl Folder {
    /// The folder at `path`, made if there is none.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        Ok(Self { path: path.to_owned(), dir: open(path, flags, Mode::empty())? })
    }

    /// The part of what the owner of the key `from` offers: what is left of an earlier try, or a new one.
    pub(super) fn part(&self, from: &[u8; 32], offer: &Offer) -> io::Result<Found> {
        let from = blake3::Hash::from_bytes(*from).to_hex().to_string(); // 64 hex digits; nothing is hashed
        let note = Note { from, name: offer.name.clone(), size: offer.size, modified: offer.modified };
        let base = safe(&offer.name);
        for number in 0..TRIES {
            let name = numbered(&base, number);
            let part = format!("{name}.part");
            match self.existing(&part, &note)? {
                Some(Found::Part(found)) => return Ok(Found::Part(Part { base, number, ..found })),
                Some(Found::Busy) => return Ok(Found::Busy),
                None if !self.has(&part)? && !self.has(&name)? => break,
                None => {}
            }
        }
        for number in 0..TRIES {
            let name = numbered(&base, number);
            let part = format!("{name}.part");
            if self.has(&name)? {
                continue;
            }
            let file = match self.create(&part) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made?,
            };
            let Ok(file) = Flock::lock(file, FlockArg::LockExclusiveNonblock) else { continue };
            let made = Part { file, have: 0, base, number, unfinished: part };
            // On a full disk nothing may be left, not even a name.
            return match self.describe(&made, &note) {
                Ok(()) => Ok(Found::Part(made)),
                Err(error) => self.discard(&made).and(Err(error)),
            };
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "a thousand files have this name"))
    }

    /// Writes beside a part whose it is.
    fn describe(&self, part: &Part, note: &Note) -> io::Result<()> {
        let name = format!("{}.json", part.unfinished);
        self.remove(&name)?; // of a part that is gone
        let text = serde_json::to_vec_pretty(note)?;
        self.create(&name)?.write_all(&text)
    }

    /// The part of this name, if it is of this offer.
    fn existing(&self, part: &str, note: &Note) -> io::Result<Option<Found>> {
        if self.note(part).as_ref() != Some(note) {
            return Ok(None);
        }
        let file = match self.file(part, OFlag::O_RDWR) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let have = file.metadata()?.len();
        Ok(Some(match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(file) => {
                Found::Part(Part { file, have, base: String::new(), number: 0, unfinished: part.to_owned() })
            }
            Err(_) => Found::Busy,
        }))
    }

    fn note(&self, part: &str) -> Option<Note> {
        let file = self.file(&format!("{part}.json"), OFlag::O_RDONLY).ok()?;
        let mut text = String::new();
        file.take(LARGEST_NOTE).read_to_string(&mut text).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// A regular file that is there, without following a link.
    fn file(&self, name: &str, flags: OFlag) -> io::Result<File> {
        let flags = flags | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let file = File::from(openat(&self.dir, name, flags, Mode::empty())?);
        let regular = file.metadata()?.is_file();
        if regular { Ok(file) } else { Err(io::Error::new(io::ErrorKind::NotFound, "not a file")) }
    }

    fn create(&self, name: &str) -> io::Result<File> {
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        Ok(File::from(openat(&self.dir, name, flags, Mode::from_bits_truncate(0o666))?))
    }

    fn has(&self, name: &str) -> io::Result<bool> {
        match fstatat(&self.dir, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::ENOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match unlinkat(&self.dir, name, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Gives a whole file its name, or the next one that is free, and returns where it is.
    pub(super) fn keep(&self, part: &Part) -> io::Result<PathBuf> {
        // The name was free at the start, but somebody may have taken it meanwhile.
        for number in part.number..TRIES {
            let name = numbered(&part.base, number);
            match self.link(&part.unfinished, &name) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                linked => {
                    linked?;
                    self.remove(&format!("{}.json", part.unfinished))?;
                    return Ok(self.path.join(name));
                }
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "a thousand files have this name"))
    }

    fn link(&self, part: &str, name: &str) -> io::Result<()> {
        match linkat(&self.dir, part, &self.dir, name, AtFlags::empty()) {
            Ok(()) => self.remove(part),
            Err(Errno::EPERM | Errno::EOPNOTSUPP | Errno::ENOSYS) => {
                // A file system without links, such as FAT: an empty file takes the name first.
                drop(self.create(name)?);
                Ok(renameat(&self.dir, part, &self.dir, name)?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Forgets the part of this name, unless it is being received, has grown since `since`, or is none of ours. Whether
    /// that was done.
    pub(super) fn forget_older(&self, part: &str, since: Option<SystemTime>) -> io::Result<bool> {
        let Some(note) = self.note(part) else { return Ok(false) };
        let Some(Found::Part(found)) = self.existing(part, &note)? else { return Ok(false) };
        let old = since
            .is_some_and(|since| found.file.metadata().and_then(|m| m.modified()).is_ok_and(|at| at < since));
        if old {
            self.discard(&found)?;
        }
        Ok(old)
    }

    /// Forgets what has come.
    pub(super) fn discard(&self, part: &Part) -> io::Result<()> {
        self.remove(&part.unfinished)?;
        self.remove(&format!("{}.json", part.unfinished))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(name: &str) -> Offer {
        Offer { size: 10, modified: 7, name: name.to_owned() }
    }

    fn part(folder: &Folder, from: u8, name: &str) -> Part {
        match folder.part(&[from; 32], &offer(name)).unwrap() {
            Found::Part(part) => part,
            Found::Busy => panic!("busy"),
        }
    }

    fn names(folder: &Folder) -> Vec<String> {
        let all = std::fs::read_dir(folder.path.as_path()).unwrap();
        let mut names: Vec<_> = all.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_is_written_over_and_parts_are_found_again() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::open(&home.path().join("new/down")).unwrap();
        std::fs::write(folder.path.as_path().join("a.txt"), "mine").unwrap();
        let mut first = part(&folder, 1, "x/../a.txt");
        first.file.write_all(b"12345").unwrap();
        assert!(matches!(folder.part(&[1; 32], &offer("x/../a.txt")).unwrap(), Found::Busy));
        let other = part(&folder, 2, "a.txt");
        assert_eq!(
            names(&folder),
            ["a (1).txt.part", "a (1).txt.part.json", "a (2).txt.part", "a (2).txt.part.json", "a.txt"]
        );
        drop((first, other));
        let mut again = part(&folder, 1, "x/../a.txt");
        assert_eq!(again.have, 5);
        folder.discard(&part(&folder, 2, "a.txt")).unwrap();
        std::fs::write(folder.path.as_path().join("a (1).txt"), "mine too").unwrap();
        again.file.write_all(b"abcdefghij").unwrap();
        assert_eq!(folder.keep(&again).unwrap(), folder.path.as_path().join("a (2).txt"));
        assert_eq!(names(&folder), ["a (1).txt", "a (2).txt", "a.txt"]);
        assert_eq!(std::fs::read(folder.path.as_path().join("a.txt")).unwrap(), b"mine");
        assert_eq!(std::fs::read(folder.path.as_path().join("a (2).txt")).unwrap(), b"abcdefghij");
    }

    #[test]
    fn a_part_that_cannot_be_described_is_not_left() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::open(home.path()).unwrap();
        std::fs::create_dir(home.path().join("a.part.json")).unwrap(); // as good as a full disk
        folder.part(&[1; 32], &offer("a")).unwrap_err();
        assert_eq!(names(&folder), ["a.part.json"]);
    }

    #[test]
    fn links_are_not_followed() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::open(&home.path().join("down")).unwrap();
        let outside = home.path().join("outside");
        std::fs::write(&outside, "untouched").unwrap();
        for name in ["a", "a.part", "a (1).part.json"] {
            std::os::unix::fs::symlink(&outside, folder.path.as_path().join(name)).unwrap();
        }
        let mut made = part(&folder, 1, "a");
        made.file.write_all(b"new").unwrap();
        folder.keep(&made).unwrap();
        assert_eq!(std::fs::read(&outside).unwrap(), b"untouched");
        assert_eq!(std::fs::read(folder.path.as_path().join("a (1)")).unwrap(), b"new");
    }
}

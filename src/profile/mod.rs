//! What is kept on disk: the identity, the epoch, the known peers, and the lock that says who uses them.
//!
//! A profile is a directory `DATA/NAME` of mode 0700. Every file in it is replaced as a whole, so that a crash or a
//! full disk leaves the old one. Trust on first use and the rule for epochs: docs/PROTOCOL.md.

mod epoch;
mod error;
mod file;
mod hex;
mod identity;
mod peers;
mod places;
mod social;
mod written;

use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use zeroize::Zeroizing;

pub use error::ProfileError;
pub(crate) use hex::hex;
pub use peers::{KnownPeer, KnownPeers};
pub use places::Places;
pub use social::Social;

use crate::chat::Identity;

/// A profile's place on disk. Opening one touches nothing.
#[derive(Debug, Clone)]
pub struct Profile {
    dir: PathBuf,
}

/// The right to be this profile's identity, held until dropped. The system releases it when the program dies.
#[derive(Debug)]
pub struct InUse {
    _file: Flock<std::fs::File>,
}

impl Profile {
    /// The profile `name` under the data directory `data`. A name is 1 to 64 ASCII letters, digits, `-`, `_` and `.`,
    /// not starting with `.`.
    pub fn open(data: &Path, name: &str) -> Result<Self, ProfileError> {
        let valid = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.len() > 64 || name.starts_with('.') || !name.chars().all(valid) {
            return Err(ProfileError::Name(name.to_owned()));
        }
        Ok(Self { dir: data.join(name) })
    }

    /// Its directory, which need not exist yet.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Takes the profile into use; none when another program has it.
    pub fn enter(&self) -> Result<Option<InUse>, ProfileError> {
        file::make_dir(&self.dir)?;
        let path = self.dir.join("lock");
        let file = file::create_private(&path).map_err(|e| ProfileError::write(&path, e))?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(file) => Ok(Some(InUse { _file: file })),
            Err((_, nix::errno::Errno::EWOULDBLOCK)) => Ok(None),
            Err((_, errno)) => Err(ProfileError::write(&path, errno.into())),
        }
    }

    /// The identity, made now if there is none yet.
    pub fn identity(&self) -> Result<Identity, ProfileError> {
        if let Some(found) = self.existing_identity()? {
            return Ok(found);
        }
        let _alone = self.alone()?;
        match self.existing_identity()? {
            Some(found) => Ok(found), // another program was faster
            None => identity::create(&self.identity_path()),
        }
    }

    /// The identity, if there is one. Changes nothing on disk.
    pub fn existing_identity(&self) -> Result<Option<Identity>, ProfileError> {
        identity::load(&self.identity_path())
    }

    /// The identity's file as text, made now if there is none: a secret.
    pub fn export(&self) -> Result<Zeroizing<String>, ProfileError> {
        self.identity().map(|identity| identity::to_text(&identity))
    }

    /// Where the identity is kept.
    pub fn identity_path(&self) -> PathBuf {
        self.dir.join("identity")
    }

    /// An identity that is written nowhere, for guests and observers.
    pub fn guest() -> Result<Identity, ProfileError> {
        identity::random()
    }

    /// The epoch of this start, durably stored before it is returned: higher than every earlier one, and at least
    /// `seconds` since 1970. Only who uses the profile may speak in it.
    pub fn next_epoch(&self, _right: &InUse, seconds: u64) -> Result<u32, ProfileError> {
        epoch::next(&self.dir.join("epoch"), seconds)
    }

    /// The rooms that the user is in, and whom the user ignores.
    pub fn social(&self) -> Result<Social, ProfileError> {
        Social::load(&self.dir.join("social.json"))
    }

    /// Keeps these for the next start.
    pub fn keep_social(&self, social: &Social) -> Result<(), ProfileError> {
        file::make_dir(&self.dir)?;
        social.save(&self.dir.join("social.json"))
    }

    /// The peers met so far. Changes nothing on disk.
    pub fn peers(&self) -> Result<KnownPeers, ProfileError> {
        KnownPeers::load(&self.peers_path())
    }

    /// Changes the known peers. Programs that do this at the same time wait for each other, and none loses what the
    /// other wrote. Nothing is written when nothing changes.
    pub fn update_peers<T>(&self, change: impl FnOnce(&mut KnownPeers) -> T) -> Result<T, ProfileError> {
        let _alone = self.alone()?;
        let before = self.peers()?;
        let mut peers = before.clone();
        let result = change(&mut peers);
        if peers != before {
            peers.save(&self.peers_path())?;
        }
        Ok(result)
    }

    /// As [`Profile::peers`], for a start that must not fail: a damaged file is set aside, under the name that is returned, and
    /// everybody is met anew.
    pub fn peers_or_anew(&self) -> Result<(KnownPeers, Option<PathBuf>), ProfileError> {
        match self.peers() {
            Ok(peers) => return Ok((peers, None)),
            Err(ProfileError::Damaged { .. }) => {}
            Err(other) => return Err(other),
        }
        let _alone = self.alone()?;
        match self.peers() {
            Ok(peers) => Ok((peers, None)), // another program was faster
            Err(ProfileError::Damaged { path, .. }) => {
                let aside = file::set_aside(&path)?;
                Ok((KnownPeers::default(), Some(aside)))
            }
            Err(other) => Err(other),
        }
    }

    /// What changes when the file of known peers does: none where there is none.
    pub fn peers_version(&self) -> Option<(u64, u64, i64, i64)> {
        use std::os::unix::fs::MetadataExt;
        let file = std::fs::metadata(self.peers_path()).ok()?;
        Some((file.ino(), file.len(), file.mtime(), file.mtime_nsec()))
    }

    fn peers_path(&self) -> PathBuf {
        self.dir.join("peers.json")
    }

    /// Waits until no other program is changing a file of the profile. Held for one change only.
    fn alone(&self) -> Result<Flock<std::fs::File>, ProfileError> {
        file::make_dir(&self.dir)?;
        let dir = std::fs::File::open(&self.dir).map_err(|e| ProfileError::read(&self.dir, e))?;
        Flock::lock(dir, FlockArg::LockExclusive).map_err(|(_, e)| ProfileError::write(&self.dir, e.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn names_cannot_leave_the_data_directory() {
        for name in ["", "..", ".hidden", "a/b", "a b", "ä", &"a".repeat(65)] {
            assert!(matches!(Profile::open(Path::new("/data"), name), Err(ProfileError::Name(_))), "{name}");
        }
        let profile = Profile::open(Path::new("/data"), "work-2.b_c").unwrap();
        assert_eq!(profile.dir(), Path::new("/data/work-2.b_c"));
    }

    #[test]
    fn identity_is_made_once_and_for_the_owner_only() {
        let data = tempfile::tempdir().unwrap();
        let profile = Profile::open(&data.path().join("deep/er"), "default").unwrap();
        assert!(profile.existing_identity().unwrap().is_none());
        assert!(!profile.dir().exists(), "looking makes nothing");
        let first = profile.identity().unwrap();
        assert_eq!(profile.identity().unwrap().id(), first.id());
        assert_eq!((mode(profile.dir()), mode(&profile.identity_path())), (0o700, 0o600));
    }

    #[test]
    fn many_first_starts_agree_on_one_identity() {
        let data = tempfile::tempdir().unwrap();
        let profile = Profile::open(data.path(), "default").unwrap();
        let made: Vec<_> = std::thread::scope(|s| {
            let all: Vec<_> = (0..8).map(|_| s.spawn(|| profile.identity().unwrap().id())).collect();
            all.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(made.iter().all(|id| *id == made[0]));
        assert_eq!(std::fs::read_dir(profile.dir()).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn one_program_uses_a_profile() {
        let data = tempfile::tempdir().unwrap();
        let profile = Profile::open(data.path(), "default").unwrap();
        let first = profile.enter().unwrap().unwrap();
        assert!(profile.enter().unwrap().is_none());
        profile.identity().unwrap(); // reading and first creation do not need it
        drop(first);
        assert!(profile.enter().unwrap().is_some());
    }

    #[test]
    fn peers_changed_by_several_programs_are_all_kept() {
        let data = tempfile::tempdir().unwrap();
        let profile = Profile::open(data.path(), "default").unwrap();
        std::thread::scope(|s| {
            for n in 0..8 {
                let profile = &profile;
                s.spawn(move || {
                    profile.update_peers(|p| p.met([n; 32], &"bob".parse().unwrap(), 5)).unwrap();
                });
            }
        });
        assert_eq!(profile.peers().unwrap().iter().count(), 8);
    }
}

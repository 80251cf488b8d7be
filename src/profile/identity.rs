//! The file of the identity: one line of text, so that it can be read, checked and moved by hand.
//!
//! `lanchat-secret-key 1 <64 hex digits> <8 hex digits>`: the Ed25519 secret key (RFC 8032) and the first four bytes
//! of its BLAKE3 hash, which tell a damaged file from a valid one. Lines that start with `#` are comments.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rand::TryRng;
use rand::rngs::SysRng;
use zeroize::Zeroizing;

use super::ProfileError;
use super::file;
use super::hex::{hex, unhex};
use crate::chat::Identity;

const MAGIC: &str = "lanchat-secret-key 1";
const WARNING: &str = "# Whoever has this file can speak as you. Keep it secret, and keep a copy of it.";

/// A new identity, not kept anywhere.
pub(super) fn random() -> Result<Identity, ProfileError> {
    let mut secret = Zeroizing::new([0; 32]);
    SysRng.try_fill_bytes(&mut *secret).map_err(|e| ProfileError::Random(e.to_string()))?;
    Ok(Identity::from_secret(&secret))
}

/// Makes an identity and its file.
pub(super) fn create(path: &Path) -> Result<Identity, ProfileError> {
    let identity = random()?;
    file::replace(path, to_text(&identity).as_bytes())?;
    Ok(identity)
}

/// The identity in a file, none if it does not exist.
pub(super) fn load(path: &Path) -> Result<Option<Identity>, ProfileError> {
    let Some((text, file)) = file::read(path)? else { return Ok(None) };
    let text = Zeroizing::new(text);
    check_mode(path, &file)?;
    let damaged = ProfileError::Damaged {
        path: path.to_owned(),
        what: "it holds no whole secret key",
        cure: "put back a copy of it, or move it away to start with a new identity",
    };
    from_text(&text).map(Some).ok_or(damaged)
}

fn check_mode(path: &Path, file: &File) -> Result<(), ProfileError> {
    let mode = file.metadata().map_err(|e| ProfileError::read(path, e))?.permissions().mode();
    let others = mode & 0o077;
    if others == 0 { Ok(()) } else { Err(ProfileError::Exposed(path.to_owned())) }
}

/// The text of the file that holds an identity.
pub(super) fn to_text(identity: &Identity) -> Zeroizing<String> {
    let secret = identity.secret();
    let (key, sum) = (hex(&secret[..]), checksum(&secret));
    // Of its full size from the start: a string that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(256));
    for part in [WARNING, "\n", MAGIC, " ", key.as_str(), " ", sum.as_str(), "\n"] {
        text.push_str(part);
    }
    text
}

fn from_text(text: &str) -> Option<Identity> {
    let line = text.lines().find(|l| !l.starts_with('#') && !l.trim().is_empty())?;
    let (key, sum) = line.strip_prefix(MAGIC)?.trim().split_once(' ')?;
    let secret = unhex(key)?;
    (*checksum(&secret) == sum).then(|| Identity::from_secret(&secret))
}

fn checksum(secret: &[u8; 32]) -> Zeroizing<String> {
    let hash = blake3::hash(secret);
    let [a, b, c, d, ..] = hash.as_bytes();
    hex(&[*a, *b, *c, *d])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trip() {
        let identity = Identity::from_secret(&[0x5a; 32]);
        let text = to_text(&identity);
        assert_eq!(from_text(&text).unwrap().id(), identity.id());
        insta::assert_snapshot!(*text);
    }

    #[test]
    fn damage_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("identity");
        let whole = to_text(&Identity::from_secret(&[1; 32]));
        let mut flipped = whole.to_string();
        let at = flipped.find("0101").unwrap();
        flipped.replace_range(at..=at, "3");
        let (half, short) = (whole.split_at(whole.len() / 2).0, whole.split_at(whole.len() - 2).0);
        for bad in ["", "\u{0}\u{0}", half, short, &flipped] {
            std::fs::write(&path, bad).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            let error = load(&path).unwrap_err();
            assert!(matches!(error, ProfileError::Damaged { .. }), "{bad:?}: {error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), bad);
        }
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("identity");
        create(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let message = load(&path).unwrap_err().to_string();
        assert!(message.contains("chmod 600"), "{message}");
    }
}

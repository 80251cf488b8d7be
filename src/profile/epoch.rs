//! The epoch: which start of the program a line belongs to. Stored before its first use, so that no number of a line
//! is ever used twice by one identity, even after a crash or when the clock has gone back.

use std::path::Path;

use super::{ProfileError, file};

/// max(last + 1, seconds), stored durably.
pub(super) fn next(path: &Path, seconds: u64) -> Result<u32, ProfileError> {
    let last = match file::read(path)? {
        None => 0,
        Some((text, _)) => text.trim().parse::<u32>().map_err(|_| ProfileError::Damaged {
            path: path.to_owned(),
            what: "it holds no number",
            cure: "check that the clock is right, then delete it",
        })?,
    };
    let clock = u32::try_from(seconds).unwrap_or(0); // after 2106 only the count goes on
    let epoch = last.checked_add(1).ok_or_else(|| ProfileError::LastEpoch(path.to_owned()))?.max(clock);
    file::replace(path, format!("{epoch}\n").as_bytes())?;
    Ok(epoch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_whatever_the_clock_does() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("epoch");
        let seen: Vec<_> = [100, 100, 50, 1000, u64::MAX].map(|s| next(&path, s).unwrap()).into();
        assert_eq!(seen, [100, 101, 102, 1000, 1001]);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "1001\n");
    }

    #[test]
    fn damage_and_the_end_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("epoch");
        for bad in ["", "x", "-1", "4294967295"] {
            std::fs::write(&path, bad).unwrap();
            assert!(next(&path, 7).is_err(), "{bad}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), bad);
        }
    }
}

//! What never became whole is not kept for ever.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::folder::Folder;

/// How long what has come of a file is kept after its last byte, for its sender to go on. A week: somebody who broke off on
/// Friday may come back after a holiday.
pub const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Deletes what has come in part in the folder at `path`, and has not grown for [`KEPT`] at the time `now`; nothing else.
/// How many files that were. A folder that is not there has none.
///
/// # Errors
/// When the folder cannot be read.
pub fn tidy(path: &Path, now: SystemTime) -> io::Result<usize> {
    let entries = match std::fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let folder = Folder::open(path)?;
    let mut gone = 0;
    for entry in entries {
        let name = entry?.file_name();
        let Some(whole) = name.to_str().and_then(|name| name.strip_suffix(".part.json")) else { continue };
        if folder.forget_older(&format!("{whole}.part"), now.checked_sub(KEPT))? {
            gone += 1;
        }
    }
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write as _;

    use super::super::folder::Found;
    use super::super::wire::Offer;
    use super::*;

    fn part(folder: &Folder, name: &str) -> super::super::folder::Part {
        let offer = Offer { size: 10, modified: 7, name: name.to_owned() };
        match folder.part(&[1; 32], &offer).unwrap() {
            Found::Part(part) => part,
            Found::Busy => panic!("busy"),
        }
    }

    #[test]
    fn only_old_parts_of_ours_are_deleted() {
        let home = tempfile::tempdir().unwrap();
        let begin = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_180_140);
        assert_eq!(tidy(&home.path().join("none"), begin).unwrap(), 0);
        let folder = Folder::open(home.path()).unwrap();
        for name in ["old", "held", "young"] {
            let mut part = part(&folder, name);
            part.file.write_all(b"12345").unwrap();
            let age = if name == "young" { Duration::ZERO } else { Duration::from_secs(60) };
            part.file.set_modified(begin - age).unwrap();
        }
        // What another program has called so.
        for name in ["movie.part", "notes.part", "notes.part.json"] {
            std::fs::write(home.path().join(name), "{}").unwrap();
            File::open(home.path().join(name)).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        }
        let held = part(&folder, "held");
        assert_eq!(tidy(home.path(), begin + KEPT - Duration::from_secs(30)).unwrap(), 1);
        let names = || {
            let all = std::fs::read_dir(home.path()).unwrap();
            let mut names: Vec<_> = all.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        let others = ["movie.part", "notes.part", "notes.part.json"];
        let ours = ["held.part", "held.part.json"];
        assert_eq!(names(), [&ours[..], &others, &["young.part", "young.part.json"]].concat());
        drop(held);
        assert_eq!(tidy(home.path(), begin + KEPT + Duration::from_secs(1)).unwrap(), 2);
        assert_eq!(names(), others);
    }
}

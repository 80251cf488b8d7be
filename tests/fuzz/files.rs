//! Files of the user's: settings, themes, known peers, the identity, what was written, the history.

use std::fs;

use crate::seeded::fuzz;
use lanchat::history::{History, Limits, Query, Reader};
use lanchat::profile::Profile;
use lanchat::{cli, tui};

use crate::ITERATIONS;

#[test]
fn config() {
    fuzz!(ITERATIONS, |bytes: &[u8]| {
        for prefix in ["", "nick = ", "port = ", "interface = [\"", "color = true\nlog = "] {
            let file = [prefix.as_bytes(), bytes].concat();
            if let Err(told) = cli::fuzzing::config(&file) {
                let place = told.strip_prefix("config.toml:").unwrap_or_else(|| panic!("{told:?}"));
                let mut numbers = place.split(':').map(str::parse::<usize>);
                assert!(numbers.next().is_some_and(|line| line.is_ok_and(|n| n > 0)), "{told:?}");
                assert!(numbers.next().is_some_and(|column| column.is_ok_and(|n| n > 0)), "{told:?}");
            }
        }
    });
}

#[test]
fn profile() {
    let home = tempfile::tempdir().unwrap();
    let profile = Profile::open(home.path(), "fuzzed").unwrap();
    let own = profile.identity().unwrap();
    let (peers, identity) = (profile.dir().join("peers.json"), profile.identity_path());
    let good = fs::read(&identity).unwrap();
    fuzz!(ITERATIONS / 20, |bytes: &[u8]| {
        fs::write(&peers, bytes).unwrap();
        if let Err(error) = profile.peers() {
            assert!(!error.to_string().contains('\n'), "{error}");
        }
        let mut changed = good.clone();
        if let [at, value, ..] = bytes {
            let at = usize::from(*at) * 3 % changed.len();
            changed[at] = *value;
        }
        fs::write(&identity, &changed).unwrap();
        match profile.existing_identity() {
            Ok(Some(read)) => assert_eq!(read.id(), own.id(), "a slip changes nobody into somebody else"),
            Ok(None) => panic!("the file is there"),
            Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
        }
        fs::write(&identity, bytes).unwrap();
        assert!(profile.existing_identity().is_err() || bytes == good);
    });
}

#[test]
fn theme() {
    fuzz!(ITERATIONS, |bytes: &[u8]| {
        for text in crate::texts(bytes) {
            for text in [text.clone(), format!("peers = [\"{text}\"]"), format!("[roles]\nown = \"{text}\"")]
            {
                if let Err(told) = tui::fuzzing::theme(&text) {
                    assert!(!told.is_empty());
                }
            }
        }
    });
}

/// Rooms, ignored people, sent messages and drafts.
#[test]
fn kept() {
    let home = tempfile::tempdir().unwrap();
    let profile = Profile::open(home.path(), "fuzzed").unwrap();
    profile.identity().unwrap(); // which makes the folder
    fuzz!(ITERATIONS / 20, |bytes: &[u8]| {
        for name in ["social.json", "sent.json", "drafts.json"] {
            fs::write(profile.dir().join(name), bytes).unwrap();
        }
        let told = [profile.social().err(), profile.sent().err(), profile.drafts().err()];
        assert!(told.into_iter().flatten().all(|error| !error.to_string().contains('\n')));
    });
}

/// A history of which any bytes are wrong: it is read, or said to be damaged, and a chat starts with it all the same.
#[test]
fn history() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("history.db");
    let (history, told) = History::open(&path, Limits::default(), 1);
    assert_eq!(told, Vec::<String>::new());
    drop(history);
    let good = fs::read(&path).unwrap();
    fuzz!(ITERATIONS / 100, |bytes: &[u8]| {
        let mut file = good.clone();
        for change in bytes.chunks_exact(3) {
            let at = usize::from(u16::from_be_bytes([change[0], change[1]])) % file.len();
            file[at] = change[2];
        }
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(home.path().join(format!("history.db{suffix}")));
        }
        fs::write(&path, &file).unwrap();
        if let Ok(Some(reader)) = Reader::open(&path) {
            let _ = reader.all(&Query::default());
        }
        let (history, told) = History::open(&path, Limits::default(), 2);
        assert!(history.is_some() || !told.is_empty());
        drop(history);
        for file in fs::read_dir(home.path()).unwrap().flatten() {
            let _ = fs::remove_file(file.path());
        }
    });
}

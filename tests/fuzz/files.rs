//! Files of the user's: settings, known peers, the identity.

use std::fs;

use crate::seeded::fuzz;
use lanchat::cli;
use lanchat::profile::Profile;

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

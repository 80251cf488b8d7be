//! The names of files, for completion.

use std::path::{Path, PathBuf};

/// Most names offered.
const MOST: usize = 200;
/// Most names read of a directory.
const READ: usize = 20_000;

/// Names of files that begin with `typed`, sorted; those of directories end in `/`. `~/` is the home directory. Hidden
/// files are named only when a dot was typed.
pub(super) async fn starting(typed: String) -> Vec<String> {
    tokio::task::spawn_blocking(move || find(&typed, std::env::home_dir())).await.unwrap_or_default()
}

fn find(typed: &str, home: Option<PathBuf>) -> Vec<String> {
    let (dir, start) = match typed.rfind('/') {
        Some(slash) => typed.split_at(slash + 1),
        None => ("", typed),
    };
    let place = match (dir.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ if dir.is_empty() => PathBuf::from("."),
        _ => PathBuf::from(dir),
    };
    let Ok(entries) = std::fs::read_dir(&place) else { return Vec::new() };
    let names = entries.take(READ).filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let wanted =
        |name: &String| name.starts_with(start) && (start.starts_with('.') || !name.starts_with('.'));
    let mut found: Vec<String> = names.filter(wanted).collect();
    found.sort_unstable();
    found.truncate(MOST);
    let end = |name: &str| if is_dir(&place.join(name)) { "/" } else { "" };
    found.iter().map(|name| format!("{dir}{name}{}", end(name))).collect()
}

fn is_dir(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_files_and_directories() {
        let home = tempfile::tempdir().unwrap();
        for name in ["notes.txt", "no way.txt", ".hidden", "other"] {
            std::fs::write(home.path().join(name), "").unwrap();
        }
        std::fs::create_dir(home.path().join("node")).unwrap();
        let of = |typed: &str| find(typed, Some(home.path().to_owned()));
        assert_eq!(of("~/no"), ["~/no way.txt", "~/node/", "~/notes.txt"]);
        assert_eq!(of("~/."), ["~/.hidden"]);
        assert_eq!(of(&format!("{}/o", home.path().display())), [format!("{}/other", home.path().display())]);
        assert!(of("/no/such/place/x").is_empty());
    }
}

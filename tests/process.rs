//! What the process may do, and who may read its files.
//!
//! Needs root, `setcap` and `setpriv`, and what `tests/lan.rs` needs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod lab;

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use lab::{Chat, LANCHAT, Lan, system};

/// A field of `/proc/…/status`.
fn status(path: &Path, field: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().find_map(|l| l.strip_prefix(field)).unwrap_or_default().trim().to_owned()
}

/// Every file and directory below `dir`.
fn walk(dir: &Path, found: &mut Vec<(String, u32)>) {
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let metadata = entry.metadata().unwrap();
        found.push((entry.file_name().into_string().unwrap(), metadata.mode() & 0o7777));
        if metadata.is_dir() {
            walk(&entry.path(), found);
        }
    }
}

#[test]
fn the_right_to_bind_138_is_given_up_and_files_are_private() {
    if !lab::ready(&["setcap", "setpriv"]) {
        return;
    }
    let Some(lan) = Lan::new(2) else { return };
    let place = tempfile::tempdir().unwrap();
    std::fs::set_permissions(place.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let program = place.path().join("lanchat");
    system("cp", &[LANCHAT, program.to_str().unwrap()], "");
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    system("setcap", &["cap_net_bind_service=+ep", program.to_str().unwrap()], "");
    let home = tempfile::tempdir().unwrap();
    system("chown", &["65534:65534", home.path().to_str().unwrap()], "");
    let mut command = lan.host(0).command("setpriv");
    command.args([
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "sh",
        "-c",
        "umask 0; exec \"$@\"",
        "sh",
    ]);
    command.arg(&program).args(["--plain", "--json", "--nick", "nobody", "--port", "138", "--log", "debug"]);
    let home = std::sync::Arc::new(home);
    let mut chat = Chat::start_in(std::sync::Arc::clone(&home), command, "nobody");
    let other = lan.host(1).chat_with("other", &["--port", "138"]);
    chat.meets("other");
    chat.say("so it runs");
    other.hears("nobody", "so it runs");
    let process = Path::new("/proc").join(chat.pid().to_string());
    let threads: Vec<_> =
        std::fs::read_dir(process.join("task")).unwrap().map(|t| t.unwrap().path()).collect();
    assert!(threads.len() > 1, "the history has a thread of its own");
    for thread in &threads {
        let status = |field| status(&thread.join("status"), field);
        assert_eq!(status("Uid:").split_whitespace().next(), Some("65534"));
        for set in ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"] {
            assert_eq!(status(set), "0000000000000000", "{set} of {}", status("Name:"));
        }
        assert_eq!(status("Umask:"), "0077");
    }
    chat.finish();
    let mut files = Vec::new();
    walk(&home.path().join("data"), &mut files);
    assert!(
        files.iter().any(|(name, _)| name == "identity")
            && files.iter().any(|(name, _)| name == "history.db")
    );
    for (name, mode) in files {
        assert!(mode == 0o600 || mode == 0o700, "{name}: {mode:o}");
    }
}

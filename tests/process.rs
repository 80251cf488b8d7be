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

/// Tells the process below which profile to use.
const HOME: &str = "LC_TEST_SECRET_HOME";

/// Not a test, but a process that [`secrets_are_overwritten_after_use`] looks into: it uses an identity, says so, waits, drops
/// it, says so, waits.
#[test]
fn keeper_of_a_secret() {
    use lanchat::chat::{Checks, Config, Kind, Node, Now};
    let Some(home) = std::env::var_os(HOME) else { return };
    let pause = |word: &str| {
        use std::io::Write as _;
        std::fs::write(Path::new(&home).join(word), "").unwrap();
        std::io::stdout().flush().unwrap();
        std::io::stdin().read_line(&mut String::new()).unwrap();
    };
    let mut node = used(|| {
        let identity = lanchat::profile::Profile::open(Path::new(&home), "kept").unwrap().identity().unwrap();
        let config = Config {
            nick: "keeper".parse().unwrap(),
            host: lanchat::netbios::Name::new("HOST", 0).unwrap(),
            epoch: 1,
            reply_port: 40_000,
            observer: false,
            known: Vec::new(),
            depth: 0,
            checks: Checks::default(),
        };
        let now = Now { mono: std::time::Duration::from_secs(9), wall: 1_800_000_000_000 };
        let mut node = Box::new(Node::new(now, config, identity, [3; 32]));
        node.handle_timeout(now.after(std::time::Duration::from_secs(1)));
        node.say(now.after(std::time::Duration::from_secs(1)), Kind::Say, "signed").unwrap();
        node
    });
    while node.poll_transmit().is_some() {}
    pause("held");
    used(|| drop(node));
    pause("dropped");
}

/// Calls something, and overwrites the part of the stack that it has used, as other calls do in time: what is looked for is what
/// stays in objects, not what the compiler left in a frame that is gone.
fn used<T>(call: impl FnOnce() -> T) -> T {
    #[inline(never)]
    #[expect(clippy::large_stack_arrays, reason = "the stack is what is overwritten")]
    fn overwrite() -> u8 {
        let stack = std::hint::black_box([0_u8; 512 << 10]);
        stack.iter().fold(0, |sum, byte| sum ^ byte)
    }
    let result = call();
    std::hint::black_box(overwrite());
    result
}

/// How often `wanted` is in the memory that a process can write to.
fn in_memory(pid: u32, wanted: &[u8]) -> usize {
    use std::os::unix::fs::FileExt;
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let memory = std::fs::File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut found = 0;
    for line in maps.lines().filter(|l| l.contains(" rw")) {
        let (range, _) = line.split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let [start, end] = [start, end].map(|n| u64::from_str_radix(n, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        if memory.read_exact_at(&mut bytes, start).is_ok() {
            found += bytes.windows(wanted.len()).filter(|w| *w == wanted).count();
        }
    }
    found
}

#[test]
fn secrets_are_overwritten_after_use() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let home = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["keeper_of_a_secret", "--exact", "--nocapture", "--test-threads=1"])
        .env(HOME, home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut go_on = child.stdin.take().unwrap();
    let mut counts = Vec::new();
    for word in ["held", "dropped"] {
        let said = home.path().join(word);
        let began = std::time::Instant::now();
        while !said.exists() {
            assert!(
                began.elapsed() < lab::SOON && child.try_wait().unwrap().is_none(),
                "it never {word} a key"
            );
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let secret = lanchat::profile::Profile::open(home.path(), "kept")
            .and_then(|profile| profile.existing_identity())
            .unwrap()
            .unwrap()
            .secret();
        let digits = secret.iter().fold(String::new(), |digits, b| digits + &format!("{b:02x}"));
        counts.push((in_memory(child.id(), &*secret), in_memory(child.id(), digits.as_bytes())));
        go_on.write_all(b"\n").unwrap();
    }
    child.wait().unwrap();
    assert!(counts[0].0 > 0, "while it is used, it is there: {counts:?}");
    assert_eq!(counts[0].1, 0, "but the text of its file is not: {counts:?}");
    assert_eq!(counts[1], (0, 0), "and in the end nothing is: {counts:?}");
}

//! What is refused: one line that says what to do, the right exit code, nothing half-written.

use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use crate::support::{Ended, Home, free_port, root};

#[test]
fn wrong_usage() {
    let home = Home::new();
    let lines: Vec<_> = [
        &["foo"][..],
        &["sya", "hello"],
        &["--port", "1"],
        &["--port", "x"],
        &["tail", "--timeout", "5"],
        &["tail", "--count", "0"],
        &["ping"],
        &["ping", "bob", "--size", "301"],
        &["slot", "read", "sms"],
        &["slot", "read", "//*/mailslot/sms"],
        &["slot", "read", "//./mailslot/sms", "--timeout", "soon"],
        &["slot", "read", "//./mailslot/sms", "--raw", "--json"],
        &["slot", "write", "//./pipe/sms", "x"],
        &["slot", "write", "//10.0.0.1/mailslot/sms", "x"],
        &["slot", "write", "//*/mailslot/sms", "x", "--every", "0s"],
        &["slot", "write", "//a-name-that-is-too-long/mailslot/sms", "x"],
        &["identity", "verify"],
        &["--nick", "a b", "config", "show"],
        &["--nick", "", "config", "show"],
        &["config", "show", "--host", "SIXTEEN-LETTERS-"],
        &["--workgroup", "a/b", "config", "show"],
        &["--profile", "../x", "config", "show"],
        &["say", " "],
        &["--log", "loud"],
    ]
    .iter()
    .map(|args| format!("{}\n  {}", args.join(" "), home.run(args).failed(2)))
    .collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "nothing was written");
}

#[test]
fn a_bad_environment_is_named() {
    let home = Home::new();
    let output = home.command(&["config", "show"]).env("LANCHAT_NICK", "<x>").output().unwrap();
    let message = Ended::of(output, home.path()).failed(2);
    insta::assert_snapshot!(message, @r#"bad nick "<x>": a nickname cannot hold '<'; choose another (LANCHAT_NICK)"#);
}

#[test]
fn a_broken_config_file_is_told_with_line_and_column() {
    let home = Home::new();
    let file = home.path().join("c.toml");
    let config = file.to_str().unwrap();
    let mut told = Vec::new();
    for text in [
        "# mine\n\nnik = \"a\"\n",
        "nick = \"a b\"\n",
        "nick = \"✓bob\"\n",
        "nick = \"99d176af29886395\"\n",
        "nick = \"a\n",
        "port = 1\n",
        "port = \"138\"\n",
    ] {
        std::fs::write(&file, text).unwrap();
        told.push(home.run(&["--config", config, "config", "show"]).failed(1));
        // The chat and the scripts say the same.
        assert_eq!(Some(&home.run(&["--config", config, "who"]).failed(1)), told.last());
    }
    std::fs::remove_file(&file).unwrap();
    told.push(home.run(&["--config", config, "config", "show"]).failed(1));
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn an_interface_that_is_not_there() {
    let home = Home::new();
    for command in [&["--plain"][..], &["who"], &["say", "hello"]] {
        let message = home.run(&[command, &["--interface", "none7"]].concat()).failed(1);
        assert!(message.contains("none7") && message.contains("lo"), "{message}");
    }
}

#[test]
fn a_port_that_is_not_shared() {
    let home = Home::new();
    let taken = UdpSocket::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let message = home.run(&["who", "--interface", "lo", "--port", &port]).failed(1);
    assert!(message.contains(&port), "{message}");
}

/// The program where every user can run it. `cp` writes it, since a file that this process has open for writing, be it
/// in a child that another test is just starting, cannot be run.
fn copy_of_the_program(home: &Home) -> PathBuf {
    let bin = home.path().join("lanchat");
    assert!(Command::new("cp").arg(env!("CARGO_BIN_EXE_lanchat")).arg(&bin).status().unwrap().success());
    std::fs::set_permissions(&bin, PermissionsExt::from_mode(0o755)).unwrap(); // whatever the umask
    bin
}

#[test]
fn port_138_without_the_right_to_it() {
    if !root() {
        return;
    }
    let home = Home::new();
    let bin = copy_of_the_program(&home);
    std::fs::set_permissions(home.path(), PermissionsExt::from_mode(0o777)).unwrap();
    // A network namespace of its own: there the limit is 1024, whatever this machine has set.
    let script = "ip link set lo up && echo 1024 > /proc/sys/net/ipv4/ip_unprivileged_port_start && \
                  exec setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
                  \"$0\" who --port 138 --interface lo";
    let output = Command::new("unshare")
        .args(["-m", "-n", "sh", "-c", &format!("mount -t sysfs none /sys 2>/dev/null; {script}")])
        .arg(&bin)
        .env("HOME", home.path())
        .output()
        .unwrap();
    let message = Ended::of(output, home.path()).failed(1);
    assert!(message.contains("138") && message.contains("setcap"), "{message}");
}

/// Runs `lanchat ARGS` as root on a file system of its own at `data`, made by `mount`.
fn on_mount(home: &Home, mount: &str, args: &str) -> (Ended, Vec<String>) {
    let data = home.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let script = format!(
        "cd \"$1\" && {mount} && {{ \"$0\" --data-dir \"$1\" {args}; code=$?; }}; find \"$1\" -mindepth 1 >found; exit $code"
    );
    let script = script.replace(">found", ">\"$2\"");
    let found = home.path().join("found");
    let output = Command::new("unshare")
        .args(["-m", "sh", "-c", &script])
        .args([env!("CARGO_BIN_EXE_lanchat").as_ref(), data.as_path(), found.as_path()])
        .env("HOME", home.path())
        .output()
        .unwrap();
    let files = std::fs::read_to_string(&found).unwrap_or_default();
    let names = files.lines().map(|line| line.replace(&data.display().to_string(), "DATA")).collect();
    (Ended::of(output, home.path()), names)
}

#[test]
fn a_full_disk() {
    if !root() {
        return;
    }
    let full = "mount -t tmpfs -o size=4k,mode=700 none . && cd \"$1\" && head -c 4096 /dev/zero > full";
    for args in ["identity", "say hello --interface lo"] {
        let home = Home::new();
        let (ended, files) = on_mount(&home, full, args);
        assert_eq!(
            ended.failed(1),
            "cannot write HOME/data/default/identity: the disk is full; free some space or choose another place with --data-dir"
        );
        let mut kept: Vec<_> = files.iter().map(String::as_str).filter(|f| !f.ends_with("/lock")).collect();
        kept.sort_unstable();
        assert_eq!(kept, ["DATA/default", "DATA/full"], "nothing half-written");
    }
}

#[test]
fn a_read_only_disk() {
    if !root() {
        return;
    }
    let home = Home::new();
    let (ended, files) = on_mount(&home, "mount -t tmpfs -o ro none . && cd \"$1\"", "identity");
    assert_eq!(
        ended.failed(1),
        "cannot write HOME/data/default: the disk is read-only; choose another place with --data-dir"
    );
    assert_eq!(files, [""; 0]);
}

#[test]
fn a_data_directory_of_somebody_else() {
    if !root() {
        return;
    }
    let home = Home::new();
    let bin = copy_of_the_program(&home);
    std::fs::set_permissions(home.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let output = Command::new("setpriv")
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
        .arg(&bin)
        .arg("identity")
        .env("HOME", home.path())
        .output()
        .unwrap();
    let message = Ended::of(output, home.path()).failed(1);
    assert_eq!(
        message,
        "cannot write HOME/.local/share/lanchat/default: no permission; give yourself access to it or choose another place with --data-dir"
    );
}

#[test]
fn what_cannot_be_sent_or_kept_is_told_before_anybody_is_looked_for() {
    let home = Home::new();
    let path = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    let (folder, fifo, file) = (path("folder"), path("fifo"), path("file"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(&file, "x").unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for odd in [&folder, &fifo] {
        let told = home.run(&["send", "bob", odd]).failed(1);
        assert!(told.ends_with(" is not a file; pack it first, as with tar"), "{told}");
    }
    let escape = home.run(&["send", "bob", "\x1b[31mred"]).failed(1);
    assert!(escape.starts_with("cannot read <U+001B>[31mred: "), "{escape}");
    let told = home.run(&["receive", "--yes", "--dir", &file]).failed(1);
    assert!(
        told.starts_with("cannot write to ") && told.ends_with("; choose another folder with --dir"),
        "{told}"
    );
}

#[test]
fn a_runtime_directory_that_others_can_enter_is_refused_in_one_line() {
    let home = Home::new();
    let run = home.path().join("run");
    std::fs::create_dir(&run).unwrap();
    std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o755)).unwrap();
    let port = free_port().to_string();
    let said = home.run(&["receive", "--yes", "--interface", "lo", "--port", &port, "--dir", "."]).failed(1);
    assert!(said.contains("is open to others"), "{said}");
}

//! Settings, identity and known peers as kept on disk.

use std::os::unix::fs::PermissionsExt;

use crate::support::{Ended, Home};

#[test]
fn an_identity_is_made_once() {
    let home = Home::new();
    let first = home.run(&["identity"]).succeeded();
    assert_eq!(home.run(&["identity"]).succeeded(), first);
    let file = home.data().join("default/identity");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let files: Vec<_> =
        std::fs::read_dir(home.data().join("default")).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(files, ["identity"], "looking takes no lock and no epoch");
    let other = home.run(&["identity", "--profile", "work"]).succeeded();
    assert_ne!(other, first);
    let json: serde_json::Value =
        serde_json::from_str(&home.run(&["identity", "--json"]).succeeded()).unwrap();
    assert!(first.contains(json["words"].as_str().unwrap()) && first.contains(json["id"].as_str().unwrap()));
    assert_eq!(json["words"].as_str().unwrap().split(' ').count(), 10);
}

#[test]
fn an_exported_identity_moves() {
    let (old, new) = (Home::new(), Home::new());
    let secret = old.run(&["identity", "export"]).succeeded();
    let file = new.data().join("default/identity");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, &secret).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let message = new.run(&["identity"]).failed(1);
    assert!(message.contains("chmod 600 'HOME/.local/share/lanchat/default/identity'"), "{message}");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let id = |home: &Home| home.run(&["identity"]).succeeded().lines().next().unwrap().to_owned();
    assert_eq!(id(&new), id(&old));
}

#[test]
fn a_damaged_identity_is_refused_and_left_alone() {
    let home = Home::new();
    home.run(&["identity"]).succeeded();
    let file = home.data().join("default/identity");
    std::fs::write(&file, "lanchat-secret-key 1 00").unwrap();
    for command in [&["identity"][..], &["say", "hello", "--interface", "lo"], &["who", "--interface", "lo"]]
    {
        assert_eq!(
            home.run(command).failed(1),
            "HOME/.local/share/lanchat/default/identity is damaged (it holds no whole secret key); \
             put back a copy of it, or move it away to start with a new identity"
        );
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "lanchat-secret-key 1 00");
}

const PEERS: &str = r#"[{
    "id": "2ada83c1819a5372",
    "public_key": "0000000000000000000000000000000000000000000000000000000000000000",
    "nick": "bob", "verified": false, "first_met": 1, "last_met": 2
}]"#;
const WORDS: &str =
    "brickyard surrender Mohawk recover minnow newsletter dwelling holiness surmount tolerance";

#[test]
fn a_peer_is_verified_and_forgotten() {
    let home = Home::new();
    let dir = home.data().join("default");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("peers.json"), PEERS).unwrap();
    assert!(home.run(&["identity", "verify", "bob"]).failed(2).contains("--words"));
    home.run(&["identity", "verify", "bob", "--words", "aardvark"]).failed(1);
    home.run(&["identity", "verify", "carol", "--words", WORDS]).failed(1);
    let read = || std::fs::read_to_string(dir.join("peers.json")).unwrap();
    assert_eq!(read(), PEERS, "nothing has changed yet");
    home.run(&["identity", "verify", "BOB~2ada", "--words", WORDS]).succeeded();
    assert!(read().contains("\"verified\": true"));
    home.run(&["identity", "forget", "2ada83c1819a5372"]).succeeded();
    assert_eq!(read(), "[]\n");
}

#[test]
fn settings_go_before_one_another_as_promised() {
    let home = Home::new();
    let dir = home.path().join(".config/lanchat");
    let path = home.run(&["config", "init"]).succeeded();
    assert_eq!(path, "HOME/.config/lanchat/config.toml\n");
    assert!(home.run(&["config", "init"]).failed(1).contains("stays as it is"));
    let file = dir.join("config.toml");
    std::fs::write(&file, "nick = \"file\"\nport = 5000\nworkgroup = \"heroes\"\ncolor = false\n").unwrap();
    let mut command = home.command(&["config", "show", "--json", "--nick", "option", "--interface", "a"]);
    command.env("LANCHAT_NICK", "environment").env("LANCHAT_PORT", "6000").env("LANCHAT_HOST", "");
    let shown = Ended::of(command.output().unwrap(), home.path()).succeeded();
    let kept: Vec<_> = shown.lines().filter(|line| !line.contains("host")).collect();
    insta::assert_snapshot!(kept.join("\n"));
    // Another profile has settings of its own, and what `show` prints is a file of settings.
    assert!(home.run(&["config", "show", "--profile", "work"]).succeeded().contains("port = 13138 "));
    let shown = home.run(&["config", "show"]).succeeded();
    std::fs::write(&file, &shown).unwrap();
    let again = home.run(&["config", "show"]).succeeded();
    assert_eq!(again.replace("# default", "# file"), shown.replace("# default", "# file"));
}

#[test]
fn options_stand_before_and_after_the_command() {
    let home = Home::new();
    let before = home.run(&["--nick", "alice", "config", "show"]).succeeded();
    assert!(before.contains("nick = \"alice\""));
    assert_eq!(home.run(&["config", "show", "--nick", "alice"]).succeeded(), before);
    assert_eq!(home.run(&["config", "--nick", "alice", "show"]).succeeded(), before);
}

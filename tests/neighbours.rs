//! Names that pop-ups and announcements are sent to, and the task that hears them: over the loopback interface, with the
//! datagrams that the mailslot service itself makes.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use lanchat::lan::{Lan, LanConfig};
use lanchat::mailslot::{Config, Mailslots, Options, Scope, Server, SlotPath, WriteError};
use lanchat::neighbours;
use lanchat::netbios::Name;
use lanchat::smb::CodePage;

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(120);

/// Other tests run beside this one, under the same user.
fn private() -> Options {
    Options { scope: Scope::Program, ..Options::default() }
}

fn name(text: &str, suffix: u8) -> Name {
    Name::new(text, suffix).unwrap()
}

fn mailslots() -> Mailslots {
    let lan = Lan::bind(&LanConfig { interfaces: vec!["lo".into()], port: 0 }).unwrap();
    Mailslots::start(Config { host: name("ALICEPC", 0), workgroup: name("WORKGROUP", 0), lan })
}

fn to(name: Name, slot: &str) -> SlotPath {
    SlotPath::Remote { name, slot: slot.parse().unwrap() }
}

/// What is in the slot up to the message `end`.
async fn until(server: &mut Server, end: &str) -> Vec<String> {
    let mut read = Vec::new();
    loop {
        let message = tokio::time::timeout(LIMIT, server.read()).await.unwrap().unwrap();
        let text = String::from_utf8(message.data).unwrap();
        if text == end {
            return read;
        }
        read.push(text);
    }
}

#[tokio::test]
async fn every_name_of_a_group_is_heard_and_no_other() {
    let mailslots = mailslots();
    let mut server = mailslots.create(&r"\\.\mailslot\MESSNGR".parse().unwrap(), private()).unwrap();
    let groups = [
        name("WORKGROUP", Name::WORKSTATION),
        name("workgroup", Name::MESSENGER),
        name("WORKGROUP", Name::MASTER_BROWSER),
        name("WORKGROUP", Name::ELECTIONS),
        Name::ALL_MASTERS,
    ];
    for group in groups {
        mailslots.open(&to(group, "MESSNGR")).write(format!("{group:?}").as_bytes()).unwrap();
    }
    for other in [name("OTHERS", Name::MESSENGER), name("WORKGROUP", Name::SERVER)] {
        let told = mailslots.open(&to(other, "MESSNGR")).write(b"not for us");
        assert!(matches!(told, Err(WriteError::Unknown(unknown)) if unknown == other), "{told:?}");
        mailslots.open(&to(other, "MESSNGR")).shout(b"not for us").unwrap();
    }
    mailslots.open(&r"\\*\mailslot\MESSNGR".parse().unwrap()).write(b"end").unwrap();
    assert_eq!(until(&mut server, "end").await, groups.map(|group| format!("{group:?}")));
}

#[tokio::test]
async fn a_program_takes_what_is_for_its_computer_and_its_user() {
    let mailslots = mailslots();
    let mut server = mailslots.create(&r"\\.\mailslot\MESSNGR".parse().unwrap(), private()).unwrap();
    let shout = |name: Name, text: &str| mailslots.open(&to(name, "MESSNGR")).shout(text.as_bytes()).unwrap();
    let (alice, computer) = (name("ALICE", Name::MESSENGER), name("ALICEPC", Name::MESSENGER));
    shout(alice, "before she has this name");
    shout(computer, "one");
    assert_eq!(until(&mut server, "one").await, [""; 0]);
    mailslots.answer_to(vec![alice]);
    shout(alice, "to alice");
    shout(name("ALICE", Name::WORKSTATION), "to a computer of her name");
    shout(name("ALICEPC", Name::WORKSTATION), "to the computer");
    shout(computer, "two");
    assert_eq!(until(&mut server, "two").await, ["to alice", "to the computer"]);
    mailslots.answer_to(Vec::new());
    shout(alice, "after she has given it up");
    shout(computer, "three");
    assert_eq!(until(&mut server, "three").await, [""; 0]);
}

#[tokio::test]
async fn announcements_are_listed_until_the_farewell_and_junk_is_ignored() {
    let listener = mailslots();
    let port = listener.network().port;
    let lan = Lan::bind(&LanConfig { interfaces: vec!["lo".into()], port }).unwrap();
    let other = Mailslots::start(Config { host: name("OTHER", 0), workgroup: name("WORKGROUP", 0), lan });
    let path = r"\\.\mailslot\BROWSE".parse().unwrap();
    let mut watcher = other.create(&path, private()).unwrap();
    let (host, group) = (name("ALICEPC", 0), name("WORKGROUP", 0));
    let page = CodePage::default();
    let announce = Some(neighbours::comment("grün", page).unwrap());
    let config = neighbours::Config { page, announce };
    let (neighbours, mut popups) = neighbours::start(&listener, host, group, config).unwrap();
    let taken = neighbours::start(&listener, host, group, neighbours::Config::default());
    assert!(taken.unwrap_err().to_string().contains("exists already"), "one program hears them once");
    for junk in [&b""[..], b"\x01", b"\xff\xff", &[0x0a, 255, 0, 0, 0, 0], &[1; 424]] {
        for slot in ["BROWSE", "LANMAN", "MESSNGR"] {
            listener.open(&to(group, slot)).write(junk).unwrap();
        }
    }
    listener.open(&to(group, "MESSNGR")).write(b"BOB\0ALICE\0hi\x14there").unwrap();
    let popup = tokio::time::timeout(LIMIT, popups.recv()).await.unwrap().unwrap();
    assert_eq!((popup.from.as_str(), popup.text.as_str()), ("BOB", "hi\nthere"));
    // It announces itself at the start, which it hears as everybody does, and says farewell.
    let first = announcement(&mut watcher).await;
    assert_eq!((first.first(), first.get(24..28)), (Some(&1), Some(&[3, 0x10, 0, 0][..])), "{first:?}");
    let listed = loop {
        let listed = neighbours.list().await;
        if !listed.is_empty() {
            break listed;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(listed.iter().map(|n| n.comment.as_str()).collect::<Vec<_>>(), ["grün"]);
    neighbours.leave().await;
    let farewell = announcement(&mut watcher).await;
    assert_eq!((farewell.first(), farewell.get(24..28)), (Some(&1), Some(&[0; 4][..])), "{farewell:?}");
}

/// The next message in the slot that is as long as an announcement, and so no junk.
async fn announcement(server: &mut Server) -> Vec<u8> {
    loop {
        let message = tokio::time::timeout(LIMIT, server.read()).await.unwrap().unwrap();
        if (32..60).contains(&message.data.len()) {
            return message.data;
        }
    }
}

//! What is not text, in everything else that a neighbour controls, against the real screen and commands: rooms, topics, statuses,
//! answers, reactions, pop-ups, announcements of computers, names of files, notifications and the window title.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt;

use crate::forge::{Claim, Key, on_the_wire};
use crate::lab::{LANCHAT, Lan, Run, Terminal};
use crate::processes::clock;
use crate::terminal::{PAYLOADS, cut, unsafe_in, writes_nothing_of_others};

/// A pop-up of these texts.
fn popup(from: &[u8], to: &[u8], text: &[u8]) -> Vec<u8> {
    [from, b"\0", to, b"\0", text, b"\0"].concat()
}

/// The announcement of a computer, as docs/PROTOCOL.md says.
fn announcement(name: &[u8], comment: &[u8]) -> Vec<u8> {
    let mut out = vec![0x01, 0, 0, 0xea, 0, 0];
    out.extend_from_slice(name.get(..15).unwrap_or(name));
    out.resize(6 + 16, 0);
    out.extend_from_slice(&[4, 9, 3, 0x10, 0, 0, 0x0f, 0x01, 0x55, 0xaa]);
    out.extend_from_slice(comment.get(..43).unwrap_or(comment));
    out.push(0);
    out
}

/// What eve number `n` sends to all, with a payload in each field.
fn fields(n: u64, payload: &str) -> Vec<Vec<u8>> {
    let key = Key::new(500 + n);
    let (id, nick) = (key.id(), format!("eve{n}"));
    let sync = |data: &[u8]| on_the_wire(0, r"chat\sync", data);
    let room = |kind: u8, number: u32, text: &str| {
        on_the_wire(0, r"chat\rooms\lunch", &key.kind_in((kind, "lunch"), id, (7, number), clock(), text))
    };
    vec![
        sync(&key.beacon(&Claim { nick: &nick, ..Claim::new(clock()) })),
        sync(&key.status_as(id, 7, 2, cut(payload, 32), payload)),
        sync(&key.status_as(id, 7, 3, "lunch", payload)),
        room(3, 1, &format!("* {nick} changed the topic of #lunch: {payload}")),
        room(2, 2, &format!("* {nick} {payload}")),
        room(1, 3, &format!("<{nick}> [alice: {payload}] alice: {payload}")),
        room(4, 4, &format!("* {nick} reacts {} to alice: {payload}", cut(payload, 8))),
        on_the_wire(
            0,
            "MESSNGR",
            &popup(cut(payload, 60).as_bytes(), payload.as_bytes(), payload.as_bytes()),
        ),
        on_the_wire(0, "BROWSE", &announcement(cut(payload, 15).as_bytes(), payload.as_bytes())),
    ]
}

/// Types commands, one after the other: together they would be a paste.
fn commands(screen: &mut Terminal, commands: &[&str]) {
    for command in commands {
        screen.press(command);
        screen.shows(&format!("> {command}"));
        screen.press("\r");
        screen.shows("> write in #lunch");
    }
}

#[test]
fn escapes_in_every_other_field_reach_no_terminal() {
    let Some(lan) = Lan::new(3) else { return };
    let mut screen = Terminal::start_on(lan.host(0), "alice", 120, 250);
    screen.shows("#lobby");
    screen.press("/join lunch\r");
    screen.shows("#lunch");
    commands(&mut screen, &["/set desktop osc777", "/set notify all"]);
    screen.press("\x1b[O"); // the user looks elsewhere
    let socket = lan.host(2).socket(13_138);
    let segment = SocketAddr::from(([10, 77, 0, 255], 13_138));
    let (mut tried, mut ids) = (0, 0_u16);
    let mut send = |mut packet: Vec<u8>| {
        ids += 1;
        packet[2..4].copy_from_slice(&ids.to_be_bytes());
        socket.send_to(&packet, segment).unwrap();
    };
    for (n, payload) in (0..).zip(PAYLOADS) {
        let all = fields(n, payload);
        tried += all.len();
        all.into_iter().for_each(&mut send);
        screen.shows(&format!("eve{n} "));
    }
    screen.press("\x1b[I");
    commands(&mut screen, &["/net", "/rooms", "/who", "/whois eve1"]);
    screen.shows("host EVIL");
    // Names of files, of a program that offers what is on its disk.
    let folder = tempfile::tempdir().unwrap();
    for (n, payload) in PAYLOADS.iter().enumerate().filter(|(_, p)| !p.contains('/')).take(3) {
        let path = folder.path().join(OsStr::from_bytes(format!("file{n}{payload}").as_bytes()));
        std::fs::write(&path, "evil").unwrap();
        tried += 1;
        let mut command = lan.host(1).command(LANCHAT);
        command.args(["send", "alice", "--nick", "sender", "--host", "HOST1"]).arg(&path);
        let offered = std::thread::spawn(move || Run::of(command));
        screen.shows(&format!("offers file{n}"));
        screen.press("/decline\r");
        let run = offered.join().unwrap();
        assert_eq!(unsafe_in(&(run.out + &run.errors)), None, "of the sender");
    }
    let bytes = String::from_utf8_lossy(&screen.raw()).into_owned();
    writes_nothing_of_others(&bytes);
    assert!(bytes.contains("\x1b]777;notify;"), "notifications were tried");
    assert!(screen.contents().contains("PWNED"), "what is text of it is shown");

    for (what, args) in [("who", &["who"][..]), ("rooms", &["rooms"]), ("net", &["net", "view"])] {
        for form in [&[][..], &["--json"]] {
            let run = lan.host(1).lanchat("watcher", &[args, form].concat());
            assert_eq!(unsafe_in(&(run.out + &run.errors)), None, "{what} {form:?}");
        }
    }
    println!("{tried} tried, nothing of it is more than text");
}

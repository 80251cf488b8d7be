//! Nothing that a peer sends writes to a terminal: escapes through every field that it controls, to everything it reaches.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use lanchat::netbios::Kind;

use crate::forge::{Claim, Key, Reader, on_the_wire, packet};
use crate::lab::{Chat, LANCHAT, Lan, Run, SOON, Terminal};
use crate::processes::clock;

/// What is not text. `PWNED` shows where it has come out.
pub(crate) const PAYLOADS: [&str; 16] = [
    "\x1b]0;PWNED\x07",
    "\x1b]52;c;UFdORUQ=\x07PWNED",
    "\x1b[31;5mPWNED",
    "\x1b[2J\x1b[HPWNED",
    "\x1bP$qPWNED\x1b\\",
    "\x1b[6nPWNED\x1b[c",
    "\u{9b}31mPWNED",
    "\u{9d}0;PWNED\u{9c}",
    "\u{202e}PWNED\u{202c}",
    "\u{2066}PWNED\u{2069}",
    "a\u{2028}PWNED\u{2029}b",
    "a\rPWNED\x08\x08",
    "a\x0b\x0cPWNED\x7f",
    "\x0ePWNED\x0f\x05",
    "<script>PWNED</script>\"'&",
    "\u{feff}\u{200b}\u{e0001}PWNED\u{fff9}",
];

/// Characters that no text for people has. Line feeds end lines, and a line may hold some.
pub(crate) fn unsafe_in(text: &str) -> Option<char> {
    let bad = |c: &char| {
        (c.is_control() && *c != '\n')
            || matches!(*c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || matches!(*c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    text.chars().find(bad)
}

pub(crate) fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|n| text.is_char_boundary(*n)).unwrap();
    text.get(..end).unwrap()
}

/// A screen's output holds no control sequence of others, and no title of theirs: the program's own only.
pub(crate) fn writes_nothing_of_others(bytes: &str) {
    for (n, payload) in PAYLOADS.iter().enumerate() {
        let raw = payload.replace("PWNED", "");
        let escapes = raw.starts_with('\x1b') && bytes.contains(payload);
        assert!(!escapes, "payload {n} is on the screen as it was sent");
    }
    assert_eq!(
        bytes.chars().find(|c| unsafe_in(&c.to_string()).is_some() && !"\x1b\x07\r".contains(*c)),
        None
    );
    // Notifications quote what is said, in two fields that it cannot end.
    let own = |osc: &str| match osc.strip_prefix("777;notify;") {
        Some(fields) => fields.matches(';').count() == 1,
        None => !osc.contains("PWNED"),
    };
    assert!(bytes.split("\x1b]").skip(1).all(|osc| own(osc.split('\x07').next().unwrap())), "a title");
    assert!(!bytes.contains("\x1b[31;5m") && !bytes.contains("\x1b[6n") && !bytes.contains("\x1b]52;"));
}

/// The packet with any bytes as the NetBIOS name of its sender.
fn named(mut packet: Vec<u8>, name: &str) -> Vec<u8> {
    let mut bytes = [b' '; 16];
    for (to, from) in bytes.iter_mut().take(15).zip(name.bytes()) {
        *to = from;
    }
    bytes[15] = 0;
    for (n, byte) in bytes.into_iter().enumerate() {
        packet[15 + 2 * n] = b'A' + (byte >> 4);
        packet[16 + 2 * n] = b'A' + (byte & 15);
    }
    packet
}

/// What goes to all: who speaks, under which names, and what.
fn to_all(send: &mut dyn FnMut(&[u8])) -> usize {
    for (n, payload) in (0..).zip(PAYLOADS) {
        let key = Key::new(n);
        let claim = Claim {
            nick: cut(payload, 60),
            host: cut(payload, 15),
            version: cut(payload, 16),
            ..Claim::new(clock())
        };
        let nick = format!("x{n}{}", cut(payload, 50));
        let renamed = Claim { nick: &nick, count: 2, flags: 0, ..Claim::new(clock()) };
        let said = key.line(7, 1, clock(), &format!("<{payload}> said {payload}"));
        let plain = format!("plain {payload}");
        for data in [key.beacon(&claim), key.beacon(&renamed)] {
            send(&on_the_wire(0, r"chat\sync", &data));
        }
        send(&on_the_wire(0, "chat", &said));
        send(&named(on_the_wire(0, "chat", plain.as_bytes()), payload));
    }
    send(&on_the_wire(0, "chat", b"that was all"));
    PAYLOADS.len() * 8
}

#[test]
fn escapes_reach_no_terminal_by_any_way() {
    let Some(lan) = Lan::new(4) else { return };
    let screen = Terminal::start_on(lan.host(0), "alice", 120, 250);
    let bob = lan.host(1).chat_with("bob", &["--log", "trace"]);
    let mut command = lan.host(2).command(LANCHAT);
    command.args(["--plain", "--nick", "carol", "--host", "HOST2"]);
    let mut carol = Chat::start(command, "carol");
    let socket = lan.host(3).socket(13_138);
    socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    // Mallory listens first, to know whom to seal private lines for.
    let mut readers: BTreeMap<IpAddr, Reader> = BTreeMap::new();
    let (mut buffer, began) = ([0; 2048], Instant::now());
    while readers.len() < 3 {
        assert!(began.elapsed() < SOON, "{} have said who they are", readers.len());
        if let Ok((length, from)) = socket.recv_from(&mut buffer)
            && let Some(reader) = Reader::heard(&buffer[..length])
        {
            readers.insert(from.ip(), reader);
        }
    }
    let segment = SocketAddr::from(([10, 77, 0, 255], 13_138));
    let mut id = 0_u16;
    let mut send = |packet: &[u8], to: SocketAddr| {
        let mut packet = packet.to_vec();
        id += 1;
        packet[2..4].copy_from_slice(&id.to_be_bytes());
        socket.send_to(&packet, to).unwrap();
    };
    let tried = to_all(&mut |packet| send(packet, segment));
    screen.shows("that was all");
    bob.hears("EVIL", "that was all");
    let printed = |lines: &[serde_json::Value], text: &str| {
        lines.iter().any(|l| l.as_str().is_some_and(|l| l.contains(text))).then_some(())
    };
    carol.wait_for(SOON, "the last line", |lines| printed(lines, "that was all"));
    // In private, to each of them; then everybody leaves.
    for (n, payload) in (0..).zip(PAYLOADS) {
        let key = Key::new(n);
        for (ip, reader) in &readers {
            let slot = lanchat::chat::PeerId(reader.id);
            let data = key.sealed(reader, 7, 1, clock(), &format!("private {n} {payload}"));
            let packet = packet(0, Kind::Unique, &format!(r"chat\to\{slot}"), &data);
            send(&packet, SocketAddr::new(*ip, reader.port));
        }
        bob.wait_for(SOON, "private line", |lines| {
            let private = format!("private {n} ");
            lines.iter().any(|l| l["text"].as_str().is_some_and(|t| t.starts_with(&private))).then_some(())
        });
        let goodbye = Claim { kind: 2, count: 3, flags: 0, nick: cut(payload, 60), ..Claim::new(clock()) };
        send(&on_the_wire(0, r"chat\sync", &key.beacon(&goodbye)), segment);
    }
    send(&on_the_wire(0, "chat", b"the end"), segment);
    screen.shows("the end");
    carol.wait_for(SOON, "the end", |lines| printed(lines, "the end"));

    // The screen and its title: the program's own escapes only.
    let bytes = String::from_utf8_lossy(&screen.raw()).into_owned();
    writes_nothing_of_others(&bytes);
    assert!(screen.contents().contains("PWNED"), "what is text of it is shown");

    // Lines for people and for scripts, and the log.
    let mut seen = 0;
    for value in bob.json().iter().chain(&carol.json()) {
        let text = value.to_string(); // of a string its JSON, so decoded once more below
        seen += usize::from(text.contains("PWNED"));
        let strings: Vec<&str> = match value {
            serde_json::Value::Object(fields) => fields.values().filter_map(|v| v.as_str()).collect(),
            other => other.as_str().into_iter().collect(),
        };
        for string in strings {
            assert_eq!(unsafe_in(string), None, "{string:?}");
        }
    }
    assert!(seen > PAYLOADS.len() * 3, "{seen} came through as text, of {tried}");
    assert_eq!(unsafe_in(&(bob.errors() + &carol.errors())), None);
    let mut bob = bob;
    bob.finish();
    carol.finish();
    what_is_kept(&bob);
}

/// The log, and the history in every form.
fn what_is_kept(bob: &Chat) {
    let home = bob.home();
    let mut log = String::new();
    read_all(home.path(), "lanchat.log", &mut log);
    assert!(log.contains("PWNED") && unsafe_in(&log).is_none(), "{:?} in the log", unsafe_in(&log));
    for form in ["text", "json", "html"] {
        let mut command = std::process::Command::new(LANCHAT);
        command.args(["history", "--export", form]);
        let run = Run::in_home(&home, command);
        assert!(run.code == Some(0) && run.out.contains("PWNED"), "{form}: {}", run.errors);
        assert_eq!(unsafe_in(&run.out), None, "in {form}");
        if form == "html" {
            assert!(!run.out.contains("<script>PWNED") && run.out.contains("&lt;script&gt;PWNED"));
        }
        for value in run.out.lines().filter(|_| form == "json") {
            let value: serde_json::Value = serde_json::from_str(value).unwrap();
            let fields = value.as_object().unwrap().values().filter_map(|v| v.as_str());
            fields.for_each(|field| assert_eq!(unsafe_in(field), None, "{field:?}"));
        }
    }
}

/// The files of this name below `dir`.
fn read_all(dir: &std::path::Path, name: &str, into: &mut String) {
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            read_all(&entry.path(), name, into);
        } else if entry.file_name() == name {
            *into += &String::from_utf8(std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

//! The test vectors of docs/PROTOCOL.md: what is printed there is what this code makes.

use super::direct::Content;
use super::envelope::{Part, room_tag};
use super::event::Kind;
use super::frame::{Beacon, Body, Frame, SOLICIT, Status, whois};
use super::hlc::Stamp;
use super::id::LineId;
use super::identity::{Identity, PublicKey};
use super::room::RoomName;
use super::seal::{PairKey, unreadable};
use super::wording;
use super::words::{pair_words, words};
use crate::text::SafeText;

const DOCUMENT: &str = include_str!("../../docs/PROTOCOL.md");

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, b| hex + &format!("{b:02x}"))
}

pub(super) fn is_documented(value: &str) -> bool {
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    bare(DOCUMENT).contains(&bare(value))
}

fn documented(what: &str, value: &str) {
    let wrapped: Vec<&str> = value.as_bytes().chunks(64).map(|c| std::str::from_utf8(c).unwrap()).collect();
    assert!(is_documented(value), "docs/PROTOCOL.md lacks {what}:\n{}", wrapped.join("\n"));
}

#[test]
fn the_document_shows_what_the_code_makes() {
    let (alice, bob) = (Identity::from_secret(&[0xa1; 32]), Identity::from_secret(&[0xb0; 32]));
    let stamp = Stamp((1_800_000_000_000 << 16) | 1);
    documented("alice's public key", &hex(&alice.public()));
    documented("alice's id", &alice.id().to_string());
    documented("alice's words", &words(&alice.public()));
    documented("bob's public key", &hex(&bob.public()));
    documented("bob's id", &bob.id().to_string());
    documented("the words of the pair", &pair_words(&alice.public(), &bob.public()));
    documented("the tag of the lobby", &hex(&room_tag("lobby")));

    let id = LineId { sender: alice.id(), epoch: 1_800_000_000, seq: 1 };
    let text = "<alice> hello everyone";
    let line =
        Part { text, kind: Kind::Say, about: None, room: room_tag("lobby"), id, index: 0, count: 1, stamp };
    documented("the line", &hex(&line.emit(&alice)));

    let heard = &bob.id().0[..4];
    let about = Beacon {
        public: alice.public(),
        reply_port: 40_000,
        next: 2,
        stamp: stamp.0 + 1,
        interval: 30,
        nick: "alice",
        host: "ORION",
        version: "0.1.0",
        heard: Some(heard),
        holds: None,
        loss: 0,
        live: 2,
    };
    let frame = Frame {
        flags: SOLICIT,
        sender: alice.id(),
        epoch: 1_800_000_000,
        count: 1,
        body: Body::Beacon(about),
    };
    documented("the beacon", &hex(&frame.emit(&alice)));
    documented("the who-is", &hex(&whois(bob.id(), alice.id())));

    documented("the tag of a room", &hex(&room_tag("lunch")));
    assert!(
        DOCUMENT
            .contains(&format!(r"\MAILSLOT\chat\rooms\{}", "grün".parse::<RoomName>().unwrap().to_slot()))
    );
    let about = Some(id);
    let id = LineId { sender: bob.id(), epoch: 1_800_000_001, seq: 1 };
    let quote = wording::quote("alice", "hello everyone");
    let room = room_tag("lunch");
    let answer = wording::reply(&quote, "hello!");
    let reaction = wording::reaction("👍", &quote);
    let topic = wording::topic("lunch".parse().unwrap(), &SafeText::line("pizza"));
    for (what, kind, text, about) in [
        ("the answer", Kind::Say, format!("<bob> {answer}"), about),
        ("the reaction", Kind::Reaction, format!("* bob {reaction}"), about),
        ("the topic", Kind::Topic, format!("* bob {topic}"), None),
    ] {
        let line = Part { text: &text, kind, about, room, id, index: 0, count: 1, stamp };
        documented(what, &hex(&line.emit(&bob)));
    }
    let status = Status { rooms: vec!["lunch", "grün"], locked: Vec::new(), away: Some("at lunch") };
    for (what, count, body) in
        [("the status", 2, Body::Status(status)), ("the typing frame", 3, Body::Typing(room))]
    {
        let frame = Frame { flags: 0, sender: bob.id(), epoch: 1_800_000_001, count, body };
        documented(what, &hex(&frame.emit(&bob)));
    }

    let key = PairKey::new(&alice, &PublicKey::from_bytes(&bob.public()).unwrap());
    let content = Content::Line { id: 1, index: 0, count: 1, kind: Kind::Say, stamp, text: "just for you" };
    let content = content.emit(1_800_000_000, 1_800_000_001);
    documented("the content", &hex(&content));
    let sealed = key.seal(alice.id(), bob.id(), [0x24; 24], &content).unwrap();
    documented("the sealed frame", &hex(&sealed));
    documented("the answer of one who cannot read it", &hex(&unreadable(bob.id(), alice.id())));
}

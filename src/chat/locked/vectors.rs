//! Known answers: the construction of docs/PROTOCOL.md, section 20, byte by byte, and the numbers printed there.

use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};

use super::super::event::Kind;
use super::super::hlc::Stamp;
use super::super::id::LineId;
use super::super::identity::Identity;
use super::super::room::RoomName;
use super::content::{Content, ContentKind};
use super::envelope::{Header, Sealed};
use super::key::{Cost, RoomKey};
use super::passphrase::Passphrase;

const DOCUMENT: &str = include_str!("../../../docs/PROTOCOL.md");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, b| hex + &format!("{b:02x}"))
}

/// What of these the document lacks, as it must stand there.
fn undocumented(all: &[(&str, String)]) -> String {
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let document = bare(DOCUMENT);
    let mut lacks = String::new();
    for (what, value) in all.iter().filter(|(_, value)| !document.contains(&bare(value))) {
        lacks.extend([what, ":\n"]);
        for line in value.as_bytes().chunks(64) {
            lacks.extend(["\n    ", std::str::from_utf8(line).unwrap()]);
        }
        lacks += "\n\n";
    }
    lacks
}

#[test]
fn argon2id_of_rfc_9106() {
    // Section 5.3.
    let mut params = ParamsBuilder::new();
    params.m_cost(32).t_cost(3).p_cost(4).output_len(32).data(AssociatedData::new(&[4; 12]).unwrap());
    let params = params.build().unwrap();
    let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let mut out = [0; 32];
    argon2.hash_password_into(&[1; 32], &[2; 16], &mut out).unwrap();
    assert_eq!(hex(&out), "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
}

#[test]
fn the_document_shows_what_the_code_makes() {
    let alice = Identity::from_secret(&[0xa1; 32]);
    let dev: RoomName = "dev".parse().unwrap();
    let passphrase = Passphrase::new("correct horse battery staple").unwrap();
    let key = RoomKey::derive(dev.to_locked(), &passphrase, Cost::PROTOCOL).unwrap();
    // The same with the other door of the crate, from the formula alone.
    let params = argon2::Params::new(65_536, 3, 1, Some(32)).unwrap();
    let mut root = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(b"correct horse battery staple", b"lanchat locked room 1\0dev", &mut root)
        .unwrap();
    assert!(RoomKey::from_root(&root).is(&key));
    let root_hex = hex(&root);
    let tag_hex = hex(&key.tag());
    let id = LineId { sender: alice.id(), epoch: 1_800_000_000, seq: 1 };
    let proof_hex = hex(&key.proof(alice.id(), id.epoch));
    let stamp = Stamp((1_800_000_000_000 << 16) | 1);
    let kind = ContentKind::Line(Kind::Say);
    let content = Content { kind, about: None, stamp, text: "the plans" }.emit();
    let content_hex = hex(&content);
    let header = Header { room: key.tag(), id, index: 0, count: 1 };
    let data = header.seal(&key, &alice, &content).unwrap();
    let datagram_hex = hex(&data);
    let all = [
        ("The root", root_hex),
        ("The tag", tag_hex),
        ("Alice's proof in her run of that epoch", proof_hex),
        ("The content of her line `the plans`, number 1, with the clock of section 11", content_hex),
        ("The datagram", datagram_hex),
    ];
    assert_eq!(undocumented(&all), "", "docs/PROTOCOL.md lacks this");
    let opened = key.open(&Sealed::parse(&data).unwrap()).unwrap();
    assert_eq!(*opened, content);
}

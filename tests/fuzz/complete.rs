//! That nothing which reads bytes of others has been forgotten: each such function of the program has its target here.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Where bytes of the network or of files are taken apart, and which targets do it. A target is a function of this folder.
const DECODERS: &[(&str, &[&str])] = &[
    ("chat/datagram.rs", &["chat::line", "chat::locked"]),
    ("chat/direct.rs", &["chat::reply", "node::edited_frames"]),
    ("chat/envelope.rs", &["chat::line"]),
    ("chat/frame.rs", &["chat::frame"]),
    ("chat/glance.rs", &["chat::frame"]),
    ("chat/identity.rs", &["chat::frame", "files::profile"]),
    ("chat/locked/content.rs", &["chat::locked"]),
    ("chat/locked/envelope.rs", &["chat::locked"]),
    ("chat/mend_frame.rs", &["chat::mend"]),
    ("chat/private/session.rs", &["node::edited_frames", "any_slot"]),
    ("chat/seal.rs", &["chat::reply"]),
    ("chat/wording.rs", &["node::edited_frames", "any_slot"]),
    ("cli/config_file.rs", &["files::config"]),
    ("doctor/listen.rs", &["datagram", "mailslot_write", "chat::frame"]),
    ("mailslot/connect/frame.rs", &["connect"]),
    ("mailslot/long/frame.rs", &["long_head"]),
    ("netbios/datagram.rs", &["datagram"]),
    ("netbios/name.rs", &["name"]),
    ("netbios/name_service/claim.rs", &["name_claim"]),
    ("netbios/name_service/query.rs", &["name_service"]),
    ("netbios/name_service/status.rs", &["node_status"]),
    ("pipe/agree.rs", &["streams::agree"]),
    ("pipe/noise.rs", &["streams::agree"]),
    ("pipe/hello.rs", &["pipe_hello"]),
    ("smb/browse/frame.rs", &["browse"]),
    ("smb/browse/lanman.rs", &["browse"]),
    ("smb/mailslot_write.rs", &["mailslot_write"]),
    ("smb/messenger.rs", &["messenger"]),
    ("smb/oem.rs", &["messenger"]),
    ("transfer/wire.rs", &["transfer"]),
    ("tui/theme/detect.rs", &["text::answers"]),
    ("tui/theme/file.rs", &["files::theme"]),
    // Without a function of such a name.
    ("history/open.rs", &["files::history"]),
    ("pipe/reader.rs", &["streams::records", "streams::sealed_records"]),
    ("profile/peers.rs", &["files::profile"]),
    ("profile/social.rs", &["files::kept"]),
    ("profile/written.rs", &["files::kept"]),
    ("chat/node/mod.rs", &["any_slot", "node::datagrams", "node::edited_frames"]),
];

/// What reads text that the user types, or what the system tells; its targets are those of `text.rs`.
const NOT_OF_OTHERS: &[&str] = &["cli/duration.rs", "lan/tentative.rs", "tui/command/mod.rs"];

fn walk(dir: &Path, take: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, take);
        } else if path.extension().is_some_and(|e| e == "rs") {
            take(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}

/// Whether a line of source begins a function that takes bytes or text apart.
fn takes_apart(line: &str) -> bool {
    let Some((_, signature)) = line.split_once("fn ") else { return false };
    let Some((name, takes)) = signature.split_once('(') else { return false };
    let name = name.split('<').next().unwrap_or_default();
    let named = ["parse", "decode", "from_bytes", "hear", "read"].contains(&name)
        || name.starts_with("parse_") && !name.starts_with("parse_never")
        || name.starts_with("decode_")
        || name == "of" && takes.contains("[u8]");
    named && (takes.contains("[u8") || takes.contains("&str") || takes.contains("impl AsyncRead"))
}

#[test]
fn every_decoder_has_a_target() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Where the harness is a crate of its own, as for a long search, the sources lie elsewhere.
    if !root.join("src/chat").is_dir() {
        return;
    }
    let table: BTreeMap<&str, &[&str]> = DECODERS.iter().copied().collect();
    let (mut found, mut without) = (0, Vec::new());
    walk(&root.join("src"), &mut |path, text| {
        let file = path.strip_prefix(root.join("src")).unwrap().to_str().unwrap().replace('\\', "/");
        if file.ends_with("/fuzzing.rs") {
            return; // the doors to the others
        }
        let product = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        for line in product.lines().filter(|line| takes_apart(line)) {
            found += 1;
            if !table.contains_key(file.as_str()) && !NOT_OF_OTHERS.contains(&file.as_str()) {
                without.push(format!("{file}: {}", line.trim()));
            }
        }
    });
    assert_eq!(without, Vec::<String>::new(), "these have no target in tests/fuzz/complete.rs");
    assert!(found > 25, "only {found} decoders: the search has lost them");

    let mut sources = BTreeMap::new();
    walk(&root.join("tests/fuzz"), &mut |path, text| {
        sources.insert(path.file_stem().unwrap().to_str().unwrap().to_owned(), text.to_owned());
    });
    for (file, targets) in DECODERS {
        assert!(root.join("src").join(file).is_file(), "{file} is no more");
        for target in *targets {
            let (module, name) = target.rsplit_once("::").unwrap_or(("main", target));
            let text = sources.get(module).unwrap_or_else(|| panic!("{target} is no target"));
            assert!(text.contains(&format!("#[test]\nfn {name}()")), "{target} is no target");
            let corpus = format!("tests/fuzz/__fuzz__/{}/corpus", target.replace("::", "__"));
            let seeds = fs::read_dir(root.join(&corpus)).map_or(0, Iterator::count);
            assert!(seeds > 0, "{corpus} has no seeds");
        }
    }
}

//! Text that is shown, and what people type: names, keys, commands, durations, searches.

use std::panic::AssertUnwindSafe;

use crate::seeded::fuzz;
use lanchat::chat::PeerId;
use lanchat::cli;
use lanchat::history;
use lanchat::mailslot::{SlotName, SlotPath};
use lanchat::netbios::Name;
use lanchat::text::SafeText;
use lanchat::tui::key::Key;
use lanchat::tui::text::wrap;
use lanchat::tui::{self, command};
use rusqlite::Connection;

use crate::{ITERATIONS, safe};

#[test]
fn safe_text() {
    fuzz!(ITERATIONS, |bytes: &[u8]| {
        for text in crate::texts(bytes) {
            let clean = SafeText::clean(&text);
            safe(clean.as_str());
            assert_eq!(SafeText::clean(clean.as_str()), clean, "cleaning safe text changes nothing");
            let line = SafeText::line(&text);
            assert!(!line.as_str().contains('\n'));
            assert_eq!(SafeText::line(line.as_str()), line);
            let width = 1 + usize::from(bytes.first().copied().unwrap_or_default() % 40);
            let rows = wrap(clean.as_str(), width);
            let shown: usize = rows.iter().map(|row| row.of(clean.as_str()).len()).sum();
            assert!(shown <= clean.as_str().len());
            assert_eq!(rows.last().map(|row| row.next), Some(clean.as_str().len()));
        }
    });
}

#[test]
fn names() {
    fuzz!(ITERATIONS, |bytes: &[u8]| {
        for text in crate::texts(bytes) {
            for path in text.parse::<SlotPath>().into_iter().chain(format!("//*/mailslot/{text}").parse()) {
                assert_eq!(path.to_string().parse::<SlotPath>().as_ref(), Ok(&path));
                assert!(path.slot().wire().is_ascii());
            }
            if let Ok(slot) = text.parse::<SlotName>() {
                assert!(slot.as_str().len() <= 255);
                assert_eq!(
                    slot.to_string().to_ascii_uppercase().parse::<SlotName>(),
                    Ok(slot),
                    "case means nothing"
                );
            }
            if let Ok(name) = Name::new(&text, 0) {
                assert!(name.text().len() <= 60);
                let mut encoded = Vec::new();
                name.encode(&mut encoded);
                assert_eq!(Name::decode(&encoded), Ok((name, Name::ENCODED_LEN)));
            }
            if let Ok(id) = text.parse::<PeerId>() {
                assert_eq!(id.to_string(), text.to_lowercase());
            }
        }
    });
}

#[test]
fn typed() {
    fuzz!(ITERATIONS, |bytes: &[u8]| {
        for text in crate::texts(bytes) {
            if let Ok(key) = text.parse::<Key>() {
                assert_eq!(key.to_string().parse::<Key>(), Ok(key));
            }
            for typed in [text.clone(), format!("/{text}"), format!("/msg {text}"), format!("/nick {text}")] {
                let _ = command::parse(&typed);
                let _ = command::argument_at(&typed);
            }
            let _ = command::names_starting(&text);
            let (one, ago) = cli::fuzzing::duration(&text);
            if let Ok(duration) = one {
                assert!(duration.as_secs() <= 864_000);
            }
            assert!(
                ago.is_ok() || cli::fuzzing::duration(&text).0.is_err(),
                "what is a duration is a time ago"
            );
        }
    });
}

#[test]
fn search() {
    let file = AssertUnwindSafe(Connection::open_in_memory().unwrap());
    file.execute_batch("CREATE VIRTUAL TABLE words USING fts5(author, text)").unwrap();
    fuzz!(ITERATIONS, |bytes: &[u8]| {
        for text in crate::texts(bytes) {
            for expression in history::fuzzing::expressions(&text).into_iter().flatten() {
                let found =
                    file.query_row("SELECT count(*) FROM words WHERE words MATCH ?1", [&expression], |row| {
                        row.get::<_, i64>(0)
                    });
                assert_eq!(found, Ok(0), "{expression:?}");
            }
        }
    });
}

#[test]
fn html() {
    fuzz!(ITERATIONS, |bytes: &[u8]| {
        for text in crate::texts(bytes) {
            let escaped = cli::fuzzing::html(&text);
            assert!(!escaped.contains(['<', '>', '"', '\'']));
            let back = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
            assert_eq!(back.iter().fold(escaped, |text, (from, to)| text.replace(from, to)), text);
        }
    });
}

/// What a terminal answers when it is asked for its background; the rest was typed, and none of it is lost or made up.
#[test]
fn answers() {
    fuzz!(ITERATIONS, |bytes: &[u8]| {
        for heard in [bytes.to_vec(), [b"\x1b]11;rgb:", bytes].concat(), [b"\x1b[?", bytes].concat()] {
            let typed = tui::fuzzing::answers(&heard);
            let mut rest = heard.iter();
            assert!(typed.iter().all(|byte| rest.any(|b| b == byte)), "{typed:?} of {heard:?}");
        }
    });
}

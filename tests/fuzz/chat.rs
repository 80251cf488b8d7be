//! What the chat reads from the network: lines, frames of the sync slot and of the reply slot. What is understood must
//! come out again as it was understood.

use crate::seeded::fuzz;
use lanchat::chat::{Cost, Glance, Identity, Nick, Passphrase, RoomKey, fuzzing};
use lanchat::text::SafeText;

use crate::{ITERATIONS, safe};

fn me() -> Identity {
    Identity::from_secret(&[0xa1; 32])
}

/// All that may come to the slots of the chat, whatever it is.
pub(crate) fn parse_all(data: &[u8]) {
    let me = me();
    for again in [fuzzing::line(data, &me), fuzzing::frame(data, &me)].into_iter().flatten() {
        let parsed_again = fuzzing::line(&again, &me).or_else(|| fuzzing::frame(&again, &me));
        assert_eq!(parsed_again.as_ref(), Some(&again));
    }
    if let Some(again) = fuzzing::mend(data) {
        assert_eq!(fuzzing::mend(&again).as_ref(), Some(&again));
    }
    if let Some(again) = fuzzing::content(data) {
        assert_eq!(fuzzing::content(&again).as_ref(), Some(&again));
    }
    if let Some(again) = fuzzing::room_content(data) {
        assert_eq!(fuzzing::room_content(&again).as_ref(), Some(&again));
    }
    assert_eq!(fuzzing::open(data, &me, &Identity::from_secret(&[2; 32])), None, "nobody has sealed it");
    if let Some(glance) = Glance::of(data) {
        safe(glance.nick.as_str());
        safe(glance.host.as_str());
    }
}

#[test]
fn line() {
    fuzz!(ITERATIONS, |data: &[u8]| {
        parse_all(data);
        // With a good head in front, the fields of the trailer are reached.
        parse_all(&[b"<a> hi\0LC\x11".as_slice(), data, &[0; 94]].concat());
    });
}

#[test]
fn locked() {
    let passphrase = Passphrase::new("secret").unwrap();
    let key = RoomKey::derive("dev".parse().unwrap(), &passphrase, Cost { memory: 8, passes: 1 }).unwrap();
    fuzz!(ITERATIONS, |data: &[u8]| {
        parse_all(data);
        // With a good head in front, the fields are reached; sealed, the content is.
        let line = [b"LC\x01\x30".as_slice(), data, &[0, 1], &[1; 140]].concat();
        parse_all(&line);
        if let Some(sealed) = fuzzing::sealed_line(&line, &me(), &key) {
            assert!(sealed.len() <= lanchat::chat::limits::MAX_DATA);
            assert!(fuzzing::sealed_line(&sealed, &me(), &key).is_some());
        }
    });
}

#[test]
fn frame() {
    fuzz!(ITERATIONS, |data: &[u8]| {
        parse_all(data);
        let kind = data.first().copied().unwrap_or_default();
        for kind in [1, 2, 4, kind] {
            parse_all(&[&[b'L', b'C', 1, kind], data, &[0; 64]].concat());
        }
    });
}

#[test]
fn mend() {
    fuzz!(ITERATIONS, |data: &[u8]| {
        parse_all(data);
        for kind in 5..=10 {
            parse_all(&[&[b'L', b'C', 1, kind, 0, 0], data].concat());
        }
    });
}

#[test]
fn reply() {
    let (me, bob) = (me(), Identity::from_secret(&[0xb0; 32]));
    fuzz!(ITERATIONS, |data: &[u8]| {
        parse_all(data);
        parse_all(&[&[b'L', b'C', 1, 32], data].concat());
        let sealed = fuzzing::sealed(data, [7; 24], &bob, &me).unwrap();
        assert_eq!(fuzzing::open(&sealed, &me, &bob).as_deref(), Some(data));
    });
}

#[test]
fn nick() {
    fuzz!(ITERATIONS / 4, |bytes: &[u8]| {
        for text in crate::texts(bytes) {
            for nick in text.parse::<Nick>().into_iter().chain([Nick::from_login(&text)]) {
                safe(nick.as_str());
                assert!(!nick.as_str().is_empty() && nick.as_str().len() <= Nick::MAX_BYTES);
                assert!(!nick.as_str().contains(char::is_whitespace));
                assert_eq!(nick.as_str().parse::<Nick>().as_ref(), Ok(&nick), "a nickname is one");
                assert_eq!(SafeText::line(nick.as_str()).as_str(), nick.as_str());
            }
            let heard = Nick::heard(&text);
            safe(heard.as_str());
            assert!(!heard.as_str().is_empty() && heard.as_str().len() <= Nick::MAX_BYTES);
            assert!(!heard.as_str().contains(|c: char| c.is_whitespace() || "<>~@,:/#".contains(c)));
            assert_eq!(Nick::heard(heard.as_str()), heard);
            assert!(heard.is_mixed() || heard.as_str().parse::<Nick>().as_ref() == Ok(&heard));
        }
    });
}

#[test]
fn cut() {
    fuzz!(ITERATIONS, |bytes: &[u8]| {
        for text in crate::texts(bytes) {
            let max = 4 + usize::from(bytes.first().copied().unwrap_or_default());
            let pieces = fuzzing::cut(&text, max);
            assert!(pieces.iter().all(|piece| piece.len() <= max));
            assert_eq!(pieces.concat(), text);
        }
    });
}

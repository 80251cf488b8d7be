//! Fuzz targets for whatever reads bytes of the network. `cargo test` runs each over its committed corpus and over
//! random input; `cargo bolero test <name>` searches for more with libFuzzer.
#![allow(clippy::unwrap_used)]

use bolero::check;
use lanchat::netbios::name_service::{Answer, Query, Response};
use lanchat::netbios::{Datagram, Name};
use lanchat::smb::browse::{Frame, LanmanHost};
use lanchat::smb::messenger::Popup;
use lanchat::smb::{CodePage, MailslotWrite};

/// Enough to notice a panic on the shallow paths; the corpus covers the deep ones.
const ITERATIONS: usize = 2000;

#[test]
fn datagram() {
    check!().with_iterations(ITERATIONS).for_each(|packet: &[u8]| {
        let Ok(datagram) = Datagram::parse(packet) else { return };
        let mut again = Vec::new();
        datagram.emit(&mut again);
        assert_eq!(Datagram::parse(&again), Ok(datagram));
        if let Ok(write) = MailslotWrite::parse(datagram.data) {
            round_trip(&write);
        }
    });
}

#[test]
fn mailslot_write() {
    check!().with_iterations(ITERATIONS).for_each(|message: &[u8]| {
        if let Ok(write) = MailslotWrite::parse(message) {
            round_trip(&write);
        }
    });
}

#[test]
fn name_service() {
    check!().with_iterations(ITERATIONS).for_each(|packet: &[u8]| {
        let mut again = Vec::new();
        if let Ok(query) = Query::parse(packet) {
            query.emit(&mut again);
            assert_eq!(Query::parse(&again), Ok(query));
        } else if let Ok(response) = Response::parse(packet) {
            response.emit(&mut again);
            assert_eq!(Response::parse(&again), Ok(response));
            if let Answer::Positive { owners, .. } = response.answer {
                assert!(6 * owners.iter().count() <= packet.len());
            }
        }
    });
}

#[test]
fn name() {
    check!().with_iterations(ITERATIONS).for_each(|bytes: &[u8]| {
        let Ok((name, used)) = Name::decode(bytes) else { return };
        assert!(used <= bytes.len());
        let mut again = Vec::new();
        name.encode(&mut again);
        assert_eq!(Name::decode(&again), Ok((name, Name::ENCODED_LEN)));
        assert!(name.text().bytes().all(|b| matches!(b, b' '..=b'~')));
    });
}

#[test]
fn browse() {
    check!().with_iterations(ITERATIONS).for_each(|data: &[u8]| {
        let mut again = Vec::new();
        if let Ok(frame) = Frame::parse(data) {
            frame.emit(&mut again);
            assert_eq!(Frame::parse(&again), Ok(frame));
        }
        if let Ok(host) = LanmanHost::parse(data) {
            again.clear();
            host.emit(&mut again);
            assert_eq!(LanmanHost::parse(&again), Ok(host));
        }
    });
}

#[test]
fn messenger() {
    let page = CodePage::new(CodePage::DEFAULT).unwrap();
    check!().with_iterations(ITERATIONS).for_each(|data: &[u8]| {
        let Ok(popup) = Popup::parse(data) else { return };
        let mut again = Vec::new();
        popup.emit(&mut again);
        assert_eq!(Popup::parse(&again), Ok(popup));
        assert!(popup.read(page).text.as_str().chars().all(|c| c == '\n' || !c.is_control()));
    });
}

fn round_trip(write: &MailslotWrite<'_>) {
    let mut again = Vec::new();
    write.emit(&mut again);
    assert_eq!(MailslotWrite::parse(&again), Ok(*write));
}

//! The bytes of the browser service and of pop-ups, judged by vectors that Wireshark, scapy and impacket read alike.

#![allow(clippy::unwrap_used)]

mod golden;

use golden::{ANNOUNCEMENT, POPUP, bytes};
use lanchat::netbios::{Datagram, Kind, Name};
use lanchat::smb::browse::{
    Backups, BadText, Comment, Domain, Error, Frame, Host, LanmanHost, MachineName, Reset, ServerType,
};
use lanchat::smb::messenger::{self, Popup};
use lanchat::smb::{CodePage, MailslotWrite};
use proptest::prelude::*;

fn name(text: &str) -> MachineName<'_> {
    MachineName::new(text.as_bytes()).unwrap()
}

fn announcement() -> Host<'static> {
    Host {
        update: 0,
        period: 60_000,
        name: name("ALICE"),
        os: (6, 1),
        kind: ServerType::LANCHAT,
        comment: Comment::new(b"lanchat").unwrap(),
    }
}

fn emitted(frame: &Frame<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    frame.emit(&mut out);
    out
}

#[test]
fn the_announcement_of_the_specification_is_read_and_written() {
    let packet = bytes(ANNOUNCEMENT);
    let datagram = Datagram::parse(&packet).unwrap();
    assert_eq!((datagram.kind, datagram.destination), (Kind::Group, Name::new("WORKGROUP", 0x1d).unwrap()));
    let write = MailslotWrite::parse(datagram.data).unwrap();
    assert_eq!(write.slot(), "BROWSE");
    let frame = Frame::parse(write.data).unwrap();
    assert_eq!(frame, Frame::Host(announcement()));
    assert_eq!(emitted(&frame), write.data);
}

#[test]
fn the_pop_up_of_the_specification_is_read_and_written() {
    let packet = bytes(POPUP);
    let datagram = Datagram::parse(&packet).unwrap();
    let write = MailslotWrite::parse(datagram.data).unwrap();
    assert_eq!(write.slot(), "MESSNGR");
    let page = CodePage::new(850).unwrap();
    let read = Popup::parse(write.data).unwrap().read(page);
    assert_eq!(
        (read.from.as_str(), read.to.as_str(), read.text.as_str()),
        ("ALICE", "WORKGROUP", "HELLO WORLD")
    );
    assert_eq!(messenger::write("ALICE", "WORKGROUP", "HELLO WORLD", page).unwrap(), write.data);
}

#[test]
fn every_kind_of_frame_has_its_bytes() {
    let fixed = b"\0\x60\xea\0\0ALICE\0\0\0\0\0\0\0\0\0\0\0\x06\x01\x03\x10\0\0\x0f\x01\x55\xaa";
    let host = |op: u8| [&[op], &fixed[..], b"lanchat\0"].concat();
    let domain = Domain {
        update: 0,
        period: 60_000,
        group: name("ALICE"),
        os: (6, 1),
        kind: ServerType::LANCHAT,
        master: name("MASTER"),
    };
    let backups = Backups::new(vec![name("A"), name("BCD")]).unwrap();
    let election = Frame::Election { version: 1, criteria: 0x2001_0f82, uptime: 7, name: Some(name("BOB")) };
    let forced = Frame::Election { version: 0, criteria: 0, uptime: 0, name: None }; // as nmbd sends it
    let cases = [
        (Frame::Host(announcement()), host(1)),
        (Frame::AnnouncementRequest { name: Some(name("ME")) }, b"\x02\0ME\0".to_vec()),
        (Frame::AnnouncementRequest { name: None }, b"\x02\0\0".to_vec()),
        (election, b"\x08\x01\x82\x0f\x01\x20\x07\0\0\0\0\0\0\0BOB\0".to_vec()),
        (forced, b"\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec()),
        (Frame::GetBackupList { count: 4, token: 5 }, b"\x09\x04\x05\0\0\0".to_vec()),
        (Frame::BackupList { token: 5, names: backups }, b"\x0a\x02\x05\0\0\0A\0BCD\0".to_vec()),
        (Frame::BecomeBackup(name("BOB")), b"\x0bBOB\0".to_vec()),
        (Frame::Domain(domain), [&[0x0c], &fixed[..], b"MASTER\0"].concat()),
        (Frame::Master(name("BOB")), b"\x0dBOB\0".to_vec()),
        (Frame::ResetState(Reset::Stop), b"\x0e\x04".to_vec()),
        (Frame::LocalMaster(announcement()), host(0x0f)),
    ];
    for (frame, data) in cases {
        assert_eq!(emitted(&frame), data, "{frame:?}");
        assert_eq!(Frame::parse(&data), Ok(frame.clone()));
        for cut in 0..data.len() {
            let told = Frame::parse(&data[..cut]);
            let nameless = matches!(told, Ok(Frame::AnnouncementRequest { name: None }));
            assert!(told.is_err() || nameless, "{frame:?} cut at {cut}: {told:?}");
        }
    }
}

#[test]
fn real_senders_are_forgiven_what_is_known_of_them_and_no_more() {
    let host = emitted(&Frame::Host(announcement()));
    let bent = |at: usize, to: u8| {
        let mut host = host.clone();
        host[at] = to;
        host
    };
    assert!(Frame::parse(&bent(28, 0x15)).is_ok(), "any version of the browser");
    assert_eq!(Frame::parse(&bent(30, 0)), Err(Error::Field), "the mark");
    assert_eq!(Frame::parse(&bent(6, 0)), Err(Error::Name), "no name");
    let long = [&host[..32], &[b'c'; 60], b"\0"].concat();
    let Ok(Frame::Host(Host { comment, .. })) = Frame::parse(&long) else { panic!("a long comment") };
    assert_eq!(comment.as_bytes(), [b'c'; 43]);
    let mut unended = host.clone();
    unended[6..22].fill(b'X');
    assert_eq!(Frame::parse(&unended), Err(Error::Name), "16 characters");
    let mut junk = [&host[..32], b"MASTER\0"].concat();
    junk[0] = 0x0c;
    junk[28..32].iter_mut().for_each(|b| *b = !*b);
    assert!(matches!(Frame::parse(&junk), Ok(Frame::Domain(_))), "Windows leaves junk before the master");
    assert_eq!(Frame::parse(b"\x0e\x03"), Err(Error::Field));
    assert_eq!(Frame::parse(b"\x03\0"), Err(Error::Kind(3)));
}

#[test]
fn the_older_form_is_read() {
    let data = b"\x01\x00\x03\x02\x40\0\x04\x00\x3c\x00WIN95\0an old friend\0";
    let host = LanmanHost::parse(data).unwrap();
    assert_eq!((host.name.as_bytes(), host.comment.as_bytes()), (&b"WIN95"[..], &b"an old friend"[..]));
    assert_eq!((host.period, host.os, host.kind.words()), (60, (4, 0), "Windows 9x, printer".to_owned()));
    // As nmbd 4.17 sends it with `lm announce = yes`, in upper case and code page 850.
    let samba = b"\x01\x00\x03\x9a\x80\x00\x06\x01\x0a\x00ORION\x00SAMBA GR\x9aN\x00";
    let host = LanmanHost::parse(samba).unwrap();
    assert_eq!(
        (host.name.as_bytes(), host.period, host.kind.words()),
        (&b"ORION"[..], 10, "Unix, printer".to_owned())
    );
    assert_eq!(CodePage::default().decode(host.comment.as_bytes()), "SAMBA GRÜN");
    assert_eq!(LanmanHost::parse(b"\x02\0"), Err(Error::Kind(2)));
    assert_eq!(LanmanHost::parse(&data[..20]), Err(Error::Truncated));
}

#[test]
fn names_and_comments_have_bounds() {
    assert_eq!(MachineName::new(b""), Err(BadText::Empty));
    assert_eq!(MachineName::new(b"A\0"), Err(BadText::Nul));
    assert!(MachineName::new(&[b'x'; 15]).is_ok() && Comment::new(&[b'x'; 43]).is_ok());
    assert_eq!(MachineName::new(&[b'x'; 16]), Err(BadText::TooLong { bytes: 16, most: 15 }));
    assert_eq!(Comment::new(&[b'x'; 44]), Err(BadText::TooLong { bytes: 44, most: 43 }));
    assert!(Backups::new(vec![name("A"); 255]).is_some() && Backups::new(vec![name("A"); 256]).is_none());
}

proptest! {
    #[test]
    fn an_announcement_comes_back(
        update: u8, period: u32, os: (u8, u8), kind: u32,
        machine in prop::collection::vec(1..=255_u8, 1..=15), comment in prop::collection::vec(1..=255_u8, 0..=43),
    ) {
        let (name, comment) = (MachineName::new(&machine).unwrap(), Comment::new(&comment).unwrap());
        let kind = ServerType(kind);
        let host = Host { update, period, name, os, kind, comment };
        for frame in [Frame::Host(host), Frame::LocalMaster(host)] {
            let bytes = emitted(&frame);
            prop_assert_eq!(Frame::parse(&bytes), Ok(frame));
        }
        let old = LanmanHost { kind, os, period: 60, name, comment };
        let mut out = Vec::new();
        old.emit(&mut out);
        prop_assert_eq!(LanmanHost::parse(&out), Ok(old));
    }

    #[test]
    fn whatever_is_read_can_be_written_and_read_again(kind in 0..=0x10_u8, rest in prop::collection::vec(any::<u8>(), 0..80)) {
        let data = [&[kind], &rest[..]].concat();
        if let Ok(frame) = Frame::parse(&data) {
            let bytes = emitted(&frame);
            prop_assert_eq!(Frame::parse(&bytes), Ok(frame.clone()));
        }
    }
}

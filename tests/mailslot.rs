//! The mailslot API against what Windows does: one test for each row of a table of calls and outcomes that was put together
//! from the Win32 documentation, \[MS-MAIL\] and tests that others run on Windows. Then what is our own: other processes,
//! bounds, sizes.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lanchat::lan::{Lan, LanConfig};
use lanchat::mailslot::blocking::{self, Client, Server};
use lanchat::mailslot::{
    self, Config, CreateError, InfoError, MAX_WRITE, Mailslots, NO_MESSAGE, OpenError, Options, PathError,
    ReadError, ReadTimeout, WAIT_FOREVER, WriteError,
};
use lanchat::netbios::Name;

const PATIENCE: Duration = Duration::from_secs(120);

/// A path that nobody else on this machine uses.
fn path() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    format!(r"\\.\mailslot\test\{}\{n}", std::process::id())
}

#[allow(clippy::disallowed_methods, reason = "how long reads wait is checked")]
fn now() -> Instant {
    Instant::now()
}

/// Reads wait for a bounded time, so that no test can hang.
fn create(path: &str) -> Server {
    Server::create(path, Options { read_timeout: ReadTimeout::After(PATIENCE), ..Options::default() })
        .unwrap()
}

fn immediate() -> Options {
    Options { read_timeout: ReadTimeout::Immediate, ..Options::default() }
}

fn pair() -> (Server, Client) {
    let path = path();
    let server = create(&path);
    let client = Client::open(&path).unwrap();
    (server, client)
}

fn name(text: &str) -> Name {
    Name::new(text, 0).unwrap()
}

/// A service on the loopback, on a port of its own.
fn network() -> blocking::Mailslots {
    let lan = LanConfig { interfaces: vec!["lo".into()], port: 0 };
    blocking::Mailslots::start(name("alice"), name("workgroup"), &lan).unwrap()
}

fn create_code(path: &str) -> u32 {
    Server::create(path, Options::default()).unwrap_err().code()
}

#[test]
fn row_01_a_name_that_is_no_path_is_refused_with_123() {
    let error = Server::create("blah", Options::default()).unwrap_err();
    assert_eq!(error, CreateError::Path(PathError::NotAMailslot));
    assert_eq!(error.code(), 123);
}

#[test]
fn row_02_no_name_is_refused_with_3() {
    assert_eq!(create_code(""), 3);
    assert!(matches!(Client::open(""), Err(OpenError::Path(PathError::Empty))));
}

#[test]
fn row_03_a_slot_elsewhere_cannot_be_created() {
    for path in [r"\\*\mailslot\x", r"\\host\mailslot\x"] {
        let error = Server::create(path, Options::default()).unwrap_err();
        assert_eq!((error.code(), error), (3, CreateError::NotLocal), "{path}");
    }
}

#[test]
fn row_04_a_pipe_is_no_mailslot() {
    assert_eq!(create_code(r"\\.\pipe\x"), 123);
}

#[test]
fn row_05_a_name_can_have_parts() {
    let path = path() + r"\a\b\c";
    let mut server = create(&path);
    Client::open(&path.replace('\\', "/")).unwrap().write(b"down there").unwrap();
    assert_eq!(server.read().unwrap().data, b"down there");
    assert!(server.path().as_str().ends_with(r"\a\b\c"));
}

#[test]
fn row_06_a_second_server_is_refused_with_183() {
    let path = path();
    let first = create(&path);
    let error = Server::create(&path, Options::default()).unwrap_err();
    assert!(matches!(error, CreateError::Exists(_)));
    assert_eq!(error.code(), 183);
    let mailslots = network();
    assert_eq!(mailslots.create(&path, Options::default()).unwrap_err().code(), 183);
    drop(first);
    mailslots.create(&path, Options::default()).unwrap();
}

#[test]
fn row_07_case_does_not_matter() {
    let path = path();
    let mut server = create(&path);
    let upper = path.to_uppercase();
    assert_eq!(create_code(&upper), 183);
    Client::open(&upper).unwrap().write(b"x").unwrap();
    assert_eq!(server.read().unwrap().data, b"x");
}

#[test]
fn row_08_the_largest_numbers_come_back() {
    let server = Server::create(&path(), Options::win32(u32::MAX, WAIT_FOREVER)).unwrap();
    let [max, _, _, timeout] = server.info().win32();
    assert_eq!((max, timeout), (0xFFFF_FFFF, 0xFFFF_FFFF));
    assert_eq!(server.info().read_timeout, ReadTimeout::Forever);
}

#[test]
fn row_09_a_maximum_of_zero_is_any_size() {
    let path = path();
    let mut server = Server::create(&path, Options::win32(0, 0)).unwrap();
    assert_eq!((server.info().max_message, server.info().win32()[0]), (None, 0));
    Client::open(&path).unwrap().write(&vec![7; 100_000]).unwrap();
    assert_eq!(server.read().unwrap().data.len(), 100_000);
}

#[test]
fn row_10_info_of_an_empty_slot() {
    let server = Server::create(&path(), Options::win32(424, 1500)).unwrap();
    let info = server.info();
    assert_eq!((info.max_message, info.next, info.waiting), (Some(424), None, 0));
    assert_eq!(info.read_timeout, ReadTimeout::After(Duration::from_millis(1500)));
    assert_eq!(info.win32(), [424, NO_MESSAGE, 0, 1500]);
}

/// All outputs of `GetMailslotInfo` may be left out; here they are fields of one value, which may be dropped.
#[test]
fn row_11_info_can_be_asked_for_nothing() {
    let (server, client) = pair();
    client.write(b"stays").unwrap();
    let _ = server.info();
    assert_eq!(server.info().waiting, 1, "asking has no effect");
}

#[test]
fn row_12_info_by_a_handle_that_is_no_more_fails_with_6() {
    let (server, client) = pair();
    drop(server);
    let error = client.info().unwrap_err();
    assert_eq!((error.code(), error), (6, InfoError::Gone));
}

#[test]
fn row_13_info_by_a_client_is_as_by_the_server() {
    let path = path();
    let mut server = Server::create(&path, Options::win32(99, 20)).unwrap();
    let client = Client::open(&path).unwrap();
    assert_eq!(client.info().unwrap().win32(), [99, NO_MESSAGE, 0, 20]);
    client.write(b"abc").unwrap();
    client.write(b"").unwrap();
    assert_eq!(client.info().unwrap(), server.info());
    assert_eq!(client.info().unwrap().win32(), [99, 3, 2, 20]);
    assert_eq!(server.read().unwrap().data, b"abc");
    assert_eq!(client.info().unwrap().win32(), [99, 0, 1, 20]);
    let remote = network().open(r"\\*\mailslot\x").unwrap();
    assert_eq!(remote.info().unwrap_err().code(), 50);
}

/// That a client cannot set it does not compile: see the documentation of `mailslot::Server`.
#[test]
fn row_14_only_the_server_sets_the_read_timeout() {
    let (mut server, client) = pair();
    server.set_read_timeout(ReadTimeout::Immediate);
    assert_eq!(client.info().unwrap().read_timeout, ReadTimeout::Immediate);
}

#[test]
fn row_15_a_new_read_timeout_holds_for_the_next_reads() {
    let mut server = create(&path());
    server.set_read_timeout(20.into());
    assert_eq!(server.info().win32()[3], 20);
    let start = now();
    assert_eq!(server.read(), Err(ReadError::Timeout));
    assert!((Duration::from_millis(20)..PATIENCE).contains(&start.elapsed()));
    server.set_read_timeout(0.into());
    assert_eq!(server.info().read_timeout, ReadTimeout::Immediate);
    assert_eq!(server.read(), Err(ReadError::Timeout));
}

#[test]
fn row_16_reading_nothing_without_waiting_fails_with_121() {
    let mut server = Server::create(&path(), immediate()).unwrap();
    assert_eq!(server.read().unwrap_err().code(), 121);
    assert_eq!(server.read_into(&mut [0; 9]), Err(ReadError::Timeout));
}

#[test]
fn row_17_reading_0_bytes_of_nothing_fails_with_121() {
    let mut server = Server::create(&path(), immediate()).unwrap();
    assert_eq!(server.read_into(&mut []).unwrap_err().code(), 121);
}

#[test]
fn row_18_a_read_waits_as_long_as_it_is_told() {
    let mut server = Server::create(&path(), Options::win32(0, 100)).unwrap();
    let start = now();
    assert_eq!(server.read().unwrap_err().code(), 121);
    assert!(start.elapsed() >= Duration::from_millis(100));
}

#[test]
fn row_19_a_read_for_ever_ends_with_a_write() {
    let path = path();
    let mut server = Server::create(&path, Options::win32(0, WAIT_FOREVER)).unwrap();
    let reader = std::thread::spawn(move || server.read());
    let client = Client::open(&path).unwrap();
    client.write(b"at last").unwrap();
    assert_eq!(reader.join().unwrap().unwrap().data, b"at last");
}

#[test]
fn row_20_a_small_buffer_fails_with_122_and_the_message_stays() {
    let (mut server, client) = pair();
    client.write(b"0123456789").unwrap();
    client.write(b"next").unwrap();
    let before = server.info();
    let mut buffer = [b'-'; 9];
    let error = server.read_into(&mut buffer).unwrap_err();
    assert_eq!((error.code(), error), (122, ReadError::TooSmall { needed: 10 }));
    assert_eq!(buffer, [b'-'; 9], "nothing is copied");
    assert_eq!(server.info(), before);
    assert_eq!(server.read_into(&mut []).unwrap_err().code(), 122);
    assert_eq!(server.read().unwrap().data, b"0123456789");
    assert_eq!(server.read().unwrap().data, b"next");
}

#[test]
fn row_21_one_message_a_read_in_order_with_its_length() {
    let (mut server, client) = pair();
    for data in [&b"first"[..], b"second", b"3rd"] {
        client.write(data).unwrap();
    }
    let mut buffer = [0; 6];
    assert_eq!((server.read_into(&mut buffer), &buffer[..5]), (Ok(5), &b"first"[..]));
    assert_eq!((server.read_into(&mut buffer), &buffer[..]), (Ok(6), &b"second"[..]));
    assert_eq!(server.read().unwrap().data, b"3rd");
    assert_eq!(server.info().next, None);
}

#[test]
fn row_22_a_write_of_0_bytes_counts() {
    let (server, client) = pair();
    client.write(b"").unwrap();
    client.write(b"").unwrap();
    assert_eq!(server.info().waiting, 2);
}

#[test]
fn row_23_0_bytes_are_not_no_message() {
    let (server, client) = pair();
    client.write(b"").unwrap();
    assert_eq!(server.info().next, Some(0));
    assert_eq!(server.info().win32()[1], 0);
}

#[test]
fn row_24_a_message_of_0_bytes_is_read() {
    let (mut server, client) = pair();
    client.write(b"").unwrap();
    client.write(b"").unwrap();
    assert_eq!(server.read_into(&mut []), Ok(0));
    assert_eq!(server.read().unwrap().data, b"");
    assert_eq!(server.info().waiting, 0);
}

#[test]
fn row_25_info_counts_what_waits() {
    let (mut server, client) = pair();
    for k in 1..=30 {
        client.write(&vec![0; 100 - k]).unwrap();
        assert_eq!((server.info().waiting, server.info().next), (k, Some(99)));
    }
    server.read().unwrap();
    assert_eq!((server.info().waiting, server.info().next), (29, Some(98)));
}

/// That a server cannot write does not compile (code 5): see the documentation of `mailslot::Server`.
#[test]
fn row_26_a_server_that_wants_to_write_opens_a_client() {
    let (mut server, client) = pair();
    client.write(b"to myself").unwrap();
    assert_eq!(server.read().unwrap().source.pid, cfg!(target_os = "linux").then(std::process::id));
}

/// That a client cannot read does not compile (codes 87 or 5): see the documentation of `mailslot::Server`.
#[test]
fn row_27_what_a_client_wrote_only_the_server_reads() {
    let (mut server, client) = pair();
    client.write(b"one way").unwrap();
    assert_eq!(client.info().unwrap().waiting, 1);
    assert_eq!(server.read().unwrap().data, b"one way");
}

/// `Mailslots::open` looks for nobody, so there the write fails.
#[tokio::test]
async fn row_28_a_slot_that_does_not_exist_fails_with_2() {
    let path = path();
    let error = Client::open(&path).unwrap_err();
    assert!(matches!(error, OpenError::NoSlot(_)));
    assert_eq!(error.code(), 2);
    let lan = Lan::bind(&LanConfig { interfaces: vec!["lo".into()], port: 0 }).unwrap();
    let mailslots = Mailslots::start(Config { host: name("alice"), workgroup: name("workgroup"), lan });
    let client = mailslots.open(&path.parse().unwrap());
    let error = client.write(b"x").unwrap_err();
    assert!(matches!(error, WriteError::NoSlot(_)));
    assert_eq!(error.code(), 2);
    let mut server = mailslot::Server::local(&path.parse().unwrap(), Options::default()).unwrap();
    client.write(b"now").unwrap();
    assert_eq!(server.read().await.unwrap().data, b"now");
}

/// There are no share modes: as on Vista and later, every client can open it.
#[test]
fn row_29_a_client_needs_to_share_nothing() {
    let (mut server, client) = pair();
    client.write(b"x").unwrap();
    assert_eq!(server.read().unwrap().data, b"x");
}

#[test]
fn row_30_a_second_client_can_open_while_the_first_writes() {
    let path = path();
    let mut server = create(&path);
    let first = Client::open(&path).unwrap();
    first.write(b"1").unwrap();
    let second = Client::open(&path).unwrap();
    second.write(b"2").unwrap();
    first.write(b"3").unwrap();
    let all: Vec<_> = (0..3).map(|_| server.read().unwrap().data).collect();
    assert_eq!(all, [b"1", b"2", b"3"]);
}

#[test]
fn row_31_any_number_of_clients_can_open() {
    let path = path();
    let mut server = create(&path);
    let clients: Vec<_> = (0..50).map(|_| Client::open(&path).unwrap()).collect();
    for (n, client) in clients.iter().enumerate() {
        client.write(&n.to_le_bytes()).unwrap();
    }
    for n in 0..clients.len() {
        assert_eq!(server.read().unwrap().data, n.to_le_bytes());
    }
}

#[test]
fn row_32_many_writers_each_message_whole_each_writers_in_order() {
    const WRITERS: u32 = 4;
    const EACH: u32 = 300;
    let path = path();
    let mut server = create(&path);
    let write = |writer: u32| {
        let client = Client::open(&path).unwrap();
        for n in 0..EACH {
            // Sizes on both sides of what a datagram holds.
            let words = if n % 50 == 49 { 20_000 } else { 1 + usize::try_from(n).unwrap() };
            let data = [writer.to_le_bytes(), n.to_le_bytes()].concat().repeat(words);
            while let Err(error) = client.write(&data) {
                assert!(matches!(error, WriteError::Full), "{error}");
            }
        }
    };
    std::thread::scope(|scope| {
        (0..WRITERS).for_each(|writer| drop(scope.spawn(move || write(writer))));
        let mut next = [0; 4];
        for _ in 0..WRITERS * EACH {
            let data = server.read().unwrap().data;
            assert!(data.chunks(8).all(|words| words == &data[..8]), "a message is mixed");
            let word = |at: usize| u32::from_le_bytes(data[at..at + 4].try_into().unwrap());
            let writer = usize::try_from(word(0)).unwrap();
            assert_eq!(word(4), next[writer], "of writer {writer}");
            next[writer] += 1;
        }
        assert_eq!(next, [EACH; 4]);
    });
}

#[test]
fn row_33_a_local_write_has_no_limit_of_424() {
    let (mut server, client) = pair();
    let data: Vec<u8> = (0..1 << 20).map(|n: u32| n.to_le_bytes()[1]).collect();
    for size in [424, 425, 426, 65_535, 65_536, 65_537, 250_000, 1 << 20] {
        client.write(&data[..size]).unwrap();
        assert!(server.read().unwrap().data == data[..size], "{size}");
    }
}

#[test]
fn row_34_a_write_over_the_maximum_is_refused_with_87() {
    let path = path();
    let server = Server::create(&path, Options::win32(10, 0)).unwrap();
    let client = Client::open(&path).unwrap();
    client.write(&[0; 10]).unwrap();
    let error = client.write(&[0; 11]).unwrap_err();
    assert!(matches!(error, WriteError::Refused { bytes: 11 }));
    assert_eq!(error.code(), 87);
    assert_eq!(server.info().waiting, 1);
    // The bound of a slot without a maximum is what may wait in it.
    let (_server, client) = pair();
    let most = Options::default().queue_bytes;
    client.write(&vec![0; most]).unwrap();
    assert_eq!(client.write(&vec![0; most + 1]).unwrap_err().code(), 87);
}

#[test]
fn row_35_a_broadcast_over_424_bytes_fails_with_53() {
    let mailslots = network();
    for path in [r"\\*\mailslot\x", r"\\workgroup\mailslot\x"] {
        let client = mailslots.open(path).unwrap();
        client.write(&[0; MAX_WRITE]).unwrap();
        let error = client.write(&[0; MAX_WRITE + 1]).unwrap_err();
        assert!(matches!(error, WriteError::TooLong { bytes: 425, limit: 424 }));
        assert_eq!(error.code(), 53);
    }
}

#[test]
fn row_36_opening_elsewhere_succeeds_and_the_write_fails_with_53() {
    let mailslots = network();
    let client = mailslots.open(r"\\nobody-here\mailslot\x").unwrap();
    let error = client.write(b"anybody?").unwrap_err();
    assert!(matches!(error, WriteError::Unknown(_)));
    assert_eq!(error.code(), 53);
    assert!(matches!(Client::open(r"\\nobody-here\mailslot\x"), Err(OpenError::NoNetwork)));
}

#[test]
fn row_37_the_end_of_the_server_drops_what_waits_and_frees_the_name() {
    let path = path();
    let server = create(&path);
    let client = Client::open(&path).unwrap();
    for size in [6, 100_000, 0] {
        client.write(&vec![1; size]).unwrap();
    }
    server.close();
    let error = client.write(b"too late").unwrap_err();
    assert!(matches!(error, WriteError::Gone), "{error}");
    assert_eq!(error.code(), 6);
    assert_eq!(Client::open(&path).unwrap_err().code(), 2);
    // The old handle stays dead, and the new slot is empty.
    let mut server = Server::create(&path, immediate()).unwrap();
    assert!(matches!(client.write(b"still too late"), Err(WriteError::Gone)));
    assert_eq!((server.info().waiting, server.read()), (0, Err(ReadError::Timeout)));
}

/// Windows sets no bound.
#[test]
fn row_38_the_queue_is_bounded_and_the_writer_is_told() {
    let path = path();
    let options = Options { queue_messages: 5, ..immediate() };
    let mut server = Server::create(&path, options).unwrap();
    let client = Client::open(&path).unwrap();
    let mut written: u32 = 0;
    let error = loop {
        match client.write(&written.to_le_bytes()) {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 100_000, "nobody stops the writer");
    };
    assert!(matches!(error, WriteError::Full));
    assert_eq!(error.code(), 1450);
    assert!(written > 5, "the queue, and what the system holds");
    // What was accepted is there, in order, and then there is room again.
    for n in 0..written {
        assert_eq!(server.read().unwrap().data, n.to_le_bytes());
    }
    assert_eq!(server.read(), Err(ReadError::Timeout));
    assert_eq!(server.info().dropped, 0);
    client.write(b"again").unwrap();
    assert_eq!(server.read().unwrap().data, b"again");
}

#[tokio::test]
async fn row_39_a_read_that_waits_is_completed_by_a_write() {
    let path = path();
    let mut server = mailslot::Server::local(&path.parse().unwrap(), Options::default()).unwrap();
    let client = Client::open(&path).unwrap();
    let pending = tokio::spawn(async move {
        let mut buffer = [0; 99];
        server.read_into(&mut buffer).await.map(|size| buffer[..size].to_vec())
    });
    tokio::task::yield_now().await; // the task runs until it waits
    assert!(!pending.is_finished());
    client.write(b"done").unwrap();
    assert_eq!(tokio::time::timeout(PATIENCE, pending).await.unwrap().unwrap().unwrap(), b"done");
}

/// On Windows a slot lives until the last handle is closed, those of children included. Here children inherit nothing.
#[test]
fn row_40_a_child_process_does_not_keep_the_slot() {
    let path = path();
    let server = create(&path);
    let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    drop(server);
    drop(create(&path));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Windows 11 24H2 refuses remote mailslots with code 3025; here they go on.
#[test]
fn row_41_remote_mailslots_are_not_switched_off() {
    let mailslots = network();
    let path = path();
    let mut server = mailslots.create(&path, Options::win32(0, 120_000)).unwrap();
    mailslots.open(&path.replace(r"\\.\", r"\\*\")).unwrap().write(b"to all").unwrap();
    let message = server.read().unwrap();
    assert_eq!((message.data.as_slice(), message.source.local), (&b"to all"[..], false));
}

//! Named pipes as a Windows programmer knows them: on this machine and to others, with the Win32 codes.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::future::Future;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lanchat::chat::{Identity, PublicKey};
use lanchat::pipe::{
    Access, Allow, Direction, Mode, Options, Pipe, PipeError, PipeName, Remote, Server, Target, hello,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(300);

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LIMIT, test).await.expect("it hangs") });
}

/// A name that no other test uses.
fn name() -> PipeName {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!(r"test\{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)).parse().unwrap()
}

fn identity(n: u8) -> Identity {
    Identity::from_secret(&[n; 32])
}

fn key(n: u8) -> PublicKey {
    PublicKey::from_bytes(&identity(n).public()).unwrap()
}

/// The server's identity, and the client's.
const SERVER: u8 = 1;
const CLIENT: u8 = 2;

fn remote(allow: Allow) -> Remote {
    Remote { identity: identity(SERVER), allow, bind: SocketAddr::from(([127, 0, 0, 1], 0)) }
}

/// The pipe of `server` as the client reaches it over the network.
fn over_tcp(server: &Server, name: &PipeName, client: u8) -> Target {
    Target::Remote {
        address: SocketAddr::from(([127, 0, 0, 1], server.port().unwrap())),
        name: name.clone(),
        me: identity(client),
        server: Allow::Only(vec![key(SERVER)]),
    }
}

/// Runs a test over both kinds of connection.
fn both_kinds<F: Future<Output = ()>>(options: &Options, test: impl Fn(Server, Target) -> F) {
    for far in [false, true] {
        run(async {
            let name = name();
            let allow = Allow::Only(vec![key(CLIENT)]);
            let options = Options { remote: far.then(|| remote(allow)), ..options.clone() };
            let server = Server::create(&name, options).unwrap();
            let target = if far { over_tcp(&server, &name, CLIENT) } else { Target::Local(name.clone()) };
            test(server, target).await;
        });
    }
}

async fn connected(server: &mut Server, target: &Target) -> (Pipe, Pipe) {
    let client = target.connect(Access::Any).await.unwrap();
    (server.accept().await.unwrap(), client)
}

fn code<T: std::fmt::Debug>(result: Result<T, PipeError>) -> u32 {
    result.unwrap_err().code()
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

#[test]
fn messages_of_any_size_keep_their_boundaries() {
    both_kinds(&Options::default(), |mut server, target| async move {
        let (mut here, there) = connected(&mut server, &target).await;
        assert_eq!((there.mode(), there.direction()), (Mode::Message, Direction::Duplex));
        let sizes = [0, 1, 424, 65_514, 65_515, 65_516, 65_519, 65_536, 300_000, 0, 16 << 20]; // around a record
        let (mut reader, mut writer) = there.split();
        let echo = tokio::spawn(async move {
            for _ in sizes {
                writer.write(&reader.read().await.unwrap()).await.unwrap();
            }
            writer.finish().await.unwrap();
        });
        for size in sizes {
            here.write(&pattern(size)).await.unwrap();
            assert!(here.read().await.unwrap() == pattern(size), "{size} bytes");
        }
        assert!(matches!(here.read().await, Err(PipeError::Closed)));
        echo.await.unwrap();
        assert_eq!(code(here.write(&pattern((16 << 20) + 1)).await), 87);
    });
}

#[test]
fn byte_mode_is_a_stream() {
    both_kinds(&Options { mode: Mode::Byte, ..Options::default() }, |mut server, target| async move {
        let (mut here, mut there) = connected(&mut server, &target).await;
        let sent = tokio::spawn(async move {
            for part in pattern(1_000_000).chunks(333_333) {
                there.write(part).await.unwrap();
                there.write(b"").await.unwrap();
            }
            there.finish().await.unwrap();
        });
        let mut got = Vec::new();
        let end = loop {
            match here.read().await {
                Ok(bytes) => {
                    assert!(!bytes.is_empty());
                    got.extend(bytes);
                }
                Err(end) => break end,
            }
        };
        assert!(matches!(end, PipeError::Closed) && got == pattern(1_000_000));
        sent.await.unwrap();
    });
}

#[test]
fn an_occupied_pipe_refuses_the_next_client() {
    both_kinds(&Options { instances: 2, ..Options::default() }, |mut server, target| async move {
        let first = connected(&mut server, &target).await;
        let waiting = target.connect(Access::Any).await.unwrap(); // before the server calls accept
        assert_eq!(code(target.connect(Access::Any).await), 231);
        assert_eq!(code(target.wait(Access::Any, Duration::from_millis(60)).await), 121);
        let (here, there) = first;
        let (reader, writer) = here.split();
        drop((there, reader));
        assert_eq!(code(target.connect(Access::Any).await), 231, "one half still holds the instance");
        drop(writer);
        let third = target.wait(Access::Any, LIMIT).await.unwrap();
        server.accept().await.unwrap(); // the one that waited
        drop((waiting, third));
    });
}

#[test]
fn a_call_gets_its_answer() {
    both_kinds(&Options::default(), |mut server, target| async move {
        let serve = tokio::spawn(async move {
            for _ in 0..3 {
                let mut client = server.accept().await.unwrap();
                let mut message = client.read().await.unwrap();
                message.reverse();
                client.write(&message).await.unwrap();
                assert_eq!(code(client.read().await), 109);
            }
        });
        for _ in 0..3 {
            assert_eq!(target.call(b"abc", LIMIT).await.unwrap(), b"cba");
        }
        serve.await.unwrap();
    });
}

#[test]
fn a_broken_end_is_known_at_once() {
    both_kinds(&Options::default(), |mut server, target| async move {
        let (mut here, mut there) = connected(&mut server, &target).await;
        here.write(b"the last words").await.unwrap();
        drop(here);
        assert_eq!(there.read().await.unwrap(), b"the last words");
        assert!(matches!(there.read().await, Err(PipeError::Broken)));
        let gone = loop {
            if let Err(gone) = there.write(&pattern(100_000)).await {
                break gone;
            }
        };
        assert_eq!(gone.code(), 232);
        drop(there);
        // Cancelled reads lose nothing.
        let (mut here, mut there) =
            (target.wait(Access::Any, LIMIT).await.unwrap(), server.accept().await.unwrap());
        let message = pattern(5_000_000);
        let sent = tokio::spawn(async move { here.write(&pattern(5_000_000)).await.map(|()| here) });
        let got = loop {
            tokio::select! {
                biased;
                got = there.read() => break got.unwrap(),
                () = tokio::task::yield_now() => {}
            }
        };
        assert!(got == message);
        sent.await.unwrap().unwrap();
    });
}

#[test]
fn each_end_may_do_what_the_direction_says() {
    for (direction, client_reads) in [(Direction::Inbound, false), (Direction::Outbound, true)] {
        both_kinds(&Options { direction, ..Options::default() }, |mut server, target| async move {
            for (access, allowed) in
                [(Access::Read, client_reads), (Access::Write, !client_reads), (Access::Both, false)]
            {
                match target.wait(access, LIMIT).await {
                    Ok(_) => assert!(allowed, "{direction:?} {access:?}"),
                    Err(e) => assert!(!allowed && e.code() == 5, "{direction:?} {access:?}: {e}"),
                }
                if allowed {
                    drop(server.accept().await.unwrap());
                }
            }
            let there = target.wait(Access::Any, LIMIT).await.unwrap();
            let here = server.accept().await.unwrap();
            let (mut from, mut to) = if client_reads { (here, there) } else { (there, here) };
            from.write(b"x").await.unwrap();
            assert_eq!(to.read().await.unwrap(), b"x");
            assert_eq!((code(to.write(b"x").await), code(from.read().await)), (5, 5));
        });
    }
}

#[test]
fn a_name_has_one_server_and_is_free_after_it() {
    run(async {
        let name = name();
        assert_eq!(code(Target::Local(name.clone()).connect(Access::Any).await), 2);
        let server = Server::create(&name, Options::default()).unwrap();
        let again = name.as_str().to_uppercase().parse().unwrap();
        assert_eq!(code(Server::create(&again, Options::default())), 5);
        drop(server);
        assert_eq!(code(Target::Local(name.clone()).connect(Access::Any).await), 2);
        let mut server = Server::create(&name, Options::default()).unwrap();
        let client = Target::Local(again).connect(Access::Any).await.unwrap();
        let mut here = server.accept().await.unwrap();
        drop(server); // connections go on
        here.write(b"x").await.unwrap();
        let (mut reader, _writer) = client.split();
        assert_eq!(reader.read().await.unwrap(), b"x");
    });
}

#[test]
fn both_ends_of_a_remote_pipe_are_proved() {
    run(async {
        let name = name();
        let allow = Allow::Only(vec![key(CLIENT), key(4)]);
        let mut server =
            Server::create(&name, Options { remote: Some(remote(allow)), ..Options::default() }).unwrap();
        let target = over_tcp(&server, &name, CLIENT);
        let (here, there) = connected(&mut server, &target).await;
        assert_eq!((here.peer(), there.peer()), (Some(key(CLIENT)), Some(key(SERVER))));
        // A stranger is denied before he learns whether there is room.
        assert_eq!(code(over_tcp(&server, &name, 3).connect(Access::Any).await), 5);
        assert_eq!(code(over_tcp(&server, &name, 4).connect(Access::Any).await), 231);
        assert_eq!(code(over_tcp(&server, &"other".parse().unwrap(), 4).connect(Access::Any).await), 2);
        assert_eq!(code(over_tcp(&server, &"other".parse().unwrap(), 3).connect(Access::Any).await), 5);
        // A client that expects another does not tell who it is.
        let Target::Remote { address, name, me, .. } = over_tcp(&server, &name, 4) else { unreachable!() };
        let server = Allow::Only(vec![key(9)]);
        assert_eq!(code(Target::Remote { address, name, me, server }.connect(Access::Any).await), 1397);
    });
}

#[test]
fn what_is_changed_on_the_way_is_refused() {
    run(async {
        let name = name();
        let allow = Allow::Everybody;
        let mut server =
            Server::create(&name, Options { remote: Some(remote(allow)), ..Options::default() }).unwrap();
        let between = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (proxy, port) = (between.local_addr().unwrap(), server.port().unwrap());
        // In the magic, the ephemeral key, the static key, the payload of the handshake; in the data. Not in the lengths:
        // a longer record is waited for until the time limit.
        for change in [3, 12, 41, 44, 60, 80, 100, 140, 400, 5000] {
            let Target::Remote { name, me, server: trust, .. } = over_tcp(&server, &name, CLIENT) else {
                unreachable!()
            };
            let target = Target::Remote { address: proxy, name, me, server: trust };
            let relay = async {
                let (client, _) = between.accept().await.unwrap();
                let far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let ((mut from, mut to), (mut back, mut home)) = (client.into_split(), far.into_split());
                let forward = async move {
                    let (mut buffer, mut seen) = (vec![0; 65536], 0);
                    while let Ok(length @ 1..) = from.read(&mut buffer).await {
                        if (seen..seen + length).contains(&change) {
                            buffer[change - seen] ^= 1;
                        }
                        seen += length;
                        if to.write_all(&buffer[..length]).await.is_err() {
                            break;
                        }
                    }
                };
                let back = async move { tokio::io::copy(&mut back, &mut home).await.map(drop) };
                tokio::select! { () = forward => {}, _ = back => {} }
            };
            let client = async {
                let mut pipe = target.connect(Access::Any).await?;
                pipe.write(&pattern(10_000)).await?;
                pipe.finish().await?;
                pipe.read().await.map(drop)
            };
            let serve = async {
                let mut pipe = server.accept().await?;
                let read = pipe.read().await;
                drop(pipe);
                read.map(drop)
            };
            tokio::select! {
                biased;
                read = serve => assert!(matches!(read, Err(PipeError::Broken)), "byte {change}: {read:?}"),
                asked = async { tokio::join!(client, relay) } => assert!(asked.0.is_err(), "byte {change}"),
            }
        }
    });
}

#[test]
fn strangers_get_nothing_and_take_no_room() {
    run(async {
        let name = name();
        let options = Options { remote: Some(remote(Allow::Everybody)), ..Options::default() };
        let mut server = Server::create(&name, options).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], server.port().unwrap()));
        for garbage in
            [&b"GET / HTTP/1.1\r\n\r\n"[..], b"LANPIPE\x02\x20\0", b"LANPIPE\x01\xff\xff", b"LANPIPE\x01\0\0"]
        {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(garbage).await.unwrap();
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await; // reset or closed
            assert_eq!(answer, b"", "{garbage:?}");
        }
        // Who only holds the door is shut out while there are too many, and the server goes on.
        let mut silent = Vec::new();
        for _ in 0..20 {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        let mut shut = 0;
        while shut < 12 {
            let mut byte = [0];
            let last = silent.last_mut().unwrap();
            assert!(matches!(last.read(&mut byte).await, Ok(0) | Err(_)));
            silent.pop();
            shut += 1;
        }
        drop(silent);
        let client = over_tcp(&server, &name, CLIENT);
        let pipe = loop {
            match client.connect(Access::Any).await {
                Ok(pipe) => break pipe,
                Err(error) => assert!(matches!(error, PipeError::Protocol), "{error}"),
            }
        };
        assert!(server.accept().await.unwrap().peer().is_some() && pipe.peer().is_some());
    });
}

#[test]
fn who_says_nonsense_on_this_machine_is_dropped() {
    run(async {
        let name = name();
        let _server = Server::create(&name, Options::default()).unwrap();
        let path =
            lanchat::local::runtime_dir("pipe").unwrap().join(lanchat::local::file_name(name.as_str()));
        let mut stream = std::os::unix::net::UnixStream::connect(path).unwrap();
        stream.write_all(b"not a pipe client").unwrap();
        let dropped = tokio::task::spawn_blocking(move || {
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            answer
        });
        assert_eq!(dropped.await.unwrap(), b"");
        assert_eq!(hello::Request::parse(b""), None);
    });
}

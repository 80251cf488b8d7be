//! `lanchat pipe`: Listings 4 and 5 of every book on Windows, as one-liners.

use std::io::{Read, Write};
use std::process::Stdio;
use std::time::Duration;

use crate::support::{Home, Running, SOON, free_port, tries};

fn listen(home: &Home, args: &[&str]) -> Running {
    home.start(&[&["pipe", "listen", "//./pipe/sms"], args].concat())
}

/// A client that is served; tries until the server is there.
fn connect(home: &Home, input: &[u8], args: &[&str]) -> (Option<i32>, Vec<u8>, String) {
    for _ in tries(SOON) {
        let mut command = home.command(&[&["pipe", "connect", "//./pipe/sms"], args].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(input); // a refused client reads nothing
        let output = child.wait_with_output().unwrap();
        if output.status.code() != Some(3) {
            let errors = String::from_utf8(output.stderr).unwrap();
            return (output.status.code(), output.stdout, errors);
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    panic!("nobody serves the pipe")
}

#[test]
fn a_line_is_a_message_both_ways() {
    let home = Home::new();
    let mut server = listen(&home, &[]);
    server.say("welcome");
    drop(server.stdin.take());
    let (code, out, errors) = connect(&home, b"hello\n\nlast", &[]);
    assert_eq!((code, out.as_slice()), (Some(0), b"welcome\n".as_slice()), "{errors}");
    assert_eq!(server.until("last"), ["hello", "", "last"]);
    assert_eq!(server.wait(), Some(0));
    let gone = home.run(&["pipe", "connect", "//./pipe/sms"]).failed(3);
    assert_eq!(gone, "there is no pipe called sms; its server must create it first");
}

#[test]
fn bytes_pass_as_they_are() {
    let home = Home::new();
    let mut bytes = None;
    let mut server = home.start_as(&["pipe", "listen", "//./pipe/sms", "--byte"], |mut stdout| {
        bytes = Some(std::thread::spawn(move || {
            let mut all = Vec::new();
            stdout.read_to_end(&mut all).unwrap();
            all
        }));
    });
    drop(server.stdin.take());
    let sent: Vec<u8> = (0..=255).cycle().take(700_000).collect();
    let (code, _, errors) = connect(&home, &sent, &[]);
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(server.wait(), Some(0));
    assert!(bytes.unwrap().join().unwrap() == sent);
}

#[test]
fn a_file_of_which_the_end_is_not_taken_is_a_failure() {
    let home = Home::new();
    let mut stdout = None;
    let mut server = home.start_as(&["pipe", "listen", "//./pipe/sms", "--byte"], |out| stdout = Some(out));
    drop(server.stdin.take());
    let (code, _, errors) = std::thread::scope(|scope| {
        let client = scope.spawn(|| connect(&home, &vec![7; 16 << 20], &[]));
        stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap(); // the client is in the middle of it
        server.signal("KILL");
        client.join().unwrap()
    });
    assert_eq!(code, Some(1), "{errors}");
    // Which of both depends on whether the client had heard that the server has nothing more to say when it died.
    let told = ["nobody reads from the pipe any more", "the pipe broke before its end"];
    assert!(told.iter().any(|told| errors == format!("lanchat: {told}; connect again\n")), "{errors}");
}

#[test]
fn what_is_interrupted_in_the_middle_is_a_failure() {
    let home = Home::new();
    let mut waiting = listen(&home, &["--instances", "2"]);
    assert_eq!(connect(&home, b"served", &[]).0, Some(0));
    waiting.signal("INT"); // it serves nobody at the moment
    assert_eq!(waiting.wait(), Some(0));

    let mut server = listen(&home, &[]);
    let mut client = talking(&home, &server);
    client.signal("INT");
    assert_eq!((client.wait(), server.wait()), (Some(1), Some(1)));
    let mut server = listen(&home, &[]);
    let mut client = talking(&home, &server);
    server.signal("TERM");
    assert_eq!((client.wait(), server.wait()), (Some(1), Some(1)));
    server.complain("interrupted before both ends had said all");
}

/// A client that has said something, and may say more.
fn talking(home: &Home, server: &Running) -> Running {
    for _ in tries(SOON) {
        let mut client = home.start(&["pipe", "connect", "//./pipe/sms"]);
        let _ = writeln!(client.stdin.as_mut().unwrap(), "there is more"); // it may have found nobody
        for _ in tries(SOON) {
            if server.lines.recv_timeout(Duration::from_millis(20)).is_ok() {
                return client;
            }
            if client.child.try_wait().unwrap().is_some() {
                break;
            }
        }
    }
    panic!("nobody serves the pipe")
}

#[test]
fn clients_come_and_go_and_a_name_has_one_server() {
    let home = Home::new();
    let mut server = listen(&home, &["--instances", "2"]);
    for text in ["one", "two", "three"] {
        let (code, _, errors) = connect(&home, text.as_bytes(), &[]);
        assert_eq!(code, Some(0), "{errors}"); // though the server's input goes on
        server.hear(text);
    }
    let second = home.run(&["pipe", "listen", "//./pipe/SMS"]).failed(1);
    assert!(second.contains("another program of yours serves the pipe"), "{second}");
    server.signal("KILL");
    server.wait();
    let mut next = listen(&home, &[]); // whatever the dead one has left behind
    drop(next.stdin.take());
    assert_eq!(connect(&home, b"again", &[]).0, Some(0));
    next.hear("again");
    assert_eq!(next.wait(), Some(0));
}

#[test]
fn a_client_that_reads_nothing_keeps_nobody_from_being_heard() {
    let home = Home::new();
    let mut server = listen(&home, &["--instances", "2"]);
    assert_eq!(connect(&home, b"first", &[]).0, Some(0));
    server.hear("first");
    let mut deaf = home.start(&["pipe", "connect", "//./pipe/sms"]);
    deaf.say("here");
    server.hear("here");
    deaf.signal("STOP");
    let mut stdin = server.stdin.take().unwrap();
    let line = [vec![b'x'; 1 << 20], vec![b'\n']].concat();
    let writer = std::thread::spawn(move || (0..16).try_for_each(|_| stdin.write_all(&line)));
    for text in ["second", "third"] {
        let (code, _, errors) = connect(&home, text.as_bytes(), &[]);
        assert_eq!(code, Some(0), "{errors}");
        server.hear(text);
    }
    deaf.signal("KILL");
    server.signal("KILL");
    server.wait();
    let _ = writer.join().unwrap(); // whatever it has got rid of
}

#[test]
fn over_the_network_only_who_is_allowed_is_let_in() {
    let home = Home::new();
    let port = free_port().to_string();
    let net = ["--interface", "lo", "--port", &port];
    let unknown =
        home.run(&[&["pipe", "listen", "//./pipe/sms", "--allow", "bob"], &net[..]].concat()).failed(1);
    assert!(unknown.contains("no peer called bob has been met"), "{unknown}");
    let mut server =
        listen(&home, &[&["--allow", "everybody", "--instances", "2", "--host", "ORION"], &net[..]].concat());
    drop(server.stdin.take());
    let stranger = Home::new();
    for (home, args, code) in [
        (&stranger, &["--allow", "everybody"][..], 0),
        (&stranger, &[], 1), // the server is nobody whom this client knows
        (&home, &[], 0),
    ] {
        let mut last = None;
        for _ in tries(SOON) {
            let target = ["pipe", "connect", "//ORION/pipe/sms", "--host", "ORION"];
            let ended = home.run(&[&target, args, &net[..]].concat());
            last = ended.code;
            if last != Some(3) {
                assert_eq!(last, Some(code), "{ended:?}");
                break;
            }
        }
        assert_eq!(last, Some(code));
    }
}

#[test]
fn wrong_names_are_wrong_usage() {
    let home = Home::new();
    for (args, text) in [
        (["pipe", "listen", "sms"], "write it as"),
        (["pipe", "listen", "//ORION/pipe/sms"], "on one's own computer only"),
        (["pipe", "connect", "//./mailslot/sms"], "write it as"),
    ] {
        let message = home.run(&args).failed(2);
        assert!(message.contains(text), "{message}");
    }
    let asked = home.run(&["receive"]).failed(2);
    assert!(asked.contains("--yes"), "{asked}");
}

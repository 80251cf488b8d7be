//! `lanchat slot`: mailslots between programs of one user, and over the network.

use std::io::{Read, Write};
use std::process::{ChildStdout, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Ended, Home, Running, SOON, free_port, tries};

const SMS: &str = "//./mailslot/sms";

/// A user with a port of the loopback's.
struct User {
    home: Home,
    port: String,
}

impl User {
    fn new() -> Self {
        Self { home: Home::new(), port: free_port().to_string() }
    }

    fn args<'a>(&'a self, args: &[&'a str]) -> Vec<&'a str> {
        [&["--interface", "lo", "--port", &self.port, "slot"], args].concat()
    }

    fn run(&self, args: &[&str]) -> Ended {
        self.home.run(&self.args(args))
    }

    /// Starts a reader and returns when it can be written to.
    fn read(&self, args: &[&str]) -> Running {
        let reader = self.home.start(&self.args(&[&["read", SMS], args].concat()));
        self.listed(1);
        reader
    }

    /// Waits until that many mailslots are listed.
    #[track_caller]
    fn listed(&self, count: usize) -> String {
        let started = now();
        loop {
            let list = self.run(&["list", "--json"]).succeeded();
            if list.lines().count() == count {
                return list;
            }
            assert!(started.elapsed() < SOON, "{list}");
        }
    }

    /// Writes what stdin gives.
    #[track_caller]
    fn pipe(&self, data: &[u8]) -> Ended {
        let mut command = self.home.command(&self.args(&["write", SMS]));
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(data).unwrap();
        Ended::of(child.wait_with_output().unwrap(), self.home.path())
    }
}

/// All that a program prints, as bytes.
fn output(mut stdout: ChildStdout) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut all = Vec::new();
        stdout.read_to_end(&mut all).unwrap();
        all
    })
}

#[allow(clippy::disallowed_methods, reason = "a bound for a wait, and a wait that is checked")]
fn now() -> Instant {
    Instant::now()
}

#[test]
fn what_one_writes_another_prints() {
    let user = User::new();
    let mut reader = user.read(&["--count", "5"]);
    user.run(&["write", SMS, "hello", "there"]).succeeded();
    user.run(&["write", r"\\.\MailSlot\SMS", "--nul", "as C does"]).succeeded();
    user.run(&["write", SMS, ""]).succeeded();
    user.pipe(b"two\nlines\n").succeeded();
    user.run(&["write", SMS, "\x1b]0;title\x07"]).succeeded();
    assert_eq!(reader.until("two"), ["hello there", "as C does", "", "two"]);
    assert_eq!(reader.hear("title"), "<U+001B>]0;title<U+0007>");
    assert_eq!(reader.wait(), Some(0));
    assert_eq!(user.listed(0), "");
}

#[test]
fn bytes_go_through_as_they_are_whatever_their_number() {
    let user = User::new();
    let data: Vec<u8> = (0..1 << 20).map(|n: u32| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
    let parts = [&data[..65_536], &[], &data[..], &b"\0\xff\n\n"[..]];
    let mut all = None;
    let args = user.args(&["read", SMS, "--raw", "--count", "4"]);
    let mut reader = user.home.start_as(&args, |stdout| all = Some(output(stdout)));
    user.listed(1);
    for part in parts {
        user.pipe(part).succeeded();
    }
    assert_eq!(reader.wait(), Some(0));
    assert!(all.unwrap().join().unwrap() == parts.concat());
}

#[test]
fn forms_for_scripts() {
    let user = User::new();
    let mut hex = user.read(&["--hex", "--count", "2"]);
    user.pipe(b"\0\xff1\n").succeeded();
    user.pipe(b"").succeeded();
    assert_eq!(hex.hear("00"), "00ff310a");
    assert_eq!(hex.hear(""), "");
    assert_eq!(hex.wait(), Some(0));

    let mut json = user.read(&["--json", "--count", "1"]);
    user.pipe(b"gr\xfcn\0").succeeded();
    let line = json.hear("message");
    for part in [
        r#""type":"message","slot":"sms","bytes":5,"text":"grün","hex":"6772fc6e00","local":true,"pid":"#,
        r#""host":null,"address":null,"directed":true,"received_at":""#,
    ] {
        assert!(line.contains(part), "{line}");
    }
    assert_eq!(json.wait(), Some(0));
}

#[test]
fn two_writers_at_once() {
    let user = User::new();
    let mut reader = user.read(&["--count", "400"]);
    let write = |word| user.home.start(&user.args(&["write", SMS, "--count", "200", word]));
    let (mut one, mut other) = (write("one"), write("other"));
    assert_eq!((one.wait(), other.wait()), (Some(0), Some(0)));
    assert_eq!(reader.wait(), Some(0));
    let lines: Vec<_> = reader.lines.iter().collect();
    let of = |word| lines.iter().filter(|line| *line == word).count();
    assert_eq!((of("one"), of("other")), (200, 200));
}

#[test]
fn many_at_once_do_not_flood_the_network() {
    let user = User::new();
    let started = now();
    user.run(&["write", "//*/mailslot/sms", "--count", "21", "hello"]).succeeded();
    assert!(started.elapsed() >= Duration::from_millis(200), "10 ms apart, as --every allows");
}

#[test]
fn a_name_is_one_readers_and_free_after_kill_9() {
    let user = User::new();
    let mut first = user.read(&[]);
    let message = user.run(&["read", SMS]).failed(1);
    assert!(message.contains("sms exists already"), "{message}");
    first.signal("KILL");
    first.wait();
    assert_eq!(user.listed(0), "", "what a dead reader left is not listed");
    let message = user.run(&["write", SMS, "x"]).failed(1);
    assert!(message.contains("there is no mailslot called sms"), "{message}");
    let second = user.read(&[]);
    user.run(&["write", SMS, "alive"]).succeeded();
    assert_eq!(second.hear("alive"), "alive");
}

#[test]
fn a_reader_that_is_stopped_does_not_hold_writers_up() {
    let user = User::new();
    let reader = user.read(&["--max-message", "9"]);
    reader.signal("STOP");
    let mut waiting = 0;
    let message = loop {
        let ended = user.run(&["write", SMS, "x"]);
        if ended.code != Some(0) {
            break ended.failed(1);
        }
        waiting += 1;
        assert!(waiting < 10_000);
    };
    assert!(message.contains("full"), "{message}");
    let list = user.run(&["list", "--json"]).succeeded();
    assert!(list.contains(r#""answers":false,"waiting":null"#), "{list}");
    reader.signal("CONT");
    for _ in 0..waiting {
        assert_eq!(reader.hear("x"), "x");
    }
    let message = user.run(&["write", SMS, "ten bytes!"]).failed(1);
    assert!(message.contains("10 bytes"), "{message}");
}

#[test]
fn a_reader_whose_time_ran_out_while_it_was_stopped_reads_first() {
    let user = User::new();
    let time = Duration::from_secs(4); // enough to be found and stopped within
    let mut reader = user.read(&["--timeout", "4s"]);
    reader.signal("STOP");
    user.run(&["write", SMS, "meanwhile"]).succeeded();
    let stopped = now();
    while stopped.elapsed() < time {
        std::thread::park_timeout(time);
    }
    reader.signal("CONT");
    assert_eq!(reader.hear("meanwhile"), "meanwhile");
    assert_eq!(reader.wait(), Some(0));
}

#[test]
fn reads_end_in_time() {
    let user = User::new();
    assert!(user.run(&["read", SMS, "--timeout", "0"]).failed(3).contains("no message came in time"));
    assert!(user.run(&["read", SMS, "--timeout", "50ms"]).failed(3).contains("--timeout"));
    let mut two = user.read(&["--timeout", "4000", "--count", "2"]); // enough to be found within
    user.run(&["write", SMS, "one"]).succeeded();
    assert_eq!(two.wait(), Some(3));
    two.complain("1 of 2 messages came in time");
    let mut any = user.read(&["--timeout", "4s"]);
    user.run(&["write", SMS, "one"]).succeeded();
    assert_eq!(any.wait(), Some(0));
}

#[test]
fn the_list_tells_what_waits() {
    let user = User::new();
    let said = user.run(&["list"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), ""));
    assert!(said.stderr.contains("slot read"), "{}", said.stderr);
    let mut reader = user.read(&["--max-message", "424"]);
    let pid = reader.child.id().to_string();
    let expected = [r"\\.\mailslot\sms", &pid, "0", "-", "424", "forever", "0"];
    let mut list = String::new();
    // A reader that does not answer within 0.2 s is listed without what it would have said.
    let answered = tries(SOON).any(|_| {
        list = user.run(&["list"]).succeeded();
        list.lines().nth(1).unwrap().split_whitespace().eq(expected)
    });
    assert!(answered, "{list}");
    reader.signal("TERM");
    assert_eq!(reader.wait(), Some(0));
    user.listed(0);
}

#[test]
fn the_network_is_heard_too() {
    let user = User::new();
    let other = Home::new();
    let reader = user.read(&["--json"]);
    let write = |path, word| {
        other.run(&[
            "--interface",
            "lo",
            "--port",
            &user.port,
            "--host",
            "orion",
            "slot",
            "write",
            path,
            word,
        ])
    };
    write("//*/mailslot/sms", "to all").succeeded();
    let line = reader.hear("to all");
    assert!(line.contains(r#""local":false,"pid":null,"host":"ORION","address":"127.0.0.1:"#), "{line}");
    write("//workgroup/mailslot/sms", "to the group").succeeded();
    reader.hear("to the group");
    assert!(write("//./mailslot/sms", "x").failed(1).contains("no mailslot called sms"), "another user's");
    assert!(write("//nobody-here/mailslot/sms", "x").failed(3).contains("NOBODY-HERE"));
    let long = "x".repeat(425);
    assert!(write("//*/mailslot/sms", &long).failed(1).contains("at most 424"));
}

#[test]
fn without_a_network_this_machine_is_heard() {
    let user = User::new();
    let args = ["--interface", "no-such-one", "slot", "read", SMS, "--count", "1"];
    let mut reader = user.home.start(&args);
    reader.complain("only programs on this machine are heard");
    user.run(&["write", SMS, "still"]).succeeded();
    assert_eq!(reader.hear("still"), "still");
    assert_eq!(reader.wait(), Some(0));
}

#[test]
fn again_and_again() {
    let user = User::new();
    let mut reader = user.read(&["--count", "2"]);
    let started = now();
    let writer = user.home.start(&user.args(&["write", SMS, "--every", "50ms", "tick"]));
    assert_eq!((reader.hear("tick"), reader.hear("tick")), ("tick".to_owned(), "tick".to_owned()));
    assert!(started.elapsed() >= Duration::from_millis(50));
    assert_eq!(reader.wait(), Some(0));
    writer.complain("there is no mailslot called sms");
    // It may have read and ended before anybody could see it listed.
    let again = user.home.start(&user.args(&["read", SMS, "--count", "1"]));
    again.hear("tick");
}

#[test]
fn the_chat_does_not_take_a_name() {
    let user = User::new();
    let chat = |nick, profile| {
        let everywhere =
            ["--interface", "lo", "--port", &user.port, "--nick", nick, "--profile", profile, "--plain"];
        user.home.start(&everywhere)
    };
    let (mut alice, bob) = (chat("alice", "one"), chat("bob", "two"));
    bob.hear("alice");
    let mut slot = user.home.start(&user.args(&["read", "//./mailslot/chat", "--count", "1"]));
    user.listed(1);
    alice.say("hello");
    bob.hear("hello");
    assert!(slot.hear("<alice> hello").contains("<alice> hello"));
    assert_eq!(slot.wait(), Some(0));
}

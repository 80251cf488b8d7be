//! Files from peer to peer: kept whole, never written over, resumed after a break, refused to strangers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails"
)]

mod lab;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lab::Lan;
use lanchat::chat::{Identity, PublicKey};
use lanchat::pipe::{Allow, Options, Remote, Server};
use lanchat::transfer::wire::{Message, Reason};
use lanchat::transfer::{Desk, DeskSettings, Happening, Receive, TransferId, What, pipe_of};
use nix::sys::signal::{Signal, kill};
use nix::sys::statvfs::statvfs;
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedReceiver;

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(600);

/// One end of transfers.
struct End {
    desk: Desk,
    news: UnboundedReceiver<Happening>,
    key: PublicKey,
}

/// Identities are random: each receiver serves a pipe named after its own.
fn identity() -> Identity {
    let mut secret = [0; 32];
    File::open("/dev/urandom").unwrap().read_exact(&mut secret).unwrap();
    Identity::from_secret(&secret)
}

fn end(identity: &Identity, receive: Option<(&Path, Allow)>) -> End {
    let bind = SocketAddr::from(([127, 0, 0, 1], 0));
    let receive = receive.map(|(folder, known)| Receive {
        bind,
        folder: folder.to_owned(),
        from: Allow::Everybody,
        known,
    });
    let (desk, news) = Desk::open(DeskSettings { identity: identity.clone(), receive }).unwrap();
    End { desk, news, key: PublicKey::from_bytes(&identity.public()).unwrap() }
}

impl End {
    /// The next thing that happens, but for progress.
    fn next(&mut self) -> Happening {
        loop {
            let happening = self.any();
            if !matches!(happening.what, What::Progress { .. }) {
                return happening;
            }
        }
    }

    fn any(&mut self) -> Happening {
        let end = std::time::Duration::from_millis(5);
        for _ in 0..LIMIT.as_millis() / end.as_millis() {
            match self.news.try_recv() {
                Ok(happening) => return happening,
                Err(_) => std::thread::park_timeout(end),
            }
        }
        panic!("nothing happens")
    }

    fn offered(&mut self) -> (TransferId, bool, String) {
        match self.next() {
            Happening { id, what: What::Offered { known, name, .. } } => (id, known, name.to_string()),
            other => panic!("{other:?}"),
        }
    }

    fn done(&mut self) -> Option<PathBuf> {
        match self.next().what {
            What::Done(path) => path,
            other => panic!("{other:?}"),
        }
    }

    fn failed(&mut self) -> String {
        match self.next().what {
            What::Failed { error, .. } => error,
            other => panic!("{other:?}"),
        }
    }

    fn at(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.desk.port().unwrap()))
    }
}

/// A sender and a receiver who knows it, with a folder each.
fn pair() -> (End, End, TempDir) {
    let home = tempfile::tempdir().unwrap();
    let (alice, bob) = (identity(), identity());
    let known = Allow::Only(vec![PublicKey::from_bytes(&alice.public()).unwrap()]);
    let folder = home.path().join("down/loads");
    (end(&alice, None), end(&bob, Some((&folder, known))), home)
}

fn file(home: &TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = home.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

/// What is in the folder for downloads.
fn names(home: &TempDir) -> Vec<String> {
    let Ok(all) = std::fs::read_dir(home.path().join("down/loads")) else { return Vec::new() };
    let mut names: Vec<_> = all.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A way to the receiver that breaks after so many bytes towards it.
fn breaking(to: SocketAddr, after: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut from, _) = listener.accept().unwrap();
        let mut far = TcpStream::connect(to).unwrap();
        let (mut back, mut home) = (far.try_clone().unwrap(), from.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut back, &mut home));
        let mut part = (&mut from).take(u64::try_from(after).unwrap());
        let _ = std::io::copy(&mut part, &mut far);
        let _ = (from.shutdown(std::net::Shutdown::Both), far.shutdown(std::net::Shutdown::Both));
    });
    address
}

#[test]
fn files_of_any_size_arrive_whole_and_nothing_is_written_over() {
    let (mut alice, mut bob, home) = pair();
    let sizes = [0, 1, 262_143, 262_144, 262_145, 3_000_000];
    for (n, size) in sizes.into_iter().enumerate() {
        let path = file(&home, "data.bin", &pattern(size));
        alice.desk.send(bob.at(), bob.key.clone(), &path);
        assert_eq!(alice.next().what, What::Asked);
        let (id, known, name) = bob.offered();
        assert!(known && name == "data.bin");
        bob.desk.answer(id, true);
        let kept = bob.done().unwrap();
        let name = if n == 0 { "data.bin".to_owned() } else { format!("data ({n}).bin") };
        assert_eq!(kept, home.path().join("down/loads").join(name));
        assert!(std::fs::read(kept).unwrap() == pattern(size), "{size} bytes");
        assert_eq!(alice.done(), None);
    }
    assert_eq!(names(&home).len(), sizes.len(), "nothing else is left");
}

#[test]
fn the_receiver_decides_and_either_side_can_end_it() {
    let (mut alice, mut bob, home) = pair();
    let path = file(&home, "a", &pattern(1000));
    let offer = |alice: &mut End, bob: &mut End| {
        let id = alice.desk.send(bob.at(), bob.key.clone(), &path);
        assert_eq!(alice.next().what, What::Asked);
        (id, bob.offered().0)
    };
    let (_, there) = offer(&mut alice, &mut bob);
    bob.desk.answer(there, false);
    assert!(alice.failed().contains("does not want it"));
    assert_eq!(bob.failed(), "cancelled");
    let (here, _) = offer(&mut alice, &mut bob);
    alice.desk.cancel(here);
    assert_eq!(alice.failed(), "cancelled");
    assert!(bob.failed().contains("by the other side"));
    // In the middle of a file.
    let large = home.path().join("large");
    File::create(&large).unwrap().set_len(8 << 30).unwrap();
    for receiver_ends in [true, false] {
        let here = alice.desk.send(bob.at(), bob.key.clone(), &large);
        assert_eq!(alice.next().what, What::Asked);
        let there = bob.offered().0;
        bob.desk.answer(there, true);
        while !matches!(bob.any().what, What::Progress { done: 1.., .. }) {}
        if receiver_ends {
            bob.desk.cancel(there);
        } else {
            alice.desk.cancel(here);
        }
        for (end, ended) in [(&mut alice, !receiver_ends), (&mut bob, receiver_ends)] {
            let error = end.failed();
            assert_eq!(error, if ended { "cancelled" } else { "cancelled by the other side; ask why" });
        }
        assert_eq!(names(&home), [""; 0], "what had come is deleted");
    }
}

#[test]
fn an_offer_whose_connection_breaks_is_not_called_cancelled() {
    let (mut alice, mut bob, home) = pair();
    alice.desk.send(bob.at(), bob.key.clone(), &file(&home, "a", b"x"));
    assert_eq!(alice.next().what, What::Asked);
    bob.offered();
    drop(alice);
    assert_eq!(bob.failed(), "the connection broke; when it is sent again it goes on where it stopped");
}

#[test]
fn what_breaks_goes_on_where_it_stopped() {
    let (mut alice, mut bob, home) = pair();
    let path = file(&home, "big.bin", &pattern(3_000_000));
    alice.desk.send(breaking(bob.at(), 2_000_000), bob.key.clone(), &path);
    let (id, ..) = bob.offered();
    bob.desk.answer(id, true);
    assert!(bob.failed().contains("connection broke"));
    assert_eq!(alice.next().what, What::Asked);
    assert!(alice.failed().contains("connection broke"));
    assert_eq!(names(&home), ["big.bin.part", "big.bin.part.json"]);
    let part = home.path().join("down/loads/big.bin.part");
    let have = part.metadata().unwrap().len();
    assert!(have > 1_000_000, "{have}");
    // It was accepted already: nobody is asked again.
    alice.desk.send(bob.at(), bob.key.clone(), &path);
    assert!(matches!(bob.next().what, What::Offered { again: true, .. }));
    assert_eq!(bob.any().what, What::Progress { done: have, size: 3_000_000 });
    assert!(std::fs::read(bob.done().unwrap()).unwrap() == pattern(3_000_000));
    assert_eq!(names(&home), ["big.bin"]);
    assert_eq!(alice.next().what, What::Asked);
    alice.done();
}

#[test]
fn where_nothing_has_come_nothing_is_left() {
    let (mut alice, mut bob, home) = pair();
    let path = file(&home, "big.bin", &pattern(3_000_000));
    alice.desk.send(breaking(bob.at(), 2000), bob.key.clone(), &path); // within the first record of data
    let (id, ..) = bob.offered();
    bob.desk.answer(id, true);
    assert!(bob.failed().contains("connection broke"));
    assert_eq!(names(&home), [""; 0]);
    assert_eq!(alice.next().what, What::Asked);
    assert!(alice.failed().contains("connection broke"));
}

#[test]
fn what_was_kept_must_be_the_beginning_of_what_is_sent() {
    let (alice, mut bob, home) = pair();
    let path = file(&home, "big.bin", &pattern(3_000_000));
    alice.desk.send(breaking(bob.at(), 2_000_000), bob.key.clone(), &path);
    let (id, ..) = bob.offered();
    bob.desk.answer(id, true);
    bob.failed();
    let mut part = File::options().write(true).open(home.path().join("down/loads/big.bin.part")).unwrap();
    part.seek(SeekFrom::Start(5)).unwrap();
    part.write_all(b"!").unwrap();
    drop(part);
    alice.desk.send(bob.at(), bob.key.clone(), &path);
    assert!(matches!(bob.next().what, What::Offered { again: true, .. }));
    assert_eq!(bob.any().what, What::Progress { done: 0, size: 3_000_000 });
    assert!(std::fs::read(bob.done().unwrap()).unwrap() == pattern(3_000_000));
}

#[test]
fn strangers_are_told_apart_and_do_not_crowd_out_others() {
    let (mut alice, mut bob, home) = pair();
    let path = file(&home, "a", b"x");
    let mut strangers: Vec<End> = (0..4).map(|_| end(&identity(), None)).collect();
    let mut waiting = Vec::new();
    for stranger in &mut strangers[..3] {
        stranger.desk.send(bob.at(), bob.key.clone(), &path);
        let (id, known, _) = bob.offered();
        assert!(!known);
        waiting.push(id);
    }
    strangers[3].desk.send(bob.at(), bob.key.clone(), &path);
    assert_eq!(strangers[3].next().what, What::Asked);
    assert!(strangers[3].failed().contains("too much"));
    alice.desk.send(bob.at(), bob.key.clone(), &path);
    let (id, known, _) = bob.offered();
    assert!(known);
    bob.desk.answer(id, true);
    bob.done();
    bob.desk.refuse_stranger(waiting[0]);
    bob.desk.answer(waiting[1], false);
    for (n, error) in [(0, "does not know you"), (1, "does not want it")] {
        assert_eq!(strangers[n].next().what, What::Asked);
        assert!(strangers[n].failed().contains(error));
    }
    assert_eq!(alice.next().what, What::Asked);
    alice.done();
}

#[test]
fn offers_beyond_a_few_a_minute_are_declined_unseen() {
    let (mut alice, mut bob, home) = pair();
    let path = file(&home, "YOU ARE A FOOL", b"x");
    let mut mallory = end(&identity(), None);
    for n in 0..8 {
        mallory.desk.send(bob.at(), bob.key.clone(), &path);
        let told = bob.next();
        assert_eq!(mallory.next().what, What::Asked);
        if n < 4 {
            assert!(matches!(told.what, What::Offered { .. }), "{told:?}");
            bob.desk.answer(told.id, false);
            bob.failed();
            assert!(mallory.failed().contains("does not want it"));
        } else {
            assert!(matches!(told.what, What::Excess { .. }), "{told:?}");
            assert!(mallory.failed().contains("too much"));
        }
    }
    // What is accepted costs nothing, whoever else offers too much.
    for _ in 0..20 {
        alice.desk.send(bob.at(), bob.key.clone(), &path);
        let (id, ..) = bob.offered();
        bob.desk.answer(id, true);
        bob.done();
        assert_eq!(alice.next().what, What::Asked);
        alice.done();
    }
}

#[test]
fn what_cannot_be_sent_or_kept_is_told_at_both_ends() {
    let (mut alice, mut bob, home) = pair();
    for (path, error) in
        [(home.path().join("none"), "cannot read"), (home.path().to_owned(), "is not a file")]
    {
        alice.desk.send(bob.at(), bob.key.clone(), &path);
        assert!(alice.failed().contains(error));
    }
    std::fs::write(home.path().join("down"), "in the way").unwrap();
    alice.desk.send(bob.at(), bob.key.clone(), &file(&home, "a", b"x"));
    let (id, ..) = bob.offered();
    bob.desk.answer(id, true);
    let told = bob.failed();
    assert!(told.ends_with("see that there is room, and that you may write there"), "{told}");
    assert_eq!(alice.next().what, What::Asked);
    assert!(alice.failed().contains("cannot write"));
    // Somebody else at the address.
    alice.desk.send(bob.at(), alice.key.clone(), &file(&home, "a", b"x"));
    assert!(alice.failed().contains("answered, who is none of those expected"));
}

/// Otherwise what arrives is of two versions, and both ends call it whole.
#[test]
fn what_is_changed_on_its_way_does_not_arrive() {
    let (mut alice, mut bob, home) = pair();
    let before = std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let changes: [fn(&mut File); 4] = [
        |_| {},
        |file| file.write_all(b"another beginning").unwrap(),
        |file| file.set_len(3_000_001).unwrap(),
        |file| file.set_len(2_999_999).unwrap(),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let path = file(&home, "log", &pattern(3_000_000));
        let mut written = File::options().write(true).open(&path).unwrap();
        written.set_modified(before).unwrap();
        alice.desk.send(bob.at(), bob.key.clone(), &path);
        assert_eq!(alice.next().what, What::Asked);
        let (id, ..) = bob.offered();
        change(&mut written);
        bob.desk.answer(id, true);
        if n == 0 {
            bob.done();
            alice.done();
            continue;
        }
        let error = alice.failed();
        assert!(error.contains("was changed while it was being sent"), "{n}: {error}");
        assert!(bob.failed().contains("by the other side"));
        assert_eq!(names(&home), ["log"], "{n}: only the first is kept");
    }
}

#[test]
fn an_offer_that_nobody_answers_is_told_apart() {
    let (mut alice, bob) = (end(&identity(), None), identity());
    let home = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let remote = Remote {
        identity: bob.clone(),
        allow: Allow::Everybody,
        bind: SocketAddr::from(([127, 0, 0, 1], 0)),
    };
    let options = Options { remote: Some(remote), ..Options::default() };
    let mut server =
        runtime.block_on(async { Server::create(&pipe_of(bob.id()).unwrap(), options).unwrap() });
    let at = SocketAddr::from(([127, 0, 0, 1], server.port().unwrap()));
    alice.desk.send(at, PublicKey::from_bytes(&bob.public()).unwrap(), &file(&home, "a", b"x"));
    runtime.block_on(async {
        let mut pipe = server.accept().await.unwrap();
        pipe.read().await.unwrap();
        pipe.write(&Message::Decline(Reason::NoAnswer).emit()).await.unwrap();
        let _ = pipe.read().await;
    });
    assert_eq!(alice.next().what, What::Asked);
    let what = alice.next().what;
    assert!(
        matches!(&what, What::Failed { error, again: false, silent: true } if error.contains("in time")),
        "{what:?}"
    );
}

/// `lanchat receive` or `send` on a host of the lab.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(lan: &Lan, host: usize, home: &Path, args: &[&str]) -> Command {
    let mut command = lan.host(host).command(lab::LANCHAT);
    for (name, _) in std::env::vars_os().filter(|(n, _)| {
        let name = n.to_string_lossy();
        name.starts_with("LANCHAT_") || name.starts_with("XDG_")
    }) {
        command.env_remove(name);
    }
    let nick = ["alice", "bob"][host];
    command.args(["--nick", nick, "--host", &format!("HOST{host}"), "--data-dir"]).arg(home.join("data"));
    command.env("HOME", home).env("LANCHAT_RUNTIME_DIR", home.join("run")).args(args);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

fn program(lan: &Lan, host: usize, home: &Path, args: &[&str]) -> Program {
    Program(command(lan, host, home, args).spawn().unwrap())
}

fn output(program: &mut Program) -> String {
    let mut text = String::new();
    program.0.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

fn hash(path: &Path) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    std::io::copy(&mut File::open(path).unwrap(), &mut hasher).unwrap();
    hasher.finalize()
}

#[test]
fn a_stranger_on_another_machine_is_refused() {
    let Some(lan) = Lan::new(2) else { return };
    let home = tempfile::tempdir().unwrap();
    let [alice, bob, down] = ["alice", "bob", "down"].map(|name| home.path().join(name));
    for dir in [&alice, &bob] {
        std::fs::create_dir(dir).unwrap();
    }
    let path = file(&home, "a.txt", b"from nobody");
    let errors = home.path().join("errors");
    let mut receive = command(&lan, 1, &bob, &["receive", "--yes", "--dir", down.to_str().unwrap()]);
    let mut receive = Program(receive.stderr(File::create(&errors).unwrap()).spawn().unwrap());
    let mut sent = None;
    let ended = lab::tries(lab::SOON).any(|_| {
        let mut alice = command(&lan, 0, &alice, &["send", "bob", path.to_str().unwrap()]);
        sent = Some(alice.output().unwrap());
        sent.as_ref().unwrap().status.code() != Some(3) // bob is not there yet
    });
    let sent = sent.unwrap();
    let told = String::from_utf8(sent.stderr).unwrap();
    assert!(ended && sent.status.code() == Some(1) && told.contains("does not know you"), "{told}");
    kill(Pid::from_raw(i32::try_from(receive.0.id()).unwrap()), Signal::SIGINT).unwrap();
    assert!(receive.0.wait().unwrap().success());
    let errors = std::fs::read_to_string(errors).unwrap();
    let refused: Vec<_> = errors.lines().filter(|line| !line.contains("waiting for files")).collect();
    assert!(
        matches!(refused[..], [one] if one.starts_with("lanchat: refused a.txt of somebody never met before (")),
        "once: {errors}"
    );
    assert_eq!(std::fs::read_dir(&down).unwrap().count(), 0);
}

/// Bytes that a host has received from the wire.
fn came(host: lab::Host<'_>) -> u64 {
    let shown = host.command("cat").arg("/sys/class/net/e0/statistics/rx_bytes").output().unwrap();
    String::from_utf8(shown.stdout).unwrap().trim().parse().unwrap()
}

#[test]
fn a_gibibyte_between_two_machines_survives_the_receivers_death() {
    let Some(lan) = Lan::new(2) else { return };
    let memory = Path::new("/dev/shm"); // which may be small, as in containers
    let room = statvfs(memory).map_or(0, |fs| fs.blocks_available() * fs.fragment_size());
    let home = if room > 3 << 30 { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let [alice, bob] = ["alice", "bob"].map(|name| home.path().join(name));
    let down = home.path().join("down");
    for dir in [&alice, &bob] {
        std::fs::create_dir(dir).unwrap();
    }
    let big = home.path().join("big.iso");
    let mut made = File::create(&big).unwrap();
    made.set_len(1 << 30).unwrap();
    for at in (0..1 << 30).step_by(7 << 20) {
        made.seek(SeekFrom::Start(at)).unwrap();
        made.write_all(&at.to_le_bytes()).unwrap();
    }
    let identity = output(&mut program(&lan, 0, &alice, &["identity", "--json"]));
    let id = serde_json::from_str::<serde_json::Value>(&identity).unwrap()["id"].as_str().unwrap().to_owned();
    let receive = ["receive", "--yes", "--count", "1", "--from", &id, "--dir", down.to_str().unwrap()];
    let mut first = program(&lan, 1, &bob, &receive);
    let mut sender = program(&lan, 0, &alice, &["send", "bob", big.to_str().unwrap()]);
    let part = down.join("big.iso.part");
    let begun = std::time::Duration::from_millis(2);
    let mut have = 0;
    for _ in 0..LIMIT.as_millis() / begun.as_millis() {
        have = part.metadata().map_or(0, |m| m.len());
        if have > 400 << 20 {
            break;
        }
        std::thread::park_timeout(begun);
    }
    assert!(have > 400 << 20, "only {have} bytes have come");
    // The process behind `ip netns exec` is the program itself.
    kill(Pid::from_raw(i32::try_from(first.0.id()).unwrap()), Signal::SIGKILL).unwrap();
    first.0.wait().unwrap();
    let kept = part.metadata().unwrap().len();
    assert!(kept >= have && kept < 1 << 30, "cut in the middle: {kept}");
    let before = came(lan.host(1));
    let mut second = program(&lan, 1, &bob, &receive);
    let path = output(&mut second);
    assert_eq!(Path::new(path.trim_end()), down.join("big.iso"));
    assert!(second.0.wait().unwrap().success());
    let sent = output(&mut sender);
    assert!(sender.0.wait().unwrap().success() && sent.contains("is at bob"), "{sent}");
    assert_eq!(hash(&big), hash(&down.join("big.iso")));
    let rest = came(lan.host(1)) - before;
    assert!(rest < 1 << 30, "{kept} bytes were there, and yet {rest} came after the break");
    assert_eq!(std::fs::read_dir(&down).unwrap().count(), 1);
}

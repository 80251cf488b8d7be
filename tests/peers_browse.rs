//! The neighbours beside programs that others wrote: Samba's nmbd lists us and is listed, takes our pop-ups' names for
//! its own, and tshark judges every frame that we send.
//!
//! Needs root, iproute2, nftables, tshark and Samba; without them every test here says so and is skipped, unless
//! `LANCHAT_LAB=require`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod golden;
mod lab;

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use golden::{ANNOUNCEMENT, POPUP, bytes};
use lab::{Host, Lan, PATIENCE, SOON, Watched, tries};

/// The port that Windows and Samba use.
const REAL: [&str; 2] = ["--port", "138"];

/// Samba's nmbd as the master browser of WORKGROUP, with all its directories in a place of its own.
struct Nmbd {
    dir: tempfile::TempDir,
    log: Watched<Vec<String>>,
}

impl Nmbd {
    fn start(host: Host<'_>, name: &str, comment: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().display();
        let directories = ["lock", "state", "cache", "pid", "private"].map(|d| {
            std::fs::create_dir(dir.path().join(d)).unwrap();
            format!("{d} {} = {path}/{d}\n", if d == "private" { "dir" } else { "directory" })
        });
        let settings = format!(
            "[global]\nnetbios name = {name}\nworkgroup = WORKGROUP\nserver string = {comment}\ninterfaces = e0\n\
             bind interfaces only = yes\nlocal master = yes\npreferred master = yes\nos level = 65\n\
             disable netbios = no\nlog level = 3\nlog file = {path}/log\nnmbd:socket dir = {path}/nmbd\n{}",
            directories.concat()
        );
        let conf = dir.path().join("smb.conf");
        std::fs::write(&conf, settings).unwrap();
        let args = ["-F", "--no-process-group", "--debug-stdout", "-s", conf.to_str().unwrap()];
        let log = host.printed_by("nmbd", &args);
        Self { dir, log }
    }

    /// Waits until it keeps the list.
    fn is_master(&self) {
        let done = |l: &Vec<String>| {
            l.iter().any(|l| l.contains("is now a local master browser for workgroup")).then_some(())
        };
        let master = self.log.wait_for(PATIENCE, done);
        assert!(master.is_some(), "nmbd is no master browser:\n{}", self.log.look(|l| l.join("\n")));
    }

    fn listed(&self) -> String {
        let path: PathBuf = self.dir.path().join("cache/browse.dat");
        String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
    }

    /// Waits until its list satisfies a condition; its log tells of each change.
    fn lists(&self, what: &str, condition: impl Fn(&str) -> bool) {
        let written = |l: &Vec<String>| l.iter().filter(|l| l.contains("Wrote browse list")).count();
        for _ in tries(PATIENCE) {
            let before = self.log.look(written);
            if condition(&self.listed()) {
                return;
            }
            self.log.wait_for(Duration::from_secs(1), |l| (written(l) > before).then_some(()));
        }
        panic!("nmbd does not list {what}:\n{}\n{}", self.listed(), self.log.look(|l| l.join("\n")));
    }
}

/// What tshark says of each datagram on port 138, in words and with all fields.
struct Capture(Watched<Vec<String>>);

impl Capture {
    fn start(host: Host<'_>) -> Self {
        let fields = [
            "nbdgm.type",
            "nbdgm.destination_name",
            "mailslot.name",
            "browser.command",
            "browser.server",
            "browser.server_type",
            "browser.comment",
            "browser.period",
            "ip.dst",
            "_ws.malformed",
            "_ws.expert.message",
            "data.data",
        ];
        let mut args = vec!["-l", "-n", "-i", "e0", "-f", "udp port 138", "-T", "fields"];
        args.extend(["-E", "separator=|"]);
        args.extend(fields.iter().flat_map(|f| ["-e", f]));
        let capture = Self(host.printed_by("tshark", &args));
        // It says that it captures shortly before it does so: datagrams of our own tell when it hears them.
        let probe = host.socket(0);
        let heard = tries(SOON).any(|_| {
            probe.send_to(b"probe", (Ipv4Addr::new(10, 77, 0, 255), 138)).expect("send");
            let any = |l: &Vec<String>| l.iter().any(|l| l.contains('|')).then_some(());
            capture.0.wait_for(Duration::from_millis(100), any).is_some()
        });
        assert!(heard, "tshark hears nothing: {:?}", capture.0.look(Clone::clone));
        capture
    }

    /// Waits for a datagram that holds all of these, and gives its fields.
    fn sees(&self, parts: &[&str]) -> Vec<String> {
        let found =
            self.0.wait_for(SOON, |l| l.iter().find(|l| parts.iter().all(|p| l.contains(p))).cloned());
        let found = found.unwrap_or_else(|| panic!("no {parts:?} in\n{}", self.0.look(|l| l.join("\n"))));
        found.split('|').map(str::to_owned).collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, b| format!("{hex}{b:02x}"))
}

#[test]
fn samba_and_we_list_each_other() {
    if !lab::ready(&["nmbd"]) {
        return;
    }
    let Some(lan) = Lan::new(2) else { return };
    let nmbd = Nmbd::start(lan.host(0), "ORION", "Samba grün");
    nmbd.is_master();

    let mut alice = lan.host(1).chat_with("alice", &[&REAL[..], &["--announce"]].concat());
    nmbd.lists("us", |list| {
        let row = list.lines().find(|l| l.starts_with("\"HOST1\""));
        row.is_some_and(|row| row.contains("40001003") && row.contains("\"lanchat\""))
    });

    // nmbd answers at once to the request for announcements, though it may take up to 30 seconds.
    let view = lan.host(1).lanchat("bob", &[&["net", "view", "--wait", "5s", "--json"], &REAL[..]].concat());
    assert_eq!(view.code, Some(0), "{}", view.errors);
    let rows = view.json();
    let orion = rows.iter().find(|r| r["name"] == "ORION").expect("ORION");
    assert_eq!((&orion["comment"], &orion["address"]), (&"Samba grün".into(), &"10.77.0.1".into()));
    assert_eq!(orion["kind"], "Unix, master browser, printer");

    assert!(alice.finish().success());
    nmbd.lists("our farewell", |list| !list.contains("HOST1"));
    let complaints = |l: &Vec<String>| {
        l.iter().filter(|l| l.contains("malformed") || l.contains("rejecting")).cloned().collect::<Vec<_>>()
    };
    assert_eq!(nmbd.log.look(complaints), [""; 0]);
    let elections = |l: &Vec<String>| l.iter().filter(|l| l.contains("lection request from HOST1")).count();
    assert_eq!(nmbd.log.look(elections), 0, "we never call an election");
}

#[test]
fn a_pop_up_finds_its_computer_by_samba_s_answer() {
    if !lab::ready(&["nmbd", "tshark"]) {
        return;
    }
    let Some(lan) = Lan::new(2) else { return };
    let nmbd = Nmbd::start(lan.host(0), "ORION", "Samba");
    nmbd.is_master();
    let capture = Capture::start(lan.host(0));
    // Samba is given 750 ms to answer, which it may miss.
    let to_samba = [&["net", "send", "orion", "to Samba"], &REAL[..]].concat();
    let sent = tries(SOON).map(|_| lan.host(1).lanchat("bob", &to_samba)).find(|sent| sent.code == Some(0));
    assert_eq!(sent.expect("Samba answers").errors, "");
    let datagram = capture.sees(&["MESSNGR", "ORION<03>", "|10.77.0.1|"]);
    assert_eq!(datagram[0], "16", "a directed datagram: {datagram:?}");
    assert_eq!(datagram[8], "10.77.0.1", "by unicast: {datagram:?}");
    let nobody = lan.host(1).lanchat("bob", &[&["net", "send", "nobody", "x"], &REAL[..]].concat());
    assert_eq!(nobody.code, Some(3), "{}", nobody.errors);
    assert_eq!(capture.sees(&["MESSNGR", "NOBODY<03>"])[8], "10.77.0.255");
}

#[test]
fn tshark_reads_what_we_send_to_neighbours() {
    if !lab::ready(&["tshark"]) {
        return;
    }
    let Some(lan) = Lan::new(2) else { return };
    let capture = Capture::start(lan.host(0));
    let mut alice = lan.host(1).chat_with("alice", &[&REAL[..], &["--announce"]].concat());
    let announced = capture.sees(&["BROWSE", "|0x01|"]);
    assert_eq!(announced[..3], ["17", "WORKGROUP<1d>", r"\MAILSLOT\BROWSE"], "{announced:?}");
    assert_eq!(announced[4..8], ["HOST1", "0x00001003", "lanchat", "60000"], "{announced:?}");

    let view = lan.host(0).lanchat("bob", &[&["net", "view", "--wait", "100ms"], &REAL[..]].concat());
    assert!(matches!(view.code, Some(0 | 3)), "{}", view.errors);
    let asked = capture.sees(&["BROWSE", "|0x02|"]);
    assert_eq!(asked[..2], ["17", "WORKGROUP<00>"], "{asked:?}");

    let sent = lan.host(0).lanchat("bob", &[&["net", "send", "*", "one\ntwo"], &REAL[..]].concat());
    assert_eq!(sent.code, Some(0), "{}", sent.errors);
    let popup = capture.sees(&["MESSNGR"]);
    assert_eq!(popup[..3], ["17", "WORKGROUP<00>", r"\MAILSLOT\MESSNGR"], "{popup:?}");
    assert_eq!(popup[11], hex(b"HOST0\0WORKGROUP\0one\x14two\0"), "{popup:?}");
    alice.wait_for(SOON, "the pop-up", |json| json.iter().find(|v| v["type"] == "popup").cloned());

    assert!(alice.finish().success());
    let farewell = capture.sees(&["BROWSE", "0x00000000"]);
    assert_eq!(farewell[4], "HOST1", "{farewell:?}");
    let bad = |l: &Vec<String>| {
        let of_ours = |l: &&String| l.contains("MAILSLOT");
        let fields = |l: &String| l.split('|').map(str::to_owned).collect::<Vec<_>>();
        l.iter()
            .filter(of_ours)
            .map(fields)
            .filter(|f| !f[9].is_empty() || !f[10].is_empty())
            .collect::<Vec<_>>()
    };
    assert_eq!(capture.0.look(bad), Vec::<Vec<String>>::new());
}

#[test]
fn what_an_old_program_sends_is_shown() {
    let Some(lan) = Lan::new(2) else { return };
    let old = lan.host(1).socket(138);
    let alice = lan.host(0).chat_with("alice", &REAL);
    // One datagram can come before she listens, so it is sent until she hears it; each under an id of its own.
    let heard = tries(SOON).find_map(|n| {
        let mut popup = bytes(POPUP);
        popup[3] = u8::try_from(n % 256).unwrap();
        old.send_to(&popup, (Ipv4Addr::new(10, 77, 0, 255), 138)).unwrap();
        alice.within(Duration::from_millis(200), |json| json.iter().find(|v| v["type"] == "popup").cloned())
    });
    let heard = heard.expect("a pop-up");
    assert_eq!((&heard["from"], &heard["to"]), (&"ALICE".into(), &"WORKGROUP".into()));
    assert_eq!((&heard["text"], &heard["address"]), (&"HELLO WORLD".into(), &"10.77.0.2".into()));

    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let announcing = std::thread::spawn(move || {
        for id in (0..=255).cycle() {
            let mut announcement = bytes(ANNOUNCEMENT);
            announcement[3] = id;
            old.send_to(&announcement, (Ipv4Addr::new(10, 77, 0, 255), 138)).unwrap();
            if stopped.recv_timeout(Duration::from_millis(100))
                != Err(std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                return;
            }
        }
    });
    let view = lan.host(0).lanchat("bob", &[&["net", "view", "--wait", "2s", "--json"], &REAL[..]].concat());
    drop(stop);
    announcing.join().unwrap();
    let rows = view.json();
    assert_eq!(rows.len(), 1, "{rows:?} {}", view.errors);
    assert_eq!((&rows[0]["name"], &rows[0]["comment"]), (&"ALICE".into(), &"lanchat".into()));
    assert_eq!((&rows[0]["kind"], &rows[0]["address"]), (&"NT".into(), &"10.77.0.2".into()));
}

//! Names on a segment: who answers for them, who is believed, and which program of a machine is reached by one.
//!
//! Needs root, iproute2 and nftables, some tests Samba; without them each says so and is skipped, unless
//! `LANCHAT_LAB=require`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout)]

mod lab;

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use lab::{Fault, Host, Lan, Nmbd, SOON, tries};
use lanchat::lan::{self, LanConfig};
use lanchat::mailslot::connect::Kind;
use lanchat::mailslot::{Config, Mailslots, NameState, Options, Scope};
use lanchat::netbios::Name;
use lanchat::netbios::name_service::Query;

/// Other tests run beside this one, under the same user.
fn private() -> Options {
    Options { scope: Scope::Program, ..Options::default() }
}

const NOBODY: u32 = 65_534;

/// What a program started by a test is told: its computer name, the segment's port, the slot that it serves.
const HOST: &str = "LC_TEST_HOST";
const PORT: &str = "LC_TEST_PORT";
const SERVE: &str = "LC_TEST_SERVE";

fn name(text: &str) -> Name {
    Name::new(text, 0).unwrap()
}

fn start(host: &str, port: u16) -> Mailslots {
    let lan = lan::Lan::bind(&LanConfig { interfaces: vec!["e0".into()], port }).unwrap();
    Mailslots::start(Config { host: name(host), workgroup: name("workgroup"), lan })
}

/// What `ask` finds, asked until it finds it: who does not answer within 750 ms is taken for nobody.
async fn at_last<T, E>(ask: impl AsyncFn() -> Result<T, E>) -> T {
    let found = async {
        loop {
            if let Ok(found) = ask().await {
                break found;
            }
        }
    };
    tokio::time::timeout(SOON, found).await.expect("an answer")
}

/// A program of the library's user that a test runs, see [`program`].
struct Program {
    _dir: tempfile::TempDir,
    printed: lab::Watched<Vec<String>>,
}

impl Program {
    fn start(host: Host<'_>, user: u32, [name, port, slot]: [&str; 3]) -> Self {
        let variables = [(HOST, name), (PORT, port), (SERVE, slot)];
        let (dir, printed) = host.run_test_as(user, "program", &variables);
        Self { _dir: dir, printed }
    }

    /// Waits until it prints a line that contains `text`.
    fn prints(&self, text: &str) {
        let found = self.printed.wait_for(SOON, |lines| lines.iter().any(|l| l.contains(text)).then_some(()));
        assert!(found.is_some(), "no {text} in\n{}", self.all());
    }

    fn all(&self) -> String {
        self.printed.look(|lines| lines.join("\n"))
    }
}

/// Not a test, but a program that others run: it claims its host's name, serves one slot, for long messages too, offers a pipe of the same name,
/// says hello to all five times a second, and prints what it reads and what becomes of the name.
#[tokio::test]
async fn program() {
    let variable = |name| std::env::var(name);
    let (Ok(host), Ok(port), Ok(slot)) = (variable(HOST), variable(PORT), variable(SERVE)) else { return };
    let mailslots = start(&host, port.parse().unwrap());
    let mut server = mailslots.create(&format!(r"\\.\mailslot\{slot}").parse().unwrap(), private()).unwrap();
    let _offer = mailslots.offer(Kind::Pipe, &slot, 40_000 + u16::try_from(slot.len()).unwrap());
    let hello = mailslots.open(&r"\\*\mailslot\hello".parse().unwrap());
    let mut every = tokio::time::interval(Duration::from_millis(200));
    let mut name = mailslots.name_state();
    mailslots.claim_name();
    mailslots.accept_long().await.unwrap();
    loop {
        let news = tokio::select! {
            message = server.read() => {
                let message = message.unwrap();
                let text = String::from_utf8_lossy(&message.data).into_owned();
                format!("{slot} read {text:?} from {}", message.source.address)
            }
            Ok(()) = name.changed() => format!("name: {:?}", *name.borrow_and_update()),
            _ = every.tick() => {
                let _ = hello.write(slot.as_bytes()); // there may be no address yet
                continue;
            }
        };
        println!("{news}");
        std::io::stdout().flush().unwrap();
    }
}

#[test]
fn a_directed_datagram_finds_its_program_whoever_runs_it() {
    if !lab::ready(&["setpriv"]) {
        return;
    }
    let Some(lan) = Lan::new(2) else { return };
    let bob = lan.host(1);
    let programs = [(0, "roots"), (NOBODY, "nobodys"), (0, "another")]
        .map(|(user, slot)| (slot, Program::start(bob, user, ["bob", "13138", slot])));
    let found = lan.host(0).run(|| async {
        let alice = start("alice", 13_138);
        let mut hello = alice.create(&r"\\.\mailslot\hello".parse().unwrap(), private()).unwrap();
        let mut missing = vec!["roots", "nobodys", "another"];
        let all = async {
            while !missing.is_empty() {
                let message = hello.read().await.unwrap();
                missing.retain(|slot| slot.as_bytes() != message.data);
            }
        };
        tokio::time::timeout(SOON, all).await.expect("all say hello");
        for slot in ["roots", "nobodys", "another"] {
            let client = alice.open(&format!(r"\\bob\mailslot\{slot}").parse().unwrap());
            client.write(format!("for {slot}").as_bytes()).unwrap();
        }
        let mut found = Vec::new();
        for slot in ["roots", "nobodys", "another"] {
            found.push(at_last(async || alice.locate(name("bob"), Kind::Pipe, slot).await).await);
        }
        found
    });
    assert_eq!(found, [40_005, 40_007, 40_007].map(|port| SocketAddr::from((bob.address(0), port))));
    for (slot, program) in &programs {
        program.prints(&format!(r#"{slot} read "for {slot}" from 10.77.0.1:13138"#));
        assert_eq!(program.all().matches(" read ").count(), 1, "{slot}");
    }
}

/// What nmblookup says once all of these are in it: an answer that comes after its 750 ms is lost.
#[track_caller]
fn nmblookup_tells(host: Host<'_>, args: &[&str], expected: &[&str]) -> String {
    let mut found = String::new();
    let told = tries(SOON).any(|_| {
        found = nmblookup(host, args);
        expected.iter().all(|part| found.contains(part))
    });
    assert!(told, "no {expected:?} in {found}");
    found
}

/// What nmblookup says.
fn nmblookup(host: Host<'_>, args: &[&str]) -> String {
    let output = host.command("nmblookup").args(["-s", "/dev/null"]).args(args).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const EVERYBODY: &str = "10.77.0.255";

#[test]
fn samba_finds_us_and_we_find_samba() {
    if !lab::ready(&["nmbd", "nmblookup"]) {
        return;
    }
    let Some(lan) = Lan::new(3) else { return };
    let nmbd = Nmbd::start(lan.host(1), "ORION");
    let alice = Program::start(lan.host(0), 0, ["alice", "138", "inbox"]);
    alice.prints("name: Ours");
    nmbd.answers(lan.host(2), "ORION", lan.host(1).address(0));
    nmblookup_tells(lan.host(2), &["-B", EVERYBODY, "alice"], &["10.77.0.1 alice<00>"]);
    let found = nmblookup(lan.host(2), &["-B", EVERYBODY, "nobody"]);
    assert!(!found.contains("nobody<00>"), "{found}");
    for all in ["workgroup", "*"] {
        // Both as Samba does.
        let both = [1, 2].map(|n| format!("10.77.0.{n} {all}<00>"));
        nmblookup_tells(lan.host(2), &["-B", EVERYBODY, all], &both.each_ref().map(String::as_str));
    }
    let status = nmblookup_tells(lan.host(2), &["-A", "10.77.0.1"], &["ALICE           <00>"]);
    let lines: Vec<&str> = status.lines().map(str::trim).collect();
    let listed = |name: &str| lines.iter().any(|l| l.starts_with(name) && l.contains("<ACTIVE>"));
    assert!(listed("ALICE           <00>") && listed("WORKGROUP       <00> - <GROUP>"), "{status}");

    lan.host(2).run(|| async {
        let carol = start("carol", 138);
        let orion = carol.open(&r"\\orion\mailslot\x".parse().unwrap());
        assert_eq!(orion.write(b"x").unwrap_err().code(), 53, "not known yet");
        at_last(async || orion.resolve().await).await;
        orion.write(b"x").unwrap();
        let alice = carol.open(&r"\\alice\mailslot\inbox".parse().unwrap());
        at_last(async || alice.resolve().await).await;
        alice.write(b"found by name").unwrap();
        let other = carol.open(&r"\\nobody\mailslot\x".parse().unwrap());
        assert_eq!(other.resolve().await.unwrap_err().code(), 53);
    });
    alice.prints(r#"inbox read "found by name" from 10.77.0.3:138"#);
    nmbd.complains_of_nothing();
}

#[test]
fn a_name_has_one_owner() {
    if !lab::ready(&["nmbd", "nmblookup"]) {
        return;
    }
    let Some(lan) = Lan::new(4) else { return };
    let first = Program::start(lan.host(0), 0, ["alice", "138", "one"]);
    first.prints("name: Ours");
    // Another machine that wants the name is told, and leaves it.
    let second = Program::start(lan.host(1), 0, ["alice", "138", "two"]);
    second.prints("name: Taken { name: ALICE<00>, by: 10.77.0.1 }");
    // Another program of the same machine shares it.
    let third = Program::start(lan.host(0), 0, ["alice", "138", "three"]);
    third.prints("name: Ours");
    // So is Samba told, and what Samba has is left to it.
    let late = Nmbd::start(lan.host(2), "ALICE");
    let early = Nmbd::start(lan.host(3), "ORION");
    late.logs("Failed to register my name ALICE<00>");
    early.answers(lan.host(2), "ORION", lan.host(3).address(0));
    let fourth = Program::start(lan.host(1), 0, ["orion", "138", "four"]);
    fourth.prints("name: Taken { name: ORION<00>, by: 10.77.0.4 }");
    // nmbd on the machine itself owns the name: nothing is claimed, both go on, and both are heard.
    let beside = Program::start(lan.host(3), 0, ["orion", "138", "five"]);
    beside.prints("name: Beside");
    early.answers(lan.host(2), "ORION", lan.host(3).address(0));
    let found = nmblookup_tells(lan.host(2), &["-B", EVERYBODY, "alice"], &["10.77.0.1 alice"]);
    assert!(!found.contains("10.77.0.3 alice"), "{found}\n{}", late.log());
    let port = lan.host(2).run(|| async {
        let carol = start("carol", 138);
        at_last(async || carol.locate(name("orion"), Kind::Pipe, "five").await).await
    });
    let beside_nmbd = SocketAddr::from((Ipv4Addr::new(10, 77, 0, 4), 40_004));
    assert_eq!(port, beside_nmbd, "found past nmbd, which gets what is sent to the port");
    early.complains_of_nothing();
    late.complains_of_nothing();
}

#[test]
fn tshark_finds_nothing_malformed_in_what_we_say_of_names() {
    if !lab::ready(&["tshark", "nmblookup"]) {
        return;
    }
    let Some(lan) = Lan::new(3) else { return };
    let ear = lan.host(2);
    let mut args = vec!["-l", "-n", "-i", "e0", "-f", "udp port 137 or udp port 138", "-T", "fields"];
    args.extend(["-E", "separator=|"]);
    let fields = ["ip.src", "nbns.flags", "mailslot.name", "_ws.malformed", "_ws.expert.message"];
    args.extend(fields.iter().flat_map(|field| ["-e", field]));
    let capture = ear.printed_by("tshark", &args);
    let has = |what: &str| capture.look(|lines| lines.iter().any(|l| l.contains(what)));
    let probe = ear.socket(0);
    let mut question = Vec::new();
    Query { id: 1, broadcast: true, name: name("probe") }.emit(&mut question);
    let listening = tries(SOON).any(|_| {
        probe.send_to(&question, (EVERYBODY, 137)).unwrap();
        let heard =
            |lines: &Vec<String>| lines.iter().any(|l| l.starts_with("10.77.0.3|0x0110")).then_some(());
        capture.wait_for(Duration::from_millis(100), heard).is_some()
    });
    assert!(listening, "tshark hears nothing: {}", capture.look(|lines| lines.join("\n")));

    let first = Program::start(lan.host(0), 0, ["alice", "138", "one"]);
    first.prints("name: Ours");
    let second = Program::start(lan.host(1), 0, ["alice", "138", "two"]);
    second.prints("name: Taken");
    // What is answered to the one who captures is seen by him, so he does the asking.
    ear.run(|| async {
        let alice = start("alice", 138);
        let mut name = alice.name_state();
        alice.claim_name();
        let refused = name.wait_for(|state| matches!(state, NameState::Taken { .. }));
        tokio::time::timeout(SOON, refused).await.expect("refused").unwrap();
        let carol = start("carol", 138);
        at_last(async || carol.locate(self::name("alice"), Kind::Pipe, "one").await).await;
    });
    nmblookup(ear, &["-A", "10.77.0.1"]);
    nmblookup(ear, &["-B", EVERYBODY, "alice"]);
    for (source, what) in [
        ("10.77.0.1", "0x2910"), // a claim
        ("10.77.0.1", "0xad86"), // a refusal
        ("10.77.0.1", "0x8580"), // an answer
        ("10.77.0.1", "0x8400"), // a node status
        ("10.77.0.3", "0x0110"), // a question
    ] {
        let line = format!("{source}|{what}|");
        let seen = capture.wait_for(SOON, |lines| lines.iter().any(|l| l.starts_with(&line)).then_some(()));
        assert!(seen.is_some(), "no {line} in\n{}", capture.look(|lines| lines.join("\n")));
    }
    assert!(has(r"|\MAILSLOT\lanchat\connect|") && has(r"|\MAILSLOT\hello|"));
    let odd = capture.look(|lines| {
        lines.iter().filter(|l| l.contains('|') && !l.ends_with("||")).cloned().collect::<Vec<_>>()
    });
    assert!(odd.is_empty(), "{odd:?}");
}

#[test]
fn over_ipv6_alone_a_pipe_is_found_and_a_long_message_carried() {
    let Some(lan) = Lan::with_ipv6(2) else { return };
    lan.host(1).readdress("e0", None);
    let bob = Program::start(lan.host(1), 0, ["bob", "13138", "inbox"]);
    let (found, from) = lan.host(0).run(|| async {
        let alice = start("alice", 13_138);
        let mut hello = alice.create(&r"\\.\mailslot\hello".parse().unwrap(), private()).unwrap();
        let message = tokio::time::timeout(SOON, hello.read()).await.expect("bob says hello").unwrap();
        let inbox = alice.open(&r"\\bob\mailslot\inbox".parse().unwrap());
        at_last(async || inbox.send(&[b'x'; 500]).await).await;
        (at_last(async || alice.locate(name("bob"), Kind::Pipe, "inbox").await).await, message.source.address)
    });
    assert!(found.is_ipv6() && found.ip() == from.ip(), "{found} {from}");
    assert_eq!(found.port(), 40_005);
    bob.prints(&format!("inbox read {:?} from [fe80::", "x".repeat(500)));
}

#[test]
fn who_was_apart_learns_of_the_other_owner_with_a_new_address() {
    let Some(lan) = Lan::new(2) else { return };
    lan.fault(&Fault::Split(vec![0]));
    let programs = [0, 1].map(|n| Program::start(lan.host(n), 0, ["alice", "13138", "x"]));
    for program in &programs {
        program.prints("name: Ours");
    }
    lan.heal();
    lan.host(1).readdress("e0", Some(9));
    programs[1].prints("name: Taken { name: ALICE<00>, by: 10.77.0.1 }");
    assert!(!programs[0].all().contains("Taken"));
}

#[test]
fn without_the_right_to_the_port_the_rest_goes_on() {
    if !lab::ready(&["setpriv", "sysctl"]) {
        return;
    }
    let Some(lan) = Lan::new(2) else { return };
    let bob = lan.host(1);
    let allowed = bob.command("sysctl").args(["-w", "net.ipv4.ip_unprivileged_port_start=138"]).output();
    assert!(allowed.unwrap().status.success());
    let program = Program::start(bob, NOBODY, ["bob", "138", "inbox"]);
    program.prints("name: NoRight { port: 137 }");
    lan.host(0).run(|| async {
        let alice = start("alice", 138);
        let mut hello = alice.create(&r"\\.\mailslot\hello".parse().unwrap(), private()).unwrap();
        tokio::time::timeout(SOON, hello.read()).await.expect("bob says hello").unwrap();
        alice.open(&r"\\bob\mailslot\inbox".parse().unwrap()).write(b"all the same").unwrap();
    });
    program.prints(r#"inbox read "all the same" from 10.77.0.1:138"#);
}

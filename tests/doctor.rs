//! The doctor on machines that ail: each ailment is made for real, on hosts of a LAN on one machine.
//!
//! Needs root, iproute2 and nftables; without them every test here says so and is skipped, unless `LANCHAT_LAB=require`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod lab;

use std::net::Ipv4Addr;

use lab::{Host, LANCHAT, Lan, Nmbd, PATIENCE, Run, tries};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// What the doctor has said.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    findings: Vec<Value>,
    verdict: Value,
}

impl Said {
    fn of(run: &Run) -> Self {
        let mut findings: Vec<Value> =
            run.out.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
        let verdict = findings.pop().unwrap_or_else(|| panic!("no verdict: {}", run.errors));
        assert_eq!(verdict["type"], "verdict");
        assert!(findings.iter().all(|f| f["type"] == "finding"), "{}", run.out);
        assert!(findings.iter().all(|f| !f["text"].as_str().expect("text").contains('\n')));
        let worst = verdict["level"] == "broken";
        assert_eq!(run.code, Some(i32::from(worst)), "{} {}", run.out, run.errors);
        Self { code: run.code, findings, verdict }
    }

    /// The text and the cure of the finding of this check and level.
    fn find(&self, check: &str, level: &str) -> Option<(&str, &str)> {
        let found = self.findings.iter().find(|f| f["check"] == check && f["level"] == level)?;
        Some((found["text"].as_str().expect("text"), found["cure"].as_str().unwrap_or_default()))
    }

    #[track_caller]
    fn has(&self, check: &str, level: &str) -> (&str, &str) {
        self.find(check, level).unwrap_or_else(|| panic!("no {level} {check} in {self:#?}"))
    }

    #[track_caller]
    fn broken(&self, check: &str) -> (&str, &str) {
        assert_eq!(self.code, Some(1), "{self:#?}");
        self.has(check, "broken")
    }
}

fn examine(host: Host<'_>, options: &[&str]) -> Said {
    let options: Vec<&str> =
        ["doctor", "--json", "--wait", "1s"].into_iter().chain(options.iter().copied()).collect();
    Said::of(&host.lanchat("doc", &options))
}

/// Looks again until the finding is there: the one whom it is about may still be starting.
#[track_caller]
fn examine_until(host: Host<'_>, check: &str, level: &str) -> Said {
    examine_with(host, &[], check, level)
}

/// The same, with options.
#[track_caller]
fn examine_with(host: Host<'_>, options: &[&str], check: &str, level: &str) -> Said {
    let mut said = None;
    let found = tries(PATIENCE).any(|_| said.insert(examine(host, options)).find(check, level).is_some());
    assert!(found, "no {level} {check} in {said:#?}");
    said.expect("at least one visit")
}

/// Looks again until nothing is broken: on a slow machine one does not always hear oneself within a second.
#[track_caller]
fn is_well(host: Host<'_>, options: &[&str]) -> Said {
    let mut said = None;
    let well = tries(PATIENCE).any(|_| said.insert(examine(host, options)).code == Some(0));
    assert!(well, "{said:#?}");
    said.expect("at least one visit")
}

fn ip(host: Host<'_>, args: &[&str]) {
    let done = host.command("ip").args(args).status().expect("ip");
    assert!(done.success(), "ip {args:?}");
}

#[test]
fn all_is_well_where_two_hear_each_other() {
    let Some(lan) = Lan::new(2) else { return };
    let _bob = lan.host(1).chat("bob");
    let said = examine_until(lan.host(0), "peer", "fine");
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert_eq!(said.has("peer", "fine").0, "bob on HOST1 (10.77.0.2) by e0 is heard and answers");
    assert_eq!(said.has("interface", "fine").0, "e0 broadcasts from 10.77.0.1/24 to 10.77.0.255");
    assert!(said.has("firewall", "fine").0.contains("10.77.0.255"));
    assert!(said.findings.iter().all(|f| f["level"] == "fine" || f["level"] == "note"), "{said:#?}");
    assert_eq!(said.verdict["peers"], 1);
    assert_eq!(said.verdict["text"], "all is well; 1 person was heard");

    let mut told = String::new();
    let well = tries(PATIENCE).any(|_| {
        told = lan.host(0).lanchat("doc", &["doctor", "--wait", "1s"]).out;
        told.ends_with("\nverdict  all is well; 1 person was heard\n")
    });
    assert!(well, "{told}");
    assert!(told.lines().all(|l| l.chars().count() <= 80 && !l.contains('\x1b')), "{told}");
}

#[test]
fn ipv6_is_checked_too() {
    let Some(lan) = Lan::with_ipv6(2) else { return };
    let _bob = lan.host(1).chat("bob");
    let said = examine_until(lan.host(0), "peer", "fine");
    // An address that is still being checked for duplicates is not there yet.
    let speaks = |said: &Said| {
        said.findings.iter().any(|f| f["text"].as_str().is_some_and(|t| t.contains("speaks IPv6")))
    };
    let mut said = said;
    let speaking = tries(PATIENCE).any(|_| {
        if !speaks(&said) {
            said = examine(lan.host(0), &[]);
        }
        speaks(&said)
    });
    assert!(speaking, "{said:#?}");
    assert!(
        said.findings.iter().any(|f| f["text"].as_str().is_some_and(|t| t.contains("ff12::cc43:4841"))),
        "{said:#?}"
    );
    assert!(said.find("ipv6", "warning").is_none(), "{said:#?}");
}

#[test]
fn a_machine_without_a_broadcast_interface() {
    let Some(lan) = Lan::new(1) else { return };
    let host = lan.host(0);
    host.readdress("e0", None);
    let said = examine(host, &[]);
    let (text, cure) = said.broken("interface");
    assert!(text.contains("e0: it has no IPv4 address") && cure.contains("dhclient e0"), "{text} {cure}");

    ip(host, &["address", "add", "10.77.0.1/32", "dev", "e0"]);
    let said = examine(host, &[]);
    let (text, cure) = said.broken("interface");
    assert!(text.contains("10.77.0.1/32 leaves no broadcast") && cure.contains("/24"), "{text} {cure}");

    host.link("e0", false);
    let said = examine(host, &["--interface", "e0"]);
    let (text, cure) = said.broken("interface");
    assert!(text.contains("it is down"), "{text}");
    assert_eq!(cure, "sudo ip link set e0 up");

    let said = examine(host, &["--interface", "wlan7"]);
    let (text, cure) = said.broken("interface");
    assert!(text.contains("wlan7") && cure.contains("lo and e0"), "{text} {cure}");

    is_well(host, &["--interface", "lo"]).has("interface", "note");

    ip(host, &["link", "set", "lo", "down"]);
    said_about_lo(&examine(host, &[]));
}

fn said_about_lo(said: &Said) {
    let (_, cure) = said.broken("loopback");
    assert_eq!(cure, "sudo ip link set lo up");
}

#[test]
fn a_netmask_that_differs() {
    let Some(lan) = Lan::new(2) else { return };
    let _bob = lan.host(1).chat("bob");
    examine_until(lan.host(0), "peer", "fine");
    ip(lan.host(1), &["address", "flush", "dev", "e0"]);
    ip(lan.host(1), &["address", "add", "10.77.0.2/25", "broadcast", "+", "dev", "e0"]);
    let said = examine_until(lan.host(0), "netmask", "broken");
    let (text, cure) = said.broken("netmask");
    assert!(text.contains("10.77.0.2 broadcasts to 10.77.0.127") && text.contains("10.77.0.1/24"), "{text}");
    assert!(cure.contains("same netmask"), "{cure}");

    ip(lan.host(1), &["address", "flush", "dev", "e0"]);
    ip(lan.host(1), &["address", "add", "10.78.0.2/24", "broadcast", "+", "dev", "e0"]);
    let said = examine_until(lan.host(0), "netmask", "broken");
    let text = said.broken("netmask").0;
    assert!(
        text.contains("10.78.0.2 is on the wire of e0, but outside of its subnet 10.77.0.1/24"),
        "{text}"
    );
}

#[test]
fn an_address_that_another_machine_has() {
    let Some(lan) = Lan::new(2) else { return };
    lan.host(1).readdress("e0", Some(1));
    let _bob = lan.host(1).chat("bob");
    let said = examine_until(lan.host(0), "address", "broken");
    let (text, _) = said.broken("address");
    assert!(text.starts_with("on e0, another machine (") && text.ends_with("10.77.0.1 too"), "{text}");
    lan.host(1).readdress("e0", Some(2));
    is_well(lan.host(0), &[]);
}

#[test]
fn an_address_that_stands_for_all() {
    let Some(lan) = Lan::new(1) else { return };
    for address in ["10.77.0.3/30", "10.77.0.255/24"] {
        ip(lan.host(0), &["address", "flush", "dev", "e0"]);
        ip(lan.host(0), &["address", "add", address, "dev", "e0"]);
        let said = examine(lan.host(0), &[]);
        let text = said.broken("netmask").0;
        assert!(text.contains(address) && text.contains("the broadcast address of its own subnet"), "{text}");
        assert!(said.find("firewall", "broken").is_none(), "{said:#?}");
    }
}

#[test]
fn a_broadcast_address_of_another_subnet() {
    let Some(lan) = Lan::new(1) else { return };
    ip(lan.host(0), &["address", "flush", "dev", "e0"]);
    ip(lan.host(0), &["address", "add", "10.77.0.1/24", "broadcast", "10.77.255.255", "dev", "e0"]);
    let said = examine(lan.host(0), &[]);
    let (text, cure) = said.broken("netmask");
    assert!(text.contains("10.77.255.255") && text.contains("10.77.0.255"), "{text}");
    for command in cure.split(" && ") {
        let words: Vec<&str> = command.strip_prefix("sudo ip ").expect(cure).split(' ').collect();
        ip(lan.host(0), &words);
    }
    assert!(examine(lan.host(0), &[]).find("netmask", "broken").is_none(), "the cure cures");
}

#[test]
fn a_port_that_another_program_keeps_for_itself() {
    let Some(lan) = Lan::new(1) else { return };
    let taken = lan.host(0).greedy_socket(13138);
    let said = examine(lan.host(0), &[]);
    let (text, cure) = said.broken("port");
    assert!(text.contains(&format!("(pid {})", std::process::id())), "{text}");
    assert!(cure.contains("--port"), "{cure}");
    drop(taken);
    is_well(lan.host(0), &[]);
}

#[test]
fn a_port_that_needs_a_right() {
    if !lab::ready(&["setpriv"]) {
        return;
    }
    let Some(lan) = Lan::new(1) else { return };
    let mut command = lan.host(0).command("setpriv");
    command.args(["--bounding-set", "-net_bind_service", "--inh-caps", "-net_bind_service", LANCHAT]);
    command.args(["doctor", "--json", "--wait", "1s", "--port", "138"]);
    let said = Said::of(&Run::of(command));
    let (text, cure) = said.broken("port");
    assert!(text.contains("no right to UDP port 138"), "{text}");
    assert!(cure.contains("setcap cap_net_bind_service") && cure.contains("sysctl"), "{cure}");
}

#[test]
fn a_firewall_that_drops() {
    let Some(lan) = Lan::new(2) else { return };
    let host = lan.host(0);
    let _bob = lan.host(1).chat("bob");
    examine_until(host, "peer", "fine");
    let nft = |rules: &str| {
        let done = host.command("nft").arg(rules).status().expect("nft");
        assert!(done.success(), "{rules}");
    };
    let chain = "add table inet filter; add chain inet filter input { type filter hook input priority 0; policy accept; };";
    nft(&format!("{chain} add rule inet filter input iifname e0 udp dport 13138 drop"));
    let said = examine(host, &[]);
    let (text, cure) = said.broken("firewall");
    assert!(
        text.contains("a rule of the chain inet filter input") && text.contains("not even its own"),
        "{text}"
    );
    assert!(cure.contains("10.77.0.0/24"), "{cure}");

    // One that lets through what this machine itself has sent, and is too odd for the doctor to read.
    nft("flush ruleset");
    nft(&format!("{chain} add rule inet filter input ip saddr 10.77.0.2 udp dport 13138 drop"));
    let said = examine(host, &[]);
    let text = said.broken("firewall").0;
    assert!(text.contains("datagrams of 10.77.0.2 arrive"), "{text}");

    // Before the input, by the address of the neighbours, and before the routing: named, and the cures cure.
    for (make, place) in [
        (
            "add table inet raw; add chain inet raw pre { type filter hook prerouting priority -300; }; \
             add rule inet raw pre udp dport 13138 drop",
            "inet raw pre",
        ),
        (
            "add table ip filter; add chain ip filter INPUT { type filter hook input priority 0; }; \
             add rule ip filter INPUT ip saddr 10.77.0.0/16 udp dport 13138 drop",
            "ip filter INPUT",
        ),
        (
            "add table inet filter; add chain inet filter out { type filter hook output priority 0; }; \
             add rule inet filter out udp dport 13138 ip daddr 10.77.0.255 drop",
            "inet filter out",
        ),
    ] {
        nft("flush ruleset");
        nft(make);
        let said = examine(host, &[]);
        let (text, cure) = said.broken("firewall");
        assert!(text.contains(&format!("a rule of the chain {place}, this machine's")), "{text}");
        let (_, command) = cure.split_once("sudo nft ").expect(cure);
        nft(command);
        is_well(host, &[]);
    }

    // Of a chain before all others nft 1.0 does not tell in JSON which interface it is for: no chain is invented then.
    nft("flush ruleset");
    nft("add table netdev n; add chain netdev n in { type filter hook ingress device e0 priority 0; }");
    nft("add rule netdev n in udp dport 13138 drop");
    let said = examine(host, &[]);
    let (text, cure) = said.broken("firewall");
    assert!(text.contains("not even its own"), "{text}");
    assert!(cure.contains("nft list ruleset") || cure.contains("nft insert rule netdev n in "), "{cure}");

    // One that keeps in what this machine sends.
    nft("flush ruleset");
    nft("add table inet own; add chain inet own out { type filter hook output priority 0; policy accept; };");
    nft("add rule inet own out oifname e0 udp dport 13138 drop");
    let said = examine(host, &[]);
    let (text, cure) = said.broken("firewall");
    assert!(text.contains("a rule of the chain inet own out") && text.contains("lets nothing out"), "{text}");
    assert!(cure.contains("sudo nft insert rule inet own out ip daddr 10.77.0.0/24"), "{cure}");

    nft("flush ruleset");
    is_well(host, &[]).has("firewall", "fine");
}

#[test]
fn a_receive_buffer_that_runs_over() {
    let Some(lan) = Lan::new(2) else { return };
    let mut alice = lan.host(0).chat("alice");
    let bob = lan.host(1).chat("bob");
    alice.meets("bob");
    let pid = Pid::from_raw(i32::try_from(alice.pid()).unwrap());
    kill(pid, Signal::SIGSTOP).expect("a process of this test");
    let flood = lan.host(1).socket(0);
    for _ in 0..5_000 {
        flood.send_to(&[0; 1400], (Ipv4Addr::new(10, 77, 0, 255), 13138)).expect("send");
    }
    let said = examine(lan.host(0), &[]);
    kill(pid, Signal::SIGCONT).expect("a process of this test");
    let (text, cure) = said.has("buffer", "warning");
    assert!(text.starts_with(&format!("lanchat (pid {pid}) lost ")), "{text}");
    assert!(text.ends_with(" datagrams because the receive buffer was full") && !cure.is_empty(), "{cure}");
    alice.finish();
    drop(bob);
}

#[test]
fn another_program_of_netbios() {
    if !lab::ready(&["nmbd"]) {
        return;
    }
    let Some(lan) = Lan::new(1) else { return };
    let host = lan.host(0);
    let _nmbd = Nmbd::start(host, "ORION");
    for (port, text) in [("138", "may go to it instead of lanchat"), ("13138", "does not disturb lanchat")] {
        let said = examine_with(host, &["--port", port], "netbios", "note");
        assert_eq!(said.code, Some(0), "{said:#?}");
        let found = said.has("netbios", "note").0;
        assert!(found.starts_with("nmbd (pid ") && found.contains(text), "{found}");
    }
}

#[test]
fn an_access_point_that_isolates() {
    let Some(lan) = Lan::new(3) else { return };
    lan.isolate(&[0, 1]);
    let _bob = lan.host(1).chat("bob");
    let host = lan.host(0);
    // The third is a machine that everybody reaches: its address is known here, as a gateway's or printer's is.
    host.socket(0).send_to(b"hello", (Ipv4Addr::new(10, 77, 0, 3), 9)).expect("send");
    let said = examine_until(host, "isolation", "warning");
    let (text, cure) = said.has("isolation", "warning");
    assert!(text.contains("e0 hears itself and nobody else") && text.contains("10.77.0.3"), "{text}");
    assert!(text.contains("perhaps") && cure.contains("client isolation"), "{text} {cure}");
    assert_eq!(said.code, Some(0), "it may be wrong");
    assert_eq!(said.verdict["level"], "warning");
}

#[test]
fn people_in_another_workgroup() {
    let Some(lan) = Lan::new(2) else { return };
    let _bob = lan.host(1).chat_with("bob", &["--workgroup", "OTHERS"]);
    let said = examine_until(lan.host(0), "workgroup", "broken");
    let (text, cure) = said.broken("workgroup");
    assert_eq!(text, "bob in the workgroup OTHERS cannot hear you in WORKGROUP");
    assert!(cure.starts_with("--workgroup OTHERS"), "{cure}");
    assert_eq!(said.verdict["peers"], 0);
    assert_eq!(
        examine_with(lan.host(0), &["--workgroup", "others"], "peer", "fine")
            .has("peer", "fine")
            .0
            .split(' ')
            .next(),
        Some("bob")
    );
}

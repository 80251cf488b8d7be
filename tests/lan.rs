//! The chat on a LAN: the real program on several hosts of one segment, each in a network namespace of its own.
//!
//! Needs root, iproute2 and nftables; without them every test here says so and is skipped, unless `LANCHAT_LAB=require`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod lab;

use std::time::Duration;

use lab::{Chat, Fault, LANCHAT, Lan, PATIENCE, Run, SOON, all_meet, meeting, numbered, tries};
use serde_json::Value;

/// Waits for the line that was said last, then compares all: each exactly once and in order.
fn hears_all(chat: &Chat, from: &str, lines: &[String]) {
    chat.wait_for(SOON, &format!("{} lines of {from}", lines.len()), |json| {
        (lab::texts(json, from).len() >= lines.len()).then_some(())
    });
    assert_eq!(chat.texts(from), lines);
}

/// The peers of a host, as `lanchat who` lists them.
fn who(lan: &Lan, host: usize) -> Vec<Value> {
    let run = lan.host(host).lanchat("watcher", &["who", "--json"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.errors);
    run.json()
}

/// The same, once they have these names: who is slow is not heard each time.
fn who_is(lan: &Lan, host: usize, expected: &[&str]) -> Vec<Value> {
    let mut last = Vec::new();
    let right = tries(PATIENCE).any(|_| {
        last = who(lan, host);
        let mut names: Vec<&str> = last.iter().map(lab::name).collect();
        names.sort_unstable();
        names == expected
    });
    assert!(right, "{expected:?} are not those of {last:?}");
    last
}

#[test]
fn lines_reach_everybody_once_and_in_order() {
    let Some(lan) = Lan::new(3) else { return };
    let mut chats = meeting(&lan, &["alice", "bob", "carol"]);
    let (alice, bob) = (numbered(100, "alice's line"), numbered(100, "bob's line"));
    for (a, b) in alice.iter().zip(&bob) {
        chats[0].say(a);
        chats[1].say(b);
    }
    for (listener, from, lines) in
        [(1, "alice", &alice), (2, "alice", &alice), (0, "bob", &bob), (2, "bob", &bob)]
    {
        hears_all(&chats[listener], from, lines);
    }
    let line = chats[2].json().into_iter().find(|v| v["type"] == "line" && v["from"] == "alice").unwrap();
    assert_eq!(line["room"], "lobby");
    assert_eq!(line["host"], "HOST0");
    assert_eq!(line["address"], "10.77.0.1");
    assert_eq!(line["private"], false);
    assert_eq!(line["trust"], "new");
}

#[test]
fn a_goodbye_is_seen_and_so_is_a_return() {
    let Some(lan) = Lan::new(3) else { return };
    let mut chats = meeting(&lan, &["alice", "bob", "carol"]);
    let ended = chats[1].finish();
    assert_eq!(ended.code(), Some(0));
    for listener in [0, 2] {
        chats[listener].misses("bob", "goodbye");
    }
    assert!(who(&lan, 0).iter().all(|peer| peer["nick"] != "bob"));

    let mut again = lan.host(1).chat("bob");
    again.meets("alice");
    again.say("I am back");
    chats[0].hears("bob", "I am back");
    chats[2].hears("bob", "I am back");
}

#[test]
fn a_crash_is_noticed() {
    let Some(lan) = Lan::new(2) else { return };
    let mut chats = meeting(&lan, &["alice", "bob"]);
    chats[1].kill();
    chats[0].misses("bob", "timeout");
}

#[test]
fn a_private_line_arrives_at_one_only() {
    let Some(lan) = Lan::new(3) else { return };
    let chats = meeting(&lan, &["alice", "bob", "carol"]);
    let said = lan.host(0).lanchat("dora", &["say", "--to", "bob", "between us"]);
    assert_eq!(said.code, Some(0), "not acknowledged: {}", said.errors);
    let said = lan.host(0).lanchat("dora", &["say", "for everybody"]);
    assert_eq!(said.code, Some(0), "{}", said.errors);
    for chat in &chats {
        chat.hears("dora", "for everybody");
    }
    for (chat, private) in chats.iter().zip([0, 1, 0]) {
        let heard: Vec<Value> = chat.json().into_iter().filter(|v| v["text"] == "between us").collect();
        assert_eq!(heard.len(), private);
        assert!(heard.iter().all(|v| v["private"] == true && v["from"] == "dora"));
    }

    let nobody = lan.host(0).lanchat("dora", &["say", "--to", "nobody", "hello?"]);
    assert!(matches!(nobody.code, Some(1 | 3)), "{:?} {}", nobody.code, nobody.errors);
    assert!(nobody.errors.contains("nobody"), "{}", nobody.errors);
}

#[test]
fn two_people_on_one_host_talk_with_each_other_and_the_rest() {
    let Some(lan) = Lan::new(2) else { return };
    let nicks = ["alice", "bob", "carol"];
    let mut chats = vec![lan.host(0).chat("alice"), lan.host(0).chat("bob"), lan.host(1).chat("carol")];
    all_meet(&chats, &nicks);
    for (n, nick) in nicks.iter().enumerate() {
        for line in numbered(10, nick) {
            chats[n].say(&line);
        }
    }
    for (n, chat) in chats.iter().enumerate() {
        for (_, nick) in nicks.iter().enumerate().filter(|(m, _)| *m != n) {
            hears_all(chat, nick, &numbered(10, nick));
        }
    }
    // Each has a reply slot of its own, although they share an address.
    for reader in ["alice", "bob"] {
        let text = format!("only {reader}");
        let said = lan.host(1).lanchat("dora", &["say", "--to", reader, &text]);
        assert_eq!(said.code, Some(0), "{}", said.errors);
    }
    for (chat, heard, not) in [(&chats[0], "only alice", "only bob"), (&chats[1], "only bob", "only alice")] {
        chat.hears("dora", heard);
        assert!(!chat.texts("dora").contains(&not.to_owned()));
    }
}

#[test]
fn a_peer_with_two_interfaces_is_one_peer() {
    let Some(lan) = Lan::with_segments(2, 2) else { return };
    let mut chats = meeting(&lan, &["alice", "bob"]);
    let lines = numbered(50, "once");
    for line in &lines {
        chats[0].say(line);
    }
    hears_all(&chats[1], "alice", &lines);
    // Both paths are in use: with one of them gone, the other carries the talk.
    lan.host(1).link("e0", false);
    assert!(talks(&mut chats, 0, 1, "over e1"));
    lan.host(1).link("e0", true);
    who_is(&lan, 0, &["alice", "bob"]);
    let heard = chats[1].texts("alice");
    let mut unique = heard.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(heard.len(), unique.len(), "{heard:?}");
}

/// Says numbered lines until one of them is heard. A link that comes back is noticed by the hosts in their own time.
fn talks(chats: &mut [Chat], from: usize, to: usize, word: &str) -> bool {
    let nick = ["alice", "bob", "carol"][from];
    tries(PATIENCE).any(|n| {
        let line = format!("{word} {n}");
        chats[from].say(&line);
        let heard = |json: &[Value]| lab::texts(json, nick).iter().any(|t| t.starts_with(word)).then_some(());
        chats[to].within(Duration::from_millis(500), heard).is_some()
    })
}

#[test]
fn an_interface_goes_down_and_comes_back() {
    let Some(lan) = Lan::new(2) else { return };
    let mut chats = meeting(&lan, &["alice", "bob"]);
    lan.host(1).link("e0", false);
    chats[1].say("into the void");
    chats[0].say("nobody is there");
    lan.host(1).link("e0", true);
    assert!(talks(&mut chats, 1, 0, "bob is back"), "alice does not hear bob: {:?}", chats[0].json());
    assert!(talks(&mut chats, 0, 1, "alice is back"), "bob does not hear alice: {:?}", chats[1].json());
    let lines = numbered(20, "as before");
    for line in &lines {
        chats[0].say(line);
    }
    chats[1].hears("alice", "as before 20");
    let heard: Vec<String> =
        chats[1].texts("alice").into_iter().filter(|t| t.starts_with("as before")).collect();
    assert_eq!(heard, lines);
    assert!(chats.iter_mut().all(Chat::alive));
}

#[test]
fn who_listens_without_a_network_is_told() {
    let Some(lan) = Lan::new(1) else { return };
    let host = lan.host(0);
    host.link("e0", false);
    for args in [
        &["slot", "read", "//./mailslot/nothing", "--timeout", "1"][..],
        &["net", "listen", "--count", "1", "--timeout", "1ms"],
        &["net", "view", "--wait", "1ms"],
    ] {
        let ended = host.lanchat("dora", args);
        assert_eq!(ended.code, Some(3), "{}", ended.errors);
        let told = "no network: only programs on this machine are heard until an interface is up";
        assert!(ended.errors.contains(told), "{}", ended.errors);
    }
}

#[test]
fn who_listens_under_anothers_name_is_told() {
    let Some(lan) = Lan::new(2) else { return };
    let _alice = lan.host(0).chat("alice");
    for args in [
        &["slot", "read", "//./mailslot/nobody", "--timeout", "2000"][..],
        &["net", "listen", "--timeout", "2s"],
    ] {
        let told = "the computer name HOST0 belongs to 10.77.0.1 already";
        let mut errors = String::new();
        let found = tries(SOON).any(|_| {
            let mut command = lan.host(1).command(LANCHAT);
            command.args(args).args(["--host", "HOST0"]);
            errors = Run::of(command).errors;
            errors.contains(told) // alice has claimed it by now
        });
        assert!(found, "{errors}");
    }
}

#[test]
fn an_interface_that_appears_is_used() {
    let Some(lan) = Lan::with_segments(2, 2) else { return };
    lan.host(1).link("e0", false);
    lan.host(0).link("e1", false);
    let mut chats = vec![lan.host(0).chat("alice"), lan.host(1).chat("bob")];
    lan.host(1).link("e0", true);
    all_meet(&chats, &["alice", "bob"]);
    chats[0].say("hello");
    chats[1].hears("alice", "hello");
}

#[test]
fn a_partition_heals() {
    let Some(lan) = Lan::new(3) else { return };
    let mut chats = meeting(&lan, &["alice", "bob", "carol"]);
    lan.fault(&Fault::Cut(vec![2]));
    chats[0].say("carol is cut off");
    chats[1].hears("alice", "carol is cut off");
    lan.heal();
    assert!(talks(&mut chats, 0, 2, "welcome back"));
    assert!(talks(&mut chats, 2, 0, "what did I miss"));
}

#[test]
fn equal_nicknames_are_told_apart() {
    let Some(lan) = Lan::new(3) else { return };
    let mut chats = meeting(&lan, &["alice", "bob"]);
    chats.push(lan.host(2).chat("bob"));
    // One of the two has to yield, and is told how others see him: the newcomer, or the loser of the tie-break where
    // the first had not been there for long enough either.
    let told = |json: &[Value]| {
        json.iter().filter(|v| v["type"] == "notice").find_map(|v| {
            let name = v["text"].as_str()?.split(|c: char| !c.is_alphanumeric() && c != '~');
            name.into_iter().find(|word| word.starts_with("bob~")).map(str::to_owned)
        })
    };
    let (loser, shown) = tries(PATIENCE)
        .find_map(|n| {
            let bob = 1 + n % 2;
            chats[bob].within(Duration::from_millis(100), told).map(|name| (bob, name))
        })
        .unwrap_or_else(|| panic!("nobody was told: {:?} {:?}", chats[1].json(), chats[2].json()));
    let winner = 3 - loser;
    let id = shown.strip_prefix("bob~").unwrap();
    assert!(id.len() == 4 && id.chars().all(|c| c.is_ascii_hexdigit()), "{shown}");

    let peers = who_is(&lan, 0, &["alice", "bob", &shown]);
    assert!(
        peers.iter().any(|p| lab::name(p) == shown && p["id"].as_str().unwrap().starts_with(id)),
        "{peers:?}"
    );
    assert_eq!(chats[winner].within(Duration::ZERO, told), None, "only one of them yields");

    chats[winner].say("I am bob");
    chats[loser].say("so am I");
    chats[0].hears("bob", "I am bob");
    chats[0].hears(&shown, "so am I");
    // Each can be addressed.
    let said = lan.host(0).lanchat("dora", &["say", "--to", &shown, "not for bob"]);
    assert_eq!(said.code, Some(0), "{}", said.errors);
    chats[loser].hears("dora", "not for bob");
    assert!(!chats[winner].texts("dora").contains(&"not for bob".to_owned()));
}

#[test]
fn a_paste_of_three_hundred_lines_arrives() {
    let Some(lan) = Lan::new(3) else { return };
    let mut chats = meeting(&lan, &["alice", "bob", "carol"]);
    let lines = numbered(300, "a line of a log file that somebody wants to be looked at, number");
    chats[0].say(&lines.join("\n"));
    hears_all(&chats[1], "alice", &lines);
    hears_all(&chats[2], "alice", &lines);
}

#[test]
fn a_long_line_arrives_whole() {
    let Some(lan) = Lan::new(2) else { return };
    let mut chats = meeting(&lan, &["alice", "bob"]);
    let line = "naïve façade 😀 日本 ".repeat(60).trim_end().to_owned();
    chats[0].say(&line);
    chats[1].hears("alice", &line);
}

#[test]
fn people_find_each_other_where_a_third_of_all_datagrams_is_lost() {
    let Some(lan) = Lan::new(3) else { return };
    lan.fault(&Fault::Loss(30));
    let _chats = meeting(&lan, &["alice", "bob", "carol"]);
}

#[test]
fn ping_measures_round_trips() {
    let Some(lan) = Lan::new(2) else { return };
    let _chats = meeting(&lan, &["alice", "bob"]);
    let ping = lan.host(0).lanchat("dora", &["ping", "bob", "--count", "5", "--interval", "50ms"]);
    assert_eq!(ping.code, Some(0), "{}{}", ping.out, ping.errors);
    assert!(ping.out.contains("p99"), "{}", ping.out);
    let nobody = lan.host(0).lanchat("dora", &["ping", "nobody", "--count", "1"]);
    assert!(matches!(nobody.code, Some(1 | 3)), "{:?} {}", nobody.code, nobody.errors);
}

#[test]
fn tail_counts_and_times_out() {
    let Some(lan) = Lan::new(2) else { return };
    let mut chats = [lan.host(0).chat("alice")];
    std::thread::scope(|scope| {
        let tail = scope.spawn(|| lan.host(1).lanchat("dora", &["tail", "--json", "--count", "1"]));
        let mut n = 0;
        while !tail.is_finished() {
            chats[0].say(&format!("anybody? {n}"));
            n += 1;
            chats[0].within(Duration::from_millis(200), |_| None::<()>);
        }
        let tail = tail.join().unwrap();
        assert_eq!(tail.code, Some(0), "{}", tail.errors);
        let lines: Vec<Value> = tail.json().into_iter().filter(|v| v["type"] == "line").collect();
        assert_eq!(lines.len(), 1, "{}", tail.out);
        assert_eq!(lines[0]["from"], "alice");
    });
    let silent = lan.host(1).lanchat("dora", &["tail", "--json", "--timeout", "300ms", "--count", "1"]);
    assert_eq!(silent.code, Some(3), "{}{}", silent.out, silent.errors);
}

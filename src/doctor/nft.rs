//! Reads the packet filter's rules as `nft -j list ruleset` prints them (libnftables-json(5)) and follows a broadcast of a
//! neighbour, or one's own, through them. What a rule asks that is not known here makes its answer "perhaps"; only what is dropped for
//! certain is told.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use serde_json::Value;

use super::nft_address;
use crate::lan::Interface;

/// Rules that jump deeper than this are not followed.
const DEPTH: usize = 16;
/// Most rules looked at for one packet.
const STEPS: usize = 20_000;

/// The hooks that a packet for this machine passes, in their order.
const IN: [&str; 3] = ["ingress", "prerouting", "input"];
/// Those that one of this machine passes.
const OUT: [&str; 3] = ["output", "postrouting", "egress"];
/// Connections are tracked at this priority: before, no state of them is known.
const TRACKING: i64 = -200;

/// Which way a packet goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    In,
    Out,
}

/// A new UDP datagram to all on the segment, from there or from this machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet<'a> {
    pub(super) way: Way,
    /// The interface it comes or goes by.
    pub(super) interface: &'a str,
    /// The first and the last address that it may come from.
    pub(super) from: (Ipv4Addr, Ipv4Addr),
    /// To which address.
    pub(super) to: Ipv4Addr,
    /// Where it goes.
    pub(super) port: u16,
}

impl<'a> Packet<'a> {
    /// What goes over IPv4 by this address of an interface, or comes from whomever in its subnet.
    pub(super) fn of(way: Way, used: &'a Interface, port: u16) -> Option<Self> {
        let (IpAddr::V4(own), IpAddr::V4(to)) = (used.address, used.broadcast) else { return None };
        let from = if way == Way::In { used.subnet()? } else { (own, own) };
        Some(Self { way, interface: &used.name, from, to, port })
    }
}

/// What becomes of a packet.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    /// It goes on to the next rule.
    On,
    /// Back to the chain that jumped here.
    Back,
    Accepted,
    /// Where it ends, in words.
    Dropped(String),
    /// That depends on what is not known here.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    Perhaps,
}

impl Answer {
    /// Whether one of many is so.
    pub(super) fn any(answers: impl Iterator<Item = Self>) -> Self {
        let better = |a, b| match (a, b) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::Perhaps, _) | (_, Self::Perhaps) => Self::Perhaps,
            (Self::No, Self::No) => Self::No,
        };
        answers.fold(Self::No, better)
    }
}

type Chains<'a> = BTreeMap<(&'a str, &'a str, &'a str), Chain<'a>>;

#[derive(Debug, Default)]
struct Chain<'a> {
    hook: Option<&'a str>,
    policy: &'a str,
    priority: i64,
    /// Which interfaces a chain of the hooks ingress and egress is for.
    devices: Vec<&'a str>,
    rules: Vec<&'a [Value]>,
}

/// Where the packet is dropped for certain, in words; none where it is not, or where that cannot be told.
pub(super) fn dropped(ruleset: &str, packet: Packet<'_>) -> Option<String> {
    let all: Value = serde_json::from_str(ruleset).ok()?;
    let chains = chains(&all);
    let order = if packet.way == Way::In { IN } else { OUT };
    let place = |chain: &Chain<'_>| order.iter().position(|hook| chain.hook == Some(hook));
    let mut hooked: Vec<_> = chains.iter().filter_map(|(name, c)| Some((place(c)?, name, c))).collect();
    hooked.retain(|(_, (family, ..), chain)| match chain.hook {
        Some("ingress" | "egress") => chain.devices.contains(&packet.interface),
        _ => matches!(*family, "inet" | "ip"),
    });
    hooked.sort_by_key(|(place, _, chain)| (*place, chain.priority));
    for (_, &(family, table, name), chain) in hooked {
        let tracked = chain.hook.is_some_and(|hook| !hook.ends_with("gress")) && chain.priority > TRACKING;
        let mut walk = Walk { chains: &chains, packet, tracked, steps: 0 };
        match walk.chain((family, table, name), 0) {
            Fate::Dropped(place) => return Some(place),
            Fate::On | Fate::Back if chain.policy == "drop" => {
                return Some(format!("the policy of the chain {family} {table} {name}"));
            }
            // What one chain accepts another may still drop.
            Fate::On | Fate::Back | Fate::Accepted | Fate::Unknown => {}
        }
    }
    None
}

fn chains(all: &Value) -> Chains<'_> {
    let mut chains = Chains::new();
    for item in all.get("nftables").and_then(Value::as_array).into_iter().flatten() {
        let (object, name) = match (item.get("chain"), item.get("rule")) {
            (Some(chain), _) => (chain, "name"),
            (_, Some(rule)) => (rule, "chain"),
            _ => continue,
        };
        let field = |key: &str| object.get(key).and_then(Value::as_str);
        let (Some(family), Some(table), Some(name)) = (field("family"), field("table"), field(name)) else {
            continue;
        };
        let chain = chains.entry((family, table, name)).or_default();
        if item.get("chain").is_some() {
            chain.hook = field("hook");
            chain.policy = field("policy").unwrap_or("accept");
            chain.devices = match object.get("dev") {
                Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
                Some(one) => one.as_str().into_iter().collect(),
                None => Vec::new(),
            };
            chain.priority = object.get("prio").and_then(Value::as_i64).unwrap_or(0);
        } else if let Some(expressions) = object.get("expr").and_then(Value::as_array) {
            chain.rules.push(expressions);
        }
    }
    chains
}

struct Walk<'a> {
    chains: &'a Chains<'a>,
    packet: Packet<'a>,
    /// It is known by then whether it belongs to what was there before.
    tracked: bool,
    steps: usize,
}

impl Walk<'_> {
    fn chain(&mut self, place: (&str, &str, &str), depth: usize) -> Fate {
        let chains = self.chains;
        let Some(chain) = chains.get(&place).filter(|_| depth < DEPTH) else { return Fate::Unknown };
        for rule in &chain.rules {
            self.steps += 1;
            if self.steps > STEPS {
                return Fate::Unknown;
            }
            match self.rule(rule, place, depth) {
                Fate::On => {}
                fate => return fate,
            }
        }
        Fate::On
    }

    fn rule(&mut self, expressions: &[Value], place: (&str, &str, &str), depth: usize) -> Fate {
        let mut certain = true;
        for (what, value) in expressions.iter().filter_map(Value::as_object).flatten() {
            let fate = match what.as_str() {
                "match" => match self.matches(value) {
                    Answer::Yes => continue,
                    Answer::No => return Fate::On,
                    Answer::Perhaps => {
                        certain = false;
                        continue;
                    }
                },
                "counter" | "log" | "comment" => continue,
                "accept" => Fate::Accepted,
                "drop" | "reject" => {
                    Fate::Dropped(format!("a rule of the chain {} {} {}", place.0, place.1, place.2))
                }
                "return" => Fate::Back,
                "jump" | "goto" => {
                    let target = value.get("target").and_then(Value::as_str).unwrap_or_default();
                    match self.chain((place.0, place.1, target), depth + 1) {
                        Fate::On | Fate::Back if what == "jump" => Fate::On,
                        Fate::On => Fate::Back,
                        fate => fate,
                    }
                }
                _ => {
                    certain = false; // limits, sets, what iptables has put there
                    continue;
                }
            };
            return match fate {
                Fate::On => Fate::On,
                fate if certain => fate,
                _ => Fate::Unknown,
            };
        }
        Fate::On
    }

    fn matches(&self, value: &Value) -> Answer {
        let (Some(left), Some(right)) = (value.get("left"), value.get("right")) else {
            return Answer::Perhaps;
        };
        let of = |kind: &str, key: &str| left.get(kind).and_then(|v| v.get(key)).and_then(Value::as_str);
        let number = |n: u64| holds(right, &|v| v.as_u64() == Some(n), Some(n));
        let word = |words: &[&str]| holds(right, &|v| v.as_str().is_some_and(|s| words.contains(&s)), None);
        let incoming = self.packet.way == Way::In;
        let answer =
            match (of("meta", "key"), of("payload", "protocol"), of("payload", "field"), of("ct", "key")) {
                (Some(key @ ("iifname" | "iif" | "oifname" | "oif")), ..)
                    if key.starts_with('i') == incoming =>
                {
                    holds(right, &|v| v.as_str().is_some_and(|name| named(name, self.packet.interface)), None)
                }
                (Some("l4proto"), ..) | (_, Some("ip"), Some("protocol"), _) => word(&["udp"]),
                (Some("nfproto"), ..) => word(&["ipv4"]),
                (Some("protocol"), ..) => word(&["ip"]),
                (Some("pkttype"), ..) if incoming => word(&["broadcast"]),
                (_, Some("udp" | "th"), Some("dport" | "sport"), _) => number(u64::from(self.packet.port)),
                (_, Some("ip"), Some("saddr"), _) => nft_address::holds(right, self.packet.from),
                (_, Some("ip"), Some("daddr"), _) => {
                    nft_address::holds(right, (self.packet.to, self.packet.to))
                }
                (_, Some("tcp" | "icmp" | "icmpv6" | "ip6" | "sctp"), ..) => return Answer::No,
                (.., Some("state")) if self.tracked => word(&["new"]),
                _ => return Answer::Perhaps,
            };
        match (answer, value.get("op").and_then(Value::as_str)) {
            (Answer::Yes, Some("!=")) => Answer::No,
            (Answer::No, Some("!=")) => Answer::Yes,
            (answer, Some("!=" | "==" | "in")) => answer,
            _ => Answer::Perhaps,
        }
    }
}

/// Whether a name is the interface's; `*` at the end stands for anything.
fn named(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

/// Whether the right side of a match, one value or many, holds what `is` knows.
fn holds(right: &Value, is: &dyn Fn(&Value) -> bool, number: Option<u64>) -> Answer {
    let many = right.as_array().or_else(|| right.get("set").and_then(Value::as_array));
    if let Some(values) = many {
        return Answer::any(values.iter().map(|v| holds(v, is, number)));
    }
    if let (Some([from, to]), Some(n)) =
        (right.get("range").and_then(Value::as_array).map(Vec::as_slice), number)
    {
        let (Some(from), Some(to)) = (from.as_u64(), to.as_u64()) else { return Answer::Perhaps };
        return if (from..=to).contains(&n) { Answer::Yes } else { Answer::No };
    }
    match right {
        Value::String(name) if name.starts_with('@') => Answer::Perhaps, // a set with a name
        Value::String(_) | Value::Number(_) if is(right) => Answer::Yes,
        Value::String(_) | Value::Number(_) => Answer::No,
        _ => Answer::Perhaps,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn input(policy: &str, rules: &[Value]) -> String {
        hooked("input", policy, rules)
    }

    fn hooked(hook: &str, policy: &str, rules: &[Value]) -> String {
        let chain = |name: &str| json!({"chain": {"family": "inet", "table": "filter", "name": name}});
        let mut all = vec![
            json!({"metainfo": {}}),
            json!({"chain": {"family": "inet", "table": "filter", "name": hook, "type": "filter", "hook": hook, "prio": 0, "policy": policy}}),
            chain("mine"),
        ];
        all.extend(
            rules.iter().map(
                |expr| json!({"rule": {"family": "inet", "table": "filter", "chain": hook, "expr": expr}}),
            ),
        );
        all.push(json!({"rule": {"family": "inet", "table": "filter", "chain": "mine", "expr": [{"accept": null}]}}));
        json!({ "nftables": all }).to_string()
    }

    #[expect(clippy::needless_pass_by_value, reason = "reads better in a table")]
    fn is(left: Value, op: &str, right: Value) -> Value {
        json!({"match": {"op": op, "left": left, "right": right}})
    }

    fn dport(right: Value) -> Value {
        is(json!({"payload": {"protocol": "udp", "field": "dport"}}), "==", right)
    }

    fn by(name: &str) -> Value {
        is(json!({"meta": {"key": "iifname"}}), "==", json!(name))
    }

    fn by_e0(way: Way) -> Packet<'static> {
        let (first, to) = (Ipv4Addr::new(10, 77, 0, 0), Ipv4Addr::new(10, 77, 0, 255));
        let own = Ipv4Addr::new(10, 77, 0, 1);
        let from = if way == Way::In { (first, to) } else { (own, own) };
        Packet { way, interface: "e0", from, to, port: 13138 }
    }

    #[test]
    fn only_what_is_dropped_for_certain_is_told() {
        let drop = || json!({"drop": null});
        let accept = || json!({"accept": null});
        let rule = "a rule of the chain inet filter input";
        let policy = "the policy of the chain inet filter input";
        let new = || is(json!({"ct": {"key": "state"}}), "in", json!(["established", "related"]));
        let odd = || json!({"xt": null});
        let reject = || json!({"reject": {"type": "icmp"}});
        for (what, policy_of, rules, expected) in [
            ("nothing", "accept", vec![], None),
            ("policy", "drop", vec![], Some(policy)),
            ("the port", "accept", vec![json!([dport(json!(13138)), drop()])], Some(rule)),
            (
                "rejected",
                "accept",
                vec![json!([dport(json!(13138)), {"counter": {"packets": 1}}, reject()])],
                Some(rule),
            ),
            ("another port", "accept", vec![json!([dport(json!(53)), drop()])], None),
            ("a range", "accept", vec![json!([dport(json!({"range": [13000, 14000]})), drop()])], Some(rule)),
            ("a set", "accept", vec![json!([dport(json!({"set": [1, 13138]})), drop()])], Some(rule)),
            ("a named set", "accept", vec![json!([dport(json!("@ports")), drop()])], None),
            (
                "TCP",
                "accept",
                vec![json!([
                    is(json!({"payload": {"protocol": "tcp", "field": "dport"}}), "==", json!(13138)),
                    drop()
                ])],
                None,
            ),
            ("by e0", "accept", vec![json!([by("e0"), drop()])], Some(rule)),
            ("by e*", "accept", vec![json!([by("e*"), drop()])], Some(rule)),
            ("by lo", "accept", vec![json!([by("lo"), drop()])], None),
            (
                "not by lo",
                "accept",
                vec![json!([is(json!({"meta": {"key": "iifname"}}), "!=", json!("lo")), drop()])],
                Some(rule),
            ),
            ("allowed", "drop", vec![json!([dport(json!(13138)), accept()])], None),
            ("of old talks", "drop", vec![json!([new(), accept()])], Some(policy)),
            ("perhaps allowed", "drop", vec![json!([odd(), accept()])], None),
            ("perhaps dropped", "accept", vec![json!([odd(), drop()])], None),
            ("allowed elsewhere", "drop", vec![json!([{"jump": {"target": "mine"}}])], None),
            ("no such chain", "drop", vec![json!([{"jump": {"target": "none"}}])], None),
            ("only counted", "drop", vec![json!([odd()])], Some(policy)),
        ] {
            assert_eq!(dropped(&input(policy_of, &rules), by_e0(Way::In)).as_deref(), expected, "{what}");
        }
    }

    #[test]
    fn what_goes_out_is_followed_through_its_own_chains() {
        let meta = |key: &str, value: &str| is(json!({"meta": {"key": key}}), "==", json!(value));
        let place = "a rule of the chain inet filter output";
        for (what, rule, expected) in [
            ("the port", json!([dport(json!(13138)), {"drop": null}]), Some(place)),
            ("by e0", json!([meta("oifname", "e0"), {"drop": null}]), Some(place)),
            ("by e1", json!([meta("oifname", "e1"), {"drop": null}]), None),
            ("what came by e0", json!([by("e0"), {"drop": null}]), None),
        ] {
            let rules = hooked("output", "accept", &[rule]);
            assert_eq!(dropped(&rules, by_e0(Way::Out)).as_deref(), expected, "{what}");
            assert_eq!(dropped(&rules, by_e0(Way::In)), None, "{what}");
        }
    }

    #[test]
    fn chains_before_the_input_and_behind_the_output_are_followed() {
        let chain = |family: &str, hook: &str, prio: i64, dev: Value, rule: Value| {
            let (table, name) = ("t", "c");
            json!({ "nftables": [
                {"chain": {"family": family, "table": table, "name": name, "hook": hook, "prio": prio, "dev": dev, "policy": "accept"}},
                {"rule": {"family": family, "table": table, "chain": name, "expr": [rule, {"drop": null}]}},
            ]})
            .to_string()
        };
        let none = || Value::Null;
        let port = || dport(json!(13138));
        let new = || is(json!({"ct": {"key": "state"}}), "in", json!(["new"]));
        let to = |address: &str| {
            is(json!({"payload": {"protocol": "ip", "field": "daddr"}}), "==", json!(address))
        };
        let net = |addr: &str| {
            let right = json!({"prefix": {"addr": addr, "len": 16}});
            is(json!({"payload": {"protocol": "ip", "field": "saddr"}}), "==", right)
        };
        for (what, ruleset, way, drops) in [
            ("raw", chain("inet", "prerouting", -300, none(), port()), Way::In, true),
            ("raw, out", chain("inet", "prerouting", -300, none(), port()), Way::Out, false),
            ("before tracking", chain("inet", "prerouting", -300, none(), new()), Way::In, false),
            ("with tracking", chain("inet", "prerouting", -100, none(), new()), Way::In, true),
            ("e0", chain("netdev", "ingress", 0, json!("e0"), port()), Way::In, true),
            ("e0 and e1", chain("netdev", "ingress", 0, json!(["e1", "e0"]), port()), Way::In, true),
            ("e1", chain("netdev", "ingress", 0, json!("e1"), port()), Way::In, false),
            ("egress", chain("netdev", "egress", 0, json!("e0"), port()), Way::Out, true),
            ("behind", chain("ip", "postrouting", 0, none(), port()), Way::Out, true),
            ("a bridge", chain("bridge", "input", 0, none(), port()), Way::In, false),
            ("to all", chain("ip", "output", 0, none(), to("10.77.0.255")), Way::Out, true),
            ("to others", chain("ip", "output", 0, none(), to("10.78.0.255")), Way::Out, false),
            ("of all here", chain("ip", "input", 0, none(), net("10.77.0.0")), Way::In, true),
            ("of others", chain("ip", "input", 0, none(), net("10.78.0.0")), Way::In, false),
        ] {
            assert_eq!(dropped(&ruleset, by_e0(way)).is_some(), drops, "{what}");
        }
    }

    #[test]
    fn odd_rules_end() {
        let packet = by_e0(Way::In);
        let around = input("drop", &[json!([{"jump": {"target": "input"}}])]);
        assert_eq!(dropped(&around, packet), None);
        let many: Vec<_> = (0..20).map(|_| json!([{"jump": {"target": "input"}}])).collect();
        assert_eq!(dropped(&input("drop", &many), packet), None);
        for text in ["", "[]", "{}", r#"{"nftables":[{"chain":7},{"rule":{"family":"ip"}},3]}"#] {
            assert_eq!(dropped(text, packet), None, "{text}");
        }
    }
}

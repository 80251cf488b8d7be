//! Addresses in the packet filter's rules: whether a rule asks for all, for none, or for some of a subnet.

use std::net::Ipv4Addr;

use serde_json::Value;

use super::nft::Answer;

/// Whether the right side of a match, one value or many, holds the addresses from the first to the last.
pub(super) fn holds(right: &Value, span: (Ipv4Addr, Ipv4Addr)) -> Answer {
    let many = right.as_array().or_else(|| right.get("set").and_then(Value::as_array));
    if let Some(values) = many {
        return Answer::any(values.iter().map(|value| holds(value, span)));
    }
    let ((first, last), Some((from, to))) = (span, asked(right)) else { return Answer::Perhaps };
    if from <= first && last <= to {
        Answer::Yes
    } else if to < first || last < from {
        Answer::No
    } else {
        Answer::Perhaps // of the subnet some
    }
}

/// The first and the last address that a value stands for.
fn asked(value: &Value) -> Option<(Ipv4Addr, Ipv4Addr)> {
    let address = |value: &Value| value.as_str()?.parse::<Ipv4Addr>().ok();
    if let Some(prefix) = value.get("prefix") {
        let length = u32::try_from(prefix.get("len")?.as_u64()?).ok()?;
        let (first, host) = (address(prefix.get("addr")?)?, u32::MAX.checked_shr(length).unwrap_or(0));
        return Some((first, Ipv4Addr::from_bits(first.to_bits() | host)));
    }
    match value.get("range").and_then(Value::as_array).map(Vec::as_slice) {
        Some([from, to]) => Some((address(from)?, address(to)?)),
        _ => address(value).map(|one| (one, one)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_subnet_is_in_a_value_in_whole_in_part_or_not_at_all() {
        let subnet = ([10, 77, 0, 0].into(), [10, 77, 0, 255].into());
        let all = ([10, 77, 0, 255].into(), [10, 77, 0, 255].into());
        let net = |addr: &str, len: u32| json!({"prefix": {"addr": addr, "len": len}});
        for (right, of_subnet, of_all) in [
            (net("10.77.0.0", 16), Answer::Yes, Answer::Yes),
            (net("0.0.0.0", 0), Answer::Yes, Answer::Yes),
            (net("10.77.0.128", 25), Answer::Perhaps, Answer::Yes),
            (net("10.78.0.0", 16), Answer::No, Answer::No),
            (json!("10.77.0.255"), Answer::Perhaps, Answer::Yes),
            (json!("10.77.0.2"), Answer::Perhaps, Answer::No),
            (json!({"range": ["10.0.0.0", "10.99.0.0"]}), Answer::Yes, Answer::Yes),
            (json!({"set": ["10.1.0.1", net("10.77.0.0", 24)]}), Answer::Yes, Answer::Yes),
            (json!({"set": ["10.1.0.1", "@others"]}), Answer::Perhaps, Answer::Perhaps),
            (json!({"set": []}), Answer::No, Answer::No),
            (json!("@neighbours"), Answer::Perhaps, Answer::Perhaps),
            (json!({"prefix": {"addr": 7}}), Answer::Perhaps, Answer::Perhaps),
            (json!(null), Answer::Perhaps, Answer::Perhaps),
        ] {
            assert_eq!((holds(&right, subnet), holds(&right, all)), (of_subnet, of_all), "{right}");
        }
    }
}

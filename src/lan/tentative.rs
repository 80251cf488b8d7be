//! IPv6 addresses that are still being checked for duplicates (RFC 4862 5.4). They must not be used yet, and the system
//! lists them among the others; when the check is over, it tells so as of a new address.

use std::collections::HashSet;
use std::net::Ipv6Addr;

/// `IFA_F_TENTATIVE`; it stays set where the check has failed.
const TENTATIVE: u32 = 0x40;
/// `IFA_F_OPTIMISTIC`: may be used all the same (RFC 4429).
const OPTIMISTIC: u32 = 0x04;

/// The addresses, each with the number of its interface. Empty where the system does not tell; then a send from such an
/// address fails for a while.
pub(super) fn tentative() -> HashSet<(u32, Ipv6Addr)> {
    // The thread's, since a thread can be in another network namespace than its program.
    let table = std::fs::read_to_string("/proc/thread-self/net/if_inet6").unwrap_or_default();
    table.lines().filter_map(parse).collect()
}

/// The tentative address in a line of the table: address, interface, prefix, scope, flags, all in hex, and a name.
fn parse(line: &str) -> Option<(u32, Ipv6Addr)> {
    let mut fields = line.split_ascii_whitespace();
    let address = u128::from_str_radix(fields.next()?, 16).ok()?;
    let index = u32::from_str_radix(fields.next()?, 16).ok()?;
    let flags = u32::from_str_radix(fields.nth(2)?, 16).ok()?;
    (flags & (TENTATIVE | OPTIMISTIC) == TENTATIVE).then_some((index, Ipv6Addr::from_bits(address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unusable_addresses_are_found() {
        let line = |flags| format!("fe800000000000003068c6fffef6f54a 0a 40 20 {flags}       e0");
        let found = Some((10, "fe80::3068:c6ff:fef6:f54a".parse().unwrap()));
        assert_eq!(parse(&line("40")), found);
        assert_eq!(parse(&line("c8")), found, "the check has failed");
        assert_eq!(parse(&line("80")), None);
        assert_eq!(parse(&line("44")), None, "optimistic");
        assert_eq!(parse("fe80 0a"), None);
        assert_eq!(parse(""), None);
    }
}

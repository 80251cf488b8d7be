//! Addresses of the web in a text.

use std::ops::Range;

use linkify::{LinkFinder, LinkKind};

/// What may be opened. A program could be made to do anything by other kinds (`file:`, `ssh:`, those of games).
const SCHEMES: [&str; 6] = ["http://", "https://", "ftp://", "ftps://", "gemini://", "gopher://"];

/// Where addresses stand in `text`, in bytes.
pub fn links(text: &str) -> Vec<Range<usize>> {
    if !text.contains("://") {
        return Vec::new(); // most lines have none
    }
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let known = |address: &str| {
        let start: String = address.chars().take(9).collect();
        SCHEMES.iter().any(|scheme| start.to_ascii_lowercase().starts_with(scheme))
    };
    let named = finder.links(text).filter(|link| known(link.as_str())).map(|link| link.start()..link.end());
    let mut all: Vec<_> = named.collect();
    let numbered = text.match_indices("://[").filter_map(|(at, _)| numbered(text, at));
    all.extend(numbered.filter(|p| text.get(p.clone()).is_some_and(known)).collect::<Vec<_>>());
    all.sort_by_key(|place| place.start);
    all
}

/// The address around `://[` at `at`, where an IPv6 address stands for the host (RFC 3986 3.2.2), which the finder of links
/// does not know.
fn numbered(text: &str, at: usize) -> Option<Range<usize>> {
    let (before, after) = text.split_at_checked(at)?;
    let scheme = before.len() - before.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len();
    let (number, _) = after.strip_prefix("://[")?.split_once(']')?;
    let zone = number.split_once('%').map_or(number, |(number, _)| number);
    zone.parse::<std::net::Ipv6Addr>().ok()?;
    let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '|');
    let address = after.split(ends).next()?.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'']);
    (scheme > 0 && address.contains(']')).then(|| at - scheme..at + address.len())
}

/// Whose an address is: what stands between `//` and the path, without a user's name, which can look like a host.
pub fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// `address` as RFC 3986 has it: what is not ASCII is written as `%` and hex digits.
pub fn ascii(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    for byte in address.bytes() {
        if byte.is_ascii_graphic() {
            out.push(char::from(byte));
        } else {
            use std::fmt::Write as _;
            let _ = write!(out, "%{byte:02X}"); // writing to a String cannot fail
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_can_be_opened() {
        let found = |text: &str| -> Vec<String> {
            links(text).into_iter().map(|p| text.get(p).unwrap().to_owned()).collect()
        };
        assert_eq!(
            found("see (https://example.org/a_(b)) and HTTP://x.org/ü?q=1, ok."),
            ["https://example.org/a_(b)", "HTTP://x.org/ü?q=1"]
        );
        assert_eq!(
            found("(http://[fe80::1%25eth0]/x), https://a.org and https://[2001:db8::1]:8443/y?z."),
            ["http://[fe80::1%25eth0]/x", "https://a.org", "https://[2001:db8::1]:8443/y?z"]
        );
        assert_eq!(found("ssh://[::1]/ http://[no] ://[::1]"), Vec::<String>::new());
        assert_eq!(
            found("file:///etc/passwd ssh://host javascript://x main.rs a@b.org"),
            Vec::<String>::new()
        );
        for (address, of) in [
            ("https://example.org/a@b", "example.org"),
            ("https://bank.example.com@evil.example.org:8443/x", "evil.example.org:8443"),
            ("https://bank.example.com?@evil.example.org", "bank.example.com"),
        ] {
            assert_eq!(host(address), of);
        }
        assert_eq!(ascii("https://x.org/ü y"), "https://x.org/%C3%BC%20y");
    }
}

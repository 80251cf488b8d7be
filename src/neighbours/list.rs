//! Which computers have announced themselves, and when they are forgotten (\[MS-BRWS\] 3.3.6): after three times the
//! period that they gave, or when they say farewell.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::smb::CodePage;
use crate::smb::browse::{Comment, Host, LanmanHost, MachineName, ServerType};
use crate::text::SafeText;

/// Most computers listed. When more are announced, the one heard longest ago goes.
const MOST: usize = 1024;
/// Most computers that one address may announce: one sender cannot crowd out the others.
const MOST_OF_ADDRESS: usize = 16;
/// A period under this is taken for this; some senders give 0.
const SHORTEST: Duration = Duration::from_secs(60);
/// A period over this is taken for this.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// So many periods without an announcement, and a computer is gone.
const PERIODS: u32 = 3;

/// An announcement in either of its forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announced<'a> {
    name: MachineName<'a>,
    os: (u8, u8),
    kind: ServerType,
    comment: Comment<'a>,
    period: Duration,
}

impl<'a> From<Host<'a>> for Announced<'a> {
    fn from(h: Host<'a>) -> Self {
        let period = Duration::from_millis(h.period.into());
        Self { name: h.name, os: h.os, kind: h.kind, comment: h.comment, period }
    }
}

impl<'a> From<LanmanHost<'a>> for Announced<'a> {
    fn from(h: LanmanHost<'a>) -> Self {
        let period = Duration::from_secs(h.period.into());
        Self { name: h.name, os: h.os, kind: h.kind, comment: h.comment, period }
    }
}

/// A computer that has announced itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// Its name.
    pub name: SafeText,
    /// What it does.
    pub kind: ServerType,
    /// What it says of itself.
    pub comment: SafeText,
    /// Major and minor version of its system, as it says.
    pub os: (u8, u8),
    /// Where the last announcement came from.
    pub address: IpAddr,
    /// How long ago that was.
    pub age: Duration,
}

#[derive(Debug)]
struct Entry {
    neighbour: Neighbour,
    heard: Duration,
    period: Duration,
}

/// The computers that are there. Knows no clock: `now` is the time since any fixed moment.
#[derive(Debug)]
pub struct List {
    page: CodePage,
    entries: HashMap<Vec<u8>, Entry>,
}

impl List {
    /// An empty list of names and comments in this code page.
    pub fn new(page: CodePage) -> Self {
        Self { page, entries: HashMap::new() }
    }

    /// Takes in what was announced from an address. A farewell counts only from the address that announced; or from one of
    /// the other kind, because of a datagram that comes by IPv4 and by IPv6 only the first copy is heard.
    pub fn hear(&mut self, now: Duration, address: IpAddr, announced: Announced<'_>) {
        self.expire(now);
        let key = announced.name.as_bytes().to_ascii_uppercase();
        let known = self.entries.get(&key);
        if announced.kind == ServerType::NONE {
            if known.is_some_and(|e| is_same(e.neighbour.address, address)) {
                self.entries.remove(&key);
            }
            return;
        }
        if known.is_none_or(|e| !is_same(e.neighbour.address, address)) {
            let own = |e: &&Entry| e.neighbour.address == address;
            if self.entries.values().filter(own).count() >= MOST_OF_ADDRESS {
                return;
            }
            if known.is_none() && self.entries.len() >= MOST {
                let oldest = self.entries.iter().min_by_key(|(_, e)| e.heard).map(|(key, _)| key.clone());
                oldest.and_then(|key| self.entries.remove(&key));
            }
        }
        // Whatever copy came first, people know the IPv4 address better.
        let before = self.entries.get(&key).map(|e| e.neighbour.address);
        let shown = before.filter(|before| before.is_ipv4() && address.is_ipv6()).unwrap_or(address);
        let text = |bytes| SafeText::line(&self.page.decode(bytes));
        let neighbour = Neighbour {
            name: text(announced.name.as_bytes()),
            kind: announced.kind,
            comment: text(announced.comment.as_bytes()),
            os: announced.os,
            address: shown,
            age: Duration::ZERO,
        };
        let period = announced.period.clamp(SHORTEST, LONGEST);
        self.entries.insert(key, Entry { neighbour, heard: now, period });
    }

    /// Who is there, by name.
    pub fn at(&mut self, now: Duration) -> Vec<Neighbour> {
        self.expire(now);
        let aged = |e: &Entry| Neighbour { age: now.saturating_sub(e.heard), ..e.neighbour.clone() };
        let mut all: Vec<_> = self.entries.values().map(aged).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    fn expire(&mut self, now: Duration) {
        self.entries.retain(|_, e| now.saturating_sub(e.heard) <= e.period * PERIODS);
    }
}

/// Whether two addresses can be of one computer.
fn is_same(a: IpAddr, b: IpAddr) -> bool {
    a == b || a.is_ipv4() != b.is_ipv4()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn address(n: u8) -> IpAddr {
        [10, 77, 0, n].into()
    }

    fn announced(name: &[u8], kind: u32, minutes: u32) -> Announced<'_> {
        Announced {
            name: MachineName::new(name).unwrap(),
            os: (6, 1),
            kind: ServerType(kind),
            comment: Comment::new(b"gr\x81n").unwrap(),
            period: MINUTE * minutes,
        }
    }

    fn list() -> List {
        List::new(CodePage::new(850).unwrap())
    }

    fn names(list: &mut List, now: Duration) -> Vec<String> {
        list.at(now).iter().map(|n| n.name.to_string()).collect()
    }

    #[test]
    fn who_is_silent_for_three_periods_is_gone() {
        let mut list = list();
        list.hear(MINUTE, address(1), announced(b"ORION", 3, 12));
        list.hear(MINUTE, address(2), announced(b"ALICE", 3, 0));
        assert_eq!(names(&mut list, MINUTE), ["ALICE", "ORION"]);
        assert_eq!(
            names(&mut list, 4 * MINUTE),
            ["ALICE", "ORION"],
            "a period of nothing is one of a minute"
        );
        assert_eq!(names(&mut list, 4 * MINUTE + Duration::from_millis(1)), ["ORION"]);
        let orion = list.at(37 * MINUTE).pop().unwrap();
        assert_eq!((orion.age, orion.comment.as_str()), (36 * MINUTE, "grün"));
        assert_eq!(names(&mut list, 37 * MINUTE + Duration::from_millis(1)), [""; 0]);
    }

    #[test]
    fn a_farewell_counts_from_its_own_address_only() {
        let mut list = list();
        list.hear(MINUTE, address(1), announced(b"ORION", 3, 1));
        list.hear(MINUTE, address(66), announced(b"ORION", 0, 1));
        assert_eq!(names(&mut list, MINUTE), ["ORION"]);
        list.hear(MINUTE, address(1), announced(b"orion", 0, 1));
        assert_eq!(names(&mut list, MINUTE), [""; 0]);
    }

    #[test]
    fn whichever_copy_of_a_datagram_comes_first_is_of_the_same_computer() {
        let mut list = list();
        let v6: IpAddr = "fe80::1".parse().unwrap();
        list.hear(MINUTE, address(1), announced(b"ORION", 3, 1));
        list.hear(MINUTE, v6, announced(b"ORION", 3, 1));
        assert_eq!(list.at(MINUTE).iter().map(|n| n.address).collect::<Vec<_>>(), [address(1)]);
        list.hear(MINUTE, v6, announced(b"ORION", 0, 1));
        assert_eq!(names(&mut list, MINUTE), [""; 0]);
    }

    #[test]
    fn a_flood_of_invented_computers_is_bounded() {
        let mut list = list();
        list.hear(MINUTE, address(1), announced(b"ORION", 3, 12));
        for n in 0..200 {
            list.hear(2 * MINUTE, address(66), announced(format!("EVIL{n}").as_bytes(), 3, 12));
        }
        assert_eq!(list.at(2 * MINUTE).len(), 1 + MOST_OF_ADDRESS);
        for n in 0..2000_u16 {
            let address = [10, 78, n.to_be_bytes()[0], n.to_be_bytes()[1]].into();
            list.hear(3 * MINUTE, address, announced(format!("EVIL{n}").as_bytes(), 3, 12));
        }
        assert_eq!(list.at(3 * MINUTE).len(), MOST);
    }

    #[test]
    fn both_forms_are_one_computer_and_no_text_can_harm() {
        let mut list = list();
        let name = MachineName::new(b"WIN95").unwrap();
        let comment = Comment::new(b"\x1b[31mred").unwrap();
        let kind = ServerType::WINDOWS_9X;
        let host = Host { update: 0, period: 60_000, name, os: (4, 0), kind, comment };
        list.hear(MINUTE, address(1), host.into());
        list.hear(MINUTE, address(1), LanmanHost { kind, os: (4, 0), period: 60, name, comment }.into());
        let all = list.at(MINUTE);
        assert_eq!(all.iter().map(|n| n.comment.as_str()).collect::<Vec<_>>(), ["<U+001B>[31mred"]);
    }
}

//! Which address a computer name stands for: learned from what it sends, or asked for (RFC 1002 4.2.12, 5.1.1).
//!
//! Nothing here is proved: any neighbour can claim any name. What a computer itself has sent goes before what is
//! answered to a query, and an answer counts only if it comes from the segment to the port that asked, repeats the random
//! number of the question, and names the address that it came from.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rand::TryRng as _;
use rand::rngs::SysRng;
use tokio::time::{Instant, timeout_at};

use super::recent::Recent;
use crate::lan::{Buffer, Lan, Port, Received};
use crate::netbios::Name;
use crate::netbios::name_service::{Answer, Owner as Entry, Query, Response};

/// How long a name is remembered at least after its last sign.
const REMEMBERED: Duration = Duration::from_secs(5 * 60);
/// Most names and neighbours remembered.
const MOST: usize = 1024;
/// How often a query is sent (RFC 1002 6: `BCAST_REQ_RETRY_COUNT`).
const TRIES: u32 = 3;
/// How long each waits for an answer (RFC 1002 6: `BCAST_REQ_RETRY_TIMEOUT`).
const PATIENCE: Duration = Duration::from_millis(250);

/// Who has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The computer with this address, whatever the port in it.
    Machine(SocketAddr),
    /// Several computers.
    Group,
}

/// What has been learned, for 5 to 10 minutes.
#[derive(Debug)]
pub(super) struct Resolver {
    heard: Recent<Name, Owner>,
    answered: Recent<Name, Owner>,
    neighbours: Recent<IpAddr, u32>,
}

impl Resolver {
    pub(super) fn new() -> Self {
        Self {
            heard: Recent::new(REMEMBERED, MOST),
            answered: Recent::new(REMEMBERED, MOST),
            neighbours: Recent::new(REMEMBERED, MOST),
        }
    }

    /// Notes that the computer `name` sent something. While its IPv4 address is known it stays: what is directed to
    /// another program there can be relayed over IPv4 only.
    pub(super) fn learn(&mut self, now: Instant, name: Name, received: &Received) {
        let v4 = |owner: &Owner| matches!(owner, Owner::Machine(at) if at.is_ipv4());
        if received.from.is_ipv4() || !self.heard.get(now, &name).as_ref().is_some_and(v4) {
            self.heard.put(now, name, Owner::Machine(received.from));
        }
        self.neighbours.put(now, received.from.ip(), received.interface);
    }

    /// Notes an answer to a query.
    pub(super) fn answer(&mut self, now: Instant, name: Name, owner: Owner) {
        self.answered.put(now, name, owner);
    }

    pub(super) fn owner(&self, now: Instant, name: &Name) -> Option<Owner> {
        self.heard.get(now, name).or_else(|| self.answered.get(now, name))
    }

    /// The number of the interface that a neighbour was last heard on.
    pub(super) fn interface(&self, now: Instant, address: IpAddr) -> Option<u32> {
        self.neighbours.get(now, &address)
    }
}

/// A number that nobody can guess; 0 if the system has none to give.
pub(super) fn random() -> u16 {
    let [low, high, ..] = SysRng.try_next_u32().unwrap_or_default().to_le_bytes();
    u16::from_le_bytes([low, high])
}

/// Asks everybody on the segment who has `name`, on the name service's port: the one before the segment's. Takes 750 ms
/// if nobody answers.
pub(super) async fn ask(lan: &Lan, name: Name) -> Option<Owner> {
    let port = Port::own_v4().ok()?; // of its own, so that only answers come to it; there are no IPv6 names
    let query = Query { id: random(), broadcast: true, name };
    let mut buffer = Buffer::new();
    let mut until = Instant::now();
    for _ in 0..TRIES {
        let sent = lan.broadcast(&port, lan.name_port(), |_, out| query.emit(out));
        until += PATIENCE;
        if sent.is_err() {
            tokio::time::sleep_until(until).await;
            continue;
        }
        while let Ok(received) = timeout_at(until, port.v4().receive(&mut buffer)).await {
            let Ok(received) = received else { break };
            let owner = owner(buffer.datagram(&received), &query, received.from.ip());
            if let Some(owner) = owner.filter(|_| lan.admits(&received)) {
                return Some(owner);
            }
        }
    }
    None
}

/// The owner that a datagram from `from` names, if it answers the query: the computer that answers, or a group. Nobody is
/// believed about another's address.
fn owner(datagram: &[u8], query: &Query, from: IpAddr) -> Option<Owner> {
    let response = Response::parse(datagram).ok()?;
    let Answer::Positive { owners, .. } = response.answer else { return None };
    if (response.id, response.name) != (query.id, query.name) {
        return None;
    }
    let named = |o: Entry| if o.group { Owner::Group } else { Owner::Machine((o.address, 0).into()) };
    owners.iter().find(|o| o.group || from == o.address).map(named)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::netbios::name_service::Owners;

    const NEAR: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
    const FAR: Ipv4Addr = Ipv4Addr::new(8, 8, 8, 8);

    fn machine(address: Ipv4Addr) -> Owner {
        Owner::Machine((address, 0).into())
    }

    fn query() -> Query {
        Query { id: 7, broadcast: true, name: Name::new("BOB", 0).unwrap() }
    }

    fn answer(id: u16, name: &str, entries: &[(bool, Ipv4Addr)]) -> Option<Owner> {
        let entries: Vec<_> =
            entries.iter().map(|&(group, address)| Entry { group, address }.to_bytes()).collect();
        let answer = Answer::Positive { ttl: 0, owners: Owners::new(&entries) };
        let mut bytes = Vec::new();
        Response { id, name: Name::new(name, 0).unwrap(), answer }.emit(&mut bytes);
        owner(&bytes, &query(), NEAR.into())
    }

    #[test]
    fn only_answers_to_the_question_that_speak_of_the_answerer_count() {
        assert_eq!(answer(7, "BOB", &[(false, NEAR)]), Some(machine(NEAR)));
        assert_eq!(answer(7, "BOB", &[(false, FAR), (false, NEAR)]), Some(machine(NEAR)));
        assert_eq!(answer(7, "BOB", &[(true, NEAR)]), Some(Owner::Group));
        assert_eq!(answer(7, "BOB", &[(false, FAR)]), None);
        assert_eq!(answer(8, "BOB", &[(false, NEAR)]), None);
        assert_eq!(answer(7, "EVE", &[(false, NEAR)]), None);
        assert_eq!(answer(7, "BOB", &[]), None);
        assert_eq!(owner(b"garbage", &query(), NEAR.into()), None);
        let mut own = Vec::new();
        query().emit(&mut own);
        assert_eq!(owner(&own, &query(), NEAR.into()), None, "the question itself is no answer");
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_computer_sent_goes_before_what_was_answered() {
        let (now, bob) = (Instant::now(), query().name);
        let mut resolver = Resolver::new();
        assert_eq!(resolver.owner(now, &bob), None);
        resolver.answer(now, bob, machine(FAR));
        assert_eq!(resolver.owner(now, &bob), Some(machine(FAR)));
        resolver.heard.put(now, bob, machine(NEAR));
        resolver.answer(now, bob, machine(FAR));
        assert_eq!(resolver.owner(now, &bob), Some(machine(NEAR)));
        assert_eq!(resolver.owner(now + REMEMBERED * 2, &bob), None);
    }
}

//! What is said to questions about our names, and to claims of them.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::time::Instant;

use super::NameState;
use crate::lan::{Port, Received};
use crate::mailslot::allowance::Shared;
use crate::mailslot::service::{Service, claim};
use crate::netbios::Name;
use crate::netbios::name_service::{
    Answer, Claim, Listed, Owner, Owners, Query, Refusal, Response, Status, StatusQuery,
};

/// What is told of the lifetime of an answer, in seconds: three days, as Samba does.
const LIFETIME: u32 = 259_200;
/// The version in a node status: it tells lanchat from other programs.
const VERSION: u16 = u16::from_be_bytes(*b"LC");

impl Service {
    /// The names that are answered for; whether each is a group's.
    fn own_names(&self) -> Vec<(Name, bool)> {
        let (host, group) = ((self.host, false), (self.workgroup, true));
        match *self.name.borrow() {
            NameState::Ours => vec![host, group],
            NameState::Claiming | NameState::Taken { .. } => vec![group],
            _ => Vec::new(),
        }
    }

    /// Answers what is asked of our names, and objects to claims of them.
    pub(super) fn answer_for_names(
        &self,
        port: &Port,
        answers: &mut Shared,
        claiming: bool,
        bytes: &[u8],
        received: &Received,
    ) {
        let names = self.own_names();
        let group = |name| names.iter().find(|(own, _)| *own == name).map(|(_, group)| *group);
        let mut answer = |write: &dyn Fn(Ipv4Addr, &mut Vec<u8>)| {
            if !answers.take(Instant::now(), received.from.ip()) {
                return;
            }
            let hint = Some(received.interface);
            let sent = self.lan.send(port, received.from, hint, |source, out| write(claim(source), out));
            if let Err(error) = sent {
                tracing::debug!(%error, "a question of the name service is not answered");
            }
        };
        if let Ok(Query { id, name, .. }) = Query::parse(bytes) {
            let everybody = || (name == Name::WILDCARD && !names.is_empty()).then_some(false);
            // Who sends a pop-up asks for the computer or its user; these names are neither claimed nor listed.
            let ours = *self.name.borrow() == NameState::Ours;
            let recipient = || (ours && self.is_own(&name)).then_some(false);
            let Some(group) = group(name).or_else(everybody).or_else(recipient) else { return };
            answer(&|address, out| {
                let owners = [Owner { group, address }.to_bytes()];
                let answer = Answer::Positive { ttl: LIFETIME, owners: Owners::new(&owners) };
                Response { id, name, answer }.emit(out);
            });
        } else if let Ok(query) = StatusQuery::parse(bytes) {
            let listed = |&(name, group): &(Name, bool)| Listed { name, group, active: true }.to_bytes();
            let listed: Vec<_> = names.iter().map(listed).collect();
            if !listed.is_empty() && (query.name == Name::WILDCARD || group(query.name).is_some()) {
                answer(&|_, out| Status::new(&query, VERSION, &listed).emit(out));
            }
        } else if let Ok(Claim { id, name, owner }) = Claim::parse(bytes)
            && !self.lan.own(received.from)
        {
            // Of two who claim a name at once, the one with the lower address objects.
            let first = || claiming && name == self.host && self.first_of(received.from);
            let unique = group(name).is_some_and(|group| !(group && owner.group)) || first();
            if unique {
                answer(&|_, out| Refusal { id, name, code: Refusal::ACTIVE, owner }.emit(out));
            }
        }
    }

    fn first_of(&self, other: SocketAddr) -> bool {
        self.addresses().iter().any(|own| *own < other.ip())
    }
}

//! This machine's name on the network: claiming it, defending it, and answering for it (RFC 1002 4.2 and 5.1.1, B node),
//! on the port before the segment's: 137 beside 138.
//!
//! Several programs on one machine share that port and the name; whichever gets a question answers it, and the answer
//! is the same. Claims leave from a port of their own, so that a refusal reaches the program that claimed. Whoever holds
//! the name, the chat goes on: it does not need it.

mod answer;
mod state;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

pub use state::NameState;

use super::Mailslots;
use super::allowance::Shared;
use super::resolver::random;
use super::service::{Service, claim};
use crate::lan::{Buffer, Port, Received};
use crate::netbios::name_service::{Claim, Owner, Refusal};

/// How often a claim is sent (RFC 1002 6: `BCAST_REQ_RETRY_COUNT`).
const CLAIMS: u32 = 3;
/// How long each waits for a refusal (RFC 1002 6: `BCAST_REQ_RETRY_TIMEOUT`).
const PATIENCE: Duration = Duration::from_millis(250);
/// How long to leave a name alone that was refused.
const BACK_OFF: Duration = Duration::from_secs(60);
/// Most answers in a second.
const ANSWERS: u32 = 100;
/// Most of them to one address.
const ANSWERS_TO_ONE: u32 = 25;

impl Mailslots {
    /// Claims this machine's name on the network, then answers for it and for the workgroup, and defends it, as long as
    /// this service lives. Programs that read what is written to `\\name\` should. What comes of it is told by
    /// [`Mailslots::name_state`]; whatever it is, everything else goes on. The second call does nothing.
    pub fn claim_name(&self) {
        let mut first = false;
        self.inner.name.send_if_modified(|state| {
            first = *state == NameState::Off;
            if first {
                *state = NameState::Claiming;
            }
            first
        });
        if first {
            let service = Arc::clone(&self.inner);
            self.tasks.add(&tokio::spawn(async move { service.keep_name().await }));
        }
    }

    /// What has become of the name, and a way to learn of changes.
    pub fn name_state(&self) -> watch::Receiver<NameState> {
        self.inner.name.subscribe()
    }
}

/// A claim that is running.
struct Running {
    id: u16,
    port: Port,
    sent: u32,
}

impl Service {
    async fn keep_name(&self) {
        let port = match self.lan.open_name_port() {
            Ok(port) => port,
            Err(error) => {
                tracing::warn!(%error, "without the name service");
                self.name.send_replace(error.into());
                return;
            }
        };
        let mut answers = Shared::new(ANSWERS, ANSWERS_TO_ONE);
        let mut changed = self.lan.changed();
        let (mut heard, mut refused) = (Buffer::new(), Buffer::new());
        let (mut running, mut next) = (None, Instant::now());
        let mut addresses = self.addresses();
        loop {
            let refusals = async {
                match &running {
                    Some(Running { port, .. }) => port.v4().receive(&mut refused).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = tokio::time::sleep_until(next) => next = self.claim_on(&mut running),
                received = port.v4().receive(&mut heard) => match received {
                    Ok(received) => {
                        let bytes = heard.datagram(&received);
                        if self.lan.admits(&received) && !received.cut && !self.refused(&mut running, &mut next, bytes, &received) {
                            self.answer_for_names(&port, &mut answers, running.is_some(), bytes, &received);
                        }
                    }
                    Err(_) => tokio::time::sleep(PATIENCE).await,
                },
                received = refusals => match received {
                    Ok(received) if self.lan.admits(&received) => {
                        self.refused(&mut running, &mut next, refused.datagram(&received), &received);
                    }
                    Ok(_) => {}
                    Err(_) => tokio::time::sleep(PATIENCE).await,
                },
                Ok(()) = changed.changed() => {
                    let before = std::mem::replace(&mut addresses, self.addresses());
                    if addresses.iter().any(|a| !before.contains(a)) {
                        (running, next) = (None, Instant::now()); // where it was not claimed before
                    }
                }
            }
        }
    }

    fn addresses(&self) -> Vec<IpAddr> {
        let used = self.lan.state().interfaces.into_iter().map(|u| u.interface.address);
        used.filter(IpAddr::is_ipv4).collect()
    }

    /// The next step of claiming the name; returns when the one after that is due.
    fn claim_on(&self, running: &mut Option<Running>) -> Instant {
        let now = Instant::now();
        if running.is_none() {
            match Port::own_v4() {
                Ok(port) => *running = Some(Running { id: random(), port, sent: 0 }),
                Err(error) => {
                    self.name.send_replace(error.into());
                    return now + BACK_OFF;
                }
            }
        }
        let Some(claiming) = running.as_mut().filter(|r| r.sent < CLAIMS) else {
            *running = None;
            self.name.send_replace(NameState::Ours);
            return now + BACK_OFF * 60 * 24; // until the network changes
        };
        claiming.sent += 1;
        let mut request = Claim {
            id: claiming.id,
            name: self.host,
            owner: Owner { group: false, address: Ipv4Addr::UNSPECIFIED },
        };
        let sent = self.lan.broadcast(&claiming.port, self.lan.name_port(), |interface, out| {
            request.owner.address = claim(interface.address);
            request.emit(out);
        });
        if let Err(error) = sent {
            tracing::debug!(%error, "the name is not claimed by any interface");
        }
        now + PATIENCE
    }

    /// Gives the name up when somebody objects to the claim. Whether the datagram was such an objection, right or not.
    fn refused(
        &self,
        running: &mut Option<Running>,
        next: &mut Instant,
        bytes: &[u8],
        received: &Received,
    ) -> bool {
        let Ok(refusal) = Refusal::parse(bytes) else { return false };
        if refusal.name == self.host && running.as_ref().is_some_and(|r| r.id == refusal.id && r.sent > 0) {
            let beside = self.lan.own(received.from);
            *running = None;
            *next = Instant::now() + BACK_OFF;
            let by = received.from.ip();
            self.name.send_replace(if beside {
                NameState::Beside
            } else {
                NameState::Taken { name: self.host, by }
            });
        }
        true
    }
}

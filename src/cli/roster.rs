//! Waits for a peer that a command is addressed to.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::Failure;
use super::start::Running;
use crate::chat::Peer;
use crate::session::FindError;

/// How long a peer that is there may need to be heard: longer than two beacons.
pub(super) const PATIENCE: Duration = Duration::from_secs(6);

/// The peer that is meant by `name`, as soon as it is heard.
pub(super) async fn find(running: &mut Running, name: &str) -> Result<Peer, Failure> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let unknown = match running.session.find(name).await {
            Ok(peer) => return Ok(peer),
            Err(error @ (FindError::Unknown(_) | FindError::Another(..))) => error,
            Err(error) => return Err(error.into()),
        };
        match timeout_at(deadline, running.updates.recv()).await {
            Ok(Some(_)) => {} // perhaps it is there now
            Ok(None) => return Err(Running::ended()),
            Err(_) => return Err(unknown.into()),
        }
    }
}

//! What mailslots there are on this machine, and what waits in them.

use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};

use super::{Card, Files, LOCK, Report};
use crate::local::{LocalError, runtime_dir};
use crate::mailslot::Info;
use crate::mailslot::path::SlotName;

/// Longest wait for a server's answer: one that is stopped has none.
const PATIENCE: Duration = Duration::from_millis(200);
/// As [`PATIENCE`], of a program that asks about one server: so long that it has gone, or is stopped.
pub(super) const LONG: Duration = Duration::from_secs(2);
/// Most bytes of a card or an answer.
const MOST: u64 = 4096;

/// A mailslot of this user on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name, as its server wrote it.
    pub name: SlotName,
    /// The process of its server.
    pub pid: u32,
    /// What waits; none when the server does not answer, as when it is stopped.
    pub info: Option<Info>,
}

/// The mailslots that programs of this user serve on this machine, by name. A server that does not answer costs 0.2 s.
pub fn list() -> Result<Vec<Listed>, LocalError> {
    let dir = runtime_dir("mailslot")?;
    let unusable = |error| LocalError::Unusable { path: dir.clone(), error };
    let mut all = Vec::new();
    for entry in std::fs::read_dir(&dir).map_err(unusable)? {
        let path = entry.map_err(unusable)?.path();
        if path.to_string_lossy().ends_with(LOCK) {
            all.extend(listed(&path));
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

fn listed(lock: &Path) -> Option<Listed> {
    let card = card(lock)?;
    let name: SlotName = card.name.parse().ok()?;
    let files = Files::of(&name).ok()?;
    let info = match ask(&files.ask, PATIENCE) {
        Ok(report) => Some(report.info()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return None,
        Err(_) => None,
    };
    Some(Listed { name, pid: card.pid, info })
}

/// What a slot's server has fixed, if there is one.
pub(super) fn card(lock: &Path) -> Option<Card> {
    let mut text = Vec::new();
    std::fs::File::open(lock).ok()?.take(MOST).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// What a server says of its slot now.
pub(super) fn ask(path: &Path, patience: Duration) -> io::Result<Report> {
    let stream = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    stream.set_write_timeout(Some(patience))?; // for the connection too
    stream.set_read_timeout(Some(patience))?;
    stream.connect(&SockAddr::unix(path)?)?;
    let mut text = Vec::new();
    stream.take(MOST).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

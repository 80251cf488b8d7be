//! `lanchat who`: the peers that can be heard.

use std::io::{self, Write};
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::settings::Settings;
use super::signals::Signals;
use super::{Failure, duration, start};
use crate::chat::{Peer, Trust};

/// List the peers that can be heard
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lanchat who\n  lanchat who --wait 1s --json | jq -r .nick")]
pub(super) struct Who {
    /// How long to listen
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = duration::parse)]
    wait: Duration,
}

/// A peer as printed.
#[derive(Debug, Serialize)]
struct Row {
    nick: String,
    name: String,
    id: String,
    host: String,
    address: String,
    state: &'static str,
    version: String,
    verified: bool,
    trust: &'static str,
    words: String,
    rooms: Vec<String>,
    away: Option<String>,
    /// `key_changed` or `looks_like`: the nickname is that of another key, which is `other`.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    doubts: Vec<String>,
}

impl Who {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        let peers = start::block_on(async {
            let mut signals = Signals::new()?;
            let running = start::observe(settings)?;
            tokio::select! {
                () = tokio::time::sleep(self.wait) => {}
                () = signals.next() => {}
            }
            let peers = running.session.who().await;
            if peers.is_empty() {
                running.tell_reach(settings).await;
            }
            running.leave().await;
            Ok(peers)
        })?;
        if peers.is_empty() {
            return Err(Failure::Nobody(format!(
                "nobody was heard on port {} in {} within {}; others must run lanchat with the same port and workgroup",
                settings.port.value,
                settings.workgroup.value.text,
                duration::show(self.wait)
            )));
        }
        let rows: Vec<_> = peers.iter().map(Row::of).collect();
        let text = if settings.json { json(&rows) } else { table(&rows) + &remarks(&rows) };
        Ok(io::stdout().write_all(text.as_bytes())?)
    }
}

impl Row {
    fn of(peer: &Peer) -> Self {
        Self {
            nick: peer.nick.to_string(),
            name: peer.name.to_string(),
            id: peer.id.to_string(),
            host: peer.host.to_string(),
            address: peer.address.to_string(),
            state: peer.state.as_str(),
            version: peer.version.to_string(),
            verified: peer.trust == Trust::Verified,
            trust: peer.trust.as_str(),
            words: peer.words.clone(),
            rooms: peer.rooms.iter().map(ToString::to_string).collect(),
            away: peer.away.as_ref().map(ToString::to_string),
            warning: peer.doubts.word(),
            other: peer.doubts.other.as_ref().map(|other| other.id.to_string()),
            doubts: peer.doubts.sentences(),
        }
    }
}

fn json(rows: &[Row]) -> String {
    rows.iter().filter_map(|row| serde_json::to_string(row).ok()).map(|line| line + "\n").collect()
}

fn table(rows: &[Row]) -> String {
    let head = ["NICK", "ID", "HOST", "ADDRESS", "STATE", "VERSION", "TRUST"].map(str::to_owned);
    let cells = |r: &Row| {
        let state = if r.away.is_some() { "away" } else { r.state };
        let trust = if r.warning == Some("key_changed") { "NEW KEY!" } else { r.trust };
        let [state, trust] = [state, trust].map(str::to_owned);
        [r.name.clone(), r.id.clone(), r.host.clone(), r.address.clone(), state, r.version.clone(), trust]
    };
    let lines: Vec<_> = std::iter::once(head).chain(rows.iter().map(cells)).collect();
    super::table::table(&lines)
}

/// What speaks against names, below the table.
fn remarks(rows: &[Row]) -> String {
    rows.iter().flat_map(|row| row.doubts.iter().map(|told| format!("{}: {told}\n", row.name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Doubts, Other, PeerId, PeerState};
    use crate::text::SafeText;

    fn peer(nick: &str, byte: u8, trust: Trust) -> Peer {
        Peer {
            id: PeerId([byte; 8]),
            nick: nick.parse().unwrap(),
            name: SafeText::line(nick),
            host: SafeText::line("ORION"),
            address: [10, 77, 0, byte].into(),
            state: PeerState::Here,
            version: SafeText::line("0.1.0"),
            trust,
            words: "two words".to_owned(),
            rtt: None,
            since: 0,
            arrived: true,
            rooms: if byte == 1 { vec!["lunch".parse().unwrap()] } else { Vec::new() },
            away: (byte == 200).then(SafeText::default),
            ignored: false,
            doubts: Doubts::default(),
        }
    }

    /// One who goes by the name of alice.
    fn thief() -> Peer {
        let other =
            Other { id: PeerId([1; 8]), nick: "alice".parse().unwrap(), trust: Trust::Verified, same: true };
        let doubts = Doubts { other: Some(Box::new(other)), ..Doubts::default() };
        Peer { name: SafeText::line("alice~0909"), doubts, ..peer("alice", 9, Trust::Doubtful) }
    }

    #[test]
    fn table_and_json() {
        let peers = [peer("alice", 1, Trust::Verified), thief(), peer("日本", 200, Trust::New)];
        let rows: Vec<_> = peers.iter().map(Row::of).collect();
        insta::assert_snapshot!(format!("{}{}\n{}", table(&rows), remarks(&rows), json(&rows)));
    }
}

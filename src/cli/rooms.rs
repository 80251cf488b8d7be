//! `lanchat rooms`: the open rooms that others are in, and one's own.

use std::io::{self, Write};
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::settings::Settings;
use super::signals::Signals;
use super::{Failure, clock, duration, start};
use crate::chat::{Peer, Room, RoomName};

/// List the open rooms that people are in
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lanchat rooms\n  lanchat rooms --wait 1s --json | jq -r .name\n\n\
    A room exists as long as somebody is in it: /join NAME in the chat, or lanchat say --room NAME, is all it takes.")]
pub(super) struct Rooms {
    /// How long to listen
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = duration::parse)]
    wait: Duration,
}

/// A room as printed.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    topic: String,
    members: Vec<String>,
    joined: bool,
    last: Option<String>,
}

impl Rooms {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        let mine = settings.profile.social()?.rooms;
        let (rooms, peers) = start::block_on(async {
            let mut signals = Signals::new()?;
            let running = start::observe(settings)?;
            for room in mine.iter().filter(|room| !room.is_locked()) {
                running.session.join(*room).await?; // to be listed also where nobody else is in it
            }
            tokio::select! {
                () = tokio::time::sleep(self.wait) => {}
                () = signals.next() => {}
            }
            let (rooms, peers) = (running.session.rooms().await, running.session.who().await);
            if peers.is_empty() {
                running.tell_reach(settings).await;
            }
            running.leave().await;
            Ok((rooms, peers))
        })?;
        let mut rows: Vec<Row> = rooms.iter().map(|room| Row::of(room, &peers, &mine)).collect();
        rows.extend(mine.iter().filter(|room| room.is_locked()).map(|room| Row::locked(*room)));
        let text = if settings.json { json(&rows) } else { table(&rows) };
        Ok(io::stdout().write_all(text.as_bytes())?)
    }
}

impl Row {
    /// One of the user's own locked rooms. Who else is in it cannot be seen without its passphrase.
    fn locked(room: RoomName) -> Self {
        let (name, topic, members, last) = (room.to_string(), String::new(), Vec::new(), None);
        Self { name, topic, members, joined: true, last }
    }

    fn of(room: &Room, peers: &[Peer], mine: &[RoomName]) -> Self {
        let named = |id| peers.iter().find(|peer| peer.id == id).map(|peer| peer.name.to_string());
        Self {
            name: room.name.to_string(),
            topic: room.topic.to_string(),
            members: room.members.iter().filter_map(|id| named(*id)).collect(),
            joined: room.name.is_lobby() || mine.contains(&room.name),
            last: room.last.map(clock::rfc3339),
        }
    }
}

fn json(rows: &[Row]) -> String {
    rows.iter().filter_map(|row| serde_json::to_string(row).ok()).map(|line| line + "\n").collect()
}

fn table(rows: &[Row]) -> String {
    let head = ["ROOM", "PEOPLE", "", "TOPIC"].map(str::to_owned);
    let cells = |r: &Row| {
        let joined = if r.joined { "joined" } else { "" };
        [format!("#{}", r.name), r.members.len().to_string(), joined.to_owned(), r.topic.clone()]
    };
    let lines: Vec<_> = std::iter::once(head).chain(rows.iter().map(cells)).collect();
    let mut widths = [0; 4];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.width());
        }
    }
    let pad = |(cell, width): (&String, usize)| cell.clone() + &" ".repeat(width - cell.width() + 2);
    let show = |line: &[String; 4]| {
        line.iter().zip(widths).map(pad).collect::<String>().trim_end().to_owned() + "\n"
    };
    lines.iter().map(show).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_and_json() {
        let row = |name: &str, topic: &str, members: &[&str], joined| Row {
            name: name.to_owned(),
            topic: topic.to_owned(),
            members: members.iter().map(|m| (*m).to_owned()).collect(),
            joined,
            last: joined.then(|| "2026-11-20T12:00:00Z".to_owned()),
        };
        let rows = [
            row("lobby", "", &["alice", "bob"], true),
            row("日本語", "寿司", &["alice"], false),
            row("x", "", &[], true),
        ];
        insta::assert_snapshot!(format!("{}\n{}", table(&rows), json(&rows)));
    }
}

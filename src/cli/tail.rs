//! `lanchat tail`: what is heard, for scripts.

use std::collections::HashSet;
use std::ops::Range;
use std::time::Duration;

use clap::Args;

use super::enough::Enough;
use super::output::Output;
use super::passphrase::Lock;
use super::quotes::Quotes;
use super::record::Record;
use super::settings::Settings;
use super::signals::{self, Signals};
use super::start::{self, Running};
use super::{Failure, clock, duration, history};
use crate::chat::{Event, Line, Millis, RoomName};
use crate::history::Query;
use crate::session::Update;

/// Print what is heard, without taking part
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lanchat tail\n  lanchat tail --json | jq 'select(.type == \"line\") | .text'\n  \
    lanchat tail --room lunch --room lobby\n  lanchat tail --count 1 --timeout 30s    wait for one message; exit code 3 if none comes"
)]
pub(super) struct Tail {
    /// End after this many messages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    /// End after this time; with --count, too few messages by then are a failure (exit code 3)
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    timeout: Option<Duration>,
    /// Only lines of this room, which can be given several times [default: the lobby]
    #[arg(long, value_name = "NAME")]
    room: Vec<RoomName>,
    #[command(flatten)]
    lock: Lock,
    /// Begin with what was said since this long ago, as far as the profile's history or anybody here has it
    #[arg(long, value_name = "TIME", value_parser = duration::parse_ago)]
    since: Option<Duration>,
}

/// How long it takes after the start until everybody's lines are heard, and others have told what they hold: their keys have
/// to come first.
const HEARING: Duration = Duration::from_secs(2);
/// While lines from before come, the next ones are waited for this long,
const NEXT: Duration = Duration::from_millis(500);
/// and all of them this long at most.
const FETCHING: Duration = Duration::from_secs(10);

impl Tail {
    pub(super) fn run(mut self, settings: &Settings) -> Result<(), Failure> {
        let first = self.room.first().copied().unwrap_or(RoomName::LOBBY);
        let passphrase = self.lock.passphrase(first)?;
        start::block_on(async {
            let mut signals = Signals::new()?;
            let depth = if self.since.is_some() { settings.catch_up.value } else { 0 };
            let mut running = start::observe_from(settings, depth)?;
            for room in &mut self.room {
                *room = running.session.enter(*room, passphrase.clone()).await?;
            }
            let output = Output::start(settings.json);
            let (result, patience) = tokio::select! {
                result = self.print(&mut running, settings, &output) => (result, None),
                () = output.closed() => (Ok(()), None),
                () = signals.next() => (Ok(()), Some(signals::PATIENCE)),
            };
            running.leave().await;
            output.finish(patience).await?;
            result
        })
    }

    async fn print(
        &self,
        running: &mut Running,
        settings: &Settings,
        output: &Output,
    ) -> Result<(), Failure> {
        let enough = Enough::new(self.count);
        let started = clock::now();
        let all = async {
            let since = self.since.map(|ago| history::before(started, ago));
            let mut quotes = Quotes::default();
            let (mut shown, mut waiting) = (HashSet::new(), Vec::new());
            if let Some(since) = since {
                // What is heard meanwhile waits; then the history has what was said before we could hear.
                let mut past = self.fetch(running, since..started, &mut waiting).await;
                past.extend(self.kept(settings, since..started)?);
                past.sort_by_key(|line| (line.sent_at, line.id));
                for line in past {
                    if line.id.is_some_and(|id| !shown.insert(id)) {
                        continue; // from both
                    }
                    output.past(line, &mut quotes).await;
                    if enough.one_more() {
                        return Ok(());
                    }
                }
            }
            // Whose clock is slow says what is new with an old time, but that is not late.
            let old = |line: &Line| line.late && since.is_some_and(|since| line.sent_at < since);
            let mut waiting = waiting.into_iter();
            loop {
                let next = match waiting.next() {
                    Some(update) => Some(update),
                    None => running.updates.recv().await,
                };
                let Some(update) = next else { break };
                if let Update::Event(Event::Line(line)) = &update
                    && (!self.of(line) || old(line) || line.id.is_some_and(|id| shown.contains(&id)))
                {
                    continue;
                }
                let Some(record) = Record::of(update, &mut quotes, clock::now()) else { continue };
                output.record(&record).await;
                if record.is_line() && enough.one_more() {
                    return Ok(());
                }
            }
            Err(Running::ended())
        };
        enough.within(self.timeout, "messages were heard", all).await
    }

    /// What others hold of the lines of that time. Everything else that is heard meanwhile is put into `waiting`.
    async fn fetch(
        &self,
        running: &mut Running,
        time: Range<Millis>,
        waiting: &mut Vec<Update>,
    ) -> Vec<Line> {
        let share = |longest: Duration| self.timeout.map_or(longest, |limit| longest.min(limit / 2));
        let now = tokio::time::Instant::now();
        let (mut end, last) = (now + share(HEARING), now + share(FETCHING));
        let mut past = Vec::new();
        while let Ok(Some(update)) = tokio::time::timeout_at(end, running.updates.recv()).await {
            match update {
                Update::Event(Event::CatchUp { missing, .. }) if missing > 0 => {
                    end = end.max(tokio::time::Instant::now() + NEXT).min(last);
                }
                Update::Event(Event::Line(line)) if line.late && line.sent_at < time.end => {
                    if self.of(&line) && time.contains(&line.sent_at) {
                        past.push(line);
                    }
                }
                other => waiting.push(other),
            }
        }
        past
    }

    /// What the history has. A line without an id that came later is heard by this command itself.
    fn kept(&self, settings: &Settings, time: Range<Millis>) -> Result<Vec<Line>, Failure> {
        let query = Query { since: Some(time.start), ..Query::default() };
        let Some(reader) = history::reader(settings)? else { return Ok(Vec::new()) };
        let ignored = settings.profile.social().unwrap_or_default().ignored; // if it is damaged, that was told
        let mut kept = reader.all(&query)?;
        kept.retain(|line| line.own || !line.peer.is_some_and(|peer| ignored.contains(&peer)));
        kept.retain(|line| (line.id.is_some() || line.received_at < time.end) && self.of(line));
        Ok(kept)
    }

    /// Whether a line is of a room that was asked for. Private lines are of none.
    fn of(&self, line: &Line) -> bool {
        let lobby = [RoomName::LOBBY];
        let rooms = if self.room.is_empty() { lobby.as_slice() } else { &self.room };
        rooms.iter().any(|room| room.to_safe() == line.room) && (self.room.is_empty() || !line.private)
    }
}

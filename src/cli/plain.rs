//! The chat without a screen: lines of stdin are said, what is heard is printed, one line each.
//!
//! No colours, no box drawing, nothing is redrawn: for scripts, logs, screen readers and dumb terminals. Typed at a
//! terminal, a line that starts with a slash is a command, see `plain_talk.rs`; from a pipe it is said.

use std::io::{self, BufRead, IsTerminal, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use super::failure::tell;
use super::output::Output;
use super::plain_talk::{Met, Next, Talk};
use super::quotes::Quotes;
use super::record::Record;
use super::settings::Settings;
use super::signals::{self, Signals};
use super::start::Running;
use super::{Failure, clock};
use crate::chat::limits::MAX_PEERS;
use crate::chat::{DirectState, Event, Kind};
use crate::session::{SayError, Session, Update};

/// A line of stdin longer than this, in bytes, becomes several.
const MAX_LINE: u64 = 64 << 10;
/// Pause before saying again what the session could not take.
const AGAIN: Duration = Duration::from_millis(100);

pub(super) async fn run(mut running: Running, settings: &Settings) -> Result<(), Failure> {
    running.notices.iter().for_each(|notice| tell(notice));
    if io::stdin().is_terminal() {
        let nick = &settings.nick.value;
        tell(&format!("you are {nick}; type a line and press Enter; /help lists the commands, Ctrl+D ends"));
    }
    let met: Met = Arc::new(Mutex::new(super::chat::known(settings).into_iter().collect()));
    let talk = || Talk::new(running.session.clone(), running.history.clone(), Arc::clone(&met));
    let talk = io::stdin().is_terminal().then(talk);
    let typed = talk.is_some();
    let mut signals = Signals::new()?;
    let output = Output::start(settings.json);
    let mut speaker = tokio::spawn(say_all(running.session.clone(), talk, lines()));
    let mut quotes = Quotes::default();
    let (end, patience) = loop {
        tokio::select! {
            update = running.updates.recv() => match update.inspect(|update| if typed { note(update, &met) }).map(|update| Record::of(update, &mut quotes, clock::now())) {
                Some(Some(record)) => output.record(&record).await,
                Some(None) => {}
                None => break (Err(Running::ended()), Some(signals::PATIENCE)),
            },
            said = &mut speaker => break (said.unwrap_or_else(|_| Err(Running::ended())), None),
            () = output.closed() => break (Ok(()), None),
            () = signals.next() => break (Ok(()), Some(signals::PATIENCE)),
        }
    };
    speaker.abort();
    running.leave().await;
    output.finish(patience).await?;
    end
}

/// Says line after line until the input ends.
async fn say_all(
    session: Session,
    mut talk: Option<Talk>,
    mut input: mpsc::Receiver<io::Result<String>>,
) -> Result<(), Failure> {
    let mut unsent = 0;
    while let Some(line) = input.recv().await {
        let line = line.map_err(|e| Failure::Failed(format!("cannot read stdin: {e}; start again")))?;
        if let Some(talk) = &mut talk {
            if obey(talk, &line).await {
                return Ok(());
            }
        } else if let Err(error) = say(&session, line).await {
            tell(&error.to_string());
            unsent += 1;
        }
    }
    match unsent {
        0 => Ok(()),
        n => Err(Failure::Failed(format!("lines not sent: {n}; the reasons are above"))),
    }
}

/// Does what was typed, trying again as [`say`] does; true if that was to leave.
async fn obey(talk: &mut Talk, typed: &str) -> bool {
    let mut told = false;
    loop {
        match talk.line(typed).await {
            Next::Done => return false,
            Next::Quit => return true,
            Next::Again(error) => {
                if error == SayError::NoNetwork && !told {
                    tell(&error.to_string());
                    told = true;
                }
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Tells of a private line that has not arrived; that one has is no news. Notes who is met.
fn note(update: &Update, met: &Met) {
    match update {
        Update::Event(Event::Direct { state: DirectState::Failed, .. }) => {
            tell("a private line was not delivered: its reader did not answer");
        }
        Update::Event(Event::Join(peer) | Event::Nick { peer, .. }) => {
            let mut met = met.lock().unwrap_or_else(PoisonError::into_inner);
            if met.len() < MAX_PEERS || met.contains_key(&peer.id) {
                met.insert(peer.id, peer.name.clone());
            }
        }
        _ => {}
    }
}

/// Says a line; returns when the session has taken it, so that no line is lost however fast they come or when the
/// network is away for a while.
async fn say(session: &Session, line: String) -> Result<(), SayError> {
    let mut told = false;
    loop {
        match session.say(Kind::Say, line.clone()).await {
            Err(SayError::Empty) => return Ok(()), // an empty line is a gap in a text, no mistake
            Err(SayError::Busy) => {}
            Err(error @ SayError::NoNetwork) => {
                if !told {
                    tell(&error.to_string());
                    told = true;
                }
            }
            said => return said,
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// The lines of stdin. Its thread ends with the program: a read of stdin cannot be cancelled.
pub(super) fn lines() -> mpsc::Receiver<io::Result<String>> {
    let (lines, queue) = mpsc::channel(16);
    std::thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        while let Some(line) = read_line(&mut stdin).transpose() {
            let failed = line.is_err();
            if lines.blocking_send(line).is_err() || failed {
                break;
            }
        }
    });
    queue
}

/// The next line without its end, none at the end of the input. Bytes that are no UTF-8 become U+FFFD.
fn read_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if input.take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&line);
    Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_any_input() {
        let long = "x".repeat(70_000);
        let text = format!("one\r\n\nthr\u{e9}e\n{long}\nlast");
        let mut input = text.as_bytes();
        let mut read = Vec::new();
        while let Some(line) = read_line(&mut input).unwrap() {
            read.push(line);
        }
        assert_eq!(read.concat(), format!("onethr\u{e9}e{long}last"));
        assert_eq!(read.len(), 6);
        assert_eq!(read_line(&mut &b"\xff\n"[..]).unwrap().unwrap(), "\u{fffd}");
    }
}

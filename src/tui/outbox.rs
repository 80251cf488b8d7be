//! The way out: what is asked of the session, one after the other, so that lines leave in the order in which they were
//! typed while the screen goes on.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use super::courier::Courier;
use super::files;
use super::model::Place;
use super::update::{Effect, Msg};
use crate::chat::{JoinError, Line, Millis, PeerId};
use crate::history::{History, Query, said_at};
use crate::session::{Session, Update};

/// The room in which the chat begins.
const LOBBY: &str = "lobby";
/// Lines of the past that are shown at the start.
const PAST: u32 = 200;

/// Lines that a search shows.
const FOUND: u32 = 500;
/// Lines that are shown before one that was found.
const BEFORE: u32 = 100;

/// Does the effects until there are no more to come. Answers become messages.
#[expect(clippy::too_many_lines, reason = "one arm an effect, each of a few lines")]
pub(super) async fn run(
    session: Session,
    courier: Courier,
    history: Option<History>,
    mut effects: UnboundedReceiver<Effect>,
    answers: UnboundedSender<Msg>,
) {
    if let Some(history) = &history {
        let _ = answers.send(Msg::Past(history.recent(LOBBY, PAST).await)); // the screen may be gone already
    }
    let _ = answers.send(Msg::Rooms(session.rooms().await, false));
    // Nobody to hear an answer means that the screen is gone.
    let _ = answers.send(Msg::Update(Update::Network(session.network().await)));
    while let Some(effect) = effects.recv().await {
        let answer = match effect {
            Effect::Say { kind, text, typed } => {
                session.say(kind, text).await.err().map(|e| Msg::Failed { typed, error: e.to_string() })
            }
            Effect::SayIn { room, kind, text, typed, about } => {
                let said = session.say_in(room, kind, text, about).await;
                said.err().map(|e| Msg::Failed { typed, error: e.to_string() })
            }
            Effect::Join(room) => match session.join(room).await {
                Ok(()) => None,
                Err(JoinError::Locked(room)) => Some(Msg::Locked(room)),
                Err(e) => Some(Msg::NotJoined(room, e.to_string())),
            },
            Effect::JoinLocked { room, passphrase } => {
                let joined = session.join_locked(room, passphrase).await;
                joined.err().map(|e| Msg::NotJoined(room, e.to_string()))
            }
            Effect::ChangeLock { room, passphrase } => {
                let changed = session.change_lock(room, passphrase).await;
                Some(Msg::LockChanged(room, changed.err().map(|e| e.to_string())))
            }
            Effect::Part(room) => {
                session.part(room);
                None
            }
            Effect::PastOf(place) => match &history {
                Some(history) => Some(Msg::PastOf(place, history.recent(&place.key(), PAST).await)),
                None => None,
            },
            Effect::Rooms { show } => Some(Msg::Rooms(session.rooms().await, show)),
            Effect::Away(away) => {
                session.set_away(away);
                None
            }
            Effect::Typing(whither) => {
                session.typing(whither);
                None
            }
            Effect::Ignore { peer, on } => {
                session.ignore(peer, on);
                None
            }
            Effect::Direct { to, kind, text, typed } => Some(match session.direct(to, kind, text).await {
                Ok(_) => continue, // the line itself and its fate come as events
                Err(e) => Msg::Failed { typed, error: e.to_string() },
            }),
            Effect::Kept => Some(Msg::Kept(session.kept().await)),
            Effect::Withdraw(reader) => Some(Msg::Withdrawn(reader, session.withdraw(reader).await)),
            Effect::SetNick(nick) => {
                session.set_nick(nick);
                None
            }
            Effect::Read { room } => {
                if let Some(history) = &history {
                    history.set_read_mark(room.as_str());
                }
                None
            }
            Effect::Heard => Some(Msg::Heard(session.heard().await)),
            Effect::Neighbours => Some(Msg::Neighbours(session.neighbours().await)),
            Effect::Who => Some(Msg::Who(session.who().await)),
            Effect::HeardOf { entry, line, next } => {
                // A line of an earlier run has another epoch, and nobody tells of it any more.
                let mine = session.epoch() == line.epoch && session.me() == line.sender;
                let heard = if mine { session.heard_before(next).await } else { None };
                Some(Msg::HeardOf(entry, heard))
            }
            Effect::Search(words) => {
                let lines = match &history {
                    Some(history) => {
                        let query =
                            Query { words: Some(words.clone()), limit: Some(FOUND), ..Query::default() };
                        Some(history.search(query).await)
                    }
                    None => None,
                };
                Some(Msg::Found(words, lines))
            }
            Effect::Around { line, until } => {
                let lines = match &history {
                    Some(history) => around(history, session.me(), &line, until).await,
                    None => Vec::new(),
                };
                Some(Msg::Around(line, lines))
            }
            Effect::Report => Some(Msg::Report(Box::new(session.report().await))),
            Effect::PairWords(peer) => Some(Msg::PairWords(peer, session.pair_words(peer).await)),
            Effect::Trust { peer, trust } => {
                session.set_trust(peer, trust).await; // who is not known any more need not be told
                None
            }
            Effect::Ping(peer) => {
                session.ping(peer, 0).await; // who has just left is not pinged
                None
            }
            effect @ (Effect::SendFile { .. } | Effect::AnswerFile { .. } | Effect::CancelFile { .. }) => {
                courier.obey(effect);
                None
            }
            Effect::Files { typed } => {
                Some(Msg::Files { found: files::starting(typed.clone()).await, typed })
            }
            // The loop does these itself.
            Effect::Copy(_)
            | Effect::Open(_)
            | Effect::ShowBare(_)
            | Effect::Back
            | Effect::Theme(_)
            | Effect::Redraw
            | Effect::Quit
            | Effect::Suspend
            | Effect::Editor { .. }
            | Effect::Reload
            | Effect::Call(_) => None,
        };
        if let Some(answer) = answer {
            let _ = answers.send(answer);
        }
    }
}

/// The lines from a little before `line` up to `until`, oldest first.
async fn around(history: &History, me: PeerId, line: &Line, until: Option<Millis>) -> Vec<Line> {
    let at = said_at(line);
    let place = Some(Place::of(line, me).key());
    let before = Query { place: place.clone(), until: Some(at), limit: Some(BEFORE), ..Query::default() };
    let after = Query {
        place,
        since: Some(at),
        until: until.map(|until| until.saturating_add(1)),
        ..Query::default()
    };
    let mut lines = history.search(before).await;
    lines.extend(history.search(after).await);
    lines
}

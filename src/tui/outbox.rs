//! The way out: what is asked of the session, one after the other, so that lines leave in the order in which they were
//! typed while the screen goes on.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use super::courier::Courier;
use super::files;
use super::update::{Effect, Msg};
use crate::history::History;
use crate::session::{Session, Update};

/// The room in which the chat begins.
const LOBBY: &str = "lobby";
/// Lines of the past that are shown at the start.
const PAST: u32 = 200;

/// Does the effects until there are no more to come. Answers become messages.
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
    // Nobody to hear an answer means that the screen is gone.
    let _ = answers.send(Msg::Update(Update::Network(session.network().await)));
    while let Some(effect) = effects.recv().await {
        let answer = match effect {
            Effect::Say { kind, text, typed } => {
                session.say(kind, text).await.err().map(|e| Msg::Failed { typed, error: e.to_string() })
            }
            Effect::Direct { to, kind, text, typed } => Some(match session.direct(to, kind, text).await {
                Ok(id) => Msg::Sent(id),
                Err(e) => Msg::Failed { typed, error: e.to_string() },
            }),
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
            effect @ (Effect::SendFile { .. } | Effect::AnswerFile { .. } | Effect::CancelFile { .. }) => {
                courier.obey(effect);
                None
            }
            // The loop does these itself.
            Effect::Redraw
            | Effect::Quit
            | Effect::Suspend
            | Effect::Editor { .. }
            | Effect::Reload
            | Effect::Call(_) => None,
            Effect::Files { typed } => {
                Some(Msg::Files { found: files::starting(typed.clone()).await, typed })
            }
        };
        if let Some(answer) = answer {
            let _ = answers.send(answer);
        }
    }
}

//! The commands of the chat without a screen, for who types at a terminal: those of the screen that need none.
//!
//! From a pipe nothing is a command: whatever a script writes is said.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::failure::tell;
use super::output;
use super::quotes::Quotes;
use crate::chat::{Kind, Nick, PeerId, PeerState, Room, RoomName};
use crate::history::{History, Query};
use crate::session::{FindError, SayError, Session, find_reader};
use crate::text::SafeText;
use crate::tui::command::{self, Command, Input};

/// The commands there are here.
const KNOWN: [&str; 19] = [
    "help", "me", "msg", "query", "nick", "who", "whois", "heard", "join", "part", "rooms", "topic", "away",
    "back", "ignore", "unignore", "search", "net", "quit",
];
/// Lines told of a search.
const FOUND: u32 = 20;

/// Where what is typed goes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Room(RoomName),
    Peer(PeerId, String),
}

/// What somebody types, line by line.
#[derive(Debug)]
pub(super) struct Talk {
    session: Session,
    history: Option<History>,
    met: Met,
    place: Place,
}

/// Who was met, in earlier runs and in this one, under which nickname: one can write to them also when they are not here.
pub(super) type Met = Arc<Mutex<BTreeMap<PeerId, SafeText>>>;

/// What a typed line came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It is done, or why not was told.
    Done,
    /// The session could not take it: again in a moment.
    Again(SayError),
    /// The user leaves.
    Quit,
}

impl Talk {
    pub(super) fn new(session: Session, history: Option<History>, met: Met) -> Self {
        Self { session, history, met, place: Place::Room(RoomName::LOBBY) }
    }

    /// Does what a line means.
    pub(super) async fn line(&mut self, typed: &str) -> Next {
        let result = match command::parse(typed.trim_end()) {
            Ok(Input::Say(text)) => self.say(Kind::Say, text).await,
            Ok(Input::Do(Command::Me(text))) => self.say(Kind::Action, text).await,
            Ok(Input::Do(Command::Quit)) => return Next::Quit,
            Ok(Input::Do(command)) => self.command(command).await,
            Err(bad) => Err(Trouble::Told(bad.to_string())),
        };
        match result {
            Ok(()) | Err(Trouble::Say(SayError::Empty)) => Next::Done,
            Err(Trouble::Say(error @ (SayError::Busy | SayError::NoNetwork))) => Next::Again(error),
            Err(Trouble::Say(error)) => done(&error.to_string()),
            Err(Trouble::Told(text)) => done(&text),
        }
    }

    async fn say(&self, kind: Kind, text: String) -> Result<(), Trouble> {
        match &self.place {
            Place::Room(room) => self.session.say_in(*room, kind, text, None).await?,
            Place::Peer(peer, _) => {
                self.session.direct(*peer, kind, text).await?;
            }
        }
        Ok(())
    }

    async fn command(&mut self, command: Command) -> Result<(), Trouble> {
        let session = self.session.clone();
        match command {
            Command::Help(None) => {
                KNOWN.iter().filter_map(|name| command::help(Some(name)).ok()).for_each(|line| tell(&line));
            }
            Command::Help(Some(topic)) => {
                tell(&command::help(Some(&topic)).unwrap_or_else(|bad| bad.to_string()));
            }
            Command::Msg { to, text } => {
                let (peer, _) = self.reader(&to).await?;
                session.direct(peer, Kind::Say, text).await?;
            }
            Command::Query(name) => {
                let (peer, name) = self.reader(&name).await?;
                self.go(Place::Peer(peer, name));
            }
            Command::Nick(name) => {
                let nick: Nick =
                    name.parse().map_err(|bad| Trouble::Told(format!("{bad}; choose another")))?;
                tell(&format!("your nickname is {nick} now"));
                session.set_nick(nick);
            }
            Command::Who => self.who().await,
            Command::Whois(name) => self.whois(&name).await?,
            Command::Heard => self.heard().await,
            Command::Join(name) => {
                let room: RoomName = name.trim().parse().map_err(|bad| Trouble::Told(format!("{bad}")))?;
                session.join(room).await.map_err(|error| Trouble::Told(error.to_string()))?;
                self.go(Place::Room(room));
            }
            Command::Part(name) => self.part(name.as_deref())?,
            Command::Rooms => session.rooms().await.iter().for_each(|room| tell(&about(room))),
            Command::Topic(topic) => self.topic(topic).await?,
            Command::Away(text) => {
                session.set_away(Some(text.unwrap_or_default()));
                tell("others see that you are away; /back when you are back");
            }
            Command::Back => {
                session.set_away(None);
                tell("others see that you are back");
            }
            Command::Ignore(Some(name)) => {
                let peer = session.find(&name).await?;
                session.ignore(peer.id, true);
                tell(&format!("what {} says is hidden; /unignore shows it again", peer.name));
            }
            Command::Unignore(name) => {
                let peer = session.find(&name).await?;
                session.ignore(peer.id, false);
                tell(&format!("what {} says is shown again", peer.name));
            }
            Command::Search(words) => self.search(words).await?,
            Command::Net => {
                let all = session.neighbours().await;
                tell(&format!("computers that announce themselves: {}", all.len()));
                for n in all {
                    tell(&format!("{}, {}, {}", n.name, n.kind.words(), n.address));
                }
            }
            _ => {
                return Err(Trouble::Told(
                    "that needs the screen: start lanchat without --plain; /help".to_owned(),
                ));
            }
        }
        Ok(())
    }

    /// Whom a name means that somebody writes to, and how it is shown.
    async fn reader(&self, name: &str) -> Result<(PeerId, String), FindError> {
        let here = self.session.who().await;
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let id = find_reader(&here, &met, name)?;
        let peer = here.iter().find(|peer| peer.id == id).map(|peer| &peer.name);
        Ok((id, peer.or_else(|| met.get(&id)).map_or_else(|| id.to_string(), ToString::to_string)))
    }

    fn go(&mut self, place: Place) {
        tell(&match &place {
            Place::Room(room) => format!("what you type goes to #{room}; /part goes back to the lobby"),
            Place::Peer(_, name) => {
                format!("what you type goes to {name} only; /part goes back to the lobby")
            }
        });
        self.place = place;
    }

    fn part(&mut self, name: Option<&str>) -> Result<(), Trouble> {
        let room = match name {
            Some(name) => Some(name.parse::<RoomName>().map_err(|bad| Trouble::Told(format!("{bad}")))?),
            None => match &self.place {
                Place::Room(room) => Some(*room),
                Place::Peer(..) => None,
            },
        };
        if room.is_some_and(|room| room.is_lobby()) {
            return Err(Trouble::Told("the lobby cannot be left; /quit leaves the chat".to_owned()));
        }
        if let Some(room) = room {
            self.session.part(room);
        }
        if room.is_none_or(|room| self.place == Place::Room(room)) {
            self.place = Place::Room(RoomName::LOBBY);
            tell("what you type goes to everybody again");
        }
        Ok(())
    }

    async fn topic(&self, topic: Option<String>) -> Result<(), Trouble> {
        let Place::Room(room) = self.place else {
            return Err(Trouble::Told("a private conversation has no topic".to_owned()));
        };
        if let Some(topic) = topic {
            self.session.set_topic(room, topic).await?;
            return Ok(());
        }
        let rooms = self.session.rooms().await;
        let known = rooms.iter().find(|known| known.name == room).map(|known| known.topic.to_string());
        tell(&known.filter(|topic| !topic.is_empty()).unwrap_or_else(|| "there is no topic".to_owned()));
        Ok(())
    }

    async fn who(&self) {
        let peers = self.session.who().await;
        tell(&match peers.len() {
            0 => "nobody else is here yet; lanchat has to run on another machine of this network".to_owned(),
            1 => "one other is here".to_owned(),
            n => format!("{n} others are here"),
        });
        for p in peers {
            let quiet = if p.state == PeerState::Quiet { ", quiet" } else { "" };
            let away = p.away.map(|text| format!(", away {text}")).unwrap_or_default();
            tell(&format!(
                "{}, on {}, {}, {}{quiet}{}",
                p.name,
                p.host,
                p.address,
                p.trust.as_str(),
                away.trim_end()
            ));
        }
    }

    async fn whois(&self, name: &str) -> Result<(), Trouble> {
        let p = self.session.find(name).await?;
        tell(&format!("{}, {}, on {}, {}", p.name, p.trust.as_str(), p.host, p.address));
        tell(&format!("key {}; its words: {}", p.id, p.words));
        Ok(())
    }

    async fn heard(&self) {
        let (heard, peers) = (self.session.heard().await, self.session.who().await);
        let Some((holders, others)) = heard else { return tell("you have not said anything yet") };
        let names: Vec<String> =
            peers.iter().filter(|p| holders.contains(&p.id)).map(|p| p.name.to_string()).collect();
        tell(&format!(
            "your last line was heard by {} of {}: {}",
            holders.len(),
            holders.len() + others.len(),
            names.join(", ")
        ));
    }

    async fn search(&self, words: String) -> Result<(), Trouble> {
        let Some(history) = &self.history else {
            return Err(Trouble::Told("nothing is kept that could be searched".to_owned()));
        };
        let query = Query { words: Some(words), limit: Some(FOUND), ..Query::default() };
        let found = history.search(query).await;
        tell(&match found.len() {
            0 => "nothing was found".to_owned(),
            n => format!("the newest {n} found:"),
        });
        let mut quotes = Quotes::default();
        for line in found {
            tell(output::past(line, &mut quotes, false).trim_end());
        }
        Ok(())
    }
}

fn about(room: &Room) -> String {
    let joined = if room.joined { ", you are in it" } else { "" };
    let topic = if room.topic.as_str().is_empty() { String::new() } else { format!(": {}", room.topic) };
    format!("#{}, {} in it{joined}{topic}", room.name, room.members.len())
}

fn done(text: &str) -> Next {
    tell(text);
    Next::Done
}

/// Why a line was not done.
#[derive(Debug)]
enum Trouble {
    Say(SayError),
    Told(String),
}

impl From<SayError> for Trouble {
    fn from(error: SayError) -> Self {
        Self::Say(error)
    }
}

impl From<FindError> for Trouble {
    fn from(error: FindError) -> Self {
        Self::Told(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_that_is_told_of_is_one() {
        for name in KNOWN {
            assert!(command::help(Some(name)).is_ok(), "{name}");
        }
    }
}

//! What is heard, as a line of text or as a JSON object (cli contract: fields are added, never renamed).

use std::net::IpAddr;

use serde::Serialize;

use super::clock;
use super::quotes::{Quoted, Quotes, shown};
use crate::chat::{DirectState, Event, Kind, LeaveReason, Line, Millis, Peer, RoomName};
use crate::neighbours::Popup;
use crate::session::Update;
use crate::text::SafeText;

/// One line of output, before it has a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Record {
    Line {
        id: Option<String>,
        room: SafeText,
        from: SafeText,
        peer: Option<String>,
        host: SafeText,
        address: Option<IpAddr>,
        text: SafeText,
        sent_at: String,
        received_at: String,
        trust: &'static str,
        private: bool,
        late: bool,
        action: bool,
        /// For people nothing is said of how far to trust oneself.
        #[serde(skip)]
        own: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        reply_to: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        quote: Option<SafeText>,
        #[serde(flatten)]
        quoted: Option<Quoted>,
    },
    Topic {
        id: Option<String>,
        room: SafeText,
        from: SafeText,
        peer: Option<String>,
        text: SafeText,
        sent_at: String,
        received_at: String,
        trust: &'static str,
    },
    Reaction {
        id: Option<String>,
        room: SafeText,
        from: SafeText,
        peer: Option<String>,
        text: SafeText,
        to: Option<String>,
        quote: Option<SafeText>,
        #[serde(flatten)]
        quoted: Option<Quoted>,
        sent_at: String,
        received_at: String,
        trust: &'static str,
    },
    Join {
        #[serde(flatten)]
        who: Who,
        received_at: String,
    },
    Leave {
        #[serde(flatten)]
        who: Who,
        reason: &'static str,
        received_at: String,
    },
    Nick {
        #[serde(flatten)]
        who: Who,
        old: SafeText,
        received_at: String,
    },
    Gap {
        from: SafeText,
        peer: String,
        count: u32,
        epoch: u32,
        first: u32,
        last: u32,
        received_at: String,
    },
    /// What became of a private line of one's own.
    Private {
        id: String,
        to: SafeText,
        peer: String,
        state: &'static str,
        received_at: String,
    },
    Popup {
        from: SafeText,
        to: SafeText,
        host: SafeText,
        address: IpAddr,
        text: SafeText,
        received_at: String,
    },
    Notice {
        text: SafeText,
        received_at: String,
        #[serde(flatten)]
        about: Option<Warned>,
    },
}

/// Of whom a notice warns: `peer` goes by the nickname of `other`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Warned {
    warning: &'static str,
    peer: String,
    other: String,
}

/// The peer that a record is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Who {
    from: SafeText,
    peer: String,
    host: SafeText,
    address: IpAddr,
    trust: &'static str,
}

impl Record {
    /// What to print of an update at the time `now`; none for own lines and what only a screen shows.
    pub(super) fn of(update: Update, quotes: &mut Quotes, now: Millis) -> Option<Self> {
        let received_at = clock::rfc3339(now);
        let event = match update {
            Update::Event(event) => event,
            Update::Popup(popup) => return Some(Self::popup(popup, now)),
            Update::Network(network) if network.interfaces.is_empty() => {
                let text = "no network interface can be used now; waiting for one";
                return Some(Self::Notice { text: SafeText::line(text), received_at, about: None });
            }
            Update::Network(_) | Update::Met { .. } | Update::Trusted { .. } | Update::Social { .. } => {
                return None;
            }
        };
        Some(match event {
            Event::Line(line) => {
                let answered = quotes.of(&line);
                if line.own {
                    return None;
                }
                Self::line(line, answered)
            }
            Event::Join(peer) => Self::Join { who: Who::of(peer), received_at },
            Event::Leave { peer, reason } => {
                Self::Leave { who: Who::of(peer), reason: reason.as_str(), received_at }
            }
            Event::Nick { peer, .. } if peer.ignored => return None,
            Event::Nick { old, peer } => Self::Nick { who: Who::of(peer), old, received_at },
            Event::Gap { peer, from, count, epoch, numbers } => {
                let (first, last) = (numbers.start, numbers.end.saturating_sub(1));
                Self::Gap { from, peer: peer.to_string(), count, epoch, first, last, received_at }
            }
            Event::OwnName { name, with } => {
                Self::Notice { text: own_name(&name, with.is_some()), received_at, about: None }
            }
            Event::Warning(warning) => {
                let word = if warning.other.same { "key_changed" } else { "looks_like" };
                let (peer, other) = (warning.peer.to_string(), warning.other.id.to_string());
                let about = Some(Warned { warning: word, peer, other });
                Self::Notice { text: warning.text(false), received_at, about }
            }
            Event::Notice(text) => Self::Notice { text, received_at, about: None },
            Event::Lock { room, news } => Self::Notice { text: news.told(room), received_at, about: None },
            Event::Direct { state: DirectState::Sent, .. }
            | Event::Secret(_)
            | Event::Changed(_)
            | Event::Pong { .. }
            | Event::CatchUp { .. }
            | Event::Typing { .. }
            | Event::Filled { .. } => return None,
            Event::Direct { line, to, name, state } => {
                let (id, peer) = (line.to_string(), to.to_string());
                Self::Private { id, to: name, peer, state: state.as_str(), received_at }
            }
        })
    }

    /// What to print of a pop-up that came at the time `now`.
    pub(super) fn popup(popup: Popup, now: Millis) -> Self {
        let Popup { from, to, text, host, address } = popup;
        Self::Popup { from, to, host, address, text, received_at: clock::rfc3339(now) }
    }

    /// What to print of a line, own ones too; `quoted` is what it answers, if that is known.
    pub(super) fn line(line: Line, quoted: Option<Quoted>) -> Self {
        let (id, peer) = (line.id.map(|id| id.to_string()), line.peer.map(|id| id.to_string()));
        let (to, quote) = line.about.map(|about| (about.line.to_string(), about.quote)).unzip();
        let (sent_at, received_at) = (clock::rfc3339(line.sent_at), clock::rfc3339(line.received_at));
        let Line { room, from, text, .. } = line;
        let trust = line.trust.as_str();
        match line.kind {
            Kind::Topic => return Self::Topic { id, room, from, peer, text, sent_at, received_at, trust },
            Kind::Reaction => {
                return Self::Reaction {
                    id,
                    room,
                    from,
                    peer,
                    text,
                    to,
                    quote,
                    quoted,
                    sent_at,
                    received_at,
                    trust,
                };
            }
            Kind::Say | Kind::Action => {}
        }
        Self::Line {
            id,
            room,
            from,
            peer,
            host: line.host,
            address: line.address,
            text,
            sent_at,
            received_at,
            trust,
            private: line.private,
            late: line.late,
            action: line.kind == Kind::Action,
            own: line.own,
            reply_to: to,
            quote,
            quoted,
        }
    }

    /// Whether it is something somebody said.
    pub(super) fn is_line(&self) -> bool {
        matches!(self, Self::Line { .. })
    }

    /// The JSON object, on one line.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() // a record has only strings, numbers and flags
    }

    /// The line for people, without its time. What a peer controls comes after what it does not.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Line { from, text, private, late, action, own, trust, room, quote, quoted, .. } => {
                let place = place(room);
                let flags = [(*private, "private"), (*late, "late"), (!own && *trust != "known", *trust)];
                let flags = flags.iter().filter(|(set, _)| *set);
                let flags: String = flags.flat_map(|(_, word)| [word, " "]).collect();
                let text = SafeText::line(text.as_str());
                let quote = shown(from, quote.as_ref(), quoted.as_ref()).map(|q| q + " ").unwrap_or_default();
                if *action {
                    format!("{place}{flags}* {from} {quote}{text}")
                } else {
                    format!("{place}{flags}<{from}> {quote}{text}")
                }
            }
            Self::Topic { room, from, text, .. } => {
                format!("{}* {from} changed the topic: {text}", place(room))
            }
            Self::Reaction { room, from, text, quote, quoted, .. } => {
                let quote = shown(from, quote.as_ref(), quoted.as_ref()).unwrap_or_default();
                format!("{}* {from} reacts {text} to {quote}", place(room))
            }
            Self::Join { who, .. } => format!("{} ({}) is here", who.from, who.host),
            Self::Leave { who, reason, .. } if *reason == LeaveReason::Goodbye.as_str() => {
                format!("{} has left", who.from)
            }
            Self::Leave { who, .. } => format!("{} is no longer heard", who.from),
            Self::Nick { who, old, .. } => format!("{old} is now called {}", who.from),
            Self::Gap { from, count: 1, .. } => format!("1 line of {from} is missing"),
            Self::Gap { from, count, .. } => format!("{count} lines of {from} are missing"),
            Self::Private { to, state, .. } if *state == DirectState::Kept.as_str() => {
                format!("note: a private line of yours is kept until {to} returns")
            }
            Self::Private { to, state, .. } => format!("note: a private line of yours to {to}: {state}"),
            Self::Popup { from, to, address, text, .. } => {
                let text = SafeText::line(text.as_str());
                format!("pop-up from {address}, unsigned, as {from} to {to}: {text}")
            }
            Self::Notice { text, about: Some(_), .. } => SafeText::line(text.as_str()).to_string(),
            Self::Notice { text, .. } => format!("note: {}", SafeText::line(text.as_str())),
        }
    }
}

impl Who {
    fn of(peer: Peer) -> Self {
        Self {
            from: peer.name,
            peer: peer.id.to_string(),
            host: peer.host,
            address: peer.address,
            trust: peer.trust.as_str(),
        }
    }
}

/// The room in front of a line that is not of the lobby.
fn place(room: &SafeText) -> String {
    if room.as_str() == RoomName::LOBBY.as_str() { String::new() } else { format!("#{room} ") }
}

fn own_name(name: &SafeText, clash: bool) -> SafeText {
    let text = if clash {
        format!(
            "others see you as {name}, because somebody here had your nickname first; choose another with --nick"
        )
    } else {
        format!("others see you as {name} again")
    };
    SafeText::line(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{About, LineId, PeerId, PeerState, Trust};

    fn line() -> Line {
        let sender = PeerId([0x3f, 0x9a, 1, 2, 3, 4, 5, 6]);
        Line {
            id: Some(LineId { sender, epoch: 1_700_000_000, seq: 7 }),
            room: SafeText::line("lobby"),
            kind: Kind::Say,
            from: SafeText::line("alice"),
            peer: Some(sender),
            host: SafeText::line("ORION"),
            address: Some([10, 77, 0, 1].into()),
            text: SafeText::clean("hello\nworld"),
            sent_at: 1_700_000_000_123,
            received_at: 1_700_000_000_125,
            trust: Trust::Known,
            private: false,
            to: None,
            late: false,
            own: false,
            about: None,
        }
    }

    fn peer() -> Peer {
        Peer {
            id: PeerId([0x3f, 0x9a, 1, 2, 3, 4, 5, 6]),
            nick: "alice".parse().unwrap(),
            name: SafeText::line("alice~3f9a"),
            host: SafeText::line("ORION"),
            address: [10, 77, 0, 1].into(),
            state: PeerState::Here,
            version: SafeText::line("0.1.0"),
            trust: Trust::New,
            words: String::new(),
            rtt: None,
            since: 0,
            arrived: true,
            rooms: Vec::new(),
            away: None,
            ignored: false,
            doubts: crate::chat::Doubts::default(),
        }
    }

    fn warning() -> Event {
        let other = crate::chat::Other {
            id: PeerId([0x77; 8]),
            nick: "alice".parse().unwrap(),
            trust: Trust::Verified,
            same: true,
        };
        let (name, other_name) = (SafeText::line("alice~3f9a"), SafeText::line("alice~7777"));
        Event::Warning(Box::new(crate::chat::Warning { peer: peer().id, name, other, other_name }))
    }

    #[test]
    fn every_record_in_both_forms() {
        let unsigned = Line {
            id: None,
            peer: None,
            from: SafeText::line("WIN98"),
            trust: Trust::Unsigned,
            kind: Kind::Action,
            private: true,
            late: true,
            ..line()
        };
        let id = peer().id;
        let about = Some(About { line: line().id.unwrap(), quote: SafeText::line("bob: lunch?") });
        let lunch = SafeText::line("lunch");
        let reply = Line { about: about.clone(), room: lunch.clone(), ..line() };
        let topic = Line { kind: Kind::Topic, room: lunch, text: SafeText::line("pizza"), ..line() };
        let reaction =
            Line { kind: Kind::Reaction, text: SafeText::line("👍"), about: about.clone(), ..line() };
        let events = [
            Event::Line(line()),
            Event::Line(Line { about, ..line() }),
            Event::Line(reply),
            Event::Line(topic),
            Event::Line(reaction),
            Event::Line(unsigned),
            Event::Join(peer()),
            Event::Leave { peer: peer(), reason: LeaveReason::Goodbye },
            Event::Leave { peer: peer(), reason: LeaveReason::Timeout },
            Event::Nick { old: SafeText::line("bob"), peer: peer() },
            Event::Gap { peer: id, from: SafeText::line("alice"), count: 3, epoch: 1, numbers: 1..4 },
            Event::OwnName { name: SafeText::line("bob~1111"), with: Some(id) },
            Event::Notice(SafeText::clean("two\nlines")),
            warning(),
            Event::Line(Line { trust: Trust::Doubtful, ..line() }),
            Event::Line(Line { trust: Trust::Verified, private: true, ..line() }),
        ];
        let mut shown = String::new();
        let mut quotes = Quotes::default();
        for event in events {
            let record = Record::of(Update::Event(event), &mut quotes, 1_700_000_000_200).unwrap();
            shown.extend([record.text(), "\n".to_owned(), record.json(), "\n".to_owned()]);
        }
        let popup = Popup {
            from: SafeText::line("BOSS"),
            to: SafeText::line("WORKGROUP"),
            text: SafeText::clean("lunch\nis ready"),
            host: SafeText::line("WIN98"),
            address: [10, 77, 0, 9].into(),
        };
        let record = Record::of(Update::Popup(popup), &mut quotes, 1_700_000_000_200).unwrap();
        shown.extend([record.text(), "\n".to_owned(), record.json(), "\n".to_owned()]);
        insta::assert_snapshot!(shown);
    }

    #[test]
    fn own_lines_are_not_echoed() {
        let own = Line { own: true, ..line() };
        assert_eq!(Record::of(Update::Event(Event::Line(own)), &mut Quotes::default(), 0), None);
    }
}

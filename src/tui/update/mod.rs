//! What changes the model, and what is to be done about it. Pure: no clock, no terminal, no network.

mod hear;
mod keys;
mod obey;
mod transfer;

use std::path::PathBuf;

pub use transfer::News;

use super::key::Key;
use super::model::{Level, Model, Scroll};
use crate::chat::{DirectId, Kind, Nick, Peer, PeerId};
use crate::history::Recent;
use crate::neighbours::Neighbour;
use crate::session::{Heard, Update};
use crate::text::SafeText;
use crate::transfer::TransferId;

/// Bytes that the composer takes: several times what can be sent, and little enough to be wrapped at every key.
const MAX_BYTES: usize = 256 << 10;

/// What has happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// The screen has so many columns and rows.
    Resize(u16, u16),
    /// The terminal got the keyboard's focus, or lost it.
    Focus(bool),
    /// The session has news.
    Update(Update),
    /// A private line is on its way.
    Sent(DirectId),
    /// A line could not be sent.
    Failed {
        /// What was typed.
        typed: String,
        /// Why.
        error: String,
    },
    /// What was said before this start.
    Past(Recent),
    /// The answer to [`Effect::Who`].
    Who(Vec<Peer>),
    /// The answer to [`Effect::Neighbours`].
    Neighbours(Vec<Neighbour>),
    /// The answer to [`Effect::Heard`].
    Heard(Option<Heard>),
    /// News of files.
    File(News),
}

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Say a line to everybody.
    Say {
        /// Speech or action.
        kind: Kind,
        /// The line.
        text: String,
        /// What was typed, for [`Msg::Failed`].
        typed: String,
    },
    /// Say a line to one peer.
    Direct {
        /// The reader.
        to: PeerId,
        /// Speech or action.
        kind: Kind,
        /// The line.
        text: String,
        /// What was typed, for [`Msg::Failed`].
        typed: String,
    },
    /// Take another nickname.
    SetNick(Nick),
    /// Note that everything shown in the room was read.
    Read {
        /// The room.
        room: SafeText,
    },
    /// Offer a file to a peer.
    SendFile {
        /// Whom.
        to: Peer,
        /// Which file, as typed.
        path: PathBuf,
    },
    /// Take an offered file, or decline it.
    AnswerFile {
        /// Which.
        id: TransferId,
        /// Take it.
        accept: bool,
    },
    /// End a transfer.
    CancelFile {
        /// Which.
        id: TransferId,
    },
    /// Ask who has one's last line; the answer is [`Msg::Heard`].
    Heard,
    /// Ask who is here; the answer is [`Msg::Who`].
    Who,
    /// Ask which computers announce themselves; the answer is [`Msg::Neighbours`].
    Neighbours,
    /// Draw the whole screen anew, whatever another program left there.
    Redraw,
    /// Leave.
    Quit,
}

/// Changes `model` by what has happened and tells what is to be done.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let mut effects = match msg {
        Msg::Key(key) => keys::pressed(model, key),
        Msg::Paste(text) => {
            model.completion = None;
            model.leaving = false;
            if text.len() + model.composer.text().len() > MAX_BYTES {
                let size = text.len();
                model.notice(
                    Level::Error,
                    &format!("the paste has {size} bytes, too many for a message; paste less"),
                );
                return Vec::new();
            }
            // The line break that ends a copied line is not meant as one of the message.
            let text = text.strip_suffix('\n').unwrap_or(&text);
            model.composer.insert(text.strip_suffix('\r').unwrap_or(text));
            Vec::new()
        }
        Msg::Resize(width, height) => {
            model.size = (width, height);
            Vec::new()
        }
        Msg::Focus(focused) => {
            model.focused = focused;
            Vec::new()
        }
        Msg::Update(Update::Event(event)) => {
            hear::event(model, event);
            Vec::new()
        }
        Msg::Update(Update::Network(network)) => {
            hear::network(model, network);
            Vec::new()
        }
        Msg::Update(Update::Popup(popup)) => {
            hear::popup(model, popup);
            Vec::new()
        }
        Msg::Update(Update::Met { .. }) => Vec::new(), // for the profile, not for the screen
        Msg::Sent(id) => {
            let known = model.directs.sent(id);
            hear::mark(model, known);
            Vec::new()
        }
        Msg::Failed { typed, error } => {
            model.notice(Level::Error, SafeText::line(&error).as_str());
            if model.composer.is_empty() {
                model.composer.set(&typed);
            }
            Vec::new()
        }
        Msg::Past(recent) => {
            hear::past(model, recent);
            Vec::new()
        }
        Msg::Heard(heard) => {
            obey::show_heard(model, heard);
            Vec::new()
        }
        Msg::Neighbours(neighbours) => {
            obey::show_neighbours(model, &neighbours);
            Vec::new()
        }
        Msg::File(news) => {
            transfer::news(model, news);
            Vec::new()
        }
        Msg::Who(peers) => {
            obey::show_who(model, peers);
            Vec::new()
        }
    };
    model.composer.set_width(model.composer_width());
    if model.focused && model.scroll == Scroll::Newest {
        model.unread = 0;
        if std::mem::take(&mut model.unmarked) {
            effects.push(Effect::Read { room: model.room.clone() });
        }
    }
    effects
}

#[cfg(test)]
mod tests;

//! [`Asking`]: a passphrase that is asked for. What is typed is neither shown nor kept anywhere else.

use crate::chat::{Passphrase, RoomName};

/// What a passphrase is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To join a locked room.
    Join,
    /// To give a locked room another one: asked for twice.
    Change,
}

/// A question for a passphrase.
#[derive(Debug)]
pub struct Asking {
    /// Of which room.
    pub room: RoomName,
    /// What for.
    pub purpose: Purpose,
    /// What is typed so far.
    pub typed: Passphrase,
    /// What was typed the first time.
    pub first: Option<Passphrase>,
    /// What was wrong with it, and what is asked for now.
    pub problem: Option<&'static str>,
}

impl Asking {
    /// Nothing is typed yet.
    pub fn new(room: RoomName, purpose: Purpose) -> Self {
        Self { room, purpose, typed: Passphrase::default(), first: None, problem: None }
    }

    /// The question.
    pub fn question(&self) -> String {
        let room = self.room.as_str();
        match (self.purpose, &self.first) {
            (Purpose::Join, _) => format!("passphrase of #{room}"),
            (Purpose::Change, None) => format!("new passphrase of #{room}"),
            (Purpose::Change, Some(_)) => format!("again, for #{room}"),
        }
    }
}

//! Passphrases of locked rooms: made into keys on a thread of their own, since that takes a tenth of a second.

use super::handle::{Command, Session};
use crate::chat::{Cost, JoinError, Passphrase, RoomKey, RoomName};

impl Session {
    /// Joins the locked room of this name and passphrase: first its lines that are held here come, then those that are said.
    ///
    /// # Errors
    /// When one is in too many rooms, or 64 MiB of memory cannot be had. A passphrase that nobody else uses is no error: it is
    /// another room.
    pub async fn join_locked(&self, room: RoomName, passphrase: Passphrase) -> Result<(), JoinError> {
        let key = key(room, passphrase).await?;
        let joined = self.ask(|reply| Command::JoinLocked { room, key, reply }).await;
        joined.unwrap_or(Err(JoinError::Ended))
    }

    /// Joins a room: with a passphrase the locked one of this name. Returns which it is.
    ///
    /// # Errors
    /// As [`Session::join`] and [`Session::join_locked`].
    pub async fn enter(&self, room: RoomName, passphrase: Option<Passphrase>) -> Result<RoomName, JoinError> {
        match passphrase {
            None => self.join(room).await.map(|()| room),
            Some(passphrase) => self.join_locked(room, passphrase).await.map(|()| room.to_locked()),
        }
    }

    /// Gives a locked room that this node is in another passphrase. The others in it are told that there is one.
    ///
    /// # Errors
    /// As [`Session::join_locked`], and when this node is not in the room.
    pub async fn change_lock(&self, room: RoomName, passphrase: Passphrase) -> Result<(), JoinError> {
        let key = key(room, passphrase).await?;
        let changed = self.ask(|reply| Command::ChangeLock { room, key, reply }).await;
        changed.unwrap_or(Err(JoinError::Ended))
    }
}

async fn key(room: RoomName, passphrase: Passphrase) -> Result<Box<RoomKey>, JoinError> {
    let derived = tokio::task::spawn_blocking(move || RoomKey::derive(room, &passphrase, Cost::PROTOCOL));
    match derived.await {
        Ok(Ok(key)) => Ok(Box::new(key)),
        _ => Err(JoinError::Memory),
    }
}

//! Reads the history from another program than the one that writes it.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{HistoryError, Query, open, query};
use crate::chat::Line;

/// A connection that only reads, also while the chat is running. Its calls block.
#[derive(Debug)]
pub struct Reader {
    db: Connection,
    path: PathBuf,
}

impl Reader {
    /// Opens the file; none when nothing has been kept yet.
    ///
    /// # Errors
    /// When the file is damaged, of another version, or cannot be read.
    pub fn open(path: &Path) -> Result<Option<Self>, HistoryError> {
        let db = open::reader(path)?;
        Ok(db.map(|db| Self { db, path: path.to_owned() }))
    }

    /// Gives each line that is wanted to `take`, oldest first, until that breaks; returns with what it broke. Needs
    /// no memory for the lines that have gone by.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn each<B>(
        &self,
        query: &Query,
        take: impl FnMut(Line) -> ControlFlow<B>,
    ) -> Result<Option<B>, HistoryError> {
        query::each(&self.db, query, take).map_err(|e| HistoryError::of(&self.path, &e))
    }

    /// The lines that are wanted, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn all(&self, query: &Query) -> Result<Vec<Line>, HistoryError> {
        query::all(&self.db, query).map_err(|e| HistoryError::of(&self.path, &e))
    }
}

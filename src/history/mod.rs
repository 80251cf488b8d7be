//! What was said, kept in a file of the profile: every line with full-text search, the signed datagrams that repair the
//! lines of others, and how far the user has read.
//!
//! | file | idea |
//! |---|---|
//! | `handle.rs` | [`History`]: what the session and the screen call; writing never waits |
//! | `writer.rs` | the thread that alone writes: many writes in one transaction, pruning in small steps |
//! | `reader.rs` | [`Reader`]: a second connection, for other programs while the chat is running |
//! | `query.rs`, `words.rs` | what to look for; what people type as an expression of FTS5 |
//! | `store.rs`, `row.rs`, `schema.rs` | the tables, a line as a row, and the upgrade of older files |
//! | `private.rs` | private lines that wait for their readers, and those that were shown |
//! | `open.rs` | files that are missing, damaged, or of a newer version |
//!
//! SQLite in WAL mode: a kill at any moment loses nothing that was committed, and readers do not wait for the writer.

#[doc(hidden)]
pub mod fuzzing;
mod handle;
mod open;
mod private;
mod query;
mod reader;
mod row;
mod schema;
mod store;
mod words;
mod writer;

use std::path::{Path, PathBuf};

pub use crate::chat::Held;
pub use handle::History;
pub use query::{Query, Recent};
pub use reader::Reader;
pub use row::{said_at, stamped_at};

use crate::chat::Millis;

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Lines kept; the oldest go first.
    pub lines: u32,
    /// Milliseconds after which a line goes, counted from when it was heard; none: never.
    pub age: Option<Millis>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { lines: 100_000, age: None }
    }
}

/// Why there is no history to be had. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// A newer program has written the file.
    #[error("{0} was written by a newer lanchat and stays as it is; update lanchat to use it")]
    Newer(PathBuf),
    /// An older program has written the file, and a reader does not change it.
    #[error("{0} was written by an older lanchat; start the chat once, which upgrades it")]
    Older(PathBuf),
    /// It does not hold what a history holds.
    #[error("{0} is damaged; the chat sets it aside at its next start")]
    Damaged(PathBuf),
    /// The system or SQLite refuses.
    #[error("cannot use {path}: {what}; look at its rights and at the space on its disk")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why, in SQLite's or the system's words.
        what: String,
    },
}

impl HistoryError {
    fn of(path: &Path, error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => Self::Damaged(path.to_owned()),
            _ => Self::Unusable { path: path.to_owned(), what: error.to_string() },
        }
    }

    fn io(path: &Path, error: &std::io::Error) -> Self {
        Self::Unusable { path: path.to_owned(), what: error.to_string() }
    }
}

//! The tables, version by version. A file is brought to the newest version in one transaction, or stays as it was.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::words;

/// The version that this program reads and writes, kept in `PRAGMA user_version`.
pub(super) const VERSION: i64 = 4;

/// Version 1: what is kept. `id` rises with each line kept and is never used twice, so that it tells what arrived after
/// a read mark; `time` is when the line was said. `arrived` orders the datagrams.
const TABLES: &str = "
CREATE TABLE lines(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time INTEGER NOT NULL,
    sender BLOB, epoch INTEGER, seq INTEGER,
    room TEXT NOT NULL,
    action INTEGER NOT NULL,
    author TEXT NOT NULL,
    peer BLOB,
    host TEXT NOT NULL,
    address TEXT,
    text TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    trust INTEGER NOT NULL,
    private INTEGER NOT NULL,
    reader BLOB,
    late INTEGER NOT NULL,
    own INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX lines_id ON lines(sender, epoch, seq) WHERE sender IS NOT NULL;
CREATE INDEX lines_time ON lines(time);
CREATE TABLE datagrams(
    sender BLOB NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    data BLOB NOT NULL,
    arrived INTEGER NOT NULL,
    PRIMARY KEY(sender, epoch, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX datagrams_arrived ON datagrams(arrived);
CREATE TABLE marks(room TEXT PRIMARY KEY, line INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// Version 2: the full-text index over `lines`, by the same id. It keeps no text of its own, and rows are taken out of
/// it by id alone, so that a change in how text becomes words can never leave it at odds with the lines.
const WORDS: &str = "
CREATE VIRTUAL TABLE words USING fts5(
    text, author,
    content='', contentless_delete=1, prefix='2 3', tokenize='unicode61 remove_diacritics 2'
);
";

/// Version 3: the line that another is about, as its id is printed, and how it is quoted. `action` has become the kind:
/// 0 said, 1 action, 2 topic, 3 reaction.
const ABOUT: &str = "
ALTER TABLE lines ADD COLUMN about TEXT;
ALTER TABLE lines ADD COLUMN quote TEXT;
CREATE INDEX lines_room ON lines(room, time);
";

/// Version 4: private lines of this identity that wait for their readers, and those of others that were shown.
const PRIVATE: &str = "
CREATE TABLE waiting(
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    sender BLOB NOT NULL, reader BLOB NOT NULL,
    action INTEGER NOT NULL,
    stamp INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY(epoch, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE shown(
    sender BLOB NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY(sender, epoch, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX shown_at ON shown(at);
";

/// Adds a line to the index.
pub(super) const INDEX: &str = "INSERT INTO words(rowid, text, author) VALUES(?1, ?2, ?3)";

/// What the file says its version is.
pub(super) fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Brings a file of an older version, or an empty one, to [`VERSION`].
pub(super) fn upgrade(db: &mut Connection, from: i64) -> rusqlite::Result<()> {
    if from == VERSION {
        return Ok(());
    }
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if from < 1 {
        change.execute_batch(TABLES)?;
    }
    if from < 2 {
        change.execute_batch(WORDS)?;
        index_all(&change)?;
    }
    if from < 3 {
        change.execute_batch(ABOUT)?;
    }
    if from < 4 {
        change.execute_batch(PRIVATE)?;
    }
    change.pragma_update(None, "user_version", VERSION)?;
    change.commit()
}

fn index_all(change: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut lines = change.prepare("SELECT id, text, author FROM lines ORDER BY id")?;
    let mut index = change.prepare(INDEX)?;
    let mut rows = lines.query([])?;
    while let Some(row) = rows.next()? {
        let (text, author) = (row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?);
        index.execute((row.get::<_, i64>(0)?, words::apart(text), words::apart(author)))?;
    }
    Ok(())
}

//! Opens the file, whatever state it is in: what is damaged is set aside, so that it is never a reason not to chat.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::store::Store;
use super::{HistoryError, Limits, schema};
use crate::chat::Millis;

/// How long the start waits while another program, such as `sqlite3`, keeps the file for itself.
const BUSY: Duration = Duration::from_secs(1);

/// Opens the file for writing, and makes it if there is none. Also returns what the user should be told.
pub(super) fn store(
    path: &Path,
    limits: Limits,
    now: Millis,
) -> Result<(Store, Option<String>), HistoryError> {
    match try_store(path, limits, now) {
        Err(HistoryError::Damaged(_)) => {
            let notice = set_aside(path, now)?;
            Ok((try_store(path, limits, now)?, Some(notice)))
        }
        result => Ok((result?, None)),
    }
}

fn try_store(path: &Path, limits: Limits, now: Millis) -> Result<Store, HistoryError> {
    // SQLite gives the files beside it the same mode.
    let made = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
    made.map_err(|e| HistoryError::io(path, &e))?;
    let told = |e: rusqlite::Error| HistoryError::of(path, &e);
    let mut db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(told)?;
    let version = prepare(&db).map_err(told)?;
    if version > schema::VERSION {
        return Err(HistoryError::Newer(path.to_owned()));
    }
    set_up(&db).and_then(|()| schema::upgrade(&mut db, version)).map_err(told)?;
    Store::new(db, limits, now).map_err(told)
}

/// Reads enough to see whether it is a database, and of which version.
fn prepare(db: &Connection) -> rusqlite::Result<i64> {
    db.busy_timeout(BUSY)?;
    // A file that others have prepared must not make SQLite run anything.
    db.pragma_update(None, "trusted_schema", false)?;
    schema::version(db)
}

fn set_up(db: &Connection) -> rusqlite::Result<()> {
    // What a kill interrupts is undone at the next start; only a power cut may cost the last seconds.
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "NORMAL")?;
    db.pragma_update(None, "journal_size_limit", 4 << 20)?;
    db.pragma_update(None, "temp_store", "MEMORY")?;
    // What is pruned is not to be found in the file any more.
    db.pragma_update(None, "secure_delete", "FAST")
}

/// Opens the file for reading, while another program may be writing; none when there is no file.
pub(super) fn reader(path: &Path) -> Result<Option<Connection>, HistoryError> {
    match path.try_exists() {
        Ok(false) => return Ok(None),
        Ok(true) => {}
        Err(e) => return Err(HistoryError::io(path, &e)),
    }
    let told = |e: rusqlite::Error| HistoryError::of(path, &e);
    let mut db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(told)?;
    let mut version = prepare(&db);
    if let Err(rusqlite::Error::SqliteFailure(error, _)) = &version
        && error.code == ErrorCode::CannotOpen
        && !with(path, "-wal").exists()
    {
        // On a disk that takes no writes SQLite cannot make its files beside it; nobody changes this one then.
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        db = Connection::open_with_flags(unchanging(path), flags).map_err(told)?;
        version = prepare(&db);
    }
    match version.map_err(told)? {
        0 => Ok(None), // made this moment by another program
        version if version < schema::VERSION => Err(HistoryError::Older(path.to_owned())),
        version if version > schema::VERSION => Err(HistoryError::Newer(path.to_owned())),
        _ => Ok(Some(db)),
    }
}

/// The file as a URI, to be read as one that nobody changes (sqlite.org/uri.html).
fn unchanging(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let byte = |b: &u8| match b {
        b'/' | b'-' | b'.' | b'_' => char::from(*b).to_string(),
        _ if b.is_ascii_alphanumeric() => char::from(*b).to_string(),
        _ => format!("%{b:02X}"),
    };
    format!("file://{}?immutable=1", path.as_os_str().as_bytes().iter().map(byte).collect::<String>())
}

/// Renames a damaged file and those that belong to it; what the user should be told.
pub(super) fn set_aside(path: &Path, now: Millis) -> Result<String, HistoryError> {
    let place = free_place(path, now / 1000);
    for suffix in ["-wal", "-shm", ""] {
        match std::fs::rename(with(path, suffix), with(&place, suffix)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(HistoryError::io(path, &e)),
            _ => {}
        }
    }
    Ok(format!("the history was damaged and is now {}; a new one has been started", place.display()))
}

fn free_place(path: &Path, seconds: u64) -> PathBuf {
    let place = |seconds: u64| with(path, &format!(".damaged-{seconds}"));
    let mut free = (seconds..).map(place).filter(|place| !place.exists());
    free.next().unwrap_or_else(|| place(seconds))
}

fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

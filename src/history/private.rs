//! Private lines that wait for their readers, and which of others were shown: so that each is shown once, whoever
//! restarts.

use rusqlite::Connection;

use super::row::integer;
use crate::chat::{Keeping, KeptLine, Kind, LineId, Millis, PeerId, limits};
use crate::text::SafeText;

/// How long it is remembered which lines were shown: longer than anybody keeps one, in milliseconds.
const SHOWN_AGE: Millis = limits::MAX_KEPT_AGE * 4;

/// Notes one thing.
pub(super) fn note(db: &Connection, what: &Keeping, now: Millis) -> rusqlite::Result<()> {
    match what {
        Keeping::Waits(line) => db.execute(
            "INSERT OR REPLACE INTO waiting(sender, epoch, seq, reader, action, stamp, text) \
             VALUES(?, ?, ?, ?, ?, ?, ?)",
            rusqlite::params![
                line.id.sender.0,
                line.id.epoch,
                line.id.seq,
                line.to.0,
                line.kind == Kind::Action,
                integer(line.stamp),
                line.text.as_str(),
            ],
        ),
        Keeping::Over { id, .. } => {
            db.execute("DELETE FROM waiting WHERE epoch = ? AND seq = ?", (id.epoch, id.seq))
        }
        Keeping::Shown(id) => db.execute(
            "INSERT OR IGNORE INTO shown(sender, epoch, seq, at) VALUES(?, ?, ?, ?)",
            (id.sender.0, id.epoch, id.seq, integer(now)),
        ),
    }
    .map(drop)
}

/// What waits, and what was shown, in that order.
pub(super) fn load(db: &Connection) -> rusqlite::Result<(Vec<KeptLine>, Vec<LineId>)> {
    let mut waiting = db.prepare("SELECT sender, epoch, seq, reader, action, stamp, text FROM waiting")?;
    let waiting = waiting.query_map([], |row| {
        Ok(KeptLine {
            id: LineId { sender: PeerId(row.get(0)?), epoch: row.get(1)?, seq: row.get(2)? },
            to: PeerId(row.get(3)?),
            kind: if row.get(4)? { Kind::Action } else { Kind::Say },
            stamp: row.get::<_, i64>(5)?.try_into().unwrap_or(0),
            text: SafeText::clean(row.get_ref(6)?.as_str()?),
        })
    })?;
    let waiting = waiting.collect::<rusqlite::Result<_>>()?;
    let mut shown = db.prepare("SELECT sender, epoch, seq FROM shown ORDER BY at, epoch, seq")?;
    let shown = shown.query_map([], |row| {
        Ok(LineId { sender: PeerId(row.get(0)?), epoch: row.get(1)?, seq: row.get(2)? })
    })?;
    Ok((waiting, shown.collect::<rusqlite::Result<_>>()?))
}

/// Forgets which lines were shown that nobody can send again.
pub(super) fn prune(db: &Connection, now: Millis) -> rusqlite::Result<()> {
    let old = integer(now.saturating_sub(SHOWN_AGE));
    let most = integer(limits::MAX_SEEN_OF_ONE as u64 * 128);
    db.execute("DELETE FROM shown WHERE at < ?1", [old])?;
    db.execute(
        "DELETE FROM shown WHERE at < (SELECT at FROM shown ORDER BY at DESC LIMIT 1 OFFSET ?1)",
        [most],
    )
    .map(drop)
}

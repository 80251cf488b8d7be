//! The tables, as the writer changes them.

use std::time::Duration;

use rusqlite::{Connection, Transaction};

use super::row::{self, integer};
use super::{Held, Limits, private, schema, words};
use crate::chat::{Keeping, Line, Millis, PeerId};

/// Datagrams kept for repair.
const MAX_HELD: i64 = 10_000;
/// Bytes of them kept.
const MAX_HELD_BYTES: i64 = 4 << 20;
/// Datagrams over the bound before the oldest go, so that not each new one costs a deletion.
const HELD_SLACK: i64 = 256;
/// Rows looked at in one step of pruning.
const STEP: u32 = 256;

/// How long the writer waits while another program, such as `sqlite3`, keeps the file for itself.
const BUSY: Duration = Duration::from_secs(30);

/// Takes out the cards, which have number 0, of authors of whom no line is kept any more.
const ORPHANS: &str = "DELETE FROM datagrams AS card WHERE seq = 0 AND NOT EXISTS (\
     SELECT 1 FROM datagrams WHERE sender = card.sender AND epoch = card.epoch AND seq > 0)";

/// One thing to be written.
#[derive(Debug)]
pub(super) enum Write {
    Line(Box<Line>),
    Hold { held: Held, now: Millis },
    Mark { room: String },
    Private { what: Keeping, now: Millis },
}

/// The file's content, open for writing.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) db: Connection,
    limits: Limits,
    /// The latest time told.
    now: Millis,
    held: Count,
    /// How many lines there are.
    lines: i64,
}

/// How many datagrams there are, how large, and the order number of the newest.
#[derive(Debug, Clone, Copy)]
struct Count {
    number: i64,
    bytes: i64,
    newest: i64,
}

impl Count {
    fn of(db: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT count(*), ifnull(sum(length(data)), 0), ifnull(max(arrived), 0) FROM datagrams";
        db.query_row(sql, [], |row| Ok(Self { number: row.get(0)?, bytes: row.get(1)?, newest: row.get(2)? }))
    }

    fn over(self, slack: i64) -> bool {
        self.number > MAX_HELD + slack || self.bytes > MAX_HELD_BYTES
    }
}

impl Store {
    /// The content of a file of the newest version.
    pub(super) fn new(db: Connection, limits: Limits, now: Millis) -> rusqlite::Result<Self> {
        let held = Count::of(&db)?;
        let lines = db.query_row("SELECT count(*) FROM lines", [], |row| row.get(0))?;
        db.busy_timeout(BUSY)?;
        Ok(Self { db, limits, now, held, lines })
    }

    /// Closes the file; what it was to keep and the latest time.
    pub(super) fn close(&mut self) -> rusqlite::Result<(Limits, Millis)> {
        self.db = Connection::open_in_memory()?;
        Ok((self.limits, self.now))
    }

    /// Writes all of it, or nothing.
    pub(super) fn write(&mut self, batch: &[Write]) -> rusqlite::Result<()> {
        let change = self.db.transaction()?;
        let (mut now, mut count, mut lines) = (self.now, self.held, self.lines);
        {
            let mut insert = change.prepare(row::INSERT)?;
            let mut index = change.prepare(schema::INDEX)?;
            let mut hold = change.prepare(
                "INSERT OR IGNORE INTO datagrams(sender, epoch, seq, data, arrived) VALUES(?, ?, ?, ?, ?)",
            )?;
            for write in batch {
                match write {
                    Write::Line(line) => {
                        now = now.max(line.received_at);
                        if row::insert(&mut insert, line)? {
                            lines += 1;
                            let id = change.last_insert_rowid();
                            let (text, author) = (line.text.as_str(), line.from.as_str());
                            index.execute((id, words::apart(text), words::apart(author)))?;
                        }
                    }
                    Write::Hold { held: one, now: at } => {
                        now = now.max(*at);
                        let arrived = integer(*at).max(count.newest + 1);
                        if hold.execute((one.sender.0, one.epoch, one.seq, &one.data, arrived))? > 0 {
                            count.number += 1;
                            count.bytes += i64::try_from(one.data.len()).unwrap_or(i64::MAX);
                            count.newest = arrived;
                        }
                    }
                    Write::Private { what, now: at } => {
                        now = now.max(*at);
                        private::note(&change, what, *at)?;
                    }
                    Write::Mark { room } => {
                        let sql = "INSERT INTO marks SELECT ?1, ifnull(max(id), 0) FROM lines WHERE true \
                             ON CONFLICT DO UPDATE SET line = excluded.line";
                        change.execute(sql, [room])?;
                    }
                }
            }
        }
        if count.over(HELD_SLACK) {
            drop_oldest(&change, &mut count)?;
        }
        change.commit()?;
        (self.now, self.held, self.lines) = (now, count, lines);
        Ok(())
    }

    /// Takes out some of what is over the limits, which is what was said first, or heard too long ago; whether there may be
    /// more of it.
    pub(super) fn prune(&mut self) -> rusqlite::Result<bool> {
        let expired = self.limits.age.map_or(i64::MIN, |age| integer(self.now.saturating_sub(age)));
        let change = self.db.transaction()?;
        let gone = {
            let over = self.lines.saturating_sub(i64::from(self.limits.lines)).clamp(0, i64::from(STEP));
            let mut delete = change.prepare(
                "DELETE FROM lines WHERE id IN (SELECT id FROM lines ORDER BY time, id LIMIT ?2) OR id IN (\
                     SELECT id FROM (SELECT id, received_at FROM lines ORDER BY id LIMIT ?1) \
                     WHERE received_at < ?3) RETURNING id",
            )?;
            let gone = delete.query_map((STEP, over, expired), |row| row.get::<_, i64>(0))?;
            let gone = gone.collect::<rusqlite::Result<Vec<_>>>()?;
            let mut unindex = change.prepare("DELETE FROM words WHERE rowid = ?1")?;
            for id in &gone {
                unindex.execute([id])?;
            }
            gone.len()
        };
        private::prune(&change, self.now)?;
        let expired = change.execute("DELETE FROM datagrams WHERE arrived < ?1 AND seq > 0", [expired])?;
        if expired > 0 {
            change.execute(ORPHANS, [])?;
        }
        change.commit()?;
        if expired > 0 {
            self.held = Count::of(&self.db)?;
        }
        self.lines -= i64::try_from(gone).unwrap_or(0);
        Ok(gone > 0)
    }
}

/// Takes out the oldest datagrams until the rest is within the bounds.
fn drop_oldest(change: &Transaction<'_>, held: &mut Count) -> rusqlite::Result<()> {
    let sql = "SELECT arrived, length(data) FROM datagrams WHERE seq > 0 ORDER BY arrived";
    let mut oldest = change.prepare(sql)?;
    let mut rows = oldest.query([])?;
    let mut last = i64::MIN;
    while held.over(0)
        && let Some(row) = rows.next()?
    {
        last = row.get(0)?;
        held.number -= 1;
        held.bytes -= row.get::<_, i64>(1)?;
    }
    drop(rows);
    change.execute("DELETE FROM datagrams WHERE arrived <= ?1 AND seq > 0", [last])?;
    if change.execute(ORPHANS, [])? > 0 {
        *held = Count::of(change)?;
    }
    Ok(())
}

/// The datagrams kept, in the order in which they came.
pub(super) fn held(db: &Connection) -> rusqlite::Result<Vec<Held>> {
    let mut kept = db.prepare("SELECT sender, epoch, seq, data FROM datagrams ORDER BY arrived")?;
    let rows = kept.query_map([], |row| {
        let data = row.get_ref(3)?.as_blob()?.into();
        Ok(Held { sender: PeerId(row.get(0)?), epoch: row.get(1)?, seq: row.get(2)?, data })
    })?;
    rows.collect()
}

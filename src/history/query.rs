//! What to look for, and how it is found quickly in a million lines.
//!
//! A search goes through the index from the newest line back and stops a little beyond its limit, so a common word costs no more
//! than a rare one. `since` becomes the lowest id that can matter, which the index can skip to.

use std::ops::ControlFlow;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::row::{self, COLUMNS, integer};
use super::words;
use crate::chat::{Line, Millis, PeerId, RoomName};

/// Lines whose ids are looked at to find the lowest.
const MANY: i64 = 20_000;

/// Lines that a search looks at beyond its limit, because they may have come late.
const SURPLUS: i64 = 1000;

/// Which lines are wanted. The default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Words that must all be in the text or the author's name; the last may be the beginning of a word.
    pub words: Option<String>,
    /// Only of this room; of an open one, of the locked one of the same name, too.
    pub room: Option<String>,
    /// Only of this room without private lines, or, as `@` and an id, only private lines with this peer.
    pub place: Option<String>,
    /// Only of this author: `nick` (whatever its suffix), `nick~3f9a`, or an id.
    pub from: Option<String>,
    /// Only what was said at this time or later.
    pub since: Option<Millis>,
    /// Only what was said before this time.
    pub until: Option<Millis>,
    /// At most so many, the newest.
    pub limit: Option<u32>,
}

/// The recent past, as the screen shows it at its start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recent {
    /// The newest lines kept, oldest first.
    pub lines: Vec<Line>,
    /// Which of them is the first of somebody else that arrived after the read mark.
    pub unread: Option<usize>,
    /// Whether there is a read mark: the user was here before.
    pub marked: bool,
}

/// Conditions with their parameters.
#[derive(Debug, Default)]
struct Conditions {
    texts: Vec<&'static str>,
    values: Vec<Value>,
}

impl Conditions {
    fn and(&mut self, text: &'static str, values: impl IntoIterator<Item = Value>) {
        self.texts.push(text);
        self.values.extend(values);
    }

    fn clause(&self) -> String {
        if self.texts.is_empty() { String::new() } else { format!("WHERE {}", self.texts.join(" AND ")) }
    }
}

/// Gives each line that is wanted to `take`, oldest first, until that breaks.
pub(super) fn each<B>(
    db: &Connection,
    query: &Query,
    mut take: impl FnMut(Line) -> ControlFlow<B>,
) -> rusqlite::Result<Option<B>> {
    let Some((text, values)) = sql(db, query)? else { return Ok(None) };
    let mut statement = db.prepare(&text)?;
    let mut rows = statement.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        if let ControlFlow::Break(end) = take(row::line(row)?) {
            return Ok(Some(end));
        }
    }
    Ok(None)
}

/// The lines that are wanted, oldest first.
pub(super) fn all(db: &Connection, query: &Query) -> rusqlite::Result<Vec<Line>> {
    let mut found = Vec::new();
    each(db, query, |line| {
        found.push(line);
        ControlFlow::<()>::Continue(())
    })?;
    Ok(found)
}

/// The statement and its parameters; none when nothing can be found.
fn sql(db: &Connection, query: &Query) -> rusqlite::Result<Option<(String, Vec<Value>)>> {
    let mut wanted = Conditions::default();
    let Filters { conditions: filters, author } = filters(query);
    let (id, from, order) = match &query.words {
        None => ("l.id", "lines l", "l.time DESC, l.id DESC"),
        // With other conditions each line found has to be looked at; CROSS JOIN keeps the order of the index.
        Some(_) if filters.texts.is_empty() => ("w.rowid", "words w", "w.rowid DESC"),
        Some(_) => ("w.rowid", "words w CROSS JOIN lines l ON l.id = w.rowid", "w.rowid DESC"),
    };
    if let Some(typed) = &query.words {
        let Some(mut expression) = words::expression(typed) else { return Ok(None) };
        if let Some(author) = author.and_then(words::author) {
            expression = format!("({expression}) AND {author}");
        }
        wanted.and("w.words MATCH ?", [Value::Text(expression)]);
        if let Some(since) = query.since {
            wanted.and("w.rowid >= ?", [Value::Integer(first_since(db, since)?)]);
        }
    }
    wanted.texts.extend(filters.texts);
    wanted.values.extend(filters.values);
    let clause = wanted.clause();
    let text = if query.words.is_none() && query.limit.is_none() {
        format!("SELECT {COLUMNS} FROM lines l {clause} ORDER BY time, id")
    } else {
        let limit = query.limit.map_or(-1, i64::from); // -1: no limit
        // What came last was mostly said last, but not after a partition.
        let surplus = if query.words.is_some() && limit >= 0 { SURPLUS } else { 0 };
        wanted.values.extend([Value::Integer(limit + surplus), Value::Integer(limit)]);
        let ids = format!("SELECT {id} FROM {from} {clause} ORDER BY {order} LIMIT ?");
        let newest = format!("SELECT * FROM lines WHERE id IN ({ids}) ORDER BY time DESC, id DESC LIMIT ?");
        format!("SELECT {COLUMNS} FROM ({newest}) ORDER BY time, id")
    };
    Ok(Some((text, wanted.values)))
}

/// The conditions other than words, and the author's name, which is a word too.
struct Filters<'a> {
    conditions: Conditions,
    author: Option<&'a str>,
}

fn filters(query: &Query) -> Filters<'_> {
    let mut sql = Conditions::default();
    let mut author = None;
    if let Some(since) = query.since {
        sql.and("l.time >= ?", [Value::Integer(integer(since))]);
    }
    if let Some(place) = &query.place {
        let (text, value) = of_place(place);
        let values = std::iter::repeat_n(value, text.matches('?').count());
        sql.and(text, values);
    }
    if let Some(until) = query.until {
        sql.and("l.time < ?", [Value::Integer(integer(until))]);
    }
    if let Some(room) = &query.room {
        let locked = RoomName::from_shown(room).map(|room| room.to_locked().to_string());
        let names = [room.clone(), locked.unwrap_or_default()];
        sql.and("l.room IN (?, ?)", names.map(Value::Text));
    }
    if let Some(from) = &query.from {
        if let Ok(peer) = from.parse::<PeerId>() {
            sql.and("l.peer = ?", [Value::Blob(peer.0.to_vec())]);
        } else {
            let (nick, suffix) = from.split_once('~').unwrap_or((from, ""));
            author = Some(nick);
            if suffix.is_empty() {
                // `bob` is also whoever was shown as `bob~3f9a`; after `~` comes DEL.
                sql.and(
                    "(l.author = ? COLLATE NOCASE OR \
                     (l.author > ? COLLATE NOCASE AND l.author < ? COLLATE NOCASE))",
                    [nick.to_owned(), format!("{nick}~"), format!("{nick}\u{7f}")].map(Value::Text),
                );
            } else {
                // `bob~3f9a` is also whoever was shown as `bob` and has an id that begins so.
                sql.and(
                    "(l.author = ? COLLATE NOCASE OR (l.author = ? COLLATE NOCASE \
                     AND hex(substr(l.peer, 1, 2)) = ? COLLATE NOCASE))",
                    [from.clone(), nick.to_owned(), suffix.to_owned()].map(Value::Text),
                );
            }
        }
    }
    Filters { conditions: sql, author }
}

/// The condition for the lines of a place, with the value of each of its parameters.
fn of_place(place: &str) -> (&'static str, Value) {
    match place.strip_prefix('@').and_then(|peer| peer.parse::<PeerId>().ok()) {
        Some(peer) => ("l.private AND (l.peer = ? OR l.reader = ?)", Value::Blob(peer.0.to_vec())),
        None => ("NOT l.private AND l.room = ?", Value::Text(place.to_owned())),
    }
}

/// The lowest id among the lines said since then: those before it need not be looked at. When there are so many that
/// a limit is soon reached, it is not worth finding out.
fn first_since(db: &Connection, since: Millis) -> rusqlite::Result<i64> {
    let sql = "SELECT count(*), min(id) FROM \
         (SELECT id FROM lines INDEXED BY lines_time WHERE time >= ?1 ORDER BY time LIMIT ?2)";
    db.query_row(sql, [integer(since), MANY], |row| {
        let all = row.get::<_, i64>(0)? < MANY;
        Ok(if all { row.get::<_, Option<i64>>(1)?.unwrap_or(i64::MAX) } else { 0 })
    })
}

/// The newest `count` lines of a place, and what of them is new since its read mark.
pub(super) fn recent(db: &Connection, place: &str, count: u32) -> rusqlite::Result<Recent> {
    let mark = mark(db, place)?;
    let of = of_place(place);
    let sql = format!(
        "SELECT {COLUMNS}, id FROM (SELECT * FROM lines l WHERE {} ORDER BY time DESC, id DESC LIMIT ?) ORDER BY time, id",
        of.0
    );
    let mut recent = Recent { marked: mark.is_some(), ..Recent::default() };
    let mut statement = db.prepare(&sql)?;
    let values = std::iter::repeat_n(of.1, of.0.matches('?').count()).chain([Value::Integer(count.into())]);
    let mut rows = statement.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        let line = row::line(row)?;
        let after = mark.is_some_and(|mark| row.get::<_, i64>("id").is_ok_and(|id| id > mark));
        if after && !line.own && recent.unread.is_none() {
            recent.unread = Some(recent.lines.len());
        }
        recent.lines.push(line);
    }
    Ok(recent)
}

/// The id of the newest line that was read in `room`.
pub(super) fn mark(db: &Connection, room: &str) -> rusqlite::Result<Option<i64>> {
    db.query_row("SELECT line FROM marks WHERE room = ?1", [room], |row| row.get(0)).optional()
}

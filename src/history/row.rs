//! A line as a row of the table `lines`, and back.

use rusqlite::types::ValueRef;
use rusqlite::{Row, Statement};

use crate::chat::limits::LATE;
use crate::chat::{About, Kind, Line, LineId, Millis, PeerId, Trust};
use crate::text::SafeText;

/// The columns of a line, in the order in which [`line`] reads them.
pub(super) const COLUMNS: &str = "sender, epoch, seq, room, action, author, peer, host, address, text, \
     sent_at, received_at, trust, private, reader, late, own, about, quote";

/// Adds a line, unless it is there already. (An `ON CONFLICT` would use up an id.)
pub(super) const INSERT: &str = "INSERT INTO lines(time, sender, epoch, seq, room, action, author, peer, host, address, \
     text, sent_at, received_at, trust, private, reader, late, own, about, quote) \
     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20 \
     WHERE NOT EXISTS (SELECT 1 FROM lines WHERE sender = ?2 AND epoch = ?3 AND seq = ?4)";

/// When a line was said: as its author says, but not after it was heard; and of one that was heard in time not long before,
/// because then its author's clock is slow.
pub fn said_at(line: &Line) -> Millis {
    stamped_at(line).min(line.received_at)
}

/// The time by which lines stand in the order that all share: as the author says, unless that clock is slow.
pub fn stamped_at(line: &Line) -> Millis {
    let slow = !line.late && line.sent_at.saturating_add(LATE) < line.received_at;
    if slow { line.received_at } else { line.sent_at }
}

/// A time as SQLite's integers hold it.
pub(super) fn integer(time: Millis) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

/// Adds `line`; whether it was new.
pub(super) fn insert(statement: &mut Statement<'_>, line: &Line) -> rusqlite::Result<bool> {
    let id = line.id;
    let added = statement.execute(rusqlite::params![
        integer(said_at(line)),
        id.map(|id| id.sender.0),
        id.map(|id| id.epoch),
        id.map(|id| id.seq),
        line.room.as_str(),
        kind_number(line.kind),
        line.from.as_str(),
        line.peer.map(|peer| peer.0),
        line.host.as_str(),
        line.address.map(|address| address.to_string()),
        line.text.as_str(),
        integer(line.sent_at),
        integer(line.received_at),
        trust_number(line.trust),
        line.private,
        line.to.map(|peer| peer.0),
        line.late,
        line.own,
        line.about.as_ref().map(|about| about.line.to_string()),
        line.about.as_ref().map(|about| about.quote.as_str()),
    ])?;
    Ok(added > 0)
}

/// The line of a row of [`COLUMNS`]. Text is made safe again: the file could have been changed by others.
pub(super) fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    let text = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str()?);
    let time = |column| row.get::<_, i64>(column).map(|time| Millis::try_from(time).unwrap_or(0));
    let sender = row.get::<_, Option<[u8; 8]>>(0)?.map(PeerId);
    let id = match sender {
        Some(sender) => Some(LineId { sender, epoch: row.get(1)?, seq: row.get(2)? }),
        None => None,
    };
    let address = match row.get_ref(8)? {
        ValueRef::Null => None,
        value => value.as_str()?.parse().ok(),
    };
    let about = match (row.get_ref(17)?, row.get_ref(18)?) {
        (ValueRef::Text(line), ValueRef::Text(quote)) => {
            let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default();
            text(line).parse().ok().map(|line| About { line, quote: SafeText::line(text(quote)) })
        }
        _ => None,
    };
    Ok(Line {
        id,
        room: SafeText::line(text(3)?),
        kind: kind(row.get(4)?),
        from: SafeText::line(text(5)?),
        peer: row.get::<_, Option<[u8; 8]>>(6)?.map(PeerId),
        host: SafeText::line(text(7)?),
        address,
        text: SafeText::clean(text(9)?),
        sent_at: time(10)?,
        received_at: time(11)?,
        trust: trust(row.get(12)?),
        private: row.get(13)?,
        to: row.get::<_, Option<[u8; 8]>>(14)?.map(PeerId),
        late: row.get(15)?,
        own: row.get(16)?,
        about,
    })
}

fn kind_number(kind: Kind) -> i64 {
    match kind {
        Kind::Say => 0,
        Kind::Action => 1,
        Kind::Topic => 2,
        Kind::Reaction => 3,
    }
}

fn kind(number: i64) -> Kind {
    match number {
        1 => Kind::Action,
        2 => Kind::Topic,
        3 => Kind::Reaction,
        _ => Kind::Say,
    }
}

fn trust_number(trust: Trust) -> i64 {
    match trust {
        Trust::Unsigned => 0,
        Trust::New => 1,
        Trust::Known => 2,
        Trust::Verified => 3,
        Trust::Doubtful => 4, // no order: the others were there first
    }
}

fn trust(number: i64) -> Trust {
    match number {
        1 => Trust::New,
        2 => Trust::Known,
        3 => Trust::Verified,
        4 => Trust::Doubtful,
        _ => Trust::Unsigned,
    }
}

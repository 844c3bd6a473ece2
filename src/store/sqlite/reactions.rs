//! The rows of reactions.

use rusqlite::{Connection, Row};

use super::rows::{text, visitor};
use crate::{
    domain::{MessageId, Reaction, RoomId, VisitorId},
    rules::{Given, Now, Reactions},
};

/// Those of a room as the last run left them. Their version is a time, so that none of an earlier run is the same.
pub fn of_room(connection: &Connection, room: RoomId, now: Now) -> rusqlite::Result<Reactions> {
    let sql = "SELECT message, seq, author, visitor, color, kind FROM reactions WHERE room = ?1 ORDER BY n";
    let mut statement = connection.prepare_cached(sql)?;
    let given = |row: &Row<'_>| {
        let Some(with) = Reaction::from_store(row.get_ref(5)?.as_str()?) else {
            return Ok(None);
        };
        Ok(Some(Given {
            message: MessageId::from_bytes(row.get(0)?),
            seq: row.get(1)?,
            author: text(row, 2)?,
            by: visitor(row, 3, 4)?,
            with,
        }))
    };
    let given = statement
        .query_map([room.to_bytes()], given)?
        .filter_map(Result::transpose);
    let version = u64::try_from(now.date.millis()).unwrap_or_default();
    Ok(Reactions::restored(given.collect::<rusqlite::Result<_>>()?, version))
}

/// Stores one, or deletes it. Runs in a transaction.
pub fn note(connection: &Connection, room: RoomId, given: &Given, on: bool) -> rusqlite::Result<()> {
    let (room, message, kind) = (room.to_bytes(), given.message.to_bytes(), given.with.to_string());
    if !on {
        let sql = "DELETE FROM reactions WHERE room = ?1 AND message = ?2 AND visitor = ?3 AND kind = ?4";
        let key = (room, message, given.by.id.to_string(), kind);
        return connection.prepare_cached(sql)?.execute(key).map(drop);
    }
    let sql = "INSERT OR IGNORE INTO reactions (room, message, seq, author, visitor, color, kind)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let row = (
        room,
        message,
        given.seq,
        given.author.to_string(),
        given.by.id.to_string(),
        given.by.color.to_string(),
        kind,
    );
    connection.prepare_cached(sql)?.execute(row).map(drop)
}

/// Deletes those to a message. Runs in a transaction.
pub fn delete_of_message(connection: &Connection, room: RoomId, message: MessageId) -> rusqlite::Result<()> {
    let sql = "DELETE FROM reactions WHERE room = ?1 AND message = ?2";
    let key = (room.to_bytes(), message.to_bytes());
    connection.prepare_cached(sql)?.execute(key).map(drop)
}

/// Deletes those to messages of a visitor, and those that this visitor gave. Runs in a transaction.
pub fn delete_of_visitor(connection: &Connection, room: RoomId, visitor: VisitorId) -> rusqlite::Result<()> {
    let sql = "DELETE FROM reactions WHERE room = ?1 AND (author = ?2 OR visitor = ?2)";
    let key = (room.to_bytes(), visitor.to_string());
    connection.prepare_cached(sql)?.execute(key).map(drop)
}

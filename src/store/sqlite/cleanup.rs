//! Deletes in slices what is already deleted for readers, so that no large deletion holds the writer up.
//!
//! A deletion commits one row: the room is gone, or its messages by one author up to a `seq` are hidden. The rows themselves
//! go in slices of some milliseconds, between batches. What is left to do is in the file, so a slice that a crash interrupts
//! is done after the next start. Files that the last row no longer names are listed in `unreferenced_files` by the commit
//! that deletes the row, and leave that list when they are deleted.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    gifs,
    rows::{text, visitor},
};
use crate::domain::{Body, GifHash, GifName, Message, RoomId, Seq, Visitor, VisitorId};

/// The messages that say something. The index `messages_author` holds these.
pub const SAYS: &str = "line IS NULL AND (chat IS NOT NULL OR gif IS NOT NULL)";

/// What a message says, but for its author and its place.
pub const BLANK: &str = "chat = NULL, gif = NULL, width = NULL, height = NULL, frames = NULL, duration = NULL, \
                         bytes = NULL, alt = NULL, hash = NULL, reply = NULL, edited = NULL";

/// Messages of one author in one room that are deleted for readers: those after `since` up to `until`.
#[derive(Clone, Copy, Debug)]
pub struct Clearing {
    pub n: i64,
    pub room: RoomId,
    pub visitor: VisitorId,
    pub since: Seq,
    pub until: Seq,
    /// Whether the room refuses the bytes of their GIFs.
    pub forbid: bool,
}

/// What of a room is deleted for readers, and may be in the file.
#[derive(Clone, Debug)]
pub struct Hidden {
    /// All up to this place: the room does not keep it any more.
    pub forgotten: Seq,
    pub clearings: Arc<Vec<Clearing>>,
}

impl Hidden {
    /// Whether a message that somebody wrote is deleted for readers.
    pub fn hides(&self, author: VisitorId, seq: Seq) -> bool {
        seq <= self.cleared_until(author)
    }

    /// The `seq` up to which messages of a visitor are hidden.
    pub fn cleared_until(&self, visitor: VisitorId) -> Seq {
        let of_visitor = self.clearings.iter().filter(|clearing| clearing.visitor == visitor);
        of_visitor.map(|clearing| clearing.until).fold(self.forgotten, Seq::max)
    }

    /// Shows a message as readers see it.
    pub fn hide(&self, message: &mut Message) {
        let written = !matches!(message.body, Body::Line(_));
        if written && self.hides(message.author.id, message.seq) {
            message.blank();
        }
    }

    pub fn is_empty(&self) -> bool {
        self.forgotten == 0 && self.clearings.is_empty()
    }
}

const CLEARING: &str = "n, room, visitor, since, until, forbid";

fn clearing(row: &Row<'_>) -> rusqlite::Result<Clearing> {
    Ok(Clearing {
        n: row.get(0)?,
        room: RoomId::from_bytes(row.get(1)?),
        visitor: text(row, 2)?,
        since: row.get(3)?,
        until: row.get(4)?,
        forbid: row.get(5)?,
    })
}

/// What is left to clear in a room.
pub fn clearings_of(connection: &Connection, room: RoomId) -> rusqlite::Result<Vec<Clearing>> {
    let sql = format!("SELECT {CLEARING} FROM clearings WHERE room = ?1 ORDER BY n");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map([room.to_bytes()], clearing)?.collect()
}

/// The clearing that comes first.
pub fn next_clearing(connection: &Connection) -> rusqlite::Result<Option<Clearing>> {
    let sql = format!("SELECT {CLEARING} FROM clearings ORDER BY n LIMIT 1");
    connection.prepare_cached(&sql)?.query_row([], clearing).optional()
}

/// The removed room that comes first.
pub fn next_room(connection: &Connection) -> rusqlite::Result<Option<RoomId>> {
    let mut statement = connection.prepare_cached("SELECT room FROM removed_rooms ORDER BY n LIMIT 1")?;
    statement
        .query_row([], |row| Ok(RoomId::from_bytes(row.get(0)?)))
        .optional()
}

/// The author of messages after `since` that say something; `None` when there are none.
pub fn author(connection: &Connection, room: RoomId, id: VisitorId, since: Seq) -> rusqlite::Result<Option<Visitor>> {
    let sql = format!(
        "SELECT visitor, color FROM messages INDEXED BY messages_author
         WHERE room = ?1 AND visitor = ?2 AND {SAYS} AND seq > ?3 ORDER BY seq DESC LIMIT 1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    statement
        .query_row((room.to_bytes(), id.to_string(), since), |row| visitor(row, 0, 1))
        .optional()
}

/// Hides what an author wrote, and deletes what was reported of it. A room has few reports. Runs in a transaction.
pub fn begin_clearing(connection: &Connection, new: Clearing) -> rusqlite::Result<Clearing> {
    let (room, visitor) = (new.room.to_bytes(), new.visitor.to_string());
    let sql = "INSERT INTO clearings (room, visitor, since, until, forbid) VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.execute(sql, params![room, visitor, new.since, new.until, new.forbid])?;
    let n = connection.last_insert_rowid();
    let sql = "DELETE FROM reports WHERE room = ?1 AND seq <= ?3 AND EXISTS
                   (SELECT 1 FROM messages WHERE messages.room = reports.room AND messages.seq = reports.seq
                       AND visitor = ?2)";
    connection.execute(sql, params![room, visitor, new.until])?;
    Ok(Clearing { n, ..new })
}

/// Hides what was said up to a place, and deletes what is about it. The rows go in slices. Runs in a transaction.
pub fn begin_forgetting(connection: &Connection, room: RoomId, until: Seq, visited: bool) -> rusqlite::Result<()> {
    let key = room.to_bytes();
    // A `seq` is never given out twice, even when the last message is gone.
    let sql = "UPDATE rooms SET forgotten = ?2, visited = ?3, last_seq = max(last_seq, ?2) WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![key, until, visited])?;
    for table in ["reports", "reactions"] {
        let sql = format!("DELETE FROM {table} WHERE room = ?1 AND seq <= ?2");
        connection.prepare_cached(&sql)?.execute(params![key, until])?;
    }
    let mut begin = connection.prepare_cached("INSERT OR IGNORE INTO forgettings (room) VALUES (?1)")?;
    begin.execute([key]).map(drop)
}

/// The room that comes first of those with rows that they do not keep any more, and up to which place.
pub fn next_forgetting(connection: &Connection) -> rusqlite::Result<Option<(RoomId, Seq)>> {
    let sql =
        "SELECT room, coalesce((SELECT forgotten FROM rooms WHERE id = room), 0) FROM forgettings ORDER BY n LIMIT 1";
    let row = |row: &Row<'_>| Ok((RoomId::from_bytes(row.get(0)?), row.get(1)?));
    connection.prepare_cached(sql)?.query_row([], row).optional()
}

/// Deletes at most so many rows that a room does not keep any more, and ends when there are none. The line by which somebody
/// came who has not left stays, as it says who holds a seat. Runs in a transaction.
pub fn forget_slice(connection: &Connection, (room, until): (RoomId, Seq), most: usize) -> rusqlite::Result<()> {
    let sql = "DELETE FROM messages WHERE room = ?1 AND seq IN (
                   SELECT seq FROM messages AS old WHERE room = ?1 AND seq <= ?2 AND NOT (
                       line IS 'joined' AND NOT EXISTS (
                           SELECT 1 FROM messages INDEXED BY messages_line
                           WHERE room = ?1 AND visitor = old.visitor AND seq > old.seq
                               AND line IN ('joined', 'left', 'kicked', 'banned') AND line IS NOT NULL))
                   ORDER BY seq LIMIT ?3)
               RETURNING gif";
    let (key, mut found, mut names) = (room.to_bytes(), 0, Vec::new());
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![key, until, signed(most)])?;
    while let Some(row) = rows.next()? {
        found += 1;
        names.extend(file(row, 0)?);
    }
    unreference(connection, names)?;
    if found < most {
        connection.execute("DELETE FROM forgettings WHERE room = ?1", [key])?;
    }
    Ok(())
}

/// Removes a room for readers. Runs in a transaction.
pub fn begin_removal(connection: &Connection, room: RoomId) -> rusqlite::Result<()> {
    let room = room.to_bytes();
    connection.execute("DELETE FROM rooms WHERE id = ?1", [room])?;
    connection.execute("DELETE FROM clearings WHERE room = ?1", [room])?;
    connection.execute("DELETE FROM forgettings WHERE room = ?1", [room])?;
    connection.execute("INSERT INTO removed_rooms (room) VALUES (?1)", [room])?;
    Ok(())
}

/// Blanks at most so many of the messages of a clearing; whether it is done. Runs in a transaction.
pub fn clear_slice(connection: &Connection, clearing: &Clearing, most: usize) -> rusqlite::Result<bool> {
    let (room, visitor) = (clearing.room.to_bytes(), clearing.visitor.to_string());
    let sql = format!(
        "SELECT seq, gif, hash FROM messages INDEXED BY messages_author
         WHERE room = ?1 AND visitor = ?2 AND {SAYS} AND seq > ?3 AND seq <= ?4 ORDER BY seq LIMIT ?5"
    );
    let (mut last, mut found, mut names, mut hashes) = (clearing.since, 0, Vec::new(), Vec::new());
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![room, visitor, clearing.since, clearing.until, signed(most)])?;
    while let Some(row) = rows.next()? {
        (last, found) = (row.get(0)?, found + 1);
        names.extend(file(row, 1)?);
        hashes.extend(row.get::<_, Option<[u8; 32]>>(2)?.map(GifHash::from_bytes));
    }
    if clearing.forbid {
        gifs::forbid(connection, clearing.room, &hashes)?;
    }
    let sql = format!(
        "UPDATE messages INDEXED BY messages_author SET {BLANK}
         WHERE room = ?1 AND visitor = ?2 AND {SAYS} AND seq > ?3 AND seq <= ?4"
    );
    let mut update = connection.prepare_cached(&sql)?;
    update.execute(params![room, visitor, clearing.since, last])?;
    unreference(connection, names)?;
    let done = found < most;
    if done {
        connection.execute("DELETE FROM clearings WHERE n = ?1", [clearing.n])?;
    }
    Ok(done)
}

/// The tables with rows of a room, with the columns that identify a row in it, and whether a row may name a file. Foreign
/// keys would delete all of them by one statement.
pub const TABLES: [(&str, &str, bool); 10] = [
    ("messages", "seq", true),
    ("whispers", "turn", true),
    ("pruned_whispers", "id", false),
    ("reactions", "n", false),
    ("grants", "visitor", false),
    ("reports", "n", false),
    ("forbidden", "id", false),
    ("invites", "id", false),
    ("bans", "visitor", false),
    ("pauses", "visitor", false),
];

/// Deletes at most so many rows of a removed room; whether it is done. Runs in a transaction.
pub fn remove_slice(connection: &Connection, room: RoomId, most: usize) -> rusqlite::Result<bool> {
    let (key, mut left, mut names) = (room.to_bytes(), most, Vec::new());
    for (table, column, files) in TABLES {
        let gif = if files { "gif" } else { "NULL" };
        let sql = format!(
            "DELETE FROM {table} WHERE room = ?1 AND {column} IN
                 (SELECT {column} FROM {table} WHERE room = ?1 LIMIT ?2) RETURNING {gif}"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query((key, signed(left)))?;
        while let Some(row) = rows.next()? {
            left = left.saturating_sub(1);
            names.extend(file(row, 0)?);
        }
        if left == 0 {
            break;
        }
    }
    unreference(connection, names)?;
    if left > 0 {
        connection.execute("DELETE FROM removed_rooms WHERE room = ?1", [key])?;
    }
    Ok(left > 0)
}

/// Lists those of these files that no row names any more, to be deleted. Runs in a transaction.
pub fn unreference(connection: &Connection, names: Vec<GifName>) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached("INSERT OR IGNORE INTO unreferenced_files (name) VALUES (?1)")?;
    for name in gifs::unnamed(connection, names)? {
        insert.execute([name.to_string()])?;
    }
    Ok(())
}

/// Files that are to be deleted.
pub fn unreferenced(connection: &Connection, most: usize) -> rusqlite::Result<Vec<GifName>> {
    let mut statement = connection.prepare_cached("SELECT name FROM unreferenced_files LIMIT ?1")?;
    statement.query_map([signed(most)], |row| text(row, 0))?.collect()
}

/// Takes files that were deleted from the list. Runs in a transaction.
pub fn forget_unreferenced(connection: &Connection, names: &[GifName]) -> rusqlite::Result<()> {
    let mut delete = connection.prepare_cached("DELETE FROM unreferenced_files WHERE name = ?1")?;
    for name in names {
        delete.execute([name.to_string()])?;
    }
    Ok(())
}

/// Whether a room refuses bytes because of a clearing that is not done.
pub fn is_being_forbidden(connection: &Connection, clearings: &[Clearing], hash: GifHash) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM messages INDEXED BY messages_hash WHERE room = ?1 AND hash = ?2
                   AND hash IS NOT NULL AND visitor = ?3 AND seq > ?4 AND seq <= ?5)";
    for clearing in clearings.iter().filter(|clearing| clearing.forbid) {
        let (room, visitor) = (clearing.room.to_bytes(), clearing.visitor.to_string());
        let key = params![room, hash.to_bytes(), visitor, clearing.since, clearing.until];
        if connection.prepare_cached(sql)?.query_row(key, |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn file(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<GifName>> {
    let name = row.get_ref(column)?.as_str_or_null()?;
    name.map(|_| text(row, column)).transpose()
}

fn signed(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

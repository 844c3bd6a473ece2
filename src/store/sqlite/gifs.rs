//! Which messages name which files, and which bytes a room refuses.

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    moderation::Which,
    rows::{gif, text},
};
use crate::{
    domain::{GifBody, GifHash, GifName, RoomId},
    store::{FORBIDDEN, LATELY},
};

const GIF: &str = "gif, width, height, frames, duration, bytes, alt, hash";

/// The files that a room's messages and whispers name.
pub fn of_room(connection: &Connection, room: RoomId) -> rusqlite::Result<Vec<GifName>> {
    let mut statement = connection.prepare_cached(
        "SELECT gif FROM messages WHERE room = ?1 AND gif IS NOT NULL
             UNION SELECT gif FROM whispers WHERE room = ?1 AND gif IS NOT NULL",
    )?;
    statement.query_map([room.to_bytes()], |row| text(row, 0))?.collect()
}

/// Every file that a message or a whisper names.
pub fn all(connection: &Connection) -> rusqlite::Result<Vec<GifName>> {
    let mut statement = connection.prepare(
        "SELECT gif FROM messages WHERE gif IS NOT NULL
         UNION SELECT gif FROM whispers WHERE gif IS NOT NULL",
    )?;
    statement.query_map([], |row| text(row, 0))?.collect()
}

/// The files among these that no message and no whisper names any more: they can go. The one place that says so.
pub fn unnamed(connection: &Connection, mut names: Vec<GifName>) -> rusqlite::Result<Vec<GifName>> {
    names.sort_unstable();
    names.dedup();
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM messages WHERE gif = ?1)
             OR EXISTS (SELECT 1 FROM whispers WHERE gif = ?1)",
    )?;
    let mut left = Vec::new();
    for name in names {
        if !statement.query_row([name.to_string()], |row| row.get::<_, bool>(0))? {
            left.push(name);
        }
    }
    Ok(left)
}

/// The room whose message names a file.
pub fn room_of(connection: &Connection, name: GifName) -> rusqlite::Result<Option<RoomId>> {
    let mut statement = connection.prepare_cached("SELECT room FROM messages WHERE gif = ?1 LIMIT 1")?;
    statement
        .query_row([name.to_string()], |row| Ok(RoomId::from_bytes(row.get(0)?)))
        .optional()
}

/// A file as the latest message of a room that names it says.
pub fn in_room(connection: &Connection, room: RoomId, name: GifName) -> rusqlite::Result<Option<GifBody>> {
    let sql = format!("SELECT {GIF} FROM messages WHERE gif = ?2 AND room = ?1 ORDER BY seq DESC LIMIT 1");
    let mut statement = connection.prepare_cached(&sql)?;
    statement
        .query_row((room.to_bytes(), name.to_string()), |row| gif(row, 0))
        .optional()
}

/// The GIFs that the latest messages of a room name, each once, the newest first.
pub fn lately_sent(connection: &Connection, room: RoomId, limit: usize) -> rusqlite::Result<Vec<GifBody>> {
    // SQLite takes the other columns of a group from the row with its max().
    let sql = format!(
        "SELECT {GIF}, max(seq) AS latest FROM
             (SELECT * FROM messages WHERE room = ?1 AND gif IS NOT NULL ORDER BY seq DESC LIMIT {LATELY})
         GROUP BY gif ORDER BY latest DESC LIMIT ?2"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(&sql)?;
    statement
        .query_map((room.to_bytes(), limit), |row| gif(row, 0))?
        .collect()
}

/// Whether a room refuses these bytes.
pub fn is_forbidden(connection: &Connection, room: RoomId, hash: GifHash) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM forbidden WHERE room = ?1 AND hash = ?2)";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row((room.to_bytes(), hash.to_bytes()), |row| row.get(0))
}

/// Makes a room refuse the bytes of the GIFs of some of its messages. Runs in a transaction.
pub fn forbid(connection: &Connection, room: RoomId, which: Which<'_>) -> rusqlite::Result<()> {
    // The newest come last, as the room forgets those first that came first.
    let sql = format!(
        "INSERT OR REPLACE INTO forbidden (room, hash)
             SELECT room, hash FROM
                 (SELECT room, hash, max(seq) AS latest FROM {}
                  WHERE {} AND gif IS NOT NULL AND hash IS NOT NULL
                  GROUP BY hash ORDER BY latest DESC LIMIT {FORBIDDEN})
             ORDER BY latest",
        which.table(),
        which.says()
    );
    connection.execute(&sql, params![room.to_bytes(), which.key])?;
    let sql = format!(
        "DELETE FROM forbidden WHERE room = ?1 AND id NOT IN
             (SELECT id FROM forbidden WHERE room = ?1 ORDER BY id DESC LIMIT {FORBIDDEN})"
    );
    connection.execute(&sql, [room.to_bytes()]).map(drop)
}

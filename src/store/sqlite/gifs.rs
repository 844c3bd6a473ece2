//! Which messages name which files, and which bytes a room refuses.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension};

use super::{
    cleanup::{self, Hidden},
    rows::{gif, text},
    whispers,
    writer::Writer,
};
use crate::{
    domain::{GifBody, GifHash, GifName, MessageId, RoomId},
    store::{FORBIDDEN, LATELY, StoreError},
};

const GIF: &str = "gif, width, height, frames, duration, bytes, alt, hash";

/// Every file that a message or a whisper names.
pub fn all(connection: &Connection) -> rusqlite::Result<Vec<GifName>> {
    let mut statement = connection.prepare(
        "SELECT gif FROM messages WHERE gif IS NOT NULL
         UNION SELECT gif FROM whispers WHERE gif IS NOT NULL",
    )?;
    statement.query_map([], |row| text(row, 0))?.collect()
}

/// The files among these that no message and no whisper names any more: they can go. The one place that says so. What is
/// deleted for readers and not yet from the file still names its file, so that the file goes with the last row.
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

/// A room with a message that names a file, whether or not that is deleted for readers. No two rooms name the same file.
pub fn room_of(connection: &Connection, name: GifName) -> rusqlite::Result<Option<RoomId>> {
    let mut statement = connection.prepare_cached("SELECT room FROM messages WHERE gif = ?1 LIMIT 1")?;
    statement
        .query_row([name.to_string()], |row| Ok(RoomId::from_bytes(row.get(0)?)))
        .optional()
}

/// A file as the latest message of a room that names it says. It looks at `most` messages that are deleted for readers.
pub fn in_room(
    connection: &Connection,
    room: RoomId,
    name: GifName,
    hidden: &Hidden,
    most: usize,
) -> rusqlite::Result<Option<GifBody>> {
    let sql =
        format!("SELECT {GIF}, visitor, seq FROM messages WHERE gif = ?2 AND room = ?1 ORDER BY seq DESC LIMIT ?3");
    let mut statement = connection.prepare_cached(&sql)?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut rows = statement.query((room.to_bytes(), name.to_string(), most))?;
    while let Some(row) = rows.next()? {
        if !hidden.hides(text(row, 8)?, row.get(9)?) {
            return gif(row, 0).map(Some);
        }
    }
    Ok(None)
}

/// The GIFs that the latest messages of a room name, each once, the newest first.
pub fn lately_sent(
    connection: &Connection,
    room: RoomId,
    limit: usize,
    hidden: &Hidden,
) -> rusqlite::Result<Vec<GifBody>> {
    let sql = format!("SELECT {GIF}, visitor, seq FROM messages WHERE room = ?1 AND gif IS NOT NULL ORDER BY seq DESC");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([room.to_bytes()])?;
    let (mut seen, mut sent, mut looked_at) = (HashSet::new(), Vec::new(), 0);
    while sent.len() < limit && looked_at < LATELY {
        let Some(row) = rows.next()? else { break };
        if hidden.hides(text(row, 8)?, row.get(9)?) {
            continue;
        }
        looked_at += 1;
        if seen.insert(text::<GifName>(row, 0)?) {
            sent.push(gif(row, 0)?);
        }
    }
    Ok(sent)
}

/// Whether a room refuses these bytes.
pub fn is_forbidden(connection: &Connection, room: RoomId, hash: GifHash) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM forbidden WHERE room = ?1 AND hash = ?2)";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row((room.to_bytes(), hash.to_bytes()), |row| row.get(0))
}

/// Makes a room refuse bytes, and forget those that it was told first when they are too many. Runs in a transaction.
pub fn forbid(connection: &Connection, room: RoomId, hashes: &[GifHash]) -> rusqlite::Result<()> {
    if hashes.is_empty() {
        return Ok(());
    }
    let mut insert = connection.prepare_cached("INSERT OR REPLACE INTO forbidden (room, hash) VALUES (?1, ?2)")?;
    for hash in hashes {
        insert.execute((room.to_bytes(), hash.to_bytes()))?;
    }
    let sql = format!(
        "DELETE FROM forbidden WHERE room = ?1 AND id NOT IN
             (SELECT id FROM forbidden WHERE room = ?1 ORDER BY id DESC LIMIT {FORBIDDEN})"
    );
    connection.execute(&sql, [room.to_bytes()]).map(drop)
}

impl Writer {
    pub(super) fn forget_unreferenced(&self, names: &[GifName]) -> Result<(), StoreError> {
        self.whole(|| cleanup::forget_unreferenced(&self.connection, names))
    }

    pub(super) fn forget_gifs(&mut self, names: &[GifName]) -> Result<(), StoreError> {
        let forgotten = self.whole(|| {
            let each = names.iter().map(|name| forget(&self.connection, *name));
            each.collect::<rusqlite::Result<Vec<_>>>()
        });
        for (room, message) in forgotten?.concat() {
            self.forget_reports(room, message);
        }
        Ok(())
    }
}

/// Removes what names a file that is missing; the messages whose reports went with them.
fn forget(connection: &Connection, name: GifName) -> rusqlite::Result<Vec<(RoomId, MessageId)>> {
    let name = name.to_string();
    let about = "DELETE FROM reports WHERE (room, message) IN (SELECT room, id FROM messages WHERE gif = ?1)
                 RETURNING room, message";
    let mut statement = connection.prepare_cached(about)?;
    let reported = statement.query_map([&name], |row| {
        Ok((RoomId::from_bytes(row.get(0)?), MessageId::from_bytes(row.get(1)?)))
    })?;
    let reported = reported.collect::<rusqlite::Result<_>>()?;
    // A `seq` is never given out twice, even if its message had to go.
    let keep = "UPDATE rooms SET last_seq = max(last_seq, (SELECT max(seq) FROM messages WHERE room = rooms.id))
                WHERE id IN (SELECT room FROM messages WHERE gif = ?1)";
    connection.execute(keep, [&name])?;
    connection.execute("DELETE FROM messages WHERE gif = ?1", [&name])?;
    whispers::delete(connection, "SELECT turn FROM whispers WHERE gif = ?1", [&name])?;
    Ok(reported)
}

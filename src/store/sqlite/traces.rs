//! Where things are in the whole site.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, ToSql};

use super::{SqliteStore, cleanup::SAYS, rows::text};
use crate::{
    domain::{GifHash, GifName, MessageId, Moment, RoomId, VisitorId},
    store::{StoreError, Trace, Traces},
};

const TRACE: &str = "room, id, seq, created_at";

fn trace(row: &Row<'_>) -> rusqlite::Result<Trace> {
    Ok(Trace {
        room: RoomId::from_bytes(row.get(0)?),
        message: MessageId::from_bytes(row.get(1)?),
        seq: row.get(2)?,
        at: Moment::from_millis(row.get(3)?),
    })
}

/// What a query finds for each of these keys.
fn of_each<K: ToSql, T>(
    connection: &Connection,
    sql: &str,
    keys: impl IntoIterator<Item = K>,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let (mut statement, mut found) = (connection.prepare_cached(sql)?, Vec::new());
    for key in keys {
        for row in statement.query_map([key], &read)? {
            found.push(row?);
        }
    }
    Ok(found)
}

fn bytes(hashes: Vec<GifHash>) -> impl Iterator<Item = [u8; 32]> {
    hashes.into_iter().map(|hash| hash.to_bytes())
}

fn hash_of(connection: &Connection, name: GifName) -> rusqlite::Result<Option<GifHash>> {
    let sql = "SELECT hash FROM messages WHERE gif = ?1 AND hash IS NOT NULL
               UNION SELECT hash FROM whispers WHERE gif = ?1 AND hash IS NOT NULL LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row([name.to_string()], |row| row.get(0).map(GifHash::from_bytes));
    found.optional()
}

fn messages_by(
    connection: &Connection,
    visitor: VisitorId,
    rooms: &[RoomId],
    limit: usize,
) -> rusqlite::Result<Vec<Trace>> {
    let sql = format!(
        "SELECT {TRACE} FROM messages INDEXED BY messages_author
         WHERE room = ?1 AND visitor = ?2 AND {SAYS} ORDER BY created_at DESC, seq DESC LIMIT ?3"
    );
    let (visitor, most) = (visitor.to_string(), i64::try_from(limit).unwrap_or(i64::MAX));
    let (mut statement, mut found) = (connection.prepare_cached(&sql)?, Vec::new());
    for room in rooms {
        for row in statement.query_map((room.to_bytes(), &visitor, most), trace)? {
            found.push(row?);
        }
    }
    Ok(found)
}

#[async_trait]
impl Traces for SqliteStore {
    async fn messages_with(&self, hashes: Vec<GifHash>) -> Result<Vec<Trace>, StoreError> {
        let sql = format!("SELECT {TRACE} FROM messages WHERE hash = ?1 AND hash IS NOT NULL");
        self.read(move |connection| of_each(connection, &sql, bytes(hashes), trace))
            .await
    }

    async fn whispered_with(&self, hashes: Vec<GifHash>) -> Result<Vec<GifName>, StoreError> {
        let sql = "SELECT DISTINCT gif FROM whispers WHERE hash = ?1 AND hash IS NOT NULL";
        self.read(move |connection| of_each(connection, sql, bytes(hashes), |row| text(row, 0)))
            .await
    }

    async fn hash_of_gif(&self, name: GifName) -> Result<Option<GifHash>, StoreError> {
        self.read(move |connection| hash_of(connection, name)).await
    }

    async fn messages_by(
        &self,
        visitor: VisitorId,
        rooms: Vec<RoomId>,
        limit: usize,
    ) -> Result<Vec<Trace>, StoreError> {
        let found = self.read(move |connection| messages_by(connection, visitor, &rooms, limit));
        Ok(Trace::latest(found.await?, limit))
    }
}

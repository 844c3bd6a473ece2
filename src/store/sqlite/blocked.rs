//! Bytes of GIFs that no room takes: a row for each.

use async_trait::async_trait;
use rusqlite::{Connection, Row};

use super::{SqliteStore, command::Command, rows::text, writer::Writer};
use crate::{
    domain::{GifHash, GifName, MessageId, Refusal, RoomId},
    store::{BLOCKED, BlockList, StoreError},
};

/// Whether no room takes these bytes.
pub fn is_blocked(connection: &Connection, hash: GifHash) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM blocked WHERE hash = ?1)")?;
    statement.query_row([hash.to_bytes()], |row| row.get(0))
}

/// What a query finds for each of these hashes.
fn of_each<T>(
    connection: &Connection,
    sql: &str,
    hashes: &[GifHash],
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let (mut statement, mut found) = (connection.prepare_cached(sql)?, Vec::new());
    for hash in hashes {
        for row in statement.query_map([hash.to_bytes()], &read)? {
            found.push(row?);
        }
    }
    Ok(found)
}

#[async_trait]
impl BlockList for SqliteStore {
    async fn block(&self, hashes: Vec<GifHash>) -> Result<usize, StoreError> {
        self.ask(|reply| Command::Block(hashes, true, reply)).await
    }

    async fn unblock(&self, hashes: Vec<GifHash>) -> Result<usize, StoreError> {
        self.ask(|reply| Command::Block(hashes, false, reply)).await
    }

    async fn blocked(&self) -> Result<Vec<GifHash>, StoreError> {
        let all = |connection: &Connection| {
            let mut statement = connection.prepare_cached("SELECT hash FROM blocked ORDER BY hash")?;
            let hashes = statement.query_map([], |row| row.get(0).map(GifHash::from_bytes))?;
            hashes.collect()
        };
        self.read(all).await
    }

    async fn messages_with(&self, hashes: Vec<GifHash>) -> Result<Vec<(RoomId, MessageId)>, StoreError> {
        let sql = "SELECT room, id FROM messages WHERE hash = ?1 AND hash IS NOT NULL";
        let read = |row: &Row<'_>| Ok((RoomId::from_bytes(row.get(0)?), MessageId::from_bytes(row.get(1)?)));
        self.read(move |connection| of_each(connection, sql, &hashes, read))
            .await
    }

    async fn whispered_with(&self, hashes: Vec<GifHash>) -> Result<Vec<GifName>, StoreError> {
        let sql = "SELECT DISTINCT gif FROM whispers WHERE hash = ?1 AND hash IS NOT NULL";
        self.read(move |connection| of_each(connection, sql, &hashes, |row| text(row, 0)))
            .await
    }
}

impl Writer {
    /// Blocks bytes, or does so no more; how many rows that changed.
    pub(super) fn block(&self, hashes: &[GifHash], on: bool) -> Result<usize, StoreError> {
        let sql = match on {
            true => "INSERT OR IGNORE INTO blocked (hash) VALUES (?1)",
            false => "DELETE FROM blocked WHERE hash = ?1",
        };
        self.all_or_none(|| {
            let run = || {
                let (mut statement, mut changed) = (self.connection.prepare_cached(sql)?, 0);
                for hash in hashes {
                    changed += statement.execute([hash.to_bytes()])?;
                }
                let count = "SELECT count(*) FROM blocked";
                let there: usize = self.connection.query_row(count, [], |row| row.get(0))?;
                Ok((changed, there))
            };
            let (changed, there) = run().map_err(super::command::failure)?;
            match on && there > BLOCKED {
                true => Err(StoreError::Refused(Refusal::StorageFull)),
                false => Ok(changed),
            }
        })
    }
}

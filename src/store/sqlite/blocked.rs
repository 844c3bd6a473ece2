//! Bytes of GIFs that no room takes: a row for each.

use async_trait::async_trait;
use rusqlite::Connection;

use super::{SqliteStore, command::Command, writer::Writer};
use crate::{
    domain::{GifHash, Refusal},
    store::{BLOCKED, BlockList, StoreError},
};

/// Whether no room takes these bytes.
pub fn is_blocked(connection: &Connection, hash: GifHash) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM blocked WHERE hash = ?1)")?;
    statement.query_row([hash.to_bytes()], |row| row.get(0))
}

#[async_trait]
impl BlockList for SqliteStore {
    async fn block(&self, hashes: Vec<GifHash>) -> Result<usize, StoreError> {
        self.ask(|reply| Command::Block(hashes, true, reply)).await
    }

    async fn unblock(&self, hashes: Vec<GifHash>) -> Result<usize, StoreError> {
        self.ask(|reply| Command::Block(hashes, false, reply)).await
    }

    async fn is_blocked(&self, hash: GifHash) -> Result<bool, StoreError> {
        self.read(move |connection| is_blocked(connection, hash)).await
    }

    async fn blocked(&self) -> Result<Vec<GifHash>, StoreError> {
        let all = |connection: &Connection| {
            let mut statement = connection.prepare_cached("SELECT hash FROM blocked ORDER BY hash")?;
            let hashes = statement.query_map([], |row| row.get(0).map(GifHash::from_bytes))?;
            hashes.collect()
        };
        self.read(all).await
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

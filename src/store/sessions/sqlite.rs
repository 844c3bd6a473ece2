//! Sessions in a SQLite file, one row each. A row is found by a hash of the session's id: who reads the file or a copy of
//! it finds no id that a cookie could be made of.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use async_trait::async_trait;
use rusqlite::{OptionalExtension, ffi};
use time::OffsetDateTime;
use tokio_rusqlite::Connection;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

use super::{
    Clock, PurgingStore,
    codec::{decode, encode},
    hash_of,
};
use crate::store::{
    StoreError,
    sqlite::{INCREMENTAL, failure},
};

/// Ids tried for a new session. One that is taken is a chance of 1 in 2¹²⁸; several are a broken generator.
const TRIES: usize = 3;

/// Sessions deleted at once. Everything else waits in line for that, for some milliseconds.
pub(super) const SLICE: usize = 200;

/// Free pages that stay in the file for the sessions that come next, and how many are handed back at once.
const FREE_PAGES: i64 = 64;
const SHRUNK: i64 = 64;

/// `user_version` of a file that has this table, no ids, and hands free pages back.
const VERSION: i64 = 2;

/// Pages and bytes of the log. Both are small: a log that fills a disk leaves no space to empty it.
const LOG_PAGES: i64 = 64;
const LOG_LIMIT: i64 = 256 << 10;

const TABLE: &str = "
CREATE TABLE IF NOT EXISTS sessions (
    hash    BLOB PRIMARY KEY,
    data    BLOB NOT NULL,
    expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_expires ON sessions (expires);
";

/// The sessions of one file, on a thread of their own.
#[derive(Clone, Debug)]
pub struct SqliteSessions {
    connection: Connection,
    clock: Clock,
    /// Whether what space the disk has belongs to deletions of the store: nothing is added meanwhile.
    full: Arc<AtomicBool>,
}

impl SqliteSessions {
    /// Opens the file, and takes over the sessions that an older version kept by their ids.
    pub async fn open(path: &Path, clock: Clock, full: Arc<AtomicBool>) -> std::result::Result<Self, StoreError> {
        let connection = Connection::open(path).await.map_err(StoreError::failed)?;
        let now = clock.now().unix_timestamp();
        let is_new = fs::metadata(path).map_or(0, |file| file.len()) == 0;
        let prepare = move |connection: &mut rusqlite::Connection| {
            if is_new {
                connection.pragma_update(None, "auto_vacuum", INCREMENTAL)?;
            }
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
            connection.pragma_update(None, "journal_size_limit", LOG_LIMIT)?;
            migrate(connection, now)
        };
        connection.call(prepare).await.map_err(|error| match error {
            tokio_rusqlite::Error::Error(error) => failure(error),
            closed => StoreError::failed(closed),
        })?;
        Ok(Self {
            connection,
            clock,
            full,
        })
    }

    async fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let called = self.connection.call(call).await;
        called.map_err(|error| Error::Backend(error.to_string()))
    }

    /// The same for what adds rows. It is asked on the thread: many calls may wait there when the disk gets full.
    async fn add<T: Send + 'static>(
        &self,
        add: impl FnOnce(&mut rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let full = Arc::clone(&self.full);
        let add = move |connection: &mut rusqlite::Connection| {
            if full.load(Ordering::SeqCst) {
                return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None));
            }
            add(connection)
        };
        self.call(add).await
    }

    /// Works until it says that nothing is left, and leaves half of the time to visitors.
    async fn in_slices(&self, slice: fn(&rusqlite::Connection, i64) -> rusqlite::Result<bool>) -> Result<()> {
        // A slice in the log takes space, too.
        while !self.full.load(Ordering::SeqCst) {
            let (began, now) = (Instant::now(), self.now());
            if !self.call(move |open| slice(open, now)).await? {
                return Ok(());
            }
            tokio::time::sleep(began.elapsed()).await;
        }
        Ok(())
    }

    fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }
}

/// Makes the table. Version 0 is a new file, or one with the table of an older version, which is rewritten then: deleting
/// a table alone would leave the ids in pages that are free. Version 1 may be a file that can't hand pages back.
fn migrate(connection: &mut rusqlite::Connection, now: i64) -> rusqlite::Result<()> {
    if number(connection, "user_version")? >= VERSION {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    transaction.execute_batch(TABLE)?;
    if transaction.table_exists(None, "tower_sessions")? {
        take_over(&transaction, now)?;
        transaction.execute_batch("DROP TABLE tower_sessions")?;
    }
    transaction.commit()?;
    // If that fails, as on a full disk, the next start tries again.
    let rewrite = format!(
        "PRAGMA auto_vacuum = {INCREMENTAL}; VACUUM; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA user_version = {VERSION}"
    );
    if let Err(error) = connection.execute_batch(&rewrite) {
        tracing::warn!(%error, "the file of the sessions can't be rewritten now; the next start tries again");
    }
    Ok(())
}

fn number(connection: &rusqlite::Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, pragma, |row| row.get(0))
}

/// Deletes some sessions that have expired; whether there may be more.
fn delete_expired(connection: &rusqlite::Connection, now: i64) -> rusqlite::Result<bool> {
    let sql = "DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions WHERE expires <= ?1 LIMIT ?2)";
    let deleted = connection.prepare_cached(sql)?.execute((now, SLICE))?;
    Ok(deleted == SLICE)
}

/// Hands some free pages back to the file system; whether there may be more.
fn shrink(connection: &rusqlite::Connection) -> rusqlite::Result<bool> {
    let before = number(connection, "freelist_count")?;
    if before <= FREE_PAGES {
        return Ok(false);
    }
    let pages = (before - FREE_PAGES).min(SHRUNK);
    let mut vacuum = connection.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
    let mut freed = vacuum.raw_query();
    // It frees a page for each step.
    while freed.next()?.is_some() {}
    // A file that could not be rewritten at the start keeps its pages.
    Ok(number(connection, "freelist_count")? < before)
}

fn take_over(connection: &rusqlite::Connection, now: i64) -> rusqlite::Result<()> {
    let mut old = connection.prepare("SELECT data FROM tower_sessions WHERE expiry_date > ?1")?;
    let mut rows = old.query([now])?;
    while let Some(row) = rows.next()? {
        // A record that can't be read costs somebody a colour, as it did before.
        if let Ok(record) = rmp_serde::from_slice::<Record>(row.get_ref(0)?.as_blob()?)
            && let Ok(data) = rmp_serde::to_vec(&record.data)
        {
            write(connection, &record.id, &data, record.expiry_date)?;
        }
    }
    Ok(())
}

fn write(connection: &rusqlite::Connection, id: &Id, data: &[u8], expires: OffsetDateTime) -> rusqlite::Result<()> {
    let sql = "INSERT INTO sessions (hash, data, expires) VALUES (?1, ?2, ?3)
               ON CONFLICT (hash) DO UPDATE SET data = excluded.data, expires = excluded.expires";
    let row = (hash_of(id), data, expires.unix_timestamp());
    connection.prepare_cached(sql)?.execute(row).map(drop)
}

#[async_trait]
impl SessionStore for SqliteSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        for _ in 0..TRIES {
            let row = (
                hash_of(&record.id),
                encode(record)?,
                record.expiry_date.unix_timestamp(),
            );
            let sql = "INSERT INTO sessions (hash, data, expires) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
            if self.add(move |open| open.prepare_cached(sql)?.execute(row)).await? == 1 {
                return Ok(());
            }
            record.id = Id::default();
        }
        Err(Error::Backend("no free id was found for a session".into()))
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let (id, data, expires) = (record.id, encode(record)?, record.expiry_date);
        self.add(move |open| write(open, &id, &data, expires)).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let key = (hash_of(id), self.now());
        let sql = "SELECT data, expires FROM sessions WHERE hash = ?1 AND expires > ?2";
        let find = move |open: &mut rusqlite::Connection| {
            let mut statement = open.prepare_cached(sql)?;
            let found = statement.query_row(key, |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?)));
            found.optional()
        };
        let found = self.call(find).await?;
        found.map(|(data, expires)| decode(*id, &data, expires)).transpose()
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let hash = hash_of(id);
        let sql = "DELETE FROM sessions WHERE hash = ?1";
        self.call(move |open| open.prepare_cached(sql)?.execute([hash])).await?;
        Ok(())
    }
}

#[async_trait]
impl PurgingStore for SqliteSessions {
    async fn purge(&self) -> Result<()> {
        self.in_slices(delete_expired).await?;
        self.in_slices(|open, _| shrink(open)).await
    }

    async fn close(&self) {
        if let Err(error) = self.connection.clone().close().await {
            tracing::warn!(%error, "the file of the sessions can't be closed");
        }
    }
}

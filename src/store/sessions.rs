//! Where visitors' sessions are kept: on disk, so that they survive a restart, behind a small cache.

use std::{fs, path::Path, sync::Arc};

use async_trait::async_trait;
use moka::sync::Cache;
use tower_sessions::{
    CachingSessionStore, ExpiredDeletion, SessionStore,
    session::{Id, Record},
    session_store::{self, Result},
};
use tower_sessions_rusqlite_store::{
    RusqliteStore,
    tokio_rusqlite::{Connection, rusqlite},
};

use super::{StoreError, private_files};
use crate::seldom::Seldom;

/// Sessions kept in memory; the least used go first, and are read from disk again when they come back.
const CACHED: u64 = 20_000;

/// A session store that can also clear away what has expired.
#[async_trait]
pub trait PurgingStore: SessionStore {
    /// Deletes the sessions that have expired.
    async fn purge(&self) -> Result<()>;
}

/// The sessions of all visitors, whatever keeps them.
#[derive(Clone, Debug)]
pub struct Sessions(Arc<dyn PurgingStore>);

impl Sessions {
    /// Sessions kept there.
    pub fn new(store: Arc<dyn PurgingStore>) -> Self {
        Self(store)
    }

    /// Deletes the sessions that have expired.
    ///
    /// # Errors
    /// The store failed.
    pub async fn purge(&self) -> Result<()> {
        self.0.purge().await
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.0.create(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.0.save(record).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        self.0.load(id).await
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.delete(id).await
    }
}

/// Opens the SQLite file of the sessions. It is a file of its own: a session lost to a power cut costs a colour, so
/// unlike a message it need not wait for the disk.
///
/// # Errors
/// The file can't be opened.
pub async fn open_sqlite_sessions(path: &Path) -> std::result::Result<Sessions, StoreError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(StoreError::failed)?;
    }
    private_files::prepare(path).map_err(StoreError::failed)?;
    let connection = Connection::open(path).await.map_err(StoreError::failed)?;
    let pragmas = |connection: &mut rusqlite::Connection| {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")
    };
    connection.call(pragmas).await.map_err(StoreError::failed)?;
    let disk = RusqliteStore::new(connection);
    disk.migrate().await.map_err(StoreError::failed)?;
    let memory = Memory(Cache::new(CACHED));
    Ok(Sessions::new(Arc::new(CachedOnDisk {
        disk: disk.clone(),
        memory: memory.clone(),
        cached: CachingSessionStore::new(memory, disk),
    })))
}

#[derive(Debug)]
struct CachedOnDisk {
    disk: RusqliteStore,
    memory: Memory,
    cached: CachingSessionStore<Memory, RusqliteStore>,
}

#[async_trait]
impl PurgingStore for CachedOnDisk {
    async fn purge(&self) -> Result<()> {
        self.disk.delete_expired().await
    }
}

#[async_trait]
impl SessionStore for CachedOnDisk {
    async fn create(&self, record: &mut Record) -> Result<()> {
        match self.cached.create(record).await {
            Ok(()) => Ok(()),
            Err(error) => self.keep_in_memory(record, &error),
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        match self.cached.save(record).await {
            Ok(()) => Ok(()),
            Err(error) => self.keep_in_memory(record, &error),
        }
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        self.cached.load(id).await
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.cached.delete(id).await
    }
}

impl CachedOnDisk {
    /// Keeps what the disk does not take, as when it is full: a page is worth more than a colour that survives a restart. It
    /// is written the next time that the session changes.
    fn keep_in_memory(&self, record: &Record, error: &session_store::Error) -> Result<()> {
        static LINE: Seldom = Seldom::new();
        if let Some(left_out) = LINE.turn() {
            tracing::error!(%error, left_out, "a session can't be saved; it is kept in memory");
        }
        self.memory.0.insert(record.id, record.clone());
        Ok(())
    }
}

/// The cache in front of the disk.
#[derive(Clone, Debug)]
struct Memory(Cache<Id, Record>);

#[async_trait]
impl SessionStore for Memory {
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.save(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.0.insert(record.id, record.clone());
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = time::OffsetDateTime::now_utc();
        Ok(self.0.get(id).filter(|record| record.expiry_date > now))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.invalidate(id);
        Ok(())
    }
}

//! Where visitors' sessions are kept: on disk, so that they survive a restart, behind a small cache.

mod clock;
mod codec;
mod fresh;
mod sqlite;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use async_trait::async_trait;
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use tower_sessions::{
    CachingSessionStore, SessionStore,
    session::{Id, Record},
    session_store::{self, Result},
};

pub use self::fresh::UNCONFIRMED;
use self::{clock::Clock, fresh::Fresh, sqlite::SqliteSessions};
use super::StoreError;
use crate::{log_throttle::LogThrottle, private_files};

/// Sessions kept in memory; the least used go first, and are read from disk again when they come back.
const CACHED: u64 = 20_000;

/// A session store that can also clear away what has expired.
#[async_trait]
pub trait PurgingStore: SessionStore {
    /// Deletes the sessions that have expired, and what an older version left that must not stay.
    async fn purge(&self) -> Result<()>;

    /// Writes what is waiting and closes what is open.
    async fn close(&self) {}
}

/// The sessions of all visitors, whatever keeps them.
#[derive(Clone, Debug)]
pub struct Sessions(Arc<dyn PurgingStore>);

impl Sessions {
    /// Sessions kept there.
    pub fn new(store: Arc<dyn PurgingStore>) -> Self {
        Self(store)
    }

    /// Deletes the sessions that have expired, and what an older version left that must not stay.
    ///
    /// # Errors
    /// The store failed.
    pub async fn purge(&self) -> Result<()> {
        self.0.purge().await
    }

    /// Writes what is waiting and closes what is open.
    pub async fn close(&self) {
        self.0.close().await;
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

/// What a store keeps of a session's id. Ids are 128 random bits, so a plain hash can't be undone.
pub fn hash_of(id: &Id) -> [u8; 32] {
    Sha256::digest(id.0.to_le_bytes()).into()
}

/// Opens the SQLite file of the sessions. It is a file of its own: a session lost to a power cut costs a colour, so
/// unlike a message it need not wait for the disk. While the disk is `full`, new sessions stay in memory.
///
/// # Errors
/// The file can't be opened.
pub async fn open_sqlite_sessions(path: &Path, full: Arc<AtomicBool>) -> std::result::Result<Sessions, StoreError> {
    let sessions = CachedOnDisk::open(path, Clock::start(), full).await?;
    Ok(Sessions::new(Arc::new(sessions)))
}

/// The file of the sessions beside that of the rooms: `data/gifchat.db` has them in `data/gifchat-sessions.db`.
pub fn sessions_file(rooms: &Path) -> PathBuf {
    let stem = rooms.file_stem().unwrap_or_default().to_string_lossy();
    let end = rooms
        .extension()
        .map(|end| format!(".{}", end.to_string_lossy()))
        .unwrap_or_default();
    rooms.with_file_name(format!("{stem}-sessions{end}"))
}

/// The file behind the cache. Both reckon by the steady clock; who asks reckons by the system's.
#[derive(Debug)]
struct CachedOnDisk {
    disk: SqliteSessions,
    cached: CachingSessionStore<Memory, SqliteSessions>,
    fresh: Fresh,
    clock: Clock,
}

impl CachedOnDisk {
    async fn open(path: &Path, clock: Clock, full: Arc<AtomicBool>) -> std::result::Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            private_files::make_folder(folder).map_err(StoreError::failed)?;
        }
        private_files::prepare(path).map_err(StoreError::failed)?;
        let disk = SqliteSessions::open(path, clock.clone(), full).await?;
        let memory = Memory {
            records: Cache::new(CACHED),
            clock: clock.clone(),
        };
        Ok(Self {
            disk: disk.clone(),
            cached: CachingSessionStore::new(memory, disk),
            fresh: Fresh::new(clock.clone()),
            clock,
        })
    }
}

#[async_trait]
impl PurgingStore for CachedOnDisk {
    async fn purge(&self) -> Result<()> {
        self.disk.purge().await
    }

    async fn close(&self) {
        self.disk.close().await;
    }
}

#[async_trait]
impl SessionStore for CachedOnDisk {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let mut steady = self.clock.to_steady(record.clone());
        if Fresh::is_fresh(&steady) {
            return self.fresh.save(&steady);
        }
        if let Err(error) = self.cached.create(&mut steady).await {
            self.keep_in_memory(&steady, &error)?;
        }
        record.id = steady.id;
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let steady = self.clock.to_steady(record.clone());
        if Fresh::is_fresh(&steady) {
            return self.fresh.save(&steady);
        }
        if let Err(error) = self.cached.save(&steady).await {
            return self.keep_in_memory(&steady, &error);
        }
        // Only now: who asks meanwhile finds it in one place or the other.
        self.fresh.delete(&steady.id);
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = match self.fresh.load(id)? {
            None => self.cached.load(id).await?,
            found => found,
        };
        Ok(found.map(|record| self.clock.to_system(record)))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.fresh.delete(id);
        self.cached.delete(id).await
    }
}

impl CachedOnDisk {
    /// Keeps what the disk does not take, as when it is full, among the sessions that are not written yet: a page is worth more
    /// than a colour that survives a restart. It is written the next time that the session changes.
    fn keep_in_memory(&self, record: &Record, error: &session_store::Error) -> Result<()> {
        static LINE: LogThrottle = LogThrottle::new();
        if let Some(suppressed) = LINE.permit() {
            tracing::error!(%error, suppressed, "a session can't be saved; it is kept in memory");
        }
        self.fresh.save(record)
    }
}

/// The cache in front of the disk. It knows sessions by their ids: it is written nowhere, and who can read this memory
/// reads the cookies of requests in it, too.
#[derive(Clone, Debug)]
struct Memory {
    records: Cache<Id, Record>,
    clock: Clock,
}

#[async_trait]
impl SessionStore for Memory {
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.save(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.records.insert(record.id, record.clone());
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = self.clock.now();
        Ok(self.records.get(id).filter(|record| record.expiry_date > now))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.records.invalidate(id);
        Ok(())
    }
}

#[cfg(test)]
mod tests;

//! Sessions whose cookie has not come back yet, in memory alone. Most of those who make them are crawlers and scripts that
//! throw the cookie away, and each would cost a write to the disk.

use std::sync::Arc;

use moka::{policy::EvictionPolicy, sync::Cache};
use tower_sessions::{
    session::{Id, Record},
    session_store::Result,
};

use super::{Clock, codec};

/// Key in the data of such a session, until it is worth a write: its cookie has come back, or it has gained a right.
pub const UNCONFIRMED: &str = "unconfirmed";

/// Sessions kept, less than 1 kB each. Of more than these the least recently used are forgotten: whoever comes back to one of
/// them is somebody new.
const KEPT: u64 = 50_000;

/// The sessions, encoded: a record takes more than twice as much.
#[derive(Clone, Debug)]
pub struct Fresh {
    kept: Cache<Id, (Arc<[u8]>, i64)>,
    clock: Clock,
}

impl Fresh {
    pub fn new(clock: Clock) -> Self {
        // Not by frequency, which would keep those out who have just come.
        let kept = Cache::builder()
            .max_capacity(KEPT)
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { kept, clock }
    }

    /// Whether a session need not be written.
    pub fn is_fresh(record: &Record) -> bool {
        record.data.contains_key(UNCONFIRMED)
    }

    pub fn save(&self, record: &Record) -> Result<()> {
        let data = codec::encode(record)?.into();
        self.kept.insert(record.id, (data, record.expiry_date.unix_timestamp()));
        Ok(())
    }

    pub fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = self.kept.get(id);
        let alive = found.filter(|(_, expires)| *expires > self.clock.now().unix_timestamp());
        alive
            .map(|(data, expires)| codec::decode(*id, &data, expires))
            .transpose()
    }

    pub fn delete(&self, id: &Id) {
        self.kept.invalidate(id);
    }
}

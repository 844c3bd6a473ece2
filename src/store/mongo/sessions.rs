//! Visitors' sessions, one document each.
//!
//! There is no cache in front: a session that one server rotates or ends must be gone for all of them at once. A read by
//! its key costs less than a millisecond, and reads of the same moment go together. What this server has seen lately is remembered for the time in which
//! the database does not answer, so that visitors stay who they are.
//!
//! A document is found by a hash of the session's id, so that who reads the database or a copy of it finds no id that a
//! cookie could be made of. In memory sessions are known by their ids: the cookies of requests are there, too. Version 0.1.0
//! kept the ids themselves; [`rehash`] rewrites those soon after the start.

mod lookup;
mod rehash;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use moka::sync::Cache;
use mongodb::{
    Collection, IndexModel,
    bson::{Binary, DateTime, Document, doc, spec::BinarySubtype},
    options::IndexOptions,
};
use time::OffsetDateTime;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

use self::lookup::Lookup;
use super::{
    breaker::Breaker,
    client::{Collections, failure, is_duplicate, within},
};
use crate::{
    domain::Moment,
    store::{PurgingStore, Sessions, StoreError, hash_of},
};

/// Ids tried for a new session. One that is taken is a chance of 1 in 2¹²⁸; several are a broken generator.
const TRIES: usize = 3;

/// Sessions remembered, about 600 bytes each, and for how long.
const REMEMBERED: u64 = 20_000;
const REMEMBERED_FOR: Duration = Duration::from_secs(600);

/// Opens the sessions; the database deletes those that have expired.
pub async fn open(collections: &Collections) -> std::result::Result<Sessions, StoreError> {
    let (table, breaker) = (collections.db.collection("sessions"), Arc::clone(&collections.breaker));
    let sessions = MongoSessions {
        lookup: Arc::new(Lookup::new(table.clone(), Arc::clone(&breaker))),
        table,
        breaker,
        remembered: Cache::builder()
            .max_capacity(REMEMBERED)
            .time_to_live(REMEMBERED_FOR)
            .build(),
    };
    let at_expiry = IndexOptions::builder().expire_after(Duration::ZERO).build();
    let index = IndexModel::builder().keys(doc! { "expires": 1 }).options(at_expiry);
    within(sessions.table.create_index(index.build())).await?;
    Ok(Sessions::new(Arc::new(sessions)))
}

#[derive(Clone, Debug)]
struct MongoSessions {
    table: Collection<Document>,
    breaker: Arc<Breaker>,
    lookup: Arc<Lookup>,
    remembered: Cache<Id, Remembered>,
}

/// A session as this server knows it.
#[derive(Clone, Debug)]
struct Remembered {
    record: Record,
    /// Whether the database has it. What it never had may be stored late; what it had and has no more is gone.
    stored: bool,
}

/// What to do when a session can't be written.
enum Unwritten {
    /// The database does not answer.
    Away,
    /// Something else is wrong.
    Failed(Error),
}

fn hash(id: &Id) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: hash_of(id).to_vec(),
    }
}

fn key(id: &Id) -> Document {
    doc! { "_id": hash(id) }
}

/// A session by its hash, or by its id as long as it is one of an older version. That is text, so that a hash that somebody
/// has read is none.
fn either_key(id: &Id) -> Document {
    doc! { "_id": { "$in": [hash(id), id.to_string()] } }
}

/// A time of this machine's clock, by the clock of the database, which deletes by its own and serves all servers.
fn moment(at: OffsetDateTime) -> DateTime {
    let millis = i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX);
    DateTime::from_millis(millis.saturating_add(Moment::correction()))
}

fn fields(record: &Record) -> Result<Document> {
    let data = serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
    Ok(doc! { "data": data, "expires": moment(record.expiry_date) })
}

/// The database deletes by the minute; what has expired is not shown in between.
fn is_alive(session: &Document) -> bool {
    let now = moment(OffsetDateTime::now_utc());
    session.get_datetime("expires").is_ok_and(|expires| *expires > now)
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

impl MongoSessions {
    fn remember(&self, record: &Record, stored: bool) {
        let record = record.clone();
        self.remembered.insert(record.id, Remembered { record, stored });
    }

    /// A session as it was last seen, unless it has expired.
    fn recall(&self, id: &Id) -> Option<Remembered> {
        let remembered = self.remembered.get(id)?;
        (remembered.record.expiry_date > OffsetDateTime::now_utc()).then_some(remembered)
    }

    /// Writes a new session; whether its id was free.
    async fn insert(&self, record: &Record) -> std::result::Result<bool, Unwritten> {
        let mut session = key(&record.id);
        session.extend(fields(record).map_err(Unwritten::Failed)?);
        let insert = async {
            match self.table.insert_one(session).await {
                Ok(_) => Ok(true),
                Err(error) if is_duplicate(&error) => Ok(false),
                Err(error) => Err(failure(error)),
            }
        };
        self.breaker.guard(insert).await.map_err(|error| match error {
            StoreError::Away => Unwritten::Away,
            error => Unwritten::Failed(failed(error)),
        })
    }

    /// The database has no such session: it is gone, unless it came up while the database did not answer.
    async fn store_late(&self, id: &Id) -> Option<Record> {
        let Remembered { record, stored: false } = self.recall(id)? else {
            self.remembered.invalidate(id);
            return None;
        };
        let stored = matches!(self.insert(&record).await, Ok(true));
        self.remember(&record, stored);
        Some(record)
    }

    /// The same for one that is to be saved. One that another request has renamed or ended meanwhile must not come back
    /// under its old name.
    async fn save_first(&self, record: &Record) -> Result<()> {
        let is_new = matches!(self.recall(&record.id), Some(Remembered { stored: false, .. }));
        if is_new && matches!(self.insert(record).await, Ok(true)) {
            self.remember(record, true);
            return Ok(());
        }
        Err(failed("the session has ended meanwhile"))
    }
}

fn record_of(id: Id, found: &Document) -> Result<Record> {
    let decode = |error: &dyn std::fmt::Display| Error::Decode(error.to_string());
    let data = found.get_str("data").map_err(|error| decode(&error))?;
    let expires = found.get_datetime("expires").map_err(|error| decode(&error))?;
    let millis = expires.timestamp_millis().saturating_sub(Moment::correction());
    let nanos = i128::from(millis) * 1_000_000;
    Ok(Record {
        id,
        data: serde_json::from_str(data).map_err(|error| decode(&error))?,
        expiry_date: OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|error| decode(&error))?,
    })
}

#[async_trait]
impl SessionStore for MongoSessions {
    /// While the database does not answer, the session lives in the memory of this server, and is stored when it is
    /// next asked for.
    async fn create(&self, record: &mut Record) -> Result<()> {
        for _ in 0..TRIES {
            match self.insert(record).await {
                Ok(true) => {
                    self.remember(record, true);
                    return Ok(());
                }
                Ok(false) => record.id = Id::default(),
                Err(Unwritten::Away) => {
                    self.remember(record, false);
                    return Ok(());
                }
                Err(Unwritten::Failed(error)) => return Err(error),
            }
        }
        Err(failed("no free id was found for a session"))
    }

    /// What can't be saved as the database does not answer is as it was: it costs at most a part of the session's life.
    async fn save(&self, record: &Record) -> Result<()> {
        let set = doc! { "$set": fields(record)? };
        let saved = within(self.table.update_many(either_key(&record.id), set));
        match self.breaker.guard(saved).await {
            Ok(saved) if saved.matched_count > 0 => {
                self.remember(record, true);
                Ok(())
            }
            Ok(_) => self.save_first(record).await,
            Err(StoreError::Away) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        match self.lookup.find(*id).await {
            Ok(Some(found)) => {
                let record = record_of(*id, &found)?;
                self.remember(&record, true);
                Ok(Some(record))
            }
            Ok(None) => Ok(self.store_late(id).await),
            Err(error) => match self.recall(id) {
                Some(remembered) => Ok(Some(remembered.record)),
                None => Err(failed(error)),
            },
        }
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.remembered.invalidate(id);
        let deleted = within(self.table.delete_many(either_key(id)));
        self.breaker.guard(deleted).await.map(drop).map_err(failed)
    }
}

#[async_trait]
impl PurgingStore for MongoSessions {
    /// The index deletes what has expired.
    async fn purge(&self) -> Result<()> {
        self.rehash().await.map_err(failed)
    }
}

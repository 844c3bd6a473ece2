//! Visitors' sessions, one document each.
//!
//! There is no cache in front: a session that one server rotates or ends must be gone for all of them at once, and a
//! read by its key costs less than a millisecond.

use std::sync::Arc;

use async_trait::async_trait;
use mongodb::{
    Collection, Database, IndexModel,
    bson::{DateTime, Document, doc},
    options::IndexOptions,
};
use time::OffsetDateTime;
use tokio::time::timeout;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

use super::client::{ANSWER, is_duplicate, within};
use crate::store::{PurgingStore, Sessions, StoreError};

/// Ids tried for a new session. One that is taken is a chance of 1 in 2¹²⁸; several are a broken generator.
const TRIES: usize = 3;

/// Opens the sessions; the database deletes those that have expired.
pub async fn open(db: &Database) -> std::result::Result<Sessions, StoreError> {
    let sessions = MongoSessions(db.collection("sessions"));
    let at_expiry = IndexOptions::builder().expire_after(std::time::Duration::ZERO).build();
    let index = IndexModel::builder().keys(doc! { "expires": 1 }).options(at_expiry);
    within(sessions.0.create_index(index.build())).await?;
    Ok(Sessions::new(Arc::new(sessions)))
}

#[derive(Clone, Debug)]
struct MongoSessions(Collection<Document>);

fn key(id: &Id) -> Document {
    doc! { "_id": id.to_string() }
}

fn moment(at: OffsetDateTime) -> DateTime {
    DateTime::from_millis(i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX))
}

fn fields(record: &Record) -> Result<Document> {
    let data = serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
    Ok(doc! { "data": data, "expires": moment(record.expiry_date) })
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for MongoSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        for _ in 0..TRIES {
            let mut session = key(&record.id);
            session.extend(fields(record)?);
            match timeout(ANSWER, self.0.insert_one(session).into_future()).await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) if is_duplicate(&error) => record.id = Id::default(),
                Ok(Err(error)) => return Err(failed(error)),
                Err(_) => return Err(failed("MongoDB did not answer in time")),
            }
        }
        Err(failed("no free id was found for a session"))
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let saved = self.0.update_one(key(&record.id), doc! { "$set": fields(record)? });
        // One that another request has renamed or ended meanwhile must not come back under the old name.
        match within(saved).await.map_err(failed)?.matched_count {
            0 => Err(failed("the session has ended meanwhile")),
            _ => Ok(()),
        }
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let mut alive = key(id);
        // The database deletes by the minute; what has expired is not shown in between.
        alive.insert("expires", doc! { "$gt": moment(OffsetDateTime::now_utc()) });
        let Some(found) = within(self.0.find_one(alive)).await.map_err(failed)? else {
            return Ok(None);
        };
        let decode = |error: &dyn std::fmt::Display| Error::Decode(error.to_string());
        let data = found.get_str("data").map_err(|error| decode(&error))?;
        let expires = found.get_datetime("expires").map_err(|error| decode(&error))?;
        let nanos = i128::from(expires.timestamp_millis()) * 1_000_000;
        Ok(Some(Record {
            id: *id,
            data: serde_json::from_str(data).map_err(|error| decode(&error))?,
            expiry_date: OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|error| decode(&error))?,
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        within(self.0.delete_one(key(id))).await.map(drop).map_err(failed)
    }
}

#[async_trait]
impl PurgingStore for MongoSessions {
    async fn purge(&self) -> Result<()> {
        // The index does it.
        Ok(())
    }
}

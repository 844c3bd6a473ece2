//! All documents of a database at one moment, and an empty database to put them back: for backups and checks.

use std::io;

use mongodb::{
    ClientSession, Database,
    bson::{RawDocumentBuf, doc},
};

use super::{
    client::{database, failure, must_be_replicated, within},
    epoch,
};
use crate::store::{MongoUrl, StoreError};

/// What says nothing but which servers run now.
const OF_SERVERS: [&str; 2] = ["servers", "turns"];

/// The collection whose documents make rooms: without it a database has none, whatever else is in it.
const ROOMS: &str = "log";

/// Bytes of documents that are inserted together.
pub const INSERT_BYTES: usize = 8 << 20;

/// A database as it was at one moment.
pub struct MongoMoment {
    db: Database,
    session: ClientSession,
}

impl MongoMoment {
    /// The present: the moment is that of the first read. The database keeps it for 5 minutes, unless it is set to keep more.
    ///
    /// # Errors
    /// The address is wrong, nobody answers, or it is no replica set.
    pub async fn now(url: &MongoUrl) -> Result<Self, StoreError> {
        let db = database(url).await?;
        must_be_replicated(&db).await?;
        let session = db.client().start_session().snapshot(true).await.map_err(failure)?;
        Ok(Self { db, session })
    }

    /// The collections that are worth keeping, in the order in which they are to be restored.
    ///
    /// # Errors
    /// The database fails.
    pub async fn collections(&self) -> Result<Vec<String>, StoreError> {
        let mut names = within(self.db.list_collection_names()).await?;
        names.retain(|name| !OF_SERVERS.contains(&name.as_str()) && !name.starts_with("system."));
        names.sort_unstable_by_key(|name| (name == ROOMS, name.clone()));
        Ok(names)
    }

    /// Reads the documents of a collection, as BSON.
    ///
    /// # Errors
    /// The database fails, or `each` does.
    pub async fn read(
        &mut self,
        collection: &str,
        mut each: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), StoreError> {
        let documents = self.db.collection::<RawDocumentBuf>(collection);
        let found = documents.find(doc! {}).session(&mut self.session).await;
        let mut found = found.map_err(failure)?;
        while found.advance(&mut self.session).await.map_err(failure)? {
            each(found.current().as_bytes()).map_err(StoreError::failed)?;
        }
        Ok(())
    }
}

/// A database that nothing is in.
pub struct EmptyMongo {
    db: Database,
}

impl EmptyMongo {
    /// Opens one.
    ///
    /// # Errors
    /// Something is in it, or what [`MongoMoment::now`] says.
    pub async fn open(url: &MongoUrl) -> Result<Self, StoreError> {
        let db = database(url).await?;
        must_be_replicated(&db).await?;
        for name in within(db.list_collection_names()).await? {
            let documents = db.collection::<RawDocumentBuf>(&name);
            if !name.starts_with("system.") && within(documents.find_one(doc! {})).await?.is_some() {
                let why = format!("{url} is not empty: there is something in its collection {name}");
                return Err(StoreError::failed(why));
            }
        }
        Ok(Self { db })
    }

    /// Puts documents into a collection.
    ///
    /// # Errors
    /// The database fails, or what is given is no BSON.
    pub async fn fill(&self, collection: &str, documents: Vec<Vec<u8>>) -> Result<(), StoreError> {
        let documents: Result<Vec<_>, _> = documents.into_iter().map(RawDocumentBuf::from_bytes).collect();
        let documents = documents.map_err(StoreError::failed)?;
        if documents.is_empty() {
            return Ok(());
        }
        let collection = self.db.collection::<RawDocumentBuf>(collection);
        collection.insert_many(documents).await.map(drop).map_err(failure)
    }

    /// Begins another epoch, when all is there.
    ///
    /// # Errors
    /// The database fails.
    pub async fn begin_epoch(&self) -> Result<(), StoreError> {
        epoch::renew(&self.db).await
    }

    /// Deletes all that was put into it.
    ///
    /// # Errors
    /// The database fails.
    pub async fn clear(&self) -> Result<(), StoreError> {
        self.db.drop().await.map_err(failure)
    }
}

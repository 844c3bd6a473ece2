//! Sessions of version 0.1.0, which kept them by their ids: they are kept by hashes of these from now on.

use std::{collections::HashSet, time::Duration};

use futures_util::TryStreamExt;
use mongodb::{
    ClientSession,
    bson::{Bson, Document, doc},
    error::{Error, TRANSIENT_TRANSACTION_ERROR},
};
use tokio::time::sleep;
use tower_sessions::session::Id;

use super::{MongoSessions, failure, hash};
use crate::store::StoreError;

/// Sessions rewritten in one transaction.
const SLICE: i64 = 200;

/// Longest pause before a slice is tried again that another server, or a request, was in the way of.
const AGAIN: Duration = Duration::from_millis(100);

/// What became of a slice.
enum Slice {
    /// There may be more.
    Done,
    /// There was nothing to do.
    Empty,
    /// Somebody else wrote one of its sessions meanwhile: nothing of it is done.
    Disturbed,
}

impl MongoSessions {
    /// Rewrites all of them. Any number of servers may do so at the same time, while visitors come and go.
    pub(super) async fn rehash(&self) -> Result<(), StoreError> {
        loop {
            match self.breaker.guard(self.rehash_slice()).await? {
                Slice::Done => (),
                Slice::Empty => return Ok(()),
                // Not all at the same moment.
                Slice::Disturbed => sleep(AGAIN.mul_f32(rand::random())).await,
            }
        }
    }

    /// In a transaction: a request finds a session under one of its names at any moment, and one that ends meanwhile does
    /// not come back under the other.
    async fn rehash_slice(&self) -> Result<Slice, StoreError> {
        let mut session = self.table.client().start_session().await.map_err(failure)?;
        session.start_transaction().await.map_err(failure)?;
        let moved = match self.move_some(&mut session).await {
            Ok(0) => Ok(Slice::Empty),
            Ok(_) => session.commit_transaction().await.map(|()| Slice::Done),
            Err(error) => Err(error),
        };
        // What is not committed is aborted when the session is dropped.
        match moved {
            Err(error) if error.contains_label(TRANSIENT_TRANSACTION_ERROR) => Ok(Slice::Disturbed),
            moved => moved.map_err(failure),
        }
    }

    /// Moves some sessions to their hashes; how many.
    async fn move_some(&self, session: &mut ClientSession) -> Result<usize, Error> {
        let by_id = doc! { "_id": { "$type": "string" } };
        let mut found = self.table.find(by_id).limit(SLICE).session(&mut *session).await?;
        let old: Vec<Document> = found.stream(session).try_collect().await?;
        if old.is_empty() {
            return Ok(0);
        }
        let ids: Vec<Bson> = old.iter().filter_map(|old| old.get("_id").cloned()).collect();
        // An id that can't be read is in no cookie: the session goes.
        let renamed: Vec<Document> = old.into_iter().filter_map(renamed).collect();
        let hashes: Vec<Bson> = renamed.iter().filter_map(|new| new.get("_id").cloned()).collect();
        let there = self.table.find(doc! { "_id": { "$in": hashes } });
        let mut there = there.projection(doc! { "_id": 1 }).session(&mut *session).await?;
        let there: Vec<Document> = there.stream(session).try_collect().await?;
        // Such a one is newer.
        let there: HashSet<&[u8]> = there.iter().filter_map(name).collect();
        let new = renamed
            .iter()
            .filter(|new| name(new).is_some_and(|name| !there.contains(name)));
        let new: Vec<&Document> = new.collect();
        if !new.is_empty() {
            self.table.insert_many(new).session(&mut *session).await?;
        }
        let moved = ids.len();
        let gone = doc! { "_id": { "$in": ids } };
        self.table.delete_many(gone).session(session).await?;
        Ok(moved)
    }
}

/// A session that was kept by its id, with a hash in its place.
fn renamed(mut session: Document) -> Option<Document> {
    let id: Id = session.get_str("_id").ok()?.parse().ok()?;
    session.insert("_id", hash(&id));
    Some(session)
}

/// The hash that a session is kept by.
fn name(session: &Document) -> Option<&[u8]> {
    session.get_binary_generic("_id").ok().map(Vec::as_slice)
}

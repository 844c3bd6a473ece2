//! Where things are in the whole site.

use async_trait::async_trait;
use mongodb::bson::{Document, doc};

use super::{
    MongoStore,
    blocked::{TOGETHER, keys},
    documents::Entry,
};
use crate::{
    domain::{GifHash, GifName, RoomId, VisitorId},
    store::{StoreError, Trace, Traces},
};

fn trace(entry: &Entry) -> Option<Trace> {
    let shown = entry.shown.filter(|_| !entry.blank)?;
    Some(Trace {
        room: entry.room,
        message: shown.id,
        seq: shown.seq,
        at: entry.at,
    })
}

impl MongoStore {
    async fn traces(&self, which: Document, limit: Option<usize>) -> Result<Vec<Trace>, StoreError> {
        let latest = doc! { "at": -1, "_id": -1 };
        let entries = self.log.collections.entries(which, latest, limit);
        Ok(self.call(Box::pin(entries)).await?.iter().filter_map(trace).collect())
    }
}

#[async_trait]
impl Traces for MongoStore {
    async fn messages_with(&self, hashes: Vec<GifHash>) -> Result<Vec<Trace>, StoreError> {
        let mut all = Vec::new();
        for some in hashes.chunks(TOGETHER) {
            let which = doc! { "gif.hash": { "$in": keys(some) }, "kind": "posted" };
            all.extend(self.traces(which, None).await?);
        }
        Ok(all)
    }

    async fn whispered_with(&self, hashes: Vec<GifHash>) -> Result<Vec<GifName>, StoreError> {
        let mut all = Vec::new();
        for some in hashes.chunks(TOGETHER) {
            let which = doc! { "gif.hash": { "$in": keys(some) }, "kind": "whispered" };
            all.extend(self.call(Box::pin(self.log.collections.named(which))).await?);
        }
        Ok(all)
    }

    async fn hash_of_gif(&self, name: GifName) -> Result<Option<GifHash>, StoreError> {
        let collections = &self.log.collections;
        self.call(Box::pin(collections.hash_of(name))).await
    }

    async fn messages_by(
        &self,
        visitor: VisitorId,
        rooms: Vec<RoomId>,
        limit: usize,
    ) -> Result<Vec<Trace>, StoreError> {
        let mut all = Vec::new();
        for some in rooms.chunks(TOGETHER) {
            let rooms: Vec<_> = some.iter().map(RoomId::to_string).collect();
            // By the index over these three.
            let which = doc! {
                "room": { "$in": rooms }, "visitor": visitor.to_string(), "seq": { "$gt": 0_i64 }, "kind": "posted",
                "$or": [{ "chat": { "$exists": true } }, { "gif": { "$exists": true } }],
            };
            all.extend(self.traces(which, Some(limit)).await?);
        }
        Ok(Trace::latest(all, limit))
    }
}

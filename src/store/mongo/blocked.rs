//! Bytes of GIFs that no room takes: a document for each, which every server asks for.

use async_trait::async_trait;
use futures_util::TryStreamExt;
use mongodb::{
    bson::{Binary, Document, doc},
    options::ReadConcern,
};

use super::{
    MongoStore,
    client::{Collections, failure, within},
    documents::binary,
};
use crate::{
    domain::{GifHash, Refusal},
    store::{BLOCKED, BlockList, StoreError},
};

/// Hashes that one request names.
pub(super) const TOGETHER: usize = 1_000;

pub(super) fn keys(hashes: &[GifHash]) -> Vec<Binary> {
    hashes.iter().map(|hash| binary(hash.to_bytes())).collect()
}

fn read(found: &Document) -> Option<GifHash> {
    let bytes = found.get_binary_generic("_id").ok()?.as_slice().try_into().ok()?;
    Some(GifHash::from_bytes(bytes))
}

impl Collections {
    /// Whether no room takes these bytes.
    pub(super) async fn is_blocked(&self, hash: GifHash) -> Result<bool, StoreError> {
        let found = self.blocked.find_one(doc! { "_id": binary(hash.to_bytes()) });
        Ok(within(found.read_concern(ReadConcern::majority()).into_future())
            .await?
            .is_some())
    }

    async fn blocked_of(&self, which: Document) -> Result<Vec<GifHash>, StoreError> {
        let found = async {
            let found = self.blocked.find(which).sort(doc! { "_id": 1 });
            found.await?.try_collect::<Vec<_>>().await
        };
        Ok(within(found).await?.iter().filter_map(read).collect())
    }

    async fn add_blocked(&self, hashes: &[GifHash]) -> Result<usize, StoreError> {
        let (mut new, mut added) = (hashes.to_vec(), 0);
        new.sort_unstable_by_key(|hash| hash.to_bytes());
        new.dedup();
        for some in hashes.chunks(TOGETHER) {
            let known = self.blocked_of(doc! { "_id": { "$in": keys(some) } }).await?;
            new.retain(|hash| !known.contains(hash));
        }
        let there = within(self.blocked.count_documents(doc! {}).into_future()).await?;
        if usize::try_from(there).unwrap_or(usize::MAX).saturating_add(new.len()) > BLOCKED {
            return Err(StoreError::Refused(Refusal::StorageFull));
        }
        for some in new.chunks(TOGETHER) {
            let docs = keys(some).into_iter().map(|hash| doc! { "_id": hash });
            match self.blocked.insert_many(docs).ordered(false).await {
                Ok(done) => added += done.inserted_ids.len(),
                // Another operator blocks the same now.
                Err(error) if super::client::code(&error) == Some(11_000) => (),
                Err(error) => return Err(failure(error)),
            }
        }
        Ok(added)
    }

    async fn remove_blocked(&self, hashes: &[GifHash]) -> Result<usize, StoreError> {
        let mut gone = 0;
        for some in hashes.chunks(TOGETHER) {
            let which = doc! { "_id": { "$in": keys(some) } };
            gone += within(self.blocked.delete_many(which).into_future())
                .await?
                .deleted_count;
        }
        Ok(usize::try_from(gone).unwrap_or(usize::MAX))
    }
}

#[async_trait]
impl BlockList for MongoStore {
    async fn block(&self, hashes: Vec<GifHash>) -> Result<usize, StoreError> {
        self.write(Box::pin(self.log.collections.add_blocked(&hashes))).await
    }

    async fn unblock(&self, hashes: Vec<GifHash>) -> Result<usize, StoreError> {
        self.write(Box::pin(self.log.collections.remove_blocked(&hashes))).await
    }

    async fn is_blocked(&self, hash: GifHash) -> Result<bool, StoreError> {
        self.call(Box::pin(self.log.collections.is_blocked(hash))).await
    }

    async fn blocked(&self) -> Result<Vec<GifHash>, StoreError> {
        self.call(Box::pin(self.log.collections.blocked_of(doc! {}))).await
    }
}

//! GIFs in the database: a document for the file and one for its still, as a document is bounded to 16 MB.

use std::{collections::BTreeSet, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt;
use mongodb::bson::{Binary, Bson, DateTime, Document, doc, spec::BinarySubtype};

use super::{
    client::{ANSWER, Tables, is_duplicate, within},
    documents::text,
};
use crate::{
    domain::{GifName, RoomId},
    store::{Blob, Blobs, StoreError},
};

/// The largest GIF that a document holds, in bytes; what else is in the document fits into the rest of 16 MB.
pub const LARGEST: u64 = 15 << 20;

/// How long a GIF waits for the message that names it.
const UNNAMED: Duration = Duration::from_secs(3_600);

/// GIFs looked at by one sweep.
const SWEPT: i64 = 1_000;

fn file(name: GifName) -> String {
    name.to_string()
}

fn still(name: GifName) -> String {
    format!("still-{name}")
}

#[async_trait]
impl Blobs for Tables {
    async fn put(&self, name: GifName, blob: Blob) -> Result<(), StoreError> {
        // The still first: a file without one would look whole.
        for (id, bytes) in [(still(name), blob.still), (file(name), blob.gif)] {
            let bytes = Binary {
                subtype: BinarySubtype::Generic,
                bytes: bytes.into(),
            };
            let kept = doc! { "_id": id, "bytes": bytes, "at": DateTime::now() };
            match tokio::time::timeout(ANSWER, self.gifs.insert_one(kept).into_future()).await {
                // It was stored by a try whose answer got lost.
                Ok(Err(error)) if is_duplicate(&error) => (),
                Ok(result) => drop(result.map_err(super::client::failure)?),
                Err(_) => return Err(StoreError::failed("MongoDB did not take a GIF in time")),
            }
        }
        Ok(())
    }

    async fn get(&self, name: GifName) -> Result<Option<Blob>, StoreError> {
        let (gif, still) = tokio::try_join!(self.bytes(file(name)), self.bytes(still(name)))?;
        Ok(gif.zip(still).map(|(gif, still)| Blob { gif, still }))
    }

    async fn delete(&self, names: &[GifName]) -> Result<(), StoreError> {
        self.delete_blobs(names).await
    }
}

impl Tables {
    async fn bytes(&self, id: String) -> Result<Option<Bytes>, StoreError> {
        let mut found = within(self.gifs.find_one(doc! { "_id": id })).await?;
        Ok(match found.as_mut().and_then(|found| found.remove("bytes")) {
            Some(Bson::Binary(binary)) => Some(binary.bytes.into()),
            _ => None,
        })
    }

    /// Deletes GIFs with their stills, but for those that somebody is sending again at this moment.
    pub async fn delete_blobs(&self, names: &[GifName]) -> Result<(), StoreError> {
        if names.is_empty() {
            return Ok(());
        }
        let ids = |id: fn(GifName) -> String| -> Vec<String> { names.iter().copied().map(id).collect() };
        let mut unclaimed = Self::unclaimed();
        unclaimed.insert("_id", doc! { "$in": ids(file) });
        within(self.gifs.delete_many(unclaimed)).await?;
        let claimed = within(self.gifs.distinct("_id", doc! { "_id": { "$in": ids(file) } })).await?;
        let stays = |name: &GifName| claimed.iter().any(|id| id.as_str() == Some(&file(*name)));
        let gone = names.iter().filter(|name| !stays(name)).copied().map(still);
        let stills = doc! { "_id": { "$in": gone.collect::<Vec<_>>() } };
        within(self.gifs.delete_many(stills)).await.map(drop)
    }

    /// Deletes what a crash left: what belonged to rooms that are gone, GIFs that no message names.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let mut left = BTreeSet::new();
        for rooms in self.of_rooms() {
            let found = within(rooms.distinct("room", doc! {})).await?;
            left.extend(found.iter().filter_map(|room| room.as_str().map(str::to_owned)));
        }
        for room in left {
            if within(self.rooms.find_one(doc! { "_id": &room })).await?.is_none() {
                self.clear_away(text::<RoomId>(&room, "room")?).await;
            }
        }
        self.sweep_blobs().await
    }

    async fn sweep_blobs(&self) -> Result<(), StoreError> {
        let wait = i64::try_from(UNNAMED.as_millis()).unwrap_or(i64::MAX);
        let before = DateTime::from_millis(DateTime::now().timestamp_millis() - wait);
        let unnamed = [
            doc! { "$match": { "at": { "$lt": before } } },
            doc! { "$project": { "name": { "$replaceOne": { "input": "$_id", "find": "still-", "replacement": "" } } } },
            doc! { "$lookup": { "from": "messages", "localField": "name", "foreignField": "gif.name", "as": "named" } },
            doc! { "$match": { "named": [] } },
            doc! { "$lookup": { "from": "whispers", "localField": "name", "foreignField": "gif.name", "as": "named" } },
            doc! { "$match": { "named": [] } },
            doc! { "$group": { "_id": "$name" } },
            doc! { "$limit": SWEPT },
        ];
        let found = async {
            let found = self.gifs.aggregate(unnamed).await?;
            found.try_collect::<Vec<Document>>().await
        };
        let found: Vec<Document> = within(found).await?;
        let name = |found: &Document| text(found.get_str("_id").ok()?, "_id").ok();
        let names: Vec<GifName> = found.iter().filter_map(name).collect();
        if !names.is_empty() {
            tracing::info!(files = names.len(), "GIFs that no message names are swept away");
        }
        self.delete_blobs(&names).await
    }
}

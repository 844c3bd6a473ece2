//! GIFs in the database: a document for the file and one for its still, as a document is bounded to 16 MB.

use std::{collections::HashSet, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt;
use mongodb::{
    Collection,
    bson::{Binary, Bson, DateTime, Document, doc, spec::BinarySubtype},
    options::ReadConcern,
};

use super::{
    client::{ANSWER, Collections, failure, is_duplicate, within},
    documents::text,
};
use crate::{
    domain::{GifName, Moment, RoomId},
    store::{Blob, Blobs, StoreError},
};

/// The largest GIF that a document holds, in bytes; what else is in the document fits into the rest of 16 MB.
pub const LARGEST: u64 = 15 << 20;

/// How long a GIF waits for the message that names it.
pub const UNNAMED: Duration = Duration::from_secs(3_600);

/// GIFs that one sweep deletes.
const SWEPT: i64 = 1_000;

/// Time to find them.
const SWEEP: Duration = Duration::from_secs(60);

fn file(name: GifName) -> String {
    name.to_string()
}

fn still(name: GifName) -> String {
    format!("still-{name}")
}

#[async_trait]
impl Blobs for Collections {
    async fn put(&self, name: GifName, blob: Blob) -> Result<(), StoreError> {
        // The still first: a file without one would look whole.
        for (id, bytes) in [(still(name), blob.still), (file(name), blob.gif)] {
            let bytes = Binary {
                subtype: BinarySubtype::Generic,
                bytes: bytes.into(),
            };
            let kept = doc! { "_id": id, "bytes": bytes, "at": DateTime::from_millis(Moment::now().millis()) };
            let insert = async {
                match self.gifs.insert_one(kept).await {
                    // It was stored by a try whose answer got lost.
                    Err(error) if is_duplicate(&error) => Ok(()),
                    result => result.map(drop).map_err(failure),
                }
            };
            self.breaker.guard(insert).await?;
        }
        Ok(())
    }

    async fn get(&self, name: GifName) -> Result<Option<Blob>, StoreError> {
        let both = Box::pin(async { tokio::try_join!(self.bytes(file(name)), self.bytes(still(name))) });
        let (gif, still) = self.breaker.guard(both).await?;
        Ok(gif.zip(still).map(|(gif, still)| Blob { gif, still }))
    }

    async fn delete(&self, names: &[GifName]) -> Result<(), StoreError> {
        self.breaker.guard(self.delete_unclaimed(names)).await
    }
}

impl Collections {
    async fn bytes(&self, id: String) -> Result<Option<Bytes>, StoreError> {
        // The message that names it may have been heard from another member of the set.
        let mut session = self.up_to_date().await?;
        let found = self
            .gifs
            .find_one(doc! { "_id": id })
            .read_concern(ReadConcern::majority())
            .max_time(ANSWER)
            .session(&mut session);
        let mut found = within(found).await?;
        Ok(match found.as_mut().and_then(|found| found.remove("bytes")) {
            Some(Bson::Binary(binary)) => Some(binary.bytes.into()),
            _ => None,
        })
    }

    /// Deletes GIFs with their stills.
    pub async fn delete_blobs(&self, names: &[GifName]) -> Result<(), StoreError> {
        if names.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = names.iter().flat_map(|name| [file(*name), still(*name)]).collect();
        within(self.gifs.delete_many(doc! { "_id": { "$in": ids } })).await?;
        self.forget_files(names).await
    }

    /// Deletes GIFs with their stills, but for those that somebody is sending again at this moment.
    pub async fn delete_unclaimed(&self, names: &[GifName]) -> Result<(), StoreError> {
        if names.is_empty() {
            return Ok(());
        }
        let files: Vec<_> = names.iter().copied().map(file).collect();
        let mut unclaimed = Self::unclaimed();
        unclaimed.insert("_id", doc! { "$in": &files });
        within(self.gifs.delete_many(unclaimed)).await?;
        let claimed = within(self.gifs.distinct("_id", doc! { "_id": { "$in": &files } })).await?;
        let stays = |name: &GifName| claimed.iter().any(|id| id.as_str() == Some(&file(*name)));
        let gone: Vec<_> = names.iter().filter(|name| !stays(name)).copied().collect();
        let stills: Vec<_> = gone.iter().copied().map(still).collect();
        within(self.gifs.delete_many(doc! { "_id": { "$in": stills } })).await?;
        self.forget_files(&gone).await
    }

    /// The rooms that documents beside the log, and snapshots, belong to.
    pub async fn rooms_with_documents(&self) -> Result<HashSet<RoomId>, StoreError> {
        let snapshots = within(self.rooms.distinct("_id", doc! {})).await?;
        let room = |id: &Bson| text::<RoomId>(id.as_str()?, "_id").ok();
        let mut rooms: HashSet<_> = snapshots.iter().filter_map(room).collect();
        // One place of the index is read for each room, however many documents it has.
        let by_room = [doc! { "$sort": { "room": 1 } }, doc! { "$group": { "_id": "$room" } }];
        let found = swept(&self.forbidden, by_room).await?;
        let room = |found: &Document| text::<RoomId>(found.get_str("_id").ok()?, "room").ok();
        rooms.extend(found.iter().filter_map(room));
        Ok(rooms)
    }

    /// Deletes GIFs that no message and no whisper names.
    pub async fn sweep_blobs(&self) -> Result<(), StoreError> {
        let wait = i64::try_from(UNNAMED.as_millis()).unwrap_or(i64::MAX);
        let before = DateTime::from_millis(Moment::now().millis() - wait);
        // Answered from the index alone; the bytes stay where they are. What was to be stored by a server that died has space,
        // and perhaps no bytes.
        let with_space = doc! { "$unionWith": {
            "coll": self.files.name(), "pipeline": [{ "$match": { "at": { "$lt": before } } }],
        } };
        let unnamed = [
            doc! { "$match": { "at": { "$lt": before } } },
            with_space,
            doc! { "$project": { "name": { "$replaceOne": { "input": "$_id", "find": "still-", "replacement": "" } } } },
            doc! { "$lookup": {
                "from": "log", "localField": "name", "foreignField": "gif.name",
                "pipeline": [{ "$project": { "_id": 1 } }], "as": "named",
            } },
            doc! { "$match": { "named": [] } },
            doc! { "$group": { "_id": "$name" } },
            doc! { "$limit": SWEPT },
        ];
        let found = swept(&self.gifs, unnamed).await?;
        let name = |found: &Document| text(found.get_str("_id").ok()?, "_id").ok();
        let names: Vec<GifName> = found.iter().filter_map(name).collect();
        if !names.is_empty() {
            tracing::info!(files = names.len(), "GIFs that no message names are swept away");
        }
        self.delete_unclaimed(&names).await
    }
}

/// What a sweep finds. Nobody waits for it, so it may take longer than a call.
async fn swept(
    collection: &Collection<Document>,
    pipeline: impl IntoIterator<Item = Document>,
) -> Result<Vec<Document>, StoreError> {
    let found = async {
        let found = collection.aggregate(pipeline).await?;
        found.try_collect::<Vec<Document>>().await
    };
    match tokio::time::timeout(SWEEP, found).await {
        Ok(found) => found.map_err(failure),
        Err(_) => Err(StoreError::failed("MongoDB did not find in time what is to be swept")),
    }
}

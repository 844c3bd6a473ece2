//! The space of GIFs: a document for each file says whose it is, beside the documents with its bytes.
//!
//! Space is taken by inserting the document and counting then, so that uploads on many servers side by side never hold more
//! than they may. A server takes space for one file after the other. Two servers that count at the same moment may both find
//! too much: each takes its document back, waits for a random moment and tries again.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::TryStreamExt;
use mongodb::bson::{DateTime, Document, doc};
use parking_lot::Mutex;
use tokio::time::sleep;
use tracing::info;

use super::{
    MongoStore,
    client::{Collections, failure, is_duplicate, within},
    documents::{mark_text, mark_texts, signed},
};
use crate::{
    domain::{GifName, Look, Moment, Space},
    rules::{GifOwner, Held, Quotas},
    store::{GifSpace, NewFile, StoreError, space::nearest},
};

/// How long a count over all files is used again, while the site is far from full. What came after it is counted for each file.
const RECENT: Duration = Duration::from_secs(2);

/// Files of so long before that count may be missing in it: an insert takes up to 3 s, and clocks of servers differ a little.
const MARGIN: Duration = Duration::from_secs(10);

/// Hundredths of the site's space from which on all files are counted for each file.
const CLOSE: u64 = 95;

/// How often space is tried to be taken, and the longest pause in between.
const TRIES: usize = 3;
const PAUSE: Duration = Duration::from_millis(60);

/// Time to find out whose the files of an earlier version are.
const TAKING_OVER: Duration = Duration::from_secs(3_600);

/// The `_id` of the document that says that this is done.
const TAKEN_OVER: &str = "files";

/// What the site held when it was last counted, and with what this server has taken since.
#[derive(Debug, Default)]
pub struct LastCount(Mutex<Option<Count>>);

#[derive(Clone, Copy, Debug)]
struct Count {
    since: Instant,
    /// The same by the clock that files have their times from.
    at: Moment,
    space: Space,
    /// What this server has given back since. It may never have been counted, so only what is shown is less by it.
    given_back: Space,
}

impl LastCount {
    fn space(&self) -> Space {
        let count = *self.0.lock();
        count.map_or_else(Space::default, |count| count.space.minus(count.given_back))
    }

    /// If it was counted a moment ago.
    fn recent(&self) -> Option<(Moment, Space)> {
        let Count { since, at, space, .. } = (*self.0.lock())?;
        (since.elapsed() < RECENT).then_some((at, space))
    }

    fn set(&self, at: Moment, space: Space) {
        *self.0.lock() = Some(Count {
            since: Instant::now(),
            at,
            space,
            given_back: Space::default(),
        });
    }

    fn give_back(&self, less: Space) {
        if let Some(count) = &mut *self.0.lock() {
            count.given_back = count.given_back.plus(less);
        }
    }

    fn add(&self, more: Space) {
        if let Some(count) = &mut *self.0.lock() {
            count.space = count.space.plus(more);
        }
    }
}

#[async_trait]
impl GifSpace for MongoStore {
    async fn held(&self, owner: &GifOwner, quotas: &Quotas) -> Result<Held, StoreError> {
        self.call(Box::pin(self.log.collections.held(owner, quotas.site))).await
    }

    async fn take_space(&self, file: NewFile, owner: &GifOwner, quotas: &Quotas) -> Result<(), StoreError> {
        let collections = &self.log.collections;
        let _turn = collections.taking.lock().await;
        for _ in 1..TRIES {
            match self.call(Box::pin(collections.take_space(file, owner, quotas))).await {
                Err(StoreError::Refused(_)) => sleep(PAUSE.mul_f32(rand::random())).await,
                taken => return taken,
            }
        }
        self.call(Box::pin(collections.take_space(file, owner, quotas))).await
    }

    async fn near_copies(&self, name: GifName) -> Result<Vec<(GifName, u32)>, StoreError> {
        let looks = self.call(Box::pin(self.log.collections.looks())).await?;
        Ok(nearest(name, looks.iter().copied()))
    }

    fn held_by_site(&self) -> Space {
        self.log.collections.held_by_site.space()
    }
}

impl Collections {
    async fn take_space(&self, new: NewFile, owner: &GifOwner, quotas: &Quotas) -> Result<(), StoreError> {
        let NewFile { name, bytes, look } = new;
        let mut file = doc! {
            "_id": name.to_string(),
            "room": owner.room.map(|room| room.to_string()),
            "visitor": owner.maker.visitor.map(|visitor| visitor.to_string()),
            "networks": mark_texts(&owner.maker),
            "bytes": signed(bytes),
            "at": DateTime::from_millis(Moment::now().millis()),
        };
        if let Some(look) = look {
            file.insert("look", look.bits());
        }
        // A server that finds out whose the files of an earlier version are may have found this one.
        let own = doc! { "_id": name.to_string() };
        within(self.files.replace_one(own, file).upsert(true)).await?;
        self.held_by_site.add(Space::of_file(bytes));
        let counted = self.held(owner, quotas.site).await;
        let fits = counted.and_then(|held| {
            let own = Space::of_file(bytes);
            let before = Held {
                room: held.room.minus(own),
                visitor: held.visitor.minus(own),
                networks: held.networks.iter().map(|held| held.minus(own)).collect(),
                site: held.site.minus(own),
            };
            quotas.check(&before, bytes).map_err(StoreError::Refused)
        });
        if fits.is_err() {
            self.forget_files(&[name]).await?;
        }
        fits
    }

    async fn held(&self, owner: &GifOwner, site: Space) -> Result<Held, StoreError> {
        let mut held = Held::default();
        if let Some(room) = owner.room {
            held.room = self.space_of(doc! { "room": room.to_string() }).await?;
        }
        if let Some(visitor) = owner.maker.visitor {
            held.visitor = self.space_of(doc! { "visitor": visitor.to_string() }).await?;
        }
        for mark in &owner.maker.networks {
            let of_network = self.space_of(doc! { "networks": mark_text(*mark) });
            held.networks.push(of_network.await?);
        }
        held.site = self.space_of_site(site).await?;
        Ok(held)
    }

    /// What the first frames of all files look like, as far as it is known.
    async fn looks(&self) -> Result<Vec<(GifName, Look)>, StoreError> {
        let known = self
            .files
            .find(doc! { "look": { "$exists": true } })
            .projection(doc! { "look": 1 });
        let found = async { known.await?.try_collect::<Vec<_>>().await };
        let look = |file: &Document| {
            let name = file.get_str("_id").ok()?.parse().ok()?;
            Some((name, Look::from_bits(file.get_i64("look").ok()?)?))
        };
        Ok(within(found).await?.iter().filter_map(look).collect())
    }

    async fn space_of_site(&self, limit: Space) -> Result<Space, StoreError> {
        let far = |held: &Space| {
            let close = |held: u64, limit: u64| held.saturating_mul(100) > limit.saturating_mul(CLOSE);
            !close(held.bytes, limit.bytes) && !close(held.files, limit.files)
        };
        if let Some((at, counted)) = self.held_by_site.recent() {
            // Other servers take space meanwhile. What is counted twice makes it more, never less.
            let since = DateTime::from_millis(signed(at.millis()) - signed(MARGIN.as_millis()));
            let space = counted.plus(self.space_of(doc! { "at": { "$gte": since } }).await?);
            if far(&space) {
                return Ok(space);
            }
        }
        let at = Moment::now();
        let space = self.space_of(doc! {}).await?;
        self.held_by_site.set(at, space);
        Ok(space)
    }

    async fn space_of(&self, which: Document) -> Result<Space, StoreError> {
        let sum = [
            doc! { "$match": which },
            doc! { "$group": { "_id": null, "bytes": { "$sum": "$bytes" }, "files": { "$sum": 1 } } },
        ];
        let counted = async {
            let mut found = self.files.aggregate(sum).await?;
            found.try_next().await
        };
        let found = within(counted).await?;
        let number = |key: &str| {
            let value = found.as_ref().and_then(|found| found.get(key));
            let value = value.and_then(|value| value.as_i64().or_else(|| value.as_i32().map(i64::from)));
            value.map_or(0, |value| u64::try_from(value).unwrap_or(0))
        };
        Ok(Space {
            bytes: number("bytes"),
            files: number("files"),
        })
    }

    /// Gives back the space of files that are deleted.
    pub async fn forget_files(&self, names: &[GifName]) -> Result<(), StoreError> {
        let ids: Vec<_> = names.iter().map(GifName::to_string).collect();
        let which = doc! { "_id": { "$in": ids } };
        let less = self.space_of(which.clone()).await?;
        within(self.files.delete_many(which)).await?;
        self.held_by_site.give_back(less);
        Ok(())
    }

    /// Finds out whose the files of an earlier version are, which kept no documents about that. A start that is interrupted
    /// leaves some of them out; the next one adds those.
    pub async fn take_over_files(&self) -> Result<(), StoreError> {
        if within(self.site.find_one(doc! { "_id": TAKEN_OVER })).await?.is_some() {
            return Ok(());
        }
        if within(self.gifs.find_one(doc! {})).await?.is_some() {
            self.merge_files().await?;
        }
        let done = doc! { "$set": { "taken_over": true } };
        match self
            .site
            .update_one(doc! { "_id": TAKEN_OVER }, done)
            .upsert(true)
            .await
        {
            // Another server that starts was faster.
            Err(error) if !is_duplicate(&error) => Err(failure(error)),
            _ => Ok(()),
        }
    }

    /// Adds a document for each file that has none.
    async fn merge_files(&self) -> Result<(), StoreError> {
        let name = doc! { "$replaceOne": { "input": "$_id", "find": "still-", "replacement": "" } };
        let taken_over = [
            doc! { "$project": { "name": name, "bytes": { "$toLong": { "$binarySize": "$bytes" } } } },
            doc! { "$group": { "_id": "$name", "bytes": { "$sum": "$bytes" } } },
            doc! { "$lookup": {
                "from": "log", "localField": "_id", "foreignField": "gif.name",
                "pipeline": [{ "$project": { "room": 1, "visitor": 1 } }, { "$limit": 1 }], "as": "named",
            } },
            doc! { "$project": {
                "bytes": 1, "room": { "$first": "$named.room" }, "visitor": { "$first": "$named.visitor" },
                "networks": [], "at": "$$NOW",
            } },
            doc! { "$merge": { "into": self.files.name(), "whenMatched": "keepExisting" } },
        ];
        let taking_over = async {
            let done = self.gifs.aggregate(taken_over).await?;
            done.try_collect::<Vec<Document>>().await
        };
        let done = tokio::time::timeout(TAKING_OVER, taking_over).await;
        done.map_err(StoreError::failed)?.map_err(failure)?;
        info!("it is known now whose the GIFs are");
        Ok(())
    }
}

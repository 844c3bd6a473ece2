//! What operators decided: one document with a version, which every server asks for several times a second.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use mongodb::{bson::doc, options::ReadConcern};
use parking_lot::RwLock;
use tokio::time::sleep;

use super::{
    MongoStore,
    client::{ANSWER, Collections, is_duplicate, within},
    documents::signed,
};
use crate::{
    domain::{Moment, Operator, Why},
    log_throttle::LogThrottle,
    rules::{Now, SiteCommand, SiteState},
    store::{SiteStore, StoreError},
};

/// The document, in the collection of what there is once.
const ID: &str = "decisions";

/// How often a server asks whether another one has changed it.
const EVERY: Duration = Duration::from_millis(300);

/// How often another operator may be faster.
const TRIES: usize = 16;

/// As this server last knew it.
#[derive(Debug, Default)]
pub struct Decisions(RwLock<Arc<SiteState>>);

impl Decisions {
    fn get(&self) -> Arc<SiteState> {
        Arc::clone(&self.0.read())
    }

    /// Takes what was read, unless something later is known.
    fn set(&self, state: Arc<SiteState>) {
        let mut now = self.0.write();
        if state.version > now.version {
            *now = state;
        }
    }
}

impl Collections {
    /// Reads what all servers decided.
    pub(super) async fn read_decisions(&self) -> Result<Arc<SiteState>, StoreError> {
        let found = self.site.find_one(doc! { "_id": ID });
        let found = found.read_concern(ReadConcern::majority()).max_time(ANSWER);
        let Some(found) = within(found.into_future()).await? else {
            return Ok(Arc::default());
        };
        let text = found.get_str("state").map_err(StoreError::failed)?;
        let state: SiteState = serde_json::from_str(text).map_err(StoreError::failed)?;
        let state = Arc::new(state);
        self.decisions.set(Arc::clone(&state));
        Ok(state)
    }

    async fn version(&self) -> Result<u64, StoreError> {
        let found = self.site.find_one(doc! { "_id": ID }).projection(doc! { "version": 1 });
        let found = within(found.read_concern(ReadConcern::majority()).into_future()).await?;
        let version = found.and_then(|found| found.get_i64("version").ok());
        Ok(version.and_then(|version| u64::try_from(version).ok()).unwrap_or(0))
    }

    /// Writes what follows `before`; false if another server was first.
    async fn write_decisions(&self, before: &SiteState, after: &SiteState) -> Result<bool, StoreError> {
        let text = serde_json::to_string(after).map_err(StoreError::failed)?;
        let set = doc! { "$set": { "version": signed(after.version), "state": text } };
        let now = doc! { "_id": ID, "version": signed(before.version) };
        let write = self.site.update_one(now, set).upsert(before.version == 0);
        match tokio::time::timeout(ANSWER, write.into_future()).await {
            Ok(Ok(done)) => Ok(done.matched_count > 0 || done.upserted_id.is_some()),
            Ok(Err(error)) if is_duplicate(&error) => Ok(false),
            Ok(Err(error)) => Err(super::client::failure(error)),
            Err(_) => Err(StoreError::failed("MongoDB did not take a decision in time")),
        }
    }
}

/// Reads what other servers decided, until dropped. While the database does not answer, what was last known holds.
pub async fn follow(collections: Collections) {
    static LINE: LogThrottle = LogThrottle::new();
    loop {
        sleep(EVERY).await;
        if collections.breaker.check().is_err() {
            continue;
        }
        let read = async {
            if collections.version().await? != collections.decisions.get().version {
                collections.read_decisions().await?;
            }
            Ok::<_, StoreError>(())
        };
        if let Err(error) = read.await
            && let Some(suppressed) = LINE.permit()
        {
            tracing::warn!(%error, suppressed, "what operators decided can't be read now");
        }
    }
}

#[async_trait]
impl SiteStore for MongoStore {
    fn site(&self) -> Arc<SiteState> {
        self.log.collections.decisions.get()
    }

    async fn change_site(&self, by: &Operator, why: &Why, command: SiteCommand) -> Result<Arc<SiteState>, StoreError> {
        let collections = &self.log.collections;
        for _ in 0..TRIES {
            let before = self.call(Box::pin(collections.read_decisions())).await?;
            let decided = before.decide(by, why.clone(), command.clone(), Now::at(Moment::now()));
            let after = Arc::new(decided.map_err(StoreError::Refused)?);
            if self
                .write(Box::pin(collections.write_decisions(&before, &after)))
                .await?
            {
                collections.decisions.set(Arc::clone(&after));
                return Ok(after);
            }
        }
        Err(StoreError::Busy)
    }
}

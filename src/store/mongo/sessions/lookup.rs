//! Look-ups of sessions that go together.
//!
//! Every request looks up its session, and no answer is cached: what one server ends must be gone for all. Requests that
//! come while a look-up is under way share the next one. That costs the database a fraction when many come at once, and each
//! still sees a session as it was after the request came, or later.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::TryStreamExt;
use mongodb::{
    Collection,
    bson::{Bson, Document, doc},
};
use parking_lot::Mutex;
use tokio::{
    sync::{Semaphore, SemaphorePermit, oneshot},
    time::timeout,
};
use tower_sessions::session::Id;

use super::{hash, is_alive, within};
use crate::store::{StoreError, mongo::breaker::Breaker};

/// How long a look-up waits for the one before it at most: an answer that is lost shall not hold up all.
const TOGETHER: Duration = Duration::from_millis(50);

/// What became of a look-up; those that went together share an error.
type Found = Result<Option<Document>, Arc<StoreError>>;

struct Waiting {
    id: Id,
    reply: oneshot::Sender<Found>,
}

/// Looks sessions up.
#[derive(Debug)]
pub struct Lookup {
    table: Collection<Document>,
    breaker: Arc<Breaker>,
    /// At most one for each request that is served.
    waiting: Mutex<Vec<Waiting>>,
    turn: Semaphore,
}

/// Names no session.
impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Waiting")
    }
}

impl Lookup {
    pub fn new(table: Collection<Document>, breaker: Arc<Breaker>) -> Self {
        Self {
            table,
            breaker,
            waiting: Mutex::default(),
            turn: Semaphore::new(1),
        }
    }

    /// The document of a session that has not expired.
    pub async fn find(&self, id: Id) -> Found {
        loop {
            let (reply, mut answer) = oneshot::channel();
            self.waiting.lock().push(Waiting { id, reply });
            tokio::select! {
                biased;
                found = &mut answer => match found {
                    Ok(found) => return found,
                    Err(_) => continue,
                },
                _turn = self.turn() => self.ask_for_all().await,
            }
            if let Ok(found) = answer.await {
                return found;
            }
            // Who asked for it has gone meanwhile, and their look-up with them.
        }
    }

    async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        timeout(TOGETHER, self.turn.acquire()).await.ok()?.ok()
    }

    /// Asks for all that waits, and answers.
    async fn ask_for_all(&self) {
        let waiting: Vec<_> = std::mem::take(&mut *self.waiting.lock());
        let ids: Vec<_> = waiting.iter().map(|waiting| waiting.id).collect();
        match self.breaker.guard(Box::pin(self.find_all(&ids))).await {
            Ok(found) => {
                for Waiting { id, reply } in waiting {
                    let _ = reply.send(Ok(found.get(&id).cloned()));
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for Waiting { reply, .. } in waiting {
                    let _ = reply.send(Err(Arc::clone(&error)));
                }
            }
        }
    }

    /// The sessions that are there, by their ids.
    async fn find_all(&self, ids: &[Id]) -> Result<HashMap<Id, Document>, StoreError> {
        let mut found = self
            .named(ids.iter().map(|id| (hash(id).into(), *id)).collect())
            .await?;
        let missing = ids.iter().filter(|id| !found.contains_key(id));
        // Under both names: one that is being rewritten has the other by now.
        let names = missing.flat_map(|id| [(hash(id).into(), *id), (Bson::String(id.to_string()), *id)]);
        let names: HashMap<_, _> = names.collect();
        if !names.is_empty() {
            found.extend(self.named(names).await?);
        }
        Ok(found)
    }

    /// Of sessions with these names in the database, those that are there; the name by a hash goes first.
    async fn named(&self, names: HashMap<Bson, Id>) -> Result<HashMap<Id, Document>, StoreError> {
        let all: Vec<_> = names.keys().collect();
        let documents: Vec<Document> = if let [name] = all[..] {
            // The database needs no plan for this one.
            within(self.table.find_one(doc! { "_id": name }))
                .await?
                .into_iter()
                .collect()
        } else {
            // Binary data comes after text.
            let found = self.table.find(doc! { "_id": { "$in": all } }).sort(doc! { "_id": -1 });
            within(async { found.await?.try_collect().await }).await?
        };
        let mut found = HashMap::new();
        for document in documents.into_iter().filter(is_alive) {
            if let Some(id) = document.get("_id").and_then(|name| names.get(name)) {
                found.entry(*id).or_insert(document);
            }
        }
        Ok(found)
    }
}

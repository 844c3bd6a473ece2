//! What deletes files: commands that leave files which nothing names any more, and rooms that end.
//!
//! A store returns the names of such files, or lists them when it deletes the rows in slices. Either way the files go after
//! the commit, even if nobody waits for that any more.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Mutex, MutexGuard},
    time::timeout,
};
use tracing::warn;

use crate::{
    domain::{GifName, Refusal, RoomId},
    media::uploads::Uploads,
    rules::{Command, Graces},
    service::detached_tasks::DetachedTasks,
    store::Store,
};

/// Files deleted together.
const FILES: usize = 32;

/// How long the answer to a deletion waits for others that delete files, before it leaves its own to the background.
const PROMPTLY: Duration = Duration::from_millis(50);

/// Submits what deletes, and deletes the files.
#[derive(Clone)]
pub struct Deletions {
    store: Arc<dyn Store>,
    uploads: Uploads,
    detached: DetachedTasks,
    /// Held by whoever deletes listed files.
    listed: Arc<Mutex<()>>,
}

impl Deletions {
    /// Deletes what this store no longer names.
    pub fn new(store: Arc<dyn Store>, uploads: Uploads, detached: DetachedTasks) -> Self {
        Self {
            store,
            uploads,
            detached,
            listed: Arc::default(),
        }
    }

    /// Submits a command to a room, and deletes the files that nothing names any more.
    ///
    /// # Errors
    /// The rules refuse it, or the store fails.
    pub async fn submit(&self, room: RoomId, command: Command) -> Result<(), Refusal> {
        let this = self.clone();
        let work = async move {
            let committed = this.store.submit(room, command, None).await?;
            this.delete(committed.unreferenced).await;
            Ok(())
        };
        self.detached.finish(work).await
    }

    /// Does what is due: frees seats, ends rooms and forgets messages. Files that the store returns are deleted here. SQLite
    /// returns none: it lists them, for [`Self::delete_listed`].
    ///
    /// # Errors
    /// The store fails.
    pub async fn expire(&self, graces: Graces) -> Result<(), Refusal> {
        let this = self.clone();
        let work = async move {
            let expired = this.store.expire(graces).await?;
            this.uploads.delete(expired.unreferenced).await;
            for (room, gifs) in expired.rooms {
                tracing::debug!(%room, "an empty room is gone");
                this.uploads.delete(gifs).await;
            }
            Ok(())
        };
        self.detached.finish(work).await
    }

    /// Deletes files that the store lists; whether there may be more of them. One caller at a time, and a few files at a
    /// time: those of a large deletion go in the background.
    ///
    /// # Errors
    /// The store fails.
    pub async fn delete_listed(&self) -> Result<bool, Refusal> {
        self.delete_some(self.listed.lock().await).await
    }

    /// Deletes the files that a deletion returned, and the first of those that the store lists.
    pub async fn delete(&self, gifs: Vec<GifName>) {
        if !gifs.is_empty() {
            self.uploads.delete(gifs).await;
        }
        // While the files of a large deletion go, others are not waited for: the background comes to them.
        let Ok(turn) = timeout(PROMPTLY, self.listed.lock()).await else {
            return;
        };
        if let Err(refusal) = self.delete_some(turn).await {
            warn!(code = refusal.code(), "files that nothing names are deleted later");
        }
    }

    async fn delete_some(&self, _turn: MutexGuard<'_, ()>) -> Result<bool, Refusal> {
        let names = self.store.unreferenced_gifs(FILES).await?;
        if names.is_empty() {
            return Ok(false);
        }
        let more = names.len() == FILES;
        self.uploads.delete(names.clone()).await;
        // They stay listed until here: if the server is killed before, they are deleted again.
        self.store.forget_unreferenced(names).await?;
        Ok(more)
    }
}

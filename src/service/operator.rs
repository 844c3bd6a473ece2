//! What operators do: takes down what is in rooms, and decides about the whole site.

mod finding;
mod reports;

pub use finding::{Found, FoundGif};
pub use reports::ToldOf;

use std::{collections::HashSet, sync::Arc, time::Duration};

use crate::{
    audit::Audit,
    domain::{GifHash, Message, Operator, Refusal, RoomId, Space, Why},
    limits::budgets::Budgets,
    rules::{Command, SiteCommand, SiteState, TakeDown},
    service::{deletions::Deletions, detached_tasks::DetachedTasks},
    store::{Occupancy, RoomCursor, RoomPage, Store, Window},
};

/// Time in which a message that is on its way is stored, or never will be.
const ON_THE_WAY: Duration = Duration::from_secs(5);

/// Hashes as the audit log has them.
fn named(hashes: &[GifHash]) -> String {
    match hashes {
        [one] => one.to_string(),
        many => format!("{} hashes", many.len()),
    }
}

/// The service, and what it works with.
#[derive(Clone)]
pub struct Operators {
    store: Arc<dyn Store>,
    deletions: Deletions,
    detached: DetachedTasks,
    budgets: Arc<Budgets>,
}

impl Operators {
    /// The service over this store.
    pub fn new(store: Arc<dyn Store>, deletions: Deletions, detached: DetachedTasks, budgets: Arc<Budgets>) -> Self {
        Self {
            store,
            deletions,
            detached,
            budgets,
        }
    }

    /// What is decided about the whole site, as this server last knew it.
    pub fn site(&self) -> Arc<SiteState> {
        self.store.site()
    }

    /// How many rooms and seats there are, and what the GIFs of the site hold.
    pub fn occupancy(&self) -> (Occupancy, Space) {
        (self.store.occupancy(), self.store.held_by_site())
    }

    /// A page of all rooms, listed or not, newest first.
    ///
    /// # Errors
    /// The store fails.
    pub async fn rooms(&self, after: Option<RoomCursor>, limit: usize) -> Result<RoomPage, Refusal> {
        Ok(self.store.rooms(after, limit).await?)
    }

    /// Messages of any room, oldest first.
    ///
    /// # Errors
    /// The store fails.
    pub async fn history(&self, room: RoomId, window: Window, limit: usize) -> Result<Vec<Message>, Refusal> {
        Ok(self.store.history(room, window, limit).await?)
    }

    /// The bytes that are kept out of the site.
    ///
    /// # Errors
    /// The store fails.
    pub async fn blocked(&self) -> Result<Vec<GifHash>, Refusal> {
        Ok(self.store.blocked().await?)
    }

    /// Decides something about the whole site.
    ///
    /// # Errors
    /// The rules refuse it, or the store fails.
    pub async fn decide(&self, by: &Operator, why: Why, command: SiteCommand) -> Result<Arc<SiteState>, Refusal> {
        let (store, by) = (Arc::clone(&self.store), by.clone());
        // Even if nobody waits for it any more: what is committed has to hold here.
        let decided = self
            .detached
            .finish(async move { Ok(store.change_site(&by, &why, command).await?) });
        decided.await
    }

    /// Keeps bytes of GIFs out of the site, and removes what holds them; how many of them are new, and how many messages went.
    ///
    /// # Errors
    /// Too many are blocked, or the store fails.
    pub async fn block(
        &self,
        by: &Operator,
        why: Why,
        hashes: Vec<GifHash>,
        audit: &Audit,
    ) -> Result<(usize, usize), Refusal> {
        let new = self.store.block(hashes.clone()).await?;
        // Before what takes its time, and may fail.
        self.decide(by, why, SiteCommand::Done("block GIFs", named(&hashes)))
            .await?;
        let removed = self.remove_all(&hashes).await?;
        if removed > 0 {
            audit.taken_down(by);
        }
        // A message that was on its way when the bytes were blocked is there by now.
        let this = self.clone();
        self.detached.later(async move {
            tokio::time::sleep(ON_THE_WAY).await;
            if let Err(refusal) = this.remove_blocked(hashes).await {
                tracing::error!(code = refusal.code(), "what holds blocked bytes can't be removed now");
            }
        });
        Ok((new, removed))
    }

    /// Lets bytes in again; how many of them were blocked.
    ///
    /// # Errors
    /// The store fails.
    pub async fn unblock(&self, by: &Operator, why: Why, hashes: Vec<GifHash>) -> Result<usize, Refusal> {
        let target = named(&hashes);
        let gone = self.store.unblock(hashes).await?;
        self.decide(by, why, SiteCommand::Done("unblock GIFs", target)).await?;
        Ok(gone)
    }

    /// The same for those of these bytes that are still blocked: somebody may have let them in again.
    async fn remove_blocked(&self, mut hashes: Vec<GifHash>) -> Result<usize, Refusal> {
        let blocked: HashSet<_> = self.store.blocked().await?.into_iter().collect();
        hashes.retain(|hash| blocked.contains(hash));
        self.remove_all(&hashes).await
    }

    /// Removes messages and whispers that hold such bytes; how many messages.
    async fn remove_all(&self, hashes: &[GifHash]) -> Result<usize, Refusal> {
        let mut removed = 0;
        for held in self.store.messages_with(hashes.to_vec()).await? {
            let command = Command::TakeDown(TakeDown::Message(held.message));
            match self.deletions.submit(held.room, command).await {
                Ok(()) => removed += 1,
                // Somebody was faster.
                Err(Refusal::MessageNotFound | Refusal::RoomNotFound) => (),
                Err(refusal) => return Err(refusal),
            }
        }
        let whispered = self.store.whispered_with(hashes.to_vec()).await?;
        if !whispered.is_empty() {
            self.store.forget_gifs(whispered.clone()).await?;
            self.deletions.delete(whispered).await;
        }
        Ok(removed)
    }

    /// Forgets bans that are over: addresses are kept for no longer than they keep anybody out.
    ///
    /// # Errors
    /// The store fails.
    pub async fn forget_lapsed(&self) -> Result<(), Refusal> {
        if self.site().has_lapsed(self.store.now().date) {
            let nobody = Operator::nameless();
            self.decide(&nobody, Why::default(), SiteCommand::Lapse).await?;
        }
        Ok(())
    }

    /// Takes something out of a room, and writes that down.
    ///
    /// # Errors
    /// It is not there, or the store fails. That it can't be written down is none.
    pub async fn take_down(
        &self,
        by: &Operator,
        why: Why,
        (room, what): (RoomId, TakeDown),
        audit: &Audit,
    ) -> Result<(), Refusal> {
        self.deletions.submit(room, Command::TakeDown(what)).await?;
        audit.taken_down(by);
        let done = match what {
            TakeDown::Room => SiteCommand::Done("remove room", room.to_string()),
            TakeDown::Message(message) => SiteCommand::Done("remove message", format!("{message} of room {room}")),
        };
        // It is gone already, and the log has a line about it: on a full disk there may be no space for an entry.
        if let Err(refusal) = self.decide(by, why, done).await {
            tracing::error!(
                code = refusal.code(),
                "what an operator took down can't be written down"
            );
        }
        Ok(())
    }
}

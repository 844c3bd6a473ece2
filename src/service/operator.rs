//! What operators do: takes down what is in rooms, and decides about the whole site.

use std::sync::Arc;

use crate::{
    audit::Audit,
    domain::{Operator, Refusal, RoomId, Why},
    rules::{Command, SiteCommand, SiteState, TakeDown},
    service::{deletions::Deletions, finishing::Finishing},
    store::Store,
};

/// The service, and what it works with.
pub struct Operators {
    store: Arc<dyn Store>,
    deletions: Deletions,
    finishing: Finishing,
}

impl Operators {
    /// The service over this store.
    pub fn new(store: Arc<dyn Store>, deletions: Deletions, finishing: Finishing) -> Self {
        Self {
            store,
            deletions,
            finishing,
        }
    }

    /// Decides something about the whole site.
    ///
    /// # Errors
    /// The rules refuse it, or the store fails.
    pub async fn decide(&self, by: &Operator, why: Why, command: SiteCommand) -> Result<Arc<SiteState>, Refusal> {
        let (store, by) = (Arc::clone(&self.store), by.clone());
        // Even if nobody waits for it any more: what is committed has to hold here.
        let decided = self
            .finishing
            .finish(async move { Ok(store.change_site(&by, &why, command).await?) });
        decided.await
    }

    /// Forgets bans that are over: addresses are kept for no longer than they keep anybody out.
    ///
    /// # Errors
    /// The store fails.
    pub async fn forget_lapsed(&self) -> Result<(), Refusal> {
        if self.store.site().has_lapsed(self.store.now().date) {
            let nobody = Operator::nameless();
            self.decide(&nobody, Why::default(), SiteCommand::Lapse).await?;
        }
        Ok(())
    }

    /// Takes something out of a room, and writes that down.
    ///
    /// # Errors
    /// It is not there, or the store fails.
    pub async fn take_down(
        &self,
        by: &Operator,
        why: Why,
        (room, what): (RoomId, TakeDown),
        audit: &Audit,
    ) -> Result<(), Refusal> {
        self.deletions.submit(room, Command::TakeDown(what)).await?;
        audit.taken_down();
        let done = match what {
            TakeDown::Room => SiteCommand::Done("remove room", room.to_string()),
            TakeDown::Message(message) => SiteCommand::Done("remove message", format!("{message} of room {room}")),
        };
        self.decide(by, why, done).await.map(drop)
    }
}

//! Tells who of a room's members has lost the connection, and who is back.

use serde::Serialize;

use super::room::RoomTask;
use crate::domain::VisitorId;

/// Whether a member has a connection.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Presence {
    visitor: VisitorId,
    away: bool,
}

impl RoomTask {
    pub(super) fn tell_presence(&mut self, visitor: VisitorId, away: bool) {
        if let Some(presence) = self.presence(visitor, away) {
            self.tell("away", &presence);
        }
    }

    /// What there is to tell of a change. It has no place among the lines, and the sockets may have heard since how the
    /// room is now: what is not so any more is dropped, as a later change or line says what became of it.
    fn presence(&self, visitor: VisitorId, away: bool) -> Option<Presence> {
        let room = self.events.store.last_known_room(self.room)?;
        (room.is_away(visitor)? == away).then_some(Presence { visitor, away })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        broadcast::Events,
        domain::{Limits, Max, Title, Visitor},
        media::uploads::{AtOnce, Uploads},
        rules::{Leave, NewRoom},
        store::{SqliteStore, Store},
    };

    #[tokio::test]
    async fn a_change_is_told_only_while_it_is_so() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&folder.path().join("gifchat.db"), 10).unwrap());
        let one = AtOnce {
            all: 1,
            each: 1,
            rate: 1,
        };
        let uploads = Uploads::open(&folder.path().join("uploads"), Limits::default().gif, one).unwrap();
        let [owner, other] = [(); 2].map(|()| Visitor::new(VisitorId::random()));
        let new = NewRoom {
            title: Title::parse("x", &Limits::default()).unwrap(),
            max: Max::from_store(2),
            password_hash: None,
            owner,
            maker: Default::default(),
            most: Default::default(),
        };
        let room = store.create_room(new).await.unwrap().id;
        store.enter(room, owner.into(), 1).await.unwrap();
        let task = RoomTask::new(room, Events::new(Arc::clone(&store), uploads), Arc::default());
        let told = || [true, false].map(|away| task.presence(other.id, away).is_some());
        assert_eq!(told(), [false, false], "who has never come");
        store.enter(room, other.into(), 2).await.unwrap();
        assert_eq!(told(), [false, true]);
        store.leave(room, other, 2, Leave::Disconnected).await.unwrap();
        assert_eq!(told(), [true, false]);
        store.enter(room, other.into(), 3).await.unwrap();
        assert_eq!(told(), [false, true], "who is back was away before");
        store.leave(room, other, 3, Leave::Explicit).await.unwrap();
        assert_eq!(told(), [false, false], "who has left");
    }
}

//! Messages that were announced but are not in the history yet.
//!
//! A read may be older than the announcement, for example after a failover: then they will appear. If they have been deleted, the
//! message that records the deletion follows at once; only messages whose file was lost disappear without one.

use std::time::Duration;

use tokio::time::Instant;
use tracing::warn;

use crate::{
    domain::{RoomId, Seq},
    log_throttle::LogThrottle,
};

/// How long they may be missing before they count as deleted: longer than any failover takes.
const MISSING_TIMEOUT: Duration = Duration::from_secs(30);

/// Where the history of a room ends too early, and since when.
#[derive(Default)]
pub struct Late(Option<(Seq, Instant)>);

impl Late {
    /// Notes that the history has nothing after a place, although later messages were announced; whether it is time to
    /// believe that.
    pub fn is_over(&mut self, room: RoomId, after: Seq) -> bool {
        if let Some((place, since)) = self.0
            && place == after
        {
            return since.elapsed() >= MISSING_TIMEOUT;
        }
        static LINE: LogThrottle = LogThrottle::every(60);
        if let Some(suppressed) = LINE.permit() {
            warn!(%room, after, suppressed, "announced messages are not in the history yet; they are read again");
        }
        self.0 = Some((after, Instant::now()));
        false
    }
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::Arc};

    use tempfile::TempDir;

    use super::{super::room::RoomTask, *};
    use crate::{
        broadcast::Events,
        domain::{Chat, Limits, Max, Message, Title, Visitor, VisitorId},
        media::uploads::{AtOnce, Uploads},
        rules::{Command, NewBody, NewRoom},
        store::{SqliteStore, Store, Window},
    };

    /// A room with its task, which has told the first five of ten messages.
    struct Stage {
        folder: TempDir,
        store: Arc<dyn Store>,
        author: Visitor,
        task: RoomTask,
    }

    impl Stage {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&file(folder.path()), 10).unwrap());
            let uploads = Uploads::open(
                &folder.path().join("uploads"),
                Limits::default().gif,
                AtOnce {
                    all: 1,
                    each: 1,
                    rate: 1,
                },
            )
            .unwrap();
            let author = Visitor::new(VisitorId::random());
            let new = NewRoom {
                title: Title::parse("x", &Limits::default()).unwrap(),
                max: Max::from_store(2),
                password_hash: None,
                owner: author,
                maker: Default::default(),
                most: Default::default(),
            };
            let room = store.create_room(new).await.unwrap().id;
            store.enter(room, author.into(), 1).await.unwrap();
            let mut stage = Self {
                task: RoomTask::new(room, Events::new(Arc::clone(&store), uploads), Arc::default()),
                folder,
                store,
                author,
            };
            // The first is the line about the seat.
            for _ in 2..=10 {
                stage.post().await;
            }
            stage.task.seq = Some(5);
            stage
        }

        async fn post(&self) {
            let says = NewBody::Chat(Chat::parse("x", &Limits::default()).unwrap());
            let post = Command::Post(self.author, says.into());
            self.store.submit(self.task.room, post, None).await.unwrap();
        }

        async fn message(&self, seq: Seq) -> Message {
            let page = self.store.history(self.task.room, Window::After(seq - 1), 1).await;
            page.unwrap().remove(0)
        }

        /// Lets the history end after a place, or brings back the rest.
        fn hide(&self, after: Option<Seq>) {
            let rows = rusqlite::Connection::open(file(self.folder.path())).unwrap();
            rows.pragma_update(None, "foreign_keys", false).unwrap();
            let moved = match after {
                Some(_) => "UPDATE messages SET room = x'00', chat = hex(room) WHERE seq > ?1",
                None => "UPDATE messages SET room = unhex(chat), chat = 'x' WHERE room = x'00' AND seq > ?1",
            };
            assert!(rows.execute(moved, [after.unwrap_or(0)]).unwrap() > 0);
        }
    }

    fn file(folder: &Path) -> std::path::PathBuf {
        folder.join("gifchat.db")
    }

    #[tokio::test]
    async fn messages_before_an_announced_one_are_told_once_they_can_be_read() {
        let mut stage = Stage::new().await;
        let tenth = stage.message(10).await;
        stage.hide(Some(7));
        stage.task.tell_message(&tenth).await;
        assert_eq!(stage.task.seq, Some(7), "it goes no further than it can read");
        assert!(stage.task.recovery.missed);
        stage.task.recover().await;
        assert_eq!(stage.task.seq, Some(7));
        stage.hide(None);
        stage.task.recover().await;
        assert_eq!((stage.task.seq, stage.task.recovery.missed), (Some(10), false));
    }

    #[tokio::test]
    async fn a_room_that_is_read_as_it_was_before_an_announcement_is_read_again() {
        let mut stage = Stage::new().await;
        let mut announced = stage.message(10).await;
        announced.seq = 11;
        stage.hide(Some(10 - 1));
        stage.task.tell_message(&announced).await;
        stage.hide(None);
        stage.task.recover().await;
        assert_eq!(
            (stage.task.seq, stage.task.recovery.missed),
            (Some(10), true),
            "one is missing"
        );
        stage.post().await;
        stage.task.recover().await;
        assert_eq!((stage.task.seq, stage.task.recovery.missed), (Some(11), false));
    }

    #[tokio::test]
    async fn what_stays_away_for_longer_than_a_failover_was_deleted() {
        let mut stage = Stage::new().await;
        let tenth = stage.message(10).await;
        stage.hide(Some(5));
        stage.task.tell_message(&tenth).await;
        assert_eq!(stage.task.seq, Some(5));
        let (place, since) = stage.task.late.0.unwrap();
        stage.task.late.0 = since.checked_sub(MISSING_TIMEOUT).map(|since| (place, since));
        stage.task.tell_message(&tenth).await;
        assert_eq!(stage.task.seq, Some(10));
    }
}

//! Sends what the store committed to the sockets it concerns; nothing else sends changes. It also sends what is not stored: who
//! is typing, and that the server restarts. The answers to a client's own events come from `realtime`.
//!
//! One task a room, so that a room's events keep their order; one for the lobby. The follower waits for none of them: a
//! room whose queue is full reads from the store what did not fit, and holds up no other.

mod catch_up;
mod late;
mod lobby;
mod presence;
mod queue;
mod reactions;
mod recovery;
mod room;
mod subscribers;
mod unseated;

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use serde::Serialize;
use socketioxide::{
    SocketIo,
    extract::{AckSender, SocketRef},
};
use tokio::sync::mpsc;

pub use self::{
    lobby::{Arrival, Lobby},
    reactions::RoomReactions,
};
use self::{
    queue::RoomQueue,
    room::{RoomEvent, RoomTask},
};
use crate::{
    domain::{Body, Guest, RoomId, Visitor},
    media::uploads::Uploads,
    metrics::BroadcastMetrics,
    page::texts::Lang,
    rules::SocketKey,
    store::{Change, Changes, Entry, Store},
};

/// Namespace of the list of rooms.
pub const LOBBY_NS: &str = "/room";
/// Namespace of the rooms.
pub const CHAT_NS: &str = "/chat";

/// Told to every socket before the server stops.
#[derive(Serialize)]
struct Restart {
    /// Come back at a random moment within this many milliseconds, so that not all come at once.
    within: u64,
}

/// A socket that is to hear a room.
pub struct Joining {
    /// The socket.
    pub socket: SocketRef,
    /// Its key among the seats.
    pub key: SocketKey,
    /// Whose it is.
    pub guest: Guest,
    /// The language of what is said to it alone.
    pub lang: Lang,
    /// Where the answer to its `join` goes.
    pub ack: AckSender,
    /// The seat it got.
    pub entry: Entry,
}

/// The room whose GIFs, or some of them, are gone with a change, so that copies of them must not be shown any more.
fn loses_gifs(change: &Change) -> Option<RoomId> {
    match change {
        Change::RoomRemoved(room) | Change::Forgotten(room) => Some(*room),
        Change::Posted(message) => match &message.body {
            Body::Line(line) if line.kind.is_about_messages() => Some(message.room),
            _ => None,
        },
        _ => None,
    }
}

/// Hands what was committed to the tasks that tell it.
pub struct Events {
    store: Arc<dyn Store>,
    uploads: Uploads,
    rooms: Mutex<HashMap<RoomId, RoomQueue>>,
    lobby: Lobby,
    metrics: BroadcastMetrics,
}

impl Events {
    /// Events of this store. Copies of GIFs in `uploads` go with their rooms.
    pub fn new(store: Arc<dyn Store>, uploads: Uploads) -> Arc<Self> {
        let metrics = BroadcastMetrics::default();
        Arc::new(Self {
            store,
            uploads,
            rooms: Mutex::default(),
            lobby: Lobby::new(metrics.clone()),
            metrics,
        })
    }

    /// What it has counted.
    pub const fn metrics(&self) -> &BroadcastMetrics {
        &self.metrics
    }

    /// The list of rooms.
    pub const fn lobby(&self) -> &Lobby {
        &self.lobby
    }

    /// Follows the store until it stops.
    pub async fn follow(self: Arc<Self>, mut changes: Changes) {
        while let Some(change) = changes.recv().await {
            // Before anybody hears of it: what was deleted is not served any more then.
            if let Change::Missed = change {
                // Which GIFs were deleted meanwhile is not known; those that were not are fetched again.
                self.uploads.forget_all().await;
            }
            if let Some(room) = loses_gifs(&change) {
                self.uploads.forget_room(room).await;
            }
            self.lobby.note(&change);
            match change.room() {
                Some(room) => {
                    // Without a task nobody listens to the room.
                    if let Some(task) = self.rooms.lock().get(&room) {
                        task.offer(change);
                    }
                }
                None => {
                    for task in self.rooms.lock().values() {
                        task.offer(change.clone());
                    }
                }
            }
        }
    }

    /// Lets a socket hear a room, and answers its `join`: everything behind the `seq` of the answer will reach it.
    pub async fn attach(self: &Arc<Self>, room: RoomId, joining: Joining) {
        let mut event = RoomEvent::Attach(Box::new(joining));
        // A task that was just ending hands the event back.
        while let Err(back) = self.task_of(room).send(event).await {
            event = back;
        }
    }

    /// Lets a socket hear a room no more.
    pub async fn detach(&self, room: RoomId, key: SocketKey) {
        if let Some(task) = self.known_task(room) {
            let _ = task.send(RoomEvent::Detach(key)).await;
        }
    }

    /// Tells the others in the room that a visitor is typing, if that socket is still in it.
    pub fn typing(&self, room: RoomId, visitor: Visitor, key: SocketKey) {
        if let Some(task) = self.known_task(room) {
            task.hint(RoomEvent::Typing(visitor, key));
        }
    }

    fn known_task(&self, room: RoomId) -> Option<RoomQueue> {
        self.rooms.lock().get(&room).cloned()
    }

    /// The task of a room; starts it when there is none.
    fn task_of(self: &Arc<Self>, room: RoomId) -> RoomQueue {
        let mut rooms = self.rooms.lock();
        if let Some(task) = rooms.get(&room).filter(|task| !task.is_closed()) {
            return task.clone();
        }
        let (queue, receive) = RoomQueue::new();
        rooms.insert(room, queue.clone());
        let task = RoomTask::new(room, Arc::clone(self), queue.lost());
        tokio::spawn(task.run(receive));
        queue
    }

    /// Forgets a room's task, unless something has come for it meanwhile.
    fn end(&self, room: RoomId, queue: &mut mpsc::Receiver<RoomEvent>) -> bool {
        let mut rooms = self.rooms.lock();
        if !queue.is_empty() {
            return false;
        }
        queue.close();
        rooms.remove(&room);
        true
    }

    /// Tells every socket that the server is about to restart.
    pub async fn announce_restart(io: &SocketIo, within: Duration) {
        let within = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        for namespace in [LOBBY_NS, CHAT_NS] {
            if let Some(all) = io.of(namespace) {
                // Who can't be told comes back by itself when the connection ends.
                let _ = all.emit("restart", &Restart { within }).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{Chat, Limits, Message, MessageId, Moment, VisitorId},
        store::SqliteStore,
    };

    fn posted(room: RoomId, seq: u64) -> Change {
        Change::Posted(Arc::new(Message {
            id: MessageId::random(),
            room,
            seq,
            author: Visitor::new(VisitorId::random()),
            created_at: Moment::now(),
            body: Body::Chat(Chat::from_store("x")),
            nonce: None,
            edited: None,
            refers: None,
            reactions: Vec::new(),
        }))
    }

    #[tokio::test]
    async fn a_room_that_takes_nothing_holds_up_no_other_and_knows_what_it_lost() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(&folder.path().join("store.db"), 10).unwrap());
        let uploads = Uploads::open(
            &folder.path().join("uploads"),
            Limits::default().gif,
            crate::media::uploads::AtOnce {
                all: 1,
                each: 1,
                rate: 1,
            },
        )
        .unwrap();
        let events = Events::new(store, uploads);
        let (slow, quick) = (RoomId::random(), RoomId::random());
        let ((slow_end, mut slow_queue), (quick_end, mut quick_queue)) = (RoomQueue::new(), RoomQueue::new());
        events
            .rooms
            .lock()
            .extend([(slow, slow_end.clone()), (quick, quick_end)]);
        let (commit, changes) = mpsc::channel(16);
        let following = tokio::spawn(Arc::clone(&events).follow(changes));
        let commit_all = async {
            for seq in 1..=3_000 {
                commit.send(posted(slow, seq)).await.unwrap();
            }
            commit.send(Change::RoomRemoved(slow)).await.unwrap();
            commit.send(Change::SeatsLost).await.unwrap();
            commit.send(posted(quick, 1)).await.unwrap();
            quick_queue.recv().await.unwrap();
            quick_queue.recv().await.unwrap()
        };
        // A follower that waited for the slow room would wait for ever.
        let heard = tokio::time::timeout(Duration::from_secs(30), commit_all).await;
        assert!(matches!(heard.unwrap(), RoomEvent::Change(Change::Posted(_))));
        let lost = slow_end.lost();
        lost.noted().await;
        let found = lost.take().unwrap();
        assert!(found.seq == 3_000 && found.state && found.seats);
        assert!(lost.take().is_none());
        let RoomEvent::Change(Change::Posted(first)) = slow_queue.recv().await.unwrap() else {
            panic!("the first message waits first");
        };
        assert_eq!(first.seq, 1);
        following.abort();
    }
}

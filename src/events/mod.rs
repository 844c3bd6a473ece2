//! The only emitter: follows what the store committed and tells it to the sockets it concerns.
//!
//! One task a room, so that a room's events keep their order; one for the lobby. A slow room holds up no other until its
//! queue is full.

mod audience;
mod late;
mod lobby;
mod mend;
mod room;

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use serde::Serialize;
use socketioxide::{
    SocketIo,
    extract::{AckSender, SocketRef},
};
use tokio::sync::mpsc;

pub use self::lobby::Lobby;
use self::room::{RoomEvent, RoomTask};
use crate::{
    domain::{Body, Guest, RoomId, Visitor},
    store::{Change, Changes, Entry, SocketKey, Store},
    texts::Lang,
    uploads::Uploads,
};

/// Namespace of the list of rooms.
pub const LOBBY_NS: &str = "/room";
/// Namespace of the rooms.
pub const CHAT_NS: &str = "/chat";

/// Events that may wait for one room's task. The follower waits when it is full, and then so does the store.
const ROOM_QUEUE: usize = 1_024;

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
        Change::RoomRemoved(room) => Some(*room),
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
    rooms: Mutex<HashMap<RoomId, mpsc::Sender<RoomEvent>>>,
    lobby: Lobby,
}

impl Events {
    /// An emitter over this store. Copies of GIFs in `uploads` go with their rooms.
    pub fn new(store: Arc<dyn Store>, uploads: Uploads) -> Arc<Self> {
        Arc::new(Self {
            store,
            uploads,
            rooms: Mutex::default(),
            lobby: Lobby::default(),
        })
    }

    /// The list of rooms.
    pub const fn lobby(&self) -> &Lobby {
        &self.lobby
    }

    /// Follows the store until it stops.
    pub async fn follow(self: Arc<Self>, mut changes: Changes) {
        while let Some(change) = changes.recv().await {
            self.lobby.note(&change);
            if let Change::Missed = change {
                // Which GIFs were deleted meanwhile is not known; those that were not are fetched again.
                self.uploads.forget_all().await;
            }
            if let Some(room) = loses_gifs(&change) {
                self.uploads.forget_room(room).await;
            }
            match change.room() {
                // Without a task nobody listens to the room.
                Some(room) => self.tell(room, RoomEvent::Change(change)).await,
                None => self.tell_all(&change).await,
            }
        }
    }

    async fn tell_all(&self, change: &Change) {
        let tasks: Vec<_> = self.rooms.lock().values().cloned().collect();
        for task in tasks {
            let _ = task.send(RoomEvent::Change(change.clone())).await;
        }
    }

    /// Lets a socket hear a room, and answers its `join`: everything behind the `seq` of the answer will reach it.
    pub async fn attach(self: &Arc<Self>, room: RoomId, joining: Joining) {
        let mut event = RoomEvent::Attach(Box::new(joining));
        // A task that was just ending hands the event back.
        while let Err(mpsc::error::SendError(back)) = self.task_of(room).send(event).await {
            event = back;
        }
    }

    /// Lets a socket hear a room no more.
    pub async fn detach(&self, room: RoomId, key: SocketKey) {
        self.tell(room, RoomEvent::Detach(key)).await;
    }

    /// Tells the others in the room that a visitor is typing, if that socket is still in it.
    pub async fn typing(&self, room: RoomId, visitor: Visitor, key: SocketKey) {
        self.tell(room, RoomEvent::Typing(visitor, key)).await;
    }

    async fn tell(&self, room: RoomId, event: RoomEvent) {
        let task = self.rooms.lock().get(&room).cloned();
        if let Some(task) = task {
            let _ = task.send(event).await;
        }
    }

    /// The task of a room; starts it when there is none.
    fn task_of(self: &Arc<Self>, room: RoomId) -> mpsc::Sender<RoomEvent> {
        let mut rooms = self.rooms.lock();
        if let Some(task) = rooms.get(&room).filter(|task| !task.is_closed()) {
            return task.clone();
        }
        let (send, receive) = mpsc::channel(ROOM_QUEUE);
        rooms.insert(room, send.clone());
        let task = RoomTask::new(room, Arc::clone(self));
        tokio::spawn(task.run(receive));
        send
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

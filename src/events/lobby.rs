//! The list of rooms, told to everyone who looks at it.

use std::time::Duration;

use indexmap::IndexMap;
use parking_lot::Mutex;
use socketioxide::extract::SocketRef;
use tokio::{sync::Notify, time::sleep};

use super::audience::{Audience, Encoded, Listener};
use crate::{
    domain::{Room, RoomId},
    store::{Change, SocketKey},
};

/// The least time between two tellings: a rush of joins is one `updateRoom` a room, not one a join.
const PAUSE: Duration = Duration::from_millis(100);

/// What is still to be told of a room; the latest wins. Bounded by the number of rooms.
enum Pending {
    New(Room),
    Updated(Room),
    Removed,
}

/// Who looks at the list, and what they have not been told yet.
#[derive(Default)]
pub struct Lobby {
    audience: Mutex<Audience>,
    pending: Mutex<IndexMap<RoomId, Pending>>,
    news: Notify,
}

impl Lobby {
    /// Lets a socket hear of rooms.
    pub fn watch(&self, key: SocketKey, socket: SocketRef) {
        self.audience.lock().add(Listener::new(key, socket));
    }

    /// Lets a socket hear of rooms no more.
    pub fn unwatch(&self, key: SocketKey) {
        let _ = self.audience.lock().remove(key);
    }

    /// Notes what a change means for the list.
    pub(super) fn note(&self, change: &Change) {
        if matches!(change, Change::Posted(_) | Change::Whispered(_) | Change::Reported(_))
            || self.audience.lock().is_empty()
        {
            return;
        }
        if matches!(change, Change::Missed) {
            self.audience
                .lock()
                .iter_mut()
                .for_each(|listener| listener.missed = true);
        }
        let mut pending = self.pending.lock();
        match change {
            Change::RoomCreated(room) => {
                pending.insert(room.id, Pending::New(room.clone()));
            }
            Change::RoomUpdated(room) | Change::Entered(room, _) | Change::Left(room, _) => {
                let fresh = matches!(pending.get(&room.id), Some(Pending::New(_)));
                let news = if fresh { Pending::New } else { Pending::Updated };
                pending.insert(room.id, news(room.clone()));
            }
            Change::RoomRemoved(id) => {
                if let Some(Pending::New(_)) = pending.insert(*id, Pending::Removed) {
                    // Nobody has heard of it.
                    pending.shift_remove(id);
                }
            }
            Change::Posted(_) | Change::Whispered(_) | Change::Reported(_) | Change::Missed | Change::SeatsLost => (),
        }
        drop(pending);
        self.news.notify_one();
    }

    /// Tells what is noted, until dropped.
    pub async fn run(&self) {
        loop {
            let behind = self.audience.lock().any_behind();
            if behind {
                let _ = tokio::time::timeout(PAUSE, self.news.notified()).await;
            } else {
                self.news.notified().await;
            }
            self.tell();
            sleep(PAUSE).await;
        }
    }

    fn tell(&self) {
        let pending = std::mem::take(&mut *self.pending.lock());
        let mut audience = self.audience.lock();
        for (id, news) in pending {
            let event = match news {
                Pending::New(room) => Encoded::new("newRoom", &room),
                Pending::Updated(room) => Encoded::new("updateRoom", &room),
                Pending::Removed => Encoded::new("removeRoom", &id),
            };
            if let Some(event) = event {
                audience.send_line(&event);
            }
        }
        if audience.any_behind()
            && let Some(event) = Encoded::new("missed", &())
        {
            // Who missed something is told so, and reads the list again.
            for listener in audience.iter_mut().filter(|listener| listener.missed) {
                listener.missed = !listener.send(&event);
            }
        }
    }
}

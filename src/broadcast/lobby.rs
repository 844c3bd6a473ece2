//! Broadcasts changes of the list of rooms to everyone who is viewing it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use indexmap::IndexMap;
use parking_lot::Mutex;
use socketioxide::extract::SocketRef;
use tokio::{sync::Notify, time::sleep};

use super::subscribers::{Encoded, Listener, Subscribers};
use crate::{
    domain::{Room, RoomId},
    metrics::{Backlog, BroadcastMetrics},
    rules::SocketKey,
    store::Change,
};

/// The least time between two tellings: a rush of joins is one `updateRoom` a room, not one a join.
const PAUSE: Duration = Duration::from_millis(100);

/// What is still to be told of a room; the latest wins. Bounded by the number of rooms.
enum Pending {
    New(Room),
    Updated(Room),
    Removed,
}

/// A socket that connects to the lobby, from before its CONNECT is answered.
#[derive(Clone)]
pub struct Arrival(Arc<Arriving>);

struct Arriving {
    key: SocketKey,
    /// The changes that were noted before.
    seen: u64,
    gone: AtomicBool,
}

/// Who looks at the list, and what they have not been told yet.
pub struct Lobby {
    subscribers: Mutex<Subscribers>,
    metrics: BroadcastMetrics,
    pending: Mutex<IndexMap<RoomId, Pending>>,
    news: Notify,
    /// The changes noted until now, also those that nobody was told of.
    changes: AtomicU64,
}

impl Lobby {
    /// Nobody looks yet.
    pub fn new(metrics: BroadcastMetrics) -> Self {
        Self {
            subscribers: Mutex::new(Subscribers::new(metrics.clone())),
            metrics,
            pending: Mutex::default(),
            news: Notify::new(),
            changes: AtomicU64::new(0),
        }
    }

    /// Notes that a socket connects. Nothing is held for it.
    pub fn arrive(&self, key: SocketKey) -> Arrival {
        Arrival(Arc::new(Arriving {
            key,
            seen: self.changes.load(Ordering::SeqCst),
            gone: AtomicBool::new(false),
        }))
    }

    /// Lets a socket that is connected hear of rooms. What has changed since its arrival it has missed.
    pub fn watch(&self, Arrival(arrival): Arrival, socket: SocketRef) {
        let mut subscribers = self.subscribers.lock();
        if arrival.gone.load(Ordering::SeqCst) {
            return;
        }
        let mut listener = Listener::new(arrival.key, socket);
        listener.missed = self.changes.load(Ordering::SeqCst) != arrival.seen;
        if listener.missed {
            self.news.notify_one();
        }
        subscribers.add(listener);
    }

    /// Lets a socket hear of rooms no more. It may have gone before it began to.
    pub fn unwatch(&self, Arrival(arrival): &Arrival) {
        let mut subscribers = self.subscribers.lock();
        arrival.gone.store(true, Ordering::SeqCst);
        drop(subscribers.remove(arrival.key));
    }

    /// Notes what a change means for the list.
    pub(super) fn note(&self, change: &Change) {
        if matches!(
            change,
            Change::Posted(_) | Change::Reacted(..) | Change::Whispered(_) | Change::Reported(_) | Change::Forgotten(_)
        ) {
            return;
        }
        // Counted first: a viewer who subscribes after the check of the subscribers is already counted.
        self.changes.fetch_add(1, Ordering::SeqCst);
        if self.subscribers.lock().is_empty() {
            return;
        }
        if matches!(change, Change::Missed) {
            self.subscribers
                .lock()
                .iter_mut()
                .for_each(|listener| listener.missed = true);
        }
        let mut pending = self.pending.lock();
        match change {
            Change::RoomCreated(room) => {
                pending.insert(room.id, Pending::New(room.clone()));
            }
            Change::RoomUpdated(room)
            | Change::Entered(room, _)
            | Change::Left(room, _)
            | Change::Away(room, _)
            | Change::Back(room, _) => {
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
            Change::Posted(_)
            | Change::Reacted(..)
            | Change::Whispered(_)
            | Change::Reported(_)
            | Change::Forgotten(_)
            | Change::Missed
            | Change::SeatsLost => (),
        }
        drop(pending);
        self.news.notify_one();
    }

    /// Tells what is noted, until dropped.
    pub async fn run(&self) {
        let mut backlog = Backlog::new(self.metrics.clone());
        loop {
            let (behind, _) = self.subscribers.lock().behind(0);
            backlog.set(behind, 0);
            if behind > 0 {
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
        let mut subscribers = self.subscribers.lock();
        for (id, news) in pending {
            let event = match news {
                Pending::New(room) => Encoded::new("newRoom", &room),
                Pending::Updated(room) => Encoded::new("updateRoom", &room),
                Pending::Removed => Encoded::new("removeRoom", &id),
            };
            if let Some(event) = event {
                subscribers.send_line(&event);
            }
        }
        if subscribers.any_behind()
            && let Some(event) = Encoded::new("missed", &())
        {
            // Who missed something is told so, and reads the list again.
            subscribers.tell_missed(&event);
        }
    }
}

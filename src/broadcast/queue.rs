//! The way to a room's task. Changes never wait for it: a room that is slower than its changes falls behind alone.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use tokio::sync::{
    Notify,
    mpsc::{self, error::TrySendError},
};

use super::room::RoomEvent;
use crate::{domain::Seq, store::Change};

/// Events that may wait for one room's task. Changes beyond that are noted as lost: the task reads them from the store.
/// A socket that joins or leaves waits for its turn.
const ROOM_QUEUE: usize = 1_024;

/// The sending end of a room's queue.
#[derive(Clone)]
pub struct RoomQueue {
    events: mpsc::Sender<RoomEvent>,
    lost: Arc<Lost>,
}

impl RoomQueue {
    /// A queue, and its other end.
    pub fn new() -> (Self, mpsc::Receiver<RoomEvent>) {
        let (events, receiver) = mpsc::channel(ROOM_QUEUE);
        let lost = Arc::default();
        (Self { events, lost }, receiver)
    }

    /// What did not fit into the queue.
    pub fn lost(&self) -> Arc<Lost> {
        Arc::clone(&self.lost)
    }

    pub fn is_closed(&self) -> bool {
        self.events.is_closed()
    }

    /// Hands over a change, without waiting.
    pub fn offer(&self, change: Change) {
        if let Err(TrySendError::Full(RoomEvent::Change(change))) = self.events.try_send(RoomEvent::Change(change)) {
            self.lost.note(&change);
        }
    }

    /// Hands over an event that may get lost.
    pub fn hint(&self, event: RoomEvent) {
        let _ = self.events.try_send(event);
    }

    /// Hands over an event that must not get lost. A task that has ended hands it back.
    pub async fn send(&self, event: RoomEvent) -> Result<(), RoomEvent> {
        self.events.send(event).await.map_err(|error| error.0)
    }
}

/// Changes that did not fit into a room's queue.
#[derive(Default)]
pub struct Lost {
    /// The last message among them.
    seq: AtomicU64,
    /// Whether some are no messages, so that the state of the room is to be read.
    state: AtomicBool,
    /// Whether one said that seats are lost.
    seats: AtomicBool,
    /// Whether anything was noted since the note was taken.
    any: AtomicBool,
    news: Notify,
}

/// What [`Lost::take`] found.
pub struct Found {
    pub seq: Seq,
    pub state: bool,
    pub seats: bool,
}

impl Lost {
    fn note(&self, change: &Change) {
        match change {
            Change::Posted(message) => {
                self.seq.fetch_max(message.seq, Ordering::Relaxed);
            }
            // The line about it follows.
            Change::Entered(..) | Change::Left(..) => return,
            // Nobody is told: it stays on the pages that show it.
            Change::Forgotten(_) => return,
            Change::SeatsLost => self.seats.store(true, Ordering::Relaxed),
            Change::RoomCreated(_)
            | Change::Away(..)
            | Change::Back(..)
            | Change::RoomUpdated(_)
            | Change::RoomRemoved(_)
            | Change::Reacted(..)
            | Change::Whispered(_)
            | Change::Reported(_)
            | Change::Missed => self.state.store(true, Ordering::Relaxed),
        }
        self.any.store(true, Ordering::Release);
        self.news.notify_one();
    }

    /// Waits until something is noted; returns at once when that was before.
    pub async fn noted(&self) {
        self.news.notified().await;
    }

    /// Takes the note, if there is one.
    pub fn take(&self) -> Option<Found> {
        let any = self.any.swap(false, Ordering::Acquire);
        any.then(|| Found {
            seq: self.seq.swap(0, Ordering::Relaxed),
            state: self.state.swap(false, Ordering::Relaxed),
            seats: self.seats.swap(false, Ordering::Relaxed),
        })
    }
}

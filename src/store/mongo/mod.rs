//! Rooms, messages, GIFs and sessions in a MongoDB replica set, shared by any number of servers.
//!
//! # Layout
//! - `client`: connection, times, collections, indexes; `documents`: their shape
//! - `calls`: the calls of [`Store`](crate::store::Store), each to what does it
//! - `rooms`, `seats`, `history`, `gifs`, `invites`, `reports`, `whispers`, `blobs`: what a call does, one or two round
//!   trips each
//! - `posts`: queues that give messages their places; `lines`: lines that nobody wrote, on their way there
//! - `moderation`: what owners do, and how rooms get new ones; `clearing`: deletes in slices what they cleared
//! - `leases`: this server's life and what it does after others' deaths
//! - `images`: how long MongoDB keeps the earlier states of rooms, which the stream needs
//! - `follow`: the change stream; `pulse`: how it is doing; `known`: what a new state of a room tells
//! - `sessions`: visitors' sessions
//! - `breaker`: what happens while the database does not answer; `clock`: its time, which all servers go by

mod blobs;
mod breaker;
mod calls;
mod clearing;
mod client;
mod clock;
mod documents;
mod follow;
mod gifs;
mod history;
mod images;
mod invites;
mod known;
mod leases;
mod lines;
mod moderation;
mod posts;
mod pulse;
mod reports;
mod rooms;
mod seats;
mod sessions;
mod whispers;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::sleep,
};
use tracing::{error, warn};

pub use self::{blobs::LARGEST, documents::SEATS, leases::Timing};
use self::{
    breaker::Breaker,
    clearing::Clearing,
    client::Tables,
    follow::Follower,
    known::Known,
    leases::Seating,
    posts::{Places, Posts},
    seats::Seated,
    whispers::Whispers,
};
use crate::{
    domain::{Guest, RoomId},
    rules::SocketKey,
    store::{Changes, Entry, MongoUrl, Sessions, StoreError},
};

/// Changes that may wait for their follower. The stream waits when it is full.
const CHANGES: usize = 4_096;

/// How often what crashes left behind is looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// Time until a task that panicked is begun again.
const AGAIN: Duration = Duration::from_millis(100);

/// The store of many machines.
pub struct MongoStore {
    tables: Tables,
    /// Rooms that may be open at once.
    limit: usize,
    seating: Arc<Seating>,
    posts: Arc<Posts>,
    whispers: Whispers,
    clearing: Arc<Clearing>,
    /// The rooms as they were last told.
    known: Arc<Mutex<Known>>,
    changes: Mutex<Option<Changes>>,
    tasks: Mutex<JoinSet<()>>,
    closed: AtomicBool,
}

impl MongoStore {
    /// Connects, makes collections and indexes that are missing, and follows the changes from here on. `rooms` may be
    /// open at once on all servers; one more is refused as `storage_full`.
    ///
    /// # Errors
    /// The address is wrong, nobody answers, or it is no replica set.
    pub async fn open(url: &MongoUrl, rooms: usize, timing: Timing) -> Result<Self, StoreError> {
        let tables = client::connect(url).await?;
        let (tell, changes) = mpsc::channel(CHANGES);
        let seating = Arc::new(Seating::begin(tables.clone(), timing, tell.downgrade()).await?);
        let mut tasks = JoinSet::new();
        let (begun, following) = oneshot::channel();
        let (known, places) = (Arc::<Mutex<Known>>::default(), Places::default());
        let (of_all, all, last, mut begun) = (tables.clone(), Arc::clone(&known), places.clone(), Some(begun));
        tasks.spawn(lasting("following the changes", move || {
            Follower::new(of_all.clone(), Arc::clone(&all), last.clone(), tell.clone()).run(begun.take())
        }));
        following.await.map_err(|_| StoreError::Stopped)??;
        let keeper = Arc::clone(&seating);
        tasks.spawn(lasting("keeping the lease", move || {
            let keeper = Arc::clone(&keeper);
            async move { keeper.keep().await }
        }));
        let of_all = tables.clone();
        tasks.spawn(lasting("sweeping", move || sweep(of_all.clone())));
        let clearing = Arc::new(Clearing::new(tables.clone()));
        let worker = Arc::clone(&clearing);
        tasks.spawn(lasting("deleting what was cleared", move || {
            let worker = Arc::clone(&worker);
            async move { worker.run().await }
        }));
        let of_all = tables.clone();
        tasks.spawn(lasting("watching the database", move || Breaker::watch(of_all.clone())));
        Ok(Self {
            limit: rooms,
            posts: Arc::new(Posts::new(tables.clone(), places)),
            whispers: Whispers::new(tables.clone()),
            clearing,
            seating,
            known,
            changes: Mutex::new(Some(changes)),
            tasks: Mutex::new(tasks),
            closed: AtomicBool::new(false),
            tables,
        })
    }

    /// The sessions of all visitors, in the same database.
    ///
    /// # Errors
    /// The database fails.
    pub async fn sessions(&self) -> Result<Sessions, StoreError> {
        sessions::open(&self.tables).await
    }

    /// Deletes what crashes left behind, as it does by itself every 10 minutes: messages and grants of rooms that are
    /// gone, GIFs that no message has named for an hour.
    ///
    /// # Errors
    /// The database fails.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        self.tables()?.sweep().await
    }

    async fn take_seat(&self, id: RoomId, guest: Guest, socket: SocketKey) -> Result<Entry, StoreError> {
        let Seated { mut entry, line } = self.call(Box::pin(self.seating.enter(id, guest, socket))).await?;
        if let Some(line) = line {
            let taken = self.seating.unsettled(id, guest.visitor.id, socket);
            entry.seq = self.posts.place_of_line(id, line).await?;
            taken.settle();
        }
        Ok(entry)
    }

    /// Waits for what a queue of this server does, as long as the store is open and the database answers. It holds no
    /// turn among the calls, as the queue needs one itself.
    async fn wait<T>(&self, queued: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.tables()?.breaker.wait(queued).await
    }

    /// Makes a call on the database, as long as the store is open and the database answers.
    async fn call<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.tables()?.breaker.guard(call).await
    }

    /// The same for a call that writes. When it fails and the database has not refused it, it may be stored all the same.
    async fn write<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let breaker = &self.tables()?.breaker;
        breaker.guard(call).await.map_err(StoreError::of_write)
    }

    /// The same for calls that go on until they are through: they clear away, and nobody waits for that.
    fn tables(&self) -> Result<&Tables, StoreError> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(StoreError::Stopped);
        }
        self.tables.breaker.check().map(|()| &self.tables)
    }
}

/// Runs a task without which a server would live on half dead: it is begun again when it panics.
async fn lasting<F: Future<Output = ()> + Send + 'static>(what: &'static str, mut begin: impl FnMut() -> F) {
    loop {
        // Ends with this one.
        let mut task = JoinSet::new();
        task.spawn(begin());
        match task.join_next().await {
            Some(Err(broken)) if broken.is_panic() => error!(%broken, "{what} broke; it begins again"),
            _ => return,
        }
        sleep(AGAIN).await;
    }
}

async fn sweep(tables: Tables) {
    loop {
        // Servers that start together need not all look at once.
        sleep(SWEEP_EVERY.mul_f32(0.5 + rand::random::<f32>())).await;
        if let Err(error) = tables.sweep().await {
            warn!(%error, "what crashes left behind can't be swept away now");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_is_begun_again_until_it_ends() {
        let begun = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&begun);
        lasting("the test", move || {
            let turn = count.fetch_add(1, Ordering::Relaxed);
            async move { assert!(turn == 2, "not yet") }
        })
        .await;
        assert_eq!(begun.load(Ordering::Relaxed), 3);
    }
}

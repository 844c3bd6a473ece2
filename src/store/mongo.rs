//! Rooms, messages, GIFs and sessions in a MongoDB replica set, shared by any number of servers.
//!
//! # Layout
//! - `client`: connection, times, collections, indexes; `documents`: their shape
//! - `calls`: the calls of [`Store`](crate::store::Store), each to what does it
//! - `folded`: what the entries of a room make of it; `room_cache`: all open rooms; `reading`: how they are read at the start
//! - `log`: reads entries; `append_queue`: decides commands and appends entries; `commands`: what calls of the trait ask of it
//! - `change_stream`: what all servers append; `pulse`: how it is doing
//! - `lease`: this server's life, the seats of its sockets, and what it does after others' deaths
//! - `snapshots`: writes them; `erasing`: carries deletions out
//! - `whispers`, `reports`: entries with something for one other
//! - `gifs`, `blobs`, `space`, `sessions`, `epoch`: what is kept beside the log
//! - `migration`: makes logs of the rooms of the first version; `items`: moves whispers and reports of the version before there
//! - `moment`, `census`: the whole database for backups and checks
//! - `breaker`: what happens while the database does not answer; `clock`: its time, which all servers go by

mod append_queue;
mod blobs;
mod blocked;
mod breaker;
mod calls;
mod census;
mod change_stream;
mod client;
mod clock;
mod commands;
mod decisions;
mod documents;
mod epoch;
mod erasing;
mod folded;
mod gifs;
mod indexes;
mod items;
mod lease;
mod log;
mod migration;
mod moment;
mod pulse;
mod reading;
mod reports;
mod room_cache;
mod sessions;
mod snapshots;
mod space;
mod traces;
mod whispers;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mongodb::bson::doc;
use parking_lot::Mutex;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::sleep,
};
use tracing::{error, warn};

use self::{
    append_queue::{AppendQueue, Turns},
    breaker::Breaker,
    change_stream::ChangeStream,
    client::{Collections, within},
    erasing::Eraser,
    lease::ServerLease,
    log::Log,
    room_cache::RoomCache,
};
pub use self::{
    blobs::LARGEST,
    census::Census,
    documents::SEATS,
    lease::Timing,
    moment::{EmptyMongo, INSERT_BYTES, MongoMoment},
};
use crate::store::{Changes, MongoUrl, Sessions, StoreError, whispers::Fills};

/// Changes that may wait for their follower. The stream waits when it is full.
const CHANGES: usize = 4_096;

/// How often rooms that ended and were left behind are looked for, and how many times as often as all else.
const LOOK_EVERY: Duration = Duration::from_secs(30);
const LOOKS: u32 = 20;

/// Time until a task that panicked is begun again.
const AGAIN: Duration = Duration::from_millis(100);

/// The store of many machines.
pub struct MongoStore {
    log: Log,
    queue: Arc<AppendQueue>,
    /// Rooms that may be open at once.
    limit: usize,
    lease: Arc<ServerLease>,
    /// How full of whispers rooms are.
    fills: Fills,
    eraser: Arc<Eraser>,
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
        let (collections, cache) = (client::connect(url).await?, Arc::<RoomCache>::default());
        let (tell, changes) = mpsc::channel(CHANGES);
        let log = Log { collections, cache };
        let turns = Arc::new(Turns::new(format!("{:016x}", rand::random::<u64>()).into()));
        let queue = Arc::new(AppendQueue::new(log.clone(), Arc::clone(&turns)));
        let lease = ServerLease::begin(log.clone(), Arc::clone(&queue), timing, tell.downgrade()).await?;
        let store = Self {
            limit: rooms,
            lease: Arc::new(lease),
            fills: Fills::new(),
            eraser: Arc::new(Eraser::new(log.clone(), Arc::clone(&queue))),
            changes: Mutex::new(Some(changes)),
            tasks: Mutex::default(),
            closed: AtomicBool::new(false),
            queue,
            log,
        };
        store.follow(turns, tell).await?;
        let queue = Arc::clone(&store.queue);
        store.run("appending", move || {
            let queue = Arc::clone(&queue);
            async move { queue.run().await }
        });
        store.lease.take_over().await?;
        store.begin_rest();
        Ok(store)
    }

    /// Begins to follow the change stream.
    async fn follow(&self, turns: Arc<Turns>, tell: mpsc::Sender<crate::store::Change>) -> Result<(), StoreError> {
        let (begun, following) = oneshot::channel();
        let (log, mut begun) = (self.log.clone(), Some(begun));
        self.run("following the changes", move || {
            let Log { collections, cache } = log.clone();
            ChangeStream::new(collections, cache, Arc::clone(&turns), tell.clone()).run(begun.take())
        });
        following.await.map_err(|_| StoreError::Stopped)?
    }

    fn begin_rest(&self) {
        let lease = Arc::clone(&self.lease);
        self.run("keeping the lease", move || {
            let lease = Arc::clone(&lease);
            async move { lease.keep().await }
        });
        let eraser = Arc::clone(&self.eraser);
        self.run("deleting", move || {
            let eraser = Arc::clone(&eraser);
            async move { eraser.run().await }
        });
        let eraser = Arc::clone(&self.eraser);
        self.run("sweeping", move || sweep(Arc::clone(&eraser)));
        let log = self.log.clone();
        self.run("writing snapshots", move || snapshots::write(log.clone()));
        let collections = self.log.collections.clone();
        self.run("following decisions", move || decisions::follow(collections.clone()));
        let collections = self.log.collections.clone();
        self.run("watching the database", move || Breaker::watch(collections.clone()));
    }

    fn run<F: Future<Output = ()> + Send + 'static>(
        &self,
        what: &'static str,
        begin: impl FnMut() -> F + Send + 'static,
    ) {
        self.tasks.lock().spawn(lasting(what, begin));
    }

    /// The sessions of all visitors, in the same database.
    ///
    /// # Errors
    /// The database fails.
    pub async fn sessions(&self) -> Result<Sessions, StoreError> {
        sessions::open(&self.log.collections).await
    }

    /// Deletes what crashes left behind, as it does by itself every 10 minutes: documents of rooms that are gone, GIFs that
    /// no message has named for an hour.
    ///
    /// # Errors
    /// The database fails.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        self.collections()?;
        self.eraser.sweep().await
    }

    /// Asks the primary, which is the one that takes writes, whether it answers.
    async fn ping(&self) -> Result<(), StoreError> {
        let ping = doc! { "ping": 1 };
        self.call(within(self.log.collections.db.run_command(ping)))
            .await
            .map(drop)
    }

    /// Makes a call on the database, as long as the store is open and the database answers.
    async fn call<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let called = match self.collections() {
            Ok(collections) => collections.breaker.guard(call).await,
            Err(error) => Err(error),
        };
        called.inspect_err(|error| self.count(error))
    }

    /// The same for a call that writes. When it fails and the database has not refused it, it may be stored all the same.
    async fn write<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let written = match self.collections() {
            Ok(collections) => collections.breaker.guard(call).await.map_err(StoreError::of_write),
            Err(error) => Err(error),
        };
        written.inspect_err(|error| self.count(error))
    }

    fn count(&self, error: &StoreError) {
        error.count(&self.log.collections.metrics);
    }

    /// The collections, unless the store is closed or the database does not answer.
    fn collections(&self) -> Result<&Collections, StoreError> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(StoreError::Stopped);
        }
        let collections = &self.log.collections;
        collections.breaker.check().map(|()| collections)
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

async fn sweep(eraser: Arc<Eraser>) {
    for turn in 1_u32.. {
        // Servers that start together need not all look at once.
        sleep(LOOK_EVERY.mul_f32(0.5 + rand::random::<f32>())).await;
        let swept = async {
            eraser.find_left_behind().await?;
            if turn.is_multiple_of(LOOKS) {
                eraser.sweep().await?;
            }
            Ok::<_, StoreError>(())
        };
        if let Err(error) = swept.await {
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

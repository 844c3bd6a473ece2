//! Rooms and messages in one SQLite file: one thread writes, a few connections read, the seats are in memory.

mod blocked;
mod calls;
mod checkpoints;
mod cleanup;
mod command;
mod events;
mod facts;
mod gifs;
mod moment;
mod notes;
mod reactions;
mod reports;
mod reserve;
mod restore;
mod room_cache;
mod rows;
mod schema;
mod site;
mod slices;
mod space;
mod submit;
mod traces;
mod whispers;
mod writer;

use std::{
    fs::File,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use parking_lot::{Mutex, RwLock};
use rusqlite::Connection;
use tokio::sync::{Semaphore, mpsc, oneshot};

pub use self::moment::{Counted, NamedGif, SqliteMoment, begin_epoch};
use self::{
    cleanup::Hidden, command::Command, notes::Unwritten, room_cache::RoomCache, site::Decisions, space::Ledger,
    writer::Writer,
};
pub(super) use self::{command::failure, schema::INCREMENTAL};
use crate::{
    domain::{AddressKey, Epoch, RoomId},
    metrics::StoreMetrics,
    private_files,
    rules::{Hold, ServerId, SocketKey},
    store::{Changes, StoreError, clock::Clock},
};

/// Commands that may wait for the writer. One more is refused as [`StoreError::Busy`].
const QUEUE: usize = 4_096;

/// Changes that may wait for their follower. The writer waits when it is full.
const CHANGES: usize = 4_096;

/// Connections that read side by side.
const READERS: usize = 4;

/// The store of a single machine.
pub struct SqliteStore {
    commands: mpsc::Sender<Command>,
    changes: Mutex<Option<Changes>>,
    rooms: Arc<RwLock<RoomCache>>,
    clock: Clock,
    site_key: AddressKey,
    /// Whose the GIFs are.
    ledger: Ledger,
    /// How much of that is still to be written.
    unwritten: Unwritten,
    /// What operators decided.
    decisions: Decisions,
    /// How many rooms may be open.
    limit: usize,
    epoch: Epoch,
    readers: Arc<Mutex<Vec<Connection>>>,
    reading: Arc<Semaphore>,
    thread: Mutex<Option<JoinHandle<()>>>,
    metrics: StoreMetrics,
    /// Whether the reserve is given up.
    full: Arc<AtomicBool>,
    /// Held for as long as the store is open: two servers on one file would each count their own seats.
    lock: Mutex<Option<File>>,
}

impl SqliteStore {
    /// Opens the file, makes it when it is missing, and gives every room in it a fresh grace. `limit` may be open at
    /// once; one more is refused as `storage_full`.
    ///
    /// # Errors
    /// The file can't be opened, is of another version, or another server has it open.
    pub fn open(path: &Path, limit: usize) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            private_files::make_folder(folder).map_err(StoreError::failed)?;
        }
        let lock = lock(path)?;
        private_files::prepare(path).map_err(StoreError::failed)?;
        let connection = match schema::open_writer(path).map_err(failure) {
            // SQLite needs some space to read a log. The reserve is for that, too.
            Err(StoreError::Full) => {
                reserve::remove(path).map_err(StoreError::failed)?;
                schema::open_writer(path).map_err(failure)?
            }
            opened => opened?,
        };
        let (clock, mut rooms) = (Clock::start(), RoomCache::default());
        let open = restore::open_rooms(&connection, clock.now()).map_err(failure)?;
        let epoch = schema::epoch(&connection).map_err(failure)?;
        open.into_iter().for_each(|cached| rooms.insert(cached));
        let cache = Arc::new(RwLock::new(rooms));
        let site_key = restore::site_key(&connection).map_err(failure)?;
        let ledger = Ledger::read(&connection).map_err(failure)?;
        let decisions = Decisions::read(&connection).map_err(failure)?;
        let readers: Result<Vec<_>, _> = (0..READERS).map(|_| schema::open_reader(path)).collect();
        let (commands, waiting) = mpsc::channel(QUEUE);
        let (tell, changes) = mpsc::channel(CHANGES);
        let writer = Writer::new(connection, Arc::clone(&cache), clock, limit, tell);
        let (full, metrics) = (writer.reserve.given_up(), writer.metrics.clone());
        let unwritten = writer.notes.unwritten();
        let thread = std::thread::Builder::new()
            .name("store".into())
            .spawn(move || writer.run(waiting));
        Ok(Self {
            commands,
            changes: Mutex::new(Some(changes)),
            rooms: cache,
            clock,
            site_key,
            ledger,
            unwritten,
            decisions,
            limit,
            epoch,
            readers: Arc::new(Mutex::new(readers.map_err(failure)?)),
            reading: Arc::new(Semaphore::new(READERS)),
            thread: Mutex::new(Some(thread.map_err(StoreError::failed)?)),
            metrics,
            full,
            lock: Mutex::new(Some(lock)),
        })
    }

    /// Gives up the reserve of a file so that the rest of the server can start.
    ///
    /// # Errors
    /// It can't be removed.
    pub fn give_up_reserve(&self, path: &Path) -> Result<(), StoreError> {
        self.full.store(true, Ordering::SeqCst);
        reserve::remove(path).map_err(StoreError::failed)
    }

    /// Whether the disk is full and what space there is belongs to deletions, now and later.
    pub fn full(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.full)
    }

    /// Hands a command to the writer and waits for its commit.
    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Command,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let answered = match self.commands.try_send(command(reply)) {
            Ok(()) => answer.await.unwrap_or(Err(StoreError::Stopped)),
            Err(mpsc::error::TrySendError::Full(_)) => Err(StoreError::Busy),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(StoreError::Stopped),
        };
        answered.inspect_err(|error| error.count(&self.metrics))
    }

    /// What readers do not see of an open room. It has to be read before the rows: those of a clearing that is done are blank.
    fn hidden(&self, id: RoomId) -> Option<Hidden> {
        Some(self.rooms.read().get(id)?.hidden())
    }

    /// Runs a query on one of the reading connections, off the async threads.
    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = Arc::clone(&self.reading)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Stopped)?;
        let readers = Arc::clone(&self.readers);
        let work = move || {
            // Kept until the connection is back, even when nobody waits for the answer any more.
            let _turn = turn;
            let connection = readers.lock().pop().ok_or(StoreError::Stopped)?;
            let result = query(&connection).map_err(failure);
            readers.lock().push(connection);
            result
        };
        let read = tokio::task::spawn_blocking(work).await;
        let read = read.unwrap_or_else(|broken| Err(StoreError::failed(broken)));
        read.inspect_err(|error| error.count(&self.metrics))
    }
}

/// Seats here are held by the sockets of the only server.
const fn hold(socket: SocketKey) -> Hold {
    Hold {
        server: ServerId::ONLY,
        socket,
    }
}

/// Takes the lock beside the file, which whoever has it open holds.
///
/// # Errors
/// It is taken.
pub fn lock(path: &Path) -> Result<File, StoreError> {
    let lock = private_files::open(&private_files::beside(path, ".lock")).map_err(StoreError::failed)?;
    lock.try_lock()
        .map_err(|_| StoreError::failed(format!("another server has {} open", path.display())))?;
    Ok(lock)
}

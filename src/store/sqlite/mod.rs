//! Rooms and messages in one SQLite file: one thread writes, a few connections read, the seats are in memory.

mod checkpoints;
mod cleanup;
mod command;
mod events;
mod facts;
mod gifs;
mod reports;
mod reserve;
mod room_cache;
mod rows;
mod schema;
mod slices;
mod submit;
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

use async_trait::async_trait;
use parking_lot::{Mutex, RwLock};
use rusqlite::Connection;
use tokio::sync::{Semaphore, mpsc, oneshot};

use self::{
    cleanup::Clearing,
    command::Command,
    room_cache::{CachedRoom, RoomCache},
    writer::Writer,
};
pub(super) use self::{command::failure, schema::INCREMENTAL};
use crate::{
    domain::{
        Access, Action, Ban, GifBody, GifName, Guest, InviteHash, Message, Moment, Nonce, Refusal, Report, ReportId,
        Reported, Room, RoomId, Visitor, VisitorId, Whisper, WhisperId,
    },
    private_files,
    rules::{self, Graces, Hold, Leave, NewRoom, PasswordVersion, RoomChange, ServerId, SocketKey},
    store::{
        Changes, Committed, Entry, NewMessage, NewReport, NewWhisper, Posted, RoomCursor, RoomPage, RoomRecord, Store,
        StoreError, Tended, Whispered, Window, clock::Clock,
    },
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
    readers: Arc<Mutex<Vec<Connection>>>,
    reading: Arc<Semaphore>,
    thread: Mutex<Option<JoinHandle<()>>>,
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
        let open = rows::open_rooms(&connection, clock.now()).map_err(failure)?;
        open.into_iter().for_each(|cached| rooms.insert(cached));
        let cache = Arc::new(RwLock::new(rooms));
        let readers: Result<Vec<_>, _> = (0..READERS).map(|_| schema::open_reader(path)).collect();
        let (commands, waiting) = mpsc::channel(QUEUE);
        let (tell, changes) = mpsc::channel(CHANGES);
        let writer = Writer::new(connection, Arc::clone(&cache), clock, limit, tell);
        let full = writer.reserve.given_up();
        let thread = std::thread::Builder::new()
            .name("store".into())
            .spawn(move || writer.run(waiting));
        Ok(Self {
            commands,
            changes: Mutex::new(Some(changes)),
            rooms: cache,
            readers: Arc::new(Mutex::new(readers.map_err(failure)?)),
            reading: Arc::new(Semaphore::new(READERS)),
            thread: Mutex::new(Some(thread.map_err(StoreError::failed)?)),
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
        self.commands.try_send(command(reply)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Stopped,
        })?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    /// Hands a command of the rule book to the writer.
    async fn submit(&self, id: RoomId, command: rules::Command, nonce: Option<Nonce>) -> Result<Committed, StoreError> {
        self.ask(|reply| Command::Submit(id, command, nonce, reply)).await
    }

    /// What readers do not see of an open room. It has to be read before the rows: those of a clearing that is done are blank.
    fn clearings(&self, id: RoomId) -> Option<Arc<Vec<Clearing>>> {
        Some(Arc::clone(&self.rooms.read().get(id)?.clearings))
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
        tokio::task::spawn_blocking(work).await.map_err(StoreError::failed)?
    }
}

/// Seats here are held by the sockets of the only server.
const fn hold(socket: SocketKey) -> Hold {
    Hold {
        server: ServerId::ONLY,
        socket,
    }
}

/// Takes the lock beside the file.
fn lock(path: &Path) -> Result<File, StoreError> {
    let lock = private_files::open(&private_files::beside(path, ".lock")).map_err(StoreError::failed)?;
    lock.try_lock()
        .map_err(|_| StoreError::failed(format!("another server has {} open", path.display())))?;
    Ok(lock)
}

#[async_trait]
impl Store for SqliteStore {
    fn changes(&self) -> Option<Changes> {
        self.changes.lock().take()
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.ask(Command::Ping).await
    }

    fn is_full(&self) -> bool {
        self.full.load(Ordering::SeqCst)
    }

    async fn create_room(&self, new: NewRoom) -> Result<Room, StoreError> {
        self.ask(|reply| Command::Create(new, reply)).await
    }

    async fn room(&self, id: RoomId) -> Result<Option<RoomRecord>, StoreError> {
        Ok(self.rooms.read().get(id).map(CachedRoom::record))
    }

    async fn rooms(&self, after: Option<RoomCursor>, limit: usize) -> Result<RoomPage, StoreError> {
        Ok(self.rooms.read().page(after, limit))
    }

    async fn update_room(&self, id: RoomId, by: Option<VisitorId>, change: RoomChange) -> Result<Room, StoreError> {
        let changed = self.submit(id, rules::Command::Change(by, change), None).await?;
        Ok(changed.state.room)
    }

    async fn remove_room(&self, id: RoomId) -> Result<Vec<GifName>, StoreError> {
        self.submit(id, rules::Command::Remove, None).await?;
        Ok(Vec::new())
    }

    async fn moderate(&self, id: RoomId, by: Visitor, action: Action) -> Result<Vec<GifName>, StoreError> {
        self.submit(id, rules::Command::Moderate(by, action), None).await?;
        Ok(Vec::new())
    }

    async fn bans(&self, id: RoomId) -> Result<Vec<Ban>, StoreError> {
        let rooms = self.rooms.read();
        Ok(rooms
            .get(id)
            .map(|cached| cached.state.bans.to_vec())
            .unwrap_or_default())
    }

    async fn grant(&self, id: RoomId, visitor: Visitor, password: PasswordVersion) -> Result<(), StoreError> {
        let granted = self.submit(id, rules::Command::Grant(visitor.id, password), None);
        granted.await.map(drop)
    }

    async fn add_invite(&self, id: RoomId, invite: InviteHash) -> Result<(), StoreError> {
        self.submit(id, rules::Command::Invite(invite), None).await.map(drop)
    }

    async fn withdraw_invites(&self, id: RoomId) -> Result<(), StoreError> {
        self.submit(id, rules::Command::WithdrawInvites, None).await.map(drop)
    }

    async fn redeem(&self, invite: InviteHash, guest: Guest) -> Result<RoomId, StoreError> {
        self.ask(|reply| Command::Redeem(invite, guest, reply)).await
    }

    async fn access(&self, id: RoomId, guest: Guest) -> Result<Option<Access>, StoreError> {
        let rooms = self.rooms.read();
        Ok(rooms.get(id).map(|cached| cached.state.access(guest, Moment::now())))
    }

    async fn members(&self, id: RoomId) -> Result<Vec<Visitor>, StoreError> {
        let rooms = self.rooms.read();
        Ok(rooms.get(id).map(|cached| cached.state.members()).unwrap_or_default())
    }

    async fn enter(&self, id: RoomId, guest: Guest, socket: SocketKey) -> Result<Entry, StoreError> {
        let entered = self
            .submit(id, rules::Command::Enter(guest, hold(socket)), None)
            .await?;
        Ok(Entry {
            members: entered.state.members(),
            seq: entered.state.seq,
            room: entered.state.room,
        })
    }

    async fn leave(&self, id: RoomId, visitor: Visitor, socket: SocketKey, how: Leave) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        let leave = rules::Command::Leave(visitor.id, hold(socket), how);
        // It waits where others are refused: nobody asks again, and the seat would keep a socket that is gone. There is one
        // for each socket at most.
        let leave = Command::Submit(id, leave, None, reply);
        self.commands.send(leave).await.map_err(|_| StoreError::Stopped)?;
        match answer.await.map_err(|_| StoreError::Stopped)? {
            Err(StoreError::Refused(Refusal::RoomNotFound)) => Ok(()),
            left => left.map(drop),
        }
    }

    async fn post(&self, new: NewMessage) -> Result<Posted, StoreError> {
        let post = rules::Command::Post(new.author, new.body);
        let Committed { message, known, .. } = self.submit(new.room, post, new.nonce).await?;
        let message = message.ok_or_else(|| StoreError::failed("a post left no message"))?;
        Ok(if known {
            Posted::Known(message)
        } else {
            Posted::New(message)
        })
    }

    async fn whisper(&self, new: NewWhisper) -> Result<Whispered, StoreError> {
        self.ask(|reply| Command::Whisper(new, reply)).await
    }

    async fn whispers(
        &self,
        id: RoomId,
        visitor: VisitorId,
        after: Option<WhisperId>,
        limit: usize,
    ) -> Result<Vec<Whisper>, StoreError> {
        if self.clearings(id).is_none() {
            return Ok(Vec::new());
        }
        self.read(move |connection| whispers::of_visitor(connection, id, visitor, after, limit))
            .await
    }

    async fn room_of_whispered(&self, name: GifName, visitor: VisitorId) -> Result<Option<RoomId>, StoreError> {
        let found = self.read(move |connection| whispers::room_of_gif(connection, name, visitor));
        Ok(found.await?.filter(|room| self.clearings(*room).is_some()))
    }

    async fn report(&self, new: NewReport) -> Result<Report, StoreError> {
        self.ask(|reply| Command::Report(new, reply)).await
    }

    async fn reports(&self, id: RoomId) -> Result<Vec<Reported>, StoreError> {
        if self.clearings(id).is_none() {
            return Ok(Vec::new());
        }
        self.read(move |connection| reports::of_room(connection, id)).await
    }

    async fn dismiss_report(&self, id: RoomId, report: ReportId) -> Result<(), StoreError> {
        self.ask(|reply| Command::DismissReport(id, report, reply)).await
    }

    async fn history(&self, id: RoomId, window: Window, limit: usize) -> Result<Vec<Message>, StoreError> {
        let Some(clearings) = self.clearings(id) else {
            return Ok(Vec::new());
        };
        self.read(move |connection| rows::history(connection, id, window, limit, &clearings))
            .await
    }

    async fn lately_sent(&self, id: RoomId, limit: usize) -> Result<Vec<GifBody>, StoreError> {
        let Some(clearings) = self.clearings(id) else {
            return Ok(Vec::new());
        };
        self.read(move |connection| gifs::lately_sent(connection, id, limit, &clearings))
            .await
    }

    async fn room_of_gif(&self, name: GifName) -> Result<Option<RoomId>, StoreError> {
        let room = self.read(move |connection| gifs::room_of(connection, name)).await?;
        let Some((room, clearings)) = room.and_then(|room| Some((room, self.clearings(room)?))) else {
            return Ok(None);
        };
        if clearings.is_empty() {
            return Ok(Some(room));
        }
        let shown = move |connection: &Connection| gifs::in_room(connection, room, name, &clearings, usize::MAX);
        Ok(self.read(shown).await?.map(|_| room))
    }

    async fn unnamed(&self, names: Vec<GifName>) -> Result<Vec<GifName>, StoreError> {
        self.read(move |connection| gifs::unnamed(connection, names)).await
    }

    async fn gif_names(&self) -> Result<Vec<GifName>, StoreError> {
        self.read(gifs::all).await
    }

    async fn forget_gifs(&self, missing: Vec<GifName>) -> Result<(), StoreError> {
        self.ask(|reply| Command::ForgetGifs(missing, reply)).await
    }

    async fn unreferenced_gifs(&self, most: usize) -> Result<Vec<GifName>, StoreError> {
        self.read(move |connection| cleanup::unreferenced(connection, most))
            .await
    }

    async fn forget_unreferenced(&self, names: Vec<GifName>) -> Result<(), StoreError> {
        self.ask(|reply| Command::ForgetUnreferenced(names, reply)).await
    }

    async fn tend(&self, graces: Graces) -> Result<Tended, StoreError> {
        self.ask(|reply| Command::Expire(graces, reply)).await
    }

    async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.commands.send(Command::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        // Sockets that are slow to go may hold the store itself for a while longer.
        self.lock.lock().take();
    }
}

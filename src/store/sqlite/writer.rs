//! The one thread that writes: it takes what is waiting, commits it together, then tells what happened.
//!
//! The sync of the log is what a durable append costs, whatever the engine. So everything that queued up during the
//! last sync shares the next one (group commit); nothing is ever held back to wait for company.

use std::{collections::HashMap, sync::Arc, time::Instant};

use parking_lot::RwLock;
use rusqlite::{Connection, ErrorCode, params};
use tokio::sync::{mpsc, oneshot};
use tracing::error;

use super::{
    directory::{Directory, OpenRoom},
    rows,
};
use crate::{
    domain::{GifName, Message, MessageId, Moment, Refusal, Room, RoomId, Seq, Visitor},
    store::{Change, Departure, Entry, Graces, NewMessage, NewRoom, Posted, RoomChange, SocketKey, StoreError, Tended},
};

/// Commands committed together at most. More would only make the first of them wait.
const BATCH: usize = 256;

/// Visitors who may hold a grant of one room; a locked room with more than these is not locked any more.
const GRANTS: usize = 10_000;

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer is asked to do, and where the answer goes.
pub enum Command {
    Create(NewRoom, Reply<Room>),
    Update(RoomId, RoomChange, Reply<Room>),
    Remove(RoomId, Reply<Vec<GifName>>),
    Grant(RoomId, Visitor, Reply<()>),
    Enter(RoomId, Visitor, SocketKey, Reply<Entry>),
    Leave(RoomId, Visitor, SocketKey, Departure, Reply<()>),
    Post(NewMessage, Reply<Posted>),
    ForgetGifs(Vec<GifName>, Reply<()>),
    Tend(Graces, Reply<Tended>),
    Ping(Reply<()>),
    Close(oneshot::Sender<()>),
}

/// What is left to do for a command once its rows are committed.
enum AfterCommit {
    Create(OpenRoom, Reply<Room>),
    Update(RoomId, RoomChange, Reply<Room>),
    Remove(RoomId, Vec<GifName>, Reply<Vec<GifName>>),
    Grant(RoomId, Visitor, Reply<()>),
    Enter(RoomId, Visitor, SocketKey, Reply<Entry>),
    Leave(RoomId, Visitor, SocketKey, Departure, Reply<()>),
    Post(Posted, Reply<Posted>),
    Tend {
        freed: Graces,
        removed: Vec<(RoomId, Vec<GifName>)>,
        reply: Reply<Tended>,
    },
    Done(Reply<()>),
}

/// The writer's state; lives on its thread.
pub struct Writer {
    connection: Connection,
    directory: Arc<RwLock<Directory>>,
    /// Rooms that may be open at once.
    limit: usize,
    changes: mpsc::Sender<Change>,
    /// Places given out in the batch at work, which the directory learns of after the commit.
    seqs: HashMap<RoomId, Seq>,
    /// Rooms made in the batch at work.
    created: usize,
    /// Rooms removed in the batch at work.
    removed: Vec<RoomId>,
    /// Rooms that somebody enters in the batch at work; their grace is not over.
    entered: Vec<RoomId>,
}

impl Writer {
    pub fn new(
        connection: Connection,
        directory: Arc<RwLock<Directory>>,
        limit: usize,
        changes: mpsc::Sender<Change>,
    ) -> Self {
        Self {
            connection,
            directory,
            limit,
            changes,
            created: 0,
            seqs: HashMap::new(),
            removed: Vec::new(),
            entered: Vec::new(),
        }
    }

    /// Works until told to close or until nobody can ask any more.
    pub fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            if commands.blocking_recv_many(&mut batch, BATCH) == 0 {
                return;
            }
            let closing = batch.iter().position(|command| matches!(command, Command::Close(_)));
            let close = closing.and_then(|at| batch.drain(at..).next());
            self.work(std::mem::take(&mut batch));
            if let Some(Command::Close(done)) = close {
                commands.close();
                // The log goes into the file, so that a stopped site is one file to copy.
                if let Err(error) = self.connection.pragma_update(None, "wal_checkpoint", "TRUNCATE") {
                    error!(%error, "can't empty the log of the store");
                }
                let _ = done.send(());
                return;
            }
        }
    }

    /// Writes a batch, commits it, and only then shows and tells it.
    fn work(&mut self, batch: Vec<Command>) {
        self.seqs.clear();
        self.created = 0;
        self.removed.clear();
        self.entered.clear();
        self.entered.extend(batch.iter().filter_map(|command| match command {
            Command::Enter(id, ..) => Some(*id),
            _ => None,
        }));
        let writes = batch.iter().any(Command::writes) || self.tending_removes(&batch);
        if writes && let Err(error) = self.connection.execute_batch("BEGIN IMMEDIATE") {
            return fail_all(batch.into_iter().map(Command::into_failure), &error);
        }
        let after: Vec<_> = batch.into_iter().filter_map(|command| self.write(command)).collect();
        if writes && let Err(error) = self.connection.execute_batch("COMMIT") {
            if !self.connection.is_autocommit() {
                let _ = self.connection.execute_batch("ROLLBACK");
            }
            return fail_all(after.into_iter().map(AfterCommit::into_failure), &error);
        }
        for done in after {
            self.show(done);
        }
    }

    /// Whether a tending in this batch will find a room to remove, which takes a transaction.
    fn tending_removes(&self, batch: &[Command]) -> bool {
        batch.iter().any(|command| match command {
            Command::Tend(graces, _) => !self.rooms_over(*graces).is_empty(),
            _ => false,
        })
    }

    fn rooms_over(&self, graces: Graces) -> Vec<RoomId> {
        let now = Instant::now();
        let directory = self.directory.read();
        let over = directory
            .iter()
            .filter(|open| open.is_over(graces, now))
            .map(|open| open.room.id);
        over.filter(|id| !self.entered.contains(id) && !self.removed.contains(id))
            .collect()
    }

    /// Writes the rows of one command. Refusals and failures of a statement are answered at once.
    fn write(&mut self, command: Command) -> Option<AfterCommit> {
        match command {
            Command::Create(new, reply) => answer(reply, self.create(new), AfterCommit::Create),
            Command::Update(id, change, reply) => answer(reply, self.update(id, &change), |(), reply| {
                AfterCommit::Update(id, change, reply)
            }),
            Command::Remove(id, reply) => answer(reply, self.remove(id), |gifs, reply| {
                AfterCommit::Remove(id, gifs, reply)
            }),
            Command::Grant(id, visitor, reply) => answer(reply, self.grant(id, visitor), |(), reply| {
                AfterCommit::Grant(id, visitor, reply)
            }),
            Command::Post(new, reply) => answer(reply, self.post(new), AfterCommit::Post),
            Command::ForgetGifs(names, reply) => {
                answer(reply, self.forget_gifs(&names), |(), reply| AfterCommit::Done(reply))
            }
            Command::Tend(graces, reply) => {
                answer(reply, self.remove_over(graces), |removed, reply| AfterCommit::Tend {
                    freed: graces,
                    removed,
                    reply,
                })
            }
            // Seats are in memory: a socket ends with the server that holds it.
            Command::Enter(id, visitor, socket, reply) => Some(AfterCommit::Enter(id, visitor, socket, reply)),
            Command::Leave(id, visitor, socket, how, reply) => {
                Some(AfterCommit::Leave(id, visitor, socket, how, reply))
            }
            Command::Ping(reply) => answer(reply, self.ping(), |(), reply| AfterCommit::Done(reply)),
            Command::Close(_) => None,
        }
    }

    fn ping(&self) -> Result<(), StoreError> {
        self.connection.query_row("SELECT 1", [], |_| Ok(())).map_err(failure)
    }

    fn create(&mut self, new: NewRoom) -> Result<OpenRoom, StoreError> {
        if self.directory.read().len() + self.created >= self.limit {
            return Err(StoreError::Refused(Refusal::StorageFull));
        }
        let password_hash: Option<Arc<str>> = new.password_hash.map(Into::into);
        let room = Room {
            id: RoomId::random(),
            title: new.title,
            max: new.max,
            count: 0,
            owner: new.owner,
            locked: password_hash.is_some(),
            created_at: Moment::now(),
        };
        let sql = "INSERT INTO rooms (id, title, max, password_hash, owner, owner_color, created_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let row = params![
            room.id.to_bytes(),
            room.title.as_str(),
            room.max.get(),
            password_hash,
            room.owner.id.to_string(),
            room.owner.color.to_string(),
            room.created_at.millis(),
        ];
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(row))
            .map_err(failure)?;
        self.created += 1;
        Ok(OpenRoom::new(room, password_hash, 0, Instant::now()))
    }

    fn must_exist(&self, id: RoomId) -> Result<(), StoreError> {
        if self.removed.contains(&id) || self.directory.read().get(id).is_none() {
            return Err(StoreError::Refused(Refusal::RoomNotFound));
        }
        Ok(())
    }

    fn update(&self, id: RoomId, change: &RoomChange) -> Result<(), StoreError> {
        self.must_exist(id)?;
        let room = id.to_bytes();
        let run = || -> rusqlite::Result<()> {
            if let Some(title) = &change.title {
                self.connection
                    .execute("UPDATE rooms SET title = ?2 WHERE id = ?1", (room, title.as_str()))?;
            }
            if let Some(max) = change.max {
                self.connection
                    .execute("UPDATE rooms SET max = ?2 WHERE id = ?1", (room, max.get()))?;
            }
            if let Some(hash) = &change.password_hash {
                self.connection
                    .execute("UPDATE rooms SET password_hash = ?2 WHERE id = ?1", (room, hash))?;
                self.connection.execute("DELETE FROM grants WHERE room = ?1", [room])?;
            }
            Ok(())
        };
        self.whole(run)
    }

    fn remove(&mut self, id: RoomId) -> Result<Vec<GifName>, StoreError> {
        self.must_exist(id)?;
        let gifs = rows::gifs_of(&self.connection, id).map_err(failure)?;
        let sql = "DELETE FROM rooms WHERE id = ?1";
        self.connection.execute(sql, [id.to_bytes()]).map_err(failure)?;
        self.removed.push(id);
        Ok(gifs)
    }

    fn grant(&self, id: RoomId, visitor: Visitor) -> Result<(), StoreError> {
        self.must_exist(id)?;
        if self
            .directory
            .read()
            .get(id)
            .is_some_and(|open| open.grants.len() >= GRANTS)
        {
            return Err(StoreError::Refused(Refusal::StorageFull));
        }
        let sql = "INSERT OR IGNORE INTO grants (room, visitor) VALUES (?1, ?2)";
        self.connection
            .execute(sql, (id.to_bytes(), visitor.id.to_string()))
            .map_err(failure)?;
        Ok(())
    }

    fn post(&mut self, new: NewMessage) -> Result<Posted, StoreError> {
        self.must_exist(new.room)?;
        if let Some(known) = rows::by_nonce(&self.connection, &new).map_err(failure)? {
            return Ok(Posted::Known(Arc::new(known)));
        }
        let last = {
            let directory = self.directory.read();
            let open = directory.get(new.room).filter(|open| open.access(new.author.id).member);
            let open = open.ok_or(StoreError::Refused(Refusal::NotAMember))?;
            self.seqs.get(&new.room).copied().unwrap_or(open.last_seq)
        };
        let message = Message {
            id: MessageId::random(),
            room: new.room,
            seq: last + 1,
            author: new.author,
            created_at: Moment::now(),
            body: new.body,
            nonce: new.nonce,
        };
        rows::insert_message(&self.connection, &message).map_err(failure)?;
        self.seqs.insert(message.room, message.seq);
        Ok(Posted::New(Arc::new(message)))
    }

    fn forget_gifs(&self, names: &[GifName]) -> Result<(), StoreError> {
        self.whole(|| {
            for name in names {
                let name = name.to_string();
                // A place is never given out twice, even when its message had to go.
                let keep =
                    "UPDATE rooms SET last_seq = max(last_seq, (SELECT max(seq) FROM messages WHERE room = rooms.id))
                            WHERE id IN (SELECT room FROM messages WHERE gif = ?1)";
                self.connection.execute(keep, [&name])?;
                self.connection
                    .execute("DELETE FROM messages WHERE gif = ?1", [&name])?;
            }
            Ok(())
        })
    }

    fn remove_over(&mut self, graces: Graces) -> Result<Vec<(RoomId, Vec<GifName>)>, StoreError> {
        self.rooms_over(graces)
            .into_iter()
            .map(|id| Ok((id, self.remove(id)?)))
            .collect()
    }

    /// Runs several statements so that all or none of them count.
    fn whole(&self, run: impl FnOnce() -> rusqlite::Result<()>) -> Result<(), StoreError> {
        self.connection.execute_batch("SAVEPOINT whole").map_err(failure)?;
        let result = run();
        let end = if result.is_ok() {
            "RELEASE whole"
        } else {
            "ROLLBACK TO whole; RELEASE whole"
        };
        self.connection.execute_batch(end).map_err(failure)?;
        result.map_err(failure)
    }

    /// Shows a committed command to readers, tells the followers, answers.
    fn show(&mut self, done: AfterCommit) {
        match done {
            AfterCommit::Create(open, reply) => {
                let room = open.room.clone();
                self.directory.write().insert(open);
                self.tell(Change::RoomCreated(room.clone()));
                let _ = reply.send(Ok(room));
            }
            AfterCommit::Update(id, change, reply) => {
                let _ = reply.send(self.show_update(id, change));
            }
            AfterCommit::Remove(id, gifs, reply) => {
                self.show_removal(id);
                let _ = reply.send(Ok(gifs));
            }
            AfterCommit::Grant(id, visitor, reply) => {
                if let Some(open) = self.directory.write().get_mut(id) {
                    open.grants.insert(visitor.id);
                }
                let _ = reply.send(Ok(()));
            }
            AfterCommit::Enter(id, visitor, socket, reply) => {
                let _ = reply.send(self.enter(id, visitor, socket));
            }
            AfterCommit::Leave(id, visitor, socket, how, reply) => {
                self.leave(id, visitor, socket, how);
                let _ = reply.send(Ok(()));
            }
            AfterCommit::Post(posted, reply) => {
                self.show_message(&posted);
                let _ = reply.send(Ok(posted));
            }
            AfterCommit::Tend { freed, removed, reply } => {
                removed.iter().for_each(|(id, _)| self.show_removal(*id));
                self.free_lapsed_seats(freed);
                let _ = reply.send(Ok(Tended { removed }));
            }
            AfterCommit::Done(reply) => {
                let _ = reply.send(Ok(()));
            }
        }
    }

    fn show_update(&self, id: RoomId, change: RoomChange) -> Result<Room, StoreError> {
        let mut directory = self.directory.write();
        let open = directory
            .get_mut(id)
            .ok_or(StoreError::Refused(Refusal::RoomNotFound))?;
        if let Some(title) = change.title {
            open.room.title = title;
        }
        if let Some(max) = change.max {
            open.room.max = max;
        }
        if let Some(hash) = change.password_hash {
            open.grants.clear();
            open.room.locked = hash.is_some();
            open.password_hash = hash.map(Into::into);
        }
        let room = open.room.clone();
        drop(directory);
        self.tell(Change::RoomUpdated(room.clone()));
        Ok(room)
    }

    fn show_removal(&self, id: RoomId) {
        self.directory.write().remove(id);
        self.tell(Change::RoomRemoved(id));
    }

    fn show_message(&self, posted: &Posted) {
        if let Posted::New(message) = posted {
            if let Some(open) = self.directory.write().get_mut(message.room) {
                open.last_seq = message.seq;
            }
            self.tell(Change::Posted(Arc::clone(message)));
        }
    }

    fn enter(&self, id: RoomId, visitor: Visitor, socket: SocketKey) -> Result<Entry, StoreError> {
        let mut directory = self.directory.write();
        let open = directory
            .get_mut(id)
            .ok_or(StoreError::Refused(Refusal::RoomNotFound))?;
        let (entry, fresh) = open.enter(visitor, socket).map_err(StoreError::Refused)?;
        drop(directory);
        if fresh {
            self.tell(Change::Entered(entry.room.clone(), visitor));
        }
        Ok(entry)
    }

    fn leave(&self, id: RoomId, visitor: Visitor, socket: SocketKey, how: Departure) {
        let mut directory = self.directory.write();
        let Some(open) = directory.get_mut(id) else { return };
        let freed = open.leave(visitor.id, socket, how, Instant::now());
        let room = open.room.clone();
        drop(directory);
        if let Some(visitor) = freed {
            self.tell(Change::Left(room, visitor));
        }
    }

    fn free_lapsed_seats(&self, graces: Graces) {
        let now = Instant::now();
        let mut left = Vec::new();
        for open in self.directory.write().iter_mut() {
            let freed = open.free_lapsed_seats(graces, now);
            left.extend(
                freed
                    .into_iter()
                    .map(|visitor| Change::Left(open.room.clone(), visitor)),
            );
        }
        left.into_iter().for_each(|change| self.tell(change));
    }

    /// Waits when the follower is behind: nothing that was committed is ever dropped here.
    fn tell(&self, change: Change) {
        // No follower is left only while the server stops.
        let _ = self.changes.blocking_send(change);
    }
}

impl Command {
    /// Whether it writes rows, so that its batch needs a transaction.
    const fn writes(&self) -> bool {
        match self {
            Self::Create(..) | Self::Update(..) | Self::Remove(..) | Self::Grant(..) => true,
            Self::Post(..) | Self::ForgetGifs(..) => true,
            Self::Enter(..) | Self::Leave(..) | Self::Tend(..) | Self::Ping(..) | Self::Close(..) => false,
        }
    }

    fn into_failure(self) -> Box<dyn FnOnce(StoreError)> {
        match self {
            Self::Create(_, reply) | Self::Update(_, _, reply) => failing(reply),
            Self::Remove(_, reply) => failing(reply),
            Self::Grant(_, _, reply) | Self::Leave(.., reply) | Self::ForgetGifs(_, reply) | Self::Ping(reply) => {
                failing(reply)
            }
            Self::Enter(.., reply) => failing(reply),
            Self::Post(_, reply) => failing(reply),
            Self::Tend(_, reply) => failing(reply),
            Self::Close(_) => Box::new(|_| ()),
        }
    }
}

impl AfterCommit {
    fn into_failure(self) -> Box<dyn FnOnce(StoreError)> {
        match self {
            Self::Create(_, reply) | Self::Update(_, _, reply) => failing(reply),
            Self::Remove(_, _, reply) => failing(reply),
            Self::Grant(_, _, reply) | Self::Leave(.., reply) | Self::Done(reply) => failing(reply),
            Self::Enter(.., reply) => failing(reply),
            Self::Post(_, reply) => failing(reply),
            Self::Tend { reply, .. } => failing(reply),
        }
    }
}

fn failing<T: 'static>(reply: Reply<T>) -> Box<dyn FnOnce(StoreError)> {
    Box::new(move |error| {
        let _ = reply.send(Err(error));
    })
}

fn fail_all(failures: impl Iterator<Item = Box<dyn FnOnce(StoreError)>>, error: &rusqlite::Error) {
    error!(%error, "a batch could not be committed");
    for fail in failures {
        fail(match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full,
            _ => StoreError::failed(error.to_string()),
        });
    }
}

/// Goes on with a command whose rows are written, or answers that it failed.
fn answer<T, R>(
    reply: Reply<R>,
    written: Result<T, StoreError>,
    then: impl FnOnce(T, Reply<R>) -> AfterCommit,
) -> Option<AfterCommit> {
    match written {
        Ok(value) => Some(then(value, reply)),
        Err(error) => {
            let _ = reply.send(Err(error));
            None
        }
    }
}

pub fn failure(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full,
        _ => StoreError::failed(error),
    }
}

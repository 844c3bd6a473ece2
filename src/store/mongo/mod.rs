//! Rooms, messages, GIFs and sessions in a MongoDB replica set, shared by any number of servers.
//!
//! # Layout
//! - `client`: connection, times, collections, indexes; `documents`: their shape
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

use async_trait::async_trait;
use futures_util::StreamExt;
use mongodb::bson::doc;
use parking_lot::Mutex;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::{error, warn};

pub use self::{blobs::LARGEST, documents::SEATS, leases::Timing};
use self::{
    breaker::Breaker,
    clearing::Clearing,
    client::{ANSWER, Tables, within},
    follow::Follower,
    known::Known,
    leases::Seating,
    posts::{Places, Posts},
    seats::Seated,
    whispers::Whispers,
};
use crate::{
    domain::{
        Access, Action, Ban, Body, GifBody, GifName, Guest, InviteHash, Message, Report, ReportId, Reported, Room,
        RoomId, Visitor, VisitorId, Whisper, WhisperId,
    },
    rules::{Graces, Leave, NewBody, NewRoom, PasswordVersion, RoomChange, SocketKey},
    store::{
        Blobs, Changes, Entry, MongoUrl, NewMessage, NewReport, NewWhisper, Posted, RoomCursor, RoomPage, RoomRecord,
        Sessions, Store, StoreError, Tended, Whispered, Window,
    },
};

/// Changes that may wait for their follower. The stream waits when it is full.
const CHANGES: usize = 4_096;

/// Rooms whose lines are moved to the messages side by side.
const ROOMS_AT_ONCE: usize = 16;

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

#[async_trait]
impl Store for MongoStore {
    fn changes(&self) -> Option<Changes> {
        self.changes.lock().take()
    }

    async fn ready(&self) -> Result<(), StoreError> {
        // Of the primary, which is the one that takes writes.
        let ping = within(self.tables.db.run_command(doc! { "ping": 1 }));
        self.call(ping).await?;
        // What is posted without it is stored, but nobody here hears it.
        self.tables.pulse.check()
    }

    async fn create_room(&self, new: NewRoom) -> Result<Room, StoreError> {
        self.write(self.tables.create_room(new, self.limit)).await
    }

    async fn room(&self, id: RoomId) -> Result<Option<RoomRecord>, StoreError> {
        self.call(Box::pin(self.tables.room(id))).await
    }

    async fn rooms(&self, after: Option<RoomCursor>, limit: usize) -> Result<RoomPage, StoreError> {
        self.call(self.tables.list(after, limit)).await
    }

    fn last_known_rooms(&self, after: Option<RoomCursor>, limit: usize) -> Option<RoomPage> {
        Some(self.known.lock().page(after, limit))
    }

    async fn update_room(&self, id: RoomId, by: Option<VisitorId>, change: RoomChange) -> Result<Room, StoreError> {
        self.write(self.tables.update_room(id, by, change)).await
    }

    async fn remove_room(&self, id: RoomId) -> Result<Vec<GifName>, StoreError> {
        self.tables()?.remove_room(id).await
    }

    async fn moderate(&self, id: RoomId, by: Visitor, action: Action) -> Result<Vec<GifName>, StoreError> {
        // Before anything goes through the messages of the room for it.
        self.call(self.tables.must_own(id, by)).await?;
        let gifs = self.call(self.tables.at_stake(id, action)).await?;
        self.write(self.tables.moderate(id, by, action)).await?;
        // It is committed. What the line says of messages and their GIFs is done with it, by another server if need be.
        let done = async {
            self.wait(self.posts.move_lines(id)).await?;
            match action {
                Action::Clear { .. } => Ok(self.clearing.promptly(id).await),
                _ => self.call(self.tables.unnamed(gifs)).await,
            }
        };
        Ok(done.await.unwrap_or_else(|error| {
            warn!(%error, room = %id, "what an owner did is stored and will be carried out later");
            Vec::new()
        }))
    }

    async fn bans(&self, id: RoomId) -> Result<Vec<Ban>, StoreError> {
        self.call(self.tables.bans(id)).await
    }

    async fn grant(&self, id: RoomId, visitor: Visitor, password: PasswordVersion) -> Result<(), StoreError> {
        self.write(self.tables.grant(id, visitor, password)).await
    }

    async fn add_invite(&self, id: RoomId, invite: InviteHash) -> Result<(), StoreError> {
        self.write(self.tables.add_invite(id, invite)).await
    }

    async fn withdraw_invites(&self, id: RoomId) -> Result<(), StoreError> {
        self.write(self.tables.withdraw_invites(id)).await
    }

    async fn redeem(&self, invite: InviteHash, guest: Guest) -> Result<RoomId, StoreError> {
        self.write(self.tables.redeem(invite, guest)).await
    }

    async fn access(&self, id: RoomId, guest: Guest) -> Result<Option<Access>, StoreError> {
        self.call(self.tables.access(id, guest)).await
    }

    async fn members(&self, id: RoomId) -> Result<Vec<Visitor>, StoreError> {
        let room = self.call(self.tables.room_doc(id)).await?;
        Ok(room.map(|room| room.visitors()).transpose()?.unwrap_or_default())
    }

    async fn enter(&self, id: RoomId, guest: Guest, socket: SocketKey) -> Result<Entry, StoreError> {
        self.wait(Box::pin(self.take_seat(id, guest, socket))).await
    }

    async fn leave(&self, id: RoomId, visitor: Visitor, socket: SocketKey, how: Leave) -> Result<(), StoreError> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(StoreError::Stopped);
        }
        // It has to know of it also while the database does not answer.
        if self.seating.leave(id, visitor.id, socket, how).await? {
            self.wait(self.posts.move_lines(id)).await?;
        }
        Ok(())
    }

    async fn post(&self, new: NewMessage) -> Result<Posted, StoreError> {
        let tables = self.tables()?;
        // Most messages are texts and need no look at the database here.
        let body = match &new.body {
            NewBody::Chat(chat) => Ok(Body::Chat(chat.clone())),
            body => self
                .call(tables.admit_body(new.room, body.clone()))
                .await
                .map(Body::from),
        };
        match body {
            Ok(body) => {
                let breaker = &self.tables()?.breaker;
                // What the queue says of it is certain; that nothing was heard of it is not.
                let posted = breaker.wait(async { Ok(self.posts.post(new, body).await) });
                posted.await.map_err(StoreError::of_write)?
            }
            // Who asks again for what was posted before still gets it.
            Err(StoreError::Refused(refusal)) => match self.call(posts::known(tables, &new)).await? {
                Some(message) => Ok(Posted::Known(message)),
                None => Err(StoreError::Refused(refusal)),
            },
            Err(error) => Err(error),
        }
    }

    async fn whisper(&self, new: NewWhisper) -> Result<Whispered, StoreError> {
        self.write(Box::pin(self.whispers.whisper(new))).await
    }

    async fn whispers(
        &self,
        id: RoomId,
        visitor: VisitorId,
        after: Option<WhisperId>,
        limit: usize,
    ) -> Result<Vec<Whisper>, StoreError> {
        self.call(self.tables.whispers_of(id, visitor, after, limit)).await
    }

    async fn room_of_whispered(&self, name: GifName, visitor: VisitorId) -> Result<Option<RoomId>, StoreError> {
        self.call(self.tables.room_of_whispered(name, visitor)).await
    }

    async fn report(&self, new: NewReport) -> Result<Report, StoreError> {
        self.write(self.tables.report(new)).await
    }

    async fn reports(&self, id: RoomId) -> Result<Vec<Reported>, StoreError> {
        self.call(self.tables.reports_of(id)).await
    }

    async fn dismiss_report(&self, id: RoomId, report: ReportId) -> Result<(), StoreError> {
        self.write(self.tables.dismiss_report(id, report)).await
    }

    async fn history(&self, id: RoomId, window: Window, limit: usize) -> Result<Vec<Message>, StoreError> {
        self.call(self.tables.history(id, window, limit)).await
    }

    async fn lately_sent(&self, id: RoomId, limit: usize) -> Result<Vec<GifBody>, StoreError> {
        self.call(self.tables.lately_sent(id, limit)).await
    }

    async fn room_of_gif(&self, name: GifName) -> Result<Option<RoomId>, StoreError> {
        self.call(self.tables.room_of_gif(name)).await
    }

    async fn unnamed(&self, names: Vec<GifName>) -> Result<Vec<GifName>, StoreError> {
        self.call(self.tables.unnamed(names)).await
    }

    async fn gif_names(&self) -> Result<Vec<GifName>, StoreError> {
        self.tables()?.all_gifs().await
    }

    async fn forget_gifs(&self, missing: Vec<GifName>) -> Result<(), StoreError> {
        self.tables()?.forget_gifs(missing).await
    }

    fn blobs(&self) -> Option<Arc<dyn Blobs>> {
        Some(Arc::new(self.tables.clone()))
    }

    async fn tend(&self, graces: Graces) -> Result<Tended, StoreError> {
        let (tended, lines) = self.tables()?.tend(graces).await?;
        let moved = lines.into_iter().map(async |room| {
            let moved = self.posts.move_lines(room).await;
            if moved.is_ok()
                && self
                    .tables
                    .cleared_now(room)
                    .await
                    .is_ok_and(|cleared| cleared.is_placed())
            {
                self.clearing.begin(room);
            }
        });
        // A room whose lines can't be moved has its turn the next time, or is gone.
        futures_util::stream::iter(moved)
            .buffer_unordered(ROOMS_AT_ONCE)
            .for_each(async |_| ())
            .await;
        Ok(tended)
    }

    async fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        if timeout(ANSWER, self.posts.settled()).await.is_err() {
            warn!("some messages are not stored yet");
        }
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        tasks.shutdown().await;
        if let Err(error) = self.seating.end().await {
            warn!(%error, "the seats of this server stay until its lease is over");
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

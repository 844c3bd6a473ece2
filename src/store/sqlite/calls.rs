//! The calls of the store: what the writer is asked, and what is read here.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{SqliteStore, cleanup, command::Command, gifs, hold, reports, rows, whispers};
use crate::{
    domain::{
        AddressKey, Epoch, GifBody, GifName, Guest, InviteHash, Message, MessageId, Nonce, Refusal, Report, Reported,
        Room, RoomId, Visitor, VisitorId, Whisper, WhisperId,
    },
    metrics::StoreMetrics,
    rules::{self, Graces, Leave, NewRoom, RoomState, SocketKey},
    store::{
        Changes, Committed, Entry, Expired, GifIndex, History, NewReport, NewWhisper, Occupancy, ReportStore,
        RoomCursor, RoomIndex, RoomLog, RoomPage, Store, StoreError, WhisperStore, Whispered, Window,
    },
};

#[async_trait]
impl RoomLog for SqliteStore {
    fn changes(&self) -> Option<Changes> {
        self.changes.lock().take()
    }

    async fn create_room(&self, new: NewRoom) -> Result<Room, StoreError> {
        self.ask(|reply| Command::Create(new, reply)).await
    }

    async fn submit(&self, id: RoomId, command: rules::Command, nonce: Option<Nonce>) -> Result<Committed, StoreError> {
        self.ask(|reply| Command::Submit(id, command, nonce, reply)).await
    }

    async fn redeem(&self, invite: InviteHash, guest: Guest) -> Result<RoomId, StoreError> {
        self.ask(|reply| Command::Redeem(invite, guest, reply)).await
    }

    async fn enter(&self, id: RoomId, guest: Guest, socket: SocketKey) -> Result<Entry, StoreError> {
        let enter = rules::Command::Enter(guest, hold(socket));
        Ok(self.submit(id, enter, None).await?.state.into())
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
            left => left.map(drop).inspect_err(|error| error.count(&self.metrics)),
        }
    }

    async fn expire(&self, graces: Graces) -> Result<Expired, StoreError> {
        self.ask(|reply| Command::Expire(graces, reply)).await
    }
}

#[async_trait]
impl RoomIndex for SqliteStore {
    async fn room(&self, id: RoomId) -> Result<Option<RoomState>, StoreError> {
        Ok(self.last_known_room(id))
    }

    fn last_known_room(&self, id: RoomId) -> Option<RoomState> {
        self.rooms.read().get(id).map(|cached| cached.state.clone())
    }

    async fn rooms(&self, after: Option<RoomCursor>, limit: usize) -> Result<RoomPage, StoreError> {
        Ok(self.rooms.read().page(after, limit))
    }

    async fn rooms_of(&self, visitor: VisitorId, limit: usize) -> Result<Vec<Room>, StoreError> {
        Ok(self.rooms.read().of(visitor, limit))
    }

    fn site_key(&self) -> AddressKey {
        self.site_key
    }

    fn now(&self) -> rules::Now {
        self.clock.now()
    }

    fn give_way(&self) -> Option<Vec<RoomId>> {
        let rooms = self.rooms.read();
        rules::give_way(rooms.iter().map(|cached| &cached.state), self.limit, self.now())
    }

    fn occupancy(&self) -> Occupancy {
        let rooms = self.rooms.read();
        Occupancy::of(rooms.iter().map(|cached| &cached.state.room))
    }
}

#[async_trait]
impl History for SqliteStore {
    async fn history(&self, id: RoomId, window: Window, limit: usize) -> Result<Vec<Message>, StoreError> {
        let known = self.rooms.read().get(id).cloned();
        let Some(cached) = known else {
            return Ok(Vec::new());
        };
        let hidden = cached.hidden();
        let page = self.read(move |connection| rows::history(connection, id, window, limit, &hidden));
        let mut page = page.await?;
        cached.state.reactions.attach(&mut page);
        Ok(page)
    }

    async fn message(&self, id: RoomId, message: MessageId) -> Result<Option<Message>, StoreError> {
        let Some(hidden) = self.hidden(id) else {
            return Ok(None);
        };
        let found = self.read(move |connection| rows::by_id(connection, id, message, &hidden));
        Ok(found.await?.filter(|found| !found.is_line() && !found.is_deleted()))
    }

    async fn lately_sent(&self, id: RoomId, limit: usize) -> Result<Vec<GifBody>, StoreError> {
        let Some(hidden) = self.hidden(id) else {
            return Ok(Vec::new());
        };
        self.read(move |connection| gifs::lately_sent(connection, id, limit, &hidden))
            .await
    }

    async fn room_of_gif(&self, name: GifName) -> Result<Option<RoomId>, StoreError> {
        let room = self.read(move |connection| gifs::room_of(connection, name)).await?;
        let Some((room, hidden)) = room.and_then(|room| Some((room, self.hidden(room)?))) else {
            return Ok(None);
        };
        if hidden.is_empty() {
            return Ok(Some(room));
        }
        let shown = move |connection: &Connection| gifs::in_room(connection, room, name, &hidden, usize::MAX);
        Ok(self.read(shown).await?.map(|_| room))
    }
}

#[async_trait]
impl WhisperStore for SqliteStore {
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
        if self.hidden(id).is_none() {
            return Ok(Vec::new());
        }
        self.read(move |connection| whispers::of_visitor(connection, id, visitor, after, limit))
            .await
    }

    async fn room_of_whispered(&self, name: GifName, visitor: VisitorId) -> Result<Option<RoomId>, StoreError> {
        let found = self.read(move |connection| whispers::room_of_gif(connection, name, visitor));
        Ok(found.await?.filter(|room| self.hidden(*room).is_some()))
    }
}

#[async_trait]
impl ReportStore for SqliteStore {
    async fn report(&self, new: NewReport) -> Result<Report, StoreError> {
        self.ask(|reply| Command::Report(new, reply)).await
    }

    async fn reports(&self, id: RoomId) -> Result<Vec<Reported>, StoreError> {
        if self.hidden(id).is_none() {
            return Ok(Vec::new());
        }
        self.read(move |connection| reports::of_room(connection, id)).await
    }
}

#[async_trait]
impl GifIndex for SqliteStore {
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
}

#[async_trait]
impl Store for SqliteStore {
    async fn ready(&self) -> Result<(), StoreError> {
        self.ask(Command::Ping).await
    }

    fn is_full(&self) -> bool {
        self.full.load(Ordering::SeqCst)
    }

    fn metrics(&self) -> &StoreMetrics {
        &self.metrics
    }

    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn waiting(&self) -> usize {
        self.commands.max_capacity() - self.commands.capacity()
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

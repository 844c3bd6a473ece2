//! The calls of the store: how long each waits, and which part does it.

use std::sync::{Arc, atomic::Ordering};

use async_trait::async_trait;
use tokio::time::timeout;
use tracing::warn;

use super::{
    MongoStore,
    client::ANSWER,
    commands::{self, Decided},
    snapshots,
};
use crate::{
    domain::{
        AddressKey, Epoch, GifBody, GifName, Guest, InviteHash, Message, MessageId, Moment, Nonce, Report, Reported,
        Room, RoomId, Visitor, VisitorId, Whisper, WhisperId,
    },
    metrics::StoreMetrics,
    rules::{self, Command, Graces, Leave, NewRoom, Now, RoomState, SocketKey},
    store::{
        self, Blobs, Changes, Committed, Expired, GifIndex, History, NewReport, NewWhisper, Occupancy, ReportStore,
        RoomCursor, RoomIndex, RoomLog, RoomPage, Store, StoreError, WhisperStore, Whispered, Window,
    },
};

#[async_trait]
impl RoomLog for MongoStore {
    fn changes(&self) -> Option<Changes> {
        self.changes.lock().take()
    }

    async fn create_room(&self, new: NewRoom) -> Result<Room, StoreError> {
        self.write(Box::pin(self.create(new))).await
    }

    async fn submit(&self, id: RoomId, command: Command, nonce: Option<Nonce>) -> Result<Committed, StoreError> {
        let decided = Box::pin(self.decide(id, &command, nonce.as_ref())).await?;
        Ok(match decided {
            Decided::New(committed) => Committed {
                unreferenced: self.carry_out(&committed.room.state, &command).await,
                message: self.said(&committed.room, committed.entry.as_ref()).await,
                state: committed.room.state,
                known: false,
            },
            Decided::Known(entry) => {
                let room = self.call(Box::pin(self.log.open_room(id))).await?;
                Committed {
                    message: self.said(&room, Some(&entry)).await,
                    state: room.state.clone(),
                    known: true,
                    unreferenced: Vec::new(),
                }
            }
        })
    }

    async fn redeem(&self, invite: InviteHash, guest: Guest) -> Result<RoomId, StoreError> {
        Box::pin(self.redeem_invite(invite, guest)).await
    }

    async fn enter(&self, id: RoomId, guest: Guest, socket: SocketKey) -> Result<store::Entry, StoreError> {
        let breaker = &self.collections().inspect_err(|error| self.count(error))?.breaker;
        let entered = breaker.wait(Box::pin(self.lease.enter(id, guest, socket))).await;
        let entered = entered.map_err(commands::not_unknown);
        Ok(entered.inspect_err(|error| self.count(error))?.room.state.into())
    }

    async fn leave(&self, id: RoomId, visitor: Visitor, socket: SocketKey, how: Leave) -> Result<(), StoreError> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(StoreError::Stopped);
        }
        // The lease has to know of it also while the database does not answer.
        let left = self.lease.leave(id, visitor.id, socket, how).await;
        left.inspect_err(|error| self.count(error))
    }

    async fn expire(&self, graces: Graces) -> Result<Expired, StoreError> {
        self.collections()?;
        self.eraser.find_late();
        Box::pin(self.expire_due(graces)).await
    }
}

#[async_trait]
impl RoomIndex for MongoStore {
    async fn room(&self, id: RoomId) -> Result<Option<RoomState>, StoreError> {
        let room = self.call(Box::pin(self.log.fresh(id))).await?;
        Ok(room.map(|room| room.state.clone()))
    }

    fn last_known_room(&self, id: RoomId) -> Option<RoomState> {
        let known = self.log.cache.get(id).map(|room| room.state.clone());
        known.filter(|state| !state.ended)
    }

    async fn rooms(&self, after: Option<RoomCursor>, limit: usize) -> Result<RoomPage, StoreError> {
        // The list is known here. Whether it is old is for the database to say.
        self.ping().await?;
        Ok(self.log.cache.page(after, limit))
    }

    async fn rooms_of(&self, visitor: VisitorId, limit: usize) -> Result<Vec<Room>, StoreError> {
        self.ping().await?;
        Ok(self.log.cache.of(visitor, limit))
    }

    fn site_key(&self) -> AddressKey {
        self.log.collections.site_key
    }

    fn now(&self) -> Now {
        Now::at(Moment::now())
    }

    fn give_way(&self) -> Option<Vec<RoomId>> {
        let (rooms, making) = (self.log.cache.all(), self.log.cache.making());
        let places = self.limit.saturating_sub(making);
        rules::give_way(rooms.iter().map(|room| &room.state), places, self.now())
    }

    fn occupancy(&self) -> Occupancy {
        self.log.cache.occupancy()
    }

    fn last_known_rooms(&self, after: Option<RoomCursor>, limit: usize) -> Option<RoomPage> {
        Some(self.log.cache.page(after, limit))
    }
}

#[async_trait]
impl History for MongoStore {
    async fn history(&self, id: RoomId, window: Window, limit: usize) -> Result<Vec<Message>, StoreError> {
        self.call(Box::pin(self.log.history(id, window, limit))).await
    }

    async fn message(&self, id: RoomId, message: MessageId) -> Result<Option<Message>, StoreError> {
        let found = async {
            match self.log.fresh(id).await? {
                Some(room) => self.log.said(&room, message).await,
                None => Ok(None),
            }
        };
        Ok(self.call(Box::pin(found)).await?.map(Arc::unwrap_or_clone))
    }

    async fn lately_sent(&self, id: RoomId, limit: usize) -> Result<Vec<GifBody>, StoreError> {
        self.call(Box::pin(self.log.lately_sent(id, limit))).await
    }

    async fn room_of_gif(&self, name: GifName) -> Result<Option<RoomId>, StoreError> {
        self.call(Box::pin(self.log.room_of_gif(name))).await
    }
}

#[async_trait]
impl WhisperStore for MongoStore {
    async fn whisper(&self, new: NewWhisper) -> Result<Whispered, StoreError> {
        Box::pin(self.store_whisper(new)).await
    }

    async fn whispers(
        &self,
        id: RoomId,
        visitor: VisitorId,
        after: Option<WhisperId>,
        limit: usize,
    ) -> Result<Vec<Whisper>, StoreError> {
        let whispers = async {
            match self.log.fresh(id).await? {
                Some(_) => self.log.collections.whispers_of(id, visitor, after, limit).await,
                None => Ok(Vec::new()),
            }
        };
        self.call(Box::pin(whispers)).await
    }

    async fn room_of_whispered(&self, name: GifName, visitor: VisitorId) -> Result<Option<RoomId>, StoreError> {
        let room = async {
            match self.log.collections.room_of_whispered(name, visitor).await? {
                Some(room) => Ok(self.log.fresh(room).await?.map(|_| room)),
                None => Ok(None),
            }
        };
        self.call(Box::pin(room)).await
    }
}

#[async_trait]
impl ReportStore for MongoStore {
    async fn report(&self, new: NewReport) -> Result<Report, StoreError> {
        Box::pin(self.store_report(new)).await
    }

    async fn reports(&self, id: RoomId) -> Result<Vec<Reported>, StoreError> {
        self.call(Box::pin(self.log.reports_of(id))).await
    }
}

#[async_trait]
impl GifIndex for MongoStore {
    async fn unnamed(&self, names: Vec<GifName>) -> Result<Vec<GifName>, StoreError> {
        self.call(self.log.collections.unnamed(names)).await
    }

    async fn gif_names(&self) -> Result<Vec<GifName>, StoreError> {
        self.collections()?.all_gifs().await
    }

    async fn forget_gifs(&self, missing: Vec<GifName>) -> Result<(), StoreError> {
        self.collections()?.forget_gifs(missing).await
    }

    fn blobs(&self) -> Option<Arc<dyn Blobs>> {
        Some(Arc::new(self.log.collections.clone()))
    }
}

#[async_trait]
impl Store for MongoStore {
    async fn ready(&self) -> Result<(), StoreError> {
        self.ping().await?;
        // What is posted without it is stored, but nobody here hears it.
        self.log.collections.pulse.check()
    }

    fn metrics(&self) -> &StoreMetrics {
        &self.log.collections.metrics
    }

    fn epoch(&self) -> Epoch {
        self.log.collections.epoch
    }

    fn waiting(&self) -> usize {
        self.queue.waiting()
    }

    async fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        if timeout(ANSWER, self.queue.settled()).await.is_err() {
            warn!("some messages are not stored yet");
        }
        if let Err(error) = self.lease.end().await {
            warn!(%error, "the seats of this server stay until its lease is over");
        }
        snapshots::write_all(&self.log).await;
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        tasks.shutdown().await;
    }
}

//! The calls of the store: how long each waits, and which part does it.

use std::sync::{Arc, atomic::Ordering};

use async_trait::async_trait;
use tokio::time::timeout;
use tracing::warn;

use super::{MongoStore, client::ANSWER, commands, erasing, snapshots};
use crate::{
    domain::{
        Access, Action, Ban, GifBody, GifName, Guest, InviteHash, Message, Moment, Report, ReportId, Reported, Room,
        RoomId, Visitor, VisitorId, Whisper, WhisperId,
    },
    rules::{Command, Graces, Leave, NewRoom, PasswordVersion, RoomChange, SocketKey},
    store::{
        Blobs, Changes, Entry, NewMessage, NewReport, NewWhisper, Posted, RoomCursor, RoomPage, RoomRecord, Store,
        StoreError, Tended, Whispered, Window,
    },
};

#[async_trait]
impl Store for MongoStore {
    fn changes(&self) -> Option<Changes> {
        self.changes.lock().take()
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.ping().await?;
        // What is posted without it is stored, but nobody here hears it.
        self.log.collections.pulse.check()
    }

    async fn create_room(&self, new: NewRoom) -> Result<Room, StoreError> {
        self.write(Box::pin(self.create(new))).await
    }

    async fn room(&self, id: RoomId) -> Result<Option<RoomRecord>, StoreError> {
        let room = self.call(Box::pin(self.log.fresh(id))).await?;
        Ok(room.map(|room| commands::record(&room.state)))
    }

    async fn rooms(&self, after: Option<RoomCursor>, limit: usize) -> Result<RoomPage, StoreError> {
        // The list is known here. Whether it is old is for the database to say.
        self.ping().await?;
        Ok(self.log.cache.page(after, limit))
    }

    fn last_known_rooms(&self, after: Option<RoomCursor>, limit: usize) -> Option<RoomPage> {
        Some(self.log.cache.page(after, limit))
    }

    async fn update_room(&self, id: RoomId, by: Option<VisitorId>, change: RoomChange) -> Result<Room, StoreError> {
        Ok(self.submit(id, Command::Change(by, change)).await?.room.state.room)
    }

    async fn remove_room(&self, id: RoomId) -> Result<Vec<GifName>, StoreError> {
        self.submit(id, Command::Remove).await?;
        Ok(self.eraser.promptly(erasing::Work::Room(id)).await)
    }

    async fn moderate(&self, id: RoomId, by: Visitor, action: Action) -> Result<Vec<GifName>, StoreError> {
        Box::pin(self.act(id, by, action)).await?;
        match action {
            Action::Delete { .. } | Action::Clear { .. } => {
                Ok(self.eraser.promptly(erasing::Work::Deletions(id)).await)
            }
            _ => Ok(Vec::new()),
        }
    }

    async fn bans(&self, id: RoomId) -> Result<Vec<Ban>, StoreError> {
        let room = self.call(Box::pin(self.log.fresh(id))).await?;
        Ok(room.map(|room| room.state.bans.to_vec()).unwrap_or_default())
    }

    async fn grant(&self, id: RoomId, visitor: Visitor, password: PasswordVersion) -> Result<(), StoreError> {
        self.submit(id, Command::Grant(visitor.id, password)).await.map(drop)
    }

    async fn add_invite(&self, id: RoomId, invite: InviteHash) -> Result<(), StoreError> {
        self.submit(id, Command::Invite(invite)).await.map(drop)
    }

    async fn withdraw_invites(&self, id: RoomId) -> Result<(), StoreError> {
        self.submit(id, Command::WithdrawInvites).await.map(drop)
    }

    async fn redeem(&self, invite: InviteHash, guest: Guest) -> Result<RoomId, StoreError> {
        Box::pin(self.redeem_invite(invite, guest)).await
    }

    async fn access(&self, id: RoomId, guest: Guest) -> Result<Option<Access>, StoreError> {
        let room = self.call(Box::pin(self.log.fresh(id))).await?;
        Ok(room.map(|room| room.state.access(guest, Moment::now())))
    }

    async fn members(&self, id: RoomId) -> Result<Vec<Visitor>, StoreError> {
        let room = self.call(Box::pin(self.log.fresh(id))).await?;
        Ok(room.map(|room| room.state.members()).unwrap_or_default())
    }

    async fn enter(&self, id: RoomId, guest: Guest, socket: SocketKey) -> Result<Entry, StoreError> {
        let breaker = &self.collections()?.breaker;
        let entered = breaker.wait(Box::pin(self.lease.enter(id, guest, socket))).await;
        let state = entered.map_err(commands::not_unknown)?.room.state;
        Ok(Entry {
            members: state.members(),
            seq: state.seq,
            room: state.room,
        })
    }

    async fn leave(&self, id: RoomId, visitor: Visitor, socket: SocketKey, how: Leave) -> Result<(), StoreError> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(StoreError::Stopped);
        }
        // The lease has to know of it also while the database does not answer.
        self.lease.leave(id, visitor.id, socket, how).await
    }

    async fn post(&self, new: NewMessage) -> Result<Posted, StoreError> {
        Box::pin(self.post_message(new)).await
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

    async fn report(&self, new: NewReport) -> Result<Report, StoreError> {
        self.write(Box::pin(self.log.report(new))).await
    }

    async fn reports(&self, id: RoomId) -> Result<Vec<Reported>, StoreError> {
        self.call(Box::pin(self.log.reports_of(id))).await
    }

    async fn dismiss_report(&self, id: RoomId, report: ReportId) -> Result<(), StoreError> {
        self.write(self.log.collections.dismiss_report(id, report)).await
    }

    async fn history(&self, id: RoomId, window: Window, limit: usize) -> Result<Vec<Message>, StoreError> {
        self.call(Box::pin(self.log.history(id, window, limit))).await
    }

    async fn lately_sent(&self, id: RoomId, limit: usize) -> Result<Vec<GifBody>, StoreError> {
        self.call(Box::pin(self.log.lately_sent(id, limit))).await
    }

    async fn room_of_gif(&self, name: GifName) -> Result<Option<RoomId>, StoreError> {
        self.call(Box::pin(self.log.room_of_gif(name))).await
    }

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

    async fn tend(&self, graces: Graces) -> Result<Tended, StoreError> {
        self.collections()?;
        self.eraser.find_late();
        Box::pin(self.expire(graces)).await
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
